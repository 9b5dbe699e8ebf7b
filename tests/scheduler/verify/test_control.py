"""R-DUN-9 as the second opinion sees it: planted violations are found, a kept group is clean."""

from __future__ import annotations

import pytest

from adapters.store.models.campaigns import batch, campaign, task
from campaigns.control import is_control
from tests.factories import day
from tests.scheduler.verify.story import DUNNING, SECOND_CAMPAIGN, Story, at

SEED, PERCENT = 7, 50


def kept(story: Story, *, wanted: bool = True) -> tuple[int, int]:
    """A customer whom the seed keeps uncalled (or not), with the control task of the day."""
    story.change(campaign, DUNNING, control_seed=SEED, control_percent=PERCENT)
    customer = next(
        one
        for number in range(20)
        if is_control(SEED, DUNNING, one := person(story, f"b{number}"), day("05-12"), PERCENT)
        is wanted
    )
    order = story.order(customer, "05-11 10:00", ["05-12 08:30"])
    made = at("05-12 08:45")
    task_id = story.task(customer, [order], state="closed", closed_at=made, ending="control")
    story.change(batch, story.batch("05-12"), control_percent=PERCENT)
    story.said(made, "task.closed", f"task:{task_id}")
    return customer, task_id


def person(story: Story, name: str) -> int:
    customer = story.customer(name)
    story.phone(customer)
    return customer


def test_r_dun_9_a_group_that_was_left_alone_is_clean(story: Story) -> None:
    kept(story)
    assert story.broken() == set()


def test_r_dun_9_a_call_to_the_group_is_found(story: Story) -> None:
    _, task_id = kept(story)
    entry = story.call(task_id, "05-12 09:30", "no_answer")
    assert ("R-DUN-9", entry) in [(f.rule, f.attempt) for f in story.report().violations]


def test_r_dun_9_a_message_to_the_group_is_found(story: Story) -> None:
    _, task_id = kept(story)
    story.todo(task_id, "wangwang", "05-12 09:30", "05-12 09:40")
    assert "R-DUN-9" in story.broken()


@pytest.mark.parametrize("wanted", [True, False])
def test_r_dun_9_membership_is_what_the_seed_says(story: Story, wanted: bool) -> None:
    _, task_id = kept(story, wanted=wanted)
    if wanted:
        story.change(task, task_id, state="waiting", closed_at=None, ending=None)
    assert "R-DUN-9" in story.broken()


def test_r_dun_9_a_reminder_of_another_campaign_is_found(story: Story) -> None:
    customer, _ = kept(story)
    order = story.order(customer, "05-12 10:00", ["05-13 08:30"])
    story.task(customer, [order], "05-13", SECOND_CAMPAIGN)
    assert story.broken() == {"R-DUN-9"}
