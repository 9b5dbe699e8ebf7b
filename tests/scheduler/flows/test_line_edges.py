"""Decision 0027 at its edges: what happens between two steps, and beside them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.channels.base import Found, Missing, Refused, Unknown
from adapters.channels.registry import Lines
from adapters.store.models.audit import audit
from adapters.store.models.lines import line_call
from campaigns.errors import ConflictError
from campaigns.lines import Cause, Leg, What
from campaigns.values import AttemptState, LineName, Person
from scheduler.flows import line_events
from scheduler.flows.line_calls import dial, go_on, hang_up
from scheduler.flows.line_choice import set_phone
from scheduler.flows.line_events import apply_waiting
from scheduler.flows.line_gate import NotNow
from scheduler.flows.line_keypad import ask_score
from scheduler.flows.line_reconcile import reconcile
from tests.factories import at
from tests.scheduler.flows.lines import LineShop

# --- hung up before the customer was rung -------------------------------------------------------


def test_whoever_hung_up_while_the_line_was_asked_has_nobody_rung(
    lines: LineShop, caller: Person
) -> None:
    """Their own telephone rings all the same, and they pick it up."""
    lines.line.on_place = lambda order: hang_up(lines.runtime, order.call_id, lines.now, caller)
    attempt_id, call = lines.dialled(caller)
    lines.tell(call, Leg.CALLER, What.ANSWERED)
    assert isinstance(lines.gate(call), NotNow)
    assert (lines.states(), lines.attempt_states()) == (["stopped"], [AttemptState.HANDED_OUT])
    lines.check()
    lines.line.on_place = None
    assert lines.dial(caller, attempt_id).state == "placed"
    lines.check()


def test_a_call_that_was_left_rings_nobody_when_it_turns_up(
    lines: LineShop, caller: Person
) -> None:
    """R-REPEAT-2. The caller talks to somebody else by then."""
    lines.another_buyer()
    lines.line.answer_next(Unknown("没有回答"), happens=True)
    left, call = lines.dialled(caller)
    go_on(lines.runtime, left, lines.now, caller)
    lines.clock.move(seconds=10)
    other = lines.shop.take(caller, "05-13 09:31")
    lines.at("05-13 09:31")
    dial(lines.runtime, other.attempt_id, lines.now, caller, LineName.MANUAL)
    lines.tell(call, Leg.CALLER, What.ANSWERED)
    assert isinstance(lines.gate(call), NotNow)
    states = {row.id: row.state for row in lines.shop.attempts()}
    assert (states[left], states[other.attempt_id]) == ("withdrawn", "dialled")
    lines.check()


# --- looking up ----------------------------------------------------------------------------------


def test_a_desk_telephone_that_two_share_does_not_keep_a_call_unknown_for_ever(
    lines: LineShop, caller: Person
) -> None:
    """The look-up by number and time must not find the other's call again and again."""
    lines.another_buyer()
    second = lines.shop.person("李四")
    for who in (caller, second):
        set_phone(lines.runtime, who, LineName.TWILIO, "057188880000", lines.now, "李组长")
    lines.dialled(second)
    lines.line.answer_next(Unknown("没有回答"), happens=False)
    lines.dials(caller)
    lines.look_up(20, seconds=60)
    assert sorted(lines.states())[-1] == "unconfirmed"
    assert "unknown" not in lines.states()


def test_a_call_that_is_gone_before_the_gate_rang_nobody(lines: LineShop, caller: Person) -> None:
    """All its events were lost, and the line keeps no record of it."""
    lines.dialled(caller)
    lines.line.lookups.extend([Missing(), Missing()])
    lines.look_up(2, seconds=60)
    assert (lines.states(), lines.attempt_states()) == (["stopped"], [AttemptState.HANDED_OUT])
    lines.check()


def test_a_call_that_is_gone_after_the_gate_counts_and_is_over(
    lines: LineShop, caller: Person
) -> None:
    _, call = lines.dialled(caller)
    lines.talks(call)
    lines.line.lookups.extend([Missing(), Missing()])
    lines.look_up(2, seconds=60)
    (attempt,) = lines.shop.attempts()
    assert (lines.states(), attempt.state) == (["ended"], "dialled")
    assert attempt.hung_up_at == lines.now
    lines.check()


def test_a_line_that_is_silent_is_asked_once_in_a_round(lines: LineShop, caller: Person) -> None:
    """Each question may take half a minute, and other lines wait behind it."""
    callers = [caller]
    for number in range(3):
        lines.shop.buyer(f"tb_{number}")
        callers.append(lines.shop.person(f"坐席{number}"))
    lines.shop.plan(now="05-13 09:29")
    for who in callers:
        lines.dialled(who)
    lines.line.lookups.extend([Unknown("线路不通")] * 4)
    lines.look_up(1, seconds=61)
    assert lines.line.asked.count("look_up") == 1
    lines.look_up(1, seconds=2)
    assert lines.line.asked.count("look_up") == 2


