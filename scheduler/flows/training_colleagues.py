"""Simulated colleagues of a training shop: people of the shop who call as everybody else does.

Every step of theirs is one of the real flows at the shop's own time, and all that they know stands in
the shop's books, so they go on after a restart, and they never get a customer whom somebody holds.
What comes of a call hangs on the seed, the task and the instant of the hand-out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from random import Random

from adapters import event_log
from adapters.store.queries import audit, jobs
from adapters.store.queries import training as queries
from adapters.training_shop.exports import ExportDesk
from adapters.training_shop.marketplace import Marketplace
from campaigns.days import business_day
from campaigns.errors import UsageError, WaihuError
from campaigns.values import SHOP_ZONE, Kind, Person, Role, TodoKind
from scheduler.flows import escalations
from scheduler.flows.claim import HandOut, current_call, next_call
from scheduler.flows.dialling import dial, hang_up, skip
from scheduler.flows.intake import Upload, take
from scheduler.flows.people import NewPerson, enter_newcomer
from scheduler.flows.shop import show_clock
from scheduler.flows.todos import finish_todo, open_todos
from scheduler.flows.training_desk import Conversation, converse, enter, overtaken
from scheduler.flows.training_world import (
    EXPORTED_DAYS,
    SEED,
    WIDELY_EXPORTED_DAYS,
    marketplace_at,
)
from scheduler.runtime import Runtime

log = event_log.get_logger(__name__)

COLLEAGUES = (
    "小林（模拟）",
    "阿杰（模拟）",
    "小周（模拟）",
    "秋月（模拟）",
    "大勇（模拟）",
    "晓雯（模拟）",
)
"""Who can be there. They have no password, so nobody signs in as one of them."""

EXPORTS_AT = (time_of_day(8, 30), time_of_day(13, 30))
"""When they bring in the shop's exports; the morning's goes before the morning's plan (R-DUN-1)."""

_AT_WORK = timedelta(seconds=0.8)
"""How long one round may wait, by the machine's clock; well below the time between two rounds."""
_ROUNDS = 200
_REMEMBERED = timedelta(hours=1)
_SKIPPED = 0.02


def show_colleagues(runtime: Runtime) -> int:
    """How many simulated colleagues are at work; none in a real shop."""
    if not runtime.is_training:
        return 0
    with runtime.snapshot() as connection:
        return queries.colleagues(connection)


def set_colleagues(runtime: Runtime, count: int, now: datetime, who: str) -> None:
    """Let so many simulated colleagues work. Raises UsageError in a real shop, or for too many.

    Who is not wanted any more ends the call at hand and takes no other.
    """
    if not runtime.is_training:
        raise UsageError("正式店铺没有模拟同事")
    if not 0 <= count <= len(COLLEAGUES):
        raise UsageError(f"模拟同事是 0 到 {len(COLLEAGUES)} 位", field="colleagues")
    with runtime.transaction() as connection:
        before = queries.colleagues(connection)
        for name in COLLEAGUES[:count]:
            enter_newcomer(connection, NewPerson(name, Role.CALLER), now)
        queries.set_colleagues(connection, count)
        audit.record(
            connection,
            now,
            who,
            "colleagues.set",
            "shop:1",
            before={"colleagues": before},
            after={"colleagues": count},
        )


def bring_exports(runtime: Runtime, now: datetime) -> None:
    """While colleagues are there, the day's latest export that is due is taken in, once."""
    if show_colleagues(runtime) == 0:
        return
    slots = [
        datetime.combine(business_day(now), at, tzinfo=SHOP_ZONE).astimezone(UTC)
        for at in EXPORTS_AT
    ]
    due = [slot for slot in slots if slot <= now]
    if not due:
        return
    slot = due[-1]
    with runtime.transaction() as connection:
        if not jobs.take(connection, "training_export", slot, now):
            return
    desk = ExportDesk(marketplace_at(runtime, slot), runtime.shop_name)
    is_morning = slot == slots[0]
    days = WIDELY_EXPORTED_DAYS if is_morning else EXPORTED_DAYS
    files = [desk.orders(slot, days), desk.items(slot, 2)]
    if is_morning:
        files.append(desk.stock_out(slot))
    for file in files:
        take(runtime, Upload(file.name, file.content), now, COLLEAGUES[0])
    with runtime.transaction() as connection:
        jobs.finish(connection, "training_export", slot, now, "done", None)


