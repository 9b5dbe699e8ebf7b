"""The shop's own rows: its clock, its numbers, its calendar."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, literal, select, union_all, update

from adapters.clock import TrainingTime
from adapters.official_calendar import OfficialCalendar
from adapters.store.models.shop import calendar_day, calendar_version, policy_version, shop
from campaigns.policy import Policy, with_overrides

_CALENDAR = -1
# One statement, for every flow asks: the newest version of the shop (NULL) and of each campaign that
# has numbers of its own, then the calendar's. `ix_policy_version_campaign_id` holds all it reads.
_NEWEST_VERSIONS = union_all(
    select(policy_version.c.campaign_id.label("whose"), func.max(policy_version.c.id)).group_by(
        policy_version.c.campaign_id
    ),
    select(literal(_CALENDAR), func.max(calendar_version.c.id)),
)


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions in force: of the shop's numbers (0: the SOP's defaults), of the calendar, and `own`.

    `own` holds a version for each campaign that has numbers of its own.
    """

    policy: int
    calendar: int
    own: tuple[tuple[int, int], ...] = ()


def shop_row(connection: Connection) -> tuple[str, bool, str | None] | None:
    """Name, whether it is a training shop, and the service number; None before `waihu init`."""
    row = connection.execute(select(shop.c.name, shop.c.is_training, shop.c.service_phone)).first()
    return None if row is None else (row.name, row.is_training, row.service_phone)


def training_time(connection: Connection) -> TrainingTime | None:
    """Where the training clock stands; None in a real shop."""
    row = connection.execute(
        select(
            shop.c.clock_shop, shop.c.clock_machine, shop.c.clock_ticks, shop.c.clock_speed
        ).where(shop.c.is_training)
    ).first()
    return None if row is None else TrainingTime(*row)


def set_training_time(connection: Connection, time: TrainingTime) -> None:
    """Move, pause or resume the training clock, or change its speed."""
    connection.execute(
        update(shop).values(
            clock_shop=time.shop_time,
            clock_machine=time.machine_time,
            clock_ticks=time.ticks,
            clock_speed=time.speed,
        )
    )


def newest_versions(connection: Connection) -> Versions:
    """The newest versions of all numbers and of the calendar."""
    return _versions(connection.execute(_NEWEST_VERSIONS))


def versions_at(connection: Connection, at: datetime) -> Versions:
    """The versions in force at an instant; the first calendar before there was any."""
    query = union_all(
        select(policy_version.c.campaign_id.label("whose"), func.max(policy_version.c.id))
        .where(policy_version.c.created_at <= at)
        .group_by(policy_version.c.campaign_id),
        select(literal(_CALENDAR), func.max(calendar_version.c.id)).where(
            calendar_version.c.created_at <= at
        ),
    )
    found = _versions(connection.execute(query))
    if found.calendar == 0:
        first = connection.execute(select(func.min(calendar_version.c.id))).scalar_one()
        return replace(found, calendar=int(first or 0))
    return found


def _versions(rows: Iterable[Row[Any]]) -> Versions:
    newest = {row[0]: int(row[1] or 0) for row in rows}
    policy, calendar = newest.pop(None, 0), newest.pop(_CALENDAR, 0)
    return Versions(policy, calendar, tuple(sorted(newest.items())))


def policy_of(connection: Connection, version: int) -> Policy:
    """The policy as of one version."""
    if version == 0:
        return Policy()
    overrides = connection.execute(
        select(policy_version.c.overrides).where(policy_version.c.id == version)
    ).scalar_one()
    return with_overrides(json.loads(overrides), version)


def calendar_of(connection: Connection, version: int) -> OfficialCalendar:
    """The calendar as of one version: the library's years and the days entered up to it."""
    known = connection.execute(
        select(calendar_version.c.first_year, calendar_version.c.last_year).where(
            calendar_version.c.id == version
        )
    ).one()
    rows = connection.execute(
        select(calendar_day.c.day, calendar_day.c.is_working, calendar_day.c.name)
        .where(calendar_day.c.version_id <= version)
        .order_by(calendar_day.c.id)
    ).all()
    return OfficialCalendar(
        version,
        known.first_year,
        known.last_year,
        {row.day: row.is_working for row in rows},
        {row.day: row.name for row in rows},
    )


def add_calendar_version(
    connection: Connection, now: datetime, source: str, years: tuple[int, int]
) -> int:
    """A new version of the calendar; days entered with it name it."""
    result = connection.execute(
        insert(calendar_version)
        .values(created_at=now, source=source, first_year=years[0], last_year=years[1])
        .returning(calendar_version.c.id)
    )
    return int(result.scalar_one())


def add_policy_version(
    connection: Connection,
    now: datetime,
    overrides: dict[str, object],
    who: str,
    campaign_id: int | None = None,
) -> int:
    """A new version of the shop's numbers, or of one campaign's with the shop's in them."""
    result = connection.execute(
        insert(policy_version)
        .values(
            campaign_id=campaign_id,
            overrides=json.dumps(overrides, ensure_ascii=False, sort_keys=True),
            created_at=now,
            created_by=who,
        )
        .returning(policy_version.c.id)
    )
    return int(result.scalar_one())
