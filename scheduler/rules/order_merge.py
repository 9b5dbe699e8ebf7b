"""What is known of an order after one more export listed it (R-IMP-3).

The result depends on the set of exports alone, not on the order in which they were taken in: each
field keeps the data time of its value, and each merge is the greater of two under a fixed order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapters.importers.rows import OrderRow, ShipmentRow
from campaigns.values import OrderState

FIELDS = (
    "placed_at",
    "shipped_at",
    "received_at",
    "closed_reason",
    "receiver",
    "address",
    "region",
    "title",
    "item_count",
    "tracking_no",
    "carrier",
    "buyer_message",
    "memo",
)
"""Fields in which the later data time wins, and an empty one is filled from any export."""

SHIPMENT_FIELDS = ("shipped_at", "tracking_no", "carrier")
"""Of these, what a parcel table tells."""

_AMOUNTS = "amounts"
_FINAL = frozenset({OrderState.COMPLETED, OrderState.CLOSED})
_SHIPPED_STATES = frozenset({OrderState.SHIPPED, OrderState.COMPLETED})
_PAID_STATES = frozenset({OrderState.PAID, OrderState.SHIPPED, OrderState.COMPLETED})


@dataclass(slots=True)
class KnownOrder:
    """An order as known so far; `merge` changes it in place.

    `field_times`: the fields whose value comes from an export older than `last_seen_at`, with its
    data time. Its `paid_at` is None where the time of payment was never stated, only a state seen.
    A key `amounts@1`: a parcel table moved the state on, the amounts are still those of step 1.
    """

    id: int
    order_no: str
    customer_id: int
    state: OrderState
    total_fen: int
    paid_fen: int
    placed_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    shipped_seen_at: datetime | None
    received_at: datetime | None
    completed_at: datetime | None
    closed_at: datetime | None
    closed_reason: str | None
    receiver: str | None
    address: str | None
    region: str | None
    title: str | None
    item_count: int | None
    tracking_no: str | None
    carrier: str | None
    buyer_message: str | None
    memo: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    missing_since: datetime | None
    field_times: dict[str, datetime | None]


@dataclass(frozen=True, slots=True)
class Merged:
    """What one row did to a known order.

    is_changed   something new was learned; a mere newer sighting is nothing new
    is_stored    more than `last_seen_at` and `missing_since` must be written
    is_sighting  state, amounts or payment changed, or it was seen unpaid once more (R-DUN-4)
    is_backward  the row is newer and its state is behind the known one
    """

    is_changed: bool
    is_stored: bool
    is_sighting: bool
    is_backward: bool


def first_known(row: OrderRow, order_id: int, customer_id: int, seen_at: datetime) -> KnownOrder:
    """R-IMP-3. An order as its first row tells it."""
    state = row.state
    paid_at = None if state is OrderState.AWAITING_PAYMENT else row.paid_at
    times: dict[str, datetime | None] = {}
    if paid_at is None and state in _PAID_STATES:
        paid_at = seen_at
        times["paid_at"] = None
    return KnownOrder(
        id=order_id,
        order_no=row.order_no,
        customer_id=customer_id,
        state=state,
        total_fen=row.total_fen,
        paid_fen=row.paid_fen,
        placed_at=row.placed_at,
        paid_at=paid_at,
        shipped_at=row.shipped_at,
        shipped_seen_at=seen_at if state in _SHIPPED_STATES else None,
        received_at=row.received_at,
        completed_at=seen_at if state is OrderState.COMPLETED else None,
        closed_at=seen_at if state is OrderState.CLOSED else None,
        closed_reason=row.closed_reason,
        receiver=row.receiver,
        address=row.address,
        region=row.region,
        title=row.title,
        item_count=row.item_count,
        tracking_no=row.tracking_no,
        carrier=row.carrier,
        buyer_message=row.buyer_message,
        memo=row.memo,
        first_seen_at=seen_at,
        last_seen_at=seen_at,
        missing_since=None,
        field_times=times,
    )


def merge(known: KnownOrder, row: OrderRow, seen_at: datetime) -> Merged:
    """R-IMP-3. Lay one more row, of an export of `seen_at`, over what is known.

    The state moves forward only. Amounts go with the state, between equal states the later data
    win; in the other fields the later data win, and an empty one is filled by any export.
    """
    before = _money_of(known)
    old_times = dict(known.field_times)
    was_seen_at = known.last_seen_at
    ways = _ways_of(known)
    is_changed = _merge_fields(known, row, seen_at)
    old_step = known.state.step
    is_backward = _merge_state(known, row, seen_at)
    _merge_amounts(known, row, seen_at, old_step)
    _merge_payment(
        known, None if row.state is OrderState.AWAITING_PAYMENT else row.paid_at, row.state, seen_at
    )
    _merge_shipped_seen(known, row.state, seen_at)
    after = _money_of(known)
    is_newer = seen_at > was_seen_at
    if is_newer:
        known.last_seen_at = seen_at
        _drop_ages_of_now(known)
    is_earlier = seen_at < known.first_seen_at
    if is_earlier:
        known.first_seen_at = seen_at
    is_unpaid = known.state is OrderState.AWAITING_PAYMENT
    if not is_unpaid or (known.missing_since is not None and seen_at >= known.missing_since):
        known.missing_since = None
    is_changed |= before != after or ways != _ways_of(known)
    return Merged(
        is_changed=is_changed,
        is_stored=is_changed or is_earlier or old_times != known.field_times,
        is_sighting=before != after or (is_unpaid and is_newer),
        is_backward=is_backward,
    )


def merge_shipment(known: KnownOrder, row: ShipmentRow, seen_at: datetime) -> Merged:
    """R-IMP-3. Lay a row of a parcel table over what is known: the order is shipped at least.

    It lists parcels, not orders, so it is no sighting of the payment data: `last_seen_at` stays.
    The amounts stay those of the state that they came with; what left unpaid is taken as paid.
    """
    before = _money_of(known)
    old_times = dict(known.field_times)
    ways = _ways_of(known)
    is_changed = False
    for name in SHIPMENT_FIELDS:
        value, old = getattr(row, name), getattr(known, name)
        if value is None or (old is not None and seen_at < _age_of(known, name)):
            continue
        if value != old:
            setattr(known, name, value)
            is_changed = True
        known.field_times[name] = seen_at
    step = known.state.step
    if step < OrderState.SHIPPED.step and known.state.may_become(OrderState.SHIPPED):
        known.state = OrderState.SHIPPED
        known.missing_since = None
        known.field_times[f"{_AMOUNTS}@{step}"] = None
        if step == 0:
            known.paid_fen = known.total_fen
    _merge_payment(known, None, OrderState.SHIPPED, seen_at)
    _merge_shipped_seen(known, OrderState.SHIPPED, seen_at)
    _drop_ages_of_now(known)
    after = _money_of(known)
    is_changed |= before != after or ways != _ways_of(known)
    return Merged(
        is_changed=is_changed,
        is_stored=is_changed or old_times != known.field_times,
        is_sighting=before != after,
        is_backward=False,
    )


def _money_of(known: KnownOrder) -> tuple[OrderState, int, int, datetime | None]:
    return known.state, known.total_fen, known.paid_fen, known.paid_at


def _ways_of(known: KnownOrder) -> tuple[datetime | None, datetime | None]:
    """When it was first seen shipped, and finished."""
    return known.shipped_seen_at, known.completed_at or known.closed_at


def _age_of(known: KnownOrder, name: str) -> datetime:
    """Data time of a field's value."""
    return known.field_times.get(name) or known.last_seen_at


