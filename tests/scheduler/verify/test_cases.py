from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete

from adapters.store.models.after_sales import case_entry, service_case
from tests.scheduler.verify.matters import case, case_turned, parcel
from tests.scheduler.verify.story import Story, at

OPENED = at("05-12 09:32")


@pytest.fixture
def opened(story: Story) -> int:
    """A case that came out of a callback."""
    one = parcel(story)
    entry = story.call(one.task, "05-12 09:30", "complaint")
    story.end(one.task, "05-12 09:32", "answered")
    return case(story, entry)


def turned(story: Story, case_id: int, *states: str) -> None:
    for hours, state in enumerate(states, start=1):
        case_turned(story, case_id, OPENED + timedelta(hours=hours), state)
    ended = OPENED + timedelta(hours=len(states)) if states[-1] in ("solved", "closed") else None
    story.change(service_case, case_id, state=states[-1], closed_at=ended)


@pytest.mark.parametrize(
    "states",
    [
        ("in_progress", "waiting", "solved", "closed"),
        ("waiting", "in_progress", "in_progress", "closed"),
        ("solved", "in_progress", "solved"),
        ("closed",),
    ],
)
def test_r_case_1_states_follow_one_another(
    story: Story, opened: int, states: tuple[str, ...]
) -> None:
    turned(story, opened, *states)
    assert story.broken() == set()


@pytest.mark.parametrize(
    "states", [("in_progress", "open"), ("closed", "in_progress"), ("solved", "waiting")]
)
def test_r_case_1_a_state_that_cannot_follow(
    story: Story, opened: int, states: tuple[str, ...]
) -> None:
    turned(story, opened, *states)
    assert story.broken() == {"R-CASE-1"}


def test_r_case_1_a_case_without_any_entry(story: Story, opened: int) -> None:
    story.unlock()
    with story.engine.begin() as connection:
        connection.execute(delete(case_entry))
    assert story.broken() == {"R-CASE-1"}


def test_r_case_1_the_first_entry_is_the_opening(story: Story, opened: int) -> None:
    story.unlock()
    story.change(case_entry, 1, at=at("05-12 09:40"))
    assert story.broken() == {"R-CASE-1"}


def test_r_case_1_a_change_without_its_entry(story: Story, opened: int) -> None:
    story.change(service_case, opened, state="waiting")
    assert story.broken() == {"R-CASE-1"}


def test_r_case_1_an_end_at_another_time_than_its_entry(story: Story, opened: int) -> None:
    turned(story, opened, "solved")
    story.change(service_case, opened, closed_at=at("05-12 18:00"))
    assert story.broken() == {"R-CASE-1"}


def test_r_case_1_a_case_that_says_nothing(story: Story, opened: int) -> None:
    story.change(service_case, opened, cause=" ")
    assert story.broken() == {"R-CASE-1"}


def test_r_case_1_a_case_of_somebody_else(story: Story, opened: int) -> None:
    story.change(service_case, opened, customer_id=story.customer("stranger"))
    assert story.broken() == {"R-CASE-1"}


@pytest.mark.parametrize(("hours", "rules"), [(48, set()), (49, {"R-CPL-2"})])
def test_r_cpl_2_an_answer_is_due_within_two_days(
    story: Story, opened: int, hours: int, rules: set[str]
) -> None:
    when = OPENED + timedelta(hours=1)
    case_turned(story, opened, when, "in_progress", when + timedelta(hours=hours))
    story.change(service_case, opened, state="in_progress")
    assert story.broken() == rules


def test_r_case_1_an_earlier_instant_knows_nothing_of_what_follows(
    story: Story, opened: int
) -> None:
    turned(story, opened, "in_progress", "open")
    assert story.broken(as_of="05-12 11:00") == set()
    assert story.broken(as_of="05-12 11:32") == {"R-CASE-1"}


def test_r_aud_1_a_case_without_its_line(story: Story, opened: int) -> None:
    story.unlock()
    with story.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit WHERE what = 'case.opened'")
    assert story.broken() == {"R-AUD-1"}
