"""R-DUN-1, R-DUN-2: the day's plan, on both databases."""

from __future__ import annotations

import threading

import pytest

from campaigns.values import Ending, OrderState, TaskState
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.planning import plan
from tests.factories import a_number, at, day
from tests.shops import Shop


def test_r_dun_1_the_population_is_yesterdays_unpaid_orders(shop: Shop) -> None:
    for name, placed in (
        ("first", "05-12 00:00:00"),
        ("last", "05-12 23:59:59"),
        ("today", "05-13 00:00:00"),
    ):
        shop.buyer(name, placed)
    paid = shop.buyer("paid")
    shop.pays(paid, "05-12 16:00", known="05-13 08:30")
    planned = shop.plan()
    assert sorted(t.buyer for t in planned.tasks) == ["first", "last"]
    assert planned.left_out == ()


def test_r_dun_2_one_customer_is_one_task_with_the_sum_of_the_unpaid(shop: Shop) -> None:
    buyer = shop.buyer(fen=1_999)
    shop.order(buyer, "05-12 18:00", fen=2_001)
    paid = shop.order(buyer, "05-12 19:00", fen=7_000)
    shop.see("05-13 08:31", state=OrderState.PAID, paid="05-12 20:00", only=[paid])
    (task,) = shop.plan().tasks
    assert (task.new, task.amount_fen, len(task.orders)) == (True, 4_000, 2)
    assert (task.due_at, task.deadline) == (at("05-13 09:00"), at("05-15 15:00"))


def test_r_dun_1_planning_again_changes_nothing(shop: Shop) -> None:
    for index in range(5):
        shop.buyer(f"b{index}")
    shop.plan()
    before = shop.dump()
    again = shop.plan(now="05-13 10:00")
    assert shop.dump() == before
    assert [t.new for t in again.tasks] == [False] * 5


def test_r_dun_1_a_dry_run_says_the_same_and_writes_nothing(shop: Shop) -> None:
    shop.buyer("calls")
    shop.customer("nothing")
    none = shop.customer("no_number")
    shop.order(none)
    before = shop.dump()
    dry = shop.plan(dry_run=True)
    assert shop.dump() == before
    real = shop.plan()
    assert dry.left_out == real.left_out
    assert [(t.buyer, t.new, t.orders, t.amount_fen, t.due_at, t.deadline) for t in dry.tasks] == [
        (t.buyer, t.new, t.orders, t.amount_fen, t.due_at, t.deadline) for t in real.tasks
    ]
    assert [t.task for t in dry.tasks] == [None]


def test_r_dun_1_a_day_that_was_not_planned_is_made_up(shop: Shop) -> None:
    shop.buyer("weekend", "05-11 20:00")
    shop.buyer("yesterday", "05-12 15:00")
    shop.buyer("too_late", "05-10 08:00")  # closed by itself at 08:00
    planned = shop.plan()
    assert sorted(t.buyer for t in planned.tasks) == ["weekend", "yesterday"]
    assert planned.left_out == ()  # nobody could have called the third any more


def test_r_dun_1_a_day_that_was_planned_is_not_made_up(shop: Shop) -> None:
    shop.buyer("early", "05-11 20:00", seen="05-12 08:30")
    shop.plan("05-12")
    shop.buyer("found_late", "05-11 21:00")
    assert shop.plan().tasks == ()


def test_r_dun_1_a_plan_made_ahead_leaves_today_to_its_own_plan(shop: Shop) -> None:
    shop.buyer("today", "05-12 15:00")
    assert shop.plan("05-14", now="05-13 08:00").tasks == ()
    (task,) = shop.plan("05-13", now="05-13 08:45").tasks
    assert (task.new, task.due_at) == (True, at("05-13 09:00"))


def test_r_dun_1_once_the_windows_are_closed_an_unplanned_day_is_made_up(shop: Shop) -> None:
    shop.buyer("today", "05-12 15:00")
    assert shop.plan("05-14", now="05-13 19:59").tasks == ()
    (task,) = shop.plan("05-14", now="05-13 20:00").tasks
    assert task.due_at == at("05-14 09:00")


@pytest.mark.parametrize(
    ("calling", "inside", "outside"),
    [
        ("1986-09-15", "1986-09-14 23:30", "1986-09-15 00:30"),  # the day had 25 hours
        ("1986-05-05", "1986-05-04 23:30", "1986-05-05 00:30"),  # and this one 23
    ],
)
def test_r_dun_1_a_day_of_placing_ends_at_midnight_with_summer_time_too(
    shop: Shop, calling: str, inside: str, outside: str
) -> None:
    shop.buyer("inside", inside, seen=f"{calling} 08:30")
    shop.buyer("outside", outside, seen=f"{calling} 08:30")
    assert [t.buyer for t in shop.plan(calling).tasks] == ["inside"]


def test_r_dun_2_new_orders_of_a_later_day_join_the_open_task(shop: Shop) -> None:
    buyer = shop.buyer(fen=5_000)
    (first,) = shop.plan().tasks
    shop.order(buyer, "05-13 11:00", fen=3_000, seen="05-14 08:30")
    shop.see("05-14 08:31")
    (joined,) = shop.plan("05-14").tasks
    assert joined.task == first.task
    assert (joined.new, joined.amount_fen) == (False, 8_000)
    assert joined.deadline == at("05-15 15:00")
    assert len(shop.tasks()) == 1


