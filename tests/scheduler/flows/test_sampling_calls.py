"""R-SMP-4 to R-SMP-8: what a sampling call leaves behind, and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.store.models.after_sales import service_case
from adapters.store.models.calls import todo
from adapters.store.models.customers import suppression
from adapters.store.models.sampling import escalation, score
from campaigns.errors import ConflictError, RefusedError, UsageError
from campaigns.values import Ending, Kind, Person, Role, ScoreOrigin, TaskState
from scheduler import jobs
from scheduler.flows import escalations
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.todos import awaiting_replies, finish_todo, note_reply
from tests.factories import at
from tests.scheduler.flows.calling import dialled, nobody
from tests.shops import Shop

ANSWERED = {"note": "重发了一盆"}


@pytest.fixture
def caller(shop: Shop) -> Person:
    """One sampled customer, and who calls."""
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.sampled(customer)
    return shop.person()


def _task(shop: Shop) -> Any:
    return shop.tasks()[0]


def _score(shop: Shop) -> tuple[int, str, str | None, str | None]:
    row = shop.rows(score)[-1]
    return row.value, row.origin, row.reason, row.suggestion


def test_r_smp_3_nobody_is_called_before_the_27th_nor_after_the_last_day(
    shop: Shop, caller: Person
) -> None:
    assert nobody(shop, caller, "05-26 19:59")
    assert shop.take(caller, "05-27 09:00").kind is Kind.SAMPLING


def test_r_smp_3_the_priority_rises_with_every_day(shop: Shop, caller: Person) -> None:
    ranks = []
    for day in ("05-26", "05-27", "05-28", "05-31"):
        shop.set_clock(f"{day} 00:01")
        jobs.tick(shop.runtime)
        ranks.append(_task(shop).rank_at)
    assert ranks == [at(when) for when in ("05-29 20:00",) * 2 + ("05-27 20:00", "05-21 20:00")]


def test_r_smp_3_what_is_open_at_the_end_is_unfinished(shop: Shop, caller: Person) -> None:
    assert shop.take(caller, "05-27 09:00").deadline == at("05-31 20:00")
    shop.set_clock("05-31 20:00")
    jobs.tick(shop.runtime)
    assert (_task(shop).ending, _task(shop).state) == (Ending.UNFINISHED, TaskState.CLOSED)


@pytest.mark.parametrize("value", [5, 4, 3])
def test_r_smp_4_a_score_ends_it(shop: Shop, caller: Person, value: int) -> None:
    answer = shop.call(caller, "05-27 09:00", "scored", score=value, suggestion="回得再快些")
    assert (answer.state, answer.result) == ("closed", "已评分")
    assert _score(shop) == (value, ScoreOrigin.CUSTOMER, None, "回得再快些")


@pytest.mark.parametrize("value", [2, 1])
def test_r_smp_4_a_low_score_needs_the_reason(shop: Shop, caller: Person, value: int) -> None:
    held = dialled(shop, caller, "05-27 09:00")
    with pytest.raises(UsageError) as refused:
        shop.outcome(held.attempt_id, "scored", "05-27 09:02", caller, score=value)
    assert refused.value.field == "reason"
    shop.outcome(
        held.attempt_id, "scored", "05-27 09:02", caller, score=value, reason="等了三天没人管"
    )
    assert _score(shop) == (value, ScoreOrigin.CUSTOMER, "等了三天没人管", None)


@pytest.mark.parametrize(
    ("code", "form"),
    [
        ("scored", {}),
        ("scored", {"score": 0}),
        ("scored", {"score": 6}),
        ("refused", {"score": 5}),
        ("no_answer", {"score": 5}),
    ],
)
def test_r_smp_4_a_score_belongs_where_one_was_given(
    shop: Shop, caller: Person, code: str, form: dict[str, Any]
) -> None:
    held = dialled(shop, caller, "05-27 09:00")
    with pytest.raises(UsageError) as refused:
        shop.outcome(held.attempt_id, code, "05-27 09:02", caller, **form)
    assert refused.value.field == "score"
    assert shop.rows(score) == []


@pytest.mark.parametrize("code", ["refused", "hung_up"])
def test_r_smp_8_refusing_counts_three(shop: Shop, caller: Person, code: str) -> None:
    shop.call(caller, "05-27 09:00", code)
    assert _score(shop)[:2] == (3, ScoreOrigin.RULE)
    assert _task(shop).ending == Ending.SCORED_BY_RULE


def test_r_smp_8_an_angry_end_counts_three_and_is_the_last_call(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-27 09:00", "hung_up_angry")
    assert _score(shop)[:2] == (3, ScoreOrigin.RULE)
    assert [row.rule for row in shop.rows(suppression)] == ["R-DNC-1"]


def test_r_smp_6_the_third_failure_queues_the_message_and_a_day_without_reply_ends_it(
    shop: Shop, caller: Person
) -> None:
    shop.call(caller, "05-27 09:00", "no_answer")
    shop.call(caller, "05-27 13:30", "switched_off")
    assert shop.rows(todo) == []
    answer = shop.call(caller, "05-28 17:00", "line_busy")
    assert (answer.state, answer.how, answer.next_at) == ("open", "message", None)
    assert nobody(shop, caller, "05-29 10:00")
    (message,) = shop.rows(todo)
    finish_todo(shop.runtime, message.id, at("05-29 10:00"), "张三")
    assert [t.id for t in awaiting_replies(shop.runtime, at("05-29 11:00"))] == [message.id]
    shop.set_clock("05-30 09:59")
    jobs.tick(shop.runtime)
    assert _task(shop).state == TaskState.WAITING
    shop.set_clock("05-30 10:00")
    jobs.tick(shop.runtime)
    assert _task(shop).ending == Ending.UNREACHABLE
    assert awaiting_replies(shop.runtime, at("05-30 10:01")) == []


def test_r_smp_6_a_reply_earns_one_more_call(shop: Shop, caller: Person) -> None:
    for when in ("05-27 09:00", "05-27 13:30", "05-28 17:00"):
        shop.call(caller, when, "no_answer")
    (message,) = shop.rows(todo)
    with pytest.raises(RefusedError):
        note_reply(shop.runtime, message.id, at("05-28 17:30"), "张三")
    finish_todo(shop.runtime, message.id, at("05-28 17:30"), "张三")
    note_reply(shop.runtime, message.id, at("05-28 18:00"), "张三")
    note_reply(shop.runtime, message.id, at("05-28 18:00"), "张三")
    shop.set_clock("05-29 08:00")
    jobs.tick(shop.runtime)
    shop.call(caller, "05-29 09:00", "no_answer")
    assert _task(shop).ending == Ending.UNREACHABLE


def test_r_smp_7_two_rejections_in_different_dayparts_end_it(shop: Shop, caller: Person) -> None:
    assert shop.call(caller, "05-27 09:00", "rejected").state == "open"
    answer = shop.call(caller, "05-27 13:30", "rejected")
    assert (answer.state, answer.result) == ("closed", "拒接")
    assert shop.rows(score) == []
    assert shop.rows(todo) == []


def test_r_smp_5_a_complaint_solved_on_the_line(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-27 09:00", "complaint_solved")
    assert _task(shop).ending == Ending.UNSCORED


def test_r_smp_5_a_complaint_solved_with_a_score(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-27 09:00", "complaint_solved", score=4)
    assert _task(shop).ending == Ending.SCORED


def _escalated(shop: Shop, caller: Person, now: str = "05-27 09:00", **form: Any) -> Any:
    form = {"note": "盆碎了没人理"} | form
    answer = shop.call(caller, now, "complaint_escalated", **form)
    assert answer.state == "open"
    return shop.rows(escalation)[-1]


def test_r_smp_5_an_escalation_has_an_owner_a_case_and_half_an_hour(
    shop: Shop, caller: Person
) -> None:
    row = _escalated(shop, caller)
    assert (row.owner_id, row.due_at) == (caller.id, at("05-27 09:30"))
    (case,) = shop.rows(service_case)
    assert (case.id, case.due_at, case.cause) == (row.case_id, row.due_at, "盆碎了没人理")
    (shown,) = escalations.open_escalations(shop.runtime, at("05-27 09:19:59"))
    assert (shown.is_near, shown.is_breached, shown.owner) == (False, False, "张三")
    (shown,) = escalations.open_escalations(shop.runtime, at("05-27 09:20"))
    assert shown.is_near
    (shown,) = escalations.open_escalations(shop.runtime, at("05-27 09:30"))
    assert shown.is_breached


def test_r_phone_1_a_wrong_number_for_the_answer_leaves_the_message_and_the_owed_answer(
    shop: Shop, caller: Person
) -> None:
    row = _escalated(shop, caller)
    escalations.ready(shop.runtime, row.id, at("05-27 09:06"), caller)
    answer = shop.call(caller, "05-27 09:07", "wrong_number")
    assert (answer.state, answer.how) == ("closed", "message")
    assert _task(shop).ending == Ending.UNREACHABLE
    assert [row.occasion for row in shop.rows(todo)] == ["wrong_number"]
    assert shop.rows(escalation)[0].answered_at is None


def test_r_smp_5_a_complaint_without_a_word_is_in_the_register_too(
    shop: Shop, caller: Person
) -> None:
    _escalated(shop, caller, note=None)
    assert [case.cause for case in shop.rows(service_case)] == ["抽查时投诉，坐席没有写明经过"]


def test_r_smp_5_only_its_owner_gets_the_call_when_ready(shop: Shop, caller: Person) -> None:
    row = _escalated(shop, caller)
    other = shop.person("李四")
    assert nobody(shop, caller, "05-27 09:05")
    with pytest.raises(ConflictError):
        escalations.ready(shop.runtime, row.id, at("05-27 09:06"), other)
    escalations.ready(shop.runtime, row.id, at("05-27 09:06"), caller)
    assert nobody(shop, other, "05-27 09:06")
    shop.call(caller, "05-27 09:06", "scored", score=4, **ANSWERED)
    row = shop.rows(escalation)[0]
    assert (row.answered_at, row.answer) == (at("05-27 09:06"), "重发了一盆")
    assert _task(shop).ending == Ending.SCORED


def test_r_smp_5_without_a_word_from_its_owner_it_comes_by_itself_ten_minutes_before(
    shop: Shop, caller: Person
) -> None:
    _escalated(shop, caller)
    assert nobody(shop, caller, "05-27 09:19")
    assert isinstance(next_call(shop.runtime, caller, at("05-27 09:20")), HandOut)


def test_r_smp_5_a_breach_is_noted_once_and_then_anybody_may_call(
    shop: Shop, caller: Person
) -> None:
    _escalated(shop, caller)
    other = shop.person("李四")
    assert nobody(shop, other, "05-27 09:29")
    for _ in range(2):
        shop.set_clock("05-27 09:30")
        jobs.tick(shop.runtime)
    row = shop.rows(escalation)[0]
    assert row.breached_at == at("05-27 09:30")
    assert shop.take(other, "05-27 09:31").task_id == row.task_id


def test_r_smp_5_an_answer_nobody_picks_up_is_tried_again_an_hour_later(
    shop: Shop, caller: Person
) -> None:
    row = _escalated(shop, caller, score=2)
    escalations.ready(shop.runtime, row.id, at("05-27 09:10"), caller)
    shop.call(caller, "05-27 09:10", "no_answer")
    assert nobody(shop, caller, "05-27 10:09")
    shop.call(caller, "05-27 10:10", "complaint_solved")
    assert _task(shop).ending == Ending.SCORED
    assert _score(shop)[:3] == (2, ScoreOrigin.CUSTOMER, "盆碎了没人理")


def test_r_smp_5_a_refused_answer_does_not_replace_the_score_given_before(
    shop: Shop, caller: Person
) -> None:
    row = _escalated(shop, caller, score=1)
    escalations.ready(shop.runtime, row.id, at("05-27 09:10"), caller)
    shop.call(caller, "05-27 09:10", "hung_up")
    assert [r.value for r in shop.rows(score)] == [1]


def test_r_smp_5_answered_in_writing(shop: Shop, caller: Person) -> None:
    row = _escalated(shop, caller)
    with pytest.raises(UsageError):
        escalations.answer(shop.runtime, row.id, "  ", at("05-27 09:10"), caller)
    escalations.answer(shop.runtime, row.id, "旺旺上说好了", at("05-27 09:10"), caller)
    assert _task(shop).ending == Ending.UNSCORED
    with pytest.raises(ConflictError):
        escalations.answer(shop.runtime, row.id, "再说一次", at("05-27 09:11"), caller)


def test_r_smp_5_a_leader_takes_it_over(shop: Shop, caller: Person) -> None:
    row = _escalated(shop, caller)
    other, leader = shop.person("李四"), shop.person("王组长", Role.LEADER)
    escalations.take(shop.runtime, row.id, at("05-27 09:05"), caller)
    with pytest.raises(ConflictError):
        escalations.take(shop.runtime, row.id, at("05-27 09:06"), other)
    escalations.take(shop.runtime, row.id, at("05-27 09:06"), leader)
    assert shop.rows(escalation)[0].owner_id == leader.id
    with pytest.raises(RefusedError):
        escalations.hand_over(shop.runtime, row.id, "张三", at("05-27 09:07"), other)
    escalations.hand_over(shop.runtime, row.id, "李四", at("05-27 09:07"), leader)
    escalations.ready(shop.runtime, row.id, at("05-27 09:08"), other)
    assert shop.take(other, "05-27 09:08").task_id == row.task_id


def test_r_smp_5_across_the_last_evening_it_cannot_be_called_and_stays_visible(
    shop: Shop, caller: Person
) -> None:
    row = _escalated(shop, caller, "05-31 19:45", score=2)
    assert row.due_at == at("06-01 10:30")
    shop.set_clock("05-31 20:00")
    jobs.tick(shop.runtime)
    assert _task(shop).ending == Ending.SCORED
    assert len(escalations.open_escalations(shop.runtime, at("06-01 10:31"))) == 1
    with pytest.raises(RefusedError) as refused:
        escalations.ready(shop.runtime, row.id, at("06-01 10:00"), caller)
    assert refused.value.rules == ("R-SMP-3",)
    escalations.answer(shop.runtime, row.id, "旺旺上说好了", at("06-01 10:00"), caller)
    assert escalations.open_escalations(shop.runtime, at("06-01 10:31")) == []


def test_the_path_through_the_dialogue_is_kept(shop: Shop, caller: Person) -> None:
    held = dialled(shop, caller, "05-27 09:00")
    path = ("dial", "first_call", "ask_score")
    shop.outcome(held.attempt_id, "scored", "05-27 09:02", caller, score=5, path=path)
    assert shop.attempts()[0].path == '["dial", "first_call", "ask_score"]'
