"""The invented marketplace lives like a real one, and always the same for the same seed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from adapters.training_shop.marketplace import CLOSES_AFTER, Marketplace, PlacedOrder
from campaigns.regions import province_of_address
from campaigns.values import OrderState

DAY = date(2026, 10, 13)
LATER = datetime(2026, 10, 14, 4, 0, tzinfo=UTC)


def opened(orders: int = 2_000, seed: str = "test") -> tuple[Marketplace, list[PlacedOrder]]:
    marketplace = Marketplace(seed)
    return marketplace, marketplace.open_day(DAY, orders)


def test_the_same_seed_gives_the_same_orders() -> None:
    assert opened(300)[1] == opened(300)[1]
    assert opened(300)[1] != opened(300, "another seed")[1]


def test_about_one_in_seven_stays_unpaid_and_the_others_pay_at_once() -> None:
    _, orders = opened()
    unpaid = sum(order.paid_at is None for order in orders) / len(orders)
    assert 0.11 < unpaid < 0.17
    waits = [order.paid_at - order.placed_at for order in orders if order.paid_at is not None]
    at_once = sum(wait < timedelta(minutes=15) for wait in waits) / len(waits)
    assert 0.93 < at_once < 0.99


def test_buyers_live_in_many_provinces_also_in_the_far_west() -> None:
    _, orders = opened()
    found = {province_of_address(order.buyer.address) for order in orders}
    assert {"新疆", "西藏", "广东", "上海"} <= found
    assert None not in found


def test_an_order_that_nobody_pays_closes_by_itself() -> None:
    _, orders = opened()
    left = next(order for order in orders if order.paid_at is None)
    closes = left.placed_at + CLOSES_AFTER
    assert left.state_at(closes - timedelta(seconds=1)) is OrderState.AWAITING_PAYMENT
    assert left.state_at(closes) is OrderState.CLOSED


def test_a_late_payment_is_seen_from_its_instant_on() -> None:
    marketplace, orders = opened()
    left = next(order for order in orders if order.paid_at is None)
    assert left in marketplace.awaiting(left.buyer.user_id, LATER)
    marketplace.pay(left, LATER)
    assert left.state_at(LATER - timedelta(seconds=1)) is OrderState.AWAITING_PAYMENT
    assert left.state_at(LATER) is OrderState.PAID
    assert left not in marketplace.awaiting(left.buyer.user_id, LATER)


def test_nobody_pays_an_order_that_is_closed() -> None:
    marketplace, orders = opened()
    first, second = [order for order in orders if order.paid_at is None][:2]
    marketplace.pay(first, first.placed_at + CLOSES_AFTER)
    marketplace.close(second, LATER, "其它原因")
    marketplace.pay(second, LATER + timedelta(minutes=1))
    for order in (first, second):
        assert order.state_at(first.placed_at + CLOSES_AFTER * 2) is OrderState.CLOSED


def test_some_buyers_come_several_times_on_one_day() -> None:
    _, orders = opened()
    by_buyer: dict[str, list[PlacedOrder]] = {}
    for order in orders:
        by_buyer.setdefault(order.buyer.user_id, []).append(order)
    mixed = [
        one
        for one in by_buyer.values()
        if {order.paid_at is None for order in one} == {True, False}
    ]
    assert mixed, "nobody has both a paid and an unpaid order"
