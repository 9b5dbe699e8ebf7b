from __future__ import annotations

from typing import Any

import pytest

from adapters.store.models.calls import attempt
from adapters.store.models.customers import customer_phone
from tests.scheduler.verify.conftest import One, one_task
from tests.scheduler.verify.story import OTHER_CALLER, SECOND_CAMPAIGN, Story, at


def test_r_phone_1_a_number_that_was_marked_wrong(one: One) -> None:
    one.story.change(customer_phone, one.phone, wrong_since=at("05-12 09:00"))
    one.story.call(one.task, "05-12 09:30", "no_answer")
    assert one.story.broken() == {"R-PHONE-1"}


def test_r_phone_1_a_number_that_an_outcome_called_wrong(one: One) -> None:
    one.story.call(one.task, "05-12 09:30", "wrong_number")
    one.story.call(one.task, "05-13 14:00", "no_answer")
    assert one.story.broken() == {"R-PHONE-1"}


def test_r_phone_1_the_call_that_found_out_is_no_breach(one: One) -> None:
    entry = one.story.call(one.task, "05-12 09:30", "wrong_number", until="05-12 09:30")
    one.story.change(customer_phone, one.phone, wrong_since=at("05-12 09:30"))
    assert one.story.broken() == set(), entry


@pytest.mark.parametrize("column", ["usable_until", "spent_since"])
def test_r_phone_2_a_relay_number_that_is_over(one: One, column: str) -> None:
    over: dict[str, Any] = {column: at("05-12 09:30")}
    one.story.change(customer_phone, one.phone, **over)
    one.story.call(one.task, "05-12 09:30", "no_answer")
    assert one.story.broken() == {"R-PHONE-2"}


def test_r_phone_3_somebody_elses_number(one: One) -> None:
    stranger = one.story.customer("stranger")
    number = one.story.phone(stranger, "key-stranger")
    one.story.call(one.task, "05-12 09:30", "no_answer", phone_id=number)
    assert one.story.broken() == {"R-PHONE-3"}


def test_r_repeat_2_two_open_tasks_of_one_campaign(one: One) -> None:
    one.story.end(one.task, "05-13 09:00", "deadline")
    order = one.story.order(one.customer, "05-12 10:00", ["05-13 08:30"])
    one.story.task(one.customer, [order], "05-13")
    assert one.story.broken() == {"R-REPEAT-2"}
    one.story.end(one.task, "05-13 08:45", "deadline")
    assert one.story.broken() == set()


def test_r_repeat_2_two_hand_outs_of_one_customer_at_once(one: One) -> None:
    order = one.story.order(one.customer, "05-11 10:00", ["05-12 08:30"])
    other = one.story.task(one.customer, [order], "05-12", SECOND_CAMPAIGN)
    for task, caller in ((one.task, 1), (other, OTHER_CALLER)):
        entry = one.story.hand_out(task, "05-12 09:30", caller_id=caller)
        ended = {"state": "expired", "ended_at": at("05-12 09:45")}
        one.story.change(attempt, entry, **ended)
    assert one.story.broken() == {"R-REPEAT-2"}


def test_r_claim_1_a_task_handed_out_while_it_is_held(one: One) -> None:
    one.story.hand_out(one.task, "05-12 09:30", state="expired", ended_at=at("05-12 09:45"))
    one.story.call(one.task, "05-12 09:40", "no_answer", caller_id=OTHER_CALLER)
    assert one.story.broken() == {"R-CLAIM-1"}


def test_r_claim_1_two_calls_of_one_task_really_at_once(one: One) -> None:
    one.story.call(one.task, "05-12 09:30", "no_answer", until="05-12 13:40")
    one.story.call(one.task, "05-12 13:31", "no_answer", caller_id=OTHER_CALLER)
    one.story.todo(one.task, "wangwang", "05-12 13:32")
    assert one.story.broken() == {"R-CLAIM-1", "R-REPEAT-2"}


def test_r_claim_1_an_older_hand_out_enters_an_outcome(one: One) -> None:
    old = one.story.hand_out(one.task, "05-12 09:30", state="expired", ended_at=at("05-12 09:45"))
    one.story.call(one.task, "05-12 13:00", "no_answer", caller_id=OTHER_CALLER)
    late = {"outcome": "no_answer", "outcome_at": at("05-12 13:05")}
    one.story.change(attempt, old, state="closed", ended_at=at("05-12 13:05"), **late)
    one.story.said(at("05-12 13:05"), "attempt.closed", f"attempt:{old}")
    one.story.todo(one.task, "wangwang", "05-12 13:02")
    assert one.story.broken() == {"R-CLAIM-1"}


