"""What we owe customers who wait for goods: still to be kept, broken, kept (R-OOS-2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from adapters.store.queries import promises as queries
from campaigns.days import business_day
from campaigns.kinds.stock_out_ledger import PROMISE_STATE_LABELS, PromiseState
from campaigns.labels_zh import PROMISE_LABELS
from campaigns.values import Promise
from scheduler.runtime import Runtime

LISTED = 500

__all__ = ["PROMISE_STATE_LABELS", "PromiseList", "PromiseState", "promise_list"]


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """One promise for one order. `promised_on` is the day that the customer was told."""

    id: int
    order_no: str
    customer_id: int
    buyer: str
    what: str
    goods: str
    promised_on: date | None
    due_at: datetime
    created_at: datetime
    caller: str | None
    broken_at: datetime | None
    broken_why: str | None
    done_at: datetime | None
    done_by: str | None
    is_overdue: bool

    @property
    def last_day(self) -> date:
        """The last day on which it is kept in time; `due_at` is the midnight after it."""
        return business_day(self.due_at - timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class PromiseList:
    """The promises of one state, and how many stand in each."""

    state: PromiseState
    lines: tuple[PromiseLine, ...]
    counts: Mapping[PromiseState, int]


def promise_list(runtime: Runtime, state: PromiseState, now: datetime) -> PromiseList:
    """R-OOS-2. The promises that stand so, what is due first in front."""
    with runtime.snapshot() as connection:
        rows = queries.listed(connection, state, LISTED)
        counts = queries.counts(connection)
        goods = queries.articles_of(connection, sorted({row.task_id for row in rows}))
    return PromiseList(
        state, tuple(_line(row, "、".join(goods.get(row.task_id, [])), now) for row in rows), counts
    )


def _line(row: Row[Any], goods: str, now: datetime) -> PromiseLine:
    return PromiseLine(
        id=row.id,
        order_no=row.order_no or "",
        customer_id=row.customer_id,
        buyer=row.buyer,
        what=PROMISE_LABELS[Promise(row.occasion.partition(":")[0])],
        goods=goods,
        promised_on=row.promised_on,
        due_at=row.due_at,
        created_at=row.created_at,
        caller=row.caller,
        broken_at=row.broken_at,
        broken_why=row.broken_why,
        done_at=row.done_at,
        done_by=row.done_by,
        is_overdue=row.done_at is None and row.withdrawn_at is None and row.due_at <= now,
    )
