"""What a script says of goods: items, the parcel of a callback, what a paid order waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import orders, stock
from campaigns.days import business_day
from campaigns.facts import TaskFacts
from campaigns.kinds import callback, stock_out
from campaigns.values import Topic
from scheduler.flows.words_stored import Stored
from scripts_zh.context import ParcelWords, StockWords, items_in_words


def titles_of(connection: Connection, order_nos: list[str], rows: Sequence[Row[Any]]) -> list[str]:
    """Item titles of these orders, each order's own title where it has no item lines."""
    return titles_in(orders.items_of(connection, order_nos), order_nos, rows)


def titles_in(
    items: Mapping[str, Sequence[Row[Any]]], order_nos: Sequence[str], rows: Sequence[Row[Any]]
) -> list[str]:
    """The same, with the item lines at hand."""
    by_no = {row.order_no: row.title for row in rows}
    titles: list[str] = []
    for order_no in order_nos:
        listed = [item.title for item in items.get(order_no, ())]
        titles += listed or ([by_no[order_no]] if by_no.get(order_no) else [])
    return titles or ["您拍下的宝贝"]


def parcel_words(task: TaskFacts, rows: Sequence[Row[Any]], now: datetime) -> ParcelWords:
    """R-CB-2, R-CB-4. The parcel that a callback asks about, the one that waits longest in front."""
    about = callback.concerned(task) or list(task.orders)
    first = min(about, key=lambda o: o.signed_at or o.shipped_at or o.placed_at)
    row = next((r for r in rows if r.order_no == first.order_no), None)
    days = callback.days_since(about, task.topic, business_day(now))
    state = (
        f"已经签收 {days} 天"
        if task.topic is Topic.RECEIVED
        else f"已经发出 {days} 天，还没有显示签收"
    )
    return ParcelWords(
        days=days,
        last_state=state,
        shipped_on=business_day(first.shipped_at) if first.shipped_at else None,
        signed_on=business_day(first.signed_at) if first.signed_at else None,
        carrier=row.carrier if row is not None else None,
        tracking_no=row.tracking_no if row is not None else None,
        orders_count=len(about),
    )


def stock_words(stored: Stored, task: TaskFacts) -> StockWords:
    """R-OOS-1, R-OOS-2. What is missing and when it is expected; of several dates the last.

    `was_expected_on` is the day that the caller named, where it has moved since.
    """
    rows = stored.shortages[task.id]
    missing = [r for r in rows if r.arrived_at is None and r.closed_at is None] or rows
    last = max(missing, key=lambda row: row.expected_on)
    named = stored.promised.get(task.id)
    here = [
        item.title
        for number in sorted(order.order_no for order in task.orders)
        for item in stored.items.get(number, ())
        if not any(stock_out.is_about(r.name, r.code, item.title, item.sku) for r in rows)
    ]
    return StockWords(
        items_text=items_in_words([row.name for row in missing]),
        expected_on=last.expected_on,
        reason=next((row.reason for row in missing if row.reason), None),
        was_expected_on=named if named is not None and named != last.expected_on else None,
        others_text=items_in_words(here) if here else None,
        several=len(missing) > 1,
        gift=stock.first_gift(rows),
        is_arrived=all(row.arrived_at is not None for row in rows),
    )
