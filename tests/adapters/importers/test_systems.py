"""R-IMP-1: sheets of other marketplaces and of ERPs, unprepared."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.importers.recognise import open_file
from adapters.importers.rows import FileKind, ItemCell, RefusedFile, Rejected, ShipmentRow
from adapters.importers.states import read_state
from campaigns.values import OrderState, PhoneNumber
from tests.adapters.importers.reading import is_taken, read
from tests.factories_exports import (
    SYSTEM_HEADERS,
    as_csv,
    as_workbook,
    as_xlsx,
    system_file,
    system_rows,
    system_sheet,
)

ORDER_SYSTEMS = [name for name in SYSTEM_HEADERS if name != "管易发货单"]
FACE_CREAM = ItemCell(1, "样例面霜", 10056, 2, "A-1", "50ml")
WITHOUT_BUYER = ("拼多多", "拼多多代打", "抖店")
WITHOUT_PHONE = ("拼多多",)


@pytest.mark.parametrize("system", ORDER_SYSTEMS)
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "xlsx"])
def test_r_imp_1_orders_of_every_system(system: str, encoding: str) -> None:
    if encoding == "xlsx":
        opened = open_file("a.xlsx", system_sheet(system, [{}]))
    else:
        opened = open_file("a.csv", system_file(system, [{}], encoding=encoding))
    assert opened.recognised.kind is FileKind.ORDERS
    assert opened.recognised.generation == system.removesuffix("模板").removesuffix("代打")
    (answer,) = opened.rows()
    assert is_taken(answer), answer
    row: Any = answer.row  # type: ignore[union-attr]
    assert row.state is (OrderState.SHIPPED if "出库" in system else OrderState.PAID)
    assert (row.total_fen, row.paid_fen) == (20112, 20112)
    assert row.placed_at == datetime(2026, 11, 20, 1, 15, 32, tzinfo=UTC)
    assert row.user_id == (None if system in WITHOUT_BUYER else "培训买家01")
    assert row.item is not None
    assert (row.item.line_no, row.item.title, row.item.quantity) == (1, "样例面霜", 2)
    assert (row.item.sku, row.item_count, row.is_repeat) == ("A-1", None, False)
    assert len(row.phones) == (0 if system in WITHOUT_PHONE else 1)
    assert row.region == (None if system in WITHOUT_PHONE else "浙江")
    assert answer.warnings == ()  # type: ignore[union-attr]


@pytest.mark.parametrize("width", [("旺店通", 57), ("京东", 32), ("聚水潭模板", 20)])
def test_the_sheets_are_as_wide_as_the_real_ones(width: tuple[str, int]) -> None:
    assert len(SYSTEM_HEADERS[width[0]]) == width[1]


def test_r_imp_1_the_number_is_the_marketplace_s_and_not_the_erp_s() -> None:
    for system, own in [("旺店通", "JY"), ("聚水潭", "100001"), ("快麦", "5001")]:
        (answer,) = read(system_file(system, [{}]))
        assert answer.row.order_no == "3515313147329357901", own


def test_r_imp_1_relay_number_and_street_of_a_doudian_order() -> None:
    (answer,) = read(system_file("抖店", [{}]))
    assert answer.row.phones[0].number == PhoneNumber("+8618400000000", "7576")
    assert answer.row.address == "浙江省 杭州市 西湖区 样例街道 样例路1号"


def test_r_imp_1_asterisks_are_no_province() -> None:
    hidden = {"省": "****", "市": "****", "区": "＊＊"}
    (answer,) = read(system_file("拼多多代打", [{**hidden, "手机": ""}]))
    assert (answer.row.region, answer.row.address) == (None, "样例街道")


@pytest.mark.parametrize("system", ["旺店通", "京东", "聚水潭", "快麦", "抖店"])
def test_r_imp_2_rows_of_one_number_are_one_order_with_several_items(system: str) -> None:
    title = {"旺店通": "货品名称"}.get(system, "商品名称")
    first, second, other = read(
        system_file(
            system,
            [{}, {title: "样例毛巾"}, {next(_number_of(system)): "3515313147329357999"}],
        )
    )
    assert (first.row.is_repeat, second.row.is_repeat, other.row.is_repeat) == (False, True, False)
    assert (second.row.item.line_no, second.row.item.title) == (2, "样例毛巾")
    assert second.row.order_no == first.row.order_no
    assert other.row.item.line_no == 1
    assert first.warnings == second.warnings == other.warnings == () or system == "旺店通"


def _number_of(system: str) -> Any:
    names = ("子单原始单号", "线上订单号", "平台订单号", "订单号")
    return (name for name in names if name in SYSTEM_HEADERS[system])


def test_r_imp_4_the_price_is_of_the_line_and_the_amount_of_the_order() -> None:
    rows = [{"京东价": "100.00"}, {"京东价": "1.12", "商品名称": "样例毛巾", "订购数量": "1"}]
    first, second = read(system_file("京东", rows))
    assert (first.row.total_fen, second.row.total_fen) == (20112, 20112)
    assert (first.row.item.price_fen, second.row.item.price_fen) == (10000, 112)


def test_r_imp_2_rows_of_an_order_that_disagree_are_said() -> None:
    rows = [{}, {"订单状态": "完成"}, {"订单金额": "5"}]
    _, state, amount = read(system_file("京东", rows))
    assert [problem.column for problem in state.warnings] == ["订单状态"]
    assert [problem.column for problem in amount.warnings] == ["订单金额"]


def test_r_imp_2_an_erp_order_of_two_marketplace_orders_is_said() -> None:
    _, merged = read(system_file("旺店通", [{}, {"子单原始单号": "3515313147329357902"}]))
    assert [problem.column for problem in merged.warnings] == ["应收金额"]
    assert merged.row.order_no == "3515313147329357902"


def test_r_imp_4_amounts_of_lines_are_summed_where_no_other_is_stated() -> None:
    header = [
        "线上订单号",
        "内部订单号",
        "订单状态",
        "订单日期",
        "商品编码",
        "商品名称",
        "数量",
        "销售金额",
    ]
    rest = ["待付款", "2026-11-20 09:15", "A-1", "样例", "1"]
    rows = [
        ["10001", "1", *rest, "5.50"],
        ["10002", "2", *rest, "1"],
        ["10001", "1", *rest, "4.50"],
        ["10003", "3", *rest, "1"],
        ["10003", "3", *rest, "一元"],
    ]
    content = as_csv(header, rows, encoding="utf-8")
    first, other, repeat, bad, worse = read(content)
    assert (first.row.total_fen, other.row.total_fen, repeat.row.total_fen) == (1000, 100, 1000)
    assert first.row.paid_fen == 0
    assert isinstance(bad, Rejected)  # what the whole order costs cannot be told
    assert isinstance(worse, Rejected)


@pytest.mark.parametrize(
    ("system", "word", "state"),
    [
        ("旺店通", "已发货", OrderState.SHIPPED),
        ("旺店通", "已取消", OrderState.CLOSED),
        ("旺店通", "待付款", OrderState.AWAITING_PAYMENT),
        ("聚水潭", "已客审待财审", OrderState.PAID),
        ("聚水潭", "取消", OrderState.CLOSED),
        ("京东", "等待确认收货", OrderState.SHIPPED),
        ("京东", "完成", OrderState.COMPLETED),
        ("京东", "(删除)等待出库", OrderState.CLOSED),
        ("拼多多", "已发货，待签收", OrderState.SHIPPED),
        ("拼多多", "已签收", OrderState.COMPLETED),
        ("拼多多", "未发货，退款成功", OrderState.CLOSED),
        ("抖店", "待支付", OrderState.AWAITING_PAYMENT),
        ("抖店", "退货退款", OrderState.CLOSED),
        ("抖店", "已退款", OrderState.CLOSED),
    ],
)
def test_r_imp_3_states_in_the_words_of_each_system(
    system: str, word: str, state: OrderState
) -> None:
    (answer,) = read(system_file(system, [{"订单状态": word}]))
    assert answer.row.state is state
    assert read_state(f" {word} ") is state


@pytest.mark.parametrize("word", ["被合并", "异常", "(锁定)等待出库", "待成团"])
def test_r_imp_2_an_unknown_word_rejects_the_row_and_is_named(word: str) -> None:
    (answer,) = read(system_file("京东", [{"订单状态": word}]))
    assert isinstance(answer, Rejected)
    assert word in answer.problems[0].reason


@pytest.mark.parametrize(
    ("word", "state", "warns"),
    [
        ("无售后或售后取消", OrderState.PAID, False),
        ("退款成功", OrderState.CLOSED, False),
        ("退款中", OrderState.PAID, True),
    ],
)
def test_r_imp_3_a_refund_beside_the_state_closes_the_order(
    word: str, state: OrderState, warns: bool
) -> None:
    (answer,) = read(system_file("拼多多", [{"售后状态": word}]))
    assert (answer.row.state, bool(answer.warnings)) == (state, warns)


def test_r_imp_3_without_states_the_times_tell_and_without_times_nobody() -> None:
    paid = {"发货时间": ""}
    neither = {"发货时间": "", "付款时间": ""}
    shipped, waiting, unknown = read(system_file("旺店通销售出库", [{}, paid, neither]))
    assert (shipped.row.state, waiting.row.state) == (OrderState.SHIPPED, OrderState.PAID)
    assert isinstance(unknown, Rejected)
    assert unknown.problems[0].column == "订单状态"


@pytest.mark.parametrize("system", ORDER_SYSTEMS)
def test_r_imp_2_a_number_that_a_spreadsheet_destroyed_is_rejected(system: str) -> None:
    column = next(
        name
        for name in ("子单原始单号", "原始单号", "线上订单号", "平台订单号", "订单号")
        if name in SYSTEM_HEADERS[system]
    )
    headers = SYSTEM_HEADERS[system]
    (cells,) = system_rows(system, [{}])
    values: list[object] = [*cells]
    values[headers.index(column)] = 6921000000000000123
    (answer,) = read(as_xlsx([headers, values]))
    assert isinstance(answer, Rejected)
    assert [problem.column for problem in answer.problems] == [column]
    assert "丢失" in answer.problems[0].reason


def test_r_imp_2_what_is_wrong_with_an_item_is_a_warning() -> None:
    bad, none = read(
        system_file("京东", [{"订购数量": "许多"}, {"商品名称": "", "订单号": "310002"}])
    )
    assert (bad.row.item, none.row.item) == (None, None)
    assert [problem.column for problem in bad.warnings] == ["订购数量"]


def test_r_imp_1_a_plain_table_with_codes_of_goods_has_lines() -> None:
    header = ["订单编号", "状态", "总金额", "下单时间", "商品名称", "商家编码", "数量"]
    row = ["1001", "待发货", "5", "2026-11-20 09:15", "样例", "A-1", "3"]
    first, second = read(as_csv(header, [row, row], encoding="utf-8"))
    assert (first.row.item.quantity, first.row.item.sku) == (3, "A-1")
    assert second.row.is_repeat


# --- 抖店: several sheets ------------------------------------------------------------------------


def doudian(*orders: dict[str, str]) -> list[Any]:
    return [SYSTEM_HEADERS["抖店"], *system_rows("抖店", orders)]


def test_r_imp_1_orders_in_every_sheet_of_sold_orders() -> None:
    book = as_workbook(
        {
            "10月销售订单明细": doudian({}, {"订单状态": "?"}),
            "11月销售订单明细": doudian(
                {"商品名称": "样例毛巾"}, {"订单号": "6921000000000000002"}
            ),
            "销售订单明细售后": doudian({"订单号": "6921000000000000003"}),
            "说明": [["一", "二"], [1, 2]],
        }
    )
    opened = open_file("a.xlsx", book)
    assert opened.recognised.generation == "抖店"
    for _ in range(2):  # each reading starts anew
        first, bad, repeat, other = opened.rows()
        assert is_taken(first)
        assert isinstance(bad, Rejected)
        assert bad.problems[0].column == "10月销售订单明细›订单状态"
        assert (repeat.row.is_repeat, repeat.row.item.line_no) == (True, 2)  # type: ignore[union-attr]
        assert other.row.order_no == "6921000000000000002"  # type: ignore[union-attr]


def test_r_imp_1_one_sheet_of_sold_orders_goes_before_after_sales() -> None:
    book = as_workbook(
        {"销售订单明细": doudian({}), "售后销售订单明细": doudian({}, {})},
    )
    assert len(list(open_file("a.xlsx", book).rows())) == 1


def test_r_imp_1_other_sheets_alike_are_still_refused() -> None:
    with pytest.raises(RefusedFile) as caught:
        open_file("a.xlsx", as_workbook({"一": doudian({}), "二": doudian({})}))
    assert caught.value.refusal.code == "several_sheets"


# --- parcels -------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "xlsx"])
def test_r_imp_1_parcels_of_guanyi(encoding: str) -> None:
    content = (
        system_sheet("管易发货单", [{}])
        if encoding == "xlsx"
        else system_file("管易发货单", [{}], encoding=encoding)
    )
    opened = open_file("a", content)
    assert (opened.recognised.kind, opened.recognised.generation) == (
        FileKind.SHIPMENTS,
        "管易发货单",
    )
    (answer,) = opened.rows()
    assert is_taken(answer)
    assert answer.row == ShipmentRow(  # type: ignore[union-attr]
        line=2,
        order_no="3515313147329357901",
        shipped_at=datetime(2026, 11, 20, 7, 0, tzinfo=UTC),
        tracking_no="SF0001",
        carrier="样例快递",
        item=ItemCell(1, "样例面霜", 10056, 2, "A-1"),
    )


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"平台编号": ""}, "平台编号"),
        ({"平台编号": "3515,3516"}, "平台编号"),
        ({"发货时间": "昨天"}, "发货时间"),
        ({"发货时间": "", "物流单号": ""}, "发货时间"),
    ],
)
def test_r_imp_2_what_rejects_a_parcel(cells: dict[str, str], column: str) -> None:
    (answer,) = read(system_file("管易发货单", [cells]))
    assert isinstance(answer, Rejected)
    assert [problem.column for problem in answer.problems] == [column]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("订单编号,物流单号", FileKind.SHIPMENTS),
        ("订单号,发货时间,快递单号,快递公司", FileKind.SHIPMENTS),
        ("平台单号,发货日期", FileKind.SHIPMENTS),
        ("原始单号,发货条件,发货时间,物流单号,已付", FileKind.SHIPMENTS),  # no time of the order
        ("订单编号,订单状态,总金额,下单时间,物流单号", FileKind.ORDERS),
        ("商品,预计到货日期", FileKind.STOCK_OUT),
        ("货号,到货时间,缺货原因", FileKind.STOCK_OUT),
    ],
)
def test_r_imp_1_tables_are_told_apart(header: str, kind: FileKind) -> None:
    assert open_file("a.csv", f"{header}\n".encode()).recognised.kind is kind
