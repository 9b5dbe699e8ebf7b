from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import delete

from adapters.store.models.audit import audit
from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import task, task_order
from adapters.store.models.customers import customer_phone
from tests.scheduler.verify.conftest import One, one_task
from tests.scheduler.verify.matters import Parcel, agreed, case, missing, parcel, rider
from tests.scheduler.verify.story import OTHER_CALLER, Story, at


@dataclass(frozen=True)
class Both:
    """One customer who owes money and was sent a parcel: two matters."""

    story: Story
    unpaid: One
    parcel: Parcel


@pytest.fixture
def both(story: Story) -> Both:
    one = one_task(story, "both")
    return Both(story, one, parcel(story, customer=one.customer))


def settled(both: Both, when: str = "05-12 09:30", **values: Any) -> tuple[str, str]:
    """A reached call about the payment, in which the parcel was talked about too."""
    main = both.story.call(both.unpaid.task, when, "will_pay", **values)
    riding = rider(both.story, main, both.parcel.task, "satisfied")
    both.story.end(both.parcel.task, f"{when[:-2]}32", "answered")
    return main, riding


def test_r_repeat_2_one_call_settles_two_matters(both: Both) -> None:
    settled(both)
    both.story.seal()
    assert both.story.broken() == both.story.late() == set()


def test_r_repeat_2_before_its_outcome_a_rider_is_not_there(both: Both) -> None:
    settled(both)
    for when in ("05-12 09:30", "05-12 09:31", "05-12 09:32", "05-13 09:00"):
        assert both.story.broken(as_of=when) == set(), when
    assert both.story.report("05-12 09:31").checked["attempts"] == 1
    assert both.story.report("05-12 09:32").checked["attempts"] == 2


def test_r_repeat_3_a_rider_is_the_same_contact(both: Both) -> None:
    main = both.story.call(both.unpaid.task, "05-12 09:30", "no_answer")
    rider(both.story, main, both.parcel.task)
    second = both.story.call(both.unpaid.task, "05-12 14:30", "no_answer")
    rider(both.story, second, both.parcel.task)
    both.story.todo(both.unpaid.task, "wangwang", "05-12 14:32")
    # Two calls on this day, and four rows: the budget is two contacts.
    assert both.story.broken() == set()


def test_r_repeat_3_a_rider_is_the_same_contact_on_a_shared_phone(both: Both) -> None:
    settled(both)
    other = one_task(both.story, "family", key=f"key-{both.unpaid.customer}")
    both.story.call(other.task, "05-12 11:00", "no_answer")
    found = [f for f in both.story.report().violations if "共用号码" in f.what]
    assert [f.rule for f in found] == ["R-REPEAT-3"], "one reached contact, not two"


def test_r_repeat_4_a_rider_uses_up_an_attempt_of_its_own_task(both: Both) -> None:
    for when in ("05-12 09:30", "05-13 14:30"):
        main = both.story.call(both.unpaid.task, when, "no_answer")
        rider(both.story, main, both.parcel.task)
    both.story.todo(both.unpaid.task, "wangwang", "05-13 14:32")
    assert both.story.broken() == set()
    third = both.story.call(both.unpaid.task, "05-14 18:30", "no_answer")
    riding = rider(both.story, third, both.parcel.task)
    (found,) = both.story.report().violations
    assert (found.rule, found.attempt) == ("R-REPEAT-4", riding)


def test_r_slot_1_a_rider_comes_in_another_daypart_too(both: Both) -> None:
    main = both.story.call(both.unpaid.task, "05-12 09:30", "busy", callback_at=at("05-13 09:30"))
    rider(both.story, main, both.parcel.task, "busy")
    wished = both.story.call(both.unpaid.task, "05-13 09:30", "no_answer", exemption="promised")
    assert both.story.broken() == set()
    riding = rider(both.story, wished, both.parcel.task)
    (found,) = both.story.report().violations
    assert (found.rule, found.attempt) == ("R-SLOT-1", riding)


