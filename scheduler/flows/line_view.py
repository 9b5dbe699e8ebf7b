"""How a call through a line stands, as the caller sees it while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import calls, lines
from adapters.store.queries.line_health import is_in_trouble
from campaigns.lines import LIKELY_OUTCOME, Cause
from campaigns.values import AttemptState, Kind, LineCallState, LineName
from scheduler.flows.line_choice import choose, phone_of
from scheduler.runtime import Runtime

NOT_RUNG = frozenset({LineCallState.NOT_SENT, LineCallState.REFUSED, LineCallState.STOPPED})
"""Nobody's phone rang: no attempt."""


class Stage(StrEnum):
    """What the caller is told. `not_taken`: the line rang nobody, and they may dial again."""

    READY = "ready"
    ASKING = "asking"
    RINGING_YOU = "ringing_you"
    CONNECTING = "connecting"
    RINGING = "ringing"
    TALKING = "talking"
    SCORING = "scoring"
    OVER = "over"
    UNKNOWN = "unknown"
    NOT_TAKEN = "not_taken"


class Keypad(StrEnum):
    """R-SMP-4. What became of the question that is answered by a key."""

    NOT_ASKED = "not_asked"
    WAITING = "waiting"
    PRESSED = "pressed"
    NOTHING = "nothing"


NEVER_ANSWERED = frozenset(Cause) - {Cause.UNKNOWN, Cause.TALKED}
"""Ends by which a line says that nobody was spoken to."""

GIVEN_UP = "no_answer"
"""What is offered where the caller put the phone down while it rang: so far nobody had answered."""


@dataclass(frozen=True, slots=True)
class LineSeen:
    """A call's line as it stands. `seconds`: since the stage began, or, of an unknown call, still to go.

    line          which one carries, or would carry, this call
    is_ready      it is set up here; else the call is made by hand
    has_phone     it knows where to ring the caller; else the call is made by hand
    in_trouble    it gives no answers just now: dial by hand (safety F9)
    note          why it was not taken
    likely        the outcome that the line's word for the end suggests
    gave_up       it is over, and the caller hung up before the customer answered
    unanswered    it is over, and the line says that the customer never answered
    keypad        what became of the question by key (R-SMP-4)
    score         what the customer pressed
    can_score     the customer is on the line and may be handed to the keypad question
    can_go_on     C2.8: not known whether it rang; others may be called meanwhile
    did_ring      what the caller said of their own phone
    """

    line: LineName
    stage: Stage
    is_ready: bool
    in_trouble: bool
    is_training: bool
    seconds: int = 0
    note: str | None = None
    likely: str | None = None
    gave_up: bool = False
    unanswered: bool = False
    keypad: Keypad = Keypad.NOT_ASKED
    score: int | None = None
    can_score: bool = False
    can_go_on: bool = False
    did_ring: bool | None = None
    has_phone: bool = True
    is_recorded: bool = False

    @property
    def is_manual(self) -> bool:
        """The caller dials a handset of their own."""
        return self.line is LineName.MANUAL


def line_seen(runtime: Runtime, attempt_id: str) -> LineSeen | None:
    """How the line of this attempt stands; None where there is no such attempt."""
    machine = runtime.machine_clock.now()
    with runtime.snapshot() as connection:
        attempt = calls.row(connection, attempt_id)
        if attempt is None:
            return None
        row = lines.newest_of(connection, attempt_id)
        settle = timedelta(minutes=runtime.law(connection).policy.settle_minutes)
        name = _line_of(connection, runtime, attempt)
        by_line = name is not LineName.MANUAL
        trouble = by_line and is_in_trouble(connection, name, machine)
        has_phone = not by_line or bool(phone_of(connection, runtime, attempt.caller_id, name))
    voice = runtime.lines.voice.get(name)
    seen = LineSeen(
        line=name,
        stage=Stage.READY,
        is_ready=voice is not None,
        in_trouble=trouble,
        has_phone=has_phone,
        is_training=voice is not None and voice.is_training,
    )
    if row is None or (attempt.state == AttemptState.DIALLED and attempt.line != row.line):
        return seen
    return _told(seen, attempt, row, machine, settle)


def _line_of(connection: Connection, runtime: Runtime, attempt: Row[Any]) -> LineName:
    if attempt.line is not None:
        return LineName(attempt.line)
    _, sealed = calls.buyer_and_number(connection, attempt.phone_id)
    number = runtime.vault.open(sealed)
    chosen = choose(connection, "call", Kind(attempt.kind), attempt.campaign_id, number)
    return chosen or LineName.MANUAL


def _told(
    seen: LineSeen, attempt: Row[Any], row: Row[Any], machine: datetime, settle: timedelta
) -> LineSeen:
    stage, since = _stage(row)
    seconds = int((machine - since).total_seconds())
    if stage is Stage.UNKNOWN:
        seconds = int((row.submitted_machine + settle - machine).total_seconds())
    cause = Cause(row.cause) if row.cause and stage is Stage.OVER else None
    unanswered = cause in NEVER_ANSWERED and row.answered_by_customer_machine is None
    gave_up = unanswered and cause is Cause.CANCELLED
    score = int(row.digits) if row.digits in lines.SCORES else None
    talking = stage is Stage.TALKING and row.state == LineCallState.PLACED
    return LineSeen(
        line=seen.line,
        stage=stage,
        is_ready=seen.is_ready,
        in_trouble=seen.in_trouble,
        has_phone=seen.has_phone,
        is_training=seen.is_training,
        seconds=max(seconds, 0),
        note=row.reason if stage is Stage.NOT_TAKEN else None,
        likely=GIVEN_UP if gave_up else LIKELY_OUTCOME.get(cause) if cause is not None else None,
        gave_up=gave_up,
        unanswered=unanswered,
        keypad=_keypad(stage, score, is_asked=row.score_asked_machine is not None),
        score=score,
        can_score=talking and attempt.kind == Kind.SAMPLING and attempt.hung_up_at is None,
        can_go_on=stage is Stage.UNKNOWN and attempt.parked_at is None,
        did_ring=row.did_ring,
        is_recorded=row.is_recorded,
    )


def _keypad(stage: Stage, score: int | None, *, is_asked: bool) -> Keypad:
    if score is not None:
        return Keypad.PRESSED
    if not is_asked:
        return Keypad.NOT_ASKED
    return Keypad.NOTHING if stage is Stage.OVER else Keypad.WAITING


def _stage(row: Row[Any]) -> tuple[Stage, datetime]:
    """The stage and since when, by the machine's clock."""
    match LineCallState(row.state):
        case state if state in NOT_RUNG:
            return Stage.NOT_TAKEN, row.submitted_machine
        case LineCallState.UNKNOWN | LineCallState.UNCONFIRMED:
            return Stage.UNKNOWN, row.submitted_machine
        case LineCallState.ENDED:
            return Stage.OVER, row.ended_machine or row.submitted_machine
        case _:
            return _of_open(row)


def _of_open(row: Row[Any]) -> tuple[Stage, datetime]:
    if row.score_asked_machine is not None:
        return Stage.SCORING, row.score_asked_machine
    if row.answered_by_customer_machine is not None:
        return Stage.TALKING, row.answered_by_customer_machine
    if row.rang_machine is not None:
        return Stage.RINGING, row.rang_machine
    if row.gate_at is not None:
        return Stage.CONNECTING, row.caller_answered_machine or row.submitted_machine
    asked = row.state == LineCallState.SUBMITTING
    return (Stage.ASKING if asked else Stage.RINGING_YOU), row.submitted_machine
