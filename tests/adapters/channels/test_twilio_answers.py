"""What the provider's answers mean: those that the training carrier never gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.channels.base import (
    CallOrder,
    Refused,
    Unknown,
)
from adapters.channels.twilio_sms import (
    TwilioSms,
)
from adapters.channels.twilio_voice import (
    TwilioVoice,
)
from tests.adapters.channels.contract import (
    trace_of,
)
from tests.adapters.channels.twilio_benches import (
    CALLER,
    CUSTOMER,
    NOBODY,
    SETTINGS,
)
from tests.adapters.channels.wire import (
    Canned,
    open_canned,
)


@pytest.fixture
def canned() -> Iterator[Canned]:
    with open_canned() as opened:
        yield opened


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


def test_a_call_just_after_midnight_utc_is_looked_for_from_the_day_before(canned):
    line = TwilioVoice(replace(SETTINGS, base_url=canned.url), NOBODY)
    for _ in range(2):
        canned.says("200 OK", '{"calls": [], "page": 0}')
    at = datetime(2025, 5, 14, 0, 0, 3, tzinfo=UTC)

    line.look_up(trace_of(CallOrder("c", "t", CALLER, CUSTOMER), at))

    assert "StartTime%3E=2025-05-13" in canned.seen[0].path
    assert "Status=queued" in canned.seen[1].path


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
