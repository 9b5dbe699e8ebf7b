"""Steps of many texts at once: numbered like single ones, in two statements (safety I10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from adapters.store.models.lines import line_step
from adapters.store.queries.lines import not_before

_AT_ONCE = 1_000


def add_steps(
    connection: Connection, subjects: Sequence[str], state: str, at: datetime, cause: str
) -> None:
    """Number the next step of each, never earlier than its last one, as `lines.add_step` does."""
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
