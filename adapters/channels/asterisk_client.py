"""One request to the exchange's REST interface (ARI), sent once, with a bound on time and size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.auth import HTTPBasicAuth
from urllib3.exceptions import MaxRetryError, NewConnectionError

from adapters.channels.base import CONNECT_S, READ_S
from adapters.line_settings import AsteriskSettings, is_loopback

ANSWER_BYTES = 200_000_000
"""No answer is larger; a recording takes 16 kB a second, so this is three and a half hours."""


@dataclass(frozen=True, slots=True)
class Told:
    """The exchange answered. `at`: its own clock, in whole seconds, where it said so."""

    status: int
    fields: Any = field(repr=False)
    content: bytes = field(default=b"", repr=False)
    at: datetime | None = None
    retry_after: timedelta | None = None

    @property
    def is_done(self) -> bool:
        """It did what it was asked."""
        return self.status // 100 == 2


@dataclass(frozen=True, slots=True)
class NotAsked:
    """No connection: the request never left."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """The request may have arrived; no usable answer came."""

    reason: str


Answered = Told | NotAsked | Unclear


def base_of(settings: AsteriskSettings) -> str:
    """The interface's address, whether or not the setting names the /ari at its end."""
    return f"{settings.url.rstrip('/').removesuffix('/ari')}/ari"


@dataclass(frozen=True, slots=True)
class AsteriskClient:
    """Speaks for one user of the interface.

    Holds no connection, for one that went stale would leave a call unknown. The password goes into
    a header, never into an address.
    """

    settings: AsteriskSettings

    def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, str | int] | None = None,
    ) -> Answered:
        """Send one request and read its answer. Raises nothing for what the network does."""
        own = self.settings
        try:
            with requests.Session() as session:
                session.trust_env = not is_loopback(own.url)
                with session.request(
                    method,
                    f"{base_of(own)}{path}",
                    params=query,
                    json=body,
                    auth=HTTPBasicAuth(own.user.encode(), own.password.encode()),
                    timeout=(CONNECT_S, READ_S),
                    allow_redirects=False,
                    stream=True,
                ) as answer:
                    return _read(answer)
        except requests.ConnectTimeout:
            return NotAsked()
        except requests.Timeout:
            return Unclear("电话交换机没有在时限内回答")
        except requests.RequestException as error:
            if _never_connected(error):
                return NotAsked()
            return Unclear("与电话交换机的连接中断")


def _read(answer: requests.Response) -> Told | Unclear:
    held = bytearray()
    for piece in answer.iter_content(65_536):
        held += piece
        if len(held) > ANSWER_BYTES:
            return Unclear("电话交换机的回答过长")
    fields = None
    if "json" in answer.headers.get("Content-Type", ""):
        try:
            fields = json.loads(held)
        except (ValueError, RecursionError):  # not UTF-8, not JSON, or nested without end
            fields = None
    return Told(
        answer.status_code,
        fields,
        bytes(held),
        _instant(answer.headers.get("Date")),
        _seconds(answer.headers.get("Retry-After")),
    )


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        return None


def _seconds(text: str | None) -> timedelta | None:
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 6:
        return None
    return timedelta(seconds=int(text))


def _never_connected(error: requests.RequestException) -> bool:
    """Whether there was nobody to connect to: refused, no such host, no route."""
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
