"""What a line tells of a call: stored once as it comes, worked off later, in any order (safety I14)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters import event_log
from adapters.identifiers import token_hash
from adapters.store.queries import calls, lines
from campaigns.lines import CallEvent, CallPicture, Leg, picture_of
from campaigns.states import OPEN_LINE_CALLS
from campaigns.values import AttemptState, LineCallState, LineName
from scheduler.flows.line_calls import LOOK_SOON, give_back, lock
from scheduler.flows.line_keypad import keep_digit
from scheduler.runtime import Runtime

log = event_log.get_logger(__name__)

WORKED_OFF_AT_ONCE = 200


def take_call_events(
    runtime: Runtime, line: LineName, token: str, events: Iterable[CallEvent]
) -> bool:
    """Store what a line told of the call that the token speaks of.

    The first event binds the line's id of the caller's leg; a later one must agree with it. False,
    and nothing stored as that call's, when the token is unknown or an event is about a call of the
    line that is not this one; what is foreign is kept apart.
    """
    with runtime.snapshot() as connection:
        row = lines.by_token(connection, line, token_hash(token))
    if row is None:
        return False
    now = runtime.now()
    agrees = True
    with runtime.transaction() as connection:
        for event in events:
            own = event.provider_id if event.leg is Leg.CALLER else event.parent_id
            if own is not None and not lines.bind(connection, row.id, own):
                agrees = False
                lines.add_event(connection, line, event, None, now)
                log.warning("line.foreign_event", call=row.id)
                continue
            lines.add_event(connection, line, event, row.id, now)
    return agrees


def apply_waiting(runtime: Runtime) -> int:
    """Work off the calls with new events; returns how many. Each call is a transaction of its own."""
    with runtime.snapshot() as connection:
        waiting = lines.waiting_calls(connection, WORKED_OFF_AT_ONCE)
    for call_id in waiting:
        try:
            apply_call(runtime, call_id)
        except Exception:  # one call's trouble does not keep all others waiting
            log.exception("line.events_not_applied", call=call_id)
    return len(waiting)


def apply_call(runtime: Runtime, call_id: str, *, is_looked_up: bool = False) -> None:
    """Reduce everything the line said of a call, and move the call on by it.

    A call whose customer may have been rung, and whose end was not told, is looked up before it is
    taken to be over: what became of the customer's leg may just have got lost.
    """
    now = runtime.now()
    with runtime.transaction() as connection:
        row, attempt = lock(connection, call_id)
        events = lines.events_of(connection, call_id)
        picture = picture_of(events)
        lines.keep_picture(connection, call_id, picture)
        lines.keep_recordings(connection, attempt.id, LineName(row.line), events, now)
        if picture.digits is not None:
            keep_digit(connection, attempt, picture.digits, now)
        is_open = LineCallState(row.state) in OPEN_LINE_CALLS
        if is_open and events:
            is_told = row.gate_at is None or picture.customer_ended_at is not None
            if picture.is_over and (is_told or is_looked_up):
                end_call(connection, runtime, row, attempt, picture, now)
            else:
                _go_on(connection, row, runtime.machine_clock.now(), now, is_over=picture.is_over)
        lines.mark_applied(connection, call_id, now, "applied" if is_open else "late")


def _go_on(
    connection: Connection, row: Row[Any], machine: datetime, now: datetime, *, is_over: bool
) -> None:
    if row.state in (LineCallState.SUBMITTING, LineCallState.UNKNOWN):
        lines.change_call(connection, row.id, LineCallState.PLACED, now, "event")
    if is_over:
        lines.note(connection, row.id, next_check_machine=machine + LOOK_SOON)


def end_call(
    connection: Connection,
    runtime: Runtime,
    row: Row[Any],
    attempt: Row[Any],
    picture: CallPicture,
    now: datetime,
    *,
    cause: str = "event",
) -> None:
    """Nothing rings or talks any more. Before the last gate nobody was rung: then it was no attempt."""
    began = row.gate_at is not None or picture.customer_leg_id or picture.reached_customer
    if not began:
        why = "您的话机没有接通，客户没有被拨打"
        settled = lines.change_call(
            connection, row.id, LineCallState.STOPPED, now, cause, settled_at=now, reason=why
        )
        if settled is not None:
            give_back(connection, runtime, attempt, settled, why)
        return
    lines.change_call(connection, row.id, LineCallState.ENDED, now, cause, settled_at=now)
    if attempt.state == AttemptState.DIALLED and attempt.hung_up_at is None:
        calls.change(connection, attempt.id, hung_up_at=max(now, attempt.dialled_at))
