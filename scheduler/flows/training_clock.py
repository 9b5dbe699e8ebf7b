"""Moving the training shop's clock on, as its people ask for it in the panel."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from campaigns.days import business_day
from campaigns.values import SHOP_ZONE, DayKind
from scheduler.flows.shop import ClockShown, set_clock, show_clock
from scheduler.jobs import tick
from scheduler.rules.hours import LOOK_AHEAD_DAYS, slots_from
from scheduler.runtime import Law, Runtime


class Leap(StrEnum):
    """How far the clock goes on."""

    QUARTER = "quarter"
    HOUR = "hour"
    OPENING = "opening"
    MORNING = "morning"


def leap(runtime: Runtime, how: Leap, who: str) -> ClockShown:
    """Set the training clock to a later instant. Raises UsageError in a real shop.

    OPENING goes to the next opening of a window (R-HOURS-1, R-HOURS-2), MORNING to the time of the
    plan on the next working day, or on the next day where the calendar is not known (R-HOURS-6).
    The clock stops at every morning on the way and the engine does that morning's work, so that no
    plan is left out (R-DUN-1).
    """
    shown = show_clock(runtime)
    with runtime.snapshot() as connection:
        law = runtime.law(connection)
    target = _target(shown.now, how, law)
    for stop in _mornings(shown.now, target, law):
        shown = set_clock(runtime, who, to=stop)
        tick(runtime)
    return shown if shown.now == target else set_clock(runtime, who, to=target)


def _mornings(start: datetime, target: datetime, law: Law) -> list[datetime]:
    """The times of the plan after `start`, up to the target."""
    days = (business_day(target) - business_day(start)).days
    plans = [_plan_on(business_day(start) + timedelta(days=n), law) for n in range(days + 1)]
    return [at for at in plans if start < at <= target]


def _plan_on(day: date, law: Law) -> datetime:
    return datetime.combine(day, law.policy.plan_at, tzinfo=SHOP_ZONE).astimezone(UTC)


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
        morning = _plan_on(day, law)
        if morning > now and law.calendar.kind_of(day) is not DayKind.DAY_OFF:
            return morning
    raise AssertionError("a working day comes within the look-ahead")
