"""Twilio's line through its real library, over HTTP, against the training carrier."""

from __future__ import annotations

import logging
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.carrier.published import (
    CREATE_CALL,
    CREATE_MESSAGE,
    UPDATE_CALL,
    Fields,
    checked,
)
from adapters.carrier.server import (
    Carrier,
)
from adapters.carrier.settings import (
    CarrierSettings,
)
from adapters.channels.base import (
    Accepted,
    Found,
    Missing,
    Refused,
    SmsFound,
    Unknown,
)
from adapters.channels.twilio_voice import (
    TwilioVoice,
)
from campaigns.values import (
    PhoneNumber,
    SmsState,
)
from tests.adapters.channels.contract import (
    Case,
    SmsContract,
    VoiceContract,
    text_trace_of,
    trace_of,
)
from tests.adapters.channels.twilio_benches import (
    CALLER,
    CUSTOMER,
    IMPATIENT,
    NOBODY,
    SETTINGS,
    SID,
    TOKEN,
    CallBench,
    TextBench,
)
from tests.adapters.channels.wire import (
    Relay,
    open_relay,
)


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    with Carrier(CarrierSettings(SID, TOKEN)) as running:
        yield running


@pytest.fixture
def relay(carrier: Carrier) -> Iterator[Relay]:
    with open_relay(carrier.url) as opened:
        yield opened


class TestVoice(VoiceContract):
    @pytest.fixture
    def bench(self, carrier: Carrier, relay: Relay) -> CallBench:
        return CallBench(carrier, relay)


class TestSms(SmsContract):
    @pytest.fixture
    def bench(self, carrier: Carrier, relay: Relay) -> TextBench:
        return TextBench(carrier, relay)


@pytest.fixture
def calls(carrier: Carrier, relay: Relay) -> CallBench:
    return CallBench(carrier, relay)


@pytest.fixture
def texts(carrier: Carrier, relay: Relay) -> TextBench:
    return TextBench(carrier, relay)


# --- what goes over the wire ---------------------------------------------------------------------


def fields_of(relay: Relay, ending: str, known: Fields) -> dict[str, list[str]]:
    (wired,) = relay.posts(ending)
    return checked(wired.form, known)


