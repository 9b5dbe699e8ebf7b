"""What the caller has at hand for one call (R-DUN-6): dialogue, customer, orders, why this one now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import calls, desk, orders, stock, timeline
from adapters.store.queries.facts import load_tasks
from campaigns.days import day_bounds
from campaigns.errors import NotFoundError
from campaigns.facts import TaskFacts
from campaigns.labels_zh import DAYPART_LABELS, ORDER_STATE_LABELS
from campaigns.outcomes import Outcome
from campaigns.policy import Policy
from campaigns.registers.cases import due_by_default
from campaigns.registry import outcome_of, rules_of
from campaigns.values import Exemption, Kind, OrderState, Topic
from scheduler.flows.reasons import Reason, reasons
from scheduler.flows.riders import Contact, riders
from scheduler.flows.sampling_briefing import SamplingShown, sampling_shown
from scheduler.flows.words import words_for
from scheduler.rules.hours import slots_on
from scheduler.runtime import Law, Runtime
from scripts_zh.context import Words
from scripts_zh.library import Rendered, standard_library

ORDERS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class ItemShown:
    """One item line of an order."""

    title: str
    quantity: int
    price_fen: int | None
    properties: str | None


@dataclass(frozen=True, slots=True)
class OrderShown:
    """One order of the customer. `in_task`: the call is about it."""

    order_no: str
    state: OrderState
    state_label: str
    total_fen: int
    paid_fen: int
    placed_at: datetime
    paid_at: datetime | None
    closes_at: datetime | None
    in_task: bool
    items: tuple[ItemShown, ...]
    shipped_at: datetime | None
    signed_at: datetime | None
    carrier: str | None
    tracking_no: str | None
    buyer_message: str | None
    memo: str | None

    @property
    def has_postage(self) -> bool:
        """Whether more is to be paid than the goods cost, as far as all their prices are known."""
        prices = [item.price_fen for item in self.items]
        goods = sum((item.price_fen or 0) * item.quantity for item in self.items)
        return bool(prices) and None not in prices and self.total_fen > goods


@dataclass(frozen=True, slots=True)
class PastCall:
    """One earlier contact of this customer, in any campaign."""

    at: datetime
    caller: str
    outcome_label: str
    note: str | None


@dataclass(frozen=True, slots=True)
class MatterBriefing:
    """R-REPEAT-2. A further matter of the customer that may be settled in the same call."""

    task_id: int
    kind: Kind
    topic: Topic
    label: str
    order_nos: tuple[str, ...]
    deadline: datetime | None
    amount_fen: int
    reasons: tuple[Reason, ...]
    script: tuple[Rendered, ...]
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class ShortageShown:
    """R-OOS-1. One missing article that the call is about."""

    name: str
    code: str | None
    expected_on: date
    reason: str | None
    gift: str | None
    has_arrived: bool


@dataclass(frozen=True, slots=True)
class Briefing:
    """Everything on the caller's screen but the number itself.

    `answer_by`: R-CPL-2, by when a problem that this call opens is to be answered.
    """

    attempt_id: str
    kind: Kind
    buyer: str
    receiver: str | None
    region: str | None
    owed_fen: int
    deadline: datetime | None
    offer: str | None
    must_look_first: bool
    orders: tuple[OrderShown, ...]
    history: tuple[PastCall, ...]
    reasons: tuple[Reason, ...]
    script: tuple[Rendered, ...]
    outcomes: tuple[Outcome, ...]
    answer_by: datetime
    topic: Topic = Topic.NONE
    shortages: tuple[ShortageShown, ...] = ()
    matters: tuple[MatterBriefing, ...] = ()
    sampling: SamplingShown | None = None


def brief(runtime: Runtime, attempt_id: str, now: datetime) -> Briefing:
    """Put the call together. A script that fails never keeps a caller from the call."""
    with runtime.snapshot() as connection:
        attempt = desk.attempt_seen(connection, attempt_id)
        if attempt is None:
            raise NotFoundError(f"没有这个通话：{attempt_id}", field="attempt")
        law = runtime.law(connection)
        task = load_tasks(connection, [attempt.task_id], now)[attempt.task_id]
        person = calls.person_of(connection, attempt.caller_id)
        phone = runtime.vault.open(calls.phone_row(connection, attempt.phone_id).sealed)
        at = attempt.dialled_at or now
        contact = Contact(
            attempt_id,
            attempt.redial_of,
            task.id,
            task.kind,
            task.customer.id,
            attempt.phone_id,
            at,
        )
        riding = [case.task for case in riders(connection, law, contact, now)]
        speaking = _Speaking(
            connection, runtime, law, now, person.name, phone.extension is not None, attempt_id
        )
        words = speaking.words(task, riding)
        row = calls.customer_row(connection, task.customer.id)
        kind, policy = rules_of(task.kind), law.policy_for(task.campaign_id)
        about = {task.id, *(rider.id for rider in riding)}
        sampling = None
        if task.kind is Kind.SAMPLING:
            sampling = sampling_shown(connection, law, task, now)
        return Briefing(
            attempt_id=attempt_id,
            kind=task.kind,
            buyer=row.buyer,
            receiver=row.receiver,
            region=row.region,
            owed_fen=kind.amount_fen(task),
            deadline=kind.deadline(task, policy),
            offer=words.order.offer_text,
            must_look_first=words.order.look_first,
            orders=_orders(connection, task, about, policy, sampling),
            history=_history(connection, task, attempt_id),
            reasons=tuple(reasons(task, attempt_id, Exemption(attempt.exemption), policy, now)),
            script=tuple(standard_library().render_tree(task.kind, words, fallback=True)),
            outcomes=kind.offered,
            answer_by=due_by_default(now, law.policy),
            topic=task.topic,
            shortages=_shortages(connection, [task, *riding]),
            matters=tuple(speaking.matter(rider, [task]) for rider in riding),
            sampling=sampling,
        )


@dataclass(frozen=True, slots=True)
class _Speaking:
    """What the words of every matter of one call share."""

    connection: Connection
    runtime: Runtime
    law: Law
    now: datetime
    caller: str
    via_relay_number: bool
    attempt_id: str

    def words(self, task: TaskFacts, beside: Sequence[TaskFacts]) -> Words:
        """What this matter's dialogue is filled with."""
        return words_for(
            self.connection,
            self.runtime,
            self.law,
            task,
            self.now,
            caller=self.caller,
            ignoring=self.attempt_id,
            via_relay_number=self.via_relay_number,
            beside=beside,
        )

    def matter(self, task: TaskFacts, beside: Sequence[TaskFacts]) -> MatterBriefing:
        """A further matter, with its own dialogue and outcomes."""
        kind, policy = rules_of(task.kind), self.law.policy_for(task.campaign_id)
        words = self.words(task, beside)
        return MatterBriefing(
            task_id=task.id,
            kind=task.kind,
            topic=task.topic,
            label=kind.label,
            order_nos=tuple(order.order_no for order in task.orders),
            deadline=kind.deadline(task, policy),
            amount_fen=kind.amount_fen(task),
            reasons=tuple(reasons(task, self.attempt_id, Exemption.NONE, policy, self.now)),
            script=tuple(standard_library().render_tree(task.kind, words, fallback=True)),
            outcomes=kind.offered,
        )


