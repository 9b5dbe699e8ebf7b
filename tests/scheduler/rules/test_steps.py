"""What follows each outcome (sop.md §2, §3), read from the history of a task."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.decisions import Allow, Follow, NextStep, Wait
from campaigns.facts import AttemptFacts
from campaigns.policy import Policy
from campaigns.values import AttemptState, Ending, Exemption
from scheduler.rules.steps import check_step, next_step
from tests.factories import SECOND, at, attempt, case, day, phone, task


def after(*attempts: AttemptFacts, now: str = "05-13 10:05", **more: Any) -> NextStep:
    return next_step(task(*attempts, **more), Policy(), at(now))


def test_nothing_was_done_yet() -> None:
    assert after().follow is Follow.FIRST


@pytest.mark.parametrize(
    "code",
    [
        "no_answer",
        "switched_off",
        "out_of_service",
        "unreachable",
        "line_busy",
        "rejected",
        "other",
    ],
)
def test_r_slot_1_a_failed_contact_is_retried(code: str) -> None:
    step = after(attempt("05-13 10:00", code))
    assert (step.follow, step.exemption, step.rule) == (Follow.RETRY, Exemption.NONE, "R-SLOT-1")


def test_busy_without_a_time_means_another_daypart() -> None:
    assert after(attempt("05-13 10:00", "busy")).follow is Follow.RETRY


def test_r_hours_7_busy_with_a_time_is_a_promised_call() -> None:
    step = after(attempt("05-13 10:00", "busy", callback_at=at("05-13 19:30")))
    assert (step.follow, step.not_before) == (Follow.CALLBACK, at("05-13 19:30"))
    assert step.exemption is Exemption.PROMISED


def test_r_repeat_5_a_time_without_a_talk_is_no_promise() -> None:
    step = after(attempt("05-13 10:00", "no_answer", callback_at=at("05-13 19:30")))
    assert (step.not_before, step.exemption) == (at("05-13 19:30"), Exemption.NONE)


@pytest.mark.parametrize("code", ["will_pay", "relay"])
def test_r_dun_4_a_promise_to_pay_earns_one_call_not_the_same_day(code: str) -> None:
    step = after(attempt("05-13 10:00", code))
    assert (step.follow, step.not_on) == (Follow.FOLLOW_UP, day("05-13"))
    assert step.needs_import is None


def test_r_dun_4_said_to_be_paid_waits_for_the_next_import() -> None:
    step = after(attempt("05-13 10:00", "says_paid"))
    assert step.follow is Follow.AFTER_IMPORT
    assert (step.not_on, step.needs_import) == (day("05-13"), at("05-13 10:02"))


@pytest.mark.parametrize("first", ["will_pay", "says_paid", "relay"])
@pytest.mark.parametrize("second", ["will_pay", "says_paid", "relay"])
def test_r_dun_4_the_second_promise_ends_the_calling(first: str, second: str) -> None:
    step = after(attempt("05-13 10:00", first), attempt("05-14 14:00", second))
    assert (step.follow, step.ending) == (Follow.END, Ending.PROMISES_USED)


def test_r_dun_4_a_follow_up_that_reached_nobody_is_retried() -> None:
    step = after(attempt("05-13 10:00", "will_pay"), attempt("05-14 14:00", "no_answer"))
    assert step.follow is Follow.RETRY


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        ("not_needed", Ending.CLOSED_BY_US),
        ("hung_up_angry", Ending.ANGRY),
        ("opt_out", Ending.OPTED_OUT),
    ],
)
def test_an_outcome_that_ends_the_task(code: str, ending: Ending) -> None:
    step = after(attempt("05-13 10:00", code))
    assert (step.follow, step.ending) == (Follow.END, ending)


def test_an_end_is_an_end_whatever_time_was_noted_with_it() -> None:
    step = after(attempt("05-13 10:00", "opt_out", callback_at=at("05-13 19:30")))
    assert step.follow is Follow.END


def test_r_repeat_5_a_number_just_given_is_due_at_once() -> None:
    phones = (phone("a", is_owner=False), phone("b"))
    step = after(attempt("05-13 10:00", "gave_number", given_phone_id=ord("b")), phones=phones)
    assert (step.follow, step.exemption) == (Follow.NEW_NUMBER, Exemption.NEW_NUMBER)


def test_r_repeat_5_after_a_wrong_number_the_next_one_at_once() -> None:
    phones = (phone("a", is_wrong=True), phone("b"))
    step = after(attempt("05-13 10:00", "wrong_number"), phones=phones)
    assert step.exemption is Exemption.NEW_NUMBER


@pytest.mark.parametrize(
    ("code", "mark"), [("wrong_number", "is_wrong"), ("relay_failed", "is_spent")]
)
def test_no_number_left_ends_as_unreachable(code: str, mark: str) -> None:
    step = after(attempt("05-13 10:00", code), phones=(phone("a", **{mark: True}),))
    assert (step.follow, step.ending) == (Follow.END, Ending.UNREACHABLE)


def test_r_phone_2_a_failed_relay_number_is_retried_on_the_next_one_in_another_daypart() -> None:
    phones = (phone("a", is_spent=True), phone("b"))
    step = after(attempt("05-13 10:00", "relay_failed"), phones=phones)
    assert (step.follow, step.exemption) == (Follow.RETRY, Exemption.NONE)


def test_r_repeat_5_a_cut_line_may_be_redialled_for_ten_minutes() -> None:
    step = after(attempt("05-13 10:00", "cut_off"))
    assert (step.follow, step.exemption) == (Follow.REDIAL, Exemption.CUT_OFF)
    assert step.exempt_until == at("05-13 10:12")


def test_r_repeat_5_a_cut_line_is_redialled_once() -> None:
    cut = attempt("05-13 10:00", "cut_off")
    again = attempt("05-13 10:05", "cut_off", is_redial=True)
    assert after(cut, again).follow is Follow.RETRY


def test_r_repeat_5_a_later_attempt_may_be_cut_and_redialled_too() -> None:
    made = [
        attempt("05-13 10:00", "cut_off"),
        attempt("05-13 10:05", "cut_off", is_redial=True),
        attempt("05-14 14:00", "cut_off"),
    ]
    assert after(*made, now="05-14 14:03").follow is Follow.REDIAL


def test_only_made_contacts_say_what_follows() -> None:
    skipped = attempt("05-13 10:30", None, state=AttemptState.SKIPPED, ended_at=at("05-13 10:31"))
    assert after(attempt("05-13 10:00", "will_pay"), skipped).follow is Follow.FOLLOW_UP


def test_the_order_of_the_facts_does_not_matter() -> None:
    first, second = attempt("05-13 10:00", "will_pay"), attempt("05-14 14:00", "no_answer")
    assert after(second, first) == after(first, second)


# --- check_step: the instants a step waits for ---------------------------------------------------


def test_r_hours_7_never_before_the_wish() -> None:
    of = task(attempt("05-13 10:00", "busy", callback_at=at("05-13 19:30")))
    answer = check_step(case(of, at("05-13 19:30") - SECOND))
    assert isinstance(answer, Wait)
    assert (answer.rule, answer.until) == ("R-HOURS-7", at("05-13 19:30"))
    assert isinstance(check_step(case(of, "05-13 19:30")), Allow)


def test_r_dun_4_the_follow_up_waits_for_the_next_day() -> None:
    of = task(attempt("05-13 10:00", "will_pay"))
    answer = check_step(case(of, "05-13 23:59:59"))
    assert isinstance(answer, Wait)
    assert answer.until == at("05-14 00:00")
    assert isinstance(check_step(case(of, "05-14 00:00")), Allow)


def test_r_dun_1_a_planned_day_is_not_called_before() -> None:
    answer = check_step(case(task(business_day=day("05-14")), "05-13 10:00"))
    assert isinstance(answer, Wait)
    assert (answer.rule, answer.until) == ("R-DUN-1", at("05-14 00:00"))
    assert isinstance(check_step(case(task(business_day=day("05-14")), "05-14 00:00")), Allow)


def skipped(when: str) -> AttemptFacts:
    return attempt(when, None, state=AttemptState.SKIPPED, ended_at=at(when))


def test_r_claim_1_a_skipped_task_comes_back_after_half_an_hour() -> None:
    of = task(skipped("05-13 10:00"))
    answer = check_step(case(of, at("05-13 10:30") - SECOND))
    assert isinstance(answer, Wait)
    assert (answer.rule, answer.until) == ("R-CLAIM-1", at("05-13 10:30"))
    assert isinstance(check_step(case(of, "05-13 10:30")), Allow)


def test_of_several_reasons_to_wait_the_last_one_is_named() -> None:
    made = attempt("05-13 10:00", "busy", callback_at=at("05-13 11:00"))
    of = task(made, skipped("05-13 10:50"))
    answer = check_step(case(of, "05-13 10:55"))
    assert isinstance(answer, Wait)
    assert (answer.rule, answer.until) == ("R-CLAIM-1", at("05-13 11:20"))
    early = task(skipped("05-13 23:50"), business_day=day("05-14"))
    answer = check_step(case(early, "05-13 23:55"))
    assert isinstance(answer, Wait)
    assert answer.until == at("05-14 00:20")
