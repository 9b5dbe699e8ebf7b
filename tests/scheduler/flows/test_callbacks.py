"""R-CB-2 to R-CB-6: whom a callback plans, and what it brings back."""

from __future__ import annotations

import pytest

from adapters.store.models.after_sales import feedback, service_case
from campaigns.errors import UsageError
from campaigns.values import Effect, Kind, OrderState, Role, Topic
from scheduler.flows.outcome_forms import CaseForm, FeedbackForm
from scheduler.flows.people import set_active
from scheduler.flows.shop import change_policy
from tests.factories import at
from tests.scheduler.flows.calling import dialled
from tests.shops import Shop


def _signed(shop: Shop, when: str, name: str = "tb_hua01") -> int:
    customer = shop.customer(name)
    shop.phone(customer)
    shop.bought(customer, OrderState.COMPLETED, placed="05-01 10:00", received_at=at(when))
    return customer


def _shipped(shop: Shop, when: str, name: str = "tb_hua02") -> int:
    customer = shop.customer(name)
    shop.phone(customer)
    shop.bought(customer, OrderState.SHIPPED, placed="05-01 10:00", shipped_at=at(when))
    return customer


@pytest.mark.parametrize(
    ("signed", "is_planned"),
    [
        ("05-11 00:00", False),
        ("05-10 23:59", True),
        ("05-03 00:00", True),
        ("05-02 23:59", False),
    ],
)
def test_r_cb_2_signed_for_three_to_ten_days_ago(shop: Shop, signed: str, is_planned: bool) -> None:
    _signed(shop, signed)
    plan = shop.plan(kind=Kind.CALLBACK)
    assert [task.topic for task in plan.tasks] == [Topic.RECEIVED] * is_planned


@pytest.mark.parametrize(
    ("shipped", "is_planned"),
    [("05-09 00:00", False), ("05-08 23:59", True), ("04-28 00:00", True), ("04-27 23:59", False)],
)
def test_r_cb_2_on_the_way_since_five_days(shop: Shop, shipped: str, is_planned: bool) -> None:
    _shipped(shop, shipped)
    plan = shop.plan(kind=Kind.CALLBACK)
    assert [task.topic for task in plan.tasks] == [Topic.NOT_RECEIVED] * is_planned


def test_r_cb_2_without_a_date_the_first_sighting_counts(shop: Shop) -> None:
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.bought(
        customer, OrderState.COMPLETED, placed="05-01 10:00", completed_at=at("05-08 09:00")
    )
    assert len(shop.plan(kind=Kind.CALLBACK).tasks) == 1


def test_r_cb_2_without_any_date_there_is_no_callback(shop: Shop) -> None:
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.bought(customer, OrderState.COMPLETED, placed="05-01 10:00")
    assert shop.plan(kind=Kind.CALLBACK).tasks == ()


def test_r_cb_2_signed_for_meanwhile_ends_the_task_uncalled(shop: Shop) -> None:
    customer = _shipped(shop, "05-06 10:00")
    shop.plan(kind=Kind.CALLBACK)
    shop.see("05-13 09:00", state=OrderState.COMPLETED, only=shop.orders_of(customer))
    assert [row.ending for row in shop.tasks()] == ["overtaken"]


def test_r_cb_2_signed_for_later_it_is_asked_about_then(shop: Shop) -> None:
    customer = _shipped(shop, "05-06 10:00")
    shop.plan(kind=Kind.CALLBACK)
    only = shop.orders_of(customer)
    shop.see("05-13 09:00", state=OrderState.COMPLETED, only=only)
    shop.change_order(only[0], received_at=at("05-12 18:00"))
    assert shop.plan("05-14", kind=Kind.CALLBACK).tasks == ()
    plan = shop.plan("05-15", kind=Kind.CALLBACK)
    assert [task.topic for task in plan.tasks] == [Topic.RECEIVED]


def test_r_cb_3_answered_it_is_not_asked_again(shop: Shop) -> None:
    _signed(shop, "05-09 10:00")
    shop.plan(kind=Kind.CALLBACK)
    shop.call(shop.person(), "05-13 09:30", "satisfied")
    plan = shop.plan("05-14", kind=Kind.CALLBACK)
    assert (plan.tasks, plan.left_out) == ((), ())


def test_r_repeat_1_a_third_survey_within_ninety_days_is_left_out(shop: Shop) -> None:
    customer = _signed(shop, "05-09 10:00")
    caller = shop.person()
    shop.plan(kind=Kind.CALLBACK)
    shop.call(caller, "05-13 09:30", "satisfied")
    shop.bought(customer, OrderState.COMPLETED, placed="05-02 10:00", received_at=at("05-11 10:00"))
    shop.plan("05-15", kind=Kind.CALLBACK)
    shop.call(caller, "05-15 09:30", "satisfied")
    shop.bought(customer, OrderState.COMPLETED, placed="05-03 10:00", received_at=at("05-14 10:00"))
    plan = shop.plan("05-19", kind=Kind.CALLBACK)
    assert plan.tasks == ()
    assert [one.rules for one in plan.left_out] == [("R-REPEAT-1",)]


