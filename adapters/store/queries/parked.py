"""Calls that their callers left while a line was asked about them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select, text

from adapters.store.models.calls import attempt
from adapters.store.models.customers import customer
from adapters.store.models.lines import line_call

LISTED = 50
LIVE = text("attempt.state IN ('handed_out', 'dialled')")


def parked_of(connection: Connection, person_id: int) -> list[Row[Any]]:
    """A caller's open calls that were left, with how the newest request for each stands.

    Live attempts are few and have an index of their own; the requests are found by their attempt.
    """
    newest = (
        select(line_call.c.state)
        .where(line_call.c.attempt_id == attempt.c.id)
        .order_by(line_call.c.submitted_machine.desc(), line_call.c.id.desc())
        .limit(1)
        .correlate(attempt)
        .scalar_subquery()
    )
    query = (
        select(
            attempt.c.id,
            attempt.c.kind,
            attempt.c.dialled_at,
            customer.c.buyer,
            newest.label("line_state"),
        )
        .join(customer, customer.c.id == attempt.c.customer_id)
        .where(LIVE, attempt.c.caller_id == person_id, attempt.c.parked_at.is_not(None))
        .order_by(attempt.c.dialled_at, attempt.c.id)
        .limit(LISTED)
    )
    return list(connection.execute(query).all())
