"""The after-sales register as people read it: the list, one case with its whole history (R-CPL-2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import after_sales, people, timeline
from adapters.store.queries.after_sales import CaseQuery
from campaigns.errors import NotFoundError
from campaigns.labels_zh import CASE_KIND_LABELS, CASE_STATE_LABELS
from campaigns.registers.cases import CHANGES, ENDED, NOBODY, is_overdue
from campaigns.registry import outcome_of
from campaigns.values import AttemptState, CaseKind, CaseState, Kind, Person, Role
from scheduler.flows.cases import is_shown_to
from scheduler.runtime import Runtime

LISTED = 300
OF_CUSTOMER = 50

__all__ = ["CaseQuery", "case_page", "cases_of", "register"]


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case in a list. `handler` empty: nobody has taken it."""

    id: int
    day: date
    opened_at: datetime
    handler: str
    customer_id: int
    buyer: str
    order_no: str | None
    kind: CaseKind
    kind_label: str
    cause: str
    agreed: str | None
    state: CaseState
    state_label: str
    due_at: datetime
    closed_at: datetime | None
    is_overdue: bool
    is_from_call: bool

    @property
    def is_ended(self) -> bool:
        """Nothing is due any more."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class CaseEntryLine:
    """One step of a case's history; `handler` and `state` are those from then on."""

    id: int
    at: datetime
    who: str
    state: CaseState
    state_label: str
    handler: str
    due_at: datetime
    note: str | None
    is_handed_over: bool
    is_moved: bool


@dataclass(frozen=True, slots=True)
class TalkLine:
    """A call with the customer, for the next handler to read first."""

    at: datetime
    caller: str
    kind: Kind
    outcome_label: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Register:
    """The list with its counts. `is_cut`: there are more than are listed."""

    lines: tuple[CaseLine, ...]
    counts: Mapping[CaseState, int]
    overdue: int
    handlers: tuple[str, ...]
    is_cut: bool

    @property
    def unended(self) -> int:
        """Cases that wait for somebody."""
        return sum(count for state, count in self.counts.items() if state not in ENDED)


@dataclass(frozen=True, slots=True)
class CasePage:
    """R-CPL-2. One case: its history and the customer's before anything is asked anew."""

    case: CaseLine
    history: tuple[CaseEntryLine, ...]
    talks: tuple[TalkLine, ...]
    others: tuple[CaseLine, ...]
    later_states: tuple[CaseState, ...]
    handlers: tuple[str, ...]

    @property
    def newest_entry(self) -> int:
        """What a form says it has seen."""
        return self.history[-1].id


def register(runtime: Runtime, wanted: CaseQuery, now: datetime, person: Person) -> Register:
    """R-CASE-1. The cases that this person may see, overdue ones first, and counts by state."""
    mine = _visible(person)
    handlers = wanted.handlers
    if mine is not None:
        handlers = mine if handlers is None else tuple(h for h in handlers if h in mine)
    narrowed = CaseQuery(handlers, wanted.states, wanted.kind, wanted.words.strip())
    with runtime.snapshot() as connection:
        rows = after_sales.cases(connection, narrowed, LISTED + 1)
        counts, overdue = after_sales.counts(connection, mine, now)
        names = _handlers(connection)
    return Register(
        lines=tuple(_line(row, now) for row in rows[:LISTED]),
        counts=counts,
        overdue=overdue,
        handlers=names,
        is_cut=len(rows) > LISTED,
    )


def case_page(runtime: Runtime, case_id: int, now: datetime, person: Person) -> CasePage:
    """R-CPL-2. One case with everything known. Raises NotFoundError, also for another caller's."""
    with runtime.snapshot() as connection:
        row = after_sales.case_of(connection, case_id)
        if row is None or not is_shown_to(row.handler, person):
            raise NotFoundError(f"没有这件售后问题：{case_id}", field="case")
        entries = after_sales.entries_of(connection, case_id)
        others = after_sales.cases_of_customer(connection, row.customer_id, OF_CUSTOMER)
        talks = timeline.attempts_of(connection, row.customer_id)
        names = _handlers(connection)
    line = _line(row, now)
    return CasePage(
        case=line,
        history=_history(entries),
        talks=tuple(_talk(talk) for talk in talks if talk.state == AttemptState.CLOSED),
        others=tuple(_line(other, now) for other in others if other.id != case_id),
        later_states=CHANGES[line.state],
        handlers=names,
    )


def cases_of(runtime: Runtime, customer_id: int, now: datetime) -> tuple[CaseLine, ...]:
    """R-CASE-1. A customer's cases, the newest first."""
    with runtime.snapshot() as connection:
        rows = after_sales.cases_of_customer(connection, customer_id, OF_CUSTOMER)
    return tuple(_line(row, now) for row in rows)


def _visible(person: Person) -> tuple[str, ...] | None:
    return (person.name, NOBODY) if person.role is Role.CALLER else None


def _handlers(connection: Connection) -> tuple[str, ...]:
    return tuple(
        row.person.name
        for row in people.everybody(connection)
        if row.is_active and row.person.role is not Role.ADMIN
    )


def _line(row: Row[Any], now: datetime) -> CaseLine:
    kind, state = CaseKind(row.kind), CaseState(row.state)
    return CaseLine(
        id=row.id,
        day=row.business_day,
        opened_at=row.opened_at,
        handler=row.handler,
        customer_id=row.customer_id,
        buyer=row.buyer,
        order_no=row.order_no,
        kind=kind,
        kind_label=CASE_KIND_LABELS[kind],
        cause=row.cause,
        agreed=row.agreed,
        state=state,
        state_label=CASE_STATE_LABELS[state],
        due_at=row.due_at,
        closed_at=row.closed_at,
        is_overdue=is_overdue(state, row.due_at, now),
        is_from_call=row.attempt_id is not None,
    )


def _history(entries: list[Row[Any]]) -> tuple[CaseEntryLine, ...]:
    lines = []
    for place, row in enumerate(entries):
        before = entries[place - 1] if place else None
        state = CaseState(row.state)
        lines.append(
            CaseEntryLine(
                id=row.id,
                at=row.at,
                who=row.who,
                state=state,
                state_label=CASE_STATE_LABELS[state],
                handler=row.handler,
                due_at=row.due_at,
                note=row.note,
                is_handed_over=before is not None and before.handler != row.handler,
                is_moved=before is not None and before.due_at != row.due_at,
            )
        )
    return tuple(lines)


def _talk(row: Row[Any]) -> TalkLine:
    kind = Kind(row.kind)
    return TalkLine(row.at, row.caller, kind, outcome_of(kind, row.outcome).label, row.note)
