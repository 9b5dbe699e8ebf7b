"""The first schema: shop, customers and orders, campaigns and tasks, attempts, audit."""

import sqlalchemy as sa
from alembic import op

from adapters.store.models.base import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit", "audit_link", "order_sighting", "calendar_day", "policy_version")
"""R-AUD-1. Rows that the database itself refuses to change or delete."""


def upgrade() -> None:
    """Create every table, then the guards of the append-only ones."""
    _audit()
    _calendar_version()
    _campaign()
    _customer()
    _import_file()
    _job_slot()
    _order_item()
    _person()
    _policy_version()
    _shop()
    _sign_in_failure()
    _audit_link()
    _batch()
    _calendar_day()
    _customer_phone()
    _import_problem()
    _offer()
    _shop_order()
    _suppression()
    _web_session()
    _order_sighting()
    _task()
    _attempt()
    _task_order()
    _todo()
    _phone_reveal()
    for table in APPEND_ONLY:
        _forbid_changes(table)


def _forbid_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"], unique=False)


def _calendar_version() -> None:
    op.create_table(
        "calendar_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("first_year", sa.Integer(), nullable=False),
        sa.Column("last_year", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_version")),
    )


def _campaign() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("name", name=op.f("uq_campaign_name")),
    )


def _customer() -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("identity", name=op.f("uq_customer_identity")),
    )
    op.create_index(op.f("ix_customer_buyer"), "customer", ["buyer"], unique=False)


def _import_file() -> None:
    op.create_table(
        "import_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("data_time", Instant(), nullable=False),
        sa.Column("imported_at", Instant(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
    )
    op.create_index(op.f("ix_import_file_sha256"), "import_file", ["sha256"], unique=False)


def _job_slot() -> None:
    op.create_table(
        "job_slot",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("slot", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'failed', 'skipped')",
            name=op.f("ck_job_slot_state_known"),
        ),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("pk_job_slot")),
    )


def _order_item() -> None:
    op.create_table(
        "order_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("properties", sa.Text(), nullable=True),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_item")),
        sa.UniqueConstraint("order_no", "line_no", name=op.f("uq_order_item_order_no_line_no")),
    )


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "role IN ('caller', 'leader', 'supervisor', 'admin')", name=op.f("ck_person_role_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("name", name=op.f("uq_person_name")),
    )


def _policy_version() -> None:
    op.create_table(
        "policy_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("overrides", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
    )


def _shop() -> None:
    op.create_table(
        "shop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service_phone", sa.Text(), nullable=True),
        sa.Column("is_training", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("clock_shop", Instant(), nullable=True),
        sa.Column("clock_machine", Instant(), nullable=True),
        sa.Column("clock_ticks", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop")),
    )


def _sign_in_failure() -> None:
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index(
        op.f("ix_sign_in_failure_address_at"), "sign_in_failure", ["address", "at"], unique=False
    )
    op.create_index(
        op.f("ix_sign_in_failure_name_at"), "sign_in_failure", ["name", "at"], unique=False
    )


def _audit_link() -> None:
    op.create_table(
        "audit_link",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_link_audit_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_link")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_audit_link_audit_id")),
    )


def _batch() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("planned_at", Instant(), nullable=False),
        sa.Column("data_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_batch_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint(
            "campaign_id", "business_day", name=op.f("uq_batch_campaign_id_business_day")
        ),
    )


def _calendar_day() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["calendar_version.id"], name=op.f("fk_calendar_day_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_day")),
    )
    op.create_index(op.f("ix_calendar_day_day"), "calendar_day", ["day"], unique=False)


def _customer_phone() -> None:
    op.create_table(
        "customer_phone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("phone_key", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("masked", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("usable_until", Instant(), nullable=True),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("verified_at", Instant(), nullable=True),
        sa.Column("other_since", Instant(), nullable=True),
        sa.Column("wrong_since", Instant(), nullable=True),
        sa.Column("spent_since", Instant(), nullable=True),
        sa.Column("last_reached_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_phone_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_phone")),
        sa.UniqueConstraint(
            "customer_id", "phone_key", name=op.f("uq_customer_phone_customer_id_phone_key")
        ),
    )
    op.create_index(
        op.f("ix_customer_phone_phone_key"), "customer_phone", ["phone_key"], unique=False
    )


def _import_problem() -> None:
    op.create_table(
        "import_problem",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "severity IN ('rejected', 'warning')", name=op.f("ck_import_problem_severity_known")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_file.id"], name=op.f("fk_import_problem_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_problem")),
    )
    op.create_index(
        op.f("ix_import_problem_import_id_line"),
        "import_problem",
        ["import_id", "line"],
        unique=False,
    )


def _offer() -> None:
    op.create_table(
        "offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_offer_days_in_order")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_offer_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )


