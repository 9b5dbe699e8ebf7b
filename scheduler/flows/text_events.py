"""Receipts of texts: stored once as they come, worked off later, whatever their order (R-MSG-2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from adapters import event_log
from adapters.identifiers import token_hash
from adapters.store.queries import text_events as queries
from adapters.store.queries import texts
from campaigns.lines import SmsEvent, sms_state_of
from campaigns.values import LineName, SmsState
from scheduler.flows.text_sending import mark_failed
from scheduler.runtime import Runtime

log = event_log.get_logger(__name__)

WORKED_OFF_AT_ONCE = 500


def take_sms_events(runtime: Runtime, line: LineName, events: Iterable[SmsEvent]) -> bool:
    """Store what a line told of texts. False when some of it was about no text of ours.

    A text is found by the token of the address, by our own id where the line says it again, else by
    the line's id. The first receipt binds the line's id; a later one must agree with it.
    """
    now, agrees = runtime.now(), True
    with runtime.transaction() as connection:
        for event in events:
            sms_id = _text_of(connection, line, event)
            if sms_id is not None and event.provider_id is not None:
                bound = texts.bind(connection, sms_id, event.provider_id)
                sms_id = sms_id if bound else None
            if sms_id is None:
                agrees = False
                log.warning("sms.foreign_event", line=line)
            queries.add(connection, line, event, sms_id, now)
    return agrees


def _text_of(connection: Connection, line: LineName, event: SmsEvent) -> str | None:
    if event.token is not None:
        return texts.by_token(connection, line, token_hash(event.token))
    if event.sms_id is not None:
        return texts.by_id(connection, line, event.sms_id)
    if event.provider_id is not None:
        return texts.by_provider(connection, line, event.provider_id)
    return None


def apply_waiting_texts(runtime: Runtime) -> int:
    """Work off the texts with new receipts; returns how many. Each is a transaction of its own."""
    with runtime.snapshot() as connection:
        waiting = queries.waiting(connection, WORKED_OFF_AT_ONCE)
    for sms_id in waiting:
        try:
            with runtime.transaction() as connection:
                apply_sms_events(connection, runtime, sms_id, runtime.now())
        except Exception:  # one text's trouble does not keep all others waiting
            log.exception("sms.receipts_not_applied", sms=sms_id)
    return len(waiting)


def apply_sms_events(connection: Connection, runtime: Runtime, sms_id: str, now: datetime) -> None:
    """Reduce everything the line said of a text, and move the text on by it (R-DNC-2, R-OOS-2)."""
    row = texts.row(connection, sms_id)
    assert row is not None, "a text with receipts is never deleted"
    counted = sms_state_of(queries.of_text(connection, sms_id))
    moved = False
    if counted is not None and counted.state is SmsState.FAILED:
        moved = mark_failed(connection, runtime, row, counted.error_code or "unknown", None, now)
    elif counted is not None and counted.state is SmsState.DELIVERED:
        ended = {"ended_at": now, "next_check_machine": None}
        moved = texts.change(connection, sms_id, SmsState.DELIVERED, now, "receipt", **ended)
    elif counted is not None:
        moved = texts.change(connection, sms_id, SmsState.SENT, now, "receipt")
    queries.mark_applied(connection, sms_id, now, "applied" if moved else "late")
