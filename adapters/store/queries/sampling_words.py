"""What the caller of a sampled customer sees and speaks of (R-SMP-1, R-SMP-5)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from adapters.store.models.after_sales import service_case
from adapters.store.models.sampling import escalation, sample_member


def register_line(connection: Connection, task_id: int) -> Row[Any] | None:
    """The entry that this task was made for, as the frozen list has it (`uq_sample_member_task_id`)."""
    query = select(
        sample_member.c.source,
        sample_member.c.handler,
        sample_member.c.order_no,
        sample_member.c.entered_on,
        sample_member.c.detail,
    ).where(sample_member.c.task_id == task_id)
    return connection.execute(query).first()


def complaint_owed(connection: Connection, task_id: int) -> Row[Any] | None:
    """The newest unanswered complaint of a task and what was agreed about it since."""
    query = (
        select(service_case.c.cause, service_case.c.agreed)
        .join_from(escalation, service_case, service_case.c.id == escalation.c.case_id)
        .where(escalation.c.task_id == task_id, escalation.c.answered_at.is_(None))
        .order_by(escalation.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).first()
