"""A month's sample: its frame, who is called, and how it stands (R-SMP-1 to R-SMP-3, R-SMP-10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from adapters.store import bulk
from adapters.store.models.calls import MADE, attempt
from adapters.store.models.campaigns import campaign, task
from adapters.store.models.customers import customer, order
from adapters.store.models.sampling import sample, sample_left_out, sample_member, score
from campaigns.kinds.sampling import FAILURES
from campaigns.values import Kind, SampleState

_CURRENT = text("sample.state <> 'replaced'")
_APPROVED = text("sample.state = 'approved'")


def standing_campaign(connection: Connection) -> int:
    """The shop's own sampling campaign, locked: two draws or approvals come one after the other."""
    query = (
        select(campaign.c.id)
        .where(campaign.c.kind == Kind.SAMPLING, campaign.c.created_by.is_(None))
        .order_by(campaign.c.id)
        .limit(1)
        .with_for_update(key_share=True)
    )
    return int(connection.execute(query).scalar_one())


def of_month(connection: Connection, month: str) -> Row[Any] | None:
    """The month's sample that counts; `uq_sample_month` makes it one."""
    return connection.execute(select(sample).where(_CURRENT, sample.c.month == month)).first()


def approved_id(connection: Connection, month: str) -> int | None:
    """The month's approved sample, if there is one: asked after every outcome."""
    query = select(sample.c.id).where(_APPROVED, sample.c.month == month)
    return connection.execute(query).scalar()


def get(connection: Connection, sample_id: int, *, to_change: bool = False) -> Row[Any]:
    """One sample; `to_change` locks it, so that replacements come one after the other."""
    query = select(sample).where(sample.c.id == sample_id)
    return connection.execute(query.with_for_update() if to_change else query).one()


def replaced_count(connection: Connection, month: str) -> int:
    """R-SMP-3. How many draws of the month another one took the place of."""
    query = select(func.count()).where(
        sample.c.month == month, sample.c.state == SampleState.REPLACED
    )
    return int(connection.execute(query).scalar_one())


def add(connection: Connection, **values: object) -> int:
    """A new sample; its id."""
    result = connection.execute(insert(sample).values(**values).returning(sample.c.id))
    return int(result.scalar_one())


def change(connection: Connection, sample_id: int, **values: object) -> None:
    """Set columns of one sample."""
    connection.execute(update(sample).where(sample.c.id == sample_id).values(**values))


def add_members(connection: Connection, rows: list[dict[str, object]]) -> None:
    """Store the frame."""
    if rows:
        connection.execute(insert(sample_member), rows)


def add_left_out(connection: Connection, rows: list[dict[str, object]]) -> None:
    """Store who may not be drawn."""
    if rows:
        connection.execute(insert(sample_left_out), rows)


def drawn_members(connection: Connection, sample_id: int) -> list[Row[Any]]:
    """Whoever was drawn, by rank, the reserves not."""
    query = (
        select(sample_member)
        .where(sample_member.c.sample_id == sample_id, sample_member.c.is_reserve.is_(False))
        .order_by(sample_member.c.rank)
    )
    return list(connection.execute(query).all())


def members(connection: Connection, sample_id: int) -> list[Row[Any]]:
    """The whole frame by rank, with the customers' names."""
    query = (
        select(sample_member, customer.c.buyer)
        .join(customer, customer.c.id == sample_member.c.customer_id)
        .where(sample_member.c.sample_id == sample_id)
        .order_by(sample_member.c.rank)
    )
    return list(connection.execute(query).all())


def left_out(connection: Connection, sample_id: int) -> list[Row[Any]]:
    """Who may not be drawn, by customer."""
    query = (
        select(sample_left_out, customer.c.buyer)
        .join(customer, customer.c.id == sample_left_out.c.customer_id)
        .where(sample_left_out.c.sample_id == sample_id)
        .order_by(sample_left_out.c.customer_id)
    )
    return list(connection.execute(query).all())


def order_ids(connection: Connection, order_nos: Sequence[str]) -> dict[tuple[str, int], int]:
    """The shop's orders of these numbers, by number and customer."""
    query = select(order.c.order_no, order.c.customer_id, order.c.id).where(
        bulk.is_among(connection, order.c.order_no, order_nos)
    )
    return {(row.order_no, row.customer_id): row.id for row in connection.execute(query)}


def call_in(
    connection: Connection,
    member_id: int,
    task_id: int,
    now: datetime,
    replaces: int | None,
) -> None:
    """Note since when a member is to be called, by which task, and whom it stepped in for."""
    connection.execute(
        update(sample_member)
        .where(sample_member.c.id == member_id)
        .values(task_id=task_id, called_in_at=now, replaces=replaces)
    )


def pass_over(connection: Connection, member_id: int, rule: str) -> None:
    """A reserve that the gate did not allow when its turn came."""
    connection.execute(
        update(sample_member).where(sample_member.c.id == member_id).values(passed_over_rule=rule)
    )


def _is_scored() -> ColumnElement[bool]:
    return exists().where(score.c.task_id == sample_member.c.task_id)


