"""The script of faults: each one once, through the SDK, and what really happened behind it."""

from __future__ import annotations

import time

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient

from tests.adapters.carrier.shop import BUYER, Line, dialling

QUIET = {"url": None, "twiml": "<Response/>"}


@pytest.mark.parametrize(
    ("fault", "status", "code", "accepted"),
    [
        ("too_many", 429, 20429, 0),
        ("unavailable", 503, 503, 0),
        ("error_before", 500, 20500, 0),
        ("error_after", 500, 20500, 1),
        ("redirect", 302, 302, 0),
    ],
)
def test_a_fault_of_a_request(
    line: Line, fault: str, status: int, code: int, accepted: int
) -> None:
    line.script(rest=[{"fault": fault, "on": "calls.create", "nth": [2]}])
    line.dial(**QUIET)
    with pytest.raises(TwilioRestException) as refused:
        line.dial(**QUIET)
    assert (refused.value.status, refused.value.code) == (status, code)
    line.dial(**QUIET)
    assert len(line.legs()) == 2 + accepted
    assert line.truth()["faults"] == {fault: 1}


def test_too_many_says_when_to_come_back(line: Line) -> None:
    line.script(rest=[{"fault": "too_many", "seconds": 7}])
    url = f"{line.carrier.url}/2010-04-01/Accounts/{line.client.account_sid}/Calls.json"
    assert line.session.get(url, auth=line.client.auth).headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("fault", "accepted"), [("reset_before", 0), ("reset_after", 1), ("broken_json", 1)]
)
def test_an_answer_that_is_none(line: Line, fault: str, accepted: int) -> None:
    line.script(rest=[{"fault": fault}])
    with pytest.raises((requests.exceptions.ConnectionError, ValueError)):
        line.dial(**QUIET)
    assert len(line.legs()) == accepted


@pytest.mark.parametrize(("fault", "accepted"), [("timeout_before", 0), ("timeout_after", 1)])
def test_no_answer_in_time(line: Line, fault: str, accepted: int) -> None:
    line.script(rest=[{"fault": fault, "on": "calls.create", "seconds": 30}])
    line.client.http_client.session.close()
    line.client.http_client = TwilioHttpClient(timeout=0.1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        line.dial(**QUIET)
    assert len(line.legs()) == accepted


def test_a_slow_answer_is_a_good_one(line: Line) -> None:
    line.script(rest=[{"fault": "slow", "seconds": 0.1}])
    started = time.monotonic()
    line.dial(**QUIET)
    assert time.monotonic() - started >= 0.1
    assert len(line.legs()) == 1


def test_a_long_queue_rings_late(line: Line) -> None:
    line.script(rest=[{"fault": "queue", "seconds": 80}])
    sid = line.dial(**QUIET)
    call = line.client.calls(sid).fetch()
    assert (call.status, call.queue_time) == ("queued", "80000")
    assert line.over(sid)["rang_at"] is not None


def test_a_call_appears_in_the_list_late(line: Line) -> None:
    line.script(list_lag_s=100)
    sid = line.dial(**QUIET)
    assert line.client.calls.list() == []
    assert line.client.calls(sid).fetch().sid == sid
    line.until(lambda: [call.sid for call in line.client.calls.list()] == [sid])


def told(line: Line) -> list[str]:
    return line.shop.statuses_of("/status")


def call_with(line: Line, *rules: dict) -> None:
    line.script(callbacks=list(rules))
    sid = line.dial(**QUIET)
    line.over(sid)


def test_one_callback_is_lost(line: Line) -> None:
    call_with(line, {"fault": "lost", "on": "call", "nth": [2]})
    line.shop.wait("/status", CallStatus="completed")
    assert told(line) == ["initiated", "in-progress", "completed"]


def test_all_callbacks_are_lost(line: Line) -> None:
    call_with(line, {"fault": "lost"})
    assert told(line) == []
    lost = [one["status"] for one in line.truth("callbacks")]
    assert lost == [-1, -1, -1, -1]


def test_a_blackout_has_a_beginning_and_an_end(line: Line) -> None:
    line.script(callbacks=[{"fault": "lost", "from_s": 0, "to_s": 100}])
    line.over(line.dial(**QUIET))
    line.until(lambda: line.carrier.desk.script_second() > 100)
    line.dial(**QUIET)
    line.shop.wait("/status", CallStatus="completed")
    assert len(told(line)) == 4


def test_a_callback_comes_twice(line: Line) -> None:
    call_with(line, {"fault": "duplicate", "on": "call", "nth": [1]})
    line.shop.wait("/status", count=5)
    assert told(line).count("initiated") == 2


def test_a_callback_is_overtaken(line: Line) -> None:
    call_with(line, {"fault": "reorder", "nth": [1], "seconds": 5_000})
    line.shop.wait("/status", CallStatus="completed")
    assert told(line) == ["ringing", "initiated", "in-progress", "completed"]


def test_the_last_callback_is_held_but_not_for_ever(line: Line) -> None:
    call_with(line, {"fault": "reorder", "nth": [4], "seconds": 50})
    line.shop.wait("/status", CallStatus="completed")


def test_a_callback_is_late(line: Line) -> None:
    call_with(line, {"fault": "delay", "nth": [1], "seconds": 100})
    line.shop.wait("/status", count=4)
    assert told(line) == ["ringing", "in-progress", "completed", "initiated"]


def test_instructions_that_are_lost_end_the_call(line: Line) -> None:
    line.script(callbacks=[{"fault": "lost", "on": "document"}], people={BUYER: {}})
    line.shop.pages["/voice"] = dialling()
    sid = line.dial()
    assert line.over(sid)["problems"] == ["11200 0"]
    assert len(line.legs()) == 1


def test_a_rate_strikes_the_same_requests_again_for_the_same_seed(line: Line) -> None:
    struck = []
    for _ in range(2):
        line.control("reset", {})
        line.script(seed=3, rest=[{"fault": "error_before", "on": "calls.fetch", "rate": 0.3}])
        url = f"{line.carrier.url}/2010-04-01/Accounts/{line.client.account_sid}"
        url += f"/Calls/CA{'0' * 32}.json"
        asked = [line.session.get(url, auth=line.client.auth).status_code for _ in range(60)]
        struck.append([n for n, status in enumerate(asked) if status == 500])
    assert struck[0] == struck[1]
    assert 8 < len(struck[0]) < 30


def test_a_callback_is_tried_again_as_its_address_asks(line: Line) -> None:
    line.shop.statuses["/status"] = [500, 503]
    line.dial(**QUIET, status_callback=f"{line.shop.url}/status#rc=3&rp=all")
    line.shop.wait("/status", count=6)
    assert sorted(set(told(line))) == ["completed", "in-progress", "initiated", "ringing"]
    tries = [(one["status"], one["attempt"]) for one in line.truth("callbacks")]
    assert {status for status, _ in tries} == {204, 500, 503}
    assert max(attempt for _, attempt in tries) >= 2


def test_a_callback_that_fails_is_dropped_without_that_wish(line: Line) -> None:
    line.shop.statuses["/status"] = [500]
    line.dial(**QUIET)
    line.shop.wait("/status", CallStatus="completed")
    assert len(told(line)) == 4


def test_an_address_inside_instructions_is_kept_at_home_too(line: Line) -> None:
    line.shop.pages["/voice"] = "<Response><Redirect>http://192.0.2.1/x</Redirect></Response>"
    sid = line.dial()
    assert line.over(sid)["problems"] == ["11200 0"]
    line.until(lambda: [one for one in line.truth("callbacks") if one["fault"] == "not_allowed"])
