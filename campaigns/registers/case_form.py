"""The after-sales register as it is printed and exported: 售后问题表 (R-CASE-1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from campaigns.labels_zh import CASE_KIND_LABELS, CASE_STATE_LABELS
from campaigns.ledger import TOTAL_LABEL, Cell, Column, ColumnKind, Ledger, LedgerForm
from campaigns.registers.cases import ENDED
from campaigns.values import SHOP_ZONE, CaseKind, CaseState

REGISTER_FORM = LedgerForm(
    "cases",
    "售后问题表",
    (
        Column("日期", ColumnKind.DATE, 12),
        Column("处理人", ColumnKind.TEXT, 12),
        Column("用户ID", ColumnKind.TEXT, 20),
        Column("订单编号", ColumnKind.TEXT, 22),
        Column("问题类型", ColumnKind.TEXT, 12),
        Column("原因", ColumnKind.TEXT, 32),
        Column("协商结果", ColumnKind.TEXT, 32),
        Column("状态", ColumnKind.TEXT, 16),
        Column("到期时间", ColumnKind.TEXT, 18),
    ),
)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """R-CASE-1. One case as it stood at the instant of the register.

    `settled` is what was done when it ended; with what was agreed it makes 协商结果.
    """

    day: date
    handler: str
    buyer: str
    order_no: str | None
    kind: CaseKind
    cause: str
    agreed: str | None
    state: CaseState
    due_at: datetime
    settled: str | None = None

    def cells(self) -> tuple[Cell, ...]:
        """In the order of REGISTER_FORM."""
        return (
            self.day,
            self.handler,
            self.buyer,
            self.order_no,
            CASE_KIND_LABELS[self.kind],
            self.cause,
            "；".join(text for text in (self.agreed, self.settled) if text),
            CASE_STATE_LABELS[self.state],
            f"{self.due_at.astimezone(SHOP_ZONE):%Y-%m-%d %H:%M}",
        )


def case_register(
    rows: Sequence[CaseRow], first: date, last: date, as_of: datetime | None
) -> Ledger[CaseRow]:
    """R-CASE-1. The rows in the order given; under them how many there are and how many wait."""
    waiting = sum(row.state not in ENDED for row in rows)
    total_cells: tuple[Cell, ...] = (
        *(TOTAL_LABEL, None, None, None, f"{len(rows)} 件", None, None),
        *(f"未办结 {waiting} 件", None),
    )
    return Ledger(REGISTER_FORM, first, last, as_of, tuple(rows), total_cells)
