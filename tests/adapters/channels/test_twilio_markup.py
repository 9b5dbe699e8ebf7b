"""The instructions of a call: read with the carrier's own reader, which refuses what it does not know."""

from __future__ import annotations

import pytest

from adapters.carrier.documents import read_document
from adapters.channels import twilio_markup
from adapters.channels.base import CallOrder
from adapters.channels.twilio_addresses import Part, address, part_of
from adapters.line_settings import TwilioSettings
from campaigns.values import PhoneNumber

PUBLIC = "https://shop.example"
SETTINGS = TwilioSettings("AC" + "0" * 32, "token", "+85230000000")
ORDER = CallOrder("call-1", "tok", "", PhoneNumber("+8613800000002"), ring_seconds=35)
END = "#rc=3&rp=all&tt=15000"


def verbs(document: str):
    return read_document(document, f"{PUBLIC}/line/twilio/voice/tok").verbs


def connected(order: CallOrder):
    (dial,) = verbs(twilio_markup.connect(order, SETTINGS, PUBLIC))
    (number,) = dial.inner
    return dial, number


def test_connecting_dials_the_customer_with_bounds():
    dial, number = connected(ORDER)

    assert dial.attributes == {
        "callerId": "+85230000000",
        "timeout": "35",
        "timeLimit": "3600",
        "answerOnBridge": "true",
        "action": f"{PUBLIC}/line/twilio/after/tok{END}",
        "method": "POST",
    }
    assert number.text == "+8613800000002"
    assert number.attributes == {
        "statusCallback": f"{PUBLIC}/line/twilio/customer/tok{END}",
        "statusCallbackMethod": "POST",
        "statusCallbackEvent": "initiated ringing answered completed",
    }


def test_r_smp_12_a_recorded_call_tells_the_customer_first():
    dial, number = connected(CallOrder("c", "tok", "", ORDER.customer, is_recorded=True))

    assert dial.attributes["record"] == "record-from-answer"
    told = dial.attributes["recordingStatusCallback"]
    assert told == f"{PUBLIC}/line/twilio/recording/tok{END}"
    assert number.attributes["url"] == f"{PUBLIC}/line/twilio/announce/tok{END}"
    (say,) = verbs(twilio_markup.announce())
    assert "录音" in say.text


def test_an_extension_is_dialled_after_a_pause():
    _, number = connected(CallOrder("c", "tok", "", PhoneNumber("+8657188880000", "1234")))
    assert number.attributes["sendDigits"] == "wwww1234#"


@pytest.mark.parametrize("extension", ["", "12a", "1" * 28, "１２", "1;2"])
def test_an_extension_that_cannot_be_dialled_is_an_error(extension):
    order = CallOrder("c", "tok", "", PhoneNumber("+8657188880000", extension))
    with pytest.raises(ValueError, match="extension"):
        twilio_markup.connect(order, SETTINGS, PUBLIC)


def test_not_now_says_why_in_mandarin_and_hangs_up():
    say, end = verbs(twilio_markup.not_now("客户刚付款 <&>"))

    assert "客户刚付款 <&>" in say.text
    assert say.attributes["language"] == "cmn-CN"
    assert end.name == "Hangup"
    assert [verb.name for verb in verbs(twilio_markup.hang_up())] == ["Hangup"]


def test_r_smp_4_the_question_is_put_twice_then_goodbye():
    first, second, goodbye, end = verbs(twilio_markup.keypad_question(PUBLIC, "tok"))

    assert first == second
    assert first.attributes == {
        "input": "dtmf",
        "numDigits": "1",
        "timeout": "8",
        "action": f"{PUBLIC}/line/twilio/digits/tok{END}",
        "method": "POST",
    }
    (say,) = first.inner
    for digit in "12345":
        assert f"请按 {digit}" in say.text
    assert (goodbye.name, end.name) == ("Say", "Hangup")


def test_r_smp_4_another_key_is_asked_about_once_more_and_marked_as_the_last():
    gather, _, end = verbs(twilio_markup.keypad_again(PUBLIC, "tok"))
    assert gather.attributes["action"] == f"{PUBLIC}/line/twilio/digits/tok?last=1{END}"
    assert end.name == "Hangup"


@pytest.mark.parametrize("ending", [twilio_markup.keypad_thanks, twilio_markup.keypad_goodbye])
def test_r_smp_4_thanks_and_goodbye_hang_up(ending):
    assert [verb.name for verb in verbs(ending())] == ["Say", "Hangup"]


@pytest.mark.parametrize("part", Part)
def test_an_address_tells_what_it_is_for(part):
    given = address(PUBLIC, part, "t" * 22)
    assert given.isascii()
    path = given.removeprefix(PUBLIC).partition("#")[0]
    assert part_of(path) is part


@pytest.mark.parametrize("path", ["", "/", "/line/twilio/", "/line/aliyun/leg/x", "/leg/x", "leg"])
def test_any_other_address_is_for_nothing(path):
    assert part_of(path) is None
