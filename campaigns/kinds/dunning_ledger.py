"""The two ledgers of the payment reminder: what each called task came to (R-DUN-7, R-DUN-8).

Both come from the same rows, and the sums are made here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby

from campaigns.days import business_day
from campaigns.labels_zh import AWAITING_PAYMENT_LABEL, ENDING_LABELS
from campaigns.ledger import TOTAL_LABEL, Cell, Column, ColumnKind, Ledger, LedgerForm
from campaigns.values import Ending, OrderState

# --- what a task came to -------------------------------------------------------------------------


class ContactResult(StrEnum):
    """R-DUN-7. 联络结果: where the orders of a called task stand."""

    PAID = "paid"
    CLOSED_BY_MARKETPLACE = "closed_by_marketplace"
    CLOSED_BY_US = "closed_by_us"
    AWAITING_PAYMENT = "awaiting_payment"


CONTACT_RESULT_LABELS: Mapping[ContactResult, str] = {
    ContactResult.PAID: ENDING_LABELS[Ending.PAID],
    ContactResult.CLOSED_BY_MARKETPLACE: ENDING_LABELS[Ending.CLOSED_BY_MARKETPLACE],
    ContactResult.CLOSED_BY_US: ENDING_LABELS[Ending.CLOSED_BY_US],
    ContactResult.AWAITING_PAYMENT: AWAITING_PAYMENT_LABEL,
}


@dataclass(frozen=True, slots=True)
class LedgerOrder:
    """One order of a task, as known at the instant of the ledger.

    `paid_at` is None for an order that was never paid; where no export stated the time of payment
    it is that of the first one that showed the order paid (R-IMP-3).
    """

    placed_at: datetime
    joined_at: datetime
    state: OrderState
    paid_fen: int = 0
    paid_at: datetime | None = None

    @property
    def is_unpaid(self) -> bool:
        """Still waiting for the buyer's payment, as far as is known."""
        return self.state is OrderState.AWAITING_PAYMENT

    @property
    def is_paid(self) -> bool:
        """Paid and not given back: a refunded order is closed and carries no money."""
        return self.paid_at is not None and (
            self.paid_fen > 0 or self.state not in (OrderState.CLOSED, OrderState.AWAITING_PAYMENT)
        )

    def is_paid_since(self, instant: datetime) -> bool:
        """R-DUN-4. Paid at or after this instant."""
        return self.is_paid and self.paid_at is not None and self.paid_at >= instant


@dataclass(frozen=True, slots=True)
class CalledTask:
    """A task with at least one attempt: the first attempt's figures, and the orders."""

    task_id: int
    buyer: str
    handler: str
    first_attempt_at: datetime
    owed_fen: int
    ending: Ending | None
    orders: tuple[LedgerOrder, ...]


def contact_result(task: CalledTask) -> ContactResult:
    """R-DUN-7. 联络结果, judged by the orders; our own closing counts until they say otherwise.

    A task whose calling is over for another reason (attempts used, opted out, deadline) still waits
    for payment while an order of it is not known to be paid or closed.
    """
    nothing_left = not any(order.is_unpaid for order in task.orders)
    if nothing_left and any(o.is_paid_since(task.first_attempt_at) for o in task.orders):
        return ContactResult.PAID
    if task.ending is Ending.CLOSED_BY_US:
        return ContactResult.CLOSED_BY_US
    return ContactResult.CLOSED_BY_MARKETPLACE if nothing_left else ContactResult.AWAITING_PAYMENT


def is_paid_uncalled(task: CalledTask) -> bool:
    """R-DUN-4. Every order was paid before the first attempt: the task counts nowhere."""
    return all(
        o.paid_at is not None and not o.is_unpaid and o.paid_at < task.first_attempt_at
        for o in task.orders
    )


# --- the detail ledger ---------------------------------------------------------------------------

DETAIL_FORM = LedgerForm(
    "dunning-detail",
    "催款明细表",
    (
        Column("催款日期", ColumnKind.DATE, 12),
        Column("处理人员", ColumnKind.TEXT, 12),
        Column("拍下日期", ColumnKind.DATE, 12),
        Column("用户ID", ColumnKind.TEXT, 24),
        Column("订单未付款额", ColumnKind.MONEY, 14),
        Column("联络结果", ColumnKind.TEXT, 12),
        Column("是否付款", ColumnKind.TEXT, 10),
        Column("付款日期", ColumnKind.DATE, 12),
        Column("付款总额", ColumnKind.MONEY, 14),
    ),
)


