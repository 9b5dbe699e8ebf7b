"""A shop on a fresh database, and files to take in: what the tests of the intake share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select

from adapters.clock import FixedClock
from adapters.settings import Settings
from adapters.store import models
from adapters.store.models.customers import customer, customer_phone, order, order_sighting
from adapters.store.session import open_engine
from campaigns.values import SHOP_ZONE
from scheduler.flows.intake import FileReport, Upload, take
from scheduler.flows.shop import ShopForm, create_shop
from scheduler.runtime import Runtime
from tests.factories_exports import Cells, order_file

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
"""10:00 in the shop, the day after the orders of the factory were placed."""


def open_shop(database_url: str, folder: Path) -> Runtime:
    """A founded shop."""
    settings = Settings(database_url, folder / "shop.key")
    runtime = Runtime(settings, open_engine(database_url), FixedClock(NOW))
    create_shop(runtime, ShopForm("培训店", training_starts=NOW))
    return runtime


def number(last: int) -> str:
    """An invented order number."""
    return f"35153131473293{last:05d}"


def upload(*orders: Cells, at: datetime | None = NOW, generation: str = "2022") -> Upload:
    """An order export of that time; None: without a time in its name."""
    stamp = "" if at is None else f"{at.astimezone(SHOP_ZONE):%Y%m%d%H%M}"
    return Upload(f"ExportOrderList{stamp}.csv", order_file(generation, orders))


def take_orders(
    runtime: Runtime, *orders: Cells, at: datetime | None = NOW, now: datetime | None = None
) -> FileReport:
    """Take an export in at the time of its data, or at `now`."""
    return take(runtime, upload(*orders, at=at), now or at or NOW, "组长")


def counts(report: FileReport) -> tuple[int, int, int, int]:
    """Rows, taken, unchanged, rejected."""
    return report.rows, report.taken, report.unchanged, report.rejected_rows


def rows_of(runtime: Runtime, table: Table) -> list[dict[str, Any]]:
    """All rows of a table."""
    with runtime.snapshot() as connection:
        found = connection.execute(select(table).order_by(*table.primary_key.columns))
        return [dict(row._mapping) for row in found]


def order_of(runtime: Runtime, order_no: str) -> dict[str, Any]:
    """One order."""
    return next(row for row in rows_of(runtime, order) if row["order_no"] == order_no)


def sizes(runtime: Runtime) -> dict[str, int]:
    """How many rows every table has."""
    with runtime.snapshot() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in models.METADATA.sorted_tables
        }


def what_is_known(runtime: Runtime) -> dict[str, Any]:
    """All that imports say of the shop, without what depends on when it was learned."""
    customers = {row["id"]: row for row in rows_of(runtime, customer)}
    orders = rows_of(runtime, order)
    owners = {row["customer_id"] for row in orders}
    return {
        "orders": {
            row["order_no"]: {
                **{k: v for k, v in row.items() if k not in ("id", "customer_id")},
                "identity": customers[row["customer_id"]]["identity"],
            }
            for row in orders
        },
        "customers": {
            customers[i]["identity"]: (customers[i]["receiver"], customers[i]["region"])
            for i in owners
        },
        "phones": {
            (customers[row["customer_id"]]["identity"], row["masked"], row["usable_until"])
            for row in rows_of(runtime, customer_phone)
            if row["customer_id"] in owners
        },
    }


def sightings(runtime: Runtime) -> list[tuple[str, datetime, datetime]]:
    """State, data time and time of learning of every sighting, in turn."""
    found = rows_of(runtime, order_sighting)
    return [(row["state"], row["seen_at"], row["known_at"]) for row in found]


def hours(count: float) -> timedelta:
    """A span."""
    return timedelta(hours=count)
