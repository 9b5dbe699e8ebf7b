"""A call that a request asked for: its order, and its whole life."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.carrier.books import CallStatus, Leg
from adapters.carrier.desk import Desk
from adapters.carrier.legs import Ended, Source, end, finish, ring
from adapters.carrier.recordings import Recorded, recording_of
from adapters.carrier.script import Person
from adapters.carrier.timeline import Life, Sleep
from adapters.carrier.verbs import follow


@dataclass(frozen=True, slots=True)
class Order:
    """What a request for a call wants besides its numbers; seconds."""

    source: Source
    timeout_s: float = 60.0
    time_limit_s: float = 14_400.0
    queue_s: float = 0.0
    recorded: Recorded | None = None


def place(desk: Desk, leg: Leg, order: Order) -> None:
    """Enter the leg and let the call begin. The lock is held."""
    desk.books.keep_leg(leg)
    person = desk.people.called_by_request(leg.to)
    leg.task = desk.timeline.begin(live(desk, leg, order, person))


def live(desk: Desk, leg: Leg, order: Order, person: Person) -> Life:
    """Queued, ringing, answered, following instructions, over."""
    try:
        yield Sleep(order.queue_s)
        if not (yield from ring(desk, leg, person, order.timeout_s)):
            return
        desk.timeline.after(order.time_limit_s, lambda: end(desk, leg, CallStatus.COMPLETED))
        with recording_of(desk, leg, order.recorded):
            yield from follow(desk, leg, order.source, person)
        finish(desk, leg, CallStatus.COMPLETED)
    except Ended as ended:
        finish(desk, leg, ended.status)
