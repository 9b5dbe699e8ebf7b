"""The samples as stored: draws, their frames, and what the registers said when they were drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from adapters.store.models.after_sales import case_entry, service_case
from adapters.store.models.calls import attempt
from adapters.store.models.customers import customer, order
from adapters.store.models.sampling import register_entry, sample, sample_left_out, sample_member
from adapters.store.models.shop import person
from scheduler.verify.background import Background
from scheduler.verify.days import not_after

LISTS = ("after_sales", "parcels", "reviews", "vip")
"""R-SMP-1. Whoever is in several belongs to the first."""

MOST_AT_ONCE = 6
"""So many rows of the draw's very instant are tried with and without; more are not judged."""

Place = tuple[str, str]
"""Source and handler."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of a frame, as of what is looked at."""

    id: int
    customer_id: int
    source: str
    handler: str
    rank: int
    is_reserve: bool
    replaces: int | None
    passed_over_rule: str | None
    task_id: int | None
    called_in_at: datetime | None

    @property
    def place(self) -> Place:
        """R-SMP-1. What the sample is stratified by."""
        return self.source, self.handler


@dataclass(frozen=True, slots=True)
class Drawn:
    """One draw of a month with its frame by rank and those who were left out."""

    row: Row[Any]
    submitted_at: datetime | None
    approved_at: datetime | None
    members: tuple[Member, ...]
    left_out: frozenset[int]

    @property
    def first_day(self) -> date:
        """The first day of its month."""
        return date.fromisoformat(f"{self.row.month}-01")


def draws(connection: Connection, background: Background) -> Iterator[Drawn]:
    """Every draw made by then, the replaced ones too, in the order in which they were made."""
    as_of = background.as_of
    statement = select(sample).order_by(sample.c.drawn_at, sample.c.id)
    if as_of is not None:
        statement = statement.where(sample.c.drawn_at <= as_of)
    for row in connection.execute(statement).all():
        members = connection.execute(
            select(sample_member)
            .where(sample_member.c.sample_id == row.id)
            .order_by(sample_member.c.rank, sample_member.c.id)
        )
        left_out = connection.execute(
            select(sample_left_out.c.customer_id).where(sample_left_out.c.sample_id == row.id)
        )
        yield Drawn(
            row,
            not_after(row.submitted_at, as_of),
            not_after(row.approved_at, as_of),
            tuple(_member(one, as_of) for one in members),
            frozenset(left_out.scalars()),
        )


def _member(row: Row[Any], as_of: datetime | None) -> Member:
    called_in_at = not_after(row.called_in_at, as_of)
    return Member(
        id=row.id,
        customer_id=row.customer_id,
        source=row.source,
        handler=row.handler,
        rank=row.rank,
        is_reserve=row.is_reserve,
        replaces=row.replaces if called_in_at is not None else None,
        passed_over_rule=row.passed_over_rule,
        task_id=row.task_id if called_in_at is not None else None,
        called_in_at=called_in_at,
    )


@dataclass(frozen=True, slots=True)
class Noted:
    """One row of a register, or a case of the shop, with those who may have been its handler.

    `is_sure`: known before the draw, not merely at its very instant.
    """

    customer_id: int
    source: str
    handlers: tuple[str, ...]
    day: date | None
    row: int
    is_sure: bool


def noted(connection: Connection, drawn: Drawn, after: date) -> dict[int, list[Noted]]:
    """R-SMP-1. What was known of the month at the draw, by customer; `after` is the month's end."""
    found: dict[int, list[Noted]] = defaultdict(list)
    known = {m.customer_id for m in drawn.members} | drawn.left_out
    for one in (*_listed(connection, drawn, after, known), *_cases(connection, drawn, after)):
        found[one.customer_id].append(one)
    return found


def _listed(connection: Connection, drawn: Drawn, after: date, known: set[int]) -> Iterator[Noted]:
    day, drawn_at = register_entry.c.entered_on, drawn.row.drawn_at
    statement = (
        select(register_entry, customer.c.identity, order.c.customer_id.label("owner"))
        .join(customer, customer.c.id == register_entry.c.customer_id)
        .outerjoin(order, order.c.order_no == register_entry.c.order_no)
        .where(or_(day.is_(None), (day >= drawn.first_day) & (day < after)))
        .where(register_entry.c.known_at <= drawn_at)
        .order_by(register_entry.c.id)
    )
    for row in connection.execute(statement):
        whose = row.customer_id
        stands_alone = row.identity == f"order:{row.order_no}" and row.owner is not None
        if stands_alone and whose not in known:
            whose = row.owner  # R-IMP-4: an export told whose order it is
        yield Noted(
            whose, row.source, (row.handler,), row.entered_on, row.id, row.known_at < drawn_at
        )


def _cases(connection: Connection, drawn: Drawn, after: date) -> Iterator[Noted]:
    """R-SMP-1, R-CASE-1. The cases of the shop count as after-sales, under who worked on them then."""
    drawn_at = drawn.row.drawn_at
    called = (
        select(attempt.c.id, person.c.name)
        .join(person, person.c.id == attempt.c.caller_id)
        .where(attempt.c.id.in_(select(service_case.c.attempt_id)))
    )
    callers = dict(connection.execute(called).tuples().all())
    handlers: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for row in connection.execute(
        select(case_entry.c.case_id, case_entry.c.at, case_entry.c.handler)
        .where(case_entry.c.at <= drawn_at)
        .order_by(case_entry.c.at, case_entry.c.id)
    ):
        handlers[row.case_id].append((row.at, row.handler))
    day = service_case.c.business_day
    statement = (
        select(service_case)
        .where(day >= drawn.first_day, day < after, service_case.c.opened_at <= drawn_at)
        .order_by(service_case.c.id)
    )
    for row in connection.execute(statement):
        seen = handlers.get(row.id, [(row.opened_at, row.handler)])
        before = [who for at, who in seen if at < drawn_at][-1:]
        names = [*before, *(who for at, who in seen if at == drawn_at)]
        caller = callers.get(row.attempt_id, "")
        yield Noted(
            row.customer_id,
            LISTS[0],
            tuple(dict.fromkeys(name or caller for name in names)),
            row.business_day,
            row.id,
            row.opened_at < drawn_at,
        )


def places(rows: list[Noted]) -> set[Place] | None:
    """R-SMP-1. Where a customer with these rows may belong; None: more than can be told.

    Rows of the very instant of the draw may have come before it or after it: a training clock can
    be paused.
    """
    sure, unsure = [r for r in rows if r.is_sure], [r for r in rows if not r.is_sure]
    if len(unsure) > MOST_AT_ONCE:
        return None
    found: set[Place] = set()
    for many in range(len(unsure) + 1):
        for some in combinations(unsure, many):
            if sure or some:
                found |= _places([*sure, *some])
    return found


def _places(rows: list[Noted]) -> set[Place]:
    source = min((row.source for row in rows), key=LISTS.index)
    last = max(row.day or date.min for row in rows)
    newest = [row for row in rows if (row.day or date.min) == last]
    first_list = min((row.source for row in newest), key=LISTS.index)
    of_list = [row for row in newest if row.source == first_list]
    # Of one list and day the row counts that came last; cases and registers count apart.
    return {(source, handler) for row in of_list for handler in row.handlers}
