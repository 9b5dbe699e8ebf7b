"""What the desk sees beside the call: a hand-out's state, the queue, customers, numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row

from adapters.importers.rows import FileKind, Problem
from adapters.store.queries import audit
from adapters.store.queries import campaigns as campaign_queries
from adapters.store.queries import desk as queries
from adapters.store.queries import intake as intake_queries
from campaigns.errors import NotFoundError, RefusedError, UsageError
from campaigns.phone import PhoneFault, read_phone
from campaigns.values import AttemptState, CampaignState, Person, PhoneNumber, Role
from scheduler.flows.outlook import NobodyNow, nobody_now
from scheduler.runtime import Runtime

FOUND = 50
RECENT_IMPORTS = 20
REASON_MAX_CHARS = 200


class HandOutState(StrEnum):
    """What has become of a hand-out that a page still shows."""

    HELD = "held"
    DIALLED = "dialled"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class PauseSeen:
    """R-CLAIM-1. What the leader paused or stopped, and why. No campaign: everything."""

    campaign: str | None
    reason: str
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """R-CASE-1. A case that a call has opened, and by when it is to be answered."""

    id: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class HandOutSeen:
    """A hand-out's state; `rule` says why it was withdrawn, `pause` by which pause."""

    state: HandOutState
    rule: str | None = None
    lease_until: datetime | None = None
    is_outcome_missing: bool = False
    is_hung_up: bool = False
    pause: PauseSeen | None = None

    @property
    def is_mine(self) -> bool:
        """R-CLAIM-1. Whether the customer is still this caller's to call or to report on."""
        return self.state in (HandOutState.HELD, HandOutState.DIALLED)

    @property
    def is_in_call(self) -> bool:
        """Whether the call is under way: dialled, and the line not put down yet."""
        return self.state is HandOutState.DIALLED and not self.is_hung_up


@dataclass(frozen=True, slots=True)
class ImportShown:
    """One file that was taken in (R-IMP-2)."""

    id: int
    name: str
    kind: FileKind
    imported_at: datetime
    imported_by: str
    rows: int
    taken: int
    unchanged: int
    rejected: int


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """One line of a search. Numbers are masked (R-PII-1)."""

    id: int
    buyer: str
    region: str | None
    phones: tuple[str, ...]
    unpaid_count: int
    unpaid_fen: int


def hand_out_seen(runtime: Runtime, attempt_id: str, caller: Person, now: datetime) -> HandOutSeen:
    """R-CLAIM-1, R-DNC-2. Where a hand-out stands that the caller has on screen."""
    with runtime.snapshot() as connection:
        row = queries.attempt_with_end(connection, attempt_id, caller.id)
        pause = _pause_of(connection, row)
        missing_after = runtime.law(connection).policy.outcome_missing_minutes
    if row is None:
        return HandOutSeen(HandOutState.OVER)
    match AttemptState(row.state):
        case AttemptState.HANDED_OUT if row.lease_until > now:
            return HandOutSeen(HandOutState.HELD, lease_until=row.lease_until)
        case AttemptState.HANDED_OUT | AttemptState.EXPIRED:
            return HandOutSeen(HandOutState.EXPIRED, "R-CLAIM-1")
        case AttemptState.DIALLED:
            missing = now - row.dialled_at >= timedelta(minutes=missing_after)
            return HandOutSeen(
                HandOutState.DIALLED,
                is_outcome_missing=missing,
                is_hung_up=row.hung_up_at is not None,
            )
        case AttemptState.WITHDRAWN:
            return HandOutSeen(HandOutState.WITHDRAWN, row.end_reason, pause=pause)
        case _:
            return HandOutSeen(HandOutState.OVER)


