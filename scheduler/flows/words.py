"""Filling the facts that a script may speak of, from what is stored (R-DUN-6)."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import calls, orders
from campaigns.days import business_day
from campaigns.facts import TaskFacts
from campaigns.kinds import dunning
from campaigns.registry import outcome_of
from campaigns.states import COUNTED_ATTEMPTS
from campaigns.values import SHOP_ZONE, Exemption, Kind, OrderState
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

ORDERS_LOOKED_AT = 50

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
) -> Words:
    """Everything the dialogue or a message is filled with, as of `now`."""
    unpaid = dunning.unpaid(task.orders)
    first = unpaid[0] if unpaid else (task.orders[0] if task.orders else None)
    row = calls.customer_row(connection, task.customer.id)
    others = orders.of_customer(connection, task.customer.id, ORDERS_LOOKED_AT)
    days = {business_day(o.placed_at) for o in task.orders}
    paid = [
        o
        for o in others
        if o.state in (OrderState.PAID, OrderState.SHIPPED, OrderState.COMPLETED)
        and business_day(o.placed_at) in days
    ]
    placed = first.placed_at if first else now
    return Words(
        customer=CustomerWords(
            user_id=row.buyer,
            name=row.receiver if row.receiver and "*" not in row.receiver else None,
            via_relay_number=via_relay_number,
        ),
        order=OrderWords(
            items_text=items_in_words(_titles(connection, [o.order_no for o in unpaid], others)),
            amount_fen=dunning.owed_fen(task.orders),
            placed_at=placed,
            closes_at=dunning.deadline(task.orders, law.policy),
            orders_count=max(len(unpaid), 1),
            paid_orders_count=len(paid),
            offer_text=orders.offer_on(connection, task.campaign_id, business_day(placed)),
            look_first=dunning.needs_a_look(task.orders, now, law.policy),
        ),
        caller=CallerWords(caller),
        shop=ShopWords(runtime.shop_name, runtime.service_phone),
        promise=_promise(task, law, now),
        now=now,
        occasion=occasion_of(task, ignoring),
    )


def occasion_of(task: TaskFacts, ignoring: str | None = None) -> Occasion:
    """What the call follows on: the last talk decides."""
    made = [a for a in task.attempts if a.state in COUNTED_ATTEMPTS and a.id != ignoring]
    if ignoring is not None:
        current = next((a for a in task.attempts if a.id == ignoring), None)
        if current is not None and current.exemption is Exemption.CUT_OFF:
            return Occasion.REDIAL
    spoken = [a for a in made if a.is_reached and a.outcome]
    if not spoken:
        return Occasion.FIRST
    last = spoken[-1]
    if last.callback_at is not None:
        return Occasion.WISH
    return _OCCASION.get(outcome_of(task.kind, last.outcome or "").code, Occasion.FIRST)


@cache
def opening(kind: Kind, occasion: Occasion) -> tuple[str, int]:
    """Id and version of the script that this call opens with; an attempt keeps both."""
    spoken = [s for s in standard_library().tree(kind).walk(occasion) if s.medium is Medium.VOICE]
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
    )


def _titles(connection: Connection, order_nos: list[str], rows: list[Row[Any]]) -> list[str]:
    items = orders.items_of(connection, order_nos)
    by_no = {row.order_no: row.title for row in rows}
    titles: list[str] = []
    for order_no in order_nos:
        listed = [item.title for item in items.get(order_no, [])]
        titles += listed or ([by_no[order_no]] if by_no.get(order_no) else [])
    return titles or ["您拍下的宝贝"]
