"""What the intake of every kind of file shares: its frame, and its answer about each piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from adapters.importers.rows import Problem, Taken
from scheduler.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Frame:
    """One file being taken in. `data_time` is the time its data are of, `now` that of learning.

    `source` is the system of an order table, None the marketplace of the plain ones; `lists_all`:
    its export of a day has all its orders of that day.
    """

    connection: Connection
    runtime: Runtime
    import_id: int
    data_time: datetime
    now: datetime
    who: str
    source: str | None = None
    lists_all: bool = True


@dataclass(slots=True)
class Judged:
    """R-IMP-2. What became of some rows; each is one of taken, unchanged and rejected."""

    taken: int = 0
    unchanged: int = 0
    rejected_rows: int = 0
    rejected: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def count(self, is_changed: bool) -> None:
        """One more row, which told something new or nothing new."""
        if is_changed:
            self.taken += 1
        else:
            self.unchanged += 1

    def reject(self, *problems: Problem) -> None:
        """One more row that is not taken, for these reasons."""
        self.rejected_rows += 1
        self.rejected.extend(problems)


class Intake(Protocol):
    """Takes in the rows of one file, piece by piece, inside the file's transaction."""

    def take(self, rows: Sequence[Taken], judged: Judged) -> None:
        """Store these rows and count them."""
        ...

    def finish(self) -> None:
        """Do what needs the whole file, and judge anew the tasks that it concerns."""
        ...
