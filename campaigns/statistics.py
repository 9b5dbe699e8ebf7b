"""R-SMP-10, R-DUN-9: means, shares and differences with their 95 % intervals.

Pure and exact enough: sums are whole numbers up to the last division, the quantile of Student's t
comes from its closed form for whole degrees of freedom. Why these and no others stands in decision
0024.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

MIN_TO_COMPARE = 30
"""Under so many, a page says "too few to compare" (R-SMP-10)."""

_CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf(0.5 + _CONFIDENCE / 2)
_T_MOST = 13.0  # the quantile for one degree of freedom is 12.7062; all others are smaller
_T_PRECISION = 1e-10
_MOST_FREEDOM = 10_000
"""From here on the quantile is within 0.0003 of the normal one; more freedom is counted as this."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure from `n` cases and its 95 % interval; the ends are None where n allows none."""

    mean: float
    low: float | None
    high: float | None
    n: int


def mean_interval(
    values: Sequence[int], population: int, least: float = 1.0, most: float = 5.0
) -> Interval | None:
    """R-SMP-10. The mean of a random sample without replacement, with its Student t interval.

    `population`: how many the sample was drawn from; fewer than were asked counts as all of them,
    and who asks all of them knows the mean: the interval has no width. The ends stay on the scale
    `least` to `most`. None without values; one value out of several has no interval.
    """
    n = len(values)
    if n == 0:
        return None
    total = sum(values)
    mean = total / n
    if population <= n:
        return Interval(mean, mean, mean, n)
    if n == 1:
        return Interval(mean, None, None, n)
    variance = (n * sum(value * value for value in values) - total * total) / (n * (n - 1))
    half = t_quantile(n - 1) * math.sqrt(variance / n * (1 - n / population))
    return Interval(mean, max(least, mean - half), min(most, mean + half), n)


def share_interval(successes: int, n: int) -> Interval | None:
    """Give a share (0 to 1) with its Wilson score interval; None where n is 0."""
    assert 0 <= successes <= n
    if n == 0:
        return None
    share = successes / n
    centre = (share + _Z * _Z / (2 * n)) / (1 + _Z * _Z / n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z * _Z / (4 * n * n)) / (1 + _Z * _Z / n)
    # The share itself is inside, also where rounding would leave 0 or 1 just outside.
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Interval(share, min(share, low), max(share, high), n)


def difference_interval(s1: int, n1: int, s2: int, n2: int) -> Interval | None:
    """R-DUN-9. The first share less the second, with Newcombe's hybrid score interval.

    None where one of the groups is empty; `n` is both groups together.
    """
    first, second = share_interval(s1, n1), share_interval(s2, n2)
    if first is None or second is None:
        return None
    difference = first.mean - second.mean
    below_1, above_1 = _arms(first)
    below_2, above_2 = _arms(second)
    return Interval(
        difference,
        difference - math.hypot(below_1, above_2),
        difference + math.hypot(above_1, below_2),
        n1 + n2,
    )


def ratio_difference(
    treated: Sequence[tuple[int, int]], control: Sequence[tuple[int, int]]
) -> Interval | None:
    """R-DUN-9. What part of the money came in, the first group's less the second's.

    Pairs of (paid, owed) in fen, one for each customer. The interval linearises both ratios and
    takes Student's t with the smaller group's freedom. None where a group owes nothing; no ends
    where one has a single customer.
    """
    paid_1, owed_1 = sum(paid for paid, _ in treated), sum(owed for _, owed in treated)
    paid_2, owed_2 = sum(paid for paid, _ in control), sum(owed for _, owed in control)
    if owed_1 <= 0 or owed_2 <= 0:
        return None
    difference = paid_1 / owed_1 - paid_2 / owed_2
    n = len(treated) + len(control)
    freedom = min(len(treated), len(control)) - 1
    if freedom < 1:
        return Interval(difference, None, None, n)
    spread = math.sqrt(_ratio_variance(treated) + _ratio_variance(control))
    half = t_quantile(freedom) * spread
    return Interval(difference, difference - half, difference + half, n)


@cache
def t_quantile(df: int) -> float:
    """Give the 0.975 quantile of Student's t with `df` degrees of freedom (1 or more)."""
    assert df >= 1
    df = min(df, _MOST_FREEDOM)
    low, high = _Z, _T_MOST  # t is wider than the normal distribution
    while high - low > _T_PRECISION:
        middle = (low + high) / 2
        if _within(middle, df) < _CONFIDENCE:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _within(t: float, df: int) -> float:
    """P(-t < T < t), the finite sum that holds for whole degrees of freedom."""
    angle = math.atan(t / math.sqrt(df))
    sine, cosine = math.sin(angle), math.cos(angle)
    is_odd = df % 2 == 1
    term = cosine if is_odd else 1.0
    total = 0.0
    for power in range(2 + df % 2, df + 1, 2):  # the powers of the cosine go up to df - 2
        total += term
        term *= cosine * cosine * (power - 1) / power
    if is_odd:
        return 2 / math.pi * (angle + sine * total)
    return sine * total


def _arms(interval: Interval) -> tuple[float, float]:
    """How far an interval reaches below and above its mean."""
    assert interval.low is not None
    assert interval.high is not None
    return interval.mean - interval.low, interval.high - interval.mean


def _ratio_variance(pairs: Sequence[tuple[int, int]]) -> float:
    """The linearised variance of Σ paid ÷ Σ owed; whole numbers up to the division."""
    n = len(pairs)
    paid, owed = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    squares = sum((one_paid * owed - paid * one_owed) ** 2 for one_paid, one_owed in pairs)
    return n * squares / ((n - 1) * owed**4)
