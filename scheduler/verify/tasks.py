"""What every task keeps to, by its kind: days, outcomes, next steps, endings, messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import pairwise

from campaigns.values import Exemption
from scheduler.verify import callback, dunning, sampling_calls, stock_out
from scheduler.verify.background import Background
from scheduler.verify.days import local_day
from scheduler.verify.history import (
    ENDING_OF_OUTCOME,
    FAILED,
    REACHED_OF,
    Attempt,
    CustomerHistory,
    TaskHistory,
)
from scheduler.verify.report import Finding
from scheduler.verify.spacing import judged_of

_OF_EVERY_KIND = frozenset({"unreachable", "attempts_used", "angry", "opted_out"})
_ENDINGS = {
    "dunning": _OF_EVERY_KIND
    | {"paid_uncalled", "paid", "closed_by_marketplace", "closed_by_us", "promises_used"}
    | {"deadline", "control"},
    "callback": _OF_EVERY_KIND | {"lapsed", "overtaken", "answered", "declined"},
    "stock_out": _OF_EVERY_KIND | {"lapsed", "overtaken", "agreed", "refused", "relayed"},
    "sampling": _OF_EVERY_KIND | {"scored", "scored_by_rule", "unscored", "rejected", "unfinished"},
}
"""How a task of each kind may end."""

_PLAN_RULES = {"dunning": "R-DUN-1", "callback": "R-CB-2", "stock_out": "R-OOS-1"} | {
    "sampling": "R-SMP-3"
}
_OUTCOME_RULES = {"dunning": "R-DUN-7", "callback": "R-CB-3", "stock_out": "R-OOS-1"} | {
    "sampling": "R-SMP-4"
}
_PROMISES = {
    "dunning": ("R-DUN-4", frozenset({"will_pay", "says_paid", "relay"})),
    "stock_out": ("R-OOS-1", frozenset({"relay"})),
}
"""The outcomes after which one more call follows, on another day."""

_WRITES_AFTER_FAILURES = frozenset({"dunning", "stock_out"})
_NUMBER_GONE = frozenset({"wrong_number", "relay_failed"})

_WRONG_ENDINGS: Mapping[
    str, Callable[[TaskHistory, datetime, Background], Iterator[tuple[str, str]]]
] = {
    "dunning": dunning.wrong_ending,
    "callback": callback.wrong_ending,
    "stock_out": stock_out.wrong_ending,
    "sampling": sampling_calls.wrong_ending,
}


def check_orders(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-IMP-4. A task holds its own customer's orders only."""
    for task in person.tasks:
        for o in task.orders:
            if o.customer_id != task.customer_id:
                what = f"任务 {task.id} 里有别的客户的订单 {o.id}"
                yield Finding("R-IMP-4", what, None, o.joined_at)


