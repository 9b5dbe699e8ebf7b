"""Calls of the product through a real Asterisk, with real SIP phones and customers behind a trunk."""

from __future__ import annotations

import struct
import time
import wave
from datetime import timedelta

import pytest

from adapters.channels.asterisk_switch import AsteriskSwitch
from adapters.channels.base import Accepted, Found, Missing, Refused, Sound
from campaigns.lines import Cause, Leg, What
from scheduler.flows.line_gate import NotNow
from tests.adapters.exchange.listening import CALLER_ID, Calls
from tests.exchange import Exchange

pytestmark = pytest.mark.side_by_side


def sound_file(exchange: Exchange, name: str, seconds: float) -> str:
    """A sentence, as the shop would record it: here a tone."""
    with wave.open(str(exchange.sounds / f"{name}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = range(int(8000 * seconds))
        file.writeframes(b"".join(struct.pack("<h", 8000 * (-1) ** (i // 8)) for i in samples))
    return f"sound:{name}"


def test_r_repeat_2_the_caller_answers_then_the_customer_and_both_talk(exchange: Exchange):
    with Calls(exchange) as calls, calls.listening():
        order = calls.place("hangs_up/1")
        picture = calls.wait_over(order, ahead=0)
        calls.wait(lambda: order.call_id not in AsteriskSwitch(calls.settings).calls())

    assert calls.asked == [order.call_id]
    assert calls.rings(order) == [CALLER_ID]
    assert picture.cause is Cause.TALKED
    assert (picture.provider_id, picture.customer_leg_id) == (order.call_id, f"{order.call_id}.c")
    assert picture.caller_answered_at and picture.rang_at and picture.answered_at
    assert picture.caller_answered_at <= picture.rang_at < picture.answered_at
    assert picture.customer_ended_at and picture.caller_ended_at
    # R-ETQ-1: the customer goes first, and the caller hears it.
    assert picture.caller_ended_at - picture.customer_ended_at > timedelta(seconds=1)


@pytest.mark.parametrize(
    ("act", "cause"),
    [
        ("busy", Cause.BUSY),
        ("rejects", Cause.REJECTED),
        ("absent", Cause.SWITCHED_OFF),
        ("unallocated", Cause.NO_SUCH_NUMBER),
        ("congested", Cause.FAILED),
        ("rings", Cause.NO_ANSWER),
    ],
)
def test_how_a_call_ends_is_told_by_its_cause(exchange: Exchange, act: str, cause: Cause):
    with Calls(exchange) as calls, calls.listening():
        order = calls.place(act, ring_seconds=2)
        picture = calls.wait_over(order)

    assert picture.cause is cause
    assert picture.answered_at is None
    assert len(calls.rings(order)) == 1


def test_r_hours_3_the_gate_says_no_and_the_customer_never_rings(exchange: Exchange):
    with Calls(exchange) as calls, calls.listening():
        calls.answer = lambda _: NotNow("现在不能打")
        order = calls.place()
        picture = calls.wait_over(order)

    assert calls.asked == [order.call_id]
    assert calls.rings(order) == []
    assert (picture.customer_leg_id, picture.cause) == (None, None)


def test_r_repeat_2_a_second_request_with_the_same_id_rings_nobody_twice(exchange: Exchange):
    with Calls(exchange) as calls, calls.listening():
        order = calls.place()
        again = calls.line.place(order)
        calls.wait_for(order, Leg.CUSTOMER, What.ANSWERED)
        third = calls.line.place(order)
        calls.line.hang_up(calls.trace(order))
        calls.wait_over(order)

    assert again == third == Accepted(order.call_id)
    assert len(calls.rings(order)) == 1
    assert len([e for e in calls.told if e.key == f"{order.call_id}:ringing"]) == 1


def test_r_smp_12_a_recorded_call_says_so_first_and_can_be_heard(exchange: Exchange):
    with Calls(exchange, notice=sound_file(exchange, "notice", 0.5)) as calls, calls.listening():
        order = calls.place("hangs_up/3", is_recorded=True)
        recorded = calls.wait_for(order, Leg.CUSTOMER, What.RECORDED)
        calls.wait_over(order)

    assert recorded.recording == order.call_id
    assert recorded.seconds is not None
    assert recorded.seconds >= 1
    sound = calls.line.fetch_recording(order.call_id)
    assert isinstance(sound, Sound)
    assert sound.content == (exchange.recordings / f"{order.call_id}.wav").read_bytes()
    assert max(abs(s) for (s,) in struct.iter_unpack("<h", sound.content[44:])) > 1000
    found = calls.line.look_up(calls.trace(order))
    assert isinstance(found, Found)
    assert {e.what for e in found.events} == {What.RECORDED, What.ENDED}


def test_a_tone_as_the_notice_lasts_a_second(exchange: Exchange):
    with Calls(exchange) as calls, calls.listening():
        order = calls.place("hangs_up/4", is_recorded=True)
        recorded = calls.wait_for(order, Leg.CUSTOMER, What.RECORDED)

    assert recorded.seconds in {1, 2, 3}


def test_r_smp_12_nobody_is_recorded_without_the_notice(exchange: Exchange):
    with Calls(exchange, notice="sound:there-is-none") as calls, calls.listening():
        order = calls.place("hangs_up/1", is_recorded=True)
        calls.wait_over(order)

    assert calls.line.fetch_recording(order.call_id) == Missing()


def test_r_phone_2_the_extension_of_a_relay_number_is_keyed_in(exchange: Exchange):
    with Calls(exchange) as calls, calls.listening():
        order = calls.place("asks_extension/4711", extension="4711")
        calls.wait(lambda: "4711" in exchange.heard())
        assert calls.rings(order) == [CALLER_ID]
        calls.line.hang_up(calls.trace(order))
        assert calls.wait_over(order).cause is Cause.TALKED


@pytest.mark.parametrize(
    ("act", "digits"),
    [
        ("presses/wwww4", "4"),  # half a second each, then the key
        ("presses/wwww9ww2", "2"),  # not a score: the question is put again
    ],
)
def test_r_smp_4_the_customer_gives_a_score_by_a_key(exchange: Exchange, act: str, digits: str):
    prompt = sound_file(exchange, f"score-{digits}", 0.4)
    with Calls(exchange, score_prompt=prompt) as calls, calls.listening():
        order = calls.place(act)
        calls.wait_for(order, Leg.CUSTOMER, What.ANSWERED)
        assert calls.line.ask_score(calls.trace(order), "token") == Accepted(order.call_id)
        caller = calls.wait_for(order, Leg.CALLER, What.ENDED)
        calls.wait_for(order, Leg.CUSTOMER, What.ENDED)

    picture = calls.picture(order)
    assert (picture.digits, picture.cause, picture.is_over) == (digits, Cause.TALKED, True)
    assert caller.at is not None
    assert picture.customer_ended_at is not None
    assert caller.at < picture.customer_ended_at


def test_r_smp_4_without_a_key_the_question_comes_twice_then_the_call_ends(exchange: Exchange):
    with Calls(exchange) as calls, calls.listening():
        order = calls.place()
        calls.wait_for(order, Leg.CUSTOMER, What.ANSWERED)
        calls.line.ask_score(calls.trace(order), "token")
        calls.wait_for(order, Leg.CALLER, What.ENDED)
        for _ in range(2):  # the tone, then the time for a digit
            assert not calls.picture(order).is_over
            calls.clock_ahead += timedelta(seconds=2)
            time.sleep(0.8)
            calls.clock_ahead += timedelta(seconds=8)
            time.sleep(0.8)
        picture = calls.wait_over(order)

    assert picture.digits is None


def test_r_smp_4_a_key_pressed_during_the_talk_is_no_score(exchange: Exchange):
    with Calls(exchange) as calls, calls.listening():
        order = calls.place("presses/5")
        calls.wait_for(order, Leg.CUSTOMER, What.ANSWERED)
        time.sleep(1.2)
        calls.line.hang_up(calls.trace(order))
        picture = calls.wait_over(order)

    assert picture.digits is None


def test_r_smp_4_nobody_is_asked_who_has_gone(exchange: Exchange):
    with Calls(exchange) as calls:
        answer = calls.line.ask_score(calls.trace(calls.order()), "token")

    assert isinstance(answer, Refused)


def test_the_caller_gives_up_and_the_customers_telephone_stops_ringing(exchange: Exchange):
    with Calls(exchange) as calls, calls.listening():
        order = calls.place("rings")
        calls.wait_for(order, Leg.CUSTOMER, What.RINGING)
        assert calls.line.hang_up(calls.trace(order)) == Accepted(order.call_id)
        picture = calls.wait_over(order)

    assert picture.cause is Cause.CANCELLED


@pytest.mark.parametrize(
    ("step", "after"),
    [
        ("view", False),
        ("prepare_customer", False),
        ("prepare_customer", True),
        ("ring_customer", True),
    ],
)
def test_a_listener_killed_between_the_legs_is_started_again_and_goes_on(
    exchange: Exchange, step: str, after: bool
):
    with Calls(exchange) as calls:
        with calls.listening(step, after=after):
            order = calls.place("hangs_up/1.2")
            assert calls.died.wait(10)
        with calls.listening():
            picture = calls.wait_over(order)

    assert len(calls.rings(order)) == 1
    assert picture.cause is Cause.TALKED


def test_a_listener_killed_before_it_rings_rings_nobody_later(exchange: Exchange):
    with Calls(exchange) as calls:
        with calls.listening("join"):
            order = calls.place()
            assert calls.died.wait(10)
        with calls.listening():
            calls.clock_ahead = timedelta(minutes=3)
            picture = calls.wait_over(order)

    assert calls.rings(order) == []
    assert picture.answered_at is None


def test_a_customer_who_went_while_nobody_listened_is_not_rung_again(exchange: Exchange):
    with Calls(exchange) as calls:
        with calls.listening("ring_customer"):
            order = calls.place("hangs_up/0.1")
            assert calls.died.wait(10)
        time.sleep(1.5)
        with calls.listening():
            picture = calls.wait_over(order)

    assert len(calls.rings(order)) == 1
    assert picture.is_over
    assert len(calls.asked) == 1


def test_the_calls_of_another_shop_on_the_same_exchange_are_left_alone(exchange: Exchange):
    with Calls(exchange) as calls, Calls(exchange) as others, others.listening():
        order = others.place()
        others.wait_for(order, Leg.CUSTOMER, What.ANSWERED)
        with calls.listening():
            time.sleep(0.5)
        assert not others.picture(order).is_over
        others.line.hang_up(others.trace(order))
        others.wait_over(order)

    assert (calls.told, calls.asked) == ([], [])


def test_a_listener_that_was_replaced_takes_its_place_again(exchange: Exchange):
    with Calls(exchange) as calls, calls.listening():
        with calls.listening():
            assert calls.line.check().is_ready
        calls.wait(lambda: not calls.line.check().is_ready)  # the second one has gone
        calls.wait(lambda: calls.line.check().is_ready)
        order = calls.place("busy")
        assert calls.wait_over(order).cause is Cause.BUSY


def test_two_calls_at_a_time_do_not_mix(exchange: Exchange):
    with Calls(exchange) as calls, calls.listening():
        first, second = calls.place("hangs_up/1"), calls.place("busy", caller="805")
        pictures = [calls.wait_over(first), calls.wait_over(second)]

    assert [p.cause for p in pictures] == [Cause.TALKED, Cause.BUSY]


@pytest.mark.parametrize(
    ("caller", "act"), [("804", "answers"), ("803", "busy"), ("802", "rejects")]
)
def test_the_callers_own_phone_says_nothing_about_the_customer(
    exchange: Exchange, caller: str, act: str
):
    exchange.customer(caller, act)
    try:
        with Calls(exchange) as calls, calls.listening():
            order = calls.place(caller=caller, ring_seconds=1)
            picture = calls.wait_over(order)
    finally:
        exchange.customer(caller, "answers")

    assert (calls.rings(order), calls.asked) == ([], [])
    assert (picture.customer_leg_id, picture.cause) == (None, None)


def test_a_trunk_that_is_not_there_ends_the_call(exchange: Exchange):
    with Calls(exchange, trunk="PJSIP/{number}@gone") as calls, calls.listening():
        order = calls.place()
        picture = calls.wait_over(order)

    assert picture.cause is Cause.FAILED
    assert calls.rings(order) == []


def test_nobody_is_rung_while_nobody_listens(exchange: Exchange):
    with Calls(exchange) as calls:
        answer = calls.line.place(calls.order())

    assert isinstance(answer, Refused)
    assert (answer.code, answer.is_permanent) == ("nobody_listens", False)


def test_a_phone_that_the_exchange_does_not_know_is_refused(exchange: Exchange):
    with Calls(exchange) as calls, calls.listening():
        answer = calls.line.place(calls.order(caller="999"))

    assert isinstance(answer, Refused)
    assert (answer.code, answer.is_permanent) == ("no_such_phone", False)


def test_the_check_says_what_works(exchange: Exchange):
    with Calls(exchange) as calls:
        without = calls.line.check()
        with calls.listening():
            report = calls.line.check()

    assert not without.is_ready
    assert report.is_ready, report
    assert any("Asterisk 16" in detail for detail in report.details)
    assert any("话机 5 部" in detail for detail in report.details)
    assert calls.settings.password not in repr(report)
