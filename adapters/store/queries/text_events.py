"""What lines told of texts: each authentic event once, worked off later in any order (safety I14)."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, select, text, update

from adapters.store.models.lines import line_event
from adapters.store.upsert import insert_into
from campaigns.lines import SmsEvent
from campaigns.values import LineName, SmsState

_WAITING = text("line_event.applied_at IS NULL")


def add(
    connection: Connection,
    line: LineName,
    event: SmsEvent,
    sms_id: str | None,
    received_at: datetime,
) -> bool:
    """Store a receipt once; one of no text of ours is kept apart. False when it was told before."""
    foreign = {"applied_at": received_at, "verdict": "foreign"} if sms_id is None else {}
    said = {"state": event.state, "error_code": event.error_code, "segments": event.segments}
    added = connection.execute(
        insert_into(connection, line_event)
        .values(
            line=line,
            key=event.key,
            sms_id=sms_id,
            provider_id=event.provider_id,
            what=f"sms_{event.state}",
            at_machine=event.at,
            said=json.dumps({name: value for name, value in said.items() if value is not None}),
            received_at=received_at,
            **foreign,
        )
        .on_conflict_do_nothing()
        .returning(line_event.c.id)
    )
    return added.first() is not None


def waiting(connection: Connection, limit: int) -> list[str]:
    """Texts with receipts that were not worked off yet; `ix_line_event_waiting`."""
    query = (
        select(line_event.c.sms_id)
        .where(_WAITING, line_event.c.sms_id.is_not(None))
        .distinct()
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def of_text(connection: Connection, sms_id: str) -> list[SmsEvent]:
    """Everything the line has said of a text."""
    rows = connection.execute(
        select(
            line_event.c.key, line_event.c.at_machine, line_event.c.provider_id, line_event.c.said
        ).where(line_event.c.sms_id == sms_id)
    )
    return [
        SmsEvent(
            key=row.key,
            state=SmsState(said["state"]),
            at=row.at_machine,
            provider_id=row.provider_id,
            error_code=said.get("error_code"),
            segments=said.get("segments"),
        )
        for row in rows
        for said in (json.loads(row.said),)
    ]


def mark_applied(connection: Connection, sms_id: str, now: datetime, verdict: str) -> None:
    """The waiting receipts of a text are worked off."""
    connection.execute(
        update(line_event)
        .where(_WAITING, line_event.c.sms_id == sms_id)
        .values(applied_at=now, verdict=verdict)
    )
