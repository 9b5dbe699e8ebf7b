"""The only clock: the machine's, one fixed instant, or a training shop's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from adapters.clock import SPEEDS, FixedClock, SystemClock, TrainingTime

NOON = datetime(2025, 5, 13, 4, 0, tzinfo=UTC)
MACHINE = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def test_the_machines_clock_is_aware_utc_and_goes_on() -> None:
    clock = SystemClock()
    first = clock.now()
    assert first.tzinfo is UTC
    assert first <= clock.now()


def test_a_fixed_clock_stands_still() -> None:
    clock = FixedClock(NOON)
    assert clock.now() == clock.now() == NOON


@given(st.timedeltas(timedelta(days=-400), timedelta(days=400)))
def test_a_ticking_training_clock_goes_as_fast_as_the_machines(passed: timedelta) -> None:
    assert TrainingTime(NOON, MACHINE, ticks=True).at(MACHINE + passed) == NOON + passed
    assert TrainingTime(NOON, MACHINE, ticks=False).at(MACHINE + passed) == NOON


@given(st.timedeltas(timedelta(days=-40), timedelta(days=40)), st.sampled_from(SPEEDS))
def test_a_faster_training_clock_passes_so_many_seconds_in_one(
    passed: timedelta, speed: int
) -> None:
    fast = TrainingTime(NOON, MACHINE, ticks=True, speed=speed)
    assert fast.at(MACHINE + passed) - NOON == passed * speed
    assert TrainingTime(NOON, MACHINE, ticks=False, speed=speed).at(MACHINE + passed) == NOON
