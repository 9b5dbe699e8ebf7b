"""Calls through Twilio: the caller's own phone rings first, then `<Dial>` to the customer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, timedelta
from itertools import islice
from typing import Any

from adapters.channels.base import (
    EARLY,
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
from adapters.channels.twilio_account import PAGE, TwilioAccount, nearest
from adapters.channels.twilio_addresses import Part, address
from adapters.channels.twilio_records import events_of_leg, recorded_event
from campaigns.lines import CallEvent

EVENTS = ["initiated", "ringing", "answered", "completed"]
RECORDS = 1_000
"""How far back a list is read; a caller makes some hundred calls a day."""
CHILDREN = 5
RECORDING_BYTES = 64_000_000
"""An hour of two channels is 58 MB."""

ALREADY_OVER = "21220"
_CALL = re.compile(r"CA[0-9a-fA-F]{32}")
_RECORDING = re.compile(r"RE[0-9a-fA-F]{32}")
_PHONE = re.compile(r"\+[0-9]{3,15}")


class TwilioVoice(TwilioAccount):
    """Rings through the account's own number."""

    @property
    def calls_per_second(self) -> float:
        """The account's rate; faster ones only wait in the provider's queue."""
        return self._settings.calls_per_second

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
            found = self._client.find(lambda api: api.calls(trace.provider_id).fetch())
            return found if isinstance(found, Missing | Unknown) else self._told(found)
        day = (trace.submitted_at - EARLY).astimezone(UTC).date()
        found = self._client.read(
            lambda api: (
                self._nearest(api, trace, start_time_after=day)
                or self._nearest(api, trace, status="queued")
            )
        )
        if isinstance(found, Unknown):
            return found
        return Missing() if found is None else self._told(found)

    def fetch_recording(self, reference: str) -> Sound | Missing | Unknown:
        """The recording as a WAV file (R-SMP-12). `reference` is its id, never an address."""
        if not _RECORDING.fullmatch(reference):
            return Missing()
        client = self._client
        base = str(client.api.api.base_url)
        path = f"/2010-04-01/Accounts/{self._settings.account_sid}/Recordings/{reference}.wav"
        sent = client.read(
            lambda _: client.http.send(
                "GET", base + path, auth=client.auth, limit_bytes=RECORDING_BYTES
            )
        )
        if isinstance(sent, Unknown):
            return sent
        if sent.status == 404:
            return Missing()
        if sent.status != 200:
            return Unknown(f"线路服务商没有给出录音（{sent.status}）")
        media = sent.headers.get("Content-Type", "").partition(";")[0].strip()
        return Sound(media or "audio/x-wav", sent.content)

    def check(self) -> LineReport:
        """Whether the account answers, is active and has the number. Places no call."""
        return self._check("voice")

    def _end(self, leg: str) -> Answer:
        made = self._client.ask(lambda api: api.calls(leg).update(status="completed"))
        return made if isinstance(made, Refused | Unknown) else Accepted(leg)

    def _nearest(self, api: Any, trace: CallTrace, **filters: object) -> Any:
        listed = api.calls.stream(to=trace.caller, page_size=PAGE, limit=RECORDS, **filters)
        own = (
            call
            for call in islice(listed, RECORDS)
            if call._from == self._settings.number
            and call.to == trace.caller
            and call.direction == "outbound-api"
            and call.sid not in trace.others
        )
        return nearest(own, trace.submitted_at)

    def _told(self, call: Any) -> Found | Unknown:
        """The call with all that its record, the customer's leg's and its recordings say."""
        rest = self._client.read(lambda api: list(self._about(api, call)))
        if isinstance(rest, Unknown):
            return rest
        return Found(str(call.sid), (*events_of_leg(call), *rest))

    def _about(self, api: Any, call: Any) -> Iterator[CallEvent]:
        for child in api.calls.list(parent_call_sid=call.sid, limit=CHILDREN):
            yield from events_of_leg(child)
        if call.end_time is not None:
            for made in api.calls(call.sid).recordings.list(limit=CHILDREN):
                if made.status == "completed":
                    yield recorded_event(made.sid, made.start_time, call.sid, made.duration)


def _whole(said: object) -> int:
    text = str(said)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
