"""What a carrier is started with."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from adapters.carrier.script import Script
from campaigns.errors import UsageError


@dataclass(frozen=True, slots=True)
class CarrierSettings:
    """Who may ask, where it listens (loopback only), how fast time goes, whom it may call back.

    `speed` divides all seconds. `api_keys` are further pairs of name and secret. `callbacks_to` are
    the addresses (`http://127.0.0.1:8000/`) below which callbacks may go; empty means any address
    of this machine itself. `inbound_url` is where the shop hears what customers write, under every
    script that names no other address. Raises `UsageError` for what cannot be.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 0
    speed: float = 1.0
    seed: int = 7
    api_keys: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    callbacks_to: tuple[str, ...] = ()
    inbound_url: str = ""
    script: Script = field(default_factory=Script)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"AC[0-9a-f]{32}", self.account_sid):
            raise UsageError("训练线路的账号应为 AC 加 32 位十六进制")
        if not self.auth_token:
            raise UsageError("训练线路需要令牌")
        if not is_loopback(self.host):
            raise UsageError("训练线路只在本机开放")
        if not 0.01 <= self.speed <= 1_000:
            raise UsageError("训练线路的速度应在 0.01 到 1000 之间")

    def may_call_back(self, url: str) -> bool:
        """Whether a callback may go to `url`: a training line never reaches the outside."""
        parts = _parts(url)
        if parts is None:
            return False
        if not self.callbacks_to:
            return is_loopback(parts.hostname or "")
        return any(_below(parts, allowed) for allowed in self.callbacks_to)


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine itself, by name or by number."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        plain = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return None
    odd = "@" in parts.netloc or "\\" in url or not url.isascii()
    return parts if plain and not odd else None


def _below(parts: SplitResult, allowed: str) -> bool:
    wanted = urlsplit(allowed)
    root = wanted.path.rstrip("/") + "/"
    return (
        (parts.scheme, parts.hostname, parts.port) == (wanted.scheme, wanted.hostname, wanted.port)
        and (parts.path or "/").startswith(root)
        and "/../" not in parts.path
    )
