"""What a day's plan asks of the database and writes to it, in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, insert, or_, select, text, update

from adapters.store.models.campaigns import batch, campaign, task, task_order
from adapters.store.models.customers import customer, order
from adapters.store.models.sampling import register_entry
from campaigns.days import business_day, midnight_of
from campaigns.values import Ending, Source, Topic

UNPAID = text("shop_order.state = 'awaiting_payment'")


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign that is planned.

    `population` is None for a standing one; `approved_at` is when an added one began. R-DUN-9: so many
    percent are kept uncalled, drawn from the seed.
    """

    id: int
    kind: str
    name: str
    population: str | None = None
    approved_at: datetime | None = None
    control_percent: int = 0
    control_seed: int = 0


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A customer's open task in a campaign, and what it is about."""

    id: int
    topic: Topic


def campaigns(
    connection: Connection, kind: str | None = None, *, to_plan: bool = False
) -> list[Campaign]:
    """The campaigns that are planned, of one kind or of all: a stopped one is not, nor a draft.

    `to_plan` locks them, so that the morning's job and a button pressed just then plan in turn; not
    against new attempts that name them, for an outcome holds tasks that the plan is about to lock.
    """
    query = _CAMPAIGN.where(campaign.c.state.in_(("running", "paused"))).order_by(campaign.c.id)
    if to_plan:
        query = query.with_for_update(key_share=True)
    if kind is not None:
        query = query.where(campaign.c.kind == kind)
    return [Campaign(*row) for row in connection.execute(query)]


def campaign_to_try(connection: Connection, campaign_id: int) -> Campaign | None:
    """One campaign as it stands, to be tried out, whatever its state."""
    row = connection.execute(_CAMPAIGN.where(campaign.c.id == campaign_id)).first()
    return None if row is None else Campaign(*row)


_CAMPAIGN = select(
    campaign.c.id,
    campaign.c.kind,
    campaign.c.name,
    campaign.c.population,
    campaign.c.approved_at,
    campaign.c.control_percent,
    campaign.c.control_seed,
)


def planned_days(connection: Connection, one: Campaign, first: date, last: date) -> set[date]:
    """The days of calling that were planned with the day of placing known to its end (R-DUN-1).

    The days before an added campaign began were planned by those whose orders they then were.
    """
    query = select(batch.c.business_day, batch.c.data_until).where(
        batch.c.business_day.between(first, last)
    )
    if one.approved_at is None:
        query = query.where(batch.c.campaign_id == one.id)
    else:
        before = batch.c.business_day <= business_day(one.approved_at)
        query = query.join(campaign, campaign.c.id == batch.c.campaign_id).where(
            campaign.c.kind == one.kind, or_(campaign.c.id == one.id, before)
        )
    return {
        row.business_day
        for row in connection.execute(query)
        if row.data_until is not None and row.data_until >= midnight_of(row.business_day)
    }


def batch_of(connection: Connection, campaign_id: int, day: date) -> int | None:
    """The batch of a day of calling."""
    query = select(batch.c.id).where(
        batch.c.campaign_id == campaign_id, batch.c.business_day == day
    )
    return connection.execute(query).scalar()


def control_percent_of(connection: Connection, campaign_id: int, day: date) -> int | None:
    """R-DUN-9. The share kept uncalled with which the day was planned; None before it was."""
    query = select(batch.c.control_percent).where(
        batch.c.campaign_id == campaign_id, batch.c.business_day == day
    )
    return connection.execute(query).scalar()


def add_batch(
    connection: Connection,
    campaign_id: int,
    day: date,
    now: datetime,
    data_until: datetime | None,
    control_percent: int = 0,
) -> int:
    """A new batch, made from orders known up to `data_until`, with its share kept uncalled."""
    result = connection.execute(
        insert(batch)
        .values(
            campaign_id=campaign_id,
            business_day=day,
            planned_at=now,
            data_until=data_until,
            control_percent=control_percent,
        )
        .returning(batch.c.id)
    )
    return int(result.scalar_one())


