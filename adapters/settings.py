"""Settings from the environment, read once. Every one is described in docs/operators.md."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapters.line_settings import LineSettings, read_line_settings
from campaigns.errors import UsageError

DEFAULT_DATABASE_URL = "sqlite:///var/waihu.db"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation may set.

    database_url   where the shop lives
    secret_file    the key of the sealed phone numbers; made at `waihu init`, to be backed up
    host, port     where the panel listens; port 0 picks a free one
    public_url     the address that people type; https makes the cookies Secure and sends HSTS
    allow_lan_http serve plain http to other machines of a trusted network
    lines          telephone and SMS accounts
    training_url   where a training carrier on this machine reaches us; set by the server itself
    """

    database_url: str
    secret_file: Path
    host: str = "127.0.0.1"
    port: int = 8765
    public_url: str | None = None
    allow_lan_http: bool = False
    lines: LineSettings = field(default_factory=LineSettings)
    training_url: str | None = None

    @property
    def callback_url(self) -> str:
        """Where a provider reaches us; without a public address only a server on this machine can."""
        public = self.training_url or self.public_url or f"http://127.0.0.1:{self.port}"
        return public.rstrip("/")

    @property
    def is_https(self) -> bool:
        """People reach the panel over https."""
        return (self.public_url or "").startswith("https://")


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in force. Raises UsageError naming a variable that cannot be read."""
    source = os.environ if environ is None else environ
    url = source.get("WAIHU_DATABASE_URL") or DEFAULT_DATABASE_URL
    port_text = source.get("WAIHU_PORT") or "8765"
    if not port_text.isdecimal() or int(port_text) > 65535:
        raise UsageError(f"WAIHU_PORT 不是端口号：{port_text}", field="WAIHU_PORT")
    secret = source.get("WAIHU_SECRET_FILE")
    return Settings(
        database_url=url,
        secret_file=Path(secret) if secret else default_secret_file(url, source),
        host=source.get("WAIHU_HOST") or "127.0.0.1",
        port=int(port_text),
        public_url=source.get("WAIHU_PUBLIC_URL") or None,
        allow_lan_http=source.get("WAIHU_ALLOW_LAN_HTTP", "").lower() in ("1", "true", "yes"),
        lines=read_line_settings(source),
    )


def default_secret_file(url: str, environ: Mapping[str, str]) -> Path:
    """Beside a SQLite file; for a database server under the user's data folder."""
    if url.startswith("sqlite:///"):
        return Path(url.removeprefix("sqlite:///")).with_suffix(".key")
    home = environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    place = url.rsplit("@", 1)[-1].split("?", 1)[0]
    return Path(home) / "waihu" / f"{hashlib.sha256(place.encode()).hexdigest()[:12]}.key"
