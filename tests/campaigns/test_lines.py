"""What a line tells adds up to the same, whatever its order and repetition (safety I14)."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.lines import (
    CallEvent,
    CallPicture,
    Cause,
    Leg,
    SmsEvent,
    What,
    picture_of,
    sms_state_of,
)
from campaigns.values import SmsState

START = datetime(2025, 5, 13, 1, 30, tzinfo=UTC)


def told(leg: Leg, what: What, second: int | None, **more: object) -> CallEvent:
    at = None if second is None else START + timedelta(seconds=second)
    leg_id = "CA1" if leg is Leg.CALLER else "CA2"
    parent = None if leg is Leg.CALLER else "CA1"
    key = f"{leg}:{what}:{second}:{sorted(more.items())}"
    return CallEvent(key, leg, what, at, provider_id=leg_id, parent_id=parent, **more)  # type: ignore[arg-type]


TALK = (
    told(Leg.CALLER, What.ANSWERED, 1),
    told(Leg.CUSTOMER, What.RINGING, 3),
    told(Leg.CUSTOMER, What.ANSWERED, 8),
    told(Leg.CUSTOMER, What.ENDED, 60, cause=Cause.TALKED),
    told(Leg.CALLER, What.ENDED, 61),
)

EVENTS = st.builds(
    told,
    st.sampled_from(Leg),
    st.sampled_from(What),
    st.one_of(st.none(), st.integers(0, 90)),
    cause=st.one_of(st.none(), st.sampled_from(Cause)),
    digits=st.one_of(st.none(), st.sampled_from(["1", "5", "9"])),
)


def test_a_talk() -> None:
    found = picture_of(TALK)
    assert (found.cause, found.is_over, found.ended_at) == (Cause.TALKED, True, TALK[-1].at)
    assert (found.provider_id, found.customer_leg_id) == ("CA1", "CA2")


def test_every_order_of_every_part_of_a_talk() -> None:
    for many in range(len(TALK) + 1):
        for part in itertools.combinations(TALK, many):
            wanted = picture_of(part)
            assert all(picture_of(order) == wanted for order in itertools.permutations(part))


@given(st.lists(EVENTS, max_size=8), st.randoms(use_true_random=False))
def test_order_and_repetition_make_no_difference(events: list[CallEvent], chance: object) -> None:
    again = [*events, *events[:3]]
    chance.shuffle(again)  # type: ignore[attr-defined]
    assert picture_of(again) == picture_of(events)


def test_nothing_told_says_nothing() -> None:
    assert picture_of([]) == CallPicture()


def test_a_caller_who_was_busy_says_nothing_of_the_customer() -> None:
    found = picture_of([told(Leg.CALLER, What.ENDED, 9, cause=Cause.BUSY)])
    assert (found.cause, found.is_over, found.reached_customer) == (None, True, False)


def test_r_smp_4_the_call_goes_on_while_the_customer_is_asked_for_a_key() -> None:
    alone = [*TALK[:3], told(Leg.CALLER, What.ENDED, 50)]
    assert picture_of(alone).ended_at is None
    pressed = [*alone, told(Leg.CUSTOMER, What.DIGITS, 58, digits="4"), TALK[3]]
    assert (picture_of(pressed).digits, picture_of(pressed).ended_at) == ("4", TALK[3].at)


def test_the_first_key_counts() -> None:
    keys = [told(Leg.CUSTOMER, What.DIGITS, at, digits=d) for at, d in ((58, "2"), (52, "5"))]
    assert picture_of(keys).digits == "5"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_r_msg_2_a_receipt_of_delivery_says_more_than_one_of_failure(order: list[int]) -> None:
    told_of = [
        SmsEvent("a", SmsState.SENT),
        SmsEvent("b", SmsState.FAILED, error_code="30003"),
        SmsEvent("c", SmsState.DELIVERED),
    ]
    assert sms_state_of([told_of[i] for i in order]) == told_of[2]
    assert sms_state_of(told_of[:2]) == told_of[1]
    assert sms_state_of([]) is None
