"""Who was contacted by whom, on which number: R-PHONE, R-REPEAT-2, R-CLAIM-1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import combinations, pairwise

from scheduler.verify.background import Background
from scheduler.verify.history import (
    ENDING_OF_OUTCOME,
    Attempt,
    CustomerHistory,
    Number,
    TaskHistory,
)
from scheduler.verify.report import Finding, shown

_SPOILS = {"wrong_number": "R-PHONE-1", "relay_failed": "R-PHONE-2"}


def check_numbers(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-PHONE-1, R-PHONE-2, R-PHONE-3. Not a wrong, spent, expired or somebody else's number."""
    attempts = person.attempts
    for a in attempts:
        number = person.numbers.get(a.phone_id)
        if not a.counts or number is None:
            continue
        if number.customer_id != a.customer_id:
            yield Finding("R-PHONE-3", f"号码 {number.id} 不是这位客户的", a.id, a.at)
        if number.usable_until is not None and a.at >= number.usable_until:
            what = f"虚拟号 {number.id} 已于 {shown(number.usable_until)} 过期"
            yield Finding("R-PHONE-2", what, a.id, a.at)
        spoilt = _spoilt(number, a, attempts)
        if spoilt is not None:
            yield Finding(spoilt, f"号码 {number.id} 此前已标为打错或失效", a.id, a.at)


def _spoilt(number: Number, a: Attempt, attempts: list[Attempt]) -> str | None:
    """R-PHONE-1, R-PHONE-2. Why the number was out of use by then, as marked or by an outcome."""
    for since, rule in ((number.wrong_since, "R-PHONE-1"), (number.spent_since, "R-PHONE-2")):
        if since is not None and since <= a.at and since != a.outcome_at:
            return rule
    broken: str | None = None
    for e in attempts:
        if not _is_one_call(e, a) and e.outcome_at is not None and e.outcome_at <= a.at:
            if e.given_phone_id == number.id:
                broken = None
            elif e.phone_id == number.id and e.order_key < a.order_key:
                broken = _SPOILS.get(e.outcome or "", broken)
    return broken


def _is_one_call(one: Attempt, two: Attempt) -> bool:
    """R-REPEAT-2. An attempt, and what was settled in the very same call."""
    return (one.rides_on or one.id) == (two.rides_on or two.id)


