"""Taking in what is not orders: items, do-not-contact entries, official days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert

from adapters.importers.rows import CalendarRow, DoNotContactRow, ItemRow, Taken
from adapters.store import bulk
from adapters.store.models.customers import order_item
from adapters.store.models.shop import calendar_day
from adapters.store.queries import intake as queries
from adapters.store.queries import shop as shop_queries
from adapters.store.queries import suppressions, tasks
from campaigns.values import Scope
from scheduler.flows.intake_parts import Frame, Judged
from scheduler.flows.refresh import refresh_customers, refresh_tasks

_ITEM_COLUMNS = (
    "order_no",
    "line_no",
    "title",
    "price_fen",
    "quantity",
    "sku",
    "properties",
    "seen_at",
)


class ItemIntake:
    """Takes in item rows. R-IMP-3: the newest export that lists an order has its whole set."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._surplus: dict[tuple[str, int], int] = {}

    def take(self, rows: Sequence[Taken], judged: Judged) -> None:
        """See Intake. The order itself may come later."""
        connection, data_time = self._frame.connection, self._frame.data_time
        listed = [taken.row for taken in rows if isinstance(taken.row, ItemRow)]
        known: dict[str, dict[int, Any]] = {}
        for found in queries.known_items(connection, {row.order_no for row in listed}):
            known.setdefault(found.order_no, {})[found.line_no] = found
        newest = {no: max(item.seen_at for item in items.values()) for no, items in known.items()}
        self._note_surplus(known, newest)
        added: list[tuple[Any, ...]] = []
        stored: list[tuple[Any, ...]] = []
        for row in listed:
            values = (row.title, row.price_fen, row.quantity, row.sku, row.properties)
            self._surplus.pop((row.order_no, row.line_no), None)
            old = known.get(row.order_no, {}).get(row.line_no)
            if newest.get(row.order_no, data_time) > data_time:
                judged.count(is_changed=False)
            elif old is None:
                added.append((row.order_no, row.line_no, *values, data_time))
                judged.count(is_changed=True)
            else:
                stored.append((old.id, *values, data_time))
                was = (old.title, old.price_fen, old.quantity, old.sku, old.properties)
                judged.count(is_changed=was != values)
        bulk.insert_rows(connection, order_item, _ITEM_COLUMNS, added)
        bulk.update_rows(connection, order_item, ("id", *_ITEM_COLUMNS[2:]), stored)

    def _note_surplus(self, known: dict[str, dict[int, Any]], newest: dict[str, datetime]) -> None:
        """Items of an older export: those that this one does not list again are to go."""
        for order_no, items in known.items():
            if newest[order_no] < self._frame.data_time:
                for line_no, item in items.items():
                    self._surplus[order_no, line_no] = item.id

    def finish(self) -> None:
        """See Intake."""
        queries.remove_items(self._frame.connection, self._surplus.values())


class DoNotContactIntake:
    """Takes in do-not-contact entries. R-DNC-2: in force, and work withdrawn, from this second."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._bound: set[int] = set()

    def take(self, rows: Sequence[Taken], judged: Judged) -> None:
        """See Intake. An equal entry in force is left as it is."""
        frame, vault = self._frame, self._frame.runtime.vault
        listed = [taken.row for taken in rows if isinstance(taken.row, DoNotContactRow)]
        keys = {row.line: vault.phone_key(row.phone) for row in listed if row.phone is not None}
        user_ids = {row.user_id for row in listed if row.user_id is not None}
        active = {
            _mark(Scope(found.scope), found.user_id, found.phone_key, found.kind)
            for found in queries.active_suppressions(frame.connection, user_ids, set(keys.values()))
        }
        customers = {
            found.identity: found.id
            for found in queries.customers_named(frame.connection, user_ids)
        }
        for row in listed:
            key = keys.get(row.line)
            mark = _mark(row.scope, row.user_id, key, row.kind)
            judged.count(is_changed=mark not in active)
            if mark in active:
                continue
            active.add(mark)
            entry: dict[str, object] = {
                "scope": row.scope,
                "customer_id": None,
                "user_id": None,
                "phone_key": None,
                "phone_masked": None,
                "phone_sealed": None,
                "kind": row.kind,
                "rule": "R-DNC-2",
                "reason": row.reason,
                "source": "import",
                "created_by": frame.who,
            }
            if row.scope is Scope.CUSTOMER:
                entry["user_id"] = row.user_id
                entry["customer_id"] = customers.get(row.user_id or "")
            elif row.phone is not None:
                entry["phone_key"] = key
                entry["phone_masked"] = row.phone.masked
                entry["phone_sealed"] = vault.seal(row.phone)
            suppressions.add(frame.connection, entry, frame.now)
        self._bound.update(
            suppressions.bound_customers(
                frame.connection,
                user_ids=[
                    row.user_id for row in listed if row.user_id and row.scope is Scope.CUSTOMER
                ],
                phone_keys=[keys[row.line] for row in listed if row.scope is Scope.PHONE],
            )
        )

    def finish(self) -> None:
        """See Intake. Queued work is withdrawn in the same transaction (R-DNC-2)."""
        frame = self._frame
        refresh_customers(frame.connection, frame.runtime, frame.now, self._bound, frame.who)


def _mark(
    scope: Scope, user_id: str | None, phone_key: str | None, kind: str | None
) -> tuple[Scope, str | None, str | None]:
    """Whom an entry covers and for what; two with the same mark are equal."""
    return scope, user_id if scope is Scope.CUSTOMER else phone_key, kind


class CalendarIntake:
    """Takes in official days (R-HOURS-6): what differs from what is known makes a new version."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._changed: dict[date, CalendarRow] = {}

    def take(self, rows: Sequence[Taken], judged: Judged) -> None:
        """See Intake. Of two rows for one day the later counts."""
        listed = [taken.row for taken in rows if isinstance(taken.row, CalendarRow)]
        days = {row.day for row in listed}
        known = queries.entered_days(self._frame.connection, days)
        known |= {day: (row.is_working, row.name) for day, row in self._changed.items()}
        for row in listed:
            is_changed = known.get(row.day) != (row.is_working, row.name)
            judged.count(is_changed)
            if is_changed:
                known[row.day] = (row.is_working, row.name)
                self._changed[row.day] = row

    def finish(self) -> None:
        """See Intake. Every open task is judged anew under the new calendar."""
        if not self._changed:
            return
        frame = self._frame
        calendar = frame.runtime.law(frame.connection).calendar
        version = shop_queries.add_calendar_version(
            frame.connection,
            frame.now,
            f"import:{frame.import_id}",
            (calendar.first_year, calendar.last_year),
        )
        rows = [
            {
                "version_id": version,
                "day": row.day,
                "is_working": row.is_working,
                "name": row.name,
                "entered_by": frame.who,
            }
            for row in self._changed.values()
        ]
        frame.connection.execute(insert(calendar_day), rows)
        open_tasks = tasks.all_open(frame.connection)
        refresh_tasks(frame.connection, frame.runtime, frame.now, open_tasks, frame.who)
