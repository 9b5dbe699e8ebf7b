"""Rows of the list of goods out of stock, with the day each is expected (R-OOS-1)."""

from __future__ import annotations

import re
from datetime import date

from adapters.importers.cells import BadCell, clean, clean_text, read_day
from adapters.importers.headers import Header
from adapters.importers.rows import Rejected, StockOutRow, Taken
from adapters.importers.table import Columns, RowProblems

_ROLES = ("goods", "code", "expected_on", "reason", "gift", "arrived")

_YES = frozenset(["是", "已到", "已到货", "到货", "到了", "yes", "y", "true", "√", "✓", "✔"])
_NO = frozenset(["否", "未到", "未到货", "没到", "没有", "no", "n", "false", "×", "x", "-"])
_WITHOUT_YEAR = re.compile(r"[0-9]{1,2}(?:月[0-9]{1,2}[日号]?|[-/.][0-9]{1,2})")


class StockOutParser:
    """R-OOS-1. A name or a code, and the expected date, which is required and never guessed."""

    def __init__(self, header: Header) -> None:
        self._columns = Columns(header, _ROLES)

    def __call__(self, line: int, cells: list[str]) -> Taken | Rejected:
        """See RowParser."""
        picked = self._columns.pick(cells)
        if picked is None:
            return self._columns.too_long(line)
        goods, code, expected, reason, gift, arrived = picked
        row = RowProblems(self._columns, line)
        name, number = clean_text(goods) or None, clean(code) or None
        if name is None and number is None:
            row.fault("goods", "没有商品名称，也没有编码")
        expected_on = row.required("expected_on", read_expected_day, clean(expected))
        came = row.if_given("arrived", _read_arrival, arrived)
        if row.faults or expected_on is None:
            return Rejected(line, tuple(row.faults))
        taken = StockOutRow(
            line=line,
            goods=name,
            code=number,
            expected_on=expected_on,
            reason=clean_text(reason) or None,
            gift=clean_text(gift) or None,
            is_arrived=came is not None and came is not False,
            arrived_on=came if isinstance(came, date) else None,
        )
        return Taken(taken, tuple(row.warnings))


def read_expected_day(text: str) -> date:
    """R-OOS-1. The expected day with its year; a day without a year is not guessed."""
    if not text:
        raise BadCell("没有预计到货日期")
    if _WITHOUT_YEAR.fullmatch(text):
        raise BadCell("日期没有年份，请写成 2026-06-01")
    return read_day(text)


def _read_arrival(text: str) -> date | bool:
    """Whether the goods are here, or the day on which they came."""
    word = text.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    try:
        return read_expected_day(text)
    except BadCell:
        raise BadCell("应是 是、否 或日期") from None
