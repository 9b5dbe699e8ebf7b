"""One customer is one conversation (R-REPEAT-2): the further matters that one call may settle.

The call is handed out for one task. Other open tasks of the customer ride on it when the gate allows
each of them at the very instant of that call, the call itself not counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from adapters.store.queries import tasks
from adapters.store.queries.facts import load_tasks
from campaigns.decisions import Allow
from campaigns.facts import TaskFacts
from campaigns.registry import rules_of
from campaigns.values import Exemption, Kind, Topic
from scheduler.rules.case import Case
from scheduler.rules.gate import ask, case_for
from scheduler.runtime import Law


@dataclass(frozen=True, slots=True)
class Matter:
    """A further open matter of the customer who is being called."""

    task_id: int
    kind: Kind
    topic: Topic
    deadline: datetime | None
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Contact:
    """The call that others ride on. `at` is the instant that counts (sop.md §0).

    `redial_of` names its first half where the line was cut, `phone_id` the number dialled.
    """

    attempt_id: str
    redial_of: str | None
    task_id: int
    kind: Kind
    customer_id: int
    phone_id: int
    at: datetime


def riders(connection: Connection, law: Law, contact: Contact, now: datetime) -> list[Case]:
    """The further tasks that may be settled in this call, in the order of their rank."""
    beside = [
        task_id
        for task_id in tasks.open_of_customers(connection, [contact.customer_id])
        if task_id != contact.task_id
    ]
    if not beside or not rules_of(contact.kind).rides:
        return []
    halves = frozenset(filter(None, (contact.attempt_id, contact.redial_of)))
    cases = [
        _on_this_number(
            case_for(
                task,
                contact.at,
                law.policy_for(task.campaign_id),
                law.calendar,
                ignoring=halves,
            ),
            contact,
        )
        for task in load_tasks(connection, beside, now).values()
        if rules_of(task.kind).rides
    ]
    allowed = [case for case in cases if isinstance(ask(case), Allow)]
    return sorted(allowed, key=_rank)


def _on_this_number(case: Case, contact: Contact) -> Case:
    """R-REPEAT-5. A number just given frees the call on that number, not one on another."""
    on_another = case.phone is None or case.phone.id != contact.phone_id
    if case.step.exemption is Exemption.NEW_NUMBER and on_another:
        return replace(case, step=replace(case.step, exemption=Exemption.NONE))
    return case


def _rank(case: Case) -> tuple[datetime, int]:
    rank = rules_of(case.task.kind).rank_at(case.task, case.policy, case.now)
    return rank or case.now, case.task.id


def matter_of(task: TaskFacts, law: Law) -> Matter:
    """A rider as it is shown beside the call."""
    kind = rules_of(task.kind)
    deadline = kind.deadline(task, law.policy_for(task.campaign_id))
    return Matter(task.id, task.kind, task.topic, deadline, kind.amount_fen(task))
