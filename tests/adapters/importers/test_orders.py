from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.importers.recognise import open_file
from adapters.importers.rows import FileKind, OrderRow, Rejected, Taken
from campaigns.values import OrderState, PhoneNumber
from tests.adapters.importers.reading import is_taken, one, read, taken
from tests.factories_exports import ORDER_HEADERS, as_xlsx, order_file, order_sheet

PAID_ORDER = {
    "order_no": "3515313147329357911",
    "state": "买家已付款，等待卖家发货",
    "paid": "201.12",
    "paid_at": "2026-11-20 09:20:00",
    "mobile": "'18412345678-1234",
    "usable_until": "2026-12-20 00:00:00",
    "changed_address": "上海 上海市 闵行区 样例路9号(200000)",
}


@pytest.mark.parametrize(
    ("generation", "columns"),
    [("2016", 41), ("2017", 46), ("2018", 54), ("2020", 61), ("2022", 71), ("2025", 71)],
)
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_r_imp_1_every_generation_comes_in_unprepared(generation, columns, encoding):
    assert len(ORDER_HEADERS[generation]) == columns
    opened = open_file("a.csv", order_file(generation, [{}, PAID_ORDER], encoding=encoding))
    assert opened.recognised.kind is FileKind.ORDERS
    assert opened.recognised.encoding == encoding
    answers: list[Any] = list(opened.rows())
    first, second = answers
    assert is_taken(first)
    assert is_taken(second)
    assert first.row == OrderRow(
        line=2,
        order_no="3515313147329357901",
        state=OrderState.AWAITING_PAYMENT,
        user_id="培训买家01",
        user_id_masked=False,
        total_fen=20112,
        paid_fen=0,
        placed_at=datetime(2026, 11, 20, 1, 15, 32, tzinfo=UTC),
        receiver="测试甲",
        address="浙江省 杭州市 西湖区 样例路1号(310000)",
        region="浙江",
        phones=first.row.phones,
        title="样例宝贝",
        item_count=1,
    )
    assert [cell.number for cell in first.row.phones] == [PhoneNumber("+8613900000001")]
    assert second.row.state is OrderState.PAID
    assert second.row.paid_fen == 20112
    assert second.row.paid_at == datetime(2026, 11, 20, 1, 20, tzinfo=UTC)
    assert second.row.region == "上海"
    (cell,) = second.row.phones
    assert cell.number == PhoneNumber("+8618412345678", "1234")
    has_expiry = "虚拟号过期时间" in ORDER_HEADERS[generation]
    assert cell.usable_until == (datetime(2026, 12, 19, 16, tzinfo=UTC) if has_expiry else None)
    assert first.warnings == second.warnings == ()


@pytest.mark.parametrize("generation", ORDER_HEADERS)
def test_r_imp_1_a_workbook_holds_the_same_orders(generation):
    orders = [{}, PAID_ORDER]
    from_csv = read(order_file(generation, orders))
    opened = open_file("a.xlsx", order_sheet(generation, orders))
    assert opened.recognised.encoding == "xlsx"
    assert list(opened.rows()) == from_csv


def test_r_imp_1_excel_turns_cells_into_numbers_and_dates():
    headers = ["订单编号", "买家会员名", "状态", "总金额", "下单时间", "付款时间", "手机", "数量"]
    row = [
        *("3515313147329357901", "甲", "待付款", 0.1 + 0.2),
        *(datetime(2026, 11, 20, 9, 15, 32), 46346.5, 13900000001, 2),
    ]
    (answer,) = read(as_xlsx([headers, row]))
    assert is_taken(answer)
    assert answer.row.total_fen == 30
    assert answer.row.placed_at == datetime(2026, 11, 20, 1, 15, 32, tzinfo=UTC)
    assert answer.row.paid_at == datetime(2026, 11, 20, 4, tzinfo=UTC)
    assert answer.row.phones[0].number == PhoneNumber("+8613900000001")
    assert answer.row.item_count == 2