def check_day(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-DUN-1, R-CB-2, R-OOS-1, R-SMP-3. Nobody is called before the day that was planned."""
    for task in person.tasks:
        for a in task.made:
            if local_day(a.at) < task.batch_day:
                what = f"任务 {task.id} 在计划日 {task.batch_day} 之前就被拨打"
                yield Finding(_PLAN_RULES[task.kind], what, a.id, a.at)


def check_follow_up(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-DUN-4, R-OOS-1. After a promise, or 愿转告, one more call, on another day."""
    for task in person.tasks:
        rule, promising = _PROMISES.get(task.kind, ("", frozenset[str]()))
        promises, is_over = 0, False
        for j in judged_of(person, task, background):
            a, last = j.attempt, j.previous
            is_wished = j.freedom is Exemption.PROMISED
            if is_over and not is_wished:
                what = f"任务 {task.id} 已有 {promises} 次答复，跟进只有一次"
                yield Finding(rule, what, a.id, a.at)
            promised = last is not None and last.outcome in promising and not is_wished
            if last is not None and promised and local_day(a.at) == local_day(last.at):
                what = f"任务 {task.id} 在客户答复 {last.outcome} 的当天又拨打"
                yield Finding(rule, what, a.id, a.at)
            promises += a.outcome in promising
            # A time that the customer named is kept, after the second answer too.
            is_over |= promises > 1 and a.outcome in promising and a.callback_at is None


def check_outcomes(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-DUN-7, R-CB-3, R-OOS-1, R-SMP-4, R-REPEAT-3. An outcome of the kind, with what it requires."""
    for task in person.tasks:
        rule = _OUTCOME_RULES[task.kind]
        for a in task.made:
            if a.outcome is None:
                continue
            if a.outcome not in REACHED_OF[task.kind] | FAILED:
                yield Finding(rule, f"没有这个通话结果：{a.outcome}", a.id, a.at)
            elif a.stored_reached != a.is_reached:
                what = f"结果 {a.outcome} 的接通标记记反了"
                yield Finding("R-REPEAT-3", what, a.id, a.at)
            if a.outcome == "gave_number" and a.given_phone_id is None:
                yield Finding(rule, "给了本人电话却没有记下号码", a.id, a.at)
            if a.outcome == "other" and not a.has_note:
                yield Finding(rule, f"结果 {a.outcome} 却没有备注", a.id, a.at)


def check_endings(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """An ending agrees with the orders and the calls.

    R-DUN-4, R-DUN-7, R-CB-2, R-CB-3, R-OOS-1, R-SMP-3 to R-SMP-8.
    """
    for task in person.tasks:
        yield from _still_open(task)
        closed_at, ending = task.closed_at, task.ending
        if closed_at is None or ending is None:
            continue
        rule = _OUTCOME_RULES[task.kind]
        wrong = [*_WRONG_ENDINGS[task.kind](task, closed_at, background)]
        if ending not in _ENDINGS[task.kind]:
            wrong = [(rule, f"这种活动（{task.kind}）没有这样的结束方式")]
        said = {code for code, of in ENDING_OF_OUTCOME.get(task.kind, {}).items() if of == ending}
        if (
            task.kind != "sampling"
            and said
            and (not task.made or task.made[-1].outcome not in said)
        ):
            wrong.append((rule, "最后一次通话的结果不是这样"))
        for which, why in wrong:
            what = f"任务 {task.id} 以 {ending} 结束，但{why}"
            yield Finding(which, what, None, closed_at)


def _still_open(task: TaskHistory) -> Iterator[Finding]:
    """R-CB-3, R-OOS-1, R-SMP-4 to R-SMP-8. What ends a task ends it with the outcome itself."""
    for a in task.made:
        if a.outcome_at is None or a.outcome not in ENDING_OF_OUTCOME.get(task.kind, {}):
            continue
        if task.closed_at is None or task.closed_at > a.outcome_at:
            what = f"任务 {task.id} 在结果 {a.outcome} 之后没有结束"
            yield Finding(_OUTCOME_RULES[task.kind], what, a.id, a.outcome_at)


def check_queued_messages(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-MSG-1, R-SMP-6. The second failed attempt (sampling: the third), and 愿转告, queue a message."""
    for task in person.tasks:
        queued = [t.created_at for t in task.todos if t.kind == "wangwang"]
        failures = 0
        for j in judged_of(person, task, background):
            a = j.attempt
            # The second half of an attempt whose line was cut is none of its own (R-REPEAT-5).
            is_failure = a.outcome in FAILED and not j.is_same
            failures += is_failure
            law = background.law_of(a)
            second = is_failure and failures == law.policy.message_after_failures
            due = (second and task.kind in _WRITES_AFTER_FAILURES) or a.outcome == "relay"
            third = is_failure and failures == 3 and task.kind == "sampling"
            due = due or third
            if a.outcome_at is None or not (due or _was_last_number(task, a)):
                continue
            deadline = task.deadline(a.outcome_at, law.policy)
            in_time = deadline is not None and law.can_open(a.outcome_at, deadline, a.region)
            if in_time and not any(at <= a.outcome_at for at in queued):
                what = f"任务 {task.id} 在结果 {a.outcome} 之后没有旺旺留言的待办"
                yield Finding("R-SMP-6" if third else "R-MSG-1", what, a.id, a.outcome_at)


def _was_last_number(task: TaskHistory, a: Attempt) -> bool:
    """R-PHONE-3. With it no number was left to try, whatever the kind."""
    no_more = task.ending == "unreachable" and a is task.made[-1]
    return no_more and a.outcome in _NUMBER_GONE


def check_order_of_attempts(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-CLAIM-1. A task is dialled again only after the outcome before is known."""
    for task in person.tasks:
        for one, two in pairwise(task.made):
            if one.outcome_at is None:
                what = f"任务 {task.id} 上一次通话还没有结果就又拨打"
                yield Finding("R-CLAIM-1", what, two.id, two.at)
