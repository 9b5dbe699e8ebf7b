"""Asking the line what became of calls: what it tells by itself may get lost (decision 0027).

An unknown call is looked up until it is found, or until the line has said at least three times, spread
over the settle time, that it has none. It is never asked for again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row

from adapters.channels.base import CONNECT_S, READ_S, Found, Unknown
from adapters.store.queries import calls, lines
from campaigns.values import LineCallState, LineName
from scheduler.flows.line_calls import LOOK_EVERY, lock, trace_of
from scheduler.flows.line_events import apply_call
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.runtime import Runtime

log = structlog.get_logger(__name__)

AT_ONCE = 50
EMPTY_ANSWERS = 3
GONE_ANSWERS = 2
"""A placed call that the line has no more is over; once could be its list that lags behind."""
_ANSWERED_BY_NOW = timedelta(seconds=CONNECT_S + READ_S + 10)


def reconcile(runtime: Runtime) -> int:
    """One round over the open calls whose turn it is; returns how many were looked up."""
    machine = runtime.machine_clock.now()
    with runtime.snapshot() as connection:
        due = lines.to_look_up(connection, machine, AT_ONCE)
    for call_id in due:
        _look_up(runtime, call_id, machine)
    _close_unconfirmed(runtime)
    return len(due)


def _look_up(runtime: Runtime, call_id: str, machine: datetime) -> None:
    now = runtime.now()
    with runtime.transaction() as connection:
        row = lines.take_look_up(connection, call_id, machine, machine + LOOK_EVERY)
        if row is None:
            return  # another process does it
        if row.state == LineCallState.SUBMITTING:
            if machine < row.submitted_machine + _ANSWERED_BY_NOW:
                return  # its request may still be under way
            why = "发出请求的程序中断了"
            lines.change_call(
                connection, call_id, LineCallState.UNKNOWN, now, "no answer kept", reason=why
            )
        trace = trace_of(connection, runtime, call_id)
        settle = timedelta(minutes=runtime.law(connection).policy.settle_minutes)
    voice = runtime.lines.voice.get(trace.line)
    if voice is None:
        log.warning("line.gone", line=trace.line)
        return
    found = voice.look_up(trace.trace)
    if isinstance(found, Unknown):
        return  # the line itself cannot be asked; nothing is concluded from that
    with runtime.transaction() as connection:
        row, _ = lock(connection, call_id)
        if isinstance(found, Found):
            _bind(connection, row, found, now)
        else:
            _missing(connection, row, machine, settle, now)
    apply_call(runtime, call_id)


def _bind(connection: Connection, row: Row[Any], found: Found, now: datetime) -> None:
    if not lines.bind(connection, row.id, found.provider_id):
        log.warning("line.found_another", call=row.id)
        return
    lines.change_call(connection, row.id, LineCallState.PLACED, now, "looked up")
    lines.note(connection, row.id, checks=0)
    for event in found.events:
        lines.add_event(connection, LineName(row.line), event, row.id, now)


def _missing(
    connection: Connection, row: Row[Any], machine: datetime, settle: timedelta, now: datetime
) -> None:
    checks = row.checks + 1
    lines.note(connection, row.id, checks=checks)
    if row.state == LineCallState.PLACED and checks >= GONE_ANSWERS:
        lines.change_call(
            connection, row.id, LineCallState.ENDED, now, "gone", settled_at=now, cause="unknown"
        )
    over = machine - row.submitted_machine >= settle
    if row.state == LineCallState.UNKNOWN and checks >= EMPTY_ANSWERS and over:
        lines.change_call(
            connection, row.id, LineCallState.UNCONFIRMED, now, "never found", settled_at=now
        )


def _close_unconfirmed(runtime: Runtime) -> None:
    """It counts as an attempt: whoever may have been rung is not rung again soon (R-REPEAT-3)."""
    with runtime.snapshot() as connection:
        undone = lines.unconfirmed_undone(connection, AT_ONCE)
    for attempt_id in undone:
        now = runtime.now()
        with runtime.snapshot() as connection:
            attempt = calls.row(connection, attempt_id)
        if attempt is not None and attempt.state == "dialled":
            form = OutcomeForm("line_unconfirmed", key=f"settled:{attempt_id}")
            record_outcome(runtime, attempt_id, form, max(now, attempt.dialled_at), None)
