"""What scripts speak of, for many tasks at once: customers, their orders, offers (R-DUN-6).

The statements are built once: building one costs more than running it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from adapters.store.models.campaigns import offer
from adapters.store.models.customers import customer, order

_IDS: Any = bindparam("ids", expanding=True)

_CUSTOMERS = select(customer.c.id, customer.c.buyer, customer.c.receiver).where(
    customer.c.id.in_(_IDS)
)
_NEWEST = (
    select(
        order.c.id,
        func.row_number()
        .over(
            partition_by=order.c.customer_id, order_by=(order.c.placed_at.desc(), order.c.id.desc())
        )
        .label("place"),
    )
    .where(order.c.customer_id.in_(_IDS))
    .subquery()
)
_ORDERS = (
    select(
        order.c.customer_id,
        order.c.order_no,
        order.c.state,
        order.c.placed_at,
        order.c.title,
        order.c.carrier,
        order.c.tracking_no,
    )
    .join(_NEWEST, _NEWEST.c.id == order.c.id)
    .where(_NEWEST.c.place <= bindparam("limit"))
    .order_by(_NEWEST.c.place)
)
_OFFERS = (
    select(offer.c.campaign_id, offer.c.wording, offer.c.first_day, offer.c.last_day)
    .where(
        offer.c.campaign_id.in_(_IDS),
        offer.c.first_day <= bindparam("last_day"),
        offer.c.last_day >= bindparam("first_day"),
    )
    .order_by(offer.c.id.desc())
)


def customers(connection: Connection, customer_ids: Collection[int]) -> dict[int, Row[Any]]:
    """Customers by id, as they are spoken to."""
    found = connection.execute(_CUSTOMERS, {"ids": list(customer_ids)})
    return {row.id: row for row in found}


def orders_of(
    connection: Connection, customer_ids: Collection[int], limit: int
) -> dict[int, list[Row[Any]]]:
    """Each customer's orders, the newest first, at most so many of each.

    They are numbered customer by customer: one limit for all would leave some without any. The index
    `ix_shop_order_customer_id` leads to them.
    """
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(_ORDERS, {"ids": list(customer_ids), "limit": limit}):
        found[row.customer_id].append(row)
    return found


def offers_between(
    connection: Connection, campaign_ids: Collection[int], first_day: date, last_day: date
) -> dict[int, list[Row[Any]]]:
    """R-DUN-6. The offers of campaigns that applied on any of these days, the newest first."""
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    values = {"ids": list(campaign_ids), "first_day": first_day, "last_day": last_day}
    for row in connection.execute(_OFFERS, values):
        found[row.campaign_id].append(row)
    return found
