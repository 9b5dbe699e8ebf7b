"""Today's figures for the panel, each from an index that holds today's rows or the open ones only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, or_, select, text

from adapters.store.models.after_sales import service_case
from adapters.store.models.calls import MADE, attempt, todo
from adapters.store.models.campaigns import campaign, task
from adapters.store.models.customers import customer
from adapters.store.models.figures import task_money
from adapters.store.models.shop import person

LIVE = text("attempt.state IN ('handed_out', 'dialled')")
OPEN = text("task.state <> 'closed'")
NOT_CONTROL = task.c.ending.is_distinct_from("control")


def open_and_due(connection: Connection, now: datetime, campaign_id: int | None) -> tuple[int, int]:
    """How many tasks are open, and of how many it is the turn (partial indexes of open tasks)."""
    query = select(
        func.count(), func.coalesce(func.sum(case((_is_due(now), 1), else_=0)), 0)
    ).where(OPEN)
    row = connection.execute(_of(query, campaign_id)).one()
    return int(row[0]), int(row[1])


def ended(connection: Connection, start: datetime, end: datetime, campaign_id: int | None) -> int:
    """How many tasks ended in [start, end), controls left out (index on closed_at)."""
    query = select(func.count()).where(
        task.c.closed_at >= start, task.c.closed_at < end, NOT_CONTROL
    )
    return int(connection.execute(_of(query, campaign_id)).scalar_one())


def _is_due(now: datetime) -> Any:
    return or_(task.c.due_at <= now, task.c.state == "claimed")


def _of(query: Select[Any], campaign_id: int | None) -> Select[Any]:
    return query if campaign_id is None else query.where(task.c.campaign_id == campaign_id)


def made_today(
    connection: Connection, start: datetime, end: datetime, now: datetime, campaign_id: int | None
) -> Sequence[Row[Any]]:
    """Every made contact of [start, end) with where its task stands (index on at)."""
    is_turn = and_(OPEN, _is_due(now))
    query = (
        select(
            attempt.c.task_id,
            attempt.c.kind,
            attempt.c.outcome,
            attempt.c.is_reached,
            case((is_turn, 1), else_=0).label("is_turn"),
            func.coalesce(task_money.c.is_payer, False).label("is_payer"),
        )
        .join(task, task.c.id == attempt.c.task_id)
        .join(task_money, task_money.c.task_id == attempt.c.task_id, isouter=True)
        .where(MADE, attempt.c.at >= start, attempt.c.at < end)
    )
    return connection.execute(_of(query, campaign_id)).all()


@dataclass(frozen=True, slots=True)
class TasksWanted:
    """Which tasks are listed: those named; else the open ones (`is_due`: whose turn it is) and ended.

    Ended ones are those of [start, end); whose turn it is are open.
    """

    start: datetime
    end: datetime
    now: datetime
    campaign_id: int | None = None
    is_due: bool = False
    only: Sequence[int] | None = None


def tasks_listed(connection: Connection, wanted: TasksWanted, limit: int) -> list[Row[Any]]:
    """The tasks behind a step of the funnel, the first to be due in front."""
    if wanted.only is not None:
        chosen: Any = task.c.id.in_(list(wanted.only))
    elif wanted.is_due:
        chosen = and_(OPEN, _is_due(wanted.now))
    else:
        has_ended = and_(
            task.c.closed_at >= wanted.start, task.c.closed_at < wanted.end, NOT_CONTROL
        )
        chosen = or_(OPEN, has_ended)
    query = (
        select(
            task.c.id,
            task.c.kind,
            task.c.state,
            task.c.ending,
            task.c.due_at,
            task.c.customer_id,
            customer.c.buyer,
            campaign.c.name.label("campaign"),
        )
        .join(customer, customer.c.id == task.c.customer_id)
        .join(campaign, campaign.c.id == task.c.campaign_id)
        .where(chosen)
        .order_by(task.c.state == "closed", task.c.due_at, task.c.id)
        .limit(limit)
    )
    return list(connection.execute(_of(query, wanted.campaign_id)).all())


def last_calls(
    connection: Connection, task_ids: Sequence[int], start: datetime, end: datetime
) -> dict[int, Row[Any]]:
    """The newest made contact of each of these tasks in [start, end) (index on task_id)."""
    query = (
        select(
            attempt.c.id,
            attempt.c.task_id,
            attempt.c.at,
            attempt.c.kind,
            attempt.c.state,
            attempt.c.outcome,
            attempt.c.is_reached,
            person.c.name.label("caller"),
        )
        .join(person, person.c.id == attempt.c.caller_id)
        .where(
            MADE, attempt.c.task_id.in_(list(task_ids)), attempt.c.at >= start, attempt.c.at < end
        )
        .order_by(attempt.c.at, attempt.c.id)
    )
    return {row.task_id: row for row in connection.execute(query)}


def callers(connection: Connection) -> Sequence[Row[Any]]:
    """Everybody who may call, by name."""
    query = (
        select(person.c.id, person.c.name, person.c.role)
        .where(person.c.is_active, person.c.role != "admin")
        .order_by(person.c.name)
    )
    return connection.execute(query).all()


def held(connection: Connection) -> dict[int, Row[Any]]:
    """What each caller holds just now, one at most (`uq_attempt_live_caller`)."""
    query = select(
        attempt.c.id,
        attempt.c.caller_id,
        attempt.c.state,
        attempt.c.handed_out_at,
        attempt.c.dialled_at,
        attempt.c.hung_up_at,
    ).where(LIVE, attempt.c.parked_at.is_(None))
    return {row.caller_id: row for row in connection.execute(query)}


def days_of_callers(connection: Connection, start: datetime, end: datetime) -> dict[int, Row[Any]]:
    """Each caller's calls of [start, end), and when the last one was over (index on at)."""
    query = (
        select(
            attempt.c.caller_id,
            func.count().label("calls"),
            func.sum(case((attempt.c.is_reached, 1), else_=0)).label("reached"),
            func.max(attempt.c.ended_at).label("last_ended_at"),
        )
        .where(
            MADE,
            attempt.c.at >= start,
            attempt.c.at < end,
            attempt.c.redial_of.is_(None),
            attempt.c.rides_on.is_(None),
        )
        .group_by(attempt.c.caller_id)
    )
    return {row.caller_id: row for row in connection.execute(query)}


