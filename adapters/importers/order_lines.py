"""Order tables with a row for each thing bought: the order repeats, the items add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from adapters.importers.cells import (
    BadCell,
    clean,
    clean_text,
    read_count,
    read_fen,
    read_order_no,
)
from adapters.importers.headers import Header
from adapters.importers.rows import ItemCell, OrderRow
from adapters.importers.table import Columns, RowProblems
from campaigns.values import OrderState

LINE_ROLES = ("line_title", "line_sku", "line_quantity", "line_price", "line_properties")

_OTHER_STATE = "同一订单的各行写着不同的状态：以第一行为准"
_OTHER_AMOUNT = "同一订单的各行写着不同的金额：以第一行为准"
_MERGED = "同一张 ERP 订单合并了几笔平台订单，金额可能是合计的"

Sums = Mapping[str, int | None]
"""R-IMP-4. What the lines of each order add up to, in fen; None where one cannot be read."""


def read_item(
    columns: Columns, row: RowProblems, cells: list[str], line_no: int
) -> ItemCell | None:
    """Read the thing bought out of a row with LINE_ROLES; None, and a warning, where it has none.

    A row without a number of pieces is one piece. Nothing here rejects the row.
    """
    picked = columns.pick(cells)
    assert picked is not None  # the same row was measured before
    title_text, sku, pieces, price, properties = picked[: len(LINE_ROLES)]
    title = clean_text(title_text)
    if not title:
        return None
    text = clean(pieces)
    quantity = row.optional("line_quantity", read_count, text) if text else 1
    if quantity is None:
        return None
    return ItemCell(
        line_no=line_no,
        title=title,
        price_fen=row.optional("line_price", read_fen, price),
        quantity=quantity,
        sku=clean_text(sku) or None,
        properties=clean_text(properties) or None,
    )


@dataclass(slots=True)
class SeenOrder:
    """What the first row of an order said, and how many rows it has so far."""

    state: OrderState
    total_fen: int
    rows: int = 0


class OrderLines:
    """R-IMP-2. Makes the first row of a number the order, and every row one of its items."""

    def __init__(self, header: Header, seen: dict[str, SeenOrder]) -> None:
        self._columns = Columns(header, (*LINE_ROLES, "erp_no"))
        self._seen = seen  # shared by the sheets of one workbook
        self._of_erp: dict[str, str] = {}

    def attach(self, order: OrderRow, row: RowProblems, cells: list[str]) -> OrderRow:
        """Give the order the item of this row; warns where the rows of an order disagree."""
        seen = self._seen.get(order.order_no)
        if seen is None:
            seen = self._seen[order.order_no] = SeenOrder(order.state, order.total_fen)
        seen.rows += 1
        if order.state is not seen.state:
            row.warn("state", _OTHER_STATE)
        if order.total_fen != seen.total_fen:
            row.warn("total", _OTHER_AMOUNT)
        self._note_merged(order, row, cells)
        item = read_item(self._columns, row, cells, seen.rows)
        return replace(order, item=item, is_repeat=seen.rows > 1)

    def _note_merged(self, order: OrderRow, row: RowProblems, cells: list[str]) -> None:
        if not self._columns.has("erp_no"):
            return
        picked = self._columns.pick(cells)
        erp_no = clean(picked[-1]) if picked is not None else ""
        if erp_no and self._of_erp.setdefault(erp_no, order.order_no) != order.order_no:
            row.warn("total", _MERGED)


def sum_lines(header: Header, rows: Iterable[list[str] | str]) -> Sums:
    """R-IMP-4. Add up the amounts of the lines of each order, in fen, over the whole file."""
    number_at, amount_at = header.positions["order_no"], header.positions["line_amount"]
    sums: dict[str, int | None] = {}
    for cells in rows:
        if isinstance(cells, str) or len(cells) <= number_at:
            continue
        try:
            number = read_order_no(clean(cells[number_at]))
        except BadCell:
            continue  # the row is rejected for it where it is read
        amount = cells[amount_at] if len(cells) > amount_at else ""
        try:
            fen = read_fen(clean(amount))
        except BadCell:
            sums[number] = None
            continue
        known = sums.get(number, 0)
        sums[number] = known + fen if known is not None else None
    return sums
