"""Figures kept with each outcome: what a day's calls and reminders came to, without reading them again.

Written in the transaction of what they count. Read by the panel: some rows a day, whatever the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    text,
)

from adapters.store.models.calls import MADE, attempt
from adapters.store.models.campaigns import task_order
from adapters.store.models.customers import order
from adapters.store.models.figures import contact_figure, money_figure, task_money
from campaigns.kinds.dunning_ledger import CalledTask, LedgerOrder
from campaigns.values import Kind, OrderState

CHUNK = 1_000
STREAMED = 10_000


class Contact(NamedTuple):
    """Where a call is counted: its day and hour in the shop, its campaign, its caller."""

    day: date
    hour: int
    campaign_id: int
    caller_id: int


class Counts(NamedTuple):
    """What is added there."""

    matters: int
    attempts: int
    reached: int
    promised: int


class Money(NamedTuple):
    """R-DUN-7. What one reminder counts for, under the day and handler of its first call."""

    day: date
    campaign_id: int
    handler_id: int
    owed_fen: int
    paid_fen: int
    is_payer: bool


class Sums(NamedTuple):
    """R-DUN-8. The sums of a day, campaign and handler, or what is added to them."""

    customers: int
    payers: int
    owed_fen: int
    paid_fen: int


SumKey = tuple[date, int, int]
"""Day, campaign and handler of a row of sums."""


def _adding(table: Table, keys: Sequence[str], added: Sequence[str]) -> Any:
    """As text, because the dialects' own INSERT … ON CONFLICT is compiled anew at each call."""
    names = (*keys, *added)
    sets = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in added)
    statement = (
        f"INSERT INTO {table.name} ({', '.join(names)}) "  # noqa: S608 - names of our own columns
        f"VALUES ({', '.join(f':{name}' for name in names)}) "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}"
    )
    return text(statement).bindparams(
        *(bindparam(name, type_=table.c[name].type) for name in names)
    )


_ADD_CONTACT = _adding(
    contact_figure, ("business_day", "hour", "campaign_id", "caller_id"), Counts._fields
)
_ADD_MONEY = _adding(money_figure, ("business_day", "campaign_id", "handler_id"), Sums._fields)


def add_contacts(connection: Connection, counts: Mapping[Contact, Counts]) -> None:
    """Add to the counts. In one order for everybody, so that two writers cannot wait for each other."""
    for key, added in sorted(counts.items()):
        connection.execute(
            _ADD_CONTACT,
            {
                "business_day": key.day,
                "hour": key.hour,
                "campaign_id": key.campaign_id,
                "caller_id": key.caller_id,
                **added._asdict(),
            },
        )


def add_money(connection: Connection, sums: Mapping[SumKey, Sums]) -> None:
    """Add to the sums, in one order for everybody."""
    for (day, campaign_id, handler_id), added in sorted(sums.items()):
        key = {"business_day": day, "campaign_id": campaign_id, "handler_id": handler_id}
        connection.execute(_ADD_MONEY, key | added._asdict())


# --- what a reminder counts for ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Called:
    """One called reminder: where it is counted, and what the ledger makes its row of."""

    campaign_id: int
    handler_id: int
    task: CalledTask


_EARLIER = attempt.alias("earlier")


def _is_first() -> ColumnElement[bool]:
    """R-DUN-7, R-REPEAT-5. The first attempt of its task, as the ledger finds it (index on task_id)."""
    return and_(
        MADE,
        attempt.c.redial_of.is_(None),
        ~exists().where(
            _EARLIER.c.task_id == attempt.c.task_id,
            text("earlier.state IN ('dialled', 'closed')"),
            _EARLIER.c.redial_of.is_(None),
            or_(
                _EARLIER.c.at < attempt.c.at,
                and_(_EARLIER.c.at == attempt.c.at, _EARLIER.c.id < attempt.c.id),
            ),
        ),
    )


_CALLED = (
    select(
        attempt.c.task_id,
        attempt.c.campaign_id,
        attempt.c.caller_id,
        attempt.c.at,
        attempt.c.owed_fen,
        order.c.placed_at,
        task_order.c.joined_at,
        order.c.state,
        order.c.paid_fen,
        order.c.paid_at,
    )
    .join(task_order, task_order.c.task_id == attempt.c.task_id)
    .join(order, order.c.id == task_order.c.order_id)
    .where(
        attempt.c.task_id.in_(bindparam("ids", expanding=True)),
        attempt.c.kind == Kind.DUNNING,
        _is_first(),
    )
    .order_by(attempt.c.task_id, order.c.id)
)


def called(connection: Connection, task_ids: Sequence[int]) -> dict[int, Called]:
    """Read the reminders among these tasks that were called, as the ledger sees them."""
    rows = connection.execute(_CALLED, {"ids": list(task_ids)})
    return {
        task_id: _called(list(group)) for task_id, group in groupby(rows, key=lambda r: r.task_id)
    }


