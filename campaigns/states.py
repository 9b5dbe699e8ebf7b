"""Allowed changes of state, as data. `ARCHITECTURE.md` draws the same picture."""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.values import AttemptState as A
from campaigns.values import TaskState as T

TASK_CHANGES: Mapping[T, frozenset[T]] = {
    T.WAITING: frozenset({T.READY, T.CLAIMED, T.CLOSED}),
    T.READY: frozenset({T.WAITING, T.CLAIMED, T.CLOSED}),
    T.CLAIMED: frozenset({T.WAITING, T.READY, T.CLOSED}),
    T.CLOSED: frozenset(),
}

ATTEMPT_CHANGES: Mapping[A, frozenset[A]] = {
    A.HANDED_OUT: frozenset({A.DIALLED, A.CLOSED, A.EXPIRED, A.SKIPPED, A.WITHDRAWN}),
    A.DIALLED: frozenset({A.CLOSED}),
    A.EXPIRED: frozenset({A.CLOSED}),
    A.CLOSED: frozenset(),
    A.SKIPPED: frozenset(),
    A.WITHDRAWN: frozenset(),
}

LIVE_ATTEMPTS = frozenset({A.HANDED_OUT, A.DIALLED})
"""While an attempt is in one of these, its customer and its phone are held (R-REPEAT-2)."""

COUNTED_ATTEMPTS = frozenset({A.DIALLED, A.CLOSED})
"""What counts as a made contact (sop.md §0)."""
