"""The times that a callback may be promised for, as a person picks them (R-HOURS-7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from campaigns.values import SHOP_ZONE
from scheduler.flows.briefing import OpenStretch, callback_stretches
from scheduler.runtime import Runtime
from web.filters import clock_time, day, near_day

STEP = timedelta(minutes=10)
MAX_DAYS = 4
"""A payment reminder lives for three days; more would never be offered."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One time that may be promised. `booked`: how many are promised in its stretch already."""

    at: datetime
    booked: int


@dataclass(frozen=True, slots=True)
class CallbackDay:
    """One day with open minutes: `title` names it, `stretches` says when, `choices` are offered."""

    title: str
    stretches: tuple[str, ...]
    choices: tuple[Choice, ...]


def callback_days(
    runtime: Runtime, attempt_id: str, now: datetime, deadline: datetime | None
) -> list[CallbackDay]:
    """List the days up to the deadline that have an open minute for this customer."""
    found = []
    for business_day in _days(now, deadline):
        stretches = callback_stretches(runtime, attempt_id, business_day, now)
        if stretches:
            found.append(_callback_day(business_day, stretches, now))
    return found


def _days(now: datetime, deadline: datetime | None) -> Iterator[date]:
    first = now.astimezone(SHOP_ZONE).date()
    last = deadline.astimezone(SHOP_ZONE).date() if deadline else first + timedelta(days=1)
    for days in range(MAX_DAYS):
        if first + timedelta(days=days) <= last:
            yield first + timedelta(days=days)


def _callback_day(
    business_day: date, stretches: Iterable[OpenStretch], now: datetime
) -> CallbackDay:
    listed = list(stretches)
    apart = (business_day - now.astimezone(SHOP_ZONE).date()).days
    return CallbackDay(
        title=near_day(apart) or day(business_day),
        stretches=tuple(f"{clock_time(a)}–{clock_time(b)}" for a, b in _joined(listed)),
        choices=tuple(choice for s in listed for choice in _choices(s)),
    )


def _joined(stretches: Iterable[OpenStretch]) -> list[tuple[datetime, datetime]]:
    """Join dayparts that follow each other without a gap: people read hours, not dayparts."""
    joined: list[tuple[datetime, datetime]] = []
    for stretch in stretches:
        if joined and joined[-1][1] == stretch.opens:
            joined[-1] = (joined[-1][0], stretch.closes)
        else:
            joined.append((stretch.opens, stretch.closes))
    return joined


def _choices(stretch: OpenStretch) -> Iterator[Choice]:
    """Give every tenth minute; a stretch without one gives its first minute."""
    past = timedelta(
        minutes=stretch.opens.minute % 10,
        seconds=stretch.opens.second,
        microseconds=stretch.opens.microsecond,
    )
    at = stretch.opens if not past else stretch.opens - past + STEP
    if at >= stretch.closes:
        yield Choice(stretch.opens, stretch.booked)
    while at < stretch.closes:
        yield Choice(at, stretch.booked)
        at += STEP
