"""R-REPEAT-2: several campaigns of a kind share its orders, each order in exactly one of them."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from adapters.store.models.campaigns import task_order
from adapters.store.queries.campaigns import change
from campaigns.population import Population, stored
from campaigns.values import CampaignState, Kind, OrderState, Source
from scheduler.flows.campaigns import change_state
from scheduler.flows.planning import plan
from tests.factories import at, day
from tests.shops import Shop


def planned(shop: Shop, of: str = "05-13", now: str | None = None) -> dict[int, list[str]]:
    """Plan a day; who is in which campaign's plan."""
    made = plan(shop.runtime, day(of), at(now or f"{of} 08:45"), "张三")
    return {
        one.campaign_id: sorted(found.buyer for found in one.tasks)
        for one in made.campaigns
        if one.tasks
    }


@pytest.mark.parametrize(
    ("population", "fitting"),
    [
        (Population(provinces=("广东",)), {"south"}),
        (Population(amount_from_fen=10_000), {"dear"}),
        (Population(amount_to_fen=5_000), {"south", "vip"}),
        (Population(goods=("陶土",)), {"dear"}),
        (Population(placed_from=day("05-13")), set()),
        (Population(placed_from=day("05-12"), placed_to=day("05-12")), {"south", "dear", "vip"}),
        (Population(vip_only=True), {"vip"}),
    ],
)
def test_r_repeat_2_an_added_campaign_takes_the_orders_that_fit_it(
    shop: Shop, population: Population, fitting: set[str]
) -> None:
    second = shop.campaign("另一个", population)
    shop.buyer("south", region="广东")
    dear = shop.buyer("dear", fen=20_000)
    shop.change_order(shop.orders_of(dear)[0], title="陶土花盆")
    shop.registered(shop.buyer("vip"), Source.VIP, None)
    rest = {"south", "dear", "vip"} - fitting
    made = planned(shop)
    assert made == {
        campaign: sorted(names)
        for campaign, names in ((shop.campaign_id, rest), (second, fitting))
        if names
    }


def test_r_repeat_2_the_newest_fitting_campaign_takes_the_order(shop: Shop) -> None:
    shop.campaign("先批准", Population(amount_from_fen=1), approved_at=at("05-12 08:00"))
    newest = shop.campaign("后批准", Population(amount_from_fen=2), approved_at=at("05-12 09:00"))
    shop.buyer()
    assert planned(shop) == {newest: ["tb_hua01"]}


@pytest.mark.parametrize("state", [CampaignState.DRAFT, CampaignState.SUBMITTED])
def test_a_campaign_that_nobody_approved_takes_nothing(shop: Shop, state: CampaignState) -> None:
    shop.campaign("草稿", Population(amount_from_fen=1), state=state, approved_at=None)
    shop.buyer()
    assert planned(shop) == {shop.campaign_id: ["tb_hua01"]}


def test_r_repeat_2_an_order_with_a_task_stays_in_its_campaign(shop: Shop) -> None:
    shop.buyer()
    assert planned(shop) == {shop.campaign_id: ["tb_hua01"]}
    late = shop.campaign("晚来的", Population(amount_from_fen=1), approved_at=at("05-13 10:00"))
    assert planned(shop, now="05-13 10:30") == {shop.campaign_id: ["tb_hua01"]}
    shop.buyer("tb_next", placed="05-13 15:00", seen="05-14 08:30")
    shop.see("05-14 08:30")
    assert planned(shop, "05-14")[late] == ["tb_next"]


def test_r_dun_1_a_new_campaign_does_not_make_up_days_that_others_planned(shop: Shop) -> None:
    shop.buyer("left", region="广东")
    with shop.runtime.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM customer_phone")
    plan(shop.runtime, day("05-13"), at("05-13 08:45"), "张三")
    assert shop.tasks() == [], "without a number nobody is called"
    shop.campaign("广东", Population(provinces=("广东",)), approved_at=at("05-14 07:00"))
    shop.see("05-14 08:30")
    made = plan(shop.runtime, day("05-14"), at("05-14 08:45"), "张三", kind=Kind.DUNNING)
    assert all(not one.tasks and not one.left_out for one in made.campaigns)


def test_r_repeat_2_callbacks_are_shared_out_alike(shop: Shop) -> None:
    second = shop.campaign("只回访贵的", Population(amount_from_fen=6_000), kind=Kind.CALLBACK)
    for name, fen in (("cheap", 5_000), ("dear", 9_000)):
        customer = shop.customer(name)
        shop.phone(customer)
        done = at("05-08 12:00")
        shop.bought(
            customer, OrderState.COMPLETED, total_fen=fen, received_at=done, completed_at=done
        )
    made = planned(shop)
    assert made.pop(second) == ["dear"]
    assert list(made.values()) == [["cheap"]]


@pytest.mark.parametrize("seed", range(8))
def test_r_repeat_2_every_order_is_planned_by_exactly_one_campaign(shop: Shop, seed: int) -> None:
    draw = Random(seed)
    customers = [
        shop.buyer(f"b{n}", fen=1_000 * draw.randint(1, 9)) for n in range(draw.randint(1, 6))
    ]
    lows = [draw.randint(1, 9) for _ in range(3)]
    added: list[int] = []
    for hour, low in enumerate(lows, start=8):
        now = f"05-13 {hour:02d}:45"
        approved = at(f"05-13 {hour:02d}:30")
        wanted = Population(amount_from_fen=low * 1_000)
        added.append(shop.campaign(f"活动{hour}", wanted, approved_at=approved))
        if draw.random() < 0.5:
            changed = stored(Population(amount_to_fen=draw.randint(1, 9) * 1_000))
            with shop.runtime.transaction() as connection:
                change(connection, draw.choice(added), population=changed)
        for campaign_id in added:
            state = draw.choice([CampaignState.RUNNING, CampaignState.STOPPED])
            change_state(shop.runtime, campaign_id, state, "试试", at(now), "李组长")
        plan(shop.runtime, day("05-13"), at(now), "张三")
    held = Counter(row.order_id for row in shop.rows(task_order))
    assert held == {order: 1 for one in customers for order in shop.orders_of(one)}, seed
    assert len(shop.tasks()) == len(customers)
