"""What every line keeps to, whichever provider is behind it.

A line plugs in with a bench: it knows how to make its provider answer so or so, and what truly came
of it. `class TestOwnLine(VoiceContract)` with a fixture `bench` is all that a line's test needs.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import pytest

from adapters.channels.base import (
    Accepted,
    CallOrder,
    CallTrace,
    Found,
    Missing,
    Refused,
    SmsFound,
    SmsLine,
    SmsOrder,
    SmsTrace,
    Unknown,
    VoiceLine,
)


class Case(StrEnum):
    """How the provider takes the next request. `…_after`: it does what was asked nevertheless."""

    QUEUED = "queued"
    WRONG_NUMBER = "wrong_number"
    TOO_MANY = "too_many"
    NOT_AUTHORISED = "not_authorised"
    NOT_CONNECTED = "not_connected"
    OPTED_OUT = "opted_out"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    UNAVAILABLE = "unavailable"
    BROKEN_AFTER = "broken_after"
    REDIRECT = "redirect"


REFUSED_FOR_NOW = (Case.TOO_MANY, Case.NOT_AUTHORISED, Case.NOT_CONNECTED)
UNKNOWN = (
    Case.TIMEOUT_BEFORE,
    Case.TIMEOUT_AFTER,
    Case.RESET_BEFORE,
    Case.RESET_AFTER,
    Case.ERROR_BEFORE,
    Case.ERROR_AFTER,
    Case.UNAVAILABLE,
    Case.BROKEN_AFTER,
    Case.REDIRECT,
)
HAPPENS = frozenset({Case.TIMEOUT_AFTER, Case.RESET_AFTER, Case.ERROR_AFTER, Case.BROKEN_AFTER})
NEVER_ARRIVES = frozenset({Case.NOT_CONNECTED})


class Bench(Protocol):
    """What every bench knows. `secrets`: what may stand in no `repr`."""

    secrets: tuple[str, ...]

    def now(self) -> datetime:
        """The machine's clock."""

    def next_is(self, case: Case) -> None:
        """Have the provider take the next request like this. Skips the test when it never does."""

    def requests(self) -> int:
        """How many requests to ring, or to send, have reached the provider."""

    def happened(self) -> int:
        """How many calls, or texts, the provider really has."""

    def break_access(self) -> None:
        """From now on the provider does not know us."""


class VoiceBench(Bench, Protocol):
    """For a line that rings."""

    line: VoiceLine

    def order(self) -> CallOrder:
        """A call that the provider would place."""

    def end(self, provider_id: str) -> None:
        """The call is over on both sides."""


class SmsBench(Bench, Protocol):
    """For a line that sends."""

    line: SmsLine

    def order(self) -> SmsOrder:
        """A text that the provider would send."""


def trace_of(order: CallOrder, at: datetime, provider_id: str | None = None) -> CallTrace:
    return CallTrace(order.call_id, order.caller, at, provider_id)


def text_trace_of(order: SmsOrder, at: datetime, provider_id: str | None = None) -> SmsTrace:
    return SmsTrace(order.sms_id, order.to, order.wording, at, provider_id)


