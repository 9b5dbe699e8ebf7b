"""A sampled customer's calls, scores and endings: R-SMP-3, R-SMP-4, R-SMP-6 to R-SMP-8."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from campaigns.values import Exemption
from scheduler.verify.background import Background
from scheduler.verify.days import clock_part, closing_of_month, first_call_of_month
from scheduler.verify.history import FAILED, CustomerHistory, Score, TaskHistory
from scheduler.verify.report import Finding, shown
from scheduler.verify.spacing import Judged, judged, judged_of

FAILURES = 3
"""R-SMP-6. After so many failed attempts a message is written, and a reserve steps in (R-SMP-2)."""

REJECTIONS = 2
"""R-SMP-7. So many rejections end it."""

COUNTS_BY_RULE = 3
"""R-SMP-8. What somebody counts for who was connected and would not answer."""

BY_RULE = frozenset({"refused", "hung_up", "hung_up_angry"})
_SCORED_IN = frozenset({"scored", "complaint_solved", "complaint_escalated"})
_ALWAYS_SCORED = {"scored": "R-SMP-4"} | dict.fromkeys(BY_RULE, "R-SMP-8")
_NUMBER_GONE = frozenset({"wrong_number", "relay_failed"})
_LOW = (1, 2)
_BY_CUSTOMER = ("customer", "keypad")
"""R-SMP-4. Said to the caller, or pressed on the customer's own telephone."""
_NEVER = datetime.max.replace(tzinfo=UTC)


