"""R-SMP-12: each sampled call is reviewed once, by somebody who did not make it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.store.models.audit import audit
from adapters.store.models.sampling import review, score
from adapters.store.queries import scores
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.values import Ending, Person, Role, ScoreOrigin, Verdict
from scheduler.flows.review_page import review_page
from scheduler.flows.reviews import (
    TAKEN_FOR,
    ReviewForm,
    ReviewState,
    finish_review,
    open_review,
    to_review,
)
from scheduler.runtime import Runtime
from tests.factories import at
from tests.scheduler.flows.reviewed_month import MONTH, approved_sample
from tests.scheduler.flows.test_claim_races import at_once
from tests.shops import Shop

NOW = at("05-28 10:00")
AGREED = ReviewForm(Verdict.AGREED)
CORRECTED = ReviewForm(Verdict.CORRECTED, 2, "录的是很不满，客户说的是不满意")


@pytest.fixture
def supervisor(shop: Shop) -> Person:
    return shop.person("赵主管", Role.SUPERVISOR)


@pytest.fixture
def task(shop: Shop) -> int:
    """A customer who gave four points to 张三."""
    (made,) = approved_sample(shop, "tb_hua01")
    caller = shop.person()
    shop.call(caller, "05-27 09:00", "scored", score=4, suggestion="快一点")
    return made


def _newest(shop: Shop, task: int) -> Any:
    with shop.runtime.snapshot() as connection:
        return scores.newest_score(connection, task)


def test_r_smp_12_ended_customers_with_a_call_are_listed(shop: Shop, supervisor: Person) -> None:
    scored, rejected, _waiting = approved_sample(shop, "tb_a", "tb_b", "tb_c")
    caller = shop.person()
    shop.call(caller, "05-27 09:00", "scored", score=5)
    for when in ("05-27 10:00", "05-27 13:30"):
        shop.call(caller, when, "rejected")
    by_task = {line.task: line for line in to_review(shop.runtime, MONTH, NOW, supervisor)}
    assert set(by_task) == {scored, rejected}, "not the one who waits for a call"
    assert (by_task[scored].score, by_task[scored].calls) == (5, 1)
    assert by_task[scored].callers == ("张三",)
    assert (by_task[rejected].score, by_task[rejected].calls) == (None, 2)
    assert all(line.state is ReviewState.TO_DO for line in by_task.values())
    assert not any(line.is_own for line in by_task.values())
    assert to_review(shop.runtime, "2025-06", NOW, supervisor) == []
    with pytest.raises(UsageError):
        to_review(shop.runtime, "Mai", NOW, supervisor)


def test_r_smp_12_the_page_shows_the_calls_and_the_way_through_the_dialogue(
    shop: Shop, supervisor: Person
) -> None:
    (task,) = approved_sample(shop, "tb_hua01")
    caller = shop.person()
    shop.call(caller, "05-27 09:00", "no_answer")
    path = ("dial", "gone_since", "may_i")
    shop.call(caller, "05-27 13:30", "scored", score=1, reason="等了三天", note="很生气", path=path)
    page = review_page(shop.runtime, task, NOW, supervisor)
    first, second = page.calls
    assert (first.caller, first.outcome, first.path) == ("张三", "无人接听", ())
    assert (second.note, second.outcome) == ("很生气", "已评分")
    assert second.path[1] == "gone_since", "a moment that left the dialogue keeps its id"
    assert second.path[0] != "dial", "a moment has its title"
    (given,) = page.scores
    assert (given.value, given.reason, given.origin) == (1, "等了三天", ScoreOrigin.CUSTOMER)
    assert (page.detail, page.line.handler, page.line.ending) == ("盆碎了", "张三", Ending.SCORED)


def test_r_smp_12_messages_answers_and_cases_belong_to_it(shop: Shop, supervisor: Person) -> None:
    (task,) = approved_sample(shop, "tb_hua01")
    caller = shop.person()
    shop.call(caller, "05-27 09:00", "complaint_escalated", note="盆碎了没人理", score=2)
    with pytest.raises(NotFoundError):
        review_page(shop.runtime, task, NOW, supervisor)
    with pytest.raises(RefusedError):
        open_review(shop.runtime, task, NOW, supervisor)
    shop.call(caller, "05-27 09:31", "complaint_solved", note="重发了")
    page = review_page(shop.runtime, task, NOW, supervisor)
    (answer,) = page.answers
    assert (answer.owner, answer.answer, answer.is_late) == ("张三", "重发了", True)
    assert [case.cause for case in page.cases] == ["盆碎了没人理"]


def test_r_smp_12_a_review_is_taken_for_ten_minutes_and_then_by_others(
    shop: Shop, task: int, supervisor: Person
) -> None:
    other = shop.person("钱主管", Role.SUPERVISOR)
    open_review(shop.runtime, task, NOW, supervisor)
    (line,) = to_review(shop.runtime, MONTH, NOW, other)
    assert (line.state, line.reviewer, line.is_mine) == (ReviewState.UNDER_WAY, "赵主管", False)
    for attempted in (open_review, lambda *a: finish_review(a[0], a[1], AGREED, *a[2:])):
        with pytest.raises(ConflictError, match="赵主管 正在复核"):
            attempted(shop.runtime, task, NOW + TAKEN_FOR / 2, other)
    open_review(shop.runtime, task, NOW + TAKEN_FOR / 2, supervisor)  # renewed by the open page
    with pytest.raises(ConflictError):
        open_review(shop.runtime, task, NOW + TAKEN_FOR, other)
    open_review(shop.runtime, task, NOW + 2 * TAKEN_FOR, other)
    with pytest.raises(ConflictError, match="钱主管 正在复核"):
        finish_review(shop.runtime, task, AGREED, NOW + 2 * TAKEN_FOR, supervisor)


def test_r_smp_12_reviewers_at_once_do_not_collide(shop: Shop, task: int) -> None:
    reviewers = [shop.person(f"主管{i}", Role.SUPERVISOR) for i in range(4)]

    def work(runtime: Runtime, index: int) -> Any:
        open_review(runtime, task, NOW, reviewers[index])
        return index

    results = at_once(shop, len(reviewers), work)
    got = [r for r in results if isinstance(r, int)]
    assert len(got) == 1
    assert all(isinstance(r, ConflictError) for r in results if not isinstance(r, int))
    (row,) = shop.rows(review)
    assert row.reviewer_id == reviewers[got[0]].id


def test_r_smp_12_two_who_finish_at_once_leave_one_verdict(shop: Shop, task: int) -> None:
    reviewers = [shop.person(f"主管{i}", Role.SUPERVISOR) for i in range(4)]

    def work(runtime: Runtime, index: int) -> Any:
        form = ReviewForm(Verdict.CORRECTED, 1 + index % 3, f"听录音 {index}")
        return finish_review(runtime, task, form, NOW, reviewers[index])

    results = at_once(shop, len(reviewers), work)
    assert results.count(None) == 1
    assert len(shop.rows(score)) == 2


def test_r_smp_12_a_correction_is_the_score_that_counts(
    shop: Shop, task: int, supervisor: Person
) -> None:
    finish_review(shop.runtime, task, CORRECTED, NOW, supervisor)
    given, corrected = shop.rows(score)
    assert given.value == 4, "what was entered stays"
    newest = _newest(shop, task)
    assert newest.id == corrected.id
    assert (newest.value, newest.origin, newest.who) == (2, ScoreOrigin.REVIEW, "赵主管")
    assert newest.reason == CORRECTED.why
    (row,) = shop.rows(review)
    assert (row.score_before, row.score_after, row.verdict) == (4, 2, Verdict.CORRECTED)
    noted = [a for a in shop.rows(audit) if a.what == "review.corrected"]
    assert [(json.loads(a.before), json.loads(a.after)) for a in noted] == [
        ({"score": 4}, {"score": 2})
    ]
    (line,) = to_review(shop.runtime, MONTH, NOW, supervisor)
    assert (line.state, line.score, line.origin) == (ReviewState.DONE, 2, ScoreOrigin.REVIEW)


def test_r_smp_12_also_after_the_month(shop: Shop, task: int, supervisor: Person) -> None:
    finish_review(shop.runtime, task, CORRECTED, at("06-03 10:00"), supervisor)
    assert _newest(shop, task).value == 2


def test_r_smp_12_a_review_that_is_done_stays(shop: Shop, task: int, supervisor: Person) -> None:
    other = shop.person("钱主管", Role.SUPERVISOR)
    finish_review(shop.runtime, task, AGREED, NOW, supervisor)
    finish_review(shop.runtime, task, AGREED, NOW, supervisor)  # a double click
    assert len(shop.rows(score)) == 1
    with pytest.raises(ConflictError):
        finish_review(shop.runtime, task, CORRECTED, NOW, supervisor)
    with pytest.raises(ConflictError):
        open_review(shop.runtime, task, NOW + 2 * TAKEN_FOR, other)
    assert _newest(shop, task).value == 4


@pytest.mark.parametrize("role", [Role.CALLER, Role.LEADER, Role.ADMIN])
def test_r_smp_12_a_supervisor_does_it(shop: Shop, task: int, role: Role) -> None:
    person = shop.person("王组长", role)
    for attempted in (open_review, lambda *a: finish_review(a[0], a[1], AGREED, *a[2:])):
        with pytest.raises(RefusedError) as refused:
            attempted(shop.runtime, task, NOW, person)
        assert refused.value.rules == ("R-SMP-12",)
    assert shop.rows(review) == []


def test_r_smp_12_nobody_reviews_their_own_call(shop: Shop) -> None:
    (task,) = approved_sample(shop, "tb_hua01")
    supervisor = shop.person("赵主管", Role.SUPERVISOR)
    shop.call(supervisor, "05-27 09:00", "no_answer")
    shop.call(shop.person(), "05-27 13:30", "scored", score=4)
    (line,) = to_review(shop.runtime, MONTH, NOW, supervisor)
    assert line.is_own
    for attempted in (open_review, lambda *a: finish_review(a[0], a[1], AGREED, *a[2:])):
        with pytest.raises(RefusedError, match="自己打的电话") as refused:
            attempted(shop.runtime, task, NOW, supervisor)
        assert refused.value.rules == ("R-SMP-12",)
    finish_review(shop.runtime, task, AGREED, NOW, shop.person("钱主管", Role.SUPERVISOR))


@pytest.mark.parametrize(
    ("value", "why", "field"),
    [(None, "听错了", "score"), (6, "听错了", "score"), (4, "听错了", "score"), (2, " ", "why")],
)
def test_r_smp_12_a_correction_names_another_score_and_the_reason(
    shop: Shop, task: int, supervisor: Person, value: int | None, why: str, field: str
) -> None:
    with pytest.raises(UsageError) as refused:
        finish_review(
            shop.runtime, task, ReviewForm(Verdict.CORRECTED, value, why), NOW, supervisor
        )
    assert refused.value.field == field
    assert shop.rows(review) == []


def test_r_smp_12_an_unscored_end_can_only_be_agreed_with(shop: Shop, supervisor: Person) -> None:
    (task,) = approved_sample(shop, "tb_hua01")
    caller = shop.person()
    for when in ("05-27 09:00", "05-27 13:30"):
        shop.call(caller, when, "rejected")
    with pytest.raises(RefusedError):
        finish_review(shop.runtime, task, CORRECTED, NOW, supervisor)
    finish_review(shop.runtime, task, AGREED, NOW, supervisor)
    (row,) = shop.rows(review)
    assert (row.score_before, row.score_after) == (None, None)


def test_r_smp_12_what_is_nobodys_sample_is_not_reviewed(shop: Shop, supervisor: Person) -> None:
    with pytest.raises(NotFoundError):
        open_review(shop.runtime, 4711, NOW, supervisor)