def test_a_call_has_only_fields_of_the_published_description(calls, relay):
    calls.line.place(replace(calls.order(), ring_seconds=25))

    found = fields_of(relay, "/Calls.json", CREATE_CALL)

    assert found["To"] == [CALLER]
    assert found["From"] == [SETTINGS.number]
    assert found["Timeout"] == ["25"]
    assert found["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    assert found["Url"] == [f"{NOBODY}/line/twilio/voice/token-1#rc=3&rp=all&tt=15000"]
    assert found["StatusCallback"] == [f"{NOBODY}/line/twilio/leg/token-1#rc=3&rp=all&tt=15000"]
    assert CUSTOMER.e164 not in str(relay.seen)


def test_a_text_has_only_fields_of_the_published_description(texts, relay):
    texts.line.send(texts.order())

    found = fields_of(relay, "/Messages.json", CREATE_MESSAGE)

    assert found["To"] == [CUSTOMER.e164]
    assert found["From"] == [SETTINGS.number]
    assert found["Body"] == [texts.order().wording]
    assert not {"SendAt", "ScheduleType"} & set(found)


def test_a_messaging_service_takes_the_place_of_the_number(texts, relay):
    texts.open(replace(texts.settings, messaging_service="MG" + "0" * 32))
    texts.line.send(texts.order())

    found = fields_of(relay, "/Messages.json", CREATE_MESSAGE)

    assert found["MessagingServiceSid"] == ["MG" + "0" * 32]
    assert "From" not in found


def test_hanging_up_and_asking_have_only_fields_of_the_published_description(calls, relay):
    placed = calls.line.place(calls.order())
    trace = replace(trace_of(calls.order(), calls.now(), placed.provider_id))
    calls.line.ask_score(replace(trace, customer_leg_id=placed.provider_id), "token-1")
    calls.line.hang_up(trace)

    asked, ended = relay.posts(f"/{placed.provider_id}.json")
    assert set(checked(asked.form, UPDATE_CALL)) == {"Url", "Method"}
    assert checked(ended.form, UPDATE_CALL) == {"Status": ["completed"]}


def test_an_api_key_asks_instead_of_the_token(relay, calls):
    calls.open(replace(calls.settings, api_key="SK" + "1" * 32))
    calls.line.place(calls.order())
    (with_key,) = {wired.headers["authorization"] for wired in relay.seen}
    expected = f"SK{'1' * 32}:secret-of-the-key".encode()

    assert with_key == f"Basic {b64encode(expected).decode()}"


def test_nothing_of_the_environment_matters(calls, relay, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "of somebody else")
    calls.open(calls.settings)

    assert isinstance(calls.line.place(calls.order()), Accepted)
    assert calls.requests() == 1


def test_r_pii_1_no_number_and_no_wording_is_logged(calls, texts, caplog):
    caplog.set_level(logging.DEBUG)
    calls.line.place(calls.order())
    texts.line.send(texts.order())
    texts.line.look_up(text_trace_of(texts.order(), texts.now()))

    own = [r.getMessage() for r in caplog.records if r.name.partition(".")[0] == "twilio"]
    assert own == []


def test_an_own_phone_that_is_none_is_refused_without_a_request(calls):
    answer = calls.line.place(replace(calls.order(), caller="8001"))

    assert isinstance(answer, Refused)
    assert calls.requests() == 0


def test_a_relay_number_gets_no_text(texts):
    answer = texts.line.send(replace(texts.order(), to=PhoneNumber("+8613800000002", "12")))

    assert isinstance(answer, Refused)
    assert answer.is_permanent
    assert texts.requests() == 0


# --- looking up ----------------------------------------------------------------------------------


def test_a_queued_call_has_no_start_but_is_found(calls):
    calls.next_is(Case.QUEUED)
    at = calls.now()
    placed = calls.line.place(calls.order())

    found = calls.line.look_up(trace_of(calls.order(), at))

    assert isinstance(found, Found)
    assert found.provider_id == placed.provider_id


def test_of_two_calls_to_the_caller_the_nearest_in_time_is_taken(calls):
    first = calls.line.place(calls.order())
    time.sleep(2.1)  # the provider's records are exact to the second
    at = calls.now()
    second = calls.line.place(calls.order())

    found = calls.line.look_up(trace_of(calls.order(), at))
    other = replace(trace_of(calls.order(), at), others=frozenset({second.provider_id}))

    assert isinstance(found, Found)
    assert found.provider_id == second.provider_id
    assert calls.line.look_up(other).provider_id == first.provider_id


@pytest.mark.parametrize("fault", ["error_before", "timeout_before", "broken_json", "too_many"])
def test_a_look_up_that_fails_is_not_missing(calls, fault):
    calls.timeouts = IMPATIENT
    calls.open(calls.settings)
    calls.script([{"fault": fault, "on": "calls.list", "seconds": 3}])

    found = calls.line.look_up(trace_of(calls.order(), calls.now()))

    assert isinstance(found, Unknown)


def test_a_text_is_looked_up_with_what_became_of_it(texts):
    texts.carrier.desk.timeline._speed = 100.0
    try:
        sent = texts.line.send(texts.order())
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            found = texts.line.look_up(text_trace_of(texts.order(), texts.now(), sent.provider_id))
            if found.events and found.events[0].state is SmsState.DELIVERED:
                break
    finally:
        texts.carrier.desk.timeline._speed = 1.0

    assert isinstance(found, SmsFound)
    assert found.events[0].segments == 1
    assert found.events[0].state is SmsState.DELIVERED


def test_the_same_text_of_another_hour_is_not_this_one(texts):
    texts.line.send(texts.order())
    later = texts.now() + timedelta(hours=1)

    assert texts.line.look_up(text_trace_of(texts.order(), later)) == Missing()


@pytest.mark.parametrize("reference", ["../Calls/CA1", "RE1", "http://evil.example/x", "", "RE\n"])
def test_a_recording_is_fetched_by_its_id_only(calls, relay, reference):
    assert calls.line.fetch_recording(reference) == Missing()
    assert relay.seen == []


def test_the_lines_say_that_they_lead_to_a_training_carrier(calls):
    assert calls.line.is_training
    assert not TwilioVoice(SETTINGS, NOBODY).is_training
    assert timedelta(seconds=1 / calls.line.calls_per_second) == timedelta(seconds=1)