def open_todos(connection: Connection, now: datetime, message_within: timedelta) -> tuple[int, int]:
    """Late and open to-dos (`ix_todo_open`), as the work list says: a message has some time more."""
    is_late = or_(
        and_(todo.c.kind != "wangwang", todo.c.due_at < now),
        and_(
            todo.c.kind == "wangwang",
            or_(todo.c.due_at < now - message_within, todo.c.expires_at < now),
        ),
    )
    query = select(func.coalesce(func.sum(case((is_late, 1), else_=0)), 0), func.count()).where(
        text("todo.done_at IS NULL AND todo.withdrawn_at IS NULL")
    )
    row = connection.execute(query).one()
    return int(row[0]), int(row[1])


def open_cases(connection: Connection, now: datetime) -> tuple[int, int]:
    """Late and open cases (`ix_service_case_open`)."""
    is_late = service_case.c.due_at <= now
    query = select(func.coalesce(func.sum(case((is_late, 1), else_=0)), 0), func.count()).where(
        text("service_case.closed_at IS NULL")
    )
    row = connection.execute(query).one()
    return int(row[0]), int(row[1])


def missing_outcomes(connection: Connection, before: datetime) -> dict[int, int]:
    """R-CLAIM-1. Calls dialled before this instant and still without an outcome, by caller."""
    query = (
        select(attempt.c.caller_id, func.count())
        .where(text("attempt.state = 'dialled'"), LIVE, attempt.c.dialled_at <= before)
        .group_by(attempt.c.caller_id)
    )
    return {row[0]: int(row[1]) for row in connection.execute(query)}
