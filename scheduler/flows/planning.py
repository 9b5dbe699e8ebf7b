"""The day's plan (R-DUN-1, R-CB-2, R-OOS-1): who becomes a task, and who is left out by which rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit, imports, stock
from adapters.store.queries import planning as queries
from adapters.store.queries.facts import load_customers, order_facts
from adapters.store.queries.planning import Campaign, OpenTask
from campaigns.days import day_bounds
from campaigns.decisions import Follow, NextStep, Stop, Wait
from campaigns.facts import CustomerFacts, TaskFacts
from campaigns.labels_zh import ENDING_LABELS
from campaigns.registry import rules_of
from campaigns.values import Ending, Kind, OrderState, TaskState, Topic
from scheduler.flows import figures
from scheduler.flows.control_group import CONTROL_RULE, control_group
from scheduler.flows.plan_values import CampaignPlan, LeftOut, Plan, PlannedTask
from scheduler.flows.populations import Candidate, Question, partition_of, population
from scheduler.flows.refresh import refresh_tasks
from scheduler.flows.schedule_columns import state_for, window_group
from scheduler.flows.second_look import look_again
from scheduler.rules.gate import case_for
from scheduler.rules.obstacles import obstacles
from scheduler.rules.schedule import Schedule, rule_of_ending, schedule
from scheduler.runtime import Law, Runtime

_NO_WINDOW = {
    "R-DUN-3": "关闭时间之前没有可以拨打的时段",
    "R-CB-2": "回访期限之前没有可以拨打的时段",
    "R-OOS-1": "预计到货日之前没有可以拨打的时段",
    "R-PHONE-2": "虚拟号过期之前没有可以拨打的时段",
}

_SETTLED = frozenset({Ending.ANSWERED, Ending.DECLINED, Ending.AGREED, Ending.REFUSED})
"""Said and done: such a customer is not among those who were left out."""

NEW_TASK_ID = 0
"""Stands for a task that is not stored yet."""

__all__ = ["CampaignPlan", "LeftOut", "Plan", "PlannedTask", "plan", "try_plan"]


def plan(
    runtime: Runtime,
    day: date,
    now: datetime,
    who: str,
    *,
    kind: Kind | None = None,
    dry_run: bool = False,
) -> Plan:
    """Make the tasks of a day of calling; running it again changes nothing.

    A customer with an open task gets the new orders added to it (R-DUN-2). Earlier days that were
    never planned are made up while their orders are open (R-DUN-1).
    """
    opened = runtime.snapshot() if dry_run else runtime.transaction()
    with opened as connection:
        law = runtime.law(connection)
        planned = queries.campaigns(connection, kind, to_plan=not dry_run)
        days = [
            _Day(
                connection, runtime, law, campaign, planned, day, now=now, who=who, dry_run=dry_run
            )
            for campaign in planned
            if campaign.kind != Kind.SAMPLING  # R-SMP-3: its tasks are made by the approval
        ]
        plans = tuple(one.plan() for one in days)
        # An order that joins may make a reminder count; the sums are shared, so they come last.
        figures.settle(connection, (task for one in days for task in one.reminders_joined))
    if not dry_run:
        look_again(runtime, now, who)
    return Plan(day, plans, not law.calendar.is_known(day.year))


def try_plan(
    connection: Connection,
    runtime: Runtime,
    law: Law,
    campaign: Campaign,
    beside: Sequence[Campaign],
    *,
    day: date,
    now: datetime,
) -> CampaignPlan:
    """What the plan of a day would be of one campaign as it is given; nothing is stored.

    `beside` are all campaigns that would be planned then, this one among them. Only what would be new
    is among its tasks: open ones stand in their rows as they were judged by the saved numbers.
    """
    made = _Day(connection, runtime, law, campaign, beside, day, now=now, who="", dry_run=True)
    tried = made.plan()
    return replace(tried, tasks=tuple(task for task in tried.tasks if task.task is None))


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A customer who is to become a task: the orders, the region, and when."""

    found: list[Candidate]
    facts: TaskFacts
    judged: Schedule