def _drop_ages_of_now(known: KnownOrder) -> None:
    """Forget the ages that need no saying: a parcel table may be as new as the newest export."""
    times = known.field_times
    if times:
        for name in [name for name, at in times.items() if at == known.last_seen_at]:
            del times[name]


def _merge_shipped_seen(known: KnownOrder, state: OrderState, seen_at: datetime) -> None:
    """R-CB-2. The earliest data that show it shipped, or further."""
    if state in _SHIPPED_STATES and (
        known.shipped_seen_at is None or seen_at < known.shipped_seen_at
    ):
        known.shipped_seen_at = seen_at


def _merge_fields(known: KnownOrder, row: OrderRow, seen_at: datetime) -> bool:
    is_newest = seen_at >= known.last_seen_at
    times = known.field_times
    is_changed = False
    for name in FIELDS:
        value = getattr(row, name)
        old = getattr(known, name)
        if value is None:
            if old is not None and is_newest:
                _keep(known, name, seen_at)
            continue
        if old is not None and seen_at < (times.get(name) or known.last_seen_at):
            continue
        if value != old:
            setattr(known, name, value)
            is_changed = True
        _note(known, name, seen_at)
    return is_changed


def _keep(known: KnownOrder, name: str, seen_at: datetime) -> None:
    """Remember the age of a value that a newer row did not bring."""
    if seen_at > known.last_seen_at:
        known.field_times.setdefault(name, known.last_seen_at)


