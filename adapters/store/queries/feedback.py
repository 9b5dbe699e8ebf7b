"""What callbacks collected, entry by entry and counted (R-CB-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from adapters.store.models.after_sales import feedback
from adapters.store.models.customers import customer
from campaigns.values import Effect

Counted = Row[Any]
"""A day, a product, an effect, and how many `entries` say so."""


@dataclass(frozen=True, slots=True)
class FeedbackQuery:
    """Which entries: the days `first` to `last`, both included; None elsewhere means any."""

    first: date
    last: date
    product: str | None = None
    effect: Effect | None = None
    as_of: datetime | None = None


def entries(
    connection: Connection, wanted: FeedbackQuery, limit: int, *, newest_first: bool = False
) -> list[Row[Any]]:
    """The entries with their customers, by ix_feedback_business_day."""
    order = (feedback.c.at, feedback.c.id)
    query = (
        select(feedback, customer.c.buyer)
        .join(customer, customer.c.id == feedback.c.customer_id)
        .where(*_conditions(wanted))
        .order_by(*((column.desc() for column in order) if newest_first else order))
        .limit(limit)
    )
    return list(connection.execute(query).all())


def counts_by_day(connection: Connection, wanted: FeedbackQuery) -> list[Counted]:
    """How many entries of each day say the same of a product; a week is made of days elsewhere."""
    alike = (feedback.c.business_day, feedback.c.product, feedback.c.effect)
    query = (
        select(*alike, func.count().label("entries"))
        .where(*_conditions(wanted))
        .group_by(*alike)
        .order_by(feedback.c.business_day, feedback.c.product)
    )
    return list(connection.execute(query).all())


def products(connection: Connection, first: date, last: date, limit: int) -> list[str]:
    """The products that were spoken of in these days."""
    query = (
        select(feedback.c.product)
        .where(*_conditions(FeedbackQuery(first, last)))
        .distinct()
        .order_by(feedback.c.product)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def _conditions(wanted: FeedbackQuery) -> list[ColumnElement[bool]]:
    found = [
        feedback.c.business_day >= wanted.first,
        feedback.c.business_day <= wanted.last,
    ]
    if wanted.product is not None:
        found.append(feedback.c.product == wanted.product)
    if wanted.effect is not None:
        found.append(feedback.c.effect == wanted.effect)
    if wanted.as_of is not None:
        found.append(feedback.c.at <= wanted.as_of)
    return found
