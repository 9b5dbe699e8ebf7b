"""Whether people who asked to be left alone were: R-DNC-1 to R-DNC-3."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, or_, select

from adapters.store.models.audit import audit
from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import campaign
from adapters.store.models.customers import customer, suppression
from adapters.store.models.shop import person
from scheduler.verify.background import Background
from scheduler.verify.binding import BY_CUSTOMER, BY_USER_ID, Way, by_phone, ways
from scheduler.verify.days import not_after
from scheduler.verify.line_rows import of_attempt
from scheduler.verify.reading import ATTEMPTS, attempt_from, attempts_by
from scheduler.verify.report import Finding, shown

_ENTRY = (
    suppression.c.id.label("entry"),
    suppression.c.rule,
    suppression.c.since,
    suppression.c.lifted_at,
    suppression.c.phone_key.label("listed_key"),
)


def check_calls(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-DNC-1, R-DNC-2. Nobody on the list is called; what was on a screen is withdrawn at once."""
    told: set[tuple[str, int]] = set()
    for way in ways(attempt.c.phone_key):
        statement = (
            ATTEMPTS.add_columns(*_ENTRY)
            .join(way.table, way.customer == attempt.c.customer_id)
            .join(suppression, way.on)
            .where(
                or_(suppression.c.kind.is_(None), suppression.c.kind == attempt.c.kind),
                or_(
                    attempt.c.ended_at.is_(None),
                    attempt.c.ended_at > suppression.c.since,
                    attempt.c.at >= suppression.c.since,
                ),
                _by_then(suppression.c.since, background.as_of),
            )
            .order_by(attempt.c.at, attempt.c.id)
        )
        if background.as_of is not None:
            statement = statement.where(attempts_by(background.as_of))
        for row in connection.execute(statement):
            found = _contact(connection, row, way, background.as_of)
            if found is None or (row.id, row.entry) in told:
                continue
            if not way.binds(connection, row.customer_id, row.listed_key, found.at):
                continue
            told.add((row.id, row.entry))
            if found.at > row.since or not _came_first(connection, f"attempt:{row.id}", row.entry):
                yield found


def _contact(
    connection: Connection, row: Row[Any], way: Way, as_of: datetime | None
) -> Finding | None:
    a = attempt_from(row, as_of)
    lifted_at = not_after(row.lifted_at, as_of)
    if a.counts:
        # The attempt that put them on the list comes before the entry, even at the same instant.
        is_cause = a.outcome in ("hung_up_angry", "opt_out") and a.outcome_at == row.since
        if a.at < row.since or is_cause or (lifted_at is not None and a.at >= lifted_at):
            return None
        what = f"免打扰条目 {row.entry}{way.words}自 {shown(row.since)} 起有效，之后仍被拨打"
        return Finding(rule_of(row), what, a.id, a.at)
    begins = max(a.handed_out_at, row.since)
    for call in of_attempt(connection, a.id):
        # Decision 0027: under way just then, and nobody was rung; it is taken back when that is known.
        if call.submitted_at <= begins <= (call.settled_at or begins):
            if call.settled_at is None or not_after(call.settled_at, as_of) is None:
                return None
            begins = call.settled_at
    ends = a.held_until
    if lifted_at is not None and (ends is None or ends > lifted_at):
        ends = lifted_at
    if ends is not None and ends <= begins:
        return None
    what = f"免打扰条目 {row.entry}{way.words}生效后，派出的工作没有立即撤回"
    return Finding(rule_of(row), what, a.id, begins)


def _came_first(connection: Connection, subject: str, entry: int) -> bool:
    """R-AUD-1. At one and the same instant the trail knows which came first.

    A paused training clock makes such instants: a call that is done, then an entry, at one time.
    """
    made = ("attempt.dialled", "attempt.closed", "todo.done")
    first = select(func.min(audit.c.id)).where(audit.c.subject == subject, audit.c.what.in_(made))
    added = select(func.min(audit.c.id)).where(
        audit.c.subject == f"suppression:{entry}", audit.c.what == "suppression.added"
    )
    done, listed = connection.execute(first).scalar(), connection.execute(added).scalar()
    return done is not None and listed is not None and done < listed


