"""Twilio's line through its real library, over HTTP, against the training carrier."""

from __future__ import annotations

import logging
import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.carrier import legs
from adapters.carrier.books import CallStatus
from adapters.carrier.published import CREATE_CALL, CREATE_MESSAGE, UPDATE_CALL, Fields, checked
from adapters.carrier.script import read_script
from adapters.carrier.server import Carrier
from adapters.carrier.settings import CarrierSettings
from adapters.channels.base import (
    Accepted,
    CallOrder,
    Found,
    Missing,
    Refused,
    SmsFound,
    SmsOrder,
    Unknown,
)
from adapters.channels.twilio_client import BrokenAnswerError, OneRequest, Timeouts
from adapters.channels.twilio_sms import TwilioSms
from adapters.channels.twilio_voice import TwilioVoice
from adapters.clock import SystemClock
from adapters.line_settings import TwilioSettings
from campaigns.values import PhoneNumber, SmsState
from tests.adapters.channels.contract import (
    Case,
    SmsContract,
    VoiceContract,
    text_trace_of,
    trace_of,
)
from tests.adapters.channels.wire import Canned, Relay, open_canned, open_relay

SID = "AC" + "0a" * 16
TOKEN = "not-a-real-token"
CALLER = "+8613900000001"
CUSTOMER = PhoneNumber("+8613800000002")
SETTINGS = TwilioSettings(SID, TOKEN, "+85230000000")
NOBODY = "http://127.0.0.1:9"
IMPATIENT = Timeouts(read_s=1.0)

FAULTS: dict[Case, dict[str, object]] = {
    Case.QUEUED: {"fault": "queue", "seconds": 120},
    Case.TOO_MANY: {"fault": "too_many", "seconds": 7},
    Case.TIMEOUT_BEFORE: {"fault": "timeout_before", "seconds": 3},
    Case.TIMEOUT_AFTER: {"fault": "timeout_after", "seconds": 3},
    Case.RESET_BEFORE: {"fault": "reset_before"},
    Case.RESET_AFTER: {"fault": "reset_after"},
    Case.ERROR_BEFORE: {"fault": "error_before"},
    Case.ERROR_AFTER: {"fault": "error_after"},
    Case.UNAVAILABLE: {"fault": "unavailable"},
    Case.BROKEN_AFTER: {"fault": "broken_json"},
    Case.REDIRECT: {"fault": "redirect"},
}


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    with Carrier(CarrierSettings(SID, TOKEN)) as running:
        yield running


@pytest.fixture
def relay(carrier: Carrier) -> Iterator[Relay]:
    with open_relay(carrier.url) as opened:
        yield opened


@pytest.fixture
def canned() -> Iterator[Canned]:
    with open_canned() as opened:
        yield opened


class Bench:
    secrets = (TOKEN, "secret-of-the-key")
    create = ""
    made = ""

    def __init__(self, carrier: Carrier, relay: Relay) -> None:
        self.carrier, self.relay = carrier, relay
        self.settings = replace(SETTINGS, base_url=relay.url, api_secret="secret-of-the-key")
        self.is_wrong = self.is_opted_out = False
        self.timeouts = Timeouts()
        self.script([])
        self.open(self.settings)

    def open(self, settings: TwilioSettings) -> None:
        raise NotImplementedError

    def script(self, rest: list[dict[str, object]]) -> None:
        people = {CUSTOMER.e164: {"sms": "21610"}} if self.is_opted_out else {}
        said = {"cps": None, "rest": rest, "people": people}
        with self.carrier.desk.lock:
            self.carrier.desk.follow(read_script(said))

    def now(self) -> datetime:
        return SystemClock().now()

    def next_is(self, case: Case) -> None:
        match case:
            case Case.WRONG_NUMBER:
                self.is_wrong = True
            case Case.OPTED_OUT:
                self.is_opted_out = True
                self.script([])
            case Case.NOT_AUTHORISED:
                self.break_access()
            case Case.NOT_CONNECTED:
                with socket.socket() as unused:
                    unused.bind(("127.0.0.1", 0))
                    port = unused.getsockname()[1]
                self.open(replace(self.settings, base_url=f"http://127.0.0.1:{port}"))
            case Case.TIMEOUT_BEFORE | Case.TIMEOUT_AFTER:
                self.timeouts = IMPATIENT
                self.open(self.settings)
                self.script([{**FAULTS[case], "on": self.create, "nth": [1]}])
            case _:
                self.script([{**FAULTS[case], "on": self.create, "nth": [1]}])

    def requests(self) -> int:
        return len(self.relay.posts(self.made))

    def break_access(self) -> None:
        self.open(replace(self.settings, auth_token="another"))


