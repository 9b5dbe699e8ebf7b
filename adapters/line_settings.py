"""What an installation tells of its lines: accounts, addresses, secrets (docs/operators.md).

A secret comes from the environment or from a file (`…_FILE`); it is in no `repr`, no log and never in
the database. A line without its settings does not exist for the shop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from campaigns.errors import UsageError

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class TwilioSettings:
    """An account. `base_url`: another server with the provider's interface; `old_token` while rotating.

    `api_key`, `api_secret`: for requests, so that the token, which signs callbacks, can be changed.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    number: str
    old_token: str | None = field(default=None, repr=False)
    api_key: str | None = None
    api_secret: str | None = field(default=None, repr=False)
    messaging_service: str | None = None
    base_url: str | None = None
    calls_per_second: float = 1.0
    texts_per_second: float = 1.0

    @property
    def is_local(self) -> bool:
        """The address is on this machine: a training carrier, never a telephone network."""
        return is_loopback(self.base_url)


@dataclass(frozen=True, slots=True)
class AsteriskSettings:
    """The shop's own exchange. `trunk`: where customers are dialled, `{number}` in it; `phones`: callers.

    dials_e164    the trunk wants +8613…, else as dialled within China
    notice        what both hear before a call is recorded: `sound:…`, or a tone for a second
    score_prompt  the question of the keypad score (R-SMP-4), likewise
    is_for_training  it leads to no telephone network; its address does not tell, for a real exchange
                     is usually on this machine too
    """

    url: str
    user: str
    password: str = field(repr=False)
    app: str = "waihu"
    trunk: str = "PJSIP/{number}@carrier"
    phones: str = "PJSIP/{extension}"
    caller_id: str = ""
    calls_per_second: float = 5.0
    dials_e164: bool = False
    notice: str = "tone:dial"
    score_prompt: str = "tone:dial"
    is_for_training: bool = False


@dataclass(frozen=True, slots=True)
class AliyunSettings:
    """An SMS account. `templates`: our script id -> the registered template's code.

    `callback_token`: the secret part of the addresses to which receipts and replies are pushed.
    """

    key_id: str
    key_secret: str = field(repr=False)
    sign_name: str
    templates: Mapping[str, str]
    callback_token: str | None = field(default=None, repr=False)
    base_url: str | None = None
    texts_per_second: float = 10.0


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Everything an installation tells of its lines; None where it has no such line."""

    twilio: TwilioSettings | None = None
    asterisk: AsteriskSettings | None = None
    aliyun: AliyunSettings | None = None


def read_line_settings(source: Mapping[str, str]) -> LineSettings:
    """Read the WAIHU_TWILIO_…, WAIHU_ASTERISK_… and WAIHU_ALIYUN_… variables.

    Raises UsageError naming the variable that is missing beside others of its line, or unreadable.
    """
    return LineSettings(_twilio(source), _asterisk(source), _aliyun(source))


def is_loopback(url: str | None) -> bool:
    """Whether an address is on this machine."""
    return url is not None and urlsplit(url).hostname in _LOOPBACK


def _twilio(source: Mapping[str, str]) -> TwilioSettings | None:
    own = _Own(source, "WAIHU_TWILIO_")
    if own.is_empty:
        return None
    return TwilioSettings(
        account_sid=own.need("ACCOUNT_SID"),
        auth_token=own.need("AUTH_TOKEN"),
        number=own.need("FROM"),
        old_token=own.get("OLD_AUTH_TOKEN"),
        api_key=own.get("API_KEY"),
        api_secret=own.get("API_SECRET"),
        messaging_service=own.get("MESSAGING_SERVICE_SID"),
        base_url=own.get("BASE_URL"),
        calls_per_second=own.rate("CALLS_PER_SECOND", 1.0),
        texts_per_second=own.rate("TEXTS_PER_SECOND", 1.0),
    )


def _asterisk(source: Mapping[str, str]) -> AsteriskSettings | None:
    own = _Own(source, "WAIHU_ASTERISK_")
    if own.is_empty:
        return None
    return AsteriskSettings(
        url=own.need("URL"),
        user=own.need("USER"),
        password=own.need("PASSWORD"),
        app=own.get("APP") or "waihu",
        trunk=own.get("TRUNK") or "PJSIP/{number}@carrier",
        phones=own.get("PHONES") or "PJSIP/{extension}",
        caller_id=own.get("CALLER_ID") or "",
        calls_per_second=own.rate("CALLS_PER_SECOND", 5.0),
        dials_e164=(own.get("NUMBERS") or "national").lower() == "e164",
        notice=own.media("NOTICE"),
        score_prompt=own.media("SCORE_PROMPT"),
        is_for_training=(own.get("FOR_TRAINING") or "").lower() in ("1", "true", "yes"),
    )


def _aliyun(source: Mapping[str, str]) -> AliyunSettings | None:
    own = _Own(source, "WAIHU_ALIYUN_")
    if own.is_empty:
        return None
    try:
        templates = json.loads(own.get("TEMPLATES") or "{}")
        checked = {str(key): str(value) for key, value in dict(templates).items()}
    except (ValueError, TypeError) as error:
        raise UsageError(
            "WAIHU_ALIYUN_TEMPLATES 应为 JSON 对象：话术编号到模板编号",
            field="WAIHU_ALIYUN_TEMPLATES",
        ) from error
    return AliyunSettings(
        key_id=own.need("ACCESS_KEY_ID"),
        key_secret=own.need("ACCESS_KEY_SECRET"),
        sign_name=own.need("SIGN_NAME"),
        templates=checked,
        callback_token=own.get("CALLBACK_TOKEN"),
        base_url=own.get("BASE_URL"),
        texts_per_second=own.rate("TEXTS_PER_SECOND", 10.0),
    )


@dataclass(frozen=True, slots=True)
class _Own:
    """The variables of one line, by the part of their name after the prefix."""

    source: Mapping[str, str]
    prefix: str

    @property
    def is_empty(self) -> bool:
        return not any(k.startswith(self.prefix) and v for k, v in self.source.items())

    def get(self, name: str) -> str | None:
        place = self.source.get(f"{self.prefix}{name}_FILE")
        if place:
            try:
                return Path(place).read_text(encoding="utf-8").strip() or None
            except OSError as error:
                raise UsageError(
                    f"{self.prefix}{name}_FILE 指的文件读不出来", field=f"{self.prefix}{name}_FILE"
                ) from error
        return self.source.get(f"{self.prefix}{name}") or None

    def need(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise UsageError(f"线路设置不全，缺 {self.prefix}{name}", field=f"{self.prefix}{name}")
        return value

    def media(self, name: str) -> str:
        """What an exchange plays: a sound file of its own, or a tone of its country."""
        value = self.get(name) or "tone:dial"
        if not value.startswith(("sound:", "tone:")) or "," in value:
            raise UsageError(
                f"{self.prefix}{name} 应以 sound: 或 tone: 开头", field=f"{self.prefix}{name}"
            )
        return value

    def rate(self, name: str, default: float) -> float:
        value = self.get(name)
        try:
            rate = default if value is None else float(value)
        except ValueError:
            rate = 0.0
        if not 0 < rate <= 1_000:
            raise UsageError(f"{self.prefix}{name} 应为大于 0 的数", field=f"{self.prefix}{name}")
        return rate
