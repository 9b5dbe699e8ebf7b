"""Parcels taken in: R-IMP-2, R-IMP-3, R-CB-2, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from adapters.importers.rows import FileKind
from adapters.store.models.campaigns import task
from adapters.store.models.customers import order_item
from scheduler.flows.intake import FileReport, Upload, preview, take
from scheduler.flows.planning import plan
from scheduler.runtime import Runtime
from tests.factories_exports import Cells, item_file, system_file
from tests.scheduler.flows.intake_shop import (
    NOW,
    counts,
    hours,
    number,
    open_shop,
    order_of,
    rows_of,
    sightings,
    take_orders,
)

PAID = {"state": "买家已付款，等待卖家发货", "paid": "201.12", "paid_at": "2026-11-20 10:00:00"}
LEFT_AT = "2026-11-20T07:00:00+00:00"


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    runtime = open_shop(database_url, tmp_path)
    yield runtime
    runtime.engine.dispose()


def parcels(*rows: Cells, at: datetime = NOW) -> Upload:
    content = system_file("管易发货单", [{"平台编号": number(1), **row} for row in rows])
    return Upload(f"发货单{at + hours(8):%Y%m%d%H%M}.csv", content)


def take_parcels(shop: Runtime, *rows: Cells, at: datetime = NOW) -> FileReport:
    return take(shop, parcels(*rows, at=at), NOW + hours(9), "组长")


def titles(shop: Runtime) -> list[str]:
    return [row["title"] for row in rows_of(shop, order_item)]


def test_r_imp_3_a_parcel_is_joined_to_its_order(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1), **PAID})
    report = take_parcels(shop, {}, at=NOW + hours(1))
    assert (report.kind, counts(report)) == (FileKind.SHIPMENTS, (1, 1, 0, 0))
    known = order_of(shop, number(1))
    assert (known["state"], known["shipped_at"].isoformat()) == ("shipped", LEFT_AT)
    assert (known["tracking_no"], known["carrier"]) == ("SF0001", "样例快递")
    assert (known["shipped_seen_at"], known["last_seen_at"]) == (NOW + hours(1), NOW)
    assert [state for state, _, _ in sightings(shop)] == ["paid", "shipped"]
    assert titles(shop) == ["样例面霜"]


def test_r_imp_2_a_parcel_of_an_unknown_order_is_rejected_and_listed(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1), **PAID})
    report = take_parcels(shop, {}, {"平台编号": number(2)}, {"发货时间": "?"})
    assert counts(report) == (3, 1, 0, 2)
    assert [(p.line, p.column) for p in report.rejected] == [(3, "订单编号"), (4, "发货时间")]
    assert "先导入订单" in report.rejected[0].reason


def test_r_imp_3_parcels_twice_change_nothing(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1), **PAID})
    rows: list[Cells] = [
        {},
        {"商品名称": "样例毛巾"},
        {"商品名称": "样例梳子", "物流单号": "SF0002"},
    ]
    report = take_parcels(shop, *rows)
    assert counts(report) == (3, 3, 0, 0)
    assert [(p.line, p.column) for p in report.warnings] == [(4, "物流单号")]
    before = order_of(shop, number(1)), titles(shop), sightings(shop)
    assert counts(take_parcels(shop, *rows)) == (3, 0, 3, 0)
    assert counts(take_parcels(shop, *rows, at=NOW + hours(2))) == (3, 0, 3, 0)
    after = order_of(shop, number(1))
    times = {"field_times": before[0]["field_times"]}  # the same values, seen later
    assert ({**after, **times}, titles(shop), sightings(shop)) == before
    assert after["tracking_no"] == "SF0001"


def test_r_imp_3_items_of_any_other_file_stand(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1), **PAID})
    items = item_file("2022", [{"order_no": number(1), "title": "明细里的宝贝"}])
    take(shop, Upload("ExportOrderDetailList202001010000.csv", items), NOW, "组长")
    take_parcels(shop, {})
    assert titles(shop) == ["明细里的宝贝"]


def test_r_imp_3_any_other_file_replaces_the_items_of_a_parcel(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1), **PAID})
    take_parcels(shop, {}, {"商品名称": "样例毛巾"})
    items = item_file("2022", [{"order_no": number(1), "title": "明细里的宝贝"}])
    take(shop, Upload("ExportOrderDetailList202001010000.csv", items), NOW + hours(9), "组长")
    assert titles(shop) == ["明细里的宝贝"]


def test_r_imp_3_a_later_order_file_that_is_behind_does_not_take_the_parcel_back(
    shop: Runtime,
) -> None:
    take_orders(shop, {"order_no": number(1), **PAID})
    take_parcels(shop, {})
    report = take_orders(shop, {"order_no": number(1), **PAID}, at=NOW + hours(2))
    known = order_of(shop, number(1))
    assert (known["state"], known["tracking_no"]) == ("shipped", "SF0001")
    assert [p.column for p in report.warnings] == ["订单状态"]


def test_r_dun_4_what_left_is_not_dunned_any_more(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1)})
    plan(shop, date(2026, 11, 21), NOW, "组长")
    assert len(rows_of(shop, task)) == 1
    take_parcels(shop, {}, at=NOW + hours(1))
    (ended,) = rows_of(shop, task)
    assert (ended["state"], ended["ending"]) == ("closed", "paid_uncalled")


def test_r_imp_2_a_preview_of_parcels_leaves_no_trace(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1), **PAID})
    shown = preview(shop, parcels({}, {"平台编号": number(2)}), NOW)
    assert counts(shown.report) == (2, 1, 0, 1)
    assert shown.generation == "管易发货单"
    assert shown.first_rows[0]["物流单号"] == "SF0001"
    assert order_of(shop, number(1))["state"] == "paid"
