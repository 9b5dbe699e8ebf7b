"""A customer's past contacts by every channel, and the callbacks that are promised."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, text

from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import task
from adapters.store.models.customers import customer_phone
from adapters.store.models.lines import sms, sms_reply
from adapters.store.models.shop import person
from campaigns.values import TodoKind

SHOWN = 100


def attempts_of(connection: Connection, customer_id: int) -> list[Row[Any]]:
    """Hand-outs and attempts of a customer, the newest first."""
    query = (
        select(attempt, person.c.name.label("caller"))
        .join(person, person.c.id == attempt.c.caller_id)
        .where(attempt.c.customer_id == customer_id)
        .order_by(attempt.c.at.desc(), attempt.c.id.desc())
        .limit(SHOWN)
    )
    return list(connection.execute(query).all())


def texts_of(connection: Connection, customer_id: int) -> list[Row[Any]]:
    """R-MSG-2. Texts to a customer whatever became of them, the newest first (index on customer_id).

    `happened_at`: of sending, or of queueing for what was not sent.
    """
    happened = func.coalesce(sms.c.at, sms.c.created_at)
    query = (
        select(sms, happened.label("happened_at"), customer_phone.c.masked)
        .join(customer_phone, customer_phone.c.id == sms.c.phone_id)
        .where(sms.c.customer_id == customer_id)
        .order_by(happened.desc(), sms.c.id.desc())
        .limit(SHOWN)
    )
    return list(connection.execute(query).all())


def replies_of(connection: Connection, customer_id: int) -> list[Row[Any]]:
    """R-DNC-2. What came back from the numbers of a customer, the newest first (index on phone_key).

    Not from one that is wrong for them: a stranger wrote that.
    """
    query = (
        select(sms_reply)
        .join(customer_phone, customer_phone.c.phone_key == sms_reply.c.phone_key)
        .where(customer_phone.c.customer_id == customer_id, customer_phone.c.wrong_since.is_(None))
        .order_by(sms_reply.c.at.desc(), sms_reply.c.id.desc())
        .limit(SHOWN)
    )
    return list(connection.execute(query).all())


def chats_of(connection: Connection, customer_id: int) -> list[Row[Any]]:
    """R-MSG-1. Wangwang messages for a customer, sent or not, the newest first."""
    happened = func.coalesce(todo.c.done_at, todo.c.created_at)
    query = (
        select(todo, happened.label("happened_at"))
        .where(todo.c.customer_id == customer_id, todo.c.kind == TodoKind.WANGWANG)
        .order_by(happened.desc(), todo.c.id.desc())
        .limit(SHOWN)
    )
    return list(connection.execute(query).all())


def callbacks_between(connection: Connection, start: datetime, end: datetime) -> list[datetime]:
    """R-HOURS-7. When open tasks are promised a call, within [start, end)."""
    query = (
        select(task.c.due_at)
        .where(
            text("task.state IN ('ready', 'waiting')"),
            task.c.urgency == 0,
            task.c.due_at >= start,
            task.c.due_at < end,
        )
        .limit(1_000)
    )
    return [at for at in connection.execute(query).scalars() if at is not None]
