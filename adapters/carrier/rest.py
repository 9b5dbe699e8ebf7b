"""The provider's REST interface: who asks, for what, and which fault comes between."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from adapters.carrier import operations
from adapters.carrier.answers import (
    Answer,
    account_json,
    as_json,
    call_json,
    error,
    message_json,
    page,
    recording_json,
)
from adapters.carrier.books import Leg
from adapters.carrier.desk import API_VERSION, Desk
from adapters.carrier.operations import not_found
from adapters.carrier.published import FieldError
from adapters.carrier.recordings import sound
from adapters.carrier.script import RestFault, Rule

FORM = "application/x-www-form-urlencoded"
NOTHING_ACCEPTED = frozenset(
    {RestFault.TOO_MANY, RestFault.UNAVAILABLE, RestFault.REDIRECT}
    | {RestFault.ERROR_BEFORE, RestFault.TIMEOUT_BEFORE, RestFault.RESET_BEFORE}
)
_PATH = re.compile(
    rf"/{API_VERSION}/Accounts/(?P<account>AC[0-9a-fA-F]{{32}})"
    r"(?:/(?P<kind>Calls|Messages|Recordings)(?:/(?P<sid>[A-Z]{2}[0-9a-fA-F]{32}))?"
    r"(?P<recordings>/Recordings)?)?(?P<end>\.json|\.wav)?"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came over the wire."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    kind: str = ""
    authorization: str = ""
    host: str = ""
    origin: str = ""

    @property
    def filters(self) -> dict[str, str]:
        """The query, the last of each name."""
        return dict(parse_qsl(self.query))

    @property
    def form(self) -> list[tuple[str, str]]:
        """The form's fields in their order."""
        return parse_qsl(self.body.decode("utf-8", errors="replace"), keep_blank_values=True)


def answer(desk: Desk, asked: Asked) -> Answer:
    """The provider's answer to one request, faults included. Takes the lock."""
    if not _may_ask(desk, asked.authorization):
        return error(401, 20003, "Authenticate", {"WWW-Authenticate": 'Basic realm="training"'})
    found = _PATH.fullmatch(asked.path)
    if found is None or found["account"] != desk.settings.account_sid:
        return not_found(asked.path)
    if asked.method == "DELETE" and not found["sid"]:
        return not_allowed()
    if asked.method == "POST" and asked.kind.partition(";")[0].strip().lower() != FORM:
        return error(415, 20415, "Only a form is taken")
    with desk.lock:
        rule = desk.rest_faults.next(_target(asked.method, found), desk.script_second())
        if rule is None:
            return _answer(desk, asked, found, 0.0)
        return _afflicted(desk, rule, lambda wait_s: _answer(desk, asked, found, wait_s))


def _may_ask(desk: Desk, authorization: str) -> bool:
    scheme, _, said = authorization.partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = base64.b64decode(said, validate=True)
    except (binascii.Error, ValueError):
        return False
    settings = desk.settings
    pairs = [(settings.account_sid, settings.auth_token), *settings.api_keys]
    return any(hmac.compare_digest(given, f"{name}:{word}".encode()) for name, word in pairs)


def _target(method: str, found: re.Match[str]) -> str:
    """What a fault's `on` calls this request."""
    name = (found["kind"] or "account").lower()
    if method == "POST":
        return f"{name}.update" if found["sid"] else f"{name}.create"
    return f"{name}.fetch" if found["sid"] else f"{name}.list"


