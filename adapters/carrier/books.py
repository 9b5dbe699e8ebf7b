"""The carrier's records: legs of calls, messages, recordings. In memory only, each list bounded.

Ids have the provider's shape, but eight zeros at their head, so nobody takes them for real ones.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from adapters.carrier.timeline import Task

KEPT = 50_000
"""Of each kind; beyond that the oldest are forgotten."""


class CallStatus(StrEnum):
    """Where a leg stands. `INITIATED` is only ever said in callbacks."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"


NOT_ANSWERED_YET = frozenset({CallStatus.QUEUED, CallStatus.RINGING})


class SmsStatus(StrEnum):
    """Where a message stands."""

    SCHEDULED = "scheduled"
    ACCEPTED = "accepted"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Notice:
    """Where to tell of progress, and of which events."""

    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})


@dataclass(slots=True)
class Leg:
    """One phone that was called: the first leg of a call, or with a `parent` the one it dialled."""

    sid: str
    to: str
    from_: str
    created_at: datetime
    visible_from: float
    queue_ms: int = 0
    parent: Leg | None = None
    sent_digits: str = ""
    notice: Notice = field(default_factory=Notice)
    status: CallStatus = CallStatus.QUEUED
    updated_at: datetime | None = None
    started_at: datetime | None = None
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    answered_second: float | None = None
    duration_s: int | None = None
    digits: list[str] = field(default_factory=list)
    questions: int = 0
    sequence: int = 0
    documents: int = 0
    problems: list[str] = field(default_factory=list)
    task: Task | None = None

    @property
    def direction(self) -> str:
        """Who asked for this leg: a request, or a document."""
        return "outbound-dial" if self.parent else "outbound-api"

    @property
    def root(self) -> Leg:
        """The first leg of the call."""
        return self.parent.root if self.parent else self

    @property
    def is_over(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.ended_at is not None


@dataclass(slots=True)
class Sms:
    """One message, sent by the shop or by a customer."""

    sid: str
    to: str
    from_: str
    body: str
    created_at: datetime
    visible_from: float
    direction: str = "outbound-api"
    service_sid: str = ""
    segments: int = 1
    notice_url: str = ""
    status: SmsStatus = SmsStatus.QUEUED
    updated_at: datetime | None = None
    sent_at: datetime | None = None
    error_code: int | None = None
    task: Task | None = None


@dataclass(slots=True)
class Recording:
    """What was said between bridging and hanging up: a tone now and then."""

    sid: str
    call_sid: str
    created_at: datetime
    source: str
    channels: int
    duration_s: int | None = None


T = TypeVar("T")


class Books:
    """All records, newest last. The carrier's lock guards it."""

    def __init__(self) -> None:
        self.legs: dict[str, Leg] = {}
        self.messages: dict[str, Sms] = {}
        self.recordings: dict[str, Recording] = {}

    def keep_leg(self, leg: Leg) -> Leg:
        """Enter a leg."""
        return _keep(self.legs, leg.sid, leg)

    def keep_message(self, sms: Sms) -> Sms:
        """Enter a message."""
        return _keep(self.messages, sms.sid, sms)

    def keep_recording(self, recording: Recording) -> Recording:
        """Enter a recording."""
        return _keep(self.recordings, recording.sid, recording)

    def live_tasks(self) -> Iterable[Task]:
        """Every life that still goes on."""
        records: list[Leg | Sms] = [*self.legs.values(), *self.messages.values()]
        return [record.task for record in records if record.task and not record.task.done]


def new_sid(kind: str) -> str:
    """An id that was never given before."""
    return f"{kind}00000000{secrets.token_hex(12)}"


def _keep(book: dict[str, T], sid: str, record: T) -> T:
    book[sid] = record
    if len(book) > KEPT:
        del book[next(iter(book))]
    return record
