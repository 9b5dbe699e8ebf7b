"""Every ledger of some days, and the trail of their exports (R-DUN-7, R-DUN-8, R-CB-6, R-CASE-1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from adapters.store.queries import after_sales, audit
from adapters.store.queries import feedback as feedback_queries
from adapters.store.queries.call_ledgers import called_back, told_of_shortages
from adapters.store.queries.ledgers import called_tasks
from campaigns.kinds import callback_ledger, dunning_ledger, sampling_ledger, stock_out_ledger
from campaigns.kinds.callback_ledger import CallbackRow
from campaigns.kinds.dunning_ledger import DetailRow, SummaryRow
from campaigns.kinds.stock_out_ledger import StockOutRow
from campaigns.ledger import Ledger, LedgerForm, LedgerRow
from campaigns.registers.case_form import REGISTER_FORM, CaseRow, case_register
from campaigns.registers.cases import ENDED
from campaigns.registers.feedback import (
    COUNTS_FORM,
    ENTRIES_FORM,
    DayCount,
    FeedbackRow,
    WeekCount,
    by_week,
    counts_ledger,
    feedback_ledger,
)
from campaigns.values import CaseKind, CaseState, Effect, Kind
from scheduler.flows.ledger_reading import MAX_ROWS, read_rows, span_of
from scheduler.flows.sampling_ledgers import sampling_detail, sampling_summary
from scheduler.runtime import Runtime


def dunning_detail(
    runtime: Runtime, first: date, last: date, as_of: datetime | None, *, max_rows: int = MAX_ROWS
) -> Ledger[DetailRow]:
    """R-DUN-7. 催款明细表 of the days `first` to `last`, both included, in the order of calling.

    `as_of` None: everything known, else what was known at that instant. Raises UsageError when the
    days are the wrong way round, out of range, or hold more than `max_rows` called tasks.
    """
    rows = _dunned(runtime, first, last, as_of, max_rows)
    return dunning_ledger.detail_ledger(rows, first, last, as_of)


def dunning_summary(
    runtime: Runtime, first: date, last: date, as_of: datetime | None, *, max_rows: int = MAX_ROWS
) -> Ledger[SummaryRow]:
    """R-DUN-8. 催款汇总表 by day and handler, from the rows of `dunning_detail`; same errors."""
    rows = _dunned(runtime, first, last, as_of, max_rows)
    return dunning_ledger.summary_ledger(rows, first, last, as_of)


def callback_detail(
    runtime: Runtime, first: date, last: date, as_of: datetime | None, *, max_rows: int = MAX_ROWS
) -> Ledger[CallbackRow]:
    """R-CB-6. 回访明细表, days, `as_of` and errors as in `dunning_detail`."""
    span = span_of(first, last, as_of)
    rows = read_rows(runtime, lambda c: called_back(c, span, max_rows + 1), max_rows)
    return callback_ledger.detail_ledger(rows, first, last, as_of)


def stock_out_detail(
    runtime: Runtime, first: date, last: date, as_of: datetime | None, *, max_rows: int = MAX_ROWS
) -> Ledger[StockOutRow]:
    """R-OOS-2. 缺货通知明细表, days, `as_of` and errors as in `dunning_detail`."""
    span = span_of(first, last, as_of)
    rows = read_rows(runtime, lambda c: told_of_shortages(c, span, max_rows + 1), max_rows)
    return stock_out_ledger.detail_ledger(rows, first, last, as_of)


def cases(
    runtime: Runtime, first: date, last: date, as_of: datetime | None, *, max_rows: int = MAX_ROWS
) -> Ledger[CaseRow]:
    """R-CASE-1. 售后问题表 of the cases entered on these days, as they stood at `as_of`."""
    span_of(first, last, as_of)
    found = read_rows(
        runtime,
        lambda c: after_sales.cases_between(c, first, last, as_of, max_rows + 1),
        max_rows,
    )
    rows = [
        CaseRow(
            day=row.business_day,
            handler=row.handler,
            buyer=row.buyer,
            order_no=row.order_no,
            kind=CaseKind(row.kind),
            cause=row.cause,
            agreed=row.agreed,
            state=CaseState(row.state),
            due_at=row.due_at,
            settled=row.note if CaseState(row.state) in ENDED else None,
        )
        for row in found
    ]
    return case_register(rows, first, last, as_of)


def feedback(
    runtime: Runtime, first: date, last: date, as_of: datetime | None, *, max_rows: int = MAX_ROWS
) -> Ledger[FeedbackRow]:
    """R-CB-6. 回访信息搜集及反馈: every entry of these days, in the customer's words."""
    span_of(first, last, as_of)
    wanted = feedback_queries.FeedbackQuery(first, last, as_of=as_of)
    found = read_rows(
        runtime, lambda c: feedback_queries.entries(c, wanted, max_rows + 1), max_rows
    )
    rows = [
        FeedbackRow(
            day=row.business_day,
            who=row.who,
            buyer=row.buyer,
            product=row.product,
            effect=Effect(row.effect) if row.effect else None,
            complaint=row.complaint,
            wish=row.wish,
            verbatim=row.verbatim,
        )
        for row in found
    ]
    return feedback_ledger(rows, first, last, as_of)


