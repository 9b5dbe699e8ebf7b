"""Taking in lists that are not about orders: do-not-contact entries, official days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import insert

from adapters.importers.rows import CalendarRow, DoNotContactRow, Taken
from adapters.store.models.shop import calendar_day
from adapters.store.queries import intake as queries
from adapters.store.queries import shop as shop_queries
from adapters.store.queries import suppressions, tasks
from campaigns.values import Scope
from scheduler.flows.intake_parts import Frame, Judged
from scheduler.flows.refresh import refresh_customers, refresh_tasks


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
