"""Which table a header belongs to, and which column means what (R-IMP-1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from adapters.importers.columns import (
    AFTER_SALES_COLUMNS,
    CALENDAR_COLUMNS,
    DO_NOT_CONTACT_COLUMNS,
    ITEM_COLUMNS,
    LINE_COLUMNS,
    ORDER_COLUMNS,
    PARCELS_COLUMNS,
    REVIEWS_COLUMNS,
    SHIPMENT_COLUMNS,
    STOCK_OUT_COLUMNS,
    VIP_COLUMNS,
    Names,
)
from adapters.importers.refusals import RefusalCode, refusal
from adapters.importers.rows import FileKind
from adapters.importers.systems import GUANYI, SYSTEMS, TABLE_WITH_LINES, TAOBAO, System

_COLUMNS: dict[FileKind, Names] = {
    FileKind.ORDERS: ORDER_COLUMNS,
    FileKind.ITEMS: ITEM_COLUMNS,
    FileKind.SHIPMENTS: SHIPMENT_COLUMNS,
    FileKind.STOCK_OUT: STOCK_OUT_COLUMNS,
    FileKind.DO_NOT_CONTACT: DO_NOT_CONTACT_COLUMNS,
    FileKind.CALENDAR: CALENDAR_COLUMNS,
    FileKind.AFTER_SALES: AFTER_SALES_COLUMNS,
    FileKind.PARCELS: PARCELS_COLUMNS,
    FileKind.REVIEWS: REVIEWS_COLUMNS,
    FileKind.VIP: VIP_COLUMNS,
}

_WHOSE_AND_WHEN = (frozenset({"user_id", "order_no"}), frozenset({"entered_on"}))
_REQUIRED: dict[FileKind, tuple[frozenset[str], ...]] = {  # of each set, one role must be there
    FileKind.ORDERS: tuple(
        map(frozenset, ({"order_no"}, {"state"}, {"total", "paid"}, {"placed_at"}))
    ),
    FileKind.ITEMS: tuple(map(frozenset, ({"order_no"}, {"title"}, {"quantity"}))),
    FileKind.SHIPMENTS: tuple(map(frozenset, ({"order_no"}, {"shipped_at", "tracking_no"}))),
    FileKind.STOCK_OUT: tuple(map(frozenset, ({"goods", "code"}, {"expected_on"}))),
    FileKind.DO_NOT_CONTACT: (frozenset({"user_id", "phone"}),),
    FileKind.CALENDAR: tuple(map(frozenset, ({"day"}, {"is_working"}))),
    FileKind.AFTER_SALES: _WHOSE_AND_WHEN,
    FileKind.PARCELS: _WHOSE_AND_WHEN,
    FileKind.REVIEWS: _WHOSE_AND_WHEN,
    FileKind.VIP: (frozenset({"user_id"}),),
}

_LOOK_ALIKES = (  # of two such kinds the one that is said counts
    {FileKind.AFTER_SALES, FileKind.PARCELS},
    {FileKind.PARCELS, FileKind.SHIPMENTS},
)

_DO_NOT_CONTACT_WORDS = ("谢绝", "免打扰", "拒绝来电", "请勿联系", "退订", "不再联系")

# The newest generation first: the first whose mark is in the header names it.
_ORDER_GENERATIONS = (
    ("2025", "买家下单时间"),
    ("2022", "虚拟号过期时间"),
    ("2018", "新零售交易类型"),
    ("2017", "是否上传合同照片"),
    ("2016", "分阶段订单信息"),
)
_ITEM_GENERATIONS = (("2022", "子订单编号"), ("2017", "套餐信息"))


@dataclass(frozen=True, slots=True)
class Header:
    """A recognised first row: where each role's column is, and how many columns a row has."""

    kind: FileKind
    generation: str
    names: tuple[str, ...]
    positions: dict[str, int]
    system: System = TAOBAO

    @property
    def width(self) -> int:
        """Columns of a whole row."""
        return len(self.names)

    @property
    def columns(self) -> dict[str, str]:
        """Role of each used column and the header it was found under."""
        return {role: self.names[position] for role, position in self.positions.items()}

    def name_of(self, role: str) -> str:
        """Name a role's column as the file does, else by its usual name."""
        position = self.positions.get(role)
        if position is not None:
            return self.names[position]
        own = self.system.columns.get(role)
        return (own or _COLUMNS[self.kind].get(role) or LINE_COLUMNS[role])[0]


