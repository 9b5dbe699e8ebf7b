"""Rows of a lived sampling month that somebody changed afterwards, each with what is then found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, func, insert, select, update

from adapters.store.models.after_sales import service_case
from adapters.store.models.audit import audit
from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import batch, task
from adapters.store.models.sampling import (
    escalation,
    register_entry,
    review,
    sample,
    sample_member,
    score,
)
from adapters.store.models.shop import person
from tests.factories import at

Change = Callable[[Connection], None]
PLANTED: dict[str, tuple[str, str, Change]] = {}
"""By name: the rule that is found broken, words of the finding, and the change."""


def planted(rule: str, words: str) -> Callable[[Change], Change]:
    def keep(change: Change) -> Change:
        PLANTED[change.__name__] = (rule, words, change)
        return change

    return keep


def first(connection: Connection, table: Table, *conditions: Any, by: Any = None) -> Row[Any]:
    query = select(table).where(*conditions).order_by(*([] if by is None else [by]))
    found = connection.execute(query).first()
    assert found is not None, "the month has such a row"
    return found


def change(connection: Connection, table: Table, row: Row[Any], **values: Any) -> None:
    key = next(iter(table.primary_key.columns))
    done = connection.execute(update(table).where(key == row[0]).values(**values))
    assert done.rowcount == 1


def approved(connection: Connection) -> Row[Any]:
    return first(connection, sample, sample.c.state == "approved")


def members(connection: Connection, *conditions: Any) -> list[Row[Any]]:
    query = select(sample_member).where(
        sample_member.c.sample_id == approved(connection).id, *conditions
    )
    return list(connection.execute(query.order_by(sample_member.c.rank)).all())


def waiting(connection: Connection) -> list[Row[Any]]:
    return members(connection, sample_member.c.is_reserve, sample_member.c.called_in_at.is_(None))


def stepped_in(connection: Connection) -> list[Row[Any]]:
    return members(connection, sample_member.c.replaces.is_not(None))


def closed(connection: Connection, ending: str) -> Row[Any]:
    return first(connection, task, task.c.kind == "sampling", task.c.ending == ending)


def call(connection: Connection, outcome: str, **of: Any) -> Row[Any]:
    wanted = [attempt.c[name] == value for name, value in of.items()]
    return first(connection, attempt, attempt.c.outcome == outcome, *wanted, by=attempt.c.at)


def move_call(connection: Connection, row: Row[Any], when: str) -> None:
    moved = {"handed_out_at": at(when), "at": at(when), "dialled_at": at(when)}
    late = {"lease_until": at(when) + timedelta(minutes=15)}
    change(connection, attempt, row, **moved, **late)


# --- the draw ------------------------------------------------------------------------------------


@planted("R-SMP-1", "名次与种子重抽的不一样")
def two_reserves_change_places(connection: Connection) -> None:
    one, *_, two = waiting(connection)
    change(connection, sample_member, one, rank=9_999)
    change(connection, sample_member, two, rank=one.rank)
    change(connection, sample_member, one, rank=two.rank)


@planted("R-SMP-1", "抽中的不是种子排在前面的")
def another_seed(connection: Connection) -> None:
    change(connection, sample, approved(connection), seed=8)


@planted("R-SMP-1", "总体与记下的人数或校验值不符")
def another_frame_hash(connection: Connection) -> None:
    change(connection, sample, approved(connection), frame_hash="0" * 64)


@planted("R-SMP-1", "归入了 vip/李四，与登记表不符")
def another_handler(connection: Connection) -> None:
    (row, *_) = members(connection, sample_member.c.source == "vip", sample_member.c.handler == "")
    change(connection, sample_member, row, handler="李四")


@planted("R-SMP-1", "不在本月的任何登记表里")
def a_member_of_no_register(connection: Connection) -> None:
    (row, *_) = waiting(connection)
    gone = delete(register_entry).where(register_entry.c.customer_id == row.customer_id)
    connection.execute(gone)


@planted("R-SMP-1", "漏掉了登记表里的客户")
def somebody_is_missing(connection: Connection) -> None:
    row = waiting(connection)[-1]
    connection.execute(delete(sample_member).where(sample_member.c.id == row.id))


@planted("R-SMP-1", "按比例应是")
def one_stratum_gets_more(connection: Connection) -> None:
    parcels, vips = sample_member.c.source == "parcels", sample_member.c.source == "vip"
    for row in members(connection, parcels, sample_member.c.is_reserve)[:2]:
        change(connection, sample_member, row, is_reserve=False)
    for row in members(connection, vips, sample_member.c.is_reserve.is_(False))[:2]:
        change(connection, sample_member, row, is_reserve=True)


@planted("R-SMP-2", "按评分率应是 60 位")
def another_number(connection: Connection) -> None:
    change(connection, sample, approved(connection), wanted=61)


@planted("R-SMP-2", "抽中 61 位")
def one_more_drawn(connection: Connection) -> None:
    change(connection, sample_member, waiting(connection)[0], is_reserve=False)


# --- submitted and approved ----------------------------------------------------------------------


@planted("R-SMP-3", "由坐席 谷雨 抽取")
def drawn_by_a_caller(connection: Connection) -> None:
    change(connection, sample, approved(connection), drawn_by="谷雨")


@planted("R-SMP-3", "由 谷雨 提交，不是组长")
def submitted_by_a_caller(connection: Connection) -> None:
    change(connection, sample, approved(connection), submitted_by="谷雨")


@planted("R-SMP-3", "由 谷雨 批准，不是主管")
def approved_by_a_caller(connection: Connection) -> None:
    change(connection, sample, approved(connection), approved_by="谷雨")


@planted("R-SMP-3", "没有先由另一个人提交就批准了")
def approved_before_it_was_submitted(connection: Connection) -> None:
    change(connection, sample, approved(connection), submitted_at=at("05-26 12:00"))


@planted("R-SMP-3", "与批准时的校验值不符")
def another_list_hash(connection: Connection) -> None:
    change(connection, sample, approved(connection), list_hash="0" * 64)


@planted("R-SMP-3", "在名单批准之前就要拨打")
def approved_later_than_called_in(connection: Connection) -> None:
    change(connection, sample, approved(connection), approved_at=at("05-26 11:01"))


@planted("R-SMP-3", "不是在当月截止之前抽取的")
def drawn_in_april(connection: Connection) -> None:
    change(connection, sample, approved(connection), drawn_at=at("04-30 10:00"))


# --- who is called, and who steps in -------------------------------------------------------------


@planted("R-SMP-2", "不属于名单上的任何人")
def a_task_without_a_member(connection: Connection) -> None:
    change(connection, sample_member, stepped_in(connection)[0], task_id=None)


@planted("R-SMP-3", "位却没有任务")
def somebody_drawn_has_no_task(connection: Connection) -> None:
    row = members(connection, sample_member.c.is_reserve.is_(False))[0]
    change(connection, sample_member, row, task_id=None, called_in_at=None)


@planted("R-SMP-2", "可那位当时还没有落空")
def stepped_in_for_somebody_who_scored(connection: Connection) -> None:
    row = stepped_in(connection)[0]
    of_task = task.c.id == sample_member.c.task_id
    query = (
        select(sample_member.c.id)
        .join(task, of_task)
        .where(
            task.c.ending == "scored",
            sample_member.c.source == row.source,
            sample_member.c.handler == row.handler,
            sample_member.c.id.not_in([one.replaces for one in stepped_in(connection)]),
        )
    )
    other = connection.execute(query.where(sample_member.c.id != row.id)).scalars().first()
    change(connection, sample_member, row, replaces=other)


@planted("R-SMP-2", "没有替补同一层的人")
def stepped_in_for_another_stratum(connection: Connection) -> None:
    row = stepped_in(connection)[0]
    others = members(connection, sample_member.c.source != row.source)
    taken = {one.replaces for one in stepped_in(connection)}
    change(connection, sample_member, row, replaces=next(o.id for o in others if o.id not in taken))


@planted("R-SMP-2", "同一层还有备选却没有人替补")
def nobody_steps_in(connection: Connection) -> None:
    empty = {"task_id": None, "called_in_at": None, "replaces": None}
    change(connection, sample_member, stepped_in(connection)[0], **empty)


@planted("R-SMP-2", "越过了排在前面的备选")
def a_reserve_is_jumped_over(connection: Connection) -> None:
    by_stratum: dict[tuple[str, str], list[Row[Any]]] = {}
    for row in stepped_in(connection):
        by_stratum.setdefault((row.source, row.handler), []).append(row)
    one = next(rows[0] for rows in by_stratum.values() if len(rows) > 1)
    change(connection, sample_member, one, task_id=None, called_in_at=None, replaces=None)


@planted("R-SMP-2", "已被跳过，却又要拨打")
def passed_over_and_called(connection: Connection) -> None:
    change(connection, sample_member, stepped_in(connection)[0], passed_over_rule="R-DNC-2")


@planted("R-REPEAT-1", "被抽查了两次")
def called_in_twice_in_one_month(connection: Connection) -> None:
    old = first(connection, sample, sample.c.state == "replaced")
    again = members(connection, sample_member.c.called_in_at.is_not(None))[0]
    row = first(
        connection,
        sample_member,
        sample_member.c.sample_id == old.id,
        sample_member.c.customer_id == again.customer_id,
    )
    change(connection, sample_member, row, called_in_at=at("05-26 11:00"))


def copies(connection: Connection, row: Row[Any], *times: str) -> None:
    """The same call again at other times."""
    kept = {c.name: getattr(row, c.name) for c in attempt.c}
    for number, when in enumerate(times):
        moved = dict.fromkeys(("at", "handed_out_at", "dialled_at", "outcome_at"), at(when))
        ended = {"ended_at": at(when), "lease_until": at(when), "id": f"copy-{number}"}
        connection.execute(insert(attempt).values(**kept | moved | ended))


@planted("R-REPEAT-1", "90 天内已回访到 2 次，又被回访")
def surveyed_a_third_time(connection: Connection) -> None:
    copies(connection, call(connection, "scored"), "05-05 10:00", "05-06 14:00")


@planted("R-REPEAT-4", "第 5 次拨打，预算是 4 次")
def called_a_fifth_time(connection: Connection) -> None:
    row = waited_for(connection)
    one = first(connection, attempt, attempt.c.task_id == row.id, by=attempt.c.at)
    copies(connection, one, "05-27 09:01", "05-27 13:01", "05-28 09:01", "05-28 13:01")


# --- the month's clock ---------------------------------------------------------------------------


@planted("R-SMP-3", "不在抽查期内（")
def called_on_the_26th(connection: Connection) -> None:
    move_call(connection, call(connection, "scored"), "05-26 14:00")


@planted("R-SMP-3", "在 2025-05-31 20:00:00 拨打")
def called_at_the_close(connection: Connection) -> None:
    move_call(connection, call(connection, "scored"), "05-31 20:00")


@planted("R-SMP-3", "截止，任务")
def still_open_in_june(connection: Connection) -> None:
    row = closed(connection, "unfinished")
    change(connection, task, row, state="waiting", closed_at=None, ending=None)


@planted("R-SMP-3", "抽查还没有截止")
def unfinished_before_the_close(connection: Connection) -> None:
    change(connection, task, closed(connection, "unfinished"), closed_at=at("05-31 19:00"))


@planted("R-SMP-3", "的任务排在 2025-05-26")
def planned_for_the_26th(connection: Connection) -> None:
    campaign_id = approved(connection).campaign_id
    row = first(connection, batch, batch.c.campaign_id == campaign_id, by=batch.c.business_day)
    change(connection, batch, row, business_day=row.business_day - timedelta(days=1))


@planted("R-SMP-3", "在抽查截止之后发出")
def a_message_after_the_close(connection: Connection) -> None:
    row = first(connection, todo, todo.c.done_at.is_not(None))
    change(connection, todo, row, done_at=at("06-03 10:00"))


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


@planted("R-SMP-4", "结果 complaint_escalated 却没有备注")
def escalated_without_a_word(connection: Connection) -> None:
    change(connection, attempt, call(connection, "complaint_escalated"), note=None)


# --- whoever was not reached ---------------------------------------------------------------------


@planted("R-SMP-7", "没有在不同时段被拒接两次")
def rejected_once(connection: Connection) -> None:
    row = call(connection, "rejected", task_id=closed(connection, "rejected").id)
    change(connection, attempt, row, outcome="no_answer")


@planted("R-SMP-7", "两次被拒接之后没有结束")
def open_after_two_rejections(connection: Connection) -> None:
    row = closed(connection, "rejected")
    change(connection, task, row, closed_at=row.closed_at + timedelta(hours=3))


def waited_for(connection: Connection) -> Row[Any]:
    """The task of somebody who did not answer the message in time."""
    failed = select(func.count()).where(
        attempt.c.task_id == task.c.id,
        attempt.c.outcome.in_(("no_answer", "switched_off", "line_busy", "rejected")),
    )
    return first(connection, task, task.c.ending == "unreachable", failed.scalar_subquery() > 2)


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
