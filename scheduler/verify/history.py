"""What happened, as the second opinion sees it: small values, no rows.

Everything is as of one instant: what was entered, known or ended later is not there yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from campaigns.policy import Policy

REACHED = frozenset(
    {"will_pay", "not_needed", "says_paid", "relay", "gave_number", "wrong_number", "busy"}
    | {"cut_off", "hung_up_angry", "opt_out", "other"}
)
FAILED = frozenset(
    {"no_answer", "switched_off", "out_of_service", "unreachable", "line_busy", "rejected"}
    | {"relay_failed"}
)
"""The outcomes of sop.md §2 and §3, by whether a person was spoken to."""


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
    owed_fen: int
    policy_version: int
    calendar_version: int
    day_kind: str
    region: str | None

    @property
    def counts(self) -> bool:
        """sop.md §0. A made contact: dialled, or its outcome was entered."""
        return self.state in ("dialled", "closed")

    @property
    def is_reached(self) -> bool:
        """sop.md §0. A person was spoken to, by the outcome itself."""
        return self.outcome in REACHED

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
    customer_id: int
    placed_at: datetime
    joined_at: datetime
    sightings: tuple[Sighting, ...]

    def known(self, instant: datetime) -> Sighting | None:
        """R-IMP-3. As known at an instant; None before the first import of it."""
        return next((s for s in reversed(self.sightings) if s.known_at <= instant), None)

    def seen(self, instant: datetime) -> datetime | None:
        """R-DUN-4. The time of the newest data that were known at an instant."""
        return max((s.seen_at for s in self.sightings if s.known_at <= instant), default=None)

    def closes_at(self, policy: Policy) -> datetime:
        """R-DUN-3. When the marketplace closes it by itself."""
        return self.placed_at + policy.marketplace_closes


@dataclass(frozen=True, slots=True)
class Message:
    """A to-do of a task."""

    id: int
    kind: str
    created_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class TaskHistory:
    """One task with its orders, hand-outs and to-dos, oldest first."""

    id: int
    campaign_id: int
    kind: str
    customer_id: int
    created_at: datetime
    closed_at: datetime | None
    ending: str | None
    batch_day: date
    orders: tuple[OrderHistory, ...]
    attempts: tuple[Attempt, ...]
    todos: tuple[Message, ...]

    def unpaid(self, instant: datetime) -> list[tuple[OrderHistory, Sighting]]:
        """R-DUN-2. The orders in the task that were unpaid as known at an instant."""
        known = ((o, o.known(instant)) for o in self.orders if o.joined_at <= instant)
        return [(o, s) for o, s in known if s is not None and s.state == "awaiting_payment"]

    def deadline(self, instant: datetime, policy: Policy) -> datetime | None:
        """R-DUN-3. The earliest closing time among those; None with nothing unpaid."""
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
        """Hand-outs of all tasks, oldest first."""
        return sorted((a for t in self.tasks for a in t.attempts), key=lambda a: a.order_key)
