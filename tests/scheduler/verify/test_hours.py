from __future__ import annotations

import json
from datetime import date

import pytest

from adapters.store.models.calls import attempt
from adapters.store.models.customers import order
from adapters.store.models.shop import calendar_day, calendar_version, policy_version
from tests.scheduler.verify.conftest import One, one_task
from tests.scheduler.verify.story import Story, at


@pytest.mark.parametrize("when", ["05-12 08:59:59", "05-12 12:30", "05-12 21:00"])
def test_r_hours_1_a_call_outside_the_windows_of_a_working_day(one: One, when: str) -> None:
    one.story.call(one.task, when, "no_answer")
    assert one.story.broken() == {"R-HOURS-1"}


@pytest.mark.parametrize("when", ["05-12 12:00", "05-12 20:00"])
def test_r_hours_3_the_closing_instant_is_outside(one: One, when: str) -> None:
    one.story.call(one.task, when, "no_answer")
    assert one.story.broken() == {"R-HOURS-3"}


@pytest.mark.parametrize("when", ["05-12 09:00", "05-12 11:59:59", "05-12 19:59:59"])
def test_r_hours_3_the_opening_instant_is_inside(one: One, when: str) -> None:
    one.story.call(one.task, when, "no_answer")
    assert one.story.broken() == set()


def on_a_day(story: Story, placed: str, day: str, region: str | None = "浙江") -> int:
    customer = story.customer(f"buyer-{day}", region)
    story.phone(customer)
    order_id = story.order(customer, placed, [f"{day} 08:30"])
    return story.task(customer, [order_id], day)


def test_r_hours_2_a_day_off_opens_an_hour_later(story: Story) -> None:
    task = on_a_day(story, "05-16 20:00", "05-17")
    story.call(task, "05-17 09:30", "no_answer", day_kind="day_off")
    assert story.broken() == {"R-HOURS-2"}


def test_r_hours_2_a_make_up_working_day_is_no_day_off(story: Story) -> None:
    task = on_a_day(story, "04-26 20:00", "04-27")  # a Sunday that was worked
    story.call(task, "04-27 09:30", "no_answer")
    assert story.broken() == set()


def test_r_hours_6_a_stored_kind_of_day_that_the_calendar_does_not_say(one: One) -> None:
    one.story.call(one.task, "05-12 10:30", "no_answer", day_kind="day_off")
    assert one.story.broken() == {"R-HOURS-6"}


def test_r_hours_6_an_unknown_year_has_the_narrow_windows(story: Story) -> None:
    task = on_a_day(story, "2027-03-01 20:00", "2027-03-02")
    entry = story.call(task, "2027-03-02 10:30", "no_answer", day_kind="unknown")
    assert story.broken() == set()
    story.change(attempt, entry, at=at("2027-03-02 09:30"))
    assert story.broken() == {"R-HOURS-6"}


def test_r_hours_6_a_day_entered_by_hand_is_known(story: Story) -> None:
    version = story.row(
        calendar_version,
        created_at=at("02-01 00:00"),
        source="test",
        first_year=2004,
        last_year=2026,
    )
    story.row(
        calendar_day,
        version_id=version,
        day=date(2027, 3, 2),
        is_working=True,
        name="",
        entered_by="王五",
    )
    task = on_a_day(story, "2027-03-01 20:00", "2027-03-02")
    story.call(task, "2027-03-02 09:30", "no_answer", calendar_version=version)
    assert story.broken() == set()


def test_r_hours_6_history_is_judged_by_its_own_calendar_version(story: Story) -> None:
    task = on_a_day(story, "05-11 20:00", "05-12")
    story.call(task, "05-12 09:30", "no_answer")
    later = story.row(
        calendar_version,
        created_at=at("05-12 18:00"),
        source="test",
        first_year=2004,
        last_year=2026,
    )
    story.row(
        calendar_day,
        version_id=later,
        day=date(2025, 5, 12),
        is_working=False,
        name="停业",
        entered_by="王五",
    )
    assert story.broken() == set()


def test_r_hours_6_a_call_by_numbers_that_were_replaced_before_it(one: One) -> None:
    one.story.row(policy_version, overrides="{}", created_at=at("05-12 09:00"), created_by="王五")
    one.story.call(one.task, "05-12 09:30", "no_answer")
    assert one.story.broken() == {"R-HOURS-6"}


def test_r_hours_4_a_region_with_later_hours(story: Story) -> None:
    far = one_task(story, "far", region="西藏")
    story.call(far.task, "05-12 14:30", "no_answer")
    assert story.broken() == {"R-HOURS-4"}


def by_assigned_parts(story: Story) -> int:
    parts = json.dumps({"region_dayparts": {"浙江": "afternoon"}})
    return int(
        story.row(policy_version, overrides=parts, created_at=at("05-01 00:00"), created_by="王五")
    )


def test_r_hours_4_an_assigned_daypart_binds_the_first_attempt(one: One) -> None:
    version = by_assigned_parts(one.story)
    one.story.call(one.task, "05-12 09:30", "no_answer", policy_version=version)
    assert one.story.broken() == {"R-HOURS-4"}


def test_r_hours_4_an_assigned_daypart_that_cannot_open_binds_nobody(one: One) -> None:
    version = by_assigned_parts(one.story)
    early = at("05-11 12:00")  # closes at noon of 05-14
    one.story.change(order, one.order, placed_at=early)
    one.story.call(one.task, "05-14 09:30", "no_answer", policy_version=version)
    assert one.story.broken() == set()


def test_r_hours_5_a_message_sent_at_night(one: One) -> None:
    one.story.todo(one.task, "wangwang", "05-12 14:00", done="05-12 20:30")
    assert one.story.broken() == {"R-HOURS-5"}


def test_r_hours_7_a_call_before_the_promised_time(one: One) -> None:
    one.story.call(one.task, "05-12 10:00", "busy", callback_at=at("05-13 18:00"))
    one.story.call(one.task, "05-13 17:30", "no_answer")
    assert one.story.broken() == {"R-HOURS-7"}


@pytest.mark.parametrize(
    "wish", ["05-12 12:30", "05-12 09:00", "05-14 20:00"], ids=["closed", "past", "deadline"]
)
def test_r_hours_7_a_wish_that_should_not_have_been_taken(one: One, wish: str) -> None:
    one.story.call(one.task, "05-12 10:00", "busy", callback_at=at(wish))
    assert one.story.broken() == {"R-HOURS-7"}


def test_r_hours_7_a_promised_call_offered_late_is_a_warning(one: One) -> None:
    one.story.call(one.task, "05-12 10:00", "busy", callback_at=at("05-12 15:00"))
    one.story.call(one.task, "05-12 15:40", "no_answer", exemption="promised")
    report = one.story.report()
    assert report.violations == ()
    assert {w.rule for w in report.warnings if "回电" in w.what} == {"R-HOURS-7"}
    assert "R-HOURS-7" not in one.story.late(as_of="05-12 15:14")


def test_findings_say_the_attempt_and_the_instant(one: One) -> None:
    entry = one.story.call(one.task, "05-12 21:00", "no_answer")
    (found,) = one.story.report().violations
    assert (found.attempt, found.at) == (entry, at("05-12 21:00"))
    assert "21:00:00" in found.what
