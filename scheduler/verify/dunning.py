"""The payment reminder, R-DUN-1 to R-DUN-4, R-DUN-7, R-MSG-1, by what was known at each instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from campaigns.values import Exemption
from scheduler.verify.background import Background
from scheduler.verify.history import FAILED, REACHED, CustomerHistory, OrderHistory, TaskHistory
from scheduler.verify.law import Law, local_day
from scheduler.verify.report import Finding, shown
from scheduler.verify.spacing import judged

_NUMBER_GONE = frozenset({"wrong_number", "relay_failed"})
_PROMISES = frozenset({"will_pay", "says_paid", "relay"})


def check_population(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-DUN-1. Unpaid orders of the day before the calling, or of a day that was not planned."""
    for task in person.tasks:
        for o in task.orders:
            known = o.known(o.joined_at)
            if known is None or known.state != "awaiting_payment":
                what = f"订单 {o.id} 加入任务 {task.id} 时并不是等待付款"
                yield Finding("R-DUN-1", what, None, o.joined_at)
            if not _is_of_its_day(o, task, background):
                what = f"订单 {o.id}（{local_day(o.placed_at)} 拍下）不属于任务 {task.id} 的催款日"
                yield Finding("R-DUN-1", what, None, o.joined_at)
        for a in task.made:
            if local_day(a.at) < task.batch_day:
                what = f"任务 {task.id} 在催款日 {task.batch_day} 之前就被拨打"
                yield Finding("R-DUN-1", what, a.id, a.at)


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
    """R-DUN-2, R-IMP-4. A task holds one customer's orders, each once, and sums the unpaid."""
    holders: dict[tuple[int, int], int] = {}
    for task in person.tasks:
        for o in task.orders:
            if o.customer_id != task.customer_id:
                what = f"任务 {task.id} 里有别的客户的订单 {o.id}"
                yield Finding("R-IMP-4", what, None, o.joined_at)
            first = holders.setdefault((task.campaign_id, o.id), task.id)
            if first != task.id:
                what = f"订单 {o.id} 在同一活动的两项任务里：{first} 和 {task.id}"
                yield Finding("R-DUN-2", what, None, o.joined_at)
        for a in task.made:
            sums = [sum(s.total_fen for _, s in task.unpaid(at)) for at in _moments(a.at)]
            if a.owed_fen not in sums:
                owed = sums[0]
                what = f"任务 {task.id} 记录的未付款额为 {a.owed_fen} 分，应为 {owed} 分"
                yield Finding("R-DUN-2", what, a.id, a.at)


def _moments(at: datetime) -> tuple[datetime, datetime]:
    """With and without what became known at this very instant: it may have come just after."""
    return at, at - timedelta(microseconds=1)