def read_header(cells: Sequence[str], kind: FileKind | None) -> Header:
    """R-IMP-1. What the table is, by its header alone, or by `kind` where that says it.

    Raises RefusedFile: a table nobody knows, a look-alike, a kind that contradicts the content,
    a required column that is missing or stands there twice.
    """
    names = tuple(_header_name(cell) for cell in cells)
    folded = [_folded(name) for name in names]
    found = _kind_by_header(set(folded))
    if kind is not None and found is not None and not _may_be(kind, found):
        raise refusal(RefusalCode.KIND_MISMATCH, chosen=kind.value, found=found.value)
    if kind is None and found is None:
        raise _unrecognised(folded, names)
    kind = kind or found
    assert kind is not None
    if kind is FileKind.ORDERS:
        return _order_header(names, folded)
    positions = _positions(folded, _COLUMNS[kind])
    _demand(kind, positions.keys())
    return Header(kind, _generation(kind, set(folded)), names, positions)


def _may_be(kind: FileKind, found: FileKind) -> bool:
    """Whether a table that looks like `found` may be of the kind that was said."""
    return kind is found or {kind, found} in _LOOK_ALIKES


def _order_header(names: tuple[str, ...], folded: list[str]) -> Header:
    """Read an order table: the system's own names go before those of every table."""
    told = set(folded)
    system = next((one for marks, one in _MARKS if told >= marks), TAOBAO)
    generation = _generation(FileKind.ORDERS, told) if system is TAOBAO else system.name
    own = {role: names for role, names in system.columns.items() if role not in LINE_COLUMNS}
    positions = _positions(folded, {**ORDER_COLUMNS, **own})
    enough = set(positions)
    if "line_amount" in positions:
        enough.add("total")
    if system.state_by_time and {"paid_at", "shipped_at"} & enough:
        enough.add("state")
    _demand(FileKind.ORDERS, enough)
    lines = _positions(
        folded, {role: system.columns.get(role, LINE_COLUMNS[role]) for role in LINE_COLUMNS}
    )
    if system is TAOBAO and generation == "plain" and {"line_sku", "line_title"} <= lines.keys():
        system = TABLE_WITH_LINES
    if system.has_lines:
        positions |= lines
        positions.pop("item_count", None)  # what stands there is of one of several rows
    return Header(FileKind.ORDERS, generation, names, positions, system)


def _demand(kind: FileKind, found: Collection[str]) -> None:
    """Raise RefusedFile, naming the columns, where a required one is missing."""
    missing = [
        " / ".join(_COLUMNS[kind][role][0] for role in sorted(roles, reverse=True))
        for roles in _REQUIRED[kind]
        if roles.isdisjoint(found)
    ]
    if missing:
        raise refusal(RefusalCode.MISSING_COLUMN, detail="、".join(missing))


def _header_name(cell: str) -> str:
    return cell.strip().strip("\ufeff\u200b\"'‘’“”=\u00a0 \t")


def _folded(name: str) -> str:
    """One spelling: no blanks, half-width, without a unit or （必填） behind the name."""
    folded = unicodedata.normalize("NFKC", name[:100]).casefold()
    folded = re.sub(r"[\s\u200b\ufeff]+", "", folded)
    return re.sub(r"\((?:必填|元|件)\)$", "", folded)


