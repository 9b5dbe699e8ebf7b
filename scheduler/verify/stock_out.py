"""The stock-out notice, R-OOS-1: what was missing then, until when, and what was promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from scheduler.verify.background import Background
from scheduler.verify.days import local_day
from scheduler.verify.history import JUST_BEFORE, CustomerHistory, TaskHistory
from scheduler.verify.reached_out import contacts_of
from scheduler.verify.report import Finding

PROMISED = {
    "agrees": ("ship_together",),
    "agrees_with_gift": ("ship_together", "first_place", "gift"),
}
"""R-OOS-1. What each consent makes us owe."""

RELAYS = 2
"""R-OOS-1. After 愿转告 one more call; the second one ends the task."""


def check_goods(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-OOS-1. A paid order waits for goods that were missing then and expected on a later day."""
    for c in contacts_of(person, background, "stock_out"):
        wrong = [_nothing_to_say(c.task, c.at, moment) for moment in c.moments]
        if wrong[0] is not None and all(wrong):
            yield Finding("R-OOS-1", f"{c.what}时{wrong[0]}", c.attempt, c.at)


def _nothing_to_say(task: TaskHistory, at: datetime, moment: datetime) -> str | None:
    if not task.known(moment, "paid"):
        return "没有已付款、未发货的订单"
    day = task.named_day(moment)
    if day is None:
        return "没有还缺货的商品"
    return None if local_day(at) < day else f"已到预计到货日 {day}"


def check_promises_made(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-OOS-1. Who agreed has our promise in the work list, with the day that was named."""
    for task in person.tasks:
        promises = [t for t in task.todos if t.kind == "promise"]
        agreed = {a.id for a in task.made if a.outcome in PROMISED}
        for p in promises:
            if p.attempt_id not in agreed:
                what = f"待办 {p.id} 的承诺不是在同意等货的通话里答应的"
                yield Finding("R-OOS-1", what, p.attempt_id, p.created_at)
        for a in task.made:
            if a.outcome not in PROMISED or a.outcome_at is None:
                continue
            said_at = a.outcome_at
            moments = (said_at, said_at - JUST_BEFORE)
            days = {task.named_day(moment) for moment in moments} - {None}
            for o, _ in task.known(said_at, "paid") if days else ():
                for promise in PROMISED[a.outcome]:
                    made = [
                        p
                        for p in promises
                        if p.order_no == o.order_no
                        and p.occasion.partition(":")[0] == promise
                        and p.created_at <= said_at
                    ]
                    if not made:
                        what = f"客户同意等货，订单 {o.id} 却没有登记承诺 {promise}"
                        yield Finding("R-OOS-1", what, a.id, said_at)
                    elif not any(p.promised_on in days for p in made):
                        what = f"订单 {o.id} 的承诺 {promise} 记的不是当时的预计到货日"
                        yield Finding("R-OOS-1", what, a.id, said_at)


def wrong_ending(
    task: TaskHistory, closed_at: datetime, background: Background
) -> Iterator[tuple[str, str]]:
    """R-OOS-1. How an ending of a notice disagrees with its orders and goods: rule and words."""
    moments = (closed_at, closed_at - JUST_BEFORE)
    still = all(task.known(moment, "paid") for moment in moments)
    surely = any(s.joined_at <= closed_at and not s.may_be_gone(closed_at) for s in task.shortages)
    if task.ending == "overtaken" and still and surely:
        yield "R-OOS-1", "还有已付款的订单在等缺货商品"
    days = {task.named_day(moment) for moment in moments}
    if task.ending == "lapsed" and all(d is not None and local_day(closed_at) < d for d in days):
        yield "R-OOS-1", "还没有到预计到货日"
    relays = sum(a.outcome == "relay" for a in task.made)
    if task.ending == "relayed" and relays < RELAYS:
        yield "R-OOS-1", "没有第二次转告"