def _shop_order() -> None:
    op.create_table(
        "shop_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", Instant(), nullable=False),
        sa.Column("paid_at", Instant(), nullable=True),
        sa.Column("shipped_at", Instant(), nullable=True),
        sa.Column("received_at", Instant(), nullable=True),
        sa.Column("completed_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.Column("receiver", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("item_count", sa.Integer(), nullable=True),
        sa.Column("tracking_no", sa.Text(), nullable=True),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("buyer_message", sa.Text(), nullable=True),
        sa.Column("memo", sa.Text(), nullable=True),
        sa.Column("first_seen_at", Instant(), nullable=False),
        sa.Column("last_seen_at", Instant(), nullable=False),
        sa.Column("missing_since", Instant(), nullable=True),
        sa.Column("field_times", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('awaiting_payment', 'paid', 'shipped', 'completed', 'closed')",
            name=op.f("ck_shop_order_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_shop_order_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_order")),
        sa.UniqueConstraint("order_no", name=op.f("uq_shop_order_order_no")),
    )
    op.create_index(
        "ix_order_unpaid_placed",
        "shop_order",
        ["placed_at"],
        unique=False,
        sqlite_where=sa.text("state = 'awaiting_payment'"),
        postgresql_where=sa.text("state = 'awaiting_payment'"),
    )
    op.create_index(op.f("ix_shop_order_customer_id"), "shop_order", ["customer_id"], unique=False)