class VoiceContract:
    """Every line that rings."""

    def test_an_accepted_call_is_placed_once(self, bench: VoiceBench):
        answer = bench.line.place(bench.order())

        assert isinstance(answer, Accepted)
        assert answer.provider_id
        assert answer.queued == timedelta()
        assert (bench.requests(), bench.happened()) == (1, 1)

    def test_a_call_that_waits_in_the_queue_says_how_long(self, bench: VoiceBench):
        bench.next_is(Case.QUEUED)

        answer = bench.line.place(bench.order())

        assert isinstance(answer, Accepted)
        assert answer.queued >= timedelta(seconds=60)

    def test_a_number_that_is_none_is_refused_for_good(self, bench: VoiceBench):
        bench.next_is(Case.WRONG_NUMBER)

        answer = bench.line.place(bench.order())

        assert isinstance(answer, Refused)
        assert answer.is_permanent
        assert bench.happened() == 0

    @pytest.mark.parametrize("case", REFUSED_FOR_NOW)
    def test_what_passes_is_refused_for_now_and_rang_nobody(self, bench: VoiceBench, case: Case):
        bench.next_is(case)

        answer = bench.line.place(bench.order())

        assert isinstance(answer, Refused), answer
        assert not answer.is_permanent
        assert _is_chinese(answer.reason)
        assert bench.happened() == 0
        assert bench.requests() == (0 if case in NEVER_ARRIVES else 1)

    def test_too_many_requests_say_when_to_come_again(self, bench: VoiceBench):
        bench.next_is(Case.TOO_MANY)

        answer = bench.line.place(bench.order())

        assert isinstance(answer, Refused)
        assert answer.retry_after == timedelta(seconds=7)

    @pytest.mark.parametrize("case", UNKNOWN)
    def test_safety_a2_no_usable_answer_is_unknown_after_one_request(
        self, bench: VoiceBench, case: Case
    ):
        bench.next_is(case)

        answer = bench.line.place(bench.order())

        assert isinstance(answer, Unknown), answer
        assert _is_chinese(answer.reason)
        assert bench.requests() == 1
        assert bench.happened() == (1 if case in HAPPENS else 0)

    def test_a_call_is_looked_up_by_its_id(self, bench: VoiceBench):
        order, at = bench.order(), bench.now()
        placed = bench.line.place(order)
        assert isinstance(placed, Accepted)

        found = bench.line.look_up(trace_of(order, at, placed.provider_id))

        assert isinstance(found, Found)
        assert found.provider_id == placed.provider_id

    @pytest.mark.parametrize("case", sorted(HAPPENS))
    def test_an_unknown_call_that_rang_is_found_without_its_id(self, bench: VoiceBench, case: Case):
        order, at = bench.order(), bench.now()
        bench.next_is(case)
        assert isinstance(bench.line.place(order), Unknown)

        found = bench.line.look_up(trace_of(order, at))

        assert isinstance(found, Found), found
        assert found.provider_id

    @pytest.mark.parametrize("provider_id", [None, "CA" + "0" * 32])
    def test_a_call_that_the_line_does_not_have_is_missing(
        self, bench: VoiceBench, provider_id: str | None
    ):
        found = bench.line.look_up(trace_of(bench.order(), bench.now(), provider_id))

        assert found == Missing()

    def test_a_call_of_another_hour_is_not_taken_for_this_one(self, bench: VoiceBench):
        order = bench.order()
        bench.line.place(order)

        found = bench.line.look_up(trace_of(order, bench.now() + timedelta(hours=1)))

        assert found == Missing()

    def test_a_call_that_belongs_to_another_attempt_is_not_found_again(self, bench: VoiceBench):
        order, at = bench.order(), bench.now()
        placed = bench.line.place(order)
        assert isinstance(placed, Accepted)

        taken = frozenset({placed.provider_id})
        found = bench.line.look_up(replace(trace_of(order, at), others=taken))

        assert found == Missing()

    def test_hanging_up_ends_the_call(self, bench: VoiceBench):
        order, at = bench.order(), bench.now()
        placed = bench.line.place(order)
        assert isinstance(placed, Accepted)

        answer = bench.line.hang_up(trace_of(order, at, placed.provider_id))

        assert isinstance(answer, Accepted), answer

    def test_hanging_up_an_ended_call_is_accepted(self, bench: VoiceBench):
        order, at = bench.order(), bench.now()
        placed = bench.line.place(order)
        assert isinstance(placed, Accepted)
        bench.end(placed.provider_id)

        answer = bench.line.hang_up(trace_of(order, at, placed.provider_id))

        assert answer == Accepted(placed.provider_id)

    def test_a_recording_that_there_is_none_of_is_missing(self, bench: VoiceBench):
        assert bench.line.fetch_recording("RE" + "0" * 32) == Missing()

    def test_the_check_says_that_it_is_ready_and_places_nothing(self, bench: VoiceBench):
        report = bench.line.check()

        assert report.is_ready, report
        assert all(_is_chinese(detail) for detail in report.details)
        assert (bench.requests(), bench.happened()) == (0, 0)

    def test_the_check_says_why_it_is_not_ready(self, bench: VoiceBench):
        bench.break_access()

        report = bench.line.check()

        assert not report.is_ready
        assert report.details
        assert all(_is_chinese(detail) for detail in report.details)

    def test_r_pii_1_no_secret_stands_in_its_repr(self, bench: VoiceBench):
        order = bench.order()
        said = repr(bench.line) + repr(vars(bench.line)) + repr(order)
        for secret in (*bench.secrets, order.customer.e164.removeprefix("+86")):
            assert secret not in said


