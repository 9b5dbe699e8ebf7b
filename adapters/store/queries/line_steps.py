"""The steps that calls and texts went through: append-only, numbered without a gap (safety I10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from adapters.store.models.lines import line_step

_AT_ONCE = 1_000
_LOCKED_AT_MOST = timedelta(minutes=1)


def add_step(
    connection: Connection, subject: str, state: str, at: datetime, cause: str
) -> datetime:
    """Number the next step of a call or a text; returns its instant. Its row is locked by the asker.

    Whoever waited for that lock read the clock before: then the step is not earlier than the last
    one. A training clock that was moved back stays moved back.
    """
    last = connection.execute(
        select(func.max(line_step.c.number), func.max(line_step.c.at)).where(
            line_step.c.subject == subject
        )
    ).one()
    number, latest = last
    happened = not_before(at, latest)
    connection.execute(
        insert(line_step).values(
            subject=subject, number=(number or 0) + 1, state=state, at=happened, cause=cause
        )
    )
    return happened


def not_before(at: datetime, latest: datetime | None) -> datetime:
    """`at`, or the last step's instant where that is only a lock's wait later."""
    if latest is not None and at < latest < at + _LOCKED_AT_MOST:
        return latest
    return at


def steps_of(connection: Connection, subject: str) -> list[Row[Any]]:
    """The steps of a call or a text."""
    query = select(line_step).where(line_step.c.subject == subject).order_by(line_step.c.number)
    return list(connection.execute(query).all())


def add_steps(
    connection: Connection, subjects: Sequence[str], state: str, at: datetime, cause: str
) -> None:
    """Number the next step of each, never earlier than its last one, as `add_step` does."""
    for start in range(0, len(subjects), _AT_ONCE):
        part = subjects[start : start + _AT_ONCE]
        query = select(
            line_step.c.subject,
            func.max(line_step.c.number).label("number"),
            func.max(line_step.c.at).label("at"),
        )
        known = query.where(line_step.c.subject.in_(part)).group_by(line_step.c.subject)
        last = {row.subject: (row.number, row.at) for row in connection.execute(known)}
        connection.execute(
            insert(line_step),
            [
                {
                    "subject": subject,
                    "number": number + 1,
                    "state": state,
                    "at": not_before(at, latest),
                    "cause": cause,
                }
                for subject in part
                for number, latest in (last.get(subject, (0, at)),)
            ],
        )
