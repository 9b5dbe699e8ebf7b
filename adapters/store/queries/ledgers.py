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
    Subquery,
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

_PAID_STATES = (OrderState.PAID, OrderState.SHIPPED, OrderState.COMPLETED)


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
    picked = _first_attempts(kind, span, limit)
    if span.as_of is None:
        statement = _with_current_orders(picked)
    else:
        statement = _with_known(picked, span.as_of)
    rows = connection.execute(statement)
    return [_called_task(group) for _, group in groupby(rows, key=lambda row: row.attempt_id)]


def _first_attempts(kind: Kind, span: Span, limit: int) -> CTE:
    """Find the span by ix_attempt_at, and that none was earlier by ix_attempt_task_id.

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


def _with_current_orders(picked: CTE) -> Select[tuple[object, ...]]:
    """Take the orders' own rows: they are the fold of all sightings.

    Only for an order without a stated time of payment its first sighting as paid is looked up, by
    ix_order_sighting_order_id_known_at.
    """
    seen_paid = (
        select(func.min(order_sighting.c.seen_at))
        .where(
            order_sighting.c.order_id == order.c.id,
            order_sighting.c.state.in_(_PAID_STATES),
        )
        .scalar_subquery()
    )
    paid_at = case(
        (order.c.state == OrderState.AWAITING_PAYMENT, None),
        (order.c.paid_at.is_not(None), order.c.paid_at),
        (
            order.c.state.in_(_PAID_STATES),
            func.coalesce(seen_paid, order.c.last_seen_at, type_=order.c.paid_at.type),
        ),
        else_=seen_paid,
    )
    return _statement(picked, task.c.ending, order.c.state, order.c.paid_fen, paid_at)


def _with_known(picked: CTE, as_of: datetime) -> Select[tuple[object, ...]]:
    """R-IMP-3 as one sort: the furthest state known by then, of equal ones the later data's."""
    known = _known_states(picked, as_of)
    ended = case((task.c.closed_at <= as_of, task.c.ending))
    statement = _statement(
        picked,
        ended,
        func.coalesce(known.c.state, literal(OrderState.AWAITING_PAYMENT.value)),
        func.coalesce(known.c.paid_fen, 0),
        func.coalesce(known.c.paid_at, known.c.latest_paid_at, known.c.seen_paid_at),
    )
    # Outer: an order joins a task as unpaid, so with nothing known of it yet that is what it is.
    return statement.outerjoin(
        known, and_(known.c.order_id == order.c.id, known.c.place == 1)
    ).where(task_order.c.joined_at <= as_of)


def _known_states(picked: CTE, as_of: datetime) -> Subquery:
    """Each order's sightings until `as_of`, the one that counts in place 1."""
    seen = order_sighting
    steps = case({state.value: state.step for state in OrderState}, value=seen.c.state)
    mine = select(task_order.c.order_id).join(picked, picked.c.task_id == task_order.c.task_id)
    return (
        select(
            seen.c.order_id,
            seen.c.state,
            seen.c.paid_fen,
            seen.c.paid_at,
            func.max(seen.c.paid_at).over(partition_by=seen.c.order_id).label("latest_paid_at"),
            func.min(case((seen.c.state.in_(_PAID_STATES), seen.c.seen_at)))
            .over(partition_by=seen.c.order_id)
            .label("seen_paid_at"),
            func.row_number()
            .over(
                partition_by=seen.c.order_id,
                order_by=(steps.desc(), seen.c.seen_at.desc(), seen.c.id.desc()),
            )
            .label("place"),
        )
        .where(seen.c.order_id.in_(mine), seen.c.known_at <= as_of)
        .subquery("known")
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
        .order_by(picked.c.at, picked.c.id, order.c.placed_at, order.c.id)
    )


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
