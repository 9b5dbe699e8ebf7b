"""Promises to customers who wait for goods, as a leader follows them (R-OOS-2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, TextClause, func, select, text

from adapters.store.models.calls import attempt, todo
from adapters.store.models.customers import customer
from adapters.store.models.shop import person
from adapters.store.models.stock import shortage, task_shortage
from campaigns.kinds.stock_out_ledger import PromiseState
from campaigns.values import TodoKind

PROMISE = todo.c.kind == TodoKind.PROMISE

STATES: Mapping[PromiseState, ColumnElement[bool] | TextClause] = {
    PromiseState.OPEN: text(
        "todo.done_at IS NULL AND todo.withdrawn_at IS NULL AND todo.broken_at IS NULL"
    ),
    PromiseState.BROKEN: text(
        "todo.done_at IS NULL AND todo.withdrawn_at IS NULL AND todo.broken_at IS NOT NULL"
    ),
    PromiseState.KEPT: text("todo.done_at IS NOT NULL AND todo.broken_at IS NULL"),
    PromiseState.KEPT_LATE: text("todo.done_at IS NOT NULL AND todo.broken_at IS NOT NULL"),
    PromiseState.WITHDRAWN: todo.c.withdrawn_at.is_not(None),
}
"""Plain words where `ix_todo_open` serves: its condition must stand in the statement as it is."""


def listed(connection: Connection, state: PromiseState, limit: int) -> list[Row[Any]]:
    """The promises that stand so, what is due first in front; ended ones the newest first."""
    ended = func.coalesce(todo.c.done_at, todo.c.withdrawn_at)
    query = (
        select(todo, customer.c.buyer, person.c.name.label("caller"))
        .join(customer, customer.c.id == todo.c.customer_id)
        .join(attempt, attempt.c.id == todo.c.attempt_id, isouter=True)
        .join(person, person.c.id == attempt.c.caller_id, isouter=True)
        .where(PROMISE, STATES[state])
        .order_by(ended.desc(), todo.c.due_at, todo.c.order_no, todo.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).all())


def counts(connection: Connection) -> dict[PromiseState, int]:
    """How many promises stand in each state."""
    return {
        state: int(
            connection.execute(
                select(func.count()).select_from(todo).where(PROMISE, condition)
            ).scalar_one()
        )
        for state, condition in STATES.items()
    }


def articles_of(connection: Connection, task_ids: list[int]) -> dict[int, list[str]]:
    """The names of the goods that each task is about."""
    query = (
        select(task_shortage.c.task_id, shortage.c.name)
        .join(shortage, shortage.c.id == task_shortage.c.shortage_id)
        .where(task_shortage.c.task_id.in_(task_ids))
        .order_by(shortage.c.id)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.task_id].append(row.name)
    return found
