"""R-CB-2 as pure rules: what an order is called about, until when, and in which turn."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.decisions import Allow, Stop
from campaigns.facts import OrderFacts, TaskFacts
from campaigns.kinds import callback
from campaigns.policy import Policy
from campaigns.values import SHOP_ZONE, Ending, Kind, OrderState, Topic
from tests.factories import MINUTE, SECOND, at, day, order, task

POLICY = Policy()
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 1), timezones=st.just(SHOP_ZONE))


def signed(when: str | datetime, **fields: Any) -> OrderFacts:
    instant = at(when) if isinstance(when, str) else when
    return order(
        state=OrderState.COMPLETED, signed_at=instant, shipped_at=at("05-01 10:00"), **fields
    )


def shipped(when: str | datetime, **fields: Any) -> OrderFacts:
    instant = at(when) if isinstance(when, str) else when
    return order(state=OrderState.SHIPPED, shipped_at=instant, **fields)


def about(*orders: OrderFacts, topic: Topic = Topic.RECEIVED) -> TaskFacts:
    return task(kind=Kind.CALLBACK, topic=topic, orders=orders)


@pytest.mark.parametrize(
    ("when", "topic"),
    [
        ("05-11 00:00", Topic.NONE),
        ("05-10 23:59:59", Topic.RECEIVED),
        ("05-03 00:00", Topic.RECEIVED),
        ("05-02 23:59:59", Topic.NONE),
    ],
)
def test_r_cb_2_signed_for_three_to_ten_days_ago(when: str, topic: Topic) -> None:
    assert callback.topic_of(signed(when), day("05-13"), POLICY) is topic


@pytest.mark.parametrize(
    ("when", "topic"),
    [
        ("05-09 00:00", Topic.NONE),
        ("05-08 23:59:59", Topic.NOT_RECEIVED),
        ("04-28 00:00", Topic.NOT_RECEIVED),
        ("04-27 23:59:59", Topic.NONE),
    ],
)
def test_r_cb_2_on_its_way_since_five_days(when: str, topic: Topic) -> None:
    assert callback.topic_of(shipped(when), day("05-13"), POLICY) is topic


@pytest.mark.parametrize("state", list(OrderState))
def test_r_cb_2_an_order_without_its_date_or_in_another_state_is_no_matter(
    state: OrderState,
) -> None:
    assert callback.topic_of(order(state=state), day("05-13"), POLICY) is Topic.NONE
    dated = order(state=state, signed_at=at("05-08 10:00"), shipped_at=at("05-06 10:00"))
    wanted = {OrderState.COMPLETED: Topic.RECEIVED, OrderState.SHIPPED: Topic.NOT_RECEIVED}
    assert callback.topic_of(dated, day("05-13"), POLICY) is wanted.get(state, Topic.NONE)


@given(INSTANTS, st.integers(-20, 40), st.sampled_from([signed, shipped]))
def test_r_cb_2_a_day_of_the_script_is_one_before_the_deadline(
    began: datetime, after: int, made: Any
) -> None:
    """An order that is called about on a day has its deadline after that day, and only then."""
    asked: date = began.astimezone(SHOP_ZONE).date() + timedelta(days=after)
    one = made(began)
    topic = callback.topic_of(one, asked, POLICY)
    kind = Topic.RECEIVED if made is signed else Topic.NOT_RECEIVED
    first, last = (3, 10) if made is signed else (5, 15)
    assert (topic is kind) is (first <= after <= last)
    ends = callback.deadline(about(one, topic=kind), POLICY)
    assert ends is not None
    local = ends.astimezone(SHOP_ZONE)
    assert (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    assert (local.date() > asked) is (after <= last)


@given(st.lists(st.tuples(INSTANTS, st.sampled_from([signed, shipped])), max_size=4))
def test_r_cb_2_concerned_are_the_orders_of_the_script_alone(made: list[tuple[Any, Any]]) -> None:
    orders = tuple(make(began, order_no=str(index)) for index, (began, make) in enumerate(made))
    for topic, make in ((Topic.RECEIVED, signed), (Topic.NOT_RECEIVED, shipped)):
        of = about(*orders, topic=topic)
        found = {one.order_no for one in callback.concerned(of)}
        assert found == {str(index) for index, (_, which) in enumerate(made) if which is make}
        single = [callback.deadline(about(one, topic=topic), POLICY) for one in orders]
        known = [ends for ends in single if ends is not None]
        assert callback.deadline(of, POLICY) == max(known, default=None)
        ended = callback.ending_by_orders(of, None)
        assert (ended is Ending.OVERTAKEN) is (not found)
        population = callback.check_population(of, at("05-13 09:00"), POLICY, None)
        assert isinstance(population, Stop) is (not found)


def test_r_cb_2_the_closing_instant_is_outside() -> None:
    of = about(signed("05-03 12:00"))
    last = at("05-14 00:00")
    assert isinstance(callback.check_deadline(of, last - SECOND, POLICY), Allow)
    assert isinstance(callback.check_deadline(of, last, POLICY), Stop)


def test_r_cb_4_who_waits_for_a_parcel_comes_before_who_has_it() -> None:
    waits = about(shipped("05-08 10:00"), topic=Topic.NOT_RECEIVED)
    has = about(signed("05-10 10:00"))
    ranks = [callback.rank_at(one, POLICY) for one in (waits, has)]
    assert ranks[0] is not None
    assert ranks[1] is not None
    assert ranks[0] < ranks[1]


def test_r_cb_2_whose_days_run_out_first_comes_first() -> None:
    early, late = about(signed("05-04 10:00")), about(signed("05-06 10:00"))
    ranks = [callback.rank_at(one, POLICY) for one in (early, late)]
    assert ranks == [at("05-15 00:00"), at("05-17 00:00")]
    assert callback.rank_at(about(), POLICY) is None


def test_r_cb_4_old_news_of_a_parcel_asks_for_a_look_first() -> None:
    seen = at("05-13 08:30")
    waits = about(shipped("05-06 10:00", last_seen_at=seen), topic=Topic.NOT_RECEIVED)
    limit = seen + timedelta(hours=POLICY.payment_look_hours)
    assert not callback.needs_a_look(waits, limit, POLICY)
    assert callback.needs_a_look(waits, limit + MINUTE, POLICY)
    has = about(signed("05-06 10:00", last_seen_at=seen))
    assert not callback.needs_a_look(has, limit + MINUTE, POLICY)


def test_r_cb_2_days_since_are_calendar_days() -> None:
    orders = [signed("05-10 23:59"), signed("05-11 00:01")]
    assert callback.days_since(orders, Topic.RECEIVED, day("05-13")) == 3
    assert callback.days_since([], Topic.RECEIVED, day("05-13")) == 0
