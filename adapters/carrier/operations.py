"""What a request asks of the provider's interface: its words, and what the carrier does about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from adapters.carrier import calls, legs, texts
from adapters.carrier.answers import Answer, as_json, call_json, error, message_json
from adapters.carrier.books import CallStatus, Leg, Notice, Sms, SmsStatus, new_sid
from adapters.carrier.desk import Desk
from adapters.carrier.legs import Source
from adapters.carrier.published import (
    CREATE_CALL,
    CREATE_MESSAGE,
    UPDATE_CALL,
    UPDATE_MESSAGE,
    FieldError,
    checked,
)
from adapters.carrier.recordings import Recorded

Form = list[tuple[str, str]]

QUEUE_MAX_S = 86_400
BODY_MAX_CHARS = 1_600
SEND_AT_LEAST = timedelta(seconds=300)
SEND_AT_MOST = timedelta(days=35)


def create_call(desk: Desk, form: Form, queue_s: float = 0.0) -> Answer:
    """A new call, 201; `queue_s` is a fault's further wait. Raises `FieldError`."""
    said = checked(form, CREATE_CALL)
    source = _source(desk, said)
    if source is None:
        raise FieldError(21205, "One of Url, Twiml is required")
    waits = desk.place_in_line(queue_s)
    if waits > QUEUE_MAX_S:
        raise FieldError(22005, "The queue is longer than a day")
    leg = Leg(
        new_sid("CA"),
        said["To"][0],
        said["From"][0],
        desk.now(),
        desk.timeline.second() + desk.script.list_lag_s,
        queue_ms=round(waits * 1000),
        sent_digits=_one(said, "SendDigits"),
        notice=_notice(desk, said),
    )
    order = calls.Order(
        source,
        timeout_s=float(_one(said, "Timeout", "60")),
        time_limit_s=float(_one(said, "TimeLimit", "14400")),
        queue_s=waits,
        recorded=_recorded(desk, said),
    )
    calls.place(desk, leg, order)
    return as_json(201, call_json(leg, desk.settings.account_sid))


def update_call(desk: Desk, leg: Leg, form: Form) -> Answer:
    """Cancel, end or redirect a call. Raises `FieldError`."""
    said = checked(form, UPDATE_CALL)
    source = _source(desk, said)
    if leg.is_over:
        raise FieldError(21220, "The call is over")
    status = _one(said, "Status")
    if status == CallStatus.CANCELED and leg.status is CallStatus.IN_PROGRESS:
        raise FieldError(21220, "The call was answered, so it cannot be canceled")
    if source and not status and leg.status is not CallStatus.IN_PROGRESS:
        raise FieldError(21220, "The call was not answered, so it cannot be redirected")
    if callback := _one(said, "StatusCallback"):
        method = _one(said, "StatusCallbackMethod", "POST")
        leg.notice = Notice(_home(desk, callback, 21609), method, leg.notice.events)
    if limit := _one(said, "TimeLimit"):
        desk.timeline.after(float(limit), lambda: legs.end(desk, leg, CallStatus.COMPLETED))
    if status:
        legs.end(desk, leg, CallStatus(status))
    elif source:
        legs.redirect(desk, leg, source)
    return as_json(200, call_json(leg, desk.settings.account_sid))


def create_message(desk: Desk, form: Form) -> Answer:
    """A new message, 201. Raises `FieldError`."""
    said = checked(form, CREATE_MESSAGE)
    sender, service = _one(said, "From"), _one(said, "MessagingServiceSid")
    if not sender and not service:
        raise FieldError(21603, "One of From, MessagingServiceSid is required")
    body = _one(said, "Body")
    if not body:
        raise FieldError(21602, "Body is required")
    if len(body) > BODY_MAX_CHARS:
        raise FieldError(21617, "Body is longer than 1600 characters")
    wait_s = _scheduled_s(desk, said)
    person = desk.people.texted(said["To"][0])
    if person.sms == "21610" or texts.refused_at_once(desk, said["To"][0], sender or service):
        raise FieldError(21610, "The recipient does not want messages of this sender")
    sms = Sms(
        new_sid("SM"),
        said["To"][0],
        sender or service,
        body,
        desk.now(),
        desk.timeline.second() + desk.script.list_lag_s,
        service_sid=service,
        segments=texts.segments(body),
    )
    if callback := _one(said, "StatusCallback"):
        sms.notice_url = _home(desk, callback, 21609)
    if wait_s:
        sms.status = SmsStatus.SCHEDULED
    elif service:
        sms.status = SmsStatus.ACCEPTED
    texts.send(desk, sms, person, wait_s)
    return as_json(201, message_json(sms, desk.settings.account_sid))


def update_message(desk: Desk, sms: Sms, form: Form) -> Answer:
    """Cancel a scheduled message, or forget a sent one's text. Raises `FieldError`."""
    said = checked(form, UPDATE_MESSAGE)
    if "Status" in said:
        if sms.status is not SmsStatus.SCHEDULED:
            raise FieldError(30409, "Only a scheduled message can be canceled")
        texts.tell_canceled(desk, sms)
    elif ("Body", "") in form:
        sms.body = ""
    else:
        raise FieldError(20001, "Nothing to change")
    return as_json(200, message_json(sms, desk.settings.account_sid))


