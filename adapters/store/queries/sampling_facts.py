"""What a sampled customer's task knows beyond its attempts (R-SMP-4 to R-SMP-6), as of an instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from adapters.store.models.calls import todo
from adapters.store.models.sampling import escalation, score
from campaigns.facts import EscalationFacts, SamplingFacts
from campaigns.values import ScoreOrigin, TodoKind

_IDS: Any = bindparam("ids", expanding=True)

_SCORES = (
    select(score.c.task_id, score.c.value, score.c.origin, score.c.at)
    .where(score.c.task_id.in_(_IDS))
    .order_by(score.c.id)
)
_MESSAGES = (
    select(todo.c.task_id, todo.c.done_at, todo.c.replied_at)
    .where(
        todo.c.task_id.in_(_IDS), todo.c.kind == TodoKind.WANGWANG, todo.c.occasion == "unreached"
    )
    .order_by(todo.c.id)
)
_ESCALATIONS = (
    select(
        escalation.c.task_id,
        escalation.c.opened_at,
        escalation.c.due_at,
        escalation.c.ready_at,
        escalation.c.answered_at,
    )
    .where(escalation.c.task_id.in_(_IDS))
    .order_by(escalation.c.opened_at, escalation.c.id)
)


def sampling_facts(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, SamplingFacts]:
    """By task; every id has an entry. `as_of` None: everything stored."""

    def by_then(instant: datetime | None) -> datetime | None:
        is_later = instant is not None and as_of is not None and instant > as_of
        return None if is_later else instant

    scores = {
        row.task_id: row
        for row in connection.execute(_SCORES, {"ids": ids})
        if by_then(row.at) is not None
    }
    messages = {
        row.task_id: (by_then(row.done_at), by_then(row.replied_at))
        for row in connection.execute(_MESSAGES, {"ids": ids})
    }
    escalations = {
        row.task_id: EscalationFacts(
            row.opened_at, row.due_at, by_then(row.ready_at), by_then(row.answered_at)
        )
        for row in connection.execute(_ESCALATIONS, {"ids": ids})
        if by_then(row.opened_at) is not None
    }
    found = {}
    for task_id in ids:
        counted = scores.get(task_id)
        found[task_id] = SamplingFacts(
            None if counted is None else counted.value,
            *messages.get(task_id, (None, None)),
            escalations.get(task_id),
            counted is not None and counted.origin == ScoreOrigin.RULE,
        )
    return found
