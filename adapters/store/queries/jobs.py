"""Slots of jobs: the row decides who runs what, so that each slot runs at most once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from adapters.store.models.imports import import_file
from adapters.store.models.shop import job_slot
from adapters.store.upsert import insert_into


def take(connection: Connection, job: str, slot: datetime, now: datetime) -> bool:
    """Claim a slot; False when somebody has it."""
    return _insert(connection, job, slot, now, "running", None)


def skip(connection: Connection, job: str, slot: datetime, now: datetime, note: str) -> None:
    """Write down a slot that nobody ran."""
    _insert(connection, job, slot, now, "skipped", note)


def _insert(
    connection: Connection, job: str, slot: datetime, now: datetime, state: str, note: str | None
) -> bool:
    result = connection.execute(
        insert_into(connection, job_slot)
        .values(job=job, slot=slot, state=state, started_at=now, note=note)
        .on_conflict_do_nothing()
    )
    return bool(result.rowcount)


def finish(
    connection: Connection, job: str, slot: datetime, now: datetime, state: str, note: str | None
) -> None:
    """A slot has run."""
    connection.execute(
        update(job_slot)
        .where(job_slot.c.job == job, job_slot.c.slot == slot)
        .values(state=state, ended_at=now, note=note)
    )


def last_slot(connection: Connection, job: str) -> datetime | None:
    """The newest slot of a job, whatever became of it."""
    return connection.execute(
        select(func.max(job_slot.c.slot)).where(job_slot.c.job == job)
    ).scalar()


def last_order_import(connection: Connection) -> datetime | None:
    """When the newest order file was taken in."""
    return connection.execute(
        select(func.max(import_file.c.imported_at)).where(import_file.c.kind == "orders")
    ).scalar()
