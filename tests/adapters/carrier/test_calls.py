"""Calls through the provider's own SDK: who is rung, what is said about it, and how it ends."""

from __future__ import annotations

import io
import wave

import pytest
from twilio.base.exceptions import TwilioRestException

from adapters.carrier.recordings import LONGEST_S
from tests.adapters.carrier.shop import BUYER, DESK, SHOP, Line, Shop, dialling, open_line


def test_a_call_is_answered_bridged_and_told_of_step_by_step(line: Line) -> None:
    line.script(people={BUYER: {"after_s": 3, "talks_s": 20}})
    line.shop.pages["/voice"] = dialling()
    sid = line.dial()
    line.shop.wait("/status", CallStatus="completed")
    assert line.shop.statuses_of("/status") == ["initiated", "ringing", "in-progress", "completed"]
    assert line.shop.statuses_of("/child") == ["initiated", "ringing", "in-progress", "completed"]
    assert [got.fields["SequenceNumber"] for got in line.shop.of("/child")] == ["0", "1", "2", "3"]
    assert line.shop.of("/child")[-1].fields["CallDuration"] == "20"
    assert {got.fields["ParentCallSid"] for got in line.shop.of("/child")} == {sid}
    [after] = line.shop.of("/after")
    child = line.child()
    assert after.fields["DialCallStatus"] == "completed"
    assert after.fields["DialCallSid"] == child["sid"]
    assert after.fields["DialCallDuration"] == "20"
    assert (child["to"], child["from"], child["parent"]) == (BUYER, SHOP, sid)
    instants = [child[name] for name in ("created_at", "rang_at", "answered_at", "ended_at")]
    assert instants == sorted(instants)


def test_every_request_of_the_carrier_is_signed(line: Line) -> None:
    line.shop.pages["/voice"] = dialling(dial='record="true" recordingStatusCallback="/rec#rc=2"')
    line.dial(url=f"{line.shop.url}/voice?t=abc%20d#rc=5&rp=all")
    line.shop.wait("/rec")
    line.shop.wait("/after")
    paths = {got.path for got in line.shop.got}
    assert paths == {"/voice?t=abc%20d", "/status?t=1", "/child", "/after", "/rec"}
    assert all(got.signed for got in line.shop.got)


def test_a_document_may_be_asked_for_by_get_and_is_signed_with_its_query(line: Line) -> None:
    line.shop.pages["/voice"] = "<Response><Hangup/></Response>"
    sid = line.dial(method="GET")
    [got] = line.shop.wait("/voice")
    assert (got.method, got.fields["CallSid"], got.fields["t"]) == ("GET", sid, "abc d")
    assert got.signed


@pytest.mark.parametrize(
    ("person", "status", "rings"),
    [
        ({"does": "rings_out"}, "no-answer", True),
        ({"does": "busy"}, "busy", False),
        ({"does": "rejects", "after_s": 2}, "busy", True),
        ({"does": "off"}, "failed", False),
        ({"does": "answers", "talks_s": 5}, "completed", True),
        ({"does": "hangs_up", "talks_s": 3}, "completed", True),
    ],
)
def test_each_manner_of_a_customer(line: Line, person: dict, status: str, rings: bool) -> None:
    line.script(people={BUYER: person})
    line.shop.pages["/voice"] = dialling(dial='timeout="20"')
    line.dial()
    [after] = line.shop.wait("/after")
    child = line.child()
    assert after.fields["DialCallStatus"] == child["status"] == status
    assert (child["rang_at"] is not None) == rings
    assert (child["answered_at"] is not None) == (status == "completed")


@pytest.mark.parametrize(
    ("does", "status"), [("rings_out", "no-answer"), ("busy", "busy"), ("off", "failed")]
)
def test_without_the_desk_nobody_else_is_rung(line: Line, does: str, status: str) -> None:
    line.script(own={"does": does})
    sid = line.dial(timeout=10)
    [told] = line.shop.wait("/status", CallStatus=status)
    assert told.fields["CallDuration"] == "0"
    assert [leg["sid"] for leg in line.legs()] == [sid]
    assert line.shop.of("/voice") == []


def test_the_desk_hangs_up_while_the_customer_rings(line: Line) -> None:
    line.script(own={"does": "hangs_up", "talks_s": 100}, people={BUYER: {"does": "rings_out"}})
    line.shop.pages["/voice"] = dialling(dial='timeout="600"')
    line.dial()
    line.shop.wait("/status", CallStatus="completed")
    assert line.child()["status"] == "canceled"


