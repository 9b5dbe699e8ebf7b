"""Weeks of work in the training shop, lived through the same flows as in a real one.

The marketplace is invented (adapters.training_shop); everything else happens for real, at instants
that a clock jumps between: exports are taken in, the engine ticks, callers call, to-dos are ticked.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from adapters.store.queries import training
from adapters.training_shop.exports import ExportDesk, ExportFile, Generation
from adapters.training_shop.marketplace import Marketplace
from adapters.training_shop.shortages import listed
from campaigns.errors import RefusedError
from campaigns.values import SHOP_ZONE, Person, TodoKind
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial, hang_up, skip
from scheduler.flows.intake import Upload, take
from scheduler.flows.todos import Todo, finish_todo, open_todos
from scheduler.flows.training_cases import work_cases
from scheduler.flows.training_desk import Conversation, converse, enter, overtaken
from scheduler.flows.training_world import (
    CLOSED_BY_HAND,
    EXPORTED_DAYS,
    WIDELY_EXPORTED_DAYS,
    react,
)
from scheduler.jobs import tick
from scheduler.runtime import Runtime

_BLOCKS = (time(9, 2), time(14, 5), time(17, 10))
"""When a caller sits down to call, three times a day."""
_CALLS_A_BLOCK = (4, 7)
_STOPS_AT = time(19, 40)
_LIST_AT = time(10, 25)
_TICKS = (time(8, 46), time(10, 30), time(12), time(13, 36), time(16), time(18), time(20, 10))
"""The engine is asked when something is due; in between nobody would see it."""
_TODOS_AT = (time(11, 45), time(16, 40))
_TODOS_DONE = 0.8
_SKIPPED = 0.02


@dataclass(slots=True)
class JumpingClock:
    """A clock that stands wherever it was put."""

    instant: datetime

    def now(self) -> datetime:
        """Tell the instant it was put to, aware UTC."""
        return self.instant


@dataclass(frozen=True, slots=True)
class Team:
    """Who does the work. The last of the callers sits down whenever there is a sitting."""

    leader: Person
    callers: Sequence[Person]


@dataclass(slots=True)
class _Shift:
    """One caller's sitting: so many calls are left of it."""

    caller: Person
    calls_left: int
    ends: datetime


