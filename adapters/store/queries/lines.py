"""Calls that were given to a line, what the line told of them, and each step they went through."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, text, update

from adapters.store.models.calls import attempt
from adapters.store.models.lines import line_call, line_event, recording
from adapters.store.queries.line_steps import add_step
from adapters.store.upsert import insert_into
from campaigns.lines import CallEvent, CallPicture, Cause, Leg, What
from campaigns.states import LINE_CALL_CHANGES
from campaigns.values import LineCallState, LineName

SCORES = ("1", "2", "3", "4", "5")
OPEN = text("line_call.state IN ('submitting', 'placed', 'unknown')")


def insert_call(connection: Connection, values: Mapping[str, object], cause: str) -> bool:
    """Store the intent to ring. False while the attempt, the phone or the caller rings already.

    The unique indexes on open calls decide, without a savepoint.
    """
    inserted = connection.execute(
        insert_into(connection, line_call)
        .values(state=LineCallState.SUBMITTING, **values)
        .on_conflict_do_nothing()
        .returning(line_call.c.id)
    ).scalar()
    if inserted is None:
        return False
    at = values["submitted_at"]
    assert isinstance(at, datetime)
    add_step(connection, f"call:{inserted}", LineCallState.SUBMITTING, at, cause)
    return True


def lock_call(connection: Connection, call_id: str) -> Row[Any]:
    """One call, locked on PostgreSQL; whoever changes its attempt too has locked that before."""
    return connection.execute(
        select(line_call).where(line_call.c.id == call_id).with_for_update()
    ).one()


def call(connection: Connection, call_id: str) -> Row[Any]:
    """One call, for reading."""
    return connection.execute(select(line_call).where(line_call.c.id == call_id)).one()


def change_call(
    connection: Connection,
    call_id: str,
    state: LineCallState,
    at: datetime,
    cause: str,
    /,
    **values: object,
) -> datetime | None:
    """Move a call on, with its step; None when it may not become that from where it stands.

    The step's instant, which is that of the end too, and of whatever follows from it: it may be later
    than `at`, for whoever waited for the lock read the clock before.
    """
    before = [old.value for old, later in LINE_CALL_CHANGES.items() if state in later]
    changed = connection.execute(
        update(line_call)
        .where(line_call.c.id == call_id, line_call.c.state.in_(before))
        .values(state=state, **values)
    )
    if changed.rowcount != 1:
        return None
    happened = add_step(connection, f"call:{call_id}", state, at, cause)
    if values.get("settled_at") is not None and happened != at:
        note(connection, call_id, settled_at=happened)
    return happened


def note(connection: Connection, call_id: str, **values: object) -> None:
    """Set columns that are no change of state."""
    connection.execute(update(line_call).where(line_call.c.id == call_id).values(**values))


def by_token(connection: Connection, line: LineName, token_hash: str) -> Row[Any] | None:
    """The call that a token speaks of."""
    return connection.execute(
        select(line_call).where(line_call.c.line == line, line_call.c.token_hash == token_hash)
    ).first()


def bind(connection: Connection, call_id: str, provider_id: str) -> bool:
    """Whoever comes first tells the line's own id; False when it has another already.

    False also where that id is another call's: one leg of the line is one call.
    """
    other = line_call.alias()
    is_taken = select(other.c.id).where(
        other.c.line == line_call.c.line,
        other.c.provider_id == provider_id,
        other.c.id != line_call.c.id,
    )
    changed = connection.execute(
        update(line_call)
        .where(
            line_call.c.id == call_id,
            or_(line_call.c.provider_id.is_(None), line_call.c.provider_id == provider_id),
            ~is_taken.exists(),
        )
        .values(provider_id=provider_id)
    )
    return changed.rowcount == 1


def number_of_calls(connection: Connection, attempt_id: str) -> int:
    """How many requests were made for an attempt."""
    query = select(func.count()).where(line_call.c.attempt_id == attempt_id)
    return int(connection.execute(query).scalar_one())


def is_on_a_line(connection: Connection, phone_key: str) -> bool:
    """R-REPEAT-2. Whether a line may be ringing this phone, for an attempt that is closed already."""
    query = select(line_call.c.id).where(OPEN, line_call.c.phone_key == phone_key)
    return connection.execute(query.limit(1)).first() is not None


def has_open_call(connection: Connection, caller_id: int, line: LineName) -> bool:
    """Whether a call of theirs may ring, or be looked up, on this line; a unique index serves it."""
    query = select(line_call.c.id).where(
        OPEN, line_call.c.caller_id == caller_id, line_call.c.line == line
    )
    return connection.execute(query.limit(1)).first() is not None


def newest_of(connection: Connection, attempt_id: str) -> Row[Any] | None:
    """The last request made for an attempt."""
    return connection.execute(
        select(line_call)
        .where(line_call.c.attempt_id == attempt_id)
        .order_by(line_call.c.submitted_machine.desc(), line_call.c.id.desc())
        .limit(1)
    ).first()


def pressed_score(connection: Connection, attempt_id: str) -> int | None:
    """R-SMP-4. The score that the customer pressed in this attempt's call, if they did."""
    row = newest_of(connection, attempt_id)
    digits = row.digits if row is not None else None
    return int(digits) if digits in SCORES else None


