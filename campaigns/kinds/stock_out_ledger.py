"""The detail ledger of stock-out notices (缺货通知明细表): what was told, agreed, promised and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from campaigns.kinds.call_detail import CalledMatter, counted, customers_in_all, joined
from campaigns.labels_zh import PROMISE_LABELS
from campaigns.ledger import TOTAL_LABEL, Cell, Column, ColumnKind, Ledger, LedgerForm
from campaigns.values import Promise

DETAIL_FORM = LedgerForm(
    "stockout-detail",
    "缺货通知明细表",
    (
        Column("通知日期", ColumnKind.DATE, 12),
        Column("处理人员", ColumnKind.TEXT, 12),
        Column("用户ID", ColumnKind.TEXT, 20),
        Column("订单编号", ColumnKind.TEXT, 22),
        Column("缺货商品", ColumnKind.TEXT, 28),
        Column("告知到货日", ColumnKind.DATE, 12),
        Column("次数", ColumnKind.COUNT, 8),
        Column("通话结果", ColumnKind.TEXT, 24),
        Column("联络结果", ColumnKind.TEXT, 16),
        Column("承诺", ColumnKind.TEXT, 24),
        Column("兑现情况", ColumnKind.TEXT, 22),
        Column("登记售后", ColumnKind.TEXT, 16),
        Column("备注", ColumnKind.TEXT, 24),
    ),
)

TOLD = frozenset({"agrees", "agrees_with_gift", "refuses", "relay"})
"""Outcomes of a talk in which the day was named."""


class PromiseState(StrEnum):
    """R-OOS-2. What has become of a promise."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    KEPT_LATE = "kept_late"
    WITHDRAWN = "withdrawn"


PROMISE_STATE_LABELS = {
    PromiseState.OPEN: "待兑现",
    PromiseState.KEPT: "已兑现",
    PromiseState.BROKEN: "未兑现",
    PromiseState.KEPT_LATE: "过期才兑现",
    PromiseState.WITHDRAWN: "已撤回",
}


@dataclass(frozen=True, slots=True)
class PromiseMade:
    """R-OOS-1. One promise for one order, with what is known of it at the ledger's instant."""

    promise: Promise
    is_done: bool = False
    is_broken: bool = False
    is_withdrawn: bool = False

    @property
    def state(self) -> PromiseState:
        """R-OOS-2. A promise once broken was at best kept late."""
        if self.is_done:
            return PromiseState.KEPT_LATE if self.is_broken else PromiseState.KEPT
        if self.is_broken:
            return PromiseState.BROKEN
        return PromiseState.WITHDRAWN if self.is_withdrawn else PromiseState.OPEN


@dataclass(frozen=True, slots=True)
class MissingArticle:
    """An article that the task is about, with every day it was ever expected on (R-OOS-2)."""

    name: str
    expected: tuple[tuple[datetime, date], ...]  # when it was known, and the day
    joined_at: datetime
    arrived_at: datetime | None = None

    def expected_at(self, instant: datetime) -> date | None:
        """The day that was expected then; None where nothing was missing then."""
        if self.joined_at > instant or (self.arrived_at is not None and self.arrived_at <= instant):
            return None
        known = [(at, day) for at, day in self.expected if at <= instant]
        return max(known, key=lambda one: one[0])[1] if known else None


@dataclass(frozen=True, slots=True)
class StockOutRow:
    """R-OOS-1. One called task."""

    matter: CalledMatter
    articles: tuple[MissingArticle, ...] = ()
    promises: tuple[PromiseMade, ...] = ()

    @property
    def told_day(self) -> date | None:
        """R-OOS-1. 告知到货日: the latest day expected when the customer was told last."""
        told = [call.said_at for call in self.matter.calls if call.outcome in TOLD and call.said_at]
        if not told:
            return None
        days = [article.expected_at(max(told)) for article in self.articles]
        return max((day for day in days if day is not None), default=None)

    @property
    def kept(self) -> str:
        """R-OOS-2. 兑现情况; counted where the promises of one task stand differently."""
        labels = [PROMISE_STATE_LABELS[promise.state] for promise in self.promises]
        return labels[0] if len(set(labels)) == 1 else counted(labels)

    def cells(self) -> tuple[Cell, ...]:
        """In the order of DETAIL_FORM."""
        matter = self.matter
        return (
            matter.first_day,
            matter.handler,
            matter.buyer,
            matter.order_nos,
            joined(article.name for article in self.articles),
            self.told_day,
            matter.attempts,
            matter.last_outcome,
            matter.result,
            joined(PROMISE_LABELS[made.promise] for made in self.promises),
            self.kept,
            matter.case_words,
            matter.notes,
        )


def detail_ledger(
    rows: Sequence[StockOutRow], first: date, last: date, as_of: datetime | None
) -> Ledger[StockOutRow]:
    """R-OOS-2. The rows in the order given; under them attempts, promises by state, and cases."""
    kept = counted(PROMISE_STATE_LABELS[made.state] for row in rows for made in row.promises)
    cases = sum(len(row.matter.cases) for row in rows)
    total_cells: tuple[Cell, ...] = (
        *(TOTAL_LABEL, None, customers_in_all(rows), None, None, None),
        sum(row.matter.attempts for row in rows),
        *(None, None, None, kept or None, f"{cases} 件", None),
    )
    return Ledger(DETAIL_FORM, first, last, as_of, tuple(rows), total_cells)