def test_r_imp_2_a_number_that_excel_has_rounded_is_rejected():
    headers = ["订单编号", "状态", "总金额", "下单时间"]
    rest: list[object] = ["待付款", "1.00", "2026-11-20 09:15"]
    rows: list[list[object]] = [[*headers], [3515313147329357901, *rest], [123456789012345, *rest]]
    bad, good = read(as_xlsx(rows))
    assert isinstance(bad, Rejected)
    assert bad.problems[0].column == "订单编号"
    assert "丢失" in bad.problems[0].reason
    assert is_taken(good)
    assert good.row.order_no == "123456789012345"


def test_r_imp_2_a_csv_whose_long_numbers_all_end_in_zeros_was_rounded():
    order = "{},待付款,1,2026-11-20 09:15\n"
    plain = f"订单编号,状态,总金额,下单时间\n{order}{order}"
    rounded = read(plain.format("3515313147329350000", "3515313147329880000").encode())
    assert [type(answer) for answer in rounded] == [Rejected, Rejected]
    whole = read(plain.format("3515313147329350000", "3515313147329880123").encode())
    assert [type(answer) for answer in whole] == [Taken, Taken]


@pytest.mark.parametrize(
    "order_no",
    ["", "null", "3.51531E+18", "3E18", "351E-18", "35,15", "3515 3131", "-5", "5.0", "一二三",
     "A-1", "ABCDEF", "-351531", "351531_", "351531A/1", "3515.3131", "２０２３０１", "2026-11-20",
     "A" * 40 + "1", "1" * 41],
)  # fmt: skip
def test_r_imp_2_a_damaged_order_number_rejects_the_row(order_no):
    answer = one(order_no=order_no)
    assert isinstance(answer, Rejected)
    assert [problem.column for problem in answer.problems] == ["订单编号"]


@pytest.mark.parametrize(
    "order_no",
    ["230101-123456789012345", "351531A", "351531-1", "JY202611200001", "6921_0001_2", "X-230101",
     "2E1234567890", "A" * 39 + "1", "1" * 40],
)  # fmt: skip
def test_r_imp_1_numbers_of_other_systems_are_taken_as_they_stand(order_no):
    assert taken(order_no=order_no).order_no == order_no


def test_r_imp_2_a_comma_inside_an_unquoted_number_splits_it_and_rejects_the_row():
    content = order_file("2022", [{}]).replace(b'="3515313147329357901"', b'="35153,13147"')
    (answer,) = read(content)
    assert isinstance(answer, Rejected)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("等待买家付款", OrderState.AWAITING_PAYMENT),
        ("待付款", OrderState.AWAITING_PAYMENT),
        ("买家已付款，等待卖家发货", OrderState.PAID),
        ("买家已付款,等待卖家发货", OrderState.PAID),
        ("待发货", OrderState.PAID),
        ("卖家已发货，等待买家确认", OrderState.SHIPPED),
        ("卖家已发货｜｜｜等待买家确认", OrderState.SHIPPED),
        ("已发货", OrderState.SHIPPED),
        ("交易成功", OrderState.COMPLETED),
        ("已完成", OrderState.COMPLETED),
        ("交易关闭", OrderState.CLOSED),
        ("已取消", OrderState.CLOSED),
        ("已退款", OrderState.CLOSED),
        ("退货退款", OrderState.CLOSED),
    ],
)
def test_r_imp_3_states_by_every_name(text, state):
    assert taken(state=text).state is state


@pytest.mark.parametrize("text", ["", "交易", "处理中", "null", "等待买家付款了吗"])
def test_r_imp_2_an_unknown_state_rejects_the_row(text):
    answer = one(state=text)
    assert isinstance(answer, Rejected)
    assert answer.problems[0].column == "订单状态"


@pytest.mark.parametrize(
    ("text", "fen"),
    [("201.12", 20112), ("0.00", 0), ("5", 500), ("5.1", 510), ("0元", 0), ("¥1,234.50", 123450)],
)
def test_r_imp_4_money_to_the_fen(text, fen):
    assert taken(total=text).total_fen == fen


@pytest.mark.parametrize(
    "text",
    ["", "-1", "-0.01", "NaN", "inf", "0.005", "1e18", "1" * 19, "1,23", "12万", "null", "1.2.3"],
)
@pytest.mark.parametrize("key", ["total", "paid"])
def test_r_imp_2_what_is_no_amount_rejects_the_row(key, text):
    if key == "paid" and text in ("", "null"):
        assert taken(paid=text).paid_fen == 0
        return
    answer = one(**{key: text})
    assert isinstance(answer, Rejected)
    column = {"total": "总金额", "paid": "买家实际支付金额"}[key]
    assert [problem.column for problem in answer.problems] == [column]


