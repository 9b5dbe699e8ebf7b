from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.statistics import (
    Interval,
    difference_interval,
    mean_interval,
    ratio_difference,
    share_interval,
    t_quantile,
)

SCORES = st.lists(st.integers(1, 5), min_size=1, max_size=80)
COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
MONEY = st.lists(
    st.integers(1, 500_000).flatmap(lambda owed: st.tuples(st.integers(0, owed), st.just(owed))),
    min_size=2,
    max_size=40,
)


@pytest.mark.parametrize(
    ("df", "known"),
    [
        (1, 12.7062047),
        (2, 4.3026527),
        (3, 3.1824463),
        (4, 2.7764451),
        (5, 2.5705818),
        (10, 2.2281389),
        (30, 2.0422725),
        (49, 2.0095752),
        (50, 2.0085591),
        (99, 1.9842170),
        (100, 1.9839715),
        (1000, 1.9623391),
    ],
)
def test_the_t_quantile_is_the_one_in_the_tables(df, known):
    assert t_quantile(df) == pytest.approx(known, abs=6e-8)


def test_the_t_quantile_falls_towards_the_normal_one():
    quantiles = [t_quantile(df) for df in (*range(1, 60), 200, 5_000, 10_000, 10**9)]
    assert quantiles == sorted(quantiles, reverse=True)
    assert quantiles[-1] > statistics.NormalDist().inv_cdf(0.975)


def test_r_smp_10_fifty_scores_with_a_spread_of_one_are_known_to_28_hundredths():
    scores = [3, 5] * 25  # the sample's variance is 50 / 49
    interval = mean_interval(scores, population=10**9)
    assert interval is not None
    assert interval.mean == 4.0
    assert interval.high is not None
    half = 2.009575237 * math.sqrt(50 / 49 / 50)
    assert interval.high - interval.mean == pytest.approx(half, abs=1e-6)
    assert half == pytest.approx(0.287, abs=0.001)


def test_r_smp_10_a_finite_population_narrows_the_interval_by_its_correction():
    scores = [3, 5] * 25
    of_many, of_100 = mean_interval(scores, 10**9), mean_interval(scores, 100)
    assert of_many is not None
    assert of_100 is not None
    assert of_many.low is not None
    assert of_100.low is not None
    assert 4.0 - of_100.low == pytest.approx((4.0 - of_many.low) * math.sqrt(0.5), abs=1e-6)


def test_r_smp_10_who_asks_everybody_knows_the_mean():
    assert mean_interval([4, 5, 3], 3) == Interval(4.0, 4.0, 4.0, 3)
    assert mean_interval([4], 1) == Interval(4.0, 4.0, 4.0, 1)
    assert mean_interval([4, 5], 1) == Interval(4.5, 4.5, 4.5, 2)  # fewer than were asked


def test_r_smp_10_nothing_and_one_have_no_interval():
    assert mean_interval([], 60) is None
    assert mean_interval([4], 60) == Interval(4.0, None, None, 1)


@given(SCORES, st.integers(0, 500))
def test_r_smp_10_the_interval_stays_on_the_scale_and_holds_the_mean(scores, population):
    interval = mean_interval(scores, population)
    assert interval is not None
    assert interval.n == len(scores)
    assert interval.mean == pytest.approx(statistics.mean(scores))
    if interval.low is None:
        assert interval.high is None
        assert len(scores) == 1 < population
        return
    assert interval.high is not None
    assert 1.0 <= interval.low <= interval.mean <= interval.high <= 5.0


@given(SCORES.filter(lambda scores: len(scores) > 1), st.integers(1, 400))
def test_r_smp_10_the_order_is_nothing_and_a_larger_population_never_narrows(scores, more):
    first = mean_interval(scores, len(scores) + more)
    assert first == mean_interval(sorted(scores), len(scores) + more)
    wider = mean_interval(scores, len(scores) + 2 * more)
    assert first is not None
    assert wider is not None
    assert first.low is not None
    assert first.high is not None
    assert wider.low is not None
    assert wider.high is not None
    assert wider.low <= first.low
    assert first.high <= wider.high