def _fold_all(columns: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {role: tuple(map(_folded, names)) for role, names in columns.items()}


_FOLDED_COLUMNS = {kind: _fold_all(columns) for kind, columns in _COLUMNS.items()}
_MARKS = [(frozenset(map(_folded, marks)), system) for system in SYSTEMS for marks in system.marks]
_GUANYI_MARKS = frozenset(("发货单号", "平台编号"))


def _kind_by_header(folded: set[str]) -> FileKind | None:
    registers = _registers(folded)
    if registers:
        return next(iter(registers)) if len(registers) == 1 else None
    about_orders = _kind_about_orders(folded)
    if about_orders is not None:
        return about_orders
    if _is_of_stock_out(folded):
        return FileKind.STOCK_OUT
    if _is_of_do_not_contact(folded):
        return FileKind.DO_NOT_CONTACT
    if not _roles(folded, FileKind.DO_NOT_CONTACT).isdisjoint({"user_id", "phone"}):
        return None
    is_calendar = {"day", "is_working"} <= _roles(folded, FileKind.CALENDAR)
    return FileKind.CALENDAR if is_calendar else None


def _registers(folded: set[str]) -> set[FileKind]:
    """R-SMP-1. The registers that a table may be; empty for a table that is none.

    An entry has a customer or an order, and a day; what else it tells says which register it is. A
    list of VIPs is never told by its header: it looks like the do-not-contact list.
    """
    orders = _roles(folded, FileKind.ORDERS)
    is_noted = any("登记" in name for name in folded)
    if _is_of_do_not_contact(folded) or (not is_noted and _is_whole_order(orders)):
        return set()
    told = {kind: _roles(folded, kind) for kind in _DATED_REGISTERS}
    found = {kind for kind, roles in told.items() if {"detail", "entered_on"} <= roles}
    has_review_day = any(name.startswith(_REVIEW_WORDS) for name in folded & _REVIEW_DAYS)
    if has_review_day != is_noted and len(found) > 1:
        found = {FileKind.REVIEWS} if has_review_day else found - {FileKind.REVIEWS}
    if (
        is_noted
        and not found
        and "order_no" in orders
        and "entered_on" in told[FileKind.AFTER_SALES]
    ):
        found = {FileKind.AFTER_SALES, FileKind.PARCELS}
    is_parcel_of_order = not orders.isdisjoint({"state", "total", "placed_at", "shipped_at"})
    if not is_noted and not has_review_day:
        found = {kind for kind in found if "handler" in told[kind]}
        found -= {FileKind.PARCELS} if is_parcel_of_order else set()
    return {kind for kind in found if not told[kind].isdisjoint({"user_id", "order_no"})}


_DATED_REGISTERS = (FileKind.AFTER_SALES, FileKind.PARCELS, FileKind.REVIEWS)
_REVIEW_WORDS = ("评价", "评论")
_REVIEW_DAYS = frozenset(_FOLDED_COLUMNS[FileKind.REVIEWS]["entered_on"])


def _is_whole_order(orders: set[str]) -> bool:
    return all(not roles.isdisjoint(orders) for roles in _REQUIRED[FileKind.ORDERS])


def _is_of_do_not_contact(folded: set[str]) -> bool:
    """Whether the header itself says that these are customers not to be contacted."""
    names = _roles(folded, FileKind.DO_NOT_CONTACT)
    is_said = any(word in name for name in folded for word in _DO_NOT_CONTACT_WORDS)
    return not names.isdisjoint({"user_id", "phone"}) and (is_said or {"reason", "scope"} <= names)


def _kind_about_orders(folded: set[str]) -> FileKind | None:
    """Tell the tables with an order's number apart; None where that is all there is of an order."""
    orders = _roles(folded, FileKind.ORDERS) | _roles(folded, FileKind.SHIPMENTS)
    if "order_no" not in orders:
        return None
    if "total" not in orders and {"title", "quantity"} <= _roles(folded, FileKind.ITEMS):
        return FileKind.ITEMS
    if _is_of_shipments(orders):
        return FileKind.SHIPMENTS
    is_told = not orders.isdisjoint({"state", "total", "placed_at"})
    return FileKind.ORDERS if is_told else None


def _is_of_shipments(orders: set[str]) -> bool:
    """Parcels tell when and how they left; an order table has a state, or an amount and a time."""
    if "state" in orders or orders.isdisjoint({"shipped_at", "tracking_no"}):
        return False
    return orders.isdisjoint({"total", "paid"}) or "placed_at" not in orders


def _is_of_stock_out(folded: set[str]) -> bool:
    roles = _roles(folded, FileKind.STOCK_OUT)
    is_said = "expected_on" in roles or any("缺货" in name for name in folded)
    return is_said and not roles.isdisjoint({"goods", "code"})


def _roles(folded: set[str], kind: FileKind) -> set[str]:
    """Roles of a kind for which there is a column."""
    columns = _FOLDED_COLUMNS[kind]
    return {role for role, names in columns.items() if not folded.isdisjoint(names)}


def _unrecognised(folded: list[str], names: tuple[str, ...]) -> Exception:
    look_alike = _roles(set(folded), FileKind.DO_NOT_CONTACT)
    if not look_alike.isdisjoint({"user_id", "phone"}) or _registers(set(folded)):
        return refusal(RefusalCode.KIND_NEEDED)
    shown = "、".join(name[:20] for name in names[:6] if name) or "（空）"
    return refusal(RefusalCode.UNKNOWN_TABLE, detail=shown)


def _positions(folded: list[str], columns: dict[str, tuple[str, ...]]) -> dict[str, int]:
    positions: dict[str, int] = {}
    for role, names in columns.items():
        for name in map(_folded, names):
            if folded.count(name) > 1:
                raise refusal(RefusalCode.DUPLICATE_HEADER, detail=name)
            if name in folded and folded.index(name) not in positions.values():
                positions[role] = folded.index(name)
                break
    return positions


def _generation(kind: FileKind, folded: set[str]) -> str:
    if kind is FileKind.SHIPMENTS and folded >= _GUANYI_MARKS:
        return GUANYI
    marks = {FileKind.ORDERS: _ORDER_GENERATIONS, FileKind.ITEMS: _ITEM_GENERATIONS}
    for generation, mark in marks.get(kind, ()):
        if _folded(mark) in folded:
            return generation
    return "plain"
