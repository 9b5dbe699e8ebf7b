"""Callers as they are: quick, slow, forgetful, clicking twice, and overtaken by events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from adapters.training_shop.buyers import draw_mobile
from campaigns.days import business_day
from campaigns.errors import ConflictError, RefusedError, UsageError
from campaigns.registry import outcome_of
from campaigns.values import Effect, Kind, OrderState, Person, Topic
from scheduler.flows.claim import HandOut, current_call, next_call
from scheduler.flows.dialling import dial, hang_up, renew, skip
from scheduler.flows.do_not_contact import EntryForm, add_entry, lift_entry
from scheduler.flows.outcome import MatterForm, OutcomeAnswer, OutcomeForm, record_outcome
from scheduler.flows.outcome_forms import CaseForm, FeedbackForm
from scheduler.flows.shortages import listing, move
from tests.simulation.chaos import World
from tests.simulation.outcomes import draw_outcome, draw_settled

COURSES = {
    "as usual": 66,
    "enters without dialling": 8,
    "walks away and comes back": 5,
    "enters late without dialling": 5,
    "skips": 5,
    "keeps the page open": 3,
    "customer pays meanwhile": 3,
    "customer opts out elsewhere": 3,
    "customer opts out during the call": 2,
    "date moves": 4,
    "power cut": 2,
}
CHECKED_TWICE = 0.3
"""Of the calls, so many try everything a second time; the others save the tests' time."""
OF_THE_HOUR = frozenset({"R-HOURS-3", "R-DNC-2", "R-DNC-1", "R-REPEAT-3", "R-REPEAT-2"})
"""Why a call may be refused whatever has happened meanwhile."""


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
        world.seen[f"{answer.kind} {answer.topic}"] += 1
        if answer.also:
            world.seen["several matters at once"] += 1
        if draw.random() < 0.2:  # a double click: the same hand-out, not another one
            again = next_call(world.runtime, self.person, now)
            assert isinstance(again, HandOut)
            assert again.attempt_id == answer.attempt_id
            world.seen["double next"] += 1
        self._check_alone(answer, now)
        course = draw.choices(list(COURSES), list(COURSES.values()))[0]
        if "*" in answer.buyer and course.startswith("customer"):
            course = "as usual"  # nobody can be told apart by a masked user ID
        if course == "date moves" and answer.kind is not Kind.STOCK_OUT:
            course = "as usual"
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
            "customer pays meanwhile": (moment, self._overtaken),
            "customer opts out elsewhere": (moment, self._opts_out),
            "customer opts out during the call": (moment, self._opts_out_mid_call),
            "date moves": (moment, self._date_moves),
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
        held = current_call(world.runtime, self.person, now)
        assert held is not None
        assert held.attempt_id == call.attempt_id
        self.desk.held[self.person.id] = held
        if draw.random() < CHECKED_TWICE:
            assert dial(world.runtime, call.attempt_id, now, self.person) == dialled
            with pytest.raises(RefusedError):
                skip(world.runtime, call.attempt_id, "已经拨打", now, self.person)
        lasts = timedelta(seconds=draw.choice((20, 60, 240, 2_400)) + draw.randrange(60))
        world.note(now + lasts, lambda instant: self._hang_up(call, instant))

    def _hang_up(self, call: HandOut, now: datetime) -> None:
        hang_up(self.world.runtime, call.attempt_id, now, self.person)
        self._enter(call, now)

    def _enter(self, call: HandOut, now: datetime) -> None:
        """Enter an outcome, wrongly first now and then, and twice now and then."""
        world, draw = self.world, self.world.draw
        code = draw_outcome(draw, call.kind)
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
        world.seen["settled along with another"] += len(answer.also)
        if draw.random() < CHECKED_TWICE:
            again = record_outcome(world.runtime, call.attempt_id, form, now, self.person)
            assert again == answer
            other = OutcomeForm("no_answer", key="another page")
            with pytest.raises(ConflictError):
                record_outcome(world.runtime, call.attempt_id, other, now, self.person)
        if outcome_of(call.kind, code).suppresses and draw.random() < 0.2:
            self._lift_and_add_again(call, now)
        if draw.random() < 0.25:
            for order in world.marketplace.awaiting(call.buyer, now):
                world.marketplace.pay(order, now + timedelta(minutes=draw.randrange(1, 900)))
        self._go_on(now)

    def _filled(self, form: OutcomeForm, call: HandOut, now: datetime) -> OutcomeForm:
        draw, outcome = self.world.draw, outcome_of(call.kind, form.code)
        callback, phone = None, None
        if form.code in ("busy", "other", "no_answer") and draw.random() < 0.5:
            callback = now + timedelta(minutes=draw.randrange(-60, 3_000))
        if outcome.needs_phone:
            shared = draw.random() < 0.2
            phone = draw.choice(self.desk.numbers) if shared else draw_mobile(draw)
        elif form.code == "relay_failed" and draw.random() < 0.3:
            phone = draw_mobile(draw)
        score = None
        if outcome.takes_score and (form.code == "scored" or draw.random() < 0.5):
            score = draw.randint(1, 5)
        said = FeedbackForm(effect=draw.choice(list(Effect)), verbatim="用着还行")
        return replace(
            form,
            callback_at=callback,
            phone=phone,
            note="客户另有要求" if outcome.needs_note else None,
            feedback=said if call.kind is Kind.CALLBACK and draw.random() < 0.5 else None,
            case=CaseForm(agreed="今天答复") if outcome.opens_case else None,
            score=score,
            reason="等得太久" if score in (1, 2) else None,
            suggestion="回得再快些" if score in (3, 4) else None,
            also=self._also(call, form.code),
        )

    def _also(self, call: HandOut, code: str) -> tuple[MatterForm, ...]:
        """R-REPEAT-2. Mostly everything is settled in the one call, sometimes one is forgotten."""
        draw = self.world.draw
        held = self.desk.held.get(self.person.id, call)
        outcome = outcome_of(call.kind, code)
        if not outcome.is_reached or code in ("wrong_number", "cut_off") or outcome.suppresses:
            return ()
        found = []
        for matter in held.also:
            settled = draw_settled(draw, matter.kind)
            needs = outcome_of(matter.kind, settled)
            if draw.random() < 0.8:
                note = "一起说了" if needs.needs_note else None
                phone = draw_mobile(draw) if needs.needs_phone else None
                found.append(MatterForm(matter.task_id, settled, phone=phone, note=note))
        return tuple(found)

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
            assert form.callback_at is not None, wrong
            assert form.callback_at <= now, wrong
            world.seen["callback in the past"] += 1
        except ConflictError:
            raise
        except RefusedError as refused:
            assert refused.rules[0] in ("R-HOURS-7", "R-REPEAT-2")
            world.seen[f"refused whole by {refused.rules[0]}"] += 1
        plain = replace(form, callback_at=None, also=())
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

    def _overtaken(self, call: HandOut, now: datetime) -> None:
        """R-DUN-4, R-CB-2. Paid, or signed for, between hand-out and dialling: no call."""
        world = self.world
        if call.topic is Topic.RECEIVED or call.kind in (Kind.STOCK_OUT, Kind.SAMPLING):
            self._dial(call, now)
            return
        for order in world.marketplace.awaiting(call.buyer, now):
            world.marketplace.pay(order, now)
        for order in world.marketplace.orders_of(call.buyer):
            if order.state_at(now) is OrderState.SHIPPED:
                order.received_at, order.closed_at = now, None
        world.export(now, days=30)
        with pytest.raises(RefusedError) as refused:
            dial(world.runtime, call.attempt_id, now, self.person)
        gone = {"R-DUN-4", "R-DUN-3", "R-CB-2", "R-CLAIM-1"}
        assert set(refused.value.rules) & (gone | OF_THE_HOUR), refused.value.rules
        self._go_on(now)

    def _date_moves(self, call: HandOut, now: datetime) -> None:
        """R-OOS-2. While the caller reads the dialogue the goods are put off: the call goes on."""
        missing = [one for one in listing(self.world.runtime, now) if one.arrived_at is None]
        if missing:
            one = self.world.draw.choice(missing)
            later = max(one.expected_on, business_day(now)) + timedelta(days=2)
            move(self.world.runtime, one.id, later, now, "组长")
        self._dial(call, now)

    def _opts_out_mid_call(self, call: HandOut, now: datetime) -> None:
        """R-DNC-2. The customer writes "退订" while a caller is talking to them."""
        self._dial(call, now)
        entry = EntryForm("客户在旺旺上要求", user_id=call.buyer)

        def opt_out(at: datetime) -> None:
            add_entry(self.world.runtime, entry, at, "主管")

        self.world.note(now + timedelta(seconds=9), opt_out)

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