class SmsContract:
    """Every line that sends."""

    def test_an_accepted_text_is_sent_once(self, bench: SmsBench):
        answer = bench.line.send(bench.order())

        assert isinstance(answer, Accepted)
        assert answer.provider_id
        assert (bench.requests(), bench.happened()) == (1, 1)

    def test_a_number_that_is_none_is_refused_for_good(self, bench: SmsBench):
        bench.next_is(Case.WRONG_NUMBER)

        answer = bench.line.send(bench.order())

        assert isinstance(answer, Refused)
        assert answer.is_permanent
        assert not answer.is_opted_out
        assert bench.happened() == 0

    def test_r_dnc_2_a_number_that_opted_out_is_said_to_have(self, bench: SmsBench):
        bench.next_is(Case.OPTED_OUT)

        answer = bench.line.send(bench.order())

        assert isinstance(answer, Refused)
        assert answer.is_permanent
        assert answer.is_opted_out

    @pytest.mark.parametrize("case", REFUSED_FOR_NOW)
    def test_what_passes_is_refused_for_now(self, bench: SmsBench, case: Case):
        bench.next_is(case)

        answer = bench.line.send(bench.order())

        assert isinstance(answer, Refused), answer
        assert not answer.is_permanent
        assert _is_chinese(answer.reason)
        assert bench.happened() == 0
        assert bench.requests() == (0 if case in NEVER_ARRIVES else 1)

    @pytest.mark.parametrize("case", UNKNOWN)
    def test_r_msg_2_no_usable_answer_is_unknown_after_one_request(
        self, bench: SmsBench, case: Case
    ):
        bench.next_is(case)

        answer = bench.line.send(bench.order())

        assert isinstance(answer, Unknown), answer
        assert _is_chinese(answer.reason)
        assert bench.requests() == 1
        assert bench.happened() == (1 if case in HAPPENS else 0)

    def test_a_text_is_looked_up_by_its_id(self, bench: SmsBench):
        order, at = bench.order(), bench.now()
        sent = bench.line.send(order)
        assert isinstance(sent, Accepted)

        found = bench.line.look_up(text_trace_of(order, at, sent.provider_id))

        assert isinstance(found, SmsFound)
        assert found.provider_id == sent.provider_id

    @pytest.mark.parametrize("case", sorted(HAPPENS))
    def test_an_unknown_text_that_was_sent_is_found_without_its_id(
        self, bench: SmsBench, case: Case
    ):
        order, at = bench.order(), bench.now()
        bench.next_is(case)
        assert isinstance(bench.line.send(order), Unknown)

        found = bench.line.look_up(text_trace_of(order, at))

        assert isinstance(found, SmsFound), found

    def test_another_wording_is_another_text(self, bench: SmsBench):
        order, at = bench.order(), bench.now()
        bench.line.send(order)

        found = bench.line.look_up(replace(text_trace_of(order, at), wording="另一条短信"))

        assert found == Missing()

    @pytest.mark.parametrize("provider_id", [None, "SM" + "0" * 32])
    def test_a_text_that_the_line_does_not_have_is_missing(
        self, bench: SmsBench, provider_id: str | None
    ):
        found = bench.line.look_up(text_trace_of(bench.order(), bench.now(), provider_id))

        assert found == Missing()

    def test_the_check_says_that_it_is_ready_and_sends_nothing(self, bench: SmsBench):
        report = bench.line.check()

        assert report.is_ready, report
        assert all(_is_chinese(detail) for detail in report.details)
        assert (bench.requests(), bench.happened()) == (0, 0)

    def test_the_check_says_why_it_is_not_ready(self, bench: SmsBench):
        bench.break_access()

        report = bench.line.check()

        assert not report.is_ready
        assert all(_is_chinese(detail) for detail in report.details)

    def test_r_pii_1_no_secret_stands_in_its_repr(self, bench: SmsBench):
        order = bench.order()
        said = repr(bench.line) + repr(vars(bench.line)) + repr(order)
        for secret in (*bench.secrets, order.to.e164.removeprefix("+86"), order.wording):
            assert secret not in said


def _is_chinese(text: str) -> bool:
    return any("一" <= letter <= "鿿" for letter in text)
