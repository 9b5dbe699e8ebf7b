"""R-SMP-5: complaints that could not be solved on the line, and the answers that were promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit, calls, people, scores
from adapters.store.queries.facts import load_tasks
from campaigns.decisions import Stop
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.kinds.sampling import HEADS_UP, is_breached
from campaigns.values import ENGINE, Person, Role
from scheduler.flows.refresh import refresh_tasks
from scheduler.flows.sampling_places import replace_lost
from scheduler.rules.gate import case_for, check_deadline
from scheduler.rules.suppression import check_suppression
from scheduler.runtime import Runtime

ANSWER_MAX_CHARS = 500
ANSWERED_SHOWN = timedelta(days=1)
ANSWERED_LISTED = 50
_RULE = "R-SMP-5"


@dataclass(frozen=True, slots=True)
class Escalation:
    """One complaint with its promised answer.

    taken_at   when its owner said so; None: nobody has looked at it yet
    ready_at   the owner wants to call with the answer since then
    is_near    less than ten minutes are left
    """

    id: int
    task: int
    attempt: str
    case: int
    customer_id: int
    buyer: str
    complaint: str
    opened_at: datetime
    due_at: datetime
    owner: str
    taken_at: datetime | None
    ready_at: datetime | None
    answered_at: datetime | None
    answered_by: str | None
    answer: str | None
    is_near: bool
    is_breached: bool


def open_escalations(
    runtime: Runtime, now: datetime, *, owner: Person | None = None
) -> list[Escalation]:
    """Unanswered ones, the least time left first; `owner` keeps one person's."""
    with runtime.snapshot() as connection:
        rows = scores.unanswered(connection, owner=None if owner is None else owner.id)
    return [_shown(row, now) for row in rows]


def answered_lately(runtime: Runtime, now: datetime) -> list[Escalation]:
    """What was answered within a day, the newest first."""
    with runtime.snapshot() as connection:
        rows = scores.answered_since(connection, now - ANSWERED_SHOWN, ANSWERED_LISTED)
    return [_shown(row, now) for row in rows]


def _shown(row: Row[Any], now: datetime) -> Escalation:
    return Escalation(
        id=row.id,
        task=row.task_id,
        attempt=row.attempt_id,
        case=row.case_id,
        customer_id=row.customer_id,
        buyer=row.buyer,
        complaint=row.note or "",
        opened_at=row.opened_at,
        due_at=row.due_at,
        owner=row.owner,
        taken_at=row.taken_at,
        ready_at=row.ready_at,
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        answer=row.answer,
        is_near=row.answered_at is None and now < row.due_at <= now + HEADS_UP,
        is_breached=is_breached(row.due_at, row.answered_at, now),
    )


def take(runtime: Runtime, escalation_id: int, now: datetime, person: Person) -> None:
    """Say "mine". Whoever takes it owns it; one that is taken only a leader takes over.

    Raises NotFoundError, ConflictError when somebody else has taken it or it is answered.
    """
    with runtime.transaction() as connection:
        row = _open_one(connection, escalation_id)
        if row.owner_id == person.id and row.taken_at is not None:
            return
        if row.taken_at is not None and person.role is Role.CALLER:
            raise ConflictError(f"这件投诉已经由 {row.owner} 处理", rules=(_RULE,))
        _own(connection, row, person.id, now)
        _note(connection, row, "escalation.taken", now, person, owner=person.id)


def hand_over(
    runtime: Runtime, escalation_id: int, name: str, now: datetime, person: Person
) -> None:
    """Give it to somebody else. For leaders. Raises UsageError for an unknown colleague."""
    if person.role is Role.CALLER:
        raise RefusedError("转给别人要由组长来做", rules=(_RULE,))
    with runtime.transaction() as connection:
        row = _open_one(connection, escalation_id)
        found = people.person_named(connection, name.strip())
        if found is None or not found.is_active or found.person.role is Role.ADMIN:
            raise UsageError(f"没有这位同事：{name}", field="owner")
        if row.owner_id == found.person.id and row.taken_at is not None:
            return
        _own(connection, row, found.person.id, now)
        _note(connection, row, "escalation.handed_over", now, person, owner=found.person.id)


def _own(connection: Connection, row: Row[Any], person_id: int, now: datetime) -> None:
    scores.change_escalation(connection, row.id, owner_id=person_id, taken_at=now)
    _reserve(connection, row, person_id, now)


def _reserve(connection: Connection, row: Row[Any], person_id: int, now: datetime) -> None:
    """The owner's call; once it is overdue anybody's, whoever takes it on."""
    scores.reserve(connection, row.task_id, person_id if now < row.due_at else None)


