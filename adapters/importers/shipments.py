"""Rows of a parcel table: what left when, by whom, for which order (R-IMP-1)."""

from __future__ import annotations

from collections import Counter

from adapters.importers.cells import clean, clean_text, read_order_no, read_time
from adapters.importers.headers import Header
from adapters.importers.order_lines import LINE_ROLES, read_item
from adapters.importers.rows import Rejected, ShipmentRow, Taken
from adapters.importers.table import Columns, RowProblems

_ROLES = ("order_no", "shipped_at", "tracking_no", "carrier")


class ShipmentParser:
    """R-IMP-1, R-IMP-2. A row must name its order, and say when it left or under which number."""

    def __init__(self, header: Header) -> None:
        self._columns = Columns(header, _ROLES)
        self._lines = Columns(header, LINE_ROLES)
        self._seen: Counter[str] = Counter()

    def __call__(self, line: int, cells: list[str]) -> Taken | Rejected:
        """See RowParser."""
        picked = self._columns.pick(cells)
        if picked is None:
            return self._columns.too_long(line)
        order_no, shipped, tracking, carrier = picked
        row = RowProblems(self._columns, line)
        number = row.required("order_no", read_order_no, clean(order_no))
        shipped_at = row.if_given("shipped_at", read_time, shipped)
        tracking_no = clean(tracking).removeprefix("No:") or None
        if not row.faults and shipped_at is None and tracking_no is None:
            row.fault("shipped_at", "没有发货时间，也没有物流单号")
        if row.faults or number is None:
            return Rejected(line, tuple(row.faults))
        self._seen[number] += 1
        taken = ShipmentRow(
            line=line,
            order_no=number,
            shipped_at=shipped_at,
            tracking_no=tracking_no,
            carrier=clean_text(carrier) or None,
            item=read_item(self._lines, row, cells, self._seen[number]),
        )
        return Taken(taken, tuple(row.warnings))
