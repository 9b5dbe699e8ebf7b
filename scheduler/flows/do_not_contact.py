"""The do-not-contact list (R-DNC-3): entering, lifting, showing, exporting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit, calls, suppressions
from campaigns.errors import NotFoundError, RefusedError, UsageError
from campaigns.phone import FAULT_TEXTS, PhoneFault, read_phone
from campaigns.values import ENGINE, Kind, Person, PhoneNumber, Role, Scope
from scheduler.flows.refresh import refresh_customers
from scheduler.runtime import Runtime

LISTED = 1_000
REASON_MAX_CHARS = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list, as people see it: numbers are masked (R-PII-1).

    `holder`: of an entry for a number, the first of the `holders` customers whose number it is; they
    are bound on their other numbers too (decision 0007).
    """

    id: int
    scope: Scope
    buyer: str | None
    phone_masked: str | None
    kind: Kind | None
    rule: str
    reason: str
    source: str
    created_by: str
    since: datetime
    lifted_at: datetime | None
    lifted_by: str | None
    lift_reason: str | None
    holder: str | None
    holders: int

    @property
    def is_by_text(self) -> bool:
        """A text came back with the opt-out word, or the line said so; nobody entered it."""
        return self.source == "sms" and self.created_by == ENGINE


@dataclass(frozen=True, slots=True)
class EntryForm:
    """A new entry: a user ID or a number; `kind` None means every kind."""

    reason: str
    user_id: str | None = None
    phone: str | None = None
    kind: Kind | None = None


def entries(runtime: Runtime, *, words: str = "", with_lifted: bool = False) -> list[Entry]:
    """The list, the newest entries first."""
    with runtime.snapshot() as connection:
        rows = suppressions.listed(
            connection, words=words.strip(), with_lifted=with_lifted, limit=LISTED
        )
    return [_entry(row) for row in rows]


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        scope=Scope(row.scope),
        buyer=row.buyer or row.user_id,
        phone_masked=row.phone_masked,
        kind=None if row.kind is None else Kind(row.kind),
        rule=row.rule,
        reason=row.reason,
        source=row.source,
        created_by=row.created_by,
        since=row.since,
        lifted_at=row.lifted_at,
        lifted_by=row.lifted_by,
        lift_reason=row.lift_reason,
        holder=row.holder,
        holders=row.holders,
    )


@dataclass(frozen=True, slots=True)
class ExportLine:
    """One entry in force, as the importer reads it back. A masked number is for people only."""

    user_id: str
    phone: str
    reason: str
    scope: Scope
    kind: Kind | None
    since: datetime
    created_by: str


def export_entries(
    runtime: Runtime, now: datetime, who: str, role: Role | None, *, full: bool
) -> list[ExportLine]:
    """R-DNC-3, R-PII-1. The list in force, to be taken out; whole numbers for a supervisor only.

    `role` None: the command line, which gets masked numbers. The trail says who took how many.
    """
    if full and role is not Role.SUPERVISOR:
        raise RefusedError("只有主管可以导出完整号码", rules=("R-PII-1",))
    with runtime.transaction() as connection:
        rows = suppressions.in_force(connection)
        lines = [_export_line(runtime, row, full=full) for row in rows]
        audit.record(
            connection,
            now,
            who,
            "suppression.exported",
            "suppression:all",
            after={"entries": len(lines), "full": full},
        )
    return lines


def _export_line(runtime: Runtime, row: Row[Any], *, full: bool) -> ExportLine:
    phone = row.phone_masked or ""
    if full and row.phone_sealed is not None:
        phone = runtime.vault.open(row.phone_sealed).display
    return ExportLine(
        user_id=row.buyer or row.user_id or "",
        phone=phone,
        reason=row.reason,
        scope=Scope(row.scope),
        kind=None if row.kind is None else Kind(row.kind),
        since=row.since,
        created_by=row.created_by,
    )


