"""What the month before has left to do: calls to review, promised answers (R-SMP-5, R-SMP-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.store.queries import reviews, scores
from campaigns.days import business_day
from campaigns.kinds.sampling import first_of, month_of
from scheduler.runtime import Runtime


@dataclass(frozen=True, slots=True)
class LeftOver:
    """What is still to be done for a month that has ended.

    to_review   customers whose calls nobody has reviewed (R-SMP-12)
    unanswered  promised answers from before this month that nobody gave (R-SMP-5)
    """

    month: str
    to_review: int
    unanswered: int

    def __bool__(self) -> bool:
        """Whether anything is left."""
        return bool(self.to_review or self.unanswered)


def left_over(runtime: Runtime, now: datetime) -> LeftOver:
    """What is left of the month before the current one."""
    first = first_of(month_of(business_day(now)))
    before = month_of(first - timedelta(days=1))
    with runtime.snapshot() as connection:
        unanswered = scores.unanswered(connection, owner=None)
        return LeftOver(
            month=before,
            to_review=reviews.unreviewed(connection, before),
            unanswered=sum(business_day(row.opened_at) < first for row in unanswered),
        )
