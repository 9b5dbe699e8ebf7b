"""When the next text may go: at or below a line's own rate, and a mass message's (R-MSG-2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from adapters.channels.base import SmsLine
from adapters.clock import rest
from adapters.store.queries import line_pace
from scheduler.runtime import Runtime

PATIENCE = timedelta(seconds=2)
"""How long a round waits for the line's pace."""


class Pace(Protocol):
    """When the next text may go."""

    def wait(self, line: SmsLine, interval: timedelta) -> bool:
        """Wait for the next request's turn; False: not in this round."""

    def now(self) -> datetime:
        """The shop's instant, asked once more when everything is held (R-HOURS-5)."""


class LinePace:
    """The line's own pace over all processes, by the machine's clock."""

    def __init__(self, runtime: Runtime, patience: timedelta = PATIENCE) -> None:
        self._runtime = runtime
        self._patience = patience

    def wait(self, line: SmsLine, interval: timedelta) -> bool:
        """Reserve a slot and wait for it; False when it is too far ahead."""
        runtime, name = self._runtime, pace_name(line.name)
        machine = runtime.machine_clock.now()
        with runtime.snapshot() as connection:
            free_at = line_pace.free_at(connection, name)
        if free_at is not None and free_at - machine > self._patience:
            return False
        with runtime.transaction() as connection:
            slot = line_pace.reserve(connection, name, machine, interval)
        rest(slot - machine)
        return True

    def now(self) -> datetime:
        """What the shop's clock says."""
        return self._runtime.now()


class ToldPace:
    """A training shop's `--at`: instants go on by the pace and nobody waits."""

    def __init__(self, first: datetime) -> None:
        self._now = self._next = first

    def wait(self, line: SmsLine, interval: timedelta) -> bool:
        """Go on to the instant after the one before."""
        self._now, self._next = self._next, self._next + interval
        return True

    def now(self) -> datetime:
        """The instant that it has come to."""
        return self._now


def pace_name(line: str) -> str:
    """The row that keeps a line's pace for texts."""
    return f"{line}:sms"
