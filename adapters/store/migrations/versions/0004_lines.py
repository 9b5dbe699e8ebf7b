"""Lines: calls and messages given to a telephone line, what it said of them, mass messages."""

import sqlalchemy as sa
from alembic import op

from adapters.store.migrations.guards import change_choices, forbid_changes
from adapters.store.models.base import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPEND_ONLY = ("line_step",)

_ORIGINS = ("customer", "rule", "review")
_LIVE = "state IN ('handed_out', 'dialled')"


def upgrade() -> None:
    """Add what lines need; a shop that has been calling by hand goes on as it was."""
    op.add_column("attempt", sa.Column("line", sa.Text()))
    op.add_column("attempt", sa.Column("parked_at", Instant()))
    op.drop_index("uq_attempt_live_caller", "attempt")
    op.create_index(
        "uq_attempt_live_caller",
        "attempt",
        ["caller_id"],
        unique=True,
        sqlite_where=sa.text(f"{_LIVE} AND parked_at IS NULL"),
        postgresql_where=sa.text(f"{_LIVE} AND parked_at IS NULL"),
    )
    change_choices("score", "origin", _ORIGINS, ("customer", "keypad", "rule", "review"))
    _settings()
    _calls()
    _recordings()
    _blasts()
    _sms()
    _events()
    for table in APPEND_ONLY:
        forbid_changes(table)


def _settings() -> None:
    op.create_table(
        "line_choice",
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.CheckConstraint("medium IN ('call', 'sms')", name=op.f("ck_line_choice_medium_known")),
        sa.PrimaryKeyConstraint("medium", "scope", name=op.f("pk_line_choice")),
    )
    op.create_table(
        "person_phone",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("extension", sa.Text(), nullable=True),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(sealed IS NULL) <> (extension IS NULL)", name=op.f("ck_person_phone_one_address")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_phone_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "line", name=op.f("pk_person_phone")),
    )
    op.create_table(
        "line_pace",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("free_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_line_pace")),
    )