class CallBench(Bench):
    create, made = "calls.create", "/Calls.json"
    line: TwilioVoice

    def open(self, settings: TwilioSettings) -> None:
        self.line = TwilioVoice(settings, NOBODY, self.timeouts)

    def order(self) -> CallOrder:
        return CallOrder("call-1", "token-1", "+0123" if self.is_wrong else CALLER, CUSTOMER)

    def happened(self) -> int:
        return len(self.carrier.desk.books.legs)

    def end(self, provider_id: str) -> None:
        with self.carrier.desk.lock:
            leg = self.carrier.desk.books.legs[provider_id]
            legs.end(self.carrier.desk, leg, CallStatus.COMPLETED)
        assert leg.is_over


class TextBench(Bench):
    create, made = "messages.create", "/Messages.json"
    line: TwilioSms

    def open(self, settings: TwilioSettings) -> None:
        self.line = TwilioSms(settings, NOBODY, self.timeouts)

    def order(self) -> SmsOrder:
        to = PhoneNumber("+0123") if self.is_wrong else CUSTOMER
        return SmsOrder("sms-1", "token-1", to, "【春风店】您好，您的订单待付款，退订回T")

    def happened(self) -> int:
        return len(self.carrier.desk.books.messages)


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


# --- what the answers mean -----------------------------------------------------------------------


def placed_with(canned: Canned) -> object:
    line = TwilioVoice(replace(SETTINGS, base_url=canned.url), NOBODY)
    return line.place(CallOrder("call-1", "token-1", CALLER, CUSTOMER))


@pytest.mark.parametrize("code", [21211, 21214, 21217, 13224, 21215, 21408, 21210, 21608, 60220])
def test_a_number_that_cannot_be_reached_is_refused_for_good(canned, code):
    canned.says("400 Bad Request", f'{{"code": {code}, "message": "no", "status": 400}}')

    answer = placed_with(canned)

    assert isinstance(answer, Refused)
    assert (answer.code, answer.is_permanent) == (str(code), True)


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "409 Conflict"])
def test_another_definite_no_is_refused_for_now(canned, status):
    canned.says(status, "<html>no</html>")

    answer = placed_with(canned)

    assert isinstance(answer, Refused)
    assert not answer.is_permanent


def test_a_queue_that_is_full_is_refused_for_now(canned):
    canned.says("400 Bad Request", '{"code": 22005, "message": "full", "status": 400}')

    answer = placed_with(canned)

    assert isinstance(answer, Refused)
    assert not answer.is_permanent


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("400 Bad Request", '{"type": "x", "title": "t", "status": 400, "code": 1}'),
        ("408 Request Timeout", "{}"),
        ("201 Created", ""),
        ("201 Created", "[]"),
        ("201 Created", "{}"),
        ("201 Created", '{"sid": 5, "date_created": 7}'),
        ("201 Created", '{"sid": "CA1"}'),
        ("200 OK", "null"),
        ("204 No Content", ""),
        ("502 Bad Gateway", "<html></html>"),
        ("500 Internal Server Error", '{"code": 21211, "message": "x"}'),
        ("307 Temporary Redirect", ""),
    ],
)
def test_safety_a2_an_answer_that_cannot_be_read_is_unknown(canned, status, body):
    canned.says(status, body, "Location: /again")

    answer = placed_with(canned)

    assert isinstance(answer, Unknown), answer
    assert len(canned.seen) == 1


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 2", b"HTTP/1.1 201 Created\r\n", b"\x00" * 9])
def test_safety_a2_an_answer_that_breaks_off_is_unknown(canned, said):
    canned.answers.append(said)

    assert isinstance(placed_with(canned), Unknown)
    assert len(canned.seen) == 1


