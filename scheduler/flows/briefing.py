"""What the caller has at hand for one call (R-DUN-6): dialogue, customer, orders, why this one now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import calls, desk, orders, timeline
from adapters.store.queries.facts import load_tasks
from campaigns.days import day_bounds
from campaigns.errors import NotFoundError
from campaigns.facts import TaskFacts
from campaigns.kinds import dunning
from campaigns.labels_zh import DAYPART_LABELS, ORDER_STATE_LABELS
from campaigns.outcomes import Outcome
from campaigns.policy import Policy
from campaigns.registry import outcome_of, rules_of
from campaigns.states import COUNTED_ATTEMPTS
from campaigns.values import Exemption, Kind, OrderState
from scheduler.flows.words import words_for
from scheduler.rules.hours import daypart_of, slots_on
from scheduler.runtime import Runtime
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
    buyer_message: str | None
    memo: str | None


@dataclass(frozen=True, slots=True)
class PastCall:
    """One earlier contact of this customer, in any campaign."""

    at: datetime
    caller: str
    outcome_label: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of "why this one, why now", with its rule."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Briefing:
    """Everything on the caller's screen but the number itself."""

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
        words = words_for(
            connection,
            runtime,
            law,
            task,
            now,
            caller=person.name,
            ignoring=attempt_id,
            via_relay_number=phone.extension is not None,
        )
        script = standard_library().render_tree(task.kind, words, fallback=True)
        row = calls.customer_row(connection, task.customer.id)
        return Briefing(
            attempt_id=attempt_id,
            kind=task.kind,
            buyer=row.buyer,
            receiver=row.receiver,
            region=row.region,
            owed_fen=rules_of(task.kind).amount_fen(task),
            deadline=rules_of(task.kind).deadline(task, law.policy),
            offer=words.order.offer_text,
            must_look_first=words.order.look_first,
            orders=_orders(connection, task, law.policy),
            history=_history(connection, task, attempt_id),
            reasons=tuple(_reasons(task, attempt, law.policy, now)),
            script=tuple(script),
            outcomes=tuple(rules_of(task.kind).outcomes.values()),
        )


def _orders(connection: Connection, task: TaskFacts, policy: Policy) -> tuple[OrderShown, ...]:
    rows = orders.of_customer(connection, task.customer.id, ORDERS_SHOWN)
    items = orders.items_of(connection, [row.order_no for row in rows])
    about = orders.numbers_of_task(connection, task.id)
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


def _reasons(task: TaskFacts, attempt: Row[Any], policy: Policy, now: datetime) -> list[Reason]:
    """Why this one, why now, in the words of the rules that brought it up."""
    made = [
        a
        for a in task.attempts
        if a.state in COUNTED_ATTEMPTS and not a.is_redial and a.id != attempt.id
    ]
    budget = policy.attempts_per_task[task.kind]
    lines = [
        Reason("R-DUN-1", f"{len(dunning.unpaid(task.orders))} 笔订单还没有付款"),
        Reason("R-REPEAT-4", _budget_words(len(made) + 1, budget)),
    ]
    deadline = rules_of(task.kind).deadline(task, policy)
    if deadline is not None:
        minutes = max(int((deadline - now) / timedelta(minutes=1)), 0)
        hours = f"{minutes // 60} 小时 " if minutes >= 60 else ""
        lines.insert(1, Reason("R-DUN-3", f"还有 {hours}{minutes % 60} 分钟自动关闭"))
    exemption = Exemption(attempt.exemption)
    if exemption is Exemption.PROMISED:
        lines.insert(0, Reason("R-HOURS-7", "客户约好这个时间回电"))
    elif exemption is Exemption.NEW_NUMBER:
        lines.insert(0, Reason("R-REPEAT-5", "刚得到新的号码，马上再拨"))
    elif exemption is Exemption.CUT_OFF:
        lines.insert(0, Reason("R-REPEAT-5", "刚才断线，马上重拨，算同一次"))
    elif made:
        tried = dict.fromkeys(DAYPART_LABELS[daypart_of(a.at, policy)] for a in made)
        lines.append(Reason("R-SLOT-1", f"{'、'.join(tried)}已经拨过，换了时段"))
    return lines


def _budget_words(number: int, budget: int) -> str:
    if number > budget:
        return f"第 {number} 次联系，约好的回电不受 {budget} 次的限制"
    return f"第 {number} 次联系，最多 {budget} 次"


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
        law = runtime.law(connection)
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
