"""The after-sales register, R-CASE-1 and R-CPL-2: every problem is in it, with its whole history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby, pairwise
from typing import Any

from sqlalchemy import Connection, Row, func, select

from adapters.store.models.after_sales import case_entry, service_case
from adapters.store.models.calls import attempt
from scheduler.verify.background import Background
from scheduler.verify.reading import stream
from scheduler.verify.report import Finding

LONGEST_HOURS = 48
"""R-CPL-2. The longest time limit of a promise to a customer."""

_OPENS_CASE = ("complaint", "parcel_problem", "refuses", "complaint_escalated")
"""R-CB-3, R-CB-4, R-OOS-1, R-SMP-5. The outcomes after which a problem is entered."""

_ENDED = frozenset({"solved", "closed"})
_AFTER = {
    "open": frozenset({"in_progress", "waiting", "solved", "closed"}),
    "in_progress": frozenset({"waiting", "solved", "closed"}),
    "waiting": frozenset({"in_progress", "solved", "closed"}),
    "solved": frozenset({"in_progress", "closed"}),
    "closed": frozenset[str](),
}
"""What a case may become; solved is taken up again when the customer says it is not."""


def check_opened(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-CASE-1. A problem that a call brought up is in the register, with that very instant."""
    statement = (
        select(
            attempt.c.id,
            attempt.c.outcome,
            attempt.c.outcome_at,
            attempt.c.customer_id,
            service_case.c.id.label("case"),
            service_case.c.customer_id.label("whose"),
            service_case.c.opened_at,
        )
        .outerjoin(service_case, service_case.c.attempt_id == attempt.c.id)
        .where(attempt.c.outcome.in_(_OPENS_CASE), attempt.c.outcome_at.is_not(None))
        .order_by(attempt.c.outcome_at, attempt.c.id)
    )
    if background.as_of is not None:
        statement = statement.where(attempt.c.outcome_at <= background.as_of)
    for row in stream(connection, statement):
        if row.case is None:
            what = f"结果 {row.outcome} 没有登记售后问题"
            yield Finding("R-CASE-1", what, row.id, row.outcome_at)
        elif (row.whose, row.opened_at) != (row.customer_id, row.outcome_at):
            what = f"售后问题 {row.case} 的客户或时间与它的通话不符"
            yield Finding("R-CASE-1", what, row.id, row.opened_at)


def check_histories(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-CASE-1, R-CPL-2. Entries follow one another from the first, and say how the case stands."""
    statement = (
        select(
            service_case.c.id,
            service_case.c.opened_at,
            service_case.c.state,
            service_case.c.closed_at,
            service_case.c.attempt_id,
            (func.length(func.trim(service_case.c.cause)) > 0).label("has_cause"),
            case_entry.c.at,
            case_entry.c.state.label("became"),
            case_entry.c.due_at,
        )
        .outerjoin(case_entry, case_entry.c.case_id == service_case.c.id)
        .order_by(service_case.c.id, case_entry.c.at, case_entry.c.id)
    )
    if background.as_of is not None:
        statement = statement.where(
            service_case.c.opened_at <= background.as_of, case_entry.c.at <= background.as_of
        )
    for _, group in groupby(stream(connection, statement), key=lambda row: row.id):
        rows = list(group)
        for rule, wrong, at in _wrong(rows, is_now=background.as_of is None):
            what = f"售后问题 {rows[0].id} {wrong}"
            yield Finding(rule, what, rows[0].attempt_id, at or rows[0].opened_at)


def _wrong(rows: list[Row[Any]], *, is_now: bool) -> Iterator[tuple[str, str, Any]]:
    first, last = rows[0], rows[-1]
    if not first.has_cause:
        yield "R-CASE-1", "没有写明问题", None
    if first.at is None:
        yield "R-CASE-1", "没有任何处理记录", None
        return
    if (first.at, first.became) != (first.opened_at, "open"):
        yield "R-CASE-1", "的第一条记录不是登记本身", first.at
    for one, two in pairwise(rows):
        if one.became != two.became and two.became not in _AFTER[one.became]:
            yield "R-CASE-1", f"从 {one.became} 变成了 {two.became}", two.at
    for row in rows:
        if row.became not in _ENDED and row.due_at > row.at + timedelta(hours=LONGEST_HOURS):
            yield "R-CPL-2", f"的答复期限超过 {LONGEST_HOURS} 小时", row.at
    if is_now and last.became != last.state:
        yield "R-CASE-1", f"现为 {last.state}，最后一条记录是 {last.became}", last.at
    endings = {row.at for row in rows if row.became in _ENDED}
    if is_now and last.became in _ENDED and last.closed_at not in endings:
        yield "R-CASE-1", "的结束时间与记录不符", last.at
