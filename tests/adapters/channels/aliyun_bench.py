"""An account with the provider that speaks Aliyun's interface in the tests."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime

from adapters.channels.aliyun import AliyunSms
from adapters.channels.base import SmsOrder, SmsTrace
from adapters.channels.one_request import Timeouts
from adapters.clock import FixedClock
from adapters.line_settings import AliyunSettings
from campaigns.values import PhoneNumber
from tests.adapters.channels.aliyun_server import KEY_ID, SECRET, SIGN, TEMPLATE, AliyunServer
from tests.adapters.channels.contract import Case

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
TOKEN = "a-callback-token-of-31-letters-"
ORDER = SmsOrder(
    sms_id="019cb660-743e-781b-8fec-e32b5b8adc12",
    token="not-used",
    to=PhoneNumber("+8613900000002"),
    wording="【样例店】您好，订单还没有付款。",
    script_id="dunning.sms",
    params={"shop": "样例店", "amount": "88.00 元 & *~/"},
)


def settings(url: str | None = None, **more) -> AliyunSettings:
    base = AliyunSettings(
        key_id=KEY_ID,
        key_secret=SECRET,
        sign_name=SIGN,
        templates={"dunning.sms": TEMPLATE},
        callback_token=TOKEN,
        base_url=url,
    )
    return replace(base, **more)


def sms_line(server: AliyunServer, **more) -> AliyunSms:
    return AliyunSms(settings(server.url, **more), FixedClock(NOW), Timeouts(read_s=0.3))


class Bench:
    secrets = (SECRET, TOKEN)

    def __init__(self, server: AliyunServer) -> None:
        self.server = server
        self.line = sms_line(server)

    def now(self) -> datetime:
        return NOW

    def next_is(self, case: Case) -> None:
        if case is Case.NOT_CONNECTED:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            self.line = AliyunSms(settings(f"http://127.0.0.1:{port}"), FixedClock(NOW))
            return
        names = {
            Case.WRONG_NUMBER: "code:200:isv.MOBILE_NUMBER_ILLEGAL",
            Case.OPTED_OUT: "code:200:isv.CUSTOMER_REFUSED",
            Case.NOT_AUTHORISED: "code:403:Forbidden.RAM",
        }
        self.server.plan.append(names.get(case, case.value))

    def requests(self) -> int:
        return self.server.count("SendSms")

    def happened(self) -> int:
        return len(self.server.texts)

    def break_access(self) -> None:
        self.server.secret = "another"

    def order(self) -> SmsOrder:
        return ORDER


def trace(**more) -> SmsTrace:
    return replace(SmsTrace(ORDER.sms_id, ORDER.to, ORDER.wording, NOW), **more)
