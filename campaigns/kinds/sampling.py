"""Monthly satisfaction sampling (回访抽查): R-SMP-2 to R-SMP-9, as facts in, decisions out."""

from __future__ import annotations

import calendar
import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from campaigns.days import business_day, midnight_of
from campaigns.decisions import Allow, Decision, Follow, Stop
from campaigns.errors import UsageError
from campaigns.facts import SamplingFacts, TaskFacts
from campaigns.outcomes import COMMON_OUTCOMES, Outcome
from campaigns.policy import Policy
from campaigns.values import SHOP_ZONE, CaseKind, Ending

SCORED_WANTED = 50
"""R-SMP-2. How many scored customers a month needs at least."""

DRAWN_AT_LEAST = 60
"""R-SMP-2. How many are drawn at least, where there are so many."""

TARGET = 4
"""R-SMP-10. The satisfaction that the shop aims at."""

SCORE_BY_RULE = 3
"""R-SMP-8. What a customer counts for who was connected and refuses or hangs up."""

FIRST_DAY = 27
"""R-SMP-3. Submitted by this day of the month; no call before it begins."""

CLOSES_AT = time(20)
"""R-SMP-3. On the month's last day."""

FAILURES = 3
"""R-SMP-6. So many failed attempts queue the message."""

REJECTIONS = 2
"""R-SMP-7. So many rejections end it."""

ANSWER_WITHIN = timedelta(minutes=30)
"""R-SMP-5. In how much open time an escalated complaint is answered."""

HEADS_UP = timedelta(minutes=10)
"""R-SMP-5. So long before the answer is due its call is handed out even if nobody asked for it."""

LEAD = timedelta(hours=48)
"""R-SMP-3. On its first day a sampled customer is ranked as if the month ended so much sooner, and
so much sooner again with each day that passes: what closes today still comes before, other calls of
the week come after, and on the last days the sample comes before nearly everything."""

OUTCOMES: tuple[Outcome, ...] = (
    Outcome(
        "scored",
        "已评分",
        "v",
        "customer",
        Follow.END,
        Ending.SCORED,
        rule="R-SMP-4",
        takes_score=True,
    ),
    Outcome(
        "complaint_solved",
        "有投诉，当场解决",
        "c",
        "customer",
        Follow.END,
        Ending.UNSCORED,
        rule="R-SMP-5",
        takes_score=True,
    ),
    Outcome(
        "complaint_escalated",
        "有投诉，升级处理，30 分钟内答复",
        "j",
        "customer",
        Follow.ANSWER,
        rule="R-SMP-5",
        opens_case=CaseKind.SERVICE,
        takes_score=True,
        escalates=True,
    ),
    Outcome(
        "refused",
        "接通后拒绝评价",
        "a",
        "customer",
        Follow.END,
        Ending.SCORED_BY_RULE,
        rule="R-SMP-8",
        score=SCORE_BY_RULE,
    ),
    Outcome(
        "hung_up",
        "接通后挂断",
        "l",
        "customer",
        Follow.END,
        Ending.SCORED_BY_RULE,
        rule="R-SMP-8",
        score=SCORE_BY_RULE,
    ),
    *(
        # R-SMP-8: whoever hangs up in anger was connected and hung up.
        replace(outcome, score=SCORE_BY_RULE) if outcome.code == "hung_up_angry" else outcome
        for outcome in COMMON_OUTCOMES
    ),
)

_MONTH = re.compile(r"(?P<year>[12]\d{3})-(?P<month>0[1-9]|1[0-2])", re.ASCII)


def month_of(day: date) -> str:
    """The month of a day, e.g. `2026-05`."""
    return f"{day:%Y-%m}"


def first_of(month: str) -> date:
    """The first day of a month such as `2026-05`. Raises UsageError for anything else."""
    found = _MONTH.fullmatch(month.strip())
    if found is None:
        raise UsageError("月份请写成 2026-05 这样", field="month")
    return date(int(found["year"]), int(found["month"]), 1)


