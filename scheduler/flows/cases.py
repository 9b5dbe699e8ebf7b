"""The after-sales register (售后问题表): opening cases and working them (R-CASE-1, R-CPL-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import after_sales, audit, calls, people
from campaigns.days import business_day
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.labels_zh import CASE_STATE_LABELS
from campaigns.registers.cases import (
    ENDED,
    NOBODY,
    due_by_default,
    is_due_allowed,
    may_become,
    needs_words,
)
from campaigns.values import CaseKind, CaseState, Person, Role
from scheduler.runtime import Law, Runtime

TEXT_MAX_CHARS = 500
SENT_TWICE = timedelta(minutes=10)
"""Within it the very same problem is one form that was sent twice."""


@dataclass(frozen=True, slots=True)
class NewCase:
    """A problem to be entered. `attempt` is the call that it came out of, if any.

    `due_at` None: as R-CPL-2 says. `who` enters it; None: the handler does.
    """

    customer_id: int
    order_no: str | None
    kind: CaseKind
    cause: str
    agreed: str | None
    handler: str
    attempt: str | None = None
    due_at: datetime | None = None
    who: str | None = None


def open_case(connection: Connection, law: Law, case: NewCase, now: datetime) -> int:
    """R-CASE-1. Enter a problem in the register; the trail holds ids only (R-AUD-1)."""
    who = case.who or case.handler
    case_id = after_sales.add_case(
        connection,
        {
            "business_day": business_day(now),
            "opened_at": now,
            "changed_at": now,
            "handler": case.handler,
            "customer_id": case.customer_id,
            "order_no": case.order_no,
            "kind": case.kind,
            "cause": case.cause,
            "agreed": case.agreed,
            "state": CaseState.OPEN,
            "due_at": case.due_at or due_by_default(now, law.policy),
            "attempt_id": case.attempt,
        },
        who,
    )
    audit.record(
        connection,
        now,
        who,
        "case.opened",
        f"case:{case_id}",
        after={"kind": case.kind, "customer": case.customer_id, "attempt": case.attempt},
    )
    return case_id


@dataclass(frozen=True, slots=True)
class CaseEntryForm:
    """A problem entered by hand: a user ID or an order number, or both."""

    kind: CaseKind
    cause: str
    user_id: str = ""
    order_no: str = ""
    agreed: str = ""
    due_at: datetime | None = None
    handler: str = ""


def enter_case(runtime: Runtime, form: CaseEntryForm, now: datetime, person: Person) -> int:
    """R-CASE-1. Enter a problem that came in otherwise than by a call; returns the case's number.

    A caller's case is their own, a leader may name another handler or nobody. Raises UsageError for an
    unknown customer or order, no cause, or a time beyond what may be promised (R-CPL-2).
    """
    cause, agreed = _words(form.cause, "cause"), _words(form.agreed, "agreed")
    if not cause:
        raise UsageError("请写明原因", field="cause")
    if form.due_at is not None and not is_due_allowed(form.due_at, now):
        raise UsageError("到期时间要在 48 小时以内，而且还没有过去", field="due_at")
    with runtime.transaction() as connection:
        customer_id, order_no = _whose(connection, form.user_id.strip(), form.order_no.strip())
        handler = person.name
        if person.role is not Role.CALLER:
            handler = _handler(connection, form.handler)
        after_sales.lock_customer(connection, customer_id)  # a double click must see the first one
        same = after_sales.same_case(
            connection, customer_id, order_no, form.kind, cause, now - SENT_TWICE
        )
        if same is not None:
            return same
        case = NewCase(
            customer_id=customer_id,
            order_no=order_no,
            kind=form.kind,
            cause=cause,
            agreed=agreed or None,
            handler=handler,
            due_at=form.due_at,
            who=person.name,
        )
        return open_case(connection, runtime.law(connection), case, now)


def _whose(connection: Connection, user_id: str, order_no: str) -> tuple[int, str | None]:
    """The customer of a user ID or an order. Raises UsageError where they are unknown or disagree."""
    if order_no:
        row = after_sales.customer_of_order(connection, order_no)
        if row is None:
            raise UsageError(f"没有这个订单：{order_no}", field="order_no")
        if user_id and user_id != row.buyer:
            raise UsageError("这个订单不是这位客户的", field="order_no")
        return row.id, order_no
    if not user_id:
        raise UsageError("请填写用户ID或订单编号", field="user_id")
    found = calls.find_customer(connection, user_id)
    if not found:
        raise UsageError(f"没有这位客户：{user_id}", field="user_id")
    if len(found) > 1:
        raise UsageError("这个用户ID有几位客户，请改填订单编号", field="user_id")
    return found[0], None


@dataclass(frozen=True, slots=True)
class CaseChange:
    """What is noted of a case. `seen` is the newest entry that the page showed.

    `state` as it was: only a note, or another time. `due_at`: what was promised now (R-CPL-2).
    """

    state: CaseState
    note: str = ""
    due_at: datetime | None = None
    seen: int | None = None


def change_case(
    runtime: Runtime, case_id: int, change: CaseChange, now: datetime, person: Person
) -> None:
    """R-CASE-1, R-CPL-2. Change the state, or note something; the same form twice counts once.

    Raises UsageError for an end without what was done, or a time beyond what may be promised;
    RefusedError for a change that is not allowed; ConflictError when somebody was faster.
    """
    note = _words(change.note, "note")
    with runtime.transaction() as connection:
        row = _own(connection, case_id, person)
        state = CaseState(row.state)
        if _is_repeated(connection, case_id, change, note, person):
            return
        if change.state is not state and not may_become(state, change.state):
            raise RefusedError(
                f"“{CASE_STATE_LABELS[state]}”不能改成“{CASE_STATE_LABELS[change.state]}”",
                rules=("R-CASE-1",),
            )
        if change.state is not state and needs_words(change.state) and not note:
            raise UsageError("办结要写明做了什么", field="note")
        if change.state is state and not note and change.due_at is None:
            raise UsageError("请写明经过", field="note")
        if change.due_at is not None and not is_due_allowed(change.due_at, now):
            raise UsageError("到期时间要在 48 小时以内，而且还没有过去", field="due_at")
        is_reopened = state in ENDED and change.state not in ENDED
        due_at = change.due_at or row.due_at
        if is_reopened and change.due_at is None:
            due_at = due_by_default(now, runtime.law(connection).policy)
        stands = _Stands(change.state, row.handler, due_at)
        ends = change.state in ENDED
        closed_at = (row.closed_at or now) if ends else None
        _enter_change(connection, row, stands, now, person, note, closed_at=closed_at)


def _is_repeated(
    connection: Connection, case_id: int, change: CaseChange, note: str, person: Person
) -> bool:
    """Whether the form was taken already. Raises ConflictError when others wrote since it was shown."""
    if change.seen is None:
        return False
    newest = after_sales.entries_of(connection, case_id)[-1]
    if newest.id == change.seen:
        return False
    if newest.who == person.name and newest.state == change.state and (newest.note or "") == note:
        return True
    raise ConflictError("别人刚改过这件事，请看了最新的经过再填", rules=("R-CPL-2",))


def take_case(runtime: Runtime, case_id: int, now: datetime, person: Person) -> None:
    """R-CPL-2. Take a case that nobody has. Raises ConflictError when somebody was faster."""
    with runtime.transaction() as connection:
        row = _own(connection, case_id, person)
        if row.handler == person.name:
            return
        if row.handler != NOBODY:
            raise ConflictError(f"这件事已经由 {row.handler} 处理", rules=("R-CPL-2",))
        stands = _Stands(CaseState(row.state), person.name, row.due_at)
        _enter_change(connection, row, stands, now, person, "", closed_at=row.closed_at)


def reassign_case(
    runtime: Runtime, case_id: int, handler: str, note: str, now: datetime, person: Person
) -> None:
    """R-CPL-2. Hand a case over; `handler` empty: to nobody. For leaders; an ended one stays."""
    if person.role is Role.CALLER:
        raise RefusedError("转给别人要由组长来做", rules=("R-CPL-2",))
    words = _words(note, "note")
    with runtime.transaction() as connection:
        row = _own(connection, case_id, person)
        name = _handler(connection, handler)
        if CaseState(row.state) in ENDED:
            raise RefusedError("已经办结，不用再转", rules=("R-CASE-1",))
        if row.handler == name:
            return
        stands = _Stands(CaseState(row.state), name, row.due_at)
        _enter_change(connection, row, stands, now, person, words, closed_at=None)


def hand_back_cases(connection: Connection, name: str, now: datetime, person: Person) -> None:
    """R-CPL-2. Open cases of somebody who is gone are nobody's, where everybody sees them."""
    for row in after_sales.open_cases_of(connection, name):
        stands = _Stands(CaseState(row.state), NOBODY, row.due_at)
        words = f"{name} 已停用"
        _enter_change(connection, row, stands, now, person, words, closed_at=None)


