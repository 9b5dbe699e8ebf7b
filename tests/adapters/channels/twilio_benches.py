"""The benches of Twilio's lines: how the training carrier is made to answer so or so."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import datetime

from adapters.carrier import legs
from adapters.carrier.books import CallStatus
from adapters.carrier.script import read_script
from adapters.carrier.server import Carrier
from adapters.channels.base import CallOrder, SmsOrder
from adapters.channels.one_request import Timeouts
from adapters.channels.twilio_sms import TwilioSms
from adapters.channels.twilio_voice import TwilioVoice
from adapters.clock import SystemClock
from adapters.line_settings import TwilioSettings
from campaigns.values import PhoneNumber
from tests.adapters.channels.contract import Case
from tests.adapters.channels.wire import Relay

SID = "AC" + "0a" * 16
TOKEN = "not-a-real-token"
CALLER = "+8613900000001"
CUSTOMER = PhoneNumber("+8613800000002")
SETTINGS = TwilioSettings(SID, TOKEN, "+85230000000")
NOBODY = "http://127.0.0.1:9"
IMPATIENT = Timeouts(read_s=0.5)

FAULTS: dict[Case, dict[str, object]] = {
    Case.QUEUED: {"fault": "queue", "seconds": 120},
    Case.TOO_MANY: {"fault": "too_many", "seconds": 7},
    Case.TIMEOUT_BEFORE: {"fault": "timeout_before", "seconds": 3},
    Case.TIMEOUT_AFTER: {"fault": "timeout_after", "seconds": 3},
    Case.RESET_BEFORE: {"fault": "reset_before"},
    Case.RESET_AFTER: {"fault": "reset_after"},
    Case.ERROR_BEFORE: {"fault": "error_before"},
    Case.ERROR_AFTER: {"fault": "error_after"},
    Case.UNAVAILABLE: {"fault": "unavailable"},
    Case.BROKEN_AFTER: {"fault": "broken_json"},
    Case.REDIRECT: {"fault": "redirect"},
}


class Bench:
    secrets = (TOKEN, "secret-of-the-key")
    create = ""
    made = ""

    def __init__(self, carrier: Carrier, relay: Relay) -> None:
        self.carrier, self.relay = carrier, relay
        self.settings = replace(SETTINGS, base_url=relay.url, api_secret="secret-of-the-key")
        self.is_wrong = self.is_opted_out = False
        self.timeouts = Timeouts()
        self.script([])
        self.open(self.settings)

    def open(self, settings: TwilioSettings) -> None:
        raise NotImplementedError

    def script(self, rest: list[dict[str, object]]) -> None:
        people = {CUSTOMER.e164: {"sms": "21610"}} if self.is_opted_out else {}
        said = {"cps": None, "rest": rest, "people": people}
        with self.carrier.desk.lock:
            self.carrier.desk.follow(read_script(said))

    def now(self) -> datetime:
        return SystemClock().now()

    def next_is(self, case: Case) -> None:
        match case:
            case Case.WRONG_NUMBER:
                self.is_wrong = True
            case Case.OPTED_OUT:
                self.is_opted_out = True
                self.script([])
            case Case.NOT_AUTHORISED:
                self.break_access()
            case Case.NOT_CONNECTED:
                with socket.socket() as unused:
                    unused.bind(("127.0.0.1", 0))
                    port = unused.getsockname()[1]
                self.open(replace(self.settings, base_url=f"http://127.0.0.1:{port}"))
            case Case.TIMEOUT_BEFORE | Case.TIMEOUT_AFTER:
                self.timeouts = IMPATIENT
                self.open(self.settings)
                self.script([{**FAULTS[case], "on": self.create, "nth": [1]}])
            case _:
                self.script([{**FAULTS[case], "on": self.create, "nth": [1]}])

    def requests(self) -> int:
        return len(self.relay.posts(self.made))

    def break_access(self) -> None:
        self.open(replace(self.settings, auth_token="another"))


class CallBench(Bench):
    create, made = "calls.create", "/Calls.json"
    line: TwilioVoice

    def open(self, settings: TwilioSettings) -> None:
        self.line = TwilioVoice(settings, NOBODY, self.timeouts)

    def order(self) -> CallOrder:
        return CallOrder("call-1", "token-1", "+0123" if self.is_wrong else CALLER, CUSTOMER)

    def happened(self) -> int:
        return len(self.carrier.desk.books.legs)

    def end(self, provider_id: str) -> None:
        with self.carrier.desk.lock:
            leg = self.carrier.desk.books.legs[provider_id]
            legs.end(self.carrier.desk, leg, CallStatus.COMPLETED)
        assert leg.is_over


class TextBench(Bench):
    create, made = "messages.create", "/Messages.json"
    line: TwilioSms

    def open(self, settings: TwilioSettings) -> None:
        self.line = TwilioSms(settings, NOBODY, self.timeouts)

    def order(self) -> SmsOrder:
        to = PhoneNumber("+0123") if self.is_wrong else CUSTOMER
        return SmsOrder("sms-1", "token-1", to, "【春风店】您好，您的订单待付款，退订回T")

    def happened(self) -> int:
        return len(self.carrier.desk.books.messages)
