from __future__ import annotations

from typing import Any

import pytest

from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import task
from adapters.store.models.customers import order
from adapters.store.models.shop import policy_version
from tests.scheduler.verify.matters import Parcel, case, parcel, rider
from tests.scheduler.verify.story import CALLBACK, Story, at


@pytest.mark.parametrize("signed", ["05-02 23:00", "05-09 23:59"])
def test_r_cb_2_signed_for_three_to_ten_days_ago_is_in_time(story: Story, signed: str) -> None:
    one = parcel(story, signed=signed, shipped="05-01 10:00")
    story.call(one.task, "05-12 09:30", "no_answer")
    assert story.broken() == set()


@pytest.mark.parametrize("signed", ["05-01 23:59", "05-10 00:01"])
def test_r_cb_2_signed_for_too_long_ago_or_only_just(story: Story, signed: str) -> None:
    one = parcel(story, signed=signed, shipped="05-01 10:00")
    entry = story.call(one.task, "05-12 09:30", "no_answer")
    (found,) = story.report().violations
    assert (found.rule, found.attempt) == ("R-CB-2", entry)


@pytest.mark.parametrize(("shipped", "rules"), [("05-07", set()), ("05-08", {"R-CB-2"})])
def test_r_cb_2_on_its_way_since_five_days(story: Story, shipped: str, rules: set[str]) -> None:
    one = parcel(story, signed=None, shipped=f"{shipped} 10:00")
    story.call(one.task, "05-12 09:30", "no_answer")
    assert story.broken() == rules


def test_r_cb_2_on_its_way_for_more_than_fifteen_days(story: Story) -> None:
    one = parcel(story, signed=None, shipped="05-05 10:00", day="05-20")
    entry = story.call(one.task, "05-20 09:30", "no_answer")
    assert story.broken() == set()
    story.change(order, one.order, shipped_at=at("05-04 23:59"), shipped_seen_at=None)
    story.change(attempt, entry, at=at("05-21 09:30"))
    assert "R-CB-2" in story.broken()


def test_r_cb_2_without_a_stated_time_the_first_sighting_counts(story: Story) -> None:
    one = parcel(story, signed="05-10 10:00")
    story.change(order, one.order, received_at=None)
    entry = story.call(one.task, "05-13 09:30", "no_answer")
    assert story.broken() == set()
    story.change(attempt, entry, at=at("05-12 09:30"))
    assert "R-CB-2" in story.broken()


def test_r_cb_2_signed_for_as_known_before_the_call(story: Story) -> None:
    one = parcel(story, signed=None)
    story.call(one.task, "05-13 09:30", "no_answer")
    story.seen(one.order, "05-13 09:40", "completed", paid="05-04 11:00")
    assert story.broken() == set()
    story.call(one.task, "05-14 14:30", "no_answer")
    assert story.broken() == {"R-CB-2"}


def test_r_cb_2_a_closed_order_is_nobodys_business(story: Story) -> None:
    one = parcel(story, signed=None)
    story.seen(one.order, "05-12 08:00", "closed", paid="05-04 11:00")
    story.call(one.task, "05-12 09:30", "no_answer")
    assert story.broken() == {"R-CB-2"}


def test_r_cb_2_the_policy_of_the_attempt_counts(story: Story) -> None:
    one = parcel(story, signed="05-02 10:00", shipped="05-01 10:00")
    entry = story.call(one.task, "05-13 09:30", "no_answer")
    assert story.broken() == {"R-CB-2"}
    made = {"created_at": at("05-13 09:00"), "created_by": "王五"}
    version = story.row(policy_version, overrides='{"signed_to_days": 11}', **made)
    story.change(attempt, entry, policy_version=version)
    assert story.broken() == set()


def test_r_cb_2_a_callback_without_a_topic(story: Story) -> None:
    one = parcel(story)
    story.change(task, one.task, topic="")
    story.call(one.task, "05-12 09:30", "no_answer")
    assert story.broken() == {"R-CB-2"}


def test_r_cb_2_a_callback_before_its_day(story: Story) -> None:
    one = parcel(story, day="05-13")
    story.change(task, one.task, created_at=at("05-12 08:45"))
    story.call(one.task, "05-12 09:30", "no_answer")
    assert "R-CB-2" in story.broken()


@pytest.mark.parametrize("outcome", ["satisfied", "no_time", "guided"])
def test_r_cb_3_an_answer_ends_the_callback_at_once(story: Story, outcome: str) -> None:
    one = parcel(story)
    story.call(one.task, "05-12 09:30", outcome)
    assert story.broken() == {"R-CB-3"}
    story.end(one.task, "05-12 09:32", "declined" if outcome == "no_time" else "answered")
    assert story.broken() == set()


def test_r_cb_3_an_ending_that_nobody_said(story: Story) -> None:
    one = parcel(story)
    story.call(one.task, "05-12 09:30", "no_answer")
    story.end(one.task, "05-12 09:32", "answered")
    assert story.broken() == {"R-CB-3"}


@pytest.mark.parametrize("outcome", ["will_pay", "agrees", "relay"])
def test_r_cb_3_an_outcome_of_another_kind(story: Story, outcome: str) -> None:
    one = parcel(story)
    story.call(one.task, "05-12 09:30", outcome)
    assert "R-CB-3" in story.broken()


@pytest.mark.parametrize("ending", ["paid", "agreed", "deadline"])
def test_r_cb_3_an_ending_of_another_kind(story: Story, ending: str) -> None:
    one = parcel(story)
    story.end(one.task, "05-12 09:00", ending)
    assert story.broken() == {"R-CB-3"}