def test_r_dun_3_when_the_first_order_has_closed_the_task_goes_on_with_the_others(
    shop: Shop,
) -> None:
    buyer = shop.buyer()
    shop.plan()
    shop.order(buyer, "05-13 11:00", seen="05-14 08:30")
    shop.plan("05-14")
    shop.see("05-15 15:01")
    (task,) = shop.tasks()
    assert (task.state, task.due_at) == (TaskState.WAITING, None)
    shop.see("05-15 15:30", state=OrderState.CLOSED, only=shop.orders_of(buyer)[:1])
    (task,) = shop.tasks()
    assert (task.due_at, task.deadline) == (at("05-15 15:30"), at("05-16 11:00"))


def test_who_is_left_out_and_by_which_rule(shop: Shop) -> None:
    shop.order(shop.customer("no_number"))
    relay = shop.customer("relay_over")
    shop.phone(relay, usable_until=at("05-13 08:00"))
    shop.order(relay)
    short = shop.customer("relay_short")
    shop.phone(short, usable_until=at("05-13 08:59"))
    shop.order(short)
    refused = a_number()
    shop.buyer("refused_by_phone", number=refused)
    add_entry(
        shop.runtime, EntryForm("来电要求", phone=refused.national), at("05-13 08:40"), "组长"
    )
    shop.buyer("refused_by_id")
    add_entry(shop.runtime, EntryForm("要求", user_id="refused_by_id"), at("05-13 08:40"), "组长")
    planned = shop.plan()
    assert planned.tasks == ()
    assert {who.buyer: who.rules[0] for who in planned.left_out} == {
        "no_number": "R-PHONE-1",
        "relay_over": "R-PHONE-2",
        "relay_short": "R-PHONE-2",
        "refused_by_phone": "R-DNC-2",
        "refused_by_id": "R-DNC-2",
    }
    assert all(who.reason for who in planned.left_out)


def test_r_dun_3_no_window_before_the_closing_is_said_at_once(shop: Shop) -> None:
    shop.buyer("night", "05-10 08:50")
    (left,) = shop.plan("05-11", "05-13 08:40").left_out
    assert left.rules == ("R-DUN-3", "R-HOURS-3")


def test_an_ended_task_is_left_out_with_the_rule_that_ended_it(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    caller = shop.person()
    shop.call(caller, "05-13 09:30", "not_needed")
    (left,) = shop.plan(now="05-13 10:00").left_out
    assert left.rules == ("R-DUN-7",)
    assert len(shop.tasks()) == 1


def test_a_new_order_after_an_ended_task_is_a_new_task(shop: Shop) -> None:
    buyer = shop.buyer()
    shop.plan()
    shop.call(shop.person(), "05-13 09:30", "not_needed")
    shop.order(buyer, "05-13 11:00", seen="05-14 08:30")
    (task,) = shop.plan("05-14").tasks
    assert task.new
    assert len(task.orders) == 1
    assert [t.ending for t in shop.tasks()] == [Ending.CLOSED_BY_US, None]


def test_r_dun_4_stale_payment_data_make_a_task_that_waits(shop: Shop) -> None:
    shop.buyer(seen="05-12 16:00")
    (task,) = shop.plan(now="05-13 16:30").tasks
    assert task.due_at is None
    shop.see("05-13 16:40")
    assert shop.tasks()[0].due_at == at("05-13 16:40")


def test_r_hours_6_the_plan_says_that_the_calendar_is_not_known(shop: Shop) -> None:
    def unknown(of: str) -> bool:
        return plan(shop.runtime, day(of), at(f"{of} 08:45"), "张三", dry_run=True).unknown_calendar

    assert unknown("2027-01-04")
    assert not unknown("2025-05-13")


def test_r_dun_1_a_plan_for_a_later_day_is_not_called_before(shop: Shop) -> None:
    shop.buyer("tomorrow", "05-13 08:00")
    (task,) = shop.plan("05-14", "05-13 10:00").tasks
    assert task.due_at == at("05-14 09:00")


def test_r_hours_4_the_region_is_told_and_heeded(shop: Shop) -> None:
    shop.buyer("xj", region="新疆")
    (task,) = shop.plan().tasks
    assert (task.region, task.due_at) == ("新疆", at("05-13 11:00"))


def test_r_repeat_2_two_plans_at_once_make_each_task_once(shop: Shop) -> None:
    for index in range(20):
        shop.buyer(f"b{index}")
    together, failures = threading.Barrier(4), []

    def make() -> None:
        runtime = shop.another_runtime()
        together.wait()
        try:
            plan(runtime, day("05-13"), at("05-13 08:45"), "并发")
        except Exception as error:
            failures.append(error)
        finally:
            runtime.engine.dispose()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(shop.tasks()) == 20


def test_r_dun_1_a_plan_without_the_days_orders_does_not_count_as_planned(shop: Shop) -> None:
    shop.buyer("early", "05-12 10:00", seen="05-12 22:00")
    shop.plan("05-13", now="05-13 08:45")  # the newest export is of the evening before
    shop.buyer("late", "05-12 23:00", seen="05-14 08:30")
    made_up = shop.plan("05-14", now="05-14 08:45")
    assert [t.buyer for t in made_up.tasks if t.new] == ["late"]


def test_r_dun_1_a_day_planned_with_all_its_orders_is_not_made_up(shop: Shop) -> None:
    shop.buyer("early", "05-12 10:00", seen="05-13 08:30")
    shop.plan("05-13", now="05-13 08:45")
    shop.buyer("late", "05-12 23:00", seen="05-14 08:30")
    assert [t.buyer for t in shop.plan("05-14", now="05-14 08:45").tasks if t.new] == []
