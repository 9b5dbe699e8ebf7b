"""A training shop as the panel's tests need it: people of each role, yesterday's unpaid orders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from argon2 import PasswordHasher
from sqlalchemy import Engine

from adapters.clock import Clock, FixedClock
from adapters.passwords import Passwords
from adapters.settings import Settings
from campaigns.values import SHOP_ZONE, Role
from scheduler.flows.intake import FileReport, Upload, take
from scheduler.flows.people import NewPerson, add_person
from scheduler.flows.planning import plan
from scheduler.flows.shop import ShopForm, create_shop
from scheduler.runtime import Runtime
from tests.factories_exports import order_file

PASSWORD = "四只蓝色的鸭子在弹钢琴"
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
MORNING = datetime(2026, 3, 4, 9, 5, tzinfo=SHOP_ZONE)  # a Wednesday, a working day
MACHINE = datetime(2027, 8, 9, 14, 0, tzinfo=SHOP_ZONE)
NAMES = {
    Role.CALLER: "陈晨",
    Role.LEADER: "李组长",
    Role.SUPERVISOR: "周主管",
    Role.ADMIN: "管理员",
}
SECOND_CALLER = "孙悦"


@dataclass(frozen=True, slots=True)
class Buyer:
    """One invented buyer with an unpaid order of yesterday."""

    name: str
    mobile: str
    total: str = "88.00"
    placed: str = "2026-03-03 20:15:00"
    state: str = "等待买家付款"


BUYERS = (
    Buyer("青柠小站", "18412345671", "268.00"),
    Buyer("晚风与海", "18412345672", "59.90", "2026-03-03 21:40:12"),
    Buyer("阿禾的厨房", "18412345673", "129.00", "2026-03-03 10:02:33"),
    Buyer("云上牧羊", "18412345674", "1280.00", "2026-03-03 14:20:00"),
)


def open_shop(
    engine: Engine,
    database_url: str,
    folder: Path,
    *,
    machine: Clock | None = None,
    settings: Settings | None = None,
) -> Runtime:
    """Make the shop with one person of each role and two callers."""
    settings = settings or Settings(database_url, folder / "shop.key")
    runtime = Runtime(settings, engine, machine or FixedClock(MACHINE))
    create_shop(runtime, ShopForm("样例店", "400-000-0000", MORNING))
    people = [*((name, role) for role, name in NAMES.items()), (SECOND_CALLER, Role.CALLER)]
    for name, role in people:
        add_person(runtime, NewPerson(name, role, PASSWORD), MORNING, "init", CHEAP)
    return runtime


def orders_csv(buyers: Iterable[Buyer] = BUYERS) -> bytes:
    """Yesterday's orders as the shop exports them."""
    return order_file(
        "2017",
        [
            {
                "order_no": f"35153131473293{number:05d}",
                "buyer": buyer.name,
                "mobile": buyer.mobile,
                "phone": "",
                "total": buyer.total,
                "paid": "0.00" if buyer.state == "等待买家付款" else buyer.total,
                "placed_at": buyer.placed,
                "paid_at": "" if buyer.state == "等待买家付款" else "2026-03-04 09:00:00",
                "state": buyer.state,
                "title": "手工陶瓷马克杯 大容量",
            }
            for number, buyer in enumerate(buyers, start=101)
        ],
    )


def fill(runtime: Runtime, buyers: Iterable[Buyer] = BUYERS) -> FileReport:
    """Take yesterday's orders in and plan the day."""
    report = take(
        runtime,
        Upload("ExportOrderList202603040900.csv", orders_csv(buyers)),
        runtime.now(),
        "init",
    )
    plan(runtime, MORNING.date(), runtime.now(), "init")
    return report