def test_r_repeat_2_calls_of_two_campaigns_are_spaced(both: Both) -> None:
    both.story.call(both.unpaid.task, "05-12 09:30", "no_answer")
    later = both.story.call(both.parcel.task, "05-12 13:29", "no_answer")
    assert both.story.broken() == {"R-REPEAT-2"}
    both.story.change(attempt, later, at=at("05-12 13:30"))
    assert both.story.broken() == set()


def test_r_repeat_2_a_retry_of_what_rode_along_is_no_other_campaign(both: Both) -> None:
    main = both.story.call(both.unpaid.task, "05-12 09:30", "no_answer")
    rider(both.story, main, both.parcel.task)
    both.story.call(both.parcel.task, "05-12 13:00", "no_answer")
    assert both.story.broken() == set()


def test_r_repeat_2_a_third_matter_that_did_not_ride_along_is_spaced(both: Both) -> None:
    third = missing(both.story, "third", customer=both.unpaid.customer)
    main = both.story.call(both.unpaid.task, "05-12 09:30", "no_answer")
    rider(both.story, main, both.parcel.task)
    entry = both.story.call(third.task, "05-12 13:00", "no_answer")
    (found,) = both.story.report().violations
    assert (found.rule, found.attempt) == ("R-REPEAT-2", entry)


@pytest.mark.parametrize(
    "values",
    [
        {"at": at("05-12 09:31")},
        {"caller_id": OTHER_CALLER},
        {"phone_key": "another"},
        {"outcome_at": at("05-12 09:33")},
        {"rides_on": None},
    ],
)
def test_r_repeat_2_a_rider_shares_the_call_that_it_rides_on(
    both: Both, values: dict[str, Any]
) -> None:
    _, riding = settled(both)
    both.story.change(attempt, riding, **values)
    assert "R-REPEAT-2" in both.story.broken()


def test_r_repeat_2_a_rider_on_another_customers_call(both: Both) -> None:
    other = one_task(both.story, "stranger")
    _, riding = settled(both)
    elsewhere = both.story.call(other.task, "05-12 10:30", "will_pay")
    both.story.change(attempt, riding, rides_on=elsewhere)
    assert "R-REPEAT-2" in both.story.broken()


def test_r_repeat_2_a_rider_on_a_rider(both: Both) -> None:
    third = missing(both.story, "third", customer=both.unpaid.customer)
    main, riding = settled(both)
    last = rider(both.story, main, third.task, "busy")
    assert both.story.broken() == set()
    both.story.change(attempt, last, rides_on=riding)
    assert both.story.broken() == {"R-REPEAT-2"}


def test_r_repeat_2_a_rider_on_a_call_without_an_outcome(both: Both) -> None:
    main, _ = settled(both)
    still = {"state": "dialled", "outcome": None, "outcome_at": None, "ended_at": None}
    both.story.change(attempt, main, **still, is_reached=False)
    assert "R-REPEAT-2" in both.story.broken()


def test_r_repeat_2_two_matters_of_one_campaign_in_one_call(both: Both) -> None:
    main = both.story.call(both.unpaid.task, "05-12 09:30", "will_pay")
    rider(both.story, main, both.unpaid.task, "will_pay")
    assert "R-REPEAT-2" in both.story.broken()


@pytest.mark.parametrize(
    ("main", "riding"),
    [
        ("no_answer", "busy"),
        ("busy", "no_answer"),
        ("wrong_number", "busy"),
        ("busy", "cut_off"),
        ("no_answer", "switched_off"),
    ],
)
def test_r_repeat_2_what_is_true_of_the_call_is_true_of_all_its_matters(
    both: Both, main: str, riding: str
) -> None:
    entry = both.story.call(both.unpaid.task, "05-12 09:30", main)
    rider(both.story, entry, both.parcel.task, riding, is_reached=riding in ("busy", "cut_off"))
    assert both.story.broken() == {"R-REPEAT-2"}


def test_r_phone_1_a_wrong_number_is_one_for_every_matter_of_the_call(both: Both) -> None:
    when = "05-12 09:30"
    main = both.story.call(both.unpaid.task, when, "wrong_number", until=when)
    both.story.change(customer_phone, both.unpaid.phone, wrong_since=at(when))
    rider(both.story, main, both.parcel.task)
    assert both.story.broken() == set()


