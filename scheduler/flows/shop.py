"""Founding a shop, its clock, its numbers and its calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert

from adapters.clock import SPEEDS, TrainingTime
from adapters.official_calendar import library_source, library_years
from adapters.store import session
from adapters.store.models.campaigns import campaign
from adapters.store.models.shop import shop
from adapters.store.queries import audit, tasks
from adapters.store.queries import campaigns as campaign_queries
from adapters.store.queries import shop as queries
from adapters.vault import make_key
from campaigns.errors import ConflictError, UsageError
from campaigns.own_numbers import overrides_of
from campaigns.policy import check_together, settings_of, with_overrides
from campaigns.registry import KINDS
from campaigns.values import ENGINE
from scheduler.flows.own_numbers import renew
from scheduler.flows.refresh import refresh_tasks
from scheduler.runtime import Runtime


@dataclass(frozen=True, slots=True)
class ShopForm:
    """A new shop. `training_starts` makes it a training shop whose clock stands there."""

    name: str
    service_phone: str | None = None
    training_starts: datetime | None = None


def create_shop(runtime: Runtime, form: ShopForm) -> None:
    """Make the schema, the key, the shop and its standing campaigns, all or nothing.

    Raises ConflictError when the database has a shop already.
    """
    session.migrate(runtime.engine)
    with runtime.snapshot() as connection:
        if queries.shop_row(connection) is not None:
            raise ConflictError("这个数据库里已经有一家店铺", rules=())
    make_key(runtime.settings.secret_file)
    machine_now = runtime.machine_clock.now()
    now = form.training_starts or machine_now
    with runtime.transaction() as connection:
        connection.execute(
            insert(shop).values(
                id=1,
                name=form.name,
                service_phone=form.service_phone,
                is_training=form.training_starts is not None,
                created_at=machine_now,
                clock_shop=form.training_starts,
                clock_machine=machine_now if form.training_starts else None,
                clock_ticks=True,
            )
        )
        queries.add_calendar_version(connection, now, library_source(), library_years())
        for kind in KINDS.values():
            connection.execute(
                insert(campaign).values(kind=kind.kind, name=kind.label, started_at=now)
            )
        audit.record(connection, now, ENGINE, "shop.created", "shop:1")


def refresh_calendar(runtime: Runtime, now: datetime) -> bool:
    """R-HOURS-6. A newer library knows more years: note it as a new version of the calendar."""
    with runtime.transaction() as connection:
        calendar = runtime.law(connection).calendar
        first, last = library_years()
        if last <= calendar.last_year:
            return False
        queries.add_calendar_version(connection, now, library_source(), (first, last))
        audit.record(connection, now, ENGINE, "calendar.changed", f"calendar:{last}")
        refresh_tasks(connection, runtime, now, tasks.all_open(connection), ENGINE)
        return True


def confirm_calendar_year(runtime: Runtime, year: int, now: datetime, who: str) -> None:
    """R-HOURS-6. Declare that the entered days of a year are its whole official list.

    From then on the year's other days follow the weekday. Raises UsageError for a year that is known,
    that does not follow the last known one, or of which no day off was entered.
    """
    with runtime.transaction() as connection:
        calendar = runtime.law(connection).calendar
        if calendar.is_known(year):
            raise UsageError(f"{year} 年的官方日历已经有了", field="year")
        if year != calendar.last_year + 1:
            raise UsageError(f"请先确认 {calendar.last_year + 1} 年", field="year")
        if not any(day.year == year and not works for day, works in calendar.entered.items()):
            raise UsageError(f"还没有录入 {year} 年的放假日，请先导入官方日历", field="year")
        queries.add_calendar_version(
            connection, now, f"confirmed by {who}", (calendar.first_year, year)
        )
        audit.record(connection, now, who, "calendar.confirmed", f"calendar:{year}")
        refresh_tasks(connection, runtime, now, tasks.all_open(connection), who)


def change_policy(runtime: Runtime, changes: dict[str, object], now: datetime, who: str) -> int:
    """Set some of the shop's numbers; a new version, audited, and every open task judged anew.

    Campaigns with numbers of their own get a new version too. Raises UsageError where that leaves one
    of them no window.
    """
    with runtime.transaction() as connection:
        campaign_queries.lock_shop(connection)  # campaigns' own numbers are laid over these
        before = runtime.law(connection).policy
        policy = with_overrides(settings_of(before) | changes, before.version + 1)
        check_together(policy)
        version = queries.add_policy_version(connection, now, overrides_of(policy), who)
        renew(connection, policy, now, who)
        audit.record(
            connection,
            now,
            who,
            "policy.changed",
            f"policy:{version}",
            before={k: settings_of(before)[k] for k in changes},
            after={k: settings_of(policy)[k] for k in changes},
        )
        refresh_tasks(connection, runtime, now, tasks.all_open(connection), who)
        return version


@dataclass(frozen=True, slots=True)
class ClockShown:
    """Where the shop's clock stands, and how many of its seconds pass in one of the machine's."""

    now: datetime
    ticks: bool
    speed: int = 1


def show_clock(runtime: Runtime) -> ClockShown:
    """What time it is in the shop."""
    if not runtime.is_training:
        return ClockShown(runtime.now(), ticks=True)
    with runtime.snapshot() as connection:
        time = queries.training_time(connection)
    assert time is not None, "a training shop has a clock"
    return ClockShown(time.at(runtime.machine_clock.now()), time.ticks, time.speed)


def set_clock(
    runtime: Runtime,
    who: str,
    *,
    to: datetime | None = None,
    ticks: bool | None = None,
    speed: int | None = None,
) -> ClockShown:
    """Move, pause or resume the training clock, or change its speed; it never jumps by that.

    Raises UsageError in a real shop, and for a speed that is not one of SPEEDS.
    """
    if not runtime.is_training:
        raise UsageError("正式店铺的时钟不能调整")
    if speed is not None and speed not in SPEEDS:
        raise UsageError(f"时钟只能走 {'、'.join(map(str, SPEEDS))} 倍", field="speed")
    machine_now = runtime.machine_clock.now()
    with runtime.transaction() as connection:
        time = queries.training_time(connection)
        assert time is not None, "a training shop has a clock"
        moved = TrainingTime(
            to if to is not None else time.at(machine_now),
            machine_now,
            time.ticks if ticks is None else ticks,
            time.speed if speed is None else speed,
        )
        queries.set_training_time(connection, moved)
        audit.record(
            connection,
            moved.shop_time,
            who,
            "clock.set",
            "shop:1",
            before={"at": time.at(machine_now), "ticks": time.ticks, "speed": time.speed},
            after={"at": moved.shop_time, "ticks": moved.ticks, "speed": moved.speed},
        )
    return ClockShown(moved.shop_time, moved.ticks, moved.speed)