def feedback_summary(
    runtime: Runtime, first: date, last: date, as_of: datetime | None, *, max_rows: int = MAX_ROWS
) -> Ledger[WeekCount]:
    """R-CB-6. 回访反馈汇总表 by product and ISO week."""
    span_of(first, last, as_of)
    wanted = feedback_queries.FeedbackQuery(first, last, as_of=as_of)
    found = read_rows(runtime, lambda c: feedback_queries.counts_by_day(c, wanted), max_rows)
    return counts_ledger(by_week(day_counts(found)), first, last, as_of)


LedgerFlow = Callable[[Runtime, date, date, datetime | None], Ledger[LedgerRow]]


@dataclass(frozen=True, slots=True)
class LedgerKind:
    """One ledger that can be asked for, and the rule that it answers to.

    `is_monthly`: without days it shows the whole month, not the week up to today.
    """

    form: LedgerForm
    flow: LedgerFlow
    rule: str
    is_monthly: bool = False


LEDGER_KINDS: tuple[LedgerKind, ...] = (
    LedgerKind(dunning_ledger.DETAIL_FORM, dunning_detail, "R-DUN-7"),
    LedgerKind(dunning_ledger.SUMMARY_FORM, dunning_summary, "R-DUN-8"),
    LedgerKind(callback_ledger.DETAIL_FORM, callback_detail, "R-CB-6"),
    LedgerKind(stock_out_ledger.DETAIL_FORM, stock_out_detail, "R-OOS-2"),
    LedgerKind(sampling_ledger.DETAIL_FORM, sampling_detail, "R-SMP-11", is_monthly=True),
    LedgerKind(sampling_ledger.SUMMARY_FORM, sampling_summary, "R-SMP-11", is_monthly=True),
    LedgerKind(REGISTER_FORM, cases, "R-CASE-1"),
    LedgerKind(ENTRIES_FORM, feedback, "R-CB-6"),
    LedgerKind(COUNTS_FORM, feedback_summary, "R-CB-6"),
)
"""Every ledger there is, in the order in which people choose."""

LEDGERS: Mapping[str, LedgerFlow] = {kind.form.code: kind.flow for kind in LEDGER_KINDS}
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


def day_counts(rows: Sequence[feedback_queries.Counted]) -> list[DayCount]:
    """Counts of days as the sums by week take them."""
    return [
        DayCount(r.business_day, r.product, Effect(r.effect) if r.effect else None, r.entries)
        for r in rows
    ]


def _dunned(
    runtime: Runtime, first: date, last: date, as_of: datetime | None, max_rows: int
) -> list[DetailRow]:
    span = span_of(first, last, as_of)
    tasks = read_rows(
        runtime, lambda c: called_tasks(c, Kind.DUNNING, span, max_rows + 1), max_rows
    )
    return [row for row in map(dunning_ledger.detail_row, tasks) if row is not None]
