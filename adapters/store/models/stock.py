"""What is out of stock, every day it was expected on, and the tasks that tell customers so."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table, Text

from adapters.store.models.base import METADATA, Instant

shortage = Table(
    "shortage",
    METADATA,
    # R-OOS-1: an article that paid orders wait for.
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("code", Text),
    Column("match_key", Text, nullable=False, unique=True),  # the folded code, else the folded name
    Column("expected_on", Date, nullable=False),
    Column("reason", Text),
    Column("gift", Text),
    Column("listed_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("arrived_at", Instant),
    Column("closed_at", Instant),  # no longer followed: nobody waits for it any more
    Column("created_by", Text, nullable=False),
)

shortage_date = Table(
    "shortage_date",
    METADATA,
    # R-OOS-2: each day that was ever expected, append-only; what a caller named is judged by it.
    Column("id", Integer, primary_key=True),
    Column("shortage_id", Integer, ForeignKey("shortage.id"), nullable=False),
    Column("expected_on", Date, nullable=False),
    Column("known_at", Instant, nullable=False),
    Column("import_id", Integer, ForeignKey("import_file.id")),
    Column("who", Text, nullable=False),
    Index(None, "shortage_id", "known_at"),
)

task_shortage = Table(
    "task_shortage",
    METADATA,
    Column("task_id", Integer, ForeignKey("task.id"), primary_key=True),
    Column("shortage_id", Integer, ForeignKey("shortage.id"), primary_key=True),
    Column("joined_at", Instant, nullable=False),
    Index(None, "shortage_id"),
)
