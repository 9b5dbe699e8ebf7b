"""Items, do-not-contact entries and official days: R-IMP-3, R-DNC-2, R-DNC-3, R-HOURS-6."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from adapters.importers.rows import FileKind
from adapters.store.models.audit import audit
from adapters.store.models.campaigns import task
from adapters.store.models.customers import order_item, suppression
from adapters.store.models.shop import calendar_version
from campaigns.values import DayKind
from scheduler.flows.intake import FileReport, Upload, preview, take
from scheduler.flows.planning import plan
from scheduler.runtime import Runtime
from tests.factories_exports import Cells, as_csv, item_file
from tests.scheduler.flows.intake_shop import (
    NOW,
    counts,
    hours,
    number,
    open_shop,
    order_of,
    rows_of,
    sizes,
    take_orders,
    upload,
)

TODAY = date(2026, 11, 21)
BUYER = "培训买家01"


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    runtime = open_shop(database_url, tmp_path)
    yield runtime
    runtime.engine.dispose()


def take_items(shop: Runtime, *items: Cells, at: datetime = NOW) -> FileReport:
    name = upload(at=at).name.replace("OrderList", "OrderDetailList")
    return take(shop, Upload(name, item_file("2022", items)), NOW + hours(9), "组长")


def take_list(shop: Runtime, *rows: tuple[str, str, str, str], now: datetime = NOW) -> FileReport:
    content = as_csv(("用户ID", "手机", "业务", "谢绝原因"), rows, encoding="utf-8")
    return take(shop, Upload("谢绝.csv", content), now, "组长")


def take_days(shop: Runtime, *rows: tuple[str, str, str], now: datetime = NOW) -> FileReport:
    content = as_csv(("日期", "类型", "名称"), rows, encoding="utf-8")
    return take(shop, Upload("日历.csv", content), now, "管理员", kind=FileKind.CALENDAR)


def titles(shop: Runtime) -> list[tuple[str, str]]:
    return sorted((row["order_no"], row["title"]) for row in rows_of(shop, order_item))


# --- items ---------------------------------------------------------------------------------------


def test_r_imp_3_items_may_come_before_their_order(shop: Runtime) -> None:
    report = take_items(shop, {"order_no": number(1)}, {"order_no": number(1), "title": "赠品"})
    assert counts(report) == (2, 2, 0, 0)
    assert titles(shop) == [(number(1), "样例宝贝"), (number(1), "赠品")]


def test_r_imp_3_a_newer_item_file_replaces_the_set_of_an_order(shop: Runtime) -> None:
    take_items(shop, {"order_no": number(1)}, {"order_no": number(1), "title": "赠品"})
    take_items(shop, {"order_no": number(2)}, at=NOW + hours(1))
    report = take_items(shop, {"order_no": number(1)}, at=NOW + hours(2))
    assert counts(report) == (1, 0, 1, 0)
    assert titles(shop) == [(number(1), "样例宝贝"), (number(2), "样例宝贝")]


def test_r_imp_3_an_older_item_file_changes_nothing(shop: Runtime) -> None:
    take_items(shop, {"order_no": number(1)})
    report = take_items(
        shop,
        {"order_no": number(1), "title": "旧标题"},
        {"order_no": number(1), "title": "旧赠品"},
        at=NOW - hours(1),
    )
    assert counts(report) == (2, 0, 2, 0)
    assert titles(shop) == [(number(1), "样例宝贝")]


def test_r_imp_3_items_of_one_order_may_lie_in_two_pieces(
    shop: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.flows.intake.PIECE", 2)
    items = [{"order_no": number(1), "title": f"宝贝{n}"} for n in range(5)]
    take_items(shop, *items)
    assert len(titles(shop)) == 5
    assert counts(take_items(shop, *items, at=NOW + hours(1))) == (5, 0, 5, 0)
    assert counts(take_items(shop, *items[:3], at=NOW + hours(2))) == (3, 0, 3, 0)
    assert len(titles(shop)) == 3


# --- do-not-contact entries ----------------------------------------------------------------------


def test_r_dnc_3_an_imported_entry_is_kept_with_source_and_who(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1)})
    report = take_list(shop, (BUYER, "", "", "来电要求"), ("", "13900000009", "催款", ""))
    assert counts(report) == (2, 2, 0, 0)
    by_user, by_phone = rows_of(shop, suppression)
    assert by_user["customer_id"] == order_of(shop, number(1))["customer_id"]
    assert (by_user["scope"], by_user["user_id"], by_user["kind"]) == ("customer", BUYER, None)
    assert (by_user["rule"], by_user["source"], by_user["created_by"]) == (
        "R-DNC-2",
        "import",
        "组长",
    )
    assert (by_phone["scope"], by_phone["kind"]) == ("phone", "dunning")
    assert shop.vault.open(by_phone["phone_sealed"]).e164 == "+8613900000009"


def test_r_imp_3_an_equal_entry_in_force_is_unchanged(shop: Runtime) -> None:
    take_list(shop, (BUYER, "", "", "甲"), ("", "13900000009", "", "甲"))
    twice = take_list(shop, (BUYER, "", "", "乙"), ("", "13900000009", "", "乙"))
    assert counts(twice) == (2, 0, 2, 0)
    in_one = take_list(shop, ("别人", "", "", "甲"), ("别人", "", "", "乙"))
    assert counts(in_one) == (2, 1, 1, 0)
    assert len(rows_of(shop, suppression)) == 3


def test_r_dnc_3_a_lifted_entry_may_be_entered_again_by_a_new_file(shop: Runtime) -> None:
    take_list(shop, (BUYER, "", "", "甲"))
    with shop.transaction() as connection:
        connection.execute(suppression.update().values(lifted_at=NOW))
    assert take_list(shop, (BUYER, "", "", "甲")).unchanged == 1  # the same bytes: nothing happens
    assert take_list(shop, (BUYER, "", "", "乙")).taken == 1


def test_r_dnc_2_an_entry_waits_for_a_user_without_orders(shop: Runtime) -> None:
    take_list(shop, (BUYER, "", "", "甲"))
    assert rows_of(shop, suppression)[0]["customer_id"] is None
    take_orders(shop, {"order_no": number(1)})
    bound = rows_of(shop, suppression)[0]["customer_id"]
    assert bound == order_of(shop, number(1))["customer_id"]


@pytest.mark.parametrize("entry", [(BUYER, "", "", ""), ("", "13900000001", "", "")])
def test_r_dnc_2_queued_work_is_withdrawn_at_once(
    shop: Runtime, entry: tuple[str, str, str, str]
) -> None:
    take_orders(shop, {"order_no": number(1)}, {"order_no": number(2), "buyer": "别人"})
    with shop.transaction() as connection:  # the other one has a number of their own
        connection.exec_driver_sql("DELETE FROM customer_phone WHERE customer_id = 2")
    plan(shop, TODAY, NOW, "组长")
    take_list(shop, entry)
    ended = {row["customer_id"]: row["ending"] for row in rows_of(shop, task)}
    assert ended[order_of(shop, number(1))["customer_id"]] == "opted_out"
    assert ended.get(order_of(shop, number(2))["customer_id"]) is None


# --- official days -------------------------------------------------------------------------------


def test_r_hours_6_entered_days_make_a_new_version_of_the_calendar(shop: Runtime) -> None:
    assert counts(take_days(shop, ("2027-01-01", "休息", "元旦"), ("2027-01-02", "上班", ""))) == (
        2,
        2,
        0,
        0,
    )
    with shop.snapshot() as connection:
        calendar = shop.law(connection).calendar
    assert calendar.kind_of(date(2027, 1, 1)) is DayKind.DAY_OFF
    assert calendar.kind_of(date(2027, 1, 2)) is DayKind.WORKING
    assert calendar.kind_of(date(2027, 1, 3)) is DayKind.UNKNOWN
    assert calendar.festival_on(date(2027, 1, 1)) == "元旦"


def test_r_hours_6_days_as_they_are_known_make_no_new_version(shop: Runtime) -> None:
    take_days(shop, ("2027-01-01", "休息", "元旦"))
    versions = len(rows_of(shop, calendar_version))
    again = take_days(shop, ("2027-01-01", "休息", "元旦"), now=NOW + hours(1))
    assert counts(again) == (1, 0, 1, 0)
    assert len(rows_of(shop, calendar_version)) == versions


def test_r_hours_6_what_was_entered_last_counts_even_if_it_is_an_old_file(shop: Runtime) -> None:
    take_days(shop, ("2027-01-01", "休息", "元旦"))
    take_days(shop, ("2027-01-01", "上班", ""))
    assert take_days(shop, ("2027-01-01", "休息", "元旦")).taken == 1
    with shop.snapshot() as connection:
        assert shop.law(connection).calendar.kind_of(date(2027, 1, 1)) is DayKind.DAY_OFF


def test_r_hours_6_a_preview_of_days_leaves_no_trace(shop: Runtime) -> None:
    before = sizes(shop)
    content = as_csv(("日期", "类型", "名称"), [("2027-01-01", "上班", "")], encoding="utf-8")
    shown = preview(shop, Upload("日历.csv", content), NOW, kind=FileKind.CALENDAR)
    assert (shown.report.taken, sizes(shop)) == (1, before)
    take_days(shop, ("2027-01-01", "休息", "元旦"))
    with shop.snapshot() as connection:
        assert shop.law(connection).calendar.kind_of(date(2027, 1, 1)) is DayKind.DAY_OFF


# --- what an import does to tasks ----------------------------------------------------------------


def test_r_dun_4_a_payment_in_the_newest_import_ends_the_task_at_once(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1)}, {"order_no": number(2), "buyer": "别人"})
    plan(shop, TODAY, NOW, "组长")
    take_orders(
        shop,
        {"order_no": number(1), "state": "买家已付款，等待卖家发货", "paid": "201.12"},
        {"order_no": number(2), "buyer": "别人"},
        at=NOW + hours(1),
    )
    endings = {row["customer_id"]: row["ending"] for row in rows_of(shop, task)}
    assert endings == {
        order_of(shop, number(1))["customer_id"]: "paid_uncalled",
        order_of(shop, number(2))["customer_id"]: None,
    }


def test_r_dun_4_a_newer_sighting_keeps_the_task_callable(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1)})
    plan(shop, TODAY, NOW, "组长")
    (before,) = rows_of(shop, task)
    take_orders(shop, {"order_no": number(1)}, at=NOW + hours(3))
    (after,) = rows_of(shop, task)
    assert after["callable_until"] == before["callable_until"] + hours(3)


def test_r_imp_4_an_order_under_call_stays_with_the_customer_of_its_task(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1), "buyer": ""})
    plan(shop, TODAY, NOW, "组长")
    alone = order_of(shop, number(1))["customer_id"]
    report = take_orders(shop, {"order_no": number(1)}, at=NOW + hours(1))
    assert [p.column for p in report.warnings] == ["买家会员名"]
    assert order_of(shop, number(1))["customer_id"] == alone


def test_r_aud_1_one_line_of_the_trail_for_a_file(shop: Runtime) -> None:
    report = take_orders(shop, *({"order_no": number(n)} for n in range(1, 6)))
    lines = [row for row in rows_of(shop, audit) if row["what"].startswith("import.")]
    assert [(row["what"], row["subject"], row["who"]) for row in lines] == [
        ("import.taken", f"import:{report.import_id}", "组长")
    ]
