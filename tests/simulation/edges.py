"""R-HOURS-3: callers who try the very seconds around the opening and the closing of a window."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from campaigns.errors import RefusedError
from campaigns.values import Person
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.outcome import OutcomeForm, record_outcome
from tests.simulation.chaos import World, at

SECOND = timedelta(seconds=1)


def note_edges(world: World, day: date) -> Edges:
    """Put three such callers on the agenda of a working day."""
    edges = Edges(world, [world.hire(name) for name in ("边甲", "边乙", "边丙")])
    for hour in (9, 13):
        world.note(at(day, hour) - SECOND, edges.before_opening)
        world.note(at(day, hour), edges.at_opening)
    for hour in (12, 20):
        world.note(at(day, hour) - timedelta(seconds=90), edges.before_closing)
        world.note(at(day, hour) - SECOND, edges.last_second)
        world.note(at(day, hour), edges.at_closing)
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
