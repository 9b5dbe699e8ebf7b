"""How often a person may be contacted: R-REPEAT-1 to R-REPEAT-5."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from campaigns.days import business_day, midnight_after
from campaigns.decisions import Allow, Decision, Follow, Stop, Wait
from campaigns.facts import AttemptFacts
from campaigns.registry import rules_of
from campaigns.states import COUNTED_ATTEMPTS, LIVE_ATTEMPTS
from campaigns.values import AttemptState, Exemption
from scheduler.rules.case import Case

_DAY = timedelta(hours=24)
_MONTH = timedelta(days=30)
_HELD = "这位客户或这个号码正由他人处理"


def check_conversation(case: Case) -> Decision:
    """R-REPEAT-2. One customer is one conversation: no live call beside it, campaigns spaced."""
    answers = (check_live(case), check_other_campaigns(case))
    waits = [a for a in answers if isinstance(a, Wait)]
    if not waits:
        return Allow("没有其他人正在联系这位客户")
    return next((w for w in waits if w.until is None), None) or max(
        waits, key=lambda w: w.until or case.now
    )


def check_live(case: Case) -> Decision:
    """R-REPEAT-2. Never two calls to one customer or one phone at the same time.

    A call under way holds without a known end; of several hand-outs the last lease decides.
    """
    until: datetime | None = None
    for attempt in case.known_attempts():
        if attempt.state not in LIVE_ATTEMPTS:
            continue
        if attempt.state is AttemptState.DIALLED or attempt.lease_until is None:
            return Wait("R-REPEAT-2", None, _HELD)
        if attempt.lease_until > case.now:  # else the lease ran out before this instant
            until = max(until or attempt.lease_until, attempt.lease_until)
    return Allow() if until is None else Wait("R-REPEAT-2", until, _HELD)


def check_other_campaigns(case: Case) -> Decision:
    """R-REPEAT-2. Calls of different campaigns to one customer are spaced.

    R-REPEAT-5 frees from this gap as from the others: what is due at once would not be so else.
    """
    gap = timedelta(hours=case.policy.other_campaign_gap_hours)
    if case.exemption is not Exemption.NONE:
        return Allow()
    own = {a.id for a in case.task.attempts}
    shared = {a.rides_on for a in case.task.attempts if a.rides_on is not None}
    others = [
        a.at
        for a in _counted(case.known_attempts())
        if a.campaign_id != case.task.campaign_id
        and a.customer_id == case.task.customer.id
        and a.id not in shared  # one call about both matters is no call of another campaign
        and a.rides_on not in own | shared
    ]
    last = max(others, default=None)
    if last is not None and case.now < last + gap:
        return Wait("R-REPEAT-2", last + gap, "其他活动刚联系过这位客户")
    return Allow()


def check_surveys(case: Case) -> Decision:
    """R-REPEAT-1. At most so many reached survey-like contacts in a rolling window.

    A line that was cut is redialled as the same contact (R-REPEAT-5); a promised answer to a
    complaint asks nothing (R-SMP-5).
    """
    if not rules_of(case.task.kind).is_survey or case.exemption is Exemption.CUT_OFF:
        return Allow()
    if case.step.follow is Follow.ANSWER:
        return Allow("答复投诉，不算再次回访")
    window = timedelta(days=case.policy.survey_window_days)
    reached = sorted(
        a.at
        for a in _counted(case.known_attempts())
        if a.is_reached
        and not a.is_redial
        and rules_of(a.kind).is_survey
        and a.at > case.now - window
    )
    if len(reached) < case.policy.survey_contacts:
        return Allow()
    return Wait(
        "R-REPEAT-1", reached[-case.policy.survey_contacts] + window, "近期已回访过，不重复打扰"
    )


def check_task_budget(case: Case) -> Decision:
    """R-REPEAT-4. One attempt budget per task over all reasons; a promised call may exceed it.

    Waiting for a reply (R-SMP-6) asks for no attempt.
    """
    budget = case.policy.attempts_per_task[case.task.kind]
    used = len(case.own_attempts)
    if case.step.follow is Follow.AWAIT_REPLY:
        return Allow(f"拨了 {used} 次，等客户回复")
    free = case.exemption in (Exemption.PROMISED, Exemption.CUT_OFF)
    if used < budget or free:
        return Allow(f"第 {used + 1} 次，共 {budget} 次")
    return Stop("R-REPEAT-4", f"这项任务的 {budget} 次拨打已用完")


def check_contact_budget(case: Case) -> Decision:
    """R-REPEAT-3, R-REPEAT-5. The budget over all campaigns, for the phone and for the customer.

    The answer is the latest `until` of all limits that are reached: only then do all of them allow.
    """
    exemption = case.exemption
    if exemption is Exemption.CUT_OFF:
        return Allow("断线重拨，算同一次")
    phone = case.phone
    counted = [a for a in _counted(case.known_attempts()) if not a.is_redial and a.rides_on is None]
    by_customer = [a for a in counted if a.customer_id == case.task.customer.id]
    by_phone = [a for a in counted if phone is not None and a.phone_key == phone.key]
    waits = [
        wait
        for attempts in (by_customer, by_phone)
        for wait in _limits(attempts, case, exemption)
        if wait.until is not None and case.now < wait.until
    ]
    if not waits:
        return Allow("联系次数在限额内")
    longest = max(waits, key=lambda w: w.until or case.now)
    expiry = phone.usable_until if phone is not None else None
    if expiry is None or longest.until is None or not case.now < expiry < longest.until:
        return longest
    # By then another number is dialled, and it may be free sooner (R-PHONE-2).
    after = check_contact_budget(case.at(expiry))
    return replace(longest, until=after.until if isinstance(after, Wait) else expiry)


def _limits(attempts: list[AttemptFacts], case: Case, exemption: Exemption) -> list[Wait]:
    policy, now = case.policy, case.now
    times = sorted(a.at for a in attempts)
    waits = _full(times, now, _MONTH, policy.attempts_per_30_days, "30 天内联系次数已满")
    if exemption is Exemption.PROMISED:
        return waits
    waits += _full(times, now, _DAY, policy.attempts_per_24_hours, "24 小时内联系次数已满")
    today = business_day(now)
    tomorrow = midnight_after(now)
    if sum(business_day(t) == today for t in times) >= policy.attempts_per_day:
        waits.append(Wait("R-REPEAT-3", tomorrow, f"今天已拨 {policy.attempts_per_day} 次"))
    if exemption is Exemption.NEW_NUMBER:
        return waits
    reached = sum(a.is_reached and business_day(a.at) == today for a in attempts)
    if reached >= policy.reached_per_day:
        waits.append(Wait("R-REPEAT-3", tomorrow, "今天已接通过，不再打扰"))
    if times:
        rested = times[-1] + timedelta(minutes=policy.attempt_gap_minutes)
        waits.append(
            Wait("R-REPEAT-3", rested, f"距上次拨打不足 {policy.attempt_gap_minutes} 分钟")
        )
    return waits


def _full(
    times: list[datetime], now: datetime, window: timedelta, limit: int, reason: str
) -> list[Wait]:
    """When the oldest contact that fills the limit leaves the window; nothing while there is room."""
    inside = [t for t in times if t > now - window]
    if len(inside) < limit:
        return []
    return [Wait("R-REPEAT-3", inside[len(inside) - limit] + window, reason)]


def _counted(attempts: Iterable[AttemptFacts]) -> list[AttemptFacts]:
    return [a for a in attempts if a.state in COUNTED_ATTEMPTS]
