"""R-DUN-9: a random, recorded share stays uncalled, and the results say what the calling brings in."""

from __future__ import annotations

import pytest

from adapters.store.models.audit import audit
from adapters.store.models.campaigns import batch, campaign
from adapters.store.models.customers import customer
from campaigns.control import is_control
from campaigns.errors import UsageError
from campaigns.population import Population
from campaigns.values import Kind
from scheduler.flows.campaign_setup import Setup, save
from scheduler.flows.control_results import control_result, control_results
from scheduler.flows.planning import plan
from scheduler.flows.why import explain
from scheduler.verify.second_opinion import verify
from tests.factories import at, day
from tests.shops import Shop

BUYERS = 24


def share(shop: Shop, percent: int, now: str = "05-12 20:00") -> int:
    """Keep a share uncalled; the seed that was drawn."""
    save(shop.runtime, 1, Setup("催款", control_percent=percent), at(now), "李组长")
    return int(shop.rows(campaign)[0].control_seed)


def half(shop: Shop) -> tuple[set[str], set[str]]:
    """A planned day with half of the customers kept uncalled: who is called, who is not."""
    seed = share(shop, 50)
    with shop.at_one_go():
        names = {shop.buyer(f"b{n:02d}"): f"b{n:02d}" for n in range(BUYERS)}
    made = shop.plan()
    kept = {name for key, name in names.items() if is_control(seed, 1, key, day("05-13"), 50)}
    called = {task.buyer for task in made.tasks}
    assert called == set(names.values()) - kept
    assert {left.buyer for left in made.left_out if left.rules == ("R-DUN-9",)} == kept
    assert kept
    assert called
    return called, kept


def test_r_dun_9_the_group_is_closed_at_once_and_stays_uncalled(shop: Shop) -> None:
    called, kept = half(shop)
    ended = [row for row in shop.tasks() if row.ending == "control"]
    assert (len(ended), len(shop.tasks())) == (len(kept), BUYERS)
    assert {(row.state, row.due_at, row.closed_at) for row in ended} == {
        ("closed", None, at("05-13 08:45"))
    }
    trail = [row for row in shop.rows(audit) if row.what == "task.closed"]
    assert len(trail) == len(kept)
    again = shop.plan(now="05-13 11:00")
    assert {task.buyer for task in again.tasks} == called, "planned again, still uncalled"
    answer = explain(shop.runtime, min(kept), at("05-13 12:00"))
    assert answer.binding is not None
    assert (answer.verdict, answer.binding.rule) == ("stop", "R-DUN-9")
    report = verify(shop.runtime)
    assert report.violations == ()


def test_r_dun_9_a_dry_run_names_the_very_same_customers(shop: Shop) -> None:
    seed = share(shop, 50)
    assert 0 < seed < 2**53
    for n in range(6):
        shop.buyer(f"b{n}")
    tried, made = shop.plan(dry_run=True), shop.plan()
    assert tried.left_out == made.left_out
    assert [task.buyer for task in tried.tasks] == [task.buyer for task in made.tasks]


def test_r_dun_9_a_changed_share_binds_later_days_only(shop: Shop) -> None:
    seed = share(shop, 0)
    assert seed == 0, "no share, no seed"
    shop.buyer("first")
    shop.plan()
    assert share(shop, 50, "05-13 09:00") == share(shop, 40, "05-13 09:01") != 0
    for n in range(12):
        shop.buyer(f"late{n}", seen="05-13 09:30")
    assert len(shop.plan(now="05-13 10:00").tasks) == 13, "the day keeps what it was planned with"
    for n in range(12):
        shop.buyer(f"next{n}", placed="05-13 15:00", seen="05-14 08:30")
    shop.see("05-14 08:30")
    shop.plan("05-14")
    assert [row.control_percent for row in shop.rows(batch) if row.campaign_id == 1] == [0, 40]
    assert any(row.ending == "control" for row in shop.tasks())
    assert verify(shop.runtime).violations == ()


def test_r_dun_9_another_campaign_leaves_the_group_alone(shop: Shop) -> None:
    _, kept = half(shop)
    second = shop.campaign("贵的", Population(amount_from_fen=6_000))
    names = {row.buyer: row.id for row in shop.rows(customer)}
    for name in kept:
        shop.order(names[name], "05-13 15:00", fen=7_000, seen="05-14 08:30")
    shop.see("05-14 08:30")
    made = plan(shop.runtime, day("05-14"), at("05-14 08:45"), "张三", kind=Kind.DUNNING)
    other = next(one for one in made.campaigns if one.campaign_id == second)
    assert other.tasks == ()
    assert {left.buyer for left in other.left_out if left.rules == ("R-DUN-9",)} == kept
    assert verify(shop.runtime).violations == ()


def test_r_dun_9_new_orders_of_a_later_day_are_drawn_anew(shop: Shop) -> None:
    _, kept = half(shop)
    seed = int(shop.rows(campaign)[0].control_seed)
    names = {row.buyer: row.id for row in shop.rows(customer)}
    for name in kept:
        shop.order(names[name], "05-13 15:00", seen="05-14 08:30")
    shop.see("05-14 08:30")
    shop.plan("05-14")
    of_the_day = {row.id for row in shop.rows(batch) if row.business_day == day("05-14")}
    drawn = {row.customer_id: row.ending for row in shop.tasks() if row.batch_id in of_the_day}
    for name in kept:
        expected = is_control(seed, 1, names[name], day("05-14"), 50)
        assert (drawn[names[name]] == "control") is expected
    assert verify(shop.runtime).violations == ()


def test_r_dun_9_results_count_by_intention_to_treat_after_the_closing(shop: Shop) -> None:
    called, kept = half(shop)
    names = {row.buyer: row.id for row in shop.rows(customer)}
    uncalled_payer = min(called)
    shop.pays(names[uncalled_payer], "05-13 09:10", known="05-13 10:00")
    shop.pays(names[min(kept)], "05-13 12:00", known="05-13 14:00")
    early = control_result(shop.runtime, 1, at("05-14 09:00"))
    assert (early.called.customers, early.control.customers, early.still_open) == (0, 0, BUYERS)
    assert early.gain is None
    found = control_result(shop.runtime, 1, at("05-15 15:00"))
    assert (found.called.customers, found.called.payers) == (len(called), 1)
    assert (found.control.customers, found.control.payers) == (len(kept), 1)
    assert found.called.owed_fen == 5_000 * len(called)
    assert (found.called.paid_fen, found.still_open, found.is_too_few) == (5_000, 0, True)
    assert found.gain is not None
    assert found.gain.mean == pytest.approx(1 / len(called) - 1 / len(kept))
    assert found.money_gain is not None
    (listed,) = control_results(shop.runtime, at("05-15 15:00"), day("05-01"), day("05-15"))
    assert (listed.called, listed.gain) == (found.called, found.gain)


def test_r_dun_9_the_share_is_for_reminders_and_at_most_half(shop: Shop) -> None:
    with pytest.raises(UsageError):
        share(shop, 51)
    with pytest.raises(UsageError):
        save(shop.runtime, 2, Setup("回访", control_percent=5), at("05-12 20:00"), "李组长")
    with pytest.raises(UsageError):
        control_result(shop.runtime, 2, at("05-13 09:00"))
