"""The two ledgers of the payment reminder, and the trail of their exports (R-DUN-7, R-DUN-8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from adapters.store.queries import audit
from adapters.store.queries.ledgers import Span, called_tasks
from campaigns.days import day_bounds
from campaigns.errors import UsageError
from campaigns.kinds.dunning_ledger import (
    DETAIL_FORM,
    SUMMARY_FORM,
    DetailRow,
    SummaryRow,
    detail_ledger,
    detail_row,
    summary_ledger,
)
from campaigns.ledger import Ledger, LedgerRow
from campaigns.values import Kind
from scheduler.runtime import Runtime

MAX_ROWS = 200_000
"""The most called tasks that one ledger holds; a year of a large desk."""

_FIRST_YEAR, _LAST_YEAR = 2000, 2200


def dunning_detail(
    runtime: Runtime, first: date, last: date, as_of: datetime | None, *, max_rows: int = MAX_ROWS
) -> Ledger[DetailRow]:
    """R-DUN-7. 催款明细表 of the days `first` to `last`, both included, in the order of calling.

    `as_of` None: everything known, else what was known at that instant. Raises UsageError when the
    days are the wrong way round, out of range, or hold more than `max_rows` called tasks.
    """
    rows = _detail_rows(runtime, first, last, as_of, max_rows)
    return detail_ledger(rows, first, last, as_of)


def dunning_summary(
    runtime: Runtime, first: date, last: date, as_of: datetime | None, *, max_rows: int = MAX_ROWS
) -> Ledger[SummaryRow]:
    """R-DUN-8. 催款汇总表 by day and handler, from the rows of `dunning_detail`; same errors."""
    rows = _detail_rows(runtime, first, last, as_of, max_rows)
    return summary_ledger(rows, first, last, as_of)


LedgerFlow = Callable[[Runtime, date, date, datetime | None], Ledger[LedgerRow]]

LEDGERS: Mapping[str, LedgerFlow] = {
    DETAIL_FORM.code: dunning_detail,
    SUMMARY_FORM.code: dunning_summary,
}
"""Every ledger by the code that addresses and commands know it by."""


def record_export(
    runtime: Runtime, ledger: Ledger[LedgerRow], file_format: str, now: datetime, who: str
) -> None:
    """R-AUD-1. Note that somebody took a ledger out as a file: which, how much, in what format."""
    with runtime.transaction() as connection:
        audit.record(
            connection,
            now,
            who,
            "ledger.exported",
            f"ledger:{ledger.form.code}",
            after={
                "first": ledger.first.isoformat(),
                "last": ledger.last.isoformat(),
                "format": file_format,
                "rows": len(ledger.rows),
            },
        )


def _detail_rows(
    runtime: Runtime, first: date, last: date, as_of: datetime | None, max_rows: int
) -> list[DetailRow]:
    span = _span(first, last, as_of)
    with runtime.snapshot() as connection:
        tasks = called_tasks(connection, Kind.DUNNING, span, max_rows + 1)
    if len(tasks) > max_rows:
        raise UsageError(f"这段日期的催款记录超过 {max_rows} 条，请缩短日期范围", field="to")
    return [row for row in map(detail_row, tasks) if row is not None]


def _span(first: date, last: date, as_of: datetime | None) -> Span:
    """Find the instants at which the first day begins and the last one is over."""
    if first > last:
        raise UsageError(f"开始日期 {first} 晚于结束日期 {last}", field="from")
    if first.year < _FIRST_YEAR or last.year > _LAST_YEAR:
        raise UsageError(f"日期应在 {_FIRST_YEAR} 年到 {_LAST_YEAR} 年之间", field="from")
    return Span(
        start=day_bounds(first)[0],
        end=day_bounds(last)[1],
        as_of=as_of,
    )
