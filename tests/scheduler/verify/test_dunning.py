from __future__ import annotations

import pytest

from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import task_order
from adapters.store.models.customers import order
from tests.scheduler.verify.conftest import One, one_task
from tests.scheduler.verify.story import Story, at


def test_r_dun_1_an_order_of_the_same_day(story: Story) -> None:
    customer = story.customer("buyer")
    story.task(customer, [story.order(customer, "05-12 07:00", ["05-12 08:30"])])
    assert story.broken() == {"R-DUN-1"}


def test_r_dun_1_an_order_of_a_day_that_was_planned(story: Story) -> None:
    story.batch("05-12")
    customer = story.customer("buyer")
    order_id = story.order(customer, "05-11 20:00", ["05-12 08:30"])
    story.task(customer, [order_id], "05-13")
    assert story.broken() == {"R-DUN-1"}


def test_r_dun_1_a_day_without_a_plan_is_made_up(story: Story) -> None:
    customer = story.customer("buyer")
    order_id = story.order(customer, "05-11 20:00", ["05-12 08:30"])
    story.task(customer, [order_id], "05-13")
    assert story.broken() == set()


def joined(one: One, placed: str, day: str) -> int:
    """An order that joins the open task with the plan of a later day."""
    order_id = one.story.order(one.customer, placed, [f"{day} 08:30"], fen=700)
    one.story.batch(day)
    one.story.row(task_order, task_id=one.task, order_id=order_id, joined_at=at(f"{day} 08:45"))
    return order_id


def test_r_dun_1_r_dun_2_a_later_order_joins_the_open_task(one: One) -> None:
    joined(one, "05-12 13:00", "05-13")
    one.story.call(one.task, "05-12 09:30", "no_answer")
    one.story.call(one.task, "05-13 14:00", "will_pay", owed_fen=5_700)
    assert one.story.broken() == set()


def test_r_dun_1_an_order_joins_on_the_wrong_day(one: One) -> None:
    joined(one, "05-13 07:00", "05-13")
    assert one.story.broken() == {"R-DUN-1"}


def test_r_dun_1_a_call_before_the_day_of_calling(story: Story) -> None:
    customer = story.customer("buyer")
    story.phone(customer)
    order_id = story.order(customer, "05-12 07:00", ["05-12 08:30"])
    story.batch("05-13", planned="05-12 08:45")
    task = story.task(customer, [order_id], "05-13", created_at=at("05-12 08:45"))
    story.change(task_order, task, joined_at=at("05-12 08:45"))
    story.call(task, "05-12 14:00", "no_answer")
    assert story.broken() == {"R-DUN-1"}


def test_r_dun_1_an_order_that_was_paid_when_it_joined(story: Story) -> None:
    customer = story.customer("buyer")
    order_id = story.order(customer, "05-11 20:00", ["05-12 08:30"])
    story.seen(order_id, "05-12 08:40", "paid", paid="05-12 08:35")
    story.task(customer, [order_id])
    assert story.broken() == {"R-DUN-1"}


def test_r_dun_2_the_sum_is_that_of_the_orders_unpaid_then(one: One) -> None:
    entry = one.story.call(one.task, "05-12 09:30", "no_answer")
    one.story.change(attempt, entry, owed_fen=4_999)
    assert one.story.broken() == {"R-DUN-2"}


def test_r_dun_2_the_sum_is_judged_by_what_was_known_then(one: One) -> None:
    one.story.call(one.task, "05-12 09:30", "no_answer")
    one.story.seen(one.order, "05-14 08:31", fen=9_900)
    assert one.story.broken() == set()


def test_r_dun_2_r_dun_4_an_import_at_the_very_instant_may_have_come_after(one: One) -> None:
    one.story.call(one.task, "05-14 09:30", "no_answer")
    one.story.seen(one.order, "05-14 09:30", "paid", paid="05-13 21:00")
    assert one.story.broken() == set()


def test_r_dun_2_one_order_in_two_tasks(one: One) -> None:
    one.story.end(one.task, "05-12 08:45", "attempts_used")
    one.story.task(one.customer, [one.order])
    assert one.story.broken() == {"R-DUN-2"}


def test_r_imp_4_another_customers_order_in_a_task(one: One) -> None:
    one.story.change(order, one.order, customer_id=one.story.customer("stranger"))
    assert one.story.broken() == {"R-IMP-4"}


def test_r_dun_3_a_call_at_the_closing_time(one: One) -> None:
    one.story.change(order, one.order, placed_at=at("05-11 10:00"))
    entry = one.story.call(one.task, "05-14 10:00", "no_answer")
    assert one.story.broken() == {"R-DUN-3"}
    one.story.change(attempt, entry, at=at("05-14 09:59:59"))
    assert one.story.broken() == set()


def test_r_dun_3_a_message_after_the_closing_time(one: One) -> None:
    one.story.change(order, one.order, placed_at=at("05-11 10:00"))
    one.story.todo(one.task, "wangwang", "05-13 14:00", done="05-14 10:00")
    assert one.story.broken() == {"R-DUN-3"}


def test_r_dun_3_the_task_goes_on_with_later_orders_once_the_first_has_closed(one: One) -> None:
    one.story.change(order, one.order, placed_at=at("05-11 10:00"))
    joined(one, "05-12 13:00", "05-13")
    one.story.seen(2, "05-14 10:30", fen=700)
    entry = one.story.call(one.task, "05-14 11:00", "no_answer", owed_fen=5_700)
    assert one.story.broken() == {"R-DUN-3"}
    one.story.seen(one.order, "05-14 10:30", "closed")
    one.story.change(attempt, entry, owed_fen=700)
    assert one.story.broken() == set()


