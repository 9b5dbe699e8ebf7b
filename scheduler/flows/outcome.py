"""Recording what came of a call: attempt, number, do-not-contact, messages and next step, at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.identifiers import new_attempt_id
from adapters.store.queries import audit, calls, tasks
from adapters.store.queries import suppressions as suppression_queries
from adapters.store.queries.facts import load_tasks
from campaigns.decisions import NextStep
from campaigns.errors import ConflictError, RefusedError, UsageError
from campaigns.facts import TaskFacts
from campaigns.labels_zh import ENDING_LABELS, OPEN_LABELS
from campaigns.outcomes import Outcome
from campaigns.registry import outcome_of, rules_of
from campaigns.values import AttemptState, Ending, Kind, Person, PhoneNumber, TodoKind
from scheduler.flows import figures, shortages
from scheduler.flows.dialling import held_attempt, require_after_dialling, require_live
from scheduler.flows.outcome_effects import Entry, follow_through, learn, store_number
from scheduler.flows.outcome_forms import (
    MatterAnswer,
    MatterForm,
    OutcomeAnswer,
    OutcomeForm,
    answer_from,
    check_form,
)
from scheduler.flows.refresh import refresh_one, refresh_others, retract_texts, retract_todos
from scheduler.flows.riders import Contact, riders
from scheduler.flows.sampling_effects import SamplingCall, without_pressed
from scheduler.flows.sampling_places import replace_lost
from scheduler.flows.words import occasion_of, opening
from scheduler.rules.case import Case
from scheduler.rules.hours import move_into_window
from scheduler.rules.schedule import Schedule
from scheduler.rules.steps import next_step
from scheduler.runtime import Law, Runtime

__all__ = ["MatterForm", "OutcomeAnswer", "OutcomeForm", "record_outcome"]


def record_outcome(
    runtime: Runtime,
    attempt_id: str,
    form: OutcomeForm,
    now: datetime,
    caller: Person | None,
    entered_by: Person | None = None,
) -> OutcomeAnswer:
    """Close the attempt and do everything that follows from it in one transaction.

    `entered_by`: somebody who enters it for its caller, and whom the trail names (scheduler.flows.left_calls).

    The same request again (same key, or same outcome) gets the first answer. Further matters of the
    customer are settled with it (R-REPEAT-2): by their own outcome, and all of them by a call that
    reached nobody or a wrong number. Raises UsageError for a missing or wrong field, RefusedError for
    a callback at or after the deadline (R-HOURS-7) and for a matter that may not ride on this call,
    ConflictError when the attempt was withdrawn, expired or closed otherwise (R-CLAIM-1).
    """
    with runtime.transaction() as connection:
        attempt = held_attempt(connection, attempt_id, caller, now)
        outcome = outcome_of(Kind(attempt.kind), form.code)
        if outcome.by_system and caller is not None:
            raise UsageError(f"“{outcome.label}”由系统填写", field="outcome")
        if attempt.state == AttemptState.CLOSED:
            return _replayed(attempt, form)
        if not _returns_in_time(connection, attempt):
            require_live(attempt)
        require_after_dialling(attempt, now)
        law = runtime.law(connection)
        who = caller or entered_by or calls.person_of(connection, attempt.caller_id)
        work = _Work(connection, runtime, law, attempt, now, who)
        main = work.close(form.about(attempt.task_id), outcome, form.key, form.path)
        entries = [main, *work.close_riders(form, outcome)]
        # Whoever came to the telephone in the end is what is known of the number (R-PHONE-3).
        for entry in sorted(entries, key=lambda entry: entry.outcome.person == "customer"):
            learn(connection, entry)
            if entry.outcome.suppresses is not None:
                suppression_queries.add_for_outcome(
                    connection, entry.attempt, entry.outcome, now, who.name
                )
        answers = [work.answer(entry) for entry in entries]
        work.keep_up(entries)
        refresh_others(connection, runtime, attempt, now, who.name)
        is_suppressed = any(entry.outcome.suppresses is not None for entry in entries)
        if is_suppressed:
            retract_todos(connection, runtime, now)
            bound = suppression_queries.bound_customers(
                connection,
                customer_ids=[attempt.customer_id],
                phone_keys=[attempt.phone_key],
            )
            retract_texts(connection, runtime, now, bound)
        figures.count_contacts(connection, [(e.attempt, e.outcome) for e in entries])
        answer = _whole(answers)
        calls.change(connection, attempt_id, answer=answer.stored())
        if attempt.kind == Kind.SAMPLING or is_suppressed:
            replace_lost(connection, runtime, now, who.name)
        return answer


def _replayed(attempt: Row[Any], form: OutcomeForm) -> OutcomeAnswer:
    same_key = form.key is not None and form.key == attempt.idempotency_key
    same_entry = form.key is None and form.code == attempt.outcome
    was_entered_beside = attempt.answer is None  # R-REPEAT-2: with the call that it rode on
    if was_entered_beside or not (same_key or same_entry):
        raise ConflictError("这个通话的结果已经填写，不能再改", rules=("R-CLAIM-1",))
    return answer_from(attempt.answer)


def _returns_in_time(connection: Connection, attempt: Row[Any]) -> bool:
    """R-CLAIM-1. The lease ran out, but nobody else has taken the customer since.

    The call was made, so it must count. With somebody else's claim the fence has moved on, or another
    of the customer's matters is theirs (R-REPEAT-2), and the outcome is refused.
    """
    if attempt.state != AttemptState.EXPIRED or calls.is_taken_since(connection, attempt):
        return False
    return tasks.fence_of_open(connection, attempt.task_id) == int(attempt.fence)


@dataclass(frozen=True, slots=True)
class _Work:
    """One call being entered: its attempt, when and by whom."""

    connection: Connection
    runtime: Runtime
    law: Law
    attempt: Row[Any]
    now: datetime
    who: Person

    def close(
        self, form: MatterForm, outcome: Outcome, key: str | None, path: tuple[str, ...]
    ) -> Entry:
        """Close the attempt that the call was made by; `path`: what was gone through of the dialogue."""
        form = without_pressed(self.connection, self.attempt.id, outcome, form)
        number = check_form(outcome, form)
        task = load_tasks(self.connection, [form.task], self.now)[form.task]
        callback, moved = self._wish(task, form)
        calls.change(
            self.connection,
            self.attempt.id,
            state="closed",
            ended_at=self.now,
            end_reason=None,
            idempotency_key=key,
            path=json.dumps(path) if path else None,
            **self._said(outcome, form, callback, number),
        )
        self._audit(self.attempt.id, outcome, form, callback, before=self.attempt.state)
        SamplingCall(
            self.connection, self.law, self.attempt.id, task, outcome, form, self.now, self.who
        ).keep()
        closed = calls.get(self.connection, self.attempt.id)
        assert closed is not None, "it was just changed"
        return Entry(closed, outcome, form, self.now, self.who, moved)

    def close_riders(self, form: OutcomeForm, outcome: Outcome) -> Iterator[Entry]:
        """R-REPEAT-2. The further matters of this call, each a row of its own, born closed."""
        attempt = self.attempt
        contact = Contact(
            attempt.id,
            attempt.redial_of,
            attempt.task_id,
            Kind(attempt.kind),
            attempt.customer_id,
            attempt.phone_id,
            attempt.at,
        )
        allowed = {
            case.task.id: case for case in riders(self.connection, self.law, contact, self.now)
        }
        entered = {matter.task: matter for matter in form.also}
        if len(entered) < len(form.also):
            raise UsageError("同一件事填写了两次结果", field="also")
        for task_id in entered.keys() - allowed.keys():
            raise RefusedError(
                f"任务 {task_id} 现在不能在这次通话里一起处理，请去掉它再提交",
                rules=("R-REPEAT-2",),
            )
        if not outcome.is_reached or outcome.code == "wrong_number":
            # A call that did not get through was a call about all of them.
            for matter in form.also:
                said = outcome_of(allowed[matter.task].task.kind, matter.code)
                _check_fits(said, outcome)
            entered = {task_id: MatterForm(task_id, outcome.code) for task_id in allowed}
        for task_id, matter in entered.items():
            yield self._close_rider(matter, allowed[task_id], outcome)

    def _close_rider(self, form: MatterForm, case: Case, main: Outcome) -> Entry:
        task, attempt = case.task, self.attempt
        outcome = outcome_of(task.kind, form.code)
        _check_fits(outcome, main)
        number = check_form(outcome, form)
        callback, moved = self._wish(task, form)
        rider_id = new_attempt_id(self.now)
        script_id, script_version = opening(task.kind, occasion_of(task), task.topic)
        kept = {name: getattr(attempt, name) for name in _SHARED}
        if self.law.policy_for(attempt.campaign_id) is not self.law.policy_for(task.campaign_id):
            kept["policy_version"] = case.policy.version  # R-HOURS-6: judged by its own campaign's
        calls.insert_rider(
            self.connection,
            kept
            | self._said(outcome, form, callback, number)
            | {
                "id": rider_id,
                "task_id": task.id,
                "campaign_id": task.campaign_id,
                "kind": task.kind,
                "state": "closed",
                "ended_at": self.now,
                "exemption": case.exemption,
                "rides_on": attempt.id,
                "owed_fen": rules_of(task.kind).amount_fen(task),
                "script_id": script_id,
                "script_version": script_version,
            },
        )
        self._audit(rider_id, outcome, form, callback, rides_on=attempt.id)
        row = calls.get(self.connection, rider_id)
        assert row is not None, "it was just inserted"
        return Entry(row, outcome, form, self.now, self.who, moved)

    def _said(
        self,
        outcome: Outcome,
        form: MatterForm,
        callback: datetime | None,
        number: PhoneNumber | None,
    ) -> dict[str, object]:
        given = None
        if number is not None:
            customer = self.attempt.customer_id
            given = store_number(self.connection, self.runtime, customer, number, self.now)
        return {
            "outcome": outcome.code,
            "outcome_at": self.now,
            "is_reached": outcome.is_reached,
            "callback_at": callback,
            "given_phone_id": given,
            "note": (form.note or "").strip() or None,
        }

    def _wish(self, task: TaskFacts, form: MatterForm) -> tuple[datetime | None, bool]:
        """R-HOURS-7. Keep the wish inside a window, else move it to the next open minute.

        Raises UsageError for one in the past, RefusedError for one at or after the deadline.
        """
        if form.callback_at is None:
            return None, False
        if form.callback_at <= self.now:
            raise UsageError("约定的回电时间已经过去", field="callback_at")
        law = self.law.of(task.campaign_id)
        at, moved = move_into_window(
            form.callback_at, task.customer.region, law.policy, law.calendar
        )
        kind = rules_of(task.kind)
        deadline = kind.deadline(task, law.policy)
        if deadline is not None and at >= deadline:
            raise RefusedError(
                f"约定的回电时间晚于{_DEADLINE_WORDS[task.kind]}",
                rules=("R-HOURS-7", kind.deadline_rule),
            )
        return at, moved

    def _audit(
        self,
        attempt_id: str,
        outcome: Outcome,
        form: MatterForm,
        callback: datetime | None,
        *,
        before: str | None = None,
        rides_on: str | None = None,
    ) -> None:
        after = {"outcome": outcome.code, "callback_at": callback, "task": form.task}
        audit.record(
            self.connection,
            self.now,
            self.who.name,
            "attempt.closed",
            f"attempt:{attempt_id}",
            before={"state": before} if before else None,
            after=after | ({"rides_on": rides_on} if rides_on else {}),
        )

    def keep_up(self, entries: list[Entry]) -> None:
        """R-OOS-2. A date may have moved while they talked: the promise is for the day named."""
        promised = [entry.form.task for entry in entries if entry.outcome.promises]
        for task in load_tasks(self.connection, promised, self.now).values():
            shortages.keep_up(self.connection, self.runtime, task, self.now, self.who.name)

    def answer(self, entry: Entry) -> MatterAnswer:
        """Do what follows from one outcome, judge its task anew, and say so."""
        task = load_tasks(self.connection, [entry.form.task], self.now)[entry.form.task]
        step = next_step(task, self.law.policy_for(task.campaign_id), self.now)
        todos = follow_through(self.connection, self.runtime, self.law, entry, task, step)
        judged = refresh_one(self.connection, self.law, self.now, task, self.who.name)
        return _answer(task, judged, step, entry, todos)


_OF_THE_CALL = frozenset({"cut_off", "wrong_number", "relay_failed"})
"""Outcomes that say something of the call itself, so one matter cannot have them alone."""

_NOT_THROUGH = frozenset({"wrong_number", "relay_failed"})


def _check_fits(outcome: Outcome, main: Outcome) -> None:
    """R-REPEAT-2. Raises UsageError where a matter's outcome contradicts that of the call."""
    of_the_call = outcome.code in _OF_THE_CALL or main.code in _NOT_THROUGH
    if outcome.is_reached != main.is_reached or (outcome.code != main.code and of_the_call):
        raise UsageError(f"“{outcome.label}”和这次通话的结果“{main.label}”对不上", field="also")


