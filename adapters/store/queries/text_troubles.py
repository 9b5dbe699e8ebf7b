"""Texts that need a person: of which nothing is known, or whose line is gone (R-MSG-2)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, select, text

from adapters.store.models.customers import customer, customer_phone
from adapters.store.models.lines import sms
from adapters.store.queries.texts import QUEUED, TO_DO
from campaigns.values import LineName


def unknown(connection: Connection, limit: int) -> list[Row[Any]]:
    """Texts that may have gone out, single ones first, the oldest in front; `ix_sms_to_do`."""
    query = (
        select(
            sms.c.id,
            sms.c.blast_id,
            sms.c.kind,
            sms.c.line,
            sms.c.at,
            sms.c.reason,
            sms.c.customer_id,
            customer.c.buyer,
            customer_phone.c.masked,
        )
        .join(customer, customer.c.id == sms.c.customer_id)
        .join(customer_phone, customer_phone.c.id == sms.c.phone_id)
        .where(TO_DO, text("sms.state = 'unknown'"))
        .order_by(sms.c.blast_id.is_not(None), sms.c.at, sms.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).all())


def waiting_by_line(connection: Connection, blast_id: int | None = None) -> dict[LineName, int]:
    """How many texts wait for each line, of one mass message or of everything."""
    query = select(sms.c.line, func.count().label("number")).where(TO_DO, QUEUED)
    if blast_id is not None:
        query = query.where(sms.c.blast_id == blast_id)
    rows = connection.execute(query.group_by(sms.c.line).order_by(sms.c.line))
    return {LineName(row.line): row.number for row in rows}
