"""What crosses customers: phones that several share, and callers (R-REPEAT-2, R-REPEAT-3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, Select, func, select

from adapters.store.models.audit import audit
from adapters.store.models.calls import attempt
from scheduler.verify.background import Background
from scheduler.verify.contacts import overlaps
from scheduler.verify.history import Attempt
from scheduler.verify.reading import (
    ATTEMPTS,
    attempt_from,
    attempts_by,
    stream,
)
from scheduler.verify.report import Finding
from scheduler.verify.sampling_rows import escalations_of
from scheduler.verify.spacing import halves_of, judged, scales


def check_shared_phones(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-REPEAT-2, R-REPEAT-3. The budget and the one live call of a phone that customers share.

    A phone of one customer is within that customer's own budget, which is checked with them.
    """
    shared = (
        select(attempt.c.phone_key)
        .group_by(attempt.c.phone_key)
        .having(func.min(attempt.c.customer_id) < func.max(attempt.c.customer_id))
    )
    statement = ATTEMPTS.where(attempt.c.phone_key.in_(shared)).order_by(
        attempt.c.phone_key, attempt.c.at, attempt.c.id
    )
    in_order = _attempts(connection, background, statement)
    for position, (_, group) in enumerate(groupby(in_order, key=lambda a: a.phone_key), start=1):
        on_phone = list(group)
        whose = f"第 {position} 个共用号码（号码 {on_phone[0].phone_id}）"
        calls = (a for a in on_phone if not a.is_rider)
        yield from (f for f in overlaps(calls, whose) if f.rule == "R-REPEAT-2")
        here = {a.id for a in on_phone}
        owed = escalations_of(connection, {a.task_id for a in on_phone}, background.as_of)
        # The freedom of an attempt depends on its task's own history, on whatever phone.
        of_tasks = ATTEMPTS.where(attempt.c.task_id.in_({a.task_id for a in on_phone})).order_by(
            attempt.c.task_id, attempt.c.at, attempt.c.id
        )
        by_task = groupby(_attempts(connection, background, of_tasks), key=lambda a: a.task_id)
        halves = halves_of(on_phone)
        yield from scales(
            (
                j
                for task_id, made in by_task
                for j in judged(
                    [a for a in made if a.counts],
                    background.book,
                    halves,
                    (e for e in owed if e.task_id == task_id),
                )
                if j.attempt.id in here
            ),
            background,
            whose,
        )


def check_callers(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-REPEAT-2. A caller has one live call; two of one customer are told with the customer."""
    calls = ATTEMPTS.where(attempt.c.rides_on.is_(None))
    statement = calls.order_by(attempt.c.caller_id, attempt.c.handed_out_at, attempt.c.id)
    holding: list[Attempt] = []
    for a in _attempts(connection, background, statement):
        holding = [
            h for h in holding if h.caller_id == a.caller_id and _is_busy_with(h, a.handed_out_at)
        ]
        for h in holding:
            others = h.task_id != a.task_id and h.customer_id != a.customer_id
            if not others or _was_left(connection, h.id, a.id):
                continue
            if not _one_after_the_other(connection, h.id, a.id):
                what = f"坐席 {a.caller_id} 在尝试 {h.id} 未结束时又领到一个"
                yield Finding("R-REPEAT-2", what, a.id, a.handed_out_at)
        holding.append(a)


def _is_busy_with(held: Attempt, instant: datetime) -> bool:
    """Not while the line does not know: then the caller goes on with others (decision 0027)."""
    ends = [at for at in (held.held_until, held.parked_at) if at is not None]
    return not ends or min(ends) > instant


def _was_left(connection: Connection, one: str, two: str) -> bool:
    """R-AUD-1. Whether the trail shows that one had been left when the other was handed out.

    The row itself forgets that as soon as its caller takes it back.
    """
    handed_out = select(audit.c.id).where(
        audit.c.subject == f"attempt:{two}", audit.c.what == "attempt.handed_out"
    )
    last = connection.execute(
        select(audit.c.what)
        .where(
            audit.c.subject == f"attempt:{one}",
            audit.c.what.in_(("attempt.left", "attempt.taken_back")),
            audit.c.id < handed_out.scalar_subquery(),
        )
        .order_by(audit.c.id.desc())
        .limit(1)
    ).scalar()
    return last == "attempt.left"


def _one_after_the_other(connection: Connection, one: str, two: str) -> bool:
    """R-AUD-1. Whether the trail shows one closed before the other was handed out.

    In a training shop instants may be given in any order, so that only the trail has the real one.
    """
    rows = connection.execute(
        select(audit.c.subject, audit.c.what, audit.c.id).where(
            audit.c.subject.in_((f"attempt:{one}", f"attempt:{two}")),
            audit.c.what.in_(("attempt.handed_out", "attempt.closed")),
        )
    )
    line = {(row.subject, row.what): row.id for row in rows}
    for first, then in ((one, two), (two, one)):
        closed = line.get((f"attempt:{first}", "attempt.closed"))
        begun = line.get((f"attempt:{then}", "attempt.handed_out"))
        if closed is not None and begun is not None and closed < begun:
            return True
    return False


def _attempts(
    connection: Connection, background: Background, statement: Select[tuple[object]]
) -> Iterator[Attempt]:
    as_of = background.as_of
    if as_of is not None:
        statement = statement.where(attempts_by(as_of))
    return (attempt_from(row, as_of) for row in stream(connection, statement))
