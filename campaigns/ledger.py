"""What a ledger is: columns as data, rows that know their cells, and the 合计 row.

Each kind makes its ledgers' rows and sums, once; pages, workbooks, CSV and the command line only
lay out what stands here, so that the figures are the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from campaigns.values import SHOP_ZONE

TOTAL_LABEL = "合计"
"""What the first cell of the total row says."""

Cell = str | int | float | date | None
"""One cell: text, fen, a count, a ratio, a decimal or a day, as its column says; None is empty."""

JsonValue = str | int | float | None


class ColumnKind(StrEnum):
    """What a column's cells are, and so how they are written."""

    TEXT = "text"
    MONEY = "money"  # whole fen
    COUNT = "count"
    RATIO = "ratio"  # 1.0 is 100 %
    DECIMAL = "decimal"  # already rounded to two places
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `width` is in units of a Latin letter; a Chinese character takes two."""

    name: str
    kind: ColumnKind
    width: int

    @property
    def is_figure(self) -> bool:
        """Whether its cells are numbers, which stand to the right."""
        return self.kind not in (ColumnKind.TEXT, ColumnKind.DATE)


@dataclass(frozen=True, slots=True)
class LedgerForm:
    """What a ledger looks like: its code on the command line, its name, its columns."""

    code: str
    name: str
    columns: tuple[Column, ...]


class LedgerRow(Protocol):
    """A row that knows its cells, in the order of its form's columns."""

    def cells(self) -> tuple[Cell, ...]:
        """One cell for each column."""
        ...


RowT_co = TypeVar("RowT_co", bound=LedgerRow, covariant=True)


@dataclass(frozen=True, slots=True)
class Ledger(Generic[RowT_co]):
    """One ledger of the days `first` to `last`, both included.

    `as_of` None: everything known. `total_cells` is the 合计 row: a cell for each column, with
    TOTAL_LABEL in the first one.
    """

    form: LedgerForm
    first: date
    last: date
    as_of: datetime | None
    rows: tuple[RowT_co, ...]
    total_cells: tuple[Cell, ...]

    @property
    def title(self) -> str:
        """The heading: the ledger's name and the days it covers."""
        days = f"{self.first}" if self.first == self.last else f"{self.first} 至 {self.last}"
        if self.as_of is None:
            return f"{self.form.name}　{days}"
        return f"{self.form.name}　{days}（截至 {self.as_of.astimezone(SHOP_ZONE):%Y-%m-%d %H:%M}）"

    @property
    def file_stem(self) -> str:
        """A file's name without its ending, e.g. `催款明细表_2026-03-02_2026-03-08`."""
        return f"{self.form.name}_{self.first}_{self.last}"


def yuan(amount_fen: int) -> str:
    """Fen as a decimal string in 元, e.g. 123450 as `1234.50`."""
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}{abs(amount_fen) // 100}.{abs(amount_fen) % 100:02d}"


def as_text(column: Column, cell: Cell) -> str:
    """Write a cell as text: 1234.50 元, a ratio with four decimals, another decimal with two."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, date):
        return cell.isoformat()
    if column.kind is ColumnKind.MONEY and isinstance(cell, int):
        return yuan(cell)
    if column.kind is ColumnKind.DECIMAL:
        return f"{cell:.2f}"
    return f"{cell:.4f}" if column.kind is ColumnKind.RATIO else str(cell)


def as_json_rows(ledger: Ledger[LedgerRow]) -> list[dict[str, JsonValue]]:
    """Give the rows to machines: keyed by column name, days ISO 8601, money strings in 元."""
    columns = ledger.form.columns
    return [
        {
            column.name: _json_value(column, cell)
            for column, cell in zip(columns, cells, strict=True)
        }
        for cells in (row.cells() for row in ledger.rows)
    ]


def _json_value(column: Column, cell: Cell) -> JsonValue:
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int) and column.kind is ColumnKind.MONEY:
        return yuan(cell)
    if isinstance(cell, float):
        return round(cell, 4)
    return cell
