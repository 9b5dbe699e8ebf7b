"""A request that the carrier makes of the shop, signed the provider's way, and what came back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

BODY_MAX_BYTES = 65_536
AGENT = "waihu-training-carrier"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What goes to `url`. Those of one `lane` go one after another; `about` is the record's id."""

    kind: str
    url: str
    fields: tuple[tuple[str, str], ...]
    method: str = "POST"
    lane: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: 0 for no answer at all, then `problem` is `ct` or `rt` as in overrides."""

    status: int
    body: bytes = b""
    problem: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the shop took it."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a URL's fragment (`#rc=5&rp=all&rt=15000`) asks for; times in seconds."""

    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})
    connect_s: float = 5.0
    read_s: float = 15.0

    def retries_on(self, reply: Reply) -> bool:
        """Whether this reply is one to try again after."""
        if reply.is_good:
            return False
        group = reply.problem or f"{reply.status // 100}xx"
        return "all" in self.policy or group in self.policy


def overrides(url: str) -> Overrides:
    """The overrides of a URL; what makes no sense is left at the default."""
    said = {name: values[-1] for name, values in parse_qs(urlsplit(url).fragment).items()}
    policy = frozenset(said.get("rp", "ct").split(","))
    return Overrides(
        retries=_within(said.get("rc"), 0, 5, 1),
        policy=policy,
        connect_s=_within(said.get("ct"), 100, 10_000, 5_000) / 1000,
        read_s=min(
            _within(said.get("rt"), 100, 15_000, 15_000),
            _within(said.get("tt"), 100, 15_000, 15_000),
        )
        / 1000,
    )


def signature(token: str, url: str, fields: tuple[tuple[str, str], ...]) -> str:
    """The provider's signature: the address (without a fragment), then the sorted fields."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def deliver(envelope: Envelope, token: str) -> Reply:
    """Send it once, follow nothing, and say what came back."""
    wanted = overrides(envelope.url)
    url = envelope.url.partition("#")[0]
    body: bytes | None = urlencode(envelope.fields).encode()
    signed = envelope.fields
    headers = {"User-Agent": AGENT, "Accept": "*/*", "Connection": "close"}
    if envelope.method == "GET":
        url += ("&" if "?" in url else "?") + urlencode(envelope.fields)
        body, signed = None, ()
    else:
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    headers["X-Twilio-Signature"] = signature(token, url, signed)
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _connection(parts, wanted.connect_s)
    try:
        connection.connect()
    except OSError:
        return Reply(0, problem="ct")
    try:
        connection.sock.settimeout(wanted.read_s)
        connection.request(envelope.method, path, body, headers)
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(BODY_MAX_BYTES))
    except (OSError, http.client.HTTPException, ValueError):
        return Reply(0, problem="rt")
    finally:
        connection.close()


def _connection(parts: SplitResult, timeout_s: float) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=timeout_s)


def _within(said: str | None, least: int, most: int, usual: int) -> int:
    if said is None or not said.isdigit() or not least <= int(said) <= most:
        return usual
    return int(said)
