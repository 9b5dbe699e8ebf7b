"""Whole calls and texts through Twilio's line: rung, answered, recorded, scored, ended, delivered.

All on the training carrier. The shop that is called back answers with our own instructions, and
believes only what is signed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

import pytest

from adapters.carrier.script import read_script
from adapters.carrier.server import Carrier
from adapters.carrier.settings import CarrierSettings
from adapters.channels import twilio_markup
from adapters.channels.base import (
    Accepted,
    CallOrder,
    CallTrace,
    Found,
    SmsFound,
    SmsOrder,
    SmsTrace,
    Sound,
)
from adapters.channels.twilio_callbacks import TwilioCallbacks
from adapters.channels.twilio_sms import TwilioSms
from adapters.channels.twilio_voice import TwilioVoice
from adapters.clock import SystemClock
from adapters.line_settings import TwilioSettings
from campaigns.lines import CallEvent, CallPicture, Cause, What, picture_of
from campaigns.values import PhoneNumber, SmsState
from tests.adapters.channels.wire import Shop, open_shop

SID = "AC" + "0a" * 16
TOKEN = "not-a-real-token"
CALLER = "+8613900000001"
CUSTOMER = PhoneNumber("+8613800000002")
PATIENCE_S = 40.0


@dataclass
class Desk:
    """A shop with its line, and all that it was told of its one call."""

    carrier: Carrier
    shop: Shop
    line: TwilioVoice
    reader: TwilioCallbacks
    settings: TwilioSettings
    is_recorded: bool = False
    refused: str = ""
    trace: CallTrace | None = None
    events: list[CallEvent] = field(default_factory=list)

    def follow(self, **person: object) -> None:
        said = {"cps": None, "people": {CUSTOMER.e164: person}}
        with self.carrier.desk.lock:
            self.carrier.desk.follow(read_script(said))

    def order(self) -> CallOrder:
        return CallOrder("call-1", "tok", CALLER, CUSTOMER, is_recorded=self.is_recorded)

    def dial(self) -> None:
        at = SystemClock().now()
        placed = self.line.place(self.order())
        assert isinstance(placed, Accepted), placed
        self.trace = CallTrace("call-1", CALLER, at, placed.provider_id)

    def told(self) -> CallPicture:
        """What the callbacks that have come add up to; each must be signed."""
        with self.shop.news:
            come = list(self.shop.got)
        assert all(self.reader.authenticate(raw) for raw in come)
        self.events = [event for raw in come for event in self.reader.read_call(raw, "tok")]
        return picture_of(self.events)

    def until(self, found: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not found():
            assert time.monotonic() < deadline, self.events
            time.sleep(0.01)

    def recordings(self) -> set[str | None]:
        return {event.recording for event in self.events if event.what is What.RECORDED}

    def traced(self) -> CallTrace:
        """The call as it is known by what was told."""
        assert self.trace is not None
        return replace(self.trace, customer_leg_id=self.told().customer_leg_id)

    def looked_up(self) -> CallPicture:
        assert self.trace is not None
        found = self.line.look_up(self.trace)
        assert isinstance(found, Found), found
        self.events = list(found.events)
        return picture_of(found.events)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with open_shop() as shop, Carrier(CarrierSettings(SID, TOKEN, speed=20.0)) as carrier:
        settings = TwilioSettings(SID, TOKEN, "+85230000000", base_url=carrier.url)
        line = TwilioVoice(settings, shop.url)
        desk = Desk(carrier, shop, line, TwilioCallbacks(settings, shop.url), settings)
        _answer(desk)
        yield desk
        assert all(desk.reader.authenticate(raw) for raw in shop.got)


def _answer(desk: Desk) -> None:
    """The instructions of our own shop, as its pages give them."""

    def digits(raw):
        if desk.reader.read_call(raw, "tok"):
            return twilio_markup.keypad_thanks()
        return twilio_markup.keypad_again(desk.shop.url, "tok")

    desk.shop.pages = {
        "voice": lambda _: (
            twilio_markup.not_now(desk.refused)
            if desk.refused
            else twilio_markup.connect(desk.order(), desk.settings, desk.shop.url)
        ),
        "after": lambda _: twilio_markup.hang_up(),
        "announce": lambda _: twilio_markup.announce(),
        "keypad": lambda _: twilio_markup.keypad_question(desk.shop.url, "tok"),
        "digits": digits,
    }


@pytest.mark.parametrize(
    ("does", "cause"),
    [
        ("answers", Cause.TALKED),
        ("rings_out", Cause.NO_ANSWER),
        ("busy", Cause.BUSY),
        ("off", Cause.FAILED),
    ],
)
def test_callbacks_and_record_say_the_same_of_a_call(desk, does, cause):
    desk.follow(does=does, after_s=2, talks_s=20)
    desk.dial()
    desk.until(lambda: desk.told().is_over)

    told, looked_up = desk.told(), desk.looked_up()

    assert told.cause is looked_up.cause is cause
    assert (told.provider_id, told.customer_leg_id) == (
        looked_up.provider_id,
        looked_up.customer_leg_id,
    )
    assert looked_up.is_over
    assert (told.answered_at is None) == (looked_up.answered_at is None) == (does != "answers")
    assert abs((told.ended_at - looked_up.ended_at).total_seconds()) <= 1


def test_when_the_gate_says_no_the_customer_is_not_rung(desk):
    desk.refused = "客户刚刚付款。"
    desk.follow(does="answers")
    desk.dial()
    desk.until(lambda: desk.told().is_over)

    for picture in (desk.told(), desk.looked_up()):
        assert not picture.reached_customer
        assert picture.customer_leg_id is None
        assert picture.cause is None  # the caller's leg says nothing of the customer


def test_r_smp_12_a_recorded_call_announces_it_and_its_sound_can_be_fetched(desk):
    desk.is_recorded = True
    desk.follow(does="answers", after_s=1, talks_s=10)
    desk.dial()
    desk.until(lambda: desk.told().is_over and desk.recordings())

    assert [raw for raw in desk.shop.got if "/announce/" in raw.path_and_query]
    (reference,) = desk.recordings()
    sound = desk.line.fetch_recording(reference)
    desk.looked_up()

    assert isinstance(sound, Sound)
    assert sound.content[:4] == b"RIFF"
    assert sound.media_type == "audio/x-wav"
    assert desk.recordings() == {reference}


@pytest.mark.parametrize(("pressed", "score"), [(["5"], "5"), (["9", "4"], "4"), ([], None)])
def test_r_smp_4_the_customer_is_asked_by_key_and_the_callers_leg_ends(desk, pressed, score):
    desk.follow(does="answers", after_s=1, talks_s=2_000, digits=pressed)
    desk.dial()
    desk.until(lambda: desk.told().answered_at)

    trace = desk.traced()
    assert desk.line.ask_score(trace, "tok") == Accepted(trace.customer_leg_id)
    desk.until(lambda: desk.told().is_over)

    picture = desk.told()
    assert (picture.digits, picture.cause) == (score, Cause.TALKED)
    assert picture.caller_ended_at <= picture.customer_ended_at
    (asked,) = [raw for raw in desk.shop.got if "/keypad/" in raw.path_and_query]
    assert parse_qs(asked.body.decode())["CallSid"] == [trace.customer_leg_id]


@pytest.mark.parametrize("moment", ["ringing", "talking", "asked"])
def test_hanging_up_ends_both_sides_at_any_moment(desk, moment):
    after = 30 if moment == "ringing" else 1
    desk.follow(does="answers", after_s=after, talks_s=2_000, digits=[])
    desk.dial()
    if moment == "ringing":
        desk.until(lambda: desk.told().rang_at)
    else:
        desk.until(lambda: desk.told().answered_at)
    trace = desk.traced()
    if moment == "asked":
        desk.line.ask_score(trace, "tok")
        desk.until(lambda: desk.told().caller_ended_at)

    answer = desk.line.hang_up(trace)
    desk.until(lambda: desk.told().is_over)

    assert isinstance(answer, Accepted)
    if moment == "asked":  # it did not just run out
        assert desk.carrier.desk.books.legs[trace.customer_leg_id].questions < 2
    expected = Cause.CANCELLED if moment == "ringing" else Cause.TALKED
    assert desk.told().cause is expected


def test_r_msg_2_a_text_is_told_of_until_it_is_delivered_and_answered(desk):
    desk.carrier.desk.follow(
        read_script(
            {
                "people": {CUSTOMER.e164: {"replies": "退订", "reply_after_s": 1}},
                "inbound_url": f"{desk.shop.url}/line/twilio/replies",
            }
        )
    )
    line = TwilioSms(desk.settings, desk.shop.url)
    sent = line.send(SmsOrder("sms-1", "tok", CUSTOMER, "【春风店】您好，退订回T"))
    desk.shop.wait(lambda got: any("/replies" in raw.path_and_query for raw in got))

    texts = [raw for raw in desk.shop.got if "/sms/" in raw.path_and_query]
    told = [event for raw in texts for event in desk.reader.read_sms(raw, "tok")]
    (reply,) = [reply for raw in desk.shop.got for reply in desk.reader.read_replies(raw)]

    assert [event.state for event in told] == [SmsState.SENT, SmsState.DELIVERED]
    assert isinstance(sent, Accepted)
    assert {event.provider_id for event in told} == {sent.provider_id}
    assert (reply.sender, reply.wording) == (CUSTOMER.e164, "退订")


def test_r_msg_2_a_text_that_failed_says_why_told_or_looked_up(desk):
    desk.follow(sms="30005")
    order = SmsOrder("sms-1", "tok", CUSTOMER, "【春风店】您好，退订回T")
    at = SystemClock().now()
    line = TwilioSms(desk.settings, desk.shop.url)
    line.send(order)
    desk.shop.wait(lambda got: any(b"undelivered" in raw.body for raw in got))

    (told,) = [e for raw in desk.shop.got for e in desk.reader.read_sms(raw, "tok")][-1:]
    found = line.look_up(SmsTrace("sms-1", CUSTOMER, order.wording, at))

    assert (told.state, told.error_code) == (SmsState.FAILED, "30005")
    assert isinstance(found, SmsFound)
    assert [(e.key, e.error_code) for e in found.events] == [(told.key, "30005")]
