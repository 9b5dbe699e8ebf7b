"""The REST interface: who may ask, what is refused with which code, and lists page by page."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from adapters.clock import SystemClock
from tests.adapters.carrier.shop import ACCOUNT, BUYER, DESK, SHOP, Line

QUIET = "<Response/>"


def calls_url(line: Line) -> str:
    return f"{line.carrier.url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"


def posted(line: Line, **fields: str) -> requests.Response:
    said = {"To": DESK, "From": SHOP, "Twiml": QUIET, **fields}
    return line.session.post(calls_url(line), data=said, auth=line.client.auth)


def test_nobody_can_take_it_for_a_real_line(line: Line) -> None:
    account = line.client.api.accounts(ACCOUNT).fetch()
    assert account.friendly_name == "训练线路"
    said = posted(line).json()
    assert said["training"] is True
    assert said["sid"].startswith("CA00000000")
    assert "训练线路" in posted(line, To="12").json()["message"]


def test_an_answer_comes_at_once(line: Line) -> None:
    took = []
    for _ in range(20):
        started = time.monotonic()
        line.session.get(calls_url(line), auth=line.client.auth)
        took.append(time.monotonic() - started)
    assert min(took[5:]) < 0.03  # two sends take 0.044, each time


@pytest.mark.parametrize(
    ("name", "word"), [(ACCOUNT, "wrong"), ("SK" + "2" * 32, "secret"), ("AC" + "1" * 32, "x")]
)
def test_strangers_are_refused(line: Line, name: str, word: str) -> None:
    assert line.session.get(calls_url(line), auth=(name, word)).json()["code"] == 20003
    assert line.session.get(calls_url(line)).status_code == 401
    assert (
        line.session.get(calls_url(line), headers={"Authorization": "Basic ?"}).status_code == 401
    )


def test_a_key_of_the_account_may_ask(line: Line) -> None:
    client = Client("SK" + "1" * 32, "secret", ACCOUNT)
    client.api.base_url = line.carrier.url
    assert client.calls.list() == []
    client.http_client.session.close()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Nonsense": "1"}, 20001),
        ({"To": ""}, 21201),
        ({"From": ""}, 21213),
        ({"To": "13800000001"}, 21211),
        ({"From": "me"}, 21212),
        ({"Twiml": ""}, 21205),
        ({"Twiml": "x" * 4001}, 20001),
        ({"Url": "ftp://127.0.0.1/a"}, 21205),
        ({"Url": "http://127.0.0.1/张"}, 21205),
        ({"Url": "http://example.test/voice"}, 21205),
        ({"StatusCallback": "https://example.test/"}, 21609),
        ({"StatusCallback": "http://127.0.0.1:80@example.test/"}, 21609),
        ({"StatusCallbackEvent": "rang"}, 21626),
        ({"Timeout": "601"}, 20001),
        ({"Timeout": "soon"}, 20001),
        ({"Record": "maybe"}, 20001),
        ({"Method": "PUT"}, 20001),
        ({"SendDigits": "12x"}, 13224),
        ({"ApplicationSid": "AP1"}, 20001),
    ],
)
def test_a_wrong_field_is_refused_and_no_call_made(line: Line, fields: dict, code: int) -> None:
    refused = posted(line, **fields)
    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert refused.json()["status"] == 400
    assert line.legs() == []


def test_a_field_given_twice_is_refused(line: Line) -> None:
    said = [("To", DESK), ("To", BUYER), ("From", SHOP), ("Twiml", QUIET)]
    assert line.session.post(calls_url(line), data=said, auth=line.client.auth).status_code == 400


def test_only_forms_are_taken(line: Line) -> None:
    refused = line.session.post(calls_url(line), json={"To": DESK}, auth=line.client.auth)
    assert refused.status_code == 415


def test_what_is_not_there_is_not_found(line: Line) -> None:
    with pytest.raises(TwilioRestException) as refused:
        line.client.calls("CA" + "0" * 32).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)


def test_a_list_pages_and_newer_calls_shift_nothing(line: Line) -> None:
    sids = [line.dial(url=None, twiml=QUIET) for _ in range(7)]
    first = line.client.calls.page(page_size=3)
    assert [call.sid for call in first] == sids[:3:-1]
    sids.append(line.dial(url=None, twiml=QUIET))
    second = first.next_page()
    assert [call.sid for call in second] == sids[3:0:-1]
    assert [call.sid for call in second.next_page()] == sids[:1]
    assert [call.sid for call in line.client.calls.list(page_size=3)] == sids[::-1]
    assert len(line.client.calls.list(limit=5, page_size=2)) == 5


def test_a_list_filters_by_number_state_parent_and_day(line: Line) -> None:
    line.script(people={BUYER: {"does": "busy"}})
    line.shop.pages["/voice"] = f"<Response><Dial>{BUYER}</Dial></Response>"
    sid = line.dial()
    line.over(sid)
    line.script(cps=0.001)
    line.dial(url=None, twiml=QUIET)
    waiting = line.dial(url=None, twiml=QUIET)
    calls = line.client.calls
    child = line.child()["sid"]
    assert [call.sid for call in calls.list(to=BUYER)] == [child]
    assert [call.sid for call in calls.list(parent_call_sid=sid)] == [child]
    assert [call.sid for call in calls.list(status="busy")] == [child]
    assert waiting in [call.sid for call in calls.list(status="queued")]
    assert len(calls.list(from_=SHOP)) == 4
    today = SystemClock().now()
    assert waiting not in [call.sid for call in calls.list(start_time_after=today)]
    assert {sid, child} <= {call.sid for call in calls.list(start_time=today)}
    assert calls.list(start_time_after=today + timedelta(days=1)) == []
    assert calls.list(start_time_before=date(2020, 1, 1)) == []
    assert calls.list(to="+8613800000999") == []


def test_a_filter_that_is_none_is_refused(line: Line) -> None:
    answer = line.session.get(calls_url(line), params={"Too": BUYER}, auth=line.client.auth)
    assert answer.status_code == 400


def test_calls_wait_for_their_turn_and_are_told_how_long(line: Line) -> None:
    line.script(cps=0.0001)
    waits = [int(posted(line).json()["queue_time"]) for _ in range(4)]
    assert waits == pytest.approx([0, 10_000_000, 20_000_000, 30_000_000], abs=2_000_000)


def test_a_queue_longer_than_a_day_is_refused(line: Line) -> None:
    line.script(cps=0.001)
    codes = [posted(line).json().get("code") for _ in range(90)]
    assert codes[0] is None
    assert codes[-1] == 22005


def test_control_is_closed_to_pages_in_a_browser(line: Line) -> None:
    url = f"{line.carrier.url}/_carrier/"
    assert line.session.get(url).status_code == 200
    assert line.session.get(url, headers={"Origin": "http://example.test"}).status_code == 403
    assert line.session.get(url, headers={"Host": "example.test"}).status_code == 403
    assert line.session.post(f"{url}reset", data="{}").status_code == 415
    assert line.session.post(f"{url}script", json={"rest": [{"fault": "x"}]}).status_code == 400


def test_its_time_can_be_a_training_shops(line: Line) -> None:
    line.control("clock", {"now": "2031-05-06T10:00:00+08:00", "speed": 10})
    created = line.client.calls(line.dial(url=None, twiml=QUIET)).fetch().date_created
    assert timedelta() <= created - datetime(2031, 5, 6, 2, tzinfo=UTC) < timedelta(minutes=5)
