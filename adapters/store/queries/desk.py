"""What the desk's lists show: customers found, numbers, imports, offers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select

from adapters.store.models.after_sales import service_case
from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import campaign, offer, task
from adapters.store.models.customers import customer, customer_phone, order, phone_reveal
from adapters.store.models.imports import import_file


def attempt_with_end(connection: Connection, attempt_id: str, person_id: int) -> Row[Any] | None:
    """Where one caller's attempt stands; by primary key, asked every two seconds by open pages."""
    return connection.execute(
        select(
            attempt.c.state,
            attempt.c.lease_until,
            attempt.c.end_reason,
            attempt.c.dialled_at,
            attempt.c.hung_up_at,
            campaign.c.name.label("campaign_name"),
            campaign.c.state.label("campaign_state"),
            campaign.c.state_reason.label("campaign_reason"),
        )
        .join(task, task.c.id == attempt.c.task_id)
        .join(campaign, campaign.c.id == task.c.campaign_id)
        .where(attempt.c.id == attempt_id, attempt.c.caller_id == person_id)
    ).first()


def cases_of_call(connection: Connection, attempt_id: str) -> list[Row[Any]]:
    """List the cases of one call and of what was settled with it, by the index on attempt_id."""
    of_call = select(attempt.c.id).where(
        or_(attempt.c.id == attempt_id, attempt.c.rides_on == attempt_id)
    )
    query = (
        select(service_case.c.id, service_case.c.due_at)
        .where(service_case.c.attempt_id.in_(of_call))
        .order_by(service_case.c.id)
    )
    return list(connection.execute(query).all())


def attempt_seen(connection: Connection, attempt_id: str) -> Row[Any] | None:
    """Find one attempt without locking it, for whoever only looks."""
    return connection.execute(select(attempt).where(attempt.c.id == attempt_id)).first()


def imports_listed(connection: Connection, limit: int) -> list[Row[Any]]:
    """List the files taken in, the newest first, by primary key."""
    query = select(import_file).order_by(import_file.c.id.desc()).limit(limit)
    return list(connection.execute(query).all())


def has_import(connection: Connection, import_id: int) -> bool:
    """Whether a file was taken in under this id."""
    query = select(import_file.c.id).where(import_file.c.id == import_id)
    return connection.execute(query).first() is not None


def customers_like(
    connection: Connection, words: str, phone_key: str | None, limit: int
) -> list[Row[Any]]:
    """Find customers by part of the user ID, by order number, or by a whole number's keyed hash."""
    wanted = [
        customer.c.buyer.contains(words, autoescape=True),
        customer.c.id.in_(select(order.c.customer_id).where(order.c.order_no == words)),
    ]
    if phone_key is not None:
        wanted.append(
            customer.c.id.in_(
                select(customer_phone.c.customer_id).where(customer_phone.c.phone_key == phone_key)
            )
        )
    query = (
        select(customer.c.id, customer.c.buyer, customer.c.region)
        .where(or_(*wanted))
        .order_by(customer.c.buyer, customer.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).all())


def unpaid_of(connection: Connection, customer_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """How many unpaid orders each customer has, and their sum in fen."""
    query = (
        select(order.c.customer_id, func.count(), func.sum(order.c.total_fen))
        .where(order.c.customer_id.in_(list(customer_ids)), order.c.state == "awaiting_payment")
        .group_by(order.c.customer_id)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query)}


def numbers_of(connection: Connection, customer_ids: Iterable[int]) -> list[Row[Any]]:
    """List the customers' numbers, masked, with what is known of each."""
    query = (
        select(
            customer_phone.c.id,
            customer_phone.c.customer_id,
            customer_phone.c.masked,
            customer_phone.c.source,
            customer_phone.c.usable_until,
            customer_phone.c.verified_at,
            customer_phone.c.other_since,
            customer_phone.c.wrong_since,
            customer_phone.c.spent_since,
            customer_phone.c.last_reached_at,
            customer_phone.c.added_at,
        )
        .where(customer_phone.c.customer_id.in_(list(customer_ids)))
        .order_by(customer_phone.c.customer_id, customer_phone.c.id)
    )
    return list(connection.execute(query).all())


def sealed_number(connection: Connection, phone_id: int) -> Row[Any] | None:
    """One number as it is stored."""
    return connection.execute(
        select(
            customer_phone.c.customer_id, customer_phone.c.sealed, customer_phone.c.phone_key
        ).where(customer_phone.c.id == phone_id)
    ).first()


def offers_listed(connection: Connection, limit: int) -> list[Row[Any]]:
    """R-DUN-6. Offers of all campaigns, the newest first."""
    query = (
        select(
            offer.c.id,
            offer.c.wording,
            offer.c.first_day,
            offer.c.last_day,
            offer.c.created_by,
            offer.c.created_at,
            campaign.c.name.label("campaign"),
        )
        .join(campaign, campaign.c.id == offer.c.campaign_id)
        .order_by(offer.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(query).all())


def campaigns_listed(connection: Connection) -> list[Row[Any]]:
    """List the shop's campaigns."""
    query = select(campaign.c.id, campaign.c.kind, campaign.c.name).order_by(campaign.c.id)
    return list(connection.execute(query).all())


def add_reveal(
    connection: Connection, phone_id: int, person_id: int, now: datetime, reason: str
) -> int:
    """R-PII-1. Note who sees a whole number, and why."""
    result = connection.execute(
        insert(phone_reveal)
        .values(phone_id=phone_id, person_id=person_id, at=now, reason=reason)
        .returning(phone_reveal.c.id)
    )
    return int(result.scalar_one())
