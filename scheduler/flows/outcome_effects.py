"""What an outcome leaves behind: what is known of the number, messages, promises, feedback, a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import after_sales, calls, orders
from campaigns.days import business_day
from campaigns.decisions import Follow, NextStep
from campaigns.facts import TaskFacts
from campaigns.kinds import callback, stock_out
from campaigns.outcomes import Outcome
from campaigns.registry import rules_of
from campaigns.values import AttemptState, Effect, Kind, Person, PhoneNumber, TodoKind
from scheduler.flows.cases import NewCase, open_case
from scheduler.flows.messages import Origin, queue_chase, queue_close_trade, queue_wangwang
from scheduler.flows.outcome_forms import CaseForm, FeedbackForm, MatterForm
from scheduler.flows.promises import queue_promises
from scheduler.flows.words_of_goods import titles_of
from scheduler.runtime import Law, Runtime


@dataclass(frozen=True, slots=True)
class Entry:
    """One outcome being entered: for which attempt, what, when and by whom.

    `moved_callback`: R-HOURS-7, the wish was moved into a window.
    """

    attempt: Row[Any]
    outcome: Outcome
    form: MatterForm
    now: datetime
    who: Person
    moved_callback: bool = False


def store_number(
    connection: Connection,
    runtime: Runtime,
    customer_id: int,
    number: PhoneNumber,
    now: datetime,
) -> int:
    """R-PHONE-3. A number given in a call is the customer's from now on."""
    return calls.add_phone(
        connection,
        {
            "customer_id": customer_id,
            "phone_key": runtime.vault.phone_key(number),
            "sealed": runtime.vault.seal(number),
            "masked": number.masked,
            "source": "call",
            "added_at": now,
        },
    )


def learn(connection: Connection, entry: Entry) -> None:
    """R-PHONE-3. What the call says about the number that was dialled."""
    phone_id, outcome, now = entry.attempt.phone_id, entry.outcome, entry.now
    if outcome.code == "wrong_number":
        calls.change_phone(connection, phone_id, wrong_since=now)
    elif outcome.code == "relay_failed":
        calls.change_phone(connection, phone_id, spent_since=now)
    elif outcome.person == "customer":
        calls.change_phone(
            connection, phone_id, verified_at=now, last_reached_at=now, other_since=None
        )
    elif outcome.person == "other":
        calls.change_phone(connection, phone_id, other_since=now, last_reached_at=now)
    elif outcome.is_reached:
        calls.change_phone(connection, phone_id, last_reached_at=now)


def follow_through(
    connection: Connection,
    runtime: Runtime,
    law: Law,
    entry: Entry,
    task: TaskFacts,
    step: NextStep,
) -> list[TodoKind]:
    """R-MSG-1, R-OOS-1, R-CB-6, R-CASE-1. Everything an outcome asks for; the to-dos it made."""
    origin = Origin(entry.attempt.id, entry.who.name, entry.now)
    made: list[TodoKind] = []
    if entry.outcome.todo is TodoKind.CLOSE_TRADE:
        if queue_close_trade(connection, task, origin) is not None:
            made.append(TodoKind.CLOSE_TRADE)
    elif entry.outcome.todo is TodoKind.CHASE_PARCEL:
        parcel = _parcel_of(connection, task)
        if queue_chase(connection, law, task, parcel, origin) is not None:
            made.append(TodoKind.CHASE_PARCEL)
    else:
        occasion = _occasion(law, entry.outcome, task, step)
        if occasion is not None and (
            queue_wangwang(connection, runtime, law, task, occasion, origin) is not None
        ):
            made.append(TodoKind.WANGWANG)
    if queue_promises(connection, task, entry.outcome.promises, origin, entry.attempt.at):
        made.append(TodoKind.PROMISE)
    if task.kind is Kind.CALLBACK and entry.outcome.person == "customer":
        _keep_feedback(connection, entry, task)
    if entry.outcome.opens_case is not None and not entry.outcome.escalates:
        form = entry.form.case or CaseForm()
        case = NewCase(
            customer_id=task.customer.id,
            order_no=_order_of(task),
            kind=form.kind or entry.outcome.opens_case,
            cause=(entry.form.note or "").strip(),
            agreed=form.agreed.strip() or None,
            handler=entry.who.name,
            attempt=entry.attempt.id,
        )
        open_case(connection, law, case, entry.now)
    return made


def _parcel_of(connection: Connection, task: TaskFacts) -> str:
    about = {order.order_no for order in callback.concerned(task) or task.orders}
    rows = orders.of_customer(connection, task.customer.id, len(about) + 50)
    listed = [row for row in rows if row.order_no in about]
    return "；".join(
        f"订单 {row.order_no}，{row.carrier or '快递'} {row.tracking_no or '（单号不详）'}"
        for row in listed
    )


def _occasion(law: Law, outcome: Outcome, task: TaskFacts, step: NextStep) -> str | None:
    """What a Wangwang message would be for; None when none is due."""
    # After a spent or wrong number only when there is no other number to try.
    by_number = outcome.follow in (Follow.NEW_NUMBER, Follow.NEXT_NUMBER)
    if outcome.todo is TodoKind.WANGWANG and (not by_number or step.follow is Follow.END):
        return outcome.code
    writes_after = rules_of(task.kind).writes_after(law.policy_for(task.campaign_id))
    if writes_after is None:
        return None
    failed = [  # the second half of an attempt whose line was cut is no attempt of its own
        a
        for a in task.attempts
        if a.state is AttemptState.CLOSED and not a.is_reached and not a.is_redial
    ]
    enough = len(failed) == writes_after
    return "unreached" if enough and not outcome.is_reached else None


_EFFECT_SAID = {"satisfied": Effect.GOOD, "complaint": Effect.BAD}
"""What an outcome itself says of the goods, where the caller noted nothing else."""


def _keep_feedback(connection: Connection, entry: Entry, task: TaskFacts) -> None:
    """R-CB-6. What the customer said of the goods comes back to the shop."""
    form = entry.form.feedback or FeedbackForm()
    effect = form.effect or _EFFECT_SAID.get(entry.outcome.code)
    if form.is_empty and effect is None:
        return
    complaint = form.complaint.strip()
    if not complaint and entry.outcome.code == "complaint":
        complaint = (entry.form.note or "").strip()
    after_sales.add_feedback(
        connection,
        {
            "attempt_id": entry.attempt.id,
            "task_id": task.id,
            "customer_id": task.customer.id,
            "business_day": business_day(entry.now),
            "at": entry.now,
            "product": form.product.strip() or _product_of(connection, task),
            "effect": effect,
            "complaint": complaint or None,
            "wish": form.wish.strip() or None,
            "verbatim": form.verbatim.strip() or None,
            "who": entry.who.name,
        },
    )


def _product_of(connection: Connection, task: TaskFacts) -> str:
    about = callback.concerned(task) or list(task.orders)
    numbers = [order.order_no for order in about]
    rows = orders.of_customer(connection, task.customer.id, len(numbers) + 50)
    return titles_of(connection, numbers, rows)[0]


def _order_of(task: TaskFacts) -> str | None:
    about = (
        stock_out.waiting_orders(task.orders)
        if task.kind is Kind.STOCK_OUT
        else callback.concerned(task)
    )
    return next((order.order_no for order in [*about, *task.orders]), None)