def _calls() -> None:
    op.create_table(
        "line_call",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("caller_id", sa.Integer(), nullable=False),
        sa.Column("phone_key", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("customer_leg_id", sa.Text(), nullable=True),
        sa.Column("is_recorded", sa.Boolean(), nullable=False),
        sa.Column("submitted_at", Instant(), nullable=False),
        sa.Column("submitted_machine", Instant(), nullable=False),
        sa.Column("answered_machine", Instant(), nullable=True),
        sa.Column("gate_at", Instant(), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("checks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_check_machine", Instant(), nullable=True),
        sa.Column("did_ring", sa.Boolean(), nullable=True),
        sa.Column("caller_answered_machine", Instant(), nullable=True),
        sa.Column("rang_machine", Instant(), nullable=True),
        sa.Column("answered_by_customer_machine", Instant(), nullable=True),
        sa.Column("ended_machine", Instant(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("digits", sa.Text(), nullable=True),
        sa.Column("score_asked_machine", Instant(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('submitting', 'placed', 'unknown')) = (settled_at IS NULL)",
            name=op.f("ck_line_call_settled_has_time"),
        ),
        sa.CheckConstraint(
            "state IN ('submitting', 'placed', 'unknown', 'not_sent', 'refused', 'stopped', 'ended', 'unconfirmed')",
            name=op.f("ck_line_call_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_line_call_attempt_id")
        ),
        sa.ForeignKeyConstraint(["caller_id"], ["person.id"], name=op.f("fk_line_call_caller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_call")),
        sa.UniqueConstraint("line", "provider_id", name=op.f("uq_line_call_line_provider_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_line_call_token_hash")),
    )
    op.create_index(op.f("ix_line_call_attempt_id"), "line_call", ["attempt_id"], unique=False)
    op.create_index(
        op.f("ix_line_call_line_submitted_machine"),
        "line_call",
        ["line", "submitted_machine"],
        unique=False,
    )
    op.create_index(
        "uq_line_call_open_attempt",
        "line_call",
        ["attempt_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('submitting', 'placed', 'unknown')"),
        postgresql_where=sa.text("state IN ('submitting', 'placed', 'unknown')"),
    )
    op.create_index(
        "uq_line_call_open_caller",
        "line_call",
        ["caller_id", "line"],
        unique=True,
        sqlite_where=sa.text("state IN ('submitting', 'placed', 'unknown')"),
        postgresql_where=sa.text("state IN ('submitting', 'placed', 'unknown')"),
    )
    op.create_index(
        "uq_line_call_open_phone",
        "line_call",
        ["phone_key"],
        unique=True,
        sqlite_where=sa.text("state IN ('submitting', 'placed', 'unknown')"),
        postgresql_where=sa.text("state IN ('submitting', 'placed', 'unknown')"),
    )


def _recordings() -> None:
    op.create_table(
        "recording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("known_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_recording_attempt_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
        sa.UniqueConstraint("line", "reference", name=op.f("uq_recording_line_reference")),
    )
    op.create_index(op.f("ix_recording_attempt_id"), "recording", ["attempt_id"], unique=False)
    op.create_table(
        "line_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_step")),
        sa.UniqueConstraint("subject", "number", name=op.f("uq_line_step_subject_number")),
    )


def _blasts() -> None:
    op.create_table(
        "blast",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("covers_kind", sa.Boolean(), nullable=False),
        sa.Column("include_uncalled", sa.Boolean(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("script_id", sa.Text(), nullable=False),
        sa.Column("script_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("segment_fen", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("approved_at", Instant(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('dunning', 'callback', 'stock_out', 'sampling')",
            name=op.f("ck_blast_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'approved', 'sending', 'paused', 'stopped', 'done')",
            name=op.f("ck_blast_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_blast_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blast")),
    )
    op.create_table(
        "blast_left_out",
        sa.Column("blast_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["blast_id"], ["blast.id"], name=op.f("fk_blast_left_out_blast_id")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_blast_left_out_customer_id")
        ),
        sa.PrimaryKeyConstraint("blast_id", "customer_id", name=op.f("pk_blast_left_out")),
    )
    op.create_table(
        "sms_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("phone_key", sa.Text(), nullable=False),
        sa.Column("phone_masked", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("is_opt_out", sa.Boolean(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_reply")),
        sa.UniqueConstraint("line", "key", name=op.f("uq_sms_reply_line_key")),
    )
    op.create_index(op.f("ix_sms_reply_phone_key"), "sms_reply", ["phone_key"], unique=False)


def _sms() -> None:
    op.create_table(
        "sms",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("blast_id", sa.Integer(), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.Column("phone_key", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("script_id", sa.Text(), nullable=False),
        sa.Column("script_version", sa.Integer(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("at", Instant(), nullable=True),
        sa.Column("sent_machine", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("checks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_check_machine", Instant(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("calendar_version", sa.Integer(), nullable=True),
        sa.Column("day_kind", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'unknown', 'withdrawn')",
            name=op.f("ck_sms_state_known"),
        ),
        sa.ForeignKeyConstraint(["blast_id"], ["blast.id"], name=op.f("fk_sms_blast_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_sms_campaign_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_sms_customer_id")),
        sa.ForeignKeyConstraint(["phone_id"], ["customer_phone.id"], name=op.f("fk_sms_phone_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_sms_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_sms_dedupe_key")),
        sa.UniqueConstraint("line", "provider_id", name=op.f("uq_sms_line_provider_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sms_token_hash")),
    )
    op.create_index(op.f("ix_sms_blast_id_state"), "sms", ["blast_id", "state"], unique=False)
    op.create_index(op.f("ix_sms_customer_id_at"), "sms", ["customer_id", "at"], unique=False)
    op.create_index(op.f("ix_sms_phone_key_at"), "sms", ["phone_key", "at"], unique=False)
    op.create_index(op.f("ix_sms_line_sent_machine"), "sms", ["line", "sent_machine"], unique=False)
    op.create_index(op.f("ix_sms_task_id"), "sms", ["task_id"], unique=False)
    op.create_index(
        "ix_sms_to_do",
        "sms",
        ["not_before"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'sending', 'unknown')"),
        postgresql_where=sa.text("state IN ('queued', 'sending', 'unknown')"),
    )


def _events() -> None:
    op.create_table(
        "line_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("line_call_id", sa.Text(), nullable=True),
        sa.Column("sms_id", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at_machine", Instant(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("applied_at", Instant(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["line_call_id"], ["line_call.id"], name=op.f("fk_line_event_line_call_id")
        ),
        sa.ForeignKeyConstraint(["sms_id"], ["sms.id"], name=op.f("fk_line_event_sms_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_event")),
        sa.UniqueConstraint("line", "key", name=op.f("uq_line_event_line_key")),
    )
    op.create_index(
        op.f("ix_line_event_line_call_id"), "line_event", ["line_call_id"], unique=False
    )
    op.create_index(op.f("ix_line_event_sms_id"), "line_event", ["sms_id"], unique=False)
    op.create_index(
        "ix_line_event_waiting",
        "line_event",
        ["id"],
        unique=False,
        sqlite_where=sa.text("applied_at IS NULL"),
        postgresql_where=sa.text("applied_at IS NULL"),
    )
