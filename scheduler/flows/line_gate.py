"""The last gate: the caller has answered their own phone, and now the customer would be rung.

Everything is asked once more at this very instant (R-HOURS-3, R-DNC-2, R-DUN-4, R-CLAIM-1): between
dialling and this some seconds have passed, or a queue. A line rings the customer only after `Connect`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters import event_log
from adapters.channels.base import CallOrder
from adapters.identifiers import token_hash
from adapters.store.queries import calls, lines
from adapters.store.queries.facts import load_tasks
from campaigns.decisions import Allow, Decision, Stop
from campaigns.states import OPEN_LINE_CALLS
from campaigns.values import AttemptState, LineCallState, LineName
from scheduler.flows.line_calls import give_back, lock
from scheduler.rules.case import is_usable
from scheduler.rules.gate import ask, case_for
from scheduler.runtime import Runtime

log = event_log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Connect:
    """Ring the customer now. `caller` in the order is left empty: that leg is there already."""

    order: CallOrder


@dataclass(frozen=True, slots=True)
class NotNow:
    """Ring nobody, end the call. `reason` is for the caller who has picked up."""

    reason: str


def let_through(
    runtime: Runtime, line: LineName, token: str, provider_id: str
) -> Connect | NotNow | None:
    """Ask the gate for the call that the token speaks of, and keep its answer. None: no such call.

    The same leg of the line may ask again: the gate is asked anew each time. Another leg with the
    same token is not let through: one customer rings once.
    """
    with runtime.snapshot() as connection:
        found = lines.by_token(connection, line, token_hash(token))
    if found is None:
        return None
    call_id = found.id
    now = runtime.now()
    with runtime.transaction() as connection:
        row, attempt = lock(connection, call_id)
        if LineCallState(row.state) not in OPEN_LINE_CALLS or not lines.bind(
            connection, call_id, provider_id
        ):
            log.warning("line.gate_refused", call=call_id, state=row.state)
            return NotNow("这个电话已经结束")
        left = _left(connection, attempt)
        if left is not None:
            _stop(connection, runtime, row, attempt, now, why=left, rule=None)
            return NotNow(left)
        if row.customer_leg_id is not None or row.rang_machine is not None:
            return NotNow("客户的电话已经响过")
        answer = _ask(connection, runtime, attempt, now)
        if not isinstance(answer, Allow):
            _stop(connection, runtime, row, attempt, now, why=answer.reason, rule=answer.rule)
            return NotNow(answer.reason)
        lines.change_call(connection, call_id, LineCallState.PLACED, now, "caller answered")
        lines.note(connection, call_id, gate_at=now)
        policy = runtime.law(connection).policy_for(attempt.campaign_id)
        _, sealed = calls.buyer_and_number(connection, attempt.phone_id)
        return Connect(
            CallOrder(
                call_id=call_id,
                token=token,
                caller="",
                customer=runtime.vault.open(sealed),
                ring_seconds=policy.ring_seconds,
                is_recorded=row.is_recorded,
            )
        )


def _left(connection: Connection, attempt: Row[Any]) -> str | None:
    """R-REPEAT-2. Why the caller, who has just picked up, is not with this customer any more."""
    if attempt.state != AttemptState.DIALLED:
        return "这次通话已经填写结果"
    if attempt.hung_up_at is not None:
        return "您已经挂断，客户没有被拨打"
    if attempt.parked_at is not None and calls.live_of_caller(connection, attempt.caller_id):
        return "您手上已有别的客户，这位客户没有被拨打"
    return None


def _ask(connection: Connection, runtime: Runtime, attempt: Row[Any], now: datetime) -> Decision:
    law = runtime.law(connection).of(attempt.campaign_id)
    task = load_tasks(connection, [attempt.task_id], now)[attempt.task_id]
    # R-REPEAT-5: what frees this call is what came before it; it must not stand in its own way.
    task = replace(task, attempts=tuple(a for a in task.attempts if a.id != attempt.id))
    answer = ask(case_for(task, now, law.policy, law.calendar, ignoring=[attempt.id]))
    if isinstance(answer, Allow) and not is_usable(task, attempt.phone_id, now):
        return Stop("R-PHONE-2", "这个号码已经失效")
    return answer


def _stop(
    connection: Connection,
    runtime: Runtime,
    row: Row[Any],
    attempt: Row[Any],
    now: datetime,
    *,
    why: str,
    rule: str | None,
) -> None:
    """Nobody was rung, unless the customer's leg had begun before: then the call runs its course."""
    if row.gate_at is not None:
        return
    settled = lines.change_call(
        connection,
        row.id,
        LineCallState.STOPPED,
        now,
        "last gate",
        settled_at=now,
        reason=why,
        rule=rule,
    )
    if settled is not None:
        give_back(connection, runtime, attempt, settled, why, rule)