@dataclass
class TrainingHistory:
    """Lives one day after the other; what comes next is the earliest of what is planned."""

    runtime: Runtime
    clock: JumpingClock
    marketplace: Marketplace
    desk: ExportDesk
    team: Team
    draw: Random
    _agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    _noted: int = 0
    _nobody_before: datetime | None = None
    _engaged: set[int] = field(default_factory=set)
    """Callers who hold somebody; a promised call that falls into a sitting waits for its turn."""

    def live(self, day: date, *, orders: int, until: time = time(21)) -> None:
        """Live a day up to `until`: its orders are placed, its exports taken in, its calls made."""
        self.marketplace.open_day(day, orders)
        exports = [time(8, 30), time(13, 30)]
        for at in exports:
            self._note(_at(day, at), self._take_export)
        self._note(_at(day, _LIST_AT), self._take_list)
        for at in _TICKS:
            self._note(_at(day, at), self._tick)
        for at in _TODOS_AT:
            self._note(_at(day, at), self._do_todos)
        for at in _BLOCKS:
            for caller in (self.draw.choice(self.team.callers[:-1]), self.team.callers[-1]):
                shift = _Shift(caller, self.draw.randint(*_CALLS_A_BLOCK), _at(day, _STOPS_AT))
                begins = _at(day, at) + timedelta(seconds=self.draw.randrange(400))
                self._note(begins, self._next_of(shift))
        end = _at(day, until)
        while self._agenda and self._agenda[0][0] < end:
            at_instant, _, happens = heapq.heappop(self._agenda)
            self.clock.instant = at_instant
            happens(at_instant)

    def leave_unfinished(self, day: date, at: time, caller: Person) -> None:
        """R-CLAIM-1. Somebody calls, goes home and leaves the outcome open: it is missing since."""
        now = self.clock.instant = _at(day, at)
        answer = next_call(self.runtime, caller, now)
        if isinstance(answer, HandOut):
            dial(self.runtime, answer.attempt_id, now + timedelta(seconds=20), caller)

    def _note(self, at: datetime, happens: Callable[[datetime], None]) -> None:
        self._noted += 1
        heapq.heappush(self._agenda, (at, self._noted, happens))

    def _tick(self, now: datetime) -> None:
        self._nobody_before = None
        tick(self.runtime)

    def _take_export(self, now: datetime) -> None:
        """Bring in both files of one export; now and then older ones, or a workbook."""
        for export in self._exported(now):
            self._take(export, now)

    def _take_list(self, now: datetime) -> None:
        """Bring in what the warehouse says is missing, on days on which it says something new."""
        before = now - timedelta(days=1)
        told = (listed(self.marketplace.shortages, now), listed(self.marketplace.shortages, before))
        is_moved = any(one.expected_on(now) != one.expected_on(before) for one in told[0])
        if told[0] and (is_moved or told[0] != told[1]):
            self._take(self.desk.stock_out(now, as_workbook=self.draw.random() < 0.5), now)

    def _take(self, file: ExportFile, now: datetime) -> None:
        taken_at = now + timedelta(seconds=40)
        self.clock.instant = taken_at
        take(self.runtime, Upload(file.name, file.content), taken_at, self.team.leader.name)

    def _exported(self, now: datetime) -> list[ExportFile]:
        local = now.astimezone(SHOP_ZONE)
        generation, as_workbook, days = Generation.OF_2022, False, WIDELY_EXPORTED_DAYS
        if local.hour > 12:
            days = EXPORTED_DAYS
            match local.weekday():
                case 1:
                    as_workbook = True
                case 3:
                    generation = Generation.OF_2020
                case 5:
                    generation = Generation.OF_2017
        return [
            self.desk.orders(now, days, generation, as_workbook=as_workbook),
            self.desk.items(now, 2, generation),
        ]

    def _do_todos(self, now: datetime) -> None:
        """Tick off most of the work list; a closed trade is closed in the marketplace too."""
        work_cases(self.runtime, self.draw, now, self.team.leader)
        for todo in open_todos(self.runtime, now):
            if not self._is_to_be_done(todo, now):
                continue
            try:
                finish_todo(self.runtime, todo.id, now, self.team.leader.name)
            except RefusedError:
                continue  # it came too late to be sent; the list shows it until its task ends
            if todo.kind is TodoKind.CLOSE_TRADE:
                for order in self.marketplace.awaiting(todo.buyer, now):
                    self.marketplace.close(order, now, CLOSED_BY_HAND)

    def _is_to_be_done(self, todo: Todo, now: datetime) -> bool:
        """A promise is kept as soon as the goods have left; the rest is done most of the time."""
        if todo.kind is not TodoKind.PROMISE:
            return self.draw.random() <= _TODOS_DONE
        waiting = [o for o in self.marketplace.orders_of(todo.buyer) if o.order_no in todo.wording]
        return all(o.shipped_at is not None and o.shipped_at <= now for o in waiting)

    def _next_of(self, shift: _Shift) -> Callable[[datetime], None]:
        return lambda now: self._call_next(shift, now)

    def _call_next(self, shift: _Shift, now: datetime) -> None:
        if shift.calls_left == 0 or now >= shift.ends:
            return
        if shift.caller.id in self._engaged:
            self._note(now + timedelta(minutes=1), self._next_of(shift))
            return
        if self._nobody_before is not None and now < self._nobody_before:
            self._note(self._nobody_before + self._pause(), self._next_of(shift))
            return
        answer = next_call(self.runtime, shift.caller, now)
        if isinstance(answer, HandOut):
            shift.calls_left -= 1
            self._engaged.add(shift.caller.id)
            self._note(now + self._pause(), lambda at: self._dial(shift, answer, at))
        elif answer.next_due is not None and answer.next_due < shift.ends:
            self._nobody_before = max(answer.next_due, now + timedelta(minutes=5))
            self._note(self._nobody_before + self._pause(), self._next_of(shift))

    def _dial(self, shift: _Shift, call: HandOut, now: datetime) -> None:
        reason = overtaken(self.marketplace, call, now)
        if reason is None and self.draw.random() < _SKIPPED:
            reason = "客户正在旺旺上沟通，稍后再打"
        if reason is not None:
            skip(self.runtime, call.attempt_id, reason, now, shift.caller)
            self._go_on(shift, now)
            return
        try:
            dial(self.runtime, call.attempt_id, now, shift.caller)
        except RefusedError:  # the window has closed, or an import was faster
            self._go_on(shift, now)
            return
        talked = converse(self.draw, call)
        self._note(now + talked.talk.lasts, lambda at: self._end(shift, call, talked, at))

    def _end(self, shift: _Shift, call: HandOut, talked: Conversation, now: datetime) -> None:
        hang_up(self.runtime, call.attempt_id, now, shift.caller)
        entered_at = now + timedelta(seconds=self.draw.randrange(4, 30))
        self._note(entered_at, lambda at: self._enter(shift, call, talked, at))

    def _enter(self, shift: _Shift, call: HandOut, talked: Conversation, now: datetime) -> None:
        answer, wish = enter(self.runtime, call, talked, now, shift.caller)
        with self.runtime.snapshot() as connection:
            reminded = training.reminders(connection, now, call.attempt_id)
        react(self.marketplace, reminded)  # some pay what they were reminded of
        if wish is not None and answer.next_at is not None:
            promised = _Shift(shift.caller, 1, answer.next_at + timedelta(hours=1))
            self._note(answer.next_at + self._pause(), self._next_of(promised))
        self._go_on(shift, now)

    def _go_on(self, shift: _Shift, now: datetime) -> None:
        self._engaged.discard(shift.caller.id)
        self._note(now + self._pause(), self._next_of(shift))

    def _pause(self) -> timedelta:
        return timedelta(seconds=self.draw.randrange(10, 50))


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=SHOP_ZONE).astimezone(UTC)