def _pause_of(connection: Connection, row: Row[Any] | None) -> PauseSeen | None:
    """R-CLAIM-1. The pause that took the customer away, as long as it lasts."""
    if row is None or row.state != AttemptState.WITHDRAWN or row.end_reason != "R-CLAIM-1":
        return None
    pause = campaign_queries.pause_of_shop(connection)
    if pause is not None:
        return PauseSeen(None, pause.paused_reason)
    if row.campaign_state == CampaignState.RUNNING:
        return None
    is_stopped = row.campaign_state == CampaignState.STOPPED
    return PauseSeen(row.campaign_name, row.campaign_reason or "", is_stopped)


def cases_opened(runtime: Runtime, attempt_id: str) -> tuple[CaseOpened, ...]:
    """R-CASE-1. The cases that came out of one call, its further matters included, oldest first."""
    with runtime.snapshot() as connection:
        rows = queries.cases_of_call(connection, attempt_id)
    return tuple(CaseOpened(row.id, row.due_at) for row in rows)


def queue_now(runtime: Runtime, now: datetime) -> NobodyNow:
    """R-AUD-3. Why the queue is empty and when it goes on; nothing is handed out."""
    with runtime.snapshot() as connection:
        return nobody_now(connection, runtime, now)


def recent_imports(runtime: Runtime) -> list[ImportShown]:
    """List the files taken in, the newest first."""
    with runtime.snapshot() as connection:
        rows = queries.imports_listed(connection, RECENT_IMPORTS)
    return [
        ImportShown(
            r.id,
            r.name,
            FileKind(r.kind),
            r.imported_at,
            r.imported_by,
            r.rows,
            r.taken,
            r.unchanged,
            r.rejected,
        )
        for r in rows
    ]


def rejected_rows(runtime: Runtime, import_id: int) -> tuple[Problem, ...]:
    """R-IMP-2. List the rows of a file that were not taken, with line, column and reason.

    Raises NotFoundError for an unknown import.
    """
    with runtime.snapshot() as connection:
        if not queries.has_import(connection, import_id):
            raise NotFoundError("没有这次导入", field="import")
        return intake_queries.problems_of(connection, import_id, "rejected")


def find_customers(runtime: Runtime, words: str) -> list[FoundCustomer]:
    """Find customers by part of the user ID, a whole order number or a whole phone number."""
    words = words.strip()
    if not words:
        return []
    number = read_phone(words)
    key = None if isinstance(number, PhoneFault) else runtime.vault.phone_key(number)
    with runtime.snapshot() as connection:
        rows = queries.customers_like(connection, words, key, FOUND)
        ids = [row.id for row in rows]
        unpaid = queries.unpaid_of(connection, ids)
        numbers = queries.numbers_of(connection, ids)
    masked: dict[int, list[str]] = {}
    for line in numbers:
        masked.setdefault(line.customer_id, []).append(line.masked)
    return [
        FoundCustomer(
            row.id,
            row.buyer,
            row.region,
            tuple(masked.get(row.id, ())),
            *unpaid.get(row.id, (0, 0)),
        )
        for row in rows
    ]


def reveal_number(
    runtime: Runtime, phone_id: int, reason: str, now: datetime, person: Person
) -> PhoneNumber:
    """R-PII-1, R-AUD-1. Show one number to a leader who says why; who and why are kept.

    Raises UsageError without a reason, RefusedError for other roles, NotFoundError.
    """
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_MAX_CHARS:
        raise UsageError(f"请写明查看原因（{REASON_MAX_CHARS} 字以内）", field="reason")
    if person.role not in (Role.LEADER, Role.SUPERVISOR):
        raise RefusedError("只有组长和主管可以查看完整号码", rules=("R-PII-1",))
    with runtime.transaction() as connection:
        row = queries.sealed_number(connection, phone_id)
        if row is None:
            raise NotFoundError("没有这个号码", field="phone")
        reveal_id = queries.add_reveal(connection, phone_id, person.id, now, reason)
        audit.record(
            connection,
            now,
            person.name,
            "phone.revealed",
            f"customer:{row.customer_id}",
            after={"phone": row.phone_key, "reveal": reveal_id},
        )
        return runtime.vault.open(row.sealed)
