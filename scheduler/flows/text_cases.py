"""Filling what the gate for an SMS reads: the task, what was sent before, which numbers take texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from adapters.store.queries import texts
from adapters.store.queries.facts import load_tasks
from campaigns.facts import TaskFacts
from campaigns.messages import faults_of
from campaigns.phone import takes_texts
from campaigns.text_facts import SentText, TextFacts, moment_of
from campaigns.values import ENGINE
from scheduler.flows.words import words_for
from scheduler.rules.gate import case_for
from scheduler.rules.texts import TextCase
from scheduler.runtime import Law, Runtime
from scripts_zh.context import Words
from scripts_zh.errors import ScriptError
from scripts_zh.library import standard_library


def text_facts(
    connection: Connection, runtime: Runtime, tasks: Mapping[int, TaskFacts]
) -> dict[int, TextFacts]:
    """What only texts ask about, by task: a bounded number of queries."""
    customers = {task.customer.id: task.customer for task in tasks.values()}
    keys = {phone.key for facts in customers.values() for phone in facts.phones}
    endings = texts.endings(connection, tasks)
    vault = runtime.vault
    mobiles = frozenset(
        phone_id
        for phone_id, sealed in texts.sealed_numbers(connection, customers).items()
        if takes_texts(vault.open(sealed))
    )
    to_customer: dict[int, list[SentText]] = defaultdict(list)
    on_phone: dict[str, list[SentText]] = defaultdict(list)
    for sent in texts.sent_to(connection, customers, keys):
        to_customer[sent.customer_id].append(sent)
        on_phone[sent.phone_key].append(sent)
    found: dict[int, TextFacts] = {}
    for task_id, task in tasks.items():
        mine = {s.id: s for s in to_customer[task.customer.id]}
        for phone in task.customer.phones:
            mine |= {s.id: s for s in on_phone[phone.key]}
        own = frozenset(p.id for p in task.customer.phones if p.id in mobiles)
        found[task_id] = TextFacts(tuple(mine.values()), own, endings[task_id])
    return found


def text_cases(
    connection: Connection,
    runtime: Runtime,
    law: Law,
    task_ids: Iterable[int],
    occasion: str,
    now: datetime,
) -> dict[int, TextCase]:
    """The question whether each of these tasks' customers may be written to now, without its words.

    `{task}` in the occasion stands for the task's number.
    """
    tasks = load_tasks(connection, task_ids, now)
    facts = text_facts(connection, runtime, tasks)
    return {
        task_id: TextCase(
            case_for(task, now, own.policy, own.calendar),
            facts[task_id],
            occasion.replace("{task}", str(task_id)),
        )
        for task_id, task in tasks.items()
        for own in (law.of(task.campaign_id),)
    }


def script_of(task: TaskFacts, occasion: str) -> str:
    """Which text an occasion asks for."""
    return f"{task.kind}.{moment_of(occasion)}.sms"


def wording_of(
    connection: Connection,
    runtime: Runtime,
    law: Law,
    task: TaskFacts,
    script_id: str,
    now: datetime,
) -> tuple[str, dict[str, str]]:
    """R-MSG-3. A text filled in for one customer, and its variables. Raises ScriptError."""
    words = words_for(connection, runtime, law.of(task.campaign_id), task, now, caller=ENGINE)
    return filled_in(script_id, words)


def filled_in(script_id: str, words: Words) -> tuple[str, dict[str, str]]:
    """R-MSG-3. A text and its variables. Raises ScriptError, also for one that may not be sent so."""
    library = standard_library()
    wording = library.render(script_id, words).message
    faults = faults_of(wording, is_marketing=library.script(script_id).is_marketing)
    if faults:
        raise ScriptError("；".join(faults), script_id=script_id)
    return wording, library.parameters(script_id, words)
