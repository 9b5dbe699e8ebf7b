"""What is out of stock: the list, its dates, and which items of paid orders it is about (R-OOS-1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    case,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from adapters.store.models.calls import todo
from adapters.store.models.campaigns import task, task_order
from adapters.store.models.customers import order, order_item
from adapters.store.models.stock import shortage, shortage_date, task_shortage
from adapters.store.upsert import insert_into
from campaigns.values import Ending, TodoKind

PAID = text("shop_order.state = 'paid'")
OPEN_PROMISE = text("todo.kind = 'promise' AND todo.done_at IS NULL AND todo.withdrawn_at IS NULL")


def missing(connection: Connection) -> list[Row[Any]]:
    """The articles that are followed and not here yet."""
    query = (
        select(shortage)
        .where(shortage.c.arrived_at.is_(None), shortage.c.closed_at.is_(None))
        .order_by(shortage.c.id)
    )
    return list(connection.execute(query).all())


def listed(connection: Connection, limit: int) -> list[Row[Any]]:
    """The whole list, what is still missing first, then by the day it is expected."""
    query = (
        select(shortage)
        .order_by(shortage.c.arrived_at.is_not(None), shortage.c.expected_on, shortage.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).all())


Article = Row[Any]
"""One row of the list."""


def lock_article(connection: Connection, shortage_id: int) -> Article | None:
    """One article, locked: two leaders may press at once. Plans may still name it."""
    query = select(shortage).where(shortage.c.id == shortage_id).with_for_update(key_share=True)
    return connection.execute(query).first()


def items_of_paid(connection: Connection) -> dict[str, list[tuple[str, str | None]]]:
    """Title and code of every item of a paid, unshipped order, by order number."""
    query = (
        select(order_item.c.order_no, order_item.c.title, order_item.c.sku)
        .join(order, order.c.order_no == order_item.c.order_no)
        .where(PAID)
        .order_by(order_item.c.order_no, order_item.c.line_no)
    )
    found: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.order_no].append((row.title, row.sku))
    return found


def titles_of_paid(connection: Connection) -> list[tuple[str, str | None]]:
    """Number and title of the paid, unshipped orders, for those without item lines."""
    query = select(order.c.order_no, order.c.title).where(PAID)
    return [(row.order_no, row.title) for row in connection.execute(query)]


def link(connection: Connection, rows: list[dict[str, object]]) -> None:
    """Which articles a task is about; a link that exists is left as it is."""
    if rows:
        statement = insert_into(connection, task_shortage).on_conflict_do_nothing()
        connection.execute(statement, rows)


def open_about(connection: Connection, shortage_ids: Iterable[int]) -> list[int]:
    """The open tasks about one of these articles."""
    query = _about(shortage_ids).where(text("task.state <> 'closed'"))
    return sorted(connection.execute(query).scalars())


def ended_about(connection: Connection, shortage_ids: Iterable[int], ending: Ending) -> list[int]:
    """The tasks about one of these articles that ended so."""
    return sorted(connection.execute(_about(shortage_ids).where(task.c.ending == ending)).scalars())


def _about(shortage_ids: Iterable[int]) -> Select[Any]:
    return (
        select(task.c.id)
        .join(task_shortage, task_shortage.c.task_id == task.c.id)
        .where(task_shortage.c.shortage_id.in_(list(shortage_ids)))
        .distinct()
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """How many orders and customers one article concerns."""

    orders: int = 0
    to_call: int = 0
    agreed: int = 0
    refused: int = 0


def counts(connection: Connection, shortage_ids: Iterable[int]) -> dict[int, Counts]:
    """Orders, and customers by where their task stands, for each article."""
    ids = list(shortage_ids)
    of_orders = (
        select(task_shortage.c.shortage_id, func.count(task_order.c.order_id.distinct()))
        .join(task_order, task_order.c.task_id == task_shortage.c.task_id)
        .where(task_shortage.c.shortage_id.in_(ids))
        .group_by(task_shortage.c.shortage_id)
    )
    orders = {row[0]: row[1] for row in connection.execute(of_orders)}

    def customers(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0))

    of_tasks = (
        select(
            task_shortage.c.shortage_id,
            customers(task.c.state != "closed"),
            customers(task.c.ending == Ending.AGREED),
            customers(task.c.ending == Ending.REFUSED),
        )
        .join(task, task.c.id == task_shortage.c.task_id)
        .where(task_shortage.c.shortage_id.in_(ids))
        .group_by(task_shortage.c.shortage_id)
    )
    return {
        row[0]: Counts(orders.get(row[0], 0), *(int(count) for count in row[1:]))
        for row in connection.execute(of_tasks)
    }


def open_promises(connection: Connection, task_id: int) -> list[Row[Any]]:
    """The promises of a task that are still to be kept."""
    query = select(todo).where(OPEN_PROMISE, todo.c.task_id == task_id).order_by(todo.c.id)
    return list(connection.execute(query).all())


def messages_of(connection: Connection, task_id: int, occasion: str) -> list[Row[Any]]:
    """The messages of a task that were written for an occasion, its repetitions (`…:2`) included."""
    query = select(todo).where(
        todo.c.kind == TodoKind.WANGWANG,
        todo.c.task_id == task_id,
        or_(todo.c.occasion == occasion, todo.c.occasion.startswith(f"{occasion}:")),
    )
    return list(connection.execute(query.order_by(todo.c.id)).all())


def overdue_promises(connection: Connection, now: datetime, today: date) -> list[Row[Any]]:
    """Promises not kept and not listed as broken yet, whose named day and whose due day are over.

    Goods that came early make a promise due before the day that was named. Reads `ix_todo_open`.
    """
    query = (
        select(todo)
        .where(
            OPEN_PROMISE,
            todo.c.due_at <= now,
            todo.c.promised_on < today,
            todo.c.broken_at.is_(None),
        )
        .order_by(todo.c.due_at, todo.c.id)
    )
    return list(connection.execute(query).all())


def close(connection: Connection, shortage_id: int, now: datetime) -> None:
    """The article is not followed any more."""
    connection.execute(
        update(shortage).where(shortage.c.id == shortage_id).values(closed_at=now, changed_at=now)
    )


def told_of(connection: Connection, order_ids: Iterable[int]) -> dict[int, set[int]]:
    """The articles that any task of these orders was about, by order id."""
    ids = list(order_ids)
    found: dict[int, set[int]] = defaultdict(set)
    for start in range(0, len(ids), 1_000):
        query = (
            select(task_order.c.order_id, task_shortage.c.shortage_id)
            .join(task_shortage, task_shortage.c.task_id == task_order.c.task_id)
            .where(task_order.c.order_id.in_(ids[start : start + 1_000]))
        )
        for row in connection.execute(query):
            found[row.order_id].add(row.shortage_id)
    return found


def of_tasks(connection: Connection, task_ids: Iterable[int]) -> dict[int, list[Row[Any]]]:
    """The articles of each task, with reason and gift."""
    query = (
        select(task_shortage.c.task_id, shortage)
        .join(shortage, shortage.c.id == task_shortage.c.shortage_id)
        .where(task_shortage.c.task_id.in_(list(task_ids)))
        .order_by(shortage.c.id)
    )
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.task_id].append(row)
    return found


def move_date(
    connection: Connection, shortage_id: int, expected_on: date, now: datetime, who: str
) -> None:
    """R-OOS-2. Another day is expected; the days before it stay on record."""
    connection.execute(
        update(shortage)
        .where(shortage.c.id == shortage_id)
        .values(expected_on=expected_on, changed_at=now, arrived_at=None, closed_at=None)
    )
    connection.execute(
        insert(shortage_date).values(
            shortage_id=shortage_id, expected_on=expected_on, known_at=now, who=who
        )
    )


def mark_arrived(connection: Connection, shortage_id: int, now: datetime) -> None:
    """R-OOS-2. The goods are here."""
    connection.execute(
        update(shortage).where(shortage.c.id == shortage_id).values(arrived_at=now, changed_at=now)
    )


def gift_of(connection: Connection, task_id: int) -> str | None:
    """What may be given to the customer of this task."""
    return first_gift(of_tasks(connection, [task_id])[task_id])


def first_gift(rows: Iterable[Row[Any]]) -> str | None:
    """Of a task's articles: the first gift that they name."""
    return next((row.gift for row in rows if row.gift), None)


def promised_days(connection: Connection, task_ids: Iterable[int]) -> dict[int, date]:
    """The day that the customer of each task was told last (R-OOS-2)."""
    query = (
        select(todo.c.task_id, todo.c.promised_on)
        .where(todo.c.task_id.in_(list(task_ids)), todo.c.promised_on.is_not(None))
        .order_by(todo.c.id)
    )
    return {row.task_id: row.promised_on for row in connection.execute(query)}


def due_on(connection: Connection, day: date) -> list[int]:
    """The articles that are still missing on the day they were expected, or after it."""
    query = select(shortage.c.id).where(
        shortage.c.arrived_at.is_(None),
        shortage.c.closed_at.is_(None),
        shortage.c.expected_on <= day,
    )
    return list(connection.execute(query).scalars())
