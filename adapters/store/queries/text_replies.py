"""What customers wrote back to texts (R-DNC-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from adapters.store.models.customers import customer, customer_phone
from adapters.store.models.lines import sms_reply
from adapters.store.upsert import insert_into


def add_all(connection: Connection, rows: Sequence[Mapping[str, object]]) -> int:
    """Store replies, each once; how many were not stored before.

    Two that store the same ones at once wait for each other: many are given in the order of their keys.
    """
    if not rows:
        return 0
    added = connection.execute(
        insert_into(connection, sms_reply).on_conflict_do_nothing().returning(sms_reply.c.id),
        list(rows),
    )
    return len(added.all())


def listed(connection: Connection, limit: int) -> list[Row[Any]]:
    """The newest first, with the user IDs of those whose number it is, as far as it is known to be."""
    whose = (
        select(func.min(customer_phone.c.customer_id))
        .where(
            customer_phone.c.phone_key == sms_reply.c.phone_key,
            customer_phone.c.wrong_since.is_(None),
        )
        .correlate(sms_reply)
        .scalar_subquery()
    )
    query = (
        select(sms_reply, customer.c.id.label("customer_id"), customer.c.buyer)
        .select_from(sms_reply.outerjoin(customer, customer.c.id == whose))
        .order_by(sms_reply.c.at.desc(), sms_reply.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(query).all())
