"""What an import asks of the store, and how it notes what was taken in (R-IMP-3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Row,
    Select,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from adapters.importers.rows import Problem
from adapters.store import bulk
from adapters.store.models.campaigns import task_order
from adapters.store.models.customers import (
    customer,
    customer_phone,
    order,
    order_item,
    order_sighting,
    suppression,
)
from adapters.store.models.imports import import_file, import_problem
from adapters.store.models.shop import calendar_day
from adapters.store.models.stock import shortage, shortage_date

ORDER_COLUMNS = (
    "id",
    "order_no",
    "customer_id",
    "state",
    "total_fen",
    "paid_fen",
    "placed_at",
    "paid_at",
    "shipped_at",
    "shipped_seen_at",
    "received_at",
    "completed_at",
    "closed_at",
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
    "first_seen_at",
    "last_seen_at",
    "missing_since",
    "field_times",
)
"""The columns of an order in the one order in which an import reads and writes them."""


def _all(
    connection: Connection,
    statement: Select[Any],
    column: Column[Any],
    values: Collection[Any],
) -> list[Row[Any]]:
    """Rows of a statement whose column is one of a list of any length."""
    if not values:
        return []
    condition = bulk.is_among(connection, column, values)
    return list(connection.execute(statement.where(condition)).all())


# --- files ---------------------------------------------------------------------------------------


def earlier_import(
    connection: Connection, sha256: str, kind: str, data_time: datetime
) -> Row[Any] | None:
    """R-IMP-3. The import of the same bytes with the same time."""
    statement = (
        select(import_file)
        .where(
            import_file.c.sha256 == sha256,
            import_file.c.kind == kind,
            import_file.c.data_time == data_time,
        )
        .order_by(import_file.c.id.desc())
        .limit(1)
    )
    return connection.execute(statement).first()


def add_import(connection: Connection, **values: object) -> int:
    """Note the file; its counts follow with `set_counts`."""
    statement = insert(import_file).values(rows=0, taken=0, unchanged=0, rejected=0, **values)
    return int(connection.execute(statement.returning(import_file.c.id)).scalar_one())


def set_counts(connection: Connection, import_id: int, counts: Mapping[str, int]) -> None:
    """R-IMP-2. `rows`, and how many of them were `taken`, `unchanged` and `rejected`."""
    connection.execute(update(import_file).where(import_file.c.id == import_id).values(**counts))


def add_problems(
    connection: Connection, import_id: int, severity: str, problems: Sequence[Problem]
) -> None:
    """R-IMP-2. Every reason is kept, with line and column."""
    bulk.insert_rows(
        connection,
        import_problem,
        ("import_id", "severity", "line", "column_name", "reason"),
        [(import_id, severity, p.line, p.column, p.reason) for p in problems],
    )


def problems_of(connection: Connection, import_id: int, severity: str) -> tuple[Problem, ...]:
    """Read back what was wrong with the rows of an import, by line."""
    rows = connection.execute(
        select(import_problem.c.line, import_problem.c.column_name, import_problem.c.reason)
        .where(import_problem.c.import_id == import_id, import_problem.c.severity == severity)
        .order_by(import_problem.c.line, import_problem.c.id)
    )
    return tuple(Problem(*row) for row in rows)


def newest_data_time(connection: Connection, kind: str, source: str | None) -> datetime | None:
    """Tell the data time of the newest file of a kind and a system."""
    newest: datetime | None = connection.execute(
        select(func.max(import_file.c.data_time)).where(
            import_file.c.kind == kind, import_file.c.source.is_not_distinct_from(source)
        )
    ).scalar()
    return newest


# --- orders and customers ------------------------------------------------------------------------


def known_orders(connection: Connection, order_nos: Collection[str]) -> list[Row[Any]]:
    """Orders by number, the columns as ORDER_COLUMNS; read by the unique index."""
    statement = select(*(order.c[name] for name in ORDER_COLUMNS))
    return _all(connection, statement, order.c.order_no, order_nos)


_CUSTOMER = select(
    customer.c.id, customer.c.identity, customer.c.buyer, customer.c.receiver, customer.c.region
)


def customers_named(connection: Connection, identities: Collection[str]) -> list[Row[Any]]:
    """Read customers by identity (R-IMP-4), from the unique index."""
    return _all(connection, _CUSTOMER, customer.c.identity, identities)


def customers_numbered(connection: Connection, ids: Collection[int]) -> list[Row[Any]]:
    """Read customers by id."""
    return _all(connection, _CUSTOMER, customer.c.id, ids)


def phones_of(connection: Connection, customer_ids: Collection[int]) -> list[Row[Any]]:
    """Which numbers these customers have, and until when; read by the unique index."""
    statement = select(
        customer_phone.c.id,
        customer_phone.c.customer_id,
        customer_phone.c.phone_key,
        customer_phone.c.usable_until,
    )
    return _all(connection, statement, customer_phone.c.customer_id, customer_ids)


def addresses_of(connection: Connection, customer_ids: Collection[int]) -> list[Row[Any]]:
    """Receiver and region of all orders of these customers, the newest order last."""
    statement = select(order.c.customer_id, order.c.receiver, order.c.region).order_by(
        order.c.customer_id, order.c.placed_at, order.c.order_no
    )
    return _all(connection, statement, order.c.customer_id, customer_ids)


def orders_in_tasks(connection: Connection, order_ids: Collection[int]) -> set[int]:
    """Those of the orders that ever belonged to a task."""
    statement = select(task_order.c.order_id)
    return {row.order_id for row in _all(connection, statement, task_order.c.order_id, order_ids)}


def mark_missing(
    connection: Connection, start: datetime, end: datetime, data_time: datetime, source: str | None
) -> None:
    """R-IMP-3. Unpaid orders placed in the span that a newer export of their system did not list.

    Reads ix_order_unpaid_placed, for which the state stands as a literal, and for each of those
    the files that listed it, from the index of its sightings.
    """
    is_of_source = (
        select(order_sighting.c.id)
        .join(import_file, import_file.c.id == order_sighting.c.import_id)
        .where(
            order_sighting.c.order_id == order.c.id,
            import_file.c.source.is_not_distinct_from(source),
        )
        .exists()
    )
    connection.execute(
        update(order)
        .where(
            literal_column("shop_order.state") == literal_column("'awaiting_payment'"),
            order.c.placed_at >= start,
            order.c.placed_at < end,
            order.c.last_seen_at < data_time,
            or_(order.c.missing_since.is_(None), order.c.missing_since < data_time),
            is_of_source,
        )
        .values(missing_since=data_time)
    )


def newest_sighting_between(
    connection: Connection, start: datetime, end: datetime, source: str | None
) -> datetime | None:
    """Tell the data time of the system's newest export that listed an order placed in the span.

    Reads all orders: only asked when an export is older than one that was taken in before it.
    """
    times = select(import_file.c.data_time).where(
        import_file.c.kind == "orders", import_file.c.source.is_not_distinct_from(source)
    )
    newest: datetime | None = connection.execute(
        select(func.max(order.c.last_seen_at)).where(
            order.c.placed_at >= start, order.c.placed_at < end, order.c.last_seen_at.in_(times)
        )
    ).scalar()
    return newest


# --- items ---------------------------------------------------------------------------------------


def known_items(connection: Connection, order_nos: Collection[str]) -> list[Row[Any]]:
    """Read the items of orders, by the orders' numbers."""
    return _all(connection, select(order_item), order_item.c.order_no, order_nos)