def extend_batch(connection: Connection, batch_id: int, data_until: datetime | None) -> None:
    """The day was planned again, from newer orders."""
    connection.execute(update(batch).where(batch.c.id == batch_id).values(data_until=data_until))


def unpaid_placed(
    connection: Connection, kind: str, start: datetime, end: datetime
) -> Sequence[Row[Any]]:
    """R-DUN-1. Unpaid orders placed in [start, end).

    Reads `ix_order_unpaid_placed`: its size is that of what is unpaid, not of all orders.
    """
    query = (
        _candidates(kind)
        .where(UNPAID, order.c.placed_at >= start, order.c.placed_at < end)
        .order_by(order.c.placed_at, order.c.id)
    )
    return connection.execute(query).all()


def signed_between(
    connection: Connection, kind: str, start: datetime, end: datetime
) -> Sequence[Row[Any]]:
    """R-CB-2. Completed orders signed for in [start, end); reads `ix_order_signed`."""
    signed = func.coalesce(order.c.received_at, order.c.completed_at)
    query = (
        _candidates(kind)
        .where(text("shop_order.state = 'completed'"), signed >= start, signed < end)
        .order_by(signed, order.c.id)
    )
    return connection.execute(query).all()


def shipped_between(
    connection: Connection, kind: str, start: datetime, end: datetime
) -> Sequence[Row[Any]]:
    """R-CB-2. Orders on their way that were shipped in [start, end); reads `ix_order_shipped`."""
    shipped = func.coalesce(order.c.shipped_at, order.c.shipped_seen_at)
    query = (
        _candidates(kind)
        .where(text("shop_order.state = 'shipped'"), shipped >= start, shipped < end)
        .order_by(shipped, order.c.id)
    )
    return connection.execute(query).all()


def paid_unshipped(connection: Connection, kind: str) -> Sequence[Row[Any]]:
    """R-OOS-1. Orders that are paid and not shipped; reads `ix_order_paid`."""
    query = (
        _candidates(kind)
        .where(text("shop_order.state = 'paid'"))
        .order_by(order.c.paid_at, order.c.id)
    )
    return connection.execute(query).all()


def with_numbers(connection: Connection, kind: str, order_nos: Iterable[str]) -> Sequence[Row[Any]]:
    """One customer's orders by their numbers, as the plans of a kind see them."""
    query = _candidates(kind).where(order.c.order_no.in_(list(order_nos)))
    return connection.execute(query.order_by(order.c.placed_at, order.c.id)).all()


def _candidates(kind: str) -> Select[Any]:
    """Orders with their buyer and the newest task of the kind that has them, whatever its campaign."""
    last = (
        select(func.max(task_order.c.task_id))
        .join(task, task.c.id == task_order.c.task_id)
        .where(task_order.c.order_id == order.c.id, task.c.kind == kind)
        .correlate(order)
        .scalar_subquery()
    )
    return (
        select(
            order.c.id,
            order.c.order_no,
            order.c.customer_id,
            order.c.placed_at,
            order.c.state,
            order.c.total_fen,
            order.c.paid_fen,
            order.c.paid_at,
            order.c.last_seen_at,
            order.c.missing_since,
            order.c.shipped_at,
            order.c.shipped_seen_at,
            order.c.received_at,
            order.c.completed_at,
            order.c.title,
            func.coalesce(order.c.region, customer.c.region).label("region"),
            customer.c.buyer,
            task.c.id.label("task_id"),
            task.c.campaign_id.label("held_by"),
            task.c.ending,
        )
        .join(customer, customer.c.id == order.c.customer_id)
        .join(task, task.c.id == last, isouter=True)
    )


def open_tasks(connection: Connection, campaign_id: int) -> dict[int, OpenTask]:
    """The campaign's open task by customer; `uq_task_open_customer` makes it one."""
    query = select(task.c.customer_id, task.c.id, task.c.topic).where(
        text("task.state <> 'closed'"), task.c.campaign_id == campaign_id
    )
    return {
        row.customer_id: OpenTask(row.id, Topic(row.topic)) for row in connection.execute(query)
    }


