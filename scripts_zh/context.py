"""The facts that a script may speak of: nine small roots and the instant they are spoken at.

Whoever briefs a call fills these in; a template only reads them. Nothing here decides anything:
what a fact says was settled by the rules before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from campaigns.labels_zh import KIND_LABELS
from campaigns.values import Kind, Source, Topic

ITEM_MAX_CHARS = 11
"""How much of an item's title is read aloud; shop titles are lists of search words."""


class Occasion(StrEnum):
    """What the call follows on. It chooses the opening, nothing else."""

    FIRST = "first"
    """Nobody was spoken to yet for this task, or nothing was agreed."""
    PROMISED = "promised"
    """The customer said they would pay (`will_pay`)."""
    SAID_PAID = "said_paid"
    """The customer said they had paid, and no payment was found (`says_paid`)."""
    RELAYED = "relayed"
    """Somebody else promised to pass it on (`relay`)."""
    WISH = "wish"
    """The customer asked to be called at another time (`busy`)."""
    REDIAL = "redial"
    """The line was cut a moment ago (`cut_off`, R-REPEAT-5)."""
    ANSWER = "answer"
    """An answer to a complaint is owed (`complaint_escalated`, R-SMP-5)."""


@dataclass(frozen=True, slots=True)
class CustomerWords:
    """Who is called. `name` is None where the export masks it or has none."""

    user_id: str
    name: str | None = None
    via_relay_number: bool = False


@dataclass(frozen=True, slots=True)
class OrderWords:
    """R-DUN-6. The customer's unpaid orders as one matter (R-DUN-2).

    In a callback or a stock-out notice it is the orders that the call is about: `items_text` names
    the goods, and nothing of it is said to be unpaid.

    items_text         the items in words, see `items_in_words`
    amount_fen         what is still to pay, over all unpaid orders
    placed_at          aware; when the earliest unpaid order was placed
    closes_at          aware; when the marketplace closes the first of them (R-DUN-3), if known
    orders_count       how many are unpaid
    paid_orders_count  how many others of the same days are paid already
    offer_text         the campaign's offer if it applied at that time, at most about 25 characters
    look_first         R-DUN-4, R-CB-4: the data are old, the caller looks in the shop before dialling
    """

    items_text: str
    amount_fen: int
    placed_at: datetime
    closes_at: datetime | None = None
    orders_count: int = 1
    paid_orders_count: int = 0
    offer_text: str | None = None
    look_first: bool = False

    @property
    def several(self) -> bool:
        """More than one order is unpaid."""
        return self.orders_count > 1

    @property
    def partly_paid(self) -> bool:
        """R-DUN-2. Other orders of the same customer are paid already."""
        return self.paid_orders_count > 0


@dataclass(frozen=True, slots=True)
class ParcelWords:
    """R-CB-2, R-CB-4. The parcel that a callback asks about.

    shipped_on, signed_on  days of the shop's calendar, if known
    days                   whole days since it was signed for, else since it was shipped
    carrier, tracking_no   for the caller's eyes, if known
    last_state             a clause about the customer's parcel, at most about 25 characters, such as
                           `已经发出 6 天，还没有显示签收`
    orders_count           how many parcels (orders) of this customer the call is about
    """

    days: int
    last_state: str
    shipped_on: date | None = None
    signed_on: date | None = None
    carrier: str | None = None
    tracking_no: str | None = None
    orders_count: int = 1

    @property
    def several(self) -> bool:
        """More than one parcel is asked about."""
        return self.orders_count > 1


@dataclass(frozen=True, slots=True)
class StockWords:
    """R-OOS-1. What a paid order waits for.

    items_text       what is missing, in words, see `items_in_words`
    expected_on      the day it is expected: the only date that may be named
    reason           why it is missing, a clause of at most about 20 characters, if the list says so
    was_expected_on  the day promised before it moved (R-OOS-2); None: it did not move
    others_text      what of the order is in stock, in words; None: nothing else
    several          more than one article is missing
    gift             what may be given to a reluctant customer, at most 16 characters; None: nothing
    is_arrived       the goods are in
    """

    items_text: str
    expected_on: date
    reason: str | None = None
    was_expected_on: date | None = None
    others_text: str | None = None
    several: bool = False
    gift: str | None = None
    is_arrived: bool = False

    @property
    def is_sooner(self) -> bool:
        """R-OOS-2. The date moved, and to an earlier day."""
        return self.was_expected_on is not None and self.expected_on < self.was_expected_on


