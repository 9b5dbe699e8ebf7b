"""What a script says to a sampled customer: the matter, who dealt with it, the answer owed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from adapters.store.queries import sampling_words
from campaigns.facts import SamplingFacts, TaskFacts
from campaigns.kinds.sampling import ANSWER_WITHIN
from campaigns.values import Source
from scheduler.flows.sampling_briefing import promised_answer
from scheduler.runtime import Law
from scripts_zh.context import SampleWords
from scripts_zh.filters import moment_said, one_line

NOTED_MAX_CHARS = 28
"""How much of what was entered stands in the note; the rest is with the case, on the same page."""


def owes_an_answer(task: TaskFacts) -> bool:
    """R-SMP-5. A complaint was escalated and not answered yet."""
    escalation = task.sampling.escalation if task.sampling is not None else None
    return escalation is not None and escalation.answered_at is None


def sample_words(connection: Connection, law: Law, task: TaskFacts, now: datetime) -> SampleWords:
    """R-SMP-1, R-SMP-5. As the frozen list has it; without an entry the service as a whole."""
    member = sampling_words.register_line(connection, task.id)
    owed = sampling_words.complaint_owed(connection, task.id) if owes_an_answer(task) else None
    promise = promised_answer(law, task, now)
    return SampleWords(
        source=Source.VIP if member is None else Source(member.source),
        handler=None if member is None else one_line(member.handler) or None,
        matter_on=None if member is None else member.entered_on,
        has_score=(task.sampling or SamplingFacts()).score,
        answer_text=None if owed is None else _noted(owed.cause),
        done_text=None if owed is None else _noted(owed.agreed),
        answer_at_text=(_until(promise.answer_due, now) if promise.crosses_closed else _WITHIN)
        + _IN_CHAT * promise.in_chat,
        crosses_closed=promise.crosses_closed,
        in_chat=promise.in_chat,
    )


_IN_CHAT = "在旺旺上"
"""R-SMP-3. After the month's close nobody is called any more, so that no call is promised then."""

_WITHIN = f"{ANSWER_WITHIN.seconds // 60}分钟内"


def _until(due: datetime, now: datetime) -> str:
    return f"{moment_said(due, now)}之前"


def _noted(entered: str | None) -> str | None:
    line = one_line(entered or "")
    if len(line) > NOTED_MAX_CHARS:
        line = line[: NOTED_MAX_CHARS - 1] + "…"
    return line or None
