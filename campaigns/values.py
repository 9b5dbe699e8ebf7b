"""The closed sets and small values that every other module speaks in.

Money is whole fen, instants are aware UTC, a local day is a `business_day` in the shop's zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

SHOP_ZONE = ZoneInfo("Asia/Shanghai")
"""The shop's time zone, always (sop.md, preamble)."""


class Kind(StrEnum):
    """What a campaign calls about."""

    DUNNING = "dunning"
    CALLBACK = "callback"
    STOCK_OUT = "stock_out"
    SAMPLING = "sampling"


class Topic(StrEnum):
    """What a task of a kind with several scripts is about (R-CB-2); it chooses the script."""

    NONE = ""
    RECEIVED = "received"
    NOT_RECEIVED = "not_received"


class OrderState(StrEnum):
    """The marketplace's states of an order (R-IMP-3). They only move forward."""

    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    CLOSED = "closed"

    @property
    def step(self) -> int:
        """Position on the way from unpaid to finished; both final states come last."""
        return _ORDER_STEPS[self]

    def may_become(self, newer: OrderState) -> bool:
        """R-IMP-3. Forward only; closed from any state but completed, and never back from it."""
        if self is newer:
            return True
        if newer is OrderState.CLOSED:
            return self is not OrderState.COMPLETED
        return self is not OrderState.CLOSED and newer.step > self.step


_ORDER_STEPS = {
    OrderState.AWAITING_PAYMENT: 0,
    OrderState.PAID: 1,
    OrderState.SHIPPED: 2,
    OrderState.COMPLETED: 3,
    OrderState.CLOSED: 3,
}


class Daypart(StrEnum):
    """R-SLOT-1. The time slots that a retry moves between."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class DayKind(StrEnum):
    """What the official calendar says of a day (R-HOURS-1, R-HOURS-2, R-HOURS-6)."""

    WORKING = "working"
    DAY_OFF = "day_off"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """Who somebody is in the shop, from least to most."""

    CALLER = "caller"
    LEADER = "leader"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class TaskState(StrEnum):
    """Where a task stands. `waiting` is not due yet, `ready` may be handed out."""

    WAITING = "waiting"
    READY = "ready"
    CLAIMED = "claimed"
    CLOSED = "closed"


class AttemptState(StrEnum):
    """Where one hand-out stands. Only `dialled` and `closed` are attempts in the sense of sop.md §0."""

    HANDED_OUT = "handed_out"
    DIALLED = "dialled"
    CLOSED = "closed"
    EXPIRED = "expired"
    SKIPPED = "skipped"
    WITHDRAWN = "withdrawn"


class LineName(StrEnum):
    """What carries a call or a message. `manual`: the caller dials a handset of their own."""

    MANUAL = "manual"
    TWILIO = "twilio"
    ASTERISK = "asterisk"
    ALIYUN = "aliyun"


class LineCallState(StrEnum):
    """Where a call stands that was given to a line (decision 0027).

    `submitting` is stored before the request. `not_sent` and `refused` rang nobody, nor did `stopped`
    (the gate said no when the caller had answered). `unknown` is asked about until it settles.
    """

    SUBMITTING = "submitting"
    PLACED = "placed"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    STOPPED = "stopped"
    ENDED = "ended"
    UNCONFIRMED = "unconfirmed"


class SmsState(StrEnum):
    """Where an SMS stands (R-MSG-2). `sending` is stored before the request; nothing is sent again."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


