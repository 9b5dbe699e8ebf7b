"""The form fields of the provider's requests, as its published description names them.

`tools/compare_provider_fields.py` compares these tables with that description. `BOUNDS` are the
limits that the description tells in words only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from campaigns.errors import UsageError


class Kind(StrEnum):
    """What a field may hold; the value is the description's type and format."""

    TEXT = "string"
    ENDPOINT = "string endpoint"
    PHONE = "string phone-number"
    URL = "string uri"
    METHOD = "string http-method"
    TWIML = "string twiml"
    TIME = "string date-time"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Field:
    """One form field: `many` may be repeated, `values` are the only ones, `sid` an id's two letters."""

    kind: Kind = Kind.TEXT
    required: bool = False
    many: bool = False
    values: tuple[str, ...] = ()
    sid: str = ""


@dataclass(frozen=True, slots=True)
class Bound:
    """A number's or a text's length's least and greatest, both allowed."""

    least: int
    most: int


Fields = Mapping[str, Field]

_METHOD = Field(Kind.METHOD, values=("GET", "POST"))
_URL = Field(Kind.URL)
_TEXT = Field()
_TEXTS = Field(many=True)
_INTEGER = Field(Kind.INTEGER)
_BOOLEAN = Field(Kind.BOOLEAN)

CREATE_CALL: Fields = {
    "To": Field(Kind.ENDPOINT, required=True),
    "From": Field(Kind.ENDPOINT, required=True),
    "Method": _METHOD,
    "FallbackUrl": _URL,
    "FallbackMethod": _METHOD,
    "StatusCallback": _URL,
    "StatusCallbackEvent": _TEXTS,
    "StatusCallbackMethod": _METHOD,
    "SendDigits": _TEXT,
    "Timeout": _INTEGER,
    "Record": _BOOLEAN,
    "RecordingChannels": _TEXT,
    "RecordingStatusCallback": _TEXT,
    "RecordingStatusCallbackMethod": _METHOD,
    "SipAuthUsername": _TEXT,
    "SipAuthPassword": _TEXT,
    "MachineDetection": _TEXT,
    "MachineDetectionTimeout": _INTEGER,
    "RecordingStatusCallbackEvent": _TEXTS,
    "Trim": _TEXT,
    "CallerId": _TEXT,
    "MachineDetectionSpeechThreshold": _INTEGER,
    "MachineDetectionSpeechEndThreshold": _INTEGER,
    "MachineDetectionSilenceTimeout": _INTEGER,
    "AsyncAmd": _TEXT,
    "AsyncAmdStatusCallback": _URL,
    "AsyncAmdStatusCallbackMethod": _METHOD,
    "Byoc": Field(sid="BY"),
    "CallReason": _TEXT,
    "CallToken": _TEXT,
    "RecordingTrack": _TEXT,
    "TimeLimit": _INTEGER,
    "ClientNotificationUrl": _URL,
    "Url": _URL,
    "Twiml": Field(Kind.TWIML),
    "ApplicationSid": Field(sid="AP"),
}

UPDATE_CALL: Fields = {
    "Url": _URL,
    "Method": _METHOD,
    "Status": Field(values=("canceled", "completed")),
    "FallbackUrl": _URL,
    "FallbackMethod": _METHOD,
    "StatusCallback": _URL,
    "StatusCallbackMethod": _METHOD,
    "Twiml": Field(Kind.TWIML),
    "TimeLimit": _INTEGER,
}

CREATE_MESSAGE: Fields = {
    "To": Field(Kind.PHONE, required=True),
    "StatusCallback": _URL,
    "ApplicationSid": Field(sid="AP"),
    "MaxPrice": Field(Kind.NUMBER),
    "ProvideFeedback": _BOOLEAN,
    "Attempt": _INTEGER,
    "ValidityPeriod": _INTEGER,
    "ForceDelivery": _BOOLEAN,
    "ContentRetention": Field(values=("retain", "discard")),
    "AddressRetention": Field(values=("retain", "obfuscate")),
    "SmartEncoded": _BOOLEAN,
    "PersistentAction": _TEXTS,
    "TrafficType": Field(values=("free",)),
    "ShortenUrls": _BOOLEAN,
    "ScheduleType": Field(values=("fixed",)),
    "SendAt": Field(Kind.TIME),
    "SendAsMms": _BOOLEAN,
    "ContentVariables": _TEXT,
    "RiskCheck": Field(values=("enable", "disable")),
    "From": Field(Kind.PHONE),
    "FallbackFrom": Field(Kind.PHONE),
    "MessagingServiceSid": Field(sid="MG"),
    "Body": _TEXT,
    "MediaUrl": Field(Kind.URL, many=True),
    "ContentSid": Field(sid="HX"),
}

