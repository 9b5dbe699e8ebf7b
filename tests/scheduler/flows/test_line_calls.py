"""Decision 0027: a call through a line rings at most once, and nothing about it is forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.channels.base import Refused, Unknown
from adapters.store.models.lines import line_call, line_event, line_step
from adapters.store.queries.line_steps import add_step
from campaigns.errors import ConflictError, RefusedError
from campaigns.lines import Leg, What
from campaigns.values import AttemptState, LineCallState, LineName, Person
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.line_calls import dial, go_on
from scheduler.flows.line_events import take_call_events
from scheduler.flows.parked import take_back
from scheduler.jobs import seal_trail
from scheduler.verify.second_opinion import verify
from tests.factories import at
from tests.scheduler.flows.lines import LineShop, in_words
from tests.shops import Shop

S = LineCallState


def test_a_call_is_placed_answered_and_ended(lines: LineShop, caller: Person) -> None:
    attempt_id, call = lines.dialled(caller)
    assert (lines.states(), call.order.call_id) == (["placed"], attempt_id)
    lines.talks(call)
    lines.ends(call)
    (row,) = lines.shop.rows(line_call)
    assert (row.state, row.cause, row.settled_at) == ("ended", "talked", lines.now)
    assert row.answered_by_customer_machine - row.rang_machine == timedelta(seconds=5)
    assert lines.steps() == ["submitting", "placed", "ended"]
    (attempt,) = lines.shop.attempts()
    assert (attempt.state, attempt.line, attempt.hung_up_at) == ("dialled", "twilio", lines.now)


def test_the_intent_is_stored_before_the_line_is_asked(lines: LineShop, caller: Person) -> None:
    seen: list[tuple[str, str]] = []
    lines.line.on_place = lambda order: seen.append((lines.states()[0], lines.attempt_state()))
    lines.dialled(caller)
    assert seen == [("submitting", AttemptState.DIALLED)]


def test_r_repeat_2_a_second_click_rings_nobody(lines: LineShop, caller: Person) -> None:
    attempt_id, _ = lines.dialled(caller)
    again = lines.dial(caller, attempt_id)
    assert (again.state, len(lines.line.calls)) == (S.PLACED, 1)
    assert not again.is_new


@pytest.mark.parametrize("is_permanent", [True, False])
def test_a_call_that_was_not_taken_counts_nowhere(
    lines: LineShop, caller: Person, is_permanent: bool
) -> None:
    lines.line.answer_next(Refused("21211", "号码无效", is_permanent))
    held = lines.shop.take(caller, "05-13 09:30")
    answer = lines.dial(caller, held.attempt_id)
    wanted = S.REFUSED if is_permanent else S.NOT_SENT
    assert (answer.state, answer.note) == (wanted, "号码无效")
    (attempt,) = lines.shop.attempts()
    assert (attempt.state, attempt.dialled_at, attempt.line) == ("handed_out", None, None)
    again = lines.dial(caller, held.attempt_id)
    assert (again.state, lines.line.calls[-1].order.call_id) == (S.PLACED, f"{held.attempt_id}.2")


def test_an_unknown_call_is_found_and_goes_on(lines: LineShop, caller: Person) -> None:
    lines.line.answer_next(Unknown("没有回答"), happens=True)
    attempt_id, call = lines.dialled(caller)
    assert lines.states() == ["unknown"]
    lines.look_up(seconds=6)
    assert (lines.states(), len(lines.line.calls)) == (["placed"], 1)
    lines.talks(call)
    lines.ends(call)
    assert lines.states() == ["ended"]
    assert lines.shop.rows(line_call)[0].attempt_id == attempt_id


def test_an_unknown_call_is_bound_by_the_first_thing_told(lines: LineShop, caller: Person) -> None:
    lines.line.answer_next(Unknown("没有回答"), happens=True)
    _, call = lines.dialled(caller)
    lines.tell(call, Leg.CALLER, What.RINGING)
    (row,) = lines.shop.rows(line_call)
    assert (row.state, row.provider_id) == ("placed", call.provider_id)


def test_what_is_never_found_is_unconfirmed_and_counts(lines: LineShop, caller: Person) -> None:
    lines.line.answer_next(Unknown("没有回答"), happens=False)
    lines.dials(caller)
    lines.look_up(14, seconds=60)
    assert lines.states() == ["unknown"]
    lines.look_up(2, seconds=60)
    assert lines.states() == ["unconfirmed"]
    (attempt,), (task,) = lines.shop.attempts(), lines.shop.tasks()
    assert (attempt.state, attempt.outcome) == ("closed", "line_unconfirmed")
    # R-SLOT-1: two hours and another daypart, as after any failed attempt.
    assert task.due_at == at("05-13 13:00")
    assert lines.line.asked.count("place") == 1


def test_a_line_that_cannot_be_asked_settles_nothing(lines: LineShop, caller: Person) -> None:
    lines.line.answer_next(Unknown("没有回答"), happens=False)
    lines.dials(caller)
    lines.line.lookups.extend([Unknown("线路不通")] * 30)
    lines.look_up(30, seconds=60)
    assert lines.states() == ["unknown"]


def test_a_process_that_died_in_the_request_is_looked_up(lines: LineShop, caller: Person) -> None:
    class Killed(BaseException):
        pass

    def die(_: object) -> None:
        raise Killed

    lines.line.on_place = die
    held = lines.shop.take(caller, "05-13 09:30")
    with pytest.raises(Killed):
        lines.dial(caller, held.attempt_id)
    assert lines.states() == ["submitting"]
    lines.line.on_place = None
    lines.look_up(seconds=61)
    assert lines.states() == ["unknown"]
    assert lines.line.asked.count("place") == 1


def test_c2_8_the_caller_goes_on_while_the_line_is_asked(lines: LineShop, caller: Person) -> None:
    lines.another_buyer()
    lines.line.answer_next(Unknown("没有回答"), happens=False)
    attempt_id = lines.dials(caller)
    go_on(lines.runtime, attempt_id, lines.now, caller)
    lines.clock.move(seconds=60)
    other = lines.shop.take(caller, "05-13 09:31")
    assert other.attempt_id != attempt_id
    # R-REPEAT-2: the caller's own phone is not rung while the last request is not settled.
    with pytest.raises(ConflictError, match="手机拨打"):
        lines.dial(caller, other.attempt_id)
    dial(lines.runtime, other.attempt_id, lines.now, caller, LineName.MANUAL)


def test_r_repeat_2_a_call_that_was_left_and_taken_back_was_not_a_second_one(
    lines: LineShop, caller: Person
) -> None:
    lines.another_buyer()
    lines.line.answer_next(Unknown("没有回答"), happens=True)
    attempt_id, call = lines.dialled(caller)
    go_on(lines.runtime, attempt_id, lines.now, caller)
    lines.clock.move(seconds=60)
    other = lines.shop.take(caller, in_words(lines.now))
    dial(lines.runtime, other.attempt_id, lines.now, caller, LineName.MANUAL)
    lines.clock.move(seconds=60)
    lines.shop.outcome(other.attempt_id, "no_answer", in_words(lines.now), caller)
    lines.talks(call)
    lines.ends(call)
    take_back(lines.runtime, attempt_id, lines.now, caller)
    lines.shop.outcome(attempt_id, "will_pay", in_words(lines.now), caller)
    seal_trail(lines.runtime)
    assert [f.rule for f in verify(lines.runtime).violations] == []


def test_r_aud_1_a_step_is_never_earlier_than_the_one_before(
    lines: LineShop, caller: Person
) -> None:
    attempt_id, call = lines.dialled(caller)
    read_before_the_lock = lines.now
    lines.talks(call)
    with lines.runtime.transaction() as connection:
        ended = LineCallState.ENDED
        add_step(connection, f"call:{attempt_id}", ended, lines.now, "event")
        add_step(connection, f"call:{attempt_id}", ended, read_before_the_lock, "late")
    steps = lines.shop.rows(line_step)
    assert [step.number for step in steps] == [1, 2, 3, 4]
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert steps[-1].at == lines.now


def test_nobody_goes_on_from_a_call_that_is_known(lines: LineShop, caller: Person) -> None:
    attempt_id, _ = lines.dialled(caller)
    with pytest.raises(ConflictError):
        go_on(lines.runtime, attempt_id, lines.now, caller)


def test_five_unknowns_in_a_minute_open_the_circuit(lines: LineShop, caller: Person) -> None:
    for number in range(6):
        lines.shop.buyer(f"tb_{number}")
    lines.shop.plan(now="05-13 09:29")
    callers = [caller, *(lines.shop.person(f"坐席{n}") for n in range(5))]
    for who in callers[:5]:
        lines.line.answer_next(Unknown("没有回答"), happens=False)
        lines.dials(who)
    held = lines.shop.take(callers[5], "05-13 09:31")
    with pytest.raises(RefusedError, match="异常"):
        lines.dial(callers[5], held.attempt_id)
    lines.clock.move(seconds=61)
    assert lines.dial(callers[5], held.attempt_id).state is S.PLACED


def test_r_dnc_2_who_opted_out_while_the_line_was_asked_is_not_on_the_screen_again(
    lines: LineShop, caller: Person
) -> None:
    def opts_out(_: object) -> None:
        add_entry(lines.runtime, EntryForm("短信回复 T", user_id="tb_hua01"), lines.now, "李组长")

    lines.line.on_place = opts_out
    lines.line.answer_next(Refused("429", "线路忙", is_permanent=False))
    lines.dials(caller)
    assert lines.states() == ["not_sent"]
    assert lines.attempt_state() is AttemptState.WITHDRAWN
    assert lines.shop.tasks()[0].ending == "opted_out"


def test_what_follows_an_answer_happens_when_it_came(lines: LineShop, caller: Person) -> None:
    lines.line.on_place = lambda _: lines.clock.move(seconds=26)
    lines.line.answer_next(Refused("429", "线路忙", is_permanent=False))
    lines.dials(caller)
    (row,) = lines.shop.rows(line_call)
    assert row.settled_at - row.submitted_at == timedelta(seconds=26)


def test_an_event_with_the_id_of_another_call_is_kept_apart(
    lines: LineShop, caller: Person
) -> None:
    lines.another_buyer()
    _, first = lines.dialled(caller)
    lines.line.answer_next(Unknown("没有回答"), happens=True)
    _, second = lines.dialled(lines.shop.person("李四"))
    event = lines.line.tell(first, Leg.CALLER, What.ANSWERED)
    token = second.order.token
    assert not take_call_events(lines.runtime, LineName.TWILIO, token, [event])
    assert lines.shop.rows(line_event)[0].verdict == "foreign"
    assert sorted(lines.states()) == ["placed", "unknown"]


def test_no_line_without_a_choice(shop: Shop, caller: Person) -> None:
    held = shop.take(caller, "05-13 09:30")
    answer = dial(shop.runtime, held.attempt_id, at("05-13 09:30"), caller)
    assert (answer.line, answer.state) == (LineName.MANUAL, None)
    assert shop.rows(line_call) == []