def _suppression() -> None:
    op.create_table(
        "suppression",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("phone_key", sa.Text(), nullable=True),
        sa.Column("phone_masked", sa.Text(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("lifted_at", Instant(), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "scope IN ('customer', 'phone')", name=op.f("ck_suppression_scope_known")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_suppression_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
    )
    op.create_index(
        op.f("ix_suppression_customer_id"), "suppression", ["customer_id"], unique=False
    )
    op.create_index(op.f("ix_suppression_phone_key"), "suppression", ["phone_key"], unique=False)
    op.create_index(op.f("ix_suppression_user_id"), "suppression", ["user_id"], unique=False)


def _web_session() -> None:
    op.create_table(
        "web_session",
        sa.Column("id_hash", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_web_session_person_id")
        ),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_web_session")),
    )


def _order_sighting() -> None:
    op.create_table(
        "order_sighting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", Instant(), nullable=True),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("known_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "state IN ('awaiting_payment', 'paid', 'shipped', 'completed', 'closed')",
            name=op.f("ck_order_sighting_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_file.id"], name=op.f("fk_order_sighting_import_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_order_sighting_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_sighting")),
    )
    op.create_index(
        op.f("ix_order_sighting_order_id_known_at"),
        "order_sighting",
        ["order_id", "known_at"],
        unique=False,
    )


def _task() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("rank_at", Instant(), nullable=False),
        sa.Column("deadline", Instant(), nullable=False),
        sa.Column("callable_until", Instant(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("window_group", sa.Text(), nullable=False),
        sa.Column("claimed_by", sa.Integer(), nullable=True),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'claimed') = (claimed_by IS NOT NULL)",
            name=op.f("ck_task_claimed_has_holder"),
        ),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_task_closed_has_time")
        ),
        sa.CheckConstraint(
            "(state = 'closed') = (ending IS NOT NULL)", name=op.f("ck_task_closed_has_ending")
        ),
        sa.CheckConstraint(
            "ending IN ('paid_uncalled', 'paid', 'closed_by_marketplace', 'closed_by_us', "
            "'unreachable', 'attempts_used', 'promises_used', 'angry', 'opted_out', 'deadline')",
            name=op.f("ck_task_ending_known"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'ready', 'claimed', 'closed')", name=op.f("ck_task_state_known")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_task_batch_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_task_campaign_id")),
        sa.ForeignKeyConstraint(["claimed_by"], ["person.id"], name=op.f("fk_task_claimed_by")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_task_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_batch_id"), "task", ["batch_id"], unique=False)
    op.create_index(
        "ix_task_claimed",
        "task",
        ["claimed_until"],
        unique=False,
        sqlite_where=sa.text("state = 'claimed'"),
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_index(op.f("ix_task_customer_id"), "task", ["customer_id"], unique=False)
    op.create_index(
        "ix_task_ready",
        "task",
        ["urgency", "rank_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'ready'"),
        postgresql_where=sa.text("state = 'ready'"),
    )
    op.create_index(
        "ix_task_waiting",
        "task",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "uq_task_open_customer",
        "task",
        ["campaign_id", "customer_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.Column("phone_key", sa.Text(), nullable=False),
        sa.Column("caller_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("handed_out_at", Instant(), nullable=False),
        sa.Column("lease_until", Instant(), nullable=False),
        sa.Column("dialled_at", Instant(), nullable=True),
        sa.Column("hung_up_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("outcome_at", Instant(), nullable=True),
        sa.Column("is_reached", sa.Boolean(), nullable=False),
        sa.Column("callback_at", Instant(), nullable=True),
        sa.Column("given_phone_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("exemption", sa.Text(), nullable=False),
        sa.Column("redial_of", sa.Text(), nullable=True),
        sa.Column("owed_fen", sa.BigInteger(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("calendar_version", sa.Integer(), nullable=False),
        sa.Column("day_kind", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("script_id", sa.Text(), nullable=True),
        sa.Column("script_version", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state = 'closed') = (outcome IS NOT NULL)", name=op.f("ck_attempt_closed_has_outcome")
        ),
        sa.CheckConstraint(
            "(state IN ('handed_out', 'dialled')) = (ended_at IS NULL)",
            name=op.f("ck_attempt_ended_has_time"),
        ),
        sa.CheckConstraint(
            "day_kind IN ('working', 'day_off', 'unknown')", name=op.f("ck_attempt_day_kind_known")
        ),
        sa.CheckConstraint(
            "exemption IN ('none', 'promised', 'new_number', 'cut_off')",
            name=op.f("ck_attempt_exemption_known"),
        ),
        sa.CheckConstraint(
            "state <> 'dialled' OR dialled_at IS NOT NULL", name=op.f("ck_attempt_dialled_has_time")
        ),
        sa.CheckConstraint(
            "state IN ('handed_out', 'dialled', 'closed', 'expired', 'skipped', 'withdrawn')",
            name=op.f("ck_attempt_state_known"),
        ),
        sa.ForeignKeyConstraint(["caller_id"], ["person.id"], name=op.f("fk_attempt_caller_id")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_attempt_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_attempt_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["given_phone_id"], ["customer_phone.id"], name=op.f("fk_attempt_given_phone_id")
        ),
        sa.ForeignKeyConstraint(
            ["phone_id"], ["customer_phone.id"], name=op.f("fk_attempt_phone_id")
        ),
        sa.ForeignKeyConstraint(["redial_of"], ["attempt.id"], name=op.f("fk_attempt_redial_of")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_attempt_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_at"), "attempt", ["at"], unique=False)
    op.create_index(
        op.f("ix_attempt_customer_id_at"), "attempt", ["customer_id", "at"], unique=False
    )
    op.create_index(op.f("ix_attempt_phone_key_at"), "attempt", ["phone_key", "at"], unique=False)
    op.create_index(op.f("ix_attempt_task_id"), "attempt", ["task_id"], unique=False)
    op.create_index(
        "uq_attempt_live_caller",
        "attempt",
        ["caller_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('handed_out', 'dialled')"),
        postgresql_where=sa.text("state IN ('handed_out', 'dialled')"),
    )
    op.create_index(
        "uq_attempt_live_customer",
        "attempt",
        ["customer_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('handed_out', 'dialled')"),
        postgresql_where=sa.text("state IN ('handed_out', 'dialled')"),
    )
    op.create_index(
        "uq_attempt_live_phone",
        "attempt",
        ["phone_key"],
        unique=True,
        sqlite_where=sa.text("state IN ('handed_out', 'dialled')"),
        postgresql_where=sa.text("state IN ('handed_out', 'dialled')"),
    )


def _task_order() -> None:
    op.create_table(
        "task_order",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_order.id"], name=op.f("fk_task_order_order_id")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_order_task_id")),
        sa.PrimaryKeyConstraint("task_id", "order_id", name=op.f("pk_task_order")),
    )
    op.create_index(op.f("ix_task_order_order_id"), "task_order", ["order_id"], unique=False)


def _todo() -> None:
    op.create_table(
        "todo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=True),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("withdrawn_rule", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "done_at IS NULL OR withdrawn_at IS NULL", name=op.f("ck_todo_done_or_withdrawn")
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_todo_attempt_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_todo_campaign_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_todo_customer_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_todo_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_todo")),
        sa.UniqueConstraint(
            "task_id", "kind", "occasion", name=op.f("uq_todo_task_id_kind_occasion")
        ),
    )
    op.create_index(op.f("ix_todo_customer_id"), "todo", ["customer_id"], unique=False)
    op.create_index(
        "ix_todo_open",
        "todo",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL AND withdrawn_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL AND withdrawn_at IS NULL"),
    )


def _phone_reveal() -> None:
    op.create_table(
        "phone_reveal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_phone_reveal_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["phone_id"], ["customer_phone.id"], name=op.f("fk_phone_reveal_phone_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_reveal")),
    )
    op.create_index(op.f("ix_phone_reveal_phone_id"), "phone_reveal", ["phone_id"], unique=False)
