"""Parcels, goods out of stock, shared calls and cases for a story, written straight into tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from adapters.store.models.after_sales import case_entry, service_case
from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import task
from adapters.store.models.customers import order
from adapters.store.models.stock import shortage, shortage_date, task_shortage
from tests.scheduler.verify.story import CALLBACK, STOCK_OUT, Story, at

SHARED = (
    *("customer_id", "phone_id", "phone_key", "caller_id", "fence", "at", "handed_out_at"),
    *("lease_until", "dialled_at", "hung_up_at", "ended_at", "outcome", "outcome_at"),
    *("is_reached", "policy_version", "calendar_version", "day_kind", "region"),
)


def on(text: str) -> date:
    return date.fromisoformat(f"2025-{text}")


@dataclass(frozen=True)
class Parcel:
    """One customer with one order that was sent, in one callback task."""

    story: Story
    customer: int
    order: int
    task: int


def parcel(
    story: Story,
    name: str = "parcel",
    *,
    signed: str | None = "05-08 10:00",
    shipped: str = "05-05 10:00",
    day: str = "05-12",
    customer: int | None = None,
) -> Parcel:
    """Signed for on 05-08, or still on its way since 05-05; called from Monday 05-12 on."""
    if customer is None:
        customer = story.customer(name)
        story.phone(customer)
    sent = shipped[:5]
    order_id = story.order(customer, f"{sent} 07:00", [f"{sent} 20:00"])
    story.seen(order_id, f"{sent} 20:01", "shipped", paid=f"{sent} 08:00")
    story.change(order, order_id, shipped_at=at(shipped))
    topic = "not_received"
    if signed is not None:
        topic = "received"
        story.seen(order_id, f"{signed[:5]} 20:30", "completed", paid=f"{sent} 08:00")
        story.change(order, order_id, received_at=at(signed))
    made = story.task(customer, [order_id], day, CALLBACK, topic=topic)
    return Parcel(story, customer, order_id, made)


@dataclass(frozen=True)
class Missing:
    """One customer with one paid order that waits for goods, in one stock-out task."""

    story: Story
    customer: int
    order: int
    task: int
    goods: int


def goods(story: Story, name: str, expected: str = "05-20", known: str = "05-11 20:00") -> int:
    values = {"listed_at": at(known), "changed_at": at(known), "created_by": "王五"}
    goods_id = int(
        story.row(shortage, name=name, match_key=name, expected_on=on(expected), **values)
    )
    story.row(
        shortage_date,
        shortage_id=goods_id,
        expected_on=on(expected),
        known_at=at(known),
        who="王五",
    )
    return goods_id


def moved(story: Story, goods_id: int, expected: str, known: str) -> None:
    story.change(shortage, goods_id, expected_on=on(expected), arrived_at=None)
    values = {"expected_on": on(expected), "known_at": at(known), "who": "王五"}
    story.row(shortage_date, shortage_id=goods_id, **values)


def missing(
    story: Story, name: str = "waiting", *, expected: str = "05-20", customer: int | None = None
) -> Missing:
    """Paid on 05-11; the goods are expected on 05-20."""
    if customer is None:
        customer = story.customer(name)
        story.phone(customer)
    order_id = story.order(customer, "05-10 10:00", ["05-10 20:00"])
    story.seen(order_id, "05-11 20:00", "paid", paid="05-11 09:00")
    made = story.task(customer, [order_id], "05-12", STOCK_OUT)
    goods_id = goods(story, f"{name}-goods", expected)
    story.row(task_shortage, task_id=made, shortage_id=goods_id, joined_at=at("05-12 08:45"))
    return Missing(story, customer, order_id, made, goods_id)


def order_no(story: Story, order_id: int) -> str:
    with story.engine.connect() as connection:
        return str(
            connection.execute(select(order.c.order_no).where(order.c.id == order_id)).scalar()
        )


def promise(one: Missing, entry: str, what: str, said: str, day: str, **values: Any) -> int:
    """A promise for the customer's order, made at `said` for `day`."""
    number = order_no(one.story, one.order)
    return int(
        one.story.row(
            todo,
            **{
                "kind": "promise",
                "task_id": one.task,
                "attempt_id": entry,
                "campaign_id": STOCK_OUT,
                "customer_id": one.customer,
                "occasion": f"{what}:{number}",
                "wording": "",
                "created_at": at(said),
                "due_at": at(f"{day} 23:59"),
                "order_no": number,
                "promised_on": on(day),
            }
            | values,
        )
    )


def broke(story: Story, todo_id: int, when: str) -> None:
    story.change(todo, todo_id, broken_at=at(when), broken_why="改期")
    story.said(at(when), "promise.broken", f"todo:{todo_id}")


def told(one: Missing, occasion: str, created: str, done: str | None = None) -> None:
    entry = one.story.todo(one.task, "wangwang", created, done)
    one.story.change(todo, entry, occasion=occasion)


def agreed(one: Missing, when: str = "05-12 09:30", day: str = "05-20") -> tuple[str, int]:
    """The customer waits: call, promise and end of the task, two minutes after `when`."""
    entry = one.story.call(one.task, when, "agrees")
    said = f"{when[:-2]}{int(when[-2:]) + 2:02d}"
    kept = promise(one, entry, "ship_together", said, day)
    one.story.end(one.task, said, "agreed")
    return entry, kept


def case(story: Story, entry: str, **values: Any) -> int:
    """What a call opens in the register, at the instant of its outcome."""
    with story.engine.connect() as connection:
        of = connection.execute(select(attempt).where(attempt.c.id == entry)).one()
    opened: datetime = of.outcome_at
    columns = {
        "business_day": opened.date(),
        "opened_at": opened,
        "handler": "张三",
        "customer_id": of.customer_id,
        "kind": "product",
        "cause": "用后起疹",
        "state": "open",
        "due_at": opened + timedelta(hours=24),
        "attempt_id": entry,
        "changed_at": opened,
    } | values
    case_id = int(story.row(service_case, **columns))
    story.said(columns["opened_at"], "case.opened", f"case:{case_id}")
    case_turned(story, case_id, columns["opened_at"], columns["state"], columns["due_at"])
    return case_id


def case_turned(
    story: Story, case_id: int, when: datetime, state: str, due: datetime | None = None
) -> None:
    story.row(
        case_entry,
        case_id=case_id,
        at=when,
        who="张三",
        handler="张三",
        state=state,
        due_at=due or when + timedelta(hours=24),
    )


def rider(story: Story, main: str, task_id: int, outcome: str | None = None, **values: Any) -> str:
    """A further matter settled in the call of `main`: a row born closed."""
    with story.engine.connect() as connection:
        call = connection.execute(select(attempt).where(attempt.c.id == main)).one()
        of = connection.execute(select(task).where(task.c.id == task_id)).one()
    shared = {name: getattr(call, name) for name in SHARED}
    entry = f"{main}-rider-{task_id}"
    row = shared | {
        "id": entry,
        "task_id": task_id,
        "campaign_id": of.campaign_id,
        "kind": of.kind,
        "state": "closed",
        "exemption": "none",
        "owed_fen": 5_000 if of.kind == "dunning" else 0,
        "rides_on": main,
        "outcome": outcome or call.outcome,
    }
    story.row(attempt, **row | values)
    story.said(call.outcome_at, "attempt.closed", f"attempt:{entry}")
    return entry
