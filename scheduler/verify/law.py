"""The hours and numbers that history is judged by, of the version each attempt was made under.

Restated from the SOP: opening hours are no settings, so they stand here once more; a shop may only
narrow them.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar
from sqlalchemy import Connection, select

from adapters.store.models.shop import calendar_day, calendar_version, policy_version
from campaigns.policy import Policy, with_overrides
from campaigns.values import SHOP_ZONE, DayKind, Daypart
from scheduler.verify.days import local_day

MAX_DAYS_AHEAD = 40
"""Further than any deadline; a search for open time ends here."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One half-open stretch in which a region may be contacted, inside one daypart."""

    part: Daypart
    opens: datetime
    closes: datetime


@dataclass(frozen=True)
class KnownDays:
    """R-HOURS-6. What was officially known of the days in one version of the calendar."""

    first_year: int
    last_year: int
    entered: Mapping[date, bool]

    def kind_of(self, day: date) -> DayKind:
        """R-HOURS-2, R-HOURS-6. A day entered by hand counts first; an unknown year is unknown."""
        works = self.entered.get(day)
        if works is None and self.first_year <= day.year <= self.last_year:
            try:
                works = chinese_calendar.is_workday(day)
            except NotImplementedError:
                return DayKind.UNKNOWN
        if works is None:
            return DayKind.UNKNOWN
        return DayKind.WORKING if works else DayKind.DAY_OFF


class Law:
    """One policy with one calendar."""

    def __init__(self, policy: Policy, days: KnownDays) -> None:
        self.policy = policy
        self.days = days
        self._own_hours = (policy.calls_from, policy.calls_until)
        self._stretches: dict[tuple[date, int], tuple[Stretch, ...]] = {}

    def stretches(self, day: date, region: str | None) -> tuple[Stretch, ...]:
        """R-HOURS-1, R-HOURS-2, R-HOURS-4, R-HOURS-6. When this region is open on a day."""
        shift = self.policy.region_shifts.get(region) if region else None
        hours = shift.later_hours if shift else 0
        found = self._stretches.get((day, hours))
        if found is None:
            first = 9 if self.days.kind_of(day) is DayKind.WORKING else 10
            own = [datetime.combine(day, clock, tzinfo=SHOP_ZONE) for clock in self._own_hours]
            found = tuple(_stretches(day, first + hours, 13 + hours, own[0], own[1]))
            self._stretches[day, hours] = found
        return found

    def is_open(self, instant: datetime, region: str | None) -> bool:
        """R-HOURS-3. The opening instant is inside, the closing one is not."""
        return any(
            s.opens <= instant < s.closes for s in self.stretches(local_day(instant), region)
        )

    def can_open(self, start: datetime, end: datetime, region: str | None) -> set[Daypart]:
        """R-SLOT-1. The dayparts with at least one open instant from `start` until before `end`."""
        day, last = local_day(start), min(local_day(end), local_day(start) + MAX_DAYS_AHEAD * _DAY)
        parts: set[Daypart] = set()
        while day <= last and len(parts) < len(Daypart):
            parts |= {
                s.part
                for s in self.stretches(day, region)
                if max(s.opens, start) < min(s.closes, end)
            }
            day += _DAY
        return parts


_DAY = timedelta(days=1)


def _stretches(
    day: date, morning: int, afternoon: int, own_opens: datetime, own_closes: datetime
) -> Iterator[Stretch]:
    evening = max(afternoon, 17)
    for part, opens, closes in (
        (Daypart.MORNING, morning, 12),
        (Daypart.AFTERNOON, afternoon, 17),
        (Daypart.EVENING, evening, 20),
    ):
        start, end = max(_hour(day, opens), own_opens), min(_hour(day, closes), own_closes)
        if opens < closes and start < end:
            yield Stretch(part, start, end)


def _hour(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=SHOP_ZONE).astimezone(UTC)


class LawBook:
    """Every version of the policy and of the calendar, and which was in force when."""

    def __init__(self, connection: Connection) -> None:
        rows = connection.execute(
            select(
                policy_version.c.id,
                policy_version.c.campaign_id,
                policy_version.c.overrides,
                policy_version.c.created_at,
            )
        ).all()
        self._policies = {0: Policy()}
        self._policies |= {r.id: with_overrides(json.loads(r.overrides), r.id) for r in rows}
        self._policy_times: dict[int | None, list[tuple[datetime, int]]] = defaultdict(list)
        for r in sorted(rows, key=lambda r: (r.created_at, r.id)):
            self._policy_times[r.campaign_id].append((r.created_at, r.id))
        versions = connection.execute(select(calendar_version)).all()
        entered = connection.execute(
            select(calendar_day.c.version_id, calendar_day.c.day, calendar_day.c.is_working)
            .order_by(calendar_day.c.id)
        ).all()  # fmt: skip
        self._calendars = {
            v.id: KnownDays(
                v.first_year,
                v.last_year,
                {d.day: d.is_working for d in entered if d.version_id <= v.id},
            )
            for v in versions
        }
        self._calendar_times = sorted((v.created_at, v.id) for v in versions)
        self._laws: dict[tuple[int, int], Law] = {}

    def law(self, policy: int, calendar: int) -> Law:
        """Policy and calendar of two versions. One that is not stored: defaults, no year known."""
        found = self._laws.get((policy, calendar))
        if found is None:
            found = Law(
                self._policies.get(policy, self._policies[0]),
                self._calendars.get(calendar, KnownDays(1, 0, {})),
            )
            self._laws[policy, calendar] = found
        return found

    def has(self, policy: int, calendar: int) -> bool:
        """Whether both versions are stored."""
        return policy in self._policies and calendar in self._calendars

    def versions_at(self, instant: datetime, campaign_id: int | None = None) -> tuple[int, int]:
        """Versions in force at an instant; before the first calendar, the first one.

        Of a campaign: its own numbers from when it had some, before that the shop's.
        """
        policy = _newest(self._policy_times.get(None, []), instant, 0)
        if campaign_id is not None:
            policy = _newest(self._policy_times.get(campaign_id, []), instant, policy)
        first = min(self._calendars, default=0)
        return policy, _newest(self._calendar_times, instant, first)

    def law_at(self, instant: datetime, campaign_id: int | None = None) -> Law:
        """Law in force at an instant, for what keeps no version of its own."""
        return self.law(*self.versions_at(instant, campaign_id))


def _newest(times: list[tuple[datetime, int]], instant: datetime, otherwise: int) -> int:
    position = bisect_right(times, instant, key=lambda entry: entry[0])
    return max((version for _, version in times[:position]), default=otherwise)
