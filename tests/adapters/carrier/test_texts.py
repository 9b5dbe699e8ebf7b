"""Messages through the provider's own SDK: delivered or not, refused at once, scheduled, answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from adapters.carrier.server import Carrier
from adapters.carrier.settings import CarrierSettings
from adapters.carrier.texts import segments
from adapters.clock import SystemClock
from tests.adapters.carrier.shop import ACCOUNT, BUYER, SHOP, SPEED, TOKEN, Line, Shop

SERVICE = "MG" + "5" * 32


def sent(line: Line, **more: object):
    said: dict[str, object] = {"to": BUYER, "from_": SHOP, "body": "【小店】您的订单待付款"}
    said |= {"status_callback": f"{line.shop.url}/sms"} | more
    return line.client.messages.create(**{key: value for key, value in said.items() if value})


def test_a_message_is_delivered_and_every_step_signed(line: Line) -> None:
    line.script(people={BUYER: {}})
    sms = sent(line)
    assert (sms.status, sms.num_segments) == ("queued", "1")
    line.shop.wait("/sms", MessageStatus="delivered", MessageSid=sms.sid)
    assert line.shop.statuses_of("/sms") == ["queued", "sent", "delivered"]
    assert all(got.signed for got in line.shop.got)
    assert sms.fetch().status == "delivered"


def test_replies_reach_the_shop_under_every_script_that_names_no_other_address(shop: Shop) -> None:
    settings = CarrierSettings(ACCOUNT, TOKEN, speed=SPEED, inbound_url=f"{shop.url}/replies")
    reply = {"from": BUYER, "to": SHOP, "body": "退订"}
    with Carrier(settings) as carrier, requests.Session() as session:
        for script in ({}, {"inbound_url": f"{shop.url}/others"}):
            session.post(f"{carrier.url}/_carrier/script", json=script)
            session.post(f"{carrier.url}/_carrier/reply", json=reply)
        [told] = shop.wait("/replies")
        [other] = shop.wait("/others")
    for got in (told, other):
        assert got.signed
        assert (got.fields["From"], got.fields["Body"]) == (BUYER, "退订")


@pytest.mark.parametrize("code", [30003, 30005, 30006, 30008])
def test_a_message_that_does_not_arrive_says_why(line: Line, code: int) -> None:
    line.script(people={BUYER: {"sms": str(code)}})
    sms = sent(line)
    line.shop.wait("/sms", MessageStatus="undelivered", ErrorCode=str(code))
    assert (sms.fetch().status, sms.fetch().error_code) == ("undelivered", code)


def test_a_filtered_message_fails_before_it_is_sent(line: Line) -> None:
    line.script(people={BUYER: {"sms": "30007"}})
    sent(line)
    line.shop.wait("/sms", MessageStatus="failed", ErrorCode="30007")
    assert line.shop.statuses_of("/sms") == ["queued", "failed"]


def test_some_receipts_never_come(line: Line) -> None:
    line.script(people={BUYER: {"sms": "sent"}})
    sent(line)
    line.shop.wait("/sms", MessageStatus="sent")
    line.until(lambda: line.truth()["live"] == 0)
    assert line.shop.statuses_of("/sms")[-1] == "sent"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"body": None}, 21602),
        ({"body": "长" * 1601}, 21617),
        ({"from_": None}, 21603),
        ({"to": "123"}, 21211),
        ({"validity_period": 36_001}, 20001),
        ({"status_callback": "http://example.test/"}, 21609),
        ({"schedule_type": "fixed"}, 35111),
    ],
)
def test_a_wrong_message_is_refused(line: Line, more: dict, code: int) -> None:
    with pytest.raises(TwilioRestException) as refused:
        sent(line, **more)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert line.truth("messages") == []


def test_a_reply_comes_in_signed_and_is_listed(line: Line) -> None:
    line.script(people={BUYER: {"replies": "T"}}, inbound_url=f"{line.shop.url}/in?k=1")
    sent(line)
    [reply] = line.shop.wait("/in")
    assert reply.signed
    assert (reply.fields["From"], reply.fields["To"]) == (BUYER, SHOP)
    assert reply.fields["Body"] == "T"
    [listed] = line.client.messages.list(from_=BUYER)
    assert (listed.direction, listed.status, listed.body) == ("inbound", "received", "T")


def test_after_stop_nothing_more_is_taken_for_that_customer(line: Line) -> None:
    line.script(people={BUYER: {}})
    line.control("reply", {"from": BUYER, "to": SHOP, "body": " stop "})
    with pytest.raises(TwilioRestException) as refused:
        sent(line)
    assert refused.value.code == 21610
    line.control("reply", {"from": BUYER, "to": SHOP, "body": "START"})
    assert sent(line).status == "queued"


def test_a_scheduled_message_waits_and_can_be_canceled(line: Line) -> None:
    at = SystemClock().now() + timedelta(days=20)
    more = {"from_": None, "messaging_service_sid": SERVICE, "schedule_type": "fixed"}
    sms = sent(line, send_at=at, **more)
    assert sms.status == "scheduled"
    assert sms.update(status="canceled").status == "canceled"
    with pytest.raises(TwilioRestException):
        sms.update(status="canceled")
    with pytest.raises(TwilioRestException) as soon:
        sent(line, send_at=SystemClock().now() + timedelta(seconds=60), **more)
    assert soon.value.code == 35114


def test_a_service_accepts_first(line: Line) -> None:
    assert sent(line, from_=None, messaging_service_sid=SERVICE).status == "accepted"


def test_messages_are_listed_by_number_and_day_of_sending(line: Line) -> None:
    line.script(people={BUYER: {}, "+8613800000003": {}})
    sids = [sent(line).sid, sent(line, to="+8613800000003").sid]
    line.shop.wait("/sms", count=2, MessageStatus="delivered")
    messages = line.client.messages
    assert [sms.sid for sms in messages.list(to=BUYER)] == sids[:1]
    assert [sms.sid for sms in messages.list(date_sent=SystemClock().now(), page_size=1)] == sids[
        ::-1
    ]
    assert messages.list(date_sent_before=SystemClock().now() - timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("字" * 70, 1),
        ("字" * 71, 2),
        ("字" * 134, 2),
        ("€" * 81, 2),
    ],
)
def test_segments(body: str, count: int) -> None:
    assert segments(body) == count
