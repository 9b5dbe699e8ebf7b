"""R-PHONE-2, R-PHONE-3: which number is offered; and where a day begins."""

from __future__ import annotations

import pytest

from campaigns.facts import PhoneFacts
from scheduler.rules.case import best_phone
from tests.factories import SECOND, at, attempt, case, phone, task


def offered(*phones: PhoneFacts, now: str = "05-13 10:00") -> str | None:
    best = best_phone(task(phones=phones), at(now))
    return best.key if best else None


def test_r_phone_3_no_number_at_all() -> None:
    assert offered() is None


@pytest.mark.parametrize("mark", ["is_wrong", "is_spent"])
def test_r_phone_3_a_wrong_or_spent_number_is_not_offered(mark: str) -> None:
    assert offered(phone("a", **{mark: True})) is None
    assert offered(phone("a", **{mark: True}), phone("b")) == "b"


def test_r_phone_3_the_customers_own_comes_before_another_persons() -> None:
    assert offered(phone("a", is_owner=False, is_verified=True), phone("b")) == "b"


def test_r_phone_3_the_verified_one_comes_first() -> None:
    assert offered(phone("a", added_at=at("05-13 09:00")), phone("b", is_verified=True)) == "b"


def test_r_phone_3_then_the_one_last_reached() -> None:
    early = phone("a", is_verified=True, last_reached_at=at("04-13 09:00"))
    late = phone("b", is_verified=True, last_reached_at=at("05-01 09:00"))
    assert offered(early, late) == "b"


def test_r_phone_3_then_the_newest() -> None:
    assert offered(phone("a", added_at=at("05-13 09:00")), phone("b")) == "a"


def test_r_repeat_5_the_number_just_given_comes_before_all() -> None:
    phones = (phone("a", is_verified=True), phone("b"))
    made = attempt("05-13 10:00", "gave_number", given_phone_id=ord("b"))
    found = best_phone(task(made, phones=phones), at("05-13 10:05"))
    assert found is not None
    assert found.key == "b"


def test_r_phone_2_a_relay_number_ends_at_its_contact_by_time() -> None:
    relay = phone("a", usable_until=at("05-13 15:00"))
    of = task(phones=(relay, phone("b", is_owner=False)))
    assert case(of, at("05-13 15:00") - SECOND).phone == relay
    assert case(of, "05-13 15:00").phone == phone("b", is_owner=False)
    assert case(task(phones=(relay,)), "05-13 15:00").phone is None
