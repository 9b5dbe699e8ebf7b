"""Calls through Twilio: the caller's own phone rings first, then `<Dial>` to the customer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from adapters.channels.base import (
    READ_S,
    Accepted,
    Answer,
    CallOrder,
    CallTrace,
    Found,
    LineReport,
    Missing,
    Refused,
    Sound,
    Unknown,
)
from adapters.channels.twilio_addresses import Part, address
from adapters.channels.twilio_client import Timeouts, TwilioClient, open_client
from adapters.channels.twilio_records import events_of_leg, recorded_event
from adapters.line_settings import TwilioSettings
from campaigns.lines import CallEvent
from campaigns.values import LineName

EARLY = timedelta(seconds=5)
LATE = timedelta(seconds=READ_S + 60)
"""A call whose id is not known was made from `EARLY` before its request to `LATE` after it."""

EVENTS = ["initiated", "ringing", "answered", "completed"]
PAGE = 100
RECORDS = 1_000
"""How far back a list is read; a caller makes some hundred calls a day."""
CHILDREN = 5
RECORDING_BYTES = 64_000_000
"""An hour of two channels is 58 MB."""

_SUBJECT = {"voice": "电话", "sms": "短信"}
ALREADY_OVER = "21220"
_CALL = re.compile(r"CA[0-9a-fA-F]{32}")
_RECORDING = re.compile(r"RE[0-9a-fA-F]{32}")
_PHONE = re.compile(r"\+[0-9]{3,15}")


class TwilioVoice:
    """One account, ringing through its own number. `public_url`: where the provider reaches us."""

    def __init__(
        self, settings: TwilioSettings, public_url: str, timeouts: Timeouts | None = None
    ) -> None:
        self._settings = settings
        self._public_url = public_url.rstrip("/")
        self._client = open_client(settings, timeouts or Timeouts())

    @property
    def name(self) -> LineName:
        """Twilio."""
        return LineName.TWILIO

    @property
    def calls_per_second(self) -> float:
        """The account's rate; faster ones only wait in the provider's queue."""
        return self._settings.calls_per_second

    @property
    def is_training(self) -> bool:
        """Whether it is the carrier of the training shop, on this machine."""
        return self._settings.is_local

    def place(self, order: CallOrder) -> Answer:
        """Ring the caller's phone, once. The instructions are asked for when the caller answers."""
        if not _PHONE.fullmatch(order.caller):
            return Refused("bad_caller", "客服自己的接听号码不对，应是带国家码的电话", True)

        def to(part: Part) -> str:
            return address(self._public_url, part, order.token)

        made = self._client.ask(
            lambda api: api.calls.create(
                to=order.caller,
                from_=self._settings.number,
                url=to(Part.VOICE),
                method="POST",
                status_callback=to(Part.LEG),
                status_callback_method="POST",
                status_callback_event=EVENTS,
                timeout=order.ring_seconds,
            )
        )
        if isinstance(made, Refused | Unknown):
            return made
        if not _CALL.fullmatch(str(made.sid)):
            return Unknown("线路服务商的回答里没有通话编号")
        return Accepted(str(made.sid), timedelta(milliseconds=_whole(made.queue_time)))

    def hang_up(self, trace: CallTrace) -> Answer:
        """End the caller's leg, in whatever state, and with it the customer's.

        `completed` ends a leg that rings or waits as well as one that talks, so nothing has to be
        asked first. The customer's leg is ended by itself when it goes on alone (R-SMP-4).
        """
        if trace.provider_id is None:
            return Refused("no_id", "还不知道线路上的通话编号，不能挂断", is_permanent=False)
        ended = self._end(trace.provider_id)
        is_over = isinstance(ended, Refused) and ended.code == ALREADY_OVER
        if is_over and trace.customer_leg_id is not None:
            ended = self._end(trace.customer_leg_id)
            is_over = isinstance(ended, Refused) and ended.code == ALREADY_OVER
        return Accepted(trace.provider_id) if is_over else ended

    def ask_score(self, trace: CallTrace, token: str) -> Answer:
        """R-SMP-4. The customer's leg follows the keypad question; the caller's is let go by it."""
        leg = trace.customer_leg_id
        if leg is None:
            return Refused("no_customer", "客户不在线上，不能转按键评分", is_permanent=True)
        url = address(self._public_url, Part.KEYPAD, token)
        made = self._client.ask(lambda api: api.calls(leg).update(url=url, method="POST"))
        if isinstance(made, Refused):
            return Refused(made.code, "客户不在线上，不能转按键评分", is_permanent=True)
        return made if isinstance(made, Unknown) else Accepted(leg)

    def look_up(self, trace: CallTrace) -> Found | Missing | Unknown:
        """By its id, else among the calls to the caller's phone since that day and those queued.

        Those that ring for `trace.others` are passed by; of several the nearest in time is taken.
        """
        if trace.provider_id is not None:
            return self._by_id(trace.provider_id)
        day = (trace.submitted_at - EARLY).astimezone(UTC).date()
        found = self._client.ask(
            lambda api: (
                self._nearest(api, trace, start_time_after=day)
                or self._nearest(api, trace, status="queued")
            )
        )
        if isinstance(found, Refused | Unknown):
            return _unclear(found)
        return Missing() if found is None else self._told(found)

    def fetch_recording(self, reference: str) -> Sound | Missing | Unknown:
        """The recording as a WAV file (R-SMP-12). `reference` is its id, never an address."""
        if not _RECORDING.fullmatch(reference):
            return Missing()
        client = self._client
        base = str(client.api.api.base_url)
        path = f"/2010-04-01/Accounts/{self._settings.account_sid}/Recordings/{reference}.wav"
        sent = client.ask(
            lambda _: client.http.send(
                "GET", base + path, auth=client.auth, limit_bytes=RECORDING_BYTES
            )
        )
        if isinstance(sent, Refused | Unknown):
            return _unclear(sent)
        if sent.status == 404:
            return Missing()
        if sent.status != 200:
            return Unknown(f"线路服务商没有给出录音（{sent.status}）")
        return Sound(sent.media_type or "audio/x-wav", sent.content)

    def check(self) -> LineReport:
        """Whether the account answers, is active and has the number. Places no call."""
        return check_account(self._client, "voice")

    def _end(self, leg: str) -> Answer:
        made = self._client.ask(lambda api: api.calls(leg).update(status="completed"))
        return made if isinstance(made, Refused | Unknown) else Accepted(leg)

    def _by_id(self, provider_id: str) -> Found | Missing | Unknown:
        found = self._client.ask(lambda api: api.calls(provider_id).fetch())
        if isinstance(found, Refused) and found.code in {"404", "20404"}:
            return Missing()
        return _unclear(found) if isinstance(found, Refused | Unknown) else self._told(found)

    def _nearest(self, api: Any, trace: CallTrace, **filters: object) -> Any:
        first, last = trace.submitted_at - EARLY, trace.submitted_at + LATE
        listed = api.calls.stream(to=trace.caller, page_size=PAGE, limit=RECORDS, **filters)
        near = [
            call
            for call in islice(listed, RECORDS)
            if call._from == self._settings.number
            and call.to == trace.caller
            and call.direction == "outbound-api"
            and call.sid not in trace.others
            and isinstance(call.date_created, datetime)
            and first <= call.date_created <= last
        ]
        return min(near, key=lambda c: abs(c.date_created - trace.submitted_at), default=None)

    def _told(self, call: Any) -> Found | Unknown:
        """The call with all that its record, the customer's leg's and its recordings say."""
        rest = self._client.ask(lambda api: list(self._about(api, call)))
        if isinstance(rest, Refused | Unknown):
            return _unclear(rest)
        return Found(str(call.sid), (*events_of_leg(call), *rest))

    def _about(self, api: Any, call: Any) -> Iterator[CallEvent]:
        for child in api.calls.list(parent_call_sid=call.sid, limit=CHILDREN):
            yield from events_of_leg(child)
        if call.end_time is not None:
            for made in api.calls(call.sid).recordings.list(limit=CHILDREN):
                if made.status == "completed":
                    yield recorded_event(made.sid, made.start_time, call.sid, made.duration)


