"""The do-not-contact list (R-DNC-3): entries are added and lifted, never deleted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from adapters.store.models.campaigns import task
from adapters.store.models.customers import customer, customer_phone, suppression
from adapters.store.queries import audit
from campaigns.outcomes import Outcome
from campaigns.values import Scope


def add(connection: Connection, values: dict[str, object], now: datetime) -> int:
    """A new entry from `now` on, with its line in the trail."""
    values = values | {"since": now}
    result = connection.execute(insert(suppression).values(values).returning(suppression.c.id))
    entry_id = int(result.scalar_one())
    audit.record(
        connection,
        now,
        str(values["created_by"]),
        "suppression.added",
        f"suppression:{entry_id}",
        after={
            "scope": values["scope"],
            "rule": values["rule"],
            "kind": values.get("kind"),
            "customer": values.get("customer_id"),
            "phone": values.get("phone_key"),
            "source": values["source"],
        },
    )
    return entry_id


def add_for_outcome(
    connection: Connection, attempt: Row[Any], outcome: Outcome, now: datetime, who: str
) -> None:
    """R-DNC-1: this kind only, the customer. R-DNC-2: every kind, the customer and the line itself."""
    entry: dict[str, object] = {
        "scope": Scope.CUSTOMER,
        "customer_id": attempt.customer_id,
        "kind": attempt.kind if outcome.suppresses == "R-DNC-1" else None,
        "rule": outcome.suppresses,
        "reason": outcome.label,
        "source": f"attempt:{attempt.id}",
        "created_by": who,
    }
    add(connection, entry, now)
    if outcome.suppresses == "R-DNC-2":
        phone = connection.execute(
            select(customer_phone).where(customer_phone.c.id == attempt.phone_id)
        ).one()
        line = {
            "scope": Scope.PHONE,
            "customer_id": None,
            "phone_key": phone.phone_key,
            "phone_masked": phone.masked,
            "phone_sealed": phone.sealed,
        }
        add(connection, entry | line, now)


def get(connection: Connection, entry_id: int) -> Row[Any] | None:
    """One entry."""
    return connection.execute(select(suppression).where(suppression.c.id == entry_id)).first()


def active_like(
    connection: Connection,
    *,
    scope: Scope,
    customer_id: int | None,
    user_id: str | None,
    phone_key: str | None,
    kind: str | None,
) -> int | None:
    """An equal entry in force, so that entering it again changes nothing."""
    query = select(suppression.c.id).where(
        suppression.c.lifted_at.is_(None), suppression.c.scope == scope
    )
    for column, value in (
        (suppression.c.customer_id, customer_id),
        (suppression.c.user_id, user_id),
        (suppression.c.phone_key, phone_key),
        (suppression.c.kind, kind),
    ):
        query = query.where(column.is_(None) if value is None else column == value)
    return connection.execute(query.limit(1)).scalar()


def lift(connection: Connection, entry_id: int, now: datetime, who: str, reason: str) -> None:
    """R-DNC-3. End an entry; who and why stay with it."""
    connection.execute(
        update(suppression)
        .where(suppression.c.id == entry_id)
        .values(lifted_at=now, lifted_by=who, lift_reason=reason)
    )
    audit.record(connection, now, who, "suppression.lifted", f"suppression:{entry_id}")


_HOLDER = customer.alias("holder")


def _of_holders(figure: ColumnElement[Any]) -> ScalarSelect[Any]:
    return (
        select(figure)
        .select_from(_HOLDER)
        .join(customer_phone, customer_phone.c.customer_id == _HOLDER.c.id)
        .where(
            customer_phone.c.phone_key == suppression.c.phone_key,
            customer_phone.c.wrong_since.is_(None),
        )
        .correlate(suppression)
        .scalar_subquery()
    )


def listed(
    connection: Connection, *, words: str = "", with_lifted: bool = False, limit: int
) -> list[Row[Any]]:
    """Entries, the newest first; `words` looks in user ID, masked number and reason.

    `holder` and `holders`: whose number it is, by the index on phone_key; not those it is wrong for.
    """
    query = (
        select(
            suppression,
            customer.c.buyer,
            _of_holders(func.min(_HOLDER.c.buyer)).label("holder"),
            _of_holders(func.count()).label("holders"),
        )
        .join(customer, customer.c.id == suppression.c.customer_id, isouter=True)
        .order_by(suppression.c.since.desc(), suppression.c.id.desc())
        .limit(limit)
    )
    if not with_lifted:
        query = query.where(suppression.c.lifted_at.is_(None))
    if words:
        query = query.where(
            or_(
                customer.c.buyer.contains(words, autoescape=True),
                suppression.c.user_id.contains(words, autoescape=True),
                suppression.c.phone_masked.contains(words, autoescape=True),
                suppression.c.reason.contains(words, autoescape=True),
            )
        )
    return list(connection.execute(query).all())


def in_force(connection: Connection) -> list[Row[Any]]:
    """Every entry in force, the oldest first, with its number sealed."""
    query = (
        select(suppression, customer.c.buyer)
        .join(customer, customer.c.id == suppression.c.customer_id, isouter=True)
        .where(suppression.c.lifted_at.is_(None))
        .order_by(suppression.c.since, suppression.c.id)
    )
    return list(connection.execute(query).all())


def open_tasks_listed(connection: Connection) -> list[int]:
    """Open tasks whose customer is on the list for their kind: by rights there are none."""
    own = select(customer_phone.c.phone_key).where(
        customer_phone.c.customer_id == task.c.customer_id, customer_phone.c.wrong_since.is_(None)
    )
    query = (
        select(task.c.id)
        .join(customer, customer.c.id == task.c.customer_id)
        .join(
            suppression,
            or_(
                suppression.c.customer_id == task.c.customer_id,
                suppression.c.user_id == customer.c.identity,
                suppression.c.phone_key.in_(own.correlate(task)),
            ),
        )
        .where(
            text("task.state <> 'closed'"),
            suppression.c.lifted_at.is_(None),
            or_(suppression.c.kind.is_(None), suppression.c.kind == task.c.kind),
        )
        .distinct()
        .order_by(task.c.id)
    )
    return list(connection.execute(query).scalars())


def bound_customers(
    connection: Connection,
    *,
    customer_ids: Iterable[int] = (),
    user_ids: Iterable[str] = (),
    phone_keys: Iterable[str] = (),
) -> set[int]:
    """The customers that entries for these ids, user IDs or numbers bind."""
    found = set(customer_ids)
    names, keys = list(user_ids), list(phone_keys)
    if names:
        found.update(
            connection.execute(
                select(customer.c.id).where(customer.c.identity.in_(names))
            ).scalars()
        )
    if keys:
        found.update(
            connection.execute(
                select(customer_phone.c.customer_id).where(customer_phone.c.phone_key.in_(keys))
            ).scalars()
        )
    return found
