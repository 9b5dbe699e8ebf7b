"""Every number that the SOP marks *default*, with its unit and its rule. A shop may change them.

A change makes a new version; attempts keep the version they were made under (R-HOURS-6).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import time, timedelta
from typing import Any

from campaigns.errors import UsageError
from campaigns.values import Daypart, Kind


@dataclass(frozen=True, slots=True)
class RegionShift:
    """R-HOURS-4. A region whose morning and afternoon open later; closing times stay."""

    later_hours: int


def _default_shifts() -> Mapping[str, RegionShift]:
    return {"新疆": RegionShift(2), "西藏": RegionShift(2)}


def _default_attempts() -> Mapping[Kind, int]:
    return {Kind.DUNNING: 3, Kind.CALLBACK: 2, Kind.STOCK_OUT: 4}


@dataclass(frozen=True, slots=True)
class Policy:
    """The shop's numbers. `version` 0 are the SOP's defaults."""

    version: int = 0

    # R-HOURS-1, R-HOURS-2: opening hours, local time; not settings, but read from one place.
    working_day_opens: time = time(9)
    day_off_opens: time = time(10)
    noon_closes: time = time(12)
    noon_opens: time = time(13)
    evening_begins: time = time(17)
    day_closes: time = time(20)
    region_shifts: Mapping[str, RegionShift] = field(default_factory=_default_shifts)  # R-HOURS-4
    region_dayparts: Mapping[str, Daypart] = field(default_factory=dict)  # R-HOURS-4

    slot_gap_hours: int = 2  # R-SLOT-1
    relay_days_after_completion: int = 15  # R-PHONE-2

    survey_contacts: int = 2  # R-REPEAT-1
    survey_window_days: int = 90  # R-REPEAT-1
    other_campaign_gap_hours: int = 4  # R-REPEAT-2
    attempt_gap_minutes: int = 60  # R-REPEAT-3
    attempts_per_day: int = 2  # R-REPEAT-3
    reached_per_day: int = 1  # R-REPEAT-3
    attempts_per_24_hours: int = 3  # R-REPEAT-3
    attempts_per_30_days: int = 10  # R-REPEAT-3
    attempts_per_task: Mapping[Kind, int] = field(default_factory=_default_attempts)  # R-REPEAT-4
    redial_minutes: int = 10  # R-REPEAT-5

    lease_minutes: int = 15  # R-CLAIM-1
    outcome_missing_minutes: int = 30  # R-CLAIM-1
    skip_minutes: int = 30  # R-CLAIM-1

    plan_at: time = time(8, 45)  # R-DUN-1
    marketplace_closes_hours: int = 72  # R-DUN-3
    payment_look_hours: int = 4  # R-DUN-4
    payment_stale_hours: int = 24  # R-DUN-4
    worth_base_yuan: int = 100  # R-DUN-5
    worth_hours_per_doubling: int = 3  # R-DUN-5
    message_after_failures: int = 2  # R-MSG-1, sop.md §3
    signed_from_days: int = 3  # R-CB-2
    signed_to_days: int = 10  # R-CB-2
    unsigned_from_days: int = 5  # R-CB-2
    unsigned_to_days: int = 15  # decision 0019
    case_answer_hours: int = 24  # R-CPL-2

    @property
    def slot_gap(self) -> timedelta:
        """R-SLOT-1, start to start."""
        return timedelta(hours=self.slot_gap_hours)

    @property
    def marketplace_closes(self) -> timedelta:
        """R-DUN-3, from the order's placing."""
        return timedelta(hours=self.marketplace_closes_hours)

    @property
    def payment_stale(self) -> timedelta:
        """R-DUN-4, older data forbid a reminder."""
        return timedelta(hours=self.payment_stale_hours)


NOT_SETTINGS = frozenset(
    {
        "version",
        "working_day_opens",
        "day_off_opens",
        "noon_closes",
        "noon_opens",
        "evening_begins",
        "day_closes",
    }
)
"""Fields that the SOP does not mark *default*: the same law for every shop."""

AT_LEAST_ONE = frozenset(
    {
        "survey_contacts",
        "attempts_per_day",
        "reached_per_day",
        "attempts_per_24_hours",
        "attempts_per_30_days",
        "attempts_per_task",
        "lease_minutes",
        "marketplace_closes_hours",
        "payment_stale_hours",
        "case_answer_hours",
    }
)
"""Limits of which a zero would forbid every call for ever."""

LATEST_SHIFT_HOURS = 6
"""R-HOURS-4. A region that opens later still keeps an hour of its evening."""


def settings_of(policy: Policy) -> dict[str, object]:
    """The settable fields as plain JSON values, in the order they are written above."""
    return {
        f.name: _plain(getattr(policy, f.name))
        for f in fields(policy)
        if f.name not in NOT_SETTINGS
    }


def with_overrides(overrides: Mapping[str, object], version: int) -> Policy:
    """The defaults with a shop's own numbers laid over them.

    Raises UsageError naming the field for an unknown field or a value of the wrong kind or range.
    """
    policy = Policy(version=version)
    changes = {name: _parsed(policy, name, value) for name, value in overrides.items()}
    return replace(policy, **changes)


def _plain(value: object) -> object:
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, RegionShift):
        return value.later_hours
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


def _parsed(policy: Policy, name: str, value: object) -> Any:
    if name in NOT_SETTINGS or name not in {f.name for f in fields(policy)}:
        raise UsageError(f"没有这个设置：{name}", field=name)
    default = getattr(policy, name)
    least = 1 if name in AT_LEAST_ONE else 0
    try:
        if isinstance(default, int):
            return _bounded(value, least)
        if isinstance(default, time):
            return time.fromisoformat(str(value))
        mapping: dict[str, Any] = _mapping(value)
        if name == "region_shifts":
            return {
                str(k): RegionShift(_bounded(v, 0, LATEST_SHIFT_HOURS)) for k, v in mapping.items()
            }
        if name == "region_dayparts":
            return {str(k): Daypart(v) for k, v in mapping.items()}
        return {**default, **{Kind(k): _bounded(v, least) for k, v in mapping.items()}}
    except (TypeError, ValueError) as error:
        raise UsageError(f"设置 {name} 的值不对：{value}", field=name) from error


def _mapping(value: Any) -> dict[str, Any]:
    return dict(json.loads(value) if isinstance(value, str) else value)


def _bounded(value: object, least: int, most: int = 100_000) -> int:
    number = int(str(value))
    if not least <= number <= most:
        raise ValueError(value)
    return number
