"""Taking in parcels: when the known orders left, with whom, under which number (R-IMP-3)."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.importers.rows import Problem, ShipmentRow, Taken
from adapters.store.queries import tasks
from scheduler.flows import figures
from scheduler.flows.intake_items import ParcelItems
from scheduler.flows.intake_known import (
    Sighting,
    add_sightings,
    load_orders,
    sighting,
    store_orders,
)
from scheduler.flows.intake_parts import Frame, Judged
from scheduler.flows.refresh import refresh_tasks, retract_texts, retract_todos
from scheduler.rules.order_merge import KnownOrder, merge_shipment

_ORDER_COLUMN = "订单编号"
_TRACKING_COLUMN = "物流单号"
_UNKNOWN = "还没有导入过这笔订单；请先导入订单，再导入发货单"
_MORE_PARCELS = "这笔订单分几个包裹发出：记第一个"


class ShipmentIntake:
    """Takes in the rows of one parcel table. An order's first row is its parcel."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._items = ParcelItems(frame.connection)
        self._parcels: dict[str, str | None] = {}
        self._task_ids: set[int] = set()
        self._called: set[int] = set()

    def take(self, rows: Sequence[Taken], judged: Judged) -> None:
        """See Intake. A row of an order that is not known is rejected."""
        frame = self._frame
        listed = [taken.row for taken in rows if isinstance(taken.row, ShipmentRow)]
        orders = load_orders(frame.connection, {row.order_no for row in listed})
        stored: dict[int, KnownOrder] = {}
        sighted: list[Sighting] = []
        joined: list[ShipmentRow] = []
        changed: list[bool] = []
        for row in listed:
            known = orders.get(row.order_no)
            if known is None:
                judged.reject(Problem(row.line, _ORDER_COLUMN, _UNKNOWN))
                continue
            joined.append(row)
            if self._is_parcel_known(row, judged):
                changed.append(False)
                continue
            merged = merge_shipment(known, row, frame.data_time)
            changed.append(merged.is_changed)
            if merged.is_stored:
                stored[known.id] = known
            if merged.is_sighting:
                sighted.append(sighting(frame, known))
        store_orders(frame.connection, stored.values())
        add_sightings(frame.connection, sighted)
        for is_changed, is_new_item in zip(changed, self._items.store(joined), strict=True):
            judged.count(is_changed or is_new_item)
        self._task_ids.update(tasks.open_of_orders(frame.connection, stored.keys()))
        self._called |= figures.called_of(frame.connection, stored)

    def _is_parcel_known(self, row: ShipmentRow, judged: Judged) -> bool:
        """Whether a row before this one was the order's parcel; says so where that was another."""
        if row.order_no not in self._parcels:
            self._parcels[row.order_no] = row.tracking_no
            return False
        first = self._parcels[row.order_no]
        if row.tracking_no is not None and row.tracking_no != first:
            judged.warnings.append(Problem(row.line, _TRACKING_COLUMN, _MORE_PARCELS))
        return True

    def finish(self) -> None:
        """See Intake. What was shipped is paid, and no longer waits for goods."""
        frame = self._frame
        figures.hold(frame.connection, self._task_ids | self._called)
        refresh_tasks(frame.connection, frame.runtime, frame.now, self._task_ids, frame.who)
        retract_todos(frame.connection, frame.runtime, frame.now)
        retract_texts(frame.connection, frame.runtime, frame.now)
        figures.settle(frame.connection, self._called)
