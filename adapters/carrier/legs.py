"""One phone: called, ringing, answered, over; and the two ways to reach into it from outside."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

from adapters.carrier.books import NOT_ANSWERED_YET, CallStatus, Leg
from adapters.carrier.desk import Desk
from adapters.carrier.envelopes import Reply
from adapters.carrier.script import Does, Person
from adapters.carrier.timeline import Sleep, Step

T = TypeVar("T")
Part = Generator[Step, Reply | None, T]
"""A piece of a life that ends with an answer."""

SETUP_S = 0.3
BUSY_AFTER_S = 1.5
BUFFER_S = 5.0
"""The provider lets a phone ring this much longer than asked."""


class Ended(Exception):  # noqa: N818 — an event, not a mistake
    """Raised inside a life: this leg is to end, with this status."""

    def __init__(self, sid: str, status: CallStatus) -> None:
        super().__init__(sid, status)
        self.sid = sid
        self.status = status


class Redirected(Exception):  # noqa: N818 — an event, not a mistake
    """Raised inside a life: this leg is to follow other instructions."""

    def __init__(self, sid: str, source: Source) -> None:
        super().__init__(sid, source)
        self.sid = sid
        self.source = source


@dataclass(frozen=True, slots=True)
class Source:
    """Where instructions come from: the text itself, or an address."""

    text: str = ""
    url: str = ""
    method: str = "POST"
    fallback_url: str = ""


def ring(desk: Desk, leg: Leg, person: Person, timeout_s: float) -> Part[bool]:
    """Call one phone; whether it was answered. A leg that was not is over afterwards."""
    leg.started_at = desk.now()
    desk.tell(leg, CallStatus.INITIATED)
    yield Sleep(SETUP_S)
    if person.does is Does.OFF:
        yield Sleep(BUSY_AFTER_S)
        return finish(desk, leg, CallStatus.FAILED)
    if person.does is Does.BUSY:
        yield Sleep(BUSY_AFTER_S)
        return finish(desk, leg, CallStatus.BUSY)
    leg.status = CallStatus.RINGING
    leg.rang_at = leg.updated_at = desk.now()
    desk.tell(leg, CallStatus.RINGING)
    patience = timeout_s + BUFFER_S
    if person.does is Does.RINGS_OUT or person.after_s > patience:
        yield Sleep(patience)
        return finish(desk, leg, CallStatus.NO_ANSWER)
    yield Sleep(person.after_s)
    if person.does is Does.REJECTS:
        return finish(desk, leg, CallStatus.BUSY)
    answer(desk, leg, person)
    return True


def answer(desk: Desk, leg: Leg, person: Person) -> None:
    """The phone is picked up. Who hangs up on us does it by the clock, whatever goes on then."""
    leg.status = CallStatus.IN_PROGRESS
    leg.answered_at = leg.updated_at = desk.now()
    task = leg.root.task if leg.task is None else leg.task
    leg.answered_second = task.second if task else 0.0
    desk.tell(leg, CallStatus.IN_PROGRESS)
    if person.does is Does.HANGS_UP:
        desk.timeline.after(person.talks_s, lambda: end(desk, leg, CallStatus.COMPLETED))


def finish(desk: Desk, leg: Leg, status: CallStatus) -> bool:
    """The leg is over. Always false: nobody is on it any more."""
    if leg.is_over:
        return False
    leg.status = status
    leg.ended_at = leg.updated_at = desk.now()
    leg.duration_s = seconds_of(leg)
    desk.tell(leg, status)
    return False


def seconds_of(leg: Leg) -> int:
    """How long the leg has been answered, in whole seconds of the carrier's."""
    task = leg.task or leg.root.task
    if task is None or leg.answered_second is None:
        return 0
    return round(task.second - leg.answered_second) if leg.duration_s is None else leg.duration_s


def end(desk: Desk, leg: Leg, status: CallStatus) -> None:
    """End a leg from outside of its life. Nothing happens to one that is over or forgotten."""
    if leg.is_over or desk.books.legs.get(leg.sid) is not leg:
        return
    task = leg.task or leg.root.task
    if leg.status in NOT_ANSWERED_YET:
        status = CallStatus.CANCELED
    if task is None or task.done:
        finish(desk, leg, status)
    else:
        desk.timeline.interrupt(task, Ended(leg.sid, status))


def redirect(desk: Desk, leg: Leg, source: Source) -> None:
    """Have an answered leg follow other instructions."""
    task = leg.task or leg.root.task
    if task is not None:
        desk.timeline.interrupt(task, Redirected(leg.sid, source))
