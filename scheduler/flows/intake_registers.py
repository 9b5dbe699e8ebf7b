"""Taking in the registers that the sampling population comes from, and the VIPs (R-SMP-1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from adapters.importers.rows import Problem, RegisterRow, Taken
from adapters.store import bulk
from adapters.store.models.customers import customer
from adapters.store.queries import intake as queries
from adapters.store.queries import registers, tasks
from campaigns.days import business_day
from campaigns.phone import is_relay
from campaigns.regions import province_of_phone
from campaigns.values import Source
from scheduler.flows.intake_customers import (
    ALONE,
    Customer,
    Phone,
    write_new_customers,
    write_phones,
)
from scheduler.flows.intake_parts import Frame, Judged
from scheduler.flows.refresh import refresh_tasks

_USER_COLUMN = "用户ID"
_ORDER_COLUMN = "订单编号"
_DAY_COLUMNS = {Source.REVIEWS: "评价日期"}
_NOT_YET = "日期在将来"
_OTHER_BUYER = "同一订单编号已知属于另一位买家"
_MASKED = "用户ID被打码，认不出是谁；先导入订单，再导入登记，就按订单找客户"
_NOBODY = "没有用户ID，这笔订单也还没有导入过；请先导入订单，再导入登记"

_PHONE_SOURCE = "register"


@dataclass(slots=True)
class _Piece:
    """What is known about the rows of one piece, and what is to be written of it."""

    customers: dict[str, Customer]
    owners: dict[int, Customer]
    orders: Mapping[str, Row[Any]]
    keys: set[str]
    customer_ids: Iterator[int]
    entries: list[tuple[object, ...]] = field(default_factory=list)
    placed: dict[int, str] = field(default_factory=dict)


class RegisterIntake:
    """Takes in the rows of one register. Nothing is planned of it (R-SMP-3)."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._today = business_day(frame.now)
        self._relay_days = timedelta(
            days=frame.runtime.law(frame.connection).policy.relay_days_after_completion
        )
        self._unbound = queries.users_without_orders(frame.connection)
        self._task_ids: set[int] = set()

    def take(self, rows: Sequence[Taken], judged: Judged) -> None:
        """See Intake. A handful of statements a piece, whatever its length."""
        listed = [taken.row for taken in rows if isinstance(taken.row, RegisterRow)]
        piece = self._load(listed)
        for row in listed:
            fault = self._fault(piece, row)
            if fault is not None:
                judged.reject(fault)
                continue
            owner = self._owner(piece, row)
            is_new_entry = self._take_entry(piece, row, owner)
            is_new_number = self._take_phones(piece, row, owner)
            judged.count(is_new_entry or is_new_number)
        self._write(piece)

    def finish(self) -> None:
        """See Intake. A new number may let an open task of its customer be called."""
        frame = self._frame
        refresh_tasks(frame.connection, frame.runtime, frame.now, self._task_ids, frame.who)

    # --- reading ---------------------------------------------------------------------------------

    def _load(self, rows: Collection[RegisterRow]) -> _Piece:
        connection = self._frame.connection
        order_nos = {row.order_no for row in rows if row.order_no is not None}
        orders = {o.order_no: o for o in registers.owners_of_orders(connection, order_nos)}
        wanted = {row.user_id for row in rows if row.user_id is not None and _is_told(row)}
        found = queries.customers_named(connection, wanted)
        missing = {o.customer_id for o in orders.values()} - {one.id for one in found}
        found += queries.customers_numbered(connection, missing)
        owners = {one.id: Customer(*one) for one in found}
        for phone in queries.phones_of(connection, owners):
            owners[phone.customer_id].phones[phone.phone_key] = Phone(phone.id, phone.usable_until)
        named = {one.identity: one for one in owners.values()}
        return _Piece(
            customers=named,
            owners=owners,
            orders=orders,
            keys=registers.known_keys(connection, {_natural_key(row) for row in rows}),
            customer_ids=bulk.reserve_ids(connection, customer, len(wanted - named.keys())),
        )

    # --- judging ---------------------------------------------------------------------------------

    def _fault(self, piece: _Piece, row: RegisterRow) -> Problem | None:
        """Say why the row belongs to nobody, or to no day yet; None when it can be taken."""
        if row.entered_on is not None and row.entered_on > self._today:
            return Problem(row.line, _DAY_COLUMNS.get(row.source, "登记日期"), _NOT_YET)
        known = piece.orders.get(row.order_no or "")
        if not _is_told(row):
            if known is not None:
                return None
            masked = row.user_id is not None
            column = _USER_COLUMN if masked or row.order_no is None else _ORDER_COLUMN
            return Problem(row.line, column, _MASKED if masked else _NOBODY)
        is_of_other = known is not None and known.identity not in (
            row.user_id,
            f"{ALONE}{row.order_no}",
        )
        return Problem(row.line, _ORDER_COLUMN, _OTHER_BUYER) if is_of_other else None

    def _owner(self, piece: _Piece, row: RegisterRow) -> Customer:
        """R-IMP-4. Whoever has the user ID, made where nobody has it; else the order's customer."""
        if not _is_told(row):
            return piece.owners[piece.orders[row.order_no or ""].customer_id]
        identity = row.user_id or ""
        found = piece.customers.get(identity)
        if found is None:
            found = Customer(next(piece.customer_ids), identity, identity, is_new=True)
            piece.customers[identity] = piece.owners[found.id] = found
        return found

    def _take_entry(self, piece: _Piece, row: RegisterRow, owner: Customer) -> bool:
        """R-IMP-3. Note the row; False for one that is known already."""
        key = _natural_key(row)
        if key in piece.keys:
            return False
        piece.keys.add(key)
        frame = self._frame
        piece.entries.append(
            (
                row.source.value,
                owner.id,
                row.order_no,
                row.entered_on,
                row.handler,
                row.detail,
                key,
                frame.import_id,
                frame.now,
            )
        )
        return True

    def _take_phones(self, piece: _Piece, row: RegisterRow, owner: Customer) -> bool:
        """R-PHONE-1, R-PHONE-2. New numbers of the customer; R-HOURS-4: and where they are from."""
        is_changed = False
        for number in row.phones:
            key = self._frame.runtime.vault.phone_key(number)
            if key in owner.phones:
                continue
            until = self._relay_end(piece, row) if is_relay(number) else None
            owner.phones[key] = Phone(None, until, number)
            is_changed = True
            region = province_of_phone(number) if owner.region is None else None
            if region is not None:
                owner.region = piece.placed[owner.id] = region
        return is_changed

    def _relay_end(self, piece: _Piece, row: RegisterRow) -> datetime | None:
        """R-PHONE-2. When the relay number of a completed order dies; None for any other."""
        known = piece.orders.get(row.order_no or "")
        if known is None or known.completed_at is None:
            return None
        done_at: datetime = min(known.completed_at, known.received_at or known.completed_at)
        return done_at + self._relay_days

    # --- writing ---------------------------------------------------------------------------------

    def _write(self, piece: _Piece) -> None:
        connection, now = self._frame.connection, self._frame.now
        added = write_new_customers(connection, piece.customers, (), now)
        new_ids = {one.id for one in added}
        queries.bind_suppressions(
            connection, [(i, one.id) for one in added for i in self._unbound.pop(one.identity, ())]
        )
        moved = [(i, region) for i, region in piece.placed.items() if i not in new_ids]
        bulk.update_rows(connection, customer, ("id", "region"), moved)
        vault = self._frame.runtime.vault
        concerned = write_phones(connection, vault, piece.customers, now, _PHONE_SOURCE)
        registers.add_entries(connection, piece.entries)
        concerned |= {customer_id for customer_id, _ in moved}
        self._task_ids.update(tasks.open_of_customers(connection, concerned))


def _is_told(row: RegisterRow) -> bool:
    """R-IMP-4. Whether the row names its customer: a masked user ID is never merged."""
    user_id = row.user_id
    return user_id is not None and not row.user_id_masked and not user_id.startswith(ALONE)


def _natural_key(row: RegisterRow) -> str:
    """R-IMP-3. What makes two rows the same row: all that is written in it but the phones.

    The user ID counts as written, so that the key stays when an order's customer becomes known; of a
    VIP nothing else is told.
    """
    day = None if row.entered_on is None else row.entered_on.isoformat()
    user_id = row.user_id if _is_told(row) else None
    told = [row.source.value, user_id, row.order_no, day, row.handler, row.detail]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()
