"""The lines that ring nobody keep to the same contract as those that do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.channels.base import Accepted, CallOrder, Found, Refused, SmsOrder, Unknown
from adapters.channels.in_memory import InMemorySms, InMemoryVoice
from campaigns.lines import Cause, Leg, What, picture_of, sms_state_of
from campaigns.values import PhoneNumber, SmsState
from tests.adapters.channels.contract import (
    HAPPENS,
    NEVER_ARRIVES,
    Case,
    SmsContract,
    VoiceContract,
    trace_of,
)

NOW = datetime(2025, 5, 13, 1, 0, tzinfo=UTC)
CUSTOMER = PhoneNumber("+8613900000002")
ANSWERS: dict[Case, Accepted | Refused | Unknown] = {
    Case.QUEUED: Accepted("", timedelta(minutes=2)),
    Case.WRONG_NUMBER: Refused("wrong_number", "号码不对", is_permanent=True),
    Case.OPTED_OUT: Refused("opted_out", "已退订", is_permanent=True, is_opted_out=True),
    Case.TOO_MANY: Refused("too_many", "太快了", False, retry_after=timedelta(seconds=7)),
    Case.NOT_AUTHORISED: Refused("not_authorised", "账号不对", is_permanent=False),
    Case.NOT_CONNECTED: Refused("not_connected", "连不上", is_permanent=False),
}


class Bench:
    secrets = ()

    def __init__(self, line):
        self.line = line
        self._unsent = 0

    def now(self):
        return NOW

    def next_is(self, case):
        answer = ANSWERS.get(case, Unknown("没有回答"))
        self._unsent += case in NEVER_ARRIVES
        self.line.answer_next(answer, happens=case in HAPPENS or case is Case.QUEUED)

    def requests(self):
        return len([name for name in self.line.asked if name in {"place", "send"}]) - self._unsent

    def break_access(self):
        self.line.is_ready = False


class BenchOfCalls(Bench):
    def order(self):
        return CallOrder("call", "token", "+8613900000001", CUSTOMER)

    def happened(self):
        return len(self.line.calls)

    def end(self, provider_id):
        (call,) = [call for call in self.line.calls if call.provider_id == provider_id]
        self.line.tell(call, Leg.CALLER, What.ENDED)


class BenchOfTexts(Bench):
    def order(self):
        return SmsOrder("sms", "token", CUSTOMER, "您好，一条短信")

    def happened(self):
        return len(self.line.texts)


class TestVoice(VoiceContract):
    @pytest.fixture
    def bench(self):
        return BenchOfCalls(InMemoryVoice(lambda: NOW))


class TestSms(SmsContract):
    @pytest.fixture
    def bench(self):
        return BenchOfTexts(InMemorySms(lambda: NOW))


def test_what_was_told_of_a_call_stands_on_its_record():
    line = InMemoryVoice(lambda: NOW)
    order = CallOrder("call", "token", "+8613900000001", CUSTOMER)
    line.place(order)
    (call,) = line.calls

    told = [
        line.tell(call, Leg.CALLER, What.ANSWERED),
        line.tell(call, Leg.CUSTOMER, What.ANSWERED),
    ]
    line.hang_up(trace_of(order, NOW, call.provider_id))
    found = line.look_up(trace_of(order, NOW))

    assert isinstance(found, Found)
    assert list(found.events[:2]) == told
    picture = picture_of(found.events)
    assert (picture.is_over, picture.cause) == (True, Cause.TALKED)
    assert (picture.provider_id, picture.customer_leg_id) == ("call-1", "call-1-customer")


def test_what_was_told_of_a_text_stands_on_its_record():
    line = InMemorySms(lambda: NOW)
    line.send(SmsOrder("sms", "token", CUSTOMER, "您好"))
    line.tell(line.texts[0], SmsState.SENT)
    line.tell(line.texts[0], SmsState.DELIVERED)

    counted = sms_state_of(line.texts[0].events)

    assert counted is not None
    assert counted.state is SmsState.DELIVERED
