"""Rows of an order table: the marketplace's exports of every generation, and plain tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from adapters.importers.cells import (
    BadCell,
    clean,
    clean_text,
    is_rounded,
    read_count,
    read_fen,
    read_order_no,
    read_time,
)
from adapters.importers.headers import Header
from adapters.importers.order_lines import OrderLines, SeenOrder, Sums
from adapters.importers.rows import OrderRow, PhoneCell, Rejected, Taken
from adapters.importers.states import read_after_sale, read_state
from adapters.importers.table import Columns, RowProblems
from campaigns.phone import FAULT_TEXTS, PhoneFault, is_relay, read_phone
from campaigns.regions import province_of_address, province_of_phone
from campaigns.values import OrderState

_ROLES = (
    "order_no", "user_id", "state", "total", "paid", "placed_at", "paid_at", "shipped_at",
    "received_at", "closed_reason", "receiver", "address", "changed_address", "province", "city",
    "district", "street", "mobile", "phone", "usable_until", "title", "item_count", "tracking_no", "carrier",
    "buyer_message", "memo", "after_sale",
)  # fmt: skip

_PAID_STATES = (OrderState.PAID, OrderState.SHIPPED, OrderState.COMPLETED)
_NOT_CLOSED = "订单未关闭"
ROUNDED = "订单编号被表格软件取整，后几位已经变成 0；请用原始导出文件"
"""Why an order number that ends in zeros behind the 15th digit is not taken."""


class OrderParser:
    """R-IMP-2, R-IMP-4. One order a row; nothing is guessed, a bad phone is only a warning.

    `sample` are the file's first rows: when every long order number among them ends in zeros
    behind the 15th digit, a spreadsheet has rounded them, and such rows are rejected. `sums` are
    what the lines of an order add up to, for tables that state no other amount. `seen` are the
    orders of the sheets before this one.
    """

    def __init__(
        self,
        header: Header,
        sample: Sequence[list[str]],
        seen: dict[str, SeenOrder],
        sums: Sums | None = None,
    ) -> None:
        self._columns = Columns(header, _ROLES)
        self._has_state = self._columns.has("state")
        self._lines = OrderLines(header, seen) if header.system.has_lines else None
        self._sums = sums
        self._is_rounded_file = is_rounded_file(header, sample)

    def __call__(self, line: int, cells: list[str]) -> Taken | Rejected:
        """See RowParser."""
        picked = self._columns.pick(cells)
        if picked is None:
            return self._columns.too_long(line)
        (
            order_no, user_id, state, total, paid, placed_at, paid_at, shipped_at,
            received_at, closed_reason, receiver, address, changed_address, province, city,
            district, street, mobile, phone, usable_until, title, item_count, tracking_no, carrier,
            buyer_message, memo, after_sale,
        ) = picked  # fmt: skip
        row = RowProblems(self._columns, line)
        number = row.required("order_no", self._order_no, clean(order_no))
        if self._has_state:
            read = row.required("state", read_state, clean(state))
        else:
            read = _state_by_time(row, paid_at, shipped_at)
        if after_sale:
            read = _after_sale_state(row, after_sale, read)
        owed = self._summed(row, number) if self._sums is not None else clean(total)
        amounts = self._amounts(row, owed, paid, read)
        placed = row.required("placed_at", read_time, clean(placed_at))
        paid_time = row.if_given("paid_at", read_time, paid_at)
        if row.faults or number is None or read is None or placed is None or amounts is None:
            return Rejected(line, tuple(row.faults))
        customer = clean(user_id)
        phones = _phones(row, mobile, phone, usable_until)
        where = _address(
            clean_text(address), clean_text(changed_address), (province, city, district, street)
        )
        reason = clean_text(closed_reason)
        taken = OrderRow(
            line=line,
            order_no=number,
            state=read,
            user_id=customer or None,
            user_id_masked="*" in customer or "＊" in customer,
            total_fen=amounts[0],
            paid_fen=amounts[1],
            placed_at=placed,
            paid_at=paid_time,
            shipped_at=row.optional("shipped_at", read_time, shipped_at),
            received_at=row.optional("received_at", read_time, received_at),
            closed_reason=reason if reason != _NOT_CLOSED and reason else None,
            receiver=clean_text(receiver) or None,
            address=where or None,
            region=_region(where, phones),
            phones=phones,
            title=clean_text(title) or None,
            item_count=row.optional("item_count", read_count, item_count),
            tracking_no=(tracking_no and clean(tracking_no).removeprefix("No:")) or None,
            carrier=(carrier and clean_text(carrier)) or None,
            buyer_message=(buyer_message and clean_text(buyer_message)) or None,
            memo=(memo and clean_text(memo)) or None,
        )
        if self._lines is not None:
            taken = self._lines.attach(taken, row, cells)
        return Taken(taken, tuple(row.warnings))

    def _summed(self, row: RowProblems, number: str | None) -> str:
        """R-IMP-4. The sum of the order's lines, as an amount in yuan; "" where there is none."""
        assert self._sums is not None
        fen = self._sums.get(number or "")
        return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"

    def _order_no(self, text: str) -> str:
        number = read_order_no(text)
        if self._is_rounded_file and is_rounded(number):
            raise BadCell(ROUNDED)
        return number

    def _amounts(
        self, row: RowProblems, total: str, paid: str, state: OrderState | None
    ) -> tuple[int, int] | None:
        """R-IMP-4. Owed and paid, in fen.

        A table without a column for what was paid: the state says whether the whole was. One
        without a total: what was paid, or is to be paid, is all that is known of the order.
        """
        paid_fen = row.if_given("paid", read_fen, paid)
        if not self._columns.has("total") and self._sums is None:
            if not paid_fen and state not in (OrderState.CLOSED, None):
                row.fault("total", "没有总金额")
            owed = paid_fen or 0
            return owed, owed if state in _PAID_STATES else 0
        total_fen = row.required("total", read_fen, total)
        if total_fen is None:
            return None
        if paid_fen is None:
            paid_fen = total_fen if state in _PAID_STATES else 0
        return total_fen, paid_fen


