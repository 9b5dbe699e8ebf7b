"""Whom we believe: only the provider, speaking of our account, to the address that it was given."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.base import RawCallback
from adapters.channels.twilio_callbacks import TwilioCallbacks
from tests.adapters.channels.contract_callbacks import CallbackContract
from tests.adapters.channels.signed import (
    BASIC,
    CALLER_LEG,
    FORM,
    LEG,
    OLD,
    PUBLIC,
    READER,
    SETTINGS,
    SID,
    TOKEN,
    signed,
)


class TestCallbacks(CallbackContract):
    @pytest.fixture
    def bench(self):
        class Bench:
            reader = READER
            secrets = (TOKEN, OLD)

            def genuine(self):
                return signed()

        return Bench()


@pytest.mark.parametrize(
    "raw",
    [
        signed(),
        signed(kind="application/x-www-form-urlencoded; charset=utf-8"),
        signed(kind="Application/X-WWW-Form-Urlencoded"),
        signed(token=OLD),
        signed(public="https://shop.example:443"),
        signed(path=LEG + "?last=1"),
        signed(path=LEG + "?name=%E5%BC%A0%20x&empty="),
        signed(fields=(*BASIC, ("Body", "退订 + & = %"))),
        signed(fields=(*BASIC, ("Empty", ""))),
        signed(fields=(*BASIC, ("Twice", "b"), ("Twice", "a"))),
        signed(fields=(*BASIC, ("NewFieldOfNextYear", "x"))),
    ],
)
def test_what_the_account_signed_is_believed(raw):
    assert READER.authenticate(raw)


def test_an_address_with_a_port_is_signed_with_and_without_it():
    reader = TwilioCallbacks(SETTINGS, "https://shop.example:8443/")
    for public in ("https://shop.example:8443", "https://shop.example"):
        assert reader.authenticate(signed(public=public))
    assert not reader.authenticate(signed(public="https://shop.example:443"))


def test_without_an_old_token_only_the_new_one_counts():
    reader = TwilioCallbacks(replace(SETTINGS, old_token=None), PUBLIC)
    assert reader.authenticate(signed())
    assert not reader.authenticate(signed(token=OLD))
    assert not reader.authenticate(signed(token=""))


GENUINE = signed()
HEADERS = GENUINE.headers
SAID = HEADERS["x-twilio-signature"]


def with_header(name: str, value: str) -> RawCallback:
    return replace(GENUINE, headers={**HEADERS, name: value})


def without(name: str) -> RawCallback:
    return replace(GENUINE, headers={k: v for k, v in HEADERS.items() if k != name})


BAD = {
    "no signature": without("x-twilio-signature"),
    "empty signature": with_header("x-twilio-signature", ""),
    "blank signature": with_header("x-twilio-signature", " "),
    "signature cut": with_header("x-twilio-signature", SAID[:-1]),
    "signature longer": with_header("x-twilio-signature", SAID + "="),
    "signature twice": with_header("x-twilio-signature", f"{SAID},{SAID}"),
    "signature in lower case": with_header("x-twilio-signature", SAID.lower()),
    "signature not ascii": with_header("x-twilio-signature", "签名"),
    "signature of a lone surrogate": with_header("x-twilio-signature", "\udcff"),
    "signature of nul": with_header("x-twilio-signature", "\x00"),
    "signature of another token": signed(token="guessed"),
    "signature of an empty token": signed(token=""),
    "signature of the account's id": signed(token=SID),
    "signature of another address": replace(signed("/line/twilio/leg/other"), path_and_query=LEG),
    "signature of other fields": replace(GENUINE, body=signed(fields=(*BASIC, ("a", "b"))).body),
    "no type": without("content-type"),
    "json type": with_header("content-type", "application/json"),
    "text type": with_header("content-type", "text/plain"),
    "multipart type": with_header("content-type", "multipart/form-data; boundary=x"),
    "type that begins alike": with_header("content-type", FORM + "x"),
    "http for https": signed(public="http://shop.example"),
    "another host": signed(public="https://shop.example.evil.example"),
    "another port": signed(public="https://shop.example:8443"),
    "host in upper case": signed(public="https://SHOP.example"),
    "fragment signed along": replace(signed(LEG + "#rc=3"), path_and_query=LEG),
    "fragment in the path": signed(LEG + "#rc=3"),
    "slash at the end": replace(GENUINE, path_and_query=LEG + "/"),
    "two slashes": replace(GENUINE, path_and_query="/" + LEG),
    "no slash": replace(GENUINE, path_and_query=LEG[1:]),
    "whole address for a path": replace(GENUINE, path_and_query=PUBLIC + LEG),
    "query added": replace(GENUINE, path_and_query=LEG + "?x=1"),
    "query dropped": replace(signed(LEG + "?x=1"), path_and_query=LEG),
    "query turned around": replace(signed(LEG + "?a=1&b=2"), path_and_query=LEG + "?b=2&a=1"),
    "escapes resolved": replace(signed(LEG + "?n=%41"), path_and_query=LEG + "?n=A"),
    "path not ascii": signed("/line/twilio/leg/张三"),
    "path of a lone surrogate": replace(GENUINE, path_and_query=LEG + "\udcff"),
    "path empty": replace(GENUINE, path_and_query=""),
    "another token in the path": replace(GENUINE, path_and_query="/line/twilio/leg/tok2"),
    "body empty": replace(GENUINE, body=b""),
    "body cut": replace(GENUINE, body=GENUINE.body[:-1]),
    "body with a field more": replace(GENUINE, body=GENUINE.body + b"&x=1"),
    "body with a field changed": replace(
        GENUINE, body=GENUINE.body.replace(b"ringing", b"completed")
    ),
    "body of json": replace(GENUINE, body=b'{"AccountSid": "x"}'),
    "body not utf-8": replace(GENUINE, body=GENUINE.body + b"&x=\xff"),
    "body with an escape that is not utf-8": replace(GENUINE, body=GENUINE.body + b"&x=%FF"),
    "body of nul": replace(GENUINE, body=b"\x00" * 40),
    "body of too many fields": replace(GENUINE, body=b"&".join([b"a=b"] * 5_000)),
    "too many fields, though signed": signed(
        fields=(*BASIC, *((f"field{n}", "x") for n in range(300)))
    ),
    "letters that were none, signed as replaced ones": replace(
        signed(fields=(*BASIC, ("x", "\ufffd"))), body=GENUINE.body + b"&x=%FF"
    ),
    "account of somebody else": signed(fields=(("AccountSid", "AC" + "9" * 32),)),
    "no account": signed(fields=(("CallSid", CALLER_LEG),)),
    "account twice": signed(fields=(("AccountSid", SID), ("AccountSid", "AC" + "9" * 32))),
    "account empty": signed(fields=(("AccountSid", ""),)),
}


@pytest.mark.parametrize("name", BAD)
def test_b3_what_is_not_the_providers_is_not_believed(name):
    assert not READER.authenticate(BAD[name])


@given(
    st.text(max_size=40), st.dictionaries(st.text(max_size=20), st.text(max_size=40)), st.binary()
)
def test_b3_nothing_makes_it_raise(path, headers, body):
    for raw in (RawCallback(path, headers, body), RawCallback(LEG, {**HEADERS, **headers}, body)):
        assert not READER.authenticate(raw)
        READER.read_call(raw, "tok")
        READER.read_sms(raw, "tok")
        READER.read_replies(raw)
