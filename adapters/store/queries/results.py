"""What the calls of some days came to, and the calls behind each figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    TextClause,
    and_,
    exists,
    func,
    or_,
    select,
    text,
)

from adapters.store.models.after_sales import service_case
from adapters.store.models.calls import MADE, attempt
from adapters.store.models.campaigns import batch, task
from adapters.store.models.customers import customer, customer_phone
from adapters.store.models.shop import person

IS_REDIAL = attempt.c.redial_of.is_not(None)
IS_RIDER = attempt.c.rides_on.is_not(None)


def tallies(connection: Connection, start: datetime, end: datetime) -> Sequence[Row[Any]]:
    """Made contacts in [start, end) by kind, caller and outcome; one row a group (index on at).

    A redial is the second half of an attempt (R-REPEAT-5), a rider a further matter of the same call
    (R-REPEAT-2); both are told apart here and counted by whoever asks.
    """
    cases = (
        select(service_case.c.attempt_id, func.count().label("cases"))
        .where(service_case.c.attempt_id.is_not(None))
        .group_by(service_case.c.attempt_id)
        .subquery()
    )
    groups = (
        attempt.c.kind,
        attempt.c.caller_id,
        person.c.name.label("caller"),
        attempt.c.outcome,
        attempt.c.is_reached,
        IS_REDIAL.label("is_redial"),
        IS_RIDER.label("is_rider"),
    )
    query = (
        select(*groups, func.count().label("made"), func.count(cases.c.cases).label("cases"))
        .join(person, person.c.id == attempt.c.caller_id)
        .join(cases, cases.c.attempt_id == attempt.c.id, isouter=True)
        .where(MADE, attempt.c.at >= start, attempt.c.at < end)
        .group_by(
            attempt.c.kind,
            attempt.c.caller_id,
            person.c.name,
            attempt.c.outcome,
            attempt.c.is_reached,
            IS_REDIAL,
            IS_RIDER,
        )
    )
    return connection.execute(query).all()


def planned(connection: Connection, first: date, last: date) -> dict[str, int]:
    """Tasks made by the plans of these days, by kind (index on batch_id)."""
    query = (
        select(task.c.kind, func.count())
        .join(batch, batch.c.id == task.c.batch_id)
        .where(batch.c.business_day.between(first, last))
        .group_by(task.c.kind)
    )
    return {row[0]: int(row[1]) for row in connection.execute(query)}


@dataclass(frozen=True, slots=True)
class CallsWanted:
    """Which made contacts are listed. None and empty: no limit by it.

    `firsts`: only a task's first attempt, as the ledgers count. `with_halves`: redials too, and
    `with_riders`: further matters settled in another call. `spans`: made in one of these stretches.
    `is_entered`: with an outcome.
    """

    start: datetime
    end: datetime
    kind: str | None = None
    caller_id: int | None = None
    outcomes: tuple[str, ...] = ()
    is_reached: bool | None = None
    has_case: bool = False
    firsts: bool = False
    with_halves: bool = False
    with_riders: bool = False
    campaign_id: int | None = None
    spans: tuple[tuple[datetime, datetime], ...] | None = None
    is_entered: bool = False


def calls_listed(connection: Connection, wanted: CallsWanted, limit: int) -> list[Row[Any]]:
    """The calls, the newest first, numbers masked (R-PII-1); reads the index on at."""
    query = (
        select(
            attempt.c.id,
            attempt.c.task_id,
            attempt.c.at,
            attempt.c.kind,
            attempt.c.state,
            attempt.c.outcome,
            attempt.c.is_reached,
            attempt.c.owed_fen,
            attempt.c.note,
            attempt.c.customer_id,
            attempt.c.dialled_at,
            attempt.c.ended_at,
            IS_RIDER.label("is_rider"),
            customer.c.buyer,
            customer_phone.c.masked,
            person.c.name.label("caller"),
        )
        .join(customer, customer.c.id == attempt.c.customer_id)
        .join(customer_phone, customer_phone.c.id == attempt.c.phone_id)
        .join(person, person.c.id == attempt.c.caller_id)
    )
    query = _limited(query, wanted).order_by(attempt.c.at.desc(), attempt.c.id.desc())
    return list(connection.execute(query.limit(limit)).all())


def calls_counted(connection: Connection, wanted: CallsWanted) -> int:
    """How many there are."""
    query = _limited(select(func.count()).select_from(attempt), wanted)
    return int(connection.execute(query).scalar_one())


def _limited(query: Select[Any], wanted: CallsWanted) -> Select[Any]:
    limits: list[ColumnElement[bool] | TextClause] = [
        attempt.c.at >= wanted.start,
        attempt.c.at < wanted.end,
    ]
    if wanted.kind is not None:
        limits.append(attempt.c.kind == wanted.kind)
    if wanted.caller_id is not None:
        limits.append(attempt.c.caller_id == wanted.caller_id)
    if wanted.outcomes:
        limits.append(attempt.c.outcome.in_(wanted.outcomes))
    if wanted.is_reached is not None:
        limits.append(attempt.c.is_reached.is_(wanted.is_reached))
    if wanted.has_case:
        limits.append(exists().where(service_case.c.attempt_id == attempt.c.id))
    if wanted.campaign_id is not None:
        limits.append(attempt.c.campaign_id == wanted.campaign_id)
    if wanted.spans is not None:
        within = (and_(attempt.c.at >= start, attempt.c.at < end) for start, end in wanted.spans)
        limits.append(or_(False, *within))
    if wanted.is_entered:
        limits.append(text("attempt.state = 'closed'"))
    if not wanted.with_halves:
        limits.append(~IS_REDIAL)
    if not wanted.with_riders:
        limits.append(~IS_RIDER)
    if wanted.firsts:
        limits.append(~_has_earlier())
    return query.where(MADE, *limits)


def _has_earlier() -> ColumnElement[bool]:
    """As the ledgers look for a task's first attempt, by the index on task_id."""
    earlier = attempt.alias("earlier")
    return exists().where(
        earlier.c.task_id == attempt.c.task_id,
        earlier.c.state.in_(("dialled", "closed")),
        earlier.c.redial_of.is_(None),
        or_(
            earlier.c.at < attempt.c.at,
            and_(earlier.c.at == attempt.c.at, earlier.c.id < attempt.c.id),
        ),
    )


def live(connection: Connection) -> list[Row[Any]]:
    """Who holds a customer just now; of a caller's, the one on screen comes last (decision 0027)."""
    query = select(
        attempt.c.caller_id, attempt.c.state, attempt.c.handed_out_at, attempt.c.dialled_at
    ).where(text("attempt.state IN ('handed_out', 'dialled')"))
    on_screen_last = query.order_by(attempt.c.parked_at.is_(None), attempt.c.handed_out_at)
    return list(connection.execute(on_screen_last).all())