@dataclass(frozen=True, slots=True)
class _Stands:
    """How a case stands after a change."""

    state: CaseState
    handler: str
    due_at: datetime


def _enter_change(
    connection: Connection,
    row: Row[Any],
    stands: _Stands,
    now: datetime,
    person: Person,
    note: str,
    *,
    closed_at: datetime | None,
) -> None:
    values: dict[str, object] = {
        "state": stands.state,
        "handler": stands.handler,
        "due_at": stands.due_at,
    }
    after_sales.change_case(connection, row.id, changed_at=now, closed_at=closed_at, **values)
    after_sales.add_entry(connection, row.id, values, now, person.name, note or None)
    audit.record(
        connection,
        now,
        person.name,
        "case.changed",
        f"case:{row.id}",
        before={"state": row.state, "handler": row.handler, "due_at": row.due_at},
        after=values,
    )


def _own(connection: Connection, case_id: int, person: Person) -> Row[Any]:
    """The case, locked. Raises NotFoundError, and RefusedError for another caller's case."""
    row = after_sales.lock_case(connection, case_id)
    if row is None:
        raise NotFoundError(f"没有这件售后问题：{case_id}", field="case")
    if not is_shown_to(row.handler, person):
        raise RefusedError("这件事由别人处理", rules=("R-CPL-2",))
    return row


def is_shown_to(handler: str, person: Person) -> bool:
    """R-CPL-2. Callers see their own cases and those of nobody, leaders all."""
    return person.role is not Role.CALLER or handler in (person.name, NOBODY)


def _handler(connection: Connection, name: str) -> str:
    """Somebody who works here and calls, or nobody. Raises UsageError for anybody else."""
    name = name.strip()
    if name == NOBODY:
        return NOBODY
    found = people.person_named(connection, name)
    if found is None or not found.is_active or found.person.role is Role.ADMIN:
        raise UsageError(f"没有这位同事：{name}", field="handler")
    return found.person.name


def _words(typed: str, field: str) -> str:
    words = typed.strip()
    if len(words) > TEXT_MAX_CHARS:
        raise UsageError(f"每一项最多 {TEXT_MAX_CHARS} 字", field=field)
    return words
