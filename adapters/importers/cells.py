"""One cell: cleaning what spreadsheets and exports put around a value, and reading the value."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache


class BadCell(ValueError):  # noqa: N818 - it is what the cell is, and becomes a Problem
    """A cell that cannot be read; the message is the Chinese reason."""


def clean(text: str) -> str:
    """Take off `="…"`, apostrophes, quotes, invisible marks and the word null."""
    text = text.strip()
    if text and (text[0] in _MARKS or text[-1] in _MARKS):
        text = _undressed(text)
    return "" if text in _NULLS else text


def clean_text(text: str) -> str:
    """Free text: as `clean`, but quotes stay, and an apostrophe that guards no formula."""
    text = text.strip()
    if text and (text[0] in _MARKS or text[-1] in _MARKS):
        text = text.strip(_INVISIBLE)
        if text.startswith("'") and text[1:].lstrip()[:1] in _FORMULA_STARTS:
            text = text[1:]
        elif text.startswith('="'):
            text = _undressed(text)
    return "" if text in _NULLS else text


_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u00a0 \t"
_QUOTES = "\"'‘’“”`"
_MARKS = frozenset("=" + _QUOTES + _INVISIBLE)
_NULLS = frozenset({"null", "NULL", "Null", "None", "\\N"})
_FORMULA_STARTS = frozenset("=+-@＝＋－＠\t\r\n")


def _undressed(text: str) -> str:
    text = text.strip(_INVISIBLE)
    if text.startswith('="'):
        is_whole = text.endswith('"') and len(text) > 2
        return text[2:-1].strip(_QUOTES + _INVISIBLE) if is_whole else text  # one half of a value
    return text.removeprefix("=").strip(_QUOTES + _INVISIBLE)


# --- order numbers -------------------------------------------------------------------------------


def read_order_no(text: str) -> str:
    """R-IMP-2. Digits, or another system's number of letters, digits, hyphens and underscores.

    What a spreadsheet has rounded or rewritten, as a number or as a date, is never repaired.
    """
    if text.isascii() and text.isdecimal() and len(text) <= 40:
        return text
    if not text:
        raise BadCell("没有订单编号")
    if _SCIENTIFIC.fullmatch(text):
        raise BadCell("订单编号被表格软件改成了数字，后几位已经丢失；请用原始导出文件")
    if _DATE_LIKE.fullmatch(text):
        raise BadCell("订单编号被表格软件改成了日期；请用原始导出文件")
    if _MIXED_NUMBER.fullmatch(text):
        return text
    raise BadCell("订单编号应是 5 到 40 位字母、数字、横线或下划线，其中要有数字")


def is_rounded(order_no: str) -> bool:
    """Whether nothing but zeros follows the 15 digits that a spreadsheet keeps of a number."""
    return len(order_no) > 15 and order_no[15:].strip("0") == "" and order_no.isdecimal()


_SCIENTIFIC = re.compile(r"[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]{1,3}")
_DATE_LIKE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
_MIXED_NUMBER = re.compile(r"(?=[^0-9]*[0-9])[0-9A-Za-z][0-9A-Za-z_-]{3,38}[0-9A-Za-z]")


# --- money and counts ----------------------------------------------------------------------------


def read_fen(text: str) -> int:
    """Whole fen of an amount in yuan: at most two decimals, not negative, below a thousand million.

    Raises BadCell; an empty text is not an amount.
    """
    found = _MONEY.fullmatch(text)
    if found is None:
        found = _MONEY.fullmatch(_plain_amount(text))
    if found is None:
        raise BadCell(_money_fault(text))
    yuan, fraction = found.groups()
    if len(yuan) > 9:
        raise BadCell("金额大得不合理")
    return int(yuan) * 100 + int((fraction or "0").ljust(2, "0"))


_MONEY = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,2}))?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")


def _plain_amount(text: str) -> str:
    """Without currency marks, correctly set thousands separators, and zeros below the fen."""
    folded = unicodedata.normalize("NFKC", text[:40]).strip()
    folded = folded.removeprefix("¥").removeprefix("CNY").removesuffix("元").strip()
    folded = folded.replace(",", "") if _GROUPED.fullmatch(folded) else folded
    return re.sub(r"(\.[0-9]{2})0+$", r"\1", folded)  # four decimals are written, two are used


def _money_fault(text: str) -> str:
    if not text:
        return "没有金额"
    if re.fullmatch(r"-\s*[0-9.,]+元?", text):
        return "金额不能是负数"
    if re.fullmatch(r"[0-9]+\.[0-9]{3,}元?", text):
        return "金额最多两位小数"
    return "不是金额"


def read_count(text: str) -> int:
    """Read a whole number of pieces, 0 to 999 999."""
    digits = text if text.isdecimal() else re.sub(r"\.0+$", "", text.removesuffix("件"))
    if digits.isascii() and digits.isdecimal() and len(digits) <= 6:
        return int(digits)
    raise BadCell("不是件数")


# --- times ---------------------------------------------------------------------------------------


def read_time(text: str) -> datetime:
    """Aware UTC out of the shop's local time, with or without seconds, or a spreadsheet serial.

    Raises BadCell for what is no time of the years 2000 to 2100, as 24:00 and 30 February.
    """
    if _PLAIN_TIME.fullmatch(text):
        try:
            local = datetime.fromisoformat(text)
        except ValueError:
            raise BadCell("没有这个时间") from None
        return _as_utc(local.replace(tzinfo=_SHOP_OFFSET))
    return _read_other_time(text)


def read_day(text: str) -> date:
    """Read a day without a time; raises BadCell."""
    instant = read_time(text).astimezone(_SHOP_OFFSET)
    if instant.time() != datetime.min.time():
        raise BadCell("应是日期，不带时间")
    return instant.date()


_SHOP_OFFSET = timezone(timedelta(hours=8))
"""Asia/Shanghai since 1992: one fixed offset, which is faster than the zone and equal to it."""

_PLAIN_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} (?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}")
_LOOSE_TIME = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
    r"(?:[\sT]*([0-9]{1,2})[:时]([0-9]{1,2})(?:[:分]([0-9]{1,2})(?:\.[0-9]{1,6})?秒?|分)?)?"
    r"\s*(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_SERIAL = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")
_SERIAL_EPOCH = datetime(1899, 12, 30, tzinfo=_SHOP_OFFSET)
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def _as_utc(instant: datetime) -> datetime:
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        raise BadCell("年份不合理")
    return instant.astimezone(UTC)


@lru_cache(maxsize=4096)
def _read_other_time(text: str) -> datetime:
    if not text:
        raise BadCell("没有时间")
    if len(text) <= 20 and _SERIAL.fullmatch(text):
        return _as_utc(_SERIAL_EPOCH + timedelta(seconds=round(float(text) * 86_400)))
    found = _LOOSE_TIME.fullmatch(unicodedata.normalize("NFKC", text[:40]))
    if found is None:
        raise BadCell("不是时间")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        zone = _SHOP_OFFSET if found[7] is None else _offset(found[7])
        local = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        raise BadCell("没有这个时间") from None
    return _as_utc(local)


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=hours, minutes=minutes))