def test_r_claim_1_fences_grow(one: One) -> None:
    one.story.hand_out(
        one.task, "05-12 09:30", state="expired", ended_at=at("05-12 09:45"), fence=7
    )
    one.story.call(one.task, "05-12 14:00", "no_answer", fence=7)
    assert one.story.broken() == {"R-CLAIM-1"}


def test_r_claim_1_dialling_after_the_lease(one: One) -> None:
    one.story.call(one.task, "05-12 10:00", "no_answer", lease_until=at("05-12 09:59"))
    assert one.story.broken() == {"R-CLAIM-1"}


def skipped(one: One, when: str, **values: Any) -> None:
    skip = {"state": "skipped", "ended_at": at(when), "end_reason": "正在开会"}
    one.story.hand_out(one.task, when, **skip | values)


def test_r_claim_1_a_skip_without_a_reason(one: One) -> None:
    skipped(one, "05-12 09:30", end_reason=" ")
    assert one.story.broken() == {"R-CLAIM-1"}


def test_r_claim_1_a_skipped_task_that_comes_back_too_soon(one: One) -> None:
    skipped(one, "05-12 09:30")
    one.story.call(one.task, "05-12 09:59", "no_answer")
    assert one.story.broken() == {"R-CLAIM-1"}


def test_r_claim_1_a_call_without_an_outcome_is_a_warning(one: One) -> None:
    entry = one.story.call(one.task, "05-12 09:30", None)
    report = one.story.report(as_of="05-12 10:01")
    assert report.violations == ()
    assert [(w.rule, w.attempt) for w in report.warnings if w.attempt] == [("R-CLAIM-1", entry)]
    assert "R-CLAIM-1" not in one.story.late(as_of="05-12 10:00")


def test_r_claim_1_dialled_again_before_the_outcome_is_known(one: One) -> None:
    first = one.story.call(one.task, "05-12 09:30", None, lease_until=at("05-12 09:45"))
    one.story.call(one.task, "05-12 14:00", "no_answer", caller_id=OTHER_CALLER)
    assert one.story.broken() == {"R-CLAIM-1", "R-REPEAT-2"}, first


@pytest.mark.parametrize(
    ("ending", "rule"), [("deadline", "R-DUN-3"), ("attempts_used", "R-REPEAT-4")]
)
def test_what_ended_is_not_called_again(one: One, ending: str, rule: str) -> None:
    one.story.end(one.task, "05-12 09:00", ending)
    one.story.call(one.task, "05-12 09:30", "no_answer")
    assert one.story.broken() == {rule}


def test_r_dun_7_a_customer_who_needs_nothing_is_not_called_again(one: One) -> None:
    one.story.call(one.task, "05-12 09:30", "not_needed")
    one.story.call(one.task, "05-13 14:00", "no_answer")
    assert one.story.broken() == {"R-DUN-7"}


def shared(story: Story) -> tuple[One, One]:
    return one_task(story, "first", key="key-shared"), one_task(story, "second", key="key-shared")


def test_r_repeat_2_two_hand_outs_on_one_phone_at_once(story: Story) -> None:
    for one, caller in zip(shared(story), (1, OTHER_CALLER), strict=True):
        story.hand_out(
            one.task,
            "05-12 09:30",
            caller_id=caller,
            state="expired",
            ended_at=at("05-12 09:45"),
        )
    assert story.broken() == {"R-REPEAT-2"}


def test_r_repeat_3_the_budget_of_a_phone_that_two_customers_share(story: Story) -> None:
    first, second = shared(story)
    story.call(first.task, "05-12 09:30", "no_answer")
    later = story.call(second.task, "05-12 10:20", "no_answer")
    assert story.broken() == {"R-REPEAT-3"}
    story.change(attempt, later, at=at("05-12 10:30"))
    assert story.broken() == set()


def test_r_repeat_5_a_promised_call_is_free_on_a_shared_phone_too(story: Story) -> None:
    first, second = shared(story)
    story.call(first.task, "05-12 09:30", "busy", callback_at=at("05-12 11:00"))
    story.call(first.task, "05-12 11:00", "no_answer", exemption="promised")
    assert story.broken() == set()
    story.call(second.task, "05-12 11:30", "no_answer")
    assert story.broken() == {"R-REPEAT-3"}


def test_r_repeat_2_a_caller_with_two_customers_at_once(story: Story) -> None:
    first, second = one_task(story, "first"), one_task(story, "second")
    held = story.hand_out(first.task, "05-12 09:30")
    story.call(second.task, "05-12 09:31", "no_answer")
    assert story.broken() == {"R-REPEAT-2"}, held


def test_r_repeat_2_instants_out_of_order_are_told_apart_by_the_trail(story: Story) -> None:
    first, second = one_task(story, "first"), one_task(story, "second")
    story.call(first.task, "05-12 09:30", "no_answer")
    story.call(second.task, "05-12 09:31", "no_answer")
    assert story.broken() == set()
