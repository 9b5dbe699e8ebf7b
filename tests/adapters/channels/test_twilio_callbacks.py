"""Whom we believe, and what the provider's callbacks say."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.base import RawCallback
from adapters.channels.twilio_callbacks import TwilioCallbacks
from adapters.line_settings import TwilioSettings
from campaigns.lines import Cause, Leg, SmsReply, What, picture_of
from campaigns.values import SmsState
from tests.adapters.channels.contract import CallbackContract

SID = "AC" + "0b" * 16
TOKEN = "not-a-real-token"
OLD = "the-one-before-it"
PUBLIC = "https://shop.example"
SETTINGS = TwilioSettings(SID, TOKEN, "+85230000000", old_token=OLD)
READER = TwilioCallbacks(SETTINGS, PUBLIC)
CALLER_LEG, CUSTOMER_LEG = "CA" + "1" * 32, "CA" + "2" * 32
RECORDING = "RE" + "3" * 32
TEXT = "SM" + "4" * 32
AT = "Tue, 13 May 2025 01:00:00 +0000"
FORM = "application/x-www-form-urlencoded"
LEG = "/line/twilio/leg/tok"
BASIC = (("AccountSid", SID), ("CallSid", CALLER_LEG), ("CallStatus", "ringing"))


def signature(url: str, fields: tuple[tuple[str, str], ...], token: str = TOKEN) -> str:
    """The provider's rule, written once more: address, then the fields in order, under the token."""
    said = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()).decode()


def signed(
    path: str = LEG,
    fields: tuple[tuple[str, str], ...] = BASIC,
    *,
    token: str = TOKEN,
    public: str = PUBLIC,
    kind: str = FORM,
) -> RawCallback:
    headers = {"x-twilio-signature": signature(public + path, fields, token), "content-type": kind}
    return RawCallback(path, headers, urlencode(fields).encode())


def call(path: str, **fields: str) -> RawCallback:
    return signed(f"/line/twilio/{path}/tok", (("AccountSid", SID), *fields.items()))


class TestCallbacks(CallbackContract):
    @pytest.fixture
    def bench(self):
        class Bench:
            reader = READER
            secrets = (TOKEN, OLD)

            def genuine(self):
                return signed()

        return Bench()


# --- whom we believe -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        signed(),
        signed(kind="application/x-www-form-urlencoded; charset=utf-8"),
        signed(kind="Application/X-WWW-Form-Urlencoded"),
        signed(token=OLD),
        signed(public="https://shop.example:443"),
        signed(path=LEG + "?last=1"),
        signed(path=LEG + "?name=%E5%BC%A0%20x&empty="),
        signed(fields=(*BASIC, ("Body", "退订 + & = %"))),
        signed(fields=(*BASIC, ("Empty", ""))),
        signed(fields=(*BASIC, ("Twice", "b"), ("Twice", "a"))),
        signed(fields=(*BASIC, ("NewFieldOfNextYear", "x"))),
    ],
)
def test_what_the_account_signed_is_believed(raw):
    assert READER.authenticate(raw)


def test_an_address_with_a_port_is_signed_with_and_without_it():
    reader = TwilioCallbacks(SETTINGS, "https://shop.example:8443/")
    for public in ("https://shop.example:8443", "https://shop.example"):
        assert reader.authenticate(signed(public=public))
    assert not reader.authenticate(signed(public="https://shop.example:443"))


def test_without_an_old_token_only_the_new_one_counts():
    reader = TwilioCallbacks(replace(SETTINGS, old_token=None), PUBLIC)
    assert reader.authenticate(signed())
    assert not reader.authenticate(signed(token=OLD))
    assert not reader.authenticate(signed(token=""))


GENUINE = signed()
HEADERS = GENUINE.headers
SAID = HEADERS["x-twilio-signature"]


def with_header(name: str, value: str) -> RawCallback:
    return replace(GENUINE, headers={**HEADERS, name: value})


def without(name: str) -> RawCallback:
    return replace(GENUINE, headers={k: v for k, v in HEADERS.items() if k != name})


