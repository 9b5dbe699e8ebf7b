"""R-REPEAT-3, R-HOURS-4, R-SLOT-1. A campaign's own numbers: which may differ, and what they make."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.errors import UsageError
from campaigns.own_numbers import checked, composed, may_differ, overrides_of
from campaigns.policy import settings_of, with_overrides
from campaigns.values import Kind

SHOP = with_overrides({}, 7)
OWN = [Kind.DUNNING, Kind.CALLBACK, Kind.STOCK_OUT]
OPENS = st.times(time(9, 0), time(11, 0)).map(lambda t: f"{t:%H:%M}")


@pytest.mark.parametrize("kind", OWN)
@pytest.mark.parametrize(
    "name", ["attempts_per_day", "reached_per_day", "attempts_per_30_days", "survey_contacts"]
)
def test_r_repeat_3_what_protects_the_customer_is_the_shops_alone(kind: Kind, name: str) -> None:
    assert name not in may_differ(kind)
    with pytest.raises(UsageError, match="R-REPEAT-3") as caught:
        checked(kind, {name: 1}, SHOP)
    assert caught.value.field == name


def test_r_smp_3_the_sampling_has_no_numbers_of_its_own() -> None:
    assert may_differ(Kind.SAMPLING) == ()


@pytest.mark.parametrize("kind", OWN)
def test_numbers_that_may_differ_are_numbers_that_there_are(kind: Kind) -> None:
    assert set(may_differ(kind)) <= set(settings_of(SHOP))


@pytest.mark.parametrize(
    ("kind", "own", "field"),
    [
        (Kind.DUNNING, {"calls_from": "08:59"}, "calls_from"),
        (Kind.DUNNING, {"calls_until": "19:31"}, "calls_until"),
        (Kind.DUNNING, {"signed_to_days": 9}, "signed_to_days"),
        (Kind.CALLBACK, {"message_after_failures": 3}, "message_after_failures"),
        (Kind.DUNNING, {"attempts_per_task": {"callback": 2}}, "attempts_per_task"),
        (Kind.DUNNING, {"marketplace_closes_hours": 24}, "marketplace_closes_hours"),
    ],
)
def test_what_may_not_differ_names_its_field(
    kind: Kind, own: dict[str, object], field: str
) -> None:
    shop = with_overrides({"calls_from": "09:00", "calls_until": "19:30"}, 1)
    with pytest.raises(UsageError) as caught:
        checked(kind, own, shop)
    assert caught.value.field == field


@pytest.mark.parametrize("kind", OWN)
def test_the_shops_own_number_is_not_kept(kind: Kind) -> None:
    below = settings_of(SHOP)
    assert checked(kind, {"slot_gap_hours": below["slot_gap_hours"]}, SHOP) == {}
    assert checked(kind, {}, SHOP) == {}


@given(OPENS, OPENS)
def test_r_hours_4_windows_never_reach_beyond_the_shops(own: str, shops: str) -> None:
    below = with_overrides({"calls_from": shops}, 1)
    made = composed({"calls_from": own}, below, 3)
    assert f"{made.calls_from:%H:%M}" == max(own, shops)
    assert made.calls_until == below.calls_until


def test_one_kinds_attempts_leave_the_others() -> None:
    shop = with_overrides({"attempts_per_task": {"callback": 1}}, 1)
    made = composed({"attempts_per_task": {"dunning": 2}}, shop, 3)
    assert made.attempts_per_task[Kind.DUNNING] == 2
    others = [kind for kind in Kind if kind is not Kind.DUNNING]
    assert [made.attempts_per_task[k] for k in others] == [
        shop.attempts_per_task[k] for k in others
    ]


@given(OPENS, st.integers(1, 3))
def test_r_hours_6_a_version_is_what_differs_from_the_defaults(opens: str, attempts: int) -> None:
    own = {"calls_from": opens, "attempts_per_task": {"dunning": attempts}}
    made = composed(own, SHOP, 3)
    kept = overrides_of(made)
    assert settings_of(with_overrides(kept, 3)) == settings_of(made)
    assert set(kept) <= {"calls_from", "attempts_per_task"}
