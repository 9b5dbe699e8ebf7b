"""The registers of the sampling population: R-SMP-1, R-IMP-1, R-IMP-2, R-IMP-4, R-PHONE-1."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import pytest

from adapters.importers.recognise import open_file
from adapters.importers.registers import read_entered_day
from adapters.importers.rows import FileKind, RefusedFile, RegisterRow, Rejected, Taken
from campaigns.values import PhoneNumber, Source
from tests.factories_exports import as_csv, as_xlsx

ORDER_NO = "3515313147329300001"
PHONE = PhoneNumber("+8618412345671")
TABLES = {
    FileKind.AFTER_SALES: ("用户ID", "订单编号", "登记日期", "处理人", "问题类型", "联系手机"),
    FileKind.PARCELS: ("用户ID", "订单编号", "快递单号", "登记日期", "处理人", "联系手机"),
    FileKind.REVIEWS: ("用户ID", "订单编号", "评价", "评价日期", "处理人", "联系手机"),
    FileKind.VIP: ("用户ID", "联系手机"),
}
CELLS = {
    "用户ID": "青柠小站",
    "订单编号": ORDER_NO,
    "登记日期": "2026-11-05",
    "评价日期": "2026-11-05",
    "处理人": "张三",
    "问题类型": "退款",
    "快递单号": "SF0001",
    "评价": "很好，下次还来",
    "联系手机": "18412345671",
}
DETAILS = {
    FileKind.AFTER_SALES: "退款",
    FileKind.PARCELS: "SF0001",
    FileKind.REVIEWS: "很好，下次还来",
}


def table(kind: FileKind, *rows: dict[str, str], encoding: str = "utf-8") -> bytes:
    header = TABLES[kind]
    return as_csv(
        header, [[{**CELLS, **row}[n] for n in header] for row in rows], encoding=encoding
    )


def read(content: bytes, kind: FileKind | None = None) -> list[Taken | Rejected]:
    return list(open_file("登记.csv", content, kind=kind).rows())


def one(kind: FileKind = FileKind.AFTER_SALES, **cells: str) -> RegisterRow:
    (answer,) = read(table(kind, cells), kind)
    assert isinstance(answer, Taken), answer
    assert isinstance(answer.row, RegisterRow)
    return answer.row


def reasons(kind: FileKind = FileKind.AFTER_SALES, **cells: str) -> list[tuple[str, str]]:
    (answer,) = read(table(kind, cells), kind)
    assert isinstance(answer, Rejected), answer
    return [(problem.column, problem.reason) for problem in answer.problems]


def kind_of(header: str, kind: FileKind | None = None) -> FileKind:
    return open_file("a.csv", header.encode(), kind=kind).recognised.kind


def refused(content: bytes, kind: FileKind | None = None) -> str:
    with pytest.raises(RefusedFile) as caught:
        open_file("a.csv", content, kind=kind)
    return caught.value.refusal.code


# --- which register it is ------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("kind", DETAILS)
def test_r_smp_1_a_register_is_known_by_its_header(kind: FileKind, encoding: str) -> None:
    opened = open_file("登记.csv", table(kind, {}, encoding=encoding))
    assert (opened.recognised.kind, opened.recognised.encoding) == (kind, encoding)
    (answer,) = opened.rows()
    assert answer == Taken(
        RegisterRow(
            line=2,
            source=Source(kind.value.replace("-", "_")),
            user_id="青柠小站",
            user_id_masked=False,
            order_no=ORDER_NO,
            entered_on=date(2026, 11, 5),
            handler="张三",
            detail=DETAILS[kind],
            phones=(PHONE,),
        )
    )


def test_r_imp_1_vips_are_not_guessed() -> None:
    content = table(FileKind.VIP, {})
    assert refused(content) == "kind_needed"
    assert read(content, FileKind.VIP) == [
        Taken(RegisterRow(2, Source.VIP, "青柠小站", False, None, None, "", None, (PHONE,)))
    ]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("会员名,订单号,登记时间,登记人,售后类型,联系电话", FileKind.AFTER_SALES),
        ("联系电话,问题分类,客服,订单号,日期,旺旺", FileKind.AFTER_SALES),
        ("创建时间,登记人,店铺,顾客id,订单编号,问题类型,问题原因,完成进度", FileKind.AFTER_SALES),
        ("登记日期,处理人员,旺旺,问题类型,处理结果,备注,状态,商品名称,数量", FileKind.AFTER_SALES),
        ("用户ID,订单编号,登记日期,处理人,问题类型,评价,联系手机", FileKind.AFTER_SALES),
        ("用户ID,订单编号,登记日期,处理人,问题类型,总金额,状态,下单时间", FileKind.AFTER_SALES),
        ("买家会员名,订单编号,运单号,登记日期,客服,手机号码", FileKind.PARCELS),
        ("买家会员名,订单编号,物流单号,物流公司,日期,处理人", FileKind.PARCELS),
        ("订单编号,物流单号,登记日期,发货时间", FileKind.PARCELS),
        ("订单号,评价者,评价内容,评论时间", FileKind.REVIEWS),
        ("用户ID,订单编号,评价,评价日期,处理人,问题类型", FileKind.REVIEWS),
    ],
)
def test_r_imp_1_registers_by_other_names(header: str, kind: FileKind) -> None:
    assert kind_of(header) is kind


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("订单编号,物流单号,发货时间,登记人", FileKind.SHIPMENTS),
        ("订单编号,物流单号,发货时间,客服", FileKind.SHIPMENTS),
        ("订单编号,物流单号,日期,发货时间,客服", FileKind.SHIPMENTS),
        ("订单编号,状态,总金额,下单时间,日期,评价,处理人", FileKind.ORDERS),
        ("订单编号,状态,总金额,创建时间,运单号,客服", FileKind.ORDERS),
        ("用户ID,手机号,原因,范围,登记日期", FileKind.DO_NOT_CONTACT),
        ("用户ID,订单编号,退订原因,登记日期,处理人", FileKind.DO_NOT_CONTACT),
    ],
)
def test_r_imp_1_what_is_no_register_stays_what_it_was(header: str, kind: FileKind) -> None:
    assert kind_of(header) is kind
    if kind is not FileKind.SHIPMENTS:
        assert refused(header.encode(), FileKind.AFTER_SALES) == "kind_mismatch"


@pytest.mark.parametrize(
    "header",
    [
        "用户ID,订单编号,登记日期,处理人,联系手机",
        "用户ID,订单编号,登记日期,处理人,问题类型,快递单号",
        "订单编号,登记日期",
    ],
)
def test_r_imp_1_two_registers_that_look_alike_are_not_guessed(header: str) -> None:
    assert refused(header.encode()) == "kind_needed"
    for kind in (FileKind.AFTER_SALES, FileKind.PARCELS):
        assert kind_of(header, kind) is kind


def test_r_imp_1_what_is_said_must_fit_the_table() -> None:
    after_sales = ",".join(TABLES[FileKind.AFTER_SALES])
    assert kind_of(after_sales, FileKind.PARCELS) is FileKind.PARCELS
    for said in (FileKind.REVIEWS, FileKind.VIP, FileKind.ORDERS, FileKind.DO_NOT_CONTACT):
        assert refused(after_sales.encode(), said) == "kind_mismatch"
    assert refused("用户ID,免打扰原因\n".encode(), FileKind.VIP) == "kind_mismatch"
    assert refused("用户ID,订单编号,问题类型\n".encode(), FileKind.AFTER_SALES) == "missing_column"


def test_r_imp_1_the_same_header_twice_is_refused() -> None:
    header = "用户ID,订单编号,登记日期,处理人,问题类型,登记日期\n"
    assert refused(header.encode()) == "duplicate_header"
    assert kind_of("用户ID,订单编号,登记日期,处理人,问题类型,备注,备注") is FileKind.AFTER_SALES


# --- days ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["2026/5/3", "2026.05.03", "20260503", "２０２６０５０３", "2026年5月3日", "46145", "46145.99",
     "2026-05-03 23:59:59", "2026/5/3 0:00", "20260503.0", "2026-05-02T16:00:00Z"],
)  # fmt: skip
def test_r_smp_1_days_as_people_write_them(text: str) -> None:
    assert read_entered_day(text) == date(2026, 5, 3)
    assert one(登记日期=text).entered_on == date(2026, 5, 3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "没有日期"),
        ("null", "没有日期"),
        ("5月3日", "没有年份"),
        ("5-3", "没有年份"),
        ("20260230", "没有这个日期"),
        ("2026-02-30", "没有这个时间"),
        ("1926-05-03", "年份不合理"),
        ("202605", "不是时间"),
        ("上周", "不是时间"),
        ("5.3.2026", "不是时间"),
        ("=TODAY()", "不是时间"),
    ],
)
def test_r_imp_2_a_day_that_cannot_be_read_rejects_the_row(text: str, reason: str) -> None:
    ((column, why),) = reasons(登记日期=text)
    assert column == "登记日期"
    assert reason in why


def test_r_imp_1_a_workbook_with_real_dates() -> None:
    rows: list[Sequence[object]] = [
        TABLES[FileKind.AFTER_SALES],
        ["甲", ORDER_NO, date(2026, 5, 3), "张三", "退款", 18412345671],
        ["乙", ORDER_NO, datetime(2026, 5, 3, 23, 59), "张三", "退款", "18412345672"],
        ["丙", "", 20260503, "张三", "退款", ""],
        ["丁", 3515313147329300001, date(2026, 5, 3), "张三", "退款", ""],
    ]
    *taken, rounded = read(as_xlsx(rows))
    for answer in taken:
        assert isinstance(answer, Taken)
        assert isinstance(answer.row, RegisterRow)
        assert answer.row.entered_on == date(2026, 5, 3)
    assert isinstance(rounded, Rejected)
    assert [(p.line, p.column) for p in rounded.problems] == [(5, "订单编号")]


# --- whose entry it is ---------------------------------------------------------------------------


def test_r_imp_2_neither_customer_nor_order_rejects_the_row() -> None:
    assert reasons(用户ID="", 订单编号="无") == [("用户ID", "没有用户ID，也没有订单编号")]
    assert reasons(FileKind.VIP, 用户ID=" ") == [("用户ID", "没有用户ID")]
    assert one(用户ID="-").user_id is None
    assert one(订单编号="").order_no is None


@pytest.mark.parametrize("text", ["t**1", "青＊＊站"])
def test_r_imp_4_a_masked_user_id_is_kept_as_masked(text: str) -> None:
    row = one(用户ID=text)
    assert (row.user_id, row.user_id_masked) == (text, True)


@pytest.mark.parametrize("text", ["3.5153131473293E+18", "1E5"])
def test_r_imp_4_a_user_id_that_a_spreadsheet_rewrote_is_nobodys(text: str) -> None:
    assert reasons(用户ID=text)[0][0] == "用户ID"


@pytest.mark.parametrize("text", ["3.515E+18", "2026-05-03", "？", "=A1"])
def test_r_imp_2_a_damaged_order_number_rejects_the_row(text: str) -> None:
    assert [column for column, _ in reasons(订单编号=text)] == ["订单编号"]


def test_r_imp_2_order_numbers_that_a_spreadsheet_rounded_are_rejected() -> None:
    rows = [{"订单编号": f"35153131473293{last}0000"} for last in (1, 2)]
    answers = read(table(FileKind.PARCELS, *rows))
    assert [type(answer) for answer in answers] == [Rejected, Rejected]


# --- the rest of a row ---------------------------------------------------------------------------


def test_r_smp_1_nobody_named_is_nobody() -> None:
    assert one(处理人="").handler == one(处理人="无").handler == ""
    (answer,) = read(
        "用户ID,登记日期,问题类型\n甲,2026-05-03,退款\n".encode(), FileKind.AFTER_SALES
    )
    assert isinstance(answer, Taken)
    assert isinstance(answer.row, RegisterRow)
    assert (answer.row.handler, answer.row.order_no, answer.row.phones) == ("", None, ())


@pytest.mark.parametrize("text", ["138****8000", "12345", "4008001234", "95555", "abc"])
def test_r_phone_1_a_bad_phone_is_a_warning(text: str) -> None:
    (answer,) = read(table(FileKind.REVIEWS, {"联系手机": text}))
    assert isinstance(answer, Taken)
    assert isinstance(answer.row, RegisterRow)
    assert answer.row.phones == ()
    assert [(p.line, p.column) for p in answer.warnings] == [(2, "联系手机")]


def test_r_phone_3_two_columns_of_numbers_are_two_numbers() -> None:
    header = "用户ID,联系手机,联系电话\n"
    lines = "甲,18412345671,18412345672\n乙,18412345671,'18412345671\n"
    first, second = read((header + lines).encode(), FileKind.VIP)
    assert [len(a.row.phones) for a in (first, second) if isinstance(a, Taken)] == [2, 1]  # type: ignore[union-attr]


def test_r_imp_2_text_stays_text_on_one_line() -> None:
    row = one(FileKind.REVIEWS, 评价=' =HYPERLINK("x")\n第二行\t\x07结尾 ', 处理人="张\x1f三\n")
    assert (row.detail, row.handler) == ('=HYPERLINK("x") 第二行 结尾', "张 三")
    assert reasons(用户ID="青柠\x07小站")[0][0] == "用户ID"
    assert reasons(处理人="张" * 51)[0][0] == "处理人"


def test_r_imp_2_a_row_longer_than_its_header_is_rejected() -> None:
    header = ",".join(TABLES[FileKind.AFTER_SALES])
    (answer,) = read(f"{header}\n甲,{ORDER_NO},2026-05-03,张三,退款,,多出来\n".encode())
    assert isinstance(answer, Rejected)
