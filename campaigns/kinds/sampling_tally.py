"""How the customers of a sample stand, counted one way for pages, ledgers and figures (R-SMP-10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from campaigns.kinds.sampling import TARGET
from campaigns.values import Ending, ScoreOrigin, Source


class Fate(StrEnum):
    """Where a sampled customer stands: scored, or why not (R-SMP-3, R-SMP-6, R-SMP-7)."""

    SCORED = "scored"
    UNREACHED = "unreached"
    REJECTED = "rejected"
    OPTED_OUT = "opted_out"
    UNSCORED = "unscored"
    UNFINISHED = "unfinished"
    OPEN = "open"


_FATES: Mapping[Ending, Fate] = {
    Ending.UNREACHABLE: Fate.UNREACHED,
    Ending.ATTEMPTS_USED: Fate.UNREACHED,
    Ending.REJECTED: Fate.REJECTED,
    Ending.OPTED_OUT: Fate.OPTED_OUT,
    Ending.UNFINISHED: Fate.UNFINISHED,
    Ending.DEADLINE: Fate.UNFINISHED,
}
"""Of a customer without a score; every other ending was talked about and left unscored."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """One customer who was called in, as known at an instant.

    called_in_on  the first day of calling (R-SMP-3)
    handler       who is judged; empty where the registers name nobody
    score         the newest one, so that a review's correction counts (R-SMP-12)
    """

    task_id: int
    month: str
    called_in_on: date
    source: Source
    handler: str
    ending: Ending | None = None
    score: int | None = None
    origin: ScoreOrigin | None = None

    @property
    def fate(self) -> Fate:
        """Scored as soon as there is a score, whatever the task still waits for."""
        if self.score is not None:
            return Fate.SCORED
        return Fate.OPEN if self.ending is None else _FATES.get(self.ending, Fate.UNSCORED)


@dataclass(frozen=True, slots=True)
class Tally:
    """R-SMP-10. Counts of some sampled customers.

    `by_rule`: how many count 3 because they refused or hung up (R-SMP-8); a correction by a review
    is no longer one of them.
    """

    fates: Mapping[Fate, int]
    scores: Mapping[int, int]
    by_rule: int

    @property
    def sampled(self) -> int:
        """How many were called in."""
        return sum(self.fates.values())

    @property
    def scored(self) -> int:
        """How many have a score."""
        return self.fates[Fate.SCORED]

    @property
    def total(self) -> int:
        """The sum of the scores."""
        return sum(value * count for value, count in self.scores.items())

    @property
    def satisfaction(self) -> float | None:
        """R-SMP-10. Sum of scores ÷ scored customers; None where nobody scored."""
        return self.total / self.scored if self.scored else None

    @property
    def is_target_met(self) -> bool | None:
        """R-SMP-10. Judged by the exact quotient, before any rounding; None where nobody scored."""
        return self.total >= TARGET * self.scored if self.scored else None


def tally_of(rows: Iterable[Sampled]) -> Tally:
    """R-SMP-10. Count them; every fate and every score has an entry."""
    fates: Counter[Fate] = Counter()
    scores: Counter[int] = Counter()
    by_rule = 0
    for row in rows:
        fates[row.fate] += 1
        if row.score is not None:
            scores[row.score] += 1
            by_rule += row.origin is ScoreOrigin.RULE
    return Tally(
        {fate: fates[fate] for fate in Fate},
        {value: scores[value] for value in SCALE},
        by_rule,
    )


SCALE = (5, 4, 3, 2, 1)
"""R-SMP-4. From 很满意 to 很不满意."""