def test_a_relay_number_is_dialled_with_its_extension(line: Line) -> None:
    line.script(people={f"{BUYER},1234": {"does": "busy"}, BUYER: {"does": "off"}})
    line.shop.pages["/voice"] = dialling(about='sendDigits="wwww1234#"')
    line.dial()
    [after] = line.shop.wait("/after")
    assert after.fields["DialCallStatus"] == "busy"
    assert line.child()["sent_digits"] == "wwww1234#"


def test_a_customer_hears_the_announcement_before_being_bridged(line: Line) -> None:
    line.shop.pages["/voice"] = dialling(about='url="/whisper"')
    line.shop.pages["/whisper"] = "<Response><Say>本次通话将被录音</Say></Response>"
    line.dial()
    [whisper] = line.shop.wait("/whisper")
    child = line.child()
    assert whisper.fields["CallSid"] == child["sid"]
    assert whisper.fields["ParentCallSid"] == child["parent"]
    [after] = line.shop.wait("/after")
    assert after.fields["DialCallStatus"] == "completed"


def test_an_announcement_may_hang_up_instead(line: Line) -> None:
    line.shop.pages["/voice"] = dialling(about='url="/whisper"', dial='record="true"')
    line.shop.pages["/whisper"] = "<Response><Hangup/></Response>"
    line.dial()
    [after] = line.shop.wait("/after")
    assert "RecordingSid" not in after.fields


def test_a_recorded_talk_can_be_heard_and_forgotten(line: Line) -> None:
    line.script(people={BUYER: {"talks_s": 31}})
    record = 'record="record-from-answer-dual" recordingStatusCallback="/rec"'
    line.shop.pages["/voice"] = dialling(dial=record)
    sid = line.dial()
    [told] = line.shop.wait("/rec")
    assert told.fields["RecordingStatus"] == "completed"
    assert told.fields["RecordingDuration"] == "31"
    url = told.fields["RecordingUrl"]
    assert line.session.get(f"{url}.wav").status_code == 401
    heard = line.session.get(f"{url}.wav", auth=line.client.auth)
    with wave.open(io.BytesIO(heard.content)) as sound:
        assert (sound.getnchannels(), sound.getnframes() / sound.getframerate()) == (2, 31.0)
        assert any(sound.readframes(sound.getframerate()))
    [recording] = line.client.recordings.list()
    assert (recording.call_sid, recording.duration) == (sid, "31")
    assert [one.sid for one in line.client.calls(sid).recordings.list()] == [recording.sid]
    assert recording.delete()
    assert line.session.get(f"{url}.wav", auth=line.client.auth).status_code == 404


@pytest.mark.parametrize(("talked_s", "told"), [(0.2, 1), (2_000, LONGEST_S)])
def test_a_recording_is_as_long_as_told(shop: Shop, talked_s: float, told: int) -> None:
    shop.pages["/voice"] = dialling(dial='record="true" recordingStatusCallback="/rec"')
    with open_line(shop, speed=1_000.0) as line:
        line.script(people={BUYER: {"talks_s": talked_s}})
        line.dial()
        [rec] = shop.wait("/rec")
        assert rec.fields["RecordingDuration"] == str(told)
        heard = line.session.get(rec.fields["RecordingUrl"], auth=line.client.auth)
    with wave.open(io.BytesIO(heard.content)) as sound:
        assert sound.getnframes() / sound.getframerate() == told


GATHER = (
    '<Response><Gather numDigits="1" timeout="4" action="/score"><Say>请按一到五</Say></Gather>'
    "<Redirect>/again</Redirect></Response>"
)


def test_a_customer_presses_a_digit_at_the_second_asking(line: Line) -> None:
    line.script(people={BUYER: {"digits": ["", "5"]}})
    line.shop.pages["/voice"] = line.shop.pages["/again"] = GATHER
    line.shop.pages["/score"] = "<Response><Say>谢谢</Say></Response>"
    sid = line.dial(to=BUYER)
    [score] = line.shop.wait("/score")
    assert score.fields["Digits"] == "5"
    assert len(line.shop.of("/again")) == 1
    assert line.over(sid)["digits"] == ["5"]


def test_nobody_presses_and_the_document_goes_on(line: Line) -> None:
    line.script(people={BUYER: {}})
    line.shop.pages["/voice"] = GATHER
    line.shop.pages["/again"] = "<Response><Hangup/></Response>"
    line.dial(to=BUYER)
    line.shop.wait("/again")
    assert line.shop.of("/score") == []


def test_a_finishing_key_is_not_a_digit(line: Line) -> None:
    line.script(people={BUYER: {"digits": ["42#"]}})
    line.shop.pages["/voice"] = '<Response><Gather action="/score"/></Response>'
    line.dial(to=BUYER)
    [score] = line.shop.wait("/score")
    assert (score.fields["Digits"], score.fields["FinishedOnKey"]) == ("42", "#")


