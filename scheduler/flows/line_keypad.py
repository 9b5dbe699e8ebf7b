"""The score that the customer gives by a key of their own telephone (R-SMP-4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.channels.base import Accepted
from adapters.store.queries import audit, calls, lines, scores
from campaigns.errors import ConflictError, RefusedError
from campaigns.registry import outcome_of
from campaigns.values import AttemptState, Kind, LineCallState, Person, ScoreOrigin
from scheduler.flows.line_calls import token_of, trace_of
from scheduler.runtime import Runtime


def ask_score(runtime: Runtime, attempt_id: str, caller: Person | None) -> None:
    """Hand the customer over to the keypad question; the caller's own leg ends with it.

    The call goes on until the customer hangs up: then it counts as hung up, and writing down begins.
    Raises ConflictError unless it is this caller's call and the customer is on the line, RefusedError
    for a call without a score or when the line could not do it: then the caller asks for the score.
    """
    with runtime.snapshot() as connection:
        attempt = calls.row(connection, attempt_id)
        row = lines.newest_of(connection, attempt_id)
        if attempt is None or attempt.state != AttemptState.DIALLED:
            raise ConflictError("这个电话没有在通话中", rules=("R-CLAIM-1",))
        if caller is not None and attempt.caller_id != caller.id:
            raise ConflictError("这位客户由其他人处理", rules=("R-CLAIM-1",))
        if attempt.kind != Kind.SAMPLING:
            raise RefusedError("只有回访抽查才请客户评分", rules=("R-SMP-4",))
        talking = row is not None and row.state == LineCallState.PLACED
        if row is None or not talking or row.answered_by_customer_machine is None:
            raise ConflictError("客户不在线上，不能转按键评分", rules=("R-SMP-4",))
        trace = trace_of(connection, runtime, row.id)
        token = token_of(runtime, row.id)
    voice = runtime.lines.voice.get(trace.line)
    answer = None if voice is None else voice.ask_score(trace.trace, token)
    if not isinstance(answer, Accepted):
        raise RefusedError("没有转成按键评分，请直接问客户打几分", rules=("R-SMP-4",))
    with runtime.transaction() as connection:
        lines.note(connection, row.id, score_asked_machine=runtime.machine_clock.now())


def keep_digit(connection: Connection, attempt: Row[Any], digits: str, now: datetime) -> None:
    """R-SMP-4. A key pressed after the outcome was entered: the customer's own hand counts.

    Before the outcome nothing is to be done: entering it takes the digit along.
    """
    if digits not in lines.SCORES or attempt.kind != Kind.SAMPLING:
        return
    if attempt.state != AttemptState.CLOSED:
        return
    if not outcome_of(Kind(attempt.kind), attempt.outcome).may_be_scored:
        return
    known = scores.of_attempt(connection, attempt.id)
    if not known or any(row.origin == ScoreOrigin.KEYPAD for row in known):
        return
    who = calls.person_of(connection, attempt.caller_id).name
    scores.add_score(
        connection,
        {
            "task_id": attempt.task_id,
            "attempt_id": attempt.id,
            "customer_id": attempt.customer_id,
            "at": now,
            "who": who,
            "value": int(digits),
            "origin": ScoreOrigin.KEYPAD,
            "reason": known[-1].reason,
            "suggestion": known[-1].suggestion,
        },
    )
    audit.record(
        connection,
        now,
        who,
        "score.entered",
        f"task:{attempt.task_id}",
        before={"score": known[-1].value},
        after={"score": int(digits), "origin": ScoreOrigin.KEYPAD, "attempt": attempt.id},
    )
