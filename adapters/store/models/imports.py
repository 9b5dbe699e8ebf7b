"""Files that were taken in, and the rows that were not."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from adapters.store.models.base import METADATA, Instant, one_of

import_file = Table(
    "import_file",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    # R-IMP-3: the system that an order table is from; NULL is the marketplace of the plain tables.
    Column("source", Text),
    Column("encoding", Text, nullable=False),
    Column("data_time", Instant, nullable=False),  # the time in its name, else of the import
    Column("imported_at", Instant, nullable=False),
    Column("imported_by", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Index(None, "sha256"),
)

import_problem = Table(
    "import_problem",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("import_id", Integer, ForeignKey("import_file.id"), nullable=False),
    Column("severity", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("column_name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    one_of("severity", ("rejected", "warning")),
    Index(None, "import_id", "line"),
)
