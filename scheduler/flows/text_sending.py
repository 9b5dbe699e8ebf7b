"""Sending SMS: one row claimed, one request, the answer stored; nothing is ever sent again (R-MSG-2).

    turn · claim · gate · `sending`, committed  →  one request  →  the answer, committed

A process that dies in between leaves `sending` behind; it becomes `unknown` and is looked up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters import event_log
from adapters.channels.base import (
    ANSWERED_BY_NOW,
    Accepted,
    Answer,
    Refused,
    SmsLine,
    SmsOrder,
)
from adapters.store.queries import blasts, calls, line_pace, line_steps, tasks, texts
from adapters.store.queries.line_health import is_in_trouble
from campaigns.days import business_day
from campaigns.decisions import Allow, Decision, Stop
from campaigns.messages import segments, text_hash
from campaigns.values import ENGINE, BlastState, SmsState
from scheduler.flows.do_not_contact import refuse_number
from scheduler.flows.text_cases import text_cases, wording_of
from scheduler.flows.text_pace import LinePace, Pace, pace_name
from scheduler.flows.texts import fall_back, token_of
from scheduler.rules.texts import TextCase, ask_text
from scheduler.runtime import Law, Runtime
from scripts_zh.errors import ScriptError

log = event_log.get_logger(__name__)

SENT_AT_ONCE = 100
"""Texts that one round of the engine sends at most."""
ROUND_LASTS = timedelta(seconds=10)
"""After this no further text is begun: calls wait to be looked up, and so does who stops the engine."""
ASK_AGAIN = timedelta(minutes=10)
"""When a text is looked at again that waits for something without a known end (R-DUN-4, R-CLAIM-1)."""
NOT_TAKEN_MOST = 5
"""How often a line may say that it took nothing, before a person has to look."""
FIRST_DELAY = timedelta(seconds=30)
LOOK_SOON = timedelta(seconds=30)
RECEIPT_WITHIN = timedelta(minutes=10)
_STALE_AT_ONCE = 200
OPT_OUT_CODES = frozenset({"21610", "30004", "isv.BLACK_KEY_CONTROL_LIMIT"})
"""R-DNC-2. What lines say of a number whose owner has refused messages."""


def send_due(
    runtime: Runtime,
    *,
    limit: int = SENT_AT_ONCE,
    blast_id: int | None = None,
    pace: Pace | None = None,
    start: datetime | None = None,
) -> int:
    """R-MSG-2. Send what is due, at or below each line's pace; returns how many were asked for.

    `blast_id`: only that mass message. `start`: what is due by then, for a told time.
    """
    give_up_stale(runtime)
    pace = pace or LinePace(runtime)
    asked, until = 0, runtime.machine_clock.now() + ROUND_LASTS
    with runtime.snapshot() as connection:
        groups = texts.due_groups(connection, start or runtime.now(), blast_id)
        usual = runtime.law(connection).policy.sms_per_minute
    turns = deque(_with_their_lines(runtime, groups))  # one text each: none waits for another's end
    while turns and asked < limit and runtime.machine_clock.now() < until:
        line, group = turns.popleft()
        per_second = min(line.texts_per_second, (group.per_minute or usual) / 60)
        if _is_troubled(runtime, line) or not pace.wait(line, timedelta(seconds=1 / per_second)):
            continue
        if send_one(runtime, line, group, pace.now) is not None:
            asked += 1
            turns.append((line, group))
    _finish(runtime, start or runtime.now())
    return asked


def _with_their_lines(
    runtime: Runtime, groups: Iterable[texts.Group]
) -> Iterator[tuple[SmsLine, texts.Group]]:
    for group in groups:
        line = runtime.lines.sms.get(group.line)
        if line is None:
            log.warning("sms.line_gone", line=group.line)
        else:
            yield line, group


def _is_troubled(runtime: Runtime, line: SmsLine) -> bool:
    """Safety F9. Too many answers that say nothing: the line is left alone for a while."""
    with runtime.snapshot() as connection:
        return is_in_trouble(connection, line.name, runtime.machine_clock.now())


def _finish(runtime: Runtime, now: datetime) -> None:
    """A mass message with nothing left to send is done."""
    with runtime.snapshot() as connection:
        emptied = blasts.emptied(connection)
    for blast_id in emptied:
        with runtime.transaction() as connection:
            blasts.finish(connection, blast_id, now)


def send_one(
    runtime: Runtime, line: SmsLine, group: texts.Group, clock: Callable[[], datetime]
) -> SmsState | None:
    """Claim the next text of a group, ask the gate, and send it once; None when none is due.

    `clock` says the shop's instant: it is read when nothing is waited for any more (R-HOURS-5).
    The state that it came to: `queued` or `withdrawn` where the gate says no.
    """
    claimed = None
    try:
        with runtime.transaction() as connection:
            claimed = _claim(connection, runtime, group, clock)
            if claimed is None:
                return None
            row, now = claimed
            order = _let_through(connection, runtime, row, now)
            if order is None:
                left = texts.row(connection, row.id)
                assert left is not None, "it was claimed in here"
                return SmsState(left.state)
    except Exception:
        if claimed is not None:
            _set_aside(runtime, claimed[0].id, claimed[1])
        raise
    return keep_answer(runtime, row.id, line.send(order), now)


def _set_aside(runtime: Runtime, sms_id: str, now: datetime) -> None:
    """A text that cannot be judged, by some defect, keeps none of the others waiting."""
    log.error("sms.set_aside", sms=sms_id)
    with runtime.transaction() as connection:
        texts.let_wait(connection, sms_id, SmsState.QUEUED, now + ASK_AGAIN)


def _claim(
    connection: Connection,
    runtime: Runtime,
    group: texts.Group,
    clock: Callable[[], datetime],
) -> tuple[Row[Any], datetime] | None:
    """Take the next text to `sending`, its task first, as everybody does who takes texts back.

    So an opt-out waits for the text or the text for the opt-out, and never each for the other. The
    instant of the claim is that of the gate: all that had to be waited for is held by then.
    """
    texts.take_turn(connection)
    while (first := texts.next_due(connection, group, clock())) is not None:
        tasks.lock(connection, [first.task_id])
        texts.row(connection, first.id)
        now = clock()
        row = texts.claim(connection, first.id, now, runtime.machine_clock.now())
        if row is not None:
            return row, now
    return None


def _let_through(
    connection: Connection, runtime: Runtime, row: Row[Any], now: datetime
) -> SmsOrder | None:
    """R-MSG-2. The gate at the instant of sending, for the words as they are true now."""
    law = runtime.law(connection)
    text = text_cases(connection, runtime, law, [row.task_id], row.occasion, now)[row.task_id]
    text = replace(text, except_id=row.id)
    law = law.of(row.campaign_id)
    fault: Decision = Allow()
    try:
        wording, params = wording_of(connection, runtime, law, text.case.task, row.script_id, now)
        text = replace(text, text_hash=text_hash(wording))
    except ScriptError as error:
        log.warning("sms.not_filled_in", sms=row.id, reason=error.message)
        fault = Stop("R-MSG-3", error.message)
    answer = ask_text(text)
    if isinstance(answer, Allow):
        answer = fault  # what the rules say comes first: it may be no more than to wait
    if isinstance(answer, Stop):
        texts.withdraw_claimed(connection, row.id, now, answer.rule)
        fall_back(connection, runtime, row, now)
        return None
    if not isinstance(answer, Allow):
        not_before = answer.until or now + ASK_AGAIN
        texts.let_wait(connection, row.id, SmsState.SENDING, not_before)
        return None
    _keep_intent(connection, law, row, text, wording, now)
    assert text.phone is not None, "the gate asks for one"
    number = runtime.vault.open(calls.phone_row(connection, text.phone.id).sealed)
    return SmsOrder(row.id, token_of(runtime, row.id), number, wording, row.script_id, params)


def _keep_intent(
    connection: Connection, law: Law, row: Row[Any], text: TextCase, wording: str, now: datetime
) -> None:
    phone = text.phone
    assert phone is not None, "the gate asks for one"
    texts.note(
        connection,
        row.id,
        phone_id=phone.id,
        phone_key=phone.key,
        wording=wording,
        text_hash=text.text_hash,
        segments=segments(wording),
        policy_version=law.policy.version,
        calendar_version=law.calendar.version,
        day_kind=law.calendar.kind_of(business_day(now)),
        region=text.case.task.customer.region,
    )
    line_steps.add_step(connection, texts.subject_of(row.id), SmsState.SENDING, now, "gate")


def keep_answer(runtime: Runtime, sms_id: str, answer: Answer, now: datetime) -> SmsState:
    """Store what the line answered. A receipt may have come first: then it counts."""
    machine = runtime.machine_clock.now()
    with runtime.transaction() as connection:
        row = texts.row(connection, sms_id)
        assert row is not None, "a text is never deleted"
        if isinstance(answer, Accepted):
            texts.bind(connection, sms_id, answer.provider_id)
            look = machine + RECEIPT_WITHIN
            texts.change(
                connection, sms_id, SmsState.SENT, now, "accepted", next_check_machine=look
            )
        elif not isinstance(answer, Refused):
            look = machine + LOOK_SOON
            reason = answer.reason
            values = {"reason": reason, "next_check_machine": look}
            texts.change(connection, sms_id, SmsState.UNKNOWN, now, "unknown", **values)
        elif answer.is_permanent or row.checks + 1 >= NOT_TAKEN_MOST:
            _refused(connection, runtime, row, answer, now)
        else:
            _not_taken(connection, row, answer, now, machine)
        left = texts.row(connection, sms_id)
    assert left is not None
    if not isinstance(answer, Accepted):
        log.warning("sms.not_accepted", sms=sms_id, answer=type(answer).__name__)
    return SmsState(left.state)


def _refused(
    connection: Connection, runtime: Runtime, row: Row[Any], answer: Refused, now: datetime
) -> None:
    """For good; a line that takes nothing from anybody stops the mass message instead."""
    if not answer.is_permanent and row.blast_id is not None:
        _put_back(connection, row, now, answer.code, now, 0)
        blasts.pause(connection, row.blast_id, f"线路不收短信：{answer.reason}", now, ENGINE)
        return
    mark_failed(connection, runtime, row, answer.code, answer.reason, now)
    if answer.is_opted_out and answer.code not in OPT_OUT_CODES:
        opted_out(connection, runtime, row, now)


def mark_failed(
    connection: Connection,
    runtime: Runtime,
    row: Row[Any],
    code: str | None,
    reason: str | None,
    now: datetime,
) -> bool:
    """A text did not arrive: why, and what follows (R-DNC-2, R-OOS-2)."""
    ended: dict[str, object] = {"ended_at": now, "error_code": code, "next_check_machine": None}
    if reason is not None:
        ended["reason"] = reason
    if not texts.change(connection, row.id, SmsState.FAILED, now, code or "failed", **ended):
        return False
    if code in OPT_OUT_CODES:
        opted_out(connection, runtime, row, now)
    fall_back(connection, runtime, row, now)
    return True


def opted_out(connection: Connection, runtime: Runtime, row: Row[Any], now: datetime) -> None:
    """R-DNC-2. The line says that the owner of the number has refused messages."""
    number = runtime.vault.open(calls.phone_row(connection, row.phone_id).sealed)
    refuse_number(
        connection, runtime, number, now, ENGINE, reason="线路告知：已退订短信", source="sms"
    )


def _not_taken(
    connection: Connection, row: Row[Any], answer: Refused, now: datetime, machine: datetime
) -> None:
    """The line took nothing, so the same text may go later, through the gate again."""
    delay = answer.retry_after or FIRST_DELAY * 2**row.checks
    _put_back(connection, row, now, answer.code, now + delay, row.checks + 1)
    if answer.retry_after is not None:
        line_pace.hold_until(connection, pace_name(row.line), machine + answer.retry_after)


def _put_back(
    connection: Connection,
    row: Row[Any],
    now: datetime,
    code: str,
    not_before: datetime,
    checks: int,
) -> None:
    """Among those that wait; with a mass message that was stopped meanwhile it is taken back."""
    if texts.let_wait(connection, row.id, SmsState.SENDING, not_before, checks=checks):
        line_steps.add_step(connection, texts.subject_of(row.id), SmsState.QUEUED, now, code)
    if row.blast_id is None:
        return
    mass = blasts.row(connection, row.blast_id)  # locked: a stop comes before this or sees the text
    if mass is not None and mass.state == BlastState.STOPPED:
        texts.withdraw(connection, [row.id], now, "R-MSG-2")


def give_up_stale(runtime: Runtime) -> int:
    """A text in `sending` whose sender vanished may have gone out: it is not known (safety F3)."""
    machine = runtime.machine_clock.now()
    with runtime.snapshot() as connection:
        stale = texts.stale_sending(connection, machine - ANSWERED_BY_NOW, _STALE_AT_ONCE)
    for sms_id in stale:
        with runtime.transaction() as connection:
            texts.change(
                connection,
                sms_id,
                SmsState.UNKNOWN,
                runtime.now(),
                "no answer kept",
                reason="发出请求的程序中断了",
                next_check_machine=machine,
            )
    return len(stale)
