"""R-AUD-1: the append-only audit trail and the chain that seals it, filled after commit."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from adapters.store.models.base import METADATA, Instant

audit = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),  # a person's name in the shop, or `engine`
    Column("what", Text, nullable=False),  # constant event name, e.g. `attempt.closed`
    Column("subject", Text, nullable=False),  # `attempt:…`, `customer:12`, `policy:3`
    Column("before", Text),  # JSON; ids and keyed hashes, never personal data
    Column("after", Text),
    Index(None, "subject"),
    Index(None, "at"),
)

audit_link = Table(
    "audit_link",
    METADATA,
    Column("position", Integer, primary_key=True),
    Column("audit_id", Integer, ForeignKey("audit.id"), nullable=False, unique=True),
    Column("hash", Text, nullable=False),  # of the link before and of the row
)
