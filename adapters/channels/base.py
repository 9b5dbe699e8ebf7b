"""What every line offers, and how it answers.

A request ends in one of three ways: `Accepted`, `Refused` (nothing happened and nobody was rung), or
`Unknown` (it may have happened). Nobody repeats an `Unknown`; it is looked up (decision 0027).
A line sends each request once, with a bound on the time, and no retry of its own or its library's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from campaigns.lines import CallEvent, SmsEvent, SmsReply
from campaigns.values import LineName, PhoneNumber

CONNECT_S = 5.0
READ_S = 30.0
"""How long a line waits for a connection, and for an answer; a provider was seen to take 26 s."""
EARLY = timedelta(seconds=5)
LATE = timedelta(seconds=READ_S + 60)
"""What has no id was made from `EARLY` before its request to `LATE` after it: clocks differ."""
ANSWERED_BY_NOW = timedelta(seconds=CONNECT_S + READ_S + 10)
"""After this no process still waits for an answer: it died, and the request is not known."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The line took it. `queued`: it says that it will begin only after this time."""

    provider_id: str
    queued: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Refused:
    """The line did not take it; nothing rings and nothing was sent.

    is_permanent   the same request would be refused again (a wrong number); else it may be made again
                   later, after the gate, `retry_after` if the line says so
    is_opted_out   the line says that the number has refused messages (R-DNC-2)
    reason         for people, in Chinese; never a number or a secret
    """

    code: str
    reason: str
    is_permanent: bool
    retry_after: timedelta | None = None
    is_opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """No usable answer: it may have happened. `reason` for people, in Chinese."""

    reason: str


Answer = Accepted | Refused | Unknown


def may_come_of(asked_at: datetime, made_at: datetime) -> bool:
    """Whether a call or text of that time may be what was asked for at this one."""
    return asked_at - EARLY <= made_at <= asked_at + LATE


@dataclass(frozen=True, slots=True)
class CallOrder:
    """A call to be placed: the caller's own phone rings first, then the customer's.

    call_id   ours, made before any effect, ASCII
    token     in every address that is given away; whoever holds it speaks of this call
    caller    where the caller's phone is: E.164, or the name of an extension
    """

    call_id: str
    token: str
    caller: str
    customer: PhoneNumber = field(repr=False)
    ring_seconds: int = 30
    is_recorded: bool = False


@dataclass(frozen=True, slots=True)
class CallTrace:
    """What is known of a call that is being looked up. `submitted_at` by the machine's clock.

    `others`: the line's ids of other calls of about that time, so that none is taken for this one.
    """

    call_id: str
    caller: str
    submitted_at: datetime
    provider_id: str | None = None
    customer_leg_id: str | None = None
    others: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """The line knows it, by this id. `events` are what its record adds up to, like told ones."""

    provider_id: str
    events: tuple[CallEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class SmsOrder:
    """A text to be sent. `code` and `params`: the provider's template, where it wants one."""

    sms_id: str
    token: str
    to: PhoneNumber = field(repr=False)
    wording: str = field(repr=False)
    script_id: str = ""
    params: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SmsTrace:
    """What is known of a text that is being looked up. `sent_at` by the machine's clock."""

    sms_id: str
    to: PhoneNumber = field(repr=False)
    wording: str = field(repr=False)
    sent_at: datetime
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class SmsFound:
    """The line knows the text, by this id."""

    provider_id: str
    events: tuple[SmsEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """The line has no such call or text, as far as its list goes just now."""


@dataclass(frozen=True, slots=True)
class LineReport:
    """What `waihu lines check` says of a line, without placing a call. `details`: one sentence each."""

    is_ready: bool
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording as the line gives it."""

    media_type: str
    content: bytes = field(repr=False)


class VoiceLine(Protocol):
    """A line that rings. Nothing raises for what the provider does; programming errors do."""

    @property
    def name(self) -> LineName:
        """Which one it is."""

    @property
    def calls_per_second(self) -> float:
        """How fast it may be asked to ring; the asking keeps at or below it."""

    @property
    def is_training(self) -> bool:
        """Whether it leads to the carrier of the training shop, never to a telephone."""

    def place(self, order: CallOrder) -> Answer:
        """Ring the caller's phone, once."""

    def hang_up(self, trace: CallTrace) -> Answer:
        """End the call on both sides, or take it out of the queue. Of an ended one: accepted."""

    def ask_score(self, trace: CallTrace, token: str) -> Answer:
        """R-SMP-4. Hand the customer over to the keypad question; the caller's leg ends."""

    def look_up(self, trace: CallTrace) -> Found | Missing | Unknown:
        """What the line knows of a call: by its id, else by the caller's phone and the time."""

    def fetch_recording(self, reference: str) -> Sound | Missing | Unknown:
        """The sound of a recording (R-SMP-12)."""

    def check(self) -> LineReport:
        """Whether calls could be placed now; places none."""


class SmsLine(Protocol):
    """A line that sends texts. `wants_template`: the provider fills its own registered text."""

    @property
    def name(self) -> LineName:
        """Which one it is."""

    @property
    def texts_per_second(self) -> float:
        """How fast it may be asked to send."""

    @property
    def is_training(self) -> bool:
        """Whether it leads to the carrier of the training shop."""

    def send(self, order: SmsOrder) -> Answer:
        """Send the text, once."""

    def look_up(self, trace: SmsTrace) -> SmsFound | Missing | Unknown:
        """What the line knows of a text: by its id, else by number, day and wording."""

    def check(self) -> LineReport:
        """Whether texts could be sent now; sends none."""


@dataclass(frozen=True, slots=True)
class RawCallback:
    """A request from outside, as it came.

    `path_and_query`: ASCII, escapes as received. `headers` by lower-case name.
    """

    path_and_query: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class CallbackReader(Protocol):
    """Reads what a provider sends us. Authenticates first; an unknown field is no reason to refuse."""

    @property
    def name(self) -> LineName:
        """Whose callbacks it reads."""

    def authenticate(self, raw: RawCallback) -> bool:
        """Whether the provider itself sent this. False for anything odd; never raises."""

    def read_call(self, raw: RawCallback, token: str) -> tuple[CallEvent, ...]:
        """What a call's callback says; empty for one that says nothing new."""

    def read_sms(self, raw: RawCallback, token: str | None) -> tuple[SmsEvent, ...]:
        """What the receipts of texts say; a provider may send many at once."""

    def read_replies(self, raw: RawCallback) -> tuple[SmsReply, ...]:
        """What customers wrote back."""
