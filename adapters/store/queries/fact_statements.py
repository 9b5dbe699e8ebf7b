"""The statements that fill the facts, built once: building one costs more than running it.

Each pair reads the present, and (`…_THEN`) what was known at `as_of`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, or_, select

from adapters.store.models.base import Instant
from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import batch, campaign, task, task_order
from adapters.store.models.customers import (
    customer,
    customer_phone,
    order,
    order_sighting,
    suppression,
)
from adapters.store.models.shop import shop
from adapters.store.models.stock import shortage, shortage_date, task_shortage

IDS: Any = bindparam("ids", expanding=True)
KEYS: Any = bindparam("keys", expanding=True)
AS_OF: Any = bindparam("as_of", type_=Instant())

TASKS = (
    select(
        task.c.id,
        task.c.kind,
        task.c.campaign_id,
        task.c.customer_id,
        task.c.created_at,
        task.c.topic,
        batch.c.business_day,
        campaign.c.name.label("campaign_name"),
        campaign.c.state.label("campaign_state"),
        campaign.c.state_reason,
        campaign.c.state_since,
        shop.c.paused_at,
        shop.c.paused_reason,
    )
    .join(batch, batch.c.id == task.c.batch_id)
    .join(campaign, campaign.c.id == task.c.campaign_id)
    .join(shop, shop.c.id == 1)
    .where(task.c.id.in_(IDS))
)
CUSTOMERS = select(customer.c.id, customer.c.identity, customer.c.region).where(
    customer.c.id.in_(IDS)
)
PHONES = (
    select(
        customer_phone.c.id,
        customer_phone.c.customer_id,
        customer_phone.c.phone_key,
        customer_phone.c.added_at,
        customer_phone.c.usable_until,
        customer_phone.c.verified_at,
        customer_phone.c.other_since,
        customer_phone.c.wrong_since,
        customer_phone.c.spent_since,
        customer_phone.c.last_reached_at,
    )
    .where(customer_phone.c.customer_id.in_(IDS))
    .order_by(customer_phone.c.id)
)
PHONES_THEN = PHONES.where(customer_phone.c.added_at <= AS_OF)
# Both indexes (customer, at) and (phone, at) serve the two halves of the OR.
ATTEMPTS = (
    select(
        attempt.c.id,
        attempt.c.task_id,
        attempt.c.campaign_id,
        attempt.c.kind,
        attempt.c.customer_id,
        attempt.c.phone_id,
        attempt.c.phone_key,
        attempt.c.state,
        attempt.c.at,
        attempt.c.handed_out_at,
        attempt.c.dialled_at,
        attempt.c.lease_until,
        attempt.c.ended_at,
        attempt.c.outcome,
        attempt.c.outcome_at,
        attempt.c.is_reached,
        attempt.c.callback_at,
        attempt.c.given_phone_id,
        attempt.c.exemption,
        attempt.c.redial_of,
        attempt.c.rides_on,
    )
    .where(
        or_(attempt.c.customer_id.in_(IDS), attempt.c.phone_key.in_(KEYS)),
        attempt.c.at > bindparam("since", type_=Instant()),
    )
    .order_by(attempt.c.at, attempt.c.id)
)
# What was settled along with a call was not there before the call was entered (R-REPEAT-2).
ATTEMPTS_THEN = ATTEMPTS.where(
    attempt.c.handed_out_at <= AS_OF,
    or_(attempt.c.rides_on.is_(None), attempt.c.ended_at <= AS_OF),
)
ENTRIES = select(
    suppression.c.customer_id,
    suppression.c.user_id,
    suppression.c.phone_key,
    suppression.c.scope,
    suppression.c.kind,
    suppression.c.rule,
    suppression.c.reason,
    suppression.c.since,
).where(
    or_(
        suppression.c.customer_id.in_(IDS),
        suppression.c.phone_key.in_(KEYS),
        suppression.c.user_id.in_(bindparam("names", expanding=True)),
    )
)
ENTRIES_NOW = ENTRIES.where(suppression.c.lifted_at.is_(None))
ENTRIES_THEN = ENTRIES.where(
    suppression.c.since <= AS_OF,
    or_(suppression.c.lifted_at.is_(None), suppression.c.lifted_at > AS_OF),
)
ORDERS = (
    select(
        task_order.c.task_id,
        order.c.order_no,
        order.c.placed_at,
        order.c.state,
        order.c.total_fen,
        order.c.paid_fen,
        order.c.paid_at,
        order.c.last_seen_at,
        order.c.missing_since,
        order.c.shipped_at,
        order.c.shipped_seen_at,
        order.c.received_at,
        order.c.completed_at,
    )
    .join(order, order.c.id == task_order.c.order_id)
    .where(task_order.c.task_id.in_(IDS))
    .order_by(order.c.placed_at, order.c.id)
)


def sightings_then(as_of: Any) -> Any:
    """The rows of orders as known at an instant.

    State and amounts are of the last sighting written by then, which holds everything merged;
    `last_seen_at` is the newest data time.
    """
    then = order_sighting.alias("then")
    last = (
        select(func.max(then.c.id))
        .where(then.c.order_id == order.c.id, then.c.known_at <= as_of)
        .scalar_subquery()
    )
    seen = (
        select(func.max(then.c.seen_at))
        .where(then.c.order_id == order.c.id, then.c.known_at <= as_of)
        .scalar_subquery()
    )
    return (
        select(
            order.c.order_no,
            order.c.placed_at,
            order.c.missing_since,
            order.c.shipped_at,
            order.c.shipped_seen_at,
            order.c.received_at,
            order.c.completed_at,
            order_sighting.c.state,
            order_sighting.c.total_fen,
            order_sighting.c.paid_fen,
            order_sighting.c.paid_at,
            seen.label("last_seen_at"),
        )
        .select_from(order)
        .join(order_sighting, order_sighting.c.id == last)
        .order_by(order.c.placed_at, order.c.id)
    )


ORDERS_THEN = (
    sightings_then(AS_OF)
    .add_columns(task_order.c.task_id)
    .where(
        task_order.c.order_id == order.c.id,
        task_order.c.task_id.in_(IDS),
        task_order.c.joined_at <= AS_OF,
    )
)

SHORTAGES = (
    select(
        task_shortage.c.task_id,
        shortage.c.id,
        shortage.c.name,
        shortage.c.expected_on,
        shortage.c.arrived_at,
        shortage.c.closed_at,
    )
    .join(shortage, shortage.c.id == task_shortage.c.shortage_id)
    .where(task_shortage.c.task_id.in_(IDS))
    .order_by(shortage.c.id)
)
_THEN = shortage_date.alias("then")
SHORTAGES_THEN = (
    select(
        task_shortage.c.task_id,
        shortage.c.id,
        shortage.c.name,
        shortage_date.c.expected_on,
        shortage.c.arrived_at,
        shortage.c.closed_at,
    )
    .join(shortage, shortage.c.id == task_shortage.c.shortage_id)
    .join(
        shortage_date,
        shortage_date.c.id
        == select(func.max(_THEN.c.id))
        .where(_THEN.c.shortage_id == shortage.c.id, _THEN.c.known_at <= AS_OF)
        .scalar_subquery(),
    )
    .where(task_shortage.c.task_id.in_(IDS), task_shortage.c.joined_at <= AS_OF)
    .order_by(shortage.c.id)
)
