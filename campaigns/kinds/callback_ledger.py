"""The detail ledger of callbacks (回访明细表): what each called task came to and what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from campaigns.days import business_day
from campaigns.kinds.call_detail import CalledMatter, counted, customers_in_all, joined
from campaigns.labels_zh import EFFECT_LABELS, TOPIC_LABELS
from campaigns.ledger import TOTAL_LABEL, Cell, Column, ColumnKind, Ledger, LedgerForm
from campaigns.values import Effect

DETAIL_FORM = LedgerForm(
    "callback-detail",
    "回访明细表",
    (
        Column("回访日期", ColumnKind.DATE, 12),
        Column("处理人员", ColumnKind.TEXT, 12),
        Column("用户ID", ColumnKind.TEXT, 20),
        Column("订单编号", ColumnKind.TEXT, 22),
        Column("类别", ColumnKind.TEXT, 10),
        Column("签收或发货日期", ColumnKind.DATE, 16),
        Column("商品", ColumnKind.TEXT, 28),
        Column("次数", ColumnKind.COUNT, 8),
        Column("通话结果", ColumnKind.TEXT, 20),
        Column("联络结果", ColumnKind.TEXT, 16),
        Column("效果", ColumnKind.TEXT, 10),
        Column("意见", ColumnKind.TEXT, 24),
        Column("建议", ColumnKind.TEXT, 24),
        Column("原话", ColumnKind.TEXT, 28),
        Column("登记售后", ColumnKind.TEXT, 16),
        Column("备注", ColumnKind.TEXT, 24),
    ),
)


@dataclass(frozen=True, slots=True)
class SaidOfGoods:
    """R-CB-6. What one call collected about one product."""

    product: str
    effect: Effect | None = None
    complaint: str | None = None
    wish: str | None = None
    verbatim: str | None = None


@dataclass(frozen=True, slots=True)
class CallbackRow:
    """R-CB-6. One called task, with what its calls collected."""

    matter: CalledMatter
    said: tuple[SaidOfGoods, ...] = ()

    @property
    def began_on(self) -> date | None:
        """The earliest day on which one of its orders was signed for, or shipped."""
        began = [order.began_at for order in self.matter.orders if order.began_at is not None]
        return business_day(min(began)) if began else None

    @property
    def effects(self) -> str:
        """效果 as the customer put it, each answer once."""
        return joined(EFFECT_LABELS[said.effect] for said in self.said if said.effect)

    def cells(self) -> tuple[Cell, ...]:
        """In the order of DETAIL_FORM."""
        matter = self.matter
        return (
            matter.first_day,
            matter.handler,
            matter.buyer,
            matter.order_nos,
            TOPIC_LABELS[matter.topic],
            self.began_on,
            joined(title for order in matter.orders for title in order.goods),
            matter.attempts,
            matter.last_outcome,
            matter.result,
            self.effects,
            joined(said.complaint for said in self.said),
            joined(said.wish for said in self.said),
            joined(said.verbatim for said in self.said),
            matter.case_words,
            matter.notes,
        )


def detail_ledger(
    rows: Sequence[CallbackRow], first: date, last: date, as_of: datetime | None
) -> Ledger[CallbackRow]:
    """R-CB-6. The rows in the order given; under them attempts, answers and cases in all."""
    effects = counted(EFFECT_LABELS[said.effect] for r in rows for said in r.said if said.effect)
    cases = sum(len(row.matter.cases) for row in rows)
    total_cells: tuple[Cell, ...] = (
        *(TOTAL_LABEL, None, customers_in_all(rows), None, None, None, None),
        sum(row.matter.attempts for row in rows),
        *(None, None, effects or None, None, None, None, f"{cases} 件", None),
    )
    return Ledger(DETAIL_FORM, first, last, as_of, tuple(rows), total_cells)