@dataclass(frozen=True, slots=True)
class DetailRow:
    """R-DUN-7. One called task. Amounts in fen, days in the shop's zone."""

    task_id: int
    dunned_on: date
    handler: str
    placed_on: date
    buyer: str
    owed_fen: int
    result: ContactResult
    paid_on: date | None
    paid_fen: int

    @property
    def is_paid(self) -> bool:
        """R-DUN-7. 是否付款."""
        return self.paid_fen > 0

    def cells(self) -> tuple[Cell, ...]:
        """In the order of DETAIL_FORM."""
        return (
            self.dunned_on,
            self.handler,
            self.placed_on,
            self.buyer,
            self.owed_fen,
            CONTACT_RESULT_LABELS[self.result],
            "是" if self.is_paid else "否",
            self.paid_on,
            self.paid_fen,
        )


def detail_row(task: CalledTask) -> DetailRow | None:
    """R-DUN-7. The task's row; None where R-DUN-4 keeps it out of the results."""
    if is_paid_uncalled(task):
        return None
    first = task.first_attempt_at
    # 拍下日期 goes with 订单未付款额: an order that joined later was not what this call was about.
    called_for = [o for o in task.orders if o.joined_at <= first] or task.orders
    payments = [
        (o.paid_at, o.paid_fen)
        for o in task.orders
        if o.paid_at is not None and o.is_paid_since(first) and o.paid_fen > 0
    ]
    return DetailRow(
        task_id=task.task_id,
        dunned_on=business_day(first),
        handler=task.handler,
        placed_on=business_day(min(o.placed_at for o in called_for)),
        buyer=task.buyer,
        owed_fen=task.owed_fen,
        result=contact_result(task),
        paid_on=business_day(max(at for at, _ in payments)) if payments else None,
        paid_fen=sum(fen for _, fen in payments),
    )


def detail_ledger(
    rows: Sequence[DetailRow], first: date, last: date, as_of: datetime | None
) -> Ledger[DetailRow]:
    """R-DUN-7. The rows in the order given, and their sums."""
    totals = totals_of(rows)
    total_cells = (
        *(TOTAL_LABEL, None, None, None, totals.owed_fen),
        *(None, None, None, totals.recovered_fen),
    )
    return Ledger(DETAIL_FORM, first, last, as_of, tuple(rows), total_cells)


# --- the summary ledger --------------------------------------------------------------------------

SUMMARY_FORM = LedgerForm(
    "dunning-summary",
    "催款汇总表",
    (
        Column("催款日期", ColumnKind.DATE, 12),
        Column("处理人员", ColumnKind.TEXT, 12),
        Column("催款数", ColumnKind.COUNT, 10),
        Column("回单数", ColumnKind.COUNT, 10),
        Column("未付款总金额", ColumnKind.MONEY, 16),
        Column("追回金额", ColumnKind.MONEY, 16),
        Column("成功率", ColumnKind.RATIO, 10),
    ),
)


@dataclass(frozen=True, slots=True)
class Totals:
    """R-DUN-8. The sums under a ledger. Amounts in fen."""

    customers: int
    paid_customers: int
    owed_fen: int
    recovered_fen: int

    @property
    def success_rate(self) -> float | None:
        """R-DUN-8. 成功率 = 追回金额 ÷ 未付款总金额; None where nothing was owed."""
        return self.recovered_fen / self.owed_fen if self.owed_fen else None


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """R-DUN-8. One handler's day."""

    dunned_on: date
    handler: str
    totals: Totals

    def cells(self) -> tuple[Cell, ...]:
        """In the order of SUMMARY_FORM."""
        return (self.dunned_on, self.handler, *_summary_cells(self.totals))


def summary_ledger(
    rows: Iterable[DetailRow], first: date, last: date, as_of: datetime | None
) -> Ledger[SummaryRow]:
    """R-DUN-8. The detail rows by day and handler; a row is a customer (R-DUN-2)."""
    details = sorted(rows, key=_day_and_handler)
    summary = tuple(
        SummaryRow(day, handler, totals_of(group))
        for (day, handler), group in groupby(details, key=_day_and_handler)
    )
    total_cells = (TOTAL_LABEL, None, *_summary_cells(totals_of(details)))
    return Ledger(SUMMARY_FORM, first, last, as_of, summary, total_cells)


def totals_of(rows: Iterable[DetailRow]) -> Totals:
    """R-DUN-8. 催款数, 回单数, 未付款总金额 and 追回金额 of these rows."""
    customers = paid_customers = owed_fen = recovered_fen = 0
    for row in rows:
        customers += 1
        paid_customers += row.is_paid
        owed_fen += row.owed_fen
        recovered_fen += row.paid_fen
    return Totals(customers, paid_customers, owed_fen, recovered_fen)


def _summary_cells(totals: Totals) -> tuple[Cell, ...]:
    return (
        totals.customers,
        totals.paid_customers,
        totals.owed_fen,
        totals.recovered_fen,
        totals.success_rate,
    )


def _day_and_handler(row: DetailRow) -> tuple[date, str]:
    return row.dunned_on, row.handler
