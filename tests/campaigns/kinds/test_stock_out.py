"""R-OOS-1 as pure rules: which article an item is, until when a notice is true, and its turn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.decisions import Allow, Stop
from campaigns.facts import ShortageFacts, TaskFacts
from campaigns.kinds import stock_out
from campaigns.policy import Policy
from campaigns.values import Ending, Kind, OrderState
from tests.factories import SECOND, at, day, order, task

POLICY = Policy()
NAMES = st.text("多肉植物ＡＢab１2 -", min_size=0, max_size=8)


def lacking(expected: str = "05-20", **fields: Any) -> ShortageFacts:
    return ShortageFacts(
        fields.pop("id", 1), fields.pop("name", "多肉植物"), day(expected), **fields
    )


def waiting(*missing: ShortageFacts, **fields: Any) -> TaskFacts:
    usual = {"orders": (order(state=OrderState.PAID, paid_at=at("05-12 16:00")),)}
    return task(kind=Kind.STOCK_OUT, shortages=missing, **(usual | fields))


@pytest.mark.parametrize(
    ("name", "code", "title", "sku", "is_one"),
    [
        ("多肉植物", None, "新手多肉植物六盆装", None, True),
        ("多肉 植物", None, "新手多肉植物六盆装", None, True),
        ("ABC 面霜", None, "正品ａｂｃ面霜50ml", None, True),
        ("花盆", None, "新手多肉植物六盆装", None, False),
        ("盆", None, "新手多肉植物六盆装", None, False),
        ("", None, "新手多肉植物六盆装", None, False),
        ("　", None, "新手　多肉", None, False),
        ("别的名字", "DR-6", "新手多肉植物六盆装", "ｄｒ－6", True),
        ("多肉植物", "DR-6", "新手多肉植物六盆装", "DR-7", False),
        ("多肉植物", "DR-6", "新手多肉植物六盆装", None, True),
        ("多肉植物", None, "新手多肉植物六盆装", "DR-6", True),
        ("", "DR-6", "新手多肉植物六盆装", "DR-60", False),
        ("", "DR-6", "新手多肉植物六盆装", None, False),
    ],
)
def test_r_oos_1_an_article_by_code_else_by_its_name(
    name: str, code: str | None, title: str, sku: str | None, is_one: bool
) -> None:
    assert stock_out.is_about(name, code, title, sku) is is_one


@given(NAMES, NAMES, NAMES)
def test_r_oos_1_a_name_of_two_letters_is_found_wherever_it_stands(
    before: str, name: str, after: str
) -> None:
    title = f"{before}{name}{after}"
    found = stock_out.is_about(name, None, title, None)
    assert found is (len(stock_out.folded(name)) >= 2)
    assert stock_out.is_about(name.upper(), None, title.lower(), None) is found


@given(NAMES)
def test_folding_is_done_once(name: str) -> None:
    once = stock_out.folded(name)
    assert stock_out.folded(once) == once
    assert not any(sign.isspace() for sign in once)


def test_r_oos_1_the_day_of_arrival_is_outside() -> None:
    of = waiting(lacking("05-20"))
    last = at("05-20 00:00")
    assert stock_out.deadline(of, POLICY) == last
    assert isinstance(stock_out.check_deadline(of, last - SECOND, POLICY), Allow)
    assert isinstance(stock_out.check_deadline(of, last, POLICY), Stop)


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=5), st.booleans())
def test_r_oos_1_the_last_of_the_missing_articles_binds(
    listed: list[tuple[int, bool]], is_paid: bool
) -> None:
    first = day("05-20")
    missing = tuple(
        ShortageFacts(i, "x", first + timedelta(days=d), at("05-13 09:00") if here else None)
        for i, (d, here) in enumerate(listed)
    )
    state = OrderState.PAID if is_paid else OrderState.SHIPPED
    of = waiting(*missing, orders=(order(state=state),))
    open_days = [d for d, here in listed if not here]
    lives = is_paid and bool(open_days)
    ends = stock_out.deadline(of, POLICY)
    assert (ends is not None) is lives
    if ends is not None:
        assert ends == at("05-20 00:00") + timedelta(days=max(open_days))
    population = stock_out.check_population(of, at("05-13 09:00"), POLICY, None)
    assert isinstance(population, Allow) is lives
    assert (stock_out.ending_by_orders(of, None) is Ending.OVERTAKEN) is not lives


def test_r_oos_1_who_paid_first_hears_first() -> None:
    def paid(when: str) -> TaskFacts:
        return waiting(lacking("05-30"), orders=(order(state=OrderState.PAID, paid_at=at(when)),))

    ranks = [stock_out.rank_at(paid(when), POLICY) for when in ("05-12 10:00", "05-12 11:00")]
    assert ranks[0] is not None
    assert ranks[1] is not None
    assert ranks[0] < ranks[1]
    assert stock_out.rank_at(waiting(lacking(), orders=()), POLICY) is None


def test_r_oos_1_the_list_says_what_is_missing() -> None:
    assert not stock_out.needs_a_look(waiting(lacking()), at("05-19 10:00"), POLICY)
