"""The provider's own library, held to one request at a time: no retry, no proxy, a bound on all.

Its HTTP part is replaced by `OneRequest`. The library's own waits for ever, follows the environment's
proxies, logs the customer's number, and hides the headers of an answer that it raises for.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from adapters.channels.base import CONNECT_S, READ_S, Refused, Unknown
from adapters.line_settings import TwilioSettings

ANSWER_BYTES = 8_000_000
"""No answer is larger: a page of a thousand calls is some 1 MB. Recordings have a limit of their own."""
RETRY_AFTER_MAX_S = 3_600

TOO_MANY = frozenset({20429, 22005, 14107, 63038})
OPTED_OUT = frozenset({21610})
_FOR_GOOD: Mapping[frozenset[int], str] = {
    OPTED_OUT: "这个号码已向线路退订短信",
    frozenset(
        {13224, 21201, 21211, 21214, 21217, 21401, 21421, 21614, 21635, 30006}
    ): "线路服务商说这个号码不能用",
    frozenset({21602, 21617, 21619}): "线路服务商不接受这条短信的内容，太长或是空的",
    frozenset(
        {21210, 21212, 21215, 21216, 21408, 21606, 21608, 21612, 60220, 572005}
    ): "线路账号无权联系这个号码，请管理员检查开通的地区与号码",
}
"""The provider's codes for what it would refuse another time too."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for a connection, and for an answer."""

    connect_s: float = CONNECT_S
    read_s: float = READ_S


class BrokenAnswerError(Exception):
    """The provider said yes, but what follows cannot be read."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer as it came."""

    status: int
    media_type: str
    content: bytes = field(repr=False)


class OneRequest:
    """The HTTP part of the provider's library: one request, whatever comes of it."""

    is_async = False

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = (timeouts.connect_s, timeouts.read_s)
        self._noted = threading.local()

    @property
    def retry_after(self) -> timedelta | None:
        """What the answer to this thread's last request said of trying again."""
        noted: timedelta | None = getattr(self._noted, "retry_after", None)
        return noted

    def request(
        self,
        method: str,
        uri: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """The library's way in. `timeout` and `allow_redirects` are ours to say, not its.

        Raises BrokenAnswerError for a yes that is no JSON object, and what `requests` raises.
        """
        sent = self.send(method, uri, params=params, data=data, headers=headers, auth=auth)
        text = sent.content.decode("utf-8", errors="replace")
        if sent.status // 100 == 2 and not _is_object(text):
            raise BrokenAnswerError
        return Response(sent.status, text, {})

    def send(
        self,
        method: str,
        uri: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        limit_bytes: int = ANSWER_BYTES,
    ) -> Sent:
        """One request on a connection of its own.

        One that is kept open may be stale, and then nobody could say whether the request arrived.
        """
        self._noted.retry_after = None
        with requests.Session() as session:
            session.trust_env = False
            asked = requests.Request(
                method.upper(), uri, headers=headers, params=params, data=data, auth=auth
            )
            with session.send(
                session.prepare_request(asked),
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
            ) as answer:
                self._noted.retry_after = _retry_after(answer.headers.get("Retry-After"))
                content = self._read(answer, limit_bytes)
                media = answer.headers.get("Content-Type", "").partition(";")[0].strip()
                return Sent(answer.status_code, media, content)

    def _read(self, answer: requests.Response, limit_bytes: int) -> bytes:
        until = time.monotonic() + self._timeouts[1]
        content = bytearray()
        for part in answer.iter_content(65_536):
            content += part
            if len(content) > limit_bytes or time.monotonic() > until:
                raise BrokenAnswerError
        return bytes(content)


@dataclass(frozen=True, slots=True)
class TwilioClient:
    """One account's way to the provider. `api` is the library's client."""

    settings: TwilioSettings
    http: OneRequest
    api: Any = field(repr=False)

    @property
    def auth(self) -> tuple[str, str]:
        """Who asks: an API key where there is one, so that the token can be changed."""
        return _auth(self.settings)

    def ask(self, request: Callable[[Any], T]) -> T | Refused | Unknown:
        """Make one request with the library, and say what it came to if it did not succeed."""
        try:
            return request(self.api)
        except (TwilioException, BrokenAnswerError, requests.RequestException, OSError) as error:
            return self.explained(error)
        except (ValueError, TypeError, AttributeError, KeyError):
            # The library reads an answer of another shape than it expects into one of these.
            return self.explained(BrokenAnswerError())

    def explained(self, error: Exception) -> Refused | Unknown:
        """What a request that failed means: refused, and nothing happened; or nobody knows."""
        match error:
            case TwilioRestException():
                answer = _of_status(error.status, error.code, self.http.retry_after)
            case TwilioServiceException():
                answer = Unknown(f"线路服务商出错（{error.status}）")
            case TwilioException(args=[*_, Response() as page]):  # a list's page that is none
                answer = _of_status(page.status_code, None, self.http.retry_after)
            case requests.ConnectionError() if _never_left(error):
                answer = Refused("not_connected", "连不上线路服务商，请检查网络", False)
            case requests.Timeout():
                answer = Unknown("线路服务商没有按时回答")
            case BrokenAnswerError() | TwilioException():
                answer = Unknown("线路服务商的回答读不出来")
            case _:
                answer = Unknown("与线路服务商的连接中断")
        return answer


def open_client(settings: TwilioSettings, timeouts: Timeouts) -> TwilioClient:
    """The account's client. Nothing of it comes from the environment; no request is made."""
    http = OneRequest(timeouts)
    user, password = _auth(settings)
    api = Client(
        user,
        password,
        settings.account_sid,
        http_client=http,
        # An empty one would make the library look into the process's own.
        environment={"source": "settings"},
    )
    if settings.base_url is not None:
        api.api.base_url = settings.base_url.rstrip("/")
    return TwilioClient(settings, http, api)


def _auth(settings: TwilioSettings) -> tuple[str, str]:
    if settings.api_key and settings.api_secret:
        return settings.api_key, settings.api_secret
    return settings.account_sid, settings.auth_token


def _of_status(status: int, told: object, retry_after: timedelta | None) -> Refused | Unknown:
    code = told if isinstance(told, int) else status
    if status == 429 or code in TOO_MANY:
        return Refused(str(code), "线路服务商说请求太多，请稍后再试", False, retry_after)
    if status in {401, 403}:
        reason = "线路服务商不认账号或密钥，请管理员核对 WAIHU_TWILIO_ 开头的设置"
        return Refused("not_authorised", reason, is_permanent=False)
    if not 400 <= status < 500 or status == 408:
        return Unknown(f"线路服务商出错（{status}）")
    for codes, reason in _FOR_GOOD.items():
        if code in codes:
            return Refused(str(code), reason, True, is_opted_out=code in OPTED_OUT)
    return Refused(str(code), f"线路服务商不接受（{code}）", is_permanent=False)


def _never_left(error: requests.ConnectionError) -> bool:
    """Whether there was no connection at all, so that no request can have arrived."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    if not isinstance(cause, MaxRetryError):
        return False
    if isinstance(cause.reason, SSLError):
        inner = cause.reason.args[0] if cause.reason.args else None
        return isinstance(inner, ssl.SSLCertVerificationError)
    return isinstance(cause.reason, NewConnectionError)


def _retry_after(said: str | None) -> timedelta | None:
    if said is None or not (said.isascii() and said.isdigit()) or len(said) > 9:
        return None
    return timedelta(seconds=min(int(said), RETRY_AFTER_MAX_S))


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
