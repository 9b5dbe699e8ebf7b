"""Calls that a caller left while the line was asked whether they rang, and the way back to them.

The caller goes on with others (decision 0027). What turns out to have rung still needs its outcome
(R-CLAIM-1): the caller takes it back on the screen, as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from adapters.store.queries import audit, calls
from adapters.store.queries import parked as queries
from campaigns.errors import ConflictError, RefusedError
from campaigns.values import AttemptState, Kind, LineCallState, Person
from scheduler.flows.dialling import held_attempt
from scheduler.runtime import Runtime

_RULE = ("R-CLAIM-1",)
_BEING_ASKED = (LineCallState.SUBMITTING, LineCallState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ParkedCall:
    """One call without an outcome that the caller left.

    is_settled   the line has told what became of it: now its outcome can be entered
    is_late      the leader sees it too
    """

    attempt_id: str
    buyer: str
    kind: Kind
    dialled_at: datetime
    is_settled: bool
    is_late: bool


def parked_calls(runtime: Runtime, caller: Person, now: datetime) -> tuple[ParkedCall, ...]:
    """R-CLAIM-1. The calls that this caller left, the oldest first."""
    with runtime.snapshot() as connection:
        late = timedelta(minutes=runtime.law(connection).policy.outcome_missing_minutes)
        rows = queries.parked_of(connection, caller.id)
    return tuple(
        ParkedCall(
            row.id,
            row.buyer,
            Kind(row.kind),
            row.dialled_at,
            is_settled=row.line_state not in _BEING_ASKED,
            is_late=now - row.dialled_at >= late,
        )
        for row in rows
    )


def take_back(runtime: Runtime, attempt_id: str, now: datetime, caller: Person) -> None:
    """R-CLAIM-1. Have a call on the screen again that was left; a second click changes nothing.

    Raises RefusedError while the caller holds another customer, ConflictError when the call is over.
    """
    try:
        with runtime.transaction() as connection:
            attempt = held_attempt(connection, attempt_id, caller, now)
            if attempt.state != AttemptState.DIALLED:
                raise ConflictError("这一通已经处理完了", rules=_RULE)
            if attempt.parked_at is None:
                return
            if calls.live_of_caller(connection, caller.id) is not None:
                raise _busy()
            calls.change(connection, attempt_id, parked_at=None)
            audit.record(
                connection, now, caller.name, "attempt.taken_back", f"attempt:{attempt_id}"
            )
    except IntegrityError as error:  # another window took the next customer at this very moment
        raise _busy() from error


def _busy() -> RefusedError:
    return RefusedError("请先处理完手上的客户，再填这一通的结果", rules=_RULE)
