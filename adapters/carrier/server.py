"""The carrier's front door: HTTP on loopback, each answer in one piece (two sends cost 44 ms each)."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from adapters import event_log
from adapters.carrier import control, rest
from adapters.carrier.answers import Answer, error
from adapters.carrier.desk import Desk
from adapters.carrier.rest import Asked
from adapters.carrier.settings import CarrierSettings, is_loopback
from adapters.clock import Clock

log = event_log.get_logger(__name__)

BODY_MAX_BYTES = 1_000_000
IDLE_S = 60.0


class Carrier:
    """A carrier that runs: `with Carrier(settings) as carrier: carrier.url`."""

    def __init__(self, settings: CarrierSettings, clock: Clock | None = None) -> None:
        self.desk = Desk(settings, clock)
        self._server = _Server((settings.host, settings.port), self.desk)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        self.url = self.desk.url = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.take_all, name="carrier-http")

    def start(self) -> Self:
        """Take calls."""
        self.desk.timeline.start()
        self.desk.courier.start()
        self._thread.start()
        return self

    def close(self) -> None:
        """Hang up on everybody; returns when every thread has ended but those that still send."""
        self._server.closing.set()
        self._server.wake()
        self._thread.join()
        self._server.drop_connections()
        self._server.server_close()
        self.desk.timeline.close()
        self.desk.courier.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], desk: Desk) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.desk = desk
        self.closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, _Handler)

    def take_all(self) -> None:
        """Take connections until closing."""
        while not self.closing.is_set():
            self.handle_request()

    def wake(self) -> None:
        """Have `take_all` look whether it is time to end."""
        with suppress(OSError):  # those who wait in line wake it just as well
            socket.create_connection(self.socket.getsockname()[:2], timeout=1.0).close()

    def server_bind(self) -> None:
        # HTTPServer's own asks the name service for the host's name.
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        """Wake every thread that waits for a further request on its connection."""
        with self._open_lock:
            for request in self._open:
                try:
                    request.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the other side was faster

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing to say: the other side went away, which faults make it do."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "waihu-training-carrier"
    sys_version = ""
    timeout = IDLE_S
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._take()

    def do_POST(self) -> None:
        self._take()

    def do_DELETE(self) -> None:
        self._take()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: addresses bear tokens, and lists bear numbers."""

    def _take(self) -> None:
        said = self.headers.get("Content-Length", "0")
        if not said.isdigit() or int(said) > BODY_MAX_BYTES or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._give(error(413, 20413, "The request is too large"))
            return
        url = urlsplit(self.path)
        asked = Asked(
            self.command,
            url.path,
            url.query,
            self.rfile.read(int(said)),
            self.headers.get("Content-Type", ""),
            self.headers.get("Authorization", ""),
            self.headers.get("Host", ""),
            self.headers.get("Origin", ""),
        )
        self._give(self._answered(asked))

    def _answered(self, asked: Asked) -> Answer:
        desk = self.server.desk
        try:
            if asked.path.startswith(control.ROOT) and is_loopback(self.client_address[0]):
                return control.answer(desk, asked)
            return rest.answer(desk, asked)
        except Exception:  # told as the carrier's own, so that no test takes it for a fault
            with desk.lock:
                desk.timeline.failures += 1
            log.exception("carrier_request_failed")
            return error(500, 20500, "The training line made a mistake")

    def _give(self, answer: Answer) -> None:
        if answer.hold_s:
            self.server.closing.wait(answer.hold_s)
        if answer.cut:
            self.close_connection = True
            if answer.reset:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Waihu-Training", "true")
        self.end_headers()
        self.wfile.write(answer.body)
