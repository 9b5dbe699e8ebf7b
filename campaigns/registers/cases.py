"""The after-sales register (售后问题表): allowed changes, time limits and its form (R-CASE-1, R-CPL-2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from campaigns.policy import Policy
from campaigns.values import CaseState as S

CHANGES: Mapping[S, tuple[S, ...]] = {
    S.OPEN: (S.IN_PROGRESS, S.WAITING, S.SOLVED, S.CLOSED),
    S.IN_PROGRESS: (S.WAITING, S.SOLVED, S.CLOSED),
    S.WAITING: (S.IN_PROGRESS, S.SOLVED, S.CLOSED),
    S.SOLVED: (S.IN_PROGRESS, S.CLOSED),  # the customer says it is not solved after all
    S.CLOSED: (),
}
"""What a case may become, in the order in which people choose."""

ENDED = frozenset({S.SOLVED, S.CLOSED})
"""Nothing is due any more."""

LONGEST_PROMISE = timedelta(hours=48)
"""R-CPL-2. A promise to a customer has a time limit of 48 h at most, whatever the shop's default."""

NOBODY = ""
"""The handler of a case that nobody has taken yet."""


def may_become(state: S, later: S) -> bool:
    """R-CASE-1. Whether a case in `state` may change to `later`."""
    return later in CHANGES[state]


def needs_words(later: S) -> bool:
    """R-CPL-2. An end needs what was done: the next one must not ask the customer again."""
    return later in ENDED


def due_by_default(now: datetime, policy: Policy) -> datetime:
    """R-CPL-2. When an answer is due without another promise; never later than the longest one."""
    return now + min(timedelta(hours=policy.case_answer_hours), LONGEST_PROMISE)


def is_due_allowed(due_at: datetime, now: datetime) -> bool:
    """R-CPL-2. A promised time lies ahead, by 48 h at most."""
    return now < due_at <= now + LONGEST_PROMISE


def is_overdue(state: S, due_at: datetime, now: datetime) -> bool:
    """R-CPL-2. Not ended, and its time is over."""
    return state not in ENDED and due_at <= now
