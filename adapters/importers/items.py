"""Rows of an item table: one row for each thing bought."""

from __future__ import annotations

from collections import Counter

from adapters.importers.cells import (
    BadCell,
    clean,
    clean_text,
    read_count,
    read_fen,
    read_order_no,
)
from adapters.importers.headers import Header
from adapters.importers.rows import ItemRow, Rejected, Taken
from adapters.importers.table import Columns, RowProblems

_ROLES = ("order_no", "sub_order_no", "title", "price", "quantity", "sku", "properties")


class ItemParser:
    """R-IMP-1, R-IMP-2. Items are numbered within their order, as the file lists them."""

    def __init__(self, header: Header) -> None:
        self._columns = Columns(header, _ROLES)
        self._seen: Counter[str] = Counter()

    def __call__(self, line: int, cells: list[str]) -> Taken | Rejected:
        """See RowParser."""
        picked = self._columns.pick(cells)
        if picked is None:
            return self._columns.too_long(line)
        order_no, sub_order_no, title, price, quantity, sku, properties = picked
        row = RowProblems(self._columns, line)
        number = row.required("order_no", read_order_no, clean(order_no))
        name = row.required("title", _title, clean_text(title))
        pieces = row.required("quantity", read_count, clean(quantity))
        price_fen = row.if_given("price", read_fen, price)
        if row.faults or number is None or name is None or pieces is None:
            return Rejected(line, tuple(row.faults))
        self._seen[number] += 1
        taken = ItemRow(
            line=line,
            order_no=number,
            line_no=self._seen[number],
            title=name,
            price_fen=price_fen,
            quantity=pieces,
            sku=clean_text(sku) or None,
            properties=clean_text(properties) or None,
            sub_order_no=clean(sub_order_no) or None,
        )
        return Taken(taken, tuple(row.warnings))


def _title(text: str) -> str:
    if not text:
        raise BadCell("没有宝贝标题")
    return text
