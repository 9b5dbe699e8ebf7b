"""A caller's own work: the day so far, what is unfinished, whom they spoke to. No comparison."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from adapters.store.queries import own_day as queries
from campaigns.days import business_day, day_bounds
from campaigns.decisions import Follow
from campaigns.registry import outcome_of
from campaigns.values import CaseKind, CaseState, Ending, Kind, Person
from scheduler.runtime import Runtime

LISTED = 300
CASES_LISTED = 100
FOUND = 20
RECENT = timedelta(days=30)

_PROMISING = frozenset({Follow.FOLLOW_UP, Follow.AFTER_IMPORT})


@dataclass(frozen=True, slots=True)
class OwnCall:
    """One of a caller's contacts of the day; `is_rider`: settled in the same call as another."""

    at: datetime
    kind: Kind
    customer_id: int
    buyer: str
    outcome: str | None
    note: str | None
    next_at: datetime | None
    ending: Ending | None
    is_rider: bool


@dataclass(frozen=True, slots=True)
class KindDay:
    """A caller's day in one kind. `promises`: customers who agreed to pay, to relay or to wait."""

    kind: Kind
    calls: int
    reached: int
    promises: int


@dataclass(frozen=True, slots=True)
class OwnCase:
    """R-CPL-2. One problem that the caller has not settled yet."""

    id: int
    customer_id: int
    buyer: str
    order_no: str | None
    kind: CaseKind
    cause: str
    agreed: str | None
    state: CaseState
    opened_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class OwnDay:
    """A caller's own day. `made` counts telephone calls, so two matters of one call are one."""

    cases: tuple[OwnCase, ...]
    calls: tuple[OwnCall, ...]
    kinds: tuple[KindDay, ...]
    made: int
    reached: int
    promises: int
    paid: int
    paid_fen: int


@dataclass(frozen=True, slots=True)
class RecentCustomer:
    """One customer whom the caller spoke to lately, as the last contact left it."""

    customer_id: int
    buyer: str
    kind: Kind
    at: datetime
    outcome: str | None
    note: str | None
    next_at: datetime | None
    ending: Ending | None


def own_day(runtime: Runtime, caller: Person, now: datetime) -> OwnDay:
    """R-CPL-2. What is unfinished first, then what this caller did since midnight."""
    start, end = day_bounds(business_day(now))
    with runtime.snapshot() as connection:
        rows = queries.made_by(connection, caller.id, start, end, LISTED)
        paid = queries.paid_since(connection, caller.id, start, end)
        cases = queries.open_cases_of(connection, caller.name, CASES_LISTED)
    own_calls = [row for row in rows if row.rides_on is None and row.redial_of is None]
    kinds = [_kind_day(kind, (row for row in rows if row.kind == kind)) for kind in Kind]
    return OwnDay(
        cases=tuple(_case(row) for row in cases),
        calls=tuple(_call(row) for row in rows),
        kinds=tuple(day for day in kinds if day.calls),
        made=len(own_calls),
        reached=sum(row.is_reached for row in rows if row.rides_on is None),
        promises=sum(_is_promise(row) for row in rows),
        paid=len({row.customer_id for row in paid}),
        paid_fen=sum(row.paid_fen for row in paid),
    )


def recent_customers(
    runtime: Runtime, caller: Person, words: str, now: datetime
) -> list[RecentCustomer]:
    """The caller's own customers of the last days by part of the user ID; no words: the latest."""
    with runtime.snapshot() as connection:
        rows = queries.recent_customers(connection, caller.id, words.strip(), now - RECENT, FOUND)
    return [
        RecentCustomer(
            row.customer_id,
            row.buyer,
            Kind(row.kind),
            row.at,
            _label(row),
            row.note,
            row.due_at,
            Ending(row.ending) if row.ending else None,
        )
        for row in rows
    ]


def _call(row: Row[Any]) -> OwnCall:
    return OwnCall(
        at=row.at,
        kind=Kind(row.kind),
        customer_id=row.customer_id,
        buyer=row.buyer,
        outcome=_label(row),
        note=row.note,
        next_at=row.due_at,
        ending=Ending(row.ending) if row.ending else None,
        is_rider=row.rides_on is not None,
    )


def _kind_day(kind: Kind, listed: Iterable[Row[Any]]) -> KindDay:
    rows = [row for row in listed if row.redial_of is None]
    return KindDay(
        kind,
        len(rows),
        sum(row.is_reached for row in rows),
        sum(_is_promise(row) for row in rows),
    )


def _case(row: Row[Any]) -> OwnCase:
    return OwnCase(
        row.id,
        row.customer_id,
        row.buyer,
        row.order_no,
        CaseKind(row.kind),
        row.cause,
        row.agreed,
        CaseState(row.state),
        row.opened_at,
        row.due_at,
    )


def _label(row: Row[Any]) -> str | None:
    return outcome_of(Kind(row.kind), row.outcome).label if row.outcome else None


def _is_promise(row: Row[Any]) -> bool:
    """R-DUN-4, R-OOS-1. The customer, or somebody for them, agreed to something."""
    if not row.outcome:
        return False
    outcome = outcome_of(Kind(row.kind), row.outcome)
    return outcome.follow in _PROMISING or bool(outcome.promises)
