"""What a call on the exchange needs next, and what happens when exchange, gate or database do not answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from adapters.channels.asterisk_events import ExchangeEvent, Sign, leg_event
from adapters.channels.asterisk_switch import AsteriskSwitch, CallView, LegView, SwitchError
from adapters.channels.base import CallOrder
from campaigns.lines import CallEvent, Leg, What
from campaigns.values import PhoneNumber
from scheduler.flows.exchange_calls import ExchangeCalls, Step, next_step
from scheduler.flows.line_gate import Connect, NotNow

CALL = "0196c1d2-3456-7abc-8def-0123456789ab"
NOW = datetime(2025, 5, 13, 1, 30, tzinfo=UTC)
ORDER = CallOrder(CALL, "token", "", PhoneNumber("+8613900000002"))
UP, DOWN, RINGS = LegView("Up"), LegView("Down"), LegView("Ringing")


@pytest.mark.parametrize(
    ("caller", "customer", "has_bridge", "step"),
    [
        (None, None, False, Step.CLEAR),
        (None, None, True, Step.CLEAR),
        (RINGS, None, False, Step.WAIT),
        (UP, None, False, Step.ASK_GATE),
        (UP, DOWN, False, Step.ASK_GATE),  # made, but not rung
        (UP, DOWN, True, Step.WAIT),
        (UP, RINGS, True, Step.WAIT),
        (UP, UP, True, Step.TALK),
        (UP, None, True, Step.END_CALLER),  # R-REPEAT-2: never rung again
        (None, UP, True, Step.END_CUSTOMER),
        (None, RINGS, True, Step.END_CUSTOMER),
    ],
)
def test_r_repeat_2_what_a_call_needs_follows_from_how_it_stands(
    caller: LegView | None, customer: LegView | None, has_bridge: bool, step: Step
):
    assert next_step(CallView(CALL, caller, customer, has_bridge)) is step


class FakeSwitch:
    """Notes what it was told to do; `fails` names the commands that are not carried out."""

    def __init__(self, view: CallView) -> None:
        self.seen = view
        self.done: list[tuple[str, tuple[Any, ...]]] = []
        self.fails: dict[str, int | None] = {}
        self.answers: dict[str, bool] = {}

    def view(self, call_id: str) -> CallView:
        self._check("view")
        return self.seen

    def calls(self) -> list[str]:
        self._check("calls")
        return [self.seen.call_id]

    def __getattr__(self, name: str) -> Callable[..., bool]:
        def does(*given: Any) -> bool:
            self._check(name)
            self.done.append((name, given))
            return self.answers.get(name, False)

        return does

    def _check(self, name: str) -> None:
        if name in self.fails:
            raise SwitchError(name, self.fails[name])

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.done]


class Desk:
    """Calls with a switch, a gate and a database that the test answers for."""

    def __init__(
        self, caller: LegView | None, customer: LegView | None = None, *, has_bridge: bool = False
    ) -> None:
        self.switch = FakeSwitch(CallView(CALL, caller, customer, has_bridge, NOW))
        self.answer: Connect | NotNow | None = Connect(ORDER)
        self.gate_error: Exception | None = None
        self.take_error: Exception | None = None
        self.told: list[CallEvent] = []
        self.now = NOW
        self.calls = ExchangeCalls(
            cast("AsteriskSwitch", self.switch),
            self._gate,
            self._take,
            notice="sound:notice",
            score_prompt="sound:score",
        )

    def _gate(self, call_id: str, provider_id: str) -> Connect | NotNow | None:
        if self.gate_error is not None:
            raise self.gate_error
        return self.answer

    def _take(self, call_id: str, events: list[CallEvent]) -> None:
        if self.take_error is not None:
            raise self.take_error
        self.told.extend(events)

    def happens(self, sign: Sign, **more: Any) -> None:
        self.calls.handle(ExchangeEvent(sign, CALL, **more), self.now)

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.happens(Sign.PASSED)


def test_r_repeat_2_the_bridge_stands_before_the_customer_is_rung():
    desk = Desk(UP)
    desk.happens(Sign.CALLER_HERE)

    assert desk.switch.names == ["prepare_customer", "join", "ring_customer"]


@pytest.mark.parametrize("answer", [NotNow("现在不能打"), None])
def test_r_hours_3_without_a_yes_nobody_is_rung_and_the_caller_hears_a_tone(
    answer: NotNow | None,
):
    desk = Desk(UP)
    desk.answer = answer
    desk.happens(Sign.CALLER_HERE)
    assert desk.switch.names == ["play_to_caller"]

    desk.passes(2)
    assert desk.switch.done[1:] == [("hang_up", (CALL, Leg.CALLER))]


def test_a_gate_that_cannot_be_asked_is_asked_again_then_the_call_ends():
    desk = Desk(UP)
    desk.gate_error = OSError()
    desk.happens(Sign.CALLER_HERE)
    for _ in range(4):
        desk.passes(1)
    assert desk.switch.done == []

    desk.gate_error = None
    desk.passes(1)
    assert desk.switch.names == ["prepare_customer", "join", "ring_customer"]


def test_what_cannot_be_done_is_given_up_after_a_while():
    desk = Desk(UP)
    desk.gate_error = OSError()
    desk.happens(Sign.CALLER_HERE)
    for _ in range(6):
        desk.passes(1)

    assert desk.switch.done == [
        ("hang_up", (CALL, Leg.CALLER)),
        ("hang_up", (CALL, Leg.CUSTOMER)),
    ]


def test_r_repeat_2_a_ring_of_which_nothing_is_known_is_not_repeated():
    desk = Desk(UP)
    desk.switch.fails["ring_customer"] = None
    desk.happens(Sign.CALLER_HERE)
    desk.switch.fails.clear()
    desk.switch.seen = CallView(CALL, UP, DOWN, has_bridge=True)  # as it then stands
    desk.passes(1)

    assert desk.switch.names == ["prepare_customer", "join"]


def test_what_the_database_does_not_take_is_kept_for_later():
    desk = Desk(RINGS)
    desk.take_error = OSError()
    first = leg_event(CALL, Leg.CALLER, What.RINGING, NOW)
    second = leg_event(CALL, Leg.CALLER, What.ANSWERED, NOW)
    desk.happens(Sign.TOLD, call_event=first)
    desk.happens(Sign.TOLD, call_event=second)
    assert desk.told == []

    desk.take_error = None
    desk.passes(1)
    assert desk.told == [first, second]


def test_after_a_connection_what_is_there_is_told_and_gone_on_with():
    desk = Desk(UP)
    desk.happens(Sign.OPENED)

    assert [e.what for e in desk.told] == [What.RINGING, What.ANSWERED]
    assert desk.switch.names == ["prepare_customer", "join", "ring_customer"]


def test_a_bridge_without_legs_says_that_both_have_ended():
    desk = Desk(None, has_bridge=True)
    desk.switch.answers["has_recording"] = True
    desk.happens(Sign.OPENED)

    assert [(e.leg, e.what) for e in desk.told] == [
        (Leg.CALLER, What.ENDED),
        (Leg.CUSTOMER, What.ENDED),
        (Leg.CUSTOMER, What.RECORDED),
    ]
    assert desk.switch.names[-1] == "clear"


def test_r_smp_4_one_digit_is_one_score():
    desk = Desk(None, UP, has_bridge=True)
    desk.switch.answers["asks_score"] = True
    desk.happens(Sign.TOLD, call_event=leg_event(CALL, Leg.CALLER, What.ENDED, NOW))
    desk.happens(Sign.PRESSED, digit="0")  # asked again
    desk.happens(Sign.PRESSED, digit="3")

    played = [given for name, given in desk.switch.done if name == "play_to_customer"]
    assert played == [(CALL, "q1", "sound:score"), (CALL, "q2", "sound:score")]
    assert [e.digits for e in desk.told if e.what is What.DIGITS] == ["3"]
    assert desk.switch.done[-1] == ("hang_up", (CALL, Leg.CUSTOMER))


def test_r_smp_4_a_question_that_never_ends_does_not_hold_the_customer():
    desk = Desk(None, UP, has_bridge=True)
    desk.switch.answers["asks_score"] = True
    desk.happens(Sign.TOLD, call_event=leg_event(CALL, Leg.CALLER, What.ENDED, NOW))
    desk.passes(60)
    desk.passes(60)

    assert desk.switch.done[-1] == ("hang_up", (CALL, Leg.CUSTOMER))


def test_r_smp_12_a_failed_notice_means_no_recording():
    desk = Desk(UP, LegView("Up", is_recorded=True), has_bridge=True)
    desk.happens(Sign.TOLD, call_event=leg_event(CALL, Leg.CUSTOMER, What.ANSWERED, NOW))
    desk.happens(Sign.PLAYED, playback="notice", is_done=False)
    assert "record" not in desk.switch.names

    desk.happens(Sign.PLAYED, playback="notice")
    assert desk.switch.names[-1] == "record"
