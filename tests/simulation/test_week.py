"""A week of eight callers over all three kinds, with everything that goes wrong: `verify` finds nothing.

Orders come, are paid, shipped, lost; goods run out and are put off; files are taken in during calls.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from adapters.training_shop.goods import CATALOGUE
from adapters.training_shop.shortages import Announced, Shortage
from campaigns.values import Person
from scheduler.flows.shop import change_policy
from tests.databases import postgres_only, sqlite_only
from tests.simulation.after import check_history
from tests.simulation.callers import Caller, Desk
from tests.simulation.chaos import World, at
from tests.simulation.edges import note_edges

MONDAY = date(2026, 10, 12)
DAYS = 7
LIVED_BEFORE = 14
"""Days of orders before the week, for parcels that are on their way or were signed for."""
SITTINGS = ((9, 2), (13, 40), (17, 25))
EXPECTED = (
    *("double next", "skips", "walks away and comes back", "exports", "lists", "todo done"),
    *("dunning ", "callback received", "callback not_received", "stock_out "),
    "several matters at once",
)
"""What must have come up in every week, whatever the seed."""


@sqlite_only
@pytest.mark.parametrize("seed", [11])
def test_r_aud_2_a_week_of_eight_callers_breaks_no_rule(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    live_a_week(database_url, tmp_path, seed)


@postgres_only
def test_r_aud_2_a_week_on_a_database_server_breaks_no_rule(
    database_url: str, tmp_path: Path
) -> None:
    live_a_week(database_url, tmp_path, 44)


def live_a_week(database_url: str, folder: Path, seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201 - pytest shows it when the test fails
    with World(database_url, folder, seed, at(MONDAY, 8), shortages()) as world:
        # Fewer days in which to call back: otherwise nobody would get round to anything else.
        change_policy(world.runtime, {"signed_to_days": 5}, world.clock.instant, "主管")
        for back in range(LIVED_BEFORE, 0, -1):
            world.marketplace.open_day(MONDAY - timedelta(days=back), 14)
        desk = Desk(world)
        people = [world.hire(f"坐席{number}") for number in range(8)]
        edges = note_edges(world, MONDAY + timedelta(days=1))
        for number in range(DAYS):
            plan_day(world, desk, people, number)
        world.run()
        world.tick(world.clock.instant)
        check_history(world)
    print(sorted(world.seen.items()))  # noqa: T201
    missing = [expected for expected in EXPECTED if not world.seen[expected]]
    assert not missing, f"the week has no case of: {missing}"
    assert edges.seen == {"opened", "dialled at the last second", "refused at the closing"}


def plan_day(world: World, desk: Desk, people: list[Person], number: int) -> None:
    """Note the exports, the lists, the engine and three sittings of a day."""
    day = MONDAY + timedelta(days=number)
    world.marketplace.open_day(day, 16)
    world.note(at(day, 8, 31), world.export_widely)
    for hour in (8, 10, 12, 14, 16, 18, 20):
        world.note(at(day, hour, 46), world.tick)
    world.note(at(day, 9, 9), world.bring_list)
    world.note(at(day, 13, 46), world.export)
    world.note(at(day, 17, 40), world.work_off_todos)
    for turn, (hour, minute) in enumerate(SITTINGS):
        for place in range(4):  # one half of them sits down after the other
            person = people[(4 * (number + turn) + place) % len(people)]
            begins = at(day, hour, minute) + timedelta(seconds=37 * place)
            caller = Caller(desk, person, begins + timedelta(minutes=9))
            world.note(begins, caller.call_next)


def shortages() -> tuple[Shortage, ...]:
    """Goods that arrive, that are put off twice, and that run out in the middle of the week."""

    def missing(code: int, since: int, arrives: int, *said: tuple[int, int]) -> Shortage:
        return Shortage(
            CATALOGUE[code],
            at(MONDAY + timedelta(days=since), 7),
            at(MONDAY + timedelta(days=arrives), 9, 5),
            tuple(
                Announced(at(MONDAY + timedelta(days=on), 9), MONDAY + timedelta(days=expected))
                for on, expected in said
            ),
            reason="工厂排期延误",
            gift="杯垫一对",
        )

    stories: tuple[tuple[int, int, tuple[tuple[int, int], ...]], ...] = (
        (-4, 3, ((-1, 3),)),
        (-4, 9, ((-1, 2), (1, 5), (4, 9))),
        (-3, 12, ((0, 12),)),
        (1, 8, ((2, 5), (5, 8))),
    )
    return tuple(
        missing(7 * number + 3 * again, since, arrives, *said)
        for again in range(2)
        for number, (since, arrives, said) in enumerate(stories)
    )
