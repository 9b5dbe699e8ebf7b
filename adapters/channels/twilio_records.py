"""What the telephone provider says of a leg or a text, in our words: callbacks and records alike.

An event's key is made of all that it says: leg, step, cause, second. So a callback that comes twice
is one event; a record that says the same as a callback is that same event; and one that says
something else (its clock a second further, its cause less exact) is another, so that the order in
which they came makes no difference (safety I14).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from campaigns.lines import CallEvent, Cause, Leg, SmsEvent, What
from campaigns.values import SmsState

_STEP: Mapping[str, What] = {
    "queued": What.QUEUED,
    "initiated": What.QUEUED,
    "ringing": What.RINGING,
    "in-progress": What.ANSWERED,
    "answered": What.ANSWERED,
    "completed": What.ENDED,
    "busy": What.ENDED,
    "failed": What.ENDED,
    "no-answer": What.ENDED,
    "canceled": What.ENDED,
}
_CAUSE: Mapping[str, Cause] = {
    "completed": Cause.TALKED,
    "busy": Cause.BUSY,
    "no-answer": Cause.NO_ANSWER,
    "canceled": Cause.CANCELLED,
    "failed": Cause.FAILED,
}
_SIP: Mapping[str, Cause] = {
    "404": Cause.NO_SUCH_NUMBER,
    "410": Cause.NO_SUCH_NUMBER,
    "484": Cause.NO_SUCH_NUMBER,
    "604": Cause.NO_SUCH_NUMBER,
    "408": Cause.NO_ANSWER,
    "480": Cause.UNREACHABLE,
    "486": Cause.BUSY,
    "600": Cause.BUSY,
    "603": Cause.REJECTED,
    "607": Cause.REJECTED,
}
_ERROR: Mapping[str, Cause] = {
    "13224": Cause.NO_SUCH_NUMBER,
    "21211": Cause.NO_SUCH_NUMBER,
    "21217": Cause.NO_SUCH_NUMBER,
    "32009": Cause.UNREACHABLE,
}
_SMS: Mapping[str, SmsState] = {
    "sent": SmsState.SENT,
    "delivered": SmsState.DELIVERED,
    "read": SmsState.DELIVERED,
    "undelivered": SmsState.FAILED,
    "failed": SmsState.FAILED,
    "canceled": SmsState.FAILED,
}
SCORES = frozenset("12345")


def cause_of(leg: Leg, status: str, sip: str = "", error: str = "") -> Cause:
    """Why a leg ended. The caller's own leg that was answered says nothing of the customer."""
    cause = _CAUSE.get(status, Cause.UNKNOWN)
    if status == "completed" and leg is Leg.CALLER:
        return Cause.UNKNOWN
    if status in {"failed", "busy", "no-answer"}:
        return _ERROR.get(error) or _SIP.get(sip) or cause
    return cause


def call_event(
    leg: Leg,
    status: str,
    at: datetime | None,
    provider_id: str,
    *,
    token: str | None = None,
    parent_id: str | None = None,
    cause: Cause | None = None,
    seconds: int | None = None,
) -> CallEvent | None:
    """One step of a leg; None for a status that is not known."""
    what = _STEP.get(status)
    if what is None:
        return None
    cause = (cause or cause_of(leg, status)) if what is What.ENDED else None
    return CallEvent(
        key=_key(provider_id, what, cause or "", at),
        leg=leg,
        what=what,
        at=at,
        token=token,
        provider_id=provider_id,
        parent_id=parent_id,
        cause=cause,
        seconds=seconds,
    )


def events_of_leg(record: Any) -> list[CallEvent]:
    """What a leg's record adds up to. It tells no ringing, so that is taken from how it ended.

    The record of an answered leg has its length, and with that the second of the answer.
    """
    leg = Leg.CUSTOMER if record.parent_call_sid else Leg.CALLER
    status, began, ended = str(record.status), record.start_time, record.end_time
    seconds = _whole(record.duration)
    steps: list[tuple[str, datetime | None]] = [("queued", record.date_created)]
    if status in {"ringing", "in-progress"}:
        steps.append((status, record.date_updated))
    elif status == "completed" and ended is not None:
        steps.append(("in-progress", ended - timedelta(seconds=seconds or 0)))
    elif status in {"no-answer", "canceled"} and began is not None:
        steps.append(("ringing", began))
    if _STEP.get(status) is What.ENDED:
        steps.append((status, ended or record.date_updated))
    told = [
        call_event(
            leg,
            step,
            at,
            record.sid,
            parent_id=record.parent_call_sid or None,
            seconds=seconds if step == status else None,
        )
        for step, at in steps
    ]
    return [event for event in told if event is not None]


def dialled_event(form: Mapping[str, str], token: str) -> CallEvent | None:
    """How the customer's leg ended, as the end of dialling tells it: without an instant."""
    provider_id, status = form.get("DialCallSid"), form.get("DialCallStatus", "")
    if not provider_id or _STEP.get(status) is not What.ENDED:
        return None
    return call_event(
        Leg.CUSTOMER,
        status,
        None,
        provider_id,
        token=token,
        parent_id=form.get("CallSid"),
        seconds=_whole(form.get("DialCallDuration")),
    )


def recorded_event(
    reference: str, at: datetime | None, call: str, seconds: object, token: str | None = None
) -> CallEvent:
    """R-SMP-12. A recording is ready to be fetched."""
    return CallEvent(
        key=f"{reference}:{What.RECORDED}",
        leg=Leg.CALLER,
        what=What.RECORDED,
        at=at,
        token=token,
        provider_id=call,
        recording=reference,
        seconds=_whole(seconds),
    )


def digits_event(form: Mapping[str, str], token: str) -> CallEvent | None:
    """R-SMP-4. A key of 1 to 5 that the customer pressed; None for any other."""
    digit, provider_id = form.get("Digits", ""), form.get("CallSid", "")
    if digit not in SCORES or not provider_id:
        return None
    return CallEvent(
        key=f"{provider_id}:{What.DIGITS}:{digit}",
        leg=Leg.CUSTOMER,
        what=What.DIGITS,
        token=token,
        provider_id=provider_id,
        parent_id=form.get("ParentCallSid"),
        digits=digit,
    )


def sms_event(
    status: str,
    at: datetime | None,
    provider_id: str,
    *,
    token: str | None = None,
    error_code: str | None = None,
    segments: int | None = None,
) -> SmsEvent | None:
    """Where a text stands; None while the provider still has it."""
    state = _SMS.get(status)
    if state is None:
        return None
    code = (error_code or status) if state is SmsState.FAILED else None
    return SmsEvent(
        key=f"{provider_id}:{state}:{code or ''}",
        state=state,
        at=at,
        token=token,
        provider_id=provider_id,
        error_code=code,
        segments=segments,
    )


def instant(said: str | None) -> datetime | None:
    """An instant as the provider writes it (RFC 2822), aware UTC; None for anything else."""
    try:
        at = parsedate_to_datetime(said or "")
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _key(provider_id: str, what: What, cause: str, at: datetime | None) -> str:
    return f"{provider_id}:{what}:{cause}:{int(at.timestamp()) if at else ''}"


def _whole(said: object) -> int | None:
    text = str(said)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
