"""Whom a campaign is for: the conditions one by one, their storing, and one owner for each order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.errors import UsageError
from campaigns.population import (
    EVERYBODY,
    GOODS_MOST,
    Ordered,
    Partition,
    Population,
    checked,
    from_stored,
    stored,
)
from campaigns.regions import PROVINCES

DAY = date(2026, 3, 9)
ORDER = Ordered("浙江", 6_000, ("Steel CUP 保温杯",), DAY, is_vip=True)

ORDERS = st.builds(
    Ordered,
    st.none() | st.sampled_from(PROVINCES[:4]),
    st.integers(0, 20_000),
    st.lists(st.sampled_from(["保温杯", "围巾", "Cup"]), max_size=2).map(tuple),
    st.dates(date(2026, 3, 1), date(2026, 3, 31)),
    st.booleans(),
)
AMOUNTS = st.none() | st.integers(0, 20_000)
DAYS = st.none() | st.dates(date(2026, 3, 1), date(2026, 3, 31))
POPULATIONS = st.builds(
    Population,
    st.lists(st.sampled_from(PROVINCES[:4]), unique=True, max_size=2).map(tuple),
    AMOUNTS,
    AMOUNTS,
    st.lists(st.sampled_from(["保温", "cup"]), unique=True, max_size=2).map(tuple),
    DAYS,
    DAYS,
    st.booleans(),
)


@pytest.mark.parametrize(
    ("population", "fits"),
    [
        (EVERYBODY, True),
        (Population(provinces=("浙江", "江苏")), True),
        (Population(provinces=("江苏",)), False),
        (Population(amount_from_fen=6_000, amount_to_fen=6_000), True),
        (Population(amount_from_fen=6_001), False),
        (Population(amount_to_fen=5_999), False),
        (Population(goods=("围巾", "Cup")), True),
        (Population(goods=("围巾",)), False),
        (Population(placed_from=DAY, placed_to=DAY), True),
        (Population(placed_from=DAY + timedelta(1)), False),
        (Population(placed_to=DAY - timedelta(1)), False),
        (Population(vip_only=True), True),
        (Population(vip_only=True, provinces=("江苏",)), False),
    ],
)
def test_every_condition_has_to_hold_with_both_ends(population: Population, fits: bool) -> None:
    assert population.fits(ORDER) is fits


def test_an_unknown_region_and_a_common_customer_fit_no_such_condition() -> None:
    assert not Population(provinces=("浙江",)).fits(replace(ORDER, region=None))
    assert not Population(vip_only=True).fits(replace(ORDER, is_vip=False))


@given(POPULATIONS)
def test_what_is_stored_is_read_back(population: Population) -> None:
    assert from_stored(stored(population)) == population
    assert from_stored(None) == EVERYBODY


@given(POPULATIONS, ORDERS, st.integers(-400, 400))
def test_days_moved_with_the_order_fit_as_before(
    population: Population, order: Ordered, days: int
) -> None:
    by = timedelta(days)
    later = replace(order, placed_on=order.placed_on + by)
    assert population.moved_by(by).fits(later) is population.fits(order)


@given(st.lists(POPULATIONS, max_size=4), st.booleans(), ORDERS)
def test_r_repeat_2_an_order_goes_to_the_newest_that_it_fits_else_to_the_standing_one(
    populations: list[Population], has_standing: bool, order: Ordered
) -> None:
    added = [(number, one) for number, one in enumerate(populations, 2)]
    owner = Partition(added, 1 if has_standing else None).owner(order)
    fitting = [number for number, one in added if one.fits(order)]
    assert owner == (fitting[0] if fitting else 1 if has_standing else None)


def test_a_partition_knows_what_it_has_to_ask() -> None:
    plain = Partition([(2, Population(amount_from_fen=1))], 1)
    assert (plain.asks_goods, plain.asks_vip) == (False, False)
    more = Partition([(2, Population(goods=("杯",))), (3, Population(vip_only=True))], 1)
    assert (more.asks_goods, more.asks_vip) == (True, True)


def test_conditions_are_put_in_order() -> None:
    typed = Population(provinces=(PROVINCES[3], PROVINCES[0]), goods=(" 保温  杯", "", "保温 杯"))
    found = checked(typed)
    assert (found.provinces, found.goods) == ((PROVINCES[0], PROVINCES[3]), ("保温 杯",))


@pytest.mark.parametrize(
    ("population", "field"),
    [
        (Population(provinces=("火星",)), "provinces"),
        (Population(goods=tuple(f"杯{n}" for n in range(GOODS_MOST + 1))), "goods"),
        (Population(amount_from_fen=-1), "amount_from"),
        (Population(amount_from_fen=2, amount_to_fen=1), "amount_to"),
        (Population(placed_from=DAY, placed_to=DAY - timedelta(1)), "placed_to"),
    ],
)
def test_what_cannot_be_asked_names_its_field(population: Population, field: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked(population)
    assert caught.value.field == field


@given(POPULATIONS)
def test_there_is_a_sentence_for_every_condition(population: Population) -> None:
    asked = sum(value is not None and value is not False and value != () for value in (
        population.provinces, population.amount_from_fen, population.amount_to_fen,
        population.goods, population.placed_from, population.placed_to, population.vip_only,
    ))  # fmt: skip
    assert len(population.sentences()) == max(asked, 1)
    assert population.is_everybody is (asked == 0)
