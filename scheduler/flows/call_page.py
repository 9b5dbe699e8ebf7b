"""One call for whoever looks into it: how it went, by which rules, what followed, and its trail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import call_page as queries
from adapters.store.queries.facts import load_tasks
from campaigns.errors import NotFoundError
from campaigns.kinds.sampling import is_breached
from campaigns.labels_zh import TODO_LABELS
from campaigns.registry import outcome_of
from campaigns.values import (
    AttemptState,
    CaseState,
    DayKind,
    Ending,
    Exemption,
    Kind,
    TaskState,
    TodoKind,
)
from scheduler.flows.line_story import LineOfCall, line_of_call
from scheduler.flows.said_in_call import ScoreShown, moments_walked, score_shown, script_title
from scheduler.flows.why import Checked, all_checks
from scheduler.rules.gate import case_for
from scheduler.runtime import Runtime


class Moment(StrEnum):
    """What happened to a hand-out, in the order in which it can."""

    HANDED_OUT = "handed_out"
    DIALLED = "dialled"
    HUNG_UP = "hung_up"
    ENTERED = "entered"
    EXPIRED = "expired"
    SKIPPED = "skipped"
    WITHDRAWN = "withdrawn"


MOMENT_LABELS = {
    Moment.HANDED_OUT: "分给坐席",
    Moment.DIALLED: "拨打",
    Moment.HUNG_UP: "挂断",
    Moment.ENTERED: "填写结果",
    Moment.EXPIRED: "领取超时",
    Moment.SKIPPED: "跳过",
    Moment.WITHDRAWN: "撤回",
}


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of a hand-out, with the caller's reason or the rule where there is one."""

    moment: Moment
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CallBeside:
    """Another hand-out of the task, or another matter of the same call."""

    attempt_id: str
    at: datetime
    kind: Kind
    caller: str
    state: AttemptState
    outcome_label: str | None
    is_reached: bool
    is_redial: bool
    is_same_call: bool


@dataclass(frozen=True, slots=True)
class Followed:
    """A message or other work that came out of the call. `done_by`: by whom, or None."""

    label: str
    wording: str
    created_at: datetime
    due_at: datetime
    done_at: datetime | None
    done_by: str | None
    withdrawn_at: datetime | None
    withdrawn_rule: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """R-CASE-1. A problem that the call opened."""

    id: int
    cause: str
    state: CaseState
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Promised:
    """R-SMP-5. The answer that was promised in the call."""

    owner: str
    due_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    answer: str | None
    is_breached: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """R-AUD-1. One line of the trail; no personal data."""

    at: datetime
    who: str
    what: str
    subject: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class CallPage:
    """One call. The number is masked (R-PII-1).

    line       what carried it, what it told, the recordings
    path       titles of the dialogue's moments that were gone through; empty: not noted
    verdicts   what every rule said at the instant of the call, under the numbers then in force
    """

    attempt_id: str
    task_id: int
    customer_id: int
    buyer: str
    campaign: str
    kind: Kind
    caller: str
    phone_masked: str
    given_masked: str | None
    at: datetime
    state: AttemptState
    outcome_label: str | None
    is_reached: bool
    note: str | None
    callback_at: datetime | None
    owed_fen: int
    exemption: Exemption
    region: str | None
    day_kind: DayKind
    policy_version: int
    calendar_version: int
    script_id: str | None
    script_version: int | None
    script_title: str | None
    path: tuple[str, ...]
    redial_of: str | None
    rides_on: str | None
    task_state: TaskState
    task_ending: Ending | None
    transitions: tuple[Transition, ...]
    beside: tuple[CallBeside, ...]
    followed: tuple[Followed, ...]
    line: LineOfCall
    cases: tuple[Opened, ...]
    scores: tuple[ScoreShown, ...]
    promise: Promised | None
    verdicts: tuple[Checked, ...]
    trail: tuple[Trace, ...]


def call_page(runtime: Runtime, attempt_id: str, now: datetime) -> CallPage:
    """Everything about one call. Raises NotFoundError for an unknown one."""
    with runtime.snapshot() as connection:
        row = queries.call(connection, attempt_id)
        if row is None:
            raise NotFoundError("没有这通电话", field="call")
        promise = queries.escalation_of(connection, attempt_id)
        return CallPage(
            **_head(row),
            transitions=tuple(_transitions(row)),
            beside=tuple(_beside(other, row) for other in queries.beside(connection, row)),
            followed=tuple(
                _followed(one) for one in queries.todos(connection, attempt_id, row.task_id)
            ),
            line=line_of_call(connection, row.id, row.line),
            cases=tuple(
                Opened(c.id, c.cause, CaseState(c.state), c.due_at)
                for c in queries.cases(connection, attempt_id)
            ),
            scores=tuple(
                score_shown(s) for s in queries.scores(connection, attempt_id, row.task_id)
            ),
            promise=None if promise is None else _promised(promise, now),
            verdicts=tuple(_verdicts(connection, runtime, row)),
            trail=tuple(
                Trace(t.at, t.who, t.what, t.subject, t.before, t.after)
                for t in queries.trail(connection, [f"attempt:{row.id}", f"task:{row.task_id}"])
            ),
        )