def test_r_repeat_5_a_cut_line_is_redialled_for_every_matter_of_the_call(both: Both) -> None:
    first = both.story.call(both.unpaid.task, "05-12 09:30", "cut_off")
    rider(both.story, first, both.parcel.task)
    again = both.story.call(both.unpaid.task, "05-12 09:35", "will_pay", redial_of=first)
    rider(both.story, again, both.parcel.task, "satisfied")
    both.story.end(both.parcel.task, "05-12 09:37", "answered")
    assert both.story.broken() == set()


def test_r_cb_2_what_came_up_while_the_call_lasted_may_be_settled_in_it(story: Story) -> None:
    one = one_task(story, "both")
    main = story.call(one.task, "05-12 09:30", "will_pay", until="05-12 09:35")
    late = parcel(story, customer=one.customer)
    riding = rider(story, main, late.task, "satisfied")
    story.change(task, late.task, created_at=at("05-12 09:34"))
    story.change(task_order, late.task, joined_at=at("05-12 09:34"))
    story.end(late.task, "05-12 09:35", "answered")
    assert story.broken() == set()
    story.change(task_order, late.task, joined_at=at("05-12 09:36"))
    (found,) = story.report().violations
    assert (found.rule, found.attempt) == ("R-CB-2", riding)


def test_r_cb_2_a_rider_whose_parcel_is_too_fresh(story: Story) -> None:
    one = one_task(story, "both")
    fresh = parcel(story, signed="05-11 10:00", customer=one.customer)
    main = story.call(one.task, "05-12 09:30", "will_pay")
    riding = rider(story, main, fresh.task, "satisfied")
    story.end(fresh.task, "05-12 09:32", "answered")
    (found,) = story.report().violations
    assert (found.rule, found.attempt) == ("R-CB-2", riding)


def test_r_dnc_1_a_rider_after_somebody_was_angry_with_that_kind(both: Both) -> None:
    both.story.listed("05-12 09:00", "R-DNC-1", customer_id=both.unpaid.customer, kind="callback")
    _, riding = settled(both)
    (found,) = both.story.report().violations
    assert (found.rule, found.attempt) == ("R-DNC-1", riding)


def test_r_dnc_2_a_customer_opts_out_of_everything_in_one_call(both: Both) -> None:
    main = both.story.call(both.unpaid.task, "05-12 09:30", "opt_out")
    rider(both.story, main, both.parcel.task, "busy")
    both.story.listed("05-12 09:32", customer_id=both.unpaid.customer)
    for ended in (both.unpaid.task, both.parcel.task):
        both.story.end(ended, "05-12 09:32", "opted_out")
    assert both.story.broken() == set()


def test_r_aud_1_a_rider_without_the_line_of_its_outcome(both: Both) -> None:
    _, riding = settled(both)
    both.story.unlock()
    with both.story.engine.begin() as connection:
        connection.execute(delete(audit).where(audit.c.subject == f"attempt:{riding}"))
    (found,) = both.story.report().violations
    assert (found.rule, found.attempt) == ("R-AUD-1", riding)


def test_r_aud_2_three_matters_in_one_call_print_zero_on_both_databases(
    story_on_both: Story,
) -> None:
    story = story_on_both
    waiting = missing(story, "everything")
    main, _ = agreed(waiting)
    sent = parcel(story, customer=waiting.customer)
    complaint = rider(story, main, sent.task, "complaint")
    story.end(sent.task, "05-12 09:32", "answered")
    case(story, complaint)
    order_id = story.order(waiting.customer, "05-11 20:00", ["05-12 08:30"])
    unpaid = story.task(waiting.customer, [order_id])
    rider(story, main, unpaid, "will_pay")
    story.seal()
    report = story.report()
    assert report.violations == ()
    assert (report.checked["attempts"], report.checked["riders"]) == (3, 2)
    assert report.checked["cases"] == 1
