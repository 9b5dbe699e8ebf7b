"""A shop with many stored tasks, written in bulk: what the claim is measured on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Table, insert

from adapters.clock import FixedClock
from adapters.settings import Settings
from adapters.store.models.campaigns import batch, task, task_order
from adapters.store.models.customers import customer, customer_phone, order, order_sighting
from adapters.store.models.imports import import_file
from adapters.store.models.shop import person
from campaigns.values import SHOP_ZONE, PhoneNumber
from scheduler.flows.shop import ShopForm, create_shop
from scheduler.runtime import Runtime, open_runtime

NOW = datetime(2026, 10, 15, 9, 30, tzinfo=SHOP_ZONE).astimezone(UTC)
LATER = NOW + timedelta(days=1, hours=4)
PLACED = NOW - timedelta(hours=20)
CHUNK = 20_000


def found(url: str, folder: Path, *, due: int, future: int, workers: int) -> Runtime:
    """A training shop with so many due tasks, so many future ones, and so many callers."""
    settings = Settings(database_url=url, secret_file=folder / "bench.key")
    runtime = open_runtime(settings, FixedClock(NOW))
    create_shop(runtime, ShopForm("测试店铺", training_starts=NOW))
    with runtime.transaction() as connection:
        people = [
            {"id": i, "name": f"坐席{i}", "role": "caller", "is_active": True, "created_at": NOW}
            for i in range(1, workers + 1)
        ]
        connection.execute(insert(person), people)
        connection.execute(
            insert(batch).values(id=1, campaign_id=1, business_day=NOW.date(), planned_at=NOW)
        )
        connection.execute(
            insert(import_file).values(
                id=1,
                name="bench",
                kind="orders",
                sha256="",
                encoding="utf-8",
                data_time=NOW,
                imported_at=NOW,
                imported_by="bench",
                rows=0,
                taken=0,
                unchanged=0,
                rejected=0,
            )
        )
    for start in range(0, due + future, CHUNK):
        with runtime.transaction() as connection:
            _write(connection, runtime, range(start, min(start + CHUNK, due + future)), due)
    with runtime.engine.connect() as connection:
        autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
        if runtime.engine.dialect.name == "postgresql":
            autocommit.exec_driver_sql("VACUUM ANALYZE")
    return runtime


def _write(connection: Connection, runtime: Runtime, numbers: range, due: int) -> None:
    for table, rows in _tables(runtime, numbers, due):
        connection.execute(insert(table), rows)


Rows = tuple[Table, list[dict[str, object]]]


def _tables(runtime: Runtime, numbers: range, due: int) -> Iterator[Rows]:
    ids = [i + 1 for i in numbers]
    phones = [PhoneNumber(f"+861{30_000_000_00 + i:010d}") for i in numbers]
    yield customer, [_customer(i) for i in ids]
    yield (
        customer_phone,
        [_phone(runtime, i, phone) for i, phone in zip(ids, phones, strict=True)],
    )
    yield order, [_order(i) for i in ids]
    yield order_sighting, [_sighting(i) for i in ids]
    yield task, [_task(i, is_due=i <= due) for i in ids]
    yield task_order, [{"task_id": i, "order_id": i, "joined_at": NOW} for i in ids]


def _customer(i: int) -> dict[str, object]:
    name = f"buyer{i}"
    return {"id": i, "identity": name, "buyer": name, "region": "浙江", "created_at": NOW}


def _phone(runtime: Runtime, i: int, phone: PhoneNumber) -> dict[str, object]:
    return {
        "id": i,
        "customer_id": i,
        "phone_key": runtime.vault.phone_key(phone),
        "sealed": runtime.vault.seal(phone),
        "masked": phone.masked,
        "source": "import",
        "added_at": NOW,
    }


def _order(i: int) -> dict[str, object]:
    return {
        "id": i,
        "order_no": f"{10**17 + i}",
        "customer_id": i,
        "state": "awaiting_payment",
        "total_fen": 10_000 + i % 7_919,
        "paid_fen": 0,
        "placed_at": PLACED,
        "title": "羊毛毯",
        "first_seen_at": NOW,
        "last_seen_at": NOW,
    }


def _sighting(i: int) -> dict[str, object]:
    return {
        "order_id": i,
        "import_id": 1,
        "state": "awaiting_payment",
        "total_fen": 10_000,
        "paid_fen": 0,
        "seen_at": NOW,
        "known_at": NOW,
    }


def _task(i: int, *, is_due: bool) -> dict[str, object]:
    return {
        "id": i,
        "campaign_id": 1,
        "kind": "dunning",
        "customer_id": i,
        "batch_id": 1,
        "state": "ready" if is_due else "waiting",
        "due_at": NOW if is_due else LATER,
        "urgency": 1,
        "rank_at": NOW + timedelta(seconds=i % 86_400),
        "fence": 0,
        "deadline": PLACED + timedelta(hours=72),
        "region": "浙江",
        "window_group": "",
        "callable_until": NOW + timedelta(hours=24),
        "created_at": NOW,
    }


BARE_CLAIM = """
UPDATE task SET state = 'claimed', claimed_by = {p}, claimed_until = {p}, fence = fence + 1
WHERE id = (
    SELECT id FROM task WHERE state = 'ready' AND due_at <= {p}
    ORDER BY urgency, rank_at, id LIMIT 1 {lock}
) RETURNING id, customer_id, fence
"""
BARE_ATTEMPT = "INSERT INTO attempt ({columns}) VALUES ({values})"
BARE_CLOSE = """
UPDATE attempt SET state = 'closed', outcome = 'no_answer', outcome_at = {p}, ended_at = {p}
WHERE id = {p} AND state = 'handed_out'
"""
BARE_RETURN = """
UPDATE task SET state = 'waiting', claimed_by = NULL, claimed_until = NULL, due_at = {p}
WHERE id = {p} AND fence = {p}
"""