def _state_by_time(row: RowProblems, paid_at: str, shipped_at: str) -> OrderState | None:
    """R-IMP-3. A table without states: what was shipped, or paid, is at least that far."""
    if clean(shipped_at):
        return OrderState.SHIPPED
    if clean(paid_at):
        return OrderState.PAID
    row.fault("state", "没有订单状态，也没有付款时间、发货时间")
    return None


def _after_sale_state(
    row: RowProblems, after_sale: str, state: OrderState | None
) -> OrderState | None:
    """R-IMP-3. An order refunded whole is closed, whatever state stands beside it."""
    is_refunded = row.optional("after_sale", read_after_sale, after_sale)
    return OrderState.CLOSED if is_refunded else state


def is_rounded_file(header: Header, sample: Sequence[list[str]]) -> bool:
    """R-IMP-2. Whether every long order number of the file's first rows ends in zeros."""
    position = header.positions.get("order_no", header.width)
    numbers = [clean(cells[position]) for cells in sample if len(cells) > position]
    long_ones = [number for number in numbers if len(number) > 15 and number.isdecimal()]
    return len(long_ones) > 1 and all(map(is_rounded, long_ones))


def _phones(row: RowProblems, mobile: str, phone: str, expiry: str) -> tuple[PhoneCell, ...]:
    """R-PHONE-1, R-PHONE-2. The usable numbers of a row, the mobile first, each once."""
    until = row.optional("usable_until", read_time, expiry)
    first = _phone(row, "mobile", mobile, until) if mobile else None
    second = _phone(row, "phone", phone, until) if phone else None
    if first is None:
        return (second,) if second is not None else ()
    if second is None or second.number == first.number:
        return (first,)
    return (first, second)


def _phone(row: RowProblems, role: str, text: str, until: datetime | None) -> PhoneCell | None:
    number = read_phone(text)
    if isinstance(number, PhoneFault):
        if number is not PhoneFault.EMPTY:
            row.warn(role, FAULT_TEXTS[number])
        return None
    return PhoneCell(number, until if role == "mobile" or is_relay(number) else None)


def _address(address: str, changed: str, area: tuple[str, str, str, str]) -> str:
    """Join the address in force with province, city, district, street where they stand apart.

    One that is all asterisks tells nothing.
    """
    whole = changed or address
    if changed or not any(area):
        return whole
    parts = [p for p in map(clean_text, area) if p.strip("*＊") and p not in whole]
    return " ".join([*parts, whole]).strip()


def _region(address: str, phones: tuple[PhoneCell, ...]) -> str | None:
    """R-HOURS-4. The province of the address, else of the first phone."""
    found = province_of_address(address)
    if found is None and phones:
        return province_of_phone(phones[0].number)
    return found
