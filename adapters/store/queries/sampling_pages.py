"""What the pages of the sampling month ask beyond its list and its figures."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, func, select, text

from adapters.store.models.sampling import review, sample, sample_member, score
from campaigns.values import ScoreOrigin

MONTHS = 60


def months(connection: Connection) -> list[str]:
    """Months that have a sample, the newest first; `uq_sample_month` holds one row of each."""
    query = (
        select(sample.c.month)
        .where(text("sample.state <> 'replaced'"))
        .order_by(sample.c.month.desc())
        .limit(MONTHS)
    )
    return list(connection.execute(query).scalars())


def words(connection: Connection, sample_id: int) -> dict[int, Row[Any]]:
    """R-SMP-12. By member: reason and suggestion as the customer gave them, why a reviewer corrected.

    A review's entry of a score holds no words of the customer's, so theirs are read from their own
    newest one, in the index on (task_id, id).
    """
    own = score.alias("own")
    newest = (
        select(func.max(own.c.id))
        .where(own.c.task_id == sample_member.c.task_id, own.c.origin != ScoreOrigin.REVIEW)
        .correlate(sample_member)
        .scalar_subquery()
    )
    query = (
        select(sample_member.c.id, score.c.reason, score.c.suggestion, review.c.why)
        .select_from(sample_member)
        .join(score, and_(score.c.id == newest))
        .join(review, review.c.task_id == sample_member.c.task_id, isouter=True)
        .where(sample_member.c.sample_id == sample_id, sample_member.c.task_id > 0)
    )
    return {row.id: row for row in connection.execute(query)}