class BlastState(StrEnum):
    """Where a mass message stands (R-MSG-2)."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENDING = "sending"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


class Ending(StrEnum):
    """Why a task ended."""

    PAID_UNCALLED = "paid_uncalled"
    PAID = "paid"
    CLOSED_BY_MARKETPLACE = "closed_by_marketplace"
    CLOSED_BY_US = "closed_by_us"
    UNREACHABLE = "unreachable"
    ATTEMPTS_USED = "attempts_used"
    PROMISES_USED = "promises_used"
    ANGRY = "angry"
    OPTED_OUT = "opted_out"
    DEADLINE = "deadline"
    LAPSED = "lapsed"
    OVERTAKEN = "overtaken"
    ANSWERED = "answered"
    DECLINED = "declined"
    AGREED = "agreed"
    REFUSED = "refused"
    RELAYED = "relayed"
    SCORED = "scored"
    SCORED_BY_RULE = "scored_by_rule"
    UNSCORED = "unscored"
    REJECTED = "rejected"
    UNFINISHED = "unfinished"
    CONTROL = "control"


class Exemption(StrEnum):
    """R-REPEAT-5. Why a call is free of some of the spacing rules."""

    NONE = "none"
    PROMISED = "promised"
    NEW_NUMBER = "new_number"
    CUT_OFF = "cut_off"


class Scope(StrEnum):
    """R-DNC-3. What a do-not-contact entry covers."""

    CUSTOMER = "customer"
    PHONE = "phone"


class TodoKind(StrEnum):
    """Work for people that the engine cannot do itself."""

    CLOSE_TRADE = "close_trade"
    WANGWANG = "wangwang"
    PROMISE = "promise"
    CHASE_PARCEL = "chase_parcel"


class Promise(StrEnum):
    """R-OOS-1. What we promised a customer who waits for goods."""

    SHIP_TOGETHER = "ship_together"
    FIRST_PLACE = "first_place"
    GIFT = "gift"


class CaseKind(StrEnum):
    """R-CASE-1. What a problem is about."""

    PRODUCT = "product"
    USE = "use"
    PARCEL = "parcel"
    REFUND = "refund"
    EXCHANGE = "exchange"
    RETURN = "return"
    SERVICE = "service"
    OTHER = "other"


class CaseState(StrEnum):
    """R-CASE-1. Where a problem stands."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    SOLVED = "solved"
    CLOSED = "closed"


class Effect(StrEnum):
    """R-CB-6. How the product does, in the customer's eyes."""

    GOOD = "good"
    FAIR = "fair"
    NONE = "none"
    BAD = "bad"


class Source(StrEnum):
    """R-SMP-1. The registers that the sampling population comes from, in the order of precedence."""

    AFTER_SALES = "after_sales"
    PARCELS = "parcels"
    REVIEWS = "reviews"
    VIP = "vip"


class SampleState(StrEnum):
    """R-SMP-3. Where a month's sample stands; another draw before it is submitted replaces it."""

    DRAWN = "drawn"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REPLACED = "replaced"


class ScoreOrigin(StrEnum):
    """Where a score is from: the customer (R-SMP-4), the rule (R-SMP-8), a review (R-SMP-12)."""

    CUSTOMER = "customer"
    KEYPAD = "keypad"
    RULE = "rule"
    REVIEW = "review"


class Verdict(StrEnum):
    """R-SMP-12. What a review says of a sampled call."""

    AGREED = "agreed"
    CORRECTED = "corrected"


class CampaignState(StrEnum):
    """Whether a campaign hands out calls. One that a shop adds is a draft until others approved it."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works in the shop; `ENGINE` stands for the engine itself in the audit trail."""

    id: int
    name: str
    role: Role


ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """One dialable number in E.164, with the extension of a relay number or of a switchboard."""

    e164: str
    extension: str | None = None

    @property
    def national(self) -> str:
        """The number as it is dialled from mainland China, without the extension."""
        if not self.e164.startswith("+86"):
            return f"00{self.e164.removeprefix('+')}"
        digits = self.e164.removeprefix("+86")
        return digits if _is_mobile(digits) else f"0{digits}"

    @property
    def display(self) -> str:
        """The whole number as a caller reads it, e.g. `18412345678 转 1234`."""
        return f"{self.national} 转 {self.extension}" if self.extension else self.national

    @property
    def masked(self) -> str:
        """R-PII-1. The number as everybody else sees it, e.g. `138****1234`."""
        shown = self.national
        masked = f"{shown[:3]}****{shown[-4:]}" if len(shown) > 7 else "*" * len(shown)
        return f"{masked} 转 ****" if self.extension else masked

    @property
    def identity(self) -> str:
        """What two notations of the same line share; the input of the keyed hash."""
        return f"{self.e164};{self.extension}" if self.extension else self.e164


def _is_mobile(digits: str) -> bool:
    return len(digits) == 11 and digits.startswith("1")
