"""What one caller sees of their own work: the day's calls, money since, open cases, customers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from adapters.store.models.after_sales import service_case
from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import task, task_order
from adapters.store.models.customers import customer, order

MADE = ("dialled", "closed")


def made_by(
    connection: Connection, person_id: int, start: datetime, end: datetime, limit: int
) -> list[Row[Any]]:
    """List a caller's made contacts in a stretch of time, the newest first (index on at)."""
    query = (
        select(
            attempt.c.id,
            attempt.c.at,
            attempt.c.kind,
            attempt.c.state,
            attempt.c.outcome,
            attempt.c.is_reached,
            attempt.c.note,
            attempt.c.redial_of,
            attempt.c.rides_on,
            attempt.c.customer_id,
            customer.c.buyer,
            task.c.ending,
            task.c.due_at,
        )
        .join(customer, customer.c.id == attempt.c.customer_id)
        .join(task, task.c.id == attempt.c.task_id)
        .where(
            attempt.c.caller_id == person_id,
            attempt.c.at >= start,
            attempt.c.at < end,
            attempt.c.state.in_(MADE),
        )
        .order_by(attempt.c.at.desc(), attempt.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(query).all())


def paid_since(
    connection: Connection, person_id: int, start: datetime, end: datetime
) -> list[Row[Any]]:
    """R-DUN-7. The orders paid after this caller's reminder of the day, each once.

    Begins with the caller's attempts (index on at), whose tasks and orders are found by key.
    """
    query = (
        select(order.c.id, order.c.customer_id, order.c.paid_fen)
        .join(task_order, task_order.c.order_id == order.c.id)
        .join(attempt, attempt.c.task_id == task_order.c.task_id)
        .where(
            attempt.c.caller_id == person_id,
            attempt.c.at >= start,
            attempt.c.at < end,
            attempt.c.state.in_(MADE),
            attempt.c.kind == "dunning",
            order.c.paid_at >= attempt.c.at,
        )
        .distinct()
    )
    return list(connection.execute(query).all())


def open_cases_of(connection: Connection, handler: str, limit: int) -> list[Row[Any]]:
    """R-CPL-2. Problems this person has not settled yet, by due time (`ix_service_case_open`)."""
    query = (
        select(
            service_case.c.id,
            service_case.c.customer_id,
            service_case.c.order_no,
            service_case.c.kind,
            service_case.c.cause,
            service_case.c.agreed,
            service_case.c.state,
            service_case.c.opened_at,
            service_case.c.due_at,
            customer.c.buyer,
        )
        .join(customer, customer.c.id == service_case.c.customer_id)
        .where(service_case.c.handler == handler, service_case.c.closed_at.is_(None))
        .order_by(service_case.c.due_at, service_case.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).all())


def recent_customers(
    connection: Connection, person_id: int, words: str, since: datetime, limit: int
) -> list[Row[Any]]:
    """The customers this caller spoke to lately whose user ID contains the words, newest first."""
    last = (
        select(attempt.c.customer_id, func.max(attempt.c.id).label("last_id"))
        .join(customer, customer.c.id == attempt.c.customer_id)
        .where(
            attempt.c.caller_id == person_id,
            attempt.c.at >= since,
            attempt.c.state.in_(MADE),
            customer.c.buyer.contains(words, autoescape=True),
        )
        .group_by(attempt.c.customer_id)
        .subquery()
    )
    query = (
        select(
            attempt.c.customer_id,
            attempt.c.kind,
            attempt.c.at,
            attempt.c.outcome,
            attempt.c.note,
            customer.c.buyer,
            task.c.ending,
            task.c.due_at,
        )
        .join(last, last.c.last_id == attempt.c.id)
        .join(customer, customer.c.id == attempt.c.customer_id)
        .join(task, task.c.id == attempt.c.task_id)
        .order_by(attempt.c.at.desc())
        .limit(limit)
    )
    return list(connection.execute(query).all())


def open_todos_of(connection: Connection, customer_id: int) -> list[Row[Any]]:
    """R-MSG-1. What is still to be done or written for one customer (index on customer_id)."""
    query = (
        select(todo.c.id, todo.c.kind, todo.c.wording, todo.c.due_at)
        .where(
            todo.c.customer_id == customer_id,
            todo.c.done_at.is_(None),
            todo.c.withdrawn_at.is_(None),
        )
        .order_by(todo.c.due_at, todo.c.id)
    )
    return list(connection.execute(query).all())
