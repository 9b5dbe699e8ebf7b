"""Orders as people see them: rows with their items, and the offers that applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from adapters.store.models.campaigns import offer, task_order
from adapters.store.models.customers import order, order_item


def of_customer(connection: Connection, customer_id: int, limit: int) -> list[Row[Any]]:
    """A customer's orders, the newest first."""
    query = (
        select(order)
        .where(order.c.customer_id == customer_id)
        .order_by(order.c.placed_at.desc(), order.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(query).all())


def numbers_of_tasks(connection: Connection, task_ids: Iterable[int]) -> set[str]:
    """The order numbers that these tasks are about."""
    query = (
        select(order.c.order_no)
        .join(task_order, task_order.c.order_id == order.c.id)
        .where(task_order.c.task_id.in_(list(task_ids)))
    )
    return set(connection.execute(query).scalars())


def items_of(connection: Connection, order_nos: Iterable[str]) -> dict[str, list[Row[Any]]]:
    """Item lines by order number, in their order."""
    query = (
        select(order_item)
        .where(order_item.c.order_no.in_(list(order_nos)))
        .order_by(order_item.c.order_no, order_item.c.line_no)
    )
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.order_no].append(row)
    return found


def add_offer(
    connection: Connection,
    *,
    campaign_id: int,
    wording: str,
    first_day: date,
    last_day: date,
    who: str,
    now: datetime,
) -> int:
    """Enter an offer; earlier ones stay as they were."""
    result = connection.execute(
        insert(offer)
        .values(
            campaign_id=campaign_id,
            wording=wording,
            first_day=first_day,
            last_day=last_day,
            created_by=who,
            created_at=now,
        )
        .returning(offer.c.id)
    )
    return int(result.scalar_one())


def offers(connection: Connection, campaign_id: int, limit: int) -> list[Row[Any]]:
    """The campaign's offers, the newest first."""
    query = select(offer).where(offer.c.campaign_id == campaign_id).order_by(offer.c.id.desc())
    return list(connection.execute(query.limit(limit)).all())
