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
    return {Kind.DUNNING: 3, Kind.CALLBACK: 2, Kind.STOCK_OUT: 4, Kind.SAMPLING: 4}


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
    calls_from: time = time(9)  # R-HOURS-1, R-HOURS-2: a shop may narrow the windows
    calls_until: time = time(20)  # R-HOURS-1, R-HOURS-2: never widen them
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
    ship_within_hours: int = 48  # decision 0021
    case_answer_hours: int = 24  # R-CPL-2
    scored_share_percent: int = 85  # R-SMP-2, until the shop's own months tell
    reply_hours: int = 24  # R-SMP-6
    sms_per_day: int = 2  # R-REPEAT-3
    sms_per_minute: int = 60  # R-MSG-2: never above what the line allows
    sms_segment_fen: int = 5  # R-MSG-2: what one segment costs
    ring_seconds: int = 30  # how long a customer's phone rings before 无人接听
    settle_minutes: int = 15  # decision 0027: how long a call that may have rung is asked about
    records_calls: int = 0  # R-SMP-12: 1 records the calls of lines that can, and says so

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
        "scored_share_percent",
        "reply_hours",
        "sms_per_day",
        "sms_per_minute",
        "ring_seconds",
        "settle_minutes",
    }
)
"""Limits of which a zero would forbid every call for ever."""

MOST = 100_000
"""No number of these needs to be larger."""

AT_MOST = {
    "survey_window_days": 90,
    "scored_share_percent": 100,
    "ring_seconds": 120,
    "settle_minutes": 120,
    "records_calls": 1,
}
"""R-REPEAT-1: as far back as a customer's history is read. R-SMP-2: a share."""

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
    made = replace(policy, **changes)
    _check_windows(made)
    return made


def check_together(policy: Policy) -> None:
    """Refuse numbers that are each allowed and make no sense side by side; asked before a change.

    Raises UsageError naming the field. Numbers that were stored before this was asked stay valid.
    """
    for least, most, message in _IN_ORDER:
        if getattr(policy, least) > getattr(policy, most):
            raise UsageError(message, field=least)


_IN_ORDER: tuple[tuple[str, str, str], ...] = (
    ("signed_from_days", "signed_to_days", "开始的天数不能大于结束的天数"),
    ("unsigned_from_days", "unsigned_to_days", "开始的天数不能大于结束的天数"),
    ("payment_look_hours", "payment_stale_hours", "要先看后台的时限不能比不再催的时限长"),
    ("reached_per_day", "attempts_per_day", "每天接通的上限不能大于每天拨打的上限"),
    ("attempts_per_day", "attempts_per_24_hours", "每天的上限不能大于 24 小时的上限"),
    ("attempts_per_24_hours", "attempts_per_30_days", "24 小时的上限不能大于 30 天的上限"),
)


def _check_windows(policy: Policy) -> None:
    """R-HOURS-1, R-HOURS-2. The shop's own hours lie inside the law's and leave every region some.

    The narrowest day is a day off: a region that opens later must still have a window on it.
    """
    if policy.calls_from < policy.working_day_opens:
        raise UsageError(f"不能早于 {policy.working_day_opens:%H:%M}", field="calls_from")
    if policy.calls_until > policy.day_closes:
        raise UsageError(f"不能晚于 {policy.day_closes:%H:%M}", field="calls_until")
    if policy.calls_from >= policy.calls_until:
        raise UsageError("结束要晚于开始", field="calls_until")
    for region, later in {
        "": 0,
        **{k: v.later_hours for k, v in policy.region_shifts.items()},
    }.items():
        morning, afternoon = (
            opens.replace(hour=opens.hour + later)
            for opens in (policy.day_off_opens, policy.noon_opens)
        )
        has_morning = max(morning, policy.calls_from) < min(policy.noon_closes, policy.calls_until)
        has_afternoon = max(afternoon, policy.calls_from) < policy.calls_until
        if not has_morning and not has_afternoon:
            where = f"{region}在" if region else ""
            raise UsageError(f"这样{where}休息日没有可以拨打的时段", field="calls_until")


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
            return _bounded(value, least, AT_MOST.get(name, MOST))
        if isinstance(default, time):
            return _wall_clock(value)
        mapping: dict[str, Any] = _mapping(value)
        if name == "region_shifts":
            return {
                str(k): RegionShift(_bounded(v, 0, LATEST_SHIFT_HOURS)) for k, v in mapping.items()
            }
        if name == "region_dayparts":
            return {str(k): Daypart(v) for k, v in mapping.items()}
        return {**default, **{Kind(k): _bounded(v, least) for k, v in mapping.items()}}
    except (TypeError, ValueError) as error:
        raise UsageError(_wanted(default, name, least), field=name) from error


def _wanted(default: object, name: str, least: int) -> str:
    """What may stand in a field, for whoever wrote something else."""
    if isinstance(default, time):
        return "请写几点几分，例如 08:45"
    if name == "region_shifts":
        return f"晚开的小时数是 0 到 {LATEST_SHIFT_HOURS}"
    if name == "region_dayparts":
        return "时段是 morning、afternoon 或 evening"
    return f"请填 {least} 到 {MOST} 的整数"


def _wall_clock(value: object) -> time:
    clock = time.fromisoformat(str(value))
    if clock.tzinfo is not None:
        raise ValueError(value)
    return clock.replace(second=0, microsecond=0)


def _mapping(value: Any) -> dict[str, Any]:
    return dict(json.loads(value) if isinstance(value, str) else value)


def _bounded(value: object, least: int, most: int = MOST) -> int:
    number = int(str(value))
    if not least <= number <= most:
        raise ValueError(value)
    return number