def last_of(day: date) -> date:
    """The last day of the month that a day lies in."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def opens_on(day: date) -> date:
    """R-SMP-3. The first day of calling in the month that a day lies in."""
    return day.replace(day=FIRST_DAY)


def opens_at(day: date) -> datetime:
    """R-SMP-3. The instant before which nobody of that month's sample is called."""
    return midnight_of(opens_on(day))


def closes_at(day: date) -> datetime:
    """R-SMP-3. The end of the calls of the month that a day lies in."""
    return datetime.combine(last_of(day), CLOSES_AT, tzinfo=SHOP_ZONE).astimezone(UTC)


def deadline(task: TaskFacts, policy: Policy) -> datetime | None:
    """R-SMP-3. Follows from the month of the day that the task was made for."""
    return closes_at(task.business_day)


def check_population(
    task: TaskFacts, now: datetime, policy: Policy, needs_import: datetime | None
) -> Decision:
    """R-SMP-1. Who was drawn stays drawn; nothing that happens to an order changes it."""
    return Allow("在本月抽查名单里")


def check_deadline(task: TaskFacts, now: datetime, policy: Policy) -> Decision:
    """R-SMP-3. No call at or after 20:00 of the month's last day."""
    if now >= closes_at(task.business_day):
        return Stop("R-SMP-3", "本月抽查已截止")
    return Allow("还在抽查期内")


def rank_at(task: TaskFacts, policy: Policy, now: datetime) -> datetime | None:
    """R-SMP-3. See `LEAD`; a promised answer (R-SMP-5) comes before everything else.

    It hangs on the day, so the open tasks are judged anew every midnight.
    """
    escalation = task.sampling.escalation if task.sampling is not None else None
    if escalation is not None and escalation.answered_at is None:
        return escalation.opened_at - LEAD
    days = max((business_day(now) - opens_on(task.business_day)).days, 0)
    return closes_at(task.business_day) - LEAD * (1 + days)


def is_breached(due_at: datetime, answered_at: datetime | None, now: datetime) -> bool:
    """R-SMP-5. Whether a promised answer came too late, or has not come in time by now.

    The time is half-open, as everywhere: an answer at the very instant is late.
    """
    return (answered_at or now) >= due_at


def stale_at(task: TaskFacts, policy: Policy) -> datetime | None:
    """R-SMP-6. When an unanswered message ends the waiting."""
    sampling = task.sampling
    if sampling is None or sampling.message_sent_at is None or sampling.replied_at is not None:
        return None
    return sampling.message_sent_at + timedelta(hours=policy.reply_hours)


def ending_by_orders(task: TaskFacts, first_attempt_at: datetime | None) -> Ending | None:
    """What happens to an order does not end a sampled customer's task."""
    return None


def needs_a_look(task: TaskFacts, now: datetime, policy: Policy) -> bool:
    """Nothing has to be looked up before this call."""
    return False


def talked_ending(task: TaskFacts) -> Ending:
    """R-SMP-5, R-SMP-8. How a talk about a complaint ends: with a score, by rule, or without."""
    if task.sampling is None or task.sampling.score is None:
        return Ending.UNSCORED
    return Ending.SCORED_BY_RULE if task.sampling.is_score_by_rule else Ending.SCORED


def lapsed(task: TaskFacts) -> Ending:
    """R-SMP-3, R-SMP-6. What is open at the end is 未完成, unless a score was given before.

    Whoever has not answered the message that was sent is 联络不上.
    """
    ending = talked_ending(task)
    if ending is not Ending.UNSCORED:
        return ending
    known = task.sampling or SamplingFacts()
    sent = known.message_sent_at
    if sent is None or known.replied_at is not None or known.escalation is not None:
        return Ending.UNFINISHED
    was_reached = any(a.is_reached and a.at >= sent for a in task.attempts)
    return Ending.UNFINISHED if was_reached else Ending.UNREACHABLE
