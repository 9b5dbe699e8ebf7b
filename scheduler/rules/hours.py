"""When a person may be contacted: R-HOURS-1 to R-HOURS-7."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from campaigns.days import business_day
from campaigns.decisions import Allow, Decision, Wait
from campaigns.labels_zh import DAYPART_LABELS
from campaigns.policy import Policy
from campaigns.values import SHOP_ZONE, DayKind, Daypart
from scheduler.rules.case import Case, OfficialDays

LOOK_AHEAD_DAYS = 45
"""No official closure lasts so long that a window is further away than this."""

_DAY_RULES = {
    DayKind.WORKING: "R-HOURS-1",
    DayKind.DAY_OFF: "R-HOURS-2",
    DayKind.UNKNOWN: "R-HOURS-6",
}


@dataclass(frozen=True, slots=True)
class Slot:
    """One daypart's open stretch of one day, half-open: `opens` is inside, `closes` is not (R-HOURS-3)."""

    business_day: date
    daypart: Daypart
    opens: datetime
    closes: datetime


def slots_on(day: date, kind: DayKind, region: str | None, policy: Policy) -> tuple[Slot, ...]:
    """R-HOURS-1, R-HOURS-2, R-HOURS-4, R-HOURS-6. The open stretches of one day for one region.

    The law's, as far as they lie inside the shop's own hours.
    """
    shift = policy.region_shifts.get(region or "")
    own = (policy.calls_from, policy.calls_until)
    return _slots_on(day, kind, shift.later_hours if shift else 0, policy_times(policy), own)


def policy_times(policy: Policy) -> tuple[time, time, time, time, time, time]:
    """The law's times of day, in the order of the day: opens (working, off), noon, evening, close."""
    return (
        policy.working_day_opens,
        policy.day_off_opens,
        policy.noon_closes,
        policy.noon_opens,
        policy.evening_begins,
        policy.day_closes,
    )


@lru_cache(maxsize=4096)
def _slots_on(
    day: date,
    kind: DayKind,
    later_hours: int,
    times: tuple[time, time, time, time, time, time],
    own: tuple[time, time],
) -> tuple[Slot, ...]:
    own_opens, own_closes = (_at(day, clock) for clock in own)
    working, off, noon, afternoon, evening, close = times
    later = timedelta(hours=later_hours)
    morning = _at(day, working if kind is DayKind.WORKING else off) + later
    after_noon = _at(day, afternoon) + later
    stretches = (
        (Daypart.MORNING, morning, _at(day, noon)),
        (Daypart.AFTERNOON, after_noon, _at(day, evening)),
        (Daypart.EVENING, max(after_noon, _at(day, evening)), _at(day, close)),
    )
    narrowed = (
        Slot(day, part, max(opens, own_opens), min(closes, own_closes))
        for part, opens, closes in stretches
    )
    return tuple(slot for slot in narrowed if slot.opens < slot.closes)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=SHOP_ZONE).astimezone(UTC)


def slots_from(
    start: datetime, region: str | None, policy: Policy, calendar: OfficialDays
) -> Iterator[Slot]:
    """Open stretches that are not over at `start`, in order, as far as the look-ahead reaches."""
    first = business_day(start)
    for ahead in range(LOOK_AHEAD_DAYS):
        day = first + timedelta(days=ahead)
        for slot in slots_on(day, calendar.kind_of(day), region, policy):
            if start < slot.closes:
                yield slot


def next_open(
    start: datetime, region: str | None, policy: Policy, calendar: OfficialDays
) -> datetime:
    """The first open instant at or after `start`."""
    for slot in slots_from(start, region, policy, calendar):
        return max(start, slot.opens)
    raise AssertionError("every day has a window (campaigns.policy), so one lies ahead")


def slot_at(
    now: datetime, region: str | None, policy: Policy, calendar: OfficialDays
) -> Slot | None:
    """The open stretch that contains `now`, None when closed."""
    day = business_day(now)
    for slot in slots_on(day, calendar.kind_of(day), region, policy):
        if slot.opens <= now < slot.closes:
            return slot
    return None


def daypart_of(instant: datetime, policy: Policy) -> Daypart:
    """R-SLOT-1. The daypart that an attempt at this instant belongs to, by the clock on the wall."""
    clock = instant.astimezone(SHOP_ZONE).time()
    if clock < policy.noon_closes:
        return Daypart.MORNING
    return Daypart.AFTERNOON if clock < policy.evening_begins else Daypart.EVENING


def check_window(
    now: datetime, region: str | None, policy: Policy, calendar: OfficialDays
) -> Allow | Wait:
    """R-HOURS-3, R-HOURS-5. Contact only inside a window, asked at the moment of dialling or sending.

    `now` is aware. The kind of day behind the answer is named too: R-HOURS-1, R-HOURS-2, R-HOURS-6,
    and R-HOURS-4 where the region has windows of its own.
    """
    day_rule = _DAY_RULES[calendar.kind_of(business_day(now))]
    also = (day_rule, "R-HOURS-4") if (region or "") in policy.region_shifts else (day_rule,)
    slot = slot_at(now, region, policy, calendar)
    if slot is not None:
        return Allow(f"在可拨打时段内（{DAYPART_LABELS[slot.daypart]}）")
    opens = next_open(now, region, policy, calendar)
    clock = now.astimezone(SHOP_ZONE).time()
    if not policy.calls_from <= clock < policy.calls_until and _is_open_by_law(
        now, region, policy, calendar
    ):
        hours = f"{policy.calls_from:%H:%M}–{policy.calls_until:%H:%M}"
        # The day's own rule allows it: what stands against the call is the shop's narrower wish.
        return Wait(day_rule, opens, f"本店设定只在 {hours} 联系", ("R-HOURS-3", *also[1:]))
    return Wait("R-HOURS-3", opens, "现在不在可拨打时段", also)


def _is_open_by_law(
    now: datetime, region: str | None, policy: Policy, calendar: OfficialDays
) -> bool:
    widest = replace(policy, calls_from=policy.working_day_opens, calls_until=policy.day_closes)
    return slot_at(now, region, widest, calendar) is not None


def check_hours(case: Case) -> Decision:
    """R-HOURS-1, R-HOURS-2, R-HOURS-3, R-HOURS-6 at the moment of the case."""
    return check_window(case.now, case.task.customer.region, case.policy, case.calendar)


def move_into_window(
    wish: datetime, region: str | None, policy: Policy, calendar: OfficialDays
) -> tuple[datetime, bool]:
    """R-HOURS-7. The customer's wish, moved to the next open minute when it falls outside a window.

    Returns the instant that can be promised and whether it was moved.
    """
    opens = next_open(wish, region, policy, calendar)
    return opens, opens != wish
