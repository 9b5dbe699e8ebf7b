"""What happened, as the second opinion sees it: small values, no rows.

Everything is as of one instant: what was entered, known or ended later is not there yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from campaigns.policy import Policy
from scheduler.verify.days import closing_of_month, local_day, midnight
from scheduler.verify.line_rows import LineCall

FAILED = frozenset(
    {"no_answer", "switched_off", "out_of_service", "unreachable", "line_busy", "rejected"}
    | {"relay_failed", "line_unconfirmed"}
)
_EVERYWHERE = frozenset({"wrong_number", "busy", "cut_off", "hung_up_angry", "opt_out", "other"})
REACHED_OF = {
    "dunning": _EVERYWHERE | {"will_pay", "not_needed", "says_paid", "relay", "gave_number"},
    "callback": _EVERYWHERE
    | {"satisfied", "guided", "complaint", "parcel_chased", "parcel_problem", "no_time"},
    "stock_out": _EVERYWHERE | {"agrees", "agrees_with_gift", "refuses", "relay", "gave_number"},
    "sampling": _EVERYWHERE
    | {"scored", "refused", "hung_up", "complaint_solved", "complaint_escalated"},
}
REACHED = frozenset().union(*REACHED_OF.values())
"""The outcomes of sop.md §2 to §5: nobody, or in each kind somebody, was spoken to."""

ENDING_OF_OUTCOME = {
    "callback": {
        "satisfied": "answered",
        "guided": "answered",
        "complaint": "answered",
        "parcel_chased": "answered",
        "parcel_problem": "answered",
        "no_time": "declined",
    },
    "stock_out": {"agrees": "agreed", "agrees_with_gift": "agreed", "refuses": "refused"},
    "sampling": {
        "scored": "scored",
        "complaint_solved": "unscored",
        "refused": "scored_by_rule",
        "hung_up": "scored_by_rule",
    },
}
"""R-CB-3, R-CB-4, R-OOS-1, R-SMP-4 to R-SMP-8. The outcomes that end a task, and how.

A complaint ends as scored where a score came with it; `sampling_calls` knows.
"""

JUST_BEFORE = timedelta(microseconds=1)
"""What came at the same instant may have come after: a training clock can be paused."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One hand-out as it stood at the end of what is looked at."""

    id: str
    task_id: int
    campaign_id: int
    kind: str
    customer_id: int
    phone_id: int
    phone_key: str
    caller_id: int
    state: str
    fence: int
    at: datetime
    handed_out_at: datetime
    lease_until: datetime
    dialled_at: datetime | None
    hung_up_at: datetime | None
    ended_at: datetime | None
    has_reason: bool
    outcome: str | None
    outcome_at: datetime | None
    stored_reached: bool
    callback_at: datetime | None
    given_phone_id: int | None
    has_note: bool
    redial_of: str | None
    rides_on: str | None
    owed_fen: int
    policy_version: int
    calendar_version: int
    day_kind: str
    region: str | None
    line: str | None
    parked_at: datetime | None

    @property
    def counts(self) -> bool:
        """sop.md §0. A made contact: dialled, or its outcome was entered."""
        return self.state in ("dialled", "closed")

    @property
    def is_reached(self) -> bool:
        """sop.md §0. A person was spoken to, by the outcome itself."""
        return self.outcome in REACHED

    @property
    def is_rider(self) -> bool:
        """R-REPEAT-2. A further matter settled in the call of another attempt; no call itself."""
        return self.rides_on is not None

    @property
    def moments(self) -> tuple[datetime, ...]:
        """The instants whose knowledge it may rest on, without what came at that instant too.

        A rider was settled while the call lasted, so what came up until its outcome was known.
        """
        instants = (self.at, self.outcome_at) if self.is_rider else (self.at,)
        return tuple(m for at in instants if at for m in (at, at - JUST_BEFORE))

    @property
    def order_key(self) -> tuple[datetime, str]:
        """Attempts in the order in which they were made."""
        return self.at, self.id

    @property
    def held_until(self) -> datetime | None:
        """R-CLAIM-1. The end of its hold; its lease's at the latest, or None while dialled."""
        if self.dialled_at is None:
            return min(self.ended_at or self.lease_until, self.lease_until)
        return self.ended_at

    @property
    def talked_until(self) -> datetime | None:
        """R-REPEAT-2. The end of the call itself, as far as it was noted."""
        return self.hung_up_at or self.outcome_at


