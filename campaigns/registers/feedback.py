"""What callbacks collect comes back to the shop: the entries, and counts by product and week (R-CB-6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from campaigns.kinds.call_detail import counted
from campaigns.labels_zh import EFFECT_LABELS
from campaigns.ledger import TOTAL_LABEL, Cell, Column, ColumnKind, Ledger, LedgerForm
from campaigns.values import Effect

ENTRIES_FORM = LedgerForm(
    "feedback",
    "回访信息搜集及反馈",
    (
        Column("日期", ColumnKind.DATE, 12),
        Column("处理人员", ColumnKind.TEXT, 12),
        Column("用户ID", ColumnKind.TEXT, 20),
        Column("商品", ColumnKind.TEXT, 30),
        Column("效果", ColumnKind.TEXT, 10),
        Column("意见", ColumnKind.TEXT, 28),
        Column("建议", ColumnKind.TEXT, 28),
        Column("原话", ColumnKind.TEXT, 32),
    ),
)

COUNTS_FORM = LedgerForm(
    "feedback-summary",
    "回访反馈汇总表",
    (
        Column("商品", ColumnKind.TEXT, 36),
        Column("周", ColumnKind.TEXT, 12),
        Column("周一", ColumnKind.DATE, 12),
        Column("反馈数", ColumnKind.COUNT, 10),
        *(Column(EFFECT_LABELS[effect], ColumnKind.COUNT, 10) for effect in Effect),
        Column("没说效果", ColumnKind.COUNT, 10),
    ),
)


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """R-CB-6. What one call collected about one product."""

    day: date
    who: str
    buyer: str
    product: str
    effect: Effect | None
    complaint: str | None
    wish: str | None
    verbatim: str | None

    def cells(self) -> tuple[Cell, ...]:
        """In the order of ENTRIES_FORM."""
        return (
            self.day,
            self.who,
            self.buyer,
            self.product,
            EFFECT_LABELS[self.effect] if self.effect else None,
            self.complaint,
            self.wish,
            self.verbatim,
        )


def feedback_ledger(
    rows: Sequence[FeedbackRow], first: date, last: date, as_of: datetime | None
) -> Ledger[FeedbackRow]:
    """R-CB-6. The entries in the order given; under them the answers in all."""
    effects = counted(EFFECT_LABELS[row.effect] for row in rows if row.effect)
    total_cells: tuple[Cell, ...] = (
        *(TOTAL_LABEL, None, f"{len(rows)} 条", None, effects or None, None, None, None),
    )
    return Ledger(ENTRIES_FORM, first, last, as_of, tuple(rows), total_cells)


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many entries of one day say the same of one product."""

    day: date
    product: str
    effect: Effect | None
    count: int


@dataclass(frozen=True, slots=True)
class WeekCount:
    """R-CB-6. One product in one ISO week, by effect; None: nothing was said of it."""

    product: str
    monday: date
    by_effect: tuple[tuple[Effect | None, int], ...]

    @property
    def count(self) -> int:
        """All entries."""
        return sum(count for _, count in self.by_effect)

    def of(self, effect: Effect | None) -> int:
        """The entries with this effect."""
        return dict(self.by_effect).get(effect, 0)

    @property
    def week(self) -> str:
        """The ISO week, e.g. `2026-W10`."""
        year, week, _ = self.monday.isocalendar()
        return f"{year}-W{week:02d}"

    def cells(self) -> tuple[Cell, ...]:
        """In the order of COUNTS_FORM."""
        return (self.product, self.week, self.monday, *_counts([self]))


def by_week(counts: Iterable[DayCount]) -> list[WeekCount]:
    """R-CB-6. Sum up by product and ISO week; the product spoken of most in front, weeks in order."""
    weeks: dict[tuple[str, date], Counter[Effect | None]] = {}
    in_all: Counter[str] = Counter()
    for one in counts:
        monday = one.day - timedelta(days=one.day.weekday())
        weeks.setdefault((one.product, monday), Counter())[one.effect] += one.count
        in_all[one.product] += one.count
    order = sorted(weeks, key=lambda key: (-in_all[key[0]], key[0], key[1]))
    return [WeekCount(*key, tuple(weeks[key].items())) for key in order]


def counts_ledger(
    weeks: Sequence[WeekCount], first: date, last: date, as_of: datetime | None
) -> Ledger[WeekCount]:
    """R-CB-6. The counts in the order given, and their sums."""
    total_cells = (TOTAL_LABEL, None, None, *_counts(weeks))
    return Ledger(COUNTS_FORM, first, last, as_of, tuple(weeks), total_cells)


def _counts(weeks: Sequence[WeekCount]) -> tuple[int, ...]:
    effects: tuple[Effect | None, ...] = (*Effect, None)
    return (
        sum(week.count for week in weeks),
        *(sum(week.of(effect) for week in weeks) for effect in effects),
    )
