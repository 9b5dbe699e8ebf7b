"""A ledger as a workbook, read back with another library."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from adapters.reports.safe_text import printable
from adapters.reports.xlsx_file import write_xlsx
from campaigns.kinds.dunning_ledger import detail_ledger
from campaigns.ledger import Ledger, LedgerRow
from tests.adapters.reports.ledgers import DAY, HOSTILE, ROW, details, summary


def written(ledger: Ledger[LedgerRow]) -> bytes:
    stream = io.BytesIO()
    write_xlsx(ledger, stream)
    return stream.getvalue()


def read(ledger: Ledger[LedgerRow]) -> Worksheet:
    workbook = load_workbook(io.BytesIO(written(ledger)))
    assert workbook.sheetnames == [ledger.form.name]
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    return sheet


def values(sheet: Worksheet, row: int) -> list[object]:
    return [cell.value for cell in sheet[row]]


def test_r_dun_7_detail_ledger_cell_by_cell() -> None:
    sheet = read(details())
    assert sheet["A1"].value == "催款明细表　2026-03-03"
    assert values(sheet, 2) == [column.name for column in details().form.columns]
    assert values(sheet, 3) == [
        *(datetime(2026, 3, 3), "小顾", datetime(2026, 3, 2), "山楂树下", 1234.5),
        *("已付款", "是", datetime(2026, 3, 4), 411.5),
    ]
    assert values(sheet, 4)[3] == "00123"
    assert values(sheet, 4)[7] is None
    assert values(sheet, 5) == ["合计", None, None, None, 2469, None, None, None, 411.5]
    assert sheet.max_row == 5


def test_r_dun_8_summary_ledger_has_numbers_and_a_percentage() -> None:
    sheet = read(summary())
    assert values(sheet, 3)[:6] == [datetime(2026, 3, 3), "小顾", 2, 1, 2469, 411.5]
    assert values(sheet, 3)[6] == pytest.approx(411.5 / 2469)
    assert values(sheet, 3) == [datetime(2026, 3, 3), "小顾", *values(sheet, 4)[2:]]
    assert sheet["G3"].number_format == "0.0%"
    assert sheet["E3"].number_format == "0.00"
    assert sheet["A3"].number_format == "yyyy-mm-dd"


def test_the_sheet_is_ready_to_filter_and_to_print() -> None:
    sheet = read(details())
    assert [str(merged) for merged in sheet.merged_cells.ranges] == ["A1:I1"]
    assert sheet["A2"].font.b
    assert sheet["A2"].fill.fgColor.rgb == "FFDCE6F1"
    assert sheet.freeze_panes == "A3"
    assert sheet.auto_filter.ref == "A2:I4"  # without the 合计 row
    assert sheet.page_setup.orientation == "landscape"
    assert str(sheet.page_setup.paperSize) == "9"
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.page_setup.fitToWidth in (None, 1)  # one page wide is the default
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.print_title_rows == "$1:$2"
    assert sheet.oddFooter is not None
    assert "&P" in str(sheet.oddFooter.center.text)
    assert "审核" in str(sheet.oddFooter.right.text)
    widths = {name: dimension.width for name, dimension in sheet.column_dimensions.items()}
    assert widths["D"] > widths["A"] > 10


def test_an_empty_ledger_is_a_sheet_with_zeros() -> None:
    sheet = read(detail_ledger([], DAY, date(2026, 3, 8), None))
    assert sheet["A1"].value == "催款明细表　2026-03-03 至 2026-03-08"
    assert values(sheet, 3) == ["合计", None, None, None, 0, None, None, None, 0]
    assert sheet.auto_filter.ref == "A2:I2"


@pytest.mark.parametrize("buyer", HOSTILE)
def test_a_hostile_name_is_a_cell_of_text(buyer: str) -> None:
    cell = read(details(buyer))["D3"]
    assert cell.data_type == "s"
    assert cell.value == printable(buyer)
    assert cell.number_format == "@"
    assert cell.hyperlink is None


def test_nothing_in_the_file_is_a_formula_or_a_link() -> None:
    with zipfile.ZipFile(io.BytesIO(written(details(*HOSTILE)))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in sheet
        assert b"hyperlink" not in sheet
        assert not [name for name in archive.namelist() if name.endswith("sheet1.xml.rels")]


def test_a_name_that_looks_like_an_escape_is_escaped() -> None:
    with zipfile.ZipFile(io.BytesIO(written(details("_x0041_")))) as archive:
        assert b"<t>_x005F_x0041_</t>" in archive.read("xl/worksheets/sheet1.xml")


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.text(min_size=1), min_size=1, max_size=20))
def test_any_name_can_be_read_back(buyers: list[str]) -> None:
    sheet = read(details(*buyers))
    found = [sheet.cell(row, 4).value or "" for row in range(3, 3 + len(buyers))]
    assert found == [printable(buyer) for buyer in buyers]


def test_a_text_longer_than_a_cell_is_cut_and_not_dropped() -> None:
    sheet = read(details("长" * 40_000))
    assert sheet["D3"].value == "长" * 32_767


def test_one_fen_is_not_lost_in_a_large_amount() -> None:
    sheet = read(detail_ledger([replace(ROW, owed_fen=9_999_999_999_99)], DAY, DAY, None))
    assert sheet["E3"].value == 9_999_999_999.99
