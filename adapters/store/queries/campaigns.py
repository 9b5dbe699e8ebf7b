"""Campaigns as work to hand out: which are running, and who calls for which."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import campaign, person_campaign, task
from adapters.store.models.figures import contact_figure
from adapters.store.models.shop import shop

_OWN = person_campaign.alias("own")
_PERSON: Any = bindparam("person")

_OPEN_TO: Select[Any] = (
    select(campaign.c.id)
    .where(
        text("campaign.state = 'running'"),
        ~exists().where(shop.c.paused_at.is_not(None)),
        or_(
            ~exists().where(_OWN.c.person_id == _PERSON),
            exists().where(_OWN.c.person_id == _PERSON, _OWN.c.campaign_id == campaign.c.id),
        ),
    )
    .order_by(campaign.c.id)
)


def open_to(connection: Connection, person_id: int) -> list[int]:
    """The running campaigns that this person calls for; none while everything is paused.

    Somebody who was given no campaign calls for all of them.
    """
    return list(connection.execute(_OPEN_TO, {"person": person_id}).scalars())


def listed(connection: Connection) -> list[Row[Any]]:
    """Every campaign with its state; a shop has a handful."""
    return list(connection.execute(select(campaign).order_by(campaign.c.id)).all())


def get(connection: Connection, campaign_id: int) -> Row[Any] | None:
    """One campaign, locked: two leaders may press at once.

    Not against new attempts that name it: whoever enters an outcome holds the tasks already that a
    pause is about to lock.
    """
    query = select(campaign).where(campaign.c.id == campaign_id).with_for_update(key_share=True)
    return connection.execute(query).first()


def change(connection: Connection, campaign_id: int, **values: object) -> None:
    """Set columns of one campaign."""
    connection.execute(update(campaign).where(campaign.c.id == campaign_id).values(**values))


def seen(connection: Connection, campaign_id: int) -> Row[Any] | None:
    """One campaign for whoever only looks."""
    return connection.execute(select(campaign).where(campaign.c.id == campaign_id)).first()


def add(connection: Connection, **values: object) -> int:
    """A new campaign."""
    result = connection.execute(insert(campaign).values(**values).returning(campaign.c.id))
    return int(result.scalar_one())


def work_done(connection: Connection, kind: str, first: date) -> tuple[int, int, int]:
    """Attempts of a kind since a day, how many reached somebody, and in how many callers' hours.

    Reads the kept figures (`contact_figure`): a row for each caller, campaign and hour.
    """
    since = (
        select(
            contact_figure.c.caller_id,
            contact_figure.c.business_day,
            contact_figure.c.hour,
            func.sum(contact_figure.c.attempts).label("attempts"),
            func.sum(contact_figure.c.reached).label("reached"),
        )
        .join(campaign, campaign.c.id == contact_figure.c.campaign_id)
        .where(campaign.c.kind == kind, contact_figure.c.business_day >= first)
        .group_by(contact_figure.c.caller_id, contact_figure.c.business_day, contact_figure.c.hour)
        .subquery()
    )
    row = connection.execute(
        select(
            func.coalesce(func.sum(since.c.attempts), 0),
            func.coalesce(func.sum(since.c.reached), 0),
            func.count(),
        ).where(since.c.attempts > 0)
    ).one()
    return int(row[0]), int(row[1]), int(row[2])


def open_of(connection: Connection, campaign_id: int, limit: int | None = None) -> list[int]:
    """Open tasks of one campaign, the oldest first."""
    query = select(task.c.id).where(
        text("task.state <> 'closed'"), task.c.campaign_id == campaign_id
    )
    return list(connection.execute(query.order_by(task.c.id).limit(limit)).scalars())


def with_numbers(connection: Connection) -> list[Row[Any]]:
    """The campaigns that have, or once had, numbers of their own; the shop's lock is their guard."""
    query = select(campaign.c.id, campaign.c.name, campaign.c.numbers)
    query = query.where(campaign.c.numbers.is_not(None)).order_by(campaign.c.id)
    return list(connection.execute(query).all())


def is_named(connection: Connection, name: str, but: int) -> bool:
    """Whether another campaign has this name; names are unique."""
    query = select(campaign.c.id).where(campaign.c.name == name, campaign.c.id != but)
    return connection.execute(query).first() is not None


def pause_of_shop(connection: Connection) -> Row[Any] | None:
    """When, by whom and why everything was paused; None while it is not."""
    query = select(shop.c.paused_at, shop.c.paused_by, shop.c.paused_reason)
    return connection.execute(query.where(shop.c.paused_at.is_not(None))).first()


def set_pause_of_shop(
    connection: Connection, at: datetime | None, who: str | None, reason: str | None
) -> None:
    """Pause everything, or, with nothing given, let it go on."""
    connection.execute(update(shop).values(paused_at=at, paused_by=who, paused_reason=reason))


def lock_shop(connection: Connection) -> None:
    """Let pauses and resumptions of everything come one after the other."""
    connection.execute(select(shop.c.id).with_for_update(key_share=True)).all()


def open_counts(connection: Connection) -> dict[tuple[int, str], int]:
    """Open tasks by campaign and state; the partial indexes keep closed ones out of the count."""
    query = (
        select(task.c.campaign_id, task.c.state, func.count())
        .where(text("task.state <> 'closed'"))
        .group_by(task.c.campaign_id, task.c.state)
    )
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(query)}


def undialled(connection: Connection, campaign_id: int | None) -> list[Row[Any]]:
    """Hand-outs on a screen that nobody has dialled yet, of one campaign or of all.

    Read through `uq_attempt_live_caller`: at most one for each caller.
    """
    query = select(attempt.c.id, attempt.c.task_id).where(text("attempt.state = 'handed_out'"))
    if campaign_id is not None:
        query = query.where(attempt.c.campaign_id == campaign_id)
    return list(connection.execute(query.order_by(attempt.c.task_id)).all())


def undated(connection: Connection, campaign_id: int | None) -> list[int]:
    """Open tasks without a due time: what a pause held back, among others."""
    query = select(task.c.id).where(text("task.state = 'waiting'"), task.c.due_at.is_(None))
    if campaign_id is not None:
        query = query.where(task.c.campaign_id == campaign_id)
    return list(connection.execute(query.order_by(task.c.id)).scalars())


def of_people(connection: Connection) -> dict[int, list[int]]:
    """Which campaigns each person was given; a person without any calls for all."""
    query = select(person_campaign).order_by(person_campaign.c.campaign_id)
    found: dict[int, list[int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.person_id, []).append(row.campaign_id)
    return found


def give(connection: Connection, person_id: int, campaign_ids: Iterable[int]) -> None:
    """Let somebody call for these campaigns only; for all of them when none is named."""
    connection.execute(delete(person_campaign).where(person_campaign.c.person_id == person_id))
    rows = [{"person_id": person_id, "campaign_id": one} for one in campaign_ids]
    if rows:
        connection.execute(insert(person_campaign), rows)
