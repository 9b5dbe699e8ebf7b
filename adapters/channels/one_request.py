"""One HTTP request to whoever is behind a line: sent once, with a bound on time and on size.

No retry, no redirect, no password file, and a connection of its own: one that was kept open may be
stale, and then nobody could say whether the request arrived (decision 0027).
"""

from __future__ import annotations

import io
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from adapters.channels.base import CONNECT_S, READ_S, Unknown
from adapters.line_settings import is_loopback

RETRY_AFTER_MAX_S = 3_600
_PIECE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for a connection, and for an answer to its last byte."""

    connect_s: float = CONNECT_S
    read_s: float = READ_S


@dataclass(frozen=True)
class HttpAnswer:
    """An answer as it came, whatever it says. `headers` by name in any case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def is_done(self) -> bool:
        """It did what it was asked."""
        return self.status // 100 == 2

    @cached_property
    def fields(self) -> Any:
        """The content read as JSON; None for what is none."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):  # not UTF-8, not JSON, or nested without end
            return None

    @property
    def at(self) -> datetime | None:
        """When it was given, by its sender's own clock in whole seconds, if that is said."""
        try:
            return parsedate_to_datetime(self.headers.get("Date", "")).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    @property
    def retry_after(self) -> timedelta | None:
        """When to come again, an hour at most. A date is as good as none: we come later anyway."""
        said = self.headers.get("Retry-After", "")
        if not (said.isascii() and said.isdecimal()) or len(said) > 9:
            return None
        return timedelta(seconds=min(int(said), RETRY_AFTER_MAX_S))


@dataclass(frozen=True, slots=True)
class NotAsked:
    """No connection: the request never left."""


@dataclass(frozen=True, slots=True)
class OneRequest:
    """How one provider is asked.

    peer         who it is, for the reasons that people read
    limit_bytes  no answer is larger
    trusts_env   proxies are the environment's, though none stands before this machine
    """

    peer: str
    limit_bytes: int
    timeouts: Timeouts = field(default_factory=Timeouts)
    trusts_env: bool = True

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        limit_bytes: int | None = None,
    ) -> HttpAnswer | NotAsked | Unknown:
        """Send one request and read its answer. Raises nothing for what the network does.

        `data` goes as a form, `body` as JSON; `auth` into a header, never into an address.
        """
        try:
            with _Session() as session:
                session.trust_env = self.trusts_env and not is_loopback(url)
                with session.request(
                    method,
                    url,
                    params=params,
                    data=data,
                    json=body,
                    headers=headers,
                    auth=HTTPBasicAuth(*(part.encode() for part in auth)) if auth else _as_it_is,
                    timeout=(self.timeouts.connect_s, self.timeouts.read_s),
                    stream=True,
                ) as answer:
                    return self._read(answer, limit_bytes or self.limit_bytes)
        except (OSError, HTTPError) as error:
            if _never_left(error):
                return NotAsked()
            if isinstance(error, requests.Timeout) or isinstance(_told(error), ReadTimeoutError):
                return Unknown(f"{self.peer}没有按时回答")
            return Unknown(f"与{self.peer}的连接中断")

    def _read(self, answer: requests.Response, limit_bytes: int) -> HttpAnswer | Unknown:
        content = bytearray()
        for piece in answer.iter_content(_PIECE_BYTES):
            content += piece
            if len(content) > limit_bytes:
                return Unknown(f"{self.peer}的回答过长")
        return HttpAnswer(answer.status_code, answer.headers, bytes(content))


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep the headers: without this a password file of the machine's user would replace one."""
    return request


def _never_left(error: Exception) -> bool:
    """Whether there was no connection, or not with the one we meant: no request can have arrived."""
    told = _told(error)
    cause = told.reason if isinstance(told, MaxRetryError) else None
    if isinstance(cause, ProxyError):
        cause = cause.original_error
    if isinstance(cause, SSLError):
        return bool(cause.args) and isinstance(cause.args[0], ssl.SSLCertVerificationError)
    return isinstance(cause, NewConnectionError | ConnectTimeoutError)


def _told(error: Exception) -> object:
    """What the lower library said of it."""
    return error.args[0] if error.args else None


class _Session(requests.Session):
    """Follows nothing, and does not look where it could: that would read the answer to its end."""

    def __init__(self) -> None:
        super().__init__()
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        """No answer sends us anywhere."""


class _Adapter(HTTPAdapter):
    """Connects so that answers are read in time."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Give the pool of a request, whatever stands between, a connection like its own."""
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = type("_InTime", (pool.ConnectionCls,), {"response_class": _InTime})
        return pool


class _InTime(HTTPResponse):
    """An answer for the whole of which the socket's time counts, its head included."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Clocked(self.fp.detach(), sock))


class _Clocked(io.RawIOBase):
    """What a socket receives. By itself it begins to wait anew with each byte that trickles in."""

    def __init__(self, raw: io.RawIOBase, sock: Any) -> None:
        super().__init__()
        self._raw, self._sock = raw, sock
        self._until = time.monotonic() + sock.gettimeout()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, into: Any) -> int | None:
        """Receive what there is, in the time that is left."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._raw.readinto(into)

    def close(self) -> None:
        """Let the socket go."""
        self._raw.close()
        super().close()
