"""Small snapshots that a query fills and a rule reads. A rule never sees a row of the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from campaigns.values import AttemptState, Exemption, Kind, OrderState, Scope, Topic


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """One order as known at the instant asked about. Amounts in fen.

    `last_seen_at` is the time of the newest export that listed it; `missing_since` that of a newer
    export of its day which did not (R-IMP-3). R-CB-2: `shipped_at` and `signed_at` are as stated,
    else when the state was first seen.
    """

    order_no: str
    placed_at: datetime
    state: OrderState
    total_fen: int
    last_seen_at: datetime
    missing_since: datetime | None = None
    paid_at: datetime | None = None
    paid_fen: int = 0
    shipped_at: datetime | None = None
    signed_at: datetime | None = None

    @property
    def is_unpaid(self) -> bool:
        """Still waiting for the buyer's payment, as far as is known."""
        return self.state is OrderState.AWAITING_PAYMENT


@dataclass(frozen=True, slots=True)
class ShortageFacts:
    """One article that is out of stock (R-OOS-1). `expected_on`: the day it is expected back."""

    id: int
    name: str
    expected_on: date
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PhoneFacts:
    """One number of a customer (R-PHONE-3). `usable_until` is a relay number's expiry (R-PHONE-2)."""

    id: int
    key: str
    added_at: datetime
    is_owner: bool = True
    is_verified: bool = False
    is_wrong: bool = False
    is_spent: bool = False
    usable_until: datetime | None = None
    last_reached_at: datetime | None = None

    def is_usable_at(self, now: datetime) -> bool:
        """R-PHONE-2, R-PHONE-3. Neither wrong nor spent nor expired."""
        alive = self.usable_until is None or now < self.usable_until
        return alive and not self.is_wrong and not self.is_spent


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """One hand-out or attempt. `at` is the instant that counts (sop.md §0).

    `outcome` and what belongs to it are None while it is not entered. `is_redial` marks the second
    half of an attempt whose line was cut (R-REPEAT-5): the same attempt, so it is not counted again.
    `rides_on` names the attempt in whose call this matter was settled too (R-REPEAT-2): the same
    contact, so the customer's budget does not count it again, but its own task's does.
    """

    id: str
    task_id: int
    campaign_id: int
    kind: Kind
    customer_id: int
    phone_key: str
    at: datetime
    state: AttemptState
    outcome: str | None = None
    outcome_at: datetime | None = None
    is_reached: bool = False
    callback_at: datetime | None = None
    exemption: Exemption = Exemption.NONE
    is_redial: bool = False
    phone_id: int | None = None
    given_phone_id: int | None = None
    ended_at: datetime | None = None
    lease_until: datetime | None = None
    rides_on: str | None = None


@dataclass(frozen=True, slots=True)
class SuppressionFacts:
    """One do-not-contact entry in force (R-DNC-1, R-DNC-2, R-DNC-3). `kind` None: every kind."""

    rule: str
    scope: Scope
    since: datetime
    reason: str
    kind: Kind | None = None
    phone_key: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What all campaigns together know of one customer.

    `attempts` are those of the customer and those of others on the customer's phones, newest last,
    as far back as the longest window; `suppressions` those of the customer and of the phones.
    """

    id: int
    region: str | None
    phones: tuple[PhoneFacts, ...] = ()
    attempts: tuple[AttemptFacts, ...] = ()
    suppressions: tuple[SuppressionFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class EscalationFacts:
    """R-SMP-5. The newest complaint of a task that was escalated, and its promised answer.

    `ready_at`: its owner wants to call with the answer from then on.
    """

    opened_at: datetime
    due_at: datetime
    ready_at: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SamplingFacts:
    """What only a sampled customer's task has: the score that counts, the message, the escalation.

    `is_score_by_rule`: R-SMP-8, the customer did not give it.
    """

    score: int | None = None
    message_sent_at: datetime | None = None
    replied_at: datetime | None = None
    escalation: EscalationFacts | None = None
    is_score_by_rule: bool = False


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """One task with its customer, as known at one instant."""

    id: int
    kind: Kind
    campaign_id: int
    created_at: datetime
    business_day: date
    """The day of calling that it was planned for (R-DUN-1)."""
    customer: CustomerFacts
    orders: tuple[OrderFacts, ...] = field(default=())
    attempts: tuple[AttemptFacts, ...] = field(default=())
    """Hand-outs and attempts of this task, oldest first, the uncounted ones too."""
    topic: Topic = Topic.NONE
    shortages: tuple[ShortageFacts, ...] = ()
    held_back: str | None = None
    """Why its campaign, or the whole shop, hands nothing out just now; None: it runs."""
    held_back_since: datetime | None = None
    """Since when; None: at any instant that is asked about."""
    sampling: SamplingFacts | None = None
    """Of a sampled customer's task only."""
