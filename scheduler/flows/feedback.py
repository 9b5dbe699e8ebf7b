"""The feedback that callbacks collect, as the shop reads it: counts, then the very words (R-CB-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from adapters.store.queries import feedback as queries
from adapters.store.queries.feedback import FeedbackQuery
from campaigns.errors import UsageError
from campaigns.registers.feedback import WeekCount, by_week
from campaigns.values import Effect
from scheduler.flows.ledgers import day_counts
from scheduler.runtime import Runtime

LISTED = 200
PRODUCTS = 500

__all__ = ["FeedbackQuery", "FeedbackSeen", "seen"]


@dataclass(frozen=True, slots=True)
class FeedbackLine:
    """One entry in the customer's words."""

    id: int
    at: datetime
    who: str
    customer_id: int
    buyer: str
    product: str
    effect: Effect | None
    complaint: str | None
    wish: str | None
    verbatim: str | None


@dataclass(frozen=True, slots=True)
class FeedbackSeen:
    """Counts by product and week, the entries behind them, and what may be chosen.

    The counts are of all entries that fit, the list is cut at `LISTED`.
    """

    weeks: tuple[WeekCount, ...]
    lines: tuple[FeedbackLine, ...]
    products: tuple[str, ...]

    @property
    def count(self) -> int:
        """All entries that fit."""
        return sum(week.count for week in self.weeks)

    def of(self, effect: Effect | None) -> int:
        """All entries with this effect."""
        return sum(week.of(effect) for week in self.weeks)


def seen(runtime: Runtime, wanted: FeedbackQuery) -> FeedbackSeen:
    """R-CB-6. What was said in some days. Raises UsageError when the days are the wrong way round."""
    if wanted.first > wanted.last:
        raise UsageError(f"开始日期 {wanted.first} 晚于结束日期 {wanted.last}", field="from")
    with runtime.snapshot() as connection:
        counts = queries.counts_by_day(connection, wanted)
        rows = queries.entries(connection, wanted, LISTED, newest_first=True)
        products = queries.products(connection, wanted.first, wanted.last, PRODUCTS)
    return FeedbackSeen(
        weeks=tuple(by_week(day_counts(counts))),
        lines=tuple(_line(row) for row in rows),
        products=tuple(products),
    )


def _line(row: Row[Any]) -> FeedbackLine:
    return FeedbackLine(
        id=row.id,
        at=row.at,
        who=row.who,
        customer_id=row.customer_id,
        buyer=row.buyer,
        product=row.product,
        effect=Effect(row.effect) if row.effect else None,
        complaint=row.complaint,
        wish=row.wish,
        verbatim=row.verbatim,
    )
