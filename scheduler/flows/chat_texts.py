"""Texts that a caller copies into the chat while the customer is on screen (R-MSG-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import desk, own_day
from adapters.store.queries.facts import load_tasks
from campaigns.errors import NotFoundError
from campaigns.states import LIVE_ATTEMPTS
from campaigns.values import AttemptState, Person, TodoKind
from scheduler.flows.words import words_for
from scheduler.runtime import Runtime
from scripts_zh.errors import ScriptError
from scripts_zh.library import standard_library

_DRAFTS = ("unreached", "no_contact")
"""What would be written to a customer who was not reached: the first of these that a kind has."""


@dataclass(frozen=True, slots=True)
class TextToCopy:
    """R-MSG-1. One Wangwang text; `todo_id` None: it becomes a to-do when nobody is reached."""

    todo_id: int | None
    wording: str
    due_at: datetime | None


def texts_to_copy(
    runtime: Runtime, attempt_id: str, caller: Person, now: datetime
) -> list[TextToCopy]:
    """R-MSG-1. Open Wangwang messages of the customer one holds; else the one that may follow.

    Raises NotFoundError for a hand-out that is not this caller's.
    """
    with runtime.snapshot() as connection:
        attempt = desk.attempt_seen(connection, attempt_id)
        if (
            attempt is None
            or attempt.caller_id != caller.id
            or AttemptState(attempt.state) not in LIVE_ATTEMPTS
        ):
            raise NotFoundError(f"没有这个通话：{attempt_id}", field="attempt")
        waiting = own_day.open_todos_of(connection, attempt.customer_id)
        written = [
            TextToCopy(row.id, row.wording, row.due_at)
            for row in waiting
            if row.kind == TodoKind.WANGWANG
        ]
        return written or _draft(connection, runtime, attempt, caller, now)


def _draft(
    connection: Connection, runtime: Runtime, attempt: Row[Any], caller: Person, now: datetime
) -> list[TextToCopy]:
    law = runtime.law(connection)
    task = load_tasks(connection, [attempt.task_id], now)[attempt.task_id]
    known = {script.id for script in standard_library().scripts}
    found = [name for m in _DRAFTS if (name := f"{task.kind}.{m}.wangwang") in known]
    if not found:
        return []
    words = words_for(connection, runtime, law, task, now, caller=caller.name, ignoring=attempt.id)
    try:
        text = standard_library().render(found[0], words).message
    except ScriptError:  # a text that cannot be filled in never stands in the way of a call
        return []
    return [TextToCopy(None, text, None)]
