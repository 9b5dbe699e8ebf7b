"""Judging tasks anew when something changed: an import, an outcome, a do-not-contact entry, a number."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit, calls, tasks, texts
from adapters.store.queries.facts import CHUNK, load_tasks
from campaigns.decisions import Allow, Stop
from campaigns.facts import AttemptFacts, TaskFacts
from campaigns.kinds import dunning, stock_out
from campaigns.policy import Policy
from campaigns.registry import rules_of
from campaigns.states import LIVE_ATTEMPTS
from campaigns.text_facts import FOLLOW_UPS
from campaigns.values import AttemptState, Ending, Kind, OrderState, TaskState, TodoKind
from scheduler.flows.sampling_places import replace_lost
from scheduler.flows.schedule_columns import state_for, window_group
from scheduler.rules.gate import case_for, check_deadline, check_population
from scheduler.rules.schedule import Schedule, schedule
from scheduler.rules.suppression import check_suppression
from scheduler.runtime import Law, Runtime


def refresh_tasks(
    connection: Connection, runtime: Runtime, now: datetime, task_ids: Iterable[int], who: str
) -> None:
    """Recompute the schedule of these open tasks, or end them.

    A hand-out that was not dialled is withdrawn when its task ends, also from a caller's screen
    (R-DNC-2, R-DUN-4); a call that is under way goes on, and its outcome ends the task.
    """
    law = runtime.law(connection)
    ids = sorted(set(task_ids))
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        tasks.lock(connection, part)
        for task in load_tasks(connection, part, now).values():
            refresh_one(connection, law, now, task, who)


def refresh_customers(
    connection: Connection, runtime: Runtime, now: datetime, customer_ids: Iterable[int], who: str
) -> None:
    """Judge anew every open task of these customers; who of a sample is lost is replaced (R-SMP-2)."""
    ids = list(customer_ids)
    for start in range(0, len(ids), CHUNK):
        found = tasks.open_of_customers(connection, ids[start : start + CHUNK])
        refresh_tasks(connection, runtime, now, found, who)
    retract_todos(connection, runtime, now)
    retract_texts(connection, runtime, now, ids)
    replace_lost(connection, runtime, now, who)


def refresh_others(
    connection: Connection, runtime: Runtime, attempt: Row[Any], now: datetime, who: str
) -> None:
    """The customer's other tasks, and those of whoever shares the phone: their budget has changed."""
    others = tasks.open_beside(connection, attempt.task_id, attempt.phone_key)
    if others:
        refresh_tasks(connection, runtime, now, others, who)


def refresh_one(
    connection: Connection, law: Law, now: datetime, task: TaskFacts, who: str
) -> Schedule:
    """Judge one task by its campaign's numbers and store what came out of it."""
    law = law.of(task.campaign_id)
    held = live_attempt(task)
    case = case_for(task, now, law.policy, law.calendar, ignoring=[held.id] if held else [])
    judged = schedule(case)
    if held is not None and held.state is AttemptState.DIALLED:
        _store(connection, law.policy, task, judged, None)
    elif judged.ending is rules_of(task.kind).lapsed(task) and _is_on_the_line(
        task, now, law.policy
    ):
        _store(connection, law.policy, task, judged, TaskState.WAITING)
    elif judged.ending is not None:
        if held is not None:
            withdraw(connection, held.id, now, judged.rule, who)
        end_task(connection, task.id, now, judged.ending, judged.rule, who)
    else:
        state = None if held is not None else state_for(judged, now)
        _store(connection, law.policy, task, judged, state)
    return judged


def live_attempt(task: TaskFacts) -> AttemptFacts | None:
    """The attempt by which somebody holds the task."""
    return next((a for a in task.attempts if a.state in LIVE_ATTEMPTS), None)


def _is_on_the_line(task: TaskFacts, now: datetime, policy: Policy) -> bool:
    """R-REPEAT-2. The customer is being talked to in another matter, and maybe about this one too.

    A deadline that passes meanwhile ends the task when that call is entered, or when its outcome
    counts as missing (R-CLAIM-1).
    """
    missing_after = timedelta(minutes=policy.outcome_missing_minutes)
    return any(
        a.state is AttemptState.DIALLED
        and a.customer_id == task.customer.id
        and now - a.at < missing_after
        for a in task.customer.attempts
    )


def withdraw(connection: Connection, attempt_id: str, now: datetime, rule: str, who: str) -> None:
    """Take an undialled hand-out back; it does not count (sop.md §0)."""
    calls.change(connection, attempt_id, state="withdrawn", ended_at=now, end_reason=rule)
    audit.record(
        connection, now, who, "attempt.withdrawn", f"attempt:{attempt_id}", after={"rule": rule}
    )


