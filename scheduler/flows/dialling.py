"""A hand-out between claim and outcome: dialling, hanging up, keeping it, skipping it (R-CLAIM-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit, calls, lines, tasks
from adapters.store.queries.facts import load_tasks
from campaigns.days import business_day
from campaigns.decisions import Allow, Stop, Wait
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.registry import rules_of
from campaigns.values import ENGINE, AttemptState, Kind, LineName, Person
from scheduler.flows import figures
from scheduler.flows.refresh import refresh_one, refresh_others, withdraw
from scheduler.rules.case import is_usable
from scheduler.rules.gate import ask, case_for
from scheduler.runtime import Runtime

REASON_MAX_CHARS = 500
_ONE_RING = ("R-REPEAT-2",)


@dataclass(frozen=True, slots=True)
class Dialled:
    """The attempt is under way since this instant. `is_new`: by this very request."""

    attempt_id: str
    dialled_at: datetime
    line: LineName = LineName.MANUAL
    is_new: bool = field(default=True, compare=False)


def held_attempt(
    connection: Connection, attempt_id: str, caller: Person | None, now: datetime
) -> Row[Any]:
    """The attempt, if it exists, is this caller's, and `now` is not before it was handed out."""
    attempt = calls.get(connection, attempt_id)
    if attempt is None:
        raise NotFoundError(f"没有这个通话：{attempt_id}", field="attempt")
    if caller is not None and attempt.caller_id != caller.id:
        raise ConflictError("这位客户由其他人处理", rules=("R-CLAIM-1",))
    if now < attempt.handed_out_at:
        raise UsageError("时间早于领取这位客户的时间", field="at")
    return attempt


def dial(
    runtime: Runtime,
    attempt_id: str,
    now: datetime,
    caller: Person | None,
    *,
    line: LineName = LineName.MANUAL,
    intent: Mapping[str, object] | None = None,
) -> Dialled:
    """R-HOURS-3. The whole gate once more at the moment of dialling; then the attempt counts.

    A double click answers the same. Refused by a Stop, the hand-out is withdrawn and counts nowhere
    (R-DUN-4, R-DNC-2); refused by a Wait, the caller keeps it and may dial later. `intent`: the call
    that a line will be asked for, stored in the same transaction (decision 0027).
    """
    with runtime.transaction() as connection:
        attempt = held_attempt(connection, attempt_id, caller, now)
        if attempt.dialled_at is not None and attempt.state == AttemptState.DIALLED:
            carried = LineName(attempt.line or LineName.MANUAL)
            return Dialled(attempt_id, attempt.dialled_at, carried, is_new=False)
        require_live(attempt)
        if attempt.lease_until <= now:  # R-CLAIM-1: expired, though nobody has swept it up yet
            raise ConflictError("领取已超时，客户已回到队列", rules=("R-CLAIM-1",))
        if intent is None and lines.is_on_a_line(connection, attempt.phone_key):
            raise ConflictError("这个号码上一通线路电话还没有结束，请稍候", rules=_ONE_RING)
        law = runtime.law(connection).of(attempt.campaign_id)
        task = load_tasks(connection, [attempt.task_id], now)[attempt.task_id]
        answer = ask(case_for(task, now, law.policy, law.calendar, ignoring=[attempt_id]))
        if isinstance(answer, Allow) and not is_usable(task, attempt.phone_id, now):
            withdraw(connection, attempt_id, now, "R-PHONE-2", _name(caller))
            task = load_tasks(connection, [attempt.task_id], now)[attempt.task_id]
            refresh_one(connection, law, now, task, _name(caller))
            answer = Wait("R-PHONE-2", None, "这个号码已经失效，请重新领取，改拨其他号码")
        if isinstance(answer, Allow):
            calls.change(
                connection,
                attempt_id,
                state="dialled",
                dialled_at=now,
                at=now,
                owed_fen=rules_of(task.kind).amount_fen(task),
                policy_version=law.policy.version,
                calendar_version=law.calendar.version,
                day_kind=law.calendar.kind_of(business_day(now)),
                region=task.customer.region,
                line=line,
            )
            if intent is not None and not lines.insert_call(
                connection,
                {"submitted_at": now, "phone_key": attempt.phone_key, **intent},
                "dialled",
            ):
                raise ConflictError(
                    "上一个电话线路还在核对，请稍候，或改用手机拨打", rules=_ONE_RING
                )
            tasks.hold_while_dialled(connection, attempt.task_id, None)
            _audit(
                connection, now, caller, "attempt.dialled", attempt_id, {"task": attempt.task_id}
            )
            if task.kind is Kind.DUNNING:
                figures.settle(connection, [attempt.task_id])  # R-DUN-7: dialled is called
            return Dialled(attempt_id, now, line)
        if isinstance(answer, Stop):
            refresh_one(connection, law, now, task, _name(caller))
    assert isinstance(answer, Wait | Stop)
    raise RefusedError(f"不能拨打：{answer.reason}", rules=(answer.rule, *answer.also))


