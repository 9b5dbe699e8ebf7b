"""What `why` asks beside the facts: which task there was at an instant, and its end (R-AUD-3)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, case, select

from adapters.store.models.campaigns import task
from adapters.store.models.customers import order
from adapters.store.queries.fact_statements import sightings_then
from adapters.store.queries.facts import order_facts
from campaigns.facts import OrderFacts
from campaigns.values import Ending, Kind

OPEN_AT_ONCE = 100
"""One customer has one open task in a campaign (R-REPEAT-2), and a shop has few campaigns."""


def tasks_at(
    connection: Connection, customer_id: int, at: datetime, kind: Kind | None
) -> list[int]:
    """The customer's open tasks at that instant, of this kind or of any; else the newest ended one."""
    is_closed = case((task.c.closed_at <= at, 1), else_=0)
    query = (
        select(task.c.id, is_closed.label("is_closed"))
        .where(task.c.customer_id == customer_id, task.c.created_at <= at)
        .order_by(is_closed, task.c.created_at.desc(), task.c.id.desc())
        .limit(OPEN_AT_ONCE)
    )
    if kind is not None:
        query = query.where(task.c.kind == kind)
    rows = connection.execute(query).all()
    return [row.id for row in rows if not row.is_closed] or [row.id for row in rows[:1]]


def ending_at(connection: Connection, task_id: int, at: datetime) -> Ending | None:
    """How the task had ended by that instant; None while it was open."""
    row = connection.execute(
        select(task.c.closed_at, task.c.ending).where(task.c.id == task_id)
    ).one()
    return Ending(row.ending) if row.closed_at is not None and row.closed_at <= at else None


def customer_of_order(connection: Connection, order_no: str) -> list[int]:
    """Whose order this is."""
    query = select(order.c.customer_id).where(order.c.order_no == order_no)
    return list(connection.execute(query).scalars())


def orders_at(connection: Connection, customer_id: int, at: datetime) -> list[OrderFacts]:
    """A customer's orders as known at that instant, from the newest sighting of each."""
    query = sightings_then(at).where(order.c.customer_id == customer_id)
    return [order_facts(row, at) for row in connection.execute(query)]
