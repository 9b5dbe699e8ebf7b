"""The called tasks of a span of days, with their orders as known at an instant (R-DUN-7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
)

from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import task, task_order
from adapters.store.models.customers import customer, order, order_sighting
from adapters.store.models.shop import person
from campaigns.kinds.dunning_ledger import CalledTask, LedgerOrder
from campaigns.states import COUNTED_ATTEMPTS
from campaigns.values import Ending, Kind, OrderState


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to before `end`, with what was known at `as_of`; None: everything known."""

    start: datetime
    end: datetime
    as_of: datetime | None


def called_tasks(connection: Connection, kind: Kind, span: Span, limit: int) -> list[CalledTask]:
    """Read the tasks whose first counted attempt lies in the span, at most `limit`, in that order.

    As of an instant: attempts made by then, orders as the imports until then showed them, an ending
    reached by then.
    """
    picked = first_attempts(kind, span, limit)
    statement = _now(picked) if span.as_of is None else _then(picked, span.as_of)
    rows = connection.execute(statement)
    return [_called_task(group) for _, group in groupby(rows, key=lambda row: row.attempt_id)]


def known_then(as_of: datetime | None) -> list[ColumnElement[bool]]:
    """What was an attempt by then: dialled, or its outcome entered (sop.md §0)."""
    if as_of is None:
        return []
    return [func.coalesce(attempt.c.dialled_at, attempt.c.ended_at) <= as_of]


def first_attempts(kind: Kind, span: Span, limit: int) -> CTE:
    """Pick the first attempt of each task, of those that lie in the span, at most `limit`.

    The span is found by ix_attempt_at, and that none was earlier by ix_attempt_task_id.

    No window over all attempts of the task: that would read the whole history for every ledger.
    """
    earlier = attempt.alias("earlier")
    has_earlier = exists().where(
        earlier.c.task_id == attempt.c.task_id,
        *_counts(earlier),
        or_(
            earlier.c.at < attempt.c.at,
            and_(earlier.c.at == attempt.c.at, earlier.c.id < attempt.c.id),
        ),
    )
    statement = (
        select(
            attempt.c.id,
            attempt.c.task_id,
            attempt.c.customer_id,
            attempt.c.caller_id,
            attempt.c.at,
            attempt.c.owed_fen,
        )
        .where(
            attempt.c.kind == kind,
            attempt.c.at >= span.start,
            attempt.c.at < span.end,
            *_counts(attempt),
            ~has_earlier,
            *known_then(span.as_of),
        )
        .order_by(attempt.c.at, attempt.c.id)
        .limit(limit)
    )
    if span.as_of is not None:
        statement = statement.where(attempt.c.at <= span.as_of)
    return statement.cte("picked")


def _counts(made: FromClause) -> tuple[ColumnElement[bool], ...]:
    """sop.md §0, R-REPEAT-5: a made contact; a redial belongs to the attempt before it."""
    return made.c.state.in_(sorted(COUNTED_ATTEMPTS)), made.c.redial_of.is_(None)


def _now(picked: CTE) -> Select[tuple[object, ...]]:
    """Take the orders' own rows: they are all that is known."""
    return _statement(
        picked, task.c.ending, order.c.state, order.c.paid_fen, order.c.paid_at
    ).order_by(*_in_order(picked))


def _then(picked: CTE, as_of: datetime) -> Select[tuple[object, ...]]:
    """Take of each order the last sighting written down by then: it holds all that was known.

    Looked up for each order by ix_order_sighting_order_id_known_at. A window over the sightings,
    joined to the orders, is no match: SQLite then reads it whole for every order (measured: 200,000
    tasks did not finish in ten minutes).
    """
    known, any_known = order_sighting.alias("known"), order_sighting.alias("any_known")
    last = (
        select(func.max(any_known.c.id))
        .where(any_known.c.order_id == order.c.id, any_known.c.known_at <= as_of)
        .scalar_subquery()
    )
    ending = case((task.c.closed_at <= as_of, task.c.ending))
    # Outer: an order joins a task as unpaid, so with nothing known of it yet that is what it is.
    return (
        _statement(
            picked,
            ending,
            func.coalesce(known.c.state, literal(OrderState.AWAITING_PAYMENT.value)),
            func.coalesce(known.c.paid_fen, 0),
            known.c.paid_at,
        )
        .outerjoin(known, known.c.id == last)
        .where(task_order.c.joined_at <= as_of)
        .order_by(*_in_order(picked))
    )


def _statement(
    picked: CTE,
    ending: ColumnElement[str],
    state: ColumnElement[str],
    paid_fen: ColumnElement[int],
    paid_at: ColumnElement[datetime],
) -> Select[tuple[object, ...]]:
    return (
        select(
            picked.c.id.label("attempt_id"),
            picked.c.task_id,
            picked.c.at,
            picked.c.owed_fen,
            customer.c.buyer,
            person.c.name.label("handler"),
            ending.label("ending"),
            order.c.placed_at,
            task_order.c.joined_at,
            state.label("state"),
            paid_fen.label("paid_fen"),
            paid_at.label("paid_at"),
        )
        .select_from(picked)
        .join(task, task.c.id == picked.c.task_id)
        .join(customer, customer.c.id == picked.c.customer_id)
        .join(person, person.c.id == picked.c.caller_id)
        .join(task_order, task_order.c.task_id == picked.c.task_id)
        .join(order, order.c.id == task_order.c.order_id)
    )


def _in_order(picked: CTE) -> tuple[ColumnElement[object], ...]:
    return picked.c.at, picked.c.id, order.c.placed_at, order.c.id


def _called_task(group: Iterable[Row[tuple[object, ...]]]) -> CalledTask:
    rows = list(group)
    head = rows[0]
    return CalledTask(
        task_id=head.task_id,
        buyer=head.buyer,
        handler=head.handler,
        first_attempt_at=head.at,
        owed_fen=head.owed_fen,
        ending=None if head.ending is None else Ending(head.ending),
        orders=tuple(
            LedgerOrder(
                placed_at=row.placed_at,
                joined_at=row.joined_at,
                state=OrderState(row.state),
                paid_fen=row.paid_fen,
                paid_at=row.paid_at,
            )
            for row in rows
        ),
    )
