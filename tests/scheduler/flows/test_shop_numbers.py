"""The history of the shop's numbers, and what a change would do."""

from __future__ import annotations

import pytest

from campaigns.errors import UsageError
from campaigns.policy import Policy, settings_of
from scheduler.flows.shop import change_policy
from scheduler.flows.shop_numbers import NumberChanged, Trial, current, history, trial, written
from tests.databases import sqlite_only
from tests.factories import at
from tests.shops import Shop


def test_r_hours_6_the_history_says_who_changed_what_when(shop: Shop) -> None:
    change_policy(shop.runtime, {"slot_gap_hours": 5}, at("05-13 09:40"), "李组长")
    regions: dict[str, object] = {"region_shifts": {"新疆": 3}, "attempts_per_task": {"dunning": 2}}
    change_policy(shop.runtime, regions, at("05-13 10:00"), "周主管")
    change_policy(shop.runtime, settings_of(Policy()), at("05-13 11:00"), "李组长")
    reset, second, first = history(shop.runtime)
    assert (first.at, first.by) == (at("05-13 09:40"), "李组长")
    assert first.changes == (NumberChanged("slot_gap_hours", 2, 5),)
    assert set(second.changes) == {
        NumberChanged("region_shifts.新疆", 2, 3),
        NumberChanged("region_shifts.西藏", 2, None),
        NumberChanged("attempts_per_task.dunning", 3, 2),
    }
    assert len(reset.changes) == 4
    assert written(current(shop.runtime)) == written(Policy())


def test_a_trial_says_what_would_move_and_stores_nothing(shop: Shop) -> None:
    for name in ("one", "two"):
        shop.buyer(name)
    shop.plan()
    shop.call(shop.person(), "05-13 09:30", "no_answer")
    before = shop.dump()
    now = at("05-13 09:40")
    assert trial(shop.runtime, {"slot_gap_hours": 5}, now) == Trial(2, 2, later=1)
    assert trial(shop.runtime, {"slot_gap_hours": 2}, now).moved == 0
    assert trial(shop.runtime, {"calls_from": "10:00"}, now) == Trial(2, 2, later=1)
    assert trial(shop.runtime, {"attempts_per_task": {"dunning": 1}}, now) == Trial(2, 2, ended=1)
    assert shop.dump() == before


def test_a_trial_foretells_what_the_change_does(shop: Shop) -> None:
    for number in range(4):
        shop.buyer(f"b{number}")
    shop.plan()
    caller = shop.person()
    for clock in ("09:30", "09:35"):
        shop.call(caller, f"05-13 {clock}", "no_answer")
    due = [task.due_at for task in shop.tasks()]
    changes: dict[str, object] = {"slot_gap_hours": 6, "calls_from": "09:50"}
    told = trial(shop.runtime, changes, at("05-13 09:40"))
    change_policy(shop.runtime, changes, at("05-13 09:40"), "李组长")
    moved = [a < b for a, b in zip(due, (t.due_at for t in shop.tasks()), strict=True)]
    assert told.later == sum(moved) == 4


@sqlite_only
def test_a_trial_refuses_what_the_change_would_refuse(shop: Shop) -> None:
    for changes in ({"attempts_per_day": 0}, {"attempts_per_day": 9}, {"calls_from": "08:00"}):
        with pytest.raises(UsageError):
            trial(shop.runtime, dict(changes), at("05-13 09:40"))
        with pytest.raises(UsageError):
            change_policy(shop.runtime, dict(changes), at("05-13 09:40"), "李组长")
