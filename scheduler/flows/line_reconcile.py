"""Asking the line what became of calls: what it tells by itself may get lost (decision 0027).

An unknown call is looked up until it is found, or until the line has said at least three times, spread
over the settle time, that it has none. It is never asked for again. A line that cannot be asked says
nothing; but no call lasts for hours, and its number is not held for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters import event_log
from adapters.channels.base import ANSWERED_BY_NOW, Found, Unknown
from adapters.store.queries import calls, lines
from campaigns.lines import picture_of
from campaigns.values import LineCallState, LineName
from scheduler.flows.line_calls import LOOK_EVERY, lock, trace_of
from scheduler.flows.line_events import apply_call, end_call
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.runtime import Runtime

log = event_log.get_logger(__name__)

AT_ONCE = 50
EMPTY_ANSWERS = 3
GONE_ANSWERS = 2
"""A placed call that the line has no more is over; once could be its list that lags behind."""
NO_CALL_LASTS = timedelta(hours=4)
"""What a line is silent about for so long is over: it was taken out of the settings, or cannot be asked."""


def reconcile(runtime: Runtime) -> int:
    """One round over the open calls whose turn it is; returns how many were looked up."""
    machine = runtime.machine_clock.now()
    with runtime.snapshot() as connection:
        due = lines.to_look_up(connection, machine, AT_ONCE)
    silent: set[LineName] = set()
    for row in due:
        line = LineName(row.line)
        if line in silent:
            continue  # its next round is soon; asking it may take half a minute each time
        try:
            if not _look_up(runtime, row.id, machine):
                silent.add(line)
        except Exception:  # one call's trouble does not keep all others waiting
            log.exception("line.not_looked_up", call=row.id)
    _close_unconfirmed(runtime)
    return len(due)


def _look_up(runtime: Runtime, call_id: str, machine: datetime) -> bool:
    """Ask the line about one call, if it is its turn. False when the line itself cannot be asked."""
    now = runtime.now()
    with runtime.transaction() as connection:
        row = lines.take_look_up(connection, call_id, machine, machine + LOOK_EVERY)
        if row is None:
            return True  # another process does it
        if row.state == LineCallState.SUBMITTING:
            if machine < row.submitted_machine + ANSWERED_BY_NOW:
                return True  # its request may still be under way
            why = "发出请求的程序中断了"
            lines.change_call(
                connection, call_id, LineCallState.UNKNOWN, now, "no answer kept", reason=why
            )
        trace = trace_of(connection, runtime, call_id)
        settle = timedelta(minutes=runtime.law(connection).policy.settle_minutes)
    voice = runtime.lines.voice.get(trace.line)
    if voice is None:
        log.warning("line.gone", line=trace.line)
    found = Unknown("线路没有设置好") if voice is None else voice.look_up(trace.trace)
    is_silent = isinstance(found, Unknown)
    if is_silent and machine - row.submitted_machine < NO_CALL_LASTS:
        return False  # nothing is concluded from that
    now = runtime.now()  # asking took its time
    with runtime.transaction() as connection:
        row, attempt = lock(connection, call_id)
        is_found = isinstance(found, Found) and _bind(connection, row, found, now)
        if not is_found and _is_over(connection, row, machine, settle, is_silent=is_silent):
            if row.state == LineCallState.PLACED:
                told = picture_of(lines.events_of(connection, call_id))
                end_call(connection, runtime, row, attempt, told, now, cause="gone")
            else:
                lines.change_call(
                    connection,
                    call_id,
                    LineCallState.UNCONFIRMED,
                    now,
                    "never found",
                    settled_at=now,
                )
    apply_call(runtime, call_id, is_looked_up=not is_silent)
    return not is_silent


def _bind(connection: Connection, row: Row[Any], found: Found, now: datetime) -> bool:
    """Keep what the line found. False when that is another call, so that this one was not found."""
    if not lines.bind(connection, row.id, found.provider_id):
        log.warning("line.found_another", call=row.id)
        return False
    lines.change_call(connection, row.id, LineCallState.PLACED, now, "looked up")
    lines.note(connection, row.id, checks=0)
    for event in found.events:
        lines.add_event(connection, LineName(row.line), event, row.id, now)
    return True


def _is_over(
    connection: Connection,
    row: Row[Any],
    machine: datetime,
    settle: timedelta,
    *,
    is_silent: bool,
) -> bool:
    """Whether an open call is given up: there were enough empty answers, or silence for hours."""
    if is_silent:
        return True
    checks = row.checks + 1
    lines.note(connection, row.id, checks=checks)
    if row.state == LineCallState.PLACED:
        return bool(checks >= GONE_ANSWERS)
    return bool(checks >= EMPTY_ANSWERS and machine - row.submitted_machine >= settle)


def _close_unconfirmed(runtime: Runtime) -> None:
    """It counts as an attempt: whoever may have been rung is not rung again soon (R-REPEAT-3)."""
    with runtime.snapshot() as connection:
        undone = lines.unconfirmed_undone(connection, AT_ONCE)
    for attempt_id in undone:
        try:
            _close(runtime, attempt_id)
        except Exception:  # one attempt's trouble does not keep all others waiting
            log.exception("line.unconfirmed_not_closed", attempt=attempt_id)


def _close(runtime: Runtime, attempt_id: str) -> None:
    now = runtime.now()
    with runtime.snapshot() as connection:
        attempt = calls.row(connection, attempt_id)
    if attempt is not None and attempt.state == "dialled":
        form = OutcomeForm("line_unconfirmed", key=f"settled:{attempt_id}")
        record_outcome(runtime, attempt_id, form, max(now, attempt.dialled_at), None)
