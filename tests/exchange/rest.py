"""The exchange's REST interface as a test speaks it: plain HTTP and one WebSocket, no product code."""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.exchange import Exchange

WAIT_SECONDS = 60.0

Event = dict[str, Any]


@dataclass
class Rest:
    """Requests, and the events that came so far."""

    exchange: Exchange
    app: str
    _dialled: list[str] = field(default_factory=list)
    _arrived: list[Event] = field(default_factory=list)
    _handed_out: set[int] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def ask(self, method: str, path: str, **query: str | int) -> tuple[int, Any]:
        """One request: the status, and the answer's JSON (None where there is none)."""
        url = f"{self.exchange.ari_url}{path}?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(  # noqa: S310
            url, method=method, headers=_authorization(self.exchange)
        )
        try:
            with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:  # noqa: S310
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                status, body = refused.code, refused.read()
        return status, json.loads(body) if body else None

    def dial(self, endpoint: str, channel: str, **query: str | int) -> tuple[int, Any]:
        """Ring an endpoint under a channel id of our own."""
        self._dialled.append(channel)
        named = {"endpoint": endpoint, "channelId": channel, "app": self.app}
        return self.ask("POST", "/channels", **named, **query)

    def end_all(self) -> None:
        """Hang up whatever this one has dialled and is still there."""
        for channel in self._dialled:
            self.ask("DELETE", f"/channels/{channel}")

    def events(self, channel: str) -> list[Event]:
        """What was told about a channel so far, in order."""
        with self._changed:
            return [event for event in self._arrived if _channel_of(event) == channel]

    def wait_for(self, kind: str, **matching: object) -> Event:
        """The next event of a kind, for a `channel`, `bridge`, `playback` or `recording`.

        Each is handed out once, so that a second wait means a second event.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        with self._changed:
            while True:
                for place, event in enumerate(self._arrived):
                    if place not in self._handed_out and _fits(event, kind, matching):
                        self._handed_out.add(place)
                        return event
                if not self._changed.wait(deadline - time.monotonic()):
                    told = [event["type"] for event in self._arrived]
                    raise AssertionError(f"no {kind} {matching} in {told}")

    def listen(self, socket: ClientConnection) -> None:
        """Take in events until the socket closes."""
        try:
            for message in socket:
                with self._changed:
                    self._arrived.append(json.loads(message))
                    self._changed.notify_all()
        except ConnectionClosed:
            pass  # the exchange went away first: the test is over


@contextmanager
def listening(exchange: Exchange, app: str = "", *, ends_calls: bool = True) -> Iterator[Rest]:
    """An application at the exchange, told of all that happens to its channels."""
    rest = Rest(exchange, app or f"test-{uuid.uuid4().hex[:8]}")
    url = f"{exchange.ari_url.replace('http', 'ws', 1)}/events?app={rest.app}"
    with connect(url, additional_headers=_authorization(exchange), proxy=None) as socket:
        thread = threading.Thread(target=rest.listen, args=[socket])
        thread.start()
        try:
            yield rest
        finally:
            if ends_calls:
                rest.end_all()
            socket.close()
            thread.join()


def _authorization(exchange: Exchange) -> dict[str, str]:
    pair = f"{exchange.ari_user}:{exchange.ari_password}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _channel_of(event: Event) -> str | None:
    channel = event.get("channel") or event.get("peer") or {}
    return channel.get("id")


def _fits(event: Event, kind: str, matching: dict[str, object]) -> bool:
    return event["type"] == kind and all(
        _name_of(event, key) == wanted for key, wanted in matching.items()
    )


def _name_of(event: Event, key: str) -> object:
    thing = event.get(key, {})
    return thing.get("name" if key == "recording" else "id")
