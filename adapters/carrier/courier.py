"""Sends callbacks and fetches documents with a few threads of its own, faults and retries included."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from adapters import event_log
from adapters.carrier.envelopes import Envelope, Reply, deliver, overrides
from adapters.carrier.faults import Faults
from adapters.carrier.script import CallbackFault, Rule

SENDERS = 8
"""Threads for callbacks, and as many for documents, so that a slow page holds up no call."""
KEPT = 50_000
RETRY_S = 1.0
LAST_WAIT_S = 0.5
"""A shop that has ended answers nothing more, and nobody waits long for it."""

log = event_log.get_logger(__name__)

Later = Callable[[float, Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try: `status` 0 is no answer, -1 a callback that a fault lost, or that may not go there."""

    envelope: Envelope
    status: int
    attempt: int
    fault: str = ""


class Courier:
    """`later(seconds, action)` is the timeline's; `allowed(url)` keeps everything at home."""

    def __init__(
        self, token: str, lock: threading.RLock, later: Later, allowed: Callable[[str], bool]
    ) -> None:
        self._token = token
        self._lock = lock
        self._later = later
        self._allowed = allowed
        self._lanes: dict[str, deque[Envelope]] = {}
        self._held: dict[str, list[Envelope]] = {}
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._pages: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=_work, args=(jobs,), name=f"carrier-{name}-{n}", daemon=True)
            for name, jobs in (("callback", self._jobs), ("document", self._pages))
            for n in range(SENDERS)
        ]
        self.faults = Faults("callbacks", (), 0)
        self.second: Callable[[], float] = lambda: 0.0
        """Seconds since the script was set."""
        self.deliveries: deque[Delivery] = deque(maxlen=KEPT)

    @property
    def pending(self) -> int:
        """Callbacks that are on their way, in line or held back; not those a fault or a retry delays."""
        held = sum(map(len, self._held.values()))
        return sum(1 + len(lane) for lane in self._lanes.values()) + held

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Send nothing more; waits for what is on its way, but not for long."""
        for jobs in (self._jobs, self._pages):
            while True:
                try:
                    jobs.get_nowait()
                except queue.Empty:
                    break
            for _ in range(SENDERS):
                jobs.put(None)
        until = time.monotonic() + LAST_WAIT_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def fetch(self, envelope: Envelope, done: Callable[[Reply], None]) -> None:
        """Ask for a document; `done` gets the reply in another thread. The lock is held."""
        rule = self.faults.next("document", self.second())
        if not self._allowed(envelope.url) or (rule and rule.fault == CallbackFault.LOST):
            self._note(Delivery(envelope, -1, 1, rule.fault if rule else "not_allowed"))
            self._later(0.0, lambda: done(Reply(0, problem="ct")))
            return

        def ask() -> None:
            done(self._try(envelope, 1, rule.fault if rule else ""))

        if rule and rule.fault == CallbackFault.DELAY:
            self._later(rule.seconds, lambda: self._pages.put(ask))
        else:
            self._pages.put(ask)

    def post(self, envelope: Envelope) -> None:
        """Send a callback, after those of the same lane. The lock is held."""
        if not self._allowed(envelope.url):
            self._note(Delivery(envelope, -1, 1, "not_allowed"))
            return
        rule = self.faults.next(envelope.kind, self.second())
        if rule is not None:
            self._afflict(envelope, rule)
            return
        self._line_up(envelope)
        for late in self._held.pop(envelope.lane, ()):
            self._line_up(late)

    def _afflict(self, envelope: Envelope, rule: Rule) -> None:
        match rule.fault:
            case CallbackFault.LOST:
                self._note(Delivery(envelope, -1, 1, rule.fault))
            case CallbackFault.DELAY:
                self._later(rule.seconds, lambda: self._line_up(envelope))
            case CallbackFault.DUPLICATE:
                self._line_up(envelope)
                self._later(rule.seconds, lambda: self._line_up(envelope))
            case _:
                self._held.setdefault(envelope.lane, []).append(envelope)
                self._later(rule.seconds, lambda: self._release(envelope))

    def _release(self, envelope: Envelope) -> None:
        held = self._held.get(envelope.lane, [])
        if any(one is envelope for one in held):
            held[:] = [one for one in held if one is not envelope]
            self._line_up(envelope)

    def _line_up(self, envelope: Envelope) -> None:
        lane = self._lanes.get(envelope.lane)
        if lane is not None:
            lane.append(envelope)
            return
        self._lanes[envelope.lane] = deque([envelope])
        self._jobs.put(lambda: self._next_of(envelope.lane))

    def _next_of(self, name: str) -> None:
        with self._lock:
            envelope = self._lanes[name].popleft()
        self._send(envelope, 1)
        with self._lock:
            if self._lanes[name]:
                self._jobs.put(lambda: self._next_of(name))
            else:
                del self._lanes[name]

    def _send(self, envelope: Envelope, attempt: int) -> None:
        reply = self._try(envelope, attempt, "")
        wanted = overrides(envelope.url)
        if attempt <= wanted.retries and wanted.retries_on(reply):
            again = RETRY_S * 2 ** (attempt - 1)
            self._later(again, lambda: self._jobs.put(lambda: self._send(envelope, attempt + 1)))

    def _try(self, envelope: Envelope, attempt: int, fault: str) -> Reply:
        reply = deliver(envelope, self._token)
        with self._lock:
            self._note(Delivery(envelope, reply.status, attempt, fault))
        return reply

    def _note(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)


def _work(jobs: queue.SimpleQueue[Callable[[], None] | None]) -> None:
    while (job := jobs.get()) is not None:
        try:
            job()
        except Exception:  # one callback's mistake must not stop the others
            log.exception("carrier_delivery_failed")
