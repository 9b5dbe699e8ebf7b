"""How every ledger reads its rows: days that make sense, and no more rows than a ledger holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import Connection

from adapters.store.queries.ledgers import Span
from campaigns.days import day_bounds
from campaigns.errors import UsageError
from scheduler.runtime import Runtime

MAX_ROWS = 200_000
"""The most rows that one ledger holds; a year of a large desk."""

_FIRST_YEAR, _LAST_YEAR = 2000, 2200

RowT = TypeVar("RowT")


def span_of(first: date, last: date, as_of: datetime | None) -> Span:
    """Find the instants at which the first day begins and the last one is over.

    Raises UsageError when the days are the wrong way round or out of range.
    """
    if first > last:
        raise UsageError(f"开始日期 {first} 晚于结束日期 {last}", field="from")
    if first.year < _FIRST_YEAR or last.year > _LAST_YEAR:
        raise UsageError(f"日期应在 {_FIRST_YEAR} 年到 {_LAST_YEAR} 年之间", field="from")
    return Span(
        start=day_bounds(first)[0],
        end=day_bounds(last)[1],
        as_of=as_of,
    )


def read_rows(
    runtime: Runtime, ask: Callable[[Connection], Sequence[RowT]], max_rows: int
) -> Sequence[RowT]:
    """Ask in one view of the database. Raises UsageError for more than `max_rows` rows."""
    with runtime.snapshot() as connection:
        rows = ask(connection)
    if len(rows) > max_rows:
        raise UsageError(f"这段日期的记录超过 {max_rows} 条，请缩短日期范围", field="to")
    return rows