@pytest.mark.parametrize(
    ("text", "hour_and_minute"),
    [
        ("2026-11-20 09:15:32", (1, 15)),
        ("2026-11-20 09:15", (1, 15)),
        ("2026/11/20 9:15", (1, 15)),
        ("2026/11/20 9:05:00", (1, 5)),
        ("2026-11-20T09:15:00+09:00", (0, 15)),
        ("46346.3854166667", (1, 15)),
    ],
)
def test_r_imp_2_times_become_aware_utc(text, hour_and_minute):
    placed_at = taken(placed_at=text).placed_at
    assert placed_at.tzinfo is UTC
    assert placed_at.date().isoformat() == "2026-11-20"
    assert (placed_at.hour, placed_at.minute) == hour_and_minute


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "2026-11-20 24:00:00",
        "2026-11-20 24:00",
        "2026-11-20 09:60",
        "2026-02-29 09:00:00",
        "2026-02-30 09:00",
        "0000-01-01 00:00:00",
        "0001-01-01 00:00:00",
        "9999-12-31 23:59:59",
        "1899/12/30 0:00",
        "昨天",
        "20261120",
        "0.5",
        "99999",
    ],
)
def test_r_imp_2_what_is_no_time_rejects_the_row(text):
    answer = one(placed_at=text)
    assert isinstance(answer, Rejected)
    assert [problem.column for problem in answer.problems] == ["订单创建时间"]


def test_r_imp_2_every_reason_of_a_rejected_row_is_listed():
    answer = one(order_no="x", state="y", total="z", placed_at="")
    assert isinstance(answer, Rejected)
    columns = [problem.column for problem in answer.problems]
    assert columns == ["订单编号", "订单状态", "总金额", "订单创建时间"]
    assert {problem.line for problem in answer.problems} == {2}


@pytest.mark.parametrize("mobile", ["138****8000", "1**********", "95588", "14612345678", "abc"])
def test_r_imp_2_a_masked_or_invalid_phone_is_a_warning(mobile):
    answer = one(mobile=mobile)
    assert is_taken(answer)
    assert answer.row.phones == ()
    assert [problem.column for problem in answer.warnings] == ["联系手机"]


def test_r_phone_3_two_numbers_of_one_row_the_mobile_first():
    row = taken(mobile="'13900000001", phone="0571-87654321")
    assert [cell.number.e164 for cell in row.phones] == ["+8613900000001", "+8657187654321"]
    assert len(taken(mobile="'13900000001", phone="139 0000 0001").phones) == 1


def test_r_phone_2_an_unreadable_expiry_is_a_warning():
    answer = one(mobile="18412345678-1234", usable_until="很快")
    assert is_taken(answer)
    assert answer.row.phones[0].usable_until is None
    assert [problem.column for problem in answer.warnings] == ["虚拟号过期时间"]


@pytest.mark.parametrize(
    ("buyer", "user_id", "masked"),
    [
        ("tb***1", "tb***1", True),
        ("昂＊＊", "昂＊＊", True),
        ("", None, False),
        ("null", None, False),
        (" 甲 ", "甲", False),
    ],
)
def test_r_imp_4_masked_and_missing_user_ids(buyer, user_id, masked):
    row = taken(buyer=buyer)
    assert (row.user_id, row.user_id_masked) == (user_id, masked)


def test_r_hours_4_region_by_the_phone_where_the_address_tells_nothing():
    assert taken(address="西湖区样例路1号", mobile="0571-87654321").region == "浙江"
    assert taken(address="****", mobile="").region is None


def test_r_hours_4_province_in_a_column_of_its_own():
    content = (
        "订单号,状态,应付金额,下单时间,省,市,区,详细地址\n"
        "1001,待付款,5,2026-11-20 09:15,广东省,深圳市,南山区,样例路1号\n"
    )
    (answer,) = read(content.encode())
    assert is_taken(answer)
    assert answer.row.address == "广东省 深圳市 南山区 样例路1号"
    assert answer.row.region == "广东"
