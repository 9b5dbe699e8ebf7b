"""The work list for people: Wangwang texts to send, trades to close (R-MSG-1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit, calls
from adapters.store.queries.facts import load_customers, load_tasks
from campaigns.decisions import Allow, Decision, Stop, Wait
from campaigns.errors import NotFoundError, RefusedError, UsageError
from campaigns.kinds import dunning
from campaigns.labels_zh import TODO_LABELS
from campaigns.registry import rules_of
from campaigns.text_facts import FOLLOW_UPS
from campaigns.values import ENGINE, Kind, TodoKind
from scheduler.flows.refresh import refresh_tasks
from scheduler.rules.hours import check_window
from scheduler.rules.suppression import binding_suppression
from scheduler.runtime import Runtime

LISTED = 500

MESSAGE_WITHIN = timedelta(hours=2)
"""How soon after its first open minute a message should be written."""


@dataclass(frozen=True, slots=True)
class Todo:
    """One open to-do. `caller` is who had the customer on the line, `about` what the call was for.

    A message may be sent from `due_at` on and is late at `late_at`; other work is due then.
    `reply_by`: R-SMP-6, how long the reply to a sent one is waited for.
    """

    id: int
    kind: TodoKind
    label: str
    about: Kind
    task: int
    buyer: str
    wording: str
    created_at: datetime
    due_at: datetime
    expires_at: datetime | None
    caller: str | None
    late_at: datetime
    is_overdue: bool
    reply_by: datetime | None = None


def open_todos(
    runtime: Runtime, now: datetime, *, as_of: datetime | None = None, caller: str | None = None
) -> list[Todo]:
    """Open to-dos by due time; `caller` keeps those that came out of this person's calls."""
    with runtime.snapshot() as connection:
        rows = calls.list_todos(connection, as_of=as_of, limit=LISTED, caller=caller)
    return [_todo(row, now) for row in rows]


def _todo(row: Row[Any], now: datetime) -> Todo:
    kind = TodoKind(row.kind)
    late_at = row.due_at
    if kind is TodoKind.WANGWANG:
        late_at = min(row.due_at + MESSAGE_WITHIN, row.expires_at or row.due_at + MESSAGE_WITHIN)
    return Todo(
        id=row.id,
        kind=kind,
        label=TODO_LABELS[kind],
        about=Kind(row.call_kind),
        task=row.task_id,
        buyer=row.buyer,
        wording=row.wording,
        created_at=row.created_at,
        due_at=row.due_at,
        expires_at=row.expires_at,
        caller=row.caller,
        late_at=late_at,
        is_overdue=late_at < now,
    )


def finish_todo(
    runtime: Runtime, todo_id: int, now: datetime, who: str, *, own_only: bool = False
) -> None:
    """Tick a to-do off. A message counts as sent at this instant, so the rules of sending are asked.

    R-HOURS-5 (windows), R-DNC-1, R-DNC-2 (nobody on the list), R-DUN-3, R-DUN-4 (nothing unpaid or
    past the closing time). Doing it twice changes nothing. `own_only`: not what came out of somebody
    else's calls.
    """
    with runtime.transaction() as connection:
        row = calls.get_todo(connection, todo_id)
        if row is None or (own_only and row.caller != who):
            raise NotFoundError(f"没有这个待办：{todo_id}", field="todo")
        if row.done_at is not None:
            return
        if row.withdrawn_at is not None:
            raise RefusedError("这个待办已经撤回", rules=(row.withdrawn_rule, "R-MSG-1"))
        if now < row.created_at:
            raise UsageError("时间早于待办产生的时间", field="at")
        if row.kind == TodoKind.WANGWANG:
            _check_sending(connection, runtime, row, now)
        elif row.kind == TodoKind.CLOSE_TRADE:
            _check_closing(connection, row, now)
        calls.change_todo(connection, todo_id, done_at=now, done_by=who)
        if row.call_kind == Kind.SAMPLING:  # R-SMP-6: from now on the customer has a day to reply
            still_open = calls.open_task_of(connection, row.task_id)
            refresh_tasks(connection, runtime, now, still_open, who)
        audit.record(connection, now, who, "todo.done", f"todo:{todo_id}")


