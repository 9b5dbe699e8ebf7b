"""The list of goods out of stock taken in: R-OOS-1, R-OOS-2, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.importers.rows import FileKind
from adapters.store.models.stock import shortage, shortage_date
from scheduler.flows.intake import FileReport, Upload, preview, take
from scheduler.runtime import Runtime
from tests.factories_exports import as_csv
from tests.scheduler.flows.intake_shop import (
    NOW,
    counts,
    hours,
    number,
    open_shop,
    rows_of,
    take_orders,
)

HEADER = ("商品", "商家编码", "预计到货日期", "缺货原因", "赠品", "已到货")
Goods = tuple[str, str, str, str, str, str]
CREAM: Goods = ("样例面霜", "A-1", "2026-12-01", "原料晚到", "样例小样", "")
TOWEL: Goods = ("样例毛巾", "", "2026-12-05", "", "", "否")


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    runtime = open_shop(database_url, tmp_path)
    yield runtime
    runtime.engine.dispose()


def the_list(*rows: Goods, at: datetime | None = None) -> Upload:
    stamp = "" if at is None else f"{at + hours(8):%Y%m%d%H%M}"
    return Upload(f"缺货{stamp}.csv", as_csv(HEADER, rows, encoding="utf-8"))


def take_list(
    shop: Runtime, *rows: Goods, now: datetime = NOW, at: datetime | None = None
) -> FileReport:
    return take(shop, the_list(*rows, at=at), now, "组长")


def on(goods: Goods, day: str, arrived: str = "") -> Goods:
    return (*goods[:2], day, *goods[3:5], arrived)


def days(shop: Runtime) -> list[tuple[int, date]]:
    return [(row["shortage_id"], row["expected_on"]) for row in rows_of(shop, shortage_date)]


def listed(shop: Runtime) -> list[dict[str, Any]]:
    return rows_of(shop, shortage)


def test_r_oos_1_listed_goods_are_kept_with_their_first_day(shop: Runtime) -> None:
    report = take_list(shop, CREAM, TOWEL)
    assert (report.kind, counts(report)) == (FileKind.STOCK_OUT, (2, 2, 0, 0))
    cream, towel = listed(shop)
    assert (cream["name"], cream["code"], cream["match_key"]) == ("样例面霜", "A-1", "a-1")
    assert (cream["reason"], cream["gift"]) == ("原料晚到", "样例小样")
    assert (towel["code"], towel["match_key"], towel["arrived_at"]) == (None, "样例毛巾", None)
    assert (cream["created_by"], cream["listed_at"]) == ("组长", NOW)
    first, second = rows_of(shop, shortage_date)
    assert (first["expected_on"], second["expected_on"]) == (date(2026, 12, 1), date(2026, 12, 5))
    assert (first["import_id"], first["known_at"], first["who"]) == (report.import_id, NOW, "组长")


def test_r_imp_3_the_same_list_later_changes_nothing(shop: Runtime) -> None:
    take_list(shop, CREAM, TOWEL)
    before = listed(shop), days(shop)
    assert counts(take_list(shop, CREAM, TOWEL, now=NOW + hours(1))) == (2, 0, 2, 0)
    assert (listed(shop), days(shop)) == before


def test_r_oos_2_a_moved_day_joins_those_before_it(shop: Runtime) -> None:
    take_list(shop, CREAM, TOWEL)
    report = take_list(shop, on(CREAM, "2026-12-08"), now=NOW + hours(1))
    assert counts(report) == (1, 1, 0, 0)
    assert days(shop) == [(1, date(2026, 12, 1)), (2, date(2026, 12, 5)), (1, date(2026, 12, 8))]
    cream, towel = listed(shop)
    assert (cream["expected_on"], cream["changed_at"]) == (date(2026, 12, 8), NOW + hours(1))
    assert (towel["expected_on"], towel["closed_at"]) == (date(2026, 12, 5), None)


def test_r_oos_2_goods_that_came_and_are_listed_again_are_open_again(shop: Runtime) -> None:
    take_list(shop, CREAM)
    came = take_list(shop, on(CREAM, "2026-12-01", "是"), now=NOW + hours(1))
    assert counts(came) == (1, 1, 0, 0)
    assert listed(shop)[0]["arrived_at"] == NOW + hours(1)
    assert len(days(shop)) == 1
    assert take_list(shop, CREAM, now=NOW + hours(2)).unchanged == 1
    take_list(shop, on(CREAM, "2026-12-20"), now=NOW + hours(3))
    assert listed(shop)[0]["arrived_at"] is None
    assert days(shop)[-1] == (1, date(2026, 12, 20))


def test_r_oos_2_goods_cannot_have_come_tomorrow(shop: Runtime) -> None:
    tomorrow = (NOW + timedelta(days=1)).date().isoformat()
    report = take_list(
        shop, on(CREAM, "2026-12-01", tomorrow), on(TOWEL, "2026-12-05", "2026-11-21")
    )
    assert counts(report) == (2, 1, 0, 1)
    assert [(p.line, p.column) for p in report.rejected] == [(2, "到货")]
    assert [row["name"] for row in listed(shop)] == ["样例毛巾"]


def test_r_oos_1_a_row_without_a_whole_date_is_rejected_and_the_rest_taken(shop: Runtime) -> None:
    report = take_list(shop, on(CREAM, "12月1日"), on(CREAM, ""), TOWEL)
    assert counts(report) == (3, 1, 0, 2)
    assert {p.column for p in report.rejected} == {"预计到货日期"}


def test_r_oos_1_the_same_goods_with_two_days_in_one_list_are_not_guessed(shop: Runtime) -> None:
    report = take_list(
        shop, CREAM, on(CREAM, "2026-12-09"), ("", "Ａ-１", "2026-12-01", "", "", "")
    )
    assert counts(report) == (3, 1, 1, 1)
    assert [(p.line, p.column) for p in report.rejected] == [(3, "预计到货日期")]
    assert len(days(shop)) == 1


def test_r_oos_1_goods_are_the_same_when_one_list_has_no_code(shop: Runtime) -> None:
    take_list(shop, ("样例 面霜", "", "2026-12-01", "", "", ""))
    assert take_list(shop, CREAM, now=NOW + hours(1)).taken == 1  # now the code is known
    without = ("样例面霜", "", "2026-12-01", "", "", "")
    assert take_list(shop, without, now=NOW + hours(2)).unchanged == 1
    (cream,) = listed(shop)
    assert (cream["code"], cream["match_key"], len(days(shop))) == ("A-1", "a-1", 1)
    other = ("样例面霜", "A-2", "2026-12-01", "", "", "")
    assert take_list(shop, other, now=NOW + hours(3)).taken == 1
    assert len(listed(shop)) == 2


def test_r_imp_3_an_older_list_moves_no_day_back(shop: Runtime) -> None:
    take_list(shop, on(CREAM, "2026-12-08"), at=NOW - hours(1))
    report = take_list(shop, CREAM, at=NOW - hours(2), now=NOW + hours(1))
    assert counts(report) == (1, 0, 1, 0)
    assert any("已知的比这份清单新" in p.reason for p in report.warnings)
    assert listed(shop)[0]["expected_on"] == date(2026, 12, 8)
    take_list(shop, CREAM, at=NOW - hours(0.5), now=NOW + hours(2))
    assert listed(shop)[0]["expected_on"] == date(2026, 12, 1)


def test_r_oos_1_goods_that_no_paid_order_waits_for_are_named(shop: Runtime) -> None:
    paid = {"state": "买家已付款，等待卖家发货", "paid": "201.12", "title": "新款样例毛巾 两条装"}
    take_orders(shop, {"order_no": number(1), **paid})
    shown = preview(shop, the_list(CREAM, TOWEL), NOW)
    assert [(p.line, p.column) for p in shown.report.warnings] == [(2, "商品")]
    assert "样例面霜" in shown.report.warnings[0].reason
    assert listed(shop) == []
    assert take_list(shop, CREAM, TOWEL).warnings == shown.report.warnings


def test_r_imp_2_a_preview_of_the_list_leaves_no_trace(shop: Runtime) -> None:
    shown = preview(shop, the_list(CREAM), NOW)
    assert (shown.report.taken, shown.first_rows[0]["预计到货日期"]) == (1, "2026-12-01")
    assert (listed(shop), days(shop)) == ([], [])
