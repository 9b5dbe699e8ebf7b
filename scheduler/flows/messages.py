"""Wangwang messages and other work for people (R-MSG-1): written once, withdrawn when overtaken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from adapters.store.queries import audit, calls
from campaigns.facts import TaskFacts
from campaigns.registry import rules_of
from campaigns.text_facts import FOLLOW_UPS
from campaigns.values import TodoKind
from scheduler.flows.words import words_for
from scheduler.rules.hours import next_open
from scheduler.runtime import Law, Runtime
from scripts_zh.library import standard_library

CLOSE_TRADE_WITHIN = timedelta(hours=2)
"""How soon the trade should be closed in the shop's backend after the customer said so."""

_MOMENTS = {
    "unreached": "unreached",
    "relay": "relayed",
    "relay_failed": "no_contact",
    "wrong_number": "no_contact",
    "moved": "moved",
    "due": "due",
    "arrived": "arrived",
}
"""Which text an occasion asks for; `moved:2025-06-03` is an occasion of its own for each day."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Out of which call a to-do came, whose call it was, and when it was made."""

    attempt_id: str | None
    caller: str
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
    now, reason = origin.now, occasion.partition(":")[0]
    law = law.of(task.campaign_id)
    due = next_open(now, task.customer.region, law.policy, law.calendar)
    deadline = None
    if reason not in FOLLOW_UPS:
        deadline = rules_of(task.kind).deadline(task, law.policy)
        if deadline is None or due >= deadline:
            return None
    words = words_for(connection, runtime, law, task, now, caller=origin.caller)
    script_id = f"{task.kind}.{_MOMENTS[reason]}.wangwang"
    text = standard_library().render(script_id, words).message
    todo = NewTodo(TodoKind.WANGWANG, occasion, text, due, deadline)
    return add_todo(connection, task, todo, origin)


def queue_close_trade(connection: Connection, task: TaskFacts, origin: Origin) -> int | None:
    """After 不需要了: close the trade in the shop's backend with the reason 其它原因, and tick off."""
    numbers = "、".join(o.order_no for o in task.orders if o.is_unpaid)
    text = f"在卖家后台关闭交易，原因选“其它原因”。订单编号：{numbers}"
    due = origin.now + CLOSE_TRADE_WITHIN
    return add_todo(
        connection, task, NewTodo(TodoKind.CLOSE_TRADE, "not_needed", text, due), origin
    )


def queue_chase(
    connection: Connection, law: Law, task: TaskFacts, parcel: str, origin: Origin
) -> int | None:
    """R-CB-4. We promised to chase the parcel: ask the carrier, and tell the customer what it says."""
    text = f"催快递，并在旺旺上把结果告诉客户。{parcel}"
    due = origin.now + timedelta(hours=law.policy.case_answer_hours)  # R-CPL-2
    todo = NewTodo(TodoKind.CHASE_PARCEL, "parcel_chased", text, due)
    return add_todo(connection, task, todo, origin)


@dataclass(frozen=True, slots=True)
class NewTodo:
    """Work for a person. With the task, `kind` and `occasion` make it one of its kind.

    `order_no` and `promised_on` belong to a promise (R-OOS-1).
    """

    kind: TodoKind
    occasion: str
    wording: str
    due_at: datetime
    expires_at: datetime | None = None
    order_no: str | None = None
    promised_on: date | None = None


def add_todo(connection: Connection, task: TaskFacts, todo: NewTodo, origin: Origin) -> int | None:
    """Enter it in the work list and the trail; None when it is there already."""
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
            "order_no": todo.order_no,
            "promised_on": todo.promised_on,
        },
    )
    if todo_id is not None:
        audit.record(
            connection,
            origin.now,
            origin.caller,
            "todo.added",
            f"todo:{todo_id}",
            after={"kind": todo.kind, "task": task.id, "occasion": todo.occasion},
        )
    return todo_id