UPDATE_MESSAGE: Fields = {
    "Body": _TEXT,
    "Status": Field(values=("canceled",)),
}

OPERATIONS: Mapping[str, Fields] = {
    "CreateCall": CREATE_CALL,
    "UpdateCall": UPDATE_CALL,
    "CreateMessage": CREATE_MESSAGE,
    "UpdateMessage": UPDATE_MESSAGE,
}

BOUNDS: Mapping[str, Bound] = {
    "Timeout": Bound(1, 600),
    "TimeLimit": Bound(1, 86_400),
    "SendDigits": Bound(0, 32),
    "Twiml": Bound(1, 4_000),
    "MachineDetectionTimeout": Bound(3, 59),
    "MachineDetectionSpeechThreshold": Bound(1_000, 6_000),
    "MachineDetectionSpeechEndThreshold": Bound(500, 5_000),
    "MachineDetectionSilenceTimeout": Bound(2_000, 10_000),
    "ValidityPeriod": Bound(1, 36_000),
    "Attempt": Bound(1, 1_000),
}
"""Seconds, milliseconds or characters. Text beyond `Body`'s limit has an error of its own."""

CALL_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})

_DIGITS = re.compile(r"[0-9*#wW]*")
_SHAPES: Mapping[Kind, str] = {
    Kind.PHONE: r"\+[1-9][0-9]{6,14}",
    Kind.ENDPOINT: r"\+[1-9][0-9]{6,14}",
    Kind.URL: r"https?://[^\s/?#]+\S*",
    Kind.INTEGER: r"[0-9]{1,9}",
    Kind.NUMBER: r"[0-9]{1,9}(\.[0-9]{1,9})?",
    Kind.BOOLEAN: r"[Tt]rue|[Ff]alse",
}


class FieldError(UsageError):
    """A form field that the provider's description does not allow.

    `code` is the provider's for this mistake.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def checked(form: Iterable[tuple[str, str]], fields: Fields) -> dict[str, list[str]]:
    """The form by name, each value of the described kind and inside its bounds.

    An empty value counts as not given. Raises `FieldError`.
    """
    found: dict[str, list[str]] = {}
    for name, value in form:
        field = fields.get(name)
        if field is None:
            raise FieldError(20001, f"Parameter '{name}' is not known here")
        if value == "":
            continue
        if name in found and not field.many:
            raise FieldError(20001, f"Parameter '{name}' is given twice")
        _check(name, value, field)
        found.setdefault(name, []).append(value)
    for name, field in fields.items():
        if field.required and name not in found:
            raise FieldError(MISSING.get(name, 20001), f"Parameter '{name}' is required")
    return found


MISSING = {"To": 21201, "From": 21213}
_WRONG = {"To": 21211, "From": 21212, "Url": 21205, "StatusCallback": 21609}


def _check(name: str, value: str, field: Field) -> None:
    if not _fits(value, field):
        raise FieldError(_WRONG.get(name, 20001), f"Parameter '{name}' is not valid")
    bound = BOUNDS.get(name)
    if bound is not None:
        size = int(value) if field.kind is Kind.INTEGER else len(value)
        if not bound.least <= size <= bound.most:
            raise FieldError(20001, f"Parameter '{name}' is not in {bound.least}..{bound.most}")
    if name == "StatusCallbackEvent" and value not in CALL_EVENTS:
        raise FieldError(21626, f"Event '{value}' is not known")
    if name == "SendDigits" and not _DIGITS.fullmatch(value):
        raise FieldError(13224, "Parameter 'SendDigits' is not valid")


def _fits(value: str, field: Field) -> bool:
    if field.values:
        return value in field.values
    if field.kind is Kind.TIME:
        return _is_time(value)
    if field.kind is Kind.URL and not value.isascii():
        return False
    shape = rf"{field.sid}[0-9a-fA-F]{{32}}" if field.sid else _SHAPES.get(field.kind)
    return shape is None or re.fullmatch(shape, value) is not None


def _is_time(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