def work(runtime: Runtime, wait: Callable[[float], None] = time.sleep) -> int:
    """Let every colleague do what is due, and what becomes due within this round; counts the steps.

    With a fast clock a whole call may pass within one round, so the round waits for its next step
    for as long as it may.
    """
    if not runtime.is_training:
        return 0
    with runtime.snapshot() as connection:
        count = queries.colleagues(connection)
        people = queries.people_named(connection, COLLEAGUES)
    if not people:
        return 0
    clock = show_clock(runtime)
    ends = runtime.machine_clock.now() + _AT_WORK
    office = _Office(runtime, frozenset(person.id for person in people[:count]))
    for _ in range(_ROUNDS):
        now = runtime.now()
        soonest = office.next_steps(people, now)
        if soonest is None or not clock.ticks:
            break
        seconds = max((soonest - now) / timedelta(seconds=1) / clock.speed, 0.0)
        if runtime.machine_clock.now() + timedelta(seconds=seconds) > ends:
            break
        wait(seconds)
        if seconds and runtime.now() <= now:
            break  # somebody has stopped the clock
    return office.steps


@dataclass(slots=True)
class _Office:
    """The colleagues during one round. `at_work` are those who may take another customer."""

    runtime: Runtime
    at_work: frozenset[int]
    steps: int = 0
    _nobody: bool = False
    _marketplace: Marketplace | None = field(default=None)

    def next_steps(self, people: Sequence[Person], now: datetime) -> datetime | None:
        """Everybody's next step, if it is due; returns when somebody's next one will be."""
        found = [due for person in people if (due := self._step(person, now)) is not None]
        return min(found, default=None)

    def _step(self, person: Person, now: datetime) -> datetime | None:
        try:
            call = current_call(self.runtime, person, now)
            if call is None:
                self._look_after(person, now)
                return self._take(person, now) if person.id in self.at_work else None
            return self._go_on(call, person, now)
        except WaihuError as error:  # taken away, or the window has closed: the lease runs out
            log.info("colleague.refused", person=person.id, reason=error.message)
            return None

    def _look_after(self, person: Person, now: datetime) -> None:
        """R-SMP-5, R-SMP-6. Find answers to own escalated complaints, write to who was not reached."""
        for one in escalations.open_escalations(self.runtime, now, owner=person):
            thinks = timedelta(minutes=_drawn(one.id, one.opened_at).randrange(5, 25))
            if one.ready_at is None and now >= one.opened_at + thinks:
                escalations.ready(self.runtime, one.id, now, person)
                self.steps += 1
        for todo in open_todos(self.runtime, now, as_of=now, caller=person.name):
            is_message = todo.kind is TodoKind.WANGWANG and todo.about is Kind.SAMPLING
            if is_message and todo.due_at <= now:
                finish_todo(self.runtime, todo.id, now, person.name)
                self.steps += 1

    def _take(self, person: Person, now: datetime) -> datetime | None:
        with self.runtime.snapshot() as connection:
            ended = queries.last_ended(connection, person.id, now - _REMEMBERED)
        if ended is not None:
            rested = ended + timedelta(seconds=_drawn(person.id, ended).randrange(10, 60))
            if now < rested:
                return rested
        if self._nobody:
            return None
        answer = next_call(self.runtime, person, now)
        if not isinstance(answer, HandOut):
            self._nobody = True
            return None
        self.steps += 1
        return now + _Plan.of(answer).reads

    def _go_on(self, call: HandOut, person: Person, now: datetime) -> datetime | None:
        plan = _Plan.of(call)
        due = plan.due(call)
        if now < due:
            return due
        self.steps += 1
        if call.dialled_at is None:
            reason = "客户正在旺旺上沟通，稍后再打" if plan.skips else self._overtaken(call, now)
            if reason is not None:
                skip(self.runtime, call.attempt_id, reason, now, person)
                return now
            dialled = dial(self.runtime, call.attempt_id, now, person)
            return dialled.dialled_at + plan.talked.talk.lasts
        if call.hung_up_at is None:
            hang_up(self.runtime, call.attempt_id, now, person)
            return now + plan.writes
        enter(self.runtime, call, plan.talked, now, person)
        return now

    def _overtaken(self, call: HandOut, now: datetime) -> str | None:
        if not call.must_look_first:
            return None
        if self._marketplace is None:
            self._marketplace = marketplace_at(self.runtime, now)
        return overtaken(self._marketplace, call, now)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a colleague's call will go, drawn anew at each step and always the same."""

    reads: timedelta
    writes: timedelta
    skips: bool
    talked: Conversation

    @staticmethod
    def of(call: HandOut) -> _Plan:
        """Draw the call; what rides on it may still change, and is drawn last."""
        draw = _drawn(call.task_id, call.handed_out_at)
        return _Plan(
            reads=timedelta(seconds=draw.randrange(8, 40)),
            writes=timedelta(seconds=draw.randrange(4, 30)),
            skips=draw.random() < _SKIPPED,
            talked=converse(draw, call),
        )

    def due(self, call: HandOut) -> datetime:
        """When the next step of the call is to be done."""
        if call.dialled_at is None:
            return call.handed_out_at + self.reads
        if call.hung_up_at is None:
            return call.dialled_at + self.talked.talk.lasts
        return call.hung_up_at + self.writes


def _drawn(number: int, at: datetime) -> Random:
    return Random(f"{SEED} {number} {at:%Y%m%d%H%M%S}")  # noqa: S311 - seeded on purpose
