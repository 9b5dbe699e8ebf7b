"""The invented marketplace: orders are placed, paid, shipped, completed or closed, day by day.

The same seed gives the same orders. What people do after a call is told to it by `pay` and `close`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from adapters.training_shop.buyers import Buyer, draw_buyer, draw_relay
from adapters.training_shop.goods import Product, draw_items
from adapters.training_shop.shortages import Shortage, waits_until
from campaigns.values import SHOP_ZONE, OrderState

CLOSES_AFTER = timedelta(hours=72)
"""When this marketplace closes an order that nobody paid."""

_UNPAID_SHARE = 0.155
_UNPAID_BUT_PAYS_LATER = 0.10
_SAME_BUYER_TODAY = 0.10
_REFUNDED = 0.01
_TIRED_OF_WAITING = 0.08
_GOES_FIRST = 0.9
"""Of those who waited for goods, so many are served on the day of arrival."""
_LOST = 0.015
_LATE = 0.08
_POSTAGE_FEN = 800
_FREE_OF_POSTAGE_FROM_FEN = 5_900

# Orders by the hour of the day; the night brings a good part of those that stay unpaid.
_HOURS = (
    28,
    14,
    8,
    5,
    4,
    6,
    10,
    18,
    34,
    52,
    60,
    56,
    52,
    54,
    56,
    54,
    50,
    46,
    50,
    62,
    76,
    82,
    72,
    48,
)
_NIGHT = (
    45,
    25,
    14,
    9,
    7,
    9,
    12,
    20,
    30,
    42,
    46,
    44,
    42,
    42,
    44,
    42,
    40,
    38,
    40,
    50,
    66,
    76,
    84,
    70,
)

_MESSAGES = (
    "",
    "",
    "",
    "",
    "",
    "",
    "请用好一点的快递",
    "尽快发货，谢谢",
    "送人的，麻烦包好",
    "周末在家",
)
_MEMOS = ("", "", "", "", "", "", "", "老客户", "已备注送小样", "客户问过尺寸")


@dataclass(slots=True)
class PlacedOrder:
    """One order with its whole life; what an export shows of it depends on when it is made."""

    order_no: str
    buyer: Buyer
    placed_at: datetime
    items: tuple[tuple[Product, int], ...]
    postage_fen: int
    mobile: str
    relay_until: datetime | None
    message: str
    memo: str
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    received_at: datetime | None = None
    closed_at: datetime | None = None
    closed_reason: str = ""

    @property
    def total_fen(self) -> int:
        """总金额: the items and the postage."""
        return sum(item.price_fen * pieces for item, pieces in self.items) + self.postage_fen

    def state_at(self, at: datetime) -> OrderState:
        """Tell the state that an export of this instant shows."""
        if self.closed_at is not None and self.closed_at <= at:
            return OrderState.CLOSED
        if self.received_at is not None and self.received_at <= at:
            return OrderState.COMPLETED
        if self.shipped_at is not None and self.shipped_at <= at:
            return OrderState.SHIPPED
        if self.paid_at is not None and self.paid_at <= at:
            return OrderState.PAID
        return OrderState.AWAITING_PAYMENT


class Marketplace:
    """Holds every order that was placed so far.

    `shortages`: what there is to wait for. `returning`: the share of orders whose buyer has bought
    on an earlier day.
    """

    def __init__(
        self, seed: str, shortages: Sequence[Shortage] = (), returning: float = 0.12
    ) -> None:
        self.seed = seed
        self.shortages = shortages
        self._returning = returning
        self._days: dict[date, list[PlacedOrder]] = {}
        self._by_buyer: dict[str, list[PlacedOrder]] = {}
        self._buyers: list[Buyer] = []

    def open_day(self, day: date, orders: int) -> list[PlacedOrder]:
        """Let so many orders be placed on a day. Days are opened in turn, each once."""
        draw = Random(f"{self.seed} {day.isoformat()}")  # noqa: S311 - seeded on purpose
        today: list[Buyer] = []
        placed = sorted(
            (self._place(draw, day, number, today) for number in range(orders)),
            key=lambda order: order.placed_at,
        )
        self._days[day] = placed
        self._buyers += today
        for order in placed:
            self._by_buyer.setdefault(order.buyer.user_id, []).append(order)
        return placed

    def placed_on(self, first: date, last: date) -> Iterator[PlacedOrder]:
        """Go through the orders of some days, both included, in the order of placing."""
        for day in sorted(self._days):
            if first <= day <= last:
                yield from self._days[day]

    def orders_of(self, user_id: str) -> list[PlacedOrder]:
        """List every order of a buyer, the earliest first."""
        return list(self._by_buyer.get(user_id, ()))

    def awaiting(self, user_id: str, at: datetime) -> list[PlacedOrder]:
        """List what this buyer still has to pay at an instant, the earliest first."""
        return [
            order
            for order in self._by_buyer.get(user_id, ())
            if order.placed_at <= at and order.state_at(at) is OrderState.AWAITING_PAYMENT
        ]

    def pay(self, order: PlacedOrder, at: datetime) -> None:
        """Somebody pays later than at once, or sooner than planned; a closed order stays closed."""
        if order.state_at(at) is OrderState.AWAITING_PAYMENT:
            self._settle(order, at, Random(f"{self.seed} {order.order_no}"))  # noqa: S311

    def close(self, order: PlacedOrder, at: datetime, reason: str) -> None:
        """Close an unpaid order by hand, as the shop may."""
        if order.state_at(at) is OrderState.AWAITING_PAYMENT:
            order.paid_at, order.closed_at, order.closed_reason = None, at, reason
            order.shipped_at = order.received_at = None

    def _place(self, draw: Random, day: date, number: int, today: list[Buyer]) -> PlacedOrder:
        roll = draw.random()
        if roll < _SAME_BUYER_TODAY and today:
            buyer = draw.choice(today)
        elif roll < _SAME_BUYER_TODAY + self._returning and self._buyers:
            buyer = draw.choice(self._buyers)
        else:
            buyer = draw_buyer(draw)
            today.append(buyer)
        stays_unpaid = draw.random() < _UNPAID_SHARE
        placed_at = _instant(draw, day, _NIGHT if stays_unpaid else _HOURS)
        items = draw_items(draw)
        worth = sum(item.price_fen * pieces for item, pieces in items)
        order = PlacedOrder(
            order_no=f"{day:%y%m%d}{draw.randrange(10**7):07d}{number:04d}{draw.randrange(100):02d}",
            buyer=buyer,
            placed_at=placed_at,
            items=items,
            postage_fen=0 if worth >= _FREE_OF_POSTAGE_FROM_FEN else _POSTAGE_FEN,
            mobile=draw_relay(draw) if buyer.relays else buyer.mobile,
            relay_until=placed_at + timedelta(days=22) if buyer.relays else None,
            message=draw.choice(_MESSAGES),
            memo=draw.choice(_MEMOS),
            closed_at=placed_at + CLOSES_AFTER,
            closed_reason="买家未在规定时间内付款",
        )
        if not stays_unpaid:
            self._settle(order, placed_at + _pays_within(draw), draw)
        elif draw.random() < _UNPAID_BUT_PAYS_LATER:
            self._settle(order, placed_at + timedelta(minutes=draw.randrange(240, 3_000)), draw)
        return order

    def _settle(self, order: PlacedOrder, paid_at: datetime, draw: Random) -> None:
        order.paid_at = paid_at
        order.closed_at, order.closed_reason = None, ""
        if draw.random() < _REFUNDED:
            order.closed_at = paid_at + timedelta(hours=draw.uniform(2, 30))
            order.closed_reason = "买家申请退款"
            return
        codes = [item.code for item, _ in order.items]
        complete_at = waits_until(self.shortages, codes, paid_at)
        if complete_at > paid_at and draw.random() < _TIRED_OF_WAITING:
            order.closed_at = paid_at + (complete_at - paid_at) * draw.uniform(0.4, 0.9)
            order.closed_reason = "买家申请退款"
            return
        goes_first = complete_at > paid_at and draw.random() < _GOES_FIRST
        hours = draw.uniform(1, 5) if goes_first else draw.uniform(6, 40)
        order.shipped_at = complete_at + timedelta(hours=hours)
        self._deliver(order, order.shipped_at, draw)

    def _deliver(self, order: PlacedOrder, shipped_at: datetime, draw: Random) -> None:
        """Most parcels are signed for in two to four days; some are late, a few get lost."""
        roll = draw.random()
        if roll < _LOST:
            order.closed_at = shipped_at + timedelta(days=draw.uniform(18, 25))
            order.closed_reason = "未收到货，已退款"
        elif roll < _LOST + _LATE:
            order.received_at = shipped_at + timedelta(hours=draw.uniform(130, 300))
        else:
            order.received_at = shipped_at + timedelta(hours=draw.uniform(38, 110))


def _instant(draw: Random, day: date, hours: tuple[int, ...]) -> datetime:
    hour = draw.choices(range(24), hours)[0]
    at = time(hour, draw.randrange(60), draw.randrange(60))
    return datetime.combine(day, at, tzinfo=SHOP_ZONE).astimezone(UTC)


def _pays_within(draw: Random) -> timedelta:
    """Nearly everybody who pays does so within minutes."""
    roll = draw.random()
    if roll < 0.96:
        return timedelta(seconds=draw.randrange(4, 300))
    if roll < 0.975:
        return timedelta(seconds=draw.randrange(300, 900))
    if roll < 0.987:
        return timedelta(seconds=draw.randrange(900, 3_600))
    return timedelta(minutes=draw.randrange(60, 240))