def note_reply(
    runtime: Runtime, todo_id: int, now: datetime, who: str, *, own_only: bool = False
) -> None:
    """R-SMP-6. The customer answered a message that was sent, so one more call may be made.

    Doing it twice changes nothing. Raises NotFoundError, and RefusedError for what is no sent message
    or whose task has ended.
    """
    with runtime.transaction() as connection:
        row = calls.get_todo(connection, todo_id)
        if row is None or (own_only and row.caller != who):
            raise NotFoundError(f"没有这个待办：{todo_id}", field="todo")
        if row.replied_at is not None:
            return
        if row.kind != TodoKind.WANGWANG or row.done_at is None:
            raise RefusedError("这条留言还没有发送", rules=("R-MSG-1",))
        still_open = calls.open_task_of(connection, row.task_id)
        if not still_open:
            raise RefusedError("这位客户的任务已经结束，不会再打电话", rules=("R-SMP-6",))
        if now < row.done_at:
            raise UsageError("时间早于留言发送的时间", field="at")
        calls.change_todo(connection, todo_id, replied_at=now, replied_by=who)
        audit.record(connection, now, who, "todo.replied", f"todo:{todo_id}")
        refresh_tasks(connection, runtime, now, still_open, who)


def awaiting_replies(runtime: Runtime, now: datetime, *, caller: str | None = None) -> list[Todo]:
    """R-SMP-6. Messages that were sent and not answered yet, of tasks that are still open."""
    with runtime.snapshot() as connection:
        rows = calls.sent_unanswered(connection, LISTED, caller=caller)
        patience = timedelta(hours=runtime.law(connection).policy.reply_hours)
    return [_awaiting(row, now, row.done_at + patience) for row in rows]


def _awaiting(row: Row[Any], now: datetime, reply_by: datetime) -> Todo:
    ends_at = reply_by if row.expires_at is None else min(reply_by, row.expires_at)
    return replace(_todo(row, now), is_overdue=False, reply_by=ends_at)


def end_unanswered(connection: Connection, runtime: Runtime, now: datetime) -> None:
    """R-SMP-6. Whoever did not answer the message in time is not reached."""
    patience = timedelta(hours=runtime.law(connection).policy.reply_hours)
    rows = calls.sent_unanswered(connection, LISTED, sent_by=now - patience)
    if rows:
        refresh_tasks(connection, runtime, now, [row.task_id for row in rows], ENGINE)


def _check_closing(connection: Connection, row: Row[Any], now: datetime) -> None:
    """R-DUN-4. A trade that was paid is not closed."""
    if dunning.is_paid(load_tasks(connection, [row.task_id], now)[row.task_id].orders):
        raise RefusedError("客户已经付款，不要关闭交易", rules=("R-DUN-4",))


def _check_sending(connection: Connection, runtime: Runtime, row: Row[Any], now: datetime) -> None:
    law = runtime.law(connection).of(row.campaign_id)
    customer = load_customers(connection, [row.customer_id], now)[row.customer_id]
    entry = binding_suppression(Kind(row.call_kind), customer.suppressions, customer.phones)
    if entry is not None:
        raise RefusedError(f"在免打扰名单：{entry.reason}", rules=(entry.rule, "R-DNC-3"))
    task = load_tasks(connection, [row.task_id], now)[row.task_id]
    kind = rules_of(task.kind)
    answers: list[Decision] = [check_window(now, customer.region, law.policy, law.calendar)]
    if row.occasion.partition(":")[0] not in FOLLOW_UPS:
        answers.append(kind.check_deadline(task, now, law.policy))
        answers.append(kind.check_population(task, now, law.policy, None))
    for answer in answers:
        if isinstance(answer, Allow):
            continue
        assert isinstance(answer, Wait | Stop)
        rules = ("R-HOURS-5", answer.rule) if answer.rule == "R-HOURS-3" else (answer.rule,)
        raise RefusedError(f"现在不能发送：{answer.reason}", rules=(*rules, *answer.also))
