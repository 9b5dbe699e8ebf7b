"""A ledger as a workbook, ready to be filtered, printed and signed."""

from __future__ import annotations

from datetime import date
from typing import Any, BinaryIO

import xlsxwriter

from adapters.reports.safe_text import MAX_CELL_LENGTH, printable
from campaigns.ledger import Cell, Column, ColumnKind, Ledger, LedgerRow

_TITLE_ROW, _HEADER_ROW, _FIRST_ROW = 0, 1, 2
_A4 = 9
_FOOTER = "&L制表：____________&C第 &P 页，共 &N 页&R审核：____________　日期：____________"
_NUMBER_FORMATS = {
    ColumnKind.TEXT: "@",  # stays text, also when somebody edits the cell later
    ColumnKind.MONEY: "0.00",
    ColumnKind.COUNT: "0",
    ColumnKind.RATIO: "0.0%",
    ColumnKind.DECIMAL: "0.00",
    ColumnKind.DATE: "yyyy-mm-dd",
}
_LOOK = {"font_name": "微软雅黑", "font_size": 10, "border": 1, "valign": "vcenter"}


def write_xlsx(ledger: Ledger[LedgerRow], stream: BinaryIO) -> None:
    """One sheet: title, header, rows, the 合计 row; A4 landscape, as wide as the page.

    Money and ratios are numbers, days are dates, text is text: nothing is left to be guessed, so
    that no name of a buyer can become a formula or a link. The stream stays open.
    """
    # constant_memory: a row is on disk before the next one is made, so rows are written in order.
    workbook = xlsxwriter.Workbook(stream, {"constant_memory": True})
    sheet = workbook.add_worksheet(ledger.form.name)
    columns = ledger.form.columns
    _set_up_page(sheet, ledger)
    title = workbook.add_format({**_LOOK, "border": 0, "font_size": 14, "bold": True})
    title.set_align("center")
    sheet.set_row(_TITLE_ROW, 26)
    sheet.merge_range(_TITLE_ROW, 0, _TITLE_ROW, len(columns) - 1, ledger.title, title)
    header = workbook.add_format(
        {**_LOOK, "bold": True, "bg_color": "#DCE6F1", "align": "center", "text_wrap": True}
    )
    for place, column in enumerate(columns):
        sheet.write_string(_HEADER_ROW, place, column.name, header)
    formats = [_cell_format(workbook, column) for column in columns]
    row_number = _FIRST_ROW
    for row in ledger.rows:
        _write_row(sheet, row_number, row.cells(), columns, formats)
        row_number += 1
    bold = [_cell_format(workbook, column, bold=True, top=6) for column in columns]
    _write_row(sheet, row_number, ledger.total_cells, columns, bold)
    workbook.close()


def _set_up_page(sheet: Any, ledger: Ledger[LedgerRow]) -> None:
    columns = ledger.form.columns
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)
    last_row = _HEADER_ROW + len(ledger.rows)  # the 合计 row is neither filtered nor sorted
    sheet.autofilter(_HEADER_ROW, 0, last_row, len(columns) - 1)
    sheet.freeze_panes(_FIRST_ROW, 0)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_TITLE_ROW, _HEADER_ROW)
    sheet.center_horizontally()
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.8)
    sheet.set_footer(_FOOTER)


def _cell_format(workbook: Any, column: Column, **more: object) -> Any:
    aligned = {"align": "center"} if column.kind is ColumnKind.DATE else {}
    return workbook.add_format(
        {**_LOOK, **aligned, "num_format": _NUMBER_FORMATS[column.kind], **more}
    )


def _write_row(
    sheet: Any, row: int, cells: tuple[Cell, ...], columns: tuple[Column, ...], formats: list[Any]
) -> None:
    """Each cell by the call for its type: the library's own guessing would make formulas."""
    for place, (cell, column, look) in enumerate(zip(cells, columns, formats, strict=True)):
        if cell is None or cell == "":
            sheet.write_blank(row, place, None, look)
        elif isinstance(cell, str):
            sheet.write_string(row, place, printable(cell)[:MAX_CELL_LENGTH], look)
        elif isinstance(cell, date):
            sheet.write_datetime(row, place, cell, look)
        elif column.kind is ColumnKind.MONEY:
            sheet.write_number(row, place, cell / 100, look)
        else:
            sheet.write_number(row, place, cell, look)
