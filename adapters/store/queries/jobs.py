"""Slots of jobs: the row decides who runs what, so that each slot runs once.

A slot whose runner vanished or failed is free again after ABANDONED_AFTER; the jobs are such that
half a run and a whole one do no more than one whole run.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, select, update

from adapters.store.models.shop import job_slot
from adapters.store.upsert import insert_into

ABANDONED_AFTER = timedelta(minutes=10)
"""Far longer than any job runs; by the shop's clock, as the slots are."""


def take(connection: Connection, job: str, slot: datetime, now: datetime) -> bool:
    """Claim a slot; False when it has run or somebody is at it."""
    return _insert(connection, job, slot, now, "running", None)


def skip(connection: Connection, job: str, slot: datetime, now: datetime, note: str) -> None:
    """Write down a slot that nobody ran."""
    _insert(connection, job, slot, now, "skipped", note)


def _insert(
    connection: Connection, job: str, slot: datetime, now: datetime, state: str, note: str | None
) -> bool:
    abandoned = and_(job_slot.c.state == "running", job_slot.c.started_at <= now - ABANDONED_AFTER)
    result = connection.execute(
        insert_into(connection, job_slot)
        .values(job=job, slot=slot, state=state, started_at=now, note=note)
        .on_conflict_do_update(
            index_elements=[job_slot.c.job, job_slot.c.slot],
            set_={"state": state, "started_at": now, "note": note},
            where=abandoned,
        )
        .returning(job_slot.c.job)
    )
    return result.first() is not None


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


def is_settled(connection: Connection, job: str, slot: datetime) -> bool:
    """Whether nothing is left to do for this slot or a later one."""
    query = select(job_slot.c.slot).where(
        job_slot.c.job == job, job_slot.c.slot >= slot, job_slot.c.state != "running"
    )
    return connection.execute(query.limit(1)).first() is not None
