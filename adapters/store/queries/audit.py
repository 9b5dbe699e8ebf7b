"""Writing and sealing the audit trail (R-AUD-1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select

from adapters.store.models.audit import audit, audit_link

_RECORD = insert(audit).inline()
"""Nobody asks for the new id, so none is fetched."""

CHAIN_BATCH = 5_000
"""Rows sealed in one go."""


def record(
    connection: Connection,
    at: datetime,
    who: str,
    what: str,
    subject: str,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """One line of the trail, in the same transaction as what it tells. Ids and keyed hashes only."""
    connection.execute(
        _RECORD,
        {
            "at": at,
            "who": who,
            "what": what,
            "subject": subject,
            "before": _json(before),
            "after": _json(after),
        },
    )


def record_each(
    connection: Connection,
    at: datetime,
    who: str,
    what: str,
    after: Mapping[str, Mapping[str, object]],
) -> None:
    """The same line for many subjects, each with what it has become."""
    same = {"at": at, "who": who, "what": what, "before": None}
    if after:
        connection.execute(
            _RECORD,
            [{**same, "subject": subject, "after": _json(one)} for subject, one in after.items()],
        )


def seal(connection: Connection) -> int:
    """Chain the rows that are not chained yet, off the hot path. Returns how many."""
    newest = connection.execute(
        select(audit_link.c.position, audit_link.c.hash)
        .order_by(audit_link.c.position.desc())
        .limit(1)
    ).first()
    position, previous = (newest.position, newest.hash) if newest else (0, "")
    # Not "id > the last one": on PostgreSQL a smaller id may be committed later.
    rows = connection.execute(
        select(audit)
        .where(~select(audit_link.c.audit_id).where(audit_link.c.audit_id == audit.c.id).exists())
        .order_by(audit.c.id)
        .limit(CHAIN_BATCH)
    ).all()
    links = []
    for row in rows:
        position += 1
        previous = link_hash(
            previous, row.id, row.at, row.who, row.what, row.subject, row.before, row.after
        )
        links.append({"position": position, "audit_id": row.id, "hash": previous})
    if links:
        connection.execute(insert(audit_link), links)
    return len(links)


def link_hash(previous: str, row_id: int, at: datetime, *texts: str | None) -> str:
    """SHA-256 over the link before and every field of the row, unambiguously separated."""
    fields = [previous, row_id, at.isoformat(), *texts]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()


def _json(value: Mapping[str, object] | None) -> str | None:
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
