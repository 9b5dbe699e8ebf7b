"""R-SMP-4, R-SMP-5, R-SMP-8: scores, and complaints that wait for a promised answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    insert,
    select,
    text,
    update,
)

from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import task
from adapters.store.models.customers import customer
from adapters.store.models.sampling import escalation, score
from adapters.store.models.shop import person


def add_score(connection: Connection, values: dict[str, object]) -> int:
    """Enter a score; the newest one of a task counts."""
    result = connection.execute(insert(score).values(values).returning(score.c.id))
    return int(result.scalar_one())


def newest_score(connection: Connection, task_id: int) -> Row[Any] | None:
    """The score that counts."""
    return connection.execute(
        select(score).where(score.c.task_id == task_id).order_by(score.c.id.desc()).limit(1)
    ).first()


def of_attempt(connection: Connection, attempt_id: str) -> list[Row[Any]]:
    """The scores that a call brought, the newest last."""
    query = select(score).where(score.c.attempt_id == attempt_id).order_by(score.c.id)
    return list(connection.execute(query).all())


def reserve(connection: Connection, task_id: int, person_id: int | None) -> None:
    """R-SMP-5. Only this person is handed the task while it is open; None: anybody."""
    connection.execute(
        update(task)
        .where(task.c.id == task_id, text("task.state <> 'closed'"))
        .values(reserved_for=person_id)
    )


def add_escalation(connection: Connection, values: dict[str, object]) -> int:
    """Enter a complaint whose answer is promised."""
    result = connection.execute(insert(escalation).values(values).returning(escalation.c.id))
    return int(result.scalar_one())


def lock_escalation(connection: Connection, escalation_id: int) -> Row[Any] | None:
    """One escalation, locked: two people may press at once.

    Its task is locked first, as an outcome and an import do: else the two could wait for each other.
    """
    _lock_tasks(connection, escalation.c.id == escalation_id)
    return connection.execute(
        _escalations().where(escalation.c.id == escalation_id).with_for_update(of=escalation)
    ).first()


def change_escalation(connection: Connection, escalation_id: int, **values: object) -> None:
    """Set columns of one escalation."""
    connection.execute(update(escalation).where(escalation.c.id == escalation_id).values(**values))


def unanswered_of_task(connection: Connection, task_id: int) -> list[Row[Any]]:
    """The open escalations of a task, oldest first, locked."""
    query = (
        _escalations()
        .where(escalation.c.task_id == task_id, escalation.c.answered_at.is_(None))
        .order_by(escalation.c.id)
        .with_for_update(of=escalation)
    )
    return list(connection.execute(query).all())


def unanswered(connection: Connection, *, owner: int | None = None) -> list[Row[Any]]:
    """Open escalations by the time they are due; `owner` keeps one person's."""
    query = _escalations().where(escalation.c.answered_at.is_(None))
    if owner is not None:
        query = query.where(escalation.c.owner_id == owner)
    return list(connection.execute(query.order_by(escalation.c.due_at, escalation.c.id)).all())


def answered_since(connection: Connection, since: datetime, limit: int) -> list[Row[Any]]:
    """What was answered lately, the newest first."""
    query = (
        _escalations()
        .where(escalation.c.answered_at >= since)
        .order_by(escalation.c.answered_at.desc(), escalation.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(query).all())


def unnoted_breaches(connection: Connection, now: datetime) -> list[Row[Any]]:
    """Due and unanswered, and nobody was told yet; locked, their tasks first."""
    overdue = and_(
        escalation.c.answered_at.is_(None),
        escalation.c.breached_at.is_(None),
        escalation.c.due_at <= now,
    )
    _lock_tasks(connection, overdue)
    query = _escalations().where(overdue).with_for_update(of=escalation)
    return list(connection.execute(query).all())


def _lock_tasks(connection: Connection, of_these: ColumnElement[bool]) -> None:
    """Hold the tasks of these escalations, in the order of `tasks.lock`."""
    if connection.dialect.name == "postgresql":
        wanted = select(escalation.c.task_id).where(of_these)
        tasks = select(task.c.id).where(task.c.id.in_(wanted)).order_by(task.c.id)
        connection.execute(tasks.with_for_update())


def _escalations() -> Select[Any]:
    return (
        select(
            escalation,
            customer.c.buyer,
            person.c.name.label("owner"),
            attempt.c.note,
        )
        .join(customer, customer.c.id == escalation.c.customer_id)
        .join(person, person.c.id == escalation.c.owner_id)
        .join(attempt, attempt.c.id == escalation.c.attempt_id)
    )
