"""The training clock goes on to where something happens, and only in a training shop."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from adapters.clock import FixedClock
from adapters.settings import Settings
from adapters.store.models.shop import job_slot
from campaigns.days import business_day
from campaigns.errors import UsageError
from campaigns.values import SHOP_ZONE, DayKind
from scheduler.flows.shop import ClockShown, ShopForm, create_shop, set_clock, show_clock
from scheduler.flows.training_clock import Leap, leap
from scheduler.rules.hours import slot_at
from scheduler.runtime import Runtime
from tests.databases import sqlite_only

pytestmark = sqlite_only

MACHINE = datetime(2027, 8, 9, 14, 0, tzinfo=SHOP_ZONE)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20)).map(
    lambda naive: naive.replace(tzinfo=SHOP_ZONE)
)


@pytest.fixture
def runtime(engine: Engine, database_url: str, tmp_path: Path) -> Runtime:
    made = Runtime(Settings(database_url, tmp_path / "shop.key"), engine, FixedClock(MACHINE))
    create_shop(made, ShopForm("样例店", training_starts=MACHINE))
    return made


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(INSTANTS)
def test_r_hours_3_the_next_opening_opens_what_was_closed(
    runtime: Runtime, start: datetime
) -> None:
    set_clock(runtime, "test", to=start)
    opening = leap(runtime, Leap.OPENING, "test").now
    with runtime.snapshot() as connection:
        law = runtime.law(connection)
    assert opening > start
    assert slot_at(opening, None, law.policy, law.calendar) is not None
    just_before = opening - timedelta(microseconds=1)
    assert slot_at(just_before, None, law.policy, law.calendar) is None


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(INSTANTS)
def test_r_hours_2_the_next_morning_is_that_of_a_working_day(
    runtime: Runtime, start: datetime
) -> None:
    set_clock(runtime, "test", to=start)
    morning = leap(runtime, Leap.MORNING, "test").now
    with runtime.snapshot() as connection:
        calendar = runtime.law(connection).calendar
    assert morning > start
    assert morning.astimezone(SHOP_ZONE).strftime("%H:%M") == "08:45"
    assert calendar.kind_of(business_day(morning)) is DayKind.WORKING


def test_a_stopped_clock_stays_stopped_when_moved(runtime: Runtime) -> None:
    set_clock(runtime, "test", ticks=False)
    before = show_clock(runtime).now
    assert leap(runtime, Leap.HOUR, "test").now == before + timedelta(hours=1)
    assert leap(runtime, Leap.QUARTER, "test").ticks is False


def test_the_clock_may_go_faster_and_never_jumps_by_that(runtime: Runtime) -> None:
    before = show_clock(runtime)
    assert set_clock(runtime, "test", speed=60).now == before.now
    runtime.machine_clock = FixedClock(MACHINE + timedelta(seconds=10))
    later = show_clock(runtime)
    assert later.now - before.now == timedelta(minutes=10)
    assert set_clock(runtime, "test", speed=1).now == later.now
    set_clock(runtime, "test", speed=300, ticks=False)
    runtime.machine_clock = FixedClock(MACHINE + timedelta(seconds=99))
    assert show_clock(runtime) == ClockShown(later.now, ticks=False, speed=300)


@pytest.mark.parametrize("speed", [0, 2, -1, 3_600])
def test_no_other_speed_is_taken(runtime: Runtime, speed: int) -> None:
    with pytest.raises(UsageError):
        set_clock(runtime, "test", speed=speed)


def test_r_dun_1_no_morning_is_left_out_by_a_leap(runtime: Runtime) -> None:
    friday = datetime(2026, 10, 16, 15, 0, tzinfo=SHOP_ZONE)
    set_clock(runtime, "test", to=friday)
    leap(runtime, Leap.MORNING, "test")
    with runtime.snapshot() as connection:
        slots = connection.execute(
            select(job_slot.c.slot, job_slot.c.state).where(job_slot.c.job == "plan")
        ).all()
    days = {business_day(row.slot).day: row.state for row in slots}
    assert {17: "done", 18: "done", 19: "done"}.items() <= days.items()


def test_a_real_shops_clock_is_the_real_one(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    real = Runtime(Settings(database_url, tmp_path / "real.key"), engine, FixedClock(MACHINE))
    create_shop(real, ShopForm("正式店"))
    with pytest.raises(UsageError):
        leap(real, Leap.HOUR, "test")
