"""The payment reminder, R-DUN-1 to R-DUN-4, by what was known at each instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from campaigns.values import Exemption
from scheduler.verify.background import Background
from scheduler.verify.days import local_day
from scheduler.verify.history import CustomerHistory, OrderHistory, TaskHistory
from scheduler.verify.reached_out import Contact, contacts_of
from scheduler.verify.report import Finding, shown
from scheduler.verify.spacing import judged_of


def check_population(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-DUN-1. Unpaid orders of the day before the calling, or of a day that was not planned."""
    for task in _reminded(person):
        for o in task.orders:
            known = o.known(o.joined_at)
            if known is None or known.state != "awaiting_payment":
                what = f"订单 {o.id} 加入任务 {task.id} 时并不是等待付款"
                yield Finding("R-DUN-1", what, None, o.joined_at)
            if not _is_of_its_day(o, task, background):
                what = f"订单 {o.id}（{local_day(o.placed_at)} 拍下）不属于任务 {task.id} 的催款日"
                yield Finding("R-DUN-1", what, None, o.joined_at)


def _is_of_its_day(o: OrderHistory, task: TaskHistory, background: Background) -> bool:
    days = background.batches.get(task.campaign_id, {})
    own_day = local_day(o.placed_at) + timedelta(days=1)
    # A later order joins an open task with the plan of its own day.
    is_later = o.joined_at > task.created_at
    callings = {task.batch_day} | {
        day
        for day, planned in days.items()
        if day > task.batch_day and (planned <= o.joined_at if is_later else planned == o.joined_at)
    }
    if own_day in callings:
        return True
    planned = days.get(own_day)
    is_covered = own_day in background.covered.get(task.campaign_id, set())
    was_planned = is_covered and planned is not None and planned < o.joined_at
    return not was_planned and any(own_day < day for day in callings)


def check_sums(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-DUN-2. Each order is in one task, and a task sums the unpaid."""
    holders: dict[tuple[int, int], int] = {}
    for task in _reminded(person):
        for o in task.orders:
            first = holders.setdefault((task.campaign_id, o.id), task.id)
            if first != task.id:
                what = f"订单 {o.id} 在同一活动的两项任务里：{first} 和 {task.id}"
                yield Finding("R-DUN-2", what, None, o.joined_at)
        for a in task.made:
            sums = [sum(s.total_fen for _, s in task.unpaid(at)) for at in a.moments]
            if a.owed_fen not in sums:
                owed = sums[0]
                what = f"任务 {task.id} 记录的未付款额为 {a.owed_fen} 分，应为 {owed} 分"
                yield Finding("R-DUN-2", what, a.id, a.at)


def check_closing(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-DUN-3. No call and no message at or after the earliest closing time of an unpaid order."""
    for c in _reminders(person, background):
        possible = [c.task.deadline(moment, c.law.policy) for moment in c.moments]
        deadline = max((d for d in possible if d is not None), default=None)
        if deadline is not None and c.at >= deadline:
            late = f"{c.what}在最早的订单关闭时间 {shown(deadline)} 之后"
            yield Finding("R-DUN-3", late, c.attempt, c.at)


def check_payment(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-DUN-4. Something was still unpaid as known then, by data that were not too old."""
    for c in _reminders(person, background):
        if not any(c.task.unpaid(moment) for moment in c.moments):
            yield Finding("R-DUN-4", f"{c.what}时已没有待付款的订单", c.attempt, c.at)
        known = max(c.moments)
        for o, _ in c.task.unpaid(known):
            seen = o.seen(known)
            if seen is None or c.at - seen > c.law.policy.payment_stale:
                hours = c.law.policy.payment_stale_hours
                what = f"{c.what}时订单 {o.id} 的付款数据已超过 {hours} 小时"
                yield Finding("R-DUN-4", what, c.attempt, c.at)


def check_newer_data(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-DUN-4. After 说已付款 the next import decides, unless the customer named a time."""
    for task in _reminded(person):
        for j in judged_of(person, task, background):
            a, last = j.attempt, j.previous
            is_wish = j.freedom is Exemption.PROMISED
            if last is None or last.outcome != "says_paid" or last.outcome_at is None or is_wish:
                continue
            known = max(a.moments)
            for o, _ in task.unpaid(known):
                seen = o.seen(known)
                if seen is None or seen <= last.outcome_at:
                    what = f"客户说已付款后，订单 {o.id} 还没有更新的数据就又拨打"
                    yield Finding("R-DUN-4", what, a.id, a.at)


def wrong_ending(
    task: TaskHistory, closed_at: datetime, background: Background
) -> Iterator[tuple[str, str]]:
    """R-DUN-4, R-DUN-7. How an ending of a reminder disagrees with its orders: rule and words."""
    made = task.made
    known = [s for o in task.orders if (s := o.known(closed_at)) is not None]
    paid = [s.paid_at for s in known if s.paid_at is not None]
    paid_later = bool(made) and any(at >= made[0].at for at in paid)
    if task.ending in ("paid", "paid_uncalled") and task.unpaid(closed_at):
        yield "R-DUN-4", "还有订单未付款"
    lapsed = any(s.state == "closed" and s.paid_at is None for s in known)
    if task.ending == "closed_by_marketplace" and (task.unpaid(closed_at) or not lapsed):
        yield "R-DUN-7", "没有被平台关闭的订单，或还有订单未付款"
    if task.ending == "paid" and not paid_later:
        yield "R-DUN-4", "没有在首次拨打之后付款的订单"
    if task.ending == "paid_uncalled" and paid_later:
        yield "R-DUN-4", "有订单在首次拨打之后付款"
    if task.ending == "closed_by_us" and not any(t.kind == "close_trade" for t in task.todos):
        yield "R-DUN-7", "没有关闭交易的待办"


def _reminders(person: CustomerHistory, background: Background) -> Iterator[Contact]:
    return contacts_of(person, background, "dunning")


def _reminded(person: CustomerHistory) -> list[TaskHistory]:
    return [task for task in person.tasks if task.kind == "dunning"]