def remove_items(connection: Connection, ids: Collection[int]) -> None:
    """Items that a newer export of their order does not list."""
    if ids:
        connection.execute(
            delete(order_item).where(bulk.is_among(connection, order_item.c.id, ids))
        )


# --- goods out of stock --------------------------------------------------------------------------


def shortages(connection: Connection) -> list[Row[Any]]:
    """All goods that were ever listed: a short list, asked once a file."""
    statement = select(
        shortage.c.id,
        shortage.c.name,
        shortage.c.code,
        shortage.c.expected_on,
        shortage.c.reason,
        shortage.c.gift,
        shortage.c.changed_at,
        shortage.c.arrived_at,
        shortage.c.closed_at,
    )
    return list(connection.execute(statement.order_by(shortage.c.id)).all())


def add_shortage(connection: Connection, values: Mapping[str, Any]) -> int:
    """List goods anew; returns their id."""
    statement = insert(shortage).values(**values).returning(shortage.c.id)
    return int(connection.execute(statement).scalar_one())


def change_shortage(connection: Connection, shortage_id: int, values: Mapping[str, Any]) -> None:
    """Write what a newer list says of goods."""
    connection.execute(update(shortage).where(shortage.c.id == shortage_id).values(**values))


def add_expected_day(connection: Connection, **values: object) -> None:
    """R-OOS-2. One more day on which goods were expected; those before it stay."""
    connection.execute(insert(shortage_date).values(**values))


# --- do-not-contact entries ----------------------------------------------------------------------


def active_suppressions(
    connection: Connection, user_ids: Collection[str], phone_keys: Collection[str]
) -> list[Row[Any]]:
    """Entries in force for these user IDs or numbers."""
    statement = (
        select(
            suppression.c.scope,
            suppression.c.kind,
            suppression.c.phone_key,
            func.coalesce(suppression.c.user_id, customer.c.identity).label("user_id"),
        )
        .outerjoin(customer, customer.c.id == suppression.c.customer_id)
        .where(suppression.c.lifted_at.is_(None))
    )
    return [
        *_all(connection, statement, suppression.c.user_id, user_ids),
        *_all(connection, statement, customer.c.identity, user_ids),
        *_all(connection, statement, suppression.c.phone_key, phone_keys),
    ]


def users_without_orders(connection: Connection) -> dict[str, list[int]]:
    """Entries made before any order of their user was seen, by user ID."""
    found: dict[str, list[int]] = {}
    statement = select(suppression.c.id, suppression.c.user_id).where(
        suppression.c.customer_id.is_(None), suppression.c.user_id.is_not(None)
    )
    for row in connection.execute(statement):
        found.setdefault(row.user_id, []).append(row.id)
    return found


def bind_suppressions(connection: Connection, bound: Sequence[tuple[int, int]]) -> None:
    """R-DNC-2. Such entries now name the customer: pairs of entry and customer."""
    bulk.update_rows(connection, suppression, ("id", "customer_id"), bound)


def hand_over_suppressions(connection: Connection, united: Mapping[int, int]) -> None:
    """R-DNC-2. Entries of a customer who turned out to be another go on to that one."""
    statement = select(suppression.c.id, suppression.c.customer_id)
    found = _all(connection, statement, suppression.c.customer_id, united)
    bulk.update_rows(
        connection,
        suppression,
        ("id", "customer_id"),
        [(row.id, united[row.customer_id]) for row in found],
    )


# --- official days -------------------------------------------------------------------------------


def entered_days(connection: Connection, days: Collection[date]) -> dict[date, tuple[bool, str]]:
    """Read what was entered last for each of these days."""
    if not days:
        return {}
    rows = connection.execute(
        select(calendar_day.c.day, calendar_day.c.is_working, calendar_day.c.name)
        .where(calendar_day.c.day.between(min(days), max(days)))
        .order_by(calendar_day.c.id)
    )
    return {row.day: (row.is_working, row.name) for row in rows if row.day in days}
