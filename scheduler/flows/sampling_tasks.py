"""Calling sampled customers in: who may be called before the month ends, and their tasks (R-SMP-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit, imports, samples
from adapters.store.queries import planning as queries
from adapters.store.queries.facts import load_customers
from campaigns.days import business_day
from campaigns.decisions import Follow, NextStep, Stop, Wait
from campaigns.facts import CustomerFacts, TaskFacts
from campaigns.kinds.sampling import opens_at, opens_on
from campaigns.states import LIVE_ATTEMPTS
from campaigns.values import Kind, TaskState
from scheduler.flows.schedule_columns import state_for, window_group
from scheduler.rules.gate import case_for
from scheduler.rules.obstacles import obstacles
from scheduler.rules.schedule import Schedule, schedule
from scheduler.runtime import Law

_NO_WINDOW = {
    "R-SMP-3": "本月抽查截止之前没有可以拨打的时段",
    "R-PHONE-2": "虚拟号过期之前没有可以拨打的时段",
}
_FIRST = NextStep(Follow.FIRST, rule="R-SMP-3")
_NEW_TASK_ID = 0


def calling_day(now: datetime) -> date:
    """R-SMP-3. The day that tasks of the current month's sample are made for."""
    today = business_day(now)
    return max(opens_on(today), today)


def against(
    law: Law, campaign_id: int, customer: CustomerFacts, now: datetime
) -> list[Stop | Wait]:
    """R-SMP-1. What stands against ever calling this customer before the month's sample ends.

    Asked of the real gate, from the instant on at which calls may open. Somebody who is just being
    talked to stays: that call will end.
    """
    live = [a.id for a in customer.attempts if a.state in LIVE_ATTEMPTS]
    case = case_for(
        _facts(campaign_id, customer, now),
        max(now, opens_at(business_day(now))),
        law.policy,
        law.calendar,
        ignoring=live,
        step=_FIRST,
    )
    return obstacles(case, _NO_WINDOW)


def _facts(campaign_id: int, customer: CustomerFacts, now: datetime) -> TaskFacts:
    return TaskFacts(
        id=_NEW_TASK_ID,
        kind=Kind.SAMPLING,
        campaign_id=campaign_id,
        created_at=now,
        business_day=calling_day(now),
        customer=customer,
    )


@dataclass(frozen=True, slots=True)
class CalledIn:
    """A member whose turn it is, and for whom they step in, if for anybody."""

    member: Row[Any]
    replaces: int | None = None


def call_in(
    connection: Connection,
    law: Law,
    sample: Row[Any],
    called: Sequence[CalledIn],
    now: datetime,
    who: str,
) -> None:
    """R-SMP-3. Make the tasks of these members; who may not be called any more ends at once.

    The caller holds the sample's row. Raises nothing of its own: whoever has an open task of the
    campaign must not be among them.
    """
    if not called:
        return
    customers = load_customers(connection, [one.member.customer_id for one in called], now)
    day = calling_day(now)
    batch_id = queries.batch_of(connection, sample.campaign_id, day)
    if batch_id is None:
        known = imports.data_until(connection)
        batch_id = queries.add_batch(connection, sample.campaign_id, day, now, known)
    judged = [
        _judged(law, sample.campaign_id, customers[one.member.customer_id], now) for one in called
    ]
    regions = {customer.id: customer.region for customer in customers.values()}
    ids = queries.add_tasks(
        connection,
        [
            {
                "campaign_id": sample.campaign_id,
                "kind": Kind.SAMPLING,
                "customer_id": one.member.customer_id,
                "batch_id": batch_id,
                "region": regions[one.member.customer_id],
                "window_group": window_group(regions[one.member.customer_id], law.policy),
                "fence": 0,
                "created_at": now,
                **_columns(its, now),
            }
            for one, its in zip(called, judged, strict=True)
        ],
    )
    made = dict(zip((one.member.id for one in called), ids, strict=True))
    _link_orders(connection, called, made, now)
    for one, its in zip(called, judged, strict=True):
        task_id = made[one.member.id]
        samples.call_in(connection, one.member.id, task_id, now, one.replaces)
        after = {"member": one.member.id, "task": task_id, "replaces": one.replaces}
        audit.record(connection, now, who, "sample.called_in", f"sample:{sample.id}", after=after)
        if its.ending is not None:
            ended = {"ending": its.ending, "rule": its.rule}
            audit.record(connection, now, who, "task.closed", f"task:{task_id}", after=ended)


def _judged(law: Law, campaign_id: int, customer: CustomerFacts, now: datetime) -> Schedule:
    facts = _facts(campaign_id, customer, now)
    return schedule(case_for(facts, now, law.policy, law.calendar, step=_FIRST))


def _columns(judged: Schedule, now: datetime) -> Mapping[str, object]:
    is_over = judged.ending is not None
    return {
        "state": TaskState.CLOSED if is_over else state_for(judged, now),
        "due_at": judged.due_at,
        "urgency": judged.urgency,
        "rank_at": judged.rank_at,
        "deadline": judged.deadline,
        "callable_until": judged.callable_until,
        "closed_at": now if is_over else None,
        "ending": judged.ending,
    }


def _link_orders(
    connection: Connection, called: Sequence[CalledIn], made: Mapping[int, int], now: datetime
) -> None:
    """The order that a register names, where it is one of this customer in this shop."""
    members = [one.member for one in called if one.member.order_no]
    if not members:
        return
    known = samples.order_ids(connection, [member.order_no for member in members])
    queries.link_orders(
        connection,
        [
            {"task_id": made[m.id], "order_id": known[m.order_no, m.customer_id], "joined_at": now}
            for m in members
            if (m.order_no, m.customer_id) in known
        ],
    )
