"""Requests to lines as rows: what is read of them, and what a check sees (decision 0027)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from adapters.store.models.audit import audit
from adapters.store.models.calls import attempt
from adapters.store.models.lines import line_call
from scheduler.verify.days import not_after

OPEN = ("submitting", "placed", "unknown")
RANG_NOBODY = frozenset({"not_sent", "refused", "stopped"})
"""The line did not take it, or ended it before the customer's telephone was reached."""

CALLS: Select[Any] = select(line_call, attempt.c.task_id).join(
    attempt, attempt.c.id == line_call.c.attempt_id
)


@dataclass(frozen=True, slots=True)
class LineCall:
    """One request to a line, as it stood at the end of what is looked at.

    `state` None: what it was then is not looked at, for it was settled later. Instants named
    `…_machine` go by another clock than the shop's and are compared among themselves only.
    """

    id: str
    attempt_id: str
    task_id: int
    line: str
    caller_id: int
    phone_key: str
    state: str | None
    submitted_at: datetime
    submitted_machine: datetime
    gate_at: datetime | None
    settled_at: datetime | None
    checks: int
    next_check_machine: datetime | None
    was_reached: bool

    @property
    def order_key(self) -> tuple[datetime, int, str]:
        """Requests of one attempt in the order in which they were made: `….2` comes before `….10`."""
        return self.submitted_at, len(self.id), self.id

    @property
    def rang_nobody(self) -> bool:
        """Settled, and the customer's telephone was certainly left alone."""
        return self.state in RANG_NOBODY

    @property
    def may_have_rung(self) -> bool:
        """Known to count: settled otherwise, or open still."""
        return self.state is not None and not self.rang_nobody


def call_from(row: Row[Any], as_of: datetime | None) -> LineCall:
    """R-AUD-2. A request as it stood at `as_of`: what came later has not come yet."""
    settled_at, gate_at = not_after(row.settled_at, as_of), not_after(row.gate_at, as_of)
    is_later = settled_at != row.settled_at
    reached = row.customer_leg_id is not None or row.rang_machine is not None
    return LineCall(
        id=row.id,
        attempt_id=row.attempt_id,
        task_id=row.task_id,
        line=row.line,
        caller_id=row.caller_id,
        phone_key=row.phone_key,
        state=None if is_later else row.state,
        submitted_at=row.submitted_at,
        submitted_machine=row.submitted_machine,
        gate_at=gate_at,
        settled_at=settled_at,
        checks=row.checks,
        next_check_machine=row.next_check_machine,
        was_reached=reached and not (is_later and gate_at is None),
    )


@dataclass(frozen=True, slots=True)
class Moves:
    """Each time that a training clock was moved by hand: from when, to when."""

    known: tuple[tuple[datetime, datetime], ...]

    def explain(self, earlier: datetime, later: datetime) -> bool:
        """Whether `later` may have come after `earlier` although its instant is before."""
        return any(start >= earlier and to <= later for start, to in self.known)


def read_moves(connection: Connection) -> Moves:
    """R-AUD-1. From the trail; a real shop has none."""
    rows = connection.execute(
        select(audit.c.before, audit.c.after).where(audit.c.what == "clock.set")
    )
    return Moves(tuple((_at(row.before), _at(row.after)) for row in rows))


def _at(told: str) -> datetime:
    return datetime.fromisoformat(json.loads(told)["at"])


def of_attempt(connection: Connection, attempt_id: str) -> list[LineCall]:
    """The requests that were made for one attempt, oldest first."""
    statement = CALLS.where(line_call.c.attempt_id == attempt_id)
    calls = (call_from(row, None) for row in connection.execute(statement))
    return sorted(calls, key=lambda call: call.order_key)
