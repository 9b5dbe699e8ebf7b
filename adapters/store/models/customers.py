"""Customers, their numbers, their orders with every state they were seen in, and do-not-contact."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

from adapters.store.models.base import METADATA, Instant, one_of
from campaigns.values import OrderState, Scope

customer = Table(
    "customer",
    METADATA,
    Column("id", Integer, primary_key=True),
    # R-IMP-4: the user ID, or `order:<no>` where it is masked or missing: such an order stands alone.
    Column("identity", Text, nullable=False, unique=True),
    Column("buyer", Text, nullable=False),  # the user ID as people read it
    Column("receiver", Text),
    Column("region", Text),
    Column("created_at", Instant, nullable=False),
    Index(None, "buyer"),
)

customer_phone = Table(
    "customer_phone",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("customer_id", Integer, ForeignKey("customer.id"), nullable=False),
    Column("phone_key", Text, nullable=False),  # keyed hash of the number: look-ups, budgets
    Column("sealed", LargeBinary, nullable=False),  # the number itself, encrypted
    Column("masked", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("usable_until", Instant),  # R-PHONE-2
    Column("added_at", Instant, nullable=False),
    Column("verified_at", Instant),  # the customer was reached on it
    Column("other_since", Instant),  # somebody else was reached on it
    Column("wrong_since", Instant),
    Column("spent_since", Instant),
    Column("last_reached_at", Instant),
    UniqueConstraint("customer_id", "phone_key"),
    Index(None, "phone_key"),
)

order = Table(
    "shop_order",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("order_no", Text, nullable=False, unique=True),
    Column("customer_id", Integer, ForeignKey("customer.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("total_fen", BigInteger, nullable=False),
    Column("paid_fen", BigInteger, nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("paid_at", Instant),
    Column("shipped_at", Instant),
    Column("shipped_seen_at", Instant),  # R-CB-2: when 已发货, or further, was first seen
    Column("received_at", Instant),
    Column("completed_at", Instant),
    Column("closed_at", Instant),
    Column("closed_reason", Text),
    Column("receiver", Text),
    Column("address", Text),
    Column("region", Text),
    Column("title", Text),
    Column("item_count", Integer),
    Column("tracking_no", Text),
    Column("carrier", Text),
    Column("buyer_message", Text),
    Column("memo", Text),
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),  # time of the newest export that listed it
    Column("missing_since", Instant),  # R-IMP-3: a newer export of its day did not list it
    # R-IMP-3. JSON: the fields whose value is older than `last_seen_at`, each with its data time;
    # `paid_at` with null was only seen, not stated. NULL in the usual case: all are as old.
    Column("field_times", Text),
    one_of("state", OrderState),
    Index(None, "customer_id"),
    # Planning asks for the unpaid orders of a day; most orders are paid, so only those are indexed.
    Index(
        "ix_order_unpaid_placed",
        "placed_at",
        sqlite_where=text("state = 'awaiting_payment'"),
        postgresql_where=text("state = 'awaiting_payment'"),
    ),
    # R-CB-2: who signed within some days, and whose parcel is on its way since some days.
    Index(
        "ix_order_signed",
        func.coalesce(text("received_at"), text("completed_at")),
        sqlite_where=text("state = 'completed'"),
        postgresql_where=text("state = 'completed'"),
    ),
    Index(
        "ix_order_shipped",
        func.coalesce(text("shipped_at"), text("shipped_seen_at")),
        sqlite_where=text("state = 'shipped'"),
        postgresql_where=text("state = 'shipped'"),
    ),
    # R-OOS-1: what is paid and not shipped yet.
    Index(
        "ix_order_paid",
        "paid_at",
        sqlite_where=text("state = 'paid'"),
        postgresql_where=text("state = 'paid'"),
    ),
)

order_sighting = Table(
    "order_sighting",
    METADATA,
    # R-IMP-3: one row whenever an import changed an order's state or amounts, and whenever it showed
    # an order still unpaid. `seen_at` is the data's time, `known_at` when we learned it.
    Column("id", Integer, primary_key=True),
    Column("order_id", Integer, ForeignKey("shop_order.id"), nullable=False),
    Column("import_id", Integer, ForeignKey("import_file.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("total_fen", BigInteger, nullable=False),
    Column("paid_fen", BigInteger, nullable=False),
    Column("paid_at", Instant),
    Column("seen_at", Instant, nullable=False),
    Column("known_at", Instant, nullable=False),
    one_of("state", OrderState),
    Index(None, "order_id", "known_at"),
)

order_item = Table(
    "order_item",
    METADATA,
    Column("id", Integer, primary_key=True),
    # By number, not by id: the item file may come before the order file.
    Column("order_no", Text, nullable=False),
    Column("line_no", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("price_fen", BigInteger),
    Column("quantity", Integer, nullable=False),
    Column("sku", Text),
    Column("properties", Text),
    Column("seen_at", Instant, nullable=False),  # R-IMP-3: time of the export it is from
    UniqueConstraint("order_no", "line_no"),
)

suppression = Table(
    "suppression",
    METADATA,
    # R-DNC-3: lifted, never deleted.
    Column("id", Integer, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("customer_id", Integer, ForeignKey("customer.id")),
    Column("user_id", Text),  # listed before any of their orders was seen
    Column("phone_key", Text),
    Column("phone_masked", Text),
    Column("phone_sealed", LargeBinary),
    Column("kind", Text),  # NULL: every kind
    Column("rule", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("lifted_at", Instant),
    Column("lifted_by", Text),
    Column("lift_reason", Text),
    one_of("scope", Scope),
    Index(None, "customer_id"),
    Index(None, "phone_key"),
    Index(None, "user_id"),
)

phone_reveal = Table(
    "phone_reveal",
    METADATA,
    # R-PII-1: who saw a whole number, and why. The reason is people's own words and may name
    # somebody, so it stands here, where it can be erased, and the trail has the row's id only.
    Column("id", Integer, primary_key=True),
    Column("phone_id", Integer, ForeignKey("customer_phone.id"), nullable=False),
    Column("person_id", Integer, ForeignKey("person.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "phone_id"),
)