BESIDE = timedelta(minutes=10)


def ids_beside(connection: Connection, row: Row[Any]) -> list[str]:
    """The line's ids of other calls of about that time: none of them is this one.

    Whoever made them: two callers may share one telephone.
    """
    query = select(line_call.c.provider_id).where(
        line_call.c.line == row.line,
        line_call.c.submitted_machine.between(
            row.submitted_machine - BESIDE, row.submitted_machine + BESIDE
        ),
        line_call.c.id != row.id,
        line_call.c.provider_id.is_not(None),
    )
    return list(connection.execute(query).scalars())


def to_look_up(connection: Connection, now_machine: datetime, limit: int) -> list[Row[Any]]:
    """Open calls whose next look-up is due, each with its line, the longest due first.

    The index on open attempts holds the open ones.
    """
    query = (
        select(line_call.c.id, line_call.c.line)
        .where(OPEN, line_call.c.next_check_machine <= now_machine)
        .order_by(line_call.c.next_check_machine, line_call.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).all())


def take_look_up(
    connection: Connection, call_id: str, now_machine: datetime, until: datetime
) -> Row[Any] | None:
    """Whoever moves the next look-up on does this one; None when somebody else was faster."""
    return connection.execute(
        update(line_call)
        .where(OPEN, line_call.c.id == call_id, line_call.c.next_check_machine <= now_machine)
        .values(next_check_machine=until)
        .returning(line_call)
    ).first()


