from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.importers.limits import Limits
from adapters.importers.recognise import open_file, time_in_name
from adapters.importers.refusals import REFUSAL_TEXTS, RefusalCode
from adapters.importers.rows import FileKind, RefusedFile
from tests.factories_exports import (
    ITEM_HEADERS,
    ORDER_HEADERS,
    as_csv,
    as_xlsx,
    item_file,
    order_file,
    order_sheet,
)

HEADER = "订单编号,状态,总金额,下单时间,备注"
ROW = "1001,待付款,5,2026-11-20 09:15,"
SHEET = "xl/worksheets/sheet1.xml"
SMALL = Limits(rows=3, columns=6, cell_chars=50)


def refused(content: bytes, kind: FileKind | None = None, limits: Limits | None = None) -> str:
    """The code with which the file is refused, at once or while its rows are read."""
    with pytest.raises(RefusedFile) as caught:
        list(open_file("a.csv", content, kind=kind, limits=limits or Limits()).rows())
    assert caught.value.refusal.reason
    assert "{" not in caught.value.refusal.reason
    return caught.value.refusal.code


def workbook(parts: dict[str, bytes], *, base: bytes | None = None) -> bytes:
    """A workbook some of whose parts are replaced or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(base or order_sheet("plain", [{}]))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            if name not in parts:
                target.writestr(name, source.read(name))
        for name, data in parts.items():
            target.writestr(name, data)
    return out.getvalue()


def sheet(rows: str, *, doctype: str = "") -> bytes:
    """A workbook whose sheet holds these rows of XML."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = (
        f'<?xml version="1.0"?>{doctype}<worksheet xmlns="{space}">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )
    return workbook({SHEET: text.encode()})


def cell(address: str, text: str = "x") -> str:
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, data in parts.items():
            target.writestr(name, data)
    return out.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
