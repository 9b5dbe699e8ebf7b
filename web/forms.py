"""Reading forms and addresses: text that people typed becomes values, or a clear refusal."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeVar

from campaigns.errors import UsageError
from campaigns.kinds.sampling import first_of, last_of
from campaigns.values import SHOP_ZONE

DayT = TypeVar("DayT", date, datetime)

LONGEST_PATH = 500
FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Outside lies a slip of the keyboard, and the calendar's arithmetic has an end."""


def local_path(text: str | None) -> str | None:
    """Give the address of a page of ours to go on to; None for anything else."""
    if not text or len(text) > LONGEST_PATH or not text.startswith("/"):
        return None
    if text.startswith("//") or "\\" in text or not text.isprintable():
        return None
    return text


def read_day(text: str | None, field: str, default: date | None = None) -> date:
    """Read `2026-03-04`. Raises UsageError naming the field; empty gives the default if any."""
    if not text and default is not None:
        return default
    try:
        value = date.fromisoformat(text or "")
    except ValueError as error:
        raise UsageError(f"日期看不懂：{text or '（空）'}", field=field) from error
    return in_range(value, field)


def read_month(text: str, field: str) -> tuple[date, date]:
    """Read `2026-03` as its first and last day. Raises UsageError naming the field."""
    first = in_range(first_of(text), field)
    return first, last_of(first)


def read_instant(text: str | None, field: str) -> datetime | None:
    """Read a time of the shop, `2026-03-04T14:30`, or one with an offset; empty is None."""
    if not text:
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"时间看不懂：{text}", field=field) from error
    in_range(value, field)
    return value.replace(tzinfo=SHOP_ZONE) if value.tzinfo is None else value


def in_range(value: DayT, field: str) -> DayT:
    """Give the day or instant back. Raises UsageError for a year that nobody means."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise UsageError(f"时间应在 {FIRST_YEAR} 年到 {LAST_YEAR} 年之间：{value}", field=field)
    return value


def read_number(text: str | None, field: str) -> int:
    """Read a whole number. Raises UsageError naming the field."""
    if not text or not text.isascii() or not text.isdecimal() or len(text) > 12:
        raise UsageError("编号看不懂", field=field)
    return int(text)