_SHARED = (
    "customer_id",
    "phone_id",
    "phone_key",
    "caller_id",
    "fence",
    "at",
    "handed_out_at",
    "lease_until",
    "dialled_at",
    "hung_up_at",
    "policy_version",
    "calendar_version",
    "day_kind",
    "region",
)
"""What a rider has of the call that it rides on."""

_DEADLINE_WORDS = {
    Kind.DUNNING: "订单关闭时间",
    Kind.CALLBACK: "回访期限",
    Kind.STOCK_OUT: "预计到货日",
    Kind.SAMPLING: "抽查截止时间",
}


def _answer(
    task: TaskFacts,
    judged: Schedule,
    step: NextStep,
    entry: Entry,
    todos: list[TodoKind],
) -> MatterAnswer:
    outcome = entry.outcome
    how = "call" if judged.due_at is not None else None
    if judged.ending is None and how is None and step.needs_import is not None:
        how = "import"
    if how is None and todos:
        how = "message" if TodoKind.WANGWANG in todos else "todo"
    rules = [judged.rule or step.rule, outcome.rule]
    if entry.moved_callback:
        rules.insert(0, "R-HOURS-7")
    if TodoKind.WANGWANG in todos:
        rules.append("R-MSG-1")
    if outcome.opens_case is not None:
        rules.append("R-CASE-1")
    if outcome.escalates and judged.due_at is None:
        how = "todo"
    if outcome.suppresses:
        rules.insert(0, outcome.suppresses)
    return MatterAnswer(
        task=task.id,
        kind=task.kind,
        state="open" if judged.ending is None else "closed",
        result=_result(task.kind, judged.ending),
        next_at=judged.due_at,
        how=how,
        rules=tuple(dict.fromkeys(rules)),
        moved_callback=entry.moved_callback,
    )


def _result(kind: Kind, ending: Ending | None) -> str:
    return OPEN_LABELS[kind] if ending is None else ENDING_LABELS[ending]


def _whole(answers: list[MatterAnswer]) -> OutcomeAnswer:
    main = asdict(answers[0])
    del main["kind"]
    return OutcomeAnswer(**main, also=tuple(answers[1:]))
