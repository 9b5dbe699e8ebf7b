from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.store.models.calls import attempt
from tests.scheduler.verify.conftest import One, one_task
from tests.scheduler.verify.story import SECOND_CAMPAIGN, Story, at

OFF = {"05-18", "05-24", "06-01"}


def test_r_slot_1_a_retry_within_two_hours(one: One) -> None:
    one.story.call(one.task, "05-12 11:30", "no_answer")
    one.story.call(one.task, "05-12 13:20", "no_answer")
    one.story.todo(one.task, "wangwang", "05-12 13:22")
    assert one.story.broken() == {"R-SLOT-1"}


def test_r_slot_1_a_retry_in_the_same_daypart_while_another_can_open(one: One) -> None:
    one.story.call(one.task, "05-12 09:30", "no_answer")
    one.story.call(one.task, "05-13 09:40", "no_answer")
    one.story.todo(one.task, "wangwang", "05-13 09:42")
    assert one.story.broken() == {"R-SLOT-1"}


def two_parts_only(story: Story) -> One:
    """On a day off 西藏 has no morning; the order closes on Sunday at 20:00 (R-HOURS-4)."""
    customer = story.customer("far", "西藏")
    phone = story.phone(customer)
    order = story.order(customer, "05-15 20:00", ["05-16 08:30", "05-17 08:30", "05-18 08:30"])
    return One(story, customer, phone, order, story.task(customer, [order], "05-16"))


def test_r_slot_1_all_tried_the_oldest_on_a_later_day(story: Story) -> None:
    far = two_parts_only(story)
    story.call(far.task, "05-16 18:00", "no_answer")
    story.call(far.task, "05-17 16:00", "no_answer", day_kind="day_off")
    story.todo(far.task, "wangwang", "05-17 16:02")
    third = story.call(far.task, "05-18 17:00", "no_answer", day_kind="day_off")
    assert story.broken() == set()
    story.change(attempt, third, at=at("05-18 16:30"))
    assert story.broken() == {"R-SLOT-1"}


def test_r_slot_1_all_tried_the_oldest_but_on_the_same_day(story: Story) -> None:
    far = two_parts_only(story)
    story.call(far.task, "05-16 18:00", "no_answer")
    story.call(far.task, "05-17 15:00", "no_answer", day_kind="day_off")
    story.todo(far.task, "wangwang", "05-17 15:02")
    story.call(far.task, "05-17 18:00", "no_answer", day_kind="day_off")
    assert story.broken() == {"R-SLOT-1"}


def other_task(one: One, day: str, placed: str, campaign: int = SECOND_CAMPAIGN) -> int:
    order = one.story.order(one.customer, placed, [f"{day} 08:29"], fen=5_000)
    return one.story.task(one.customer, [order], day, campaign)


def test_r_repeat_2_two_campaigns_within_four_hours(one: One) -> None:
    other = other_task(one, "05-12", "05-11 10:00")
    one.story.call(one.task, "05-12 09:30", "no_answer")
    one.story.call(other, "05-12 13:00", "no_answer")
    assert one.story.broken() == {"R-REPEAT-2"}


def test_r_repeat_3_one_hour_between_two_attempts(one: One) -> None:
    first = one.story.call(one.task, "05-12 11:30", "cut_off")
    one.story.change(attempt, first, outcome="no_answer", is_reached=False)
    other = other_task(one, "05-12", "05-11 10:00")
    one.story.call(other, "05-12 11:50", "no_answer")
    # Another campaign's four hours hold the shorter gap: both rules are broken.
    assert one.story.broken() == {"R-REPEAT-2", "R-REPEAT-3"}


def test_r_repeat_3_the_third_attempt_of_a_day(one: One) -> None:
    other = other_task(one, "05-12", "05-11 10:00")
    one.story.call(one.task, "05-12 09:00", "no_answer")
    one.story.call(other, "05-12 13:00", "no_answer")
    one.story.call(one.task, "05-12 18:00", "no_answer")
    one.story.todo(one.task, "wangwang", "05-12 18:02")
    assert one.story.broken() == {"R-REPEAT-3"}


def test_r_repeat_3_a_second_attempt_after_a_reached_contact_of_the_day(one: One) -> None:
    one.story.call(one.task, "05-12 09:30", "busy")
    one.story.call(one.task, "05-12 14:00", "no_answer")
    assert one.story.broken() == {"R-REPEAT-3"}


def test_r_repeat_3_the_fourth_attempt_in_24_hours(one: One) -> None:
    other = other_task(one, "05-12", "05-11 10:00")
    one.story.call(one.task, "05-12 13:30", "no_answer")
    one.story.call(other, "05-12 18:00", "no_answer")
    one.story.call(one.task, "05-13 09:00", "no_answer")
    one.story.todo(one.task, "wangwang", "05-13 09:02")
    fourth = one.story.call(other, "05-13 13:29", "no_answer")
    one.story.todo(other, "wangwang", "05-13 13:31")
    one.story.seen(2, "05-13 08:29")
    assert one.story.broken() == {"R-REPEAT-3"}
    one.story.change(attempt, fourth, at=at("05-13 13:30"), dialled_at=at("05-13 13:30"))
    assert one.story.broken() == set()