def test_r_cb_3_unresolved_opens_a_case_and_keeps_the_words(shop: Shop) -> None:
    _signed(shop, "05-09 10:00")
    shop.plan(kind=Kind.CALLBACK)
    held = dialled(shop, shop.person())
    with pytest.raises(UsageError):
        shop.outcome(held.attempt_id, "complaint", "05-13 09:35")
    answer = shop.outcome(
        held.attempt_id,
        "complaint",
        "05-13 09:35",
        note="叶子发黄",
        feedback=FeedbackForm(effect=Effect.BAD, wish="换小盆", verbatim="刚到就黄了"),
        case=CaseForm(agreed="三天内补发"),
    )
    assert "R-CASE-1" in answer.rules
    (case,) = shop.rows(service_case)
    assert (case.cause, case.agreed, case.handler) == ("叶子发黄", "三天内补发", "张三")
    assert case.due_at == at("05-14 09:35")
    (said,) = shop.rows(feedback)
    assert (said.product, said.effect, said.complaint) == ("多肉植物六盆装", "bad", "叶子发黄")
    assert (said.wish, said.verbatim) == ("换小盆", "刚到就黄了")


def test_r_cb_6_a_satisfied_customer_is_good_feedback(shop: Shop) -> None:
    _signed(shop, "05-09 10:00")
    shop.plan(kind=Kind.CALLBACK)
    shop.call(shop.person(), "05-13 09:30", "satisfied")
    assert [(row.product, row.effect) for row in shop.rows(feedback)] == [
        ("多肉植物六盆装", "good")
    ]


def test_r_cb_3_no_time_ends_it(shop: Shop) -> None:
    _signed(shop, "05-09 10:00")
    shop.plan(kind=Kind.CALLBACK)
    shop.call(shop.person(), "05-13 09:30", "no_time")
    assert [row.ending for row in shop.tasks()] == ["declined"]
    assert shop.rows(feedback) == []


def test_r_repeat_4_two_failures_end_a_callback_without_a_message(shop: Shop) -> None:
    _signed(shop, "05-09 10:00")
    shop.plan(kind=Kind.CALLBACK)
    caller = shop.person()
    shop.call(caller, "05-13 09:30", "no_answer")
    shop.call(caller, "05-13 13:00", "no_answer")
    assert [row.ending for row in shop.tasks()] == ["attempts_used"]
    assert shop.todos() == []


def test_r_cb_4_still_waiting_comes_before_received(shop: Shop) -> None:
    customer = _signed(shop, "05-09 10:00")
    shop.bought(customer, OrderState.SHIPPED, placed="05-01 11:00", shipped_at=at("05-06 10:00"))
    plan = shop.plan(kind=Kind.CALLBACK)
    assert [(task.topic, len(task.orders)) for task in plan.tasks] == [(Topic.NOT_RECEIVED, 1)]


def test_r_cb_4_a_promise_to_chase_the_parcel_is_work_with_a_time(shop: Shop) -> None:
    _shipped(shop, "05-06 10:00")
    shop.plan(kind=Kind.CALLBACK)
    shop.call(shop.person(), "05-13 09:30", "parcel_chased")
    (todo,) = shop.todos()
    assert (todo.kind, todo.due_at) == ("chase_parcel", at("05-14 09:30"))


def test_r_repeat_5_a_cut_survey_is_redialled_as_the_same_contact(shop: Shop) -> None:
    change_policy(shop.runtime, {"survey_contacts": 1}, at("05-12 09:00"), "李组长")
    _signed(shop, "05-09 10:00")
    shop.plan(kind=Kind.CALLBACK)
    caller = shop.person()
    shop.call(caller, "05-13 09:30", "cut_off")
    shop.call(caller, "05-13 09:33", "satisfied")
    assert [row.ending for row in shop.tasks()] == ["answered"]


def test_r_cb_2_a_later_first_day_holds_planned_calls_too(shop: Shop) -> None:
    _signed(shop, "05-10 10:00")
    shop.plan(kind=Kind.CALLBACK)
    change_policy(shop.runtime, {"signed_from_days": 5}, at("05-13 08:50"), "李组长")
    assert [row.due_at for row in shop.tasks()] == [at("05-15 09:00")]


def test_r_cpl_2_open_cases_of_somebody_who_is_gone_are_nobodys(shop: Shop) -> None:
    _signed(shop, "05-09 10:00")
    shop.plan(kind=Kind.CALLBACK)
    caller, admin = shop.person(), shop.person("冬至", Role.ADMIN)
    shop.call(caller, "05-13 09:30", "complaint", note="叶子发黄")
    set_active(shop.runtime, caller.id, is_active=False, now=at("05-13 18:00"), who=admin)
    assert [row.handler for row in shop.rows(service_case)] == [""]
