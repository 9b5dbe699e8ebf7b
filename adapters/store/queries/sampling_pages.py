"""What the pages of the sampling month ask beyond its list and its figures."""

from __future__ import annotations

from sqlalchemy import Connection, select, text

from adapters.store.models.sampling import sample

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