def check_month(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-SMP-3. No call before the 27th, 00:00, nor a call or message at or after the close."""
    for task in _sampled(person):
        opens, closes = first_call_of_month(task.batch_day), closing_of_month(task.batch_day)
        for a in task.made:
            if not max(opens, task.created_at) <= a.at < closes:
                when = f"{shown(opens)} 至 {shown(closes)}"
                what = f"任务 {task.id} 在 {shown(a.at)} 拨打，不在抽查期内（{when}，且在批准之后）"
                yield Finding("R-SMP-3", what, a.id, a.at)
        for message in task.todos:
            if message.done_at is not None and message.done_at >= closes:
                what = f"待办 {message.id} 的留言在抽查截止之后发出"
                yield Finding("R-SMP-3", what, None, message.done_at)


def check_closed(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-SMP-3. What is open at the close ends, unless the customer is just on the line."""
    for task in _sampled(person):
        closes = closing_of_month(task.batch_day)
        if task.closed_at is None and background.had_round(_free(person, task, closes, background)):
            what = f"抽查已于 {shown(closes)} 截止，任务 {task.id} 仍未结束"
            yield Finding("R-SMP-3", what, None, closes)


def _free(
    person: CustomerHistory, task: TaskHistory, closes: datetime, background: Background
) -> datetime:
    """R-CLAIM-1. From when on no call is in the way of the end: another one until it counts as missing.

    A call of the task itself ends it with its outcome only.
    """
    own = background.book.law_at(closes, task.campaign_id)
    free = closes
    for a in person.attempts:
        if a.state == "dialled":
            laws = (own, background.law_of(a))
            minutes = max(law.policy.outcome_missing_minutes for law in laws)
            is_own = a.task_id == task.id
            free = _NEVER if is_own else max(free, a.at + timedelta(minutes=minutes))
    return free


def still_open(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-SMP-3. The month's calls are over, and nobody has ended the task yet."""
    for task in _sampled(person):
        closes = closing_of_month(task.batch_day)
        if task.closed_at is None and background.is_over(closes):
            what = f"任务 {task.id} 在抽查截止之后还没有结束"
            yield Finding("R-SMP-3", what, None, closes)


def check_scores(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-SMP-4, R-SMP-8. Scores are given in calls that reached somebody, or follow from the rule."""
    for task in _sampled(person):
        for position, score in enumerate(task.scores):
            for rule, wrong in _wrong_score(task, score, task.scores[:position]):
                yield Finding(
                    rule, f"任务 {task.id} 的评分 {score.id} {wrong}", score.attempt_id, score.at
                )
        for a in task.made:
            if a.outcome not in _ALWAYS_SCORED or a.outcome_at is None:
                continue
            own = any(s.attempt_id == a.id and s.origin != "review" for s in task.scores)
            given = any(s.origin in _BY_CUSTOMER and s.at <= a.outcome_at for s in task.scores)
            if not own and (a.outcome == "scored" or not given):
                what = f"结果 {a.outcome} 没有留下评分"
                yield Finding(_ALWAYS_SCORED[a.outcome], what, a.id, a.outcome_at)


def _wrong_score(
    task: TaskHistory, score: Score, earlier: tuple[Score, ...]
) -> Iterator[tuple[str, str]]:
    call = next((a for a in task.made if a.id == score.attempt_id), None)
    if not 1 <= score.value <= 5:
        yield "R-SMP-4", f"是 {score.value}，不在 1 到 5 之间"
    if score.customer_id != task.customer_id or call is None:
        yield "R-SMP-4", "不是出自这位客户的通话"
        return
    if not call.is_reached:
        yield "R-SMP-4", f"出自没有接通的通话（{call.outcome}）"
    if score.origin in _BY_CUSTOMER:
        pressed = BY_RULE if score.origin == "keypad" else frozenset()
        if call.is_reached and call.outcome not in _SCORED_IN | pressed:
            yield "R-SMP-4", f"记为客户所评，通话结果却是 {call.outcome}"
        if score.origin == "customer" and score.value in _LOW and not score.has_reason:
            yield "R-SMP-4", f"是 {score.value} 分，却没有记下原因"
    if score.origin == "rule":
        if call.is_reached and call.outcome not in BY_RULE:
            yield "R-SMP-8", f"按规则计分，通话结果却是 {call.outcome}"
        if score.value != COUNTS_BY_RULE:
            yield "R-SMP-8", f"按规则应计 {COUNTS_BY_RULE} 分，却是 {score.value} 分"
        if any(s.origin in _BY_CUSTOMER for s in earlier):
            yield "R-SMP-8", "按规则计分，可客户此前已经评过分"
    # A key may be pressed after the caller entered the outcome; then it counts from then on.
    is_late_key = score.origin == "keypad" and call.outcome_at is not None
    is_late_key = is_late_key and score.at >= (call.outcome_at or score.at)
    if score.origin != "review" and score.at != call.outcome_at and not is_late_key:
        yield "R-SMP-4", "与通话结果不是同时登记的"


def check_rejected(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-SMP-7. 拒接 means two rejections, in other dayparts as far as the second one could choose."""
    for task in _sampled(person):
        made = judged_of(person, task, background)
        ended = [j for j in made if _ends_rejected(made, j, task)]
        if task.ending == "rejected" and task.closed_at is not None and not ended:
            what = f"任务 {task.id} 以拒接结束，但没有在不同时段被拒接两次"
            yield Finding("R-SMP-7", what, None, task.closed_at)
        for j in ended[:1]:
            at = j.attempt.outcome_at
            if at is not None and (task.closed_at is None or task.closed_at > at):
                what = f"任务 {task.id} 两次被拒接之后没有结束"
                yield Finding("R-SMP-7", what, j.attempt.id, at)


def _ends_rejected(made: list[Judged], last: Judged, task: TaskHistory) -> bool:
    """Whether this rejection ends it; not while an answer is owed (R-SMP-5)."""
    if last.attempt.outcome != "rejected" or last.is_answer:
        return False
    if any(e.opened_at <= last.attempt.at for e in task.escalations):
        return False
    before = [
        j.attempt.at
        for j in made
        if j.attempt.outcome == "rejected"
        and not j.is_same
        and j.attempt.order_key < last.attempt.order_key
    ]
    parts = {clock_part(at) for at in (*before, last.attempt.at)}
    is_free = last.freedom is Exemption.NONE
    return not last.is_same and len(before) >= REJECTIONS - 1 and (len(parts) > 1 or is_free)


def check_unreached(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-SMP-6. 联络不上: no number is left, or three failures and a message without an answer."""
    for task in _sampled(person):
        closed_at = task.closed_at
        if task.ending == "unfinished" and closed_at and _waits_for_an_answer(task, closed_at):
            what = f"任务 {task.id} 留言到抽查截止也没有回复，却以未完成结束，不是联络不上"
            yield Finding("R-SMP-6", what, None, closed_at)
        if task.ending != "unreachable" or closed_at is None or _no_number(person, task, closed_at):
            continue
        if failures_until(task, background, closed_at) < FAILURES:
            what = f"任务 {task.id} 以联络不上结束，却没有三次未接通"
        elif not _was_in_vain(task, closed_at, background):
            what = f"任务 {task.id} 以联络不上结束，但留言没有发出，或还没有过回复期限"
        else:
            continue
        yield Finding("R-SMP-6", what, None, closed_at)


def _no_number(person: CustomerHistory, task: TaskHistory, instant: datetime) -> bool:
    """R-PHONE-1 to R-PHONE-3. No number that was ever dialled could be dialled any more."""
    last = task.made[-1].outcome if task.made else None
    spoilt = (
        min((t for t in (n.usable_until, n.wrong_since, n.spent_since) if t), default=None)
        for n in person.numbers.values()
    )
    return last in _NUMBER_GONE or all(t is not None and t <= instant for t in spoilt)


def failures_until(task: TaskHistory, background: Background, instant: datetime) -> int:
    """How many attempts had failed by then; a redial is none of its own (R-REPEAT-5)."""
    return sum(at <= instant for at in failed_at(task, background))


def failed_at(task: TaskHistory, background: Background) -> list[datetime]:
    """When each failed attempt of a sampled customer became known, oldest first."""
    halves = {a.id: a.redial_of for a in task.made if a.redial_of is not None}
    return [
        j.attempt.outcome_at
        for j in judged(task.made, background.book, halves, task.escalations)
        if j.attempt.outcome in FAILED and not j.is_same and j.attempt.outcome_at is not None
    ]


def _was_in_vain(task: TaskHistory, closed_at: datetime, background: Background) -> bool:
    """Nobody answered the message in time, or a further call after the answer failed too."""
    hours = background.book.law_at(closed_at, task.campaign_id).policy.reply_hours
    for sent_at, replied_at in _messages(task, closed_at):
        patience = min(sent_at + timedelta(hours=hours), closing_of_month(task.batch_day))
        if replied_at is None and closed_at >= patience:
            return True
        if replied_at and any(replied_at <= a.at and a.outcome in FAILED for a in task.made):
            return True
    return False


def _waits_for_an_answer(task: TaskHistory, closed_at: datetime) -> bool:
    """A message was sent, and nothing was heard since; nor is another answer owed."""
    return not task.escalations and any(
        replied_at is None and not any(a.is_reached and a.at >= sent_at for a in task.made)
        for sent_at, replied_at in _messages(task, closed_at)
    )


def _messages(task: TaskHistory, by: datetime) -> Iterator[tuple[datetime, datetime | None]]:
    """When a message after the failures was sent, and when it was answered, as far as by then."""
    for m in task.todos:
        if m.kind == "wangwang" and m.occasion == "unreached" and m.done_at and m.done_at < by:
            yield m.done_at, m.replied_at if m.replied_at and m.replied_at <= by else None


def wrong_ending(
    task: TaskHistory, closed_at: datetime, background: Background
) -> Iterator[tuple[str, str]]:
    """R-SMP-3 to R-SMP-8. How an ending disagrees with the scores and the calls: rule and words."""
    scored = [s for s in task.scores if s.origin != "review" and s.at <= closed_at]
    last = task.made[-1].outcome if task.made else None
    if task.ending in ("scored", "scored_by_rule") and not scored:
        yield "R-SMP-4", "没有评分"
    if task.ending in ("unscored", "rejected", "unfinished") and scored:
        yield "R-SMP-4", "有评分"
    if task.ending == "scored_by_rule" and last not in BY_RULE:
        yield "R-SMP-8", "客户没有拒绝，也没有挂断"
    if task.ending == "unscored" and last != "complaint_solved" and not task.escalations:
        yield "R-SMP-5", "没有投诉"
    if task.ending == "unscored" and any(
        e.answered_at is None or e.answered_at > closed_at for e in task.escalations
    ):
        yield "R-SMP-5", "升级的投诉还没有答复"
    if task.ending == "unfinished" and closed_at < closing_of_month(task.batch_day):
        yield "R-SMP-3", "抽查还没有截止"


def _sampled(person: CustomerHistory) -> list[TaskHistory]:
    return [task for task in person.tasks if task.kind == "sampling"]