def check_messages(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-DNC-1, R-DNC-2. Not by Wangwang either: that reaches the customer, whose number is listed."""
    told: set[tuple[int, int]] = set()
    for way in ways():
        statement = (
            select(todo.c.id, todo.c.customer_id, todo.c.done_at, *_ENTRY)
            .join(campaign, campaign.c.id == todo.c.campaign_id)
            .join(way.table, way.customer == todo.c.customer_id)
            .join(suppression, way.on)
            .where(
                todo.c.kind == "wangwang",
                todo.c.done_at >= suppression.c.since,
                or_(suppression.c.lifted_at.is_(None), todo.c.done_at < suppression.c.lifted_at),
                or_(suppression.c.kind.is_(None), suppression.c.kind == campaign.c.kind),
                _by_then(todo.c.done_at, background.as_of),
            )
        )
        for row in connection.execute(statement):
            is_tie = row.done_at == row.since
            if (row.id, row.entry) in told:
                continue
            if not way.binds(connection, row.customer_id, row.listed_key, row.done_at):
                continue
            told.add((row.id, row.entry))
            if not (is_tie and _came_first(connection, f"todo:{row.id}", row.entry)):
                what = f"免打扰条目 {row.entry}{way.words}生效后，待办 {row.id} 的旺旺留言仍被发出"
                yield Finding(rule_of(row), what, None, row.done_at)


def check_entered(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-DNC-1, R-DNC-2. Anger or a wish not to be called is on the list from that instant."""
    listed = exists().where(
        suppression.c.since >= attempt.c.at,
        suppression.c.since <= attempt.c.outcome_at,
        or_(suppression.c.kind.is_(None), suppression.c.kind == attempt.c.kind),
        or_(BY_CUSTOMER, BY_USER_ID, by_phone(attempt.c.phone_key)),
    )
    earlier = exists().where(
        suppression.c.since <= attempt.c.outcome_at,
        or_(suppression.c.lifted_at.is_(None), suppression.c.lifted_at > attempt.c.outcome_at),
        or_(suppression.c.kind.is_(None), suppression.c.kind == attempt.c.kind),
        or_(BY_CUSTOMER, BY_USER_ID),
    )
    statement = (
        select(attempt.c.id, attempt.c.outcome, attempt.c.outcome_at)
        .join(customer, customer.c.id == attempt.c.customer_id)
        .where(
            attempt.c.outcome.in_(("hung_up_angry", "opt_out")),
            ~listed,
            ~earlier,
            _by_then(attempt.c.outcome_at, background.as_of),
        )
        .order_by(attempt.c.outcome_at)
    )
    for row in connection.execute(statement):
        rule = "R-DNC-1" if row.outcome == "hung_up_angry" else "R-DNC-2"
        yield Finding(rule, "客户要求或反感后没有登记免打扰", row.id, row.outcome_at)


def check_entries(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-DNC-3. An entry says why, whence and who; lifting one needs a supervisor and a reason."""
    statement = (
        select(suppression, person.c.role)
        .outerjoin(person, person.c.name == suppression.c.lifted_by)
        .where(_by_then(suppression.c.since, background.as_of))
        .where(
            or_(
                suppression.c.lifted_at.is_not(None),
                *(
                    func.trim(column) == ""
                    for column in (
                        suppression.c.reason,
                        suppression.c.source,
                        suppression.c.created_by,
                    )
                ),
            )
        )
        .order_by(suppression.c.id)
    )
    for row in connection.execute(statement):
        if not (row.reason.strip() and row.source.strip() and row.created_by.strip()):
            what = f"免打扰条目 {row.id} 缺少原因、来源或登记人"
            yield Finding("R-DNC-3", what, None, row.since)
        lifted_at = not_after(row.lifted_at, background.as_of)
        if lifted_at is None:
            continue
        if not (row.lift_reason or "").strip():
            yield Finding("R-DNC-3", f"免打扰条目 {row.id} 解除时没有写原因", None, lifted_at)
        if row.role not in ("supervisor", "admin"):
            yield Finding("R-DNC-3", f"免打扰条目 {row.id} 不是由主管解除的", None, lifted_at)


def rule_of(row: Row[Any]) -> str:
    """R-DNC-1, R-DNC-2. The rule that an entry stands for."""
    return "R-DNC-1" if row.rule == "R-DNC-1" else "R-DNC-2"


def _by_then(column: ColumnElement[datetime], as_of: datetime | None) -> ColumnElement[bool]:
    return column.is_not(None) if as_of is None else column <= as_of
