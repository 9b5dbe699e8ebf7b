from __future__ import annotations

from typing import Any

import pytest

from adapters.store.models.calls import attempt, todo
from adapters.store.models.shop import job_slot
from adapters.store.models.stock import shortage, task_shortage
from tests.scheduler.verify.matters import (
    Missing,
    agreed,
    broke,
    case,
    goods,
    missing,
    moved,
    promise,
    told,
)
from tests.scheduler.verify.story import Story, at


@pytest.fixture
def one(story: Story) -> Missing:
    return missing(story)


def test_r_oos_1_until_the_day_before_the_goods_are_expected(one: Missing) -> None:
    entry = one.story.call(one.task, "05-19 19:59", "no_answer")
    assert one.story.broken() == set()
    one.story.change(attempt, entry, at=at("05-20 09:30"))
    (found,) = one.story.report().violations
    assert (found.rule, found.attempt) == ("R-OOS-1", entry)


def test_r_oos_1_the_day_is_the_one_known_then(one: Missing) -> None:
    moved(one.story, one.goods, "05-30", "05-20 10:00")
    entry = one.story.call(one.task, "05-20 10:30", "no_answer")
    assert one.story.broken() == set()
    one.story.change(attempt, entry, at=at("05-20 09:30"))
    assert "R-OOS-1" in one.story.broken()


def test_r_oos_1_goods_that_have_arrived(one: Missing) -> None:
    one.story.change(shortage, one.goods, arrived_at=at("05-13 08:00"))
    entry = one.story.call(one.task, "05-12 09:30", "no_answer")
    assert one.story.broken() == set()
    one.story.change(attempt, entry, at=at("05-13 09:30"))
    assert "R-OOS-1" in one.story.broken()


def test_r_oos_1_goods_that_are_followed_no_more(one: Missing) -> None:
    one.story.change(shortage, one.goods, closed_at=at("05-12 09:00"))
    one.story.call(one.task, "05-12 09:30", "no_answer")
    assert one.story.broken() == {"R-OOS-1"}


def test_r_oos_1_one_of_two_articles_is_still_missing(one: Missing) -> None:
    other = goods(one.story, "other", "05-22")
    one.story.row(task_shortage, task_id=one.task, shortage_id=other, joined_at=at("05-12 08:45"))
    one.story.change(shortage, one.goods, arrived_at=at("05-12 09:00"))
    one.story.call(one.task, "05-21 09:30", "no_answer")
    assert one.story.broken() == set()


@pytest.mark.parametrize("state", ["shipped", "closed"])
def test_r_oos_1_an_order_that_waits_no_more(one: Missing, state: str) -> None:
    one.story.seen(one.order, "05-12 09:00", state, paid="05-11 09:00")
    one.story.call(one.task, "05-12 09:30", "no_answer")
    assert one.story.broken() == {"R-OOS-1"}


def test_r_oos_1_a_message_after_the_order_was_sent(one: Missing) -> None:
    one.story.seen(one.order, "05-12 09:00", "shipped", paid="05-11 09:00")
    message = one.story.todo(one.task, "wangwang", "05-12 08:50", done="05-12 09:30")
    assert one.story.broken() == {"R-OOS-1"}
    one.story.change(todo, message, occasion="moved:2025-05-22")
    assert one.story.broken() == set()


def test_r_oos_1_who_agrees_has_our_promise(one: Missing) -> None:
    _, kept = agreed(one)
    assert one.story.broken() == set()
    one.story.change(todo, kept, kind="close_trade")
    assert one.story.broken() == {"R-OOS-1"}


def test_r_oos_1_the_promise_is_for_the_day_that_was_known(one: Missing) -> None:
    _, kept = agreed(one)
    one.story.change(todo, kept, promised_on=at("05-21 12:00").date())
    assert one.story.broken() == {"R-OOS-1"}


@pytest.mark.parametrize("left_out", ["ship_together", "first_place", "gift"])
def test_r_oos_1_a_gift_and_the_first_place_are_promised_too(one: Missing, left_out: str) -> None:
    entry = one.story.call(one.task, "05-12 09:30", "agrees_with_gift")
    for what in {"ship_together", "first_place", "gift"} - {left_out}:
        promise(one, entry, what, "05-12 09:32", "05-20")
    one.story.end(one.task, "05-12 09:32", "agreed")
    assert one.story.broken() == {"R-OOS-1"}
    promise(one, entry, left_out, "05-12 09:32", "05-20")
    assert one.story.broken() == set()


