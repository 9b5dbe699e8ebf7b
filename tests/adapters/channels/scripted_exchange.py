"""An HTTP server that answers like the exchange's REST interface, and as badly as a test wants.

For what the real one cannot be made to do: to break off, to fall silent, to answer nonsense.
"""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.adapters.channels.contract import HAPPENS, Case

_ANSWERS = {
    Case.TOO_MANY: (429, {"message": "slow down"}),
    Case.NOT_AUTHORISED: (401, {"message": "Authentication required"}),
    Case.WRONG_NUMBER: (400, {"message": "Invalid parameters"}),
    Case.ERROR_BEFORE: (500, {"message": "Internal Server Error"}),
    Case.ERROR_AFTER: (500, {"message": "Internal Server Error"}),
    Case.UNAVAILABLE: (503, {"message": "starting"}),
    Case.REDIRECT: (302, {}),
}


class ScriptedExchange(ThreadingHTTPServer):
    """Channels by id. `next_case` says how the next request to ring is taken."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.channels: dict[str, dict[str, object]] = {}
        self.rung: list[str] = []
        self.bodies: list[dict[str, object]] = []
        self.addresses: list[str] = []
        self.next_case: Case | None = None
        self.is_locked = False
        self.done = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone is what some tests are about."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        self.done.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedExchange

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        own, path = self.server, urlsplit(self.path).path
        own.addresses.append(self.path)
        if own.is_locked:
            self._say(401, {"message": "Authentication required"})
        elif self.command == "POST" and path == "/ari/channels":
            self._ring()
        elif path.startswith("/ari/channels/"):
            self._channel(path.rpartition("/")[2])
        elif path == "/ari/asterisk/info":
            self._say(200, {"system": {"version": "16.28.0"}})
        elif path.startswith("/ari/endpoints/"):
            self._say(200, {"state": "online"})
        elif path == "/ari/endpoints":
            self._say(200, [{"technology": "PJSIP", "resource": "801", "state": "online"}])
        elif path.startswith("/ari/applications/"):
            self._say(200, {"name": "waihu"})
        else:
            self._say(404, {"message": "not found"})

    def _channel(self, name: str) -> None:
        found = self.server.channels.get(name)
        if self.command == "DELETE":
            self.server.channels.pop(name, None)
        self._say(404 if found is None else 200, found or {"message": "Channel not found"})

    def _ring(self) -> None:
        own = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        own.bodies.append(body)
        name = body["channelId"]
        own.rung.append(name)
        case, own.next_case = own.next_case, None
        if name in own.channels:
            self._say(409, {"message": "Channel with given unique ID already exists"})
            return
        if case is None or case in HAPPENS:
            created = "2025-05-13T09:30:00.123+0800"
            own.channels[name] = {"id": name, "state": "Ringing", "creationtime": created}
        if case in {Case.TIMEOUT_BEFORE, Case.TIMEOUT_AFTER}:
            own.done.wait(5)
        elif case in {Case.RESET_BEFORE, Case.RESET_AFTER}:
            self.connection.shutdown(socket.SHUT_RDWR)
        elif case is Case.BROKEN_AFTER:
            self._send(200, b'{"id": ')
        elif case is None:
            self._say(200, own.channels[name])
        else:
            self._say(*_ANSWERS[case])

    def _say(self, status: int, fields: object) -> None:
        self._send(status, json.dumps(fields).encode())

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 429:
            self.send_header("Retry-After", "7")
        if status == 302:
            self.send_header("Location", f"{self.server.url}/ari/channels")
        self.end_headers()
        self.wfile.write(content)
