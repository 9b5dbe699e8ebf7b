"""Callbacks and stock-outs: topics, shortages, promises, feedback, cases; campaigns that pause."""

import sqlalchemy as sa
from alembic import op

from adapters.store.migrations.guards import add_choice, change_choices, forbid_changes
from adapters.store.models.base import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("shortage_date", "case_entry")

_ENDINGS = (
    "paid_uncalled",
    "paid",
    "closed_by_marketplace",
    "closed_by_us",
    "unreachable",
    "attempts_used",
    "promises_used",
    "angry",
    "opted_out",
    "deadline",
)
_NEW_ENDINGS = (
    "lapsed",
    "overtaken",
    "answered",
    "declined",
    "agreed",
    "refused",
    "relayed",
)
_CAMPAIGN = sa.table("campaign", sa.column("kind"), sa.column("name"), sa.column("started_at"))
_CASE_STATES = ("open", "in_progress", "waiting", "solved", "closed")


def upgrade() -> None:
    """Add the columns and tables, then give an existing shop its two new standing campaigns."""
    _campaigns()
    _attempts_and_todos()
    _orders()
    _shop()
    _shortages()
    _feedback()
    _cases()
    for table in APPEND_ONLY:
        forbid_changes(table)


def _campaigns() -> None:
    add_choice("campaign", "state", "running", ("running", "paused", "stopped"))
    op.add_column("campaign", sa.Column("state_since", Instant()))
    op.add_column("campaign", sa.Column("state_by", sa.Text()))
    op.add_column("campaign", sa.Column("state_reason", sa.Text()))
    add_choice("task", "topic", "", ("", "received", "not_received"))
    change_choices("task", "ending", _ENDINGS, (*_ENDINGS, *_NEW_ENDINGS))
    op.create_table(
        "person_campaign",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_campaign_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_person_campaign_campaign_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "campaign_id", name=op.f("pk_person_campaign")),
    )
    for kind, name in (("callback", "回访"), ("stock_out", "缺货通知")):
        first = sa.select(sa.literal(kind), sa.literal(name), _CAMPAIGN.c.started_at).where(
            _CAMPAIGN.c.name == "催款"
        )
        op.execute(sa.insert(_CAMPAIGN).from_select(["kind", "name", "started_at"], first))


def _attempts_and_todos() -> None:
    op.execute("ALTER TABLE attempt ADD COLUMN rides_on TEXT REFERENCES attempt (id)")
    op.create_index(
        "ix_attempt_rides_on",
        "attempt",
        ["rides_on"],
        sqlite_where=sa.text("rides_on IS NOT NULL"),
        postgresql_where=sa.text("rides_on IS NOT NULL"),
    )
    op.add_column("todo", sa.Column("order_no", sa.Text()))
    op.add_column("todo", sa.Column("promised_on", sa.Date()))
    op.add_column("todo", sa.Column("broken_at", Instant()))
    op.add_column("todo", sa.Column("broken_why", sa.Text()))


def _orders() -> None:
    op.add_column("import_file", sa.Column("source", sa.Text()))
    op.add_column("shop_order", sa.Column("shipped_seen_at", Instant()))
    op.execute(
        "UPDATE shop_order SET shipped_seen_at = (SELECT min(s.seen_at) FROM order_sighting s "
        "WHERE s.order_id = shop_order.id AND s.state IN ('shipped', 'completed')) "
        "WHERE state IN ('shipped', 'completed')"
    )
    for name, columns, state in (
        ("ix_order_signed", [sa.text("coalesce(received_at, completed_at)")], "completed"),
        ("ix_order_shipped", [sa.text("coalesce(shipped_at, shipped_seen_at)")], "shipped"),
        ("ix_order_paid", ["paid_at"], "paid"),
    ):
        where = sa.text(f"state = '{state}'")
        op.create_index(name, "shop_order", columns, sqlite_where=where, postgresql_where=where)


def _shop() -> None:
    for name, default in (("clock_speed", "1"), ("colleagues", "0")):
        op.add_column("shop", sa.Column(name, sa.Integer(), server_default=default, nullable=False))
    op.add_column("shop", sa.Column("paused_at", Instant()))
    op.add_column("shop", sa.Column("paused_by", sa.Text()))
    op.add_column("shop", sa.Column("paused_reason", sa.Text()))


def _shortages() -> None:
    op.create_table(
        "shortage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("match_key", sa.Text(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("gift", sa.Text(), nullable=True),
        sa.Column("listed_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("arrived_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortage")),
        sa.UniqueConstraint("match_key", name=op.f("uq_shortage_match_key")),
    )
    op.create_table(
        "shortage_date",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shortage_id", sa.Integer(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("known_at", Instant(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shortage_id"], ["shortage.id"], name=op.f("fk_shortage_date_shortage_id")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_file.id"], name=op.f("fk_shortage_date_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortage_date")),
    )
    op.create_index(
        op.f("ix_shortage_date_shortage_id_known_at"), "shortage_date", ["shortage_id", "known_at"]
    )
    op.create_table(
        "task_shortage",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("shortage_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_shortage_task_id")),
        sa.ForeignKeyConstraint(
            ["shortage_id"], ["shortage.id"], name=op.f("fk_task_shortage_shortage_id")
        ),
        sa.PrimaryKeyConstraint("task_id", "shortage_id", name=op.f("pk_task_shortage")),
    )
    op.create_index(op.f("ix_task_shortage_shortage_id"), "task_shortage", ["shortage_id"])


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=True),
        sa.Column("complaint", sa.Text(), nullable=True),
        sa.Column("wish", sa.Text(), nullable=True),
        sa.Column("verbatim", sa.Text(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "effect IN ('good', 'fair', 'none', 'bad')", name=op.f("ck_feedback_effect_known")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_feedback_attempt_id")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_feedback_task_id")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_feedback_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    op.create_index(op.f("ix_feedback_business_day"), "feedback", ["business_day"])
    op.create_index(op.f("ix_feedback_customer_id"), "feedback", ["customer_id"])


def _cases() -> None:
    states = ", ".join(f"'{state}'" for state in _CASE_STATES)
    op.create_table(
        "service_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("agreed", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("attempt_id", sa.Text(), nullable=True),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('product', 'use', 'parcel', 'refund', 'exchange', 'return', 'service', "
            "'other')",
            name=op.f("ck_service_case_kind_known"),
        ),
        sa.CheckConstraint(f"state IN ({states})", name=op.f("ck_service_case_state_known")),
        sa.CheckConstraint(
            "(state IN ('solved', 'closed')) = (closed_at IS NOT NULL)",
            name=op.f("ck_service_case_ended_has_time"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_service_case_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_service_case_attempt_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_case")),
    )
    op.create_index(op.f("ix_service_case_customer_id"), "service_case", ["customer_id"])
    op.create_index(op.f("ix_service_case_business_day"), "service_case", ["business_day"])
    op.create_index(op.f("ix_service_case_attempt_id"), "service_case", ["attempt_id"])
    op.create_index(
        "ix_service_case_open",
        "service_case",
        ["due_at"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "case_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(f"state IN ({states})", name=op.f("ck_case_entry_state_known")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["service_case.id"], name=op.f("fk_case_entry_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_entry")),
    )
    op.create_index(op.f("ix_case_entry_case_id_at"), "case_entry", ["case_id", "at"])
