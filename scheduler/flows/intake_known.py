"""Orders as the store has them, read, written and sighted alike by every intake that moves them."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from adapters.store import bulk
from adapters.store.models.customers import order, order_sighting
from adapters.store.queries import intake as queries
from campaigns.values import OrderState
from scheduler.flows.intake_parts import Frame
from scheduler.rules.order_merge import KnownOrder

_SIGHTING_COLUMNS = (
    "order_id",
    "import_id",
    "state",
    "total_fen",
    "paid_fen",
    "paid_at",
    "seen_at",
    "known_at",
)

Sighting = tuple[Any, ...]
"""The row of a sighting."""

_STATE_AT = queries.ORDER_COLUMNS.index("state")


def load_orders(connection: Connection, order_nos: Collection[str]) -> dict[str, KnownOrder]:
    """Read the known ones of these orders, by number."""
    found = map(_known, queries.known_orders(connection, order_nos))
    return {known.order_no: known for known in found}


def add_orders(connection: Connection, orders: Collection[KnownOrder]) -> None:
    """Insert new orders."""
    bulk.insert_rows(connection, order, queries.ORDER_COLUMNS, [_stored(o) for o in orders])


def store_orders(connection: Connection, orders: Collection[KnownOrder]) -> None:
    """Write all that is known of orders."""
    bulk.update_rows(connection, order, queries.ORDER_COLUMNS, [_stored(o) for o in orders])


def sighting(frame: Frame, known: KnownOrder) -> Sighting:
    """What is known from now on, and of which time the newest payment data are (R-DUN-4)."""
    return (
        known.id,
        frame.import_id,
        known.state.value,
        known.total_fen,
        known.paid_fen,
        known.paid_at,
        known.last_seen_at,
        frame.now,
    )


def add_sightings(connection: Connection, sightings: list[Sighting]) -> None:
    """Note them."""
    bulk.insert_rows(connection, order_sighting, _SIGHTING_COLUMNS, sightings)


def _known(found: Any) -> KnownOrder:
    """Read an order; the columns are those of ORDER_COLUMNS."""
    values = list(found)
    values[_STATE_AT] = OrderState(values[_STATE_AT])
    times = json.loads(values[-1]) if values[-1] is not None else {}
    values[-1] = {name: at and datetime.fromisoformat(at) for name, at in times.items()}
    return KnownOrder(*values)


def _stored(known: KnownOrder) -> tuple[Any, ...]:
    """Make the row of an order, the reverse of `_known`."""
    values = [getattr(known, name) for name in queries.ORDER_COLUMNS]
    values[_STATE_AT] = known.state.value
    times = known.field_times
    values[-1] = (
        json.dumps({name: at and at.isoformat() for name, at in sorted(times.items())})
        if times
        else None
    )
    return tuple(values)
