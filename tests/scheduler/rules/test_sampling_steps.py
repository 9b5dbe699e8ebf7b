"""R-SMP-5 to R-SMP-8: awkward histories of a sampled customer, and what follows from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from campaigns.decisions import Allow, Follow, NextStep, Wait
from campaigns.facts import AttemptFacts, EscalationFacts, SamplingFacts, TaskFacts
from campaigns.policy import Policy
from campaigns.registry import outcome_of
from campaigns.values import Ending, Exemption, Kind
from scheduler.rules.gate import ask
from scheduler.rules.schedule import Schedule, schedule
from scheduler.rules.steps import next_step
from tests.factories import SECOND, at, attempt, case, day, phone, task

SAID = "05-27 09:00"
OWED = EscalationFacts(at("05-27 09:02"), at("05-27 09:32"))


def call(when: str, code: str, **fields: Any) -> AttemptFacts:
    reached = outcome_of(Kind.SAMPLING, code).is_reached
    usual = attempt(when, None, kind=Kind.SAMPLING, is_reached=reached)
    closed = attempt(when, "no_answer")
    return replace(
        usual,
        state=closed.state,
        outcome=code,
        outcome_at=closed.outcome_at,
        ended_at=closed.ended_at,
        **fields,
    )


def sampled(*attempts: AttemptFacts, **fields: Any) -> TaskFacts:
    known = fields.pop("known", SamplingFacts())
    return task(
        *attempts,
        kind=Kind.SAMPLING,
        business_day=day("05-27"),
        created_at=at("05-26 10:00"),
        orders=(),
        sampling=known,
        **fields,
    )


def step_of(of: TaskFacts, now: str) -> NextStep:
    return next_step(of, Policy(), at(now))


def planned(of: TaskFacts, now: str) -> Schedule:
    return schedule(case(of, now))


# --- failures (R-SMP-6) ---------------------------------------------------------------------------

FOUR_OF_THREE_FAILURES = (
    call("05-27 09:00", "busy"),
    call("05-27 13:30", "no_answer"),
    call("05-28 17:00", "switched_off"),
    call("05-29 09:00", "line_busy"),
)


def test_r_smp_6_the_budget_s_last_attempt_may_be_the_third_failure() -> None:
    """The reply is waited for; that asks for no further attempt."""
    judged = planned(sampled(*FOUR_OF_THREE_FAILURES), "05-29 09:02")
    assert (judged.ending, judged.due_at) == (None, None)
    sent = SamplingFacts(message_sent_at=at("05-29 09:30"))
    judged = planned(sampled(*FOUR_OF_THREE_FAILURES, known=sent), "05-30 09:30")
    assert judged.ending is Ending.UNREACHABLE


def test_r_repeat_4_a_reply_does_not_make_a_fifth_attempt() -> None:
    known = SamplingFacts(message_sent_at=at("05-29 09:30"), replied_at=at("05-29 10:00"))
    judged = planned(sampled(*FOUR_OF_THREE_FAILURES, known=known), "05-29 10:00")
    assert (judged.ending, judged.rule) == (Ending.ATTEMPTS_USED, "R-REPEAT-4")


THREE_FAILURES = (
    call("05-29 09:00", "no_answer"),
    call("05-29 17:30", "rejected"),
    call("05-30 13:30", "no_answer"),
)


@pytest.mark.parametrize(
    ("known", "ending"),
    [
        (SamplingFacts(message_sent_at=at("05-31 10:00")), Ending.UNREACHABLE),
        (SamplingFacts(), Ending.UNFINISHED),
        (SamplingFacts(None, at("05-31 10:00"), at("05-31 11:00")), Ending.UNFINISHED),
        (SamplingFacts(4, at("05-31 10:00")), Ending.SCORED),
    ],
)
def test_r_smp_6_a_message_without_reply_at_the_month_s_end(
    known: SamplingFacts, ending: Ending
) -> None:
    judged = planned(sampled(*THREE_FAILURES, known=known), "05-31 20:00")
    rule = {Ending.UNREACHABLE: "R-SMP-6", Ending.UNFINISHED: "R-SMP-3"}.get(ending, "R-SMP-4")
    assert (judged.ending, judged.rule) == (ending, rule)


def test_r_smp_6_whoever_was_reached_after_the_message_is_not_unreached() -> None:
    two = (phone("a", is_spent=True), phone("b"))
    sent = SamplingFacts(message_sent_at=at("05-31 10:00"))
    history = (
        call("05-29 09:00", "no_answer"),
        call("05-29 17:30", "no_answer"),
        call("05-30 13:30", "relay_failed"),
    )
    reached = call("05-31 17:30", "busy")
    of = sampled(*history, reached, phones=two, known=sent)
    assert planned(of, "05-31 20:00").ending is Ending.UNFINISHED


RELAY_LAST = (
    call("05-27 09:00", "no_answer"),
    call("05-27 13:30", "no_answer"),
    call("05-28 17:00", "relay_failed"),
)


def test_r_phone_2_a_spent_relay_number_is_the_third_failure_and_there_is_another() -> None:
    two = (phone("a", is_spent=True), phone("b"))
    assert step_of(sampled(*RELAY_LAST, phones=two), "05-28 17:02").follow is Follow.RETRY
    known = SamplingFacts(message_sent_at=at("05-28 17:30"))
    of = sampled(*RELAY_LAST, phones=two, known=known)
    assert step_of(of, "05-29 17:29").follow is Follow.RETRY
    step = step_of(of, "05-29 17:30")
    assert (step.follow, step.ending) == (Follow.END, Ending.UNREACHABLE)


def test_r_phone_2_a_spent_relay_number_and_no_other_ends_it() -> None:
    of = sampled(*RELAY_LAST, phones=(phone("a", is_spent=True),))
    assert step_of(of, "05-28 17:02").ending is Ending.UNREACHABLE


def test_r_smp_6_a_line_that_was_cut_is_not_two_failures() -> None:
    cut = call("05-27 13:30", "cut_off")
    again = call("05-27 13:35", "no_answer", is_redial=True)
    of = sampled(call(SAID, "no_answer"), cut, again)
    assert step_of(of, "05-27 13:37").follow is Follow.RETRY


# --- rejections (R-SMP-7) -------------------------------------------------------------------------


def test_r_smp_7_two_rejections_in_one_daypart_are_not_enough_where_one_was_agreed() -> None:
    busy = call("05-27 10:00", "busy", callback_at=at("05-27 11:00"))
    agreed = call("05-27 11:00", "rejected", exemption=Exemption.PROMISED)
    of = sampled(call(SAID, "rejected"), busy, agreed)
    assert step_of(of, "05-27 11:02").follow is Follow.RETRY
    of = sampled(call(SAID, "rejected"), busy, agreed, call("05-28 13:30", "rejected"))
    assert step_of(of, "05-28 13:32").ending is Ending.REJECTED


def test_r_smp_7_a_failure_between_two_rejections_changes_nothing() -> None:
    of = sampled(
        call(SAID, "rejected"), call("05-27 13:30", "no_answer"), call("05-28 17:00", "rejected")
    )
    assert step_of(of, "05-28 17:02").ending is Ending.REJECTED


# --- the promised answer (R-SMP-5) ----------------------------------------------------------------


def owed(*attempts: AttemptFacts, escalation: EscalationFacts = OWED, **fields: Any) -> TaskFacts:
    known = SamplingFacts(escalation=escalation)
    return sampled(call(SAID, "complaint_escalated"), *attempts, known=known, **fields)


def test_r_smp_5_a_cut_answer_is_redialled_and_stays_promised_after_that() -> None:
    of = owed(call("05-27 09:22", "cut_off"))
    assert step_of(of, "05-27 09:25").follow is Follow.REDIAL
    step = step_of(of, "05-27 09:40")
    assert (step.follow, step.exemption) == (Follow.ANSWER, Exemption.PROMISED)
    assert isinstance(ask(case(of, "05-27 09:40")), Allow)
    twice = owed(call("05-27 09:22", "cut_off"), call("05-27 09:26", "cut_off", is_redial=True))
    assert isinstance(ask(case(twice, "05-27 09:30")), Allow)


@pytest.mark.parametrize("code", ["wrong_number", "relay_failed"])
def test_r_smp_5_with_another_number_the_answer_is_tried_there_at_once(code: str) -> None:
    two = (phone("a", is_wrong=code == "wrong_number", is_spent=code != "wrong_number"), phone("b"))
    of = owed(call("05-27 09:22", code), phones=two)
    assert isinstance(ask(case(of, "05-27 09:24")), Allow)


def test_r_smp_5_a_wish_for_the_answer_is_kept() -> None:
    """It asks nothing (R-REPEAT-1), though the customer was reached twice in these weeks."""
    wish = at("05-27 15:00")
    survey = attempt("05-15 10:00", "will_pay", kind=Kind.CALLBACK, campaign_id=2, task_id=2)
    earlier = (replace(survey, outcome="satisfied"),)
    for of in (
        sampled(
            call(SAID, "complaint_escalated", callback_at=wish),
            known=SamplingFacts(escalation=OWED),
            others=earlier,
        ),
        owed(call("05-27 09:22", "busy", callback_at=wish), others=earlier),
    ):
        step = step_of(of, "05-27 09:24")
        assert (step.not_before, step.exemption, step.rule) == (
            *(wish, Exemption.PROMISED),
            "R-HOURS-7",
        )
        assert isinstance(ask(case(of, wish - SECOND)), Wait)
        assert isinstance(ask(case(of, wish)), Allow)
        assert planned(of, "05-27 09:24").due_at == wish


def test_r_smp_5_a_time_noted_without_a_talk_takes_nothing_from_the_promise() -> None:
    of = owed(call("05-27 09:22", "no_answer", callback_at=at("05-27 11:30")))
    step = step_of(of, "05-27 09:24")
    assert (step.exemption, step.not_before) == (Exemption.PROMISED, at("05-27 11:30"))
    assert isinstance(ask(case(of, "05-27 11:30")), Allow)


@pytest.mark.parametrize(
    ("by_rule", "ending"), [(True, Ending.SCORED_BY_RULE), (False, Ending.SCORED)]
)
def test_r_smp_8_hanging_up_on_the_answer_is_shown_apart(by_rule: bool, ending: Ending) -> None:
    answered = replace(OWED, answered_at=at("05-27 09:24"))
    known = SamplingFacts(3, escalation=answered, is_score_by_rule=by_rule)
    of = sampled(call(SAID, "complaint_escalated"), call("05-27 09:22", "hung_up"), known=known)
    assert planned(of, "05-27 09:24").ending is ending


def test_r_smp_5_a_second_complaint_has_its_own_half_hour() -> None:
    again = EscalationFacts(at("05-27 09:24"), at("05-27 09:54"))
    of = owed(call("05-27 09:22", "complaint_escalated"), escalation=again)
    assert planned(of, "05-27 09:24").due_at == at("05-27 09:54") - timedelta(minutes=10)


def test_r_smp_5_unanswered_and_unscored_at_the_month_s_end() -> None:
    failed = [call(f"05-31 {clock}", "no_answer") for clock in ("10:30", "13:30", "17:30")]
    sent = SamplingFacts(message_sent_at=at("05-31 17:40"), escalation=OWED)
    of = sampled(call(SAID, "complaint_escalated"), *failed, known=sent)
    assert planned(of, "05-31 20:00").ending is Ending.UNFINISHED


def test_r_smp_5_an_answer_that_was_cut_at_noon_is_due_when_calls_open_again() -> None:
    """Too late for a redial (R-REPEAT-5), but still promised."""
    said = EscalationFacts(at("05-27 11:32"), at("05-27 13:30"), at("05-27 11:50"))
    of = owed(call("05-27 11:56", "cut_off"), escalation=said)
    judged = planned(of, "05-27 11:59")
    assert (judged.due_at, judged.urgency) == (at("05-27 11:59"), 0)
    judged = planned(of, "05-27 12:00")
    assert (judged.due_at, judged.urgency) == (at("05-27 13:00"), 0)
