"""Trying a campaign out: who would be called when, who never, and whether the people suffice.

Nothing is stored. The answers are the plan's own and the gate's own, asked for a day that is still to
come or for now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import ceil

from sqlalchemy import Connection

from adapters.store.queries import audit, tasks
from adapters.store.queries import campaigns as campaign_queries
from adapters.store.queries import planning as queries
from adapters.store.queries.facts import load_tasks
from adapters.store.queries.planning import Campaign
from campaigns.days import business_day
from campaigns.errors import NotFoundError, UsageError
from campaigns.own_numbers import composed
from campaigns.population import stored
from campaigns.registry import rules_of
from campaigns.values import SHOP_ZONE, Kind
from scheduler.flows.campaign_people import callers_of, chosen_of
from scheduler.flows.campaign_setup import Setup, checked, setup_of
from scheduler.flows.plan_values import LeftOut
from scheduler.flows.planning import try_plan
from scheduler.flows.populations import Question, partition_of, staying_elsewhere
from scheduler.flows.refresh import live_attempt
from scheduler.rules.gate import case_for
from scheduler.rules.hours import slots_on
from scheduler.rules.schedule import rule_of_ending, schedule
from scheduler.runtime import Law, Runtime

TRIED = 2_000
"""Open tasks that a trial judges anew; a few seconds."""

DAYS_SHOWN = 14
HISTORY = timedelta(days=28)
ENOUGH_CALLS = 30
"""From so many own calls on, the own rate is told; before, what is assumed below."""

ASSUMED_CALLS_PER_HOUR = 12
ASSUMED_REACHED_PERCENT = 50


@dataclass(frozen=True, slots=True)
class TrialCall:
    """One customer who would be called. `due_at` None: not before something changes."""

    buyer: str
    is_new: bool
    orders: int
    amount_fen: int
    due_at: datetime | None
    deadline: datetime
    region: str | None


@dataclass(frozen=True, slots=True)
class TrialDay:
    """One day: first calls, all calls that are expected, and how many the people can make."""

    day: date
    first_calls: int
    calls: int
    capacity: int

    @property
    def is_enough(self) -> bool:
        """Whether the people can make that day's calls."""
        return self.calls <= self.capacity


@dataclass(frozen=True, slots=True)
class Rates:
    """What the staffing rests on; `calls` own calls of the last weeks, or none and assumptions.

    R-REPEAT-4. Who is not reached is called again, up to the task's attempts.
    """

    people: int
    calls_per_hour: float
    reached_percent: float
    calls: int

    @property
    def is_measured(self) -> bool:
        """Whether the rates are the shop's own."""
        return self.calls >= ENOUGH_CALLS


@dataclass(frozen=True, slots=True)
class Trial:
    """A campaign's day as it would be. `staying`: orders that fit, but have a task elsewhere."""

    day: date
    at: datetime
    calls: tuple[TrialCall, ...]
    left_out: tuple[LeftOut, ...]
    staying: int
    days: tuple[TrialDay, ...]
    rates: Rates

    @property
    def by_rule(self) -> tuple[tuple[tuple[str, ...], str, int], ...]:
        """Who never fits: the rules, in Chinese why, and how many; the most first."""
        found = Counter((left.rules, left.reason) for left in self.left_out)
        return tuple((*key, count) for key, count in found.most_common())

    @property
    def is_enough(self) -> bool:
        """Whether the people suffice on every day."""
        return all(day.is_enough for day in self.days)


@dataclass(frozen=True, slots=True)
class Moved:
    """A customer whom a change moves. `rules` say why they are not called after it."""

    buyer: str
    was_in: bool
    is_in: bool
    before: datetime | None
    after: datetime | None
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A setup tried against the one that is saved."""

    before: Trial
    after: Trial
    moved: tuple[Moved, ...]


def day_to_try(runtime: Runtime, campaign_id: int, now: datetime) -> date:
    """Today, or tomorrow when today's plan of the kind was made already."""
    today = business_day(now)
    with runtime.snapshot() as connection:
        campaign = _named(connection, campaign_id)
        planned = any(
            queries.batch_of(connection, one.id, today) is not None
            for one in queries.campaigns(connection, campaign.kind)
        )
    return today + timedelta(days=1) if planned else today


