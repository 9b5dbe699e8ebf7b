from __future__ import annotations

from typing import Any

import pytest

from adapters.store.models.customers import suppression
from tests.scheduler.verify.conftest import One
from tests.scheduler.verify.story import Story, at


@pytest.mark.parametrize("way", ["customer", "user_id", "phone"])
def test_r_dnc_2_a_call_from_the_very_second_on(one: One, way: str) -> None:
    whose: dict[str, dict[str, Any]] = {
        "customer": {"customer_id": one.customer},
        "user_id": {"user_id": "buyer-one"},
        "phone": {"phone_key": f"key-{one.customer}"},
    }
    one.story.listed("05-12 09:30", **whose[way])
    one.story.call(one.task, "05-12 09:30", "no_answer")
    assert one.story.broken() == {"R-DNC-2"}


def test_r_dnc_1_a_call_after_an_angry_end(one: One) -> None:
    one.story.listed("05-12 09:00", "R-DNC-1", customer_id=one.customer, kind="dunning")
    one.story.call(one.task, "05-12 09:30", "no_answer")
    assert one.story.broken() == {"R-DNC-1"}


def test_r_dnc_3_an_entry_of_another_kind_or_lifted_binds_nobody(one: One) -> None:
    one.story.listed("05-12 09:00", customer_id=one.customer, kind="callback")
    one.story.listed(
        "05-12 09:00",
        customer_id=one.customer,
        lifted_at=at("05-12 09:20"),
        lifted_by="王五",
        lift_reason="客户来电要求恢复",
    )
    one.story.call(one.task, "05-12 09:30", "no_answer")
    assert one.story.broken() == set()


def test_r_dnc_2_a_call_before_the_entry_is_none_of_it(one: One) -> None:
    one.story.call(one.task, "05-12 09:30", "no_answer")
    one.story.listed("05-12 09:31", customer_id=one.customer)
    assert one.story.broken() == set()


def test_r_dnc_2_what_is_on_a_screen_is_withdrawn_at_once(one: One) -> None:
    one.story.hand_out(
        one.task, "05-12 09:30", state="withdrawn", ended_at=at("05-12 09:35"), end_reason="R-DNC-2"
    )
    entry = one.story.listed("05-12 09:35", customer_id=one.customer)
    assert one.story.broken() == set()
    one.story.change(suppression, entry, since=at("05-12 09:34"))
    assert one.story.broken() == {"R-DNC-2"}


def test_r_dnc_2_at_one_instant_the_trail_says_what_came_first(one: One) -> None:
    one.story.call(one.task, "05-12 09:30", "no_answer", until="05-12 09:30")
    one.story.listed("05-12 09:30", customer_id=one.customer)
    one.story.todo(one.task, "wangwang", "05-12 09:20", done="05-12 09:30")
    (found,) = one.story.report().violations  # the message was sent after the entry
    assert (found.rule, found.attempt) == ("R-DNC-2", None)


def test_r_dnc_2_no_message_either(one: One) -> None:
    one.story.todo(one.task, "wangwang", "05-12 09:10", done="05-12 09:30")
    one.story.listed("05-12 09:20", customer_id=one.customer)
    assert one.story.broken() == {"R-DNC-2"}


def test_r_dnc_2_a_trade_may_still_be_closed(one: One) -> None:
    one.story.todo(one.task, "close_trade", "05-12 09:10", done="05-12 09:30")
    one.story.listed("05-12 09:20", customer_id=one.customer)
    assert one.story.broken() == set()


@pytest.mark.parametrize(
    ("outcome", "rule"), [("hung_up_angry", "R-DNC-1"), ("opt_out", "R-DNC-2")]
)
def test_r_dnc_1_r_dnc_2_an_outcome_that_was_not_put_on_the_list(
    one: One, outcome: str, rule: str
) -> None:
    one.story.call(one.task, "05-12 09:30", outcome)
    assert one.story.broken() == {rule}


def test_r_dnc_2_an_outcome_and_its_entry_at_one_instant(one: One) -> None:
    one.story.call(one.task, "05-12 09:30", "opt_out", until="05-12 09:30")
    one.story.listed("05-12 09:30", customer_id=one.customer)
    one.story.listed("05-12 09:30", phone_key=f"key-{one.customer}")
    assert one.story.broken() == set()


def lifted(story: Story, by: str, reason: str) -> None:
    story.listed(
        "05-12 09:00",
        user_id="nobody",
        lifted_at=at("05-12 10:00"),
        lifted_by=by,
        lift_reason=reason,
    )


@pytest.mark.parametrize(
    ("by", "reason"), [("张三", "客户来电"), ("路人", "客户来电"), ("王五", "")]
)
def test_r_dnc_3_lifting_needs_a_supervisor_and_a_reason(
    story: Story, by: str, reason: str
) -> None:
    lifted(story, by, reason)
    assert story.broken() == {"R-DNC-3"}


def test_r_dnc_3_a_supervisor_with_a_reason_may_lift(story: Story) -> None:
    lifted(story, "王五", "客户来电要求恢复")
    assert story.broken() == set()


@pytest.mark.parametrize("column", ["reason", "source", "created_by"])
def test_r_dnc_3_an_entry_says_why_whence_and_who(story: Story, column: str) -> None:
    story.listed("05-12 09:00", user_id="nobody", **{column: ""})
    assert story.broken() == {"R-DNC-3"}