BAD = {
    "no signature": without("x-twilio-signature"),
    "empty signature": with_header("x-twilio-signature", ""),
    "blank signature": with_header("x-twilio-signature", " "),
    "signature cut": with_header("x-twilio-signature", SAID[:-1]),
    "signature longer": with_header("x-twilio-signature", SAID + "="),
    "signature twice": with_header("x-twilio-signature", f"{SAID},{SAID}"),
    "signature in lower case": with_header("x-twilio-signature", SAID.lower()),
    "signature not ascii": with_header("x-twilio-signature", "签名"),
    "signature of a lone surrogate": with_header("x-twilio-signature", "\udcff"),
    "signature of nul": with_header("x-twilio-signature", "\x00"),
    "signature of another token": signed(token="guessed"),
    "signature of an empty token": signed(token=""),
    "signature of the account's id": signed(token=SID),
    "signature of another address": replace(signed("/line/twilio/leg/other"), path_and_query=LEG),
    "signature of other fields": replace(GENUINE, body=signed(fields=(*BASIC, ("a", "b"))).body),
    "no type": without("content-type"),
    "json type": with_header("content-type", "application/json"),
    "text type": with_header("content-type", "text/plain"),
    "multipart type": with_header("content-type", "multipart/form-data; boundary=x"),
    "type that begins alike": with_header("content-type", FORM + "x"),
    "http for https": signed(public="http://shop.example"),
    "another host": signed(public="https://shop.example.evil.example"),
    "another port": signed(public="https://shop.example:8443"),
    "host in upper case": signed(public="https://SHOP.example"),
    "fragment signed along": replace(signed(LEG + "#rc=3"), path_and_query=LEG),
    "fragment in the path": signed(LEG + "#rc=3"),
    "slash at the end": replace(GENUINE, path_and_query=LEG + "/"),
    "two slashes": replace(GENUINE, path_and_query="/" + LEG),
    "no slash": replace(GENUINE, path_and_query=LEG[1:]),
    "whole address for a path": replace(GENUINE, path_and_query=PUBLIC + LEG),
    "query added": replace(GENUINE, path_and_query=LEG + "?x=1"),
    "query dropped": replace(signed(LEG + "?x=1"), path_and_query=LEG),
    "query turned around": replace(signed(LEG + "?a=1&b=2"), path_and_query=LEG + "?b=2&a=1"),
    "escapes resolved": replace(signed(LEG + "?n=%41"), path_and_query=LEG + "?n=A"),
    "path not ascii": signed("/line/twilio/leg/张三"),
    "path of a lone surrogate": replace(GENUINE, path_and_query=LEG + "\udcff"),
    "path empty": replace(GENUINE, path_and_query=""),
    "another token in the path": replace(GENUINE, path_and_query="/line/twilio/leg/tok2"),
    "body empty": replace(GENUINE, body=b""),
    "body cut": replace(GENUINE, body=GENUINE.body[:-1]),
    "body with a field more": replace(GENUINE, body=GENUINE.body + b"&x=1"),
    "body with a field changed": replace(
        GENUINE, body=GENUINE.body.replace(b"ringing", b"completed")
    ),
    "body of json": replace(GENUINE, body=b'{"AccountSid": "x"}'),
    "body not utf-8": replace(GENUINE, body=GENUINE.body + b"&x=\xff"),
    "body with an escape that is not utf-8": replace(GENUINE, body=GENUINE.body + b"&x=%FF"),
    "body of nul": replace(GENUINE, body=b"\x00" * 40),
    "body of too many fields": replace(GENUINE, body=b"&".join([b"a=b"] * 5_000)),
    "too many fields, though signed": signed(
        fields=(*BASIC, *((f"field{n}", "x") for n in range(300)))
    ),
    "letters that were none, signed as replaced ones": replace(
        signed(fields=(*BASIC, ("x", "\ufffd"))), body=GENUINE.body + b"&x=%FF"
    ),
    "account of somebody else": signed(fields=(("AccountSid", "AC" + "9" * 32),)),
    "no account": signed(fields=(("CallSid", CALLER_LEG),)),
    "account twice": signed(fields=(("AccountSid", SID), ("AccountSid", "AC" + "9" * 32))),
    "account empty": signed(fields=(("AccountSid", ""),)),
}


@pytest.mark.parametrize("name", BAD)
def test_b3_what_is_not_the_providers_is_not_believed(name):
    assert not READER.authenticate(BAD[name])


@given(
    st.text(max_size=40), st.dictionaries(st.text(max_size=20), st.text(max_size=40)), st.binary()
)
def test_b3_nothing_makes_it_raise(path, headers, body):
    for raw in (RawCallback(path, headers, body), RawCallback(LEG, {**HEADERS, **headers}, body)):
        assert not READER.authenticate(raw)
        READER.read_call(raw, "tok")
        READER.read_sms(raw, "tok")
        READER.read_replies(raw)


# --- what it says of a call ----------------------------------------------------------------------


