"""Campaigns, their days (batches), their offers, and the tasks with their orders."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
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
from campaigns.values import CampaignState, Ending, TaskState, Topic

campaign = Table(
    "campaign",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False, unique=True),
    Column("started_at", Instant, nullable=False),
    Column("state", Text, nullable=False, server_default="running"),
    Column("state_since", Instant),
    Column("state_by", Text),
    Column("state_reason", Text),
    # Of a campaign that the shop added: JSON, whom it is for; NULL is everybody of its kind that no
    # other running campaign of the kind is for.
    Column("population", Text),
    Column("numbers", Text),  # JSON: its own numbers; what they make of the shop's is a version
    Column("control_percent", Integer, nullable=False, server_default="0"),  # R-DUN-9
    Column("control_seed", BigInteger, nullable=False, server_default="0"),
    Column("created_by", Text),  # NULL: one of the standing ones
    Column("submitted_at", Instant),
    Column("submitted_by", Text),
    Column("approved_at", Instant),
    Column("approved_by", Text),
    one_of("state", CampaignState),
    CheckConstraint("control_percent BETWEEN 0 AND 50", name="control_percent_known"),
)

person_campaign = Table(
    "person_campaign",
    METADATA,
    # What somebody calls for; without a row they call for every campaign.
    Column("person_id", Integer, ForeignKey("person.id"), primary_key=True),
    Column("campaign_id", Integer, ForeignKey("campaign.id"), primary_key=True),
)

offer = Table(
    "offer",
    METADATA,
    # R-DUN-6: what the shop offered, with the days on which it applied.
    Column("id", Integer, primary_key=True),
    Column("campaign_id", Integer, ForeignKey("campaign.id"), nullable=False),
    Column("wording", Text, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("first_day <= last_day", name="days_in_order"),
)

batch = Table(
    "batch",
    METADATA,
    # A day's plan in its campaign (sop.md §0). The day counts as planned when the orders were known
    # to the end of the day they were placed on (R-DUN-1): `data_until` is the newest export's time.
    Column("id", Integer, primary_key=True),
    Column("campaign_id", Integer, ForeignKey("campaign.id"), nullable=False),
    Column("business_day", Date, nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("data_until", Instant),
    # R-DUN-9: the share that was kept uncalled when the day was planned; a later change binds later days.
    Column("control_percent", Integer, nullable=False, server_default="0"),
    UniqueConstraint("campaign_id", "business_day"),
)

task = Table(
    "task",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("campaign_id", Integer, ForeignKey("campaign.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("topic", Text, nullable=False, server_default=""),  # R-CB-2: which script
    Column("customer_id", Integer, ForeignKey("customer.id"), nullable=False),
    Column("batch_id", Integer, ForeignKey("batch.id"), nullable=False),
    Column("state", Text, nullable=False),
    # What the gate's forecast said when something last changed. NULL: not before something changes.
    Column("due_at", Instant),
    Column("urgency", Integer, nullable=False),  # 0: promised or at once, 1: in its turn
    Column("rank_at", Instant, nullable=False),  # R-DUN-5
    Column("deadline", Instant, nullable=False),  # R-DUN-3
    # R-DUN-3, R-DUN-4: at this instant the deadline or the age of the payment data ends the calling.
    Column("callable_until", Instant, nullable=False),
    Column("region", Text),
    Column("window_group", Text, nullable=False),  # '' or a region with windows of its own
    Column("reserved_for", Integer, ForeignKey("person.id")),  # R-SMP-5: only the owner answers
    Column("claimed_by", Integer, ForeignKey("person.id")),
    Column("claimed_until", Instant),  # NULL while claimed: dialled, nobody else gets it
    Column("fence", Integer, nullable=False, default=0),
    Column("created_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("ending", Text),
    one_of("state", TaskState),
    one_of("ending", Ending),
    one_of("topic", Topic),
    CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_time"),
    CheckConstraint("(state = 'closed') = (ending IS NOT NULL)", name="closed_has_ending"),
    CheckConstraint("(state = 'claimed') = (claimed_by IS NOT NULL)", name="claimed_has_holder"),
    # R-REPEAT-2: never two open tasks of one campaign for one customer.
    Index(
        "uq_task_open_customer",
        "campaign_id",
        "customer_id",
        unique=True,
        sqlite_where=text("state <> 'closed'"),
        postgresql_where=text("state <> 'closed'"),
    ),
    # The claim reads the best ready task from here; tasks of the future are not in it.
    Index(
        "ix_task_ready",
        "urgency",
        "rank_at",
        "id",
        sqlite_where=text("state = 'ready'"),
        postgresql_where=text("state = 'ready'"),
    ),
    # Waiting tasks become ready from here, and "next due at" reads its first row.
    Index(
        "ix_task_waiting",
        "due_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_task_claimed",
        "claimed_until",
        sqlite_where=text("state = 'claimed'"),
        postgresql_where=text("state = 'claimed'"),
    ),
    # What ended today is asked for all day long.
    Index(
        "ix_task_closed_at",
        "closed_at",
        sqlite_where=text("closed_at IS NOT NULL"),
        postgresql_where=text("closed_at IS NOT NULL"),
    ),
    Index(None, "customer_id"),
    Index(None, "batch_id"),
)

task_order = Table(
    "task_order",
    METADATA,
    Column("task_id", Integer, ForeignKey("task.id"), primary_key=True),
    Column("order_id", Integer, ForeignKey("shop_order.id"), primary_key=True),
    Column("joined_at", Instant, nullable=False),
    Index(None, "order_id"),
)
