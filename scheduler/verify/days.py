"""The shop's calendar days and dayparts, by the clock alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from campaigns.values import SHOP_ZONE, Daypart


def local_day(instant: datetime) -> date:
    """Calendar date of the shop."""
    return instant.astimezone(SHOP_ZONE).date()


def midnight(day: date) -> datetime:
    """The first instant of a day of the shop."""
    return datetime.combine(day, time(0), tzinfo=SHOP_ZONE).astimezone(UTC)


def clock_part(instant: datetime) -> Daypart:
    """R-SLOT-1. The daypart by the clock alone, open or not."""
    hour = instant.astimezone(SHOP_ZONE).hour
    if hour < 12:
        return Daypart.MORNING
    return Daypart.AFTERNOON if hour < 17 else Daypart.EVENING


def closing_of_month(day: date) -> datetime:
    """R-SMP-3. 20:00 on the last day of the month that a day lies in."""
    last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return datetime.combine(last, time(20), tzinfo=SHOP_ZONE).astimezone(UTC)


def first_call_of_month(day: date) -> datetime:
    """R-SMP-3. The 27th, 00:00, of the month that a day lies in."""
    return midnight(day.replace(day=27))


def not_after(instant: datetime | None, as_of: datetime | None) -> datetime | None:
    """None for an instant later than what is looked at."""
    return None if instant is None or (as_of is not None and instant > as_of) else instant
