"""What the registers say of a month, and which of their rows are known (R-SMP-1, R-IMP-3)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from adapters.store import bulk
from adapters.store.models.after_sales import service_case
from adapters.store.models.calls import attempt
from adapters.store.models.customers import customer, order
from adapters.store.models.sampling import register_entry
from adapters.store.models.shop import person
from campaigns.labels_zh import CASE_KIND_LABELS
from campaigns.values import Source

ENTRY_COLUMNS = (
    "source",
    "customer_id",
    "order_no",
    "entered_on",
    "handler",
    "detail",
    "natural_key",
    "import_id",
    "known_at",
)
"""The columns of a register's row in the order in which an import writes them."""


def entries_of_month(
    connection: Connection, first: date, before: date, known_by: datetime
) -> list[Row[Any]]:
    """R-SMP-1. The rows of the registers entered from `first` on and before `before`, and all VIPs.

    Only what was known by then. Columns: customer_id, source, order_no, entered_on, handler,
    detail, id; the newest rows last, in an order that never changes. The shop's own cases stand
    among them as after-sales, under who works on them, else who made the call they came out of;
    their id is that of the case. Two ranges of days, each read by the index on its day, and the
    VIPs, who are few.

    R-IMP-4: an entry is never changed, so whoever was known by one order only when it was noted is
    found by that order: when an export told whose it is, the order says so.
    """
    is_alone = customer.c.identity == literal("order:", Text) + order.c.order_no
    columns = (
        case((is_alone, order.c.customer_id), else_=customer.c.id).label("customer_id"),
        register_entry.c.source,
        register_entry.c.order_no,
        register_entry.c.entered_on,
        register_entry.c.handler,
        register_entry.c.detail,
        register_entry.c.id,
        literal(0).label("is_case"),
    )
    day = register_entry.c.entered_on
    listed = (
        select(*columns)
        .join(customer, customer.c.id == register_entry.c.customer_id)
        .outerjoin(order, order.c.order_no == register_entry.c.order_no)
        .where(
            or_(day.is_(None), (day >= first) & (day < before)),
            register_entry.c.known_at <= known_by,
        )
    )
    entries = union_all(listed, _own_cases(first, before, known_by)).subquery().c
    columns_told = [one for one in entries if one.name != "is_case"]
    ordered = select(*columns_told).order_by(
        func.coalesce(entries.entered_on, first), entries.source, entries.is_case, entries.id
    )
    return list(connection.execute(ordered).all())


def _own_cases(first: date, before: date, known_by: datetime) -> Select[Any]:
    """Read the cases opened on these days, in the columns of a register's row."""
    caller = (
        select(person.c.name)
        .join(attempt, attempt.c.caller_id == person.c.id)
        .where(attempt.c.id == service_case.c.attempt_id)
        .scalar_subquery()
    )
    labels = {kind.value: label for kind, label in CASE_KIND_LABELS.items()}
    return select(
        service_case.c.customer_id,
        literal(Source.AFTER_SALES.value, Text),
        service_case.c.order_no,
        service_case.c.business_day,
        func.coalesce(func.nullif(service_case.c.handler, ""), caller, ""),
        case(labels, value=service_case.c.kind, else_=cast(null(), Text)),
        service_case.c.id,
        literal(1),
    ).where(
        service_case.c.business_day >= first,
        service_case.c.business_day < before,
        service_case.c.opened_at <= known_by,
    )


def owners_of_orders(connection: Connection, order_nos: Collection[str]) -> list[Row[Any]]:
    """Whose these orders are, and when they were completed; read by the unique index.

    Columns: order_no, customer_id, identity, completed_at, received_at.
    """
    if not order_nos:
        return []
    statement = (
        select(
            order.c.order_no,
            order.c.customer_id,
            customer.c.identity,
            order.c.completed_at,
            order.c.received_at,
        )
        .join(customer, customer.c.id == order.c.customer_id)
        .where(bulk.is_among(connection, order.c.order_no, order_nos))
    )
    return list(connection.execute(statement).all())


def known_keys(connection: Connection, keys: Collection[str]) -> set[str]:
    """Those of the natural keys that are stored already; read by the unique index (R-IMP-3)."""
    if not keys:
        return set()
    column = register_entry.c.natural_key
    statement = select(column).where(bulk.is_among(connection, column, keys))
    return set(connection.execute(statement).scalars())


def add_entries(connection: Connection, rows: bulk.Rows) -> None:
    """Store new rows; their columns are ENTRY_COLUMNS."""
    bulk.insert_rows(connection, register_entry, ENTRY_COLUMNS, rows)
