"""R-HOURS-6: a campaign's own numbers judge its tasks, and its attempts keep their version."""

from __future__ import annotations

import pytest

from adapters.store.models.shop import policy_version
from campaigns.errors import UsageError
from campaigns.population import Population
from campaigns.values import Kind, OrderState
from scheduler.flows import shop_numbers
from scheduler.flows.campaign_setup import Setup, save, seen
from scheduler.flows.claim import next_call
from scheduler.flows.dialling import dial
from scheduler.flows.outlook import NobodyNow
from scheduler.flows.shop import change_policy
from scheduler.flows.why import explain
from scheduler.verify.second_opinion import verify
from tests.factories import at
from tests.shops import Shop


def set_own(shop: Shop, numbers: dict[str, object], now: str = "05-12 20:00") -> None:
    save(shop.runtime, shop.campaign_id, Setup("催款", numbers=numbers), at(now), "李组长")


def test_r_hours_6_tasks_are_judged_by_their_campaigns_own_hours(shop: Shop) -> None:
    set_own(shop, {"calls_from": "10:00"})
    shop.buyer()
    (task,) = shop.plan().tasks
    assert task.due_at == at("05-13 10:00")
    caller = shop.person()
    assert isinstance(next_call(shop.runtime, caller, at("05-13 09:59")), NobodyNow)
    shop.call(caller, "05-13 10:00", "no_answer")
    (version,) = shop.rows(policy_version)
    assert (version.campaign_id, shop.attempts()[0].policy_version) == (
        shop.campaign_id,
        version.id,
    )
    assert verify(shop.runtime).violations == ()


def test_r_repeat_4_the_own_budget_ends_the_task(shop: Shop) -> None:
    set_own(shop, {"attempts_per_task": {"dunning": 1}})
    shop.buyer()
    shop.plan()
    held = shop.take(shop.person(), "05-13 09:30")
    assert held.budget == 1
    dial(shop.runtime, held.attempt_id, at("05-13 09:30"), None)
    shop.outcome(held.attempt_id, "no_answer", "05-13 09:31")
    assert [row.ending for row in shop.tasks()] == ["attempts_used"]
    assert verify(shop.runtime).violations == ()


def test_r_aud_3_why_asks_the_numbers_that_the_campaign_had_then(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    set_own(shop, {"calls_from": "11:00"}, "05-13 09:00")
    before = explain(shop.runtime, "tb_hua01", at("05-13 08:59"))
    after = explain(shop.runtime, "tb_hua01", at("05-13 09:30"))
    assert (before.next, after.next) == (at("05-13 09:00"), at("05-13 11:00"))


def test_r_hours_6_a_change_of_the_shops_numbers_makes_a_new_version_of_both(shop: Shop) -> None:
    set_own(shop, {"calls_from": "10:00", "slot_gap_hours": 5})
    change_policy(shop.runtime, {"calls_from": "10:30"}, at("05-12 21:00"), "李组长")
    found = seen(shop.runtime, shop.campaign_id)
    assert found.policy.calls_from == found.shop.calls_from, "never wider than the shop's"
    assert (found.policy.slot_gap_hours, found.shop.slot_gap_hours) == (5, 2)
    assert [row.campaign_id for row in shop.rows(policy_version)] == [1, None, 1]
    assert shop_numbers.current(shop.runtime).slot_gap_hours == 2
    assert len(shop_numbers.history(shop.runtime)) == 1, "the shop's own versions only"
    change_policy(shop.runtime, {"calls_from": "09:00"}, at("05-12 21:05"), "李组长")
    assert seen(shop.runtime, shop.campaign_id).policy.calls_from.hour == 10


def test_r_hours_6_giving_the_own_numbers_up_returns_to_the_shops(shop: Shop) -> None:
    set_own(shop, {"calls_from": "10:00"})
    set_own(shop, {}, "05-12 20:30")
    shop.buyer()
    (task,) = shop.plan().tasks
    assert task.due_at == at("05-13 09:00")
    shop.call(shop.person(), "05-13 09:30", "no_answer")
    assert verify(shop.runtime).violations == ()


def test_r_hours_6_a_shop_change_that_leaves_a_campaign_no_window_is_refused(shop: Shop) -> None:
    set_own(shop, {"calls_from": "17:00"})
    with pytest.raises(UsageError, match="催款"):
        change_policy(shop.runtime, {"calls_until": "16:00"}, at("05-12 21:00"), "李组长")
    assert len(shop.rows(policy_version)) == 1


def test_r_repeat_2_a_rider_keeps_the_version_of_its_own_campaign(shop: Shop) -> None:
    second = shop.campaign("贵的", Population(amount_from_fen=6_000))
    setup = Setup("贵的", Population(amount_from_fen=6_000), {"slot_gap_hours": 3})
    save(shop.runtime, second, setup, at("05-12 20:00"), "李组长")
    shop.order(shop.buyer(), fen=7_000)
    shop.plan()
    shop.call(shop.person(), "05-13 09:30", "no_answer")
    versions = {row.campaign_id: row.policy_version for row in shop.attempts()}
    assert versions == {shop.campaign_id: 0, second: 1}
    assert verify(shop.runtime).violations == ()


def test_r_cb_2_a_callback_campaign_has_days_of_its_own(shop: Shop) -> None:
    campaign_id = shop.campaign("早回访", Population(amount_from_fen=1), kind=Kind.CALLBACK)
    setup = Setup("早回访", Population(amount_from_fen=1), {"signed_from_days": 1})
    save(shop.runtime, campaign_id, setup, at("05-12 20:00"), "李组长")
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    done = at("05-12 10:00")
    shop.bought(customer, OrderState.COMPLETED, received_at=done, completed_at=done)
    shop.plan(kind=Kind.CALLBACK)
    assert [row.campaign_id for row in shop.tasks()] == [campaign_id]
