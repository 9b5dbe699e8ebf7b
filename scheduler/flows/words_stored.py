"""What is stored about tasks, as far as scripts speak of it: read for many at once.

A mass message is filled in for thousands; asking for each of them alone took a minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import orders, stock
from adapters.store.queries import words as queries
from campaigns.days import business_day
from campaigns.facts import TaskFacts
from campaigns.values import Kind

ORDERS_LOOKED_AT = 50
"""A customer's newest orders that a script may count or name."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows of some tasks.

    By customer: who they are, and their newest orders. By order number: its items. By campaign: the
    offers of these days. By task: its articles that are out of stock, and the day named last.
    """

    customers: Mapping[int, Row[Any]]
    orders: Mapping[int, Sequence[Row[Any]]]
    items: Mapping[str, Sequence[Row[Any]]]
    offers: Mapping[int, Sequence[Row[Any]]]
    shortages: Mapping[int, Sequence[Row[Any]]]
    promised: Mapping[int, date]

    def offer_on(self, campaign_id: int, day: date) -> str | None:
        """R-DUN-6. The newest offer of the campaign that applied on this day."""
        rows = self.offers.get(campaign_id, ())
        return next((o.wording for o in rows if o.first_day <= day <= o.last_day), None)


def load_stored(connection: Connection, tasks: Sequence[TaskFacts], now: datetime) -> Stored:
    """Everything about these tasks in a fixed number of queries; give it some hundreds at most."""
    customer_ids = {task.customer.id for task in tasks}
    numbers = {order.order_no for task in tasks for order in task.orders}
    days = {business_day(o.placed_at) for task in tasks for o in task.orders} | {business_day(now)}
    campaigns = {task.campaign_id for task in tasks}
    waiting = [task.id for task in tasks if task.kind is Kind.STOCK_OUT]
    return Stored(
        customers=queries.customers(connection, customer_ids),
        orders=queries.orders_of(connection, customer_ids, ORDERS_LOOKED_AT),
        items=orders.items_of(connection, numbers),
        offers=queries.offers_between(connection, campaigns, min(days), max(days)),
        shortages=stock.of_tasks(connection, waiting) if waiting else {},
        promised=stock.promised_days(connection, waiting) if waiting else {},
    )