def test_steps_of_both_legs():
    own = call("leg", CallSid=CALLER_LEG, CallStatus="in-progress", Timestamp=AT)
    (answered,) = READER.read_call(own, "tok")
    theirs = call(
        "customer",
        CallSid=CUSTOMER_LEG,
        ParentCallSid=CALLER_LEG,
        CallStatus="completed",
        CallDuration="42",
        Timestamp=AT,
    )
    (ended,) = READER.read_call(theirs, "tok")

    assert (answered.leg, answered.what) == (Leg.CALLER, What.ANSWERED)
    assert (answered.provider_id, answered.token) == (CALLER_LEG, "tok")
    assert answered.at == datetime(2025, 5, 13, 1, 0, tzinfo=UTC)
    assert (ended.leg, ended.what, ended.cause) == (Leg.CUSTOMER, What.ENDED, Cause.TALKED)
    assert (ended.provider_id, ended.parent_id) == (CUSTOMER_LEG, CALLER_LEG)
    assert ended.seconds == 42


@pytest.mark.parametrize(
    ("status", "more", "cause"),
    [
        ("completed", {}, Cause.TALKED),
        ("busy", {}, Cause.BUSY),
        ("no-answer", {}, Cause.NO_ANSWER),
        ("canceled", {}, Cause.CANCELLED),
        ("failed", {}, Cause.FAILED),
        ("busy", {"SipResponseCode": "603"}, Cause.REJECTED),
        ("busy", {"SipResponseCode": "486"}, Cause.BUSY),
        ("failed", {"SipResponseCode": "404"}, Cause.NO_SUCH_NUMBER),
        ("failed", {"SipResponseCode": "480"}, Cause.UNREACHABLE),
        ("failed", {"SipResponseCode": "503"}, Cause.FAILED),
        ("failed", {"ErrorCode": "13224"}, Cause.NO_SUCH_NUMBER),
        ("completed", {"SipResponseCode": "200"}, Cause.TALKED),
    ],
)
def test_why_the_customers_leg_ended(status, more, cause):
    raw = call("customer", CallSid=CUSTOMER_LEG, CallStatus=status, Timestamp=AT, **more)
    (event,) = READER.read_call(raw, "tok")
    assert event.cause is cause


def test_the_callers_own_leg_says_nothing_of_a_talk():
    raw = call("leg", CallSid=CALLER_LEG, CallStatus="completed", Timestamp=AT)
    assert picture_of(READER.read_call(raw, "tok")).cause is Cause.UNKNOWN


def test_the_end_of_dialling_says_how_the_customers_leg_ended():
    raw = call("after", CallSid=CALLER_LEG, DialCallSid=CUSTOMER_LEG, DialCallStatus="no-answer")
    (event,) = READER.read_call(raw, "tok")

    assert (event.leg, event.what, event.cause) == (Leg.CUSTOMER, What.ENDED, Cause.NO_ANSWER)
    assert (event.provider_id, event.parent_id, event.at) == (CUSTOMER_LEG, CALLER_LEG, None)


def test_the_end_of_dialling_tells_of_the_recording_too():
    raw = call(
        "after",
        CallSid=CALLER_LEG,
        DialCallSid=CUSTOMER_LEG,
        DialCallStatus="completed",
        RecordingSid=RECORDING,
        RecordingDuration="9",
    )
    told = call(
        "recording", CallSid=CALLER_LEG, RecordingSid=RECORDING, RecordingStatus="completed"
    )
    _, recorded = READER.read_call(raw, "tok")
    (again,) = READER.read_call(told, "tok")

    assert (recorded.what, recorded.recording, recorded.seconds) == (What.RECORDED, RECORDING, 9)
    assert recorded.key == again.key


@pytest.mark.parametrize("status", ["in-progress", "absent", "failed"])
def test_a_recording_that_is_not_ready_says_nothing(status):
    raw = call("recording", CallSid=CALLER_LEG, RecordingSid=RECORDING, RecordingStatus=status)
    assert READER.read_call(raw, "tok") == ()


def test_a_recording_is_known_by_its_id_never_by_an_address():
    evil = call("recording", CallSid=CALLER_LEG, RecordingSid="../x", RecordingStatus="completed")
    assert READER.read_call(evil, "tok") == ()


@pytest.mark.parametrize("digit", list("12345"))
def test_r_smp_4_a_key_of_one_to_five_is_a_score(digit):
    raw = call("digits", CallSid=CUSTOMER_LEG, ParentCallSid=CALLER_LEG, Digits=digit)
    (event,) = READER.read_call(raw, "tok")
    assert (event.what, event.digits, event.leg) == (What.DIGITS, digit, Leg.CUSTOMER)


