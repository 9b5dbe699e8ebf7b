"""R-DUN-1 to R-DUN-7 as facts in, decisions out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.decisions import Allow, Stop, Wait
from campaigns.kinds import dunning
from campaigns.policy import Policy
from campaigns.values import Ending, OrderState
from tests.factories import MINUTE, SECOND, at, day, order, task

POLICY = Policy()
UNPAID = OrderState.AWAITING_PAYMENT


@pytest.mark.parametrize(
    ("placed", "is_in"),
    [
        ("05-12 00:00:00", True),
        ("05-12 23:59:59", True),
        ("05-11 23:59:59", False),
        ("05-13 00:00:00", False),
    ],
)
def test_r_dun_1_the_population_is_the_whole_day_before(placed: str, is_in: bool) -> None:
    assert dunning.is_placed_for(at(placed), day("05-13")) is is_in


def test_r_dun_2_unpaid_orders_are_summed_to_the_fen() -> None:
    orders = [order(total_fen=1_999), order(total_fen=1), order(total_fen=9, state=OrderState.PAID)]
    assert dunning.owed_fen(orders) == 2_000


def test_r_dun_2_the_call_is_about_the_unpaid_ones_the_first_to_close_in_front() -> None:
    late, early = order("05-12 15:00"), order("05-12 09:00")
    paid = order("05-12 08:00", state=OrderState.PAID)
    assert dunning.unpaid([late, paid, early]) == [early, late]


def test_r_dun_3_an_order_closes_seventy_two_hours_after_it_was_placed() -> None:
    assert dunning.closes_at(order("05-12 15:00"), POLICY) == at("05-15 15:00")
    assert dunning.closes_at(order("05-12 15:00"), Policy(marketplace_closes_hours=24)) == at(
        "05-13 15:00"
    )


def test_r_dun_3_the_earliest_closing_of_the_unpaid_is_the_deadline() -> None:
    orders = [
        order("05-12 15:00"),
        order("05-12 11:00"),
        order("05-12 09:00", state=OrderState.PAID),
    ]
    assert dunning.deadline(orders, POLICY) == at("05-15 11:00")
    assert dunning.last_closing(orders, POLICY) == at("05-15 15:00")
    assert dunning.deadline(orders[2:], POLICY) is None


def test_r_dun_3_the_closing_instant_itself_is_too_late() -> None:
    fresh = order(last_seen_at=at("05-15 14:00"))
    of = task(orders=(fresh,))
    assert isinstance(dunning.check_deadline(of, at("05-15 15:00") - SECOND, POLICY), Allow)
    answer = dunning.check_deadline(of, at("05-15 15:00"), POLICY)
    assert isinstance(answer, Stop)
    assert answer.rule == "R-DUN-3"


def test_r_dun_3_with_later_orders_the_task_waits_for_the_closing_to_be_seen() -> None:
    of = task(orders=(order("05-12 11:00"), order("05-12 15:00")))
    answer = dunning.check_deadline(of, at("05-15 11:00"), POLICY)
    assert isinstance(answer, Wait)
    assert (answer.rule, answer.until) == ("R-DUN-3", None)
    assert isinstance(dunning.check_deadline(of, at("05-15 15:00"), POLICY), Stop)
    seen = task(orders=(order("05-12 11:00", state=OrderState.CLOSED), order("05-12 15:00")))
    assert isinstance(dunning.check_deadline(seen, at("05-15 11:00"), POLICY), Allow)


def test_r_dun_4_nothing_unpaid_means_no_call() -> None:
    paid = task(orders=(order(state=OrderState.PAID),))
    answer = dunning.check_payment(paid, at("05-13 10:00"), POLICY, None)
    assert isinstance(answer, Stop)
    assert answer.rule == "R-DUN-4"


@pytest.mark.parametrize(
    ("age", "look", "call"),
    [
        (timedelta(hours=4), False, True),
        (timedelta(hours=4) + SECOND, True, True),
        (timedelta(hours=24), True, True),
        (timedelta(hours=24) + SECOND, True, False),
    ],
)
def test_r_dun_4_look_first_after_four_hours_no_call_after_a_day(
    age: timedelta, look: bool, call: bool
) -> None:
    of = task(orders=(order(last_seen_at=at("05-13 10:00") - age),))
    now = at("05-13 10:00")
    assert dunning.needs_a_look(of.orders, now, POLICY) is look
    assert isinstance(dunning.check_payment(of, now, POLICY, None), Allow) is call


def test_r_dun_4_the_oldest_data_of_the_unpaid_orders_count() -> None:
    old, fresh = order(last_seen_at=at("05-11 08:00")), order(last_seen_at=at("05-13 09:00"))
    assert isinstance(
        dunning.check_payment(task(orders=(old, fresh)), at("05-13 10:00"), POLICY, None), Wait
    )
    paid = order(last_seen_at=at("05-11 08:00"), state=OrderState.PAID)
    assert isinstance(
        dunning.check_payment(task(orders=(paid, fresh)), at("05-13 10:00"), POLICY, None), Allow
    )


def test_r_imp_3_an_order_that_a_newer_export_does_not_list_is_looked_up_first() -> None:
    gone = order(missing_since=at("05-13 09:30"), last_seen_at=at("05-13 09:00"))
    assert dunning.needs_a_look([gone], at("05-13 10:00"), POLICY)
    assert isinstance(
        dunning.check_payment(task(orders=(gone,)), at("05-13 10:00"), POLICY, None), Allow
    )


def test_r_dun_4_said_to_be_paid_needs_an_export_newer_than_the_talk() -> None:
    said = at("05-13 10:00")
    for seen, is_decided in ((said, False), (said + SECOND, True)):
        of = task(orders=(order(last_seen_at=seen),))
        answer = dunning.check_payment(of, at("05-13 12:00"), POLICY, said)
        assert isinstance(answer, Allow) is is_decided


# --- R-DUN-5 -------------------------------------------------------------------------------------


def test_r_dun_5_the_default_formula_by_an_example() -> None:
    # 100 yuan above the base of 100 is one doubling: three hours earlier than the closing.
    assert dunning.rank_at([order(total_fen=10_000)], POLICY) == at("05-15 12:00")
    assert dunning.rank_at([order(total_fen=0)], POLICY) == at("05-15 15:00")


def test_r_dun_5_nothing_unpaid_has_no_rank() -> None:
    assert dunning.rank_at([order(state=OrderState.PAID)], POLICY) is None


amounts = st.integers(1, 10_000_000)
offsets = st.integers(0, 1_439)


@given(amounts, offsets, offsets)
def test_r_dun_5_what_closes_sooner_comes_first(amount: int, one: int, other: int) -> None:
    start = at("05-12 00:00")
    orders = [order(placed_at=start + MINUTE * m, total_fen=amount) for m in sorted((one, other))]
    sooner, later = (dunning.rank_at([o], POLICY) for o in orders)
    assert sooner is not None
    assert later is not None
    assert (sooner < later) is (one != other)


@given(amounts, amounts)
def test_r_dun_5_what_is_worth_more_comes_first(one: int, other: int) -> None:
    less, more = (dunning.rank_at([order(total_fen=a)], POLICY) for a in sorted((one, other)))
    assert less is not None
    assert more is not None
    assert more <= less


# --- how the orders end a task -------------------------------------------------------------------

PAID_EARLY: dict[str, Any] = {"paid_at": at("05-13 09:59:59"), "paid_fen": 5_000}
PAID_THEN: dict[str, Any] = {"paid_at": at("05-13 10:00"), "paid_fen": 5_000}


@pytest.mark.parametrize(
    ("orders", "called", "ending"),
    [
        ([order()], False, None),
        ([order(state=OrderState.PAID, **PAID_EARLY), order()], False, None),
        ([order(state=OrderState.PAID, **PAID_EARLY)], False, Ending.PAID_UNCALLED),
        ([order(state=OrderState.SHIPPED, **PAID_THEN)], False, Ending.PAID_UNCALLED),
        ([order(state=OrderState.PAID, **PAID_EARLY)], True, Ending.PAID_UNCALLED),
        ([order(state=OrderState.PAID, **PAID_THEN)], True, Ending.PAID),
        (
            [order(state=OrderState.CLOSED), order(state=OrderState.PAID, **PAID_THEN)],
            True,
            Ending.PAID,
        ),
        ([order(state=OrderState.CLOSED)], True, Ending.CLOSED_BY_MARKETPLACE),
        ([order(state=OrderState.CLOSED)], False, Ending.CLOSED_BY_MARKETPLACE),
    ],
)
def test_r_dun_4_how_the_orders_end_the_task(
    orders: list, called: bool, ending: Ending | None
) -> None:
    first = at("05-13 10:00") if called else None
    assert dunning.ending_by_orders(orders, first) is ending


@pytest.mark.parametrize("state", [OrderState.PAID, OrderState.SHIPPED, OrderState.COMPLETED])
def test_r_dun_4_a_paid_state_without_a_time_is_still_paid(state: OrderState) -> None:
    assert dunning.ending_by_orders([order(state=state)], None) is Ending.PAID_UNCALLED


def test_r_dun_7_an_order_paid_before_the_call_does_not_hide_the_one_that_lapsed() -> None:
    paid = order(state=OrderState.PAID, paid_at=at("05-12 16:00"), paid_fen=100)
    lapsed = order(state=OrderState.CLOSED)
    called = at("05-13 09:30")
    assert dunning.ending_by_orders([paid, lapsed], called) is Ending.CLOSED_BY_MARKETPLACE
    assert dunning.ending_by_orders([paid, lapsed], None) is Ending.PAID_UNCALLED