def _note(known: KnownOrder, name: str, seen_at: datetime) -> None:
    """Remember that the value is of this export."""
    if seen_at >= known.last_seen_at:
        known.field_times.pop(name, None)
    else:
        known.field_times[name] = seen_at


def _merge_state(known: KnownOrder, row: OrderRow, seen_at: datetime) -> bool:
    """R-IMP-3. Forward only. True when the row is newer, but its state lies behind.

    Of 交易成功 and 交易关闭, which exclude one another, the one that was first seen stands.
    """
    state = row.state
    if state is known.state:
        if state is OrderState.COMPLETED:
            known.completed_at = min(known.completed_at or seen_at, seen_at)
        elif state is OrderState.CLOSED:
            known.closed_at = min(known.closed_at or seen_at, seen_at)
        return False
    if known.state in _FINAL and state in _FINAL:
        rival = known.completed_at or known.closed_at or known.last_seen_at
        wins = seen_at < rival or (seen_at == rival and state is OrderState.COMPLETED)
    else:
        wins = known.state.may_become(state)
    if not wins:
        return seen_at >= known.last_seen_at
    known.state = state
    known.completed_at = seen_at if state is OrderState.COMPLETED else None
    known.closed_at = seen_at if state is OrderState.CLOSED else None
    return False


def _merge_amounts(known: KnownOrder, row: OrderRow, seen_at: datetime, old_step: int) -> None:
    """R-IMP-3. The amounts of the furthest state, of equally far ones of the later data."""
    times = known.field_times
    behind = (
        next((step for step in (0, 1) if f"{_AMOUNTS}@{step}" in times), None) if times else None
    )
    of_step = old_step if behind is None else behind
    step = row.state.step
    if step < of_step or (step == of_step and seen_at < _age_of(known, _AMOUNTS)):
        _keep(known, _AMOUNTS, seen_at)
        return
    known.total_fen, known.paid_fen = row.total_fen, row.paid_fen
    _note(known, _AMOUNTS, seen_at)
    if behind is not None:
        del times[f"{_AMOUNTS}@{behind}"]
        if step < known.state.step:
            times[f"{_AMOUNTS}@{step}"] = None
            known.paid_fen = row.total_fen if step == 0 else row.paid_fen


def _merge_payment(
    known: KnownOrder, stated: datetime | None, state: OrderState, seen_at: datetime
) -> None:
    """R-DUN-7. 订单付款时间 where any export states it, else the first data that show it paid.

    The time beside an unpaid order is that of a deposit, not of the payment: it is not `stated`.
    """
    times = known.field_times
    is_only_seen = "paid_at" in times and times["paid_at"] is None
    if stated is not None:
        if known.paid_at is None or is_only_seen or seen_at >= _age_of(known, "paid_at"):
            known.paid_at = stated
            _note(known, "paid_at", seen_at)
    elif state in _PAID_STATES and (known.paid_at is None or is_only_seen):
        known.paid_at = min(known.paid_at or seen_at, seen_at)
        times["paid_at"] = None
    elif known.paid_at is not None:
        _keep(known, "paid_at", seen_at)
