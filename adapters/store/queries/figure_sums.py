"""Reading the figures kept with each outcome: some rows a day, whatever the history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from adapters.store.models.campaigns import campaign
from adapters.store.models.figures import contact_figure, money_figure
from adapters.store.models.shop import person
from adapters.store.queries.figures import Sums


def money_by_day(
    connection: Connection, first: date, last: date, campaign_id: int | None
) -> Sequence[Row[Any]]:
    """The sums of some days, the oldest day first: rows of the days asked for only (primary key)."""
    return _summed(connection, first, last, campaign_id, (money_figure.c.business_day,))


def money_by_campaign(
    connection: Connection, first: date, last: date, campaign_id: int | None
) -> Sequence[Row[Any]]:
    """The sums of some days by campaign."""
    return _summed(
        connection, first, last, campaign_id, (money_figure.c.campaign_id, campaign.c.name)
    )


def money_by_caller(
    connection: Connection, first: date, last: date, campaign_id: int | None
) -> Sequence[Row[Any]]:
    """The sums of some days by handler, by name: no ranking."""
    return _summed(
        connection,
        first,
        last,
        campaign_id,
        (money_figure.c.handler_id, person.c.name),
    )


def _summed(
    connection: Connection,
    first: date,
    last: date,
    campaign_id: int | None,
    groups: tuple[ColumnElement[Any], ...],
) -> Sequence[Row[Any]]:
    query = (
        select(
            *groups,
            *(func.sum(money_figure.c[name]).label(name) for name in Sums._fields),
        )
        .join(campaign, campaign.c.id == money_figure.c.campaign_id)
        .join(person, person.c.id == money_figure.c.handler_id)
        .where(money_figure.c.business_day.between(first, last), money_figure.c.customers > 0)
        .group_by(*groups)
        .order_by(groups[-1])
    )
    if campaign_id is not None:
        query = query.where(money_figure.c.campaign_id == campaign_id)
    return connection.execute(query).all()


def contacts_by_hour(
    connection: Connection, first: date, last: date, campaign_id: int | None
) -> Sequence[Row[Any]]:
    """Calls and reached ones of some days by day and hour: at most 24 rows a day (primary key)."""
    counted = contact_figure.c
    query = (
        select(
            counted.business_day,
            counted.hour,
            func.sum(counted.attempts).label("attempts"),
            func.sum(counted.reached).label("reached"),
        )
        .where(counted.business_day.between(first, last))
        .group_by(counted.business_day, counted.hour)
    )
    if campaign_id is not None:
        query = query.where(counted.campaign_id == campaign_id)
    return connection.execute(query).all()