def unconfirmed_undone(connection: Connection, limit: int) -> list[str]:
    """Attempts that are still open although their call was given up as unconfirmed."""
    query = (
        select(attempt.c.id)
        .join(line_call, line_call.c.attempt_id == attempt.c.id)
        .where(text("attempt.state = 'dialled'"), line_call.c.state == "unconfirmed")
        .where(
            ~select(line_call.c.id)
            .where(OPEN, line_call.c.attempt_id == attempt.c.id)
            .correlate(attempt)
            .exists()
        )
        .order_by(attempt.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def add_event(
    connection: Connection,
    line: LineName,
    event: CallEvent,
    call_id: str | None,
    received_at: datetime,
) -> bool:
    """Store what a line said, once; False when it had said so before."""
    foreign = {"applied_at": received_at, "verdict": "foreign"} if call_id is None else {}
    added = connection.execute(
        insert_into(connection, line_event)
        .values(
            line=line,
            key=event.key,
            line_call_id=call_id,
            provider_id=event.provider_id,
            what=event.what,
            at_machine=event.at,
            said=_said(event),
            received_at=received_at,
            **foreign,
        )
        .on_conflict_do_nothing()
        .returning(line_event.c.id)
    )
    return added.first() is not None


def waiting_calls(connection: Connection, limit: int) -> list[str]:
    """Calls with events that were not worked off yet."""
    query = (
        select(line_event.c.line_call_id)
        .where(text("line_event.applied_at IS NULL"), line_event.c.line_call_id.is_not(None))
        .distinct()
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def events_of(connection: Connection, call_id: str) -> list[CallEvent]:
    """Everything the line has said of a call."""
    return [told.event for told in told_of(connection, call_id)]


@dataclass(frozen=True, slots=True)
class Told:
    """An event, when it came by the shop's clock, and what became of it."""

    event: CallEvent
    verdict: str | None
    received_at: datetime


def told_of(connection: Connection, call_id: str) -> list[Told]:
    """Everything the line has said of a call, in the order in which it came."""
    rows = connection.execute(
        select(
            line_event.c.key,
            line_event.c.at_machine,
            line_event.c.said,
            line_event.c.verdict,
            line_event.c.received_at,
        )
        .where(line_event.c.line_call_id == call_id)
        .order_by(line_event.c.id)
    )
    return [Told(_event(row), row.verdict, row.received_at) for row in rows]


def calls_of(connection: Connection, attempt_id: str) -> list[Row[Any]]:
    """The requests made for an attempt, oldest first."""
    query = (
        select(line_call)
        .where(line_call.c.attempt_id == attempt_id)
        .order_by(line_call.c.submitted_machine, line_call.c.id)
    )
    return list(connection.execute(query).all())


def mark_applied(connection: Connection, call_id: str, now: datetime, verdict: str) -> int:
    """The events of a call that were waiting are worked off."""
    done = connection.execute(
        update(line_event)
        .where(text("line_event.applied_at IS NULL"), line_event.c.line_call_id == call_id)
        .values(applied_at=now, verdict=verdict)
    )
    return done.rowcount


def keep_picture(connection: Connection, call_id: str, picture: CallPicture) -> None:
    """What the events add up to, beside the call."""
    note(
        connection,
        call_id,
        customer_leg_id=picture.customer_leg_id,
        caller_answered_machine=picture.caller_answered_at,
        rang_machine=picture.rang_at,
        answered_by_customer_machine=picture.answered_at,
        ended_machine=picture.ended_at,
        cause=picture.cause,
        digits=picture.digits,
    )


def keep_recordings(
    connection: Connection,
    attempt_id: str,
    line: LineName,
    events: Iterable[CallEvent],
    now: datetime,
) -> None:
    """R-SMP-12. Where the sound is kept, once for each recording."""
    for event in events:
        if event.what is What.RECORDED and event.recording:
            connection.execute(
                insert_into(connection, recording)
                .values(
                    attempt_id=attempt_id,
                    line=line,
                    reference=event.recording,
                    seconds=event.seconds,
                    known_at=now,
                )
                .on_conflict_do_nothing()
            )


def recordings_of(connection: Connection, attempt_id: str) -> list[Row[Any]]:
    """R-SMP-12. The recordings of an attempt, in the order in which they became known."""
    query = select(recording).where(recording.c.attempt_id == attempt_id).order_by(recording.c.id)
    return list(connection.execute(query).all())


def recording_row(connection: Connection, recording_id: int) -> Row[Any] | None:
    """One recording."""
    return connection.execute(select(recording).where(recording.c.id == recording_id)).first()


_PLAIN = ("provider_id", "parent_id", "digits", "recording", "seconds")


def _said(event: CallEvent) -> str:
    said: dict[str, object] = {"leg": event.leg, "what": event.what, "cause": event.cause}
    said |= {name: getattr(event, name) for name in _PLAIN}
    return json.dumps({name: value for name, value in said.items() if value is not None})


def _event(row: Row[Any]) -> CallEvent:
    said = json.loads(row.said)
    cause = said.get("cause")
    return CallEvent(
        key=row.key,
        leg=Leg(said["leg"]),
        what=What(said["what"]),
        at=row.at_machine,
        cause=Cause(cause) if cause else None,
        **{name: said.get(name) for name in _PLAIN},
    )
