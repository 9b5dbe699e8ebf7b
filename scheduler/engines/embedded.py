"""The embedded engine for one machine: APScheduler as a ticker inside the panel's process."""

from __future__ import annotations

from apscheduler.schedulers.background import BackgroundScheduler

from scheduler.jobs import tick, tick_lines, tick_told
from scheduler.runtime import Runtime

TICK_SECONDS = 2


class EmbeddedEngine:
    """Ticks until it is stopped. Which slot of which job runs is decided in the database."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._scheduler = BackgroundScheduler(timezone="UTC")
        for round_of in (self._tick, self._tick_told, self._tick_lines):
            self._scheduler.add_job(
                round_of,
                "interval",
                seconds=TICK_SECONDS,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=TICK_SECONDS,
            )

    def _tick(self) -> None:
        tick(self._runtime)

    def _tick_told(self) -> None:
        tick_told(self._runtime)

    def _tick_lines(self) -> None:
        tick_lines(self._runtime)

    def start(self) -> None:
        """Begin to tick in a thread of its own."""
        self._scheduler.start()

    def stop(self) -> None:
        """Finish the tick under way, then stop."""
        self._scheduler.shutdown(wait=True)
