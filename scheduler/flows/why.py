"""R-AUD-3: for any customer at any instant, is a call due, when and why; or why not, by rule id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Connection

from adapters.store.queries import calls
from adapters.store.queries import why as queries
from adapters.store.queries.facts import load_customers, load_tasks
from campaigns.days import business_day
from campaigns.decisions import Allow, Decision, Follow, NextStep, Stop, Wait
from campaigns.errors import NotFoundError, UsageError
from campaigns.facts import (
    AttemptFacts,
    CustomerFacts,
    OrderFacts,
    ShortageFacts,
    TaskFacts,
)
from campaigns.kinds import callback, dunning
from campaigns.labels_zh import ENDING_LABELS
from campaigns.registry import rules_of
from campaigns.values import AttemptState, Ending, Kind, Topic
from scheduler.flows.populations import matches, owners_of
from scheduler.flows.refresh import live_attempt
from scheduler.rules.case import Case
from scheduler.rules.gate import ask_all, case_for, forecast
from scheduler.rules.schedule import rule_of_ending
from scheduler.runtime import Law, Runtime

Verdict = Literal["allow", "wait", "stop"]


@dataclass(frozen=True, slots=True)
class Checked:
    """One rule's answer. `until`: the first instant at which it allows, where it knows one."""

    rule: str
    verdict: Verdict
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer for one customer and instant. `binding` is the check that decides."""

    buyer: str
    at: datetime
    task: int | None
    verdict: Verdict
    next: datetime | None
    binding: Checked | None
    checks: tuple[Checked, ...]


def explain(runtime: Runtime, buyer: str, at: datetime, *, kind: Kind | None = None) -> Explanation:
    """Ask every check about this customer as of `at`, with the very functions that decide.

    What was learned after `at` stays out. Of several open matters the one answers that is called
    about first: the one somebody holds, else the one due soonest. `buyer` is the user ID or an
    order number. Raises NotFoundError for an unknown one, UsageError where a masked ID fits several
    customers (R-IMP-4).
    """
    with runtime.snapshot() as connection:
        customer_id = _customer(connection, buyer)
        law = runtime.law_at(connection, at)
        found = queries.tasks_at(connection, customer_id, at, kind)
        if not found:
            kinds = list(Kind) if kind is None else [kind]
            plans = [_without_task(connection, law, customer_id, buyer, at, one) for one in kinds]
            return next((one for one in plans if one.verdict != "stop"), plans[0])
        tasks = load_tasks(connection, found, at, as_of=at)
        first = min(tasks.values(), key=lambda task: _turn(law, task, at))
        ending = queries.ending_at(connection, first.id, at)
        return _with_task(law, first, buyer, at, ending)


_NEVER = datetime.max.replace(tzinfo=UTC)


def _turn(law: Law, task: TaskFacts, at: datetime) -> tuple[bool, datetime, datetime, int]:
    """R-REPEAT-2. Which of a customer's matters comes first, as the claim would take them."""
    if _held_at(task, at) is not None:
        return False, at, at, task.id
    policy = law.policy_for(task.campaign_id)
    due = forecast(case_for(task, at, policy, law.calendar)).at
    rank = rules_of(task.kind).rank_at(task, policy, at)
    return True, due or _NEVER, rank or _NEVER, task.id


def _customer(connection: Connection, buyer: str) -> int:
    found = calls.find_customer(connection, buyer) or queries.customer_of_order(connection, buyer)
    if not found:
        raise NotFoundError(f"没有这位客户：{buyer}", field="buyer")
    if len(found) > 1:
        raise UsageError(
            f"“{buyer}”是打码的用户ID，对应 {len(found)} 位客户，请改用订单编号查询", field="buyer"
        )
    return found[0]


def _with_task(
    law: Law, task: TaskFacts, buyer: str, at: datetime, ending: Ending | None
) -> Explanation:
    held = _held_at(task, at)
    policy = law.policy_for(task.campaign_id)
    ignoring = [held.id] if held is not None else []
    case = case_for(task, at, policy, law.calendar, ignoring=ignoring)
    checks = all_checks(case)
    if ending is not None:
        closed = Stop(rule_of_ending(task.kind, ending), f"任务已结束：{ENDING_LABELS[ending]}")
        others = [check for check in checks if check.rule != closed.rule]
        checks = [*_rows((closed.rule,), closed), *others]
        return _explained(buyer, at, task.id, checks, None)
    if held is not None:
        who = "已经拨打" if held.state is AttemptState.DIALLED else "已分给坐席"
        checks.insert(0, Checked("R-CLAIM-1", "wait", held.lease_until, f"这位客户{who}"))
        return _explained(buyer, at, task.id, checks, None)
    return _explained(buyer, at, task.id, checks, forecast(case).at)


def all_checks(case: Case) -> list[Checked]:
    """Every check's answer, in the order in which the gate asks them."""
    kind = case.task.kind
    return [row for check, answer in ask_all(case) for row in _rows(check.rules_for(kind), answer)]


def _held_at(task: TaskFacts, at: datetime) -> AttemptFacts | None:
    """R-CLAIM-1. The attempt by which somebody holds the task; a lapsed lease holds nobody.

    Whether or not anybody has swept it up yet.
    """
    held = live_attempt(task)
    if held is None or held.state is not AttemptState.HANDED_OUT or held.lease_until is None:
        return held
    return held if held.lease_until > at else None