HOSTILE: dict[str, tuple[bytes, RefusalCode]] = {
    "empty": (b"", RefusalCode.EMPTY),
    "blank": (b" \r\n\t\n", RefusalCode.EMPTY),
    "only a mark": (b"\xef\xbb\xbf", RefusalCode.EMPTY),
    "only commas": (b",,,\n,,\n", RefusalCode.EMPTY),
    "xls": (OLE, RefusalCode.OLD_EXCEL),
    "xlsx with a password": (
        OLE + "EncryptedPackage".encode("utf-16-le"),
        RefusalCode.PASSWORD,
    ),
    "html as xls": (b"<html><table><tr><td>x</td></tr></table>", RefusalCode.HTML),
    "html with a mark": (b"\xef\xbb\xbf\n <!DOCTYPE html>", RefusalCode.HTML),
    "html in utf-16": ("<table>".encode("utf-16"), RefusalCode.HTML),
    "xml spreadsheet": (b'<?xml version="1.0"?><Workbook/>', RefusalCode.HTML),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", RefusalCode.BINARY),
    "NUL in the header": (HEADER.encode() + b"\0\n", RefusalCode.BINARY),
    "NUL far down": (
        (HEADER + "\n" + (ROW + "\n") * 20_000).encode() + b"1,\0\n",
        RefusalCode.BINARY,
    ),
    "no encoding we know": (b"\xff\xfd\x80,\xff\n1,2\n", RefusalCode.ENCODING),
    "big5": (HEADER.replace("总", "總").encode("big5", "replace"), RefusalCode.UNKNOWN_TABLE),
    "unclosed quote": (f'{HEADER}\n{ROW}"abc\n'.encode(), RefusalCode.UNCLOSED_QUOTE),
    "a line without end": (HEADER.encode() + b"\n" + b"a" * 3_000_000, RefusalCode.CELL_TOO_LONG),
    "a quoted cell without end": (
        f'{HEADER}\n"'.encode() + b"a" * 3_000_000,
        RefusalCode.CELL_TOO_LONG,
    ),
    "a million columns": (b"," * 1_000_000 + "订单编号\n".encode(), RefusalCode.TOO_MANY_COLUMNS),
    "garbage before the header": (
        f"订单报表\n{HEADER}\n{ROW}\n".encode(),
        RefusalCode.UNKNOWN_TABLE,
    ),
    "a text": ("今天天气不错\n".encode(), RefusalCode.UNKNOWN_TABLE),
    "a column twice": (f"{HEADER},总金额\n{ROW},6\n".encode(), RefusalCode.DUPLICATE_HEADER),
    "no amount": ("订单编号,状态,下单时间\n".encode(), RefusalCode.MISSING_COLUMN),
    "other JSON": (b'{"a": 1}', RefusalCode.BAD_JSON),
    "broken JSON": (b'{"days": [', RefusalCode.BAD_JSON),
    "deep JSON": (b'{"days":' + b"[" * 100_000, RefusalCode.BAD_JSON),
    "broken zip": (order_sheet("plain", [{}])[:2000], RefusalCode.BROKEN_ZIP),
    "zip magic and nothing": (b"PK\x03\x04zzzz", RefusalCode.BROKEN_ZIP),
    "another archive": (archive(readme=b"x"), RefusalCode.NOT_XLSX),
    "nested zip": (archive(inner=archive(a=b"x")), RefusalCode.NOT_XLSX),
    "empty archive": (archive(), RefusalCode.NOT_XLSX),
    "path traversal": (workbook({"../evil.xml": b"x"}), RefusalCode.ZIP_LIMITS),
    "absolute path": (workbook({"/etc/evil": b"x"}), RefusalCode.ZIP_LIMITS),
    "many entries": (
        workbook({f"part{number}": b"" for number in range(201)}),
        RefusalCode.ZIP_LIMITS,
    ),
    "bomb": (sheet("<row/>" * 1_000_000), RefusalCode.ZIP_LIMITS),
    "far column": (sheet(f'<row r="1">{cell("XFD1")}</row>'), RefusalCode.TOO_MANY_COLUMNS),
    "far corner": (
        sheet(f'<row r="1">{cell("A1")}</row><row r="1048576">{cell("IV1048576")}</row>'),
        RefusalCode.ZIP_LIMITS,
    ),
    "impossible address": (
        sheet(f'<row r="9">{cell("ZZZZZ99999999")}</row>'),
        RefusalCode.UNREADABLE,
    ),
    "entities": (
        sheet(
            '<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>',
            doctype='<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>',
        ),
        RefusalCode.UNREADABLE,
    ),
    "empty workbook": (as_xlsx([]), RefusalCode.EMPTY),
    "a sheet of something else": (as_xlsx([["一", "二"], [1, 2]]), RefusalCode.UNKNOWN_TABLE),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_r_imp_2_hostile_files_are_refused_whole(name):
    content, code = HOSTILE[name]
    assert refused(content) == code


def test_every_refusal_has_a_text():
    assert set(REFUSAL_TEXTS) == set(RefusalCode)


@pytest.mark.parametrize(
    ("content", "limits", "code"),
    [
        (f"{HEADER}\n" + f"{ROW}\n" * 4, SMALL, RefusalCode.TOO_MANY_ROWS),
        (f"{HEADER},甲,乙\n", SMALL, RefusalCode.TOO_MANY_COLUMNS),
        (f"{HEADER}\n{ROW}{'长' * 400}\n", SMALL, RefusalCode.CELL_TOO_LONG),
        (f"{HEADER}\n" + f"{ROW}\n" * 40_000, Limits(file_mb=1), RefusalCode.TOO_BIG),
    ],
)
def test_r_imp_2_limits_are_parameters(content, limits, code):
    assert refused(content.encode(), limits=limits) == code


def test_r_imp_2_as_many_rows_as_allowed_are_fine():
    content = f"{HEADER}\n" + f"{ROW}\n\n" * 3
    assert len(list(open_file("a.csv", content.encode(), limits=SMALL).rows())) == 3


def test_r_imp_2_a_cell_that_is_too_long_rejects_its_row_only():
    for length in (9_000, 200_000):
        content = f"{HEADER}\n{ROW}\n{ROW}{'长' * length}\n{ROW}\n"
        answers: list[Any] = list(open_file("a.csv", content.encode()).rows())
        assert [type(answer).__name__ for answer in answers] == ["Taken", "Rejected", "Taken"]
        assert "8000" in answers[1].problems[0].reason


@pytest.mark.parametrize("generation", ORDER_HEADERS)
def test_r_imp_1_headers_only_is_a_file_without_rows(generation):
    opened = open_file("a.csv", order_file(generation, []))
    assert opened.recognised.kind is FileKind.ORDERS
    assert opened.recognised.headers == tuple(name.strip() for name in ORDER_HEADERS[generation])
    assert list(opened.rows()) == []


@pytest.mark.parametrize(
    ("generation", "told"),
    [("2016", "2016"), ("2017", "2017"), ("2018", "2018"), ("2020", "2018"), ("2022", "2022"),
     ("2025", "2025"), ("plain", "plain")],
)  # fmt: skip
def test_r_imp_1_the_generation_is_told(generation, told):
    assert open_file("a", order_file(generation, [])).recognised.generation == told


@pytest.mark.parametrize("generation", ITEM_HEADERS)
def test_r_imp_1_item_files_are_told_from_order_files(generation):
    opened = open_file("ExportOrderList202611210915.csv", item_file(generation, [{}]))
    assert opened.recognised.kind is FileKind.ITEMS


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("用户ID,联系手机\n甲,13900000001\n", None),
        ("手机号,姓名\n13900000001,甲\n", None),
        ("会员名\n甲\n", None),
    ],
)
def test_r_imp_1_look_alike_tables_are_not_guessed(content, kind):
    assert refused(content.encode(), kind) == RefusalCode.KIND_NEEDED
    opened = open_file("a.csv", content.encode(), kind=FileKind.DO_NOT_CONTACT)
    assert opened.recognised.kind is FileKind.DO_NOT_CONTACT
    assert len(list(opened.rows())) == 1


