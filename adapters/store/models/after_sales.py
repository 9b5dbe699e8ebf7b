"""What calls bring back to the shop: product feedback, and problems in the after-sales register."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, Text, text

from adapters.store.models.base import METADATA, Instant, one_of
from campaigns.values import CaseKind, CaseState, Effect

feedback = Table(
    "feedback",
    METADATA,
    # R-CB-6: what a callback collected, in the customer's words.
    Column("id", Integer, primary_key=True),
    Column("attempt_id", Text, ForeignKey("attempt.id"), nullable=False),
    Column("task_id", Integer, ForeignKey("task.id"), nullable=False),
    Column("customer_id", Integer, ForeignKey("customer.id"), nullable=False),
    Column("business_day", Date, nullable=False),
    Column("at", Instant, nullable=False),
    Column("product", Text, nullable=False),
    Column("effect", Text),
    Column("complaint", Text),
    Column("wish", Text),
    Column("verbatim", Text),
    Column("who", Text, nullable=False),
    one_of("effect", Effect),
    Index(None, "business_day"),
    Index(None, "customer_id"),
)

service_case = Table(
    "service_case",
    METADATA,
    # R-CASE-1: 售后问题表.
    Column("id", Integer, primary_key=True),
    Column("business_day", Date, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("handler", Text, nullable=False),  # '' while nobody has taken it
    Column("customer_id", Integer, ForeignKey("customer.id"), nullable=False),
    Column("order_no", Text),
    Column("kind", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("agreed", Text),  # what was agreed with the customer
    Column("state", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("attempt_id", Text, ForeignKey("attempt.id")),  # the call it came out of
    Column("changed_at", Instant, nullable=False),
    one_of("kind", CaseKind),
    one_of("state", CaseState),
    CheckConstraint(
        "(state IN ('solved', 'closed')) = (closed_at IS NOT NULL)", name="ended_has_time"
    ),
    Index(None, "customer_id"),
    Index(None, "business_day"),
    Index(None, "attempt_id"),
    Index(
        "ix_service_case_open",
        "due_at",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

case_entry = Table(
    "case_entry",
    METADATA,
    # What happened to a case, one row for each change: how it stood from then on, who, when.
    Column("id", Integer, primary_key=True),
    Column("case_id", Integer, ForeignKey("service_case.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("handler", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("note", Text),
    one_of("state", CaseState),
    Index(None, "case_id", "at"),
)
