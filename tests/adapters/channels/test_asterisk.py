"""The shop's own exchange: the contract, what its events say, and what it does when it misbehaves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.channels.asterisk import AsteriskLine
from adapters.channels.asterisk_events import (
    ExchangeEvent,
    Sign,
    cause_of,
    leg_event,
    translate,
)
from adapters.channels.asterisk_switch import digits_for
from adapters.channels.base import Accepted, CallOrder, Found, Refused, Unknown
from adapters.channels.one_request import Timeouts
from adapters.line_settings import AsteriskSettings, read_line_settings
from campaigns.errors import UsageError
from campaigns.lines import CallEvent, Cause, Leg, What
from campaigns.values import PhoneNumber
from tests.adapters.channels.contract import NEVER_ARRIVES, Case, VoiceContract, trace_of
from tests.adapters.channels.scripted_exchange import ScriptedExchange

CALL = "0196c1d2-3456-7abc-8def-0123456789ab"
PASSWORD = "correct-horse-battery"
NOW = datetime(2025, 5, 13, 1, 30, tzinfo=UTC)
AT = "2025-05-13T09:30:00.000+0800"


class Bench:
    secrets = (PASSWORD,)

    def __init__(self, server: ScriptedExchange) -> None:
        self.server = server
        self.settings = AsteriskSettings(server.url, "waihu", PASSWORD)
        self.line = AsteriskLine(self.settings, Timeouts(read_s=0.3))

    def now(self) -> datetime:
        return NOW

    def next_is(self, case: Case) -> None:
        if case is Case.QUEUED:
            pytest.skip("the exchange queues nothing")
        if case in NEVER_ARRIVES:
            self.line = AsteriskLine(replace(self.settings, url="http://127.0.0.1:9"))
        self.server.next_case = case

    def requests(self) -> int:
        return len(self.server.rung)

    def happened(self) -> int:
        return len(self.server.channels)

    def break_access(self) -> None:
        self.server.is_locked = True

    def order(self) -> CallOrder:
        return CallOrder(CALL, "token", "801", PhoneNumber("+8613900000002"))

    def end(self, provider_id: str) -> None:
        del self.server.channels[provider_id]


@pytest.fixture
def bench() -> Iterator[Bench]:
    server = ScriptedExchange()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield Bench(server)
    server.close()
    thread.join()


class TestAsterisk(VoiceContract):
    def test_a_call_of_another_hour_is_not_taken_for_this_one(self, bench):
        """The id is our own: whenever it was placed, it is this call and no other."""
        order = bench.order()
        bench.line.place(order)

        found = bench.line.look_up(trace_of(order, NOW + timedelta(hours=1)))

        assert isinstance(found, Found)


def test_r_pii_1_the_customers_number_and_the_password_are_not_given_away(bench: Bench):
    order = bench.order()
    bench.line.place(order)

    (body,) = bench.server.bodies
    assert body["endpoint"] == "PJSIP/801"
    assert (body["channelId"], body["appArgs"]) == (CALL, f"caller,{CALL}")
    assert "13900000002" not in str(body) + str(bench.server.addresses)
    assert PASSWORD not in str(body) + str(bench.server.addresses)


def test_r_repeat_2_a_call_that_lives_is_not_placed_again(bench: Bench):
    assert bench.line.place(bench.order()) == Accepted(CALL)
    assert bench.line.place(bench.order()) == Accepted(CALL)
    assert bench.happened() == 1


@pytest.mark.parametrize("extension", ["", "801@elsewhere", "801/x", "801,802", "分机", "8" * 41])
def test_an_extension_that_is_none_is_refused_without_asking(bench: Bench, extension: str):
    answer = bench.line.place(replace(bench.order(), caller=extension))

    assert isinstance(answer, Refused)
    assert answer.is_permanent
    assert bench.server.addresses == []


def test_what_a_looked_up_call_says(bench: Bench):
    bench.line.place(bench.order())

    found = bench.line.look_up(trace_of(bench.order(), NOW))

    assert isinstance(found, Found)
    assert [(e.leg, e.what) for e in found.events] == [
        (Leg.CALLER, What.RINGING),
        (Leg.CALLER, What.QUEUED),
    ]
    assert found.events[1].at == NOW.replace(microsecond=123000)
    assert all(e.key.endswith(":seen") for e in found.events)


def test_what_cannot_be_asked_is_not_missing(bench: Bench):
    bench.break_access()
    assert isinstance(bench.line.look_up(trace_of(bench.order(), NOW)), Unknown)
    bench.next_is(Case.NOT_CONNECTED)
    assert isinstance(bench.line.look_up(trace_of(bench.order(), NOW)), Unknown)
    assert isinstance(bench.line.fetch_recording(CALL), Unknown)
    answer = bench.line.hang_up(trace_of(bench.order(), NOW))
    assert isinstance(answer, Refused)


def test_a_recordings_name_stays_inside_its_folder(bench: Bench):
    bench.line.fetch_recording("../../etc/passwd?x")

    assert bench.server.addresses == ["/ari/recordings/stored/..%2F..%2Fetc%2Fpasswd%3Fx/file"]


def channel(state: str, name: str = CALL) -> dict[str, object]:
    return {"id": name, "state": state}


def told(kind: str, **fields: object) -> dict[str, object]:
    return {"type": kind, "timestamp": AT, "application": "waihu", **fields}


@pytest.mark.parametrize(
    ("name", "leg"), [(CALL, Leg.CALLER), (f"{CALL}.2", Leg.CALLER), (f"{CALL}.2.c", Leg.CUSTOMER)]
)
@pytest.mark.parametrize(
    ("state", "what"), [("Ringing", What.RINGING), ("Up", What.ANSWERED), ("Down", None)]
)
def test_a_leg_rings_and_is_answered(name: str, leg: Leg, state: str, what: What | None):
    event = translate(told("ChannelStateChange", channel=channel(state, name)))

    if what is None:
        assert event is None
        return
    call_id = name.removesuffix(".c")
    assert event == ExchangeEvent(
        Sign.TOLD,
        call_id,
        CallEvent(
            key=f"{name}:{what}",
            leg=leg,
            what=what,
            at=NOW,
            provider_id=name,
            parent_id=call_id if leg is Leg.CUSTOMER else None,
        ),
        at=NOW,
    )


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (0, Cause.NO_ANSWER),
        (1, Cause.NO_SUCH_NUMBER),
        (3, Cause.UNREACHABLE),
        (16, Cause.NO_ANSWER),
        (17, Cause.BUSY),
        (18, Cause.NO_ANSWER),
        (19, Cause.NO_ANSWER),
        (20, Cause.SWITCHED_OFF),
        (21, Cause.REJECTED),
        (27, Cause.UNREACHABLE),
        (28, Cause.NO_SUCH_NUMBER),
        (34, Cause.FAILED),
        (38, Cause.FAILED),
        (41, Cause.FAILED),
        (42, Cause.FAILED),
        (127, Cause.FAILED),
        ("x", Cause.FAILED),
        (None, Cause.FAILED),
    ],
)
def test_a_customers_leg_ends_for_a_cause(code: object, cause: Cause):
    unanswered = translate(
        told("ChannelDestroyed", cause=code, channel=channel("Ringing", f"{CALL}.c"))
    )
    answered = translate(told("ChannelDestroyed", cause=code, channel=channel("Up", f"{CALL}.c")))

    assert unanswered is not None
    assert unanswered.call_event is not None
    assert unanswered.call_event.cause is cause
    assert answered is not None
    assert answered.call_event is not None
    assert answered.call_event.cause is Cause.TALKED


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (0, Cause.CANCELLED),
        (17, Cause.CANCELLED),
        (21, Cause.CANCELLED),
        (1, Cause.FAILED),
        (20, Cause.FAILED),
        (34, Cause.FAILED),
    ],
)
def test_how_the_callers_own_leg_ended_is_no_outcome_of_the_customers(code: int, cause: Cause):
    assert cause_of(code, Leg.CALLER, was_answered=False) is cause
    assert cause_of(code, Leg.CALLER, was_answered=True) is Cause.CANCELLED


@pytest.mark.parametrize(
    "odd",
    [
        {},
        told("ChannelStateChange"),
        told("ChannelStateChange", channel=None),
        told("ChannelStateChange", channel=channel("Up", "1795334005.4")),
        told("ChannelStateChange", channel=channel("Up", f"{CALL}.x")),
        told("StasisStart", channel=channel("Up", f"{CALL}.c")),
        told("ChannelDtmfReceived", channel=channel("Up"), digit="5"),
        told("PlaybackFinished", playback={"id": "1795334005.4", "state": "done"}),
        told("RecordingFinished", recording={"name": f"{CALL}.c"}),
        told("BridgeDestroyed", bridge={"id": f"{CALL}.b"}),
        told("ChannelDestroyed", channel={"id": ["x"]}),
    ],
)
def test_what_is_not_of_our_calls_says_nothing(odd: dict[str, object]):
    assert translate(odd) is None


@pytest.mark.parametrize("at", [None, "", "yesterday", "2025-05-13T09:30:00", 5])
def test_an_event_without_a_usable_time_is_still_one(at: object):
    event = translate({**told("ChannelStateChange", channel=channel("Up")), "timestamp": at})

    assert event is not None
    assert event.call_event is not None
    assert event.call_event.at is None


def test_the_other_signs():
    customer = channel("Up", f"{CALL}.c")
    played = {"id": f"{CALL}.p.q1", "state": "failed"}
    recording = {"name": CALL, "duration": 12}

    assert translate(told("StasisStart", channel=channel("Up"))) == ExchangeEvent(
        Sign.CALLER_HERE, CALL, at=NOW
    )
    assert translate(told("ChannelHangupRequest", channel=channel("Up"))) == ExchangeEvent(
        Sign.CALLER_GOES, CALL, at=NOW
    )
    assert translate(told("ChannelDtmfReceived", channel=customer, digit="4")) == ExchangeEvent(
        Sign.PRESSED, CALL, digit="4", at=NOW
    )
    assert translate(told("PlaybackFinished", playback=played)) == ExchangeEvent(
        Sign.PLAYED, CALL, playback="q1", is_done=False, at=NOW
    )
    recorded = translate(told("RecordingFinished", recording=recording))
    assert recorded is not None
    assert recorded.call_event is not None
    assert (recorded.call_event.recording, recorded.call_event.seconds) == (CALL, 12)


def test_safety_i14_what_was_seen_and_what_was_told_are_two_events():
    told_event = leg_event(CALL, Leg.CALLER, What.ANSWERED, NOW)
    seen = leg_event(CALL, Leg.CALLER, What.ANSWERED, NOW, seen=True)

    assert told_event.key != seen.key


def test_r_phone_1_the_number_as_the_trunk_wants_it():
    mobile, fixed = PhoneNumber("+8613900000002", "12"), PhoneNumber("+862888888888")

    assert digits_for(mobile, e164=False) == "13900000002"
    assert digits_for(fixed, e164=False) == "02888888888"
    assert digits_for(mobile, e164=True) == "+8613900000002"


def test_the_settings_of_an_exchange():
    source = {
        "WAIHU_ASTERISK_URL": "http://127.0.0.1:8088",
        "WAIHU_ASTERISK_USER": "waihu",
        "WAIHU_ASTERISK_PASSWORD": PASSWORD,
        "WAIHU_ASTERISK_NUMBERS": "E164",
        "WAIHU_ASTERISK_NOTICE": "sound:waihu/recorded",
        "WAIHU_ASTERISK_FOR_TRAINING": "1",
    }

    settings = read_line_settings(source).asterisk

    assert settings is not None
    assert (settings.dials_e164, settings.notice) == (True, "sound:waihu/recorded")
    assert (settings.score_prompt, settings.is_for_training) == ("tone:dial", True)
    assert AsteriskLine(settings).is_training
    assert PASSWORD not in repr(settings)
    for wrong in ("recording:x", "sound:a,sound:b", "waihu/score"):
        with pytest.raises(UsageError):
            read_line_settings({**source, "WAIHU_ASTERISK_SCORE_PROMPT": wrong})