@pytest.mark.parametrize("digit", ["", "0", "6", "9", "*", "#", "11", "５", "-1", " 5"])
def test_r_smp_4_any_other_key_is_none(digit):
    assert READER.read_call(call("digits", CallSid=CUSTOMER_LEG, Digits=digit), "tok") == ()


@pytest.mark.parametrize(
    "raw",
    [
        call("leg", CallSid="CA1", CallStatus="ringing"),
        call("leg", CallStatus="ringing"),
        call("leg", CallSid=CALLER_LEG, CallStatus="dreaming"),
        call("leg", CallSid=CALLER_LEG),
        call("voice", CallSid=CALLER_LEG, CallStatus="in-progress"),
        call("after", CallSid=CALLER_LEG, DialCallStatus="completed"),
        signed("/other/leg/tok", BASIC),
    ],
)
def test_what_says_nothing_new_is_no_event(raw):
    assert READER.read_call(raw, "tok") == ()


def test_i14_a_calls_callbacks_add_up_in_any_order_and_twice():
    told = [
        call("leg", CallSid=CALLER_LEG, CallStatus="in-progress", Timestamp=AT),
        call(
            "customer",
            CallSid=CUSTOMER_LEG,
            ParentCallSid=CALLER_LEG,
            CallStatus="in-progress",
            Timestamp="Tue, 13 May 2025 01:00:09 +0000",
        ),
        call(
            "customer",
            CallSid=CUSTOMER_LEG,
            ParentCallSid=CALLER_LEG,
            CallStatus="completed",
            Timestamp="Tue, 13 May 2025 01:01:00 +0000",
        ),
        call("after", CallSid=CALLER_LEG, DialCallSid=CUSTOMER_LEG, DialCallStatus="completed"),
        call(
            "leg",
            CallSid=CALLER_LEG,
            CallStatus="completed",
            Timestamp="Tue, 13 May 2025 01:01:01 +0000",
        ),
    ]
    events = [event for raw in told for event in READER.read_call(raw, "tok")]
    expected = picture_of(events)

    assert expected.is_over
    assert expected.cause is Cause.TALKED
    for order in permutations([*events, events[1]], 6):
        assert picture_of(order) == expected


def test_i14_the_same_callback_has_the_same_key_and_another_step_another():
    ringing = call("leg", CallSid=CALLER_LEG, CallStatus="ringing", Timestamp=AT)
    ended = call("leg", CallSid=CALLER_LEG, CallStatus="busy", Timestamp=AT)
    (first,), (again,) = READER.read_call(ringing, "tok"), READER.read_call(ringing, "tok")
    (other,) = READER.read_call(ended, "tok")

    assert first.key == again.key != other.key


@pytest.mark.parametrize("said", ["", "yesterday", "Tue, 13 May 99999 01:00:00 +0000", "0"])
def test_an_instant_that_is_none_is_left_out(said):
    raw = call("leg", CallSid=CALLER_LEG, CallStatus="ringing", Timestamp=said)
    (event,) = READER.read_call(raw, "tok")
    assert event.at is None


# --- what it says of texts -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("sent", SmsState.SENT),
        ("delivered", SmsState.DELIVERED),
        ("undelivered", SmsState.FAILED),
        ("failed", SmsState.FAILED),
    ],
)
def test_a_receipt(status, state):
    raw = call("sms", MessageSid=TEXT, MessageStatus=status, ErrorCode="30003")
    (event,) = READER.read_sms(raw, "tok")

    assert (event.state, event.provider_id, event.token) == (state, TEXT, "tok")
    assert event.error_code == ("30003" if state is SmsState.FAILED else None)


@pytest.mark.parametrize("status", ["queued", "accepted", "sending", "scheduled", "", "x"])
def test_a_text_that_is_on_its_way_says_nothing(status):
    assert READER.read_sms(call("sms", MessageSid=TEXT, MessageStatus=status), "tok") == ()


def test_r_dnc_2_what_a_customer_wrote_back():
    raw = signed(
        "/line/twilio/replies",
        (("AccountSid", SID), ("MessageSid", TEXT), ("From", "+8613800000002"), ("Body", "退订")),
    )
    assert READER.authenticate(raw)
    assert READER.read_replies(raw) == (SmsReply(TEXT, "+8613800000002", "退订"),)
    assert READER.read_replies(call("sms", MessageSid=TEXT, MessageStatus="sent")) == ()
