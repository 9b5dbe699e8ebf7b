"""A morning of callbacks and stock-out notices in the panel's shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import insert, select, update

from adapters.store.models.customers import order
from adapters.store.models.stock import shortage, shortage_date
from campaigns.values import Effect, Kind, OrderState, Person
from scheduler.flows import claim, dialling
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.outcome_forms import FeedbackForm
from scheduler.flows.people import caller_named
from scheduler.flows.planning import plan
from scheduler.runtime import Runtime
from tests.web import panel_shop

GOODS = "手工陶瓷马克杯 大容量"
SIGNED = panel_shop.MORNING - timedelta(days=5)
EXPECTED = panel_shop.MORNING.date() + timedelta(days=9)


def tell(runtime: Runtime, *, last: OutcomeForm | None = None) -> None:
    """Two customers wait for a cup, two have received theirs; all four are called by 陈晨.

    `last`: what comes of the second callback instead of a cup that was faulty.
    """
    paid = [replace(b, state="买家已付款，等待卖家发货") for b in panel_shop.BUYERS]
    panel_shop.fill(runtime, paid)
    now = runtime.now()
    with runtime.transaction() as connection:
        ids = list(connection.execute(select(order.c.id).order_by(order.c.id)).scalars())
        signed = {"state": OrderState.COMPLETED, "received_at": SIGNED}
        connection.execute(update(order).where(order.c.id.in_(ids[2:])).values(signed))
        cup = {"name": "陶瓷马克杯", "match_key": "陶瓷马克杯", "created_by": "init"}
        expected = {"expected_on": EXPECTED}
        values = cup | expected | {"listed_at": now, "changed_at": now, "gift": "杯刷"}
        added = insert(shortage).values(values).returning(shortage.c.id)
        shortage_id = connection.execute(added).scalar_one()
        known = {"shortage_id": shortage_id, "known_at": now, "who": "init"}
        connection.execute(insert(shortage_date).values(known | expected))
    plan(runtime, panel_shop.MORNING.date(), now, "init")
    person = caller_named(runtime, "陈晨")
    assert isinstance(person, Person)
    said = [
        OutcomeForm("guided", feedback=FeedbackForm(effect=effect, verbatim="把手有点松"))
        for effect in (Effect.GOOD, Effect.BAD)
    ]
    talks = iter((said[0], last or said[1]))
    for _ in range(4):
        held = claim.next_call(runtime, person, runtime.now())
        assert isinstance(held, claim.HandOut)
        dialling.dial(runtime, held.attempt_id, runtime.now(), person)
        form = next(talks) if held.kind is Kind.CALLBACK else OutcomeForm("agrees_with_gift")
        record_outcome(runtime, held.attempt_id, form, runtime.now(), person)
