"""SMS of single customers: queued once, with a message in the chat where none can go (R-MSG-2, R-OOS-2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters import event_log
from adapters.identifiers import call_token, new_attempt_id, token_hash
from adapters.store.queries import audit, calls, texts
from adapters.store.queries.facts import load_tasks
from campaigns.decisions import Stop
from campaigns.facts import PhoneFacts, TaskFacts
from campaigns.messages import dedupe_key, segments, text_hash
from campaigns.registry import rules_of
from campaigns.text_facts import FOLLOW_UPS, moment_of
from campaigns.values import ENGINE, LineName
from scheduler.flows.line_choice import choose
from scheduler.flows.messages import Origin, queue_wangwang
from scheduler.flows.text_cases import script_of, text_facts, wording_of
from scheduler.rules.gate import case_for
from scheduler.rules.hours import next_open
from scheduler.rules.texts import TextCase, ask_text, check_matter, check_wanted
from scheduler.runtime import Law, Runtime
from scripts_zh.errors import ScriptError
from scripts_zh.library import standard_library

log = event_log.get_logger(__name__)


def token_of(runtime: Runtime, sms_id: str) -> str:
    """The token that the line holds for a text."""
    return call_token(runtime.vault.key_of("line-token"), sms_id)


def queue_text(
    connection: Connection,
    runtime: Runtime,
    law: Law,
    task: TaskFacts,
    occasion: str,
    origin: Origin,
) -> str | None:
    """R-MSG-2, R-HOURS-5. One SMS for one occasion of a task, from the next open minute on; its id.

    None when no line serves SMS here, when it was queued or sent before, when a rule will never let
    it go (a `Stop` of the gate), or when no open minute is left before the deadline (R-DUN-3).
    """
    now = origin.now
    law = law.of(task.campaign_id)
    facts = text_facts(connection, runtime, {task.id: task})[task.id]
    text = TextCase(case_for(task, now, law.policy, law.calendar), facts, occasion)
    phone = text.phone
    if phone is None:
        return None
    number = runtime.vault.open(calls.phone_row(connection, phone.id).sealed)
    line = choose(connection, "sms", task.kind, task.campaign_id, number)
    if line is None or line not in runtime.lines.sms:
        return None
    script_id = script_of(task, occasion)
    try:
        wording, _ = wording_of(connection, runtime, law, task, script_id, now)
    except ScriptError:  # what cannot be filled in here may still be said in the chat
        return None
    if isinstance(ask_text(replace(text, text_hash=text_hash(wording))), Stop):
        return None
    starts = next_open(now, task.customer.region, law.policy, law.calendar)
    ends = expiry_of(law, task, occasion)
    if ends is not None and starts >= ends:
        return None
    draft = Draft(line, phone, occasion, script_id, wording, starts, ends)
    return next(iter(store_texts(connection, runtime, [(task, draft)], origin)), None)


def expiry_of(law: Law, task: TaskFacts, occasion: str) -> datetime | None:
    """R-DUN-3, R-CB-2, R-OOS-1. At which instant a text has nothing to say any more."""
    if moment_of(occasion) in FOLLOW_UPS:
        return None
    return rules_of(task.kind).deadline(task, law.of(task.campaign_id).policy)


@dataclass(frozen=True, slots=True)
class Draft:
    """A text as it is queued. `blast_id`: of the mass message that it belongs to."""

    line: LineName
    phone: PhoneFacts
    occasion: str
    script_id: str
    wording: str
    not_before: datetime
    expires_at: datetime | None
    blast_id: int | None = None


def store_texts(
    connection: Connection,
    runtime: Runtime,
    drafts: Iterable[tuple[TaskFacts, Draft]],
    origin: Origin,
) -> list[str]:
    """Enter texts in the queue and the trail; the ids of those whose key was free (R-MSG-2).

    In the order of their tasks, in which everybody holds them.
    """
    ordered = sorted(drafts, key=lambda pair: pair[0].id)
    if not ordered:
        return []
    rows = {
        sms_id: _row(runtime, sms_id, task, draft, origin.now)
        for task, draft in ordered
        for sms_id in (new_attempt_id(origin.now),)
    }
    cause = moment_of(ordered[0][1].occasion)
    added = texts.add(connection, list(rows.values()), origin.now, cause)
    audit.record_each(
        connection,
        origin.now,
        origin.caller,
        "sms.queued",
        {
            texts.subject_of(sms_id): {
                "task": rows[sms_id]["task_id"],
                "occasion": rows[sms_id]["occasion"],
                "blast": rows[sms_id]["blast_id"],
            }
            for sms_id in added
        },
    )
    return added


def _row(
    runtime: Runtime, sms_id: str, task: TaskFacts, draft: Draft, now: datetime
) -> dict[str, object]:
    return {
        "id": sms_id,
        "dedupe_key": dedupe_key(
            task.campaign_id, task.customer.id, draft.script_id, draft.occasion
        ),
        "blast_id": draft.blast_id,
        "task_id": task.id,
        "campaign_id": task.campaign_id,
        "kind": task.kind,
        "customer_id": task.customer.id,
        "phone_id": draft.phone.id,
        "phone_key": draft.phone.key,
        "line": draft.line,
        "occasion": draft.occasion,
        "script_id": draft.script_id,
        "script_version": standard_library().script(draft.script_id).version,
        "wording": draft.wording,
        "text_hash": text_hash(draft.wording),
        "segments": segments(draft.wording),
        "token_hash": token_hash(token_of(runtime, sms_id)),
        "created_at": now,
        "not_before": draft.not_before,
        "expires_at": draft.expires_at,
    }


def tell(
    connection: Connection,
    runtime: Runtime,
    law: Law,
    task: TaskFacts,
    occasion: str,
    origin: Origin,
) -> None:
    """R-OOS-2. Tell somebody who agreed to wait: by SMS where a line serves it, else in the chat."""
    if queue_text(connection, runtime, law, task, occasion, origin) is None:
        queue_wangwang(connection, runtime, law, task, occasion, origin)


def fall_back(connection: Connection, runtime: Runtime, row: Row[Any], now: datetime) -> None:
    """R-OOS-2, R-MSG-1. A follow-up that cannot go as an SMS is written in the chat.

    Other texts stood for a call that nobody answered; those have their own message there.
    """
    if moment_of(row.occasion) not in FOLLOW_UPS:
        return
    task = load_tasks(connection, [row.task_id], now)[row.task_id]
    law = runtime.law(connection)
    case = case_for(task, now, law.of(task.campaign_id).policy, law.calendar)
    facts = text_facts(connection, runtime, {task.id: task})[task.id]
    text = TextCase(case, facts, row.occasion)
    if any(isinstance(check(text), Stop) for check in (check_wanted, check_matter)):
        return
    try:
        queue_wangwang(connection, runtime, law, task, row.occasion, Origin(None, ENGINE, now))
    except ScriptError as error:  # else the queue would stand still at this text for ever
        log.warning("sms.not_told", sms=row.id, reason=error.message)