def _shortages(connection: Connection, tasks: Sequence[TaskFacts]) -> tuple[ShortageShown, ...]:
    waiting = [task.id for task in tasks if task.kind is Kind.STOCK_OUT]
    found = stock.of_tasks(connection, waiting) if waiting else {}
    return tuple(
        ShortageShown(
            row.name, row.code, row.expected_on, row.reason, row.gift, row.arrived_at is not None
        )
        for rows in found.values()
        for row in rows
    )


def _orders(
    connection: Connection,
    task: TaskFacts,
    task_ids: Iterable[int],
    policy: Policy,
    sampling: SamplingShown | None,
) -> tuple[OrderShown, ...]:
    rows = orders.of_customer(connection, task.customer.id, ORDERS_SHOWN)
    items = orders.items_of(connection, [row.order_no for row in rows])
    about = orders.numbers_of_tasks(connection, task_ids)
    if sampling is not None and sampling.entry is not None and sampling.entry.order_no:
        about = {sampling.entry.order_no}
    return tuple(_order(row, items.get(row.order_no, []), about, policy) for row in rows)


def _order(row: Row[Any], items: list[Row[Any]], about: set[str], policy: Policy) -> OrderShown:
    state = OrderState(row.state)
    is_unpaid = state is OrderState.AWAITING_PAYMENT
    listed = [ItemShown(i.title, i.quantity, i.price_fen, i.properties) for i in items]
    if not listed and row.title:
        listed = [ItemShown(row.title, row.item_count or 1, None, None)]
    return OrderShown(
        order_no=row.order_no,
        state=state,
        state_label=ORDER_STATE_LABELS[state],
        total_fen=row.total_fen,
        paid_fen=row.paid_fen,
        placed_at=row.placed_at,
        paid_at=row.paid_at,
        closes_at=row.placed_at + policy.marketplace_closes if is_unpaid else None,
        in_task=row.order_no in about,
        items=tuple(listed),
        shipped_at=row.shipped_at or row.shipped_seen_at,
        signed_at=row.received_at or row.completed_at,
        carrier=row.carrier,
        tracking_no=row.tracking_no,
        buyer_message=row.buyer_message,
        memo=row.memo,
    )


def _history(connection: Connection, task: TaskFacts, attempt_id: str) -> tuple[PastCall, ...]:
    rows = timeline.attempts_of(connection, task.customer.id)
    return tuple(
        PastCall(row.at, row.caller, outcome_of(Kind(row.kind), row.outcome).label, row.note)
        for row in rows
        if row.outcome is not None and row.id != attempt_id
    )


@dataclass(frozen=True, slots=True)
class OpenStretch:
    """R-HOURS-7. A stretch in which a callback may be promised, and how many are booked in it."""

    opens: datetime
    closes: datetime
    label: str
    booked: int


def callback_stretches(
    runtime: Runtime, attempt_id: str, day: date, now: datetime
) -> list[OpenStretch]:
    """The open minutes of one day for this customer, after `now` and before the deadline."""
    with runtime.snapshot() as connection:
        attempt = desk.attempt_seen(connection, attempt_id)
        if attempt is None:
            raise NotFoundError(f"没有这个通话：{attempt_id}", field="attempt")
        law = runtime.law(connection).of(attempt.campaign_id)
        task = load_tasks(connection, [attempt.task_id], now)[attempt.task_id]
        deadline = rules_of(task.kind).deadline(task, law.policy)
        booked = timeline.callbacks_between(connection, *day_bounds(day))
    next_minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    stretches = []
    for slot in slots_on(day, law.calendar.kind_of(day), task.customer.region, law.policy):
        opens = max(slot.opens, next_minute)
        closes = slot.closes if deadline is None else min(slot.closes, deadline)
        if opens < closes:
            inside = sum(slot.opens <= at < slot.closes for at in booked)
            stretches.append(OpenStretch(opens, closes, DAYPART_LABELS[slot.daypart], inside))
    return stretches
