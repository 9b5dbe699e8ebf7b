"""R-SMP-12: the sound of a call, fetched from its line when a supervisor listens; who did is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from adapters.channels.base import Missing, Sound, Unknown
from adapters.store.queries import audit, lines
from campaigns.errors import NotFoundError, NotReadyError, RefusedError
from campaigns.values import LineName, Person, Role
from scheduler.runtime import Runtime


@dataclass(frozen=True, slots=True)
class RecordingShown:
    """A recording of a call. `seconds`: its length, where the line says so."""

    id: int
    seconds: int | None


def recordings_of(connection: Connection, attempt_id: str) -> tuple[RecordingShown, ...]:
    """The recordings of an attempt, oldest first."""
    return tuple(
        RecordingShown(row.id, row.seconds) for row in lines.recordings_of(connection, attempt_id)
    )


def listen(runtime: Runtime, recording_id: int, now: datetime, person: Person) -> Sound:
    """The sound. That somebody listens is on record before the line is asked for it (R-AUD-1).

    Raises RefusedError for everybody but supervisors, NotFoundError for an unknown recording or one
    that the line has no more, NotReadyError while the line cannot be asked.
    """
    if person.role is not Role.SUPERVISOR:
        raise RefusedError("只有主管可以听录音", rules=("R-SMP-12", "R-PII-1"))
    with runtime.transaction() as connection:
        row = lines.recording_row(connection, recording_id)
        if row is None:
            raise NotFoundError("没有这段录音", field="recording")
        audit.record(
            connection,
            now,
            person.name,
            "recording.played",
            f"attempt:{row.attempt_id}",
            after={"recording": recording_id},
        )
    line = runtime.lines.voice.get(LineName(row.line))
    sound = Unknown("线路没有设置好") if line is None else line.fetch_recording(row.reference)
    match sound:
        case Sound():
            return sound
        case Missing():
            raise NotFoundError("线路上已经没有这段录音", field="recording")
        case Unknown():
            raise NotReadyError("线路现在取不到录音，请稍后再试")
