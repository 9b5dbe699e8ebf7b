"""What only a sampling call has at hand: the register's entry, the score so far, what may be promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from adapters.store.queries import desk, sampling_words
from adapters.store.queries.facts import load_tasks
from campaigns.errors import NotFoundError
from campaigns.facts import SamplingFacts, TaskFacts
from campaigns.kinds.sampling import ANSWER_WITHIN, closes_at
from campaigns.labels_zh import SOURCE_LABELS
from campaigns.values import Kind, Source
from scheduler.rules.escalation import answer_due
from scheduler.runtime import Law, Runtime


@dataclass(frozen=True, slots=True)
class Entry:
    """R-SMP-1. The entry of the register that the customer was drawn for."""

    source_label: str
    handler: str
    order_no: str | None
    entered_on: date | None
    detail: str


@dataclass(frozen=True, slots=True)
class Promise:
    """R-SMP-5. Until when a complaint that is escalated now is answered.

    `crosses_closed`: nobody may be contacted in between, and the caller says so. `in_chat`: the
    month's calls are over by then (R-SMP-3), so that no call is promised.
    """

    answer_due: datetime
    crosses_closed: bool
    in_chat: bool = False


@dataclass(frozen=True, slots=True)
class SamplingShown:
    """`score`: what the customer gave in an earlier call. `entry` None: drawn from no register."""

    entry: Entry | None
    score: int | None
    promise: Promise


def sampling_shown(
    connection: Connection, law: Law, task: TaskFacts, now: datetime
) -> SamplingShown:
    """R-SMP-1, R-SMP-4, R-SMP-5. What the page of a sampling call shows besides."""
    row = sampling_words.register_line(connection, task.id)
    entry = None
    if row is not None:
        entry = Entry(
            SOURCE_LABELS[Source(row.source)],
            row.handler,
            row.order_no,
            row.entered_on,
            row.detail or "",
        )
    score = (task.sampling or SamplingFacts()).score
    return SamplingShown(entry, score, promised_answer(law, task, now))


def promise_now(runtime: Runtime, attempt_id: str, now: datetime) -> Promise:
    """R-SMP-5. What may be promised at this instant. Raises NotFoundError for any other call."""
    with runtime.snapshot() as connection:
        attempt = desk.attempt_seen(connection, attempt_id)
        if attempt is None or attempt.kind != Kind.SAMPLING:
            raise NotFoundError(f"没有这个通话：{attempt_id}", field="attempt")
        task = load_tasks(connection, [attempt.task_id], now)[attempt.task_id]
        return promised_answer(runtime.law(connection), task, now)


def promised_answer(law: Law, task: TaskFacts, now: datetime) -> Promise:
    """R-SMP-5. What may be promised for a complaint that is escalated at this instant."""
    policy = law.of(task.campaign_id).policy
    due = answer_due(now, task.customer.region, policy, law.calendar)
    return Promise(due, due > now + ANSWER_WITHIN, due >= closes_at(task.business_day))
