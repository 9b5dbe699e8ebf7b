"""R-SMP-5: every complaint that was escalated is answered as promised, and a breach is noted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from scheduler.verify.background import Background
from scheduler.verify.days import local_day
from scheduler.verify.history import (
    ENDING_OF_OUTCOME,
    JUST_BEFORE,
    Attempt,
    CustomerHistory,
    Escalation,
    TaskHistory,
)
from scheduler.verify.law import MAX_DAYS_AHEAD, Law
from scheduler.verify.report import Finding, shown

WITHIN = timedelta(minutes=30)
"""R-SMP-5. The promise."""

NOTED_WITHIN = timedelta(minutes=15)
"""How soon after it was due a breach should be noted, while the engine is at work."""

_RULE = "R-SMP-5"
_ANSWERS = frozenset({*ENDING_OF_OUTCOME["sampling"], "hung_up_angry", "opt_out"}) | {
    "complaint_escalated"
}
"""After these outcomes nothing of what was owed before is owed any more."""


def check_escalations(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-SMP-5. Each escalated complaint, and nothing else, has its promised answer, due in time."""
    for task in person.tasks:
        calls = {a.id: a for a in task.made}
        promised = {e.attempt_id for e in task.escalations}
        for a in task.made:
            if a.outcome == "complaint_escalated" and a.outcome_at and a.id not in promised:
                yield Finding(_RULE, "投诉升级了，却没有记下要答复的事", a.id, a.outcome_at)
        for e in task.escalations:
            call = calls.get(e.attempt_id)
            for wrong in _wrong(person, task, e, call, background):
                yield Finding(_RULE, f"升级的投诉 {e.id} {wrong}", e.attempt_id, e.opened_at)


def _wrong(
    person: CustomerHistory,
    task: TaskHistory,
    e: Escalation,
    call: Attempt | None,
    background: Background,
) -> Iterator[str]:
    if call is None or call.outcome != "complaint_escalated":
        yield "不是出自升级投诉的通话"
        return
    if e.customer_id != task.customer_id or e.opened_at != call.outcome_at:
        yield "的客户或时间与它的通话不符"
    moments = (e.opened_at, e.opened_at - JUST_BEFORE)
    laws = [background.book.law_at(at, task.campaign_id) for at in moments]
    if e.due_at not in {
        _due(e.opened_at, region, law) for law in laws for region in (person.region, call.region)
    }:
        yield f"的答复期限 {shown(e.due_at)} 不是 30 分钟的开放时间之后"
    if e.answered_at is not None and (e.answered_at < e.opened_at or not e.has_answer):
        yield "的答复没有写明，或早于投诉"
    for a in task.made:
        talked = a.outcome in _ANSWERS and a.outcome_at is not None and a.at >= e.opened_at
        is_late = e.answered_at is None or (a.outcome_at or a.at) < e.answered_at
        if a.id != e.attempt_id and talked and is_late:
            yield f"已在通话 {a.id} 中谈完，却仍记为没有答复"
    yield from _wrong_breach(e, background)


def _wrong_breach(e: Escalation, background: Background) -> Iterator[str]:
    if e.breached_at is not None:
        if e.breached_at < e.due_at:
            yield "还没有到期就记为超时"
        if e.answered_at is not None and e.answered_at < e.breached_at:
            yield "答复之后才记为超时"
    elif not e.was_noted and background.had_round(e.due_at + NOTED_WITHIN, e.answered_at):
        yield "到期没有答复，却没有记为超时"


def _due(said_at: datetime, region: str | None, law: Law) -> datetime | None:
    """30 minutes later, or 30 minutes after the next opening where a closed window comes between."""
    for opens, closes in _windows(said_at, region, law):
        if opens <= said_at and said_at + WITHIN < closes:
            return said_at + WITHIN
        if opens > said_at:
            return opens + WITHIN
    return None


def _windows(start: datetime, region: str | None, law: Law) -> Iterator[tuple[datetime, datetime]]:
    """Open time from this day on; dayparts that touch are one window."""
    whole: tuple[datetime, datetime] | None = None
    for ahead in range(MAX_DAYS_AHEAD):
        for s in law.stretches(local_day(start) + timedelta(days=ahead), region):
            if whole is not None and whole[1] == s.opens:
                whole = (whole[0], s.closes)
                continue
            if whole is not None:
                yield whole
            whole = (s.opens, s.closes)
    if whole is not None:
        yield whole


def breaches(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-SMP-5. The answer came later than promised, or has not come yet."""
    for task in person.tasks:
        for e in task.escalations:
            is_late = e.answered_at is None or e.answered_at >= e.due_at
            if is_late and background.is_over(e.due_at):
                what = f"升级的投诉 {e.id} 应在 {shown(e.due_at)} 之前答复，没有做到"
                yield Finding(_RULE, what, e.attempt_id, e.due_at)