def check_closing(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-DUN-3. No call and no message at or after the earliest closing time of an unpaid order."""
    for task, at, attempt, law, what in _reminders(person, background):
        possible = [task.deadline(moment, law.policy) for moment in _moments(at)]
        deadline = max((d for d in possible if d is not None), default=None)
        if deadline is not None and at >= deadline:
            late = f"{what}在最早的订单关闭时间 {shown(deadline)} 之后"
            yield Finding("R-DUN-3", late, attempt, at)


def check_payment(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-DUN-4. Something was still unpaid as known then, by data that were not too old."""
    for task, at, attempt, law, what in _reminders(person, background):
        unpaid = task.unpaid(at)
        if not any(task.unpaid(moment) for moment in _moments(at)):
            yield Finding("R-DUN-4", f"{what}时已没有待付款的订单", attempt, at)
        for o, _ in unpaid:
            seen = o.seen(at)
            if seen is None or at - seen > law.policy.payment_stale:
                hours = law.policy.payment_stale_hours
                yield Finding(
                    "R-DUN-4", f"{what}时订单 {o.id} 的付款数据已超过 {hours} 小时", attempt, at
                )


def _reminders(
    person: CustomerHistory, background: Background
) -> Iterator[tuple[TaskHistory, datetime, str | None, Law, str]]:
    """Every reminder that went out: task, instant, attempt, law, and what it was."""
    for task in person.tasks:
        for a in task.made:
            yield task, a.at, a.id, background.law_of(a), f"任务 {task.id} 的拨打"
        for m in task.todos:
            if m.kind == "wangwang" and m.done_at is not None:
                law = background.book.law_at(m.done_at)
                yield task, m.done_at, None, law, f"任务 {task.id} 的旺旺留言（待办 {m.id}）"


def check_follow_up(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-DUN-4. After a promise one more call, on another day; after 说已付款 only by newer data."""
    for task in person.tasks:
        promises = 0
        for j in judged(task.made, background.book):
            a, last = j.attempt, j.previous
            if promises > 1:
                what = f"任务 {task.id} 已有 {promises} 次答复，跟进只有一次"
                yield Finding("R-DUN-4", what, a.id, a.at)
            if last is not None and last.outcome in _PROMISES:
                is_wish = j.freedom is Exemption.PROMISED
                if local_day(a.at) == local_day(last.at) and not is_wish:
                    what = f"任务 {task.id} 在客户答复 {last.outcome} 的当天又拨打"
                    yield Finding("R-DUN-4", what, a.id, a.at)
                if last.outcome == "says_paid" and last.outcome_at is not None and not is_wish:
                    yield from _by_newer_data(task, a.id, a.at, last.outcome_at)
            promises += a.outcome in _PROMISES


def _by_newer_data(
    task: TaskHistory, attempt: str, at: datetime, said_at: datetime
) -> Iterator[Finding]:
    for o, _ in task.unpaid(at):
        seen = o.seen(at)
        if seen is None or seen <= said_at:
            what = f"客户说已付款后，订单 {o.id} 还没有更新的数据就又拨打"
            yield Finding("R-DUN-4", what, attempt, at)


def check_endings(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-DUN-4, R-DUN-7, R-REPEAT-4. A task's ending agrees with its orders and its calls."""
    for task in person.tasks:
        if task.closed_at is None or task.ending is None:
            continue
        for rule, wrong in _wrong_ending(task, task.closed_at):
            what = f"任务 {task.id} 以 {task.ending} 结束，但{wrong}"
            yield Finding(rule, what, None, task.closed_at)


def _wrong_ending(task: TaskHistory, closed_at: datetime) -> Iterator[tuple[str, str]]:
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


def check_outcomes(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-DUN-7, R-REPEAT-3. An outcome is one of the SOP's, with what it requires."""
    for task in person.tasks:
        for a in task.made:
            if a.outcome is None:
                continue
            if a.outcome not in REACHED | FAILED:
                yield Finding("R-DUN-7", f"没有这个通话结果：{a.outcome}", a.id, a.at)
            elif a.stored_reached != a.is_reached:
                what = f"结果 {a.outcome} 的接通标记记反了"
                yield Finding("R-REPEAT-3", what, a.id, a.at)
            if a.outcome == "gave_number" and a.given_phone_id is None:
                yield Finding("R-DUN-7", "给了本人电话却没有记下号码", a.id, a.at)
            if a.outcome == "other" and not a.has_note:
                yield Finding("R-DUN-7", "结果为其他却没有备注", a.id, a.at)


def check_queued_messages(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-MSG-1. The second failed attempt, and 愿转告, queue a Wangwang message in time."""
    for task in person.tasks:
        queued = [t.created_at for t in task.todos if t.kind == "wangwang"]
        failures = 0
        for a in task.made:
            # The second half of an attempt whose line was cut is none of its own (R-REPEAT-5).
            is_failure = a.outcome in FAILED and a.redial_of is None
            failures += is_failure
            law = background.law_of(a)
            second = is_failure and failures == law.policy.message_after_failures
            no_more = task.ending == "unreachable" and a is task.made[-1]
            last_number = no_more and a.outcome in _NUMBER_GONE
            if a.outcome_at is None or not (second or last_number or a.outcome == "relay"):
                continue
            deadline = task.deadline(a.outcome_at, law.policy)
            in_time = deadline is not None and law.can_open(a.outcome_at, deadline, a.region)
            if in_time and not any(at <= a.outcome_at for at in queued):
                what = f"任务 {task.id} 在结果 {a.outcome} 之后没有旺旺留言的待办"
                yield Finding("R-MSG-1", what, a.id, a.outcome_at)


def check_order_of_attempts(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-CLAIM-1. A task is dialled again only after the outcome before is known."""
    for task in person.tasks:
        for one, two in pairwise(task.made):
            if one.outcome_at is None:
                what = f"任务 {task.id} 上一次通话还没有结果就又拨打"
                yield Finding("R-CLAIM-1", what, two.id, two.at)
