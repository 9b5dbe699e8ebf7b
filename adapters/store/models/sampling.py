"""R-SMP-1 to R-SMP-12: registers, a month's sample with its frame, scores, escalations, reviews."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from adapters.store.models.base import METADATA, Instant, one_of
from campaigns.values import SampleState, ScoreOrigin, Source, Verdict

register_entry = Table(
    "register_entry",
    METADATA,
    # R-SMP-1: one row of a register that the shop keeps elsewhere; append-only.
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("customer_id", Integer, ForeignKey("customer.id"), nullable=False),
    Column("order_no", Text),
    Column("entered_on", Date),  # 登记日期 or 评价日期; NULL for a VIP: of every month
    Column("handler", Text, nullable=False),  # 处理人; '' where nobody is named
    Column("detail", Text),  # 问题类型, 快递单号 or 评价
    # What makes two rows the same row, hashed: the same file twice adds nothing (R-IMP-3).
    Column("natural_key", Text, nullable=False, unique=True),
    Column("import_id", Integer, ForeignKey("import_file.id"), nullable=False),
    Column("known_at", Instant, nullable=False),
    one_of("source", Source),
    Index(None, "entered_on"),
    Index(None, "customer_id"),
)

sample = Table(
    "sample",
    METADATA,
    # R-SMP-3: one draw of a month; the newest one counts, the others stay as they were.
    Column("id", Integer, primary_key=True),
    Column("month", Text, nullable=False),  # YYYY-MM
    Column("campaign_id", Integer, ForeignKey("campaign.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("wanted", Integer, nullable=False),  # R-SMP-2: how many were to be drawn
    Column("scored_share", Integer, nullable=False),  # the expected share of scored, per mille
    Column("frame_size", Integer, nullable=False),
    Column("frame_hash", Text, nullable=False),
    Column("list_hash", Text),  # of the frozen list, set at approval
    Column("drawn_at", Instant, nullable=False),
    Column("drawn_by", Text, nullable=False),
    Column("submitted_at", Instant),
    Column("submitted_by", Text),
    Column("approved_at", Instant),
    Column("approved_by", Text),
    one_of("state", SampleState),
    CheckConstraint("(submitted_at IS NULL) = (submitted_by IS NULL)", name="submitted_by_whom"),
    CheckConstraint("(approved_at IS NULL) = (list_hash IS NULL)", name="approved_is_frozen"),
    CheckConstraint("approved_by <> submitted_by", name="approved_by_another"),
    Index(
        "uq_sample_month",
        "month",
        unique=True,
        sqlite_where=text("state <> 'replaced'"),
        postgresql_where=text("state <> 'replaced'"),
    ),
)

sample_member = Table(
    "sample_member",
    METADATA,
    # R-SMP-1, R-SMP-2: the frame. Everybody in it has a rank; whoever was not drawn is a reserve.
    Column("id", Integer, primary_key=True),
    Column("sample_id", Integer, ForeignKey("sample.id"), nullable=False),
    Column("customer_id", Integer, ForeignKey("customer.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("handler", Text, nullable=False),
    Column("order_no", Text),
    Column("entered_on", Date),
    Column("detail", Text),
    Column("rank", Integer, nullable=False),
    Column("is_reserve", Boolean, nullable=False),
    # Of a reserve: whom it stepped in for, or by which rule it was passed over.
    Column("replaces", Integer, ForeignKey("sample_member.id"), unique=True),
    Column("passed_over_rule", Text),
    Column("task_id", Integer, ForeignKey("task.id"), unique=True),
    Column("called_in_at", Instant),  # since when it is to be called
    one_of("source", Source),
    UniqueConstraint("sample_id", "customer_id"),
    UniqueConstraint("sample_id", "rank"),
    Index(None, "sample_id", "source", "handler", "rank"),
)

sample_left_out = Table(
    "sample_left_out",
    METADATA,
    # R-SMP-1: who was in the registers and may not be drawn.
    Column("sample_id", Integer, ForeignKey("sample.id"), primary_key=True),
    Column("customer_id", Integer, ForeignKey("customer.id"), primary_key=True),
    Column("rules", Text, nullable=False),  # ids, joined by a space
    Column("reason", Text, nullable=False),
)

score = Table(
    "score",
    METADATA,
    # R-SMP-4, R-SMP-8, R-SMP-12: append-only; the newest one of a task counts.
    Column("id", Integer, primary_key=True),
    Column("task_id", Integer, ForeignKey("task.id"), nullable=False),
    Column("attempt_id", Text, ForeignKey("attempt.id"), nullable=False),
    Column("customer_id", Integer, ForeignKey("customer.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("value", Integer, nullable=False),
    Column("origin", Text, nullable=False),
    Column("reason", Text),  # the customer's words, or why a review corrects it
    Column("suggestion", Text),
    one_of("origin", ScoreOrigin),
    CheckConstraint("value BETWEEN 1 AND 5", name="value_known"),
    Index(None, "task_id", "id"),
    Index(None, "at"),
)

escalation = Table(
    "escalation",
    METADATA,
    # R-SMP-5: a complaint that could not be solved on the line, and the answer that was promised.
    Column("id", Integer, primary_key=True),
    Column("task_id", Integer, ForeignKey("task.id"), nullable=False),
    Column("attempt_id", Text, ForeignKey("attempt.id"), nullable=False, unique=True),
    Column("customer_id", Integer, ForeignKey("customer.id"), nullable=False),
    Column("case_id", Integer, ForeignKey("service_case.id"), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("owner_id", Integer, ForeignKey("person.id"), nullable=False),
    Column("taken_at", Instant),  # when the owner said "mine"
    Column("ready_at", Instant),  # when the owner wanted to call with the answer
    Column("answered_at", Instant),
    Column("answered_by", Text),
    Column("answer", Text),
    Column("breached_at", Instant),  # noted once
    CheckConstraint("(answered_at IS NULL) = (answered_by IS NULL)", name="answered_by_whom"),
    Index(None, "task_id"),
    Index(
        "ix_escalation_open",
        "due_at",
        sqlite_where=text("answered_at IS NULL"),
        postgresql_where=text("answered_at IS NULL"),
    ),
)

review = Table(
    "review",
    METADATA,
    # R-SMP-12: one review of a sampled customer; taken by one reviewer, then closed for good.
    Column("id", Integer, primary_key=True),
    Column("task_id", Integer, ForeignKey("task.id"), nullable=False, unique=True),
    Column("reviewer_id", Integer, ForeignKey("person.id"), nullable=False),
    Column("taken_at", Instant, nullable=False),
    Column("reviewed_at", Instant),
    Column("verdict", Text),
    Column("score_before", Integer),
    Column("score_after", Integer),
    Column("why", Text),
    one_of("verdict", Verdict),
    CheckConstraint("(reviewed_at IS NULL) = (verdict IS NULL)", name="reviewed_has_verdict"),
)
