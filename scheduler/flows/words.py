"""Filling the facts that a script may speak of, from what is stored (R-DUN-6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from sqlalchemy import Connection

from campaigns.days import business_day
from campaigns.facts import OrderFacts, TaskFacts
from campaigns.kinds import callback, dunning, stock_out
from campaigns.labels_zh import KIND_LABELS
from campaigns.registry import outcome_of, rules_of
from campaigns.states import COUNTED_ATTEMPTS
from campaigns.values import SHOP_ZONE, Exemption, Kind, OrderState, Topic
from scheduler.flows.words_of_goods import parcel_words, stock_words, titles_in
from scheduler.flows.words_of_sampling import owes_an_answer, sample_words
from scheduler.flows.words_stored import Stored, load_stored
from scheduler.runtime import Law, Runtime
from scripts_zh.context import (
    CallerWords,
    CustomerWords,
    Occasion,
    OrderWords,
    PromiseWords,
    ShopWords,
    Words,
    items_in_words,
)
from scripts_zh.front_matter import Medium
from scripts_zh.greetings import day_greeting
from scripts_zh.library import standard_library

_OCCASION = {
    "will_pay": Occasion.PROMISED,
    "says_paid": Occasion.SAID_PAID,
    "relay": Occasion.RELAYED,
    "busy": Occasion.WISH,
}


def words_for(
    connection: Connection,
    runtime: Runtime,
    law: Law,
    task: TaskFacts,
    now: datetime,
    *,
    caller: str,
    ignoring: str | None = None,
    via_relay_number: bool = False,
    beside: Sequence[TaskFacts] = (),
) -> Words:
    """Everything the dialogue or a message is filled with, as of `now`, for one task.

    `beside`: the further matters that the same call settles (R-REPEAT-2); their orders are no
    matter that is already well.
    """
    words = words_from(
        load_stored(connection, [task], now),
        runtime,
        law,
        task,
        now,
        caller=caller,
        ignoring=ignoring,
        via_relay_number=via_relay_number,
        beside=beside,
    )
    if task.kind is not Kind.SAMPLING:
        return words
    return replace(words, sample=sample_words(connection, law, task, now))


def words_from(
    stored: Stored,
    runtime: Runtime,
    law: Law,
    task: TaskFacts,
    now: datetime,
    *,
    caller: str,
    ignoring: str | None = None,
    via_relay_number: bool = False,
    beside: Sequence[TaskFacts] = (),
) -> Words:
    """The same out of what was read for many, but for what only a sampled customer is told."""
    row = stored.customers[task.customer.id]
    rows = stored.orders.get(task.customer.id, ())
    about = _about(task)
    spoken_of = {order.order_no for other in beside for order in other.orders}
    days = {business_day(o.placed_at) for o in task.orders}
    paid = [
        o
        for o in rows
        if o.state in (OrderState.PAID, OrderState.SHIPPED, OrderState.COMPLETED)
        and business_day(o.placed_at) in days
        and o.order_no not in spoken_of
    ]
    placed = about[0].placed_at if about else now
    numbers = [o.order_no for o in about]
    is_dunning = task.kind is Kind.DUNNING
    return Words(
        customer=CustomerWords(
            user_id=row.buyer,
            name=row.receiver if row.receiver and "*" not in row.receiver else None,
            via_relay_number=via_relay_number,
        ),
        order=OrderWords(
            items_text=items_in_words(titles_in(stored.items, numbers, rows)),
            amount_fen=rules_of(task.kind).amount_fen(task),
            placed_at=placed,
            closes_at=dunning.deadline(task.orders, law.policy) if is_dunning else None,
            orders_count=max(len(about), 1),
            paid_orders_count=len(paid) if is_dunning else 0,
            offer_text=stored.offer_on(task.campaign_id, business_day(placed)),
            look_first=rules_of(task.kind).needs_a_look(task, now, law.policy),
        ),
        caller=CallerWords(caller),
        shop=ShopWords(runtime.shop_name, runtime.service_phone),
        promise=_promise(task, law, now),
        now=now,
        occasion=occasion_of(task, ignoring),
        topic=task.topic,
        parcel=parcel_words(task, rows, now) if task.kind is Kind.CALLBACK else None,
        stock=stock_words(stored, task) if task.kind is Kind.STOCK_OUT else None,
        sample=None,
        callers_matters=tuple(KIND_LABELS[other.kind] for other in beside),
    )


def _about(task: TaskFacts) -> list[OrderFacts]:
    """The orders that are spoken of, the oldest first; without any left, whatever the task has."""
    spoken = {
        Kind.DUNNING: lambda: dunning.unpaid(task.orders),
        Kind.CALLBACK: lambda: callback.concerned(task),
        Kind.STOCK_OUT: lambda: stock_out.waiting_orders(task.orders),
        Kind.SAMPLING: lambda: list(task.orders),
    }[task.kind]()
    return sorted(spoken or task.orders, key=lambda o: (o.placed_at, o.order_no))


def occasion_of(task: TaskFacts, ignoring: str | None = None) -> Occasion:
    """What the call follows on: an answer that is owed (R-SMP-5), else the last talk decides."""
    made = [a for a in task.attempts if a.state in COUNTED_ATTEMPTS and a.id != ignoring]
    if ignoring is not None:
        current = next((a for a in task.attempts if a.id == ignoring), None)
        if current is not None and current.exemption is Exemption.CUT_OFF:
            return Occasion.REDIAL
    if owes_an_answer(task):
        return Occasion.ANSWER
    spoken = [a for a in made if a.is_reached and a.outcome]
    if not spoken:
        return Occasion.FIRST
    last = spoken[-1]
    if last.callback_at is not None:
        return Occasion.WISH
    return _OCCASION.get(outcome_of(task.kind, last.outcome or "").code, Occasion.FIRST)


@cache
def opening(kind: Kind, occasion: Occasion, topic: Topic) -> tuple[str, int]:
    """Id and version of the script that this call opens with; an attempt keeps both."""
    tree = standard_library().tree(kind)
    spoken = [s for s in tree.walk(occasion, topic=topic) if s.medium is Medium.VOICE]
    return spoken[0].id, spoken[0].version


def _promise(task: TaskFacts, law: Law, now: datetime) -> PromiseWords:
    day = business_day(now)
    spoken = [a.at for a in task.attempts if a.is_reached]
    return PromiseWords(
        day_greeting=day_greeting(
            law.calendar.kind_of(day),
            law.calendar.festival_on(day),
            now.astimezone(SHOP_ZONE).weekday(),
        ),
        last_spoken_at=max(spoken, default=None),
        answer_hours=law.policy.case_answer_hours,
    )
