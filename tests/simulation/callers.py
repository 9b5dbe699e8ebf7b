"""Callers as they are: quick, slow, forgetful, clicking twice, and overtaken by events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from adapters.training_shop.buyers import draw_mobile
from campaigns.errors import ConflictError, RefusedError, UsageError
from campaigns.registry import outcome_of
from campaigns.values import Kind, Person
from scheduler.flows.claim import HandOut, current_call, next_call
from scheduler.flows.dialling import dial, hang_up, renew, skip
from scheduler.flows.do_not_contact import EntryForm, add_entry, lift_entry
from scheduler.flows.outcome import OutcomeAnswer, OutcomeForm, record_outcome
from tests.simulation.chaos import World

COURSES = {
    "as usual": 66,
    "enters without dialling": 8,
    "walks away and comes back": 5,
    "enters late without dialling": 5,
    "skips": 5,
    "keeps the page open": 3,
    "customer pays meanwhile": 3,
    "customer opts out elsewhere": 3,
    "power cut": 2,
}
OUTCOMES = {
    "no_answer": 22, "switched_off": 4, "out_of_service": 2, "unreachable": 3, "line_busy": 5,
    "rejected": 6, "relay_failed": 4, "wrong_number": 4, "busy": 14, "cut_off": 7,
    "hung_up_angry": 2, "opt_out": 2, "other": 3, "will_pay": 10, "not_needed": 4, "says_paid": 5,
    "relay": 4, "gave_number": 6,
}  # fmt: skip


@dataclass(slots=True)
class Desk:
    """All callers of a world, and whom each of them holds at this instant."""

    world: World
    held: dict[int, HandOut] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Caller:
    """One caller at work until the end of the shift."""

    desk: Desk
    person: Person
    until: datetime

    @property
    def world(self) -> World:
        return self.desk.world

    def call_next(self, now: datetime) -> None:
        """Ask for the next customer and choose what happens to the hand-out."""
        if now >= self.until:
            return
        world, draw = self.world, self.world.draw
        answer = next_call(world.runtime, self.person, now)
        if not isinstance(answer, HandOut):
            world.seen["nobody"] += 1
            assert answer.next_due is None or answer.next_due >= now
            later = now + timedelta(minutes=draw.randrange(8, 25))
            world.note(max(later, answer.next_due or later), self.call_next)
            return
        if draw.random() < 0.2:  # a double click: the same hand-out, not another one
            again = next_call(world.runtime, self.person, now)
            assert isinstance(again, HandOut)
            assert again.attempt_id == answer.attempt_id
            world.seen["double next"] += 1
        self._check_alone(answer, now)
        course = draw.choices(list(COURSES), list(COURSES.values()))[0]
        if "*" in answer.buyer and course.startswith("customer"):
            course = "as usual"  # nobody can be told apart by a masked user ID
        world.seen[course] += 1
        self._take(course, answer, now)

    def _check_alone(self, call: HandOut, now: datetime) -> None:
        """R-REPEAT-2, R-CLAIM-1. No customer and no phone is held by two callers."""
        others = [h for who, h in self.desk.held.items() if who != self.person.id]
        live = [h for h in others if h.dialled_at is not None or h.lease_until > now]
        assert call.customer_id not in {h.customer_id for h in live}
        assert call.phone not in {h.phone for h in live}
        self.desk.held[self.person.id] = call
        self.desk.numbers.append(call.phone.display)

    def _take(self, course: str, call: HandOut, now: datetime) -> None:
        world, draw = self.world, self.world.draw
        moment = timedelta(seconds=draw.randrange(5, 90))
        away = timedelta(minutes=draw.randrange(14, 40))
        steps: dict[str, tuple[timedelta, Callable[[HandOut, datetime], None]]] = {
            "as usual": (moment, self._dial),
            "enters without dialling": (moment * 3, self._enter),
            "walks away and comes back": (away, self._dial),
            "enters late without dialling": (away, self._enter),
            "skips": (moment, self._skip),
            "keeps the page open": (timedelta(minutes=14), self._renew),
            "customer pays meanwhile": (moment, self._pays_meanwhile),
            "customer opts out elsewhere": (moment, self._opts_out),
            "power cut": (moment, self._power_cut),
        }
        after, step = steps[course]
        world.note(now + after, lambda instant: step(call, instant))

    def _go_on(self, now: datetime) -> None:
        self.desk.held.pop(self.person.id, None)
        pause = timedelta(seconds=self.world.draw.randrange(20, 400))
        self.world.note(now + pause, self.call_next)

    def _dial(self, call: HandOut, now: datetime) -> None:
        world, draw = self.world, self.world.draw
        try:
            dialled = dial(world.runtime, call.attempt_id, now, self.person)
        except RefusedError as refused:
            world.seen[f"dial refused {refused.rules[0]}"] += 1
            self._go_on(now)
            return
        assert dial(world.runtime, call.attempt_id, now, self.person) == dialled
        held = current_call(world.runtime, self.person, now)
        assert held is not None
        assert held.attempt_id == call.attempt_id
        self.desk.held[self.person.id] = held
        with pytest.raises(RefusedError):
            skip(world.runtime, call.attempt_id, "已经拨打", now, self.person)
        lasts = timedelta(seconds=draw.choice((20, 60, 240, 2_400)) + draw.randrange(60))
        world.note(now + lasts, lambda instant: self._hang_up(call, instant))

    def _hang_up(self, call: HandOut, now: datetime) -> None:
        hang_up(self.world.runtime, call.attempt_id, now, self.person)
        hang_up(self.world.runtime, call.attempt_id, now, self.person)
        self._enter(call, now)

    def _enter(self, call: HandOut, now: datetime) -> None:
        """Enter an outcome, wrongly first now and then, and twice now and then."""
        world, draw = self.world, self.world.draw
        code = draw.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
        form = OutcomeForm(code, key=f"{call.attempt_id} {draw.randrange(10**9)}")
        form = self._filled(form, call, now)
        try:
            answer = self._recorded(form, call, now)
        except ConflictError as conflict:
            assert "R-CLAIM-1" in conflict.rules
            world.seen["outcome came too late"] += 1
            self._go_on(now)
            return
        world.seen[code] += 1
        assert record_outcome(world.runtime, call.attempt_id, form, now, self.person) == answer or (
            form.callback_at is not None
        )
        other = OutcomeForm("no_answer", key="another page")
        with pytest.raises(ConflictError):
            record_outcome(world.runtime, call.attempt_id, other, now, self.person)
        if outcome_of(Kind.DUNNING, code).suppresses and draw.random() < 0.2:
            self._lift_and_add_again(call, now)
        if draw.random() < 0.25:
            for order in world.marketplace.awaiting(call.buyer, now):
                world.marketplace.pay(order, now + timedelta(minutes=draw.randrange(1, 900)))
        self._go_on(now)

    def _filled(self, form: OutcomeForm, call: HandOut, now: datetime) -> OutcomeForm:
        draw = self.world.draw
        callback, phone, note = None, None, None
        if form.code in ("busy", "other", "no_answer") and draw.random() < 0.5:
            callback = now + timedelta(minutes=draw.randrange(-60, 3_000))
        if form.code == "other":
            note = "客户另有要求"
        if form.code == "gave_number":
            shared = draw.random() < 0.2
            phone = draw.choice(self.desk.numbers) if shared else draw_mobile(draw)
        elif form.code == "relay_failed" and draw.random() < 0.3:
            phone = draw_mobile(draw)
        return OutcomeForm(form.code, callback, phone, note, form.key)

    def _recorded(self, form: OutcomeForm, call: HandOut, now: datetime) -> OutcomeAnswer:
        """Record it; a form that cannot be taken is refused whole and entered again."""
        world = self.world
        if world.draw.random() < 0.1:
            bad = OutcomeForm("gave_number", phone=world.draw.choice(("", "138****8000", "95588")))
            with pytest.raises((UsageError, ConflictError)):
                record_outcome(world.runtime, call.attempt_id, bad, now, self.person)
        try:
            return record_outcome(world.runtime, call.attempt_id, form, now, self.person)
        except UsageError as wrong:
            assert form.callback_at is not None
            assert form.callback_at <= now, wrong
            world.seen["callback in the past"] += 1
        except ConflictError:
            raise
        except RefusedError as refused:
            assert refused.rules[0] == "R-HOURS-7"
            world.seen["callback after the deadline"] += 1
        plain = OutcomeForm(form.code, None, form.phone, form.note, form.key)
        return record_outcome(world.runtime, call.attempt_id, plain, now, self.person)

    def _lift_and_add_again(self, call: HandOut, now: datetime) -> None:
        """R-DNC-3. An entry made by mistake is lifted, and made again a little later."""
        world = self.world
        if "*" in call.buyer:
            return
        form = EntryForm("客户来电要求", user_id=call.buyer)
        entry = add_entry(world.runtime, form, now, "主管")
        lift_entry(world.runtime, entry, "登记错了", now, world.supervisor)
        add_entry(world.runtime, form, now, "主管")
        world.seen["lifted"] += 1

    def _skip(self, call: HandOut, now: datetime) -> None:
        held = current_call(self.world.runtime, self.person, now)
        if held is None:  # withdrawn meanwhile
            with pytest.raises(ConflictError):
                skip(self.world.runtime, call.attempt_id, "正在聊旺旺", now, self.person)
        else:
            skip(self.world.runtime, call.attempt_id, "正在聊旺旺", now, self.person)
            skip(self.world.runtime, call.attempt_id, "正在聊旺旺", now, self.person)
        self._go_on(now)

    def _renew(self, call: HandOut, now: datetime) -> None:
        until = renew(self.world.runtime, call.attempt_id, now, self.person)
        if until is None:  # withdrawn meanwhile
            self._go_on(now)
            return
        assert until > call.lease_until
        held = current_call(self.world.runtime, self.person, now)
        assert held is not None
        self.desk.held[self.person.id] = held
        self.world.note(now + timedelta(minutes=5), lambda instant: self._dial(call, instant))

    def _pays_meanwhile(self, call: HandOut, now: datetime) -> None:
        """R-DUN-4. The payment comes in between hand-out and dialling: no call."""
        world = self.world
        for order in world.marketplace.awaiting(call.buyer, now):
            world.marketplace.pay(order, now)
        world.export(now)
        with pytest.raises(RefusedError) as refused:
            dial(world.runtime, call.attempt_id, now, self.person)
        assert set(refused.value.rules) & {"R-DUN-4", "R-DUN-3", "R-HOURS-3", "R-DNC-2"}
        self._go_on(now)

    def _opts_out(self, call: HandOut, now: datetime) -> None:
        """R-DNC-2. From that second on, also what a caller has on screen is withdrawn."""
        world = self.world
        was_held = current_call(world.runtime, self.person, now) is not None
        add_entry(world.runtime, EntryForm("客户在旺旺上要求", user_id=call.buyer), now, "主管")
        with pytest.raises(RefusedError) as refused:
            dial(world.runtime, call.attempt_id, now, self.person)
        assert refused.value.rules[0] == "R-DNC-2" or not was_held
        self._go_on(now)

    def _power_cut(self, call: HandOut, now: datetime) -> None:
        """Nothing of a flow that died before its commit remains: it can be done again."""
        world = self.world
        form = OutcomeForm("opt_out")
        before = current_call(world.runtime, self.person, now)
        world.with_power_cut(
            lambda: record_outcome(world.runtime, call.attempt_id, form, now, self.person)
        )
        world.with_power_cut(lambda: dial(world.runtime, call.attempt_id, now, self.person))
        assert current_call(world.runtime, self.person, now) == before
        self._dial(call, now)