def _afflicted(desk: Desk, rule: Rule, do: Callable[[float], Answer]) -> Answer:
    """What a fault makes of a request; `do` accepts it, with a further wait in the queue."""
    fault = RestFault(rule.fault)
    if fault in NOTHING_ACCEPTED:
        return _instead(desk, rule, fault)
    accepted = do(rule.seconds if fault is RestFault.QUEUE else 0.0)
    match fault:
        case RestFault.QUEUE:
            return accepted
        case RestFault.SLOW:
            return replace(accepted, hold_s=rule.seconds)
        case RestFault.BROKEN_JSON:
            return replace(accepted, body=accepted.body[: len(accepted.body) // 2])
        case _:
            return _instead(desk, rule, fault)


def _instead(desk: Desk, rule: Rule, fault: RestFault) -> Answer:
    """The answer to a request that was not worked off, and to one where nobody may know it was."""
    match fault:
        case RestFault.TOO_MANY:
            headers = {"Retry-After": str(round(rule.seconds))}
            return error(429, 20429, "Too many requests", headers)
        case RestFault.UNAVAILABLE:
            return Answer(503, b"<html><body>Service Unavailable</body></html>", "text/html")
        case RestFault.REDIRECT:
            return Answer(302, b"", "text/html", {"Location": f"{desk.url}/moved"})
        case RestFault.TIMEOUT_BEFORE | RestFault.TIMEOUT_AFTER:
            return Answer(0, hold_s=rule.seconds, cut=True)
        case RestFault.RESET_BEFORE | RestFault.RESET_AFTER:
            return Answer(0, reset=True, cut=True)
        case _:
            return error(500, 20500, "Internal error")


def _answer(desk: Desk, asked: Asked, found: re.Match[str], queue_s: float) -> Answer:
    try:
        match found["kind"]:
            case "Calls":
                return _calls(desk, asked, found, queue_s)
            case "Messages":
                return _messages(desk, asked, found)
            case "Recordings":
                return _recordings(desk, asked, found)
            case _ if asked.method == "GET":
                return as_json(200, account_json(desk.settings.account_sid))
    except FieldError as wrong:
        return error(400, wrong.code, wrong.message)
    return not_allowed()


def not_allowed() -> Answer:
    """A method that this address does not have."""
    return error(405, 20004, "Method not allowed")


def _calls(desk: Desk, asked: Asked, found: re.Match[str], queue_s: float) -> Answer:
    account = desk.settings.account_sid
    if not found["sid"]:
        if asked.method == "POST":
            return operations.create_call(desk, asked.form, queue_s)
        legs = operations.wanted_legs(desk, asked.filters)
        return page("calls", legs, call_json, asked.filters, asked.path, account)
    leg = desk.books.legs.get(found["sid"])
    return not_found(asked.path) if leg is None else _call(desk, asked, found, leg)


def _call(desk: Desk, asked: Asked, found: re.Match[str], leg: Leg) -> Answer:
    account = desk.settings.account_sid
    if found["recordings"]:
        made = [one for one in desk.books.recordings.values() if one.call_sid == leg.sid]
        return page("recordings", made, recording_json, asked.filters, asked.path, account)
    if asked.method == "POST":
        return operations.update_call(desk, leg, asked.form)
    if asked.method == "GET":
        return as_json(200, call_json(leg, account))
    if not leg.is_over:
        return error(409, 20409, "The call is not over")
    del desk.books.legs[leg.sid]
    return Answer(204)


def _messages(desk: Desk, asked: Asked, found: re.Match[str]) -> Answer:
    account = desk.settings.account_sid
    if not found["sid"]:
        if asked.method == "POST":
            return operations.create_message(desk, asked.form)
        messages = operations.wanted_messages(desk, asked.filters)
        return page("messages", messages, message_json, asked.filters, asked.path, account)
    sms = desk.books.messages.get(found["sid"])
    if sms is None:
        return not_found(asked.path)
    match asked.method:
        case "POST":
            return operations.update_message(desk, sms, asked.form)
        case "DELETE":
            del desk.books.messages[sms.sid]
            return Answer(204)
        case _:
            return as_json(200, message_json(sms, account))


def _recordings(desk: Desk, asked: Asked, found: re.Match[str]) -> Answer:
    account = desk.settings.account_sid
    if not found["sid"]:
        made = list(reversed(desk.books.recordings.values()))
        return page("recordings", made, recording_json, asked.filters, asked.path, account)
    recording = desk.books.recordings.get(found["sid"])
    if recording is None:
        return not_found(asked.path)
    if asked.method == "DELETE":
        del desk.books.recordings[recording.sid]
        return Answer(204)
    if found["end"] == ".json":
        return as_json(200, recording_json(recording, account))
    if recording.duration_s is None:
        return not_found(asked.path)
    return Answer(200, sound(recording.duration_s, recording.channels), "audio/x-wav")
