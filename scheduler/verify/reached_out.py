"""Everything that went out to a customer about one task: calls, riders, Wangwang messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from scheduler.verify.background import Background
from scheduler.verify.history import JUST_BEFORE, CustomerHistory, TaskHistory, Todo
from scheduler.verify.law import Law

FOLLOW_UPS = frozenset({"moved", "due", "arrived"})
"""R-OOS-2. What is written to those who agreed to wait, after their task."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One call or message. `moments` are the instants whose knowledge it may rest on."""

    task: TaskHistory
    at: datetime
    moments: tuple[datetime, ...]
    attempt: str | None
    law: Law
    what: str


def contacts_of(person: CustomerHistory, background: Background, kind: str) -> Iterator[Contact]:
    """R-DUN-4, R-CB-2, R-OOS-1. What the state of the orders must have allowed at its instant."""
    for task in person.tasks:
        if task.kind != kind:
            continue
        for a in task.made:
            law = background.law_of(a)
            yield Contact(task, a.at, a.moments, a.id, law, f"任务 {task.id} 的拨打")
        for m in task.todos:
            if m.kind == "wangwang" and m.done_at is not None and not is_follow_up(m):
                law = background.book.law_at(m.done_at, task.campaign_id)
                what = f"任务 {task.id} 的旺旺留言（待办 {m.id}）"
                yield Contact(
                    task, m.done_at, (m.done_at, m.done_at - JUST_BEFORE), None, law, what
                )


def is_follow_up(todo: Todo) -> bool:
    """R-OOS-2. Written because the day moved or came, not because of a call."""
    return todo.occasion.partition(":")[0] in FOLLOW_UPS
