"""What the history of a task makes of its next call (sop.md §2, §3: "what follows")."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from campaigns.days import business_day, midnight_after, midnight_of
from campaigns.decisions import Allow, Decision, Follow, NextStep, Wait
from campaigns.facts import AttemptFacts, TaskFacts
from campaigns.policy import Policy
from campaigns.registry import outcome_of, rules_of
from campaigns.states import COUNTED_ATTEMPTS
from campaigns.values import AttemptState, Ending, Exemption, Kind
from scheduler.rules.case import Case, best_phone
from scheduler.rules.sampling_steps import sampling_step

_PROMISES = (Follow.FOLLOW_UP, Follow.AFTER_IMPORT)


def next_step(task: TaskFacts, policy: Policy, now: datetime) -> NextStep:
    """Read the next step from the task's attempts; nothing of it is stored anywhere else.

    A promise (答应付款, 说已付款, 愿转告) earns one more call; the second one ends the calling.
    """
    made = sorted((a for a in task.attempts if a.state in COUNTED_ATTEMPTS), key=lambda a: a.at)
    if not made:
        return NextStep(Follow.FIRST, rule=rules_of(task.kind).plan_rule)
    last = made[-1]
    if last.outcome is None:
        return NextStep(Follow.RETRY)
    if task.kind is Kind.SAMPLING:
        own = sampling_step(task, made, policy, now)
        if own is not None:
            return own
    outcome = outcome_of(task.kind, last.outcome)
    if outcome.follow is Follow.END:
        return NextStep(Follow.END, ending=outcome.ending, rule=outcome.rule)
    if last.callback_at is not None:
        # R-REPEAT-5 frees only what the customer asked for, so somebody must have been reached.
        free = Exemption.PROMISED if last.is_reached else Exemption.NONE
        return NextStep(Follow.CALLBACK, last.callback_at, exemption=free, rule="R-HOURS-7")
    match outcome.follow:
        case Follow.REDIAL:
            step = _after_cut(last, policy)
        case Follow.FOLLOW_UP | Follow.AFTER_IMPORT:
            step = _after_promise(task, made, outcome.follow, outcome.rule)
        case Follow.NEW_NUMBER | Follow.NEXT_NUMBER if best_phone(task, now) is None:
            step = NextStep(Follow.END, ending=Ending.UNREACHABLE, rule=outcome.rule)
        case Follow.NEW_NUMBER:
            step = NextStep(Follow.NEW_NUMBER, exemption=Exemption.NEW_NUMBER, rule="R-REPEAT-5")
        case _:
            step = NextStep(Follow.RETRY)
    return step


def _after_cut(last: AttemptFacts, policy: Policy) -> NextStep:
    """R-REPEAT-5. One redial within minutes, as the same attempt; else as after 现在不方便."""
    if last.is_redial or last.outcome_at is None:
        return NextStep(Follow.RETRY)
    until = last.outcome_at + timedelta(minutes=policy.redial_minutes)
    return NextStep(
        Follow.REDIAL, exemption=Exemption.CUT_OFF, exempt_until=until, rule="R-REPEAT-5"
    )


def _after_promise(
    task: TaskFacts, made: list[AttemptFacts], follow: Follow, rule: str
) -> NextStep:
    last = made[-1]
    earlier = (outcome_of(task.kind, a.outcome).follow for a in made[:-1] if a.outcome)
    if any(f in _PROMISES for f in earlier):
        return NextStep(Follow.END, ending=rules_of(task.kind).promised, rule=rule)
    return NextStep(
        follow,
        not_on=business_day(last.at),
        needs_import=last.outcome_at if follow is Follow.AFTER_IMPORT else None,
        rule=rule,
    )


def check_step(case: Case) -> Decision:
    """R-HOURS-7, R-CLAIM-1, R-DUN-1. Not before what the plan, the customer or a skip asked for.

    That is the day of calling, the customer's wish, the day after a promise, and half an hour after
    somebody skipped the task. Of several reasons the one that holds longest is the answer.
    """
    if case.step.follow is Follow.AWAIT_REPLY:
        return Wait(case.step.rule, None, "没有联系上，已转留言，等客户回复")
    waits = [wait for wait in _reasons_to_wait(case) if wait.until and case.now < wait.until]
    return max(waits, key=lambda wait: wait.until or case.now, default=Allow())


def _reasons_to_wait(case: Case) -> Iterator[Wait]:
    step = case.step
    if business_day(case.now) < case.task.business_day:
        rule = rules_of(case.task.kind).plan_rule
        yield Wait(rule, midnight_of(case.task.business_day), "计划在之后的日期拨打")
    if step.not_before is not None:
        promised = step.follow is Follow.ANSWER and step.rule != "R-HOURS-7"
        reason = "投诉升级，等处理人给出答复" if promised else "客户约定了回电时间"
        yield Wait(step.rule, step.not_before, reason)
    if step.not_on is not None and business_day(case.now) == step.not_on:
        yield Wait(step.rule, midnight_after(case.now), "当天已答应，改天再跟进")
    skipped = [
        a.ended_at for a in case.task.attempts if a.state is AttemptState.SKIPPED and a.ended_at
    ]
    if skipped:
        minutes = case.policy.skip_minutes
        back = max(skipped) + timedelta(minutes=minutes)
        yield Wait("R-CLAIM-1", back, f"刚被跳过，{minutes} 分钟后再出现")
