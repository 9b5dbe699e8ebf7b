"""Whom a do-not-contact entry binds: the customer it names, and everybody whose number it is.

R-DNC-2, R-DNC-3, decision 0007: whoever refused on a line is taken to be the person, on every number.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Table,
    Text,
    and_,
    func,
    literal,
    or_,
    select,
)

from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import task, task_order
from adapters.store.models.customers import customer, customer_phone, order, suppression


class Way(NamedTuple):
    """One way to be on the list: by a row of `table` for the customer, which the entry meets by `on`.

    Each is a statement of its own, served by an index of its own: an OR of them would walk over
    everything. `words` are for the finding.
    """

    table: Table
    customer: Column[int]
    on: ColumnElement[bool]
    words: str = ""

    def binds(
        self, connection: Connection, customer_id: int, phone_key: str | None, instant: datetime
    ) -> bool:
        """Whether an entry found this way bound the customer at an instant.

        `phone_key` is the entry's; a name binds for good, a number while it is theirs.
        """
        if self.table is not customer_phone:
            return True
        assert phone_key is not None, "it was met by its number"
        return was_theirs(connection, customer_id, phone_key, instant)


BY_CUSTOMER = and_(suppression.c.scope == "customer", suppression.c.customer_id == customer.c.id)
BY_USER_ID = and_(suppression.c.scope == "customer", suppression.c.user_id == customer.c.identity)
# The scope is hidden from SQLite's planner, which would hold every entry against every attempt.
_BY_NUMBER = and_(
    func.lower(suppression.c.scope) == "phone",
    suppression.c.phone_key == customer_phone.c.phone_key,
)


def by_phone(dialled: Column[str]) -> ColumnElement[bool]:
    """The entry is for the very number."""
    return and_(suppression.c.scope == "phone", suppression.c.phone_key == dialled)


def ways(dialled: Column[str] | None = None) -> tuple[Way, ...]:
    """R-DNC-2, decision 0007. All ways to be on the list, for a contact on a number or on none."""
    named = (
        Way(customer, customer.c.id, BY_CUSTOMER),
        Way(customer, customer.c.id, BY_USER_ID),
    )
    owner = customer_phone.c.customer_id
    if dialled is None:
        return *named, Way(customer_phone, owner, _BY_NUMBER, "（登记的是客户的号码）")
    another = _BY_NUMBER & (customer_phone.c.phone_key != dialled)
    return (
        *named,
        Way(customer, customer.c.id, by_phone(dialled)),
        Way(customer_phone, owner, another, "（登记的是客户的另一个号码）"),
    )


def was_theirs(connection: Connection, customer_id: int, phone_key: str, instant: datetime) -> bool:
    """R-PHONE-3, decision 0007. Whether a number was certainly the customer's at an instant.

    Known before it, and not marked wrong by then: what came at the very instant may have come after.
    """
    number = connection.execute(
        select(customer_phone).where(
            customer_phone.c.customer_id == customer_id, customer_phone.c.phone_key == phone_key
        )
    ).one()
    is_wrong = number.wrong_since is not None and number.wrong_since <= instant
    if is_wrong or number.added_at >= instant:
        return False
    return not _was_wrong(connection, number, instant) and not _may_come_later(
        connection, number, instant
    )


def _was_wrong(connection: Connection, number: Row[Any], instant: datetime) -> bool:
    """R-PHONE-1. By what calls said of it: a number given anew is theirs again, without its mark."""
    is_given = attempt.c.given_phone_id == number.id
    told_wrong = and_(attempt.c.phone_id == number.id, attempt.c.outcome == "wrong_number")
    statement = (
        select(is_given.label("is_given"))
        .where(
            attempt.c.customer_id == number.customer_id,
            or_(
                and_(is_given, attempt.c.outcome_at < instant),
                and_(told_wrong, attempt.c.outcome_at <= instant),
            ),
        )
        .order_by(attempt.c.outcome_at.desc(), attempt.c.id.desc())
        .limit(1)
    )
    last = connection.execute(statement).first()
    return last is not None and not last.is_given


def _may_come_later(connection: Connection, number: Row[Any], instant: datetime) -> bool:
    """R-IMP-4. Whether it may have come with an order that stood alone, later than its row says.

    When such an order became the customer's is not kept; it was theirs when it joined a task.
    """
    alone = customer.alias("alone")
    in_a_task = (
        select(task.c.id)
        .join(task_order, task_order.c.task_id == task.c.id)
        .where(
            task_order.c.order_id == order.c.id,
            task_order.c.joined_at < instant,
            task.c.customer_id == number.customer_id,
        )
    )
    statement = (
        select(order.c.id)
        .join(alone, alone.c.identity == literal("order:", Text) + order.c.order_no)
        .where(
            order.c.customer_id == number.customer_id,
            alone.c.id != number.customer_id,
            alone.c.created_at <= number.added_at,
            ~in_a_task.exists(),
        )
        .limit(1)
    )
    return connection.execute(statement).first() is not None
