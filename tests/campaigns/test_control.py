"""R-DUN-9. Who is kept uncalled: the same answer always, and the share that was asked for."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from campaigns.control import PERCENT_MOST, is_control

DAY = date(2026, 3, 9)
SEEDS = st.integers(1, 2**53 - 1)


def drawn(
    percent: int, *, seed: int = 5, campaign: int = 1, day: date = DAY, n: int = 2_000
) -> set[int]:
    return {c for c in range(n) if is_control(seed, campaign, c, day, percent)}


@given(SEEDS, st.integers(1, 9), st.integers(1, 10**9), st.integers(0, PERCENT_MOST - 1))
def test_a_larger_share_keeps_whom_a_smaller_one_kept(
    seed: int, campaign: int, customer: int, percent: int
) -> None:
    assert not is_control(seed, campaign, customer, DAY, 0)
    assert is_control(seed, campaign, customer, DAY, 100)
    if is_control(seed, campaign, customer, DAY, percent):
        assert is_control(seed, campaign, customer, DAY, percent + 1)


def test_the_share_is_about_what_was_asked_for() -> None:
    assert drawn(0) == set()
    for percent in (5, 20, PERCENT_MOST):
        assert abs(len(drawn(percent)) / 2_000 - percent / 100) < 0.04


def test_seed_campaign_and_day_each_draw_anew() -> None:
    usual = drawn(50)
    for other in (drawn(50, seed=6), drawn(50, campaign=2), drawn(50, day=date(2026, 3, 10))):
        assert 0.4 < len(usual ^ other) / 2_000 < 0.6


def test_an_answer_of_the_past_stays_for_years() -> None:
    assert sorted(drawn(10, n=60)) == FROZEN


FROZEN = [3, 12, 20, 35, 42, 45]
"""Written down once; a changed hash would make stored groups wrong."""