def ready(runtime: Runtime, escalation_id: int, now: datetime, person: Person) -> None:
    """The owner has the answer: the customer is the owner's next call (R-REPEAT-5).

    Raises ConflictError for anybody else's, RefusedError when the month's calls are over (R-SMP-3)
    or the customer must not be called any more (R-DNC-2).
    """
    with runtime.transaction() as connection:
        row = _open_one(connection, escalation_id)
        if row.owner_id != person.id:
            raise ConflictError(f"这件投诉由 {row.owner} 处理", rules=(_RULE,))
        if not calls.open_task_of(connection, row.task_id):
            raise _no_more_calls(connection, runtime, row, now)
        if row.ready_at is not None and row.taken_at is not None:
            return
        taken_at = row.taken_at or now
        scores.change_escalation(connection, row.id, ready_at=now, taken_at=taken_at)
        _reserve(connection, row, person.id, now)
        _note(connection, row, "escalation.ready", now, person)
        refresh_tasks(connection, runtime, now, [row.task_id], person.name)


def _no_more_calls(
    connection: Connection, runtime: Runtime, row: Row[Any], now: datetime
) -> RefusedError:
    """Why a call is out of the question though the answer is still owed."""
    task = load_tasks(connection, [row.task_id], now)[row.task_id]
    law = runtime.law(connection).of(task.campaign_id)
    case = case_for(task, now, law.policy, law.calendar)
    asked_not_to = check_suppression(case)
    if isinstance(asked_not_to, Stop):
        words = f"{asked_not_to.reason}，不能再打电话，也不能发消息"
        return RefusedError(words, rules=(asked_not_to.rule, *asked_not_to.also))
    too_late = check_deadline(case)
    if isinstance(too_late, Stop):
        words = "本月抽查已截止，不能再打电话，请在旺旺上答复"
        return RefusedError(words, rules=(too_late.rule,))
    return RefusedError("这位客户已经不能再打电话，请在旺旺上答复", rules=(_RULE,))


def answer(runtime: Runtime, escalation_id: int, words: str, now: datetime, person: Person) -> None:
    """The customer has the answer otherwise than by our call: in the chat, or they called us.

    The very same answer sent twice counts once. Raises UsageError without words, ConflictError for
    another caller's and for what is answered already.
    """
    words = words.strip()
    if not words or len(words) > ANSWER_MAX_CHARS:
        raise UsageError(f"请写明怎么答复的，最多 {ANSWER_MAX_CHARS} 字", field="answer")
    with runtime.transaction() as connection:
        given = scores.lock_escalation(connection, escalation_id)
        if given is not None and (given.answered_by, given.answer) == (person.name, words):
            return
        row = _open_one(connection, escalation_id)
        if person.role is Role.CALLER and row.owner_id != person.id:
            raise ConflictError(f"这件投诉由 {row.owner} 处理", rules=(_RULE,))
        close(connection, row, words, now, person)
        still_open = calls.open_task_of(connection, row.task_id)
        refresh_tasks(connection, runtime, now, still_open, person.name)
        replace_lost(connection, runtime, now, person.name)


def close(connection: Connection, row: Row[Any], words: str, now: datetime, person: Person) -> None:
    """Note the answer; the task is anybody's again."""
    scores.change_escalation(
        connection, row.id, answered_at=now, answered_by=person.name, answer=words
    )
    scores.reserve(connection, row.task_id, None)
    _note(connection, row, "escalation.answered", now, person)


def note_breaches(connection: Connection, now: datetime) -> int:
    """Due and unanswered: noted once, and from then on anybody may be handed the call."""
    breaches = scores.unnoted_breaches(connection, now)
    for row in breaches:
        scores.change_escalation(connection, row.id, breached_at=now)
        scores.reserve(connection, row.task_id, None)
        audit.record(connection, now, ENGINE, "escalation.breached", f"escalation:{row.id}")
    return len(breaches)


def _open_one(connection: Connection, escalation_id: int) -> Row[Any]:
    row = scores.lock_escalation(connection, escalation_id)
    if row is None:
        raise NotFoundError(f"没有这件升级的投诉：{escalation_id}", field="escalation")
    if row.answered_at is not None:
        raise ConflictError("这件投诉已经答复", rules=(_RULE,))
    return row


def _note(
    connection: Connection,
    row: Row[Any],
    what: str,
    now: datetime,
    person: Person,
    **after: object,
) -> None:
    audit.record(
        connection,
        now,
        person.name,
        what,
        f"escalation:{row.id}",
        before={"owner": row.owner_id} if after else None,
        after=after or None,
    )
