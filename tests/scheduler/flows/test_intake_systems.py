"""Order tables of other marketplaces and ERPs taken in: R-IMP-1 to R-IMP-4, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from adapters.store.models.customers import order, order_item
from adapters.store.models.imports import import_file
from scheduler.flows.intake import FileReport, Upload, preview, take
from scheduler.runtime import Runtime
from scheduler.verify import verify
from tests.factories_exports import (
    SYSTEM_HEADERS,
    Cells,
    as_workbook,
    item_file,
    system_file,
    system_rows,
    system_sheet,
)
from tests.scheduler.flows.intake_shop import (
    NOW,
    counts,
    hours,
    number,
    open_shop,
    order_of,
    rows_of,
    take_orders,
    what_is_known,
)

ORDER_SYSTEMS = [name for name in SYSTEM_HEADERS if name != "管易发货单"]
JD_ORDER = "310000000001"


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    runtime = open_shop(database_url, tmp_path)
    yield runtime
    runtime.engine.dispose()


def named(system: str, at: Any = NOW) -> str:
    """The name of a sheet of that time."""
    return f"{system}{at + hours(8):%Y%m%d%H%M}.csv"


def take_sheet(shop: Runtime, system: str, *rows: Cells, at: Any = NOW) -> FileReport:
    """Take a sheet in whose data are of `at`, some hours later."""
    source = Upload(named(system, at), system_file(system, rows))
    return take(shop, source, NOW + hours(20), "组长")


def bought(shop: Runtime, order_no: str) -> list[tuple[str, int]]:
    return sorted(
        (row["title"], row["quantity"])
        for row in rows_of(shop, order_item)
        if row["order_no"] == order_no
    )


@pytest.mark.parametrize("system", ORDER_SYSTEMS)
def test_r_imp_3_a_sheet_twice_changes_nothing(shop: Runtime, system: str) -> None:
    title = "货品名称" if "旺店通" in system else "商品" if "拼多多" in system else "商品名称"
    first = take_sheet(shop, system, {}, {title: "样例毛巾"})
    assert counts(first) == (2, 2, 0, 0)
    before = what_is_known(shop), rows_of(shop, order_item)
    assert counts(take_sheet(shop, system, {}, {title: "样例毛巾"})) == (2, 0, 2, 0)
    later = take_sheet(shop, system, {}, {title: "样例毛巾"}, at=NOW + hours(1))
    assert counts(later) == (2, 0, 2, 0)
    assert len(rows_of(shop, order)) == 1
    assert [(i["title"], i["line_no"]) for i in rows_of(shop, order_item)] == [
        ("样例面霜", 1),
        ("样例毛巾", 2),
    ]
    after = what_is_known(shop)
    for known in (before[0], after):
        for row in known["orders"].values():
            del row["last_seen_at"]
    assert after == before[0]


def test_r_imp_2_every_row_of_an_order_counts_once(shop: Runtime) -> None:
    report = take_sheet(
        shop,
        "京东",
        {},
        {"商品名称": "样例毛巾"},
        {"商品名称": "样例毛巾", "订单状态": "?"},
        {"订单号": "310000000002"},
    )
    assert counts(report) == (4, 3, 0, 1)
    assert bought(shop, JD_ORDER) == [("样例毛巾", 2), ("样例面霜", 2)]


def test_r_imp_2_items_of_one_order_may_lie_in_two_pieces(
    shop: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.flows.intake.PIECE", 2)
    rows = [{"商品名称": f"样例{n}"} for n in range(5)]
    assert counts(take_sheet(shop, "京东", *rows)) == (5, 5, 0, 0)
    assert len(bought(shop, JD_ORDER)) == 5
    fewer = take_sheet(shop, "京东", *rows[:3], at=NOW + hours(1))
    assert counts(fewer) == (3, 0, 3, 0)
    assert len(bought(shop, JD_ORDER)) == 3


def test_r_imp_4_rows_of_another_buyer_are_rejected_with_their_items(shop: Runtime) -> None:
    take_sheet(shop, "京东", {})
    other = {"下单帐号": "别的买家", "商品名称": "样例毛巾"}
    assert counts(take_sheet(shop, "京东", other, other, at=NOW + hours(1))) == (2, 0, 0, 2)
    assert bought(shop, JD_ORDER) == [("样例面霜", 2)]


@pytest.mark.parametrize("detail_hours", [-1, 0, 1])
def test_r_imp_3_an_item_file_as_new_or_newer_has_the_items(
    database_url: str, tmp_path: Path, detail_hours: int
) -> None:
    wins = detail_hours >= 0
    shop = open_shop(database_url, tmp_path)
    at = NOW + hours(detail_hours)
    items = item_file("2022", [{"order_no": JD_ORDER, "title": "明细里的宝贝"}])
    detail = Upload(named("ExportOrderDetailList", at), items)
    take_sheet(shop, "京东", {}, {"商品名称": "样例毛巾"})
    take(shop, detail, NOW + hours(20), "组长")
    expected = [("明细里的宝贝", 2)] if wins else [("样例毛巾", 2), ("样例面霜", 2)]
    assert bought(shop, JD_ORDER) == expected
    again = take_sheet(shop, "京东", {}, {"商品名称": "样例毛巾"}, {"订单号": "310000000009"})
    assert (again.taken, bought(shop, JD_ORDER)) == (1, expected)
    shop.engine.dispose()


def test_r_imp_3_the_item_file_may_come_first(shop: Runtime) -> None:
    items = item_file("2022", [{"order_no": JD_ORDER, "title": "明细里的宝贝"}])
    take(shop, Upload(named("ExportOrderDetailList"), items), NOW + hours(20), "组长")
    take_sheet(shop, "京东", {}, {"商品名称": "样例毛巾"})
    assert bought(shop, JD_ORDER) == [("明细里的宝贝", 2)]


def test_r_imp_3_the_erp_s_row_and_the_marketplace_s_are_one_order(shop: Runtime) -> None:
    take_orders(shop, {"order_no": "3515313147329357901"})
    report = take_sheet(shop, "旺店通", {"订单状态": "已发货"}, at=NOW + hours(1))
    assert counts(report) == (1, 1, 0, 0)
    (known,) = rows_of(shop, order)
    assert (known["state"], known["shipped_seen_at"]) == ("shipped", NOW + hours(1))


def test_r_imp_3_sheets_of_one_order_end_the_same_in_every_order(
    database_url: str, tmp_path: Path
) -> None:
    sheets: list[tuple[str, Cells, int]] = [
        ("旺店通", {"订单状态": "已发货", "货品名称": "样例甲"}, 0),
        ("聚水潭", {"订单状态": "已付款待审核", "商品名称": "样例乙"}, 1),
        ("快麦", {"订单平台状态": "交易成功", "商品名称": "样例丙"}, 2),
    ]
    results = []
    shop = open_shop(database_url, tmp_path)
    for turn, turns in enumerate(permutations(sheets)):
        number_column = ("子单原始单号", "线上订单号", "平台订单号")
        for system, cells, at in turns:
            own = {name: number(turn) for name in number_column}
            take_sheet(shop, system, {**cells, **own}, at=NOW + hours(at))
        known = what_is_known(shop)["orders"][number(turn)]
        del known["order_no"]
        results.append((known, bought(shop, number(turn))))
    assert all(result == results[0] for result in results[1:])
    assert results[0][0]["shipped_seen_at"] == NOW
    assert results[0][1] == [("样例丙", 2)]
    shop.engine.dispose()


def test_r_imp_2_the_same_line_of_two_sheets_is_two_rows(shop: Runtime) -> None:
    take_sheet(shop, "京东", {"订单号": "6921000000000000002"})
    rows: list[Cells] = [
        {"订单状态": "?"},
        {"订单号": "6921000000000000002", "买家昵称": "别的买家"},
    ]
    headers = (*SYSTEM_HEADERS["抖店"], "买家昵称")
    cells = [[*system_rows("抖店", [row])[0], row.get("买家昵称", "")] for row in rows]
    names = ("1月销售订单明细", "2月销售订单明细")
    book = as_workbook({name: [headers, *cells] for name in names})
    report = take(shop, Upload("抖店.xlsx", book), NOW + hours(1), "组长")
    assert counts(report) == (4, 0, 0, 4)
    assert sorted({(p.line, p.column) for p in report.rejected}) == [
        (line, f"{name}›{column}")
        for line, column in ((2, "订单状态"), (3, "买家会员名"))
        for name in names
    ]
    assert verify(shop).violations == ()


# --- R-IMP-3: whose export speaks for whose orders -----------------------------------------------

UNPAID = {"订单状态": "等待付款", "付款确认时间": ""}


def test_r_imp_3_one_marketplace_s_export_does_not_miss_another_s_orders(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1)})
    take_sheet(shop, "京东", UNPAID, at=NOW + hours(1))
    assert order_of(shop, number(1))["missing_since"] is None
    take_orders(shop, {"order_no": number(2)}, at=NOW + hours(2))
    assert order_of(shop, number(1))["missing_since"] == NOW + hours(2)
    assert order_of(shop, JD_ORDER)["missing_since"] is None
    other = {**UNPAID, "订单号": "310000000002"}
    take_sheet(shop, "京东", other, at=NOW + hours(3))
    assert order_of(shop, JD_ORDER)["missing_since"] == NOW + hours(3)
    assert [row["source"] for row in rows_of(shop, import_file)] == [None, "京东", None, "京东"]


def test_r_imp_3_a_late_older_export_asks_the_newer_one_of_its_own_system(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(2)}, at=NOW)
    take_sheet(shop, "京东", UNPAID, at=NOW + hours(2))
    take_orders(shop, {"order_no": number(1)}, at=NOW - hours(1), now=NOW + hours(21))
    assert order_of(shop, number(1))["missing_since"] == NOW


def test_r_imp_3_an_erp_sheet_says_nothing_of_what_it_does_not_list(shop: Runtime) -> None:
    rest = {"订单状态": "待付款", "付款时间": ""}
    take_sheet(shop, "旺店通", {**rest, "子单原始单号": number(1)})
    take_sheet(shop, "旺店通", {**rest, "子单原始单号": number(2)}, at=NOW + hours(1))
    assert order_of(shop, number(1))["missing_since"] is None


# --- what a preview says -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "told"),
    [
        ("旺店通", ["发货时间", "确认收货时间", "合并"]),
        ("旺店通销售出库", ["已出库", "订单状态"]),
        ("聚水潭", ["发货时间", "确认收货时间"]),
        ("快麦", ["确认收货时间"]),
        ("京东", ["发货时间", "物流单号"]),
        ("拼多多", ["电话", "买家会员名", "收货地址", "付款时间"]),
        ("抖店", ["买家会员名", "确认收货时间"]),
    ],
)
def test_r_imp_1_a_preview_names_the_system_and_what_it_lacks(
    shop: Runtime, system: str, told: list[str]
) -> None:
    shown = preview(shop, Upload(named(system), system_file(system, [{}])), NOW)
    assert shown.generation == system
    for word in told:
        assert any(word in text for text in shown.lacks), word
    assert shown.first_rows[0]["宝贝标题"] == "样例面霜"
    assert rows_of(shop, order) == []


def test_r_imp_1_a_workbook_of_an_erp_is_read_in_its_own_process(shop: Runtime) -> None:
    source = Upload("旺店通.xlsx", system_sheet("旺店通", [{}, {"货品名称": "样例毛巾"}]))
    assert counts(take(shop, source, NOW, "组长")) == (2, 2, 0, 0)