def _called(rows: list[Row[Any]]) -> Called:
    head = rows[0]
    return Called(
        head.campaign_id,
        head.caller_id,
        CalledTask(
            task_id=head.task_id,
            buyer="",  # no figure names anybody
            handler="",
            first_attempt_at=head.at,
            owed_fen=head.owed_fen,
            ending=None,
            orders=tuple(
                LedgerOrder(
                    placed_at=row.placed_at,
                    joined_at=row.joined_at,
                    state=OrderState(row.state),
                    paid_fen=row.paid_fen,
                    paid_at=row.paid_at,
                )
                for row in rows
            ),
        ),
    )


def called_of_orders(connection: Connection, order_ids: Iterable[int]) -> list[int]:
    """The reminders with a call that these orders belong to, ended ones too (index on order_id)."""
    query = (
        select(task_order.c.task_id)
        .join(attempt, attempt.c.task_id == task_order.c.task_id)
        .where(task_order.c.order_id.in_(list(order_ids)), attempt.c.kind == Kind.DUNNING, MADE)
        .distinct()
    )
    return sorted(connection.execute(query).scalars())


_TASK_MONEY = select(task_money).where(task_money.c.task_id.in_(bindparam("ids", expanding=True)))
_FORGET = delete(task_money).where(task_money.c.task_id.in_(bindparam("ids", expanding=True)))


def task_moneys(connection: Connection, task_ids: Sequence[int]) -> dict[int, Money]:
    """What is kept of these tasks, by primary key."""
    rows = connection.execute(_TASK_MONEY, {"ids": list(task_ids)})
    return {row.task_id: _money(row) for row in rows}


def put_task_moneys(
    connection: Connection, gone: Sequence[int], stored: Mapping[int, Money]
) -> None:
    """Take some rows away, then write these."""
    if gone:
        connection.execute(_FORGET, {"ids": list(gone)})
    if stored:
        connection.execute(
            insert(task_money),
            [
                {
                    "task_id": task_id,
                    "business_day": money.day,
                    "campaign_id": money.campaign_id,
                    "handler_id": money.handler_id,
                    "owed_fen": money.owed_fen,
                    "paid_fen": money.paid_fen,
                    "is_payer": money.is_payer,
                }
                for task_id, money in stored.items()
            ],
        )


def _money(row: Row[Any]) -> Money:
    return Money(
        row.business_day,
        row.campaign_id,
        row.handler_id,
        row.owed_fen,
        row.paid_fen,
        bool(row.is_payer),
    )


# --- making them anew from history ---------------------------------------------------------------


def is_behind(connection: Connection) -> bool:
    """Whether calls were entered and no figure was ever kept: the shop was upgraded just now."""
    if connection.execute(select(contact_figure.c.hour).limit(1)).first() is not None:
        return False
    query = select(attempt.c.id).where(text("attempt.state = 'closed'")).limit(1)
    return connection.execute(query).first() is not None


def hold_still(connection: Connection) -> None:
    """Let nobody add a figure until the transaction ends. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("LOCK TABLE contact_figure, task_money, money_figure IN SHARE ROW EXCLUSIVE MODE")
        )


def entered(connection: Connection) -> Iterator[Row[Any]]:
    """Every entered call of all times, streamed."""
    query = select(
        attempt.c.kind,
        attempt.c.at,
        attempt.c.campaign_id,
        attempt.c.caller_id,
        attempt.c.outcome,
        attempt.c.is_reached,
        attempt.c.redial_of,
        attempt.c.rides_on,
    ).where(text("attempt.state = 'closed'"))
    yield from connection.execute(query, execution_options={"yield_per": STREAMED})


def called_after(connection: Connection, after: int, limit: int) -> list[int]:
    """Called reminders by number, page by page (index on task_id)."""
    query = (
        select(attempt.c.task_id)
        .where(attempt.c.task_id > after, attempt.c.kind == Kind.DUNNING, MADE)
        .distinct()
        .order_by(attempt.c.task_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def all_contacts(connection: Connection) -> dict[Contact, Counts]:
    """Every row of the counts."""
    return {
        Contact(r.business_day, r.hour, r.campaign_id, r.caller_id): Counts(
            r.matters, r.attempts, r.reached, r.promised
        )
        for r in connection.execute(select(contact_figure))
    }


def all_task_moneys(connection: Connection) -> dict[int, Money]:
    """Every row of what reminders count for."""
    return {row.task_id: _money(row) for row in connection.execute(select(task_money))}


def all_sums(connection: Connection) -> dict[SumKey, Sums]:
    """Every row of the sums."""
    return {
        (r.business_day, r.campaign_id, r.handler_id): Sums(
            r.customers, r.payers, r.owed_fen, r.paid_fen
        )
        for r in connection.execute(select(money_figure))
    }


def clear(connection: Connection) -> None:
    """Forget all figures; they are written again in the same transaction."""
    for table in (contact_figure, task_money, money_figure):
        connection.execute(delete(table))