def test_r_dun_4_a_call_after_the_payment_was_known(one: One) -> None:
    one.story.seen(one.order, "05-14 08:31", "paid", paid="05-13 21:00")
    one.story.call(one.task, "05-14 09:30", "no_answer", owed_fen=0)
    assert one.story.broken() == {"R-DUN-4"}


def test_r_dun_4_payment_data_older_than_a_day(story: Story) -> None:
    customer = story.customer("buyer")
    story.phone(customer)
    order_id = story.order(customer, "05-11 20:00", ["05-12 08:30"])
    task = story.task(customer, [order_id])
    entry = story.call(task, "05-13 09:00", "no_answer")
    assert story.broken() == {"R-DUN-4"}
    story.seen(order_id, "05-13 08:59")
    assert story.broken() == set(), entry


def test_r_dun_4_a_message_on_old_data(story: Story) -> None:
    customer = story.customer("buyer")
    order_id = story.order(customer, "05-11 20:00", ["05-12 08:30"])
    story.todo(story.task(customer, [order_id]), "wangwang", "05-12 14:00", done="05-13 09:00")
    assert story.broken() == {"R-DUN-4"}


@pytest.mark.parametrize("outcome", ["will_pay", "says_paid", "relay"])
def test_r_dun_4_the_follow_up_is_not_on_the_same_day(one: One, outcome: str) -> None:
    one.story.call(one.task, "05-13 10:00", outcome)
    if outcome == "relay":
        one.story.todo(one.task, "wangwang", "05-13 10:02")
    one.story.seen(one.order, "05-13 13:00")
    one.story.call(one.task, "05-13 14:00", "no_answer")
    # A reached contact ends the day by the contact budget as well.
    assert one.story.broken() == {"R-DUN-4", "R-REPEAT-3"}


def test_r_dun_4_a_promise_is_followed_up_once(one: One) -> None:
    one.story.call(one.task, "05-12 10:00", "will_pay")
    one.story.call(one.task, "05-13 14:00", "will_pay")
    one.story.call(one.task, "05-14 18:00", "no_answer")
    assert one.story.broken() == {"R-DUN-4"}


def test_r_dun_4_after_says_paid_the_next_import_decides(story: Story) -> None:
    customer = story.customer("buyer")
    story.phone(customer)
    order_id = story.order(customer, "05-11 20:00", ["05-12 08:30", "05-12 15:00"])
    task = story.task(customer, [order_id])
    story.call(task, "05-12 18:00", "says_paid")
    story.call(task, "05-13 09:30", "no_answer")
    assert story.broken() == {"R-DUN-4"}
    story.seen(order_id, "05-13 09:00")
    assert story.broken() == set()


@pytest.mark.parametrize(
    ("ending", "paid", "called"),
    [
        ("paid", "05-12 09:00", "05-12 09:30"),
        ("paid_uncalled", "05-12 09:30", "05-12 09:30"),
        ("paid", "05-12 09:00", None),
        ("paid", None, "05-12 09:30"),
    ],
)
def test_r_dun_4_an_ending_that_the_payments_do_not_bear_out(
    one: One, ending: str, paid: str | None, called: str | None
) -> None:
    if called:
        one.story.call(one.task, called, "no_answer")
    one.story.seen(one.order, "05-14 08:31", "paid" if paid else "closed", paid=paid)
    one.story.end(one.task, "05-14 08:31", ending)
    assert one.story.broken() == {"R-DUN-4"}


def test_r_dun_7_closed_by_us_without_the_work_for_it(one: One) -> None:
    one.story.call(one.task, "05-12 09:30", "not_needed")
    one.story.end(one.task, "05-12 09:32", "closed_by_us")
    assert one.story.broken() == {"R-DUN-7"}


def test_r_dun_7_closed_by_the_marketplace_while_an_order_is_open(one: One) -> None:
    one.story.end(one.task, "05-14 20:00", "closed_by_marketplace")
    assert one.story.broken() == {"R-DUN-7"}


@pytest.mark.parametrize("outcome", ["gave_number", "other", "fell_asleep"])
def test_r_dun_7_an_outcome_without_what_it_requires(one: One, outcome: str) -> None:
    one.story.call(one.task, "05-12 09:30", outcome)
    assert one.story.broken() == {"R-DUN-7"}


def test_r_repeat_3_a_contact_noted_as_not_reached(one: One) -> None:
    one.story.call(one.task, "05-12 09:30", "busy", is_reached=False)
    assert one.story.broken() == {"R-REPEAT-3"}


def test_r_msg_1_the_second_failed_attempt_queues_a_message(one: One) -> None:
    one.story.call(one.task, "05-12 09:30", "no_answer")
    one.story.call(one.task, "05-12 14:00", "switched_off")
    assert one.story.broken() == {"R-MSG-1"}
    one.story.todo(one.task, "wangwang", "05-12 14:02")
    assert one.story.broken() == set()


def test_r_msg_1_who_passes_it_on_queues_a_message(one: One) -> None:
    one.story.call(one.task, "05-12 09:30", "relay")
    assert one.story.broken() == {"R-MSG-1"}


@pytest.mark.parametrize("outcome", ["wrong_number", "relay_failed"])
def test_r_msg_1_no_number_left_queues_a_message(one: One, outcome: str) -> None:
    one.story.call(one.task, "05-12 09:30", outcome)
    assert one.story.broken() == set()
    one.story.end(one.task, "05-12 09:32", "unreachable")
    assert one.story.broken() == {"R-MSG-1"}


def test_r_msg_1_no_message_when_no_open_minute_is_left(story: Story) -> None:
    one = one_task(story, "late")
    story.change(order, one.order, placed_at=at("05-11 20:30"))
    story.call(one.task, "05-13 09:30", "no_answer")
    story.call(one.task, "05-14 19:58", "no_answer")
    assert story.broken() == set()
