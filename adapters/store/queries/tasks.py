"""Tasks: the claim, their stored schedule, and their lists.

States stand in the SQL as literals, not as parameters: only so do both databases use the partial
indexes (`ix_task_ready`, `ix_task_waiting`, `ix_task_claimed`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select, text, update

from adapters.store.models.base import Instant
from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import campaign, task, task_order
from adapters.store.models.customers import customer, customer_phone
from campaigns.values import Kind

READY = text("task.state = 'ready'")
WAITING = text("task.state = 'waiting'")
CLAIMED = text("task.state = 'claimed'")
OPEN = text("task.state <> 'closed'")

PROMOTED_AT_ONCE = 5_000
"""Tasks that become ready in one claim; the engine's tick does the same ahead of the callers."""

# The hot path's statements are built once: building one costs more than running it.
_NOW: Any = bindparam("now", type_=Instant())
_UNTIL: Any = bindparam("until", type_=Instant())

_PROMOTE = (
    update(task)
    .where(
        task.c.id.in_(
            select(task.c.id)
            .where(WAITING, task.c.due_at <= _NOW)
            .order_by(task.c.due_at)
            .limit(PROMOTED_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    )
    .values(state="ready")
)
_TAKE_A_TURN = text("SELECT pg_advisory_xact_lock(7214002)")
_DUE_BUT_WAITING = select(task.c.id).where(WAITING, task.c.due_at <= _NOW).limit(1)
_CLAIM_BEST = (
    update(task)
    .where(
        task.c.id
        == select(task.c.id)
        .where(
            READY,
            task.c.due_at <= _NOW,
            task.c.callable_until > _NOW,
            task.c.window_group.in_(bindparam("groups", expanding=True)),
            task.c.campaign_id.in_(bindparam("campaigns", expanding=True)),
            task.c.id.not_in(bindparam("skipping", expanding=True)),
            # R-SMP-5: a promised answer is its owner's.
            or_(task.c.reserved_for.is_(None), task.c.reserved_for == bindparam("person")),
            # R-REPEAT-2: whoever is on the line has other matters too; there are at most as many of
            # them as callers (`uq_attempt_live_customer`), and the gate would refuse them one by one.
            task.c.customer_id.not_in(
                select(attempt.c.customer_id).where(
                    text("attempt.state IN ('handed_out', 'dialled')")
                )
            ),
        )
        .order_by(task.c.urgency, task.c.rank_at, task.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    .values(
        state="claimed",
        claimed_by=bindparam("person"),
        claimed_until=_UNTIL,
        fence=task.c.fence + 1,
    )
    .returning(
        task.c.id,
        task.c.kind,
        task.c.campaign_id,
        task.c.customer_id,
        task.c.fence,
        task.c.due_at,
        task.c.deadline,
        task.c.region,
    )
)
_SCHEDULE = ("due_at", "urgency", "rank_at", "deadline", "callable_until", "region", "window_group")
_KEEP = (
    update(task)
    .where(task.c.id == bindparam("changed_id"))
    .values({name: bindparam(name, type_=task.c[name].type) for name in _SCHEDULE})
)
_HAND_BACK = _KEEP.values(state=bindparam("state"), claimed_by=None, claimed_until=None)
# Locked in the order of `lock`: in that of the leases' ends an import could wait for it in turn.
_RELEASE_EXPIRED = (
    update(task)
    .where(
        task.c.id.in_(
            select(task.c.id)
            .where(CLAIMED, task.c.claimed_until <= _NOW)
            .order_by(task.c.id)
            .with_for_update()
        )
    )
    .values(state="ready", claimed_by=None, claimed_until=None)
    .returning(task.c.id)
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the claim took."""

    id: int
    kind: str
    campaign_id: int
    customer_id: int
    fence: int
    due_at: datetime | None
    deadline: datetime
    region: str | None


def promote(connection: Connection, now: datetime) -> int:
    """Waiting tasks whose time has come become ready. Reads `ix_task_waiting` from its start.

    On PostgreSQL whoever finds some takes a turn first, until the end of the transaction: else, of
    two callers who ask in the minute of opening, the second would find them locked and not ready
    yet, and be told that there is nobody. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        if connection.execute(_DUE_BUT_WAITING, {"now": now}).first() is None:
            return 0
        connection.execute(_TAKE_A_TURN)
    return int(connection.execute(_PROMOTE, {"now": now}).rowcount)


def claim_best(
    connection: Connection,
    now: datetime,
    groups: Sequence[str],
    campaigns: Sequence[int],
    person_id: int,
    until: datetime,
    *,
    skipping: Sequence[int] = (),
) -> Claimed | None:
    """Take the best ready task in one statement, with a lease and a new fence (R-CLAIM-1, R-DUN-5).

    `groups`: the window groups open now; `campaigns`: those that run and that this caller calls
    for. `ix_task_ready` gives the order, so the cost does not depend on how many tasks are stored;
    SKIP LOCKED lets several callers claim side by side.
    """
    row = connection.execute(
        _CLAIM_BEST,
        {
            "now": now,
            "until": until,
            "groups": list(groups),
            "campaigns": list(campaigns),
            "person": person_id,
            "skipping": list(skipping),
        },
    ).first()
    return None if row is None else Claimed(*row)


def release_expired(connection: Connection, now: datetime) -> list[int]:
    """R-CLAIM-1. Leases that ran out before dialling: back in the queue. Returns the task ids."""
    rows = connection.execute(_RELEASE_EXPIRED, {"now": now})
    return [row.id for row in rows]


@dataclass(frozen=True, slots=True)
class ScheduleColumns:
    """The computed columns of an open task."""

    due_at: datetime | None
    urgency: int
    rank_at: datetime
    deadline: datetime
    callable_until: datetime
    region: str | None
    window_group: str


_LOCK = (
    select(task.c.id)
    .where(task.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(task.c.id)
    .with_for_update()
)


def lock(connection: Connection, task_ids: Sequence[int]) -> None:
    """Hold these tasks until the transaction ends.

    No claim then comes between reading them and storing what came out. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"ids": list(task_ids)})


def set_schedule(
    connection: Connection, task_id: int, columns: ScheduleColumns, state: str | None
) -> None:
    """Store a new schedule; with `state` None the holder keeps the task."""
    values = {name: getattr(columns, name) for name in _SCHEDULE} | {"changed_id": task_id}
    if state is None:
        connection.execute(_KEEP, values)
    else:
        connection.execute(_HAND_BACK, values | {"state": state})


def close(connection: Connection, task_id: int, now: datetime, ending: str) -> None:
    """The task has ended."""
    connection.execute(
        update(task)
        .where(task.c.id == task_id, OPEN)
        .values(
            state="closed",
            closed_at=now,
            ending=ending,
            due_at=None,
            claimed_by=None,
            claimed_until=None,
            reserved_for=None,
        )
    )


def hold_while_dialled(connection: Connection, task_id: int, until: datetime | None) -> None:
    """Set the lease's end; None: dialled, nobody else gets it until the outcome is entered."""
    connection.execute(
        update(task).where(task.c.id == task_id, CLAIMED).values(claimed_until=until)
    )


def open_of_customers(connection: Connection, customer_ids: Iterable[int]) -> list[int]:
    """The open tasks of these customers."""
    query = select(task.c.id).where(OPEN, task.c.customer_id.in_(list(customer_ids)))
    return list(connection.execute(query.order_by(task.c.id)).scalars())


def open_of_orders(connection: Connection, order_ids: Iterable[int]) -> list[int]:
    """The open tasks that these orders belong to."""
    query = (
        select(task.c.id)
        .join(task_order, task_order.c.task_id == task.c.id)
        .where(OPEN, task_order.c.order_id.in_(list(order_ids)))
        .distinct()
    )
    return sorted(connection.execute(query).scalars())


def all_open(connection: Connection) -> list[int]:
    """Every open task, when a calendar or a number changed."""
    return list(connection.execute(select(task.c.id).where(OPEN).order_by(task.c.id)).scalars())


def open_of_kind(connection: Connection, kind: Kind) -> list[int]:
    """The open tasks of every campaign of a kind; `uq_task_open_customer` leads to them."""
    of_kind = select(campaign.c.id).where(campaign.c.kind == kind)
    query = select(task.c.id).where(OPEN, task.c.campaign_id.in_(of_kind)).order_by(task.c.id)
    return list(connection.execute(query).scalars())


def past_deadline(connection: Connection, now: datetime, limit: int) -> list[int]:
    """R-DUN-3. Unclaimed open tasks whose deadline lies behind.

    The newest first: those that wait for an import are looked at again and must not keep the others
    from ending.
    """
    query = (
        select(task.c.id)
        .where(OPEN, task.c.claimed_by.is_(None), task.c.deadline <= now)
        .order_by(task.c.deadline.desc())
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


_BESIDE = (
    select(task.c.id)
    .where(
        OPEN,
        task.c.id != bindparam("task"),
        # The customer who was called is among those whose number it is. An OR beside this would cost
        # a walk over all tasks (measured on PostgreSQL: 2.4 ms of a claim's 13).
        task.c.customer_id.in_(
            select(customer_phone.c.customer_id).where(
                customer_phone.c.phone_key == bindparam("phone")
            )
        ),
    )
    .order_by(task.c.id)
)


def open_beside(connection: Connection, task_id: int, phone_key: str) -> list[int]:
    """Other open tasks whose contact budget a call on this phone is part of (R-REPEAT-3).

    They are the customer's own, and those of whoever shares the phone.
    """
    values = {"task": task_id, "phone": phone_key}
    return list(connection.execute(_BESIDE, values).scalars())


def next_due(connection: Connection, after: datetime) -> datetime | None:
    """When the next waiting task falls due; the first row of `ix_task_waiting`."""
    return connection.execute(
        select(func.min(task.c.due_at)).where(WAITING, task.c.due_at > after)
    ).scalar()


def in_turn(connection: Connection, now: datetime, limit: int) -> list[int]:
    """Due open tasks that nobody holds, in the order of the claim."""
    query = (
        select(task.c.id)
        .where(
            text("task.state IN ('ready', 'waiting')"),
            task.c.due_at <= now,
            task.c.callable_until > now,
        )
        .order_by(task.c.urgency, task.c.rank_at, task.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def to_come(connection: Connection, now: datetime, limit: int) -> list[int]:
    """Open tasks that nobody holds and that are not due yet, or not callable as things stand."""
    query = (
        select(task.c.id)
        .where(
            text("task.state IN ('ready', 'waiting')"),
            or_(task.c.due_at > now, task.c.due_at.is_(None), task.c.callable_until <= now),
        )
        .order_by(task.c.due_at.is_(None), task.c.due_at, task.c.rank_at, task.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def held(connection: Connection, now: datetime) -> tuple[int, datetime | None]:
    """How many tasks somebody holds now, and when the first of the leases ends (R-CLAIM-1)."""
    query = select(func.count(), func.min(task.c.claimed_until)).where(
        text("task.state = 'claimed'"),
        or_(task.c.claimed_until > now, task.c.claimed_until.is_(None)),
    )
    count, until = connection.execute(query).one()
    return count, until


def buyers(connection: Connection, task_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Buyer and kind by task id."""
    query = (
        select(task.c.id, customer.c.buyer, task.c.kind)
        .join(customer, customer.c.id == task.c.customer_id)
        .where(task.c.id.in_(list(task_ids)))
    )
    return {row.id: (row.buyer, row.kind) for row in connection.execute(query)}


def fence_of_open(connection: Connection, task_id: int) -> int | None:
    """The newest claim's number of a task that nobody holds; None when held or closed."""
    query = select(task.c.fence).where(
        task.c.id == task_id, text("task.state IN ('ready', 'waiting')")
    )
    return connection.execute(query).scalar()
