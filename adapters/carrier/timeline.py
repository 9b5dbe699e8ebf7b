"""What happens when: one thread that works off due actions, and lives written as generators.

A life says `yield Sleep(seconds)` or `reply = yield Fetch(envelope)`. Somebody else may end it at
any such place: `interrupt` raises an error there. All of it runs under the carrier's one lock.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from itertools import count

from adapters import event_log
from adapters.carrier.envelopes import Envelope, Reply

log = event_log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait for so many of the carrier's seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask the shop, and go on with its `Reply`."""

    envelope: Envelope


Step = Sleep | Fetch
Life = Generator[Step, Reply | None, None]


class Task:
    """One running life. `second` is how far it has come: its sleeps alone, not the shop's answers."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.done = False
        self.second = 0.0
        self.turn = 0
        self.slept_from: float | None = None
        self.sleep = 0.0


@dataclass(order=True, slots=True)
class _Due:
    at: float
    number: int
    action: Callable[[], None] = field(compare=False)


class Timeline:
    """Runs lives. `fetch` gets an envelope and a function to hand the reply to, from any thread."""

    def __init__(
        self,
        lock: threading.RLock,
        speed: float,
        fetch: Callable[[Envelope, Callable[[Reply], None]], None],
    ) -> None:
        self._wake = threading.Condition(lock)
        self._speed = speed
        self._fetch = fetch
        self._due: list[_Due] = []
        self._numbers = count()
        self._closed = False
        self._started_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="carrier-timeline")
        self.failures = 0
        """Actions that raised: mistakes in the carrier itself."""

    def start(self) -> None:
        """Begin to work off."""
        self._thread.start()

    def close(self) -> None:
        """End the thread; what is not done yet never happens."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        self._thread.join()

    def second(self) -> float:
        """The carrier's seconds since its start."""
        return (time.monotonic() - self._started_at) * self._speed

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do `action` so many of the carrier's seconds from now."""
        with self._wake:
            at = time.monotonic() + seconds / self._speed
            heapq.heappush(self._due, _Due(at, next(self._numbers), action))
            self._wake.notify_all()

    def begin(self, life: Life) -> Task:
        """Start a life; its first step is made at once, so the caller holds the lock."""
        task = Task(life)
        self._step(task, lambda: next(life))
        return task

    def interrupt(self, task: Task, error: Exception) -> None:
        """Raise `error` where the life waits. The caller holds the lock. A life that is over stays so."""
        if task.done:
            return
        if task.slept_from is not None:
            slept = (time.monotonic() - task.slept_from) * self._speed
            task.second += min(slept, task.sleep)
        self._step(task, lambda: task.life.throw(error))

    def _step(self, task: Task, move: Callable[[], Step]) -> None:
        task.turn += 1
        task.slept_from = None
        try:
            step = move()
        except StopIteration:
            task.done = True
            return
        turn = task.turn
        if isinstance(step, Sleep):
            task.sleep = max(step.seconds, 0.0)
            task.slept_from = time.monotonic()
            self.after(task.sleep, lambda: self._awake(task, turn))
        else:
            self._fetch(step.envelope, lambda reply: self._replied(task, turn, reply))

    def _awake(self, task: Task, turn: int) -> None:
        if task.turn == turn and not task.done:
            task.second += task.sleep
            self._step(task, lambda: next(task.life))

    def _replied(self, task: Task, turn: int, reply: Reply) -> None:
        def go_on() -> None:
            if task.turn == turn and not task.done:
                self._step(task, lambda: task.life.send(reply))

        self.after(0.0, go_on)

    def _run(self) -> None:
        with self._wake:
            while not self._closed:
                now = time.monotonic()
                if not self._due or self._due[0].at > now:
                    self._wake.wait(self._due[0].at - now if self._due else None)
                    continue
                self._do(heapq.heappop(self._due).action)

    def _do(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception:  # one life's mistake must not end the others'
            self.failures += 1
            log.exception("carrier_action_failed")
