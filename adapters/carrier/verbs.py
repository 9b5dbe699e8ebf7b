"""Follows a call's instructions: says, waits, asks for digits, dials on, fetches what comes next."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from adapters.carrier.books import CallStatus, Leg, Notice, Recording, new_sid
from adapters.carrier.desk import Desk, about_leg
from adapters.carrier.documents import Document, DocumentError, Verb, length_s, read_document
from adapters.carrier.envelopes import Envelope, Reply, overrides
from adapters.carrier.legs import Ended, Part, Redirected, Source, finish, ring, seconds_of
from adapters.carrier.recordings import Recorded, recording_of, recording_url
from adapters.carrier.script import Does, Person
from adapters.carrier.timeline import Fetch, Life, Sleep

MAX_DOCUMENTS = 100
RETRY_S = 1.0
TALK_LIMIT_S = 14_400
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True, slots=True)
class Turn:
    """Where instructions go on, and what the request for them says besides."""

    source: Source
    extra: dict[str, str] = field(default_factory=dict)


def follow(desk: Desk, leg: Leg, source: Source, person: Person) -> Part[None]:
    """Follow instructions until there are no more. Raises `Ended` when they say to hang up."""
    turn: Turn | None = Turn(source)
    while turn is not None:
        try:
            document = yield from _obtain(desk, leg, turn)
            turn = yield from _perform(desk, leg, document, person)
        except Redirected as redirected:
            if redirected.sid != leg.sid:
                raise
            turn = Turn(redirected.source)
        except DocumentError as wrong:
            leg.problems.append(wrong.message)
            return


def alone(desk: Desk, leg: Leg, source: Source, person: Person) -> Life:
    """The rest of a dialled leg's life after it was taken out of its call."""
    while not leg.is_over:
        try:
            yield Sleep(0.0)
            yield from follow(desk, leg, source, person)
            finish(desk, leg, CallStatus.COMPLETED)
        except Ended as ended:
            finish(desk, leg, ended.status)
        except Redirected as redirected:
            source = redirected.source


def _obtain(desk: Desk, leg: Leg, turn: Turn) -> Part[Document]:
    source = turn.source
    leg.documents += 1
    if leg.documents > MAX_DOCUMENTS:
        raise DocumentError("12400 too many documents")
    if source.text:
        return read_document(source.text)
    reply = yield from _ask(desk, leg, source.url, source.method, turn.extra)
    url = source.url
    if not reply.is_good and source.fallback_url:
        leg.problems.append(f"11200 {reply.status}")
        extra = {**turn.extra, "ErrorCode": "11200", "ErrorUrl": url}
        url = source.fallback_url
        reply = yield from _ask(desk, leg, url, "POST", extra)
    if not reply.is_good:
        raise DocumentError(f"11200 {reply.status}")
    if reply.status == 204:
        return Document((), url)
    return read_document(reply.body.decode("utf-8", errors="replace"), url)


def _ask(desk: Desk, leg: Leg, url: str, method: str, extra: dict[str, str]) -> Part[Reply]:
    wanted = overrides(url)
    attempt = 1
    while True:
        fields = {**about_leg(desk, leg), **extra}
        reply = yield Fetch(Envelope("document", url, tuple(fields.items()), method, "", leg.sid))
        assert reply is not None
        if attempt > wanted.retries or not wanted.retries_on(reply):
            return reply
        yield Sleep(RETRY_S * attempt)
        attempt += 1


def _perform(desk: Desk, leg: Leg, document: Document, person: Person) -> Part[Turn | None]:
    for verb in document.verbs:
        turn: Turn | None = None
        match verb.name:
            case "Hangup" | "Reject":
                raise Ended(leg.sid, CallStatus.COMPLETED)
            case "Redirect":
                method = verb.attributes.get("method", "POST")
                turn = Turn(Source(url=document.absolute(verb.text), method=method))
            case "Gather":
                turn = yield from _gather(leg, verb, document, person)
            case "Dial":
                turn = yield from _dial(desk, leg, verb, document)
            case _:
                yield Sleep(length_s(verb))
        if turn is not None:
            return turn
    return None


def _onward(verb: Verb, document: Document, extra: dict[str, str]) -> Turn | None:
    """Where a verb's answer goes: to its action, or to where the document came from."""
    action = verb.attributes.get("action", "")
    if not action and not document.url:
        return None
    url = document.absolute(action) if action else document.url
    return Turn(Source(url=url, method=verb.attributes.get("method", "POST")), extra)


