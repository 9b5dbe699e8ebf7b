"""R-SMP-2, R-SMP-3, R-SMP-5, R-SMP-6 when several people press at once; barriers, no sleeps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from adapters.store.models.audit import audit
from adapters.store.models.calls import todo
from adapters.store.models.sampling import escalation, sample
from campaigns.errors import WaihuError
from campaigns.values import Person, Role, SampleState
from scheduler import jobs
from scheduler.flows import escalations
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.sampling import approve, draw, submit
from scheduler.flows.todos import finish_todo
from scheduler.runtime import Runtime
from tests.databases import postgres_only
from tests.factories import at
from tests.scheduler.flows.calling import dialled
from tests.scheduler.flows.sampling_shop import MONTH, STRATA, Month
from tests.scheduler.flows.test_claim_races import at_once
from tests.shops import Shop

TURNS = 25


def sampled(shop: Shop, many: int) -> list[str]:
    names = [f"tb_{index:03d}" for index in range(many)]
    for name in names:
        customer = shop.customer(name)
        shop.phone(customer)
        shop.sampled(customer)
    return names


def side_by_side(shop: Shop, turns: int, *work: Callable[[Runtime, int], Any]) -> list[Exception]:
    """Every turn all of these at the same time; what was neither done nor refused."""
    in_step = threading.Barrier(len(work))

    def run(runtime: Runtime, index: int) -> list[Exception]:
        failed: list[Exception] = []
        for turn in range(turns):
            in_step.wait()
            try:
                work[index](runtime, turn)
            except WaihuError:
                pass  # the other one was faster
            except Exception as error:
                failed.append(error)
        return failed

    return [error for failed in at_once(shop, len(work), run) for error in failed]


def _messages(shop: Shop, caller: Person) -> dict[str, int]:
    """Everybody failed to be reached for the third time; their messages by user ID."""
    buyers: dict[int, str] = {}
    for when in ("05-27 09:00", "05-27 13:30", "05-28 17:00"):
        for _ in range(TURNS):
            held = dialled(shop, caller, when)
            buyers[held.task_id] = held.buyer
            shop.outcome(held.attempt_id, "no_answer", when, caller)
    return {buyers[row.task_id]: row.id for row in shop.rows(todo)}


@postgres_only
def test_r_dnc_2_a_message_ticked_off_while_its_customer_asks_not_to_be_contacted(
    shop: Shop,
) -> None:
    """Both hold the task and its to-do; in another order they would wait for each other."""
    names = sampled(shop, TURNS)
    messages = _messages(shop, shop.person())
    now = at("05-28 17:30")

    def tick_off(runtime: Runtime, turn: int) -> None:
        finish_todo(runtime, messages[names[turn]], now, "张三")

    def ask(runtime: Runtime, turn: int) -> None:
        add_entry(runtime, EntryForm("别再打来", user_id=names[turn]), now, "李组长")

    assert side_by_side(shop, TURNS, tick_off, ask) == []
    assert {row.ending for row in shop.tasks()} == {"opted_out"}
    for row in shop.rows(todo):
        assert (row.done_at is None) != (row.withdrawn_at is None)


@postgres_only
def test_r_smp_5_an_answer_its_taking_its_breach_and_its_call_at_once(shop: Shop) -> None:
    """In writing by a leader, by a colleague, by the engine, and by the call that is under way."""
    sampled(shop, TURNS)
    caller, leader = shop.person(), shop.person("王组长", Role.LEADER)
    other = shop.person("李四")
    for _ in range(TURNS):
        shop.call(caller, "05-27 09:00", "complaint_escalated", note="碎了")
    owed = shop.rows(escalation)
    callers = [shop.person(f"坐席{turn}") for turn in range(TURNS)]
    shop.set_clock("05-27 09:31")
    jobs.tick(shop.runtime)  # overdue: anybody's
    held = {
        call.task_id: (call, who) for who in callers for call in [shop.take(who, "05-27 09:31")]
    }
    now = at("05-27 09:32")

    def enter(runtime: Runtime, turn: int) -> None:
        call, who = held[owed[turn].task_id]
        form = OutcomeForm("scored", score=5, key=call.attempt_id)
        record_outcome(runtime, call.attempt_id, form, now, who)

    def write(runtime: Runtime, turn: int) -> None:
        escalations.answer(runtime, owed[turn].id, "旺旺上说好了", now, leader)

    def take(runtime: Runtime, turn: int) -> None:
        escalations.take(runtime, owed[turn].id, now, other)

    assert side_by_side(shop, TURNS, enter, write, take) == []
    assert {row.state for row in shop.tasks()} == {"closed"}
    assert {row.reserved_for for row in shop.tasks()} == {None}
    answered = [row.what for row in shop.rows(audit)].count("escalation.answered")
    assert answered == TURNS == sum(row.answered_at is not None for row in shop.rows(escalation))


@postgres_only
def test_r_smp_5_two_people_take_one_complaint_and_the_engine_notes_the_breach(shop: Shop) -> None:
    sampled(shop, TURNS)
    caller = shop.person()
    for _ in range(TURNS):
        shop.call(caller, "05-27 09:00", "complaint_escalated", note="碎了")
    owed = shop.rows(escalation)
    takers = [shop.person("李四"), shop.person("王五")]
    shop.set_clock("05-27 09:30")

    def take(index: int) -> Callable[[Runtime, int], None]:
        return lambda runtime, turn: escalations.take(
            runtime, owed[turn].id, at("05-27 09:30"), takers[index]
        )

    def engine(runtime: Runtime, turn: int) -> None:
        with runtime.transaction() as connection:
            escalations.note_breaches(connection, at("05-27 09:30"))

    assert side_by_side(shop, TURNS, take(0), take(1), engine) == []
    taken = [row.what for row in shop.rows(audit)].count("escalation.taken")
    assert taken == TURNS
    assert {row.reserved_for for row in shop.tasks()} == {None}


@postgres_only
def test_r_smp_5_ready_pressed_twice_gives_one_call(shop: Shop) -> None:
    sampled(shop, 1)
    caller = shop.person()
    shop.call(caller, "05-27 09:00", "complaint_escalated", note="碎了")
    (owed,) = shop.rows(escalation)

    def press(runtime: Runtime, index: int) -> Any:
        escalations.ready(runtime, owed.id, at("05-27 09:05"), caller)
        return next_call(runtime, caller, at("05-27 09:05"))

    held = at_once(shop, 4, press)
    assert {call.attempt_id for call in held if isinstance(call, HandOut)} == {
        shop.attempts()[-1].id
    }
    assert [row.what for row in shop.rows(audit)].count("escalation.ready") == 1


def _lined_up(month: Month, many: int) -> list[Person]:
    month.fill(90, strata=STRATA[:1])
    return [month.shop.person(f"主管{index}", Role.SUPERVISOR) for index in range(many)]


@postgres_only
def test_r_smp_3_drawn_submitted_and_approved_by_many_at_once(shop: Shop) -> None:
    """One list counts at every instant, and everybody drawn has one task."""
    month = Month(shop)
    people = _lined_up(month, 3)
    now = at("05-28 10:00")

    def work(runtime: Runtime, turn: int, who: Person) -> None:
        draw(runtime, MONTH, now, who, seed=turn)
        submit(runtime, MONTH, now, who)

    def approving(runtime: Runtime, turn: int) -> None:
        approve(runtime, MONTH, now, people[2])

    failed = side_by_side(
        shop,
        8,
        lambda runtime, turn: work(runtime, turn, people[0]),
        lambda runtime, turn: work(runtime, turn + 100, people[1]),
        approving,
    )
    assert failed == []
    states = [row.state for row in shop.rows(sample)]
    assert states.count(SampleState.APPROVED) == 1
    assert set(states) <= {SampleState.APPROVED, SampleState.REPLACED}
    assert len(shop.tasks()) == 60
    assert len({row.customer_id for row in shop.tasks()}) == 60


@postgres_only
def test_r_smp_2_an_approval_while_reserves_and_drawn_ones_ask_not_to_be_called(
    shop: Shop,
) -> None:
    month = Month(shop)
    (supervisor, *_) = _lined_up(month, 1)
    drawn = month.draw()
    month.submit()
    now = at("05-28 10:00")
    asking = [one.buyer for one in (*drawn.members[:6], *drawn.members[60:66])]

    def ask(offset: int) -> Callable[[Runtime, int], None]:
        def work(runtime: Runtime, turn: int) -> None:
            entry = EntryForm("别再打来", user_id=asking[2 * turn + offset])
            add_entry(runtime, entry, now, "李组长")

        return work

    def approving(runtime: Runtime, turn: int) -> None:
        approve(runtime, MONTH, now, supervisor)

    assert side_by_side(shop, 6, approving, ask(0), ask(1)) == []
    month.replace_lost("05-28 10:01")
    found = month.status("05-28 10:02")
    assert found.drawn == found.scored + sum(found.unscored.values()) + found.open
    assert found.open == 60
    still = {row.customer_id for row in shop.tasks() if row.state != "closed"}
    named = {one.customer_id for one in drawn.members if one.buyer in asking}
    assert still & named == set()
