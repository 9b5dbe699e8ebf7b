"""What checks ask besides one customer's rows: the laws, the planned days, the end of time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from adapters.store.models.audit import audit
from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import batch
from adapters.store.models.imports import import_file
from adapters.store.models.shop import job_slot
from scheduler.verify.days import local_day
from scheduler.verify.history import Attempt
from scheduler.verify.law import Law, LawBook


@dataclass(frozen=True, slots=True)
class Background:
    """`until` is the instant up to which history is there; lateness is measured against it.

    `batches` holds for each campaign the days of calling and when each was first planned;
    `covered` those whose orders were known to the end of the day they were placed on.
    """

    book: LawBook
    batches: dict[int, dict[date, datetime]]
    covered: dict[int, set[date]]
    as_of: datetime | None
    until: datetime | None

    def law_of(self, attempt: Attempt) -> Law:
        """R-HOURS-6. The law that the attempt was made under."""
        return self.book.law(attempt.policy_version, attempt.calendar_version)

    def is_over(self, instant: datetime) -> bool:
        """Whether this instant has passed in the history that is looked at."""
        return self.until is not None and instant < self.until


def read_background(connection: Connection, as_of: datetime | None) -> Background:
    """Without `as_of`, time ends with the last thing that was ever recorded."""
    batches: dict[int, dict[date, datetime]] = defaultdict(dict)
    covered: dict[int, set[date]] = defaultdict(set)
    for row in connection.execute(
        select(batch.c.campaign_id, batch.c.business_day, batch.c.planned_at, batch.c.data_until)
    ):
        batches[row.campaign_id][row.business_day] = row.planned_at
        if row.data_until is not None and local_day(row.data_until) >= row.business_day:
            covered[row.campaign_id].add(row.business_day)
    last = (
        connection.execute(select(func.max(column))).scalar()
        for column in (
            *(audit.c.at, attempt.c.handed_out_at, attempt.c.at, attempt.c.ended_at),
            *(import_file.c.imported_at, job_slot.c.started_at, job_slot.c.ended_at),
        )
    )
    until = as_of or max((instant for instant in last if instant is not None), default=None)
    return Background(LawBook(connection), dict(batches), dict(covered), as_of, until)