def test_one_call_that_cannot_be_worked_off_does_not_keep_the_others(
    lines: LineShop, caller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines.another_buyer()
    _, one = lines.dialled(caller)
    _, two = lines.dialled(lines.shop.person("李四"))
    calls = lines.shop.rows(line_call)
    whole = line_events.apply_call

    def fails(runtime: object, call_id: str) -> None:
        if call_id == calls[0].id:
            raise ZeroDivisionError
        whole(runtime, call_id)  # type: ignore[arg-type]

    monkeypatch.setattr(line_events, "apply_call", fails)
    for call in (one, two):
        lines.tell(call, Leg.CALLER, What.ENDED, cause=Cause.NO_ANSWER)
    apply_waiting(lines.runtime)
    assert lines.states() == ["placed", "stopped"]


def test_a_line_taken_out_of_the_settings_holds_a_number_for_some_hours_only(
    lines: LineShop, caller: Person
) -> None:
    """No call goes on for so long; whoever was to be rung would never be called by a line again."""
    lines.line.answer_next(Unknown("没有回答"), happens=False)
    lines.dials(caller)
    lines.runtime.lines = Lines()
    lines.look_up(30, seconds=60)
    assert lines.states() == ["unknown"]
    lines.look_up(1, hours=5)
    assert lines.states() == ["unconfirmed"]
    assert lines.attempt_states() == [AttemptState.CLOSED]
    lines.check()


# --- outcomes, riders, redials -------------------------------------------------------------------


def test_r_smp_4_only_who_made_the_call_hands_its_customer_over(
    sampled: tuple[LineShop, Person],
) -> None:
    lines, caller = sampled
    attempt_id, call = lines.dialled(caller)
    lines.talks(call)
    with pytest.raises(ConflictError):
        ask_score(lines.runtime, attempt_id, lines.shop.person("李四"))
    assert "ask_score" not in lines.line.asked


def test_an_undone_reminder_counts_in_no_figure(lines: LineShop, caller: Person) -> None:
    for answer in (Refused("429", "线路忙", is_permanent=False), Refused("21211", "号码", True)):
        lines.line.answer_next(answer)
    attempt_id = lines.dials(caller)
    lines.check()
    lines.dial(caller, attempt_id)
    lines.check()
    lines.dial(caller, attempt_id)
    lines.talks(lines.line.calls[-1])
    lines.ends(lines.line.calls[-1])
    lines.shop.outcome(attempt_id, "will_pay", "05-13 09:40", caller)
    lines.at("05-13 09:41")
    lines.check()
    assert len(lines.shop.rows(line_call)) == 3


def test_the_outcome_is_entered_while_the_line_still_rings(lines: LineShop, caller: Person) -> None:
    attempt_id, call = lines.dialled(caller)
    lines.tell(call, Leg.CALLER, What.ANSWERED)
    lines.gate(call)
    lines.tell(call, Leg.CUSTOMER, What.RINGING)
    lines.clock.move(seconds=5)
    lines.shop.outcome(attempt_id, "no_answer", "05-13 09:31", caller)
    lines.at("05-13 09:32")
    lines.ends(call, Cause.NO_ANSWER)
    assert (lines.states(), lines.attempt_states()) == (["ended"], ["closed"])
    lines.check()


def test_the_outcome_is_entered_before_the_caller_picks_up(lines: LineShop, caller: Person) -> None:
    attempt_id, call = lines.dialled(caller)
    lines.shop.outcome(attempt_id, "no_answer", "05-13 09:31", caller)
    lines.at("05-13 09:32")
    lines.tell(call, Leg.CALLER, What.ANSWERED)
    assert isinstance(lines.gate(call), NotNow)
    lines.tell(call, Leg.CALLER, What.ENDED)
    assert (lines.states(), lines.attempt_states()) == (["stopped"], ["closed"])
    lines.check()


@pytest.mark.parametrize("back", [5, 120])
def test_the_training_clock_goes_back_during_a_call(
    lines: LineShop, caller: Person, back: int
) -> None:
    lines.at("05-13 11:50")
    _, call = lines.dialled(caller)
    lines.talks(call)
    earlier = lines.now - timedelta(minutes=back)
    lines.at(f"05-13 {earlier.astimezone(at('05-13 09:00').tzinfo):%H:%M}")
    lines.ends(call)
    (attempt,) = lines.shop.attempts()
    assert attempt.hung_up_at >= attempt.dialled_at


def test_the_training_clock_goes_back_before_the_call_is_given_up(
    lines: LineShop, caller: Person
) -> None:
    lines.at("05-13 11:00")
    lines.line.answer_next(Unknown("没有回答"), happens=False)
    lines.dials(caller)
    lines.at("05-13 10:00")
    lines.look_up(16, seconds=60)
    assert (lines.states(), lines.attempt_states()) == (["unconfirmed"], ["closed"])
    lines.check()


def test_found_by_somebody_elses_id_is_not_found(lines: LineShop, caller: Person) -> None:
    lines.another_buyer()
    _, other = lines.dialled(lines.shop.person("李四"))
    lines.line.answer_next(Unknown("没有回答"), happens=False)
    lines.dials(caller)
    lines.line.lookups.extend([Found(other.provider_id)] * 30)
    for _ in range(20):
        lines.clock.move(seconds=60)
        reconcile(lines.runtime)
    assert "unknown" not in lines.states()


@pytest.mark.parametrize("by_gate", [True, False], ids=["gate", "event"])
def test_r_aud_1_what_was_undone_is_undone_at_the_instant_of_the_calls_end(
    lines: LineShop, caller: Person, by_gate: bool
) -> None:
    """Whoever waited for the lock read the clock before: the end is not earlier than the last step."""
    attempt_id, call = lines.dialled(caller)
    if by_gate:
        hang_up(lines.runtime, attempt_id, lines.now, caller)
    lines.clock.move(seconds=-1)
    if by_gate:
        assert isinstance(lines.gate(call), NotNow)
    else:
        lines.tell(call, Leg.CALLER, What.ENDED, cause=Cause.NO_ANSWER)
    (row,) = lines.shop.rows(line_call)
    (undone,) = [one for one in lines.shop.rows(audit) if one.what == "attempt.not_dialled"]
    assert (row.state, row.settled_at) == ("stopped", undone.at)