@dataclass(frozen=True, slots=True)
class Between:
    """The filters of a list on one instant: `=`, `<` and `>` with a day or an instant."""

    name: str

    def wants(self, asked: dict[str, str], at: datetime | None) -> bool:
        """Whether a record with this instant is wanted. Without one it is not, if any is asked."""
        for sign in ("", "<", ">"):
            said = asked.get(self.name + sign)
            if said is None:
                continue
            if at is None:
                return False
            day, wanted = at.date(), _day(said)
            if (sign, day < wanted, day > wanted) in {
                ("", True, False),
                ("", False, True),
                ("<", False, True),
                (">", True, False),
            }:
                return False
        return True


def wanted_legs(desk: Desk, asked: dict[str, str]) -> list[Leg]:
    """The legs that a list shows, newest first. Raises `FieldError` for a filter that is none."""
    _only(asked, {"To", "From", "Status", "ParentCallSid"}, {"StartTime", "EndTime"})
    second = desk.timeline.second()
    return [
        leg
        for leg in reversed(desk.books.legs.values())
        if leg.visible_from <= second
        and asked.get("To", leg.to) == leg.to
        and asked.get("From", leg.from_) == leg.from_
        and asked.get("Status", leg.status) == leg.status
        and asked.get("ParentCallSid", "") in {"", leg.parent.sid if leg.parent else ""}
        and Between("StartTime").wants(asked, leg.started_at)
        and Between("EndTime").wants(asked, leg.ended_at)
    ]


def wanted_messages(desk: Desk, asked: dict[str, str]) -> list[Sms]:
    """The messages that a list shows, newest first. Raises `FieldError` for a filter that is none."""
    _only(asked, {"To", "From"}, {"DateSent"})
    second = desk.timeline.second()
    return [
        sms
        for sms in reversed(desk.books.messages.values())
        if sms.visible_from <= second
        and asked.get("To", sms.to) == sms.to
        and asked.get("From", sms.from_) == sms.from_
        and Between("DateSent").wants(asked, sms.sent_at)
    ]


def _only(asked: dict[str, str], plain: set[str], instants: set[str]) -> None:
    known = plain | {name + sign for name in instants for sign in ("", "<", ">")}
    for name in asked.keys() - known - {"PageSize", "Page", "PageToken"}:
        raise FieldError(20001, f"Filter '{name}' is not known here")


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said[:10])
    except ValueError:
        raise FieldError(20001, f"'{said}' is not a date") from None


def _one(said: dict[str, list[str]], name: str, usual: str = "") -> str:
    return said.get(name, [usual])[0]


def _home(desk: Desk, url: str, code: int) -> str:
    if not desk.settings.may_call_back(url):
        raise FieldError(code, "The training line calls back on this machine only")
    return url


def _source(desk: Desk, said: dict[str, list[str]]) -> Source | None:
    url, text = _one(said, "Url"), _one(said, "Twiml")
    if url:
        fallback = _one(said, "FallbackUrl")
        return Source(
            url=_home(desk, url, 21205),
            method=_one(said, "Method", "POST"),
            fallback_url=_home(desk, fallback, 21205) if fallback else "",
        )
    return Source(text=text) if text else None


def _notice(desk: Desk, said: dict[str, list[str]]) -> Notice:
    url = _one(said, "StatusCallback")
    if not url:
        return Notice()
    events = frozenset(said.get("StatusCallbackEvent", ["completed"]))
    return Notice(_home(desk, url, 21609), _one(said, "StatusCallbackMethod", "POST"), events)


def _recorded(desk: Desk, said: dict[str, list[str]]) -> Recorded | None:
    if _one(said, "Record", "false").lower() != "true":
        return None
    url = _one(said, "RecordingStatusCallback")
    return Recorded(
        "OutboundAPI",
        2 if _one(said, "RecordingChannels") == "dual" else 1,
        _home(desk, url, 21609) if url else "",
        _one(said, "RecordingStatusCallbackMethod", "POST"),
        frozenset(said.get("RecordingStatusCallbackEvent", ["completed"])),
    )


def _scheduled_s(desk: Desk, said: dict[str, list[str]]) -> float:
    if "SendAt" not in said and "ScheduleType" not in said:
        return 0.0
    if "SendAt" not in said or "ScheduleType" not in said or "MessagingServiceSid" not in said:
        raise FieldError(35111, "SendAt, ScheduleType and MessagingServiceSid belong together")
    ahead = datetime.fromisoformat(said["SendAt"][0]) - desk.now()
    if not SEND_AT_LEAST < ahead <= SEND_AT_MOST:
        raise FieldError(35114, "SendAt is not between 300 seconds and 35 days ahead")
    return ahead.total_seconds()


def not_found(path: str) -> Answer:
    """Nothing is there."""
    return error(404, 20404, f"The requested resource {path} was not found")