def _head(row: Row[Any]) -> dict[str, Any]:
    kind = Kind(row.kind)
    return {
        "attempt_id": row.id,
        "task_id": row.task_id,
        "customer_id": row.customer_id,
        "buyer": row.buyer,
        "campaign": row.campaign,
        "kind": kind,
        "caller": row.caller,
        "phone_masked": row.masked,
        "given_masked": row.given_masked,
        "at": row.at,
        "state": AttemptState(row.state),
        "outcome_label": outcome_of(kind, row.outcome).label if row.outcome else None,
        "is_reached": bool(row.is_reached),
        "note": row.note,
        "callback_at": row.callback_at,
        "owed_fen": row.owed_fen,
        "exemption": Exemption(row.exemption),
        "region": row.region,
        "day_kind": DayKind(row.day_kind),
        "policy_version": row.policy_version,
        "calendar_version": row.calendar_version,
        "script_id": row.script_id,
        "script_version": row.script_version,
        "script_title": script_title(row.script_id),
        "path": moments_walked(kind, row.path),
        "redial_of": row.redial_of,
        "rides_on": row.rides_on,
        "task_state": TaskState(row.task_state),
        "task_ending": Ending(row.task_ending) if row.task_ending else None,
    }


_ENDED_BY = {
    AttemptState.CLOSED: Moment.ENTERED,
    AttemptState.EXPIRED: Moment.EXPIRED,
    AttemptState.SKIPPED: Moment.SKIPPED,
    AttemptState.WITHDRAWN: Moment.WITHDRAWN,
}


def _transitions(row: Row[Any]) -> Iterator[Transition]:
    yield Transition(Moment.HANDED_OUT, row.handed_out_at)
    if row.dialled_at is not None:
        yield Transition(Moment.DIALLED, row.dialled_at)
    if row.hung_up_at is not None:
        yield Transition(Moment.HUNG_UP, row.hung_up_at)
    if row.ended_at is not None:
        yield Transition(_ENDED_BY[AttemptState(row.state)], row.ended_at, row.end_reason)


def _beside(other: Row[Any], row: Row[Any]) -> CallBeside:
    kind = Kind(other.kind)
    return CallBeside(
        attempt_id=other.id,
        at=other.at,
        kind=kind,
        caller=other.caller,
        state=AttemptState(other.state),
        outcome_label=outcome_of(kind, other.outcome).label if other.outcome else None,
        is_reached=bool(other.is_reached),
        is_redial=other.redial_of is not None,
        is_same_call=(other.rides_on or other.id) == (row.rides_on or row.id),
    )


def _followed(row: Row[Any]) -> Followed:
    return Followed(
        label=TODO_LABELS[TodoKind(row.kind)],
        wording=row.wording,
        created_at=row.created_at,
        due_at=row.due_at,
        done_at=row.done_at,
        done_by=row.done_by,
        withdrawn_at=row.withdrawn_at,
        withdrawn_rule=row.withdrawn_rule,
    )


def _promised(row: Row[Any], now: datetime) -> Promised:
    return Promised(
        owner=row.owner,
        due_at=row.due_at,
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        answer=row.answer,
        is_breached=is_breached(row.due_at, row.answered_at, now),
    )


def _verdicts(connection: Connection, runtime: Runtime, row: Row[Any]) -> list[Checked]:
    """R-AUD-3. What every rule said when the call was made, as it was known and in force then.

    The call itself is left out, and so is the one that this matter rode on (R-REPEAT-2): they are
    one contact, which cannot stand in its own way.
    """
    law = runtime.law_at(connection, row.at).of(row.campaign_id)
    task = load_tasks(connection, [row.task_id], row.at, as_of=row.at)[row.task_id]
    own = {row.id, row.rides_on, *(r.id for r in queries.riders(connection, row.id))}
    before = replace(
        task,
        attempts=tuple(a for a in task.attempts if a.id not in own),
        customer=replace(
            task.customer,
            attempts=tuple(a for a in task.customer.attempts if a.id not in own),
        ),
    )
    return all_checks(case_for(before, row.at, law.policy, law.calendar))