def add_entry(runtime: Runtime, form: EntryForm, now: datetime, who: str) -> int:
    """R-DNC-2. In force from this second on; queued work is withdrawn in the same transaction.

    An equal entry in force is left as it is. Raises UsageError for a missing reason, a bad number, or
    a masked user ID that names nobody or several (R-IMP-4).
    """
    reason, user_id = form.reason.strip(), (form.user_id or "").strip() or None
    if not reason or len(reason) > REASON_MAX_CHARS:
        raise UsageError(f"请写明原因（{REASON_MAX_CHARS} 字以内）", field="reason")
    if (user_id is None) == (not (form.phone or "").strip()):
        raise UsageError("请填写用户ID或电话号码其中一项", field="user_id")
    with runtime.transaction() as connection:
        values: dict[str, object] = {
            "scope": Scope.CUSTOMER if user_id else Scope.PHONE,
            "customer_id": None,
            "user_id": user_id,
            "phone_key": None,
            "phone_masked": None,
            "phone_sealed": None,
            "kind": form.kind,
            "rule": "R-DNC-2",
            "reason": reason,
            "source": "panel",
            "created_by": who,
        }
        found: list[int] = []
        if user_id is not None:
            found = calls.find_customer(connection, user_id)
            if len(found) > 1 or (not found and _is_masked(user_id)):
                raise UsageError("打码的用户ID认不出是哪一位客户，请改填电话号码", field="user_id")
            values["customer_id"] = found[0] if found else None
        else:
            number = read_phone(form.phone or "")
            if isinstance(number, PhoneFault):
                raise UsageError(f"电话号码不能用：{FAULT_TEXTS[number]}", field="phone")
            values["phone_key"] = runtime.vault.phone_key(number)
            values["phone_masked"] = number.masked
            values["phone_sealed"] = runtime.vault.seal(number)
        same = suppressions.active_like(
            connection,
            scope=Scope(str(values["scope"])),
            customer_id=values["customer_id"],  # type: ignore[arg-type]
            user_id=user_id,
            phone_key=values["phone_key"],  # type: ignore[arg-type]
            kind=form.kind,
        )
        if same is not None:
            return same
        entry_id = suppressions.add(connection, values, now)
        bound = suppressions.bound_customers(
            connection,
            customer_ids=found,
            user_ids=[user_id] if user_id else [],
            phone_keys=[str(values["phone_key"])] if values["phone_key"] else [],
        )
        refresh_customers(connection, runtime, now, bound, who)
        return entry_id


def refuse_number(
    connection: Connection,
    runtime: Runtime,
    number: PhoneNumber,
    now: datetime,
    who: str,
    *,
    reason: str,
    source: str,
) -> bool:
    """R-DNC-2. Whoever has this number asked for no more contact, of any kind, by a message.

    In force from this second on; queued work of everybody whose number it is goes back in the same
    transaction. False when such an entry is in force already.
    """
    key = runtime.vault.phone_key(number)
    known = suppressions.active_like(
        connection, scope=Scope.PHONE, customer_id=None, user_id=None, phone_key=key, kind=None
    )
    if known is not None:
        return False
    values: dict[str, object] = {
        "scope": Scope.PHONE,
        "customer_id": None,
        "user_id": None,
        "phone_key": key,
        "phone_masked": number.masked,
        "phone_sealed": runtime.vault.seal(number),
        "kind": None,
        "rule": "R-DNC-2",
        "reason": reason,
        "source": source,
        "created_by": who,
    }
    suppressions.add(connection, values, now)
    bound = suppressions.bound_customers(connection, phone_keys=[key])
    refresh_customers(connection, runtime, now, bound, who)
    return True


def is_of_nobody_yet(runtime: Runtime, user_id: str) -> bool:
    """Tell whether an entry for this user ID binds no customer so far (R-DNC-2).

    It stands ready then, and binds the customer whom an import brings later.
    """
    with runtime.snapshot() as connection:
        return not calls.find_customer(connection, user_id)


def _is_masked(user_id: str) -> bool:
    return "*" in user_id or "＊" in user_id


def lift_entry(runtime: Runtime, entry_id: int, reason: str, now: datetime, person: Person) -> None:
    """R-DNC-3. Lifting needs a supervisor and a reason; ended tasks stay ended."""
    if person.role not in (Role.SUPERVISOR, Role.ADMIN):
        raise RefusedError("只有主管可以解除免打扰", rules=("R-DNC-3",))
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX_CHARS:
        raise UsageError(f"解除需要写明原因（{REASON_MAX_CHARS} 字以内）", field="reason")
    with runtime.transaction() as connection:
        row = suppressions.get(connection, entry_id)
        if row is None:
            raise NotFoundError(f"名单里没有这一条：{entry_id}", field="entry")
        if row.lifted_at is None:
            suppressions.lift(connection, entry_id, now, person.name, reason)