def test_r_imp_1_the_text_names_the_kinds():
    for kind in FileKind:
        assert kind.value in REFUSAL_TEXTS[RefusalCode.KIND_NEEDED]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("订单编号,标题,购买数量,状态,总金额,下单时间", FileKind.ORDERS),
        ("订单编号,标题,购买数量,订单状态,订单创建时间", FileKind.ITEMS),
        ("日期,类型,用户ID,手机号,原因,范围", FileKind.DO_NOT_CONTACT),
        ("订单编号,用户ID,谢绝原因", FileKind.DO_NOT_CONTACT),
        ("日期,类型,名称", FileKind.CALENDAR),
    ],
)
def test_r_imp_1_tables_that_share_columns(header, kind):
    assert open_file("a.csv", header.encode()).recognised.kind is kind


@pytest.mark.parametrize("kind", FileKind)
@pytest.mark.parametrize(
    ("content", "own"),
    [
        (order_file("2022", [{}]), FileKind.ORDERS),
        (order_sheet("plain", [{}]), FileKind.ORDERS),
        (item_file("2017", [{}]), FileKind.ITEMS),
        ("用户ID,原因,范围\n甲,,客户\n".encode(), FileKind.DO_NOT_CONTACT),
        ("日期,类型\n2027-01-01,休息\n".encode(), FileKind.CALENDAR),
        (b'{"year": 2027, "days": []}', FileKind.CALENDAR),
    ],
)
def test_r_imp_1_a_kind_that_contradicts_the_content_is_refused(content, own, kind):
    if kind is own:
        assert open_file("a.csv", content, kind=kind).recognised.kind is own
    else:
        assert refused(content, kind) == RefusalCode.KIND_MISMATCH


def test_r_imp_1_one_sheet_is_taken_and_two_alike_are_refused():
    order = order_sheet("plain", [{}])
    assert len(list(open_file("a.xlsx", order).rows())) == 1
    assert len(list(open_file("a.xlsx", _two_sheets(["说明"])).rows())) == 1
    assert refused(_two_sheets(ORDER_HEADERS["plain"])) == RefusalCode.SEVERAL_SHEETS


def _two_sheets(second: Any) -> bytes:
    import openpyxl  # noqa: PLC0415 - only here

    book = openpyxl.load_workbook(io.BytesIO(order_sheet("plain", [{}])))
    book.create_sheet("另一个").append(list(second))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_r_imp_1_content_counts_and_not_the_name(tmp_path):
    path = tmp_path / "orders.xls"
    path.write_bytes(order_file("2016", [{}, {}]))
    opened = open_file(path.name, path)
    assert opened.size_bytes == path.stat().st_size
    assert len(list(opened.rows())) == 2
    assert len(list(open_file("orders.csv", order_sheet("2016", [{}])).rows())) == 1


