"""Asking lines what became of texts: an unknown one is looked up, never sent again (R-MSG-2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters import event_log
from adapters.channels.base import Missing, SmsFound, SmsTrace
from adapters.store.queries import audit, calls, texts
from adapters.store.queries import text_events as event_queries
from campaigns.errors import ConflictError, NotFoundError
from campaigns.values import LineName, SmsState
from scheduler.flows.text_events import apply_sms_events
from scheduler.flows.text_sending import give_up_stale, mark_failed
from scheduler.runtime import Runtime

log = event_log.get_logger(__name__)

AT_ONCE = 50
LOOKS_BACK = timedelta(days=1)
"""How long a sent text without a receipt is asked about."""
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)


def reconcile_texts(runtime: Runtime) -> int:
    """One round over the texts whose turn it is; returns how many were looked up."""
    give_up_stale(runtime)
    machine = runtime.machine_clock.now()
    with runtime.snapshot() as connection:
        due = texts.to_look_up(connection, machine, AT_ONCE)
        for line in runtime.lines.sms:
            since = machine - LOOKS_BACK
            due += texts.without_receipt(connection, line, since, machine, AT_ONCE)
    for sms_id in due:
        try:
            _look_up(runtime, sms_id, machine)
        except Exception:  # one text's trouble does not keep all others waiting
            log.exception("sms.not_looked_up", sms=sms_id)
    return len(due)


def _look_up(runtime: Runtime, sms_id: str, machine: datetime) -> None:
    with runtime.transaction() as connection:
        row = texts.take_look_up(connection, sms_id, machine, machine + LONGEST_PAUSE)
        if row is None:
            return  # another process does it
        pause = min(FIRST_PAUSE * 2 ** min(row.checks, 8), LONGEST_PAUSE)
        texts.note(connection, sms_id, next_check_machine=machine + pause)
    # Its turn is over from here on, whatever goes wrong: it is not the first of the next round again.
    line = runtime.lines.sms.get(LineName(row.line))
    if line is None:
        log.warning("sms.line_gone", line=row.line)
        return
    with runtime.snapshot() as connection:
        trace = _trace(connection, runtime, row)
    found = line.look_up(trace)
    now = runtime.now()
    if isinstance(found, Missing):
        log.warning("sms.not_found", sms=sms_id, checks=row.checks)
    if not isinstance(found, SmsFound):
        return  # nothing is concluded from it; a person decides in the end
    with runtime.transaction() as connection:
        if not texts.bind(connection, sms_id, found.provider_id):
            log.warning("sms.found_another", sms=sms_id)
            return
        for event in found.events:
            event_queries.add(connection, LineName(row.line), event, sms_id, now)
        if row.state == SmsState.UNKNOWN:
            texts.change(connection, sms_id, SmsState.SENT, now, "looked up")
        apply_sms_events(connection, runtime, sms_id, now)


def _trace(connection: Connection, runtime: Runtime, row: Row[Any]) -> SmsTrace:
    number = runtime.vault.open(calls.phone_row(connection, row.phone_id).sealed)
    return SmsTrace(row.id, number, row.wording, row.sent_machine, row.provider_id)


def settle_unknown(
    runtime: Runtime, sms_id: str, now: datetime, who: str, *, was_sent: bool
) -> None:
    """A person has looked with the provider: the text went out, or it did not. It is not sent again.

    Twice the same changes nothing. Raises NotFoundError, and ConflictError for a text of which
    something is known.
    """
    state = SmsState.SENT if was_sent else SmsState.FAILED
    with runtime.transaction() as connection:
        row = texts.row(connection, sms_id)
        if row is None:
            raise NotFoundError(f"没有这条短信：{sms_id}", field="sms")
        if row.state == state:
            return
        if row.state != SmsState.UNKNOWN:
            raise ConflictError("这条短信的结果已经知道了", rules=("R-MSG-2",))
        if was_sent:
            texts.change(connection, sms_id, state, now, f"person:{who}", next_check_machine=None)
        else:
            mark_failed(connection, runtime, row, "not_sent", "人工核对：没有发出", now)
        audit.record(
            connection, now, who, "sms.settled", texts.subject_of(sms_id), after={"state": state}
        )
