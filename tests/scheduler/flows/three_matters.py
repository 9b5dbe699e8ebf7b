"""A customer with three matters, and the call about them: what the tests of shared calls share."""

from __future__ import annotations

from typing import Any

from campaigns.values import Kind, OrderState, Person, PhoneNumber
from scheduler.flows.claim import HandOut
from scheduler.flows.dialling import dial
from scheduler.flows.outcome import MatterForm
from tests.factories import at
from tests.shops import Shop

DUNNING, CALLBACK, STOCK_OUT = Kind.DUNNING, Kind.CALLBACK, Kind.STOCK_OUT
DIALLED, ENDED = "05-13 09:30", "05-13 09:35"


def three_matters(
    shop: Shop,
    name: str = "tb_hua01",
    number: PhoneNumber | None = None,
    paid: str = "05-12 15:00",
) -> int:
    """An unpaid order, one signed for a week ago, and one that waits for its goods since `paid`."""
    customer = shop.buyer(name, number=number)
    signed = at("05-06 12:00")
    shop.bought(customer, OrderState.COMPLETED, placed="05-01 10:00", received_at=signed)
    shop.bought(customer, OrderState.PAID, paid_at=at(paid))
    return customer


def held_for(shop: Shop, caller: Person, kind: Kind = DUNNING, now: str = DIALLED) -> HandOut:
    """A call that is handed out for this kind; the others ride on it."""
    others = [other for other in Kind if other is not kind]
    for other in others:
        shop.change_campaign(other, state="paused", state_reason="试")
    assert shop.take(caller, now).kind is kind
    for other in others:
        shop.change_campaign(other, state="running", state_reason=None)
    return shop.take(caller, now)


def dialled_for(shop: Shop, caller: Person, kind: Kind = DUNNING, now: str = DIALLED) -> HandOut:
    held = held_for(shop, caller, kind, now)
    dial(shop.runtime, held.attempt_id, at(now), caller)
    return held


def one_of(shop: Shop, kind: Kind) -> Any:
    (row,) = [row for row in shop.tasks() if row.kind == kind]
    return row


def attempts_of(shop: Shop, kind: Kind) -> list[Any]:
    return [row for row in shop.attempts() if row.kind == kind]


def also(held: HandOut, **codes: str) -> tuple[MatterForm, ...]:
    task = {matter.kind: matter.task_id for matter in held.also}
    note = {"refuses": "要退款", "complaint": "坏了"}
    return tuple(
        MatterForm(task[Kind(kind)], code, note=note.get(code)) for kind, code in codes.items()
    )
