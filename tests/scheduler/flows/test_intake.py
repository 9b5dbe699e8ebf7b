"""Taking order files in: R-IMP-2, R-IMP-3, R-IMP-4, R-PHONE-2, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.importers.rows import FileKind
from adapters.store.models.audit import audit
from adapters.store.models.customers import customer, customer_phone, order
from adapters.store.models.imports import import_file, import_problem
from scheduler.flows import intake
from scheduler.flows.intake import Upload, preview, take
from scheduler.runtime import Runtime
from tests.factories_exports import DEFAULT_ORDER, order_file
from tests.scheduler.flows.intake_shop import (
    NOW,
    counts,
    hours,
    number,
    open_shop,
    order_of,
    rows_of,
    sightings,
    sizes,
    take_orders,
    upload,
)

PAID = "买家已付款，等待卖家发货"
DONE = "交易成功"
FIRST = DEFAULT_ORDER["order_no"]


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    runtime = open_shop(database_url, tmp_path)
    yield runtime
    runtime.engine.dispose()


def test_r_imp_2_every_row_is_counted_once_and_rejected_rows_are_listed(shop: Runtime) -> None:
    report = take_orders(
        shop,
        {"order_no": number(1)},
        {"order_no": "3.5153E+18"},
        {"order_no": number(2), "state": "不明", "total": "abc"},
        {"order_no": number(3), "mobile": "138****8000"},
    )
    assert counts(report) == (4, 2, 0, 2)
    assert [(p.line, p.column) for p in report.rejected] == [
        (3, "订单编号"),
        (4, "订单状态"),
        (4, "总金额"),
    ]
    assert [(p.line, p.column) for p in report.warnings] == [(5, "联系手机")]
    kept = rows_of(shop, import_problem)
    assert [(row["severity"], row["line"]) for row in kept] == [
        ("rejected", 3),
        ("rejected", 4),
        ("rejected", 4),
        ("warning", 5),
    ]
    (file,) = rows_of(shop, import_file)
    assert (file["rows"], file["taken"], file["unchanged"], file["rejected"]) == (4, 2, 0, 2)
    assert len(rows_of(shop, order)) == 2


def test_r_imp_2_a_refused_file_stores_nothing_but_a_line_of_the_trail(shop: Runtime) -> None:
    before = sizes(shop)
    report = take(shop, Upload("订单.xlsx", b"\x00\x01 not a table"), NOW, "组长")
    assert report.refused is not None
    assert counts(report) == (0, 0, 0, 0)
    after = sizes(shop)
    assert after.pop("audit") == before.pop("audit") + 1
    assert after == before


def test_r_imp_2_a_file_refused_on_the_way_stores_nothing(shop: Runtime) -> None:
    before = sizes(shop)
    broken = upload({"order_no": number(1)}, {"order_no": number(2)}).content
    assert isinstance(broken, bytes)
    report = take(shop, Upload("ExportOrderList.csv", broken + b'"' + b"1,"), NOW, "组长")
    assert report.refused is not None
    assert report.refused.code == "unclosed_quote"
    after = sizes(shop)
    assert after.pop("audit") == before.pop("audit") + 1
    assert after == before


def test_r_imp_2_a_crash_in_the_middle_stores_nothing(
    shop: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "PIECE", 2)
    before = sizes(shop)

    def crash(done: int, expected: int) -> None:
        assert expected == 5
        if done > 2:
            raise KeyboardInterrupt

    source = upload(*({"order_no": number(n)} for n in range(5)))
    with pytest.raises(KeyboardInterrupt):
        take(shop, source, NOW, "组长", progress=crash)
    assert sizes(shop) == before
    assert counts(take(shop, source, NOW, "组长")) == (5, 5, 0, 0)


def test_r_imp_3_the_same_file_again_writes_nothing_but_a_line_of_the_trail(shop: Runtime) -> None:
    orders = ({"order_no": number(1)}, {"order_no": "1E+18"})
    first = take_orders(shop, *orders)
    before = sizes(shop)
    again = take_orders(shop, *orders, now=NOW + hours(1))
    assert counts(again) == (2, 0, 1, 1)
    assert (again.import_id, again.rejected) == (first.import_id, first.rejected)
    after = sizes(shop)
    assert after.pop("audit") == before.pop("audit") + 1
    assert after == before


def test_r_imp_3_without_a_time_in_the_name_the_time_of_the_import_counts(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1)}, at=None, now=NOW)
    again = take_orders(shop, {"order_no": number(1)}, at=None, now=NOW)
    assert counts(again) == (1, 0, 1, 0)
    assert order_of(shop, number(1))["last_seen_at"] == NOW
    later = take_orders(shop, {"order_no": number(1)}, at=None, now=NOW + hours(5))
    assert counts(later) == (1, 0, 1, 0)
    assert order_of(shop, number(1))["last_seen_at"] == NOW + hours(5)


def test_r_imp_3_the_same_bytes_of_a_later_time_are_a_newer_sighting(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1)})
    again = take_orders(shop, {"order_no": number(1)}, at=NOW + hours(2))
    assert counts(again) == (1, 0, 1, 0)
    assert order_of(shop, number(1))["last_seen_at"] == NOW + hours(2)
    state = "awaiting_payment"
    assert sightings(shop) == [(state, NOW, NOW), (state, NOW + hours(2), NOW + hours(2))]


def test_r_imp_3_a_time_in_the_future_is_not_believed(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1)}, at=NOW + hours(9), now=NOW)
    assert order_of(shop, number(1))["last_seen_at"] == NOW


def test_r_imp_3_states_move_forward_and_their_times_are_kept(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1)})
    paid_at = "2026-11-21 11:30:00"
    take_orders(
        shop,
        {"order_no": number(1), "state": PAID, "paid": "201.12", "paid_at": paid_at},
        at=NOW + hours(2),
    )
    known = order_of(shop, number(1))
    assert (known["state"], known["paid_fen"]) == ("paid", 20112)
    assert known["paid_at"] == NOW + hours(1.5)
    assert [seen[0] for seen in sightings(shop)] == ["awaiting_payment", "paid"]


def test_r_imp_3_a_state_that_lies_behind_is_a_warning_and_changes_nothing(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1), "state": PAID, "paid": "201.12"})
    report = take_orders(shop, {"order_no": number(1)}, at=NOW + hours(1))
    assert counts(report) == (1, 0, 1, 0)
    assert [(p.line, p.column) for p in report.warnings] == [(2, "订单状态")]
    assert order_of(shop, number(1))["state"] == "paid"


def test_r_imp_3_an_older_file_taken_in_later_moves_nothing_back(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1), "state": PAID, "receiver": "测试乙"})
    older = {"order_no": number(1), "receiver": "测试甲", "carrier": "样例快递"}
    report = take_orders(shop, older, at=NOW - hours(3), now=NOW + hours(1))
    assert counts(report) == (1, 1, 0, 0)
    known = order_of(shop, number(1))
    assert (known["state"], known["receiver"], known["carrier"]) == ("paid", "测试乙", "样例快递")
    assert (known["first_seen_at"], known["last_seen_at"]) == (NOW - hours(3), NOW)


def test_r_imp_3_an_order_its_day_no_longer_lists_is_not_known_and_not_paid(shop: Runtime) -> None:
    placed = "2026-11-20 23:59:59"
    take_orders(shop, {"order_no": number(1), "placed_at": placed}, {"order_no": number(2)})
    take_orders(shop, {"order_no": number(3)}, at=NOW + hours(1))
    for last in (1, 2):
        known = order_of(shop, number(last))
        assert (known["state"], known["missing_since"]) == ("awaiting_payment", NOW + hours(1))
    assert order_of(shop, number(3))["missing_since"] is None
    take_orders(shop, {"order_no": number(1), "placed_at": placed}, at=NOW + hours(2))
    assert order_of(shop, number(1))["missing_since"] is None
    assert order_of(shop, number(2))["missing_since"] == NOW + hours(2)


def test_r_imp_3_a_file_of_another_day_says_nothing_about_this_one(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1), "placed_at": "2026-11-20 23:59:59"})
    take_orders(
        shop, {"order_no": number(2), "placed_at": "2026-11-21 00:00:00"}, at=NOW + hours(1)
    )
    assert order_of(shop, number(1))["missing_since"] is None


def test_r_imp_3_an_old_file_taken_in_late_does_not_revive_what_a_newer_left_out(
    shop: Runtime,
) -> None:
    take_orders(shop, {"order_no": number(2)}, at=NOW)
    take_orders(shop, {"order_no": number(1)}, at=NOW - hours(2), now=NOW + hours(1))
    assert order_of(shop, number(1))["missing_since"] == NOW


def test_r_imp_4_orders_of_one_user_id_are_one_customer(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1)}, {"order_no": number(2)})
    take_orders(shop, {"order_no": number(3)}, at=NOW + hours(1))
    (known,) = rows_of(shop, customer)
    assert (known["identity"], known["region"]) == (DEFAULT_ORDER["buyer"], "浙江")
    assert {row["customer_id"] for row in rows_of(shop, order)} == {known["id"]}
    assert len(rows_of(shop, customer_phone)) == 1


def test_r_imp_4_masked_and_missing_ids_stand_alone(shop: Runtime) -> None:
    take_orders(
        shop,
        {"order_no": number(1), "buyer": "tb***1"},
        {"order_no": number(2), "buyer": "tb***1"},
        {"order_no": number(3), "buyer": ""},
    )
    assert [(row["identity"], row["buyer"]) for row in rows_of(shop, customer)] == [
        (f"order:{number(1)}", "tb***1"),
        (f"order:{number(2)}", "tb***1"),
        (f"order:{number(3)}", number(3)),
    ]


def test_r_imp_4_a_user_id_that_looks_like_ours_stands_alone_too(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1), "buyer": ""})
    take_orders(shop, {"order_no": number(2), "buyer": f"order:{number(1)}"}, at=NOW + hours(1))
    assert len({row["customer_id"] for row in rows_of(shop, order)}) == 2


def test_r_imp_4_an_order_joins_its_customer_when_the_id_becomes_known(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1)}, {"order_no": number(2), "buyer": "培***1"})
    report = take_orders(shop, {"order_no": number(2)}, at=NOW + hours(1))
    assert counts(report) == (1, 1, 0, 0)
    assert len({row["customer_id"] for row in rows_of(shop, order)}) == 1


def test_r_imp_4_money_to_the_fen(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1), "total": "1,234.05", "paid": "0.10"})
    known = order_of(shop, number(1))
    assert (known["total_fen"], known["paid_fen"]) == (123405, 10)


def test_r_imp_2_a_second_row_of_an_order_is_merged_unless_the_buyer_differs(
    shop: Runtime,
) -> None:
    report = take_orders(
        shop,
        {"order_no": number(1), "receiver": "测试甲"},
        {"order_no": number(1), "receiver": "测试乙"},
        {"order_no": number(1), "receiver": "测试乙"},
        {"order_no": number(1), "buyer": "别的买家"},
    )
    assert counts(report) == (4, 2, 1, 1)
    assert [(p.line, p.column) for p in report.rejected] == [(5, "买家会员名")]
    assert order_of(shop, number(1))["receiver"] == "测试乙"
    assert len(rows_of(shop, order)) == 1


def test_r_hours_4_the_customer_lives_where_the_newest_order_goes(shop: Runtime) -> None:
    take_orders(
        shop,
        {"order_no": number(2), "placed_at": "2026-11-20 12:00:00", "address": "新疆 乌鲁木齐市"},
        {"order_no": number(1), "placed_at": "2026-11-19 12:00:00"},
    )
    assert rows_of(shop, customer)[0]["region"] == "新疆"
    take_orders(shop, {"order_no": number(3), "address": "北京 北京市"}, at=NOW + hours(1))
    assert rows_of(shop, customer)[0]["region"] == "新疆"
    newest = {"order_no": number(4), "address": "广东省 广州市", "placed_at": "2026-11-21 09:00:00"}
    take_orders(shop, newest, at=NOW + hours(2))
    assert rows_of(shop, customer)[0]["region"] == "广东"


def test_r_phone_2_a_relay_number_ends_when_the_file_says_or_after_completion(
    shop: Runtime,
) -> None:
    relay = {"mobile": "18412345678-1234"}
    take_orders(shop, {"order_no": number(1), **relay})
    assert rows_of(shop, customer_phone)[0]["usable_until"] is None
    done = {"order_no": number(1), "state": DONE, **relay}
    assert take_orders(shop, done, at=NOW + hours(1)).taken == 1
    assert rows_of(shop, customer_phone)[0]["usable_until"] == NOW + hours(1 + 15 * 24)
    stated = {**done, "usable_until": "2026-12-20 00:00:00"}
    assert take_orders(shop, stated, at=NOW + hours(2)).taken == 1
    (phone,) = rows_of(shop, customer_phone)
    assert phone["usable_until"].isoformat() == "2026-12-19T16:00:00+00:00"
    assert take_orders(shop, done, at=NOW + hours(3)).taken == 0
    assert rows_of(shop, customer_phone) == [phone]


def test_r_phone_2_an_earlier_completion_learned_later_corrects_the_end(shop: Runtime) -> None:
    done = {"order_no": number(1), "state": DONE, "mobile": "18412345678-1234"}
    take_orders(shop, done)
    take_orders(shop, done, at=NOW - hours(5), now=NOW + hours(1))
    assert rows_of(shop, customer_phone)[0]["usable_until"] == NOW - hours(5) + hours(15 * 24)


def test_r_phone_3_a_number_marked_wrong_stays_wrong(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1)})
    with shop.transaction() as connection:
        connection.execute(customer_phone.update().values(wrong_since=NOW))
    report = take_orders(shop, {"order_no": number(2)}, at=NOW + hours(1))
    assert report.taken == 1
    (phone,) = rows_of(shop, customer_phone)
    assert phone["wrong_since"] == NOW


def test_r_pii_1_numbers_rest_sealed_and_the_trail_has_none(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1)})
    (phone,) = rows_of(shop, customer_phone)
    assert shop.vault.open(phone["sealed"]).e164 == "+8613900000001"
    assert phone["masked"] == "139****0001"
    assert "3900000001" not in str(rows_of(shop, audit))
    assert DEFAULT_ORDER["buyer"] not in str(rows_of(shop, audit))


def test_r_imp_2_a_preview_says_exactly_what_taking_does_and_writes_nothing(shop: Runtime) -> None:
    take_orders(shop, {"order_no": number(1)})
    source = upload(
        {"order_no": number(1)},
        {"order_no": number(2), "mobile": "138****8000"},
        {"order_no": "1E+18"},
        at=NOW + hours(1),
    )
    before = sizes(shop)
    shown = preview(shop, source, NOW + hours(1))
    assert sizes(shop) == before
    assert counts(shown.report) == (3, 1, 1, 1)
    assert (shown.generation, shown.data_time) == ("2022", NOW + hours(1))
    assert (shown.rejected_total, shown.warnings_total) == (1, 1)
    assert shown.first_rows[0]["电话"] == "139****0001"
    assert shown.first_rows[1]["总金额"] == "201.12"
    taken = take(shop, source, NOW + hours(1), "组长")
    assert counts(taken) == counts(shown.report)
    assert (taken.rejected, taken.warnings) == (shown.report.rejected, shown.report.warnings)


def test_r_imp_1_a_preview_says_what_a_format_lacks(shop: Runtime) -> None:
    plain = Upload("订单.csv", order_file("plain", [{"order_no": number(1)}]))
    lacks = preview(shop, plain, NOW).lacks
    assert any("付款时间" in text for text in lacks)
    assert any("文件名" in text for text in lacks)
    assert preview(shop, upload({"order_no": number(1)}), NOW).lacks == ()


def test_r_imp_2_a_preview_of_a_refused_file_says_why(shop: Runtime) -> None:
    shown = preview(shop, Upload("x.csv", b"\x00\x00\x00"), NOW)
    assert shown.report.refused is not None


def test_r_imp_1_the_kind_is_reported(shop: Runtime) -> None:
    report = take_orders(shop, {"order_no": number(1)})
    assert (report.kind, report.encoding) == (FileKind.ORDERS, "gb18030")
