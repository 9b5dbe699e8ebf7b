"""What a line says of a call, in one vocabulary for all lines, and what it adds up to.

Events come late, twice, in any order, or not at all. `picture_of` therefore depends on the *set* of
events only: a start is the earliest that any event names, an end the latest, and of several causes
the one that says most counts (safety I14).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from campaigns.values import SmsState


class Leg(StrEnum):
    """Whose telephone. The caller's rings first."""

    CALLER = "caller"
    CUSTOMER = "customer"


class What(StrEnum):
    """What happened on a leg. A leg that ended says why; digits and recordings carry their own."""

    QUEUED = "queued"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"
    DIGITS = "digits"
    RECORDED = "recorded"


class Cause(StrEnum):
    """Why a leg ended, from what says least to what says most."""

    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNREACHABLE = "unreachable"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    SWITCHED_OFF = "switched_off"
    NO_SUCH_NUMBER = "no_such_number"
    TALKED = "talked"


class CallbackFault(StrEnum):
    """Why what came to an address of a line was not believed."""

    FORGED = "not authentic"
    OTHER_CALL = "another call"
    OTHER_TEXT = "another text"
    NO_LINE = "no such line"
    MEDIA_TYPE = "media type"
    SIZE = "size"


_SAYS = {cause: rank for rank, cause in enumerate(Cause)}

LIKELY_OUTCOME: dict[Cause, str] = {
    Cause.NO_ANSWER: "no_answer",
    Cause.BUSY: "line_busy",
    Cause.REJECTED: "rejected",
    Cause.SWITCHED_OFF: "switched_off",
    Cause.NO_SUCH_NUMBER: "out_of_service",
    Cause.UNREACHABLE: "unreachable",
}
"""The outcome that the caller's page offers first; the caller decides."""


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One thing a line said of a call.

    key          unique on its line: the same event told twice has the same key
    token        of the call, where the event came to an address that carries it
    provider_id  of the leg it is about; `parent_id` of the caller's leg, where this is the customer's
    at           by the line's clock
    seconds      length of a talk or of a recording
    """

    key: str
    leg: Leg
    what: What
    at: datetime | None = None
    token: str | None = None
    provider_id: str | None = None
    parent_id: str | None = None
    cause: Cause | None = None
    digits: str | None = None
    recording: str | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class CallPicture:
    """What all events of a call add up to. Instants by the line's clock.

    `is_over`: every leg that began has ended; nothing rings or talks any more.
    """

    caller_answered_at: datetime | None = None
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    customer_ended_at: datetime | None = None
    caller_ended_at: datetime | None = None
    cause: Cause | None = None
    digits: str | None = None
    provider_id: str | None = None
    customer_leg_id: str | None = None

    @property
    def is_over(self) -> bool:
        """The caller's leg has ended, and the customer's too if there was one.

        The customer's goes on alone while the keypad question is asked (R-SMP-4).
        """
        has_customer = self.customer_leg_id is not None and self.customer_ended_at is None
        return self.caller_ended_at is not None and not has_customer

    @property
    def ended_at(self) -> datetime | None:
        """When the last leg ended; None before."""
        ends = [at for at in (self.caller_ended_at, self.customer_ended_at) if at is not None]
        return max(ends) if self.is_over else None

    @property
    def reached_customer(self) -> bool:
        """The customer's telephone rang, as far as is known."""
        return self.rang_at is not None or self.answered_at is not None


def picture_of(events: Iterable[CallEvent]) -> CallPicture:
    """Reduce the set of events; their order and repetition make no difference."""
    seen = {event.key: event for event in sorted(events, key=lambda e: e.key, reverse=True)}
    told = list(seen.values())
    customer = [e for e in told if e.leg is Leg.CUSTOMER]
    caller = [e for e in told if e.leg is Leg.CALLER]
    answered = _first(customer, What.ANSWERED)
    ends = [e.cause for e in customer if e.what is What.ENDED and e.cause is not None]
    cause = max(ends, key=_SAYS.__getitem__, default=None)
    digits = sorted(
        ((e.at is None, e.at, e.key, e.digits) for e in told if e.what is What.DIGITS and e.digits),
        key=lambda d: (d[0], d[1].isoformat() if d[1] else "", d[2]),
    )
    return CallPicture(
        caller_answered_at=_first(caller, What.ANSWERED),
        rang_at=_first(customer, What.RINGING) or answered,
        answered_at=answered,
        customer_ended_at=_last(customer, What.ENDED),
        caller_ended_at=_last(caller, What.ENDED),
        cause=Cause.TALKED if answered is not None and cause is not None else cause,
        digits=digits[0][3] if digits else None,
        provider_id=min(
            [e.provider_id for e in caller if e.provider_id]
            + [e.parent_id for e in customer if e.parent_id],
            default=None,
        ),
        customer_leg_id=min((e.provider_id for e in customer if e.provider_id), default=None),
    )


def _first(events: Iterable[CallEvent], what: What) -> datetime | None:
    return min((e.at for e in events if e.what is what and e.at is not None), default=None)


def _last(events: Iterable[CallEvent], what: What) -> datetime | None:
    return max((e.at for e in events if e.what is what and e.at is not None), default=None)


@dataclass(frozen=True, slots=True)
class SmsEvent:
    """One thing a line said of a message: it was sent on, delivered, or failed with a code.

    sms_id   our own id, where the line keeps it and says it again (then the token is not needed)
    """

    key: str
    state: SmsState
    at: datetime | None = None
    token: str | None = None
    sms_id: str | None = None
    provider_id: str | None = None
    error_code: str | None = None
    segments: int | None = None


_SMS_SAYS = {SmsState.SENT: 0, SmsState.FAILED: 1, SmsState.DELIVERED: 2}


def sms_state_of(events: Iterable[SmsEvent]) -> SmsEvent | None:
    """Which of these events counts: delivered says more than failed, failed more than sent."""
    told = [e for e in events if e.state in _SMS_SAYS]
    return max(told, key=lambda e: (_SMS_SAYS[e.state], e.key), default=None)


@dataclass(frozen=True, slots=True)
class SmsReply:
    """What somebody wrote back. `sender` as the line gives it, e.g. +8613800138000."""

    key: str
    sender: str
    wording: str
    at: datetime | None = None
