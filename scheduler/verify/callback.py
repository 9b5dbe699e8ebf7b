"""The callback, R-CB-2: whose parcel came some days ago, or is on its way since some days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from campaigns.policy import Policy
from scheduler.verify.background import Background
from scheduler.verify.days import local_day, midnight
from scheduler.verify.history import JUST_BEFORE, CustomerHistory, OrderHistory, TaskHistory
from scheduler.verify.reached_out import contacts_of
from scheduler.verify.report import Finding

LONGEST_PROMISE = timedelta(hours=48)
"""R-CPL-2. The longest time limit of a promise to a customer."""

_STATES = {"received": "completed", "not_received": "shipped"}


def check_parcels(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-CB-2. At its instant at least one order was as the task's script says, as known then."""
    for c in contacts_of(person, background, "callback"):
        day, topic = local_day(c.at), c.task.topic
        if topic not in _STATES:
            yield Finding("R-CB-2", f"任务 {c.task.id} 不知道是已签收还是未签收", c.attempt, c.at)
        elif not any(
            _fits(o, topic, day, moment, c.law.policy)
            for moment in c.moments
            for o in c.task.orders
            if o.joined_at <= moment
        ):
            what = "在回访期内签收" if topic == "received" else "发货多日还没有签收"
            yield Finding("R-CB-2", f"{c.what}时没有{what}的订单", c.attempt, c.at)


def _fits(o: OrderHistory, topic: str, day: date, moment: datetime, policy: Policy) -> bool:
    known = o.known(moment)
    if known is None or known.state != _STATES[topic]:
        return False
    first, last = _bounds(topic, policy)
    return any(first <= (day - local_day(at)).days <= last for at in o.began(topic, moment))


def _bounds(topic: str, policy: Policy) -> tuple[int, int]:
    if topic == "received":
        return policy.signed_from_days, policy.signed_to_days
    return policy.unsigned_from_days, policy.unsigned_to_days


def check_chase(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-CB-4, R-CPL-2. Who was promised that we chase the parcel has it in the work list."""
    for task in person.tasks:
        chased = {t.attempt_id: t for t in task.todos if t.kind == "chase_parcel"}
        for a in task.made:
            if a.outcome != "parcel_chased" or a.outcome_at is None:
                continue
            work = chased.get(a.id)
            if work is None:
                yield Finding("R-CB-4", "答应催件，却没有催件的待办", a.id, a.outcome_at)
            elif work.due_at > a.outcome_at + LONGEST_PROMISE:
                yield Finding("R-CPL-2", f"催件的待办 {work.id} 超过 48 小时", a.id, a.outcome_at)


def wrong_ending(
    task: TaskHistory, closed_at: datetime, background: Background
) -> Iterator[tuple[str, str]]:
    """R-CB-2. How an ending of a callback disagrees with its parcels: rule and words."""
    moments = (closed_at, closed_at - JUST_BEFORE)
    if task.ending == "overtaken" and all(task.parcels(moment) for moment in moments):
        yield "R-CB-2", "还有可以回访的订单"
    if task.ending == "lapsed":
        _, last = _bounds(task.topic, background.book.law_at(closed_at, task.campaign_id).policy)
        ends = [
            midnight(local_day(min(o.began(task.topic, closed_at))) + timedelta(days=last + 1))
            for o in task.parcels(closed_at)
        ]
        if any(closed_at < end for end in ends):
            yield "R-CB-2", "还没有过回访期限"
