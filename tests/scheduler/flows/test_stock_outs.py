"""R-OOS-1, R-OOS-2: who is told that goods are missing, what is promised, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.store.models.after_sales import service_case
from adapters.store.models.audit import audit
from campaigns.errors import NotFoundError, UsageError
from campaigns.values import Kind, OrderState, Promise, TodoKind
from scheduler import jobs
from scheduler.flows import refresh, shortages, todos
from scheduler.flows.do_not_contact import EntryForm, add_entry
from tests.factories import at, day
from tests.scheduler.flows.calling import dialled
from tests.scheduler.flows.test_claim_races import at_once
from tests.shops import Shop


@pytest.fixture
def waiting(shop: Shop) -> Shop:
    """A customer paid for goods that are expected back on 20 May."""
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.bought(customer, OrderState.PAID)
    shop.lacking()
    shop.plan(kind=Kind.STOCK_OUT)
    return shop


def _promises(shop: Shop) -> list[str]:
    return [row.occasion.partition(":")[0] for row in shop.todos() if row.kind == TodoKind.PROMISE]


def _messages(shop: Shop) -> list[str]:
    rows = [row for row in shop.todos() if row.kind == TodoKind.WANGWANG]
    return [row.occasion for row in rows if row.withdrawn_at is None]


def test_r_oos_1_a_paid_order_with_a_missing_article_is_called(waiting: Shop) -> None:
    (task,) = waiting.tasks()
    assert (task.kind, task.deadline) == (Kind.STOCK_OUT, at("05-20 00:00"))


@pytest.mark.parametrize("state", [OrderState.SHIPPED, OrderState.COMPLETED, OrderState.CLOSED])
def test_r_oos_1_other_orders_are_not(shop: Shop, state: OrderState) -> None:
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.bought(customer, state)
    shop.lacking()
    assert shop.plan(kind=Kind.STOCK_OUT).tasks == ()


def test_r_oos_1_an_article_nobody_ordered_calls_nobody(shop: Shop) -> None:
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.bought(customer, OrderState.PAID)
    shop.lacking("保温杯")
    assert shop.plan(kind=Kind.STOCK_OUT).tasks == ()


def test_r_oos_1_on_the_day_of_arrival_nobody_is_called(shop: Shop) -> None:
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.bought(customer, OrderState.PAID)
    shop.lacking(expected="05-13")
    plan = shop.plan(kind=Kind.STOCK_OUT)
    assert plan.tasks == ()
    assert [one.rules for one in plan.left_out] == [("R-OOS-1",)]


def test_r_oos_1_agreed_is_noted_with_the_date(waiting: Shop) -> None:
    waiting.call(waiting.person(), "05-13 09:30", "agrees")
    assert _promises(waiting) == [Promise.SHIP_TOGETHER]
    assert [row.promised_on for row in waiting.todos()] == [day("05-20")]


def test_r_oos_1_reluctant_gets_first_place_and_a_gift(waiting: Shop) -> None:
    waiting.call(waiting.person(), "05-13 09:30", "agrees_with_gift")
    assert sorted(_promises(waiting)) == ["first_place", "gift", "ship_together"]


def test_r_oos_1_refused_opens_a_case(waiting: Shop) -> None:
    waiting.call(waiting.person(), "05-13 09:30", "refuses", note="要退款")
    assert [(row.kind, row.cause) for row in waiting.rows(service_case)] == [("refund", "要退款")]
    assert [row.ending for row in waiting.tasks()] == ["refused"]


def test_r_oos_2_a_later_date_breaks_the_promise_and_is_told(waiting: Shop) -> None:
    waiting.call(waiting.person(), "05-13 09:30", "agrees")
    shortages.move(waiting.runtime, 1, day("05-25"), at("05-14 10:00"), "李组长")
    promise, message = waiting.todos()
    assert promise.broken_at == at("05-14 10:00")
    assert (promise.promised_on, promise.due_at) == (day("05-20"), at("05-26 00:00"))
    assert _messages(waiting) == ["moved:2025-05-25"]
    assert "5月20日" in message.wording
    assert "5月25日" in message.wording
    todos.finish_todo(waiting.runtime, message.id, at("05-14 10:01"), "张三")


def test_r_oos_2_an_earlier_date_breaks_nothing(waiting: Shop) -> None:
    waiting.call(waiting.person(), "05-13 09:30", "agrees")
    shortages.move(waiting.runtime, 1, day("05-18"), at("05-14 10:00"), "李组长")
    assert [row.broken_at for row in waiting.todos()] == [None, None]
    assert _messages(waiting) == ["moved:2025-05-18"]


def test_r_oos_2_arrived_it_is_told_and_due_today(waiting: Shop) -> None:
    waiting.call(waiting.person(), "05-13 09:30", "agrees")
    shortages.arrive(waiting.runtime, 1, at("05-16 10:00"), "李组长")
    promise, message = waiting.todos()
    assert promise.due_at == at("05-17 00:00")
    assert message.occasion == "arrived:2025-05-16"


def test_r_oos_2_on_the_expected_day_the_customers_are_told_once(waiting: Shop) -> None:
    waiting.call(waiting.person(), "05-13 09:30", "agrees")
    shortages.follow_up_due(waiting.runtime, at("05-20 00:10"))
    shortages.follow_up_due(waiting.runtime, at("05-20 00:20"))
    assert _messages(waiting) == ["due:2025-05-20"]
    (message,) = [row for row in waiting.todos() if row.kind == TodoKind.WANGWANG]
    todos.finish_todo(waiting.runtime, message.id, at("05-20 09:30"), "张三")
    shortages.follow_up_due(waiting.runtime, at("05-20 09:40"))
    assert _messages(waiting) == ["due:2025-05-20"]


def test_r_oos_2_a_day_that_is_expected_again_is_told_again(waiting: Shop) -> None:
    waiting.call(waiting.person(), "05-13 09:30", "agrees")
    for expected, now in (("05-25", "10:00"), ("05-28", "10:30"), ("05-25", "11:00")):
        moved_at = at(f"05-14 {now}")
        shortages.move(waiting.runtime, 1, day(expected), moved_at, "李组长")
        message = waiting.todos()[-1]
        todos.finish_todo(waiting.runtime, message.id, moved_at, "张三")
    sent = ["moved:2025-05-25", "moved:2025-05-28", "moved:2025-05-25:2"]
    assert _messages(waiting) == sent
    assert "5月25日" in waiting.todos()[-1].wording


def test_r_oos_2_a_message_that_was_taken_back_is_written_anew(waiting: Shop) -> None:
    waiting.call(waiting.person(), "05-13 09:30", "agrees")
    for expected, now in (("05-25", "10:00"), ("05-28", "10:30"), ("05-25", "11:00")):
        shortages.move(waiting.runtime, 1, day(expected), at(f"05-14 {now}"), "李组长")
    assert _messages(waiting) == ["moved:2025-05-25:2"]


def test_r_oos_2_a_day_that_passed_breaks_the_promise(waiting: Shop) -> None:
    waiting.call(waiting.person(), "05-13 09:30", "agrees")
    with waiting.runtime.transaction() as connection:
        shortages.break_overdue(connection, at("05-20 23:59"))
    assert waiting.todos()[0].broken_at is None
    with waiting.runtime.transaction() as connection:
        shortages.break_overdue(connection, at("05-21 00:00"))
    assert waiting.todos()[0].broken_why == "到期没有兑现"


def test_r_oos_2_before_a_call_the_date_just_moves(waiting: Shop) -> None:
    shortages.move(waiting.runtime, 1, day("05-25"), at("05-13 09:00"), "李组长")
    assert [row.deadline for row in waiting.tasks()] == [at("05-25 00:00")]
    assert waiting.todos() == []


def test_r_oos_2_arrived_before_a_call_there_is_nothing_to_tell(waiting: Shop) -> None:
    shortages.arrive(waiting.runtime, 1, at("05-13 09:00"), "李组长")
    assert [row.ending for row in waiting.tasks()] == ["overtaken"]


def test_r_oos_2_a_date_in_the_past_is_refused(waiting: Shop) -> None:
    with pytest.raises(UsageError):
        shortages.move(waiting.runtime, 1, day("05-12"), at("05-13 09:00"), "李组长")


def test_r_oos_2_shipped_takes_the_message_back_and_leaves_the_promise(waiting: Shop) -> None:
    waiting.call(waiting.person(), "05-13 09:30", "agrees")
    shortages.move(waiting.runtime, 1, day("05-25"), at("05-14 10:00"), "李组长")
    waiting.see("05-15 09:00", state=OrderState.SHIPPED, only=waiting.orders_of(1))
    promise, message = waiting.todos()
    assert message.withdrawn_rule == "R-OOS-2"
    assert promise.withdrawn_at is None


def test_r_oos_1_lapsed_it_is_planned_anew_when_the_date_moves(waiting: Shop) -> None:
    waiting.set_clock("05-20 08:00")
    jobs.tick(waiting.runtime)
    assert [row.ending for row in waiting.tasks()] == ["lapsed"]
    shortages.move(waiting.runtime, 1, day("05-25"), at("05-20 08:30"), "李组长")
    assert len(waiting.plan("05-20", kind=Kind.STOCK_OUT).tasks) == 1


def test_sop_4_relay_is_one_more_call_on_another_day(waiting: Shop) -> None:
    caller = waiting.person()
    waiting.call(caller, "05-13 09:30", "relay")
    (task,) = waiting.tasks()
    assert task.due_at == at("05-14 13:00")
    waiting.call(caller, "05-14 13:00", "relay")
    assert [row.ending for row in waiting.tasks()] == ["relayed"]


def test_sop_4_a_given_number_is_due_at_once(waiting: Shop) -> None:
    caller = waiting.person()
    waiting.call(caller, "05-13 09:30", "gave_number", phone="13800001234")
    held = dialled(waiting, caller, "05-13 09:31")
    assert held.phone.display == "13800001234"


def test_r_msg_1_the_second_failure_writes(waiting: Shop) -> None:
    caller = waiting.person()
    waiting.call(caller, "05-13 09:30", "no_answer")
    waiting.call(caller, "05-13 13:00", "no_answer")
    assert _messages(waiting) == ["unreached"]


def test_r_oos_1_an_article_that_is_dropped_calls_nobody(waiting: Shop) -> None:
    shortages.drop(waiting.runtime, 1, at("05-13 09:00"), "李组长")
    assert [row.ending for row in waiting.tasks()] == ["overtaken"]
    assert waiting.plan("05-14", kind=Kind.STOCK_OUT).tasks == ()


def test_r_oos_2_goods_that_came_early_break_nothing_before_the_named_day(waiting: Shop) -> None:
    waiting.call(waiting.person(), "05-13 09:30", "agrees")
    shortages.arrive(waiting.runtime, 1, at("05-16 10:00"), "李组长")
    for now, broken in (("05-20 23:59", False), ("05-21 00:00", True)):
        with waiting.runtime.transaction() as connection:
            shortages.break_overdue(connection, at(now))
        assert (waiting.todos()[0].broken_at is not None) is broken


def test_r_oos_1_another_article_of_a_settled_order_is_told_too(waiting: Shop) -> None:
    caller = waiting.person()
    waiting.call(caller, "05-13 09:30", "agrees")
    waiting.lacking("六盆装", expected="05-22")
    plan = waiting.plan("05-14", kind=Kind.STOCK_OUT)
    assert [task.new for task in plan.tasks] == [True]
    waiting.call(caller, "05-14 09:30", "agrees")
    assert [row.promised_on for row in waiting.todos()] == [day("05-20"), day("05-22")]
    assert waiting.plan("05-15", kind=Kind.STOCK_OUT).tasks == ()


@pytest.mark.parametrize("press", [shortages.arrive, shortages.drop])
def test_r_aud_1_pressed_at_once_by_several_it_happens_once(
    waiting: Shop, press: Callable[..., None]
) -> None:
    now = at("05-14 10:00")
    pressed = at_once(waiting, 4, lambda runtime, _: press(runtime, 1, now, "李组长"))
    assert pressed == [None] * 4
    lines = [row.what for row in waiting.rows(audit) if row.subject == "shortage:1"]
    assert lines in (["shortage.arrived"], ["shortage.dropped"])


def test_r_dnc_2_promises_of_others_do_not_keep_a_message_from_being_taken_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "CHUNK", 1)
    caller = shop.person()
    for name in ("tb_hua01", "tb_hua02"):
        customer = shop.customer(name)
        shop.phone(customer)
        shop.bought(customer, OrderState.PAID)
    shop.lacking()
    shop.plan(kind=Kind.STOCK_OUT)
    for now in ("05-13 09:30", "05-13 09:31"):
        shop.call(caller, now, "agrees")
    shortages.move(shop.runtime, 1, day("05-25"), at("05-14 10:00"), "李组长")
    form = EntryForm("本人要求", user_id="tb_hua02")
    add_entry(shop.runtime, form, at("05-14 10:01"), "李组长")
    taken_back = [row.task_id for row in shop.todos() if row.withdrawn_at is not None]
    form = EntryForm("本人要求", user_id="tb_hua01")
    add_entry(shop.runtime, form, at("05-14 10:02"), "李组长")
    messages = [row for row in shop.todos() if row.kind == TodoKind.WANGWANG]
    assert len(taken_back) == 1
    assert [row.withdrawn_rule for row in messages] == ["R-DNC-2"] * 2


def test_r_oos_1_the_promise_is_for_the_day_that_was_named(waiting: Shop) -> None:
    caller = waiting.person()
    held = dialled(waiting, caller)
    shortages.move(waiting.runtime, 1, day("05-25"), at("05-13 09:31"), "李组长")
    waiting.outcome(held.attempt_id, "agrees", "05-13 09:33", caller)
    promise, message = waiting.todos()
    assert (promise.promised_on, promise.broken_at) == (day("05-20"), at("05-13 09:33"))
    assert message.occasion == "moved:2025-05-25"


def test_r_oos_2_goods_that_come_while_they_talk_are_told_of(waiting: Shop) -> None:
    caller = waiting.person()
    held = dialled(waiting, caller)
    shortages.arrive(waiting.runtime, 1, at("05-13 09:31"), "李组长")
    waiting.outcome(held.attempt_id, "agrees", "05-13 09:33", caller)
    promise, message = waiting.todos()
    assert (promise.promised_on, promise.due_at) == (day("05-20"), at("05-14 00:00"))
    assert message.occasion == "arrived:2025-05-13"


def test_somebody_elses_to_do_is_not_a_callers_to_tick_off(waiting: Shop) -> None:
    waiting.call(waiting.person(), "05-13 09:30", "agrees")
    (promise,) = waiting.todos()
    with pytest.raises(NotFoundError):
        todos.finish_todo(waiting.runtime, promise.id, at("05-13 10:00"), "李四", own_only=True)
    todos.finish_todo(waiting.runtime, promise.id, at("05-13 10:00"), "张三", own_only=True)
