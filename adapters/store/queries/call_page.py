"""Everything about one call: the row with its names, what came of it, and its trail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from adapters.store.models.after_sales import service_case
from adapters.store.models.audit import audit
from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import campaign, task
from adapters.store.models.customers import customer, customer_phone
from adapters.store.models.sampling import escalation, score
from adapters.store.models.shop import person

SHOWN = 200


def call(connection: Connection, attempt_id: str) -> Row[Any] | None:
    """One hand-out or attempt with the names of what it belongs to, by primary keys."""
    given = customer_phone.alias("given")
    query = (
        select(
            attempt,
            customer.c.buyer,
            customer_phone.c.masked,
            given.c.masked.label("given_masked"),
            person.c.name.label("caller"),
            campaign.c.name.label("campaign"),
            task.c.topic,
            task.c.state.label("task_state"),
            task.c.ending.label("task_ending"),
        )
        .join(customer, customer.c.id == attempt.c.customer_id)
        .join(customer_phone, customer_phone.c.id == attempt.c.phone_id)
        .join(given, given.c.id == attempt.c.given_phone_id, isouter=True)
        .join(person, person.c.id == attempt.c.caller_id)
        .join(campaign, campaign.c.id == attempt.c.campaign_id)
        .join(task, task.c.id == attempt.c.task_id)
        .where(attempt.c.id == attempt_id)
    )
    return connection.execute(query).first()


def beside(connection: Connection, row: Row[Any]) -> Sequence[Row[Any]]:
    """The other hand-outs of the task, and the other matters of the same call (index on task_id)."""
    call_id = row.rides_on or row.id
    query = (
        select(
            attempt.c.id,
            attempt.c.at,
            attempt.c.kind,
            attempt.c.state,
            attempt.c.outcome,
            attempt.c.is_reached,
            attempt.c.redial_of,
            attempt.c.rides_on,
            attempt.c.task_id,
            person.c.name.label("caller"),
        )
        .join(person, person.c.id == attempt.c.caller_id)
        .where(
            attempt.c.id != row.id,
            or_(
                attempt.c.task_id == row.task_id,
                attempt.c.rides_on == call_id,
                attempt.c.id == call_id,
            ),
        )
        .order_by(attempt.c.at, attempt.c.id)
        .limit(SHOWN)
    )
    return connection.execute(query).all()


def riders(connection: Connection, attempt_id: str) -> Sequence[Row[Any]]:
    """R-REPEAT-2. The further matters settled in this call (index on rides_on)."""
    query = select(attempt.c.id).where(attempt.c.rides_on == attempt_id)
    return connection.execute(query.limit(SHOWN)).all()


def todos(connection: Connection, attempt_id: str, task_id: int) -> Sequence[Row[Any]]:
    """Messages and other work that came out of the call, by its task's natural key."""
    query = (
        select(todo)
        .where(todo.c.task_id == task_id, todo.c.attempt_id == attempt_id)
        .order_by(todo.c.created_at, todo.c.id)
        .limit(SHOWN)
    )
    return connection.execute(query).all()


def cases(connection: Connection, attempt_id: str) -> Sequence[Row[Any]]:
    """Problems that the call opened (index on attempt_id)."""
    query = select(service_case).where(service_case.c.attempt_id == attempt_id)
    return connection.execute(query.order_by(service_case.c.id).limit(SHOWN)).all()


def scores(connection: Connection, attempt_id: str, task_id: int) -> Sequence[Row[Any]]:
    """R-SMP-4, R-SMP-8, R-SMP-12. Scores of the call and their corrections (index on task_id)."""
    query = (
        select(score)
        .where(score.c.task_id == task_id, score.c.attempt_id == attempt_id)
        .order_by(score.c.id)
    )
    return connection.execute(query.limit(SHOWN)).all()


def escalation_of(connection: Connection, attempt_id: str) -> Row[Any] | None:
    """R-SMP-5. The answer that was promised in the call (unique attempt_id)."""
    query = (
        select(escalation, person.c.name.label("owner"))
        .join(person, person.c.id == escalation.c.owner_id)
        .where(escalation.c.attempt_id == attempt_id)
    )
    return connection.execute(query).first()


def trail(connection: Connection, subjects: Sequence[str]) -> Sequence[Row[Any]]:
    """R-AUD-1. What the trail says of these, the first entry in front (index on subject)."""
    query = (
        select(audit)
        .where(audit.c.subject.in_(list(subjects)))
        .order_by(audit.c.at, audit.c.id)
        .limit(SHOWN)
    )
    return connection.execute(query).all()
