"""Allowed changes of state, as data. `ARCHITECTURE.md` draws the same picture."""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.values import AttemptState as A
from campaigns.values import LineCallState as L
from campaigns.values import SmsState as S
from campaigns.values import TaskState as T

TASK_CHANGES: Mapping[T, frozenset[T]] = {
    T.WAITING: frozenset({T.READY, T.CLAIMED, T.CLOSED}),
    T.READY: frozenset({T.WAITING, T.CLAIMED, T.CLOSED}),
    T.CLAIMED: frozenset({T.WAITING, T.READY, T.CLOSED}),
    T.CLOSED: frozenset(),
}

ATTEMPT_CHANGES: Mapping[A, frozenset[A]] = {
    A.HANDED_OUT: frozenset({A.DIALLED, A.CLOSED, A.EXPIRED, A.SKIPPED, A.WITHDRAWN}),
    # Back, or withdrawn, only while the line is known to have rung nobody (decision 0027).
    A.DIALLED: frozenset({A.CLOSED, A.HANDED_OUT, A.WITHDRAWN}),
    A.EXPIRED: frozenset({A.CLOSED}),
    A.CLOSED: frozenset(),
    A.SKIPPED: frozenset(),
    A.WITHDRAWN: frozenset(),
}

LINE_CALL_CHANGES: Mapping[L, frozenset[L]] = {
    L.SUBMITTING: frozenset({L.PLACED, L.UNKNOWN, L.NOT_SENT, L.REFUSED, L.STOPPED, L.ENDED}),
    L.UNKNOWN: frozenset({L.PLACED, L.STOPPED, L.ENDED, L.UNCONFIRMED}),
    L.PLACED: frozenset({L.STOPPED, L.ENDED}),
    L.NOT_SENT: frozenset(),
    L.REFUSED: frozenset(),
    L.STOPPED: frozenset(),
    L.ENDED: frozenset(),
    L.UNCONFIRMED: frozenset(),
}

OPEN_LINE_CALLS = frozenset({L.SUBMITTING, L.PLACED, L.UNKNOWN})
"""While a line's call is in one of these, its phone may be ringing."""

SMS_CHANGES: Mapping[S, frozenset[S]] = {
    S.QUEUED: frozenset({S.SENDING, S.WITHDRAWN}),
    # Back to `queued` only where the line said that it took nothing.
    S.SENDING: frozenset({S.QUEUED, S.SENT, S.DELIVERED, S.FAILED, S.UNKNOWN}),
    S.UNKNOWN: frozenset({S.SENT, S.DELIVERED, S.FAILED}),
    S.SENT: frozenset({S.DELIVERED, S.FAILED}),
    S.DELIVERED: frozenset(),
    S.FAILED: frozenset({S.DELIVERED}),  # the line's receipts come in any order
    S.WITHDRAWN: frozenset(),
}

LIVE_ATTEMPTS = frozenset({A.HANDED_OUT, A.DIALLED})
"""While an attempt is in one of these, its customer and its phone are held (R-REPEAT-2)."""

COUNTED_ATTEMPTS = frozenset({A.DIALLED, A.CLOSED})
"""What counts as a made contact (sop.md §0)."""
