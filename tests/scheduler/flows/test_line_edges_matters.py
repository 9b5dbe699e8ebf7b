"""Decision 0027 and what hangs on an attempt: further matters, redials, do-not-contact, moved clocks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.channels.base import Refused, Unknown
from campaigns.errors import ConflictError
from campaigns.lines import Cause, Leg, What
from campaigns.values import AttemptState, LineName, OrderState, Person
from scheduler.flows import line_calls
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.line_calls import dial, hang_up
from scheduler.flows.line_gate import NotNow
from scheduler.flows.outcome import MatterForm
from tests.factories import at
from tests.scheduler.flows.lines import LineShop
from tests.shops import Shop


@pytest.fixture
def two(shop: Shop) -> LineShop:
    """A customer with an unpaid order, and another order that was signed for a week ago."""
    customer = shop.buyer()
    signed = at("05-06 12:00")
    shop.bought(customer, OrderState.COMPLETED, placed="05-01 10:00", received_at=signed)
    shop.plan()
    return LineShop(shop)


@pytest.fixture
def caller(shop: Shop) -> Person:
    return shop.person()


def test_r_repeat_2_a_call_never_found_counts_for_every_matter(
    two: LineShop, caller: Person
) -> None:
    two.line.answer_next(Unknown("没有回答"), happens=False)
    two.dials(caller)
    two.look_up(16, seconds=60)
    assert [row.outcome for row in two.shop.attempts()] == ["line_unconfirmed"] * 2
    two.check()


def test_r_repeat_2_an_undone_call_leaves_every_matter_as_it_was(
    two: LineShop, caller: Person
) -> None:
    held = two.shop.take(caller, "05-13 09:30")
    before = two.shop.tasks()
    two.line.answer_next(Refused("429", "线路忙", is_permanent=False))
    two.dial(caller, held.attempt_id)
    after = two.shop.tasks()
    assert [task.ending for task in after] == [None, None]
    # R-REPEAT-2: the further matter waits for no longer than the lease.
    assert after[1].due_at - before[1].due_at <= timedelta(minutes=45)
    two.check()
    assert two.dial(caller, held.attempt_id).state == "placed"
    two.talks(two.line.calls[-1])
    two.ends(two.line.calls[-1])
    said = MatterForm(held.also[0].task_id, "satisfied")
    two.shop.outcome(held.attempt_id, "will_pay", "05-13 09:35", caller, also=(said,))
    two.at("05-13 09:36")
    two.check()


def test_r_repeat_5_a_redial_that_was_not_taken_is_made_once_more(
    two: LineShop, caller: Person
) -> None:
    first, call = two.dialled(caller)
    two.talks(call)
    two.ends(call)
    two.shop.outcome(first, "cut_off", "05-13 09:32", caller)
    two.at("05-13 09:33")
    two.line.answer_next(Refused("429", "线路忙", is_permanent=False))
    again = two.dials(caller)
    row = next(row for row in two.shop.attempts() if row.id == again)
    assert (row.state, row.redial_of) == ("handed_out", first)
    two.at("05-13 09:34")
    two.dial(caller, again)
    two.talks(two.line.calls[-1])
    two.ends(two.line.calls[-1])
    two.shop.outcome(again, "will_pay", "05-13 09:37", caller)
    two.at("05-13 09:38")
    two.check()


def test_r_dnc_2_who_opts_out_while_nobody_knows_is_not_called_again(
    two: LineShop, caller: Person
) -> None:
    two.line.answer_next(Unknown("没有回答"), happens=False)
    two.dials(caller)
    two.clock.move(seconds=60)
    add_entry(two.runtime, EntryForm("短信回复 T", user_id="tb_hua01"), two.now, "李组长")
    two.look_up(16, seconds=60)
    assert {row.outcome for row in two.shop.attempts()} == {"line_unconfirmed"}
    assert {row.ending for row in two.shop.tasks()} == {"opted_out"}
    two.check()


def test_hung_up_before_anybody_picked_up_is_no_attempt(two: LineShop, caller: Person) -> None:
    attempt_id, call = two.dialled(caller)
    hang_up(two.runtime, attempt_id, two.now, caller)
    assert two.line.asked[-1] == "hang_up"
    two.clock.move(seconds=1)
    two.tell(call, Leg.CALLER, What.ENDED, cause=Cause.CANCELLED)
    (attempt,) = two.shop.attempts()
    assert (attempt.state, attempt.hung_up_at) == (AttemptState.HANDED_OUT, None)
    two.check()


def test_r_hours_3_the_clock_goes_back_before_the_gate_says_no(
    two: LineShop, caller: Person
) -> None:
    _, call = two.dialled(caller)
    two.at("05-13 08:30")
    assert isinstance(two.gate(call), NotNow)
    (attempt,) = two.shop.attempts()
    assert (attempt.state, attempt.end_reason) == ("withdrawn", "R-HOURS-3")
    two.check()


def test_r_repeat_2_by_hand_only_when_the_line_has_let_go_of_the_number(
    two: LineShop, caller: Person
) -> None:
    """The talk broke off and its outcome is entered before the line has told of the end."""
    first, call = two.dialled(caller)
    two.talks(call)
    two.clock.move(seconds=30)
    two.shop.outcome(first, "cut_off", "05-13 09:31", caller)
    two.at("05-13 09:31:30")
    again = two.shop.take(caller, "05-13 09:31:30")
    with pytest.raises(ConflictError, match="还没有结束"):
        dial(two.runtime, again.attempt_id, two.now, caller, LineName.MANUAL)
    two.ends(call)
    dial(two.runtime, again.attempt_id, two.now, caller, LineName.MANUAL)
    two.check()


def test_two_windows_of_which_one_saw_the_line_say_no(
    two: LineShop, caller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slower one does not ring at once for the first one; a new press does."""
    held = two.shop.take(caller, "05-13 09:30")
    wait = line_calls._wait_for_turn
    turns = iter([True, False, False, False])

    def slow(*asked: object) -> object:
        if next(turns):
            two.line.answer_next(Refused("429", "线路忙", is_permanent=False))
            assert two.dial(caller, held.attempt_id).state == "not_sent"
        return wait(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(line_calls, "_wait_for_turn", slow)
    with pytest.raises(ConflictError):
        two.dial(caller, held.attempt_id)
    assert (two.states(), two.line.calls) == (["not_sent"], [])
    assert two.dial(caller, held.attempt_id).state == "placed"
    assert len(two.line.calls) == 1
    two.check()
