"""What a register says of a sampled customer, for whoever calls (R-SMP-1)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from adapters.store.models.sampling import sample_member


def register_line(connection: Connection, task_id: int) -> Row[Any] | None:
    """The entry that the customer was drawn for; `uq_sample_member_task_id` serves."""
    query = select(
        sample_member.c.source,
        sample_member.c.handler,
        sample_member.c.order_no,
        sample_member.c.entered_on,
        sample_member.c.detail,
    ).where(sample_member.c.task_id == task_id)
    return connection.execute(query).first()
