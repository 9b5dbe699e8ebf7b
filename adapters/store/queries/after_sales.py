"""The after-sales register: cases with their history (R-CASE-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from adapters.store.models.after_sales import case_entry, feedback, service_case
from adapters.store.models.customers import customer, order
from campaigns.registers.cases import ENDED
from campaigns.values import CaseKind, CaseState

UNENDED = text("service_case.closed_at IS NULL")


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """Which cases. `handlers` None: everybody's; `states` empty: any.

    `words`: part of a user ID, or a whole order number.
    """

    handlers: tuple[str, ...] | None = None
    states: tuple[CaseState, ...] = ()
    kind: CaseKind | None = None
    words: str = ""


def add_case(
    connection: Connection, values: dict[str, object], who: str, note: str | None = None
) -> int:
    """A new case and the first entry of its history. `values`: the columns of `service_case`."""
    case_id = int(
        connection.execute(
            insert(service_case).values(values).returning(service_case.c.id)
        ).scalar_one()
    )
    entry = {name: values[name] for name in ("state", "handler", "due_at")}
    add_entry(connection, case_id, entry, values["opened_at"], who, note)
    return case_id


def add_entry(
    connection: Connection,
    case_id: int,
    stands: dict[str, object],
    at: object,
    who: str,
    note: str | None,
) -> None:
    """How a case stands from `at` on; entries are never changed."""
    connection.execute(
        insert(case_entry).values(case_id=case_id, at=at, who=who, note=note, **stands)
    )


def change_case(connection: Connection, case_id: int, **values: object) -> None:
    """Set columns of one case."""
    connection.execute(update(service_case).where(service_case.c.id == case_id).values(**values))


def add_feedback(connection: Connection, values: dict[str, object]) -> int:
    """What one callback collected about one product (R-CB-6)."""
    result = connection.execute(insert(feedback).values(values).returning(feedback.c.id))
    return int(result.scalar_one())


def lock_case(connection: Connection, case_id: int) -> Row[Any] | None:
    """One case, locked: two people may change it at once."""
    query = select(service_case).where(service_case.c.id == case_id).with_for_update()
    return connection.execute(query).first()


def case_of(connection: Connection, case_id: int) -> Row[Any] | None:
    """One case with its customer."""
    return connection.execute(_cases().where(service_case.c.id == case_id)).first()


def entries_of(connection: Connection, case_id: int) -> list[Row[Any]]:
    """What happened to a case, the first entry in front; by ix_case_entry_case_id_at."""
    query = (
        select(case_entry)
        .where(case_entry.c.case_id == case_id)
        .order_by(case_entry.c.at, case_entry.c.id)
    )
    return list(connection.execute(query).all())


def cases(connection: Connection, wanted: CaseQuery, limit: int) -> list[Row[Any]]:
    """Cases to be worked, what is due first in front; ended ones after them, the newest first."""
    query = (
        _cases()
        .where(*_conditions(wanted))
        .order_by(
            service_case.c.closed_at.is_not(None),
            service_case.c.closed_at.desc(),
            service_case.c.due_at,
            service_case.c.id,
        )
        .limit(limit)
    )
    return list(connection.execute(query).all())


def counts(
    connection: Connection, handlers: tuple[str, ...] | None, now: datetime
) -> tuple[dict[CaseState, int], int]:
    """How many cases stand in each state, and how many are overdue (by ix_service_case_open)."""
    seen = _conditions(CaseQuery(handlers))
    by_state = (
        select(service_case.c.state, func.count()).where(*seen).group_by(service_case.c.state)
    )
    overdue = select(func.count()).where(UNENDED, service_case.c.due_at <= now, *seen)
    states = {CaseState(row[0]): int(row[1]) for row in connection.execute(by_state)}
    return states, int(connection.execute(overdue).scalar_one())


def open_cases_of(connection: Connection, handler: str) -> list[Row[Any]]:
    """What somebody has not ended yet, locked, in the order of their numbers."""
    query = (
        select(service_case)
        .where(UNENDED, service_case.c.handler == handler)
        .order_by(service_case.c.id)
        .with_for_update()
    )
    return list(connection.execute(query).all())


def cases_of_customer(connection: Connection, customer_id: int, limit: int) -> list[Row[Any]]:
    """A customer's cases, the newest first."""
    query = _cases().where(service_case.c.customer_id == customer_id)
    return list(connection.execute(query.order_by(service_case.c.id.desc()).limit(limit)).all())


def lock_customer(connection: Connection, customer_id: int) -> None:
    """Let the problems of one customer be entered one after the other; calls are not held up."""
    query = select(customer.c.id).where(customer.c.id == customer_id)
    connection.execute(query.with_for_update(key_share=True)).all()


def same_case(
    connection: Connection,
    customer_id: int,
    order_no: str | None,
    kind: CaseKind,
    cause: str,
    since: datetime,
) -> int | None:
    """The very same problem entered since: a form that was sent twice."""
    query = (
        select(service_case.c.id)
        .where(
            service_case.c.customer_id == customer_id,
            service_case.c.order_no.is_not_distinct_from(order_no),
            service_case.c.kind == kind,
            service_case.c.cause == cause,
            service_case.c.opened_at >= since,
        )
        .limit(1)
    )
    return connection.execute(query).scalar()


def customer_of_order(connection: Connection, order_no: str) -> Row[Any] | None:
    """Whose order it is; by its unique number."""
    query = (
        select(customer.c.id, customer.c.buyer)
        .join(order, order.c.customer_id == customer.c.id)
        .where(order.c.order_no == order_no)
    )
    return connection.execute(query).first()


def cases_between(
    connection: Connection, first: date, last: date, as_of: datetime | None, limit: int
) -> list[Row[Any]]:
    """R-CASE-1. The cases of some days as they stood at `as_of`: by the last entry until then.

    `settled` is that entry's note where the case had ended.
    """
    known = case_entry.alias("known")
    by_then = [] if as_of is None else [known.c.at <= as_of]
    last_entry = (
        select(func.max(known.c.id))
        .where(known.c.case_id == service_case.c.id, *by_then)
        .scalar_subquery()
    )
    query = (
        select(
            service_case.c.business_day,
            service_case.c.order_no,
            service_case.c.kind,
            service_case.c.cause,
            service_case.c.agreed,
            customer.c.buyer,
            case_entry.c.state,
            case_entry.c.handler,
            case_entry.c.due_at,
            case_entry.c.note,
        )
        .join(customer, customer.c.id == service_case.c.customer_id)
        .join(case_entry, and_(case_entry.c.id == last_entry))
        .where(service_case.c.business_day >= first, service_case.c.business_day <= last)
        .order_by(service_case.c.opened_at, service_case.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).all())


def _cases() -> Select[Any]:
    return select(service_case, customer.c.buyer).join(
        customer, customer.c.id == service_case.c.customer_id
    )


def _conditions(wanted: CaseQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.handlers is not None:
        found.append(service_case.c.handler.in_(wanted.handlers))
    if wanted.states:
        # With the open ones only, the partial index on what is not ended serves.
        if not ENDED & set(wanted.states):
            found.append(service_case.c.closed_at.is_(None))
        found.append(service_case.c.state.in_(wanted.states))
    if wanted.kind is not None:
        found.append(service_case.c.kind == wanted.kind)
    if wanted.words:
        found.append(
            or_(
                customer.c.buyer.contains(wanted.words, autoescape=True),
                service_case.c.order_no == wanted.words,
            )
        )
    return found
