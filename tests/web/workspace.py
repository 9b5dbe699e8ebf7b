"""A shop with all three kinds of calls, as the caller's workspace is tried on it.

The instant is a Tuesday, 2025-05-13 09:30. Buyers by name: `两件事` owes money and signed for a parcel
a week ago; `欠款` owes money; `签收` signed; `未收到` waits for a parcel; `缺货` waits for goods.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from adapters.clock import Clock
from campaigns.values import OrderState, Person, Role
from scheduler.flows.people import NewPerson, add_person, caller_named
from scheduler.flows.shop import set_clock
from scheduler.runtime import Runtime
from tests.factories import at
from tests.shops import Shop
from tests.web import panel_shop

NOW = "05-13 09:30"
CALLER, OTHER, LEADER = "陈晨", "孙悦", "李组长"
ALL = ("两件事", "欠款", "签收", "未收到", "缺货")


class Workspace:
    """The shop, the runtime that its panel is served from, and a day's plan."""

    def __init__(
        self, database_url: str, folder: Path, clock: Clock, buyers: tuple[str, ...] = ALL
    ) -> None:
        self.shop = Shop(database_url, folder)
        made = self.shop.runtime
        self.runtime = Runtime(made.settings, made.engine, clock)
        for name, role in ((CALLER, Role.CALLER), (OTHER, Role.CALLER), (LEADER, Role.LEADER)):
            new = NewPerson(name, role, panel_shop.PASSWORD)
            add_person(self.runtime, new, at(NOW), "init", panel_shop.CHEAP)
        for name in buyers:
            _FILLS[name](self.shop, name)
        self.shop.plan()
        self.move(NOW)

    @property
    def caller(self) -> Person:
        """The one who works on the screen."""
        person = caller_named(self.runtime, CALLER)
        assert isinstance(person, Person)
        return person

    def move(self, now: str, *, ticks: bool = True) -> None:
        """Set the shop's clock."""
        set_clock(self.runtime, "test", to=at(now), ticks=ticks)

    def outcomes(self) -> list[tuple[str, str | None]]:
        """Kind and outcome of every attempt, in their order."""
        return [(row.kind, row.outcome) for row in self.shop.attempts()]


def _owes(shop: Shop, name: str, fen: int = 12_800) -> int:
    return shop.buyer(name, fen=fen)


def _signed(shop: Shop, name: str) -> int:
    customer = shop.customer(name)
    shop.phone(customer)
    _signed_order(shop, customer)
    return customer


def _signed_order(shop: Shop, customer: int) -> None:
    shop.bought(
        customer,
        OrderState.COMPLETED,
        placed="05-01 10:00",
        shipped_at=at("05-02 17:00"),
        received_at=at("05-06 12:00"),
        carrier="样例快递",
        tracking_no="YL0001234567",
    )


def _two(shop: Shop, name: str) -> int:
    customer = _owes(shop, name, fen=99_900)
    _signed_order(shop, customer)
    return customer


def _waits_for_parcel(shop: Shop, name: str) -> int:
    customer = shop.customer(name)
    shop.phone(customer)
    shop.bought(
        customer,
        OrderState.SHIPPED,
        placed="05-04 10:00",
        shipped_at=at("05-06 17:00"),
        carrier="样例快递",
        tracking_no="YL0007654321",
    )
    return customer


def _waits_for_goods(shop: Shop, name: str) -> int:
    customer = shop.customer(name)
    shop.phone(customer)
    shop.bought(customer, OrderState.PAID, placed="05-12 11:00")
    shop.lacking(expected=str(date(2025, 5, 20)), reason="供应商晚到", gift="营养土一包")
    return customer


_FILLS = {
    "两件事": _two,
    "欠款": _owes,
    "签收": _signed,
    "未收到": _waits_for_parcel,
    "缺货": _waits_for_goods,
}
