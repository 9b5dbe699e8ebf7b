"""What we promised customers who wait for goods: to-dos that are kept, or listed as broken (R-OOS-2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from adapters.store.queries import stock
from adapters.store.queries.facts import load_tasks
from campaigns.days import midnight_after, midnight_of
from campaigns.facts import TaskFacts
from campaigns.kinds import stock_out
from campaigns.labels_zh import PROMISE_LABELS
from campaigns.values import Promise, TodoKind
from scheduler.flows.messages import NewTodo, Origin, add_todo


def queue_promises(
    connection: Connection,
    task: TaskFacts,
    promises: Sequence[Promise],
    origin: Origin,
    called_at: datetime,
) -> int:
    """R-OOS-1. One to-do for each promise and waiting order, with the day that was named.

    That is the day known when the call began: the list may have moved it during the talk. Returns how
    many were made; a promise that stands already is not made twice.
    """
    if not promises:
        return 0
    then = load_tasks(connection, [task.id], origin.now, as_of=called_at)[task.id]
    missing = stock_out.open_shortages(then) or stock_out.open_shortages(task)
    if not missing:
        return 0
    named = missing[0].expected_on
    names = "、".join(short.name for short in missing)
    gift = stock.gift_of(connection, task.id)
    made = [
        add_todo(
            connection,
            task,
            NewTodo(
                TodoKind.PROMISE,
                f"{promise}:{order.order_no}",
                f"{PROMISE_LABELS[promise]}{_named(promise, gift)}：订单 {order.order_no}，等“{names}”，"
                f"答应的到货日 {named.month} 月 {named.day} 日",
                due_at=midnight_after(midnight_of(named)),
                order_no=order.order_no,
                promised_on=named,
            ),
            origin,
        )
        for promise in promises
        for order in stock_out.waiting_orders(task.orders)
    ]
    return sum(todo_id is not None for todo_id in made)


def _named(promise: Promise, gift: str | None) -> str:
    """Which gift is to be packed, where the list names one."""
    return f"（{gift}）" if promise is Promise.GIFT and gift else ""
