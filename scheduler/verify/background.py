"""What checks ask besides one customer's rows: the laws, the planned days, the end of time."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from adapters.store.models.audit import audit
from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import batch
from adapters.store.models.customers import customer, customer_phone, suppression
from adapters.store.models.imports import import_file
from adapters.store.models.lines import sms
from adapters.store.models.shop import job_slot
from scheduler.verify.days import local_day
from scheduler.verify.history import Attempt
from scheduler.verify.law import Law, LawBook


class Silence(NamedTuple):
    """R-DNC-3. A do-not-contact entry; `kind` None: every kind."""

    kind: str | None
    since: datetime
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Background:
    """`until` is the instant up to which history is there; lateness is measured against it.

    `batches` holds for each campaign the days of calling and when each was first planned;
    `covered` those whose orders were known to the end of the day they were placed on.
    `silenced` holds the do-not-contact entries of those to whom we promised something.
    `texted` says when a task's SMS about an occasion was first queued.
    `rounds` are instants at which the engine is known to have done its round, in order.
    """

    book: LawBook
    batches: dict[int, dict[date, datetime]]
    covered: dict[int, set[date]]
    silenced: dict[int, list[Silence]]
    rounds: list[datetime]
    as_of: datetime | None
    until: datetime | None
    texted: dict[tuple[int, str], datetime]

    def had_round(self, after: datetime, before: datetime | None = None) -> bool:
        """Whether the engine was at work after an instant and before another."""
        found = self.rounds[bisect_right(self.rounds, after) :][:1]
        return bool(found) and (before is None or found[0] < before)

    def is_silent(self, customer_id: int, kind: str, instant: datetime) -> bool:
        """R-DNC-1, R-DNC-2. Whether a do-not-contact entry binds somebody whom we made a promise."""
        return any(
            s.kind in (None, kind)
            and s.since <= instant
            and (s.lifted_at is None or s.lifted_at > instant)
            for s in self.silenced.get(customer_id, ())
        )

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
    started = select(job_slot.c.started_at).where(job_slot.c.state != "skipped")
    if as_of is not None:
        started = started.where(job_slot.c.started_at <= as_of)
    return Background(
        LawBook(connection),
        dict(batches),
        dict(covered),
        _silenced(connection),
        sorted(connection.execute(started).scalars()),
        as_of,
        until,
        _texted(connection),
    )


def _texted(connection: Connection) -> dict[tuple[int, str], datetime]:
    """R-OOS-2. Whoever agreed to wait is told by SMS, or in the chat."""
    statement = (
        select(sms.c.task_id, sms.c.occasion, func.min(sms.c.created_at))
        .where(sms.c.kind == "stock_out")
        .group_by(sms.c.task_id, sms.c.occasion)
    )
    return {(task, occasion): at for task, occasion, at in connection.execute(statement)}


def _silenced(connection: Connection) -> dict[int, list[Silence]]:
    """R-OOS-2. The entries that bind those who were promised something: few people."""
    promised = select(todo.c.customer_id).where(todo.c.kind == "promise").distinct()
    entry = (suppression.c.kind, suppression.c.since, suppression.c.lifted_at)
    by_name = (suppression.c.customer_id == customer.c.id) | (
        suppression.c.user_id == customer.c.identity
    )
    by_phone = suppression.c.phone_key == customer_phone.c.phone_key
    found: dict[int, list[Silence]] = defaultdict(list)
    for statement in (
        select(customer.c.id, *entry).join(suppression, by_name),
        select(customer_phone.c.customer_id.label("id"), *entry).join(suppression, by_phone),
    ):
        owner = statement.selected_columns[0]
        for row in connection.execute(statement.where(owner.in_(promised))):
            found[row.id].append(Silence(row.kind, row.since, row.lifted_at))
    return dict(found)
