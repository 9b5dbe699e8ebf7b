"""Taking in order rows: orders, their customers and numbers, their history (R-IMP-3, R-IMP-4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from adapters.importers.rows import OrderRow, Problem, Taken
from adapters.store import bulk
from adapters.store.models.customers import customer, order
from adapters.store.queries import intake as queries
from adapters.store.queries import tasks
from campaigns.days import business_day, day_bounds
from campaigns.phone import is_relay
from campaigns.values import OrderState
from scheduler.flows import figures
from scheduler.flows.intake_customers import (
    ALONE,
    Customer,
    Phone,
    identity_of,
    settle_addresses,
    write_new_customers,
    write_phones,
)
from scheduler.flows.intake_items import OrderItems
from scheduler.flows.intake_known import (
    Sighting,
    add_orders,
    add_sightings,
    load_orders,
    sighting,
    store_orders,
)
from scheduler.flows.intake_parts import Frame, Judged
from scheduler.flows.refresh import refresh_tasks, retract_texts, retract_todos
from scheduler.rules.order_merge import KnownOrder, first_known, merge

_STATE_COLUMN = "订单状态"
_BUYER_COLUMN = "买家会员名"
_BACKWARD = "状态比已知的更早，订单状态只会向前；状态保持不变"
_OTHER_BUYER = "同一订单编号已知属于另一位买家"
_STAYS_ALONE = "订单已在催款任务里，仍按单独的客户处理"


@dataclass(slots=True)
class _Piece:
    """Everything known about the rows of one piece, and what is to be written of it."""

    orders: dict[str, KnownOrder]
    customers: dict[str, Customer]
    owners: dict[int, Customer]
    in_tasks: set[int]
    order_ids: Iterator[int]
    customer_ids: Iterator[int]
    added: list[KnownOrder] = field(default_factory=list)
    stored: dict[int, KnownOrder] = field(default_factory=dict)
    seen: dict[int, KnownOrder] = field(default_factory=dict)
    sighted: list[Sighting] = field(default_factory=list)
    moved: set[int] = field(default_factory=set)
    united: dict[int, int] = field(default_factory=dict)


class OrderIntake:
    """Takes in the rows of one order file."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._relay_days = timedelta(
            days=frame.runtime.law(frame.connection).policy.relay_days_after_completion
        )
        self._unbound = queries.users_without_orders(frame.connection)
        self._hours: set[tuple[date, int]] = set()
        self._unpaid_hours: set[tuple[date, int]] = set()
        self._task_ids: set[int] = set()
        self._called: set[int] = set()
        self._items = OrderItems(frame)

    def take(self, rows: Sequence[Taken], judged: Judged) -> None:
        """See Intake. A handful of statements a piece, whatever its length."""
        listed = [taken.row for taken in rows if isinstance(taken.row, OrderRow)]
        piece = self._load(listed)
        told = [(row, self._take_row(piece, row, judged)) for row in listed]
        self._write(piece)
        taken_rows = [(row, is_changed) for row, is_changed in told if is_changed is not None]
        bought = self._items.store([row for row, _ in taken_rows])
        for (_, is_changed), is_new_item in zip(taken_rows, bought, strict=True):
            judged.count(is_changed or is_new_item)

    def finish(self) -> None:
        """See Intake. R-IMP-3: says which orders are not known any more; R-DUN-4: refresh; R-DUN-7: settle."""
        self._items.finish()
        self._mark_missing()
        frame = self._frame
        figures.hold(frame.connection, self._task_ids | self._called)
        refresh_tasks(frame.connection, frame.runtime, frame.now, self._task_ids, frame.who)
        retract_todos(frame.connection, frame.runtime, frame.now)
        retract_texts(frame.connection, frame.runtime, frame.now)
        figures.settle(frame.connection, self._called)

    # --- reading ---------------------------------------------------------------------------------

    def _load(self, rows: list[OrderRow]) -> _Piece:
        connection = self._frame.connection
        known = load_orders(connection, {row.order_no for row in rows})
        wanted = {identity_of(row) for row in rows}
        customers = [Customer(*found) for found in queries.customers_named(connection, wanted)]
        missing = {o.customer_id for o in known.values()} - {c.id for c in customers}
        customers += [Customer(*found) for found in queries.customers_numbered(connection, missing)]
        owners = {c.id: c for c in customers}
        for found in queries.phones_of(connection, owners):
            phone = Phone(found.id, found.usable_until)
            owners[found.customer_id].phones[found.phone_key] = phone
        named = {c.identity: c for c in customers}
        alone = [o.id for o in known.values() if f"{ALONE}{o.order_no}" in named]
        new_orders = sum(row.order_no not in known for row in rows)
        new_customers = sum(identity not in named for identity in wanted)
        return _Piece(
            orders=known,
            customers=named,
            owners=owners,
            in_tasks=queries.orders_in_tasks(connection, alone),
            order_ids=bulk.reserve_ids(connection, order, new_orders),
            customer_ids=bulk.reserve_ids(connection, customer, new_customers),
        )

    # --- judging ---------------------------------------------------------------------------------

    def _take_row(self, piece: _Piece, row: OrderRow, judged: Judged) -> bool | None:
        """Whether the row told something new of the order; None when it is rejected."""
        known = piece.orders.get(row.order_no)
        is_changed = False
        if known is None:
            known = self._first(piece, row)
            is_changed = True
        else:
            owner = piece.owners[known.customer_id]
            identity = identity_of(row)
            if identity != owner.identity and not (owner.is_alone or identity.startswith(ALONE)):
                judged.reject(Problem(row.line, row.column(_BUYER_COLUMN), _OTHER_BUYER))
                return None
            if row.is_repeat:  # the order was taken in with its first row
                return False
            if identity != owner.identity and owner.is_alone:
                is_changed = self._unite(piece, known, row, judged)
            is_changed |= self._again(piece, known, row, judged)
        is_changed |= self._take_phones(piece, known, row)
        placed = known.placed_at
        hour = (placed.date(), placed.hour)
        self._hours.add(hour)
        if known.state is OrderState.AWAITING_PAYMENT:
            self._unpaid_hours.add(hour)
        return is_changed

    def _first(self, piece: _Piece, row: OrderRow) -> KnownOrder:
        owner = self._customer_of(piece, row)
        known = first_known(row, next(piece.order_ids), owner.id, self._frame.data_time)
        piece.orders[row.order_no] = known
        piece.added.append(known)
        self._sight(piece, known)
        if not owner.is_new:
            piece.moved.add(owner.id)
        return known

    def _again(self, piece: _Piece, known: KnownOrder, row: OrderRow, judged: Judged) -> bool:
        """R-IMP-3. One more sighting of a known order. True when it told something new."""
        expired = self._relay_expiry(known)
        was = (known.last_seen_at, known.missing_since)
        merged = merge(known, row, self._frame.data_time)
        if merged.is_stored:
            piece.stored[known.id] = known
            piece.moved.add(known.customer_id)
        elif was != (known.last_seen_at, known.missing_since):
            piece.seen[known.id] = known
        if merged.is_sighting:
            self._sight(piece, known)
        if merged.is_backward:
            judged.warnings.append(Problem(row.line, row.column(_STATE_COLUMN), _BACKWARD))
        self._move_expiry(piece, known, expired)
        return merged.is_changed

    def _sight(self, piece: _Piece, known: KnownOrder) -> None:
        piece.sighted.append(sighting(self._frame, known))

    def _customer_of(self, piece: _Piece, row: OrderRow) -> Customer:
        """R-IMP-4. The customer of the row, made where nobody has the user ID yet."""
        identity = identity_of(row)
        found = piece.customers.get(identity)
        if found is None:
            found = Customer(
                next(piece.customer_ids), identity, row.user_id or row.order_no, is_new=True
            )
            piece.customers[identity] = piece.owners[found.id] = found
        return found

    def _unite(self, piece: _Piece, known: KnownOrder, row: OrderRow, judged: Judged) -> bool:
        """R-IMP-4. The user ID of an order that stood alone has become known.

        An order that was called about stays with the customer whom the task and its history name.
        """
        if known.id in piece.in_tasks:
            judged.warnings.append(Problem(row.line, row.column(_BUYER_COLUMN), _STAYS_ALONE))
            return False
        alone, owner = piece.owners[known.customer_id], self._customer_of(piece, row)
        owner.inherit(alone)
        piece.united[alone.id] = owner.id
        known.customer_id = owner.id
        piece.stored[known.id] = known
        if not owner.is_new:
            piece.moved.add(owner.id)
        return True

    # --- numbers ---------------------------------------------------------------------------------

    def _take_phones(self, piece: _Piece, known: KnownOrder, row: OrderRow) -> bool:
        """R-PHONE-2, R-PHONE-3. New numbers, and a later end of known ones; marks stay.

        A number ends with an order only if a row of the completed order lists it.
        """
        own = piece.owners[known.customer_id].phones
        expires = self._relay_expiry(known) if row.state is OrderState.COMPLETED else None
        is_changed = False
        for cell in row.phones:
            key = self._frame.runtime.vault.phone_key(cell.number)
            until = cell.usable_until
            if until is None and is_relay(cell.number):
                until = expires
            phone = own.get(key)
            if phone is None:
                own[key] = Phone(None, until, cell.number)
                is_changed = True
            else:
                is_changed |= phone.end_at(until)
        return is_changed

    def _relay_expiry(self, known: KnownOrder) -> datetime | None:
        """R-PHONE-2. When the relay number of a completed order dies; None before completion."""
        if known.state is not OrderState.COMPLETED or known.completed_at is None:
            return None
        done_at = min(known.completed_at, known.received_at or known.completed_at)
        return done_at + self._relay_days

    def _move_expiry(self, piece: _Piece, known: KnownOrder, expired: datetime | None) -> None:
        """Correct an end that was reckoned from a completion now known to be earlier."""
        now_expires = self._relay_expiry(known)
        if expired is None or now_expires is None or now_expires == expired:
            return
        for phone in piece.owners[known.customer_id].phones.values():
            if phone.usable_until == expired:
                phone.usable_until = now_expires
                phone.is_changed = True

    # --- writing ---------------------------------------------------------------------------------

    def _write(self, piece: _Piece) -> None:
        connection, now = self._frame.connection, self._frame.now
        added = write_new_customers(connection, piece.customers, piece.orders.values(), now)
        queries.bind_suppressions(
            connection, [(i, c.id) for c in added for i in self._unbound.pop(c.identity, ())]
        )
        add_orders(connection, piece.added)
        stored, seen = piece.stored, piece.seen
        for new in piece.added:  # a second row of a new order: it was written just now
            stored.pop(new.id, None)
            seen.pop(new.id, None)
        store_orders(connection, stored.values())
        bulk.update_rows(
            connection,
            order,
            ("id", "last_seen_at", "missing_since"),
            [(o.id, o.last_seen_at, o.missing_since) for o in seen.values() if o.id not in stored],
        )
        add_sightings(connection, piece.sighted)
        queries.hand_over_suppressions(connection, piece.united)
        concerned = write_phones(connection, self._frame.runtime.vault, piece.customers, now)
        concerned |= settle_addresses(connection, piece.customers, piece.moved)
        self._task_ids.update(tasks.open_of_orders(connection, stored.keys() | seen.keys()))
        self._task_ids.update(tasks.open_of_customers(connection, concerned))
        self._called |= figures.called_of(connection, stored)

    # --- what a newer export does not list -------------------------------------------------------

    def _mark_missing(self) -> None:
        """R-IMP-3. Note the unpaid orders that the newest export of their day does not list.

        Such an order is not known, never paid. The newest may be this one, or, when an older file
        comes late, one that was taken in before. An export speaks for the orders of its own system
        only, and only where it lists all of them.
        """
        frame = self._frame
        if not frame.lists_all:
            return
        connection, data_time, source = frame.connection, frame.data_time, frame.source
        for start, end in _spans(self._hours):
            queries.mark_missing(connection, start, end, data_time, source)
        newest = queries.newest_data_time(connection, "orders", source)
        if newest is None or newest <= data_time:
            return
        for start, end in _spans(self._unpaid_hours):
            covered = queries.newest_sighting_between(connection, start, end, source)
            if covered is not None and covered > data_time:
                queries.mark_missing(connection, start, end, covered, source)


def _spans(hours: Iterable[tuple[date, int]]) -> list[tuple[datetime, datetime]]:
    """List the shop's days that hold these hours of UTC, each as its first and its last instant.

    The shop's zone lies whole hours off UTC; a row notes its hour, as that is ten times cheaper.
    """
    starts = (datetime.combine(day, time(hour), tzinfo=UTC) for day, hour in hours)
    return [day_bounds(day) for day in sorted({business_day(start) for start in starts})]
