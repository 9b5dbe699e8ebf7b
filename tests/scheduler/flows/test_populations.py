"""R-CB-2, R-OOS-1: who is in a day's population, and that planning it again changes nothing."""

from __future__ import annotations

import pytest

from campaigns.values import Kind, OrderState, Topic
from scheduler.flows import shortages
from tests.factories import at, day
from tests.shops import Shop

STOCK_OUT, CALLBACK = Kind.STOCK_OUT, Kind.CALLBACK


def _agreed(shop: Shop) -> int:
    """A customer who agreed on Tuesday to wait for one order."""
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.bought(customer, OrderState.PAID)
    shop.lacking()
    shop.plan(kind=STOCK_OUT)
    shop.call(shop.person(), "05-13 09:30", "agrees")
    return customer


def test_r_oos_1_an_agreed_order_does_not_join_the_task_of_a_later_one(shop: Shop) -> None:
    customer = _agreed(shop)
    shop.bought(customer, OrderState.PAID, placed="05-13 10:00", seen="05-14 08:30")
    first, again = shop.plan("05-14", kind=STOCK_OUT), shop.plan("05-14", kind=STOCK_OUT)
    assert [len(task.orders) for task in first.tasks] == [1]
    assert [len(task.orders) for task in again.tasks] == [1]


def test_r_oos_1_planning_again_adds_no_second_promise_for_the_same_order(shop: Shop) -> None:
    customer = _agreed(shop)
    shop.bought(customer, OrderState.PAID, placed="05-13 10:00", seen="05-14 08:30")
    for _ in range(2):
        shop.plan("05-14", kind=STOCK_OUT)
    shop.call(shop.person("李四"), "05-14 13:30", "agrees")
    promised = [row.order_no for row in shop.todos() if row.kind == "promise"]
    assert len(promised) == len(set(promised)) == 2


def test_r_oos_1_a_later_order_and_article_join_the_open_task(shop: Shop) -> None:
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.bought(customer, OrderState.PAID)
    shop.lacking()
    shop.plan(kind=STOCK_OUT)
    shop.bought(customer, OrderState.PAID, placed="05-13 10:00", title="陶土花盆")
    shop.lacking("陶土花盆", "05-25")
    (task,) = shop.plan("05-13", "05-13 11:00", kind=STOCK_OUT).tasks
    assert (len(task.orders), task.deadline) == (2, at("05-25 00:00"))
    assert len(shop.tasks()) == 1


def test_r_oos_1_a_second_article_of_the_order_joins_the_open_task(shop: Shop) -> None:
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.bought(customer, OrderState.PAID)
    shop.lacking()
    shop.plan(kind=STOCK_OUT)
    shop.lacking("六盆装", "05-22")
    (task,) = shop.plan("05-13", "05-13 11:00", kind=STOCK_OUT).tasks
    assert task.deadline == at("05-22 00:00")


def test_r_oos_1_refused_it_is_not_asked_again(shop: Shop) -> None:
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.bought(customer, OrderState.PAID)
    shop.lacking()
    shop.plan(kind=STOCK_OUT)
    shop.call(shop.person(), "05-13 09:30", "refuses", note="要退款")
    plan = shop.plan("05-14", kind=STOCK_OUT)
    assert (plan.tasks, plan.left_out) == ((), ())
    shortages.move(shop.runtime, 1, day("05-25"), at("05-14 10:00"), "李组长")
    assert shop.plan("05-15", kind=STOCK_OUT).tasks == ()


def test_r_oos_1_who_could_not_be_reached_is_named(shop: Shop) -> None:
    customer = shop.customer("tb_hua01")
    shop.bought(customer, OrderState.PAID)
    shop.lacking()
    plan = shop.plan(kind=STOCK_OUT)
    assert plan.tasks == ()
    assert [one.rules for one in plan.left_out] == [("R-PHONE-1",)]


@pytest.mark.parametrize("kind", [CALLBACK, STOCK_OUT])
def test_a_dry_run_says_what_the_plan_then_does(shop: Shop, kind: Kind) -> None:
    for index in range(3):
        customer = shop.customer(f"tb_{index}")
        shop.phone(customer)
        shop.bought(customer, OrderState.COMPLETED, received_at=at("05-06 12:00"))
        shop.bought(customer, OrderState.PAID)
    shop.lacking()
    before = shop.dump()
    dry = shop.plan(kind=kind, dry_run=True)
    assert shop.dump() == before
    made = shop.plan(kind=kind)
    say = [(t.buyer, t.orders, t.due_at, t.deadline, t.topic) for t in made.tasks]
    assert say == [(t.buyer, t.orders, t.due_at, t.deadline, t.topic) for t in dry.tasks]
    done = shop.dump()
    shop.plan(kind=kind)
    assert {k: v for k, v in shop.dump().items() if k != "batch"} == {
        k: v for k, v in done.items() if k != "batch"
    }


def test_r_cb_2_an_order_of_the_other_script_waits_its_turn(shop: Shop) -> None:
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.bought(customer, OrderState.COMPLETED, received_at=at("05-09 12:00"))
    shop.plan(kind=CALLBACK)
    shop.bought(customer, OrderState.SHIPPED, shipped_at=at("05-06 12:00"))
    (task,) = shop.plan(kind=CALLBACK).tasks
    assert (task.topic, len(task.orders)) == (Topic.RECEIVED, 1)
    shop.call(shop.person(), "05-13 09:30", "satisfied")
    (task,) = shop.plan("05-14", kind=CALLBACK).tasks
    assert (task.topic, len(task.orders)) == (Topic.NOT_RECEIVED, 1)


def test_r_cb_2_a_second_parcel_joins_the_open_task(shop: Shop) -> None:
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.bought(customer, OrderState.COMPLETED, received_at=at("05-09 12:00"))
    shop.plan(kind=CALLBACK)
    shop.bought(customer, OrderState.COMPLETED, received_at=at("05-10 12:00"))
    (task,) = shop.plan(kind=CALLBACK).tasks
    assert (len(task.orders), task.deadline) == (2, at("05-21 00:00"))
    (stored,) = shop.tasks()
    assert stored.deadline == at("05-21 00:00")


def test_r_cb_2_a_closed_parcel_leaves_the_others(shop: Shop) -> None:
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.bought(customer, OrderState.SHIPPED, shipped_at=at("05-07 12:00"))
    late = shop.bought(customer, OrderState.SHIPPED, shipped_at=at("05-08 12:00"))
    shop.plan(kind=CALLBACK)
    shop.see("05-13 09:00", state=OrderState.CLOSED, only=[late])
    (task,) = shop.tasks()
    assert (task.ending, task.deadline) == (None, at("05-23 00:00"))
