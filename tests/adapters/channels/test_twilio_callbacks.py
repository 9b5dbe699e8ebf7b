"""What the provider's callbacks say, of calls and of texts."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from campaigns.lines import Cause, Leg, SmsReply, What, picture_of
from campaigns.values import SmsState
from tests.adapters.channels.signed import (
    AT,
    BASIC,
    CALLER_LEG,
    CUSTOMER_LEG,
    READER,
    RECORDING,
    SID,
    TEXT,
    call,
    signed,
)


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
    assert picture_of(READER.read_call(raw, "tok")).cause is None


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
