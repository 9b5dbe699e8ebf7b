"""Recording what came of a call: attempt, number, do-not-contact, messages and next step, at once."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit, calls, tasks
from adapters.store.queries import suppressions as suppression_queries
from adapters.store.queries.facts import load_tasks
from campaigns.decisions import Follow, NextStep
from campaigns.errors import ConflictError, RefusedError, UsageError
from campaigns.facts import TaskFacts
from campaigns.labels_zh import AWAITING_PAYMENT_LABEL, ENDING_LABELS
from campaigns.outcomes import Outcome
from campaigns.phone import FAULT_TEXTS, PhoneFault, read_phone
from campaigns.registry import outcome_of, rules_of
from campaigns.values import AttemptState, Ending, Kind, Person, PhoneNumber, TodoKind
from scheduler.flows.dialling import held_attempt, require_after_dialling, require_live
from scheduler.flows.messages import Origin, queue_close_trade, queue_wangwang
from scheduler.flows.refresh import refresh_one, refresh_others, retract_todos
from scheduler.rules.hours import move_into_window
from scheduler.rules.schedule import Schedule
from scheduler.rules.steps import next_step
from scheduler.runtime import Law, Runtime

NOTE_MAX_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class OutcomeForm:
    """What the caller entered. `key` makes a repeated request answer the same."""

    code: str
    callback_at: datetime | None = None
    phone: str | None = None
    note: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class OutcomeAnswer:
    """What follows. `state` is open or closed; `how` is call, import, message, todo or None.

    `moved_callback`: R-HOURS-7, the wish fell outside a window and was moved to `next_at`.
    """

    task: int
    state: str
    result: str
    next_at: datetime | None
    how: str | None
    rules: tuple[str, ...]
    moved_callback: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    """One outcome being entered: for which attempt, what, when and by whom."""

    attempt: Row[Any]
    outcome: Outcome
    form: OutcomeForm
    now: datetime
    who: Person


def record_outcome(
    runtime: Runtime, attempt_id: str, form: OutcomeForm, now: datetime, caller: Person | None
) -> OutcomeAnswer:
    """Close the attempt and do everything that follows from it in one transaction.

    The same request again (same key, or same outcome) gets the first answer. Raises UsageError for a
    missing or wrong field, RefusedError for a callback at or after the deadline (R-HOURS-7),
    ConflictError when the attempt was withdrawn, expired or closed otherwise (R-CLAIM-1).
    """
    with runtime.transaction() as connection:
        attempt = held_attempt(connection, attempt_id, caller, now)
        outcome = outcome_of(Kind(attempt.kind), form.code)
        if attempt.state == AttemptState.CLOSED:
            return _replayed(attempt, form)
        if not _returns_in_time(connection, attempt):
            require_live(attempt)
        require_after_dialling(attempt, now)
        number = _checked(outcome, form)
        law = runtime.law(connection)
        callback, moved = _wish(connection, attempt, law, form, now)
        who = caller or calls.person_of(connection, attempt.caller_id)
        given = _store_number(connection, runtime, attempt, number, now) if number else None
        entry = _Entry(attempt, outcome, form, now, who)
        _close(connection, entry, callback, given)
        _learn(connection, attempt, outcome, now)
        if outcome.suppresses is not None:
            suppression_queries.add_for_outcome(connection, attempt, outcome, now, who.name)
        task = load_tasks(connection, [attempt.task_id], now)[attempt.task_id]
        step = next_step(task, law.policy, now)
        todos = _queue_work(connection, runtime, law, entry, task, step)
        judged = refresh_one(connection, law, now, task, who.name)
        refresh_others(connection, runtime, attempt, now, who.name)
        if outcome.suppresses is not None:
            retract_todos(connection, runtime, now)
        answer = _answer(task, judged, step, outcome, todos, moved=moved)
        calls.change(connection, attempt_id, answer=_stored(answer))
        return answer


def _replayed(attempt: Row[Any], form: OutcomeForm) -> OutcomeAnswer:
    same_key = form.key is not None and form.key == attempt.idempotency_key
    same_entry = form.key is None and form.code == attempt.outcome
    if not (same_key or same_entry):
        raise ConflictError("这个通话的结果已经填写，不能再改", rules=("R-CLAIM-1",))
    stored = json.loads(attempt.answer)
    at = stored.pop("next_at")
    rules = tuple(stored.pop("rules"))
    return OutcomeAnswer(next_at=datetime.fromisoformat(at) if at else None, rules=rules, **stored)


def _stored(answer: OutcomeAnswer) -> str:
    plain = asdict(answer)
    plain["next_at"] = answer.next_at.isoformat() if answer.next_at else None
    return json.dumps(plain, ensure_ascii=False)


def _returns_in_time(connection: Connection, attempt: Row[Any]) -> bool:
    """R-CLAIM-1. The lease ran out, but nobody else has taken the customer since.

    The call was made, so it must count. With somebody else's claim the fence has moved on, and the
    outcome is refused.
    """
    if attempt.state != AttemptState.EXPIRED:
        return False
    return tasks.fence_of_open(connection, attempt.task_id) == int(attempt.fence)


def _checked(outcome: Outcome, form: OutcomeForm) -> PhoneNumber | None:
    note = (form.note or "").strip()
    if outcome.needs_note and not note:
        raise UsageError(f"“{outcome.label}”需要填写备注", field="note")
    if len(note) > NOTE_MAX_CHARS:
        raise UsageError(f"备注最多 {NOTE_MAX_CHARS} 字", field="note")
    if outcome.needs_phone and not (form.phone or "").strip():
        raise UsageError(f"“{outcome.label}”需要填写电话号码", field="phone")
    if not (form.phone or "").strip():
        return None
    number = read_phone(form.phone or "")
    if isinstance(number, PhoneFault):
        raise UsageError(f"电话号码不能用：{FAULT_TEXTS[number]}", field="phone")
    return number


def _wish(
    connection: Connection, attempt: Row[Any], law: Law, form: OutcomeForm, now: datetime
) -> tuple[datetime | None, bool]:
    """R-HOURS-7. Keep the wish inside a window, else move it to the next open minute.

    Raises UsageError for one in the past, RefusedError for one at or after the deadline.
    """
    if form.callback_at is None:
        return None, False
    if form.callback_at <= now:
        raise UsageError("约定的回电时间已经过去", field="callback_at")
    task = load_tasks(connection, [attempt.task_id], now)[attempt.task_id]
    at, moved = move_into_window(form.callback_at, task.customer.region, law.policy, law.calendar)
    deadline = rules_of(task.kind).deadline(task, law.policy)
    if deadline is not None and at >= deadline:
        raise RefusedError("约定的回电时间晚于订单关闭时间", rules=("R-HOURS-7", "R-DUN-3"))
    return at, moved


def _store_number(
    connection: Connection, runtime: Runtime, attempt: Row[Any], number: PhoneNumber, now: datetime
) -> int:
    return calls.add_phone(
        connection,
        {
            "customer_id": attempt.customer_id,
            "phone_key": runtime.vault.phone_key(number),
            "sealed": runtime.vault.seal(number),
            "masked": number.masked,
            "source": "call",
            "added_at": now,
        },
    )


def _close(
    connection: Connection, entry: _Entry, callback: datetime | None, given_phone_id: int | None
) -> None:
    attempt, outcome, now = entry.attempt, entry.outcome, entry.now
    calls.change(
        connection,
        attempt.id,
        state="closed",
        outcome=outcome.code,
        outcome_at=now,
        ended_at=now,
        end_reason=None,
        is_reached=outcome.is_reached,
        callback_at=callback,
        given_phone_id=given_phone_id,
        note=(entry.form.note or "").strip() or None,
        idempotency_key=entry.form.key,
    )
    audit.record(
        connection,
        now,
        entry.who.name,
        "attempt.closed",
        f"attempt:{attempt.id}",
        before={"state": attempt.state},
        after={"outcome": outcome.code, "callback_at": callback, "task": attempt.task_id},
    )


def _learn(connection: Connection, attempt: Row[Any], outcome: Outcome, now: datetime) -> None:
    """R-PHONE-3. What the call says about the number that was dialled."""
    if outcome.code == "wrong_number":
        calls.change_phone(connection, attempt.phone_id, wrong_since=now)
    elif outcome.code == "relay_failed":
        calls.change_phone(connection, attempt.phone_id, spent_since=now)
    elif outcome.person == "customer":
        calls.change_phone(
            connection, attempt.phone_id, verified_at=now, last_reached_at=now, other_since=None
        )
    elif outcome.person == "other":
        calls.change_phone(connection, attempt.phone_id, other_since=now, last_reached_at=now)
    elif outcome.is_reached:
        calls.change_phone(connection, attempt.phone_id, last_reached_at=now)


def _queue_work(
    connection: Connection,
    runtime: Runtime,
    law: Law,
    entry: _Entry,
    task: TaskFacts,
    step: NextStep,
) -> list[TodoKind]:
    """R-MSG-1 and the to-dos of the outcome tables."""
    origin = Origin(entry.attempt.id, entry.who, entry.now)
    if entry.outcome.todo is TodoKind.CLOSE_TRADE:
        added = queue_close_trade(connection, task, origin)
        return [] if added is None else [TodoKind.CLOSE_TRADE]
    occasion = _occasion(law, entry.outcome, task, step)
    if occasion is None:
        return []
    added = queue_wangwang(connection, runtime, law, task, occasion, origin)
    return [] if added is None else [TodoKind.WANGWANG]


def _occasion(law: Law, outcome: Outcome, task: TaskFacts, step: NextStep) -> str | None:
    """What a Wangwang message would be for; None when none is due."""
    # After a spent or wrong number only when there is no other number to try.
    by_number = outcome.follow in (Follow.NEW_NUMBER, Follow.NEXT_NUMBER)
    if outcome.todo is TodoKind.WANGWANG and (not by_number or step.follow is Follow.END):
        return outcome.code
    failed = [  # the second half of an attempt whose line was cut is no attempt of its own
        a
        for a in task.attempts
        if a.state is AttemptState.CLOSED and not a.is_reached and not a.is_redial
    ]
    second = len(failed) == law.policy.message_after_failures
    return "unreached" if second and not outcome.is_reached else None


def _answer(
    task: TaskFacts,
    judged: Schedule,
    step: NextStep,
    outcome: Outcome,
    todos: list[TodoKind],
    *,
    moved: bool,
) -> OutcomeAnswer:
    how = "call" if judged.due_at is not None else None
    if judged.ending is None and how is None and step.needs_import is not None:
        how = "import"
    if how is None and todos:
        how = "message" if TodoKind.WANGWANG in todos else "todo"
    rules = [judged.rule or step.rule, outcome.rule]
    if moved:
        rules.insert(0, "R-HOURS-7")
    if TodoKind.WANGWANG in todos:
        rules.append("R-MSG-1")
    if outcome.suppresses:
        rules.insert(0, outcome.suppresses)
    return OutcomeAnswer(
        task=task.id,
        state="open" if judged.ending is None else "closed",
        result=_result(judged.ending),
        next_at=judged.due_at,
        how=how,
        rules=tuple(dict.fromkeys(rules)),
        moved_callback=moved,
    )


def _result(ending: Ending | None) -> str:
    return AWAITING_PAYMENT_LABEL if ending is None else ENDING_LABELS[ending]
