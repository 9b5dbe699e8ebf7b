"""R-SMP-12: what a reviewer looks at: calls, the way through the dialogue, messages, scores, answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row

from adapters.store.queries import reviews
from campaigns.errors import NotFoundError
from campaigns.kinds.sampling import is_breached
from campaigns.registry import outcome_of
from campaigns.values import CaseState, Kind, Person, TaskState
from scheduler.flows.recordings import RecordingShown, recordings_of
from scheduler.flows.reviews import ReviewLine, line_of
from scheduler.flows.said_in_call import ScoreShown, moments_walked, score_shown, script_title
from scheduler.runtime import Runtime


@dataclass(frozen=True, slots=True)
class CallShown:
    """One call: who, when, how it ended, what was said, which way through the dialogue.

    path       the moments gone through, in order
    recordings  what its line keeps of the sound
    is_redial  a line that broke, dialled again: the same call (R-REPEAT-5)
    """

    attempt: str
    at: datetime
    caller: str
    outcome: str | None
    is_reached: bool
    is_redial: bool
    hung_up_at: datetime | None
    note: str | None
    script_title: str | None
    script_version: int | None
    path: tuple[str, ...]
    recordings: tuple[RecordingShown, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageShown:
    """What was written to the customer, and what became of it."""

    wording: str
    created_at: datetime
    sent_at: datetime | None
    sent_by: str | None
    replied_at: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """R-SMP-5. An answer that was promised, and whether it came in time."""

    opened_at: datetime
    due_at: datetime
    owner: str
    answered_at: datetime | None
    answered_by: str | None
    answer: str | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class CaseShown:
    """An after-sales case that came out of these calls."""

    id: int
    cause: str
    state: CaseState


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Everything that a reviewer looks at."""

    line: ReviewLine
    entered_on: date | None
    detail: str | None
    ended_at: datetime | None
    calls: tuple[CallShown, ...]
    scores: tuple[ScoreShown, ...]
    messages: tuple[MessageShown, ...]
    answers: tuple[AnswerShown, ...]
    cases: tuple[CaseShown, ...]


def review_page(runtime: Runtime, task_id: int, now: datetime, person: Person) -> ReviewPage:
    """Show one sampled customer's calls. Raises NotFoundError where there is nothing to review."""
    with runtime.snapshot() as connection:
        row = reviews.member_of(connection, task_id)
        calls = reviews.calls_of(connection, [task_id])
        if row is None or row.state != TaskState.CLOSED or not calls:
            raise NotFoundError(f"没有可以复核的抽查：{task_id}", field="task")
        history = reviews.scores_of(connection, task_id)
        messages = reviews.messages_of(connection, task_id)
        answers = reviews.escalations_of(connection, task_id)
        cases = reviews.cases_of(connection, [call.id for call in calls])
        recorded = {call.id: recordings_of(connection, call.id) for call in calls}
    return ReviewPage(
        line=line_of(row, calls, now, person),
        entered_on=row.entered_on,
        detail=row.detail,
        ended_at=row.closed_at,
        calls=tuple(_call(call, recorded[call.id]) for call in calls),
        scores=tuple(score_shown(s) for s in history),
        messages=tuple(
            MessageShown(
                m.wording, m.created_at, m.done_at, m.done_by, m.replied_at, m.withdrawn_at
            )
            for m in messages
        ),
        answers=tuple(
            AnswerShown(
                a.opened_at,
                a.due_at,
                a.owner,
                a.answered_at,
                a.answered_by,
                a.answer,
                is_late=is_breached(a.due_at, a.answered_at, now),
            )
            for a in answers
        ),
        cases=tuple(CaseShown(c.id, c.cause, CaseState(c.state)) for c in cases),
    )


def _call(row: Row[Any], recordings: tuple[RecordingShown, ...]) -> CallShown:
    return CallShown(
        attempt=row.id,
        at=row.at,
        caller=row.caller,
        outcome=None if row.outcome is None else outcome_of(Kind.SAMPLING, row.outcome).label,
        is_reached=row.is_reached,
        is_redial=row.redial_of is not None,
        hung_up_at=row.hung_up_at,
        note=row.note,
        script_title=script_title(row.script_id),
        script_version=row.script_version,
        path=moments_walked(Kind.SAMPLING, row.path),
        recordings=recordings,
    )
