"""The shop's calendar day and its instants: where one ends and the next begins, written once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from campaigns.values import SHOP_ZONE


def business_day(instant: datetime) -> date:
    """The shop's calendar date at this instant."""
    return instant.astimezone(SHOP_ZONE).date()


def midnight_of(day: date) -> datetime:
    """The first instant of the shop's calendar day, in UTC."""
    return datetime.combine(day, time(), tzinfo=SHOP_ZONE).astimezone(UTC)


def midnight_after(instant: datetime) -> datetime:
    """The first instant of the shop's next calendar day, in UTC."""
    return midnight_of(business_day(instant) + timedelta(days=1))


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The shop's day as half-open UTC instants; with summer time it had 23 or 25 hours."""
    return midnight_of(day), midnight_of(day + timedelta(days=1))
