"""The tables, read in the order of customers by several cursors at once (R-AUD-2).

Each statement is sorted by customer, so that one customer's rows of all tables meet in memory and a
million attempts do not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Label, Row, Select, func, or_, select

from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import batch, task, task_order
from adapters.store.models.customers import customer, customer_phone, order, order_sighting
from adapters.store.models.lines import line_call
from adapters.store.models.sampling import escalation, score
from adapters.store.models.stock import shortage, shortage_date, task_shortage
from scheduler.verify.days import not_after
from scheduler.verify.history import (
    Attempt,
    CustomerHistory,
    Number,
    OrderHistory,
    Shortage,
    Sighting,
    TaskHistory,
    Todo,
)
from scheduler.verify.line_rows import CALLS, call_from
from scheduler.verify.sampling_rows import ESCALATIONS, SCORES, escalation_from, score_from

ROWS_AT_A_TIME = 2_000

T = TypeVar("T")

_HAS_NOTE = func.length(func.trim(func.coalesce(attempt.c.note, ""))) > 0
_HAS_REASON = func.length(func.trim(func.coalesce(attempt.c.end_reason, ""))) > 0

ATTEMPTS = select(
    *(c for c in attempt.c if c.name not in {"note", "end_reason", "answer", "idempotency_key"}),
    _HAS_NOTE.label("has_note"),
    _HAS_REASON.label("has_reason"),
)
"""What is read of attempts: no words of a caller, only whether there are any."""


def attempts_by(as_of: datetime) -> ColumnElement[bool]:
    """Hand-outs made by then; a rider is there from its outcome on (R-REPEAT-2)."""
    born = or_(attempt.c.rides_on.is_(None), attempt.c.outcome_at <= as_of)
    return (attempt.c.handed_out_at <= as_of) & born


def attempt_from(row: Row[Any], as_of: datetime | None) -> Attempt:
    """R-AUD-2. A hand-out as it stood at `as_of`: what came later has not come yet."""
    dialled_at = not_after(row.dialled_at, as_of)
    ended_at = not_after(row.ended_at, as_of)
    outcome_at = not_after(row.outcome_at, as_of)
    state = row.state
    if ended_at is None or (state == "closed" and outcome_at is None):
        state = "handed_out" if dialled_at is None else "dialled"
    entered = outcome_at is not None
    return Attempt(
        id=row.id,
        task_id=row.task_id,
        campaign_id=row.campaign_id,
        kind=row.kind,
        customer_id=row.customer_id,
        phone_id=row.phone_id,
        phone_key=row.phone_key,
        caller_id=row.caller_id,
        state=state,
        fence=row.fence,
        at=row.at,
        handed_out_at=row.handed_out_at,
        lease_until=row.lease_until,
        dialled_at=dialled_at,
        hung_up_at=not_after(row.hung_up_at, as_of),
        ended_at=ended_at,
        has_reason=bool(row.has_reason),
        outcome=row.outcome if entered else None,
        outcome_at=outcome_at,
        stored_reached=row.is_reached and entered,
        callback_at=row.callback_at if entered else None,
        given_phone_id=row.given_phone_id if entered else None,
        has_note=bool(row.has_note) and entered,
        redial_of=row.redial_of,
        rides_on=row.rides_on,
        owed_fen=row.owed_fen,
        policy_version=row.policy_version,
        calendar_version=row.calendar_version,
        day_kind=row.day_kind,
        region=row.region,
        line=row.line,
        parked_at=not_after(row.parked_at, as_of),
    )


class Shelf:
    """One statement sorted by `owner`, handed out owner by owner; owners are asked for in order."""

    def __init__(self, connection: Connection, statement: Select[Any]) -> None:
        rows = stream(connection, statement)
        self._groups = groupby(rows, key=lambda row: int(row.owner))
        self._next = next(self._groups, None)

    def take(self, owner: int) -> list[Row[Any]]:
        """Rows of this owner, none if there are none."""
        while self._next is not None and self._next[0] < owner:
            self._next = next(self._groups, None)
        if self._next is None or self._next[0] != owner:
            return []
        rows = list(self._next[1])
        self._next = next(self._groups, None)
        return rows


def stream(connection: Connection, statement: Select[Any]) -> Iterator[Row[Any]]:
    """Rows a few thousand at a time, with a cursor on the server where there is one.

    The cursor is closed with the iterator, also when somebody stops half-way.
    """
    with connection.execute(statement.execution_options(yield_per=ROWS_AT_A_TIME)) as result:
        yield from result


def customers(connection: Connection, as_of: datetime | None) -> Iterator[CustomerHistory]:
    """Every customer who ever had a task, one after the other."""
    shelves = {name: Shelf(connection, statement) for name, statement in _statements(as_of).items()}
    numbers = Shelf(connection, _numbers())
    people = (
        select(customer.c.id, customer.c.region)
        .where(select(task.c.id).where(task.c.customer_id == customer.c.id).exists())
        .order_by(customer.c.id)
    )
    for person in stream(connection, people):
        rows = {name: shelf.take(person.id) for name, shelf in shelves.items()}
        orders = _orders(rows["orders"], rows["sightings"])
        attempts = _by_task(rows["attempts"], lambda r: attempt_from(r, as_of))
        todos = _by_task(rows["todos"], lambda r: _todo(r, as_of))
        missing = _shortages(rows["shortages"], rows["days"], as_of)
        scores = _by_task(rows["scores"], score_from)
        promised = _by_task(rows["escalations"], lambda r: escalation_from(r, as_of))
        asked = _by_task(rows["line_calls"], lambda r: call_from(r, as_of))
        yield CustomerHistory(
            person.id,
            person.region,
            tuple(
                replace(
                    _task(row, as_of),
                    orders=tuple(orders[row.id]),
                    shortages=tuple(missing[row.id]),
                    attempts=tuple(attempts[row.id]),
                    todos=tuple(todos[row.id]),
                    scores=tuple(scores[row.id]),
                    escalations=tuple(promised[row.id]),
                    line_calls=tuple(asked[row.id]),
                )
                for row in rows["tasks"]
            ),
            {
                n.id: Number(n.id, n.customer_id, n.usable_until, n.wrong_since, n.spent_since)
                for n in numbers.take(person.id)
            },
        )


_Placed = tuple[Select[Any], Callable[[datetime], ColumnElement[bool]]]
"""A query, and what places its rows in time."""


def _statements(as_of: datetime | None) -> dict[str, Select[Any]]:
    """Each query that is read side by side, with its rows as of then."""
    owner = task.c.customer_id.label("owner")
    return {
        name: statement if as_of is None else statement.where(by_then(as_of))
        for name, (statement, by_then) in (_of_work(owner) | _of_calls(owner)).items()
    }


def _of_work(owner: Label[int]) -> dict[str, _Placed]:
    """What is to be done, and about what."""
    return {
        "tasks": (
            select(task, owner, batch.c.business_day)
            .join(batch, batch.c.id == task.c.batch_id)
            .order_by(task.c.customer_id, task.c.created_at, task.c.id),
            lambda then: task.c.created_at <= then,
        ),
        "orders": (
            select(owner, task_order.c.task_id, task_order.c.joined_at, *_ORDER_COLUMNS)
            .join(task, task.c.id == task_order.c.task_id)
            .join(order, order.c.id == task_order.c.order_id)
            .order_by(task.c.customer_id, task_order.c.task_id, order.c.id),
            lambda then: task_order.c.joined_at <= then,
        ),
        "sightings": (
            select(owner, task_order.c.task_id, order_sighting)
            .join(task_order, task_order.c.order_id == order_sighting.c.order_id)
            .join(task, task.c.id == task_order.c.task_id)
            .order_by(task.c.customer_id, order_sighting.c.known_at, order_sighting.c.id),
            lambda then: order_sighting.c.known_at <= then,
        ),
        "shortages": (
            select(owner, task_shortage, shortage.c.arrived_at, shortage.c.closed_at)
            .join(task, task.c.id == task_shortage.c.task_id)
            .join(shortage, shortage.c.id == task_shortage.c.shortage_id)
            .order_by(task.c.customer_id, task_shortage.c.task_id, shortage.c.id),
            lambda then: task_shortage.c.joined_at <= then,
        ),
        "days": (
            select(owner, task_shortage.c.task_id, shortage_date)
            .join(task, task.c.id == task_shortage.c.task_id)
            .join(shortage_date, shortage_date.c.shortage_id == task_shortage.c.shortage_id)
            .order_by(task.c.customer_id, shortage_date.c.known_at, shortage_date.c.id),
            lambda then: shortage_date.c.known_at <= then,
        ),
    }


def _of_calls(owner: Label[int]) -> dict[str, _Placed]:
    """What was done about it, and what came of that."""
    return {
        "attempts": (
            ATTEMPTS.add_columns(owner)
            .join(task, task.c.id == attempt.c.task_id)
            .order_by(task.c.customer_id, attempt.c.handed_out_at, attempt.c.id),
            attempts_by,
        ),
        "todos": (
            select(*_TODO_COLUMNS, owner)
            .join(task, task.c.id == todo.c.task_id)
            .order_by(task.c.customer_id, todo.c.id),
            lambda then: todo.c.created_at <= then,
        ),
        "scores": (
            SCORES.add_columns(owner)
            .join(task, task.c.id == score.c.task_id)
            .order_by(task.c.customer_id, score.c.id),
            lambda then: score.c.at <= then,
        ),
        "escalations": (
            ESCALATIONS.add_columns(owner)
            .join(task, task.c.id == escalation.c.task_id)
            .order_by(task.c.customer_id, escalation.c.id),
            lambda then: escalation.c.opened_at <= then,
        ),
        "line_calls": (
            CALLS.add_columns(owner)
            .join(task, task.c.id == attempt.c.task_id)
            .order_by(task.c.customer_id, line_call.c.submitted_at, line_call.c.id),
            lambda then: line_call.c.submitted_at <= then,
        ),
    }


_ORDER_COLUMNS = (
    order.c.id,
    order.c.order_no,
    order.c.customer_id,
    order.c.placed_at,
    order.c.shipped_at,
    order.c.shipped_seen_at,
    order.c.received_at,
    order.c.completed_at,
)
_UNREAD = {"wording", "broken_why", "done_by", "replied_by"}
_TODO_COLUMNS = tuple(c for c in todo.c if c.name not in _UNREAD)


def _numbers() -> Select[Any]:
    """Numbers that were dialled, for whichever customer they are stored."""
    return (
        select(
            task.c.customer_id.label("owner"),
            customer_phone.c.id,
            customer_phone.c.customer_id,
            customer_phone.c.usable_until,
            customer_phone.c.wrong_since,
            customer_phone.c.spent_since,
        )
        .join(attempt, attempt.c.phone_id == customer_phone.c.id)
        .join(task, task.c.id == attempt.c.task_id)
        .distinct()
        .order_by(task.c.customer_id, customer_phone.c.id)
    )


def _task(row: Row[Any], as_of: datetime | None) -> TaskHistory:
    """The task alone."""
    closed_at = not_after(row.closed_at, as_of)
    return TaskHistory(
        id=row.id,
        campaign_id=row.campaign_id,
        kind=row.kind,
        topic=row.topic,
        customer_id=row.customer_id,
        created_at=row.created_at,
        closed_at=closed_at,
        ending=row.ending if closed_at is not None else None,
        batch_day=row.business_day,
        orders=(),
        shortages=(),
        attempts=(),
        todos=(),
    )


def _todo(row: Row[Any], as_of: datetime | None) -> Todo:
    return Todo(
        id=row.id,
        kind=row.kind,
        occasion=row.occasion,
        attempt_id=row.attempt_id,
        created_at=row.created_at,
        due_at=row.due_at,
        done_at=not_after(row.done_at, as_of),
        withdrawn_at=not_after(row.withdrawn_at, as_of),
        order_no=row.order_no,
        promised_on=row.promised_on,
        broken_at=not_after(row.broken_at, as_of),
        replied_at=not_after(row.replied_at, as_of),
    )


def _shortages(
    rows: list[Row[Any]], days: list[Row[Any]], as_of: datetime | None
) -> dict[int, list[Shortage]]:
    expected: dict[tuple[int, int], list[tuple[datetime, date]]] = defaultdict(list)
    for day in days:
        expected[day.task_id, day.shortage_id].append((day.known_at, day.expected_on))
    return _by_task(
        rows,
        lambda row: Shortage(
            id=row.shortage_id,
            joined_at=row.joined_at,
            gone_at=min(
                (at for at in (row.arrived_at, row.closed_at) if not_after(at, as_of) is not None),
                default=None,
            ),
            days=tuple(expected[row.task_id, row.shortage_id]),
        ),
    )


def _by_task(rows: list[Row[Any]], make: Callable[[Row[Any]], T]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = defaultdict(list)
    for row in rows:
        found[row.task_id].append(make(row))
    return found


def _orders(rows: list[Row[Any]], seen: list[Row[Any]]) -> dict[int, list[OrderHistory]]:
    sightings: dict[tuple[int, int], list[Sighting]] = defaultdict(list)
    for row in seen:
        sightings[row.task_id, row.order_id].append(
            Sighting(row.state, row.total_fen, row.paid_at, row.seen_at, row.known_at)
        )
    found: dict[int, list[OrderHistory]] = defaultdict(list)
    for row in rows:
        found[row.task_id].append(
            OrderHistory(
                id=row.id,
                order_no=row.order_no,
                customer_id=row.customer_id,
                placed_at=row.placed_at,
                shipped_at=row.shipped_at,
                shipped_seen_at=row.shipped_seen_at,
                received_at=row.received_at,
                completed_at=row.completed_at,
                joined_at=row.joined_at,
                sightings=tuple(sightings[row.task_id, row.id]),
            )
        )
    return found
