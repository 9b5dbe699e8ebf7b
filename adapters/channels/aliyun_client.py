"""One signed request to the SMS provider's interface, sent once, with a bound on time and size.

The signature is the provider's third version, ACS3-HMAC-SHA256: method, path, query, the `host` and
`x-acs-…` headers and the body's hash, brought into one form and signed with the account's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from adapters.channels.base import CONNECT_S, READ_S
from adapters.clock import Clock
from adapters.line_settings import AliyunSettings, is_loopback

VERSION = "2017-05-25"
PUBLIC_URL = "https://dysmsapi.aliyuncs.com"
ALGORITHM = "ACS3-HMAC-SHA256"
ANSWER_BYTES = 1_000_000
"""No answer is larger; fifty records of texts are some 50 kB."""


@dataclass(frozen=True, slots=True)
class Told:
    """The provider answered with something readable. `code` OK: it did what it was asked."""

    status: int
    code: str
    fields: Mapping[str, object] = field(repr=False)
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class NotAsked:
    """No connection: the request never left."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """The request may have arrived; no usable answer came."""

    reason: str


@dataclass(frozen=True, slots=True)
class AliyunClient:
    """Speaks for one account. Holds no connection: one that went stale would leave a text unknown."""

    settings: AliyunSettings
    clock: Clock
    read_s: float = READ_S

    def ask(self, action: str, params: Mapping[str, str]) -> Told | NotAsked | Unclear:
        """Send one request and read its answer. Raises nothing for what the network does."""
        base = (self.settings.base_url or PUBLIC_URL).rstrip("/")
        parts = urlsplit(base)
        path, query = parts.path or "/", canonical_query(params)
        headers = {
            "host": parts.netloc,
            "x-acs-action": action,
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": self.clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-version": VERSION,
        }
        own = self.settings
        headers["Authorization"] = authorization(path, query, headers, own.key_id, own.key_secret)
        address = f"{parts.scheme}://{parts.netloc}{path}?{query}"
        try:
            with requests.Session() as session:
                # A proxy of the environment stands between us and the internet, not this machine.
                session.trust_env = not is_loopback(base)
                with session.post(
                    address,
                    headers={**headers, "accept": "application/json"},
                    auth=_as_it_is,
                    timeout=(CONNECT_S, self.read_s),
                    allow_redirects=False,
                    stream=True,
                ) as answer:
                    return _read(answer)
        except requests.ConnectTimeout:
            return NotAsked()
        except requests.Timeout:
            return Unclear("短信平台没有在时限内回答")
        except requests.RequestException as error:
            if _never_connected(error):
                return NotAsked()
            return Unclear("与短信平台的连接中断")


def canonical_query(params: Mapping[str, str]) -> str:
    """Bring parameters into the form that is signed, which is also the one that is sent."""
    return "&".join(
        f"{quote(name, safe='~')}={quote(value, safe='~')}"
        for name, value in sorted(params.items())
    )


def authorization(
    path: str, query: str, headers: Mapping[str, str], key_id: str, key_secret: str
) -> str:
    """Sign a POST. `headers` by lower-case name, all of them signed."""
    names = sorted(headers)
    signed = ";".join(names)
    canonical = "\n".join(
        (
            "POST",
            path,
            query,
            *(f"{name}:{headers[name].strip()}" for name in names),
            "",
            signed,
            headers["x-acs-content-sha256"],
        )
    )
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(key_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={key_id},SignedHeaders={signed},Signature={signature}"


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep the signature: without this a password file of the machine's user would replace it."""
    return request


def _read(answer: requests.Response) -> Told | Unclear:
    held = bytearray()
    for piece in answer.iter_content(65_536):
        held += piece
        if len(held) > ANSWER_BYTES:
            return Unclear("短信平台的回答过长")
    retry_after = _seconds(answer.headers.get("Retry-After"))
    try:
        told = json.loads(held)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, or nested without end
        told = None
    if answer.status_code == 429:
        return Told(429, "Throttling", {}, retry_after)
    if answer.status_code // 100 not in (2, 4):
        return Unclear(f"短信平台回答 HTTP {answer.status_code}")
    if not isinstance(told, dict) or not isinstance(told.get("Code"), str):
        return Unclear("短信平台的回答看不懂")
    return Told(answer.status_code, told["Code"], told, retry_after)


def _seconds(text: str | None) -> timedelta | None:
    """Read a Retry-After in seconds; a date is as good as none, the next try comes later anyway."""
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 6:
        return None
    return timedelta(seconds=int(text))


def _never_connected(error: requests.RequestException) -> bool:
    """Whether there was nobody to connect to: refused, no such host, no route."""
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
