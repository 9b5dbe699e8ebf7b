"""R-DUN-9: what the calling itself brings in, beside what comes in anyway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from adapters.store.queries import control as queries
from adapters.store.queries import planning
from campaigns.days import business_day
from campaigns.errors import NotFoundError, UsageError
from campaigns.statistics import (
    MIN_TO_COMPARE,
    Interval,
    difference_interval,
    ratio_difference,
    share_interval,
)
from campaigns.values import Kind
from scheduler.runtime import Runtime

DAYS_LOOKED_AT = 90
"""Where nobody names the days: a share of a hundred customers a day has settled by then."""


@dataclass(frozen=True, slots=True)
class Group:
    """Customers whose orders have all passed their closing. Amounts in fen; `payers` paid something."""

    customers: int
    payers: int
    owed_fen: int
    paid_fen: int
    share: Interval | None


@dataclass(frozen=True, slots=True)
class ControlResult:
    """Called against kept uncalled, by intention to treat: who paid before a call counts as called.

    `still_open`: customers whose orders can still be paid, so they are not counted yet. `gain` is the
    difference of the shares of payers, `money_gain` that of the parts of the money.
    """

    campaign_id: int
    name: str
    percent: int
    first: date
    last: date
    called: Group
    control: Group
    gain: Interval | None
    money_gain: Interval | None
    still_open: int

    @property
    def least(self) -> int:
        """How many each side needs."""
        return MIN_TO_COMPARE

    @property
    def is_too_few(self) -> bool:
        """Too few on one side to compare."""
        return min(self.called.customers, self.control.customers) < MIN_TO_COMPARE


def control_result(
    runtime: Runtime,
    campaign_id: int,
    now: datetime,
    *,
    first: date | None = None,
    last: date | None = None,
) -> ControlResult:
    """R-DUN-9. The result of one campaign over days of calling; the last 90 if none are named.

    Raises NotFoundError for an unknown campaign, UsageError for one that is no reminder.
    """
    last = last or business_day(now)
    first = first or last - timedelta(days=DAYS_LOOKED_AT)
    with runtime.snapshot() as connection:
        campaign = planning.campaign_to_try(connection, campaign_id)
        if campaign is None:
            raise NotFoundError(f"没有这个活动：{campaign_id}", field="campaign")
        if campaign.kind != Kind.DUNNING:
            raise UsageError("只有催款活动有对照组（R-DUN-9）", field="campaign")
        closes = runtime.law(connection).policy_for(campaign_id).marketplace_closes
        rows = queries.orders_compared(connection, campaign_id, first, last)
    by_customer: dict[tuple[int, int], list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_customer[row.batch_id, row.customer_id].append(row)
    called: list[tuple[int, int]] = []
    control: list[tuple[int, int]] = []
    still_open = 0
    for found in by_customer.values():
        if any(row.placed_at + closes > now for row in found):
            still_open += 1
        else:
            (control if found[0].is_control else called).append(_paid_of_owed(found))
    return ControlResult(
        campaign_id,
        campaign.name,
        campaign.control_percent,
        first,
        last,
        _group(called),
        _group(control),
        difference_interval(_payers(called), len(called), _payers(control), len(control)),
        ratio_difference(called, control),
        still_open,
    )


def control_results(
    runtime: Runtime, now: datetime, first: date, last: date, campaign_id: int | None = None
) -> list[ControlResult]:
    """R-DUN-9. The results of every campaign, or of one, that keeps or kept a share uncalled."""
    with runtime.snapshot() as connection:
        kept = [row.id for row in queries.campaigns_with_control(connection)]
    found = [one for one in kept if campaign_id in (None, one)]
    return [control_result(runtime, one, now, first=first, last=last) for one in found]


def _paid_of_owed(orders: Iterable[Row[Any]]) -> tuple[int, int]:
    """What was paid after the draw, of what was unpaid then; a payment before it was not known."""
    paid = owed = 0
    for row in orders:
        owed += row.total_fen
        if row.paid_at is not None and row.paid_at >= row.created_at:
            paid += row.paid_fen
    return paid, owed


def _payers(pairs: Iterable[tuple[int, int]]) -> int:
    return sum(paid > 0 for paid, _ in pairs)


def _group(pairs: list[tuple[int, int]]) -> Group:
    payers = _payers(pairs)
    return Group(
        len(pairs),
        payers,
        sum(owed for _, owed in pairs),
        sum(paid for paid, _ in pairs),
        share_interval(payers, len(pairs)),
    )