def check_account(client: TwilioClient, medium: str) -> LineReport:
    """Whether the account answers and has the number it shows. `medium`: voice or sms."""
    subject = _SUBJECT[medium]
    settings = client.settings
    account = client.ask(lambda api: api.api.accounts(settings.account_sid).fetch())
    if isinstance(account, Refused | Unknown):
        return LineReport(False, (f"{subject}不能用：{account.reason}",))
    if account.status != "active":
        return LineReport(False, (f"{subject}不能用：线路账号的状态是 {account.status}",))
    if settings.is_local:
        return LineReport(True, (f"{subject}：训练线路已连上，不会拨到真的电话",))
    if medium == "sms" and settings.messaging_service:
        return LineReport(True, (f"{subject}：账号可用，经短信服务发送",))
    numbers = client.ask(
        lambda api: api.incoming_phone_numbers.list(phone_number=settings.number, limit=1)
    )
    if isinstance(numbers, Refused | Unknown):
        return LineReport(False, (f"{subject}：账号可用，号码没有查到：{numbers.reason}",))
    return _number_report(subject, medium, numbers)


def _number_report(subject: str, medium: str, numbers: list[Any]) -> LineReport:
    if not numbers:
        said = "显示的号码不是账号里买的，应是已核验的来电号码"
        return LineReport(medium == "voice", (f"{subject}：账号可用，但{said}",))
    able = numbers[0].capabilities
    if isinstance(able, dict) and not able.get(medium, True):
        return LineReport(False, (f"{subject}：账号可用，但这个号码不能用于{subject}",))
    return LineReport(True, (f"{subject}：账号可用，号码在账号里",))


def _unclear(answer: Refused | Unknown) -> Unknown:
    return Unknown(answer.reason)


def _whole(said: object) -> int:
    text = str(said)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
