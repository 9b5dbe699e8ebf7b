"""Registers taken in: R-SMP-1, R-SMP-3, R-IMP-2, R-IMP-3, R-IMP-4, R-PHONE, on both databases."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.importers.rows import FileKind
from adapters.store.models.campaigns import task
from adapters.store.models.customers import customer, customer_phone, suppression
from adapters.store.models.imports import import_file
from adapters.store.models.sampling import register_entry
from adapters.store.queries import imports, registers
from campaigns.values import Scope
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.intake import FileReport, Upload, preview, take
from scheduler.runtime import Runtime
from tests.factories_exports import as_xlsx
from tests.scheduler.flows.intake_shop import (
    NOW,
    counts,
    hours,
    number,
    open_shop,
    rows_of,
    sizes,
    take_orders,
)

HEADERS = {
    FileKind.AFTER_SALES: ("用户ID", "订单编号", "登记日期", "处理人", "问题类型", "联系手机"),
    FileKind.PARCELS: ("用户ID", "订单编号", "快递单号", "登记日期", "处理人", "联系手机"),
    FileKind.REVIEWS: ("用户ID", "订单编号", "评价", "评价日期", "处理人", "联系手机"),
    FileKind.VIP: ("用户ID", "联系手机"),
}
CELLS = {
    "用户ID": "青柠小站",
    "订单编号": "",
    "登记日期": "2026-11-05",
    "评价日期": "2026-11-05",
    "处理人": "张三",
    "问题类型": "退款",
    "快递单号": "SF0001",
    "评价": "很好",
    "联系手机": "18412345671",
}
PHONE = "+8618412345671"


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    runtime = open_shop(database_url, tmp_path)
    yield runtime
    runtime.engine.dispose()


def register(kind: FileKind, *rows: dict[str, str]) -> Upload:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADERS[kind])
    writer.writerows([[{**CELLS, **row}[name] for name in HEADERS[kind]] for row in rows])
    return Upload("登记.csv", text.getvalue().encode())


def take_in(
    shop: Runtime,
    *rows: dict[str, str],
    kind: FileKind = FileKind.AFTER_SALES,
    now: datetime = NOW,
) -> FileReport:
    return take(shop, register(kind, *rows), now, "组长", kind=kind)


def customers(shop: Runtime) -> dict[str, dict[str, Any]]:
    return {row["identity"]: row for row in rows_of(shop, customer)}


def entries(shop: Runtime) -> list[tuple[Any, ...]]:
    who = {row["id"]: row["identity"] for row in rows_of(shop, customer)}
    names = ("source", "order_no", "entered_on", "handler", "detail")
    return [
        (who[row["customer_id"]], *(row[name] for name in names))
        for row in rows_of(shop, register_entry)
    ]


def of_month(shop: Runtime) -> list[Any]:
    with shop.snapshot() as connection:
        days = (date(2026, 11, 1), date(2026, 12, 1))
        return list(registers.entries_of_month(connection, *days, NOW + hours(24)))


@pytest.mark.parametrize(
    ("kind", "entry"),
    [
        (FileKind.AFTER_SALES, ("after_sales", None, date(2026, 11, 5), "张三", "退款")),
        (FileKind.PARCELS, ("parcels", None, date(2026, 11, 5), "张三", "SF0001")),
        (FileKind.REVIEWS, ("reviews", None, date(2026, 11, 5), "张三", "很好")),
        (FileKind.VIP, ("vip", None, None, "", None)),
    ],
)
def test_r_smp_1_an_entry_makes_its_customer_and_number(
    shop: Runtime, kind: FileKind, entry: tuple[Any, ...]
) -> None:
    report = take_in(shop, {}, kind=kind)
    assert (report.kind, counts(report), report.rejected) == (kind, (1, 1, 0, 0), ())
    assert entries(shop) == [("青柠小站", *entry)]
    (stored,) = rows_of(shop, register_entry)
    assert (stored["known_at"], stored["import_id"]) == (NOW, report.import_id)
    (phone,) = rows_of(shop, customer_phone)
    assert shop.vault.open(phone["sealed"]).e164 == PHONE
    assert (phone["source"], phone["masked"], phone["added_at"]) == ("register", "184****5671", NOW)
    made = customers(shop)["青柠小站"]
    assert (made["buyer"], made["created_at"]) == ("青柠小站", NOW)
    assert [row.customer_id for row in of_month(shop)] == [made["id"]]


def test_r_hours_4_the_region_is_from_the_phone_where_none_is_known(shop: Runtime) -> None:
    take_in(shop, {"联系手机": "13800100001"}, {"用户ID": "样例", "联系手机": ""})
    assert customers(shop)["青柠小站"]["region"] == "北京"
    assert customers(shop)["样例"]["region"] is None
    take_in(shop, {"用户ID": "样例", "联系手机": "13800100002"}, now=NOW + hours(1))
    assert customers(shop)["样例"]["region"] == "北京"
    take_orders(shop, {"order_no": number(1), "buyer": "有地址"})
    lives = customers(shop)["有地址"]["region"]
    assert lives not in (None, "北京")
    take_in(shop, {"用户ID": "有地址", "联系手机": "13800100003"}, now=NOW + hours(2))
    assert customers(shop)["有地址"]["region"] == lives


def test_r_imp_3_the_same_register_twice_changes_nothing(shop: Runtime) -> None:
    rows: tuple[dict[str, str], ...]
    rows = ({}, {"登记日期": "2026-11-06"}, {"处理人": "李四"}, {"问题类型": "换货"}, {})
    assert counts(take_in(shop, *rows)) == (5, 4, 1, 0)
    before = sizes(shop)
    assert counts(take_in(shop, *rows, now=NOW + hours(1))) == (5, 0, 5, 0)
    grown = {"import_file", "audit"}
    after = sizes(shop)
    assert {name for name in after if after[name] != before[name]} <= grown
    assert counts(take_in(shop, *rows, {"登记日期": "2026-11-07"}, now=NOW + hours(2))) == (
        *(6, 1, 5, 0),
    )


def test_r_imp_3_a_vip_again_with_another_number(shop: Runtime) -> None:
    take_in(shop, {}, kind=FileKind.VIP)
    other = {"联系手机": "18412345672"}
    report = take_in(shop, {}, other, other, kind=FileKind.VIP, now=NOW + hours(1))
    assert counts(report) == (3, 1, 2, 0)
    assert len(rows_of(shop, register_entry)) == 1
    assert len(rows_of(shop, customer_phone)) == 2


def test_r_imp_2_a_day_ahead_is_rejected_and_today_is_not(shop: Runtime) -> None:
    late = datetime(2026, 11, 21, 15, 59, tzinfo=UTC)  # 23:59 in the shop
    days = ({"登记日期": "2026-11-21"}, {"登记日期": "2026-11-22"}, {"登记日期": "上周"})
    report = take_in(shop, *days, now=late)
    assert counts(report) == (3, 1, 0, 2)
    assert [(p.line, p.column) for p in report.rejected] == [(3, "登记日期"), (4, "登记日期")]
    assert "将来" in report.rejected[0].reason
    ahead = take_in(shop, {"评价日期": "2026-11-22"}, kind=FileKind.REVIEWS, now=late)
    assert ahead.rejected[0].column == "评价日期"


@pytest.mark.parametrize("user_id", ["", "t**1", "order:1"])
def test_r_imp_4_without_a_user_id_the_order_tells_whose_it_is(shop: Runtime, user_id: str) -> None:
    take_orders(shop, {"order_no": number(1), "buyer": "买家甲"})
    told = {"用户ID": user_id, "订单编号": number(1)}
    report = take_in(shop, told, {**told, "订单编号": number(2)}, now=NOW + hours(1))
    assert counts(report) == (2, 1, 0, 1)
    assert [entry[0] for entry in entries(shop)] == ["买家甲"]
    assert set(customers(shop)) == {"买家甲"}
    ((line, column),) = [(p.line, p.column) for p in report.rejected]
    assert (line, column) == (3, "用户ID" if user_id else "订单编号")
    assert "先导入订单" in report.rejected[0].reason
    again = take_in(shop, told, {**told, "订单编号": number(2)}, now=NOW + hours(2))
    assert counts(again) == (2, 0, 1, 1)


def test_r_imp_4_rows_turned_away_are_looked_at_again_when_orders_came(shop: Runtime) -> None:
    file = register(FileKind.PARCELS, {"用户ID": "", "订单编号": number(1)})
    named = Upload("快递登记202611210900.csv", file.content)
    assert counts(take(shop, named, NOW, "组长")) == (1, 0, 0, 1)
    take_orders(shop, {"order_no": number(1)}, now=NOW + hours(1))
    assert counts(take(shop, named, NOW + hours(2), "组长")) == (1, 1, 0, 0)
    assert counts(take(shop, named, NOW + hours(3), "组长")) == (1, 0, 1, 0)


def test_r_imp_4_an_order_of_somebody_else_is_rejected(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1), "buyer": "买家甲"})
    report = take_in(shop, {"订单编号": number(1), "用户ID": "买家乙"}, now=NOW + hours(1))
    assert counts(report) == (1, 0, 0, 1)
    assert (report.rejected[0].column, entries(shop)) == ("订单编号", [])
    assert set(customers(shop)) == {"买家甲"}


def test_r_imp_4_an_entry_follows_its_order_to_the_customer(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1), "buyer": "买**"})
    take_in(shop, {"用户ID": "", "订单编号": number(1)}, now=NOW + hours(1))
    alone = customers(shop)[f"order:{number(1)}"]["id"]
    assert [row.customer_id for row in of_month(shop)] == [alone]
    take_orders(shop, {"order_no": number(1), "buyer": "买家甲"}, at=NOW + hours(2))
    assert [row.customer_id for row in of_month(shop)] == [customers(shop)["买家甲"]["id"]]


def test_r_dnc_2_an_entry_made_before_the_customer_was_known_binds(shop: Runtime) -> None:
    add_entry(shop, EntryForm("来电要求", user_id="青柠小站"), NOW, "组长")
    take_in(shop, {}, kind=FileKind.VIP, now=NOW + hours(1))
    (entry,) = rows_of(shop, suppression)
    assert entry["scope"] == Scope.CUSTOMER
    assert entry["customer_id"] == customers(shop)["青柠小站"]["id"]


def test_r_phone_1_a_bad_phone_is_a_warning(shop: Runtime) -> None:
    report = take_in(shop, {"联系手机": "138****8000"})
    assert counts(report) == (1, 1, 0, 0)
    assert [(p.line, p.column) for p in report.warnings] == [(2, "联系手机")]
    assert rows_of(shop, customer_phone) == []


def test_r_phone_2_a_relay_number_of_a_completed_order_has_an_end(shop: Runtime) -> None:
    done = {"state": "交易成功", "paid": "201.12", "paid_at": "2026-11-19 10:00:00"}
    done |= {"order_no": number(1), "buyer": "青柠小站", "mobile": "", "phone": ""}
    take_orders(shop, done)
    relay = {"联系手机": "18412345679-1234", "订单编号": number(1)}
    take_in(shop, relay, {"联系手机": "18412345678-1234"}, now=NOW + hours(1))
    ends = {row["masked"]: row["usable_until"] for row in rows_of(shop, customer_phone)}
    assert sorted(map(str, ends.values())) == ["2026-12-06 02:00:00+00:00", "None"]


def test_r_smp_3_nothing_is_planned_from_a_register(shop: Runtime) -> None:
    for kind in HEADERS:
        take_in(shop, {}, kind=kind)
    with shop.snapshot() as connection:
        assert imports.last_to_plan_from(connection) is None
    assert rows_of(shop, task) == []


def test_r_imp_2_a_preview_counts_and_stores_nothing(shop: Runtime) -> None:
    before = sizes(shop)
    file = register(FileKind.PARCELS, {}, {"用户ID": "", "订单编号": number(9)})
    shown = preview(shop, file, NOW)
    assert (shown.report.kind, counts(shown.report)) == (FileKind.PARCELS, (2, 1, 0, 1))
    assert shown.first_rows[0] == {
        "用户ID": "青柠小站",
        "订单编号": "",
        "登记日期": "2026-11-05",
        "处理人": "张三",
        "内容": "SF0001",
        "电话": "184****5671",
    }
    assert shown.lacks == ()
    assert sizes(shop) == before
    vip = preview(shop, register(FileKind.VIP, {}), NOW, kind=FileKind.VIP)
    assert vip.first_rows == ({"用户ID": "青柠小站", "电话": "184****5671"},)
    bare = preview(shop, Upload("a.csv", "订单编号,登记日期,问题类型\n".encode()), NOW)
    assert [lack.split("一列")[0] for lack in bare.lacks] == [
        "没有用户ID",
        "没有处理人",
        "没有电话",
    ]


def test_r_imp_2_ten_thousand_rows_add_up(shop: Runtime) -> None:
    rows: list[dict[str, str]] = [
        {
            "用户ID": "" if at % 1000 == 0 else f"买家{at % 4000}",
            "登记日期": f"2026-11-{at % 21 + 1:02d}",
            "联系手机": f"184{at % 4000:08d}",
        }
        for at in range(10_500)
    ]
    report = take_in(shop, *rows)
    taken = len({(r["用户ID"], r["登记日期"]) for r in rows if r["用户ID"]})
    assert counts(report) == (10_500, taken, 10_500 - taken - 11, 11)
    assert len(rows_of(shop, register_entry)) == taken
    assert len(customers(shop)) == 3996
    assert [row["kind"] for row in rows_of(shop, import_file)] == ["after-sales"]


def test_r_imp_2_a_workbook_with_formulas_and_control_characters(shop: Runtime) -> None:
    header = HEADERS[FileKind.AFTER_SALES]
    lines = [
        ("甲", "", "2026-11-05", "=1+1", "=cmd|'/c calc'!A0", ""),
        ("乙NUL", "", "2026-11-05", "张三", "退款", ""),
        ("丙", "", "2026-11-05", "NUL张三", "退款", "18412345671"),
        ("丁", "", "2026-11-05", "张三BEL李四", "退款", ""),
    ]
    content = escaped(as_xlsx([header, *lines]), NUL="_x0000_", BEL="_x0007_")
    report = take(shop, Upload("登记.xlsx", content), NOW, "组长")
    assert (report.kind, counts(report)) == (FileKind.AFTER_SALES, (4, 2, 0, 2))
    assert [(p.line, "字符" in p.reason) for p in report.rejected] == [(3, True), (4, True)]
    told = [(entry[0], entry[4], entry[5]) for entry in entries(shop)]
    assert told == [("甲", "=1+1", "=cmd|'/c calc'!A0"), ("丁", "张三 李四", "退款")]


def escaped(workbook: bytes, **signs: str) -> bytes:
    """The workbook with what a spreadsheet writes for characters that XML cannot hold."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            for sign, written in signs.items():
                content = content.replace(sign.encode(), written.encode())
            new.writestr(name, content)
    return made.getvalue()
