"""Calls whose caller cannot enter the outcome any more: a leader does it for them (R-CLAIM-1).

Customer and phone stay held until the outcome is there. A caller who is still active enters it; of one
who was deactivated meanwhile, a leader knows what the line told, and what its recording says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import calls, lines, people
from campaigns.errors import ConflictError, NotFoundError, UsageError
from campaigns.outcomes import Outcome
from campaigns.registry import rules_of
from campaigns.states import OPEN_LINE_CALLS
from campaigns.values import AttemptState, Kind, LineCallState, Person
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.runtime import Runtime

_RULE = ("R-CLAIM-1",)


@dataclass(frozen=True, slots=True)
class LeftCall:
    """A call that its caller cannot finish.

    outcomes    what may be entered: that nobody was reached, or in the leader's words what happened
    is_on_line  its line still rings, talks or is asked about it; until that is over nothing is entered
    """

    outcomes: tuple[Outcome, ...]
    is_on_line: bool


def left_call(runtime: Runtime, attempt_id: str) -> LeftCall | None:
    """None while the call needs nobody else: it has its outcome, or its caller may enter it."""
    with runtime.snapshot() as connection:
        attempt = calls.row(connection, attempt_id)
        return None if attempt is None else _left(connection, attempt)


def enter_outcome(
    runtime: Runtime, attempt_id: str, code: str, note: str, now: datetime, leader: Person
) -> None:
    """R-CLAIM-1. Close the call for its caller; the trail names the leader (R-AUD-1).

    The same outcome once more changes nothing. Raises NotFoundError, UsageError for another outcome or
    without a note, ConflictError while the caller can enter it or the line is not done with it, or when
    the call is over otherwise.
    """
    with runtime.snapshot() as connection:
        attempt = calls.row(connection, attempt_id)
        if attempt is None:
            raise NotFoundError("没有这通电话", field="call")
        left = _left(connection, attempt)
    if attempt.state != AttemptState.CLOSED:
        if left is None:
            raise ConflictError("这通电话由坐席自己填写结果", rules=_RULE)
        if left.is_on_line:
            raise ConflictError("线路上这通电话还没有结束或正在核对，请稍后再填", rules=_RULE)
        if code not in {outcome.code for outcome in left.outcomes}:
            raise UsageError("请选择通话结果", field="code")
        if not note.strip():
            raise UsageError("请写明根据什么填写", field="note")
    record_outcome(runtime, attempt_id, OutcomeForm(code, note=note), now, None, leader)


def _left(connection: Connection, attempt: Row[Any]) -> LeftCall | None:
    if attempt.state != AttemptState.DIALLED:
        return None
    caller = people.person_by_id(connection, attempt.caller_id)
    assert caller is not None, "an attempt has a caller"
    if caller.is_active:
        return None
    newest = lines.newest_of(connection, attempt.id)
    is_on_line = newest is not None and LineCallState(newest.state) in OPEN_LINE_CALLS
    offered = rules_of(Kind(attempt.kind)).offered
    return LeftCall(tuple(one for one in offered if _may_be_told(one)), is_on_line)


def _may_be_told(outcome: Outcome) -> bool:
    """Without having been in the talk."""
    return (not outcome.is_reached and outcome.todo is None) or outcome.code == "other"