def test_instructions_may_come_with_the_request(line: Line) -> None:
    sid = line.dial(url=None, twiml='<Response><Pause length="7"/></Response>')
    assert line.over(sid)["duration_s"] == 7


@pytest.mark.parametrize(
    "page",
    ["<Response><Nonsense/></Response>", "no xml", "<!DOCTYPE a><Response/>", "<Say>x</Say>"],
)
def test_wrong_instructions_end_the_call_and_are_noted(line: Line, page: str) -> None:
    line.shop.pages["/voice"] = page
    sid = line.dial()
    leg = line.over(sid)
    assert leg["status"] == "completed"
    assert len(leg["problems"]) == 1


def test_instructions_that_cannot_be_had_come_from_the_fallback(line: Line) -> None:
    line.shop.statuses["/voice"] = [500]
    line.shop.pages["/fallback"] = "<Response><Hangup/></Response>"
    line.dial(fallback_url=f"{line.shop.url}/fallback")
    [got] = line.shop.wait("/fallback")
    assert got.fields["ErrorCode"] == "11200"


def test_a_queued_call_is_canceled_and_never_rings(line: Line) -> None:
    line.script(cps=0.001)
    line.dial()
    sid = line.dial()
    assert line.client.calls(sid).fetch().status == "queued"
    assert line.client.calls(sid).update(status="canceled").status == "canceled"
    leg = line.over(sid)
    assert (leg["status"], leg["rang_at"]) == ("canceled", None)
    line.shop.wait("/status", CallSid=sid, CallStatus="canceled")


def test_a_phone_that_rings_stops_ringing_when_the_call_is_ended(line: Line) -> None:
    line.script(own={"does": "rings_out"})
    sid = line.dial(timeout=600)
    line.shop.wait("/status", CallStatus="ringing")
    line.client.calls(sid).update(status="completed")
    leg = line.over(sid)
    assert (leg["status"], leg["answered_at"], leg["duration_s"]) == ("canceled", None, 0)


def test_a_call_is_ended_from_outside_with_both_its_legs(line: Line) -> None:
    line.script(people={BUYER: {"talks_s": 80000}})
    line.shop.pages["/voice"] = dialling()
    sid = line.dial()
    line.shop.wait("/child", CallStatus="in-progress")
    with pytest.raises(TwilioRestException) as refused:
        line.client.calls(sid).update(status="canceled")
    assert refused.value.code == 21220
    line.client.calls(sid).update(status="completed")
    assert {leg["status"] for leg in line.legs()} == {"completed"}
    with pytest.raises(TwilioRestException) as over:
        line.client.calls(sid).update(status="completed")
    assert over.value.code == 21220


def test_the_customers_leg_goes_on_alone_to_be_asked_for_a_score(line: Line) -> None:
    line.script(people={BUYER: {"talks_s": 80000, "digits": ["4"]}})
    line.shop.pages["/voice"] = dialling()
    line.shop.pages["/ask"] = GATHER
    line.dial()
    line.shop.wait("/child", CallStatus="in-progress")
    child = line.child()["sid"]
    line.client.calls(child).update(url=f"{line.shop.url}/ask")
    [score] = line.shop.wait("/score")
    assert (score.fields["CallSid"], score.fields["Digits"]) == (child, "4")
    [after] = line.shop.wait("/after")
    assert after.fields["DialCallStatus"] == "completed"
    assert line.over(child)["status"] == "completed"


def test_a_call_follows_new_instructions_in_the_middle_of_its_talk(line: Line) -> None:
    line.script(people={BUYER: {"talks_s": 80000}})
    line.shop.pages["/voice"] = dialling()
    sid = line.dial()
    line.shop.wait("/child", CallStatus="in-progress")
    line.client.calls(sid).update(twiml='<Response><Pause length="2"/></Response>')
    assert line.over(sid)["status"] == "completed"
    assert line.child()["status"] == "completed"


def test_a_talk_ends_at_its_limit(line: Line) -> None:
    line.script(people={BUYER: {"talks_s": 80000}})
    line.shop.pages["/voice"] = dialling(dial='timeLimit="12"')
    line.dial()
    [after] = line.shop.wait("/after")
    assert after.fields["DialCallDuration"] == "12"


def test_numbers_nobody_scripted_behave_by_seed_and_number(line: Line) -> None:
    numbers = [f"+86138111100{n:02}" for n in range(12)]
    seen = []
    for _ in range(2):
        line.control("reset", {})
        line.script(seed=5, own_phones=[DESK])
        sids = {number: line.dial(to=number, url=None, twiml="<Response/>") for number in numbers}
        seen.append([line.over(sids[number])["status"] for number in numbers])
    assert seen[0] == seen[1]
    assert len(set(seen[0])) > 1
