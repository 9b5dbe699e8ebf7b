"""Decision 0007 in the eyes of the second opinion: an entry for a number binds whose number it is."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.store.models.customers import customer_phone, order, suppression
from tests.scheduler.verify.conftest import One, one_task
from tests.scheduler.verify.story import Story, at

LISTED = "key-listed"
ANOTHER = "登记的是客户的另一个号码"


def with_another(one: One, **values: Any) -> int:
    """A second number of the customer, the first being dialled."""
    return one.story.phone(one.customer, LISTED, **values)


def test_r_dnc_2_a_call_to_another_number_of_the_owner(story_on_both: Story) -> None:
    one = one_task(story_on_both, "owner")
    with_another(one)
    one.story.listed("05-12 09:20", phone_key=LISTED)
    called = one.story.call(one.task, "05-12 09:30", "no_answer")
    (found,) = one.story.report().violations
    assert (found.rule, found.attempt) == ("R-DNC-2", called)
    assert ANOTHER in found.what
    assert one.story.broken(as_of="05-12 09:29") == set()


def test_r_dnc_2_what_is_on_a_screen_for_another_number(story_on_both: Story) -> None:
    one = one_task(story_on_both, "owner")
    with_another(one)
    back = {"state": "withdrawn", "ended_at": at("05-12 09:35"), "end_reason": "R-DNC-2"}
    one.story.hand_out(one.task, "05-12 09:30", **back)
    entry = one.story.listed("05-12 09:35", phone_key=LISTED)
    assert one.story.broken() == set()
    one.story.change(suppression, entry, since=at("05-12 09:34"))
    (found,) = (f for f in one.story.report().violations if f.rule == "R-DNC-2")
    assert ANOTHER in found.what


def test_r_dnc_2_a_message_to_whoever_has_a_listed_number(story_on_both: Story) -> None:
    one = one_task(story_on_both, "owner")
    one.story.todo(one.task, "wangwang", "05-12 09:10", done="05-12 09:30")
    one.story.todo(one.task, "wangwang", "05-12 09:11", done="05-12 09:20")
    one.story.listed("05-12 09:25", phone_key=f"key-{one.customer}")
    (found,) = one.story.report().violations
    assert (found.rule, found.at) == ("R-DNC-2", at("05-12 09:30"))


def test_r_dnc_1_a_family_on_one_phone_is_silenced_together(one: One) -> None:
    relative = one_task(one.story, "relative")
    for whose in (one, relative):
        with_another(whose)
    one.story.listed("05-12 09:00", "R-DNC-1", phone_key=LISTED, kind="dunning")
    one.story.call(one.task, "05-12 09:30", "no_answer")
    one.story.call(relative.task, "05-12 09:40", "no_answer")
    assert [found.rule for found in one.story.report().violations] == ["R-DNC-1"] * 2


@pytest.mark.parametrize(
    "entry",
    [
        {"since": "05-12 09:31"},
        {"since": "05-12 09:00", "kind": "callback"},
        {
            "since": "05-12 09:00",
            "lifted_at": at("05-12 09:20"),
            "lifted_by": "王五",
            "lift_reason": "客户来电要求恢复",
        },
    ],
    ids=["later", "another kind", "lifted"],
)
def test_r_dnc_3_an_entry_that_binds_nobody_then(one: One, entry: dict[str, Any]) -> None:
    with_another(one)
    one.story.listed(**entry, phone_key=LISTED)
    one.story.call(one.task, "05-12 09:30", "no_answer")
    one.story.todo(one.task, "wangwang", "05-12 09:10", done="05-12 09:30")
    assert one.story.broken() == set()


@pytest.mark.parametrize("added", ["05-12 09:30", "05-12 11:00"])
def test_r_dnc_2_a_number_learned_later_binds_only_then(one: One, added: str) -> None:
    with_another(one, added_at=at(added))
    one.story.listed("05-12 09:00", phone_key=LISTED)
    one.story.call(one.task, "05-12 09:30", "no_answer")
    assert one.story.broken() == set()
    one.story.call(one.task, "05-12 14:00", "will_pay")
    assert one.story.broken() == {"R-DNC-2"}


@pytest.mark.parametrize(
    ("marked", "broken"), [("05-12 09:30", set()), ("05-12 09:31", {"R-DNC-2"})]
)
def test_r_dnc_2_a_number_marked_wrong_before_binds_nobody(
    one: One, marked: str, broken: set[str]
) -> None:
    with_another(one, wrong_since=at(marked))
    one.story.listed("05-12 09:00", phone_key=LISTED)
    one.story.call(one.task, "05-12 09:30", "no_answer")
    assert one.story.broken() == broken


def wrong_then_given_anew(story: Story) -> One:
    """The listed number is wrong from 09:12 on and the customer's own again from 14:02 on."""
    one = one_task(story, "owner")
    listed = with_another(one)
    one.story.call(one.task, "05-12 09:10", "wrong_number", phone_id=listed)
    one.story.listed("05-12 09:20", phone_key=LISTED)
    one.story.call(one.task, "05-12 14:00", "gave_number", given_phone_id=listed)
    return one


def test_r_dnc_2_a_number_was_wrong_though_its_mark_is_gone(story_on_both: Story) -> None:
    assert wrong_then_given_anew(story_on_both).story.broken() == set()


def test_r_dnc_2_a_number_given_anew_binds_again(story_on_both: Story) -> None:
    one = wrong_then_given_anew(story_on_both)
    called = one.story.call(one.task, "05-12 18:00", "will_pay")
    (found,) = (f for f in one.story.report().violations if f.rule == "R-DNC-2")
    assert found.attempt == called


def stood_alone(story: Story, order_id: int, created: str) -> None:
    """The user ID of this order was not known at first (R-IMP-4)."""
    with story.engine.connect() as connection:
        number = connection.execute(order.select().where(order.c.id == order_id)).one().order_no
    story.customer(f"order:{number}", created_at=at(created))


def test_r_imp_4_a_number_may_have_come_with_an_order_that_stood_alone(one: One) -> None:
    listed = with_another(one)
    paid = one.story.order(one.customer, "05-11 19:00", ["05-12 08:30"])
    one.story.seen(paid, "05-12 08:31", "paid", paid="05-12 08:00")
    stood_alone(one.story, paid, "05-12 08:30")
    one.story.listed("05-12 09:00", phone_key=LISTED)
    one.story.call(one.task, "05-12 09:30", "no_answer")
    assert one.story.broken() == set()
    one.story.change(customer_phone, listed, added_at=at("05-12 08:29"))
    assert one.story.broken() == {"R-DNC-2"}


def test_r_imp_4_it_was_theirs_when_the_order_was_called_about(one: One) -> None:
    with_another(one)
    stood_alone(one.story, one.order, "05-12 08:30")
    one.story.listed("05-12 09:00", phone_key=LISTED)
    one.story.call(one.task, "05-12 09:30", "no_answer")
    assert one.story.broken() == {"R-DNC-2"}