def open_elsewhere(connection: Connection, campaign_id: int, kind: str) -> set[int]:
    """Customers with an open task in another campaign of the kind; reads the open ones only."""
    query = select(task.c.customer_id).where(
        text("task.state <> 'closed'"), task.c.kind == kind, task.c.campaign_id != campaign_id
    )
    return set(connection.execute(query).scalars())


def kept_uncalled(
    connection: Connection, campaign_id: int, customer_ids: Iterable[int], now: datetime
) -> set[int]:
    """R-DUN-9. Those whom another campaign keeps uncalled until their orders close.

    Asked of a day's few new customers, through `ix_task_customer_id`.
    """
    ids = list(customer_ids)
    found: set[int] = set()
    for start in range(0, len(ids), 1_000):
        query = select(task.c.customer_id).where(
            task.c.customer_id.in_(ids[start : start + 1_000]),
            task.c.campaign_id != campaign_id,
            task.c.ending == Ending.CONTROL,
            task.c.deadline > now,
        )
        found.update(connection.execute(query).scalars())
    return found


def vips(connection: Connection) -> set[int]:
    """R-SMP-1. The customers in the shop's list of VIPs."""
    query = select(register_entry.c.customer_id).where(register_entry.c.source == Source.VIP)
    return set(connection.execute(query.distinct()).scalars())


def add_tasks(connection: Connection, rows: list[dict[str, object]]) -> list[int]:
    """New tasks; their ids in the order of the rows."""
    if not rows:
        return []
    result = connection.execute(
        insert(task).returning(task.c.id, sort_by_parameter_order=True), rows
    )
    return list(result.scalars())


def link_orders(connection: Connection, rows: list[dict[str, object]]) -> None:
    """Which orders a task is about."""
    if rows:
        connection.execute(insert(task_order), rows)


def made_for(connection: Connection, campaign_id: int, day: date) -> list[int]:
    """Open tasks that were made for a day of calling."""
    query = (
        select(task.c.id)
        .join(batch, batch.c.id == task.c.batch_id)
        .where(
            text("task.state <> 'closed'"),
            task.c.campaign_id == campaign_id,
            batch.c.business_day == day,
        )
    )
    return list(connection.execute(query).scalars())


def with_unpaid_placed(
    connection: Connection, campaign_id: int, start: datetime, end: datetime
) -> list[int]:
    """R-DUN-2. Open tasks with an unpaid order placed in [start, end)."""
    query = (
        select(task.c.id)
        .join(task_order, task_order.c.task_id == task.c.id)
        .join(order, order.c.id == task_order.c.order_id)
        .where(
            text("task.state <> 'closed'"),
            task.c.campaign_id == campaign_id,
            UNPAID,
            and_(order.c.placed_at >= start, order.c.placed_at < end),
        )
    )
    return list(connection.execute(query.distinct()).scalars())


def stored_schedule(connection: Connection, task_ids: Iterable[int]) -> dict[int, Row[Any]]:
    """Due time and deadline as stored, by task id."""
    ids = list(task_ids)
    rows: dict[int, Row[Any]] = {}
    for start in range(0, len(ids), 1_000):
        query = (
            select(
                task.c.id,
                task.c.due_at,
                task.c.deadline,
                task.c.region,
                task.c.topic,
                customer.c.buyer,
            )
            .join(customer, customer.c.id == task.c.customer_id)
            .where(task.c.id.in_(ids[start : start + 1_000]))
        )
        rows |= {row.id: row for row in connection.execute(query)}
    return rows


def orders_of(connection: Connection, task_ids: Iterable[int]) -> dict[int, list[Row[Any]]]:
    """Number, amount and state of the tasks' orders, by task id."""
    ids = list(task_ids)
    found: dict[int, list[Row[Any]]] = {}
    for start in range(0, len(ids), 1_000):
        query = (
            select(task_order.c.task_id, order.c.order_no, order.c.total_fen, order.c.state)
            .join(order, order.c.id == task_order.c.order_id)
            .where(task_order.c.task_id.in_(ids[start : start + 1_000]))
            .order_by(order.c.placed_at, order.c.id)
        )
        for row in connection.execute(query):
            found.setdefault(row.task_id, []).append(row)
    return found
