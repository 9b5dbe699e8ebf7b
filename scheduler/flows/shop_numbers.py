"""The shop's own numbers: what was changed when by whom, and what a change would do to the open tasks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from adapters.store.queries import overview as queries
from adapters.store.queries import tasks
from adapters.store.queries.facts import load_tasks
from campaigns.policy import Policy, check_together, settings_of, with_overrides
from scheduler.flows.own_numbers import own_policies
from scheduler.flows.refresh import live_attempt
from scheduler.rules.gate import case_for
from scheduler.rules.schedule import schedule
from scheduler.runtime import Runtime

LISTED = 100
TRIED = 1_000
"""Open tasks that a trial judges; a second or so."""

Plain = str | int | None
"""A number as it is written down; None: the region has none of its own."""


def written(policy: Policy) -> dict[str, Plain]:
    """Every settable number under a name of its own: `attempts_per_task.dunning`, `region_shifts.新疆`."""
    found: dict[str, Plain] = {}
    for name, value in settings_of(policy).items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{key}": _plain(item) for key, item in value.items()}
        else:
            found[name] = _plain(value)
    return found


def current(runtime: Runtime) -> Policy:
    """The numbers in force."""
    with runtime.snapshot() as connection:
        return runtime.law(connection).policy


@dataclass(frozen=True, slots=True)
class NumberChanged:
    """One number before and after."""

    name: str
    before: Plain
    after: Plain


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One version of the numbers: who made it when, and what it changed."""

    version: int
    at: datetime
    by: str
    changes: tuple[NumberChanged, ...]


def history(runtime: Runtime) -> list[PolicyChange]:
    """R-HOURS-6. The versions, the newest first, each with what it changed in the one before."""
    with runtime.snapshot() as connection:
        rows = queries.policy_versions(connection, LISTED + 1)
    found = []
    for newer, older in zip(rows, [*rows, None][1:], strict=True):
        after = written(with_overrides(json.loads(newer.overrides), newer.id))
        before = written(
            Policy() if older is None else with_overrides(json.loads(older.overrides), older.id)
        )
        found.append(
            PolicyChange(newer.id, newer.created_at, newer.created_by, _differences(before, after))
        )
    return found[:LISTED]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a change would do to the open tasks, without doing it.

    `judged` of `open_tasks` were asked. `held_up` had a due time and would have none; `freed` the other
    way round; `ended` would end at once.
    """

    open_tasks: int
    judged: int
    earlier: int = 0
    later: int = 0
    held_up: int = 0
    freed: int = 0
    ended: int = 0

    @property
    def moved(self) -> int:
        """How many of those judged would move at all."""
        return self.earlier + self.later + self.held_up + self.freed + self.ended


def trial(runtime: Runtime, changes: dict[str, object], now: datetime) -> Trial:
    """Judge open tasks under the numbers in force and under the changed ones; nothing is stored.

    Raises UsageError as `change_policy` would.
    """
    with runtime.snapshot() as connection:
        law = runtime.law(connection)
        changed = with_overrides(settings_of(law.policy) | changes, law.policy.version + 1)
        check_together(changed)
        own = own_policies(connection, changed)
        ids = tasks.all_open(connection)
        facts = load_tasks(connection, ids[:TRIED], now)
    counts = dict.fromkeys(("earlier", "later", "held_up", "freed", "ended"), 0)
    for task in facts.values():
        held = live_attempt(task)
        ignoring = [held.id] if held is not None else []
        before, after = (
            schedule(case_for(task, now, policy, law.calendar, ignoring=ignoring))
            for policy in (
                law.policy_for(task.campaign_id),
                own.get(task.campaign_id, changed),
            )
        )
        if after.ending is not None:
            counts["ended"] += before.ending is None
        elif before.due_at is None or after.due_at is None:
            counts["held_up"] += before.due_at is not None
            counts["freed"] += after.due_at is not None
        else:
            counts["earlier"] += after.due_at < before.due_at
            counts["later"] += after.due_at > before.due_at
    return Trial(len(ids), len(facts), **counts)


def _differences(
    before: Mapping[str, Plain], after: Mapping[str, Plain]
) -> tuple[NumberChanged, ...]:
    names = dict.fromkeys((*before, *after))
    return tuple(
        NumberChanged(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )


def _plain(value: object) -> Plain:
    return value if isinstance(value, int) else str(value)