def test_the_preview_can_say_which_column_means_what():
    columns = open_file("a.csv", order_file("2025", [])).recognised.columns
    assert columns["placed_at"] == "买家下单时间"
    assert columns["mobile"] == "联系手机"


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("ExportOrderList202611210915.csv", (2026, 11, 21, 9, 15)),
        ("ExportOrderDetailList202611210915.csv", (2026, 11, 21, 9, 15)),
        ("ExportOrderList202611210915 (1).csv", (2026, 11, 21, 9, 15)),
        ("ExportOrderList20261121091530.xlsx", (2026, 11, 21, 9, 15, 30)),
        ("/data/200001010000/订单-202611210915-副本.csv", (2026, 11, 21, 9, 15)),
        ("3515313147329357901_202611210915.csv", (2026, 11, 21, 9, 15)),
        ("999999999999_202611210915.csv", (2026, 11, 21, 9, 15)),
    ],
)
def test_r_imp_3_the_time_in_the_name(name, local):
    found = time_in_name(name)
    assert found is not None
    assert found.tzinfo is UTC
    shop_time = (found + timedelta(hours=8)).replace(tzinfo=None)
    assert shop_time == datetime(*local)


@pytest.mark.parametrize(
    "name",
    [
        "orders.csv",
        "",
        "ExportOrderList202613210915.csv",
        "ExportOrderList202602300915.csv",
        "ExportOrderList202611212460.csv",
        "ExportOrderList202611212400.csv",
        "ExportOrderList000011210915.csv",
        "20261121.csv",
        "2026112109153012.csv",
        "٢٠٢٦١١٢١٠٩١٥.csv",
    ],
)
def test_r_imp_3_no_possible_time_in_the_name(name):
    assert time_in_name(name) is None


@pytest.mark.parametrize("tail", [b"\x00", b"\x00\xd8", b"\x00\xdc,\x00\x00\xdc", b"\x81"])
def test_r_imp_2_a_broken_end_is_a_rejected_row(tail):
    content = f"{HEADER}\n{ROW}\n".encode("utf-16") + tail
    kinds = [type(answer).__name__ for answer in open_file("a.csv", content).rows()]
    assert kinds == ["Taken", "Rejected"]


# --- whatever comes in ---------------------------------------------------------------------------


def read_or_refused(content: bytes, kind: FileKind | None = None) -> list[Any] | None:
    """The rows, None for a refused file; anything else that is raised fails the test."""
    try:
        return list(open_file("a", content, kind=kind).rows())
    except RefusedFile:
        return None


@settings(max_examples=150)
@given(st.binary(max_size=300), st.sampled_from([None, *FileKind]))
def test_r_imp_2_any_bytes_have_an_answer(content, kind):
    read_or_refused(content, kind)


@settings(max_examples=100)
@given(st.binary(max_size=200), st.sampled_from([HEADER, ",".join(ITEM_HEADERS["2017"])]))
def test_r_imp_2_any_bytes_behind_a_header_have_an_answer(tail, header):
    read_or_refused(header.encode() + b"\n" + tail)
    read_or_refused(header.encode("gb18030") + b"\r\n" + tail)


WORKBOOK = order_sheet("plain", [{}])
"""Made once: a workbook carries the time of its making, so each one differs by some bytes."""


@settings(max_examples=100)
@given(st.data())
def test_r_imp_2_a_damaged_workbook_has_an_answer(data):
    content = bytearray(WORKBOOK)
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    read_or_refused(bytes(content))


CELL = st.one_of(
    st.sampled_from(["", "null", "1001", '="1002"', "待付款", "2026-11-20 09:15", "5.00", "-1"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
)


def _non_empty(rows: list[list[str]]) -> int:
    return sum(1 for row in rows if any(cell.strip() for cell in row))


@settings(max_examples=100)
@given(st.lists(st.lists(CELL, min_size=1, max_size=10), max_size=8))
def test_r_imp_2_taken_and_rejected_are_all_rows(rows):
    for encoding in ("utf-8", "gb18030"):
        content = as_csv(ORDER_HEADERS["plain"], rows, encoding=encoding)
        answers = read_or_refused(content)
        assert answers is not None
        assert len(answers) == _non_empty(rows)
        lines = [getattr(answer, "row", answer).line for answer in answers]
        assert lines == sorted(set(lines))
