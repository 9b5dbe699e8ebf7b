"""Scores and promised answers as rows: what is read of them, and what a check sees."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from adapters.store.models.sampling import escalation, score
from scheduler.verify.days import not_after
from scheduler.verify.history import Escalation, Score

SCORES = select(
    *(c for c in score.c if c.name not in {"reason", "suggestion"}),
    (func.length(func.trim(func.coalesce(score.c.reason, ""))) > 0).label("has_reason"),
)
ESCALATIONS = select(
    *(c for c in escalation.c if c.name != "answer"),
    (func.length(func.trim(func.coalesce(escalation.c.answer, ""))) > 0).label("has_answer"),
)
"""Without the words: only whether there are any."""


def score_from(row: Row[Any]) -> Score:
    """R-SMP-4. One score."""
    return Score(
        id=row.id,
        task_id=row.task_id,
        attempt_id=row.attempt_id,
        customer_id=row.customer_id,
        at=row.at,
        value=row.value,
        origin=row.origin,
        has_reason=bool(row.has_reason),
    )


def escalation_from(row: Row[Any], as_of: datetime | None) -> Escalation:
    """R-SMP-5. A promised answer as it stood at `as_of`."""
    return Escalation(
        id=row.id,
        task_id=row.task_id,
        attempt_id=row.attempt_id,
        customer_id=row.customer_id,
        opened_at=row.opened_at,
        due_at=row.due_at,
        answered_at=not_after(row.answered_at, as_of),
        has_answer=bool(row.has_answer),
        breached_at=not_after(row.breached_at, as_of),
        was_noted=row.breached_at is not None,
    )


def escalations_of(
    connection: Connection, task_ids: set[int], as_of: datetime | None
) -> list[Escalation]:
    """R-SMP-5. The promised answers of these tasks."""
    statement = ESCALATIONS.where(escalation.c.task_id.in_(task_ids))
    if as_of is not None:
        statement = statement.where(escalation.c.opened_at <= as_of)
    return [escalation_from(row, as_of) for row in connection.execute(statement)]
