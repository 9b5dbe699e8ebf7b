"""Callbacks signed as the telephone provider signs them, after its rule and not with its library."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlencode

from adapters.channels.base import RawCallback
from adapters.channels.twilio_callbacks import TwilioCallbacks
from adapters.line_settings import TwilioSettings

SID = "AC" + "0b" * 16
TOKEN = "not-a-real-token"
OLD = "the-one-before-it"
PUBLIC = "https://shop.example"
SETTINGS = TwilioSettings(SID, TOKEN, "+85230000000", old_token=OLD)
READER = TwilioCallbacks(SETTINGS, PUBLIC)
CALLER_LEG, CUSTOMER_LEG = "CA" + "1" * 32, "CA" + "2" * 32
RECORDING = "RE" + "3" * 32
TEXT = "SM" + "4" * 32
AT = "Tue, 13 May 2025 01:00:00 +0000"
FORM = "application/x-www-form-urlencoded"
LEG = "/line/twilio/leg/tok"
BASIC = (("AccountSid", SID), ("CallSid", CALLER_LEG), ("CallStatus", "ringing"))


def signature(url: str, fields: tuple[tuple[str, str], ...], token: str = TOKEN) -> str:
    """The provider's rule, written once more: address, then the fields in order, under the token."""
    said = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()).decode()


def signed(
    path: str = LEG,
    fields: tuple[tuple[str, str], ...] = BASIC,
    *,
    token: str = TOKEN,
    public: str = PUBLIC,
    kind: str = FORM,
) -> RawCallback:
    headers = {"x-twilio-signature": signature(public + path, fields, token), "content-type": kind}
    return RawCallback(path, headers, urlencode(fields).encode())


def call(path: str, **fields: str) -> RawCallback:
    return signed(f"/line/twilio/{path}/tok", (("AccountSid", SID), *fields.items()))
