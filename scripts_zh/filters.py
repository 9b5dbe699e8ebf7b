"""The eight filters a script may use. They turn one ready fact into words and decide nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType

from jinja2 import pass_context
from jinja2.runtime import Context

from campaigns.values import SHOP_ZONE

SHORT_MAX_CHARS = 16

_DAY_WORDS = {-2: "前天", -1: "昨天", 0: "今天", 1: "明天", 2: "后天"}
_WEEKDAYS = "一二三四五六日"
_PARTS_OF_DAY = ((6, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))


def one_line(text: str) -> str:
    """Make a fact one line of visible text: no control, direction or zero-width characters.

    A name with a line break in it would else become a sentence of its own.
    """
    visible = (c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf"))
    return " ".join("".join(visible).split())


def money(fen: int) -> str:
    """Say an amount: 12800 → `128元`, 12850 → `128.50元`. Raises ValueError below zero."""
    if fen < 0:
        raise ValueError("nobody owes a negative amount")
    yuan, rest = divmod(fen, 100)
    return f"{yuan}.{rest:02}元" if rest else f"{yuan}元"


@pass_context
def moment(context: Context, at: datetime) -> str:
    """Say an instant as it is spoken today: `今天下午3点20分`, `11月23日晚上8点`."""
    return moment_said(at, _now(context))


def moment_said(at: datetime, now: datetime) -> str:
    """Say an instant as it is spoken at `now`; both are aware."""
    local = _local(at)
    today = _local(now).date()
    day = _DAY_WORDS.get((local.date() - today).days)
    if day is None:
        year = "" if local.year == today.year else f"{local.year}年"
        day = f"{year}{local.month}月{local.day}日"
    part = next(word for until, word in _PARTS_OF_DAY if local.hour < until)
    hour = local.hour - 12 if local.hour > 12 else local.hour
    minute = f"{local.minute}分" if local.minute else ""
    return f"{day}{part}{hour}点{minute}"


@pass_context
def day_said(context: Context, day: date) -> str:
    """Say a day as it is spoken today: `明天`, `周三12月3日` within the week, else `12月18日`.

    The weekday never stands without the date: which Wednesday is meant would be a guess.
    """
    today = _local(_now(context)).date()
    ahead = (day - today).days
    if ahead in _DAY_WORDS:
        return _DAY_WORDS[ahead]
    if 0 < ahead < 7:
        return f"周{_WEEKDAYS[day.weekday()]}{day_written(day)}"
    year = "" if day.year == today.year else f"{day.year}年"
    return f"{year}{day_written(day)}"


def day_written(day: date) -> str:
    """Write a day for a text that may be read on another one: `12月3日`."""
    return f"{day.month}月{day.day}日"


def written(at: datetime) -> str:
    """Write an instant for a text that may be read on another day: `11月24日15:20`."""
    local = _local(at)
    return f"{local.month}月{local.day}日{local:%H:%M}"


@pass_context
def time_left(context: Context, at: datetime) -> str:
    """Say how long until then, never too long: `不到1小时`, `3个多小时`, `1天零4个小时`."""
    hours = max(at - _now(context), timedelta()) // timedelta(hours=1)
    if hours == 0:
        return "不到1小时"
    days, rest = divmod(hours, 24)
    if not days:
        return f"{hours}个多小时"
    return f"{days}天零{rest}个小时" if rest else f"{days}天多"


def short(text: str) -> str:
    """Clip something that is read aloud to `SHORT_MAX_CHARS`.

    Without 【】, which titles are full of and which in an SMS are the signature's alone (R-MSG-3).
    """
    line = one_line(text.replace("【", " ").replace("】", " "))
    return line if len(line) <= SHORT_MAX_CHARS else line[: SHORT_MAX_CHARS - 1] + "…"


def clause(text: str) -> str:
    """Take a text somebody entered, without the full stop that our own sentence will set."""
    return one_line(text).rstrip("。．.！!；;，, ")


FILTERS: Mapping[str, Callable[..., str]] = MappingProxyType(
    {
        "money": money,
        "moment": moment,
        "written": written,
        "day_said": day_said,
        "day_written": day_written,
        "time_left": time_left,
        "short": short,
        "clause": clause,
    }
)


def _now(context: Context) -> datetime:
    now = context["now"]
    assert isinstance(now, datetime)
    return now


def _local(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant without a zone")
    return at.astimezone(SHOP_ZONE)