@dataclass(frozen=True, slots=True)
class SampleWords:
    """R-SMP-1, R-SMP-4, R-SMP-5. What a sampled customer is asked about, and what they are owed.

    handler         the colleague who dealt with the matter, as customers hear it, if known
    matter_on       the day it was entered or written, if known
    has_score       the score that counts so far, None before one was given
    answer_text     the complaint that this call answers, at most about 30 characters; None: none
    done_text       what was agreed about it since, at most about 25 characters, if anything
    answer_at_text  until when a complaint escalated now is answered, such as `30分钟内` or
                    `明天上午9点30分之前`; None: not to be told
    crosses_closed  until then there is a time without calls, and the caller says so
    in_chat         the calls are over by then (R-SMP-3): it is answered in the chat, and
                    `answer_at_text` says so: `明天上午10点30分之前在旺旺上`
    """

    source: Source
    handler: str | None = None
    matter_on: date | None = None
    has_score: int | None = None
    answer_text: str | None = None
    done_text: str | None = None
    answer_at_text: str | None = None
    crosses_closed: bool = False
    in_chat: bool = False

    @property
    def source_text(self) -> str:
        """R-SMP-1. The matter as a customer may hear it; empty for a VIP, who has none."""
        return _SOURCES_ALOUD[self.source]

    @property
    def is_parcel(self) -> bool:
        """It is about a parcel."""
        return self.source is Source.PARCELS

    @property
    def is_review(self) -> bool:
        """It is about what the customer wrote."""
        return self.source is Source.REVIEWS

    @property
    def is_vip(self) -> bool:
        """No matter of its own: the shop's service as a whole."""
        return self.source is Source.VIP


@dataclass(frozen=True, slots=True)
class CallWords:
    """R-REPEAT-2. What else the same call settles.

    others_text   the further matters as a customer may hear them; None: there are none
    others_count  how many they are
    """

    others_text: str | None = None
    others_count: int = 0


@dataclass(frozen=True, slots=True)
class CallerWords:
    """Who calls, by the name they use with customers."""

    name: str


@dataclass(frozen=True, slots=True)
class ShopWords:
    """For whom they call. `service_phone` is None where the shop gives none."""

    name: str
    service_phone: str | None = None


@dataclass(frozen=True, slots=True)
class PromiseWords:
    """What was agreed, and how the day is wished.

    day_greeting    R-CB-5, see `scripts_zh.greetings.day_greeting`
    last_spoken_at  aware; when a person was last spoken to for this task
    callback_at     aware; the time agreed in this very call, None before it is chosen
    answer_hours    R-CPL-2: within how many hours a case that is opened now is answered
    """

    day_greeting: str
    last_spoken_at: datetime | None = None
    callback_at: datetime | None = None
    answer_hours: int = 24


@dataclass(frozen=True, slots=True)
class Words:
    """Everything a script is filled with. `now` is aware: relative days are counted from it.

    `parcel` belongs to a callback, `stock` to a stock-out notice and `sample` to a sampled
    customer; a script that reads one which is not there cannot be filled in. `callers_matters` are
    the labels of the kinds that the same call settles too (R-REPEAT-2).
    """

    customer: CustomerWords
    order: OrderWords
    caller: CallerWords
    shop: ShopWords
    promise: PromiseWords
    now: datetime
    occasion: Occasion = Occasion.FIRST
    topic: Topic = Topic.NONE
    parcel: ParcelWords | None = None
    stock: StockWords | None = None
    sample: SampleWords | None = None
    callers_matters: tuple[str, ...] = ()

    @property
    def call(self) -> CallWords:
        """The further matters, ready to be spoken of."""
        return CallWords(matters_in_words(self.callers_matters), len(self.callers_matters))


def _facts_of(root: type) -> frozenset[str]:
    stored = {field.name for field in fields(root)}
    return frozenset(stored | {name for name, it in vars(root).items() if isinstance(it, property)})


ROOTS: Mapping[str, type] = MappingProxyType(
    {
        "customer": CustomerWords,
        "order": OrderWords,
        "caller": CallerWords,
        "shop": ShopWords,
        "promise": PromiseWords,
        "parcel": ParcelWords,
        "stock": StockWords,
        "sample": SampleWords,
        "call": CallWords,
    }
)
"""The nine names that a template may begin with."""

FACTS: Mapping[type, frozenset[str]] = MappingProxyType(
    {root: _facts_of(root) for root in ROOTS.values()}
)
"""What may be read from each of them, and nothing else."""


_SOURCES_ALOUD: Mapping[Source, str] = MappingProxyType(
    {
        Source.AFTER_SALES: "这个月的售后问题",
        Source.PARCELS: "这个月快递的事",
        Source.REVIEWS: "您写的评价",
        Source.VIP: "",
    }
)

_MATTERS_ALOUD: Mapping[str, str] = MappingProxyType(
    {
        KIND_LABELS[Kind.DUNNING]: "还没付款的订单",
        KIND_LABELS[Kind.CALLBACK]: "您前面买的东西",
        KIND_LABELS[Kind.STOCK_OUT]: "缺货的商品",
    }
)


def matters_in_words(labels: Sequence[str]) -> str | None:
    """R-REPEAT-2. Say further matters as a customer may hear them, never by our own labels."""
    if not labels:
        return None
    *first, last = dict.fromkeys(_MATTERS_ALOUD.get(label, "店里的订单") for label in labels)
    return f"{'、'.join(first)}和{last}" if first else last


def items_in_words(titles: Sequence[str]) -> str:
    """Say what was ordered: one title, or the first one and how many kinds there are.

    `titles` has one entry for each kind of item; titles are clipped to `ITEM_MAX_CHARS`.
    """
    if not titles:
        return "订单里的商品"
    first = " ".join(titles[0].split())
    if len(first) > ITEM_MAX_CHARS:
        first = first[: ITEM_MAX_CHARS - 1] + "…"
    return first if len(titles) == 1 else f"{first}等{len(titles)}样"