def test_r_oos_1_a_promise_that_nobody_heard(one: Missing) -> None:
    entry = one.story.call(one.task, "05-12 09:30", "no_answer")
    promise(one, entry, "gift", "05-12 09:32", "05-20")
    assert one.story.broken() == {"R-OOS-1"}


def test_r_oos_1_a_refusal_opens_a_case(one: Missing) -> None:
    entry = one.story.call(one.task, "05-12 09:30", "refuses")
    one.story.end(one.task, "05-12 09:32", "refused")
    assert one.story.broken() == {"R-CASE-1"}
    case(one.story, entry, kind="refund")
    assert one.story.broken() == set()


def relayed(one: Missing, *calls: str) -> None:
    for when in calls:
        one.story.call(one.task, when, "relay")
    told(one, "relay", f"{calls[0][:-2]}32")


def test_r_oos_1_after_a_relay_one_more_call_on_another_day(one: Missing) -> None:
    relayed(one, "05-12 09:30", "05-13 14:30")
    one.story.end(one.task, "05-13 14:32", "relayed")
    assert one.story.broken() == set()


def test_r_oos_1_a_relay_is_not_followed_up_on_the_same_day(one: Missing) -> None:
    relayed(one, "05-12 09:30", "05-12 14:30")
    assert one.story.broken() == {"R-OOS-1", "R-REPEAT-3"}


def test_r_oos_1_a_second_relay_is_the_last(one: Missing) -> None:
    relayed(one, "05-12 09:30", "05-13 14:30", "05-14 18:30")
    assert one.story.broken() == {"R-OOS-1"}


@pytest.mark.parametrize("ending", ["relayed", "agreed", "refused", "overtaken", "lapsed", "paid"])
def test_r_oos_1_an_ending_that_nothing_bears_out(one: Missing, ending: str) -> None:
    one.story.call(one.task, "05-12 09:30", "no_answer")
    one.story.end(one.task, "05-12 18:00", ending)
    assert one.story.broken() == {"R-OOS-1"}


@pytest.mark.parametrize("how", ["arrived", "dropped", "shipped", "lapsed"])
def test_r_oos_1_endings_that_the_goods_bear_out(one: Missing, how: str) -> None:
    if how == "shipped":
        one.story.seen(one.order, "05-20 00:00", "shipped", paid="05-11 09:00")
    gone: dict[str, Any] = {"arrived": {"arrived_at": at("05-20 00:00")}}
    gone["dropped"] = {"closed_at": at("05-20 00:00")}
    if how in gone:
        one.story.change(shortage, one.goods, **gone[how])
    one.story.end(one.task, "05-20 00:00", "lapsed" if how == "lapsed" else "overtaken")
    assert one.story.broken() == set()


def test_r_oos_1_an_arrival_that_was_taken_back_leaves_the_ending_alone(one: Missing) -> None:
    one.story.end(one.task, "05-13 10:00", "overtaken")
    moved(one.story, one.goods, "05-30", "05-14 10:00")
    assert one.story.broken() == set()


def test_r_repeat_4_a_notice_is_tried_four_times(one: Missing) -> None:
    for when in ("05-12 09:30", "05-12 14:30", "05-13 18:30", "05-14 09:30"):
        one.story.call(one.task, when, "no_answer")
    one.story.todo(one.task, "wangwang", "05-12 14:32")
    assert one.story.broken() == set()
    one.story.call(one.task, "05-15 14:30", "no_answer")
    assert one.story.broken() == {"R-REPEAT-4"}


def test_r_msg_1_two_failed_notices_ask_for_a_message(one: Missing) -> None:
    one.story.call(one.task, "05-12 09:30", "no_answer")
    one.story.call(one.task, "05-12 14:30", "no_answer")
    assert one.story.broken() == {"R-MSG-1"}


def test_r_hours_7_a_wish_on_the_day_of_arrival_is_too_late(one: Missing) -> None:
    one.story.call(one.task, "05-12 09:30", "busy", callback_at=at("05-20 09:30"))
    assert one.story.broken() == {"R-HOURS-7"}


