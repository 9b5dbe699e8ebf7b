"""Rows of the registers that the sampling population comes from, and of the VIPs (R-SMP-1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from adapters.importers.cells import (
    BadCell,
    clean,
    clean_text,
    is_rounded,
    read_order_no,
    read_time,
)
from adapters.importers.headers import Header
from adapters.importers.orders import ROUNDED, is_rounded_file
from adapters.importers.rows import FileKind, RegisterRow, Rejected, Taken
from adapters.importers.table import Columns, RowProblems
from campaigns.days import business_day
from campaigns.phone import FAULT_TEXTS, PhoneFault, read_phone
from campaigns.values import PhoneNumber, Source

SOURCES: Mapping[FileKind, Source] = {
    FileKind.AFTER_SALES: Source.AFTER_SALES,
    FileKind.PARCELS: Source.PARCELS,
    FileKind.REVIEWS: Source.REVIEWS,
    FileKind.VIP: Source.VIP,
}
"""Which register a file of this kind is."""

LONGEST_NAME = 50
"""Characters of a handler's name; the handler is half of a stratum's name."""

_ROLES = ("user_id", "order_no", "entered_on", "handler", "detail", "mobile", "phone")
_NOTHING = frozenset({"-", "--", "/", "—", "——", "无", "没有", "暂无"})
_WITHOUT_YEAR = re.compile(r"[0-9]{1,2}(?:月[0-9]{1,2}[日号]?|[-/.][0-9]{1,2})")
_COMPACT = re.compile(r"[0-9]{8}(?:\.0+)?")
_SCIENTIFIC = re.compile(r"[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]{1,3}")


class RegisterParser:
    """R-SMP-1. A row names a user ID, an order number or both, and the day of its entry.

    A VIP has a user ID and no day: one belongs to every month. `sample` are the file's first rows,
    as for orders: they tell whether a spreadsheet has rounded the order numbers.
    """

    def __init__(self, header: Header, sample: Sequence[list[str]]) -> None:
        self._columns = Columns(header, _ROLES)
        self._source = SOURCES[header.kind]
        self._is_rounded_file = is_rounded_file(header, sample)

    def __call__(self, line: int, cells: list[str]) -> Taken | Rejected:
        """See RowParser."""
        picked = self._columns.pick(cells)
        if picked is None:
            return self._columns.too_long(line)
        user_text, order_text, day_text, handler_text, detail_text, mobile, phone = picked
        row = RowProblems(self._columns, line)
        is_vip = self._source is Source.VIP
        user_id = row.required("user_id", _read_user_id, _given(user_text))
        number = _given(order_text)
        order_no = row.required("order_no", self._order_no, number) if number else None
        if not user_id and not number and not row.faults:
            row.fault("user_id", "没有用户ID" if is_vip else "没有用户ID，也没有订单编号")
        entered = None if is_vip else row.required("entered_on", read_entered_day, clean(day_text))
        handler = row.required("handler", _read_handler, _one_line(handler_text))
        if row.faults:
            return Rejected(line, tuple(row.faults))
        taken = RegisterRow(
            line=line,
            source=self._source,
            user_id=user_id or None,
            user_id_masked=user_id is not None and ("*" in user_id or "＊" in user_id),
            order_no=order_no,
            entered_on=entered,
            handler="" if is_vip else handler or "",
            detail=_one_line(detail_text) or None,
            phones=_phones(row, mobile, phone),
        )
        return Taken(taken, tuple(row.warnings))

    def _order_no(self, text: str) -> str:
        number = read_order_no(text)
        if self._is_rounded_file and is_rounded(number):
            raise BadCell(ROUNDED)
        return number


def read_entered_day(text: str) -> date:
    """R-SMP-1. The shop's day of an entry, with or without a time; a year is never guessed."""
    if not text:
        raise BadCell("没有日期")
    if _WITHOUT_YEAR.fullmatch(text):
        raise BadCell("日期没有年份，请写成 2026-06-01")
    folded = unicodedata.normalize("NFKC", text[:40])
    if _COMPACT.fullmatch(folded):
        try:
            text = datetime.strptime(folded[:8], "%Y%m%d").date().isoformat()  # noqa: DTZ007
        except ValueError:
            raise BadCell("没有这个日期") from None
    return business_day(read_time(text))


def _read_user_id(text: str) -> str:
    """R-IMP-4. A user ID as it stands; what a spreadsheet has rewritten is nobody's."""
    if _SCIENTIFIC.fullmatch(text):
        raise BadCell("用户ID被表格软件改成了数字，后几位已经丢失；请用原始文件")
    if any(unicodedata.category(char) == "Cc" for char in text):
        raise BadCell("用户ID里有看不见的控制字符")
    return text


def _read_handler(text: str) -> str:
    if len(text) > LONGEST_NAME:
        raise BadCell(f"处理人的名字超过 {LONGEST_NAME} 字")
    return text


def _given(cell: str) -> str:
    """Read a cleaned cell; "" where the register says in words that there is none."""
    text = clean(cell)
    return "" if text in _NOTHING else text


def _one_line(cell: str) -> str:
    """Free text with single blanks, and without what is not text."""
    text = clean_text(cell)
    visible = "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)
    joined = " ".join(visible.split())
    return "" if joined in _NOTHING else joined


def _phones(row: RowProblems, mobile: str, phone: str) -> tuple[PhoneNumber, ...]:
    """R-PHONE-1. The usable numbers of a row, each once; any other is a warning."""
    found: list[PhoneNumber] = []
    for role, text in (("mobile", mobile), ("phone", phone)):
        number = read_phone(text)
        if not isinstance(number, PhoneFault):
            found.append(number)
        elif number is not PhoneFault.EMPTY:
            row.warn(role, FAULT_TEXTS[number])
    return tuple(dict.fromkeys(found))
