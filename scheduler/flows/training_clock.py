"""Moving the training shop's clock on, as its people ask for it in the panel."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from campaigns.days import business_day
from campaigns.values import SHOP_ZONE, DayKind
from scheduler.flows.shop import ClockShown, set_clock, show_clock
from scheduler.rules.hours import LOOK_AHEAD_DAYS, slots_from
from scheduler.runtime import Law, Runtime

BEFORE_PLANNING = time(8, 40)
"""A few minutes before the morning's plan (R-DUN-1), so that it is seen at work."""


class Leap(StrEnum):
    """How far the clock goes on."""

    QUARTER = "quarter"
    HOUR = "hour"
    OPENING = "opening"
    MORNING = "morning"


def leap(runtime: Runtime, how: Leap, who: str) -> ClockShown:
    """Set the training clock to a later instant. Raises UsageError in a real shop.

    OPENING goes to the next opening of a window (R-HOURS-1, R-HOURS-2), MORNING to 08:40 of the
    next working day, or of the next day where the calendar is not known (R-HOURS-6).
    """
    shown = show_clock(runtime)
    with runtime.snapshot() as connection:
        law = runtime.law(connection)
    return set_clock(runtime, who, to=_target(shown.now, how, law))


def _target(now: datetime, how: Leap, law: Law) -> datetime:
    match how:
        case Leap.QUARTER:
            return now + timedelta(minutes=15)
        case Leap.HOUR:
            return now + timedelta(hours=1)
        case Leap.OPENING:
            return _next_opening(now, law)
        case Leap.MORNING:
            return _next_working_morning(now, law)


def _next_opening(now: datetime, law: Law) -> datetime:
    """Find the next opening; the evening follows the afternoon without a gap and is none."""
    closed_at = now
    for slot in slots_from(now, None, law.policy, law.calendar):
        if slot.opens > now and slot.opens > closed_at:
            return slot.opens
        closed_at = slot.closes
    raise AssertionError("a window opens within the look-ahead")


def _next_working_morning(now: datetime, law: Law) -> datetime:
    for days in range(LOOK_AHEAD_DAYS):
        day = business_day(now) + timedelta(days=days)
        morning = datetime.combine(day, BEFORE_PLANNING, tzinfo=SHOP_ZONE).astimezone(UTC)
        if morning > now and law.calendar.kind_of(day) is not DayKind.DAY_OFF:
            return morning
    raise AssertionError("a working day comes within the look-ahead")
