"""Wangwang messages and other work for people (R-MSG-1): written once, withdrawn when overtaken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from adapters.store.queries import audit, calls
from campaigns.facts import TaskFacts
from campaigns.registry import rules_of
from campaigns.values import Person, TodoKind
from scheduler.flows.words import words_for
from scheduler.rules.hours import next_open
from scheduler.runtime import Law, Runtime
from scripts_zh.library import standard_library

CLOSE_TRADE_WITHIN = timedelta(hours=2)
"""How soon the trade should be closed in the shop's backend after the customer said so."""

_SCRIPTS = {
    "unreached": "dunning.unreached.wangwang",
    "relay": "dunning.relayed.wangwang",
    "relay_failed": "dunning.no_contact.wangwang",
    "wrong_number": "dunning.no_contact.wangwang",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Out of which call a to-do came, whose call it was, and when it was made."""

    attempt_id: str
    caller: Person
    now: datetime


def queue_wangwang(
    connection: Connection,
    runtime: Runtime,
    law: Law,
    task: TaskFacts,
    occasion: str,
    origin: Origin,
) -> int | None:
    """R-MSG-1, R-HOURS-5. One message for one occasion of a task, due in the next open minute.

    None when it exists already, or when no open minute is left before the deadline (R-DUN-3).
    """
    now = origin.now
    due = next_open(now, task.customer.region, law.policy, law.calendar)
    deadline = rules_of(task.kind).deadline(task, law.policy)
    if deadline is None or due >= deadline:
        return None
    words = words_for(connection, runtime, law, task, now, caller=origin.caller.name)
    text = standard_library().render(_SCRIPTS[occasion], words).message
    todo = _Todo(TodoKind.WANGWANG, occasion, text, due, deadline)
    return _add(connection, task, todo, origin)


def queue_close_trade(connection: Connection, task: TaskFacts, origin: Origin) -> int | None:
    """After 不需要了: close the trade in the shop's backend with the reason 其它原因, and tick off."""
    numbers = "、".join(o.order_no for o in task.orders if o.is_unpaid)
    text = f"在卖家后台关闭交易，原因选“其它原因”。订单编号：{numbers}"
    due = origin.now + CLOSE_TRADE_WITHIN
    return _add(
        connection, task, _Todo(TodoKind.CLOSE_TRADE, "not_needed", text, due, None), origin
    )


@dataclass(frozen=True, slots=True)
class _Todo:
    kind: TodoKind
    occasion: str
    wording: str
    due_at: datetime
    expires_at: datetime | None


def _add(connection: Connection, task: TaskFacts, todo: _Todo, origin: Origin) -> int | None:
    todo_id = calls.add_todo(
        connection,
        {
            "kind": todo.kind,
            "task_id": task.id,
            "attempt_id": origin.attempt_id,
            "campaign_id": task.campaign_id,
            "customer_id": task.customer.id,
            "occasion": todo.occasion,
            "wording": todo.wording,
            "created_at": origin.now,
            "due_at": todo.due_at,
            "expires_at": todo.expires_at,
        },
    )
    if todo_id is not None:
        audit.record(
            connection,
            origin.now,
            origin.caller.name,
            "todo.added",
            f"todo:{todo_id}",
            after={"kind": todo.kind, "task": task.id, "occasion": todo.occasion},
        )
    return todo_id
