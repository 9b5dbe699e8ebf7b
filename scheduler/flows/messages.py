"""Wangwang messages and other work for people (R-MSG-1): written once, withdrawn when overtaken."""

from __future__ import annotations

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


def queue_wangwang(
    connection: Connection,
    runtime: Runtime,
    law: Law,
    task: TaskFacts,
    now: datetime,
    *,
    occasion: str,
    attempt_id: str,
    caller: Person,
) -> int | None:
    """R-MSG-1, R-HOURS-5. One message for one occasion of a task, due in the next open minute.

    None when it exists already, or when no open minute is left before the deadline (R-DUN-3).
    """
    due = next_open(now, task.customer.region, law.policy, law.calendar)
    deadline = rules_of(task.kind).deadline(task.orders, law.policy)
    if deadline is None or due >= deadline:
        return None
    words = words_for(connection, runtime, law, task, now, caller=caller.name)
    text = standard_library().render(_SCRIPTS[occasion], words).message
    return _add(
        connection,
        TodoKind.WANGWANG,
        task,
        now,
        due=due,
        expires=deadline,
        occasion=occasion,
        wording=text,
        attempt_id=attempt_id,
        caller=caller,
    )


def queue_close_trade(
    connection: Connection, task: TaskFacts, now: datetime, *, attempt_id: str, caller: Person
) -> int | None:
    """After 不需要了: close the trade in the shop's backend with the reason 其它原因, and tick off."""
    numbers = "、".join(o.order_no for o in task.orders if o.is_unpaid)
    return _add(
        connection,
        TodoKind.CLOSE_TRADE,
        task,
        now,
        due=now + CLOSE_TRADE_WITHIN,
        expires=None,
        occasion="not_needed",
        wording=f"在卖家后台关闭交易，原因选“其它原因”。订单编号：{numbers}",
        attempt_id=attempt_id,
        caller=caller,
    )


def _add(
    connection: Connection,
    kind: TodoKind,
    task: TaskFacts,
    now: datetime,
    *,
    due: datetime,
    expires: datetime | None,
    occasion: str,
    wording: str,
    attempt_id: str,
    caller: Person,
) -> int | None:
    todo_id = calls.add_todo(
        connection,
        {
            "kind": kind,
            "task_id": task.id,
            "attempt_id": attempt_id,
            "campaign_id": task.campaign_id,
            "customer_id": task.customer.id,
            "occasion": occasion,
            "wording": wording,
            "created_at": now,
            "due_at": due,
            "expires_at": expires,
        },
    )
    if todo_id is not None:
        audit.record(
            connection,
            now,
            caller.name,
            "todo.added",
            f"todo:{todo_id}",
            after={"kind": kind, "task": task.id, "occasion": occasion},
        )
    return todo_id
