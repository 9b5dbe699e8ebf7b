"""What the registers say of a month: R-SMP-1, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from adapters.store.models.customers import customer
from adapters.store.queries import after_sales, registers
from adapters.store.queries import intake as intake_queries
from campaigns.values import CaseKind, CaseState, Source
from scheduler.runtime import Runtime
from tests.scheduler.flows.intake_shop import NOW, open_shop
from tests.shops import Shop

MONTH = (date(2026, 11, 1), date(2026, 12, 1))


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    runtime = open_shop(database_url, tmp_path)
    with runtime.transaction() as connection:
        values = {"id": 1, "identity": "青柠小站", "buyer": "青柠小站", "created_at": NOW}
        connection.execute(insert(customer), [values])
        file = {"name": "登记.csv", "kind": "after-sales", "sha256": "0", "encoding": "utf-8"}
        times = {"data_time": NOW, "imported_at": NOW}
        intake_queries.add_import(connection, **file, **times, imported_by="组长")
    yield runtime
    runtime.engine.dispose()


def add(shop: Runtime, *entries: tuple[Source, date | None, datetime]) -> None:
    rows = [
        (source.value, 1, None, day, "张三", None, f"key-{at}-{number}", 1, at)
        for number, (source, day, at) in enumerate(entries)
    ]
    with shop.transaction() as connection:
        registers.add_entries(connection, rows)


def add_case(
    shop: Runtime,
    day: date,
    opened_at: datetime,
    handler: str = "李四",
    customer_id: int = 1,
    attempt_id: str | None = None,
) -> None:
    values: dict[str, object] = {
        "business_day": day,
        "opened_at": opened_at,
        "handler": handler,
        "customer_id": customer_id,
        "attempt_id": attempt_id,
        "order_no": "3515313147329300001",
        "kind": CaseKind.PARCEL,
        "cause": "包裹破了",
        "state": CaseState.OPEN,
        "due_at": opened_at + timedelta(days=1),
        "changed_at": opened_at,
    }
    with shop.transaction() as connection:
        after_sales.add_case(connection, values, "李四")


def of_month(shop: Runtime, known_by: datetime = NOW) -> list[dict[str, Any]]:
    with shop.snapshot() as connection:
        found = registers.entries_of_month(connection, *MONTH, known_by)
        return [dict(row._mapping) for row in found]


def test_r_smp_1_the_month_has_its_own_days_and_every_vip(shop: Runtime) -> None:
    days = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1)]
    add(shop, *((Source.PARCELS, day, NOW) for day in days), (Source.VIP, None, NOW))
    found = [(row["source"], row["entered_on"]) for row in of_month(shop)]
    assert found == [("parcels", days[1]), ("vip", None), ("parcels", days[2])]
    assert of_month(shop)[0] == {
        "customer_id": 1,
        "source": "parcels",
        "order_no": None,
        "entered_on": days[1],
        "handler": "张三",
        "detail": None,
        "id": 2,
    }


def test_r_smp_1_what_was_learned_later_is_not_in_it(shop: Runtime) -> None:
    later = NOW + timedelta(seconds=1)
    add(shop, (Source.REVIEWS, MONTH[0], later), (Source.VIP, None, later))
    add_case(shop, MONTH[0], later)
    assert of_month(shop) == []
    assert len(of_month(shop, later)) == 3


def test_r_smp_1_the_shops_own_cases_are_after_sales(shop: Runtime) -> None:
    add_case(shop, date(2026, 11, 5), NOW)
    add_case(shop, date(2026, 11, 6), NOW, handler="")
    add_case(shop, date(2026, 12, 1), NOW)
    found = [(r["source"], r["entered_on"].day, r["handler"], r["detail"]) for r in of_month(shop)]
    assert found == [("after_sales", 5, "李四", "快递问题"), ("after_sales", 6, "", "快递问题")]


def test_r_smp_1_a_case_that_nobody_took_is_of_whoever_made_the_call(
    database_url: str, tmp_path: Path
) -> None:
    with closing(Shop(database_url, tmp_path)) as shop:
        buyer = shop.buyer("买家1")
        shop.plan()
        shop.call(shop.person("王五"), "05-13 09:05", "no_answer")
        (call,) = shop.attempts()
        for day, handler in ((1, ""), (2, "李四")):
            add_case(shop.runtime, date(2026, 11, day), NOW, handler, buyer, call.id)
        assert [row["handler"] for row in of_month(shop.runtime)] == ["王五", "李四"]


def test_r_imp_3_known_rows_are_found_by_their_key(shop: Runtime) -> None:
    add(shop, (Source.VIP, None, NOW))
    with shop.snapshot() as connection:
        assert registers.known_keys(connection, [f"key-{NOW}-0", "other"]) == {f"key-{NOW}-0"}
        assert registers.known_keys(connection, []) == set()
