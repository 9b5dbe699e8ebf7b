"""The shop itself: its clock, its people and their sessions, its numbers, its official calendar."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text

from adapters.store.models.base import METADATA, Instant, one_of
from campaigns.values import Role

shop = Table(
    "shop",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("service_phone", Text),
    Column("is_training", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    # The training clock: shop time = clock_shop + (machine time - clock_machine) while it ticks.
    Column("clock_shop", Instant),
    Column("clock_machine", Instant),
    Column("clock_ticks", Boolean, nullable=False, default=True),
    # How many shop seconds pass in one of the machine's while it ticks.
    Column("clock_speed", Integer, nullable=False, default=1, server_default="1"),
    # The switch for everything: while set, no campaign hands out a call.
    Column("paused_at", Instant),
    Column("paused_by", Text),
    Column("paused_reason", Text),
    Column("colleagues", Integer, nullable=False, default=0, server_default="0"),  # simulated
)

person = Table(
    "person",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text),
    Column("is_active", Boolean, nullable=False, default=True),
    Column("created_at", Instant, nullable=False),
    one_of("role", Role),
)

web_session = Table(
    "web_session",
    METADATA,
    Column("id_hash", Text, primary_key=True),
    Column("person_id", Integer, ForeignKey("person.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("address", Text),
    Column("user_agent", Text),
)

sign_in_failure = Table(
    "sign_in_failure",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "name", "at"),
    Index(None, "address", "at"),
)

policy_version = Table(
    "policy_version",
    METADATA,
    Column("id", Integer, primary_key=True),
    # NULL: the shop's numbers. Else those of one campaign, the shop's included, as they then were.
    Column("campaign_id", Integer, ForeignKey("campaign.id")),
    Column("overrides", Text, nullable=False),  # JSON object of the numbers that differ
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Index(None, "campaign_id"),
)

calendar_version = Table(
    "calendar_version",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("source", Text, nullable=False),
    Column("first_year", Integer, nullable=False),  # the years the library knew
    Column("last_year", Integer, nullable=False),
)

calendar_day = Table(
    "calendar_day",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("version_id", Integer, ForeignKey("calendar_version.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("is_working", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("entered_by", Text, nullable=False),
    Index(None, "day"),
)

job_slot = Table(
    "job_slot",
    METADATA,
    Column("job", Text, primary_key=True),
    Column("slot", Instant, primary_key=True),
    Column("state", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("note", Text),
    one_of("state", ("running", "done", "failed", "skipped")),
)
