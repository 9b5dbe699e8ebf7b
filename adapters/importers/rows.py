"""What every importer yields: typed rows, and problems that name line, column and reason (R-IMP-2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from campaigns.values import Kind, OrderState, PhoneNumber, Scope, Source


class FileKind(StrEnum):
    """What a file holds, as recognised by its content (R-IMP-1)."""

    ORDERS = "orders"
    ITEMS = "items"
    SHIPMENTS = "shipments"
    STOCK_OUT = "stock-out"
    DO_NOT_CONTACT = "do-not-contact"
    CALENDAR = "calendar"
    AFTER_SALES = "after-sales"
    PARCELS = "parcels"
    REVIEWS = "reviews"
    VIP = "vip"


SHEET_MARK = "›"
"""Stands between a sheet and its column in a problem, where a workbook has several sheets."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one row. `line` is the physical line or sheet row; the header is 1."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class PhoneCell:
    """A usable number out of a row. `usable_until` is the relay number's expiry (R-PHONE-2)."""

    number: PhoneNumber
    usable_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemCell:
    """A thing bought, out of a row about its order; `line_no` counts those of one order from 1."""

    line_no: int
    title: str
    price_fen: int | None
    quantity: int
    sku: str | None = None
    properties: str | None = None


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order. Amounts in fen, instants aware UTC; None where the file has no such column or value.

    `user_id` is None when missing; a masked one is kept as it stands (`tb***1`) with
    `user_id_masked` true (R-IMP-4). `region` is the province's short name (浙江), from the address
    that is in force, else from the first phone, else None (R-HOURS-4).

    A table with a row for each thing bought repeats the order: the row that comes first is the
    order, and of the others (`is_repeat`) only the `item` tells something new. `sheet` is "" but
    in a workbook with several sheets of orders.
    """

    line: int
    order_no: str
    state: OrderState
    user_id: str | None
    user_id_masked: bool
    total_fen: int
    paid_fen: int
    placed_at: datetime
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    received_at: datetime | None = None
    closed_reason: str | None = None
    receiver: str | None = None
    address: str | None = None
    region: str | None = None
    phones: tuple[PhoneCell, ...] = ()
    title: str | None = None
    item_count: int | None = None
    tracking_no: str | None = None
    carrier: str | None = None
    buyer_message: str | None = None
    memo: str | None = None
    item: ItemCell | None = None
    is_repeat: bool = False
    sheet: str = ""

    def column(self, name: str) -> str:
        """Name a column as a problem of this row does: with its sheet, where there are several."""
        return f"{self.sheet}{SHEET_MARK}{name}" if self.sheet else name


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item line of an order. `line_no` counts the items of one order inside the file, from 1."""

    line: int
    order_no: str
    line_no: int
    title: str
    price_fen: int | None
    quantity: int
    sku: str | None = None
    properties: str | None = None
    sub_order_no: str | None = None


@dataclass(frozen=True, slots=True)
class ShipmentRow:
    """One row of a parcel, joined to its order by the order's number; at least one field tells."""

    line: int
    order_no: str
    shipped_at: datetime | None
    tracking_no: str | None
    carrier: str | None
    item: ItemCell | None = None


@dataclass(frozen=True, slots=True)
class StockOutRow:
    """R-OOS-1. Goods out of stock, by name, code or both, and when they are expected.

    `arrived_on` is the day on which they came, where the list says which.
    """

    line: int
    goods: str | None
    code: str | None
    expected_on: date
    reason: str | None = None
    gift: str | None = None
    is_arrived: bool = False
    arrived_on: date | None = None


@dataclass(frozen=True, slots=True)
class DoNotContactRow:
    """One do-not-contact entry (R-DNC-3): a user ID, a phone, or both; `kind` None means all kinds."""

    line: int
    scope: Scope
    user_id: str | None
    phone: PhoneNumber | None
    kind: Kind | None
    reason: str


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One official day entered by the administrator (R-HOURS-6)."""

    line: int
    day: date
    is_working: bool
    name: str


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One row of a register (R-SMP-1): a user ID, an order number, or both.

    A masked user ID is kept as it stands with `user_id_masked` true (R-IMP-4). `entered_on` is the
    shop's day, None for a VIP; `handler` is "" where nobody is named; `detail` is 问题类型, 快递单号
    or 评价.
    """

    line: int
    source: Source
    user_id: str | None
    user_id_masked: bool
    order_no: str | None
    entered_on: date | None
    handler: str
    detail: str | None = None
    phones: tuple[PhoneNumber, ...] = ()


Row = OrderRow | ItemRow | ShipmentRow | StockOutRow | DoNotContactRow | CalendarRow | RegisterRow


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken, with every reason found in it (at least one)."""

    line: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A row that can be stored, and what to warn about."""

    row: Row
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a whole file is not taken. `code` is for machines, `reason` is Chinese for people."""

    code: str
    reason: str


class RefusedFile(Exception):  # noqa: N818 - it is an answer about a file, named as the user sees it
    """Raised by an importer when the file as a whole cannot be taken; nothing of it is stored."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file turned out to be. `data_time` is the time in its name, None without one."""

    kind: FileKind
    encoding: str
    headers: tuple[str, ...]
    generation: str
    data_time: datetime | None
    columns: dict[str, str] = field(default_factory=dict)


class OpenFile(Protocol):
    """A recognised file, ready to be read once or several times."""

    recognised: Recognised
    size_bytes: int

    def rows(self) -> Iterator[Taken | Rejected]:
        """The non-empty data rows in order; raises RefusedFile when a limit is broken on the way."""
        ...