def test_r_cb_3_called_again_after_an_answer(story: Story) -> None:
    one = parcel(story)
    story.call(one.task, "05-12 09:30", "satisfied")
    story.end(one.task, "05-12 09:32", "answered")
    story.call(one.task, "05-13 14:30", "no_answer")
    assert "R-CB-3" in story.broken()


@pytest.mark.parametrize(("ending", "when"), [("overtaken", "05-13"), ("lapsed", "05-18")])
def test_r_cb_2_an_ending_that_the_parcel_does_not_bear_out(
    story: Story, ending: str, when: str
) -> None:
    one = parcel(story)
    story.end(one.task, f"{when} 23:59", ending)
    assert story.broken() == {"R-CB-2"}


def test_r_cb_2_endings_that_the_parcel_bears_out(story: Story) -> None:
    lapsed, came = parcel(story), parcel(story, "came", signed=None)
    story.end(lapsed.task, "05-19 00:00", "lapsed")
    story.seen(came.order, "05-13 08:30", "completed", paid="05-04 11:00")
    story.end(came.task, "05-13 08:30", "overtaken")
    assert story.broken() == set()


def test_r_cb_4_a_promise_to_chase_is_work_within_two_days(story: Story) -> None:
    one = parcel(story, signed=None)
    entry = story.call(one.task, "05-12 09:30", "parcel_chased")
    story.end(one.task, "05-12 09:32", "answered")
    assert story.broken() == {"R-CB-4"}
    work: dict[str, Any] = {"attempt_id": entry, "due_at": at("05-14 09:32")}
    chase = story.todo(one.task, "chase_parcel", "05-12 09:32")
    story.change(todo, chase, **work)
    assert story.broken() == set()
    story.change(todo, chase, due_at=at("05-14 09:33"))
    assert story.broken() == {"R-CPL-2"}


def test_r_repeat_4_a_callback_is_tried_twice(story: Story) -> None:
    one = parcel(story)
    story.call(one.task, "05-12 09:30", "no_answer")
    story.call(one.task, "05-12 14:30", "no_answer")
    assert story.broken() == set(), "nor does it ask for a Wangwang message"
    story.call(one.task, "05-13 18:30", "no_answer")
    assert story.broken() == {"R-REPEAT-4"}


def test_r_slot_1_a_callback_is_retried_in_another_daypart(story: Story) -> None:
    one = parcel(story)
    story.call(one.task, "05-12 09:30", "no_answer")
    story.call(one.task, "05-13 09:30", "no_answer")
    assert story.broken() == {"R-SLOT-1"}


def surveyed(story: Story, days: list[str]) -> list[Parcel]:
    """One customer, asked about a parcel of its own on each of these days."""
    customer = story.customer("asked")
    story.phone(customer)
    asked = []
    for day in days:
        signed = f"{day[:3]}{int(day[3:]) - 4:02d} 10:00"
        one = parcel(story, signed=signed, shipped=signed, day=day, customer=customer)
        story.call(one.task, f"{day} 09:30", "satisfied")
        story.end(one.task, f"{day} 09:32", "answered")
        asked.append(one)
    return asked


def test_r_repeat_1_two_surveys_are_enough(story: Story) -> None:
    surveyed(story, ["05-09", "05-14"])
    assert story.broken() == set()


def test_r_repeat_1_a_third_survey_within_ninety_days(story: Story) -> None:
    surveyed(story, ["05-09", "05-14", "05-28"])
    assert story.broken() == {"R-REPEAT-1"}


def test_r_repeat_1_after_ninety_days_the_customer_may_be_asked_again(story: Story) -> None:
    surveyed(story, ["05-09", "05-14", "08-07"])
    assert story.broken() == set()


def test_r_repeat_1_a_survey_that_rode_on_another_call_counts(story: Story) -> None:
    one, _ = surveyed(story, ["05-09", "05-14"])
    order_id = story.order(one.customer, "05-27 20:00", ["05-28 08:30"])
    unpaid = story.task(one.customer, [order_id], "05-28")
    late = parcel(
        story, signed="05-24 10:00", shipped="05-20 10:00", day="05-28", customer=one.customer
    )
    main = story.call(unpaid, "05-28 09:30", "will_pay")
    assert story.broken() == set()
    riding = rider(story, main, late.task, "satisfied")
    story.end(late.task, "05-28 09:32", "answered")
    (found,) = story.report().violations
    assert (found.rule, found.attempt) == ("R-REPEAT-1", riding)


def test_r_repeat_1_what_was_not_reached_was_no_survey(story: Story) -> None:
    one, _ = surveyed(story, ["05-09", "05-14"])
    first = story.report().checked["attempts"]
    assert first == 2
    with story.engine.begin() as connection:
        connection.execute(
            attempt.update()
            .where(attempt.c.campaign_id == CALLBACK)
            .values(outcome="no_answer", is_reached=False)
        )
    late = parcel(
        story, signed="05-24 10:00", shipped="05-20 10:00", day="05-28", customer=one.customer
    )
    story.call(late.task, "05-28 09:30", "no_answer")
    assert "R-REPEAT-1" not in story.broken()


def test_r_case_1_a_complaint_in_a_callback_opens_a_case(story: Story) -> None:
    one = parcel(story)
    entry = story.call(one.task, "05-12 09:30", "complaint")
    story.end(one.task, "05-12 09:32", "answered")
    assert story.broken() == {"R-CASE-1"}
    case(story, entry)
    assert story.broken() == set()
