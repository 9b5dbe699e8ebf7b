"""A shop for the carrier to call back: keeps every request, answers with documents, checks signatures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from adapters.carrier.server import Carrier
from adapters.carrier.settings import CarrierSettings

ACCOUNT = "AC" + "0a" * 16
TOKEN = "a token for tests"
DESK = "+8613900000001"
BUYER = "+8613800000002"
SHOP = "+8657188880000"
SPEED = 400.0
ALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
PATIENCE_S = 40.0


@dataclass(frozen=True)
class Got:
    """One request that came to the shop."""

    method: str
    path: str
    fields: dict[str, str]
    signed: bool


@dataclass
class Shop:
    """`pages` and `statuses` by path: what is answered; without a page 204."""

    url: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    got: list[Got] = field(default_factory=list)
    news: Condition = field(default_factory=Condition)

    def wait(self, path: str, count: int = 1, **wanted: str) -> list[Got]:
        """Wait until so many requests came to `path` with these fields."""
        with self.news:
            came = self.news.wait_for(lambda: len(self.of(path, **wanted)) >= count, PATIENCE_S)
        assert came, f"{path} {wanted}: only {[(g.path, g.fields) for g in self.got]}"
        return self.of(path, **wanted)

    def of(self, path: str, **wanted: str) -> list[Got]:
        return [
            got
            for got in self.got
            if got.path.partition("?")[0] == path and wanted.items() <= got.fields.items()
        ]

    def statuses_of(self, path: str) -> list[str]:
        return [
            got.fields.get("CallStatus", got.fields.get("MessageStatus", ""))
            for got in self.of(path)
        ]


@contextmanager
def open_shop() -> Iterator[Shop]:
    shop = Shop()
    validator = RequestValidator(TOKEN)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            fields = dict(parse_qsl(body, keep_blank_values=True))
            signature = self.headers.get("X-Twilio-Signature", "")
            signed = validator.validate(shop.url + self.path, fields, signature)
            path = urlsplit(self.path).path
            if self.command == "GET":
                fields = dict(parse_qsl(urlsplit(self.path).query))
            with shop.news:
                shop.got.append(Got(self.command, self.path, fields, signed))
                statuses = shop.statuses.get(path, [])
                status = statuses.pop(0) if statuses else 0
                shop.news.notify_all()
            page = shop.pages.get(path, "").encode()
            self.send_response(status or (200 if page else 204))
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = False
        request_queue_size = 128  # a full queue costs its caller a second

    server = Server(("127.0.0.1", 0), Handler)
    shop.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Line:
    """A running carrier, the provider's own SDK against it, and the shop it calls back."""

    carrier: Carrier
    client: Client
    shop: Shop
    session: requests.Session

    def script(self, **said: Any) -> None:
        self.control("script", {"cps": None, **said})

    def control(self, name: str, said: dict[str, Any]) -> Any:
        answer = self.session.post(f"{self.carrier.url}/_carrier/{name}", json=said)
        assert answer.ok, answer.text
        return answer.json()

    def truth(self, name: str = "") -> Any:
        return self.session.get(f"{self.carrier.url}/_carrier/{name}").json()

    def dial(self, **more: Any) -> str:
        """A call to the desk's phone whose instructions are the shop's `/voice`."""
        wanted: dict[str, Any] = {
            "to": DESK,
            "from_": SHOP,
            "url": f"{self.shop.url}/voice?t=abc%20d",
        }
        wanted |= {"status_callback": f"{self.shop.url}/status?t=1"}
        wanted |= {"status_callback_event": ALL_EVENTS}
        wanted = {key: value for key, value in {**wanted, **more}.items() if value is not None}
        return str(self.client.calls.create(**wanted).sid)

    def over(self, sid: str) -> dict[str, Any]:
        """The truth about a leg that has ended, when it has."""
        return self.until(
            lambda: next(
                (leg for leg in self.legs() if leg["sid"] == sid and leg["ended_at"]), None
            )
        )

    def child(self) -> dict[str, Any]:
        return self.until(lambda: next((leg for leg in self.legs() if leg["parent"]), None))

    def legs(self) -> list[dict[str, Any]]:
        return list(self.truth("calls"))

    def until(self, found: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if answer := found():
                return answer
            time.sleep(0.005)
        raise AssertionError(f"nothing came: {self.legs()}")


@contextmanager
def open_line(shop: Shop, speed: float = SPEED) -> Iterator[Line]:
    settings = CarrierSettings(ACCOUNT, TOKEN, speed=speed, api_keys=(("SK" + "1" * 32, "secret"),))
    with requests.Session() as session, Carrier(settings) as carrier:
        client = Client(ACCOUNT, TOKEN)
        client.api.base_url = carrier.url
        line = Line(carrier, client, shop, session)
        line.script()
        yield line
        assert line.truth()["own_mistakes"] == 0
        client.http_client.session.close()


def dialling(number: str = BUYER, dial: str = "", about: str = "") -> str:
    """Instructions that dial on."""
    callback = 'statusCallback="/child" statusCallbackEvent="initiated ringing answered completed"'
    return (
        f'<Response><Say language="cmn-CN">您好</Say><Dial action="/after" {dial}>'
        f"<Number {callback} {about}>{number}</Number></Dial></Response>"
    )
