"""A day of five callers under a jumping clock, on both databases: `verify` must find nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from campaigns.errors import RefusedError
from campaigns.values import Person
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.outcome import OutcomeForm, record_outcome
from tests.simulation.after import check_history
from tests.simulation.callers import Caller, Desk
from tests.simulation.chaos import World, at

DAY = date(2026, 10, 15)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("seed", [11, 22, 33])
def test_r_aud_2_a_day_of_five_callers_breaks_no_rule(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    print(f"seed {seed}")  # noqa: T201 - pytest shows it when the test fails
    with World(database_url, tmp_path, seed, at(DAY - timedelta(days=4), 8)) as world:
        edges = plan_the_day(world)
        world.run()
        world.tick(world.clock.instant)
        check_history(world)
    for expected in ("double next", "skips", "walks away and comes back", "exports", "todo done"):
        assert world.seen[expected], f"the day has no case of: {expected}"
    assert edges.seen == {"opened", "dialled at the last second", "refused at the closing"}


def plan_the_day(world: World) -> Edges:
    """Note the exports, the engine, five callers, and those who try the edges of the windows."""
    for back, orders in ((3, 120), (2, 120), (1, 600), (0, 120)):
        world.marketplace.open_day(DAY - timedelta(days=back), orders)
    world.note(at(DAY, 8, 30), world.export)
    for minute in range(0, 13 * 60, 20):
        world.note(at(DAY, 8, 46) + timedelta(minutes=minute), world.tick)
    for hour in (11, 14, 17, 19):
        world.note(at(DAY, hour, 5), world.export)
        world.note(at(DAY, hour, 31), world.work_off_todos)
    edges = Edges(world, [world.hire(name) for name in ("边甲", "边乙", "边丙")])
    for hour in (9, 13):
        world.note(at(DAY, hour) - SECOND, edges.before_opening)
        world.note(at(DAY, hour), edges.at_opening)
    for hour in (12, 20):
        world.note(at(DAY, hour) - timedelta(seconds=90), edges.before_closing)
        world.note(at(DAY, hour) - SECOND, edges.last_second)
        world.note(at(DAY, hour), edges.at_closing)
    desk = Desk(world)
    for number in range(5):
        caller = Caller(desk, world.hire(f"坐席{number}"), at(DAY, 20, 5))
        world.note(at(DAY, 8, 58) + timedelta(seconds=37 * number), caller.call_next)
    return edges


class Edges:
    """R-HOURS-3. Three callers who try the very seconds around opening and closing."""

    def __init__(self, world: World, people: list[Person]) -> None:
        self.world = world
        self.early, self.late, self.third = people
        self.seen: set[str] = set()
        self._calls: dict[int, HandOut] = {}

    def before_opening(self, now: datetime) -> None:
        assert not isinstance(next_call(self.world.runtime, self.early, now), HandOut)

    def at_opening(self, now: datetime) -> None:
        call = next_call(self.world.runtime, self.early, now)
        assert isinstance(call, HandOut), "the queue is long, so the opening second has somebody"
        dial(self.world.runtime, call.attempt_id, now, self.early)
        self._close(call, self.early, now + 30 * SECOND)
        self.seen.add("opened")

    def before_closing(self, now: datetime) -> None:
        self._calls.clear()
        for person in (self.early, self.late):
            call = next_call(self.world.runtime, person, now)
            if isinstance(call, HandOut):
                self._calls[person.id] = call

    def last_second(self, now: datetime) -> None:
        call = self._calls.get(self.early.id)
        if call is not None:
            dial(self.world.runtime, call.attempt_id, now, self.early)
            self._close(call, self.early, now + 40 * SECOND)
            self.seen.add("dialled at the last second")

    def at_closing(self, now: datetime) -> None:
        assert not isinstance(next_call(self.world.runtime, self.third, now), HandOut)
        call = self._calls.get(self.late.id)
        if call is not None:
            with pytest.raises(RefusedError) as refused:
                dial(self.world.runtime, call.attempt_id, now, self.late)
            assert refused.value.rules[0] == "R-HOURS-3"
            self.seen.add("refused at the closing")

    def _close(self, call: HandOut, person: Person, when: datetime) -> None:
        def enter(now: datetime) -> None:
            form = OutcomeForm("no_answer")
            record_outcome(self.world.runtime, call.attempt_id, form, now, person)

        self.world.note(when, enter)