def not_dialled(
    connection: Connection,
    runtime: Runtime,
    attempt: Row[Any],
    now: datetime,
    why: str,
    *,
    rule: str | None = None,
) -> None:
    """Decision 0027. The line rang nobody, so this was no attempt.

    The caller has the customer on the screen again and may dial once more; with a `rule` that says no,
    or when the caller went on with others meanwhile, the hand-out is withdrawn.
    """
    law = runtime.law(connection)
    audit.record(
        connection,
        now,
        ENGINE,
        "attempt.not_dialled",
        f"attempt:{attempt.id}",
        before={"dialled_at": attempt.dialled_at},
        after={"reason": why, "rule": rule},
    )
    undone = {"dialled_at": None, "hung_up_at": None, "line": None, "at": attempt.handed_out_at}
    if rule is None and attempt.parked_at is None:
        until = now + timedelta(minutes=law.policy.lease_minutes)
        calls.change(connection, attempt.id, state="handed_out", lease_until=until, **undone)
        tasks.hold_while_dialled(connection, attempt.task_id, until)
    else:
        ended = {"state": "withdrawn", "ended_at": now, "end_reason": rule or "R-CLAIM-1"}
        calls.change(connection, attempt.id, **ended, **undone)
    # R-DNC-2, R-DUN-4: what came in while it was under way may have ended the task meanwhile.
    task = load_tasks(connection, [attempt.task_id], now)[attempt.task_id]
    refresh_one(connection, law, now, task, ENGINE)
    refresh_others(connection, runtime, attempt, now, ENGINE)
    if attempt.kind == Kind.DUNNING:
        figures.settle(connection, [attempt.task_id])


def hang_up(runtime: Runtime, attempt_id: str, now: datetime, caller: Person | None) -> None:
    """The talk is over; the outcome is still to be entered. A second press changes nothing."""
    with runtime.transaction() as connection:
        attempt = held_attempt(connection, attempt_id, caller, now)
        if attempt.state != AttemptState.DIALLED:
            raise ConflictError("这个电话没有在通话中", rules=("R-CLAIM-1",))
        require_after_dialling(attempt, now)
        if attempt.hung_up_at is None:
            calls.change(connection, attempt_id, hung_up_at=now)
            _audit(connection, now, caller, "attempt.hung_up", attempt_id, {})


def renew(runtime: Runtime, attempt_id: str, now: datetime, caller: Person) -> datetime | None:
    """R-CLAIM-1. The open page keeps the lease; None when the hand-out is gone or dialled."""
    with runtime.transaction() as connection:
        attempt = calls.get(connection, attempt_id)
        if attempt is None or attempt.caller_id != caller.id:
            return None
        if attempt.state != AttemptState.HANDED_OUT or attempt.lease_until <= now:
            return None
        law = runtime.law(connection)
        until = now + timedelta(minutes=law.policy.lease_minutes)
        calls.change(connection, attempt_id, lease_until=until)
        tasks.hold_while_dialled(connection, attempt.task_id, until)
        return until


def skip(
    runtime: Runtime, attempt_id: str, reason: str, now: datetime, caller: Person | None
) -> datetime | None:
    """R-CLAIM-1. Give the customer back, with a reason that the leader sees; not an attempt.

    Returns when the task comes back.
    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX_CHARS:
        raise UsageError(f"跳过需要写明原因（{REASON_MAX_CHARS} 字以内）", field="reason")
    with runtime.transaction() as connection:
        attempt = held_attempt(connection, attempt_id, caller, now)
        if attempt.state == AttemptState.SKIPPED and attempt.end_reason == reason:
            return None
        require_live(attempt)
        if attempt.state == AttemptState.DIALLED:
            raise RefusedError("已经拨打，请填写通话结果", rules=("R-CLAIM-1",))
        calls.change(connection, attempt_id, state="skipped", ended_at=now, end_reason=reason)
        _audit(connection, now, caller, "attempt.skipped", attempt_id, {"task": attempt.task_id})
        law = runtime.law(connection)
        task = load_tasks(connection, [attempt.task_id], now)[attempt.task_id]
        due_at = refresh_one(connection, law, now, task, _name(caller)).due_at
        refresh_others(connection, runtime, attempt, now, _name(caller))
        return due_at


def require_after_dialling(attempt: Row[Any], now: datetime) -> None:
    """Refuse what would have happened before the call began."""
    if attempt.dialled_at is not None and now < attempt.dialled_at:
        raise UsageError("时间早于拨打的时间", field="at")


def require_live(attempt: Row[Any]) -> None:
    """Refuse what is over: withdrawn with its rule, expired, skipped or already closed."""
    state = AttemptState(attempt.state)
    if state is AttemptState.WITHDRAWN:
        raise ConflictError("这位客户已被撤回，请勿拨打", rules=(attempt.end_reason, "R-CLAIM-1"))
    if state is AttemptState.EXPIRED:
        raise ConflictError("领取已超时，客户已回到队列", rules=("R-CLAIM-1",))
    if state is AttemptState.SKIPPED:
        raise ConflictError("这位客户已被跳过", rules=("R-CLAIM-1",))
    if state is AttemptState.CLOSED:
        raise ConflictError("通话结果已经填写", rules=("R-CLAIM-1",))


def _audit(
    connection: Connection,
    now: datetime,
    caller: Person | None,
    what: str,
    attempt_id: str,
    after: dict[str, object],
) -> None:
    audit.record(connection, now, _name(caller), what, f"attempt:{attempt_id}", after=after)


def _name(caller: Person | None) -> str:
    return caller.name if caller is not None else "cli"
