"""Attempts, and the work for people that follows from them."""

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
from campaigns.values import AttemptState, DayKind, Exemption

_LIVE = "state IN ('handed_out', 'dialled')"

MADE = text("attempt.state IN ('dialled', 'closed')")
"""What counts as an attempt (sop.md §0). Written out, as the partial indexes have it."""

attempt = Table(
    "attempt",
    METADATA,
    Column("id", Text, primary_key=True),  # UUIDv7, made before any effect
    Column("task_id", Integer, ForeignKey("task.id"), nullable=False),
    Column("campaign_id", Integer, ForeignKey("campaign.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("customer_id", Integer, ForeignKey("customer.id"), nullable=False),
    Column("phone_id", Integer, ForeignKey("customer_phone.id"), nullable=False),
    Column("phone_key", Text, nullable=False),
    Column("caller_id", Integer, ForeignKey("person.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("at", Instant, nullable=False),  # of dialling, else of hand-out (sop.md §0)
    Column("handed_out_at", Instant, nullable=False),
    Column("lease_until", Instant, nullable=False),
    Column("dialled_at", Instant),
    Column("hung_up_at", Instant),
    Column("ended_at", Instant),  # outcome entered, expired, skipped or withdrawn
    Column("end_reason", Text),  # of a skip or a withdrawal; a rule id or the caller's words
    Column("outcome", Text),
    Column("outcome_at", Instant),
    Column("is_reached", Boolean, nullable=False, default=False),
    Column("callback_at", Instant),
    Column("given_phone_id", Integer, ForeignKey("customer_phone.id")),
    Column("note", Text),
    Column("idempotency_key", Text),
    Column("answer", Text),  # JSON: what the caller was told, for a repeated request
    Column("exemption", Text, nullable=False),  # R-REPEAT-5, as judged at hand-out
    Column("redial_of", Text, ForeignKey("attempt.id")),  # R-REPEAT-5: the same attempt
    # R-REPEAT-2: a further matter settled in the call of this attempt; the same contact.
    Column("rides_on", Text, ForeignKey("attempt.id")),
    Column("owed_fen", BigInteger, nullable=False),  # 订单未付款额 at its instant
    # R-HOURS-6: what it was made under; history is judged by these.
    Column("policy_version", Integer, nullable=False),
    Column("calendar_version", Integer, nullable=False),
    Column("day_kind", Text, nullable=False),
    Column("region", Text),
    Column("script_id", Text),
    Column("script_version", Integer),
    Column("line", Text),  # what carried it (LineName); NULL: not dialled yet, or before 0.4
    # The line does not know whether it rang; the caller goes on with others meanwhile.
    Column("parked_at", Instant),
    Column("path", Text),  # JSON: ids of the dialogue's moments in the order they were gone through
    one_of("state", AttemptState),
    one_of("exemption", Exemption),
    one_of("day_kind", DayKind),
    CheckConstraint(f"({_LIVE}) = (ended_at IS NULL)", name="ended_has_time"),
    CheckConstraint("(state = 'closed') = (outcome IS NOT NULL)", name="closed_has_outcome"),
    CheckConstraint("state <> 'dialled' OR dialled_at IS NOT NULL", name="dialled_has_time"),
    # R-REPEAT-2, the last line of defence: one live call for a customer, one on a phone, one for a caller.
    Index(
        "uq_attempt_live_customer",
        "customer_id",
        unique=True,
        sqlite_where=text(_LIVE),
        postgresql_where=text(_LIVE),
    ),
    Index(
        "uq_attempt_live_phone",
        "phone_key",
        unique=True,
        sqlite_where=text(_LIVE),
        postgresql_where=text(_LIVE),
    ),
    Index(
        "uq_attempt_live_caller",
        "caller_id",
        unique=True,
        sqlite_where=text(f"{_LIVE} AND parked_at IS NULL"),
        postgresql_where=text(f"{_LIVE} AND parked_at IS NULL"),
    ),
    Index(None, "task_id"),
    # The budgets of R-REPEAT-3 read a customer's and a phone's recent attempts.
    Index(None, "customer_id", "at"),
    Index(None, "phone_key", "at"),
    Index(None, "at"),
    Index(
        "ix_attempt_rides_on",
        "rides_on",
        sqlite_where=text("rides_on IS NOT NULL"),
        postgresql_where=text("rides_on IS NOT NULL"),
    ),
)

todo = Table(
    "todo",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("task_id", Integer, ForeignKey("task.id"), nullable=False),
    Column("attempt_id", Text, ForeignKey("attempt.id")),
    Column("campaign_id", Integer, ForeignKey("campaign.id"), nullable=False),
    Column("customer_id", Integer, ForeignKey("customer.id"), nullable=False),
    Column("occasion", Text, nullable=False),  # what it is for; with the task, its natural key
    Column("wording", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("expires_at", Instant),  # R-DUN-3: no message at or after it
    Column("done_at", Instant),
    Column("done_by", Text),
    Column("replied_at", Instant),  # R-SMP-6: the customer answered the message
    Column("replied_by", Text),  # who saw the answer
    Column("withdrawn_at", Instant),
    Column("withdrawn_rule", Text),
    # R-OOS-2, of a promise: the order it is for, the day that was named, and when it was broken.
    Column("order_no", Text),
    Column("promised_on", Date),
    Column("broken_at", Instant),
    Column("broken_why", Text),
    UniqueConstraint("task_id", "kind", "occasion"),
    CheckConstraint("done_at IS NULL OR withdrawn_at IS NULL", name="done_or_withdrawn"),
    Index(
        "ix_todo_open",
        "due_at",
        sqlite_where=text("done_at IS NULL AND withdrawn_at IS NULL"),
        postgresql_where=text("done_at IS NULL AND withdrawn_at IS NULL"),
    ),
    Index(None, "customer_id"),
)
