"""What is out of stock: dates that move or arrive, and the customers who agreed to wait (R-OOS-2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from adapters.importers.rows import StockOutRow
from adapters.store.queries import audit, calls, stock, texts
from adapters.store.queries.facts import load_tasks
from campaigns.days import business_day, midnight_after, midnight_of
from campaigns.decisions import Allow
from campaigns.errors import NotFoundError, UsageError
from campaigns.facts import TaskFacts
from campaigns.kinds import stock_out
from campaigns.values import ENGINE, Ending, SmsState, TodoKind
from scheduler.flows.messages import Origin
from scheduler.flows.refresh import refresh_tasks
from scheduler.flows.texts import tell
from scheduler.rules.gate import case_for
from scheduler.rules.suppression import check_suppression
from scheduler.runtime import Runtime

LISTED = 500


@dataclass(frozen=True, slots=True)
class ShortageSeen:
    """One article of the list. Counts are customers: waiting for a call, and how the talks ended."""

    id: int
    name: str
    code: str | None
    expected_on: date
    reason: str | None
    gift: str | None
    arrived_at: datetime | None
    closed_at: datetime | None
    orders: int
    to_call: int
    agreed: int
    refused: int


def listing(runtime: Runtime, now: datetime) -> list[ShortageSeen]:
    """The list as a leader sees it, what is still missing first."""
    with runtime.snapshot() as connection:
        rows = stock.listed(connection, LISTED)
        counts = stock.counts(connection, [row.id for row in rows])
    empty = stock.Counts()
    return [
        ShortageSeen(
            id=row.id,
            name=row.name,
            code=row.code,
            expected_on=row.expected_on,
            reason=row.reason,
            gift=row.gift,
            arrived_at=row.arrived_at,
            closed_at=row.closed_at,
            orders=counts.get(row.id, empty).orders,
            to_call=counts.get(row.id, empty).to_call,
            agreed=counts.get(row.id, empty).agreed,
            refused=counts.get(row.id, empty).refused,
        )
        for row in rows
    ]


def move(runtime: Runtime, shortage_id: int, expected_on: date, now: datetime, who: str) -> None:
    """R-OOS-2. Another day is expected. Raises UsageError for one in the past."""
    if expected_on < business_day(now):
        raise UsageError("预计到货日不能早于今天", field="expected_on")
    with runtime.transaction() as connection:
        row = _followed(connection, shortage_id)
        if row.expected_on == expected_on and row.arrived_at is None:
            return
        stock.move_date(connection, shortage_id, expected_on, now, who)
        _audit(connection, shortage_id, "shortage.moved", now, who, expected_on)
        follow_up(connection, runtime, [shortage_id], now, who)


def arrive(runtime: Runtime, shortage_id: int, now: datetime, who: str) -> None:
    """R-OOS-2. The goods are here; a second press changes nothing."""
    with runtime.transaction() as connection:
        row = _followed(connection, shortage_id)
        if row.arrived_at is not None:
            return
        stock.mark_arrived(connection, shortage_id, now)
        _audit(connection, shortage_id, "shortage.arrived", now, who)
        follow_up(connection, runtime, [shortage_id], now, who)


def drop(runtime: Runtime, shortage_id: int, now: datetime, who: str) -> None:
    """Nobody is called about this article any more; what was promised stays promised."""
    with runtime.transaction() as connection:
        if _followed(connection, shortage_id).closed_at is not None:
            return
        stock.close(connection, shortage_id, now)
        _audit(connection, shortage_id, "shortage.dropped", now, who)
        refresh_tasks(connection, runtime, now, stock.open_about(connection, [shortage_id]), who)


def _followed(connection: Connection, shortage_id: int) -> stock.Article:
    found = stock.lock_article(connection, shortage_id)
    if found is None:
        raise NotFoundError(f"没有这个缺货商品：{shortage_id}", field="shortage")
    return found


def _audit(
    connection: Connection,
    shortage_id: int,
    what: str,
    now: datetime,
    who: str,
    expected_on: date | None = None,
) -> None:
    after = {"expected_on": expected_on} if expected_on is not None else None
    audit.record(connection, now, who, what, f"shortage:{shortage_id}", after=after)


def follow_up(
    connection: Connection, runtime: Runtime, shortage_ids: Iterable[int], now: datetime, who: str
) -> None:
    """R-OOS-2. After dates have moved or goods have come: judge anew, tell those who agreed.

    A promise for an earlier day than the one now expected is broken, and listed so.
    """
    ids = list(shortage_ids)
    if not ids:
        return
    refresh_tasks(connection, runtime, now, stock.open_about(connection, ids), who)
    agreed = stock.ended_about(connection, ids, Ending.AGREED)
    for task in load_tasks(connection, agreed, now).values():
        keep_up(connection, runtime, task, now, who)


def keep_up(
    connection: Connection, runtime: Runtime, task: TaskFacts, now: datetime, who: str
) -> None:
    """R-OOS-2. Hold what one customer was promised against what is expected now, and tell them.

    Asked after the call too: the list may have changed while they talked.
    """
    missing = stock_out.open_shortages(task)
    if not missing:
        _settle_promises(connection, task.id, business_day(now), now, who)
        _tell(connection, runtime, task, f"arrived:{business_day(now)}", now, who)
        return
    expected = missing[0].expected_on
    if _settle_promises(connection, task.id, expected, now, who):
        _tell(connection, runtime, task, f"moved:{expected}", now, who)


def _settle_promises(
    connection: Connection, task_id: int, expected: date, now: datetime, who: str
) -> bool:
    """Move the open promises of a task to the day now expected; whether that is another day."""
    is_moved = False
    due = midnight_after(midnight_of(expected))
    for todo in stock.open_promises(connection, task_id):
        if due != todo.due_at:
            is_moved = True
            calls.change_todo(connection, todo.id, due_at=due)
            after = {"due_at": due}
            audit.record(connection, now, who, "promise.moved", f"todo:{todo.id}", after=after)
        if expected > todo.promised_on and todo.broken_at is None:
            why = f"预计到货日从 {_said(todo.promised_on)}改到 {_said(expected)}"
            _break(connection, todo.id, why, now)
    return is_moved


def _said(day: date) -> str:
    return f"{day.month} 月 {day.day} 日"


def _break(connection: Connection, todo_id: int, why: str, now: datetime) -> None:
    calls.change_todo(connection, todo_id, broken_at=now, broken_why=why)
    audit.record(connection, now, ENGINE, "promise.broken", f"todo:{todo_id}")


def _tell(
    connection: Connection,
    runtime: Runtime,
    task: TaskFacts,
    occasion: str,
    now: datetime,
    who: str,
) -> None:
    """Queue the message in place of an older one that was not sent (R-MSG-1, R-MSG-2, R-DNC-2).

    One that waits to be sent stays; a day that is expected again, after another, is told again.
    """
    told = stock.messages_of(connection, task.id, occasion)
    texted = texts.told_of(connection, task.id, occasion)
    if any(message.done_at is None and message.withdrawn_at is None for message in told):
        return
    if any(text.state in (SmsState.QUEUED, SmsState.SENDING) for text in texted):
        return
    if told or texted:
        occasion = f"{occasion}:{len(told) + len(texted) + 1}"
    calls.withdraw_todos(connection, TodoKind.WANGWANG, task.id, now, "R-OOS-2")
    texts.withdraw(connection, texts.queued_of_task(connection, task.id), now, "R-OOS-2")
    if not stock_out.waiting_orders(task.orders):
        return
    law = runtime.law(connection).of(task.campaign_id)
    case = case_for(task, now, law.policy, law.calendar)
    if isinstance(check_suppression(case), Allow):
        tell(connection, runtime, law, task, occasion, Origin(None, who, now))


def follow_up_due(runtime: Runtime, now: datetime) -> None:
    """R-OOS-2. The day has come on which goods are expected: tell those who agreed to wait."""
    day = business_day(now)
    with runtime.transaction() as connection:
        ids = stock.due_on(connection, day)
        agreed = stock.ended_about(connection, ids, Ending.AGREED) if ids else []
        for task in load_tasks(connection, agreed, now).values():
            missing = stock_out.open_shortages(task)
            is_due = bool(missing) and missing[0].expected_on == day
            # A run that broke off is taken up again: nobody is told twice of one day.
            occasion = f"due:{day}"
            told = stock.messages_of(connection, task.id, occasion) or texts.told_of(
                connection, task.id, occasion
            )
            if is_due and not told:
                _tell(connection, runtime, task, occasion, now, ENGINE)


def break_overdue(connection: Connection, now: datetime) -> None:
    """R-OOS-2. A promise whose day is over and which nobody ticked off is broken."""
    for todo in stock.overdue_promises(connection, now, business_day(now)):
        _break(connection, todo.id, "到期没有兑现", now)


def unmatched(connection: Connection, rows: Sequence[StockOutRow]) -> list[StockOutRow]:
    """R-OOS-1. The listed articles that no paid, unshipped order has."""
    items = stock.items_of_paid(connection)
    parts = {part for listed in items.values() for part in listed}
    parts |= {
        (title, None)
        for order_no, title in stock.titles_of_paid(connection)
        if title and order_no not in items
    }
    return [
        row
        for row in rows
        if not any(stock_out.is_about(row.goods or "", row.code, *part) for part in parts)
    ]