@dataclass(frozen=True, slots=True)
class Sighting:
    """An order as one import showed it."""

    state: str
    total_fen: int
    paid_at: datetime | None
    seen_at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class OrderHistory:
    """One order of a task with all that became known of it, in the order in which it did."""

    id: int
    order_no: str
    customer_id: int
    placed_at: datetime
    shipped_at: datetime | None
    shipped_seen_at: datetime | None
    received_at: datetime | None
    completed_at: datetime | None
    joined_at: datetime
    sightings: tuple[Sighting, ...]

    def known(self, instant: datetime) -> Sighting | None:
        """R-IMP-3. As known at an instant; None before the first import of it."""
        return next((s for s in reversed(self.sightings) if s.known_at <= instant), None)

    def seen(self, instant: datetime) -> datetime | None:
        """R-DUN-4. The time of the newest data that were known at an instant."""
        return max((s.seen_at for s in self.sightings if s.known_at <= instant), default=None)

    def began(self, topic: str, instant: datetime) -> tuple[datetime, ...]:
        """R-CB-2. When it was signed for, or shipped: as stated, else as first seen by then.

        What was stated keeps no history, so any of these may have been what was known.
        """
        states = ("completed",) if topic == "received" else ("shipped", "completed")
        seen = [s.seen_at for s in self.sightings if s.known_at <= instant and s.state in states]
        stored = (
            (self.received_at, self.completed_at)
            if topic == "received"
            else (self.shipped_at, self.shipped_seen_at)
        )
        return tuple(at for at in (*stored, min(seen, default=None)) if at is not None)

    def closes_at(self, policy: Policy) -> datetime:
        """R-DUN-3. When the marketplace closes it by itself."""
        return self.placed_at + policy.marketplace_closes


@dataclass(frozen=True, slots=True)
class Shortage:
    """R-OOS-1. Goods out of stock: every day they were expected on, in the order it was known.

    `gone_at`: they came, or the shop follows them no more.
    """

    id: int
    joined_at: datetime
    gone_at: datetime | None
    days: tuple[tuple[datetime, date], ...]

    def expected_on(self, instant: datetime) -> date | None:
        """R-OOS-2. The day that was expected, as known at an instant."""
        return next((day for known_at, day in reversed(self.days) if known_at <= instant), None)

    def is_gone(self, instant: datetime) -> bool:
        """Known to be there again, or to be followed no more."""
        return self.gone_at is not None and self.gone_at <= instant

    def may_be_gone(self, instant: datetime) -> bool:
        """A day that is listed afterwards takes the note of an arrival away."""
        return self.is_gone(instant) or any(known_at > instant for known_at, _ in self.days)


@dataclass(frozen=True, slots=True)
class Todo:
    """A to-do of a task; of a promise, the order, the day that was named, and when it broke."""

    id: int
    kind: str
    occasion: str
    attempt_id: str | None
    created_at: datetime
    due_at: datetime
    done_at: datetime | None
    withdrawn_at: datetime | None
    order_no: str | None
    promised_on: date | None
    broken_at: datetime | None
    replied_at: datetime | None


@dataclass(frozen=True, slots=True)
class Score:
    """R-SMP-4, R-SMP-8, R-SMP-12. One entered score; the words only as whether there are any."""

    id: int
    task_id: int
    attempt_id: str
    customer_id: int
    at: datetime
    value: int
    origin: str
    has_reason: bool


@dataclass(frozen=True, slots=True)
class Escalation:
    """R-SMP-5. A complaint whose answer was promised.

    `was_noted`: its breach was noted at some time, be it after what is looked at.
    """

    id: int
    task_id: int
    attempt_id: str
    customer_id: int
    opened_at: datetime
    due_at: datetime
    answered_at: datetime | None
    has_answer: bool
    breached_at: datetime | None
    was_noted: bool

    def is_owed(self, a: Attempt) -> bool:
        """R-REPEAT-5. Whether this call could be the answer: not the one in which it was promised."""
        is_open = self.answered_at is None or a.at <= self.answered_at
        return a.id != self.attempt_id and self.opened_at <= a.at and is_open


