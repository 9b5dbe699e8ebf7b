"""Customers whom callbacks and stock-out notices are about, in a test's shop."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update

from adapters.store.models.customers import order as order_table
from adapters.store.models.stock import shortage, shortage_date
from campaigns.kinds.stock_out import folded
from campaigns.values import Kind, OrderState
from scheduler.flows.planning import plan
from tests.factories import at, day
from tests.shops import Shop


def received(shop: Shop, buyer: str, *, signed: str = "05-08 12:00", **fields: Any) -> int:
    """A customer who signed for a parcel; the customer's id."""
    return _order(
        shop,
        buyer,
        state=OrderState.COMPLETED,
        shipped_at=at("05-05 10:00"),
        received_at=at(signed),
        **fields,
    )


def waiting(shop: Shop, buyer: str, title: str = "陶瓷花盆 大号", **fields: Any) -> int:
    """A customer who has paid for goods that are not shipped yet."""
    return _order(shop, buyer, state=OrderState.PAID, title=title, **fields)


def _order(shop: Shop, buyer: str, **fields: Any) -> int:
    customer_id = shop.buyer(buyer, "05-03 20:00", seen="05-12 08:00")
    values = {"paid_at": at("05-03 20:10"), "paid_fen": 5_000} | fields
    with shop.runtime.transaction() as connection:
        connection.execute(
            update(order_table).where(order_table.c.customer_id == customer_id).values(**values)
        )
    return customer_id


def short(shop: Shop, name: str = "陶瓷花盆", expected: str = "05-20") -> int:
    """An article that is out of stock; its id."""
    known = at("05-12 09:00")
    with shop.runtime.transaction() as connection:
        shortage_id = connection.execute(
            insert(shortage)
            .values(
                name=name,
                match_key=folded(name),
                expected_on=day(expected),
                listed_at=known,
                changed_at=known,
                created_by="李组长",
            )
            .returning(shortage.c.id)
        ).scalar_one()
        connection.execute(
            insert(shortage_date).values(
                shortage_id=shortage_id, expected_on=day(expected), known_at=known, who="李组长"
            )
        )
    return int(shortage_id)


def plan_all(shop: Shop, of: str = "05-13", now: str | None = None) -> dict[Kind, int]:
    """The day's plan of every campaign; how many tasks each kind has."""
    made = plan(shop.runtime, day(of), at(now or f"{of} 08:45"), "张三").campaigns
    return {campaign.kind: len(campaign.tasks) for campaign in made}


def order_no_of(shop: Shop, customer_id: int) -> str:
    """The number of the customer's first order."""
    query = select(order_table.c.order_no).where(order_table.c.customer_id == customer_id)
    with shop.runtime.snapshot() as connection:
        return str(connection.execute(query).scalar())


def retitle(shop: Shop, order_id: int, title: str) -> None:
    """Say what an order is of."""
    with shop.runtime.transaction() as connection:
        connection.execute(
            update(order_table).where(order_table.c.id == order_id).values(title=title)
        )
