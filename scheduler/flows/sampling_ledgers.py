"""R-SMP-11: 服务抽查明细表 and 服务抽查汇总表 of some days; a month's are those of its days."""

from __future__ import annotations

from datetime import date, datetime

from adapters.store.queries.sampling_ledgers import detail_rows
from adapters.store.queries.sampling_results import sampled_between, sampled_of
from campaigns.kinds.sampling_ledger import DetailRow, SummaryRow, detail_ledger, summary_ledger
from campaigns.ledger import Ledger
from scheduler.flows.ledger_reading import MAX_ROWS, read_rows, span_of
from scheduler.runtime import Runtime


def sampling_detail(
    runtime: Runtime, first: date, last: date, as_of: datetime | None, *, max_rows: int = MAX_ROWS
) -> Ledger[DetailRow]:
    """R-SMP-11. A row for each customer of an approved sample who was called in for these days.

    The day is the first on which they were to be called: the 27th, or a later approval's or
    replacement's day (R-SMP-3). `as_of` None: everything known, else what was known at that instant.
    Raises UsageError when the days are the wrong way round, out of range, or hold more than
    `max_rows` customers.
    """
    span_of(first, last, as_of)
    rows = read_rows(runtime, lambda c: detail_rows(c, first, last, as_of, max_rows + 1), max_rows)
    return detail_ledger(rows, first, last, as_of)


def sampling_summary(
    runtime: Runtime, first: date, last: date, as_of: datetime | None, *, max_rows: int = MAX_ROWS
) -> Ledger[SummaryRow]:
    """R-SMP-11. The same customers counted by month and handler; same errors."""
    span_of(first, last, as_of)
    rows = read_rows(
        runtime, lambda c: sampled_between(c, first, last, as_of, max_rows + 1), max_rows
    )
    return summary_ledger(map(sampled_of, rows), first, last, as_of)
