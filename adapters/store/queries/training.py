"""What the training shop's books say to its marketplace, and of its simulated colleagues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select, update

from adapters.store.models.base import Instant
from adapters.store.models.calls import attempt, todo
from adapters.store.models.customers import customer
from adapters.store.models.shop import person, shop
from campaigns.values import AttemptState, Kind, Person, Role, TodoKind


@dataclass(frozen=True, slots=True)
class Event:
    """A reminder made at `called_at` and ended at `at`; without `code` a trade closed by hand."""

    buyer: str
    task: int
    at: datetime
    called_at: datetime
    code: str | None


def reminders(connection: Connection, until: datetime, call: str | None = None) -> list[Event]:
    """Every payment reminder so far that came to an end, or those of one call only."""
    ended = func.coalesce(attempt.c.hung_up_at, attempt.c.ended_at, type_=Instant())
    query = (
        select(customer.c.buyer, attempt.c.task_id, ended, attempt.c.at, attempt.c.outcome)
        .join(customer, customer.c.id == attempt.c.customer_id)
        .where(
            attempt.c.at <= until,
            attempt.c.kind == Kind.DUNNING,
            attempt.c.state == AttemptState.CLOSED,
        )
        .order_by(attempt.c.at, attempt.c.id)
    )
    if call is not None:
        query = query.where(or_(attempt.c.id == call, attempt.c.rides_on == call))
    return [Event(*row) for row in connection.execute(query)]


def trades_closed(connection: Connection, until: datetime) -> list[Event]:
    """Every trade that somebody closed in the shop's backend so far."""
    query = (
        select(customer.c.buyer, todo.c.task_id, todo.c.done_at)
        .join(customer, customer.c.id == todo.c.customer_id)
        .where(todo.c.kind == TodoKind.CLOSE_TRADE, todo.c.done_at <= until)
        .order_by(todo.c.done_at, todo.c.id)
    )
    return [Event(buyer, task, at, at, None) for buyer, task, at in connection.execute(query)]


def colleagues(connection: Connection) -> int:
    """How many simulated colleagues are at work."""
    return int(connection.execute(select(shop.c.colleagues)).scalar_one())


def set_colleagues(connection: Connection, count: int) -> None:
    """Let so many simulated colleagues work from now on."""
    connection.execute(update(shop).values(colleagues=count))


def people_named(connection: Connection, names: Sequence[str]) -> list[Person]:
    """Those of these people who are there, in the order of the names."""
    query = select(person.c.id, person.c.name, person.c.role).where(person.c.name.in_(names))
    found = {
        row.name: Person(row.id, row.name, Role(row.role)) for row in connection.execute(query)
    }
    return [found[name] for name in names if name in found]


def last_ended(connection: Connection, caller_id: int, since: datetime) -> datetime | None:
    """When this caller was last done with a customer; None for longer ago than `since`."""
    query = select(func.max(attempt.c.ended_at, type_=Instant())).where(
        attempt.c.at >= since, attempt.c.caller_id == caller_id
    )
    return connection.execute(query).scalar()