def test_an_answer_shorter_than_it_says_is_unknown(canned):
    canned.answers.append(b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{}")

    assert isinstance(placed_with(canned), Unknown)


@pytest.mark.parametrize("said", ["soon", "-1", "١٢", "9" * 40])
def test_a_time_to_come_again_that_is_none_is_left_out(canned, said):
    canned.answers.append(
        f"HTTP/1.1 429 Slow\r\nContent-Length: 2\r\nRetry-After: {said}\r\n\r\n{{}}".encode()
    )

    answer = placed_with(canned)

    assert isinstance(answer, Refused)
    assert answer.retry_after is None


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


def test_a_call_just_after_midnight_utc_is_looked_for_from_the_day_before(canned):
    line = TwilioVoice(replace(SETTINGS, base_url=canned.url), NOBODY)
    for _ in range(2):
        canned.says("200 OK", '{"calls": [], "page": 0}')
    at = datetime(2025, 5, 14, 0, 0, 3, tzinfo=UTC)

    line.look_up(trace_of(CallOrder("c", "t", CALLER, CUSTOMER), at))

    assert "StartTime%3E=2025-05-13" in canned.seen[0].path
    assert "Status=queued" in canned.seen[1].path


def test_a_text_is_looked_up_with_what_became_of_it(texts):
    texts.carrier.desk.timeline._speed = 100.0
    try:
        sent = texts.line.send(texts.order())
        deadline = time.monotonic() + 5
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


def test_an_answer_without_end_is_not_read_to_its_end(canned):
    canned.says("200 OK", "x" * 200_000)
    with pytest.raises(BrokenAnswerError):
        OneRequest(Timeouts()).send("GET", canned.url, limit_bytes=100_000)


# --- the check of a real account -----------------------------------------------------------------

ACTIVE = '{"sid": "x", "status": "active"}'


def numbers(*capabilities: str) -> str:
    held = ", ".join(f'{{"sid": "PN", "capabilities": {one}}}' for one in capabilities)
    return f'{{"incoming_phone_numbers": [{held}], "page": 0}}'


@pytest.mark.parametrize(
    ("answers", "voice", "sms"),
    [
        ([ACTIVE, numbers('{"voice": true, "sms": true}')], True, True),
        ([ACTIVE, numbers('{"voice": true, "sms": false}')], True, False),
        ([ACTIVE, numbers('{"voice": false, "sms": true}')], False, True),
        ([ACTIVE, numbers()], True, False),
        ([ACTIVE, "[]"], False, False),
        (['{"sid": "x", "status": "suspended"}'], False, False),
        (["<html>"], False, False),
    ],
)
def test_the_check_of_an_account_that_is_no_training_carrier(answers, voice, sms):
    with open_canned("127.0.0.2") as far:
        settings = replace(SETTINGS, base_url=far.url)
        for line, ready in ((TwilioVoice, voice), (TwilioSms, sms)):
            far.answers.clear()
            for answer in answers:
                far.says("200 OK", answer)
            report = line(settings, NOBODY).check()
            assert report.is_ready is ready, report
        assert {wired.method for wired in far.seen} == {"GET"}


def test_a_messaging_service_sends_without_a_number_of_its_own():
    with open_canned("127.0.0.2") as far:
        far.says("200 OK", ACTIVE)
        settings = replace(SETTINGS, base_url=far.url, messaging_service="MG" + "0" * 32)
        assert TwilioSms(settings, NOBODY).check().is_ready


def test_the_lines_say_that_they_lead_to_a_training_carrier(calls):
    assert calls.line.is_training
    assert not TwilioVoice(SETTINGS, NOBODY).is_training
    assert timedelta(seconds=1 / calls.line.calls_per_second) == timedelta(seconds=1)