def test_r_repeat_3_the_eleventh_attempt_in_30_days_even_if_promised(story: Story) -> None:
    customer = story.customer("often")
    story.phone(customer)
    for n in range(11):
        day = at("05-12 00:00") + timedelta(days=2 * n)
        yesterday = (day + timedelta(hours=8) - timedelta(days=1)).strftime("%m-%d")
        today = (day + timedelta(hours=8)).strftime("%m-%d")
        order = story.order(customer, f"{yesterday} 20:00", [f"{today} 08:30"])
        task = story.task(customer, [order], today)
        day_kind = "day_off" if today in OFF else "working"
        story.call(task, f"{today} 10:30", "no_answer", day_kind=day_kind)
        story.end(task, f"{today} 20:00", "deadline")
        assert story.broken() == ({"R-REPEAT-3"} if n == 10 else set()), today


def test_r_repeat_4_a_fourth_attempt_of_one_task(one: One) -> None:
    for when in ("05-12 09:30", "05-12 14:00", "05-13 18:00"):
        one.story.call(one.task, when, "no_answer")
    one.story.todo(one.task, "wangwang", "05-12 14:02")
    one.story.call(one.task, "05-14 09:30", "no_answer")
    assert one.story.broken() == {"R-REPEAT-4"}


def test_r_repeat_5_a_promised_call_may_exceed_the_budget(one: One) -> None:
    for when in ("05-12 09:30", "05-12 14:00"):
        one.story.call(one.task, when, "no_answer")
    one.story.todo(one.task, "wangwang", "05-12 14:02")
    one.story.call(one.task, "05-13 18:00", "busy", callback_at=at("05-13 18:30"))
    one.story.call(one.task, "05-13 18:30", "no_answer", exemption="promised")
    assert one.story.broken() == set()


@pytest.mark.parametrize("outcome", ["busy", "no_answer"])
def test_r_repeat_5_a_claimed_promise_that_nobody_made(one: One, outcome: str) -> None:
    one.story.call(one.task, "05-12 10:00", outcome)
    one.story.call(one.task, "05-12 13:10", "busy", exemption="promised")
    expected = {"R-REPEAT-3"} if outcome == "busy" else set()
    assert one.story.broken() == expected


def test_r_repeat_5_a_new_number_counts_only_right_after_it_was_given(one: One) -> None:
    given = one.story.phone(one.customer, "key-given")
    one.story.call(one.task, "05-12 10:00", "gave_number", given_phone_id=given)
    one.story.call(one.task, "05-12 10:05", "no_answer", exemption="new_number")
    # Not on the number that was given: the gap, the reached contact and the daypart hold.
    assert one.story.broken() == {"R-REPEAT-3", "R-SLOT-1"}


def test_r_repeat_5_the_third_call_of_a_day_is_no_matter_of_numbers(one: One) -> None:
    second = one.story.phone(one.customer, "key-2")
    third = one.story.phone(one.customer, "key-3")
    one.story.call(one.task, "05-12 10:00", "wrong_number")
    one.story.call(one.task, "05-12 10:05", "wrong_number", phone_id=second)
    one.story.call(one.task, "05-12 10:10", "no_answer", phone_id=third)
    assert one.story.broken() == {"R-REPEAT-3"}


@pytest.mark.parametrize(
    ("redialled", "rules"),
    [
        ("05-12 10:12", set()),
        ("05-12 10:13", {"R-REPEAT-5", "R-REPEAT-3", "R-SLOT-1"}),
    ],
)
def test_r_repeat_5_a_cut_line_is_redialled_within_ten_minutes(
    one: One, redialled: str, rules: set[str]
) -> None:
    first = one.story.call(one.task, "05-12 10:00", "cut_off")
    one.story.call(one.task, redialled, "busy", redial_of=first, exemption="cut_off")
    assert one.story.broken() == rules


def test_r_repeat_5_a_cut_line_is_redialled_once(one: One) -> None:
    first = one.story.call(one.task, "05-12 10:00", "cut_off")
    again = one.story.call(one.task, "05-12 10:04", "cut_off", redial_of=first)
    one.story.call(one.task, "05-12 10:08", "busy", redial_of=again)
    assert "R-REPEAT-5" in one.story.broken()


def test_r_repeat_5_a_redial_is_not_counted_again(story: Story) -> None:
    one = one_task(story, "cut")
    first = story.call(one.task, "05-12 09:30", "cut_off")
    story.call(one.task, "05-12 09:35", "no_answer", redial_of=first)
    story.call(one.task, "05-13 14:00", "no_answer")
    story.todo(one.task, "wangwang", "05-13 14:02")
    story.call(one.task, "05-14 18:00", "no_answer")
    assert story.broken() == set()
