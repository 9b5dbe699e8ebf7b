"""What stands between a line and its provider in tests: a relay that sees every request on the wire,
a provider that says what it is told to, and a shop that is called back.
"""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from adapters.channels.base import RawCallback

PATIENCE_S = 40.0


@dataclass(frozen=True)
class Wired:
    """One request as its bytes were."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True)


@dataclass
class Relay:
    """Passes on to `target` and keeps what it saw."""

    url: str = ""
    seen: list[Wired] = field(default_factory=list)

    def posts(self, ending: str) -> list[Wired]:
        return [one for one in self.seen if one.method == "POST" and one.path.endswith(ending)]


@contextmanager
def open_relay(target: str) -> Iterator[Relay]:
    relay = Relay()
    aim = urlsplit(target)

    class Passing(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            whole, wired = _read_request(self.request)
            if wired is None:
                return
            relay.seen.append(wired)
            with socket.create_connection((aim.hostname or "", aim.port or 0)) as upstream:
                upstream.sendall(whole)
                _answer_back(upstream, self.request)

    with _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Passing)) as port:
        relay.url = f"http://127.0.0.1:{port}"
        yield relay


@dataclass
class Canned:
    """A provider that gives the next of `answers`: bytes as they are, or one part after the other.

    Parts end with a reset of the connection where they raise one.
    """

    url: str = ""
    answers: deque[bytes | Iterable[bytes]] = field(default_factory=deque)
    seen: list[Wired] = field(default_factory=list)

    def says(self, status: str, body: str, *headers: str) -> None:
        content = body.encode()
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers]
        self.answers.append("\r\n".join([*head, "", ""]).encode() + content)


@contextmanager
def open_canned(host: str = "127.0.0.1") -> Iterator[Canned]:
    canned = Canned()

    class Saying(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            _, wired = _read_request(self.request)
            if wired is not None:
                canned.seen.append(wired)
                answer = canned.answers.popleft()
                try:
                    for part in (answer,) if isinstance(answer, bytes) else answer:
                        self.request.sendall(part)
                except OSError:
                    _reset(self.request)

    with _serving(socketserver.ThreadingTCPServer((host, 0), Saying)) as port:
        canned.url = f"http://{host}:{port}"
        yield canned


@dataclass
class Shop:
    """Is called back: keeps every request, and answers by the first part of its path."""

    url: str = ""
    got: list[RawCallback] = field(default_factory=list)
    pages: dict[str, Callable[[RawCallback], str]] = field(default_factory=dict)
    news: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, found: Callable[[list[RawCallback]], object]) -> None:
        """Wait until what has come is enough."""
        with self.news:
            came = self.news.wait_for(lambda: found(self.got), PATIENCE_S)
        assert came, [(raw.path_and_query, raw.body) for raw in self.got]


@contextmanager
def open_shop() -> Iterator[Shop]:
    shop = Shop()

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            raw = RawCallback(self.path, headers, body)
            page = shop.pages.get(self.path.split("/")[3].partition("?")[0])
            said = "" if page is None else page(raw)
            with shop.news:
                shop.got.append(raw)
                shop.news.notify_all()
            self.send_response(200 if said else 204)
            self.send_header("Content-Length", str(len(said.encode())))
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Desk)) as port:
        shop.url = f"http://127.0.0.1:{port}"
        yield shop


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _read_request(client: socket.socket) -> tuple[bytes, Wired | None]:
    whole = b""
    while b"\r\n\r\n" not in whole:
        part = client.recv(65_536)
        if not part:
            return b"", None
        whole += part
    head, _, body = whole.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    while len(body) < int(headers.get("content-length", "0")):
        part = client.recv(65_536)
        whole, body = whole + part, body + part
    method, path, _ = first.split(" ")
    return whole, Wired(method, path, headers, body)


def _answer_back(upstream: socket.socket, client: socket.socket) -> None:
    """Pass the answer on, whole or cut, until one of both has enough; a reset stays a reset."""
    client.settimeout(0.01)
    upstream.settimeout(0.01)
    while True:
        try:
            part = upstream.recv(65_536)
            if not part:
                return
            client.sendall(part)
        except TimeoutError:
            pass
        except ConnectionResetError:
            _reset(client)
            return
        try:
            if client.recv(1) == b"":
                return
        except TimeoutError:
            pass
        except OSError:
            return


def _reset(client: socket.socket) -> None:
    """Let it end with a reset when it is closed."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