@dataclass(frozen=True, slots=True)
class _Control:
    """R-DUN-9. The share that the day keeps uncalled, and who was drawn in this run."""

    percent: int
    drawn: list[_Fresh]


class _Day:
    """One campaign's day while it is being planned."""

    def __init__(
        self,
        connection: Connection,
        runtime: Runtime,
        law: Law,
        campaign: Campaign,
        beside: Sequence[Campaign],
        day: date,
        *,
        now: datetime,
        who: str,
        dry_run: bool,
    ) -> None:
        self.connection, self.runtime, self.law = connection, runtime, law.of(campaign.id)
        self.partition = partition_of(beside, campaign.kind)
        self.campaign, self.day, self.now, self.who = campaign, day, now, who
        self.kind = Kind(campaign.kind)
        self.dry_run = dry_run
        self.reminders_joined: list[int] = []

    def plan(self) -> CampaignPlan:
        """Population, verdicts, tasks."""
        by_customer: dict[int, list[Candidate]] = {}
        question = Question(self.campaign, self.day, self.now, self.law, self.partition)
        for found in population(self.connection, question):
            by_customer.setdefault(found.row.customer_id, []).append(found)
        open_tasks = queries.open_tasks(self.connection, self.campaign.id)
        left_out: list[LeftOut] = []
        joining: dict[int, list[Candidate]] = {}
        fresh: dict[int, list[Candidate]] = {}
        for customer_id, candidates in by_customer.items():
            task = open_tasks.get(customer_id)
            free = [found for found in candidates if found.is_free]
            if task is not None:
                more = _joining(task, candidates)
                if more:
                    joining[task.id] = more
            elif free:
                fresh[customer_id] = _of_one_topic(free)
            elif Ending(candidates[0].row.ending) not in _SETTLED:
                left_out.append(self._ended(candidates[0]))
        would_be = self._judge(fresh, left_out)
        would_be, control = self._draw(would_be, left_out)
        if self.dry_run:
            listed = self._listed(set(), joining)
            listed += [self._as_new(fresh) for fresh in would_be]
        else:
            created = self._store(would_be, joining, control)
            listed = self._listed(created, joining)
        return CampaignPlan(self.kind, self.campaign.id, tuple(listed), tuple(left_out))

    def _judge(self, fresh: dict[int, list[Candidate]], left_out: list[LeftOut]) -> list[_Fresh]:
        """Ask the gate about every would-be task; a Stop leaves the customer out."""
        customers = load_customers(self.connection, fresh, self.now)
        kept: list[_Fresh] = []
        for customer_id, found in fresh.items():
            facts = self._facts(customers[customer_id], found)
            judged, stops = self._ask(facts)
            if stops:
                left_out.append(_stopped(found[0].row.buyer, stops))
            else:
                kept.append(_Fresh(found, facts, judged))
        return kept

    def _draw(
        self, would_be: list[_Fresh], left_out: list[LeftOut]
    ) -> tuple[list[_Fresh], _Control]:
        """R-DUN-9. Who of those that would be called is kept uncalled."""
        ids = [fresh.facts.customer.id for fresh in would_be]
        group = control_group(self.connection, self.campaign, self.day, ids, self.now)
        kept: list[_Fresh] = []
        drawn: list[_Fresh] = []
        for fresh in would_be:
            reason = group.reason(fresh.facts.customer.id)
            if reason is None:
                kept.append(fresh)
                continue
            left_out.append(LeftOut(fresh.found[0].row.buyer, (CONTROL_RULE,), reason))
            if fresh.facts.customer.id in group.drawn:
                drawn.append(fresh)
        return kept, _Control(group.percent, drawn)

    def _facts(self, customer: CustomerFacts, found: list[Candidate]) -> TaskFacts:
        return TaskFacts(
            id=NEW_TASK_ID,
            kind=self.kind,
            campaign_id=self.campaign.id,
            created_at=self.now,
            business_day=self.day,
            customer=customer,
            orders=tuple(order_facts(one.row) for one in found),
            topic=found[0].topic,
            shortages=tuple(dict.fromkeys(short for one in found for short in one.shortages)),
        )

    def _ask(self, facts: TaskFacts) -> tuple[Schedule, list[Stop | Wait]]:
        step = NextStep(Follow.FIRST, rule=rules_of(self.kind).plan_rule)
        case = case_for(facts, self.now, self.law.policy, self.law.calendar, step=step)
        judged = schedule(case)
        if judged.due_at is not None:
            return judged, []
        return judged, obstacles(case, _NO_WINDOW)

    def _store(
        self, would_be: list[_Fresh], joining: dict[int, list[Candidate]], control: _Control
    ) -> set[int]:
        batch_id = queries.batch_of(self.connection, self.campaign.id, self.day)
        is_first = batch_id is None
        known = imports.data_until(self.connection)
        if batch_id is None:
            batch_id = queries.add_batch(
                self.connection, self.campaign.id, self.day, self.now, known, control.percent
            )
        else:
            queries.extend_batch(self.connection, batch_id, known)
        ids = queries.add_tasks(
            self.connection, [self._task_row(batch_id, fresh) for fresh in would_be]
        )
        made = [(task_id, fresh.found) for task_id, fresh in zip(ids, would_be, strict=True)]
        made += self._keep_uncalled(batch_id, control.drawn)
        links = self._link([*made, *joining.items()])
        refresh_tasks(self.connection, self.runtime, self.now, joining, self.who)
        if self.kind is Kind.DUNNING:
            self.reminders_joined.extend(joining)
        if is_first or links:
            audit.record(
                self.connection,
                self.now,
                self.who,
                "plan.made",
                f"batch:{batch_id}",
                after={"day": self.day, "tasks": len(ids), "joined": len(joining)},
            )
        return set(ids)

    def _keep_uncalled(
        self, batch_id: int, drawn: list[_Fresh]
    ) -> list[tuple[int, list[Candidate]]]:
        """R-DUN-9. Tasks that end as they begin: nobody is called, messaged or planned again for them."""
        ended = {
            "state": TaskState.CLOSED,
            "due_at": None,
            "closed_at": self.now,
            "ending": Ending.CONTROL,
        }
        ids = queries.add_tasks(
            self.connection, [self._task_row(batch_id, fresh) | ended for fresh in drawn]
        )
        after = {"ending": Ending.CONTROL, "rule": CONTROL_RULE}
        for task_id in ids:
            audit.record(
                self.connection, self.now, self.who, "task.closed", f"task:{task_id}", after=after
            )
        return [(task_id, fresh.found) for task_id, fresh in zip(ids, drawn, strict=True)]

    def _link(self, tasks: list[tuple[int, list[Candidate]]]) -> int:
        """Note which orders, and which missing articles, each task is about."""
        orders = [
            {"task_id": task_id, "order_id": one.row.id, "joined_at": self.now}
            for task_id, found in tasks
            for one in found
            if one.row.task_id != task_id
        ]
        queries.link_orders(self.connection, orders)
        stock.link(
            self.connection,
            [
                {"task_id": task_id, "shortage_id": short.id, "joined_at": self.now}
                for task_id, found in tasks
                for short in dict.fromkeys(s for one in found for s in one.shortages)
            ],
        )
        return len(orders)

    def _task_row(self, batch_id: int, fresh: _Fresh) -> dict[str, object]:
        judged = fresh.judged
        return {
            "campaign_id": self.campaign.id,
            "kind": self.campaign.kind,
            "topic": fresh.facts.topic,
            "customer_id": fresh.facts.customer.id,
            "batch_id": batch_id,
            "state": state_for(judged, self.now),
            "due_at": judged.due_at,
            "urgency": judged.urgency,
            "rank_at": judged.rank_at,
            "deadline": judged.deadline,
            "callable_until": judged.callable_until,
            "region": fresh.facts.customer.region,
            "window_group": window_group(fresh.facts.customer.region, self.law.policy),
            "fence": 0,
            "created_at": self.now,
        }

    def _listed(self, created: set[int], joining: dict[int, list[Candidate]]) -> list[PlannedTask]:
        """Every open task of this day, whether made now or before."""
        ids = {*queries.made_for(self.connection, self.campaign.id, self.day), *created, *joining}
        if self.kind is Kind.DUNNING:
            placed = day_bounds(self.day - timedelta(days=1))
            ids.update(queries.with_unpaid_placed(self.connection, self.campaign.id, *placed))
        stored = queries.stored_schedule(self.connection, sorted(ids))
        orders = queries.orders_of(self.connection, ids)
        listed = []
        for task_id in sorted(ids):
            row = stored[task_id]
            about = [o for o in orders.get(task_id, []) if self._is_about(o.state)]
            if self.dry_run:
                known = {o.order_no for o in about}
                more = (one.row for one in joining.get(task_id, []))
                about += [order for order in more if order.order_no not in known]
            listed.append(
                PlannedTask(
                    task=task_id,
                    new=task_id in created,
                    buyer=row.buyer,
                    orders=tuple(o.order_no for o in about),
                    amount_fen=self._amount(about),
                    due_at=row.due_at,
                    deadline=row.deadline,
                    region=row.region,
                    topic=Topic(row.topic),
                )
            )
        return listed

    def _is_about(self, state: str) -> bool:
        """R-DUN-2. A reminder is about what is still unpaid; the others about all their orders."""
        return self.kind is not Kind.DUNNING or state == OrderState.AWAITING_PAYMENT

    def _amount(self, orders: Sequence[Row[Any]]) -> int:
        return sum(o.total_fen for o in orders) if self.kind is Kind.DUNNING else 0

    def _as_new(self, fresh: _Fresh) -> PlannedTask:
        rows = [one.row for one in fresh.found]
        return PlannedTask(
            task=None,
            new=True,
            buyer=rows[0].buyer,
            orders=tuple(row.order_no for row in rows),
            amount_fen=self._amount(rows),
            due_at=fresh.judged.due_at,
            deadline=fresh.judged.deadline,
            region=fresh.facts.customer.region,
            topic=fresh.facts.topic,
        )

    def _ended(self, found: Candidate) -> LeftOut:
        ending = Ending(found.row.ending)
        rule = rule_of_ending(self.kind, ending)
        return LeftOut(found.row.buyer, (rule,), f"任务已结束：{ENDING_LABELS[ending]}")


def _joining(task: OpenTask, candidates: list[Candidate]) -> list[Candidate]:
    """What an open task does not have yet: orders of its own topic, and articles found missing.

    What was settled in an earlier task stays settled (R-OOS-1).
    """
    fitting = [one for one in candidates if one.topic is task.topic]
    return [one for one in fitting if one.is_free or (one.shortages and one.row.task_id == task.id)]


def _of_one_topic(found: list[Candidate]) -> list[Candidate]:
    """R-CB-2. One talk, one script: who still waits for a parcel is called about that one first."""
    topics = {one.topic for one in found}
    topic = Topic.NOT_RECEIVED if Topic.NOT_RECEIVED in topics else found[0].topic
    return [one for one in found if one.topic is topic]


def _stopped(buyer: str, stops: Sequence[Stop | Wait]) -> LeftOut:
    rules = dict.fromkeys(rule for stop in stops for rule in (stop.rule, *stop.also))
    return LeftOut(buyer, tuple(rules), "；".join(stop.reason for stop in stops))
