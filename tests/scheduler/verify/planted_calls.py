"""The same for what calls leave behind: scores, promised answers, messages, reviews, the trail."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select, update

from adapters.store.models.after_sales import service_case
from adapters.store.models.audit import audit
from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import task
from adapters.store.models.sampling import escalation, review, score
from adapters.store.models.shop import person
from tests.factories import at
from tests.scheduler.verify.planted import (
    PLANTED,
    Change,
    call,
    change,
    closed,
    first,
    planted,
    waited_for,
)

__all__ = ["PLANTED"]


# --- scores --------------------------------------------------------------------------------------


@planted("R-SMP-4", "却没有记下原因")
def a_low_score_without_a_reason(connection: Connection) -> None:
    row = first(connection, score, score.c.origin == "customer", score.c.value <= 2)
    change(connection, score, row, reason=" ")


@planted("R-SMP-4", "结果 scored 没有留下评分")
def scored_without_a_score(connection: Connection) -> None:
    row = call(connection, "scored")
    connection.execute(delete(score).where(score.c.attempt_id == row.id))


@planted("R-SMP-8", "没有留下评分")
def refused_without_a_score(connection: Connection) -> None:
    row = first(connection, score, score.c.origin == "rule")
    connection.execute(delete(score).where(score.c.task_id == row.task_id))


@planted("R-SMP-8", "按规则应计 3 分，却是 5 分")
def five_by_rule(connection: Connection) -> None:
    change(connection, score, first(connection, score, score.c.origin == "rule"), value=5)


@planted("R-SMP-8", "按规则计分，通话结果却是")
def by_rule_though_asked(connection: Connection) -> None:
    row = first(connection, score, score.c.attempt_id == call(connection, "scored").id)
    change(connection, score, row, origin="rule", value=3)


@planted("R-SMP-4", "记为客户所评，通话结果却是")
def by_the_customer_who_refused(connection: Connection) -> None:
    change(connection, score, first(connection, score, score.c.origin == "rule"), origin="customer")


@planted("R-SMP-8", "可客户此前已经评过分")
def by_rule_after_a_score(connection: Connection) -> None:
    row = first(connection, score, score.c.origin == "customer")
    values = {c.name: getattr(row, c.name) for c in score.c if c.name != "id"}
    connection.execute(insert(score).values(**values | {"origin": "rule", "value": 3}))


@planted("R-SMP-4", "出自没有接通的通话")
def a_score_of_a_call_to_nobody(connection: Connection) -> None:
    failed = {"outcome": "no_answer", "is_reached": False}
    change(connection, attempt, call(connection, "scored"), **failed)


@planted("R-SMP-4", "不是出自这位客户的通话")
def a_score_of_somebody_else(connection: Connection) -> None:
    one = first(connection, score, score.c.origin == "customer")
    other = first(connection, attempt, attempt.c.customer_id != one.customer_id)
    change(connection, score, one, attempt_id=other.id)


@planted("R-SMP-4", "与通话结果不是同时登记的")
def a_score_entered_later(connection: Connection) -> None:
    row = first(connection, score, score.c.origin == "customer")
    change(connection, score, row, at=row.at + timedelta(hours=1))


@planted("R-SMP-4", "以 unscored 结束，但有评分")
def ended_unscored_with_a_score(connection: Connection) -> None:
    change(connection, task, closed(connection, "scored"), ending="unscored")


@planted("R-SMP-8", "客户没有拒绝，也没有挂断")
def ended_by_rule_though_asked(connection: Connection) -> None:
    row = call(connection, "scored")
    ended = update(task).where(task.c.id == row.task_id).values(ending="scored_by_rule")
    connection.execute(ended)


@planted("R-SMP-4", "在结果 scored 之后没有结束")
def open_after_the_score(connection: Connection) -> None:
    row = call(connection, "scored")
    later = row.outcome_at + timedelta(hours=1)
    connection.execute(update(task).where(task.c.id == row.task_id).values(closed_at=later))


# --- answers that were promised ------------------------------------------------------------------


@planted("R-SMP-5", "却没有记下要答复的事")
def escalated_without_an_escalation(connection: Connection) -> None:
    row = first(connection, escalation)
    connection.execute(delete(escalation).where(escalation.c.id == row.id))


@planted("R-SMP-5", "不是 30 分钟的开放时间之后")
def promised_for_later(connection: Connection) -> None:
    row = first(connection, escalation, escalation.c.breached_at.is_(None))
    change(connection, escalation, row, due_at=row.due_at + timedelta(minutes=1))


@planted("R-SMP-5", "却没有记为超时")
def a_breach_that_is_not_noted(connection: Connection) -> None:
    row = first(connection, escalation)
    nothing = {"answered_at": None, "answered_by": None, "breached_at": None}
    change(connection, escalation, row, **nothing)


@planted("R-SMP-5", "还没有到期就记为超时")
def a_breach_noted_too_early(connection: Connection) -> None:
    row = first(connection, escalation, escalation.c.breached_at.is_(None))
    change(connection, escalation, row, breached_at=row.opened_at)


@planted("R-SMP-5", "的答复没有写明")
def answered_without_words(connection: Connection) -> None:
    row = first(connection, escalation, escalation.c.answered_at.is_not(None))
    change(connection, escalation, row, answer="")


@planted("R-SMP-5", "却仍记为没有答复")
def talked_about_but_not_answered(connection: Connection) -> None:
    later = attempt.alias("later")
    query = (
        select(escalation)
        .join(later, later.c.task_id == escalation.c.task_id)
        .where(later.c.at >= escalation.c.opened_at, later.c.outcome_at == escalation.c.answered_at)
    )
    row = connection.execute(query).first()
    assert row is not None
    change(connection, escalation, row, answered_at=None, answered_by=None)


@planted("R-REPEAT-3", "当天已接通过，又被拨打")
def a_second_call_without_a_promise(connection: Connection) -> None:
    connection.execute(delete(escalation))


@planted("R-CASE-1", "结果 complaint_escalated 没有登记售后问题")
def escalated_without_a_case(connection: Connection) -> None:
    row = first(connection, service_case, service_case.c.attempt_id.is_not(None))
    change(connection, service_case, row, attempt_id=None)


# --- whoever was not reached ---------------------------------------------------------------------


@planted("R-SMP-7", "没有在不同时段被拒接两次")
def rejected_once(connection: Connection) -> None:
    row = call(connection, "rejected", task_id=closed(connection, "rejected").id)
    change(connection, attempt, row, outcome="no_answer")


@planted("R-SMP-7", "两次被拒接之后没有结束")
def open_after_two_rejections(connection: Connection) -> None:
    row = closed(connection, "rejected")
    change(connection, task, row, closed_at=row.closed_at + timedelta(hours=3))


@planted("R-SMP-6", "还没有过回复期限")
def unreached_without_the_message(connection: Connection) -> None:
    of_task = todo.c.task_id == waited_for(connection).id
    connection.execute(update(todo).where(of_task).values(done_at=None, done_by=None))


@planted("R-SMP-6", "没有旺旺留言的待办")
def a_third_failure_without_a_message(connection: Connection) -> None:
    connection.execute(delete(todo).where(todo.c.task_id == waited_for(connection).id))


@planted("R-SMP-6", "却以未完成结束，不是联络不上")
def unfinished_though_the_message_was_not_answered(connection: Connection) -> None:
    change(connection, task, waited_for(connection), ending="unfinished")


@planted("R-SMP-6", "却没有三次未接通")
def unreached_after_two_failures(connection: Connection) -> None:
    row = waited_for(connection)
    one = first(connection, attempt, attempt.c.task_id == row.id, by=attempt.c.at)
    change(connection, attempt, one, outcome="busy", is_reached=True)


@planted("R-REPEAT-2", "不与别的事同一通话办理")
def a_sampling_call_rides_on_another(connection: Connection) -> None:
    later = attempt.alias("later")
    same = (later.c.customer_id == attempt.c.customer_id) & (later.c.at > attempt.c.at)
    row = connection.execute(select(attempt.c.id, later.c.id.label("later")).join(later, same))
    one = row.first()
    assert one is not None
    ride = update(attempt).where(attempt.c.id == one.later).values(rides_on=one.id)
    connection.execute(ride)


# --- reviews, and the trail ----------------------------------------------------------------------


@planted("R-SMP-12", "不是主管")
def reviewed_by_a_leader(connection: Connection) -> None:
    leader = first(connection, person, person.c.name == "李组长")
    change(connection, review, first(connection, review), reviewer_id=leader.id)


@planted("R-SMP-12", "自己打的电话")
def reviewed_by_who_called(connection: Connection) -> None:
    row = first(connection, review)
    caller = first(connection, attempt, attempt.c.task_id == row.task_id).caller_id
    change(connection, review, row, reviewer_id=caller)


@planted("R-SMP-12", "却没有写原因")
def corrected_without_a_reason(connection: Connection) -> None:
    row = first(connection, score, score.c.origin == "review")
    change(connection, score, row, reason=None)


@planted("R-SMP-12", "却没有记下新的评分")
def corrected_without_a_score(connection: Connection) -> None:
    row = first(connection, score, score.c.origin == "review")
    connection.execute(delete(score).where(score.c.id == row.id))


@planted("R-SMP-12", "却没有这样的复核")
def a_correction_without_a_review(connection: Connection) -> None:
    row = first(connection, score, score.c.origin == "review")
    connection.execute(delete(review).where(review.c.task_id == row.task_id))


@planted("R-SMP-12", "同意了评分，评分却变了")
def agreed_and_changed(connection: Connection) -> None:
    row = first(
        connection, review, review.c.verdict == "agreed", review.c.score_before.is_not(None)
    )
    change(connection, review, row, score_after=6 - row.score_before or 1)


@planted("R-SMP-12", "不是当时的评分")
def another_score_before(connection: Connection) -> None:
    row = first(connection, review, review.c.score_before.is_(None))
    change(connection, review, row, score_before=2, score_after=2)


@planted("R-SMP-12", "不是在抽查的任务结束之后做的")
def reviewed_before_the_end(connection: Connection) -> None:
    row = first(connection, review, review.c.verdict == "agreed")
    change(connection, review, row, reviewed_at=at("05-26 12:00"))


def _without_line(what: str) -> Change:
    def forget(connection: Connection) -> None:
        row = first(connection, audit, audit.c.what == what)
        connection.execute(delete(audit).where(audit.c.id == row.id))

    forget.__name__ = f"no_line_{what.replace('.', '_')}"
    return forget


for _what in (
    *("sample.drawn", "sample.submitted", "sample.approved", "sample.called_in"),
    *("score.entered", "review.agreed", "review.corrected", "todo.replied"),
    *("escalation.opened", "escalation.answered", "escalation.breached"),
):
    planted("R-AUD-1", f"缺少审计记录 {_what}")(_without_line(_what))
