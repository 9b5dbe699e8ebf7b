"""A month under a jumping clock, over the year's end into a year without a calendar (R-HOURS-6).

It takes minutes, so it is run on demand: `SIMULATE_A_MONTH=1 make test TESTS=tests/simulation`.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from adapters.training_shop.shortages import draw_shortages
from campaigns.values import DayKind
from tests.databases import sqlite_only
from tests.simulation.after import check_history
from tests.simulation.callers import Caller, Desk
from tests.simulation.chaos import World, at

FIRST = date(2026, 12, 14)
DAYS = 30
SHORTAGES = draw_shortages("a month", FIRST, FIRST + timedelta(days=DAYS))
ENGINE_SLEEPS = frozenset({5, 6, 17})
"""Days on which nobody started the machine: no export, no plan, no call (R-DUN-1 makes them up)."""


@pytest.mark.skipif("SIMULATE_A_MONTH" not in os.environ, reason="it takes minutes")
@sqlite_only
@pytest.mark.parametrize("seed", [2027])
def test_r_aud_2_a_month_breaks_no_rule(database_url: str, tmp_path: Path, seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201 - pytest shows it when the test fails
    with World(database_url, tmp_path, seed, at(FIRST, 8), SHORTAGES) as world:
        desk = Desk(world)
        people = [world.hire("坐席甲"), world.hire("坐席乙")]
        for number in range(DAYS):
            day = FIRST + timedelta(days=number)
            world.marketplace.open_day(day, world.draw.randrange(25, 50))
            if number in ENGINE_SLEEPS:
                continue
            world.note(at(day, 8, 31), world.export_widely)
            world.note(at(day, 9, 40), world.bring_list)
            for hour in (8, 9, 11, 13, 15, 17, 19, 20):
                world.note(at(day, hour, 46), world.tick)
            world.note(at(day, 13, 20), world.export)
            world.note(at(day, 16, 40), world.work_off_todos)
            for begins, ends in ((9, 12), (14, 16), (17, 20)):
                caller = Caller(desk, world.draw.choice(people), at(day, ends))
                world.note(at(day, begins, world.draw.randrange(1, 30)), caller.call_next)
        world.run()
        world.tick(world.clock.instant)
        with world.runtime.snapshot() as connection:
            calendar = world.runtime.law(connection).calendar
        assert calendar.kind_of(FIRST + timedelta(days=DAYS - 1)) is DayKind.UNKNOWN
        check_history(world)
