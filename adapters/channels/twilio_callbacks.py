"""What Twilio tells us over HTTP: first whether it was Twilio, then what it says.

The signature covers our address as Twilio was given it, so the configured public address is taken,
never what the request says of its host, and the path and query byte by byte as they came.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import RequestValidator

from adapters.channels.base import RawCallback
from adapters.channels.twilio_addresses import Part, part_of
from adapters.channels.twilio_records import (
    call_event,
    cause_of,
    dialled_event,
    digits_event,
    instant,
    recorded_event,
    sms_event,
)
from adapters.line_settings import TwilioSettings
from campaigns.lines import CallEvent, Leg, SmsEvent, SmsReply
from campaigns.values import LineName

FORM = "application/x-www-form-urlencoded"
SIGNATURE = "x-twilio-signature"
FIELDS_MAX = 200
_DEFAULT_PORTS = {"https": 443, "http": 80}
_CALL = re.compile(r"CA[0-9a-fA-F]{32}")
_RECORDING = re.compile(r"RE[0-9a-fA-F]{32}")
_TEXT = re.compile(r"[SM]M[0-9a-fA-F]{32}")


class TwilioCallbacks:
    """Reads the callbacks of one account. While its token is changed both the new and the old sign."""

    def __init__(self, settings: TwilioSettings, public_url: str) -> None:
        self._settings = settings
        self._addresses = _spellings(public_url.rstrip("/"))

    @property
    def name(self) -> LineName:
        """Twilio."""
        return LineName.TWILIO

    def authenticate(self, raw: RawCallback) -> bool:
        """Whether it is signed with the account's token and speaks of this account. Never raises."""
        given = raw.headers.get(SIGNATURE, "").encode("utf-8", "replace")
        kind = raw.headers.get("content-type", "").partition(";")[0].strip().lower()
        path = raw.path_and_query
        if not given or kind != FORM or not path.isascii() or path[:1] != "/" or "#" in path:
            return False
        form = _parse(raw.body)
        if form is None or form.getlist("AccountSid") != [self._settings.account_sid]:
            return False
        tokens = [self._settings.auth_token, self._settings.old_token]
        expected = [
            RequestValidator(token).compute_signature(address + path, form).encode()
            for token in tokens
            if token
            for address in self._addresses
        ]
        return True in [hmac.compare_digest(one, given) for one in expected]

    def read_call(self, raw: RawCallback, token: str) -> tuple[CallEvent, ...]:
        """What a call's callback says. Which one it is stands in its path."""
        form = _fields(raw)
        if not _CALL.fullmatch(form.get("CallSid", "")):
            return ()
        match part_of(raw.path_and_query):
            case Part.LEG:
                told = [_step(Leg.CALLER, form, token)]
            case Part.CUSTOMER:
                told = [_step(Leg.CUSTOMER, form, token)]
            case Part.AFTER:
                told = [dialled_event(form, token), _recording(form, token)]
            case Part.DIGITS:
                told = [digits_event(form, token)]
            case Part.RECORDING:
                told = [_recording(form, token)]
            case _:
                told = []
        return tuple(event for event in told if event is not None)

    def read_sms(self, raw: RawCallback, token: str | None) -> tuple[SmsEvent, ...]:
        """What a text's receipt says; empty while the provider still has it."""
        form = _fields(raw)
        provider_id = form.get("MessageSid") or form.get("SmsSid", "")
        if not _TEXT.fullmatch(provider_id):
            return ()
        event = sms_event(
            form.get("MessageStatus") or form.get("SmsStatus", ""),
            instant(form.get("Timestamp")),
            provider_id,
            token=token,
            error_code=form.get("ErrorCode") or None,
        )
        return () if event is None else (event,)

    def read_replies(self, raw: RawCallback) -> tuple[SmsReply, ...]:
        """What a customer wrote back. Whether it is an opt-out word is decided elsewhere."""
        form = _fields(raw)
        key, sender = form.get("MessageSid") or form.get("SmsSid", ""), form.get("From", "")
        if not _TEXT.fullmatch(key) or not sender or "Body" not in form:
            return ()
        wording = form["Body"].replace("\0", "")  # not every database can hold it
        return (SmsReply(key, sender, wording, instant(form.get("Timestamp"))),)


class _Form(dict[str, list[str]]):
    """Fields by name, repeated ones too; the way the provider's library asks for them."""

    def getlist(self, name: str) -> list[str]:
        return self.get(name, [])


def _parse(body: bytes) -> _Form | None:
    """The form, byte by byte; None for what is none."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=FIELDS_MAX,
        )
    except ValueError:
        return None
    form = _Form()
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def _fields(raw: RawCallback) -> Mapping[str, str]:
    form = _parse(raw.body) or _Form()
    return {name: values[-1] for name, values in form.items()}


def _step(leg: Leg, form: Mapping[str, str], token: str) -> CallEvent | None:
    status = form.get("CallStatus", "")
    sip, error = form.get("SipResponseCode", ""), form.get("ErrorCode", "")
    seconds = form.get("CallDuration", "")
    return call_event(
        leg,
        status,
        instant(form.get("Timestamp")),
        form["CallSid"],
        token=token,
        parent_id=form.get("ParentCallSid"),
        cause=cause_of(leg, status, sip, error),
        seconds=int(seconds) if seconds.isascii() and seconds.isdigit() else None,
    )


def _recording(form: Mapping[str, str], token: str) -> CallEvent | None:
    reference = form.get("RecordingSid", "")
    is_ready = form.get("RecordingStatus", "completed") == "completed"
    if not _RECORDING.fullmatch(reference) or not is_ready:
        return None
    at = instant(form.get("RecordingStartTime"))
    seconds = form.get("RecordingDuration")
    return recorded_event(reference, at, form["CallSid"], seconds, token)


def _spellings(public_url: str) -> tuple[str, ...]:
    """Our address as the provider may have signed it: it leaves ports out, or writes the usual one."""
    parts = urlsplit(public_url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    plain, full = parts._replace(netloc=host), parts._replace(netloc=f"{host}:{port}")
    return tuple(dict.fromkeys((public_url, plain.geturl(), full.geturl())))