def _without_task(
    connection: Connection, law: Law, customer_id: int, buyer: str, at: datetime, kind: Kind
) -> Explanation:
    """No open task: say what kept the customer from becoming one."""
    customer = load_customers(connection, [customer_id], at, as_of=at)[customer_id]
    orders = tuple(queries.orders_at(connection, customer_id, at))
    facts = _would_be(connection, law, customer, orders, at, kind)
    missing = _NOT_PLANNED[kind](facts, at)
    step = NextStep(Follow.FIRST, rule=rules_of(kind).plan_rule)
    policy = law.policy_for(facts.campaign_id)
    case = case_for(facts, at, policy, law.calendar, step=step)
    checks = all_checks(case)
    return _explained(buyer, at, None, [missing, *checks], None)


def _no_reminder_yet(facts: TaskFacts, at: datetime) -> Checked:
    unpaid = dunning.unpaid(facts.orders)
    if not unpaid:
        reason = "没有待付款的订单" if facts.orders else "这时还没有这位客户的订单"
        return Checked("R-DUN-4", "stop", None, reason)
    if all(business_day(o.placed_at) >= business_day(at) for o in unpaid):
        return Checked("R-DUN-1", "wait", None, "订单是今天拍下的，明天才进入计划")
    return Checked("R-DUN-1", "wait", None, "还没有排入计划")


def _no_callback_yet(facts: TaskFacts, at: datetime) -> Checked:
    if facts.topic is not Topic.NONE:
        return Checked("R-CB-2", "wait", None, "还没有排入计划")
    return Checked("R-CB-2", "stop", None, "没有签收或在途天数合适的订单")


def _no_notice_yet(facts: TaskFacts, at: datetime) -> Checked:
    if facts.shortages:
        return Checked("R-OOS-1", "wait", None, "还没有排入计划")
    return Checked("R-OOS-1", "stop", None, "没有缺货的已付款订单")


def _not_sampled(facts: TaskFacts, at: datetime) -> Checked:
    return Checked("R-SMP-1", "stop", None, "不在本月抽查名单里，或者是还没有用到的备选")


_NOT_PLANNED: Mapping[Kind, Callable[[TaskFacts, datetime], Checked]] = {
    Kind.DUNNING: _no_reminder_yet,
    Kind.CALLBACK: _no_callback_yet,
    Kind.STOCK_OUT: _no_notice_yet,
    Kind.SAMPLING: _not_sampled,
}


def _would_be(
    connection: Connection,
    law: Law,
    customer: CustomerFacts,
    orders: tuple[OrderFacts, ...],
    at: datetime,
    kind: Kind,
) -> TaskFacts:
    """The task that the plan of this day would make of the customer's orders.

    R-REPEAT-2. In the campaign that the first of them goes to, by whose numbers it is judged.
    """
    owners = owners_of(connection, kind, [order.order_no for order in orders])
    topic, shortages = Topic.NONE, tuple[ShortageFacts, ...]()
    day = business_day(at)
    if kind is Kind.CALLBACK:
        policies = [law.policy_for(owners.get(order.order_no, 0)) for order in orders]
        topics = [
            callback.topic_of(o, day, policy) for o, policy in zip(orders, policies, strict=True)
        ]
        topic = next((t for t in (Topic.NOT_RECEIVED, Topic.RECEIVED) if t in topics), topic)
        orders = tuple(o for o, t in zip(orders, topics, strict=True) if t is topic)
    elif kind is Kind.STOCK_OUT:
        missing = matches(connection)
        orders = tuple(o for o in orders if o.order_no in missing)
        shortages = tuple(dict.fromkeys(s for o in orders for s in missing[o.order_no]))
    planned = dunning.unpaid(orders) if kind is Kind.DUNNING else orders
    oldest = min(planned, key=lambda one: one.placed_at, default=None)
    return TaskFacts(
        id=0,
        kind=kind,
        campaign_id=owners.get(oldest.order_no, 0) if oldest is not None else 0,
        created_at=at,
        business_day=business_day(at),
        customer=customer,
        orders=orders,
        topic=topic,
        shortages=shortages,
    )


def _rows(rules: tuple[str, ...], answer: Decision) -> list[Checked]:
    """A check's answer, one line for each rule id that it rests on."""
    if isinstance(answer, Allow):
        return [Checked(rule, "allow", None, answer.reason) for rule in rules]
    verdict: Verdict = "wait" if isinstance(answer, Wait) else "stop"
    until = answer.until if isinstance(answer, Wait) else None
    named = (answer.rule, *answer.also)
    return [Checked(rule, verdict, until, answer.reason) for rule in named]


def _explained(
    buyer: str, at: datetime, task: int | None, checks: list[Checked], due: datetime | None
) -> Explanation:
    stops = [c for c in checks if c.verdict == "stop"]
    waits = [c for c in checks if c.verdict == "wait"]
    binding = stops[0] if stops else _last(waits)
    verdict: Verdict = "stop" if stops else "wait" if waits else "allow"
    return Explanation(buyer, at, task, verdict, due, binding, tuple(checks))


def _last(waits: list[Checked]) -> Checked | None:
    """The wait that holds longest; one that knows no end holds longest of all."""
    endless = [c for c in waits if c.until is None]
    if endless:
        return endless[0]
    return max(waits, key=lambda c: c.until.timestamp() if c.until else 0.0, default=None)
