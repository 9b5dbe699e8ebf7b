"""How the carrier answers: its records in the provider's shape, its errors, one page of a list."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlencode

from adapters.carrier.books import Leg, Recording, Sms
from adapters.carrier.desk import API_VERSION

FRIENDLY_NAME = "训练线路"
MORE_INFO = "https://www.twilio.com/docs/errors/"
PAGE_SIZE = 50
PAGE_SIZE_MAX = 1_000

JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: `hold_s` waits first, `cut` closes the connection instead of answering."""

    status: int
    body: bytes = b""
    kind: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    hold_s: float = 0.0
    cut: bool = False
    reset: bool = False


def as_json(status: int, said: object) -> Answer:
    """An answer of JSON."""
    return Answer(status, json.dumps(said, ensure_ascii=False).encode())


def error(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An error as the provider tells it."""
    said = {
        "code": code,
        "message": f"{message} ({FRIENDLY_NAME})",
        "more_info": f"{MORE_INFO}{code}",
        "status": status,
        "training": True,
    }
    return Answer(status, json.dumps(said, ensure_ascii=False).encode(), headers=headers or {})


def call_json(leg: Leg, account: str) -> JsonObject:
    """One leg."""
    uri = f"/{API_VERSION}/Accounts/{account}/Calls/{leg.sid}"
    return {
        "sid": leg.sid,
        "date_created": _stamp(leg.created_at),
        "date_updated": _stamp(leg.updated_at or leg.created_at),
        "parent_call_sid": leg.parent.sid if leg.parent else None,
        "account_sid": account,
        "to": leg.to,
        "to_formatted": leg.to,
        "from": leg.from_,
        "from_formatted": leg.from_,
        "phone_number_sid": None,
        "status": leg.status,
        "start_time": _stamp(leg.started_at),
        "end_time": _stamp(leg.ended_at),
        "duration": None if leg.duration_s is None else str(leg.duration_s),
        "price": None,
        "price_unit": "USD",
        "direction": leg.direction,
        "answered_by": None,
        "api_version": API_VERSION,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": FRIENDLY_NAME,
        "queue_time": str(leg.queue_ms),
        "trunk_sid": None,
        "uri": f"{uri}.json",
        "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
        "training": True,
    }


def message_json(sms: Sms, account: str) -> JsonObject:
    """One message."""
    return {
        "body": sms.body,
        "num_segments": str(sms.segments),
        "direction": sms.direction,
        "from": sms.from_ if not sms.service_sid or sms.sent_at else None,
        "to": sms.to,
        "date_updated": _stamp(sms.updated_at or sms.created_at),
        "price": None,
        "error_message": None if sms.error_code is None else FRIENDLY_NAME,
        "uri": f"/{API_VERSION}/Accounts/{account}/Messages/{sms.sid}.json",
        "account_sid": account,
        "num_media": "0",
        "status": sms.status,
        "messaging_service_sid": sms.service_sid or None,
        "sid": sms.sid,
        "date_sent": _stamp(sms.sent_at),
        "date_created": _stamp(sms.created_at),
        "error_code": sms.error_code,
        "price_unit": "USD",
        "api_version": API_VERSION,
        "subresource_uris": {},
        "training": True,
    }


def recording_json(recording: Recording, account: str) -> JsonObject:
    """One recording."""
    seconds = recording.duration_s
    uri = f"/{API_VERSION}/Accounts/{account}/Recordings/{recording.sid}"
    return {
        "account_sid": account,
        "api_version": API_VERSION,
        "call_sid": recording.call_sid,
        "conference_sid": None,
        "date_created": _stamp(recording.created_at),
        "date_updated": _stamp(recording.created_at),
        "start_time": _stamp(recording.created_at),
        "duration": None if seconds is None else str(seconds),
        "sid": recording.sid,
        "price": None,
        "price_unit": "USD",
        "status": "in-progress" if seconds is None else "completed",
        "channels": recording.channels,
        "source": recording.source,
        "error_code": None,
        "uri": f"{uri}.json",
        "media_url": uri,
        "encryption_details": None,
        "subresource_uris": {},
        "training": True,
    }


def account_json(account: str) -> JsonObject:
    """The account: nobody can take its name for a real one's."""
    return {
        "sid": account,
        "friendly_name": FRIENDLY_NAME,
        "status": "active",
        "type": "Trial",
        "auth_token": None,
        "date_created": None,
        "date_updated": None,
        "owner_account_sid": account,
        "subresource_uris": {},
        "uri": f"/{API_VERSION}/Accounts/{account}.json",
        "training": True,
    }


R = TypeVar("R", Leg, Sms, Recording)


def page(
    name: str,
    records: Sequence[R],
    shown: Callable[[R, str], JsonObject],
    asked: Mapping[str, str],
    path: str,
    account: str,
) -> Answer:
    """One page of `records`, newest first; `asked` are the words of the query.

    The next page begins after the last one shown, even when newer ones came meanwhile. The SDK
    finds the list by its being the only further key, so no `training` stands beside it.
    """
    size_said, number_said = asked.get("PageSize", str(PAGE_SIZE)), asked.get("Page", "0")
    if not (size_said.isdigit() and number_said.isdigit() and int(size_said) >= 1):
        return error(400, 20001, "PageSize or Page is not valid")
    size, number = min(int(size_said), PAGE_SIZE_MAX), int(number_said)
    start = size * number
    if token := asked.get("PageToken", "").removeprefix("PA"):
        places = [place for place, record in enumerate(records) if record.sid == token]
        start = places[0] + 1 if places else len(records)
    part = records[start : start + size]
    more = start + size < len(records)
    return as_json(
        200,
        {
            name: [shown(record, account) for record in part],
            "page": number,
            "page_size": size,
            "start": start,
            "end": start + len(part) - 1 if part else start,
            "uri": _uri(path, asked, size, number, token),
            "first_page_uri": _uri(path, asked, size, 0),
            "previous_page_uri": _uri(path, asked, size, number - 1) if number else None,
            "next_page_uri": _uri(path, asked, size, number + 1, part[-1].sid) if more else None,
        },
    )


def _uri(path: str, asked: Mapping[str, str], size: int, number: int, after: str = "") -> str:
    query = [(word, value) for word, value in asked.items() if not word.startswith("Page")]
    query += [("PageSize", str(size)), ("Page", str(number))]
    if after:
        query.append(("PageToken", f"PA{after}"))
    return f"{path}?{urlencode(query)}"


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else format_datetime(at)