def end_task(
    connection: Connection, task_id: int, now: datetime, ending: Ending, rule: str, who: str
) -> None:
    """Close a task; a trade to be closed stays to be closed.

    Its unsent messages are taken back, unless the calls are merely used up: then the message is
    what is left to do (R-MSG-1).
    """
    tasks.close(connection, task_id, now, ending)
    if ending not in _MESSAGE_REMAINS:
        calls.withdraw_todos(connection, TodoKind.WANGWANG, task_id, now, rule)
        texts.withdraw(connection, texts.queued_of_task(connection, task_id), now, rule)
    audit.record(
        connection,
        now,
        who,
        "task.closed",
        f"task:{task_id}",
        after={"ending": ending, "rule": rule},
    )


_MESSAGE_REMAINS = frozenset(
    {Ending.UNREACHABLE, Ending.ATTEMPTS_USED, Ending.PROMISES_USED, Ending.RELAYED}
)


def retract_todos(connection: Connection, runtime: Runtime, now: datetime) -> None:
    """Take back what ended tasks left to be done and what must not be done any more.

    A message: after a do-not-contact entry (R-DNC-2), when its kind has nothing left to say (R-DUN-4)
    or its deadline has passed (R-DUN-3). The closing of a trade: after a payment, for it would close
    a paid trade. A promise: when its order was closed (R-OOS-2).
    """
    last = 0
    while left := calls.ended_tasks_with_todos(connection, last, CHUNK):
        law = runtime.law(connection)
        for task in load_tasks(connection, left, now).values():
            _retract(connection, law, task, now)
        last = left[-1]


def _retract(connection: Connection, law: Law, task: TaskFacts, now: datetime) -> None:
    law = law.of(task.campaign_id)
    case = case_for(task, now, law.policy, law.calendar)
    gone = check_suppression(case)
    if isinstance(gone, Allow):
        gone = _has_gone(task)
    if isinstance(gone, Stop):
        calls.withdraw_todos(connection, TodoKind.WANGWANG, task.id, now, gone.rule)
    checks = (check_population, check_deadline)
    stop = next((a for check in checks if isinstance(a := check(case), Stop)), None)
    if stop is not None:
        calls.withdraw_todos(
            connection, TodoKind.WANGWANG, task.id, now, stop.rule, sparing=FOLLOW_UPS
        )
    if task.orders and all(o.state is OrderState.CLOSED for o in task.orders):
        calls.withdraw_todos(connection, TodoKind.PROMISE, task.id, now, "R-OOS-2")
    if task.kind is Kind.DUNNING and dunning.is_paid(task.orders):
        calls.withdraw_todos(connection, TodoKind.CLOSE_TRADE, task.id, now, "R-DUN-4")


def retract_texts(
    connection: Connection,
    runtime: Runtime,
    now: datetime,
    customer_ids: Collection[int] | None = None,
) -> None:
    """R-DNC-2, R-DUN-3, R-DUN-4. Take queued SMS back that must not go out any more.

    Of these customers, or of everybody. The gate asks once more at the instant of sending; this is so
    that nobody sees a message waiting that will never go.
    """
    last = 0
    while found := texts.tasks_with_queued(connection, customer_ids, last, CHUNK):
        law = runtime.law(connection)
        for task in load_tasks(connection, found, now).values():
            own = law.of(task.campaign_id)
            case = case_for(task, now, own.policy, own.calendar)
            gone = check_suppression(case)
            if isinstance(gone, Allow):
                gone = _has_gone(task)
            if isinstance(gone, Stop):
                queued = texts.queued_of_task(connection, task.id)
                texts.withdraw(connection, queued, now, gone.rule)
                continue
            checks = (check_population, check_deadline)
            stop = next((a for check in checks if isinstance(a := check(case), Stop)), None)
            if stop is not None:
                queued = texts.queued_of_task(connection, task.id, sparing=FOLLOW_UPS)
                texts.withdraw(connection, queued, now, stop.rule)
        last = found[-1]


def _has_gone(task: TaskFacts) -> Allow | Stop:
    """R-OOS-2. Whoever waits for nothing any more is told nothing any more."""
    if task.kind is not Kind.STOCK_OUT or stock_out.waiting_orders(task.orders):
        return Allow()
    return Stop("R-OOS-2", "订单已发货或已关闭")


def _store(
    connection: Connection,
    policy: Policy,
    task: TaskFacts,
    judged: Schedule,
    state: TaskState | None,
) -> None:
    columns = tasks.ScheduleColumns(
        due_at=judged.due_at,
        urgency=judged.urgency,
        rank_at=judged.rank_at,
        deadline=judged.deadline,
        callable_until=judged.callable_until,
        region=task.customer.region,
        window_group=window_group(task.customer.region, policy),
    )
    tasks.set_schedule(connection, task.id, columns, state)
