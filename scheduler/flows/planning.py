"""The day's plan (R-DUN-1, R-DUN-2): who becomes a task, and who is left out by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit, imports
from adapters.store.queries import planning as queries
from adapters.store.queries.facts import load_customers, order_facts
from adapters.store.queries.planning import Campaign
from campaigns.days import business_day, day_bounds
from campaigns.decisions import Follow, NextStep, Stop
from campaigns.facts import CustomerFacts, TaskFacts
from campaigns.kinds import dunning
from campaigns.labels_zh import ENDING_LABELS
from campaigns.values import Ending, Kind
from scheduler.flows.refresh import refresh_tasks, state_for, window_group
from scheduler.rules.gate import GATE, case_for, forecast
from scheduler.rules.hours import next_open
from scheduler.rules.schedule import RULE_OF_ENDING, Schedule, schedule
from scheduler.runtime import Law, Runtime

_NO_WINDOW = {
    "R-DUN-3": "关闭时间之前没有可以拨打的时段",
    "R-PHONE-2": "虚拟号过期之前没有可以拨打的时段",
}

NEW_TASK_ID = 0
"""Stands for a task that is not stored yet."""


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """One customer in the plan. `task` is None in a dry run for a task that would be new."""

    task: int | None
    new: bool
    buyer: str
    orders: tuple[str, ...]
    amount_fen: int
    due_at: datetime | None
    deadline: datetime
    region: str | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A customer of the population who is not called, by which rules, in Chinese why."""

    buyer: str
    rules: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """One campaign's day."""

    kind: Kind
    campaign_id: int
    tasks: tuple[PlannedTask, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one day of calling. `unknown_calendar`: R-HOURS-6, no official calendar yet."""

    day: date
    campaigns: tuple[CampaignPlan, ...]
    unknown_calendar: bool


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
        plans = tuple(
            _Day(connection, runtime, law, campaign, day, now=now, who=who, dry_run=dry_run).plan()
            for campaign in queries.campaigns(connection, kind, to_plan=not dry_run)
        )
    return Plan(day, plans, not law.calendar.is_known(day.year))


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A customer who is to become a task: the orders, the region, and when."""

    rows: list[Row[Any]]
    region: str | None
    judged: Schedule


class _Day:
    """One campaign's day while it is being planned."""

    def __init__(
        self,
        connection: Connection,
        runtime: Runtime,
        law: Law,
        campaign: Campaign,
        day: date,
        *,
        now: datetime,
        who: str,
        dry_run: bool,
    ) -> None:
        self.connection, self.runtime, self.law = connection, runtime, law
        self.campaign, self.day, self.now, self.who = campaign, day, now, who
        self.dry_run = dry_run
        self.start, self.end = day_bounds(day - timedelta(days=1))

    def plan(self) -> CampaignPlan:
        """Population, verdicts, tasks."""
        by_customer: dict[int, list[Row[Any]]] = {}
        for row in self._population():
            by_customer.setdefault(row.customer_id, []).append(row)
        open_tasks = queries.open_tasks(self.connection, self.campaign.id)
        left_out: list[LeftOut] = []
        joining: dict[int, list[Row[Any]]] = {}
        fresh: dict[int, list[Row[Any]]] = {}
        for customer_id, rows in by_customer.items():
            unassigned = [row for row in rows if row.task_id is None]
            if customer_id in open_tasks:
                if unassigned:
                    joining[open_tasks[customer_id]] = unassigned
            elif unassigned:
                fresh[customer_id] = unassigned
            else:
                left_out.append(_ended(rows[0]))
        would_be = self._judge(fresh, left_out)
        if self.dry_run:
            listed = self._listed(set(), joining)
            listed += [_as_new(fresh) for fresh in would_be]
        else:
            created = self._store(would_be, joining)
            listed = self._listed(created, joining)
        return CampaignPlan(
            Kind(self.campaign.kind), self.campaign.id, tuple(listed), tuple(left_out)
        )

    def _population(self) -> list[Row[Any]]:
        """R-DUN-1. Yesterday's unpaid orders, and those of earlier days that nobody planned."""
        back = int(self.law.policy.marketplace_closes / timedelta(days=1)) + 1
        earliest = self.day - timedelta(days=1 + back)
        planned = queries.planned_days(self.connection, self.campaign.id, earliest, self.day)
        rows = queries.unpaid_placed(
            self.connection, self.campaign.id, day_bounds(earliest)[0], self.end
        )
        ahead = business_day(next_open(self.now, None, self.law.policy, self.law.calendar))
        kept = []
        for row in rows:
            called_on = business_day(row.placed_at) + timedelta(days=1)
            closes = dunning.closes_at(order_facts(row), self.law.policy)
            # A day that can still be called on is not missed: it gets a plan of its own.
            made_up = called_on not in planned and called_on < ahead and closes > self.now
            if dunning.is_placed_for(row.placed_at, self.day) or made_up:
                kept.append(row)
        return kept

    def _judge(self, fresh: dict[int, list[Row[Any]]], left_out: list[LeftOut]) -> list[_Fresh]:
        """Ask the gate about every would-be task; a Stop leaves the customer out."""
        customers = load_customers(self.connection, fresh, self.now)
        kept: list[_Fresh] = []
        for customer_id, rows in fresh.items():
            facts = self._facts(customers[customer_id], rows)
            judged, stops = self._ask(facts)
            if stops:
                left_out.append(_stopped(rows[0].buyer, stops))
            else:
                kept.append(_Fresh(rows, facts.customer.region, judged))
        return kept

    def _facts(self, customer: CustomerFacts, rows: list[Row[Any]]) -> TaskFacts:
        return TaskFacts(
            id=NEW_TASK_ID,
            kind=Kind(self.campaign.kind),
            campaign_id=self.campaign.id,
            created_at=self.now,
            business_day=self.day,
            customer=customer,
            orders=tuple(order_facts(row) for row in rows),
        )

    def _ask(self, facts: TaskFacts) -> tuple[Schedule, list[Stop]]:
        step = NextStep(Follow.FIRST, rule="R-DUN-1")
        case = case_for(facts, self.now, self.law.policy, self.law.calendar, step=step)
        judged = schedule(case)
        if judged.due_at is not None:
            return judged, []
        stops = [answer for check in GATE if isinstance(answer := check.ask(case), Stop)]
        blocked = forecast(case).blocked_by
        if not stops and isinstance(blocked, Stop):  # not now, but before any window opens
            reason = _NO_WINDOW.get(blocked.rule, blocked.reason)
            stops.append(Stop(blocked.rule, reason, ("R-HOURS-3",)))
        return judged, stops

    def _store(
        self,
        would_be: list[_Fresh],
        joining: dict[int, list[Row[Any]]],
    ) -> set[int]:
        batch_id = queries.batch_of(self.connection, self.campaign.id, self.day)
        is_first = batch_id is None
        known = imports.data_until(self.connection)
        if batch_id is None:
            batch_id = queries.add_batch(
                self.connection, self.campaign.id, self.day, self.now, known
            )
        else:
            queries.extend_batch(self.connection, batch_id, known)
        ids = queries.add_tasks(
            self.connection, [self._task_row(batch_id, fresh) for fresh in would_be]
        )
        links = [
            {"task_id": task_id, "order_id": row.id, "joined_at": self.now}
            for task_id, fresh in zip(ids, would_be, strict=True)
            for row in fresh.rows
        ]
        links += [
            {"task_id": task_id, "order_id": row.id, "joined_at": self.now}
            for task_id, rows in joining.items()
            for row in rows
        ]
        queries.link_orders(self.connection, links)
        refresh_tasks(self.connection, self.runtime, self.now, joining, self.who)
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

    def _task_row(self, batch_id: int, fresh: _Fresh) -> dict[str, object]:
        judged = fresh.judged
        return {
            "campaign_id": self.campaign.id,
            "kind": self.campaign.kind,
            "customer_id": fresh.rows[0].customer_id,
            "batch_id": batch_id,
            "state": state_for(judged, self.now),
            "due_at": judged.due_at,
            "urgency": judged.urgency,
            "rank_at": judged.rank_at,
            "deadline": judged.deadline,
            "callable_until": judged.callable_until,
            "region": fresh.region,
            "window_group": window_group(fresh.region, self.law.policy),
            "fence": 0,
            "created_at": self.now,
        }

    def _listed(self, created: set[int], joining: dict[int, list[Row[Any]]]) -> list[PlannedTask]:
        """Every open task of this day, whether made now or before."""
        ids = queries.tasks_of_day(
            self.connection, self.campaign.id, self.day, self.start, self.end
        )
        ids = sorted({*ids, *created, *joining})
        stored = queries.stored_schedule(self.connection, ids)
        unpaid = queries.unpaid_orders_of(self.connection, ids)
        listed = []
        for task_id in ids:
            row = stored[task_id]
            orders = [*unpaid.get(task_id, [])]
            if self.dry_run:
                orders += joining.get(task_id, [])
            listed.append(
                PlannedTask(
                    task=task_id,
                    new=task_id in created,
                    buyer=row.buyer,
                    orders=tuple(o.order_no for o in orders),
                    amount_fen=sum(o.total_fen for o in orders),
                    due_at=row.due_at,
                    deadline=row.deadline,
                    region=row.region,
                )
            )
        return listed


def _as_new(fresh: _Fresh) -> PlannedTask:
    return PlannedTask(
        task=None,
        new=True,
        buyer=fresh.rows[0].buyer,
        orders=tuple(row.order_no for row in fresh.rows),
        amount_fen=sum(row.total_fen for row in fresh.rows),
        due_at=fresh.judged.due_at,
        deadline=fresh.judged.deadline,
        region=fresh.region,
    )


def _stopped(buyer: str, stops: list[Stop]) -> LeftOut:
    rules = dict.fromkeys(rule for stop in stops for rule in (stop.rule, *stop.also))
    return LeftOut(buyer, tuple(rules), "；".join(stop.reason for stop in stops))


def _ended(row: Row[Any]) -> LeftOut:
    ending = Ending(row.ending)
    return LeftOut(row.buyer, (RULE_OF_ENDING[ending],), f"任务已结束：{ENDING_LABELS[ending]}")
