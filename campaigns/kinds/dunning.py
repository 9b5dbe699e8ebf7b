"""Payment reminder (催款): R-DUN-1 to R-DUN-6, as facts in, decisions out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from campaigns.days import business_day
from campaigns.decisions import Allow, Decision, Follow, Stop, Wait
from campaigns.facts import OrderFacts, TaskFacts
from campaigns.outcomes import COMMON_OUTCOMES, Outcome
from campaigns.policy import Policy
from campaigns.values import Ending, OrderState, TodoKind

OUTCOMES: tuple[Outcome, ...] = (
    Outcome("will_pay", "本人·答应付款", "1", "customer", Follow.FOLLOW_UP, rule="R-DUN-4"),
    Outcome(
        "not_needed",
        "本人·不需要了",
        "2",
        "customer",
        Follow.END,
        Ending.CLOSED_BY_US,
        todo=TodoKind.CLOSE_TRADE,
        rule="R-DUN-7",
    ),
    Outcome("says_paid", "本人·说已付款", "3", "customer", Follow.AFTER_IMPORT, rule="R-DUN-4"),
    Outcome(
        "relay",
        "非本人·愿转告",
        "4",
        "other",
        Follow.FOLLOW_UP,
        todo=TodoKind.WANGWANG,
        rule="R-DUN-4",
    ),
    Outcome(
        "gave_number",
        "非本人·给了本人电话",
        "5",
        "other",
        Follow.NEW_NUMBER,
        needs_phone=True,
        rule="R-REPEAT-5",
    ),
    *COMMON_OUTCOMES,
)


def is_placed_for(placed_at: datetime, day_of_calling: date) -> bool:
    """R-DUN-1. Placed on the shop's calendar day before the day of calling."""
    return business_day(placed_at) == day_of_calling - timedelta(days=1)


def closes_at(order: OrderFacts, policy: Policy) -> datetime:
    """R-DUN-3. When the marketplace closes this order by itself."""
    return order.placed_at + policy.marketplace_closes


def unpaid(orders: Iterable[OrderFacts]) -> list[OrderFacts]:
    """R-DUN-2. The orders that the call is about, the one that closes first in front."""
    return sorted((o for o in orders if o.is_unpaid), key=lambda o: (o.placed_at, o.order_no))


def owed_fen(orders: Iterable[OrderFacts]) -> int:
    """R-DUN-2, R-IMP-4. 订单未付款额: the sum of 总金额 over the unpaid orders."""
    return sum(o.total_fen for o in orders if o.is_unpaid)


def deadline(orders: Iterable[OrderFacts], policy: Policy) -> datetime | None:
    """R-DUN-3. The earliest closing time among the orders still unpaid; None with none unpaid."""
    return min((closes_at(o, policy) for o in orders if o.is_unpaid), default=None)


def last_closing(orders: Iterable[OrderFacts], policy: Policy) -> datetime | None:
    """R-DUN-3. The latest closing time among the unpaid orders: from then on nothing can be done."""
    return max((closes_at(o, policy) for o in orders if o.is_unpaid), default=None)


def stale_at(orders: Iterable[OrderFacts], policy: Policy) -> datetime | None:
    """R-DUN-4. From this instant on the payment data are too old for a reminder."""
    oldest = min((o.last_seen_at for o in orders if o.is_unpaid), default=None)
    return None if oldest is None else oldest + policy.payment_stale


def needs_a_look(orders: Iterable[OrderFacts], now: datetime, policy: Policy) -> bool:
    """R-DUN-4, R-IMP-3. The caller must look in the shop's backend before dialling."""
    look_after = timedelta(hours=policy.payment_look_hours)
    return any(
        o.is_unpaid and (now - o.last_seen_at > look_after or o.missing_since is not None)
        for o in orders
    )


def check_payment(
    task: TaskFacts, now: datetime, policy: Policy, needs_import: datetime | None
) -> Decision:
    """R-DUN-4. Something must still be unpaid, and known so from recent enough data.

    `needs_import`: after 说已付款 only an export newer than that instant decides.
    """
    open_orders = unpaid(task.orders)
    if not open_orders:
        return Stop("R-DUN-4", "没有待付款的订单了")
    stale = stale_at(open_orders, policy)
    if stale is not None and now > stale:
        return Wait(
            "R-DUN-4", None, f"付款数据已超过 {policy.payment_stale_hours} 小时，请先导入最新订单"
        )
    if needs_import is not None and any(o.last_seen_at <= needs_import for o in open_orders):
        return Wait("R-DUN-4", None, "客户说已付款，等下一次导入核对")
    return Allow(f"还有 {len(open_orders)} 笔订单未付款")


def check_deadline(task: TaskFacts, now: datetime, policy: Policy) -> Decision:
    """R-DUN-3. No contact at or after the earliest closing time of an unpaid order.

    While a later order remains unpaid the task waits for the import that shows the first one closed.
    """
    closing = deadline(task.orders, policy)
    if closing is None:
        return Allow("没有等着关闭的订单")
    if now < closing:
        return Allow("订单尚未到自动关闭时间")
    last = last_closing(task.orders, policy)
    if last is not None and now < last:
        return Wait("R-DUN-3", None, "最早的订单已到关闭时间，等导入确认后再继续其余订单")
    return Stop("R-DUN-3", "已到订单自动关闭时间")


def rank_at(orders: Iterable[OrderFacts], policy: Policy) -> datetime | None:
    """R-DUN-5. Lower comes first: the closing time, moved forward by what the orders are worth.

    rank = deadline − worth_hours_per_doubling · log2(1 + owed ÷ worth_base). It depends on nothing
    that passes with time, so it is stored and indexed.
    """
    listed = list(orders)
    closing = deadline(listed, policy)
    if closing is None:
        return None
    worth = math.log2(1 + owed_fen(listed) / (100 * max(policy.worth_base_yuan, 1)))
    return closing - timedelta(hours=policy.worth_hours_per_doubling * worth)


def ending_by_orders(
    orders: Iterable[OrderFacts], first_attempt_at: datetime | None
) -> Ending | None:
    """R-DUN-4, R-DUN-7. How the orders end the task; None while something is left to pay.

    An order that was paid before the first attempt does not make up for one that was called about
    and then closed by the marketplace.
    """
    listed = list(orders)
    if any(o.is_unpaid for o in listed):
        return None
    was_called = first_attempt_at is not None
    if first_attempt_at is not None and any(
        o.paid_at is not None and o.paid_at >= first_attempt_at for o in listed
    ):
        return Ending.PAID
    lapsed = any(o.state is OrderState.CLOSED and o.paid_at is None for o in listed)
    if is_paid(listed) and not (was_called and lapsed):
        return Ending.PAID_UNCALLED
    return Ending.CLOSED_BY_MARKETPLACE


def is_paid(orders: Iterable[OrderFacts]) -> bool:
    """R-DUN-4. Nothing is left to pay, and something was paid."""
    listed = list(orders)
    return not any(o.is_unpaid for o in listed) and any(
        o.paid_at is not None or o.state in _PAID_STATES for o in listed
    )


_PAID_STATES = frozenset({OrderState.PAID, OrderState.SHIPPED, OrderState.COMPLETED})
