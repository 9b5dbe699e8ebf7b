"""What the order files say as a whole: when the newest was taken in, and how far it reaches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from adapters.store.models.imports import import_file


def last_order_import(connection: Connection) -> datetime | None:
    """When the newest order file was taken in."""
    return connection.execute(
        select(func.max(import_file.c.imported_at)).where(import_file.c.kind == "orders")
    ).scalar()


PLANNED_FROM = ("orders", "items", "shipments", "stock-out")
"""Files that may change who is to be called."""


def last_to_plan_from(connection: Connection) -> datetime | None:
    """When the newest file was taken in that a plan depends on."""
    return connection.execute(
        select(func.max(import_file.c.imported_at)).where(import_file.c.kind.in_(PLANNED_FROM))
    ).scalar()


def data_until(connection: Connection) -> datetime | None:
    """The time of the newest order export."""
    return connection.execute(
        select(func.max(import_file.c.data_time)).where(import_file.c.kind == "orders")
    ).scalar()