def dry_run(
    runtime: Runtime,
    campaign_id: int,
    now: datetime,
    *,
    day: date | None = None,
    setup: Setup | None = None,
) -> Trial:
    """The plan of a day as this campaign would have it if it ran, as saved or as `setup` has it.

    Raises NotFoundError, and UsageError for a setup that could not be saved and a day that is over.
    """
    day = day or day_to_try(runtime, campaign_id, now)
    if day < business_day(now):
        raise UsageError("这一天已经过去", field="day")
    with runtime.snapshot() as connection:
        return _try(connection, runtime, campaign_id, day, now, setup)


def compare(
    runtime: Runtime,
    campaign_id: int,
    setup: Setup,
    now: datetime,
    *,
    day: date | None = None,
) -> Change:
    """Which customers a change would move, before it is saved."""
    day = day or day_to_try(runtime, campaign_id, now)
    before = dry_run(runtime, campaign_id, now, day=day)
    after = dry_run(runtime, campaign_id, now, day=day, setup=setup)
    was = {call.buyer: call for call in before.calls}
    will = {call.buyer: call for call in after.calls}
    why = {left.buyer: left.rules for left in after.left_out}
    moved = [
        Moved(
            buyer,
            buyer in was,
            buyer in will,
            was[buyer].due_at if buyer in was else None,
            will[buyer].due_at if buyer in will else None,
            why.get(buyer, ()),
        )
        for buyer in dict.fromkeys((*was, *will))
    ]
    return Change(
        before,
        after,
        tuple(m for m in moved if (m.was_in, m.before) != (m.is_in, m.after)),
    )


def note_export(runtime: Runtime, campaign_id: int, tried: Trial, now: datetime, who: str) -> None:
    """R-AUD-1. That a list of customers was taken out is kept, and how long it was."""
    with runtime.transaction() as connection:
        audit.record(
            connection,
            now,
            who,
            "campaign.trial_exported",
            f"campaign:{campaign_id}",
            after={"day": tried.day, "rows": len(tried.calls) + len(tried.left_out)},
        )


def _try(
    connection: Connection,
    runtime: Runtime,
    campaign_id: int,
    day: date,
    now: datetime,
    setup: Setup | None,
) -> Trial:
    campaign, law = _named(connection, campaign_id), runtime.law(connection)
    if setup is not None:
        campaign, law = _as_if(connection, campaign, law, setup)
    beside = [one for one in queries.campaigns(connection, campaign.kind) if one.id != campaign_id]
    beside.append(campaign)
    opens = datetime.combine(day, law.policy.plan_at, tzinfo=SHOP_ZONE).astimezone(UTC)
    at = max(now, opens)
    made = try_plan(connection, runtime, law, campaign, beside, day=day, now=at)
    calls = [
        TrialCall(
            task.buyer,
            True,
            len(task.orders),
            task.amount_fen,
            task.due_at,
            task.deadline,
            task.region,
        )
        for task in made.tasks
    ]
    still_open, ended = _open_calls(connection, law, campaign_id, at)
    calls += still_open
    question = Question(campaign, day, at, law.of(campaign_id), partition_of(beside, campaign.kind))
    rates = _rates(connection, campaign, at, None if setup is None else setup.callers)
    return Trial(
        day,
        at,
        tuple(sorted(calls, key=_by_time)),
        (*made.left_out, *ended),
        staying_elsewhere(connection, question),
        tuple(_days(calls, rates, law.of(campaign_id), Kind(campaign.kind), at)),
        rates,
    )


def _named(connection: Connection, campaign_id: int) -> Campaign:
    campaign = queries.campaign_to_try(connection, campaign_id)
    if campaign is None:
        raise NotFoundError(f"没有这个活动：{campaign_id}", field="campaign")
    if campaign.kind == Kind.SAMPLING:
        raise UsageError("抽查按月抽签，不在这里试排", field="campaign")
    return campaign


