"""The sampling month, figures kept with each outcome, campaigns that a shop sets up itself."""

import sqlalchemy as sa
from alembic import op

from adapters.store.migrations.guards import change_choices, forbid_changes
from adapters.store.models.base import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("register_entry", "score")

_STATES = ("running", "paused", "stopped")
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
    "lapsed",
    "overtaken",
    "answered",
    "declined",
    "agreed",
    "refused",
    "relayed",
)
_NEW_ENDINGS = ("scored", "scored_by_rule", "unscored", "rejected", "unfinished", "control")
_CAMPAIGN = sa.table("campaign", sa.column("kind"), sa.column("name"), sa.column("started_at"))


def upgrade() -> None:
    """Add the columns and tables, then give an existing shop its standing sampling campaign."""
    _campaigns()
    _calls()
    _registers()
    _samples()
    _scores()
    _figures()
    for table in APPEND_ONLY:
        forbid_changes(table)


def _campaigns() -> None:
    change_choices("campaign", "state", _STATES, ("draft", "submitted", *_STATES))
    op.add_column("campaign", sa.Column("population", sa.Text()))
    op.add_column("campaign", sa.Column("numbers", sa.Text()))
    op.execute(
        "ALTER TABLE campaign ADD COLUMN control_percent INTEGER DEFAULT 0 NOT NULL "
        "CONSTRAINT ck_campaign_control_percent_known CHECK (control_percent BETWEEN 0 AND 50)"
    )
    op.execute("ALTER TABLE batch ADD COLUMN control_percent INTEGER DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE campaign ADD COLUMN control_seed BIGINT DEFAULT 0 NOT NULL")
    for name in ("created_by", "submitted_by", "approved_by"):
        op.add_column("campaign", sa.Column(name, sa.Text()))
    for name in ("submitted_at", "approved_at"):
        op.add_column("campaign", sa.Column(name, Instant()))
    op.execute(
        "ALTER TABLE policy_version ADD COLUMN campaign_id INTEGER "
        "CONSTRAINT fk_policy_version_campaign_id REFERENCES campaign (id)"
    )
    op.create_index(op.f("ix_policy_version_campaign_id"), "policy_version", ["campaign_id"])
    first = sa.select(sa.literal("sampling"), sa.literal("回访抽查"), _CAMPAIGN.c.started_at).where(
        _CAMPAIGN.c.name == "催款"
    )
    op.execute(sa.insert(_CAMPAIGN).from_select(["kind", "name", "started_at"], first))


