"""What was sent to a line's addresses and not believed, counted by reason since the process started.

In memory only: a refusal leaves no trace in the database, or a stranger could fill it (safety F34).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

from campaigns.lines import CallbackFault


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many for one reason; the latest by the machine's clock."""

    fault: CallbackFault
    count: int
    latest: datetime


class RefusedCallbacks:
    """Counts up only, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: dict[CallbackFault, Refusals] = {}

    def add(self, fault: CallbackFault, at: datetime) -> None:
        """One more was refused."""
        with self._lock:
            before = self._counted.get(fault, Refusals(fault, 0, at))
            self._counted[fault] = Refusals(fault, before.count + 1, max(before.latest, at))

    def all(self) -> list[Refusals]:
        """Every reason that there was, in the order of the reasons."""
        with self._lock:
            return [self._counted[fault] for fault in CallbackFault if fault in self._counted]
