"""The numbers marked *default*: what they are, and what a shop may make of them."""

from __future__ import annotations

import json
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.errors import UsageError
from campaigns.policy import (
    NOT_SETTINGS,
    Policy,
    RegionShift,
    check_together,
    settings_of,
    with_overrides,
)
from campaigns.values import Daypart, Kind


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("slot_gap_hours", 2),  # R-SLOT-1
        ("relay_days_after_completion", 15),  # R-PHONE-2
        ("survey_contacts", 2),  # R-REPEAT-1
        ("survey_window_days", 90),
        ("other_campaign_gap_hours", 4),  # R-REPEAT-2
        ("attempt_gap_minutes", 60),  # R-REPEAT-3
        ("attempts_per_day", 2),
        ("reached_per_day", 1),
        ("attempts_per_24_hours", 3),
        ("attempts_per_30_days", 10),
        (  # R-REPEAT-4
            "attempts_per_task",
            {Kind.DUNNING: 3, Kind.CALLBACK: 2, Kind.STOCK_OUT: 4, Kind.SAMPLING: 4},
        ),
        ("reply_hours", 24),  # R-SMP-6
        ("sms_per_day", 2),  # R-REPEAT-3
        ("scored_share_percent", 85),  # R-SMP-2
        ("redial_minutes", 10),  # R-REPEAT-5
        ("lease_minutes", 15),  # R-CLAIM-1
        ("outcome_missing_minutes", 30),
        ("skip_minutes", 30),
        ("plan_at", time(8, 45)),  # R-DUN-1
        ("marketplace_closes_hours", 72),  # R-DUN-3
        ("payment_look_hours", 4),  # R-DUN-4
        ("payment_stale_hours", 24),
        ("message_after_failures", 2),  # R-MSG-1
        ("region_shifts", {"新疆": RegionShift(2), "西藏": RegionShift(2)}),  # R-HOURS-4
        ("region_dayparts", {}),
        ("calls_from", time(9)),  # R-HOURS-1
        ("calls_until", time(20)),
    ],
)
def test_the_defaults_are_those_of_the_procedure(name: str, value: object) -> None:
    assert getattr(Policy(), name) == value


def test_settings_survive_being_written_down() -> None:
    changed = with_overrides(
        {
            "attempts_per_day": 1,
            "plan_at": "07:30",
            "region_shifts": {"青海": 1},
            "region_dayparts": {"浙江": "evening"},
            "attempts_per_task": {"dunning": 5},
        },
        3,
    )
    assert changed.version == 3
    assert changed.plan_at == time(7, 30)
    assert changed.region_dayparts == {"浙江": Daypart.EVENING}
    assert changed.attempts_per_task == {**Policy().attempts_per_task, Kind.DUNNING: 5}
    assert with_overrides(json.loads(json.dumps(settings_of(changed))), 3) == changed


def test_nothing_laid_over_is_the_default() -> None:
    assert with_overrides({}, 0) == Policy()
    assert with_overrides(settings_of(Policy()), 0) == Policy()


@pytest.mark.parametrize("name", ["no_such_thing", *sorted(NOT_SETTINGS)])
def test_r_hours_1_the_law_is_no_setting(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        with_overrides({name: 5}, 1)
    assert refused.value.field == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("attempts_per_day", -1),
        ("attempts_per_day", "viele"),
        ("attempts_per_day", 2.5),
        ("attempts_per_day", None),
        ("attempts_per_day", True),
        ("attempts_per_day", 100_001),
        ("plan_at", "25:00"),
        ("plan_at", "08:45+08:00"),
        ("calls_from", "08:59"),  # the law's windows are never widened
        ("calls_until", "20:01"),
        ("region_shifts", {"青海": "x"}),
        ("region_shifts", [1]),
        ("region_dayparts", {"浙江": "night"}),
        ("attempts_per_task", {"sampling_of_nothing": 3}),
    ],
)
def test_a_value_of_the_wrong_kind_names_its_field(name: str, value: object) -> None:
    with pytest.raises(UsageError) as refused:
        with_overrides({name: value}, 1)
    assert refused.value.field == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("attempts_per_day", 0),
        ("reached_per_day", 0),
        ("attempts_per_24_hours", 0),
        ("attempts_per_30_days", 0),
        ("survey_contacts", 0),
        ("attempts_per_task", {"dunning": 0}),
        ("survey_window_days", 91),  # R-REPEAT-1: older contacts are not read
        ("lease_minutes", 0),
        ("marketplace_closes_hours", 0),
        ("payment_stale_hours", 0),
        ("region_shifts", {"青海": 7}),  # 13:00 + 7 h: there would be no window on any day
    ],
)
def test_a_value_that_would_forbid_every_call_is_refused(name: str, value: object) -> None:
    with pytest.raises(UsageError) as refused:
        with_overrides({name: value}, 1)
    assert refused.value.field == name


NUMBERS = sorted(name for name, value in settings_of(Policy()).items() if isinstance(value, int))


@given(st.dictionaries(st.sampled_from([*NUMBERS, "region_shifts"]), st.integers(-1, 500)))
def test_any_numbers_either_make_a_policy_or_name_a_field(overrides: dict[str, object]) -> None:
    try:
        policy = with_overrides(overrides, 1)
    except UsageError as refused:
        assert refused.field in overrides
    else:
        assert all(getattr(policy, name) == value for name, value in overrides.items())


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"calls_from": "15:00", "calls_until": "15:00"}, "calls_until"),
        ({"calls_from": "12:00", "calls_until": "13:00"}, "calls_until"),  # the noon break
        ({"calls_until": "10:00"}, "calls_until"),  # no window on a day off
        ({"calls_until": "12:00"}, "calls_until"),  # 新疆 has no morning on a day off
        ({"region_shifts": {"新疆": 6}, "calls_until": "19:00"}, "calls_until"),
    ],
)
def test_r_hours_2_own_hours_that_leave_no_window_on_a_day_off_are_refused(
    overrides: dict[str, object], field: str
) -> None:
    with pytest.raises(UsageError) as refused:
        with_overrides(overrides, 1)
    assert refused.value.field == field


def test_r_hours_1_a_shop_may_narrow_its_hours() -> None:
    policy = with_overrides({"calls_from": "09:30", "calls_until": "18:00:59"}, 1)
    assert (policy.calls_from, policy.calls_until) == (time(9, 30), time(18))
    with_overrides({"calls_until": "12:00", "region_shifts": {}}, 1)


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"signed_from_days": 11}, "signed_from_days"),
        ({"unsigned_to_days": 4}, "unsigned_from_days"),
        ({"payment_look_hours": 25}, "payment_look_hours"),
        ({"reached_per_day": 3}, "reached_per_day"),
        ({"attempts_per_day": 4}, "attempts_per_day"),
        ({"attempts_per_24_hours": 11}, "attempts_per_24_hours"),
    ],
)
def test_numbers_that_make_no_sense_side_by_side_are_refused_and_stay_readable(
    overrides: dict[str, object], field: str
) -> None:
    policy = with_overrides(overrides, 1)
    with pytest.raises(UsageError) as refused:
        check_together(policy)
    assert refused.value.field == field
    check_together(Policy())
