"""What `why` asks beside the facts: which task there was at an instant, and its end (R-AUD-3)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from adapters.store.models.campaigns import task
from adapters.store.models.customers import order, order_sighting
from campaigns.facts import OrderFacts
from campaigns.values import Ending, Kind, OrderState


def task_at(connection: Connection, customer_id: int, at: datetime, kind: Kind) -> int | None:
    """The customer's newest task of this kind at that instant, open or ended."""
    query = (
        select(task.c.id)
        .where(task.c.customer_id == customer_id, task.c.kind == kind, task.c.created_at <= at)
        .order_by(task.c.created_at.desc(), task.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar()


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
    seen = (
        select(
            order.c.order_no,
            order.c.placed_at,
            order_sighting.c.state,
            order_sighting.c.total_fen,
            order_sighting.c.paid_fen,
            order_sighting.c.paid_at,
            func.max(order_sighting.c.seen_at)
            .over(partition_by=order_sighting.c.order_id)
            .label("last_seen_at"),
            func.row_number()
            .over(
                partition_by=order_sighting.c.order_id,
                order_by=(order_sighting.c.known_at.desc(), order_sighting.c.id.desc()),
            )
            .label("age"),
        )
        .join(
            order_sighting,
            and_(order_sighting.c.order_id == order.c.id, order_sighting.c.known_at <= at),
        )
        .where(order.c.customer_id == customer_id)
        .subquery()
    )
    rows = connection.execute(
        select(seen).where(seen.c.age == 1).order_by(seen.c.placed_at, seen.c.order_no)
    )
    return [
        OrderFacts(
            order_no=row.order_no,
            placed_at=row.placed_at,
            state=OrderState(row.state),
            total_fen=row.total_fen,
            last_seen_at=row.last_seen_at,
            paid_at=row.paid_at,
            paid_fen=row.paid_fen,
        )
        for row in rows
    ]
