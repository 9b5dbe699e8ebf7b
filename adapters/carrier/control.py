"""The carrier's own routes, `/_carrier/…`: the truth about everything, and the script. Loopback only."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from adapters.carrier import legs, texts
from adapters.carrier.answers import FRIENDLY_NAME, Answer, JsonObject, as_json, error
from adapters.carrier.books import CallStatus, Leg, Sms
from adapters.carrier.courier import Delivery
from adapters.carrier.desk import Desk
from adapters.carrier.operations import not_found
from adapters.carrier.rest import Asked, not_allowed
from adapters.carrier.script import read_script
from adapters.carrier.settings import is_loopback
from adapters.clock import SPEEDS
from campaigns.errors import UsageError

ROOT = "/_carrier/"


def answer(desk: Desk, asked: Asked) -> Answer:
    """The answer to a control request; its caller has checked that it comes from this machine.

    A page in somebody's browser cannot ask: names of other hosts and origins are refused, and
    what changes something is JSON.
    """
    host = urlsplit(f"//{asked.host}").hostname or ""
    if asked.origin or not is_loopback(host):
        return error(403, 20003, "Control is for this machine only")
    name = asked.path.removeprefix(ROOT)
    with desk.lock:
        if asked.method == "GET":
            return _shown(desk, name)
        if asked.method != "POST":
            return not_allowed()
        if asked.kind.partition(";")[0].strip().lower() != "application/json":
            return error(415, 20415, "Control takes JSON")
        try:
            return _done(desk, name, json.loads(asked.body or b"{}"))
        except (ValueError, UsageError) as wrong:
            return error(400, 20001, str(wrong))


def _shown(desk: Desk, name: str) -> Answer:
    match name:
        case "":
            return as_json(200, _state(desk))
        case "calls":
            return as_json(200, [truth_of_leg(leg) for leg in desk.books.legs.values()])
        case "messages":
            return as_json(200, [truth_of_message(sms) for sms in desk.books.messages.values()])
        case "callbacks":
            return as_json(200, [_delivery(one) for one in desk.courier.deliveries])
        case _:
            return not_found(ROOT + name)


def _done(desk: Desk, name: str, said: Any) -> Answer:
    match name:
        case "script":
            desk.follow(read_script(said))
        case "reset":
            desk.reset()
        case "clock":
            at = datetime.fromisoformat(_text(said, "now"))
            speed = said.get("speed", 1)
            if at.tzinfo is None or speed not in SPEEDS:
                raise UsageError("now needs a zone, and speed is one of the training clock's")
            desk.set_clock(at, speed)
        case "reply":
            sms = texts.receive(desk, *(_text(said, key) for key in ("from", "to", "body")))
            return as_json(201, truth_of_message(sms))
        case "hangup":
            leg = desk.books.legs.get(_text(said, "sid"))
            if leg is None:
                return not_found(ROOT + name)
            legs.end(desk, leg, CallStatus.COMPLETED)
        case _:
            return not_found(ROOT + name)
    return as_json(200, _state(desk))


def _text(said: Any, name: str) -> str:
    value = said.get(name) if isinstance(said, dict) else None
    if not isinstance(value, str) or not value:
        raise UsageError(f"'{name}' is missing")
    return value


def _state(desk: Desk) -> JsonObject:
    return {
        "training": True,
        "name": FRIENDLY_NAME,
        "address": desk.url,
        "account_sid": desk.settings.account_sid,
        "now": desk.now().isoformat(),
        "speed": desk.settings.speed,
        "calls": len(desk.books.legs),
        "messages": len(desk.books.messages),
        "live": len(list(desk.books.live_tasks())),
        "callbacks_pending": desk.courier.pending,
        "faults": dict(desk.rest_faults.struck),
        "callback_faults": dict(desk.courier.faults.struck),
        "own_mistakes": desk.timeline.failures,
    }


def truth_of_leg(leg: Leg) -> JsonObject:
    """Everything about one leg, as it really was."""
    return {
        "sid": leg.sid,
        "parent": leg.parent.sid if leg.parent else None,
        "to": leg.to,
        "from": leg.from_,
        "sent_digits": leg.sent_digits,
        "digits": leg.digits,
        "status": leg.status,
        "queue_ms": leg.queue_ms,
        "duration_s": leg.duration_s,
        "created_at": _instant(leg.created_at),
        "rang_at": _instant(leg.rang_at),
        "answered_at": _instant(leg.answered_at),
        "ended_at": _instant(leg.ended_at),
        "problems": leg.problems,
        "training": True,
    }


def truth_of_message(sms: Sms) -> JsonObject:
    """Everything about one message."""
    return {
        "sid": sms.sid,
        "direction": sms.direction,
        "to": sms.to,
        "from": sms.from_,
        "body": sms.body,
        "status": sms.status,
        "error_code": sms.error_code,
        "segments": sms.segments,
        "created_at": _instant(sms.created_at),
        "sent_at": _instant(sms.sent_at),
        "training": True,
    }


def _delivery(one: Delivery) -> JsonObject:
    return {
        "kind": one.envelope.kind,
        "url": one.envelope.url,
        "about": one.envelope.about,
        "fields": dict(one.envelope.fields),
        "status": one.status,
        "attempt": one.attempt,
        "fault": one.fault,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