def _as_if(
    connection: Connection, campaign: Campaign, law: Law, setup: Setup
) -> tuple[Campaign, Law]:
    """The campaign and the law as they would be with this setup saved."""
    row = campaign_queries.seen(connection, campaign.id)
    assert row is not None, "it was found a moment ago"
    is_standing = row.created_by is None
    wanted = checked(setup, Kind(campaign.kind), law.policy, is_standing=is_standing)
    campaign = replace(
        campaign,
        population=None if is_standing else stored(wanted.population),
        control_percent=wanted.control_percent,
    )
    if dict(wanted.numbers) == dict(setup_of(row).numbers):
        return campaign, law
    own = composed(wanted.numbers, law.policy, 0)
    return campaign, replace(law, own={**law.own, campaign.id: own})


def _by_time(call: TrialCall) -> tuple[bool, datetime, str]:
    return call.due_at is None, call.due_at or call.deadline, call.buyer


def _open_calls(
    connection: Connection, law: Law, campaign_id: int, at: datetime
) -> tuple[list[TrialCall], list[LeftOut]]:
    """The campaign's open tasks judged at this instant by these numbers: due again, or ended."""
    found = campaign_queries.open_of(connection, campaign_id, TRIED)
    names = tasks.buyers(connection, found)
    calls: list[TrialCall] = []
    ended: list[LeftOut] = []
    policy = law.policy_for(campaign_id)
    for task in load_tasks(connection, found, at).values():
        held = live_attempt(task)
        ignoring = [held.id] if held is not None else []
        judged = schedule(case_for(task, at, policy, law.calendar, ignoring=ignoring))
        buyer = names[task.id][0]
        if judged.ending is not None:
            rule = judged.rule or rule_of_ending(task.kind, judged.ending)
            ended.append(LeftOut(buyer, (rule,), "到时任务就结束了"))
            continue
        calls.append(
            TrialCall(
                buyer,
                False,
                len(task.orders),
                rules_of(task.kind).amount_fen(task),
                judged.due_at,
                judged.deadline,
                task.customer.region,
            )
        )
    return calls, ended


def _rates(
    connection: Connection, campaign: Campaign, at: datetime, chosen: tuple[int, ...] | None
) -> Rates:
    first = business_day(at - HISTORY)
    calls, reached, hours = campaign_queries.work_done(connection, campaign.kind, first)
    who = callers_of(connection, campaign.id) if chosen is None else chosen_of(connection, chosen)
    people = len(who)
    if calls < ENOUGH_CALLS or not hours:
        return Rates(people, ASSUMED_CALLS_PER_HOUR, ASSUMED_REACHED_PERCENT, 0)
    return Rates(people, round(calls / hours, 1), round(100 * reached / calls, 1), calls)


def _days(
    calls: Iterable[TrialCall], rates: Rates, law: Law, kind: Kind, at: datetime
) -> list[TrialDay]:
    """Calls of each day until the last deadline: who is not reached is called again the day after.

    R-SLOT-1 would allow a second daypart of the same day too; a call a day is what the sum needs.
    """
    first_calls: Counter[date] = Counter()
    expected: dict[date, float] = {}
    missed = 1 - rates.reached_percent / 100
    for call in calls:
        if call.due_at is None:
            continue
        day = business_day(call.due_at)
        first_calls[day] += 1
        chance = 1.0
        for _ in range(law.policy.attempts_per_task[kind]):
            opens = slots_on(day, law.calendar.kind_of(day), call.region, law.policy)
            if not any(slot.opens < call.deadline for slot in opens):
                break
            expected[day] = expected.get(day, 0.0) + chance
            chance *= missed
            day += timedelta(days=1)
    return [
        TrialDay(
            day, first_calls[day], ceil(round(expected[day], 6)), _capacity(day, rates, law, at)
        )
        for day in sorted(expected)[:DAYS_SHOWN]
    ]


def _capacity(day: date, rates: Rates, law: Law, at: datetime) -> int:
    """How many calls the people can make in what is left of a day's open hours."""
    open_time = timedelta()
    for slot in slots_on(day, law.calendar.kind_of(day), None, law.policy):
        open_time += max(slot.closes - max(slot.opens, at), timedelta())
    return int(open_time / timedelta(hours=1) * rates.people * rates.calls_per_hour)
