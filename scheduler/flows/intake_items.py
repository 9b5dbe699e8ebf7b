"""Taking in the things bought: from the item files, and from order tables that name them (R-IMP-3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from adapters.importers.rows import ItemCell, ItemRow, OrderRow, ShipmentRow, Taken
from adapters.store import bulk
from adapters.store.models.customers import order_item
from adapters.store.queries import intake as queries
from scheduler.flows.intake_parts import Frame, Judged

_COLUMNS = (
    "order_no",
    "line_no",
    "title",
    "price_fen",
    "quantity",
    "sku",
    "properties",
    "seen_at",
)

BEHIND_ITEM_FILES = timedelta(microseconds=1)
"""Items out of order rows count as this much older, so that an item file of the same time wins."""

BEFORE_ALL_FILES = datetime(2000, 1, 1, tzinfo=UTC)
"""The time of items out of a parcel table: whatever else names the order's items replaces them."""

Named = tuple[str, ItemRow | ItemCell]
"""An order's number, and one of the things bought with it."""


class ItemStore:
    """Stores the items of one file. The newest file that lists an order has its whole set."""

    def __init__(self, connection: Connection, seen_at: datetime) -> None:
        self._connection = connection
        self._seen_at = seen_at
        self._surplus: dict[tuple[str, int], int] = {}

    def store(self, items: Sequence[Named]) -> list[bool]:
        """Store a piece of them; says of each whether it told something new."""
        seen_at = self._seen_at
        known: dict[str, dict[int, Any]] = {}
        for found in queries.known_items(self._connection, {order_no for order_no, _ in items}):
            known.setdefault(found.order_no, {})[found.line_no] = found
        newest = {no: max(item.seen_at for item in of.values()) for no, of in known.items()}
        self._note_surplus(known, newest)
        added: list[tuple[Any, ...]] = []
        stored: list[tuple[Any, ...]] = []
        answers: list[bool] = []
        for order_no, item in items:
            values = (item.title, item.price_fen, item.quantity, item.sku, item.properties)
            self._surplus.pop((order_no, item.line_no), None)
            old = known.get(order_no, {}).get(item.line_no)
            if newest.get(order_no, seen_at) > seen_at:
                answers.append(False)
            elif old is None:
                added.append((order_no, item.line_no, *values, seen_at))
                answers.append(True)
            else:
                was = (old.title, old.price_fen, old.quantity, old.sku, old.properties)
                if was != values or old.seen_at != seen_at:
                    stored.append((old.id, *values, seen_at))
                answers.append(was != values)
        bulk.insert_rows(self._connection, order_item, _COLUMNS, added)
        bulk.update_rows(self._connection, order_item, ("id", *_COLUMNS[2:]), stored)
        return answers

    def _note_surplus(self, known: dict[str, dict[int, Any]], newest: dict[str, datetime]) -> None:
        """Items of an older export: those that this one does not list again are to go."""
        for order_no, items in known.items():
            if newest[order_no] < self._seen_at:
                for line_no, item in items.items():
                    self._surplus[order_no, line_no] = item.id

    def finish(self) -> None:
        """Remove what this file, being newer, does not list any more."""
        queries.remove_items(self._connection, self._surplus.values())


class ItemIntake:
    """Takes in item rows. R-IMP-3: the newest export that lists an order has its whole set."""

    def __init__(self, frame: Frame) -> None:
        self._items = ItemStore(frame.connection, frame.data_time)

    def take(self, rows: Sequence[Taken], judged: Judged) -> None:
        """See Intake. The order itself may come later."""
        listed = [taken.row for taken in rows if isinstance(taken.row, ItemRow)]
        for is_changed in self._items.store([(row.order_no, row) for row in listed]):
            judged.count(is_changed)

    def finish(self) -> None:
        """See Intake."""
        self._items.finish()


class OrderItems:
    """The items that the rows of an order table name."""

    def __init__(self, frame: Frame) -> None:
        self._items = ItemStore(frame.connection, frame.data_time - BEHIND_ITEM_FILES)

    def store(self, rows: Sequence[OrderRow]) -> list[bool]:
        """Store the items of these rows; says of each row whether its item is new or another."""
        told = iter(self._items.store([(r.order_no, r.item) for r in rows if r.item is not None]))
        return [row.item is not None and next(told) for row in rows]

    def finish(self) -> None:
        """See ItemStore."""
        self._items.finish()


class ParcelItems:
    """The items that a parcel table names, for orders of which no others are known."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._items = ItemStore(connection, BEFORE_ALL_FILES)
        self._without: dict[str, bool] = {}

    def store(self, rows: Sequence[ShipmentRow]) -> list[bool]:
        """Store the items of these rows where none were known before this file."""
        met = {row.order_no for row in rows} - self._without.keys()
        known = {found.order_no for found in queries.known_items(self._connection, met)}
        self._without |= {order_no: order_no not in known for order_no in met}
        is_wanted = [row.item is not None and self._without[row.order_no] for row in rows]
        wanted: list[Named] = [
            (row.order_no, row.item)
            for row, wants in zip(rows, is_wanted, strict=True)
            if wants and row.item is not None
        ]
        told = iter(self._items.store(wanted))
        return [wants and next(told) for wants in is_wanted]