@dataclass(frozen=True, slots=True)
class TaskHistory:
    """One task with its orders, missing goods, hand-outs and to-dos, oldest first.

    `scores` and `escalations` belong to a sampled customer.
    """

    id: int
    campaign_id: int
    kind: str
    topic: str
    customer_id: int
    created_at: datetime
    closed_at: datetime | None
    ending: str | None
    batch_day: date
    orders: tuple[OrderHistory, ...]
    shortages: tuple[Shortage, ...]
    attempts: tuple[Attempt, ...]
    todos: tuple[Todo, ...]
    scores: tuple[Score, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    line_calls: tuple[LineCall, ...] = ()

    def known(self, instant: datetime, state: str) -> list[tuple[OrderHistory, Sighting]]:
        """R-IMP-3. The orders in the task that were in this state as known at an instant."""
        known = ((o, o.known(instant)) for o in self.orders if o.joined_at <= instant)
        return [(o, s) for o, s in known if s is not None and s.state == state]

    def unpaid(self, instant: datetime) -> list[tuple[OrderHistory, Sighting]]:
        """R-DUN-2. The orders in the task that were unpaid as known at an instant."""
        return self.known(instant, "awaiting_payment")

    def parcels(self, instant: datetime) -> list[OrderHistory]:
        """R-CB-2. The orders that the task's script fits: signed for, or still on their way."""
        state = "completed" if self.topic == "received" else "shipped"
        return [o for o, _ in self.known(instant, state) if o.began(self.topic, instant)]

    def missing(self, instant: datetime) -> list[Shortage]:
        """R-OOS-1. What was not there yet as known at an instant."""
        return [s for s in self.shortages if s.joined_at <= instant and not s.is_gone(instant)]

    def named_day(self, instant: datetime) -> date | None:
        """R-OOS-1. The day on which everything missing was expected, as known at an instant."""
        days = (s.expected_on(instant) for s in self.missing(instant))
        return max((day for day in days if day is not None), default=None)

    def deadline(self, instant: datetime, policy: Policy) -> datetime | None:
        """The first instant too late for this kind; None: nothing left.

        R-DUN-3, R-CB-2, R-OOS-1, R-SMP-3.
        """
        if self.kind == "sampling":
            return closing_of_month(self.batch_day)
        if self.kind == "callback":
            last = policy.signed_to_days if self.topic == "received" else policy.unsigned_to_days
            began = (o.began(self.topic, instant)[0] for o in self.parcels(instant))
            return max((midnight(local_day(b) + timedelta(last + 1)) for b in began), default=None)
        if self.kind == "stock_out":
            day = self.named_day(instant) if self.known(instant, "paid") else None
            return None if day is None else midnight(day)
        return min((o.closes_at(policy) for o, _ in self.unpaid(instant)), default=None)

    @property
    def made(self) -> list[Attempt]:
        """The attempts in the sense of sop.md §0, oldest first."""
        return sorted((a for a in self.attempts if a.counts), key=lambda a: a.order_key)


@dataclass(frozen=True, slots=True)
class Number:
    """R-PHONE-3. A number of a customer, without the number."""

    id: int
    customer_id: int
    usable_until: datetime | None
    wrong_since: datetime | None
    spent_since: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerHistory:
    """Everything of one customer that the rules of contact ask about."""

    id: int
    region: str | None
    tasks: tuple[TaskHistory, ...]
    numbers: dict[int, Number] = field(default_factory=dict)

    @property
    def attempts(self) -> list[Attempt]:
        """Hand-outs and riders of all tasks, oldest first."""
        return sorted((a for t in self.tasks for a in t.attempts), key=lambda a: a.order_key)

    def call_of(self, a: Attempt) -> str:
        """R-REPEAT-2, R-REPEAT-5. The call it belongs to: its main's, and the first half of that."""
        mains = {m.id: m for m in self.attempts} if a.rides_on else {}
        main = mains.get(a.rides_on or "", a)
        return main.redial_of or main.id

    @property
    def hand_outs(self) -> list[Attempt]:
        """R-REPEAT-2. The same without riders, which are no calls."""
        return [a for a in self.attempts if not a.is_rider]