def test_r_oos_2_a_later_day_breaks_the_promise_and_is_told(one: Missing) -> None:
    _, kept = agreed(one)
    moved(one.story, one.goods, "05-22", "05-14 10:00")
    assert [f.rule for f in one.story.report().violations] == ["R-OOS-2", "R-OOS-2"]
    broke(one.story, kept, "05-14 10:00")
    assert [f.rule for f in one.story.report().violations] == ["R-OOS-2"]
    told(one, "moved:2025-05-22", "05-14 10:00")
    assert one.story.broken() == set()


def test_r_oos_2_an_earlier_day_breaks_nothing(one: Missing) -> None:
    agreed(one)
    moved(one.story, one.goods, "05-18", "05-14 10:00")
    assert one.story.broken() == set()


@pytest.mark.parametrize("how", ["listed", "shipped", "done"])
def test_r_oos_2_nobody_is_told_who_must_not_or_need_not(one: Missing, how: str) -> None:
    _, kept = agreed(one)
    if how == "listed":
        one.story.listed("05-13 10:00", phone_key="key-1")
    if how == "shipped":
        one.story.seen(one.order, "05-13 10:00", "shipped", paid="05-11 09:00")
    if how == "done":
        one.story.change(todo, kept, done_at=at("05-13 10:00"))
        one.story.said(at("05-13 10:00"), "todo.done", f"todo:{kept}")
    else:
        broke(one.story, kept, "05-14 10:00")
    moved(one.story, one.goods, "05-22", "05-14 10:00")
    assert one.story.broken() == set()


def test_r_oos_2_a_promise_whose_day_is_over_is_listed_as_broken(one: Missing) -> None:
    _, kept = agreed(one)
    _engine_works(one.story, "05-22 00:01")
    assert one.story.broken(as_of="05-21 23:59") == set()
    (found,) = one.story.report("05-22 00:01").violations
    assert (found.rule, "没有列为失约" in found.what) == ("R-OOS-2", True)
    broke(one.story, kept, "05-21 08:20")
    assert one.story.broken(as_of="05-22 00:01") == set()
    assert _late(one, "05-22 00:01") == []


def _engine_works(story: Story, when: str) -> None:
    story.row(job_slot, job="plan", slot=at(when), started_at=at(when), state="done")


def _late(one: Missing, as_of: str) -> list[str]:
    warnings = one.story.report(as_of).warnings
    return [f.what.rpartition("，")[2] for f in warnings if f.rule == "R-OOS-2"]


def test_r_oos_2_a_promise_listed_late_is_a_warning(one: Missing) -> None:
    """The engine was off over a holiday, and lists it as soon as it is at work again."""
    _, kept = agreed(one)
    assert one.story.broken(as_of="05-26 08:00") == set()
    assert _late(one, "05-26 08:00") == ["失约还没有记下"]
    _engine_works(one.story, "05-26 08:20")
    assert one.story.broken(as_of="05-26 08:21") == {"R-OOS-2"}
    assert _late(one, "05-26 08:21") == []
    broke(one.story, kept, "05-26 08:20")
    assert one.story.broken(as_of="05-26 08:21") == set()
    assert _late(one, "05-26 08:21") == ["失约记得晚了"]


def test_r_oos_2_kept_late_without_ever_being_listed(one: Missing) -> None:
    _, kept = agreed(one)
    one.story.change(todo, kept, done_at=at("05-26 10:00"))
    one.story.said(at("05-26 10:00"), "todo.done", f"todo:{kept}")
    _engine_works(one.story, "05-26 11:00")
    assert one.story.broken() == set()
    assert _late(one, "05-26 12:00") == ["失约还没有记下"]
    _engine_works(one.story, "05-25 08:20")
    assert one.story.broken() == {"R-OOS-2"}


def test_r_oos_2_a_promise_falls_away_with_its_order_only(one: Missing) -> None:
    _, kept = agreed(one)
    one.story.change(todo, kept, withdrawn_at=at("05-13 10:00"), withdrawn_rule="R-OOS-2")
    assert one.story.broken() == {"R-OOS-2"}
    one.story.seen(one.order, "05-13 10:00", "closed", paid="05-11 09:00")
    assert one.story.broken() == set()


def test_r_aud_1_a_broken_promise_without_its_line(one: Missing) -> None:
    _, kept = agreed(one)
    one.story.change(todo, kept, broken_at=at("05-21 00:00"))
    assert one.story.broken() == {"R-AUD-1"}
