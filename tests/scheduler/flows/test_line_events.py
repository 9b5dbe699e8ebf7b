"""What a line tells and what is looked up, in any order; recordings and keys (safety I14)."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from adapters.channels.base import Missing, Unknown
from adapters.store.models.lines import line_call, line_event, recording
from adapters.store.models.sampling import score
from campaigns.errors import RefusedError
from campaigns.lines import Cause, Leg, What
from campaigns.values import AttemptState, LineName, Person, ScoreOrigin
from scheduler.flows.line_calls import hang_up, put_down
from scheduler.flows.line_events import apply_waiting, take_call_events
from scheduler.flows.line_keypad import ask_score
from scheduler.flows.line_reconcile import reconcile
from tests.scheduler.flows.lines import LineShop
from tests.shops import Shop


def test_every_order_and_repetition_of_events_says_the_same(shop: Shop, caller: Person) -> None:
    lines = LineShop(shop)
    attempt_id, call = lines.dialled(caller)
    line, told = lines.line, []
    told.append(line.tell(call, Leg.CALLER, What.ANSWERED))
    lines.gate(call)
    for leg, what, cause in (
        (Leg.CUSTOMER, What.RINGING, None),
        (Leg.CUSTOMER, What.ANSWERED, None),
        (Leg.CUSTOMER, What.ENDED, Cause.TALKED),
        (Leg.CALLER, What.ENDED, None),
    ):
        lines.clock.move(seconds=3)
        told.append(line.tell(call, leg, what, cause=cause))
    for order in itertools.islice(itertools.permutations(told), 0, None, 17):
        take_call_events(
            lines.runtime, LineName.TWILIO, call.order.token, [*order, order[0], order[-1]]
        )
        apply_waiting(lines.runtime)
        (row,) = shop.rows(line_call)
        assert (row.state, row.cause, row.rang_machine) == ("ended", "talked", told[1].at)
    assert len(shop.rows(line_event)) == len(told)
    assert lines.attempt_state() is AttemptState.DIALLED
    assert attempt_id == row.attempt_id


def test_what_comes_late_changes_nothing_but_evidence(lines: LineShop, caller: Person) -> None:
    lines.line.answer_next(Unknown("没有回答"), happens=True)
    lines.line.lookups.extend([Missing()] * 20)
    _, call = lines.dialled(caller)
    lines.look_up(16, seconds=60)
    assert lines.states() == ["unconfirmed"]
    lines.tell(call, Leg.CUSTOMER, What.RINGING)
    (row,) = lines.shop.rows(line_call)
    assert row.state == "unconfirmed"
    assert row.rang_machine is not None
    assert lines.shop.rows(line_event)[0].verdict == "late"


def test_events_of_a_foreign_call_are_kept_apart(lines: LineShop, caller: Person) -> None:
    _, call = lines.dialled(caller)
    event = lines.line.tell(call, Leg.CALLER, What.ENDED, cause=Cause.FAILED)
    stranger = replace(event, provider_id="CAstranger")
    taken = take_call_events(lines.runtime, LineName.TWILIO, call.order.token, [stranger])
    apply_waiting(lines.runtime)
    assert (taken, lines.states()) == (False, ["placed"])
    assert lines.shop.rows(line_event)[0].verdict == "foreign"
    assert not take_call_events(lines.runtime, LineName.TWILIO, "nobody", [event])


def test_callbacks_that_were_lost_are_looked_up(lines: LineShop, caller: Person) -> None:
    _, call = lines.dialled(caller)
    lines.talks(call)
    lines.clock.move(seconds=60)
    lines.line.tell(call, Leg.CUSTOMER, What.ENDED, cause=Cause.TALKED)
    lines.line.tell(call, Leg.CALLER, What.ENDED)
    assert lines.states() == ["placed"]
    reconcile(lines.runtime)
    assert lines.states() == ["ended"]


def test_a_customer_s_lost_end_is_looked_up_before_the_call_is_over(
    lines: LineShop, caller: Person
) -> None:
    _, call = lines.dialled(caller)
    lines.tell(call, Leg.CALLER, What.ANSWERED)
    lines.gate(call)
    # What the customer's telephone did is on the line's record, but was not told.
    lines.line.tell(call, Leg.CUSTOMER, What.RINGING)
    lines.line.tell(call, Leg.CUSTOMER, What.ENDED, cause=Cause.BUSY)
    lines.tell(call, Leg.CALLER, What.ENDED)
    assert lines.states() == ["placed"]
    lines.look_up(seconds=5)
    (row,) = lines.shop.rows(line_call)
    assert (row.state, row.cause) == ("ended", "busy")
    assert row.rang_machine is not None


def test_an_entered_outcome_leaves_nothing_ringing(lines: LineShop, caller: Person) -> None:
    attempt_id, call = lines.dialled(caller)
    lines.talks(call)
    lines.shop.outcome(attempt_id, "will_pay", "05-13 09:35", caller)
    put_down(lines.runtime, attempt_id)
    assert lines.line.asked[-1] == "hang_up"
    lines.ends(call)
    put_down(lines.runtime, attempt_id)
    assert lines.line.asked.count("hang_up") == 1


def test_hanging_up_ends_the_call_on_the_line(lines: LineShop, caller: Person) -> None:
    attempt_id, call = lines.dialled(caller)
    lines.talks(call)
    hang_up(lines.runtime, attempt_id, lines.now, caller)
    assert lines.line.asked[-1] == "hang_up"
    lines.shop.outcome(attempt_id, "will_pay", "05-13 09:35", caller)
    assert lines.attempt_state() is AttemptState.CLOSED


def test_r_smp_12_a_recording_is_known_by_its_place(lines: LineShop, caller: Person) -> None:
    attempt_id, call = lines.dialled(caller)
    lines.talks(call)
    lines.tell(call, Leg.CALLER, What.RECORDED, recording="RE1", seconds=42)
    (row,) = lines.shop.rows(recording)
    assert (row.attempt_id, row.reference, row.seconds) == (attempt_id, "RE1", 42)


def _scores(shop: Shop) -> list[tuple[int, str]]:
    return [(row.value, row.origin) for row in shop.rows(score)]


def test_r_smp_4_the_key_that_was_pressed_is_the_score(sampled: tuple[LineShop, Person]) -> None:
    lines, caller = sampled
    attempt_id, call = lines.dialled(caller)
    lines.talks(call)
    ask_score(lines.runtime, attempt_id, caller)
    put_down(lines.runtime, attempt_id)
    assert "hang_up" not in lines.line.asked, "the customer is being asked"
    lines.tell(call, Leg.CUSTOMER, What.DIGITS, digits="5")
    lines.ends(call)
    lines.shop.outcome(attempt_id, "scored", "05-27 09:40", caller, score=3)
    assert _scores(lines.shop) == [(5, ScoreOrigin.KEYPAD)]


def test_r_smp_8_who_pressed_a_key_and_hung_up_is_scored_by_the_key(
    sampled: tuple[LineShop, Person],
) -> None:
    lines, caller = sampled
    attempt_id, call = lines.dialled(caller)
    lines.talks(call)
    lines.tell(call, Leg.CUSTOMER, What.DIGITS, digits="5")
    lines.shop.outcome(attempt_id, "hung_up", "05-27 09:40", caller)
    assert _scores(lines.shop) == [(5, ScoreOrigin.KEYPAD)]


def test_r_smp_4_a_key_pressed_after_the_outcome_counts_once(
    sampled: tuple[LineShop, Person],
) -> None:
    lines, caller = sampled
    attempt_id, call = lines.dialled(caller)
    lines.talks(call)
    lines.shop.outcome(attempt_id, "scored", "05-27 09:40", caller, score=3)
    lines.at("05-27 09:41")
    lines.tell(call, Leg.CUSTOMER, What.DIGITS, digits="4")
    apply_waiting(lines.runtime)
    assert _scores(lines.shop) == [(3, ScoreOrigin.CUSTOMER), (4, ScoreOrigin.KEYPAD)]


def test_r_smp_4_only_a_sampled_customer_on_the_line_is_asked(
    lines: LineShop, caller: Person
) -> None:
    attempt_id, call = lines.dialled(caller)
    lines.talks(call)
    with pytest.raises(RefusedError, match="回访抽查"):
        ask_score(lines.runtime, attempt_id, caller)
