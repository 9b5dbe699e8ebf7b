"""Counts and lists for the leader's pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, text

from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import batch, task
from adapters.store.models.customers import customer, customer_phone
from adapters.store.models.shop import person, policy_version


def open_by_state(connection: Connection) -> dict[str, int]:
    """Open tasks by state; the partial indexes keep closed ones out of the count."""
    query = (
        select(task.c.state, func.count())
        .where(text("task.state <> 'closed'"))
        .group_by(task.c.state)
    )
    return dict(connection.execute(query).tuples().all())


def ended_between(connection: Connection, start: datetime, end: datetime) -> dict[str, int]:
    """Tasks that ended in [start, end), by ending."""
    query = (
        select(task.c.ending, func.count())
        .where(task.c.closed_at >= start, task.c.closed_at < end)
        .group_by(task.c.ending)
    )
    return dict(connection.execute(query).tuples().all())


def planned_at(connection: Connection, day: date) -> datetime | None:
    """When this day of calling was planned first."""
    return connection.execute(
        select(func.min(batch.c.planned_at)).where(batch.c.business_day == day)
    ).scalar()


def skipped_between(
    connection: Connection, start: datetime, end: datetime, limit: int
) -> list[Row[Any]]:
    """R-CLAIM-1. Skipped hand-outs with their reasons."""
    query = (
        select(
            attempt.c.ended_at,
            attempt.c.end_reason,
            customer.c.buyer,
            person.c.name.label("caller"),
        )
        .join(customer, customer.c.id == attempt.c.customer_id)
        .join(person, person.c.id == attempt.c.caller_id)
        .where(attempt.c.state == "skipped", attempt.c.at >= start, attempt.c.at < end)
        .order_by(attempt.c.ended_at.desc())
        .limit(limit)
    )
    return list(connection.execute(query).all())


def policy_versions(connection: Connection, limit: int) -> list[Row[Any]]:
    """R-HOURS-6. The versions of the shop's numbers, the newest first, by primary key."""
    query = select(policy_version).where(policy_version.c.campaign_id.is_(None))
    query = query.order_by(policy_version.c.id.desc()).limit(limit)
    return list(connection.execute(query).all())


def customer_by_id(connection: Connection, customer_id: int) -> Row[Any] | None:
    """One customer."""
    return connection.execute(select(customer).where(customer.c.id == customer_id)).first()


def phones(connection: Connection, customer_id: int) -> list[Row[Any]]:
    """A customer's numbers."""
    query = select(customer_phone).where(customer_phone.c.customer_id == customer_id)
    return list(connection.execute(query.order_by(customer_phone.c.id)).all())


def tasks_of(connection: Connection, customer_id: int, limit: int) -> list[Row[Any]]:
    """A customer's tasks, the newest first."""
    query = select(task).where(task.c.customer_id == customer_id).order_by(task.c.id.desc())
    return list(connection.execute(query.limit(limit)).all())


def active_people(connection: Connection) -> int:
    """People who can sign in."""
    query = select(func.count()).where(person.c.is_active, person.c.password_hash.is_not(None))
    return int(connection.execute(query).scalar_one())
