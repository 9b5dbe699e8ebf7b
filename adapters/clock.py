"""The only place that reads the machine's clock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Says what time it is in the shop."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        ...


class SystemClock:
    """The machine's own clock: a real shop's time."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class FixedClock:
    """One instant for one command (`--at`) or one test."""

    instant: datetime

    def now(self) -> datetime:
        """Always the same instant."""
        return self.instant


def rest(duration: timedelta) -> None:
    """Let time pass on the machine; a line is asked no faster than it may be."""
    if duration > timedelta():
        time.sleep(duration.total_seconds())


SPEEDS = (1, 10, 60, 300)
"""How many shop seconds a training clock may let pass in one of the machine's."""


@dataclass(frozen=True, slots=True)
class TrainingTime:
    """Where a training shop's clock stands: at `shop_time` when the machine's read `machine_time`.

    From then on it goes `speed` times as fast as the machine's, while it ticks.
    """

    shop_time: datetime
    machine_time: datetime
    ticks: bool
    speed: int = 1

    def at(self, machine_now: datetime) -> datetime:
        """The shop's instant for an instant of the machine."""
        passed = (machine_now - self.machine_time) * self.speed
        return self.shop_time + passed if self.ticks else self.shop_time
