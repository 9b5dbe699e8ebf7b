"""A ledger as CSV that both a spreadsheet program and a script read without asking."""

from __future__ import annotations

import codecs
import csv
import io
from typing import BinaryIO

from adapters.reports.safe_text import guarded_line
from campaigns.ledger import Cell, Column, Ledger, LedgerRow, as_text


def write_csv(ledger: Ledger[LedgerRow], stream: BinaryIO) -> None:
    r"""UTF-8 with a byte order mark, lines ending in `\r\n`: header, rows, the 合计 row.

    Money as 1234.50, a ratio with four decimals, another decimal with two, days as 2026-03-02. Text
    that looks like a formula gets an apostrophe in front; figures of our own never do. The stream
    stays open.
    """
    stream.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    columns = ledger.form.columns
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for row in ledger.rows:
        writer.writerow(map(_text, columns, row.cells()))
    writer.writerow(map(_text, columns, ledger.total_cells))
    text.detach()


def _text(column: Column, cell: Cell) -> str:
    return guarded_line(cell) if isinstance(cell, str) else as_text(column, cell)