def _gather(leg: Leg, verb: Verb, document: Document, person: Person) -> Part[Turn | None]:
    if "dtmf" not in verb.attributes.get("input", "dtmf").split():
        raise DocumentError("12200 Gather input")
    for inner in verb.inner:
        yield Sleep(length_s(inner))
    timeout_s = verb.number("timeout", 5)
    asked, leg.questions = leg.questions, leg.questions + 1
    pressed = person.digits[asked] if asked < len(person.digits) else ""
    if not pressed or person.presses_after_s > timeout_s:
        yield Sleep(timeout_s)
        empty = {"Digits": ""} if verb.flag("actionOnEmptyResult") else None
        return None if empty is None else _onward(verb, document, empty)
    yield Sleep(person.presses_after_s)
    key = verb.attributes.get("finishOnKey", "#")
    digits, finished, _ = pressed.partition(key) if key else (pressed, "", "")
    wanted = verb.number("numDigits", 0)
    if wanted:
        digits = digits[:wanted]
    if not finished and len(digits) != wanted:
        yield Sleep(timeout_s)
    leg.digits.append(digits)
    extra = {"Digits": digits, "FinishedOnKey": finished}
    return _onward(verb, document, extra)


def _dial(desk: Desk, leg: Leg, verb: Verb, document: Document) -> Part[Turn | None]:
    if len(verb.inner) > 1:
        raise DocumentError("12200 Dial: one number only on the training line")
    number = verb.inner[0] if verb.inner else Verb("Number", text=verb.text)
    if not _NUMBER.fullmatch(number.text):
        leg.problems.append("13224 Dial number")
        return _onward(verb, document, {"DialCallStatus": CallStatus.FAILED})
    child = _child(desk, leg, verb, number, document)
    extension = re.sub(r"\D", "", child.sent_digits)
    person = desk.people.called(child.to, extension)
    recording = None
    try:
        if (yield from ring(desk, child, person, verb.number("timeout", 30))):
            yield Sleep(_dialling_s(child.sent_digits))
            if url := number.attributes.get("url"):
                method = number.attributes.get("method", "POST")
                whisper = Source(url=document.absolute(url), method=method)
                yield from follow(desk, child, whisper, person)
            with recording_of(desk, leg, _recorded(verb, document)) as recording:
                limit = float(verb.number("timeLimit", TALK_LIMIT_S))
                stays = person.does is Does.HANGS_UP
                yield Sleep(limit if stays else min(person.talks_s, limit))
            finish(desk, child, CallStatus.COMPLETED)
    except Ended as ended:
        if ended.sid != child.sid:
            _give_up(desk, child)
            raise
        finish(desk, child, ended.status)
    except Redirected as redirected:
        if redirected.sid != child.sid:
            _give_up(desk, child)
            raise
        assert leg.task is not None
        child.task = desk.timeline.begin(alone(desk, child, redirected.source, person))
        child.task.second = leg.task.second
    if not verb.attributes.get("action"):
        return None
    return _onward(verb, document, _dialled(desk, child, recording))


def _give_up(desk: Desk, child: Leg) -> None:
    """The call around a dialled leg ended or went elsewhere."""
    finish(desk, child, CallStatus.COMPLETED if child.answered_at else CallStatus.CANCELED)


def _child(desk: Desk, leg: Leg, verb: Verb, number: Verb, document: Document) -> Leg:
    callback = number.attributes.get("statusCallback", "")
    events = number.attributes.get("statusCallbackEvent", "completed").split()
    notice = Notice(
        document.absolute(callback) if callback else "",
        number.attributes.get("statusCallbackMethod", "POST"),
        frozenset(events),
    )
    leg_of_dial = Leg(
        new_sid("CA"),
        number.text,
        verb.attributes.get("callerId", leg.from_),
        desk.now(),
        desk.timeline.second() + desk.script.list_lag_s,
        parent=leg,
        sent_digits=number.attributes.get("sendDigits", ""),
        notice=notice,
    )
    return desk.books.keep_leg(leg_of_dial)


def _recorded(verb: Verb, document: Document) -> Recorded | None:
    said = verb.attributes.get("record", "do-not-record")
    if said in {"do-not-record", "false"}:
        return None
    callback = verb.attributes.get("recordingStatusCallback", "")
    events = verb.attributes.get("recordingStatusCallbackEvent", "completed").split()
    return Recorded(
        "DialVerb",
        2 if said.endswith("-dual") else 1,
        document.absolute(callback) if callback else "",
        verb.attributes.get("recordingStatusCallbackMethod", "POST"),
        frozenset(events),
    )


def _dialling_s(digits: str) -> float:
    """How long it takes to send digits after the answer: `w` half a second, `W` a whole one."""
    return sum({"w": 0.5, "W": 1.0}.get(digit, 0.2) for digit in digits)


def _dialled(desk: Desk, child: Leg, recording: Recording | None) -> dict[str, str]:
    """What the action is told of the leg that was dialled."""
    status = child.status if child.is_over else CallStatus.COMPLETED
    extra = {
        "DialCallSid": child.sid,
        "DialCallStatus": status,
        "DialBridged": "true" if child.answered_at else "false",
    }
    if child.answered_at:
        extra["DialCallDuration"] = str(seconds_of(child))
    if recording is not None:
        extra["RecordingSid"] = recording.sid
        extra["RecordingUrl"] = recording_url(desk, recording)
        extra["RecordingDuration"] = str(recording.duration_s or 0)
    return extra
