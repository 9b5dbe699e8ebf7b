"""Offers: what the shop offered, with the days on which it applied (R-DUN-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from adapters.store.queries import audit, desk, orders
from campaigns.errors import NotFoundError, UsageError
from campaigns.values import Kind
from scheduler.runtime import Runtime

LISTED = 200
WORDING_MAX_CHARS = 25
"""What can be said in one breath; the script reads it out."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer of a campaign; it applies to orders placed on these days, both included."""

    id: int
    campaign: str
    wording: str
    first_day: date
    last_day: date
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign that offers can be entered for."""

    id: int
    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class NewOffer:
    """What is offered for orders placed on these days, both included."""

    wording: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class OfferForm:
    """A new offer."""

    campaign_id: int
    wording: str
    first_day: date
    last_day: date


def campaigns(runtime: Runtime) -> list[Campaign]:
    """List the shop's campaigns."""
    with runtime.snapshot() as connection:
        rows = desk.campaigns_listed(connection)
    return [Campaign(row.id, Kind(row.kind), row.name) for row in rows]


def offers(runtime: Runtime) -> list[Offer]:
    """List all offers, the newest first."""
    with runtime.snapshot() as connection:
        rows = desk.offers_listed(connection, LISTED)
    return [
        Offer(
            row.id,
            row.campaign,
            row.wording,
            row.first_day,
            row.last_day,
            row.created_by,
            row.created_at,
        )
        for row in rows
    ]


def add_offer(runtime: Runtime, form: OfferForm, now: datetime, who: str) -> int:
    """R-DUN-6. Enter an offer; where several apply to a day, the newest does.

    Raises UsageError for an empty or long wording and days the wrong way round.
    """
    new = checked(NewOffer(form.wording, form.first_day, form.last_day))
    known = {row.id for row in campaigns(runtime)}
    if form.campaign_id not in known:
        raise NotFoundError("没有这个活动", field="campaign")
    with runtime.transaction() as connection:
        return enter(connection, form.campaign_id, new, now, who)


def checked(new: NewOffer) -> NewOffer:
    """Give an offer back in good order. Raises UsageError naming the field."""
    wording = " ".join(new.wording.split())
    if not wording or len(wording) > WORDING_MAX_CHARS:
        raise UsageError(f"优惠要有 1 到 {WORDING_MAX_CHARS} 个字，能一口气说完", field="wording")
    if new.first_day > new.last_day:
        raise UsageError("开始日期晚于结束日期", field="last_day")
    return NewOffer(wording, new.first_day, new.last_day)


def enter(connection: Connection, campaign_id: int, new: NewOffer, now: datetime, who: str) -> int:
    """Enter a checked offer in the caller's transaction."""
    offer_id = orders.add_offer(
        connection,
        campaign_id=campaign_id,
        wording=new.wording,
        first_day=new.first_day,
        last_day=new.last_day,
        who=who,
        now=now,
    )
    audit.record(
        connection,
        now,
        who,
        "offer.added",
        f"offer:{offer_id}",
        after={"first_day": new.first_day, "last_day": new.last_day},
    )
    return offer_id
