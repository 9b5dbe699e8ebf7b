"""Callback (回访): R-CB-1 to R-CB-6, as facts in, decisions out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from campaigns.days import business_day, midnight_of
from campaigns.decisions import Allow, Decision, Follow, Stop, Wait
from campaigns.facts import OrderFacts, TaskFacts
from campaigns.outcomes import COMMON_OUTCOMES, Outcome
from campaigns.policy import Policy
from campaigns.values import CaseKind, Ending, OrderState, TodoKind, Topic

OUTCOMES: tuple[Outcome, ...] = (
    Outcome("satisfied", "满意", "1", "customer", Follow.END, Ending.ANSWERED, rule="R-CB-3"),
    Outcome(
        "guided",
        "有问题，已指导解决",
        "2",
        "customer",
        Follow.END,
        Ending.ANSWERED,
        rule="R-CB-3",
    ),
    Outcome(
        "complaint",
        "有问题，登记售后",
        "3",
        "customer",
        Follow.END,
        Ending.ANSWERED,
        needs_note=True,
        rule="R-CB-3",
        opens_case=CaseKind.PRODUCT,
    ),
    Outcome(
        "parcel_chased",
        "未收到，已答应催件",
        "4",
        "customer",
        Follow.END,
        Ending.ANSWERED,
        todo=TodoKind.CHASE_PARCEL,
        rule="R-CB-4",
    ),
    Outcome(
        "parcel_problem",
        "问题件，登记快递",
        "5",
        "customer",
        Follow.END,
        Ending.ANSWERED,
        needs_note=True,
        rule="R-CB-4",
        opens_case=CaseKind.PARCEL,
    ),
    Outcome(
        "no_time",
        "没空，不用再打",
        "a",
        "customer",
        Follow.END,
        Ending.DECLINED,
        rule="R-CB-3",
    ),
    *COMMON_OUTCOMES,
)


def topic_of(order: OrderFacts, day: date, policy: Policy) -> Topic:
    """R-CB-2. What this order is called about on a day of calling; NONE: not at all.

    Days are the shop's calendar days since signing or shipping. A closed order is never called about,
    nor one whose signing or shipping nobody dated.
    """
    if order.state is OrderState.COMPLETED and order.signed_at is not None:
        days = (day - business_day(order.signed_at)).days
        return _within(days, policy.signed_from_days, policy.signed_to_days, Topic.RECEIVED)
    if order.state is OrderState.SHIPPED and order.shipped_at is not None:
        days = (day - business_day(order.shipped_at)).days
        return _within(days, policy.unsigned_from_days, policy.unsigned_to_days, Topic.NOT_RECEIVED)
    return Topic.NONE


def _within(days: int, first: int, last: int, topic: Topic) -> Topic:
    return topic if first <= days <= last else Topic.NONE


def concerned(task: TaskFacts) -> list[OrderFacts]:
    """R-CB-2. The orders that the task's script still fits: signed for, or still on their way."""
    fits = OrderState.COMPLETED if task.topic is Topic.RECEIVED else OrderState.SHIPPED
    return [o for o in task.orders if o.state is fits and _began(o, task.topic) is not None]


def deadline(task: TaskFacts, policy: Policy) -> datetime | None:
    """R-CB-2. The end of the last day on which any of its orders may be called about."""
    last = policy.signed_to_days if task.topic is Topic.RECEIVED else policy.unsigned_to_days
    began = [b for o in concerned(task) if (b := _began(o, task.topic)) is not None]
    if not began:
        return None
    return max(midnight_of(business_day(b) + timedelta(days=last + 1)) for b in began)


def _began(order: OrderFacts, topic: Topic) -> datetime | None:
    return order.signed_at if topic is Topic.RECEIVED else order.shipped_at


def check_population(
    task: TaskFacts, now: datetime, policy: Policy, needs_import: datetime | None
) -> Decision:
    """R-CB-2. The parcel must still stand as the script says; `needs_import` plays no part."""
    if concerned(task):
        return Allow("已签收，可以回访" if task.topic is Topic.RECEIVED else "已发货，还没有签收")
    if task.topic is Topic.NOT_RECEIVED:
        return Stop("R-CB-2", "包裹已签收，或订单已关闭")
    return Stop("R-CB-2", "订单已关闭，不再回访")


def check_deadline(task: TaskFacts, now: datetime, policy: Policy) -> Decision:
    """R-CB-2. No callback after the last of its days, nor before the first of them.

    The first one is asked too because the shop may move it while tasks are open.
    """
    last = deadline(task, policy)
    if last is not None and now >= last:
        return Stop("R-CB-2", "已过回访期限")
    wait_days = (
        policy.signed_from_days if task.topic is Topic.RECEIVED else policy.unsigned_from_days
    )
    began = [b for o in concerned(task) if (b := _began(o, task.topic)) is not None]
    first = min(
        (midnight_of(business_day(b) + timedelta(days=wait_days)) for b in began), default=now
    )
    if now < first:
        return Wait("R-CB-2", first, "还没有到回访的日子")
    return Allow("还在回访期内")


def rank_at(task: TaskFacts, policy: Policy) -> datetime | None:
    """The one whose days run out first comes first; who still waits for a parcel before the others."""
    last = deadline(task, policy)
    if last is None or task.topic is Topic.RECEIVED:
        return last
    return last - timedelta(days=max(policy.unsigned_to_days - policy.unsigned_from_days, 0))


def ending_by_orders(task: TaskFacts, first_attempt_at: datetime | None) -> Ending | None:
    """R-CB-2. Signed for meanwhile, or closed: there is nothing left to ask."""
    return None if concerned(task) else Ending.OVERTAKEN


def needs_a_look(task: TaskFacts, now: datetime, policy: Policy) -> bool:
    """R-CB-4. Before saying that a parcel has not arrived, look whether it has by now.

    Data of an order on its way older than the limit of R-DUN-4 may be overtaken.
    """
    look_after = timedelta(hours=policy.payment_look_hours)
    waiting = concerned(task) if task.topic is Topic.NOT_RECEIVED else []
    return any(now - o.last_seen_at > look_after for o in waiting)


def days_since(orders: Iterable[OrderFacts], topic: Topic, day: date) -> int:
    """Whole calendar days since the earliest of these orders was signed for, or shipped; 0 without."""
    began = [b for o in orders if (b := _began(o, topic)) is not None]
    return max(((day - business_day(b)).days for b in began), default=0)