def check_open_tasks(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-REPEAT-2. Never two open tasks of one campaign for one customer."""
    for one, two in combinations(sorted(person.tasks, key=lambda t: (t.created_at, t.id)), 2):
        open_still = one.closed_at is None or two.created_at < one.closed_at
        if one.campaign_id == two.campaign_id and open_still:
            what = f"客户 {person.id} 的任务 {one.id} 与 {two.id} 在同一活动中同时未结束"
            yield Finding("R-REPEAT-2", what, None, two.created_at)


def check_one_call(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-REPEAT-2, R-CLAIM-1. One customer is held by one hand-out at a time."""
    yield from overlaps(person.hand_outs, f"客户 {person.id}")


def overlaps(attempts: Iterable[Attempt], whose: str) -> Iterator[Finding]:
    """R-REPEAT-2, R-CLAIM-1. Hand-outs that begin while an earlier one still holds.

    Two of one task break the lease; of two tasks, or two calls really on, the one conversation.
    """
    holding: list[Attempt] = []
    for a in sorted(attempts, key=lambda a: (a.handed_out_at, a.fence, a.id)):
        holding = [h for h in holding if _lasts_beyond(h.held_until, a.handed_out_at)]
        for h in holding:
            if h.task_id == a.task_id:
                what = f"任务 {a.task_id} 在尝试 {h.id} 的占用期内又被派出"
                yield Finding("R-CLAIM-1", what, a.id, a.handed_out_at)
            if h.task_id != a.task_id or _both_talk(h, a):
                what = f"{whose} 在尝试 {h.id} 未结束时又有一次"
                yield Finding("R-REPEAT-2", what, a.id, a.handed_out_at)
        holding.append(a)


def _lasts_beyond(end: datetime | None, instant: datetime) -> bool:
    return end is None or end > instant


def _both_talk(one: Attempt, two: Attempt) -> bool:
    first, second = sorted((one, two), key=lambda a: a.order_key)
    return first.counts and second.counts and _lasts_beyond(first.talked_until, second.at)


def check_fences(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-CLAIM-1. Hand-outs of a task are numbered upwards; an older one enters nothing more."""
    for task in person.tasks:
        calls = (a for a in task.attempts if not a.is_rider)
        in_turn = sorted(calls, key=lambda a: (a.handed_out_at, a.fence, a.id))
        for one, two in pairwise(in_turn):
            if one.fence >= two.fence:
                what = f"任务 {task.id} 的派出序号没有递增：{one.fence} 之后是 {two.fence}"
                yield Finding("R-CLAIM-1", what, two.id, two.handed_out_at)
            if one.outcome_at is not None and one.outcome_at > two.handed_out_at:
                what = f"任务 {task.id} 已另行派出（{two.id}），之后仍登记了结果"
                yield Finding("R-CLAIM-1", what, one.id, one.outcome_at)


def check_leases(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-CLAIM-1. Nobody dials after the lease."""
    for a in person.hand_outs:
        if a.dialled_at is not None and a.dialled_at > a.lease_until:
            yield Finding("R-CLAIM-1", "占用到期后才拨号", a.id, a.dialled_at)


def check_skips(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-CLAIM-1. A skip has a reason, and the task comes back after half an hour."""
    for task in person.tasks:
        in_turn = sorted(task.attempts, key=lambda a: (_came_up(a), a.fence, a.id))
        for position, a in enumerate(in_turn):
            if a.state != "skipped" or a.ended_at is None:
                continue
            if not a.has_reason:
                yield Finding("R-CLAIM-1", f"跳过任务 {task.id} 没有写原因", a.id, a.ended_at)
            minutes = background.law_of(a).policy.skip_minutes
            for later in in_turn[position + 1 : position + 2]:
                if _came_up(later) < a.ended_at + timedelta(minutes=minutes):
                    what = f"任务 {task.id} 被跳过不足 {minutes} 分钟又派出"
                    yield Finding("R-CLAIM-1", what, later.id, _came_up(later))


def _came_up(a: Attempt) -> datetime:
    """When the task was on a caller's screen: a rider's only with the call itself."""
    return a.at if a.is_rider else a.handed_out_at


def check_after_end(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """The end is the end.

    R-DUN-3 to 7, R-CB-2, R-CB-3, R-OOS-1, R-SMP-3 to 8, R-DNC-1, R-DNC-2, R-REPEAT-4.
    """
    for task in person.tasks:
        for a in task.made:
            if task.closed_at is not None and a.at >= task.closed_at and a.outcome_at != a.at:
                rule = _ENDS.get(task.ending or "", _LATE_RULES.get(task.kind, "R-DUN-4"))
                when = shown(task.closed_at)
                what = f"任务 {task.id} 已于 {when} 结束（{task.ending}），之后仍被拨打"
                yield Finding(rule, what, a.id, a.at)
        yield from _after_ending_outcome(task)


_ENDS = {
    "closed_by_marketplace": "R-DUN-3",
    "deadline": "R-DUN-3",
    "closed_by_us": "R-DUN-7",
    "unreachable": "R-PHONE-3",
    "attempts_used": "R-REPEAT-4",
    "angry": "R-DNC-1",
    "opted_out": "R-DNC-2",
    "answered": "R-CB-3",
    "declined": "R-CB-3",
    "agreed": "R-OOS-1",
    "refused": "R-OOS-1",
    "relayed": "R-OOS-1",
    "scored": "R-SMP-4",
    "scored_by_rule": "R-SMP-8",
    "unscored": "R-SMP-5",
    "rejected": "R-SMP-7",
    "unfinished": "R-SMP-3",
}
_LATE_RULES = {"callback": "R-CB-2", "stock_out": "R-OOS-1", "sampling": "R-SMP-3"}
_ENDING_OUTCOMES = {
    "not_needed": "R-DUN-7",
    "hung_up_angry": "R-DNC-1",
    "opt_out": "R-DNC-2",
    **dict.fromkeys(ENDING_OF_OUTCOME["callback"], "R-CB-3"),
    **dict.fromkeys(ENDING_OF_OUTCOME["stock_out"], "R-OOS-1"),
    **dict.fromkeys(ENDING_OF_OUTCOME["sampling"], "R-SMP-4"),
    "refused": "R-SMP-8",
    "hung_up": "R-SMP-8",
    "complaint_solved": "R-SMP-5",
}


def _after_ending_outcome(task: TaskHistory) -> Iterator[Finding]:
    ended: Attempt | None = None
    for a in task.made:
        if ended is not None and task.closed_at is None:
            what = f"任务 {task.id} 在结果 {ended.outcome} 之后仍被拨打"
            yield Finding(_ENDING_OUTCOMES[ended.outcome or ""], what, a.id, a.at)
        if a.outcome in _ENDING_OUTCOMES:
            ended = a


def missing_outcomes(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-CLAIM-1. Dialled and no outcome after half an hour: "outcome missing"."""
    for a in person.attempts:
        if a.state == "dialled" and a.dialled_at is not None:
            minutes = background.law_of(a).policy.outcome_missing_minutes
            if background.is_over(a.dialled_at + timedelta(minutes=minutes)):
                what = f"拨号 {minutes} 分钟后仍没有登记通话结果"
                yield Finding("R-CLAIM-1", what, a.id, a.dialled_at)