def lost(connection: Connection, sample_id: int) -> list[Row[Any]]:
    """R-SMP-2. Called-in members who are to be replaced and can be, by rank.

    Without a score, either ended or failed for the third time, with nobody in their place and with
    reserves left in their stratum. A redial is no attempt of its own
    and a matter that rode along none either. At most some hundreds are called in, each task's
    attempts read by their index.
    """
    failures = (
        select(func.count())
        .where(
            attempt.c.task_id == sample_member.c.task_id,
            text("attempt.state = 'closed'"),
            attempt.c.is_reached.is_(False),
            attempt.c.redial_of.is_(None),
            attempt.c.rides_on.is_(None),
        )
        .scalar_subquery()
    )
    successor, reserve = sample_member.alias("successor"), sample_member.alias("reserve")
    has_reserves = exists().where(
        reserve.c.sample_id == sample_id,
        reserve.c.source == sample_member.c.source,
        reserve.c.handler == sample_member.c.handler,
        *_is_waiting(reserve),
    )
    query = (
        select(sample_member)
        .join(task, task.c.id == sample_member.c.task_id)
        .where(
            sample_member.c.sample_id == sample_id,
            sample_member.c.called_in_at.is_not(None),
            ~_is_scored(),
            ~exists().where(successor.c.replaces == sample_member.c.id),
            or_(text("task.state = 'closed'"), failures >= FAILURES),
            has_reserves,
        )
        .order_by(sample_member.c.rank)
    )
    return list(connection.execute(query).all())


def next_reserve(connection: Connection, gone: Row[Any]) -> Row[Any] | None:
    """R-SMP-2. The stratum's next reserve by rank who was neither called in nor passed over."""
    query = (
        select(sample_member)
        .where(
            sample_member.c.sample_id == gone.sample_id,
            sample_member.c.source == gone.source,
            sample_member.c.handler == gone.handler,
            *_is_waiting(sample_member),
        )
        .order_by(sample_member.c.rank)
        .limit(1)
    )
    return connection.execute(query).first()


def _is_waiting(reserve: FromClause) -> Iterable[ColumnElement[bool]]:
    return (
        reserve.c.is_reserve.is_(True),
        reserve.c.called_in_at.is_(None),
        reserve.c.passed_over_rule.is_(None),
    )


def listed(connection: Connection, sample_id: int) -> int:
    """How many are on the list: whoever was drawn or stepped in, and was not passed over."""
    query = select(func.count()).where(
        sample_member.c.sample_id == sample_id,
        sample_member.c.passed_over_rule.is_(None),
        or_(sample_member.c.is_reserve.is_(False), sample_member.c.called_in_at.is_not(None)),
    )
    return int(connection.execute(query).scalar_one())


def used_up(connection: Connection, sample_id: int) -> list[Row[Any]]:
    """R-SMP-2. Strata with nobody left to step in while somebody of theirs may still be lost.

    One pass over the frame inside the database: an open page asks for it again and again.
    """
    is_uncalled = and_(
        sample_member.c.task_id.is_(None),
        sample_member.c.is_reserve.is_(False),
        sample_member.c.passed_over_rule.is_(None),
    )
    may_be_lost = or_(is_uncalled, and_(text("task.state <> 'closed'"), ~_is_scored()))
    query = (
        select(sample_member.c.source, sample_member.c.handler)
        .join(task, task.c.id == sample_member.c.task_id, isouter=True)
        .where(sample_member.c.sample_id == sample_id)
        .group_by(sample_member.c.source, sample_member.c.handler)
        .having(
            func.sum(case((and_(*_is_waiting(sample_member)), 1), else_=0)) == 0,
            func.sum(case((may_be_lost, 1), else_=0)) > 0,
        )
    )
    return list(connection.execute(query).all())


def reserves_left(connection: Connection, sample_id: int) -> int:
    """How many reserves could still be called in."""
    query = select(func.count()).where(
        sample_member.c.sample_id == sample_id, *_is_waiting(sample_member)
    )
    return int(connection.execute(query).scalar_one())


def standing(connection: Connection, sample_id: int) -> list[Row[Any]]:
    """How each called-in member stands: state and ending of the task, and the score that counts."""
    newest = (
        select(func.max(score.c.id))
        .where(score.c.task_id == sample_member.c.task_id)
        .correlate(sample_member)
        .scalar_subquery()
    )
    query = (
        select(
            sample_member.c.id,
            sample_member.c.replaces,
            task.c.state,
            task.c.ending,
            score.c.value.label("score"),
        )
        .join(task, task.c.id == sample_member.c.task_id)
        .join(score, score.c.id == newest, isouter=True)
        .where(sample_member.c.sample_id == sample_id)
        .order_by(sample_member.c.rank)
    )
    return list(connection.execute(query).all())


def made_calls(connection: Connection, sample_id: int) -> int:
    """How many calls were made for this sample; a line that was redialled is one (R-REPEAT-5)."""
    query = (
        select(func.count())
        .select_from(sample_member.join(attempt, attempt.c.task_id == sample_member.c.task_id))
        .where(
            sample_member.c.sample_id == sample_id,
            MADE,
            attempt.c.redial_of.is_(None),
            attempt.c.rides_on.is_(None),
        )
    )
    return int(connection.execute(query).scalar_one())


def ended_before(connection: Connection, month: str) -> tuple[int, int]:
    """R-SMP-2. Of the approved samples of earlier months: how many members ended, how many scored."""
    query: Select[Any] = (
        select(func.count(), func.sum(case((_is_scored(), 1), else_=0)))
        .select_from(
            sample_member.join(sample, sample.c.id == sample_member.c.sample_id).join(
                task, task.c.id == sample_member.c.task_id
            )
        )
        .where(and_(_APPROVED, sample.c.month < month, text("task.state = 'closed'")))
    )
    ended, scored = connection.execute(query).one()
    return int(ended), int(scored or 0)
