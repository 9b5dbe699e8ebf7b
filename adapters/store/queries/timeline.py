"""A customer's past contacts, and the callbacks that are promised."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text

from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import task
from adapters.store.models.shop import person

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
