"""The last gate: nobody is rung whom the rules forbid at the very moment (R-HOURS-3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.channels.base import Accepted
from adapters.store.models.lines import line_call
from campaigns.lines import Cause, Leg, What
from campaigns.values import AttemptState, Person
from scheduler.flows.line_gate import Connect, NotNow
from tests.scheduler.flows.lines import LineShop, in_words


def test_r_hours_3_nobody_is_rung_when_the_window_closed_meanwhile(
    lines: LineShop, caller: Person
) -> None:
    lines.at("05-13 11:59:58")
    _, call = lines.dialled(caller)
    lines.clock.move(seconds=2)
    assert isinstance(lines.gate(call), NotNow)
    (row,) = lines.shop.rows(line_call)
    assert (row.state, row.rule) == ("stopped", "R-HOURS-3")
    (attempt,) = lines.shop.attempts()
    assert (attempt.state, attempt.end_reason, attempt.dialled_at) == (
        "withdrawn",
        "R-HOURS-3",
        None,
    )


def test_r_dun_4_nobody_is_rung_who_paid_meanwhile(lines: LineShop, caller: Person) -> None:
    _, call = lines.dialled(caller)
    (task,) = lines.shop.tasks()
    lines.shop.pays(task.customer_id, "05-13 09:00", known="05-13 09:30")
    assert isinstance(lines.gate(call), NotNow)
    assert lines.attempt_state() is AttemptState.WITHDRAWN
    assert lines.shop.tasks()[0].ending == "paid_uncalled"


@pytest.mark.parametrize(("code", "minutes"), [("cut_off", 1), ("busy", 60)])
def test_r_repeat_5_the_last_gate_lets_a_freed_call_through(
    lines: LineShop, caller: Person, code: str, minutes: int
) -> None:
    attempt_id, call = lines.dialled(caller)
    lines.talks(call)
    lines.ends(call)
    now = in_words(lines.now)
    wish = lines.now + timedelta(minutes=minutes) if code == "busy" else None
    lines.shop.outcome(attempt_id, code, now, caller, callback_at=wish)
    lines.clock.move(minutes=minutes)
    _, again = lines.dialled(caller)
    assert again is not call
    lines.tell(again, Leg.CALLER, What.ANSWERED)
    assert isinstance(lines.gate(again), Connect)


def test_another_leg_with_the_same_token_is_not_let_through(
    lines: LineShop, caller: Person
) -> None:
    _, call = lines.dialled(caller)
    assert isinstance(lines.gate(call), Connect)
    assert isinstance(lines.gate(call, leg="CAother"), NotNow)
    assert isinstance(lines.gate(call), Connect)  # a fetch that was repeated
    lines.tell(call, Leg.CUSTOMER, What.RINGING)
    assert isinstance(lines.gate(call), NotNow)


def test_a_caller_who_does_not_pick_up_made_no_attempt(lines: LineShop, caller: Person) -> None:
    _, call = lines.dialled(caller)
    lines.tell(call, Leg.CALLER, What.ENDED, cause=Cause.NO_ANSWER)
    assert lines.states() == ["stopped"]
    assert lines.attempt_state() is AttemptState.HANDED_OUT


def test_r_hours_3_what_waits_in_a_queue_until_noon_is_called_off(
    lines: LineShop, caller: Person
) -> None:
    lines.at("05-13 11:58")
    lines.line.answer_next(Accepted("CAqueued", timedelta(minutes=3)))
    lines.dials(caller)
    assert lines.states() == ["stopped"]
    assert "hang_up" in lines.line.asked
    assert lines.attempt_state() is AttemptState.WITHDRAWN
