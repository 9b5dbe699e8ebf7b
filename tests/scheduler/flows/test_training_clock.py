"""The training clock goes on to where something happens, and only in a training shop."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from adapters.clock import FixedClock
from adapters.settings import Settings
from campaigns.days import business_day
from campaigns.errors import UsageError
from campaigns.values import SHOP_ZONE, DayKind
from scheduler.flows.shop import ShopForm, create_shop, set_clock, show_clock
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


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(INSTANTS)
def test_r_hours_2_the_next_morning_is_that_of_a_working_day(
    runtime: Runtime, start: datetime
) -> None:
    set_clock(runtime, "test", to=start)
    morning = leap(runtime, Leap.MORNING, "test").now
    with runtime.snapshot() as connection:
        calendar = runtime.law(connection).calendar
    assert morning > start
    assert morning.astimezone(SHOP_ZONE).strftime("%H:%M") == "08:40"
    assert calendar.kind_of(business_day(morning)) is DayKind.WORKING


def test_a_stopped_clock_stays_stopped_when_moved(runtime: Runtime) -> None:
    set_clock(runtime, "test", ticks=False)
    before = show_clock(runtime).now
    assert leap(runtime, Leap.HOUR, "test").now == before + timedelta(hours=1)
    assert leap(runtime, Leap.QUARTER, "test").ticks is False


def test_a_real_shops_clock_is_the_real_one(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    real = Runtime(Settings(database_url, tmp_path / "real.key"), engine, FixedClock(MACHINE))
    create_shop(real, ShopForm("正式店"))
    with pytest.raises(UsageError):
        leap(real, Leap.HOUR, "test")
