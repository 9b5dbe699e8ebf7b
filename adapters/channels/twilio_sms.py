"""Texts through Twilio. Sent when we say so, never by the provider's own timetable (R-HOURS-5)."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from adapters.channels.base import (
    Accepted,
    Answer,
    LineReport,
    Missing,
    Refused,
    SmsFound,
    SmsOrder,
    SmsTrace,
    Unknown,
)
from adapters.channels.twilio_account import PAGE, TwilioAccount, nearest
from adapters.channels.twilio_addresses import Part, address
from adapters.channels.twilio_records import sms_event

VALID_S = 3_600
"""What the provider could not pass on within an hour is not sent any more."""
RECORDS = 500
"""How many texts to one number are read; a customer gets a few in a year."""
_TEXT = re.compile(r"[SM]M[0-9a-fA-F]{32}")


class TwilioSms(TwilioAccount):
    """Sends from the account's number or its messaging service."""

    @property
    def texts_per_second(self) -> float:
        """The account's rate; faster ones only wait in the provider's queue."""
        return self._settings.texts_per_second

    def send(self, order: SmsOrder) -> Answer:
        """Send the text, once."""
        if order.to.extension is not None:
            return Refused("relay_number", "带分机的号码收不到短信", is_permanent=True)
        service = self._settings.messaging_service
        sender = {"messaging_service_sid": service} if service else {"from_": self._settings.number}
        made = self._client.ask(
            lambda api: api.messages.create(
                to=order.to.e164,
                body=order.wording,
                status_callback=address(self._public_url, Part.SMS, order.token),
                validity_period=VALID_S,
                **sender,
            )
        )
        if isinstance(made, Refused | Unknown):
            return made
        if not _TEXT.fullmatch(str(made.sid)):
            return Unknown("线路服务商的回答里没有短信编号")
        return Accepted(str(made.sid))

    def look_up(self, trace: SmsTrace) -> SmsFound | Missing | Unknown:
        """By its id, else among the texts to that number: same wording, made about then.

        The list is not narrowed to the day it was sent: one that waits to be sent has none.
        """
        if trace.provider_id is not None:
            found = self._client.find(lambda api: api.messages(trace.provider_id).fetch())
            return found if isinstance(found, Missing | Unknown) else _told(found)
        found = self._client.read(lambda api: _search(api, trace))
        if isinstance(found, Unknown):
            return found
        return Missing() if found is None else _told(found)

    def check(self) -> LineReport:
        """Whether the account answers, is active and has the number. Sends nothing."""
        return self._check("sms")


def _search(api: Any, trace: SmsTrace) -> Any:
    listed = api.messages.stream(to=trace.to.e164, page_size=PAGE, limit=RECORDS)
    own = (
        text
        for text in islice(listed, RECORDS)
        if text.to == trace.to.e164
        and str(text.direction).startswith("outbound")
        and str(text.body).strip() == trace.wording.strip()
    )
    return nearest(own, trace.sent_at)


def _told(text: Any) -> SmsFound:
    code, segments = text.error_code, str(text.num_segments)
    event = sms_event(
        str(text.status),
        text.date_updated or text.date_sent,
        str(text.sid),
        error_code=None if code is None else str(code),
        segments=int(segments) if segments.isascii() and segments.isdigit() else None,
    )
    return SmsFound(str(text.sid), () if event is None else (event,))
