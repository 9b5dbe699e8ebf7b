"""A server that speaks the SMS provider's interface as it is published, and checks every signature.

The signature is worked out here from the request as it came over the wire, not with our own code.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socket
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote

KEY_ID = "testKeyId"
SECRET = "testKeySecret-3f81"
SIGN = "样例店"
TEMPLATE = "SMS_1001"
_AUTH = re.compile(
    r"ACS3-HMAC-SHA256 Credential=(\w+),SignedHeaders=([a-z0-9;-]+),Signature=([0-9a-f]{64})"
)


_ODD = {
    "broken": (200, b'{"Code":"OK","BizId":"12'),
    "error": (500, b'{"Code":"InternalError","Message":"oops"}'),
    "unavailable": (503, b'{"Code":"ServiceUnavailable","Message":"later"}'),
    "redirect": (307, b""),  # the one after which a POST would be made again
    "too_many": (429, b'{"Code":"Throttling.User"}'),
    "long": (200, b'{"Code":"OK","BizId":"' + b"1" * 1_100_000 + b'"}'),
}
_ALWAYS = "Retry-After: 7\r\nLocation: /\r\n"


class AliyunServer(ThreadingHTTPServer):
    """Keeps texts with what was asked. `plan`: how the next texts are taken, by name."""

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), _Handler)
        self.secret = SECRET
        self.plan: deque[str] = deque()
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.nonces: set[str] = set()
        self.texts: list[dict[str, str]] = []
        self.details: list[dict[str, object]] = []
        self.day = "20260304"
        self.sign_status = 1
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_args: object) -> None:
        """A visitor that hangs up, or that we hung up on, is no news."""

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def count(self, action: str) -> int:
        return sum(name == action for name, _ in self.asked)

    def add_detail(self, out_id: str, status: int, **more: object) -> None:
        self.details.append(
            {
                "OutId": out_id,
                "SendStatus": status,
                "SendDate": "2026-03-04 10:00:01",
                "ReceiveDate": "2026-03-04 10:00:09",
                "ErrCode": "DELIVERED" if status == 3 else "",
                "TemplateCode": TEMPLATE,
                "Content": f"【{SIGN}】…",
                **more,
            }
        )

    def send(self, params: dict[str, str]) -> dict[str, object]:
        if params["SignName"] != SIGN:
            return {"Code": "isv.SMS_SIGNATURE_ILLEGAL", "Message": "签名不合法"}
        if params["TemplateCode"] != TEMPLATE:
            return {"Code": "isv.SMS_TEMPLATE_ILLEGAL", "Message": "模板不合法"}
        if not re.fullmatch(r"1\d{10}|[2-9]\d{7,14}", params["PhoneNumbers"]):
            return {"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "非法手机号"}
        biz_id = f"{len(self.texts):018d}^0"
        self.texts.append({**params, "BizId": biz_id})
        self.add_detail(params["OutId"], 1, PhoneNum=params["PhoneNumbers"])
        return {"Code": "OK", "Message": "OK", "BizId": biz_id, "RequestId": "R-1"}

    def list_texts(self, params: dict[str, str]) -> dict[str, object]:
        found = [
            d
            for d in self.details
            if d.get("PhoneNum") in (None, params["PhoneNumber"])
            and params["SendDate"] == d.get("Day", self.day)
        ]
        if "BizId" in params:
            ids = {t["OutId"] for t in self.texts if t["BizId"] == params["BizId"]}
            found = [d for d in found if d["OutId"] in ids]
        size, page = int(params["PageSize"]), int(params["CurrentPage"])
        shown = found[size * (page - 1) : size * page]
        return {
            "Code": "OK",
            "TotalCount": str(len(found)),
            "SmsSendDetailDTOs": {"SmsSendDetailDTO": shown},
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: AliyunServer

    def do_POST(self) -> None:
        own = self.server
        query = self.path.partition("?")[2]
        params = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True))
        action = self.headers.get("x-acs-action", "")
        own.asked.append((action, params))
        if not self._is_signed(query):
            self._say(400, {"Code": "SignatureDoesNotMatch", "Message": "no"})
            return
        name = own.plan.popleft() if action == "SendSms" and own.plan else "ok"
        if name.endswith("_after"):
            own.send(params)
        kind = name.removesuffix("_after").removesuffix("_before")
        if action == "SendSms":
            self._take(kind, params)
        elif action == "QuerySendDetails":
            self._say(200, own.list_texts(params))
        else:
            assert action == "QuerySmsSign"
            self._say(200, {"Code": "OK", "SignName": SIGN, "SignStatus": own.sign_status})

    def _take(self, kind: str, params: dict[str, str]) -> None:
        how, _, rest = kind.partition(":")
        if how == "ok":
            self._say(200, self.server.send(params))
        elif how == "timeout":
            time.sleep(0.6)
        elif how == "reset":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif how == "code":
            status, _, code = rest.partition(":")
            self._say(int(status), {"Code": code, "Message": "…"})
        elif how == "raw":
            self._bytes(200, rest.encode())
        else:
            self._bytes(*_ODD[how], _ALWAYS)

    def _is_signed(self, query: str) -> bool:
        own = self.server
        told = _AUTH.fullmatch(self.headers.get("Authorization", ""))
        date = time.strptime(self.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ")
        nonce = self.headers["x-acs-signature-nonce"]
        fresh = nonce not in own.nonces and date.tm_year == 2026
        own.nonces.add(nonce)
        if told is None or told[1] != KEY_ID or not fresh:
            return False
        assert self.headers["x-acs-version"] == "2017-05-25"
        assert self.headers.get("Content-Length") == "0"
        names = told[2].split(";")
        assert names == sorted(names)
        assert {"host", *(n.lower() for n in self.headers if n.startswith("x-acs-"))} <= set(names)
        pairs = sorted(parse_qsl(query, keep_blank_values=True))
        lines = ["POST", "/"]
        lines.append("&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in pairs))
        lines += [f"{name}:{self.headers[name]}" for name in names]
        lines += ["", told[2], hashlib.sha256(b"").hexdigest()]
        text = "ACS3-HMAC-SHA256\n" + hashlib.sha256("\n".join(lines).encode()).hexdigest()
        right = hmac.new(own.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(right, told[3])

    def _say(self, status: int, told: dict[str, object]) -> None:
        self._bytes(status, json.dumps(told, ensure_ascii=False).encode())

    def _bytes(self, status: int, body: bytes, headers: str = "") -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{headers}"
        self.wfile.write(head.encode() + b"\r\n" + body)

    def log_message(self, *_args: object) -> None:
        pass