def test_r_smp_10_nineteen_of_twenty_intervals_hold_the_true_mean():
    chance = random.Random(20261127)
    frame = chance.choices([5, 4, 3, 2, 1], [50, 25, 13, 7, 5], k=240)
    true = statistics.mean(frame)
    held = 0
    for _ in range(2_000):
        interval = mean_interval(chance.sample(frame, 60), len(frame))
        assert interval is not None
        assert interval.low is not None
        assert interval.high is not None
        held += interval.low <= true <= interval.high
    assert 0.93 < held / 2_000 < 0.97


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(45, 50, 0.7864, 0.9565), (47, 50, 0.8378, 0.9794), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1)],
)
def test_r_smp_10_the_wilson_interval_of_a_share(successes, n, low, high):
    interval = share_interval(successes, n)
    assert interval is not None
    assert interval.mean == successes / n
    assert interval.low == pytest.approx(low, abs=6e-5)
    assert interval.high == pytest.approx(high, abs=6e-5)


@given(COUNTS)
def test_r_smp_10_a_share_and_its_rest_mirror_each_other(counts):
    successes, n = counts
    interval, rest = share_interval(successes, n), share_interval(n - successes, n)
    assert interval is not None
    assert rest is not None
    assert interval.low is not None
    assert interval.high is not None
    assert rest.high is not None
    assert 0.0 <= interval.low <= interval.mean <= interval.high <= 1.0
    assert interval.low == pytest.approx(1 - rest.high, abs=1e-12)


def test_a_share_of_nobody_is_none():
    assert share_interval(0, 0) is None
    assert difference_interval(0, 0, 3, 4) is None
    assert difference_interval(3, 4, 0, 0) is None


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    # Newcombe 1998, table II, method 10.
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_r_dun_9_the_difference_of_shares_is_newcombes(counts, low, high):
    interval = difference_interval(*counts)
    assert interval is not None
    assert interval.low == pytest.approx(low, abs=6e-5)
    assert interval.high == pytest.approx(high, abs=6e-5)
    assert interval.n == counts[1] + counts[3]


@given(COUNTS, COUNTS)
def test_r_dun_9_the_groups_exchanged_change_the_sign(first, second):
    one, other = difference_interval(*first, *second), difference_interval(*second, *first)
    assert one is not None
    assert other is not None
    assert one.low is not None
    assert one.high is not None
    assert other.high is not None
    assert -1.0 - 1e-12 <= one.low <= one.mean <= one.high <= 1.0 + 1e-12
    assert one.low == pytest.approx(-other.high, abs=1e-12)


def test_r_dun_9_equal_debts_give_the_difference_of_two_means():
    treated, control = [(100, 100), (0, 100), (100, 100)], [(0, 100), (100, 100), (0, 100)]
    interval = ratio_difference(treated, control)
    assert interval is not None
    assert interval.mean == pytest.approx(1 / 3)
    assert interval.low is not None
    half = t_quantile(2) * math.sqrt(2 * (1 / 3) / 3)  # each share has the variance 1/3 over 3
    assert interval.mean - interval.low == pytest.approx(half)
    assert interval.n == 6


def test_r_dun_9_unequal_debts_are_linearised():
    treated, control = [(100, 100), (0, 300)], [(50, 100), (50, 100)]
    interval = ratio_difference(treated, control)
    assert interval is not None
    assert interval.mean == pytest.approx(0.25 - 0.5)
    # Residuals 75 and -75 around a quarter, a debt of 400 in all; the control group does not vary.
    half = t_quantile(1) * math.sqrt(2 / 1 * (75**2 + 75**2) / 400**2)
    assert interval.low == pytest.approx(-0.25 - half)
    assert interval.high == pytest.approx(-0.25 + half)


def test_r_dun_9_without_debts_there_is_no_ratio_and_with_one_customer_no_interval():
    assert ratio_difference([], [(1, 2)]) is None
    assert ratio_difference([(1, 2)], [(0, 0)]) is None
    assert ratio_difference([(1, 2)], [(0, 2), (1, 2)]) == Interval(0.25, None, None, 3)


@given(MONEY, MONEY)
def test_r_dun_9_the_unit_of_money_is_nothing(treated, control):
    in_fen = ratio_difference(treated, control)
    in_tenths = ratio_difference(
        [(10 * paid, 10 * owed) for paid, owed in treated],
        [(10 * paid, 10 * owed) for paid, owed in control],
    )
    assert in_fen is not None
    assert in_tenths is not None
    assert in_fen.low is not None
    assert in_tenths.low is not None
    assert in_fen.mean == pytest.approx(in_tenths.mean)
    assert in_fen.low == pytest.approx(in_tenths.low)
