"""Why this one, why now, in the words of the rules that brought a task up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from campaigns.days import business_day
from campaigns.facts import TaskFacts
from campaigns.kinds import callback, dunning, stock_out
from campaigns.labels_zh import DAYPART_LABELS
from campaigns.policy import Policy
from campaigns.registry import rules_of
from campaigns.states import COUNTED_ATTEMPTS
from campaigns.values import Exemption, Kind, Topic
from scheduler.rules.hours import daypart_of


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of "why this one, why now", with its rule."""

    rule: str
    text: str


def reasons(
    task: TaskFacts, attempt_id: str, exemption: Exemption, policy: Policy, now: datetime
) -> list[Reason]:
    """Why this one, why now; the call itself is not counted."""
    made = [
        a
        for a in task.attempts
        if a.state in COUNTED_ATTEMPTS and not a.is_redial and a.id != attempt_id
    ]
    kind = rules_of(task.kind)
    budget = policy.attempts_per_task[task.kind]
    lines = [Reason(kind.plan_rule, _matter(task, now))]
    deadline = kind.deadline(task, policy)
    if deadline is not None:
        lines.append(Reason(kind.deadline_rule, _until(task, deadline, now)))
    lines.append(Reason("R-REPEAT-4", _budget_words(len(made) + 1, budget)))
    if exemption is Exemption.PROMISED:
        is_answer = task.sampling is not None and task.sampling.escalation is not None
        promised = Reason("R-HOURS-7", "客户约好这个时间回电")
        lines.insert(0, Reason("R-SMP-5", "答应了给答复") if is_answer else promised)
    elif exemption is Exemption.NEW_NUMBER:
        lines.insert(0, Reason("R-REPEAT-5", "刚得到新的号码，马上再拨"))
    elif exemption is Exemption.CUT_OFF:
        lines.insert(0, Reason("R-REPEAT-5", "刚才断线，马上重拨，算同一次"))
    elif made:
        tried = dict.fromkeys(DAYPART_LABELS[daypart_of(a.at, policy)] for a in made)
        lines.append(Reason("R-SLOT-1", f"{'、'.join(tried)}已经拨过，换了时段"))
    return lines


def _matter(task: TaskFacts, now: datetime) -> str:
    if task.kind is Kind.DUNNING:
        return f"{len(dunning.unpaid(task.orders))} 笔订单还没有付款"
    if task.kind is Kind.CALLBACK:
        about = callback.concerned(task) or task.orders
        days = callback.days_since(about, task.topic, business_day(now))
        if task.topic is Topic.RECEIVED:
            return f"签收 {days} 天了，问问用得怎么样"
        return f"发货 {days} 天了，还没有签收"
    if task.kind is Kind.SAMPLING:
        escalated = task.sampling is not None and task.sampling.escalation is not None
        return "投诉升级，答应了给客户答复" if escalated else "在本月抽查名单里"
    missing = stock_out.open_shortages(task)
    names = "、".join(short.name for short in missing)
    return f"已付款，等“{names}”到货" if missing else "缺的商品已经到货"


def _until(task: TaskFacts, deadline: datetime, now: datetime) -> str:
    if task.kind is Kind.DUNNING:
        minutes = max(int((deadline - now) / timedelta(minutes=1)), 0)
        if minutes < 60:
            return f"还有 {minutes} 分钟自动关闭"
        return f"还有 {minutes // 60} 小时 {minutes % 60} 分钟自动关闭"
    last = business_day(deadline - timedelta(seconds=1))
    if task.kind is Kind.CALLBACK:
        return f"最晚 {_said(last)}回访"
    if task.kind is Kind.SAMPLING:
        return f"本月抽查到 {_said(last)} 20:00 为止"
    return f"预计 {_said(business_day(deadline))}到货，在那之前通知到"


def _said(day: date) -> str:
    return f"{day.month} 月 {day.day} 日"


def _budget_words(number: int, budget: int) -> str:
    if number > budget:
        return f"第 {number} 次联系，约好的回电不受 {budget} 次的限制"
    return f"第 {number} 次联系，最多 {budget} 次"