def _calls() -> None:
    change_choices("task", "ending", _ENDINGS, (*_ENDINGS, *_NEW_ENDINGS))
    op.execute(
        "ALTER TABLE task ADD COLUMN reserved_for INTEGER "
        "CONSTRAINT fk_task_reserved_for REFERENCES person (id)"
    )
    op.create_index(
        "ix_task_closed_at",
        "task",
        ["closed_at"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NOT NULL"),
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.add_column("attempt", sa.Column("path", sa.Text()))
    op.add_column("todo", sa.Column("replied_at", Instant()))
    op.add_column("todo", sa.Column("replied_by", sa.Text()))


def _registers() -> None:
    op.create_table(
        "register_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=True),
        sa.Column("entered_on", sa.Date(), nullable=True),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("natural_key", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("known_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "source IN ('after_sales', 'parcels', 'reviews', 'vip')",
            name=op.f("ck_register_entry_source_known"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_register_entry_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_file.id"], name=op.f("fk_register_entry_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_entry")),
        sa.UniqueConstraint("natural_key", name=op.f("uq_register_entry_natural_key")),
    )
    op.create_index(
        op.f("ix_register_entry_customer_id"), "register_entry", ["customer_id"], unique=False
    )
    op.create_index(
        op.f("ix_register_entry_entered_on"), "register_entry", ["entered_on"], unique=False
    )


def _samples() -> None:
    op.create_table(
        "sample",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("scored_share", sa.Integer(), nullable=False),
        sa.Column("frame_size", sa.Integer(), nullable=False),
        sa.Column("frame_hash", sa.Text(), nullable=False),
        sa.Column("list_hash", sa.Text(), nullable=True),
        sa.Column("drawn_at", Instant(), nullable=False),
        sa.Column("drawn_by", sa.Text(), nullable=False),
        sa.Column("submitted_at", Instant(), nullable=True),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("approved_at", Instant(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('drawn', 'submitted', 'approved', 'replaced')",
            name=op.f("ck_sample_state_known"),
        ),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (list_hash IS NULL)", name=op.f("ck_sample_approved_is_frozen")
        ),
        sa.CheckConstraint(
            "(submitted_at IS NULL) = (submitted_by IS NULL)",
            name=op.f("ck_sample_submitted_by_whom"),
        ),
        sa.CheckConstraint(
            "approved_by <> submitted_by", name=op.f("ck_sample_approved_by_another")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_sample_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample")),
    )
    op.create_index(
        "uq_sample_month",
        "sample",
        ["month"],
        unique=True,
        sqlite_where=sa.text("state <> 'replaced'"),
        postgresql_where=sa.text("state <> 'replaced'"),
    )
    op.create_table(
        "sample_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=True),
        sa.Column("entered_on", sa.Date(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("is_reserve", sa.Boolean(), nullable=False),
        sa.Column("replaces", sa.Integer(), nullable=True),
        sa.Column("passed_over_rule", sa.Text(), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("called_in_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "source IN ('after_sales', 'parcels', 'reviews', 'vip')",
            name=op.f("ck_sample_member_source_known"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_sample_member_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaces"], ["sample_member.id"], name=op.f("fk_sample_member_replaces")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["sample.id"], name=op.f("fk_sample_member_sample_id")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_sample_member_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_member")),
        sa.UniqueConstraint("replaces", name=op.f("uq_sample_member_replaces")),
        sa.UniqueConstraint(
            "sample_id", "customer_id", name=op.f("uq_sample_member_sample_id_customer_id")
        ),
        sa.UniqueConstraint("sample_id", "rank", name=op.f("uq_sample_member_sample_id_rank")),
        sa.UniqueConstraint("task_id", name=op.f("uq_sample_member_task_id")),
    )
    op.create_index(
        op.f("ix_sample_member_sample_id_source_handler_rank"),
        "sample_member",
        ["sample_id", "source", "handler", "rank"],
        unique=False,
    )
    op.create_table(
        "sample_left_out",
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_sample_left_out_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["sample.id"], name=op.f("fk_sample_left_out_sample_id")
        ),
        sa.PrimaryKeyConstraint("sample_id", "customer_id", name=op.f("pk_sample_left_out")),
    )


def _scores() -> None:
    op.create_table(
        "score",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("suggestion", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "origin IN ('customer', 'rule', 'review')", name=op.f("ck_score_origin_known")
        ),
        sa.CheckConstraint("value BETWEEN 1 AND 5", name=op.f("ck_score_value_known")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_score_attempt_id")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_score_customer_id")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_score_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score")),
    )
    op.create_index(op.f("ix_score_at"), "score", ["at"], unique=False)
    op.create_index(op.f("ix_score_task_id_id"), "score", ["task_id", "id"], unique=False)
    op.create_table(
        "escalation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("taken_at", Instant(), nullable=True),
        sa.Column("ready_at", Instant(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("breached_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by IS NULL)",
            name=op.f("ck_escalation_answered_by_whom"),
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_escalation_attempt_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["service_case.id"], name=op.f("fk_escalation_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_escalation_customer_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_escalation_owner_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_escalation_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_escalation_attempt_id")),
    )
    op.create_index(
        "ix_escalation_open",
        "escalation",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_index(op.f("ix_escalation_task_id"), "escalation", ["task_id"], unique=False)
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("taken_at", Instant(), nullable=False),
        sa.Column("reviewed_at", Instant(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("score_before", sa.Integer(), nullable=True),
        sa.Column("score_after", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "verdict IN ('agreed', 'corrected')", name=op.f("ck_review_verdict_known")
        ),
        sa.CheckConstraint(
            "(reviewed_at IS NULL) = (verdict IS NULL)", name=op.f("ck_review_reviewed_has_verdict")
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["person.id"], name=op.f("fk_review_reviewer_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_review_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("task_id", name=op.f("uq_review_task_id")),
    )


def _figures() -> None:
    op.create_table(
        "contact_figure",
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("caller_id", sa.Integer(), nullable=False),
        sa.Column("matters", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("promised", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["caller_id"], ["person.id"], name=op.f("fk_contact_figure_caller_id")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_contact_figure_campaign_id")
        ),
        sa.PrimaryKeyConstraint(
            "business_day", "hour", "campaign_id", "caller_id", name=op.f("pk_contact_figure")
        ),
    )
    op.create_index(
        op.f("ix_contact_figure_campaign_id_business_day"),
        "contact_figure",
        ["campaign_id", "business_day"],
        unique=False,
    )
    op.create_table(
        "task_money",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("handler_id", sa.Integer(), nullable=False),
        sa.Column("owed_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("is_payer", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_task_money_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["handler_id"], ["person.id"], name=op.f("fk_task_money_handler_id")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_money_task_id")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_task_money")),
    )
    op.create_table(
        "money_figure",
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("handler_id", sa.Integer(), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("payers", sa.Integer(), nullable=False),
        sa.Column("owed_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_money_figure_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["handler_id"], ["person.id"], name=op.f("fk_money_figure_handler_id")
        ),
        sa.PrimaryKeyConstraint(
            "business_day", "campaign_id", "handler_id", name=op.f("pk_money_figure")
        ),
    )
    op.create_index(
        op.f("ix_money_figure_campaign_id_business_day"),
        "money_figure",
        ["campaign_id", "business_day"],
        unique=False,
    )
