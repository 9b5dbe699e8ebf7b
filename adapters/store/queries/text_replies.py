"""What customers wrote back to texts (R-DNC-2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, select

from adapters.store.models.customers import customer, customer_phone
from adapters.store.models.lines import sms_reply
from adapters.store.upsert import insert_into


def add(connection: Connection, values: Mapping[str, object]) -> bool:
    """Store a reply once; False when it was stored before."""
    added = connection.execute(
        insert_into(connection, sms_reply)
        .values(**values)
        .on_conflict_do_nothing()
        .returning(sms_reply.c.id)
    )
    return added.first() is not None


def listed(connection: Connection, limit: int) -> list[Row[Any]]:
    """The newest first, with the user IDs of those whose number it is."""
    whose = (
        select(func.min(customer.c.buyer))
        .join(customer_phone, customer_phone.c.customer_id == customer.c.id)
        .where(customer_phone.c.phone_key == sms_reply.c.phone_key)
        .scalar_subquery()
    )
    query = (
        select(sms_reply, whose.label("buyer"))
        .order_by(sms_reply.c.at.desc(), sms_reply.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(query).all())
