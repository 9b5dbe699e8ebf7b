"""One signed request to the SMS provider's interface.

The signature is the provider's third version, ACS3-HMAC-SHA256: method, path, query, the `host` and
`x-acs-…` headers and the body's hash, brought into one form and signed with the account's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from urllib.parse import quote, urlsplit

from adapters.channels.base import Unknown
from adapters.channels.one_request import HttpAnswer, NotAsked, OneRequest, Timeouts
from adapters.clock import Clock
from adapters.line_settings import AliyunSettings

VERSION = "2017-05-25"
PUBLIC_URL = "https://dysmsapi.aliyuncs.com"
ALGORITHM = "ACS3-HMAC-SHA256"
PEER = "短信平台"
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
class AliyunClient:
    """Speaks for one account."""

    settings: AliyunSettings
    clock: Clock
    timeouts: Timeouts = field(default_factory=Timeouts)

    def ask(self, action: str, params: Mapping[str, str]) -> Told | NotAsked | Unknown:
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
        answer = OneRequest(PEER, ANSWER_BYTES, self.timeouts).send(
            "POST", address, headers={**headers, "accept": "application/json"}
        )
        return _read(answer) if isinstance(answer, HttpAnswer) else answer


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


def _read(answer: HttpAnswer) -> Told | Unknown:
    if answer.status == 429:
        return Told(429, "Throttling", {}, answer.retry_after)
    if answer.status // 100 not in (2, 4):
        return Unknown(f"短信平台回答 HTTP {answer.status}")
    told = answer.fields
    if not isinstance(told, dict) or not isinstance(told.get("Code"), str):
        return Unknown("短信平台的回答看不懂")
    return Told(answer.status, told["Code"], told, answer.retry_after)
