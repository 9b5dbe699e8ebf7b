"""The shop's own rows: its clock, its numbers, its calendar."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from adapters.clock import TrainingTime
from adapters.official_calendar import OfficialCalendar
from adapters.store.models.shop import calendar_day, calendar_version, policy_version, shop
from campaigns.policy import Policy, with_overrides

_NEWEST_VERSIONS = select(
    select(func.coalesce(func.max(policy_version.c.id), 0)).scalar_subquery(),
    select(func.coalesce(func.max(calendar_version.c.id), 0)).scalar_subquery(),
)


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


def newest_versions(connection: Connection) -> tuple[int, int]:
    """The newest policy version (0: the SOP's defaults) and calendar version."""
    row = connection.execute(_NEWEST_VERSIONS).one()
    return int(row[0]), int(row[1])


def versions_at(connection: Connection, at: datetime) -> tuple[int, int]:
    """The policy and calendar versions in force at an instant; the first ones before there were any."""
    policy = connection.execute(
        select(func.max(policy_version.c.id)).where(policy_version.c.created_at <= at)
    ).scalar()
    calendar = connection.execute(
        select(func.max(calendar_version.c.id)).where(calendar_version.c.created_at <= at)
    ).scalar()
    if calendar is None:
        calendar = connection.execute(select(func.min(calendar_version.c.id))).scalar_one()
    return int(policy or 0), int(calendar or 0)


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
    connection: Connection, now: datetime, overrides: dict[str, object], who: str
) -> int:
    """A new version of the shop's numbers."""
    result = connection.execute(
        insert(policy_version)
        .values(
            overrides=json.dumps(overrides, ensure_ascii=False, sort_keys=True),
            created_at=now,
            created_by=who,
        )
        .returning(policy_version.c.id)
    )
    return int(result.scalar_one())
