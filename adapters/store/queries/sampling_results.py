"""How the customers of the months' samples stand, with the score that counts (R-SMP-10, R-SMP-11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, select

from adapters.store.models.campaigns import batch, task
from adapters.store.models.customers import customer
from adapters.store.models.sampling import sample, sample_member, score
from adapters.store.queries.call_ledgers import by_then
from campaigns.kinds.sampling_tally import Sampled
from campaigns.values import Ending, SampleState, ScoreOrigin, Source


@dataclass(frozen=True, slots=True)
class MonthsSample:
    """A month's sample that counts."""

    id: int
    month: str
    state: SampleState
    frame_size: int


def samples_between(connection: Connection, first: str, last: str) -> list[MonthsSample]:
    """The samples of some months, oldest first; the replaced ones are none."""
    query = (
        select(sample.c.id, sample.c.month, sample.c.state, sample.c.frame_size)
        .where(sample.c.state != SampleState.REPLACED)
        .where(sample.c.month >= first, sample.c.month <= last)
        .order_by(sample.c.month)
    )
    return [
        MonthsSample(row.id, row.month, SampleState(row.state), row.frame_size)
        for row in connection.execute(query)
    ]


def frame_sizes(connection: Connection, sample_id: int) -> Mapping[tuple[Source, str], int]:
    """How many customers each stratum of the frame holds; counted in the index on the stratum."""
    query = (
        select(sample_member.c.source, sample_member.c.handler, func.count().label("size"))
        .where(sample_member.c.sample_id == sample_id)
        .group_by(sample_member.c.source, sample_member.c.handler)
    )
    return {(Source(row.source), row.handler): row.size for row in connection.execute(query)}


def sampled_of_months(
    connection: Connection, first: str, last: str, as_of: datetime | None
) -> list[Sampled]:
    """Who was called in for the samples of some months, by month and rank."""
    query = _called_in(as_of).where(sample.c.month >= first, sample.c.month <= last)
    return [sampled_of(row) for row in connection.execute(query)]


def sampled_between(
    connection: Connection, first: date, last: date, as_of: datetime | None, limit: int
) -> list[Row[Any]]:
    """R-SMP-11. Who was called in for some days of calling, at most `limit`; see `sampled_of`.

    From the days' batches to their tasks, by the indexes on both. Further columns: buyer, order_no,
    detail.
    """
    query = (
        _called_in(as_of)
        .where(batch.c.business_day >= first, batch.c.business_day <= last)
        .limit(limit)
    )
    return list(connection.execute(query).all())


def sampled_of(row: Row[Any]) -> Sampled:
    """One row as the rules count it."""
    return Sampled(
        task_id=row.task_id,
        month=row.month,
        called_in_on=row.business_day,
        source=Source(row.source),
        handler=row.handler,
        ending=Ending(row.ending) if row.ending else None,
        score=row.value,
        origin=ScoreOrigin(row.origin) if row.origin else None,
    )


def _called_in(as_of: datetime | None) -> Select[Any]:
    """Whoever has a task, found in the index on it: a frame holds thousands who were never called in.

    The newest score of each task is looked up in the index on (task_id, id).
    """
    any_score = score.alias("any_score")
    newest = (
        select(func.max(any_score.c.id))
        .where(any_score.c.task_id == task.c.id, *by_then(any_score.c.at, as_of))
        .scalar_subquery()
    )
    ending = task.c.ending if as_of is None else case((task.c.closed_at <= as_of, task.c.ending))
    return (
        select(
            sample_member.c.task_id,
            sample_member.c.source,
            sample_member.c.handler,
            sample_member.c.order_no,
            sample_member.c.detail,
            sample.c.month,
            batch.c.business_day,
            customer.c.buyer,
            ending.label("ending"),
            score.c.value,
            score.c.origin,
        )
        .select_from(sample_member)
        .join(sample, sample.c.id == sample_member.c.sample_id)
        .join(task, task.c.id == sample_member.c.task_id)
        .join(batch, batch.c.id == task.c.batch_id)
        .join(customer, customer.c.id == sample_member.c.customer_id)
        .outerjoin(score, and_(score.c.id == newest))
        .where(sample.c.state == SampleState.APPROVED, sample_member.c.task_id > 0)
        .where(*by_then(sample_member.c.called_in_at, as_of))
        .order_by(sample.c.month, batch.c.business_day, sample_member.c.rank)
    )
