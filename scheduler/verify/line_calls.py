"""Calls through lines, beside the attempts they were made for (decision 0027, R-REPEAT-2, R-HOURS-3).

What a line was asked for, and whether its customer's telephone may have rung, agrees with what counts;
before it rang, the whole gate was asked once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection, func, select

from adapters.store.models.audit import audit
from adapters.store.models.calls import attempt
from adapters.store.models.customers import suppression
from adapters.store.models.lines import line_call, line_step
from scheduler.verify.background import Background
from scheduler.verify.binding import ways
from scheduler.verify.do_not_contact import rule_of
from scheduler.verify.history import JUST_BEFORE, Attempt, CustomerHistory, TaskHistory
from scheduler.verify.hours import closed_rule
from scheduler.verify.line_rows import CALLS, LineCall, call_from, read_moves
from scheduler.verify.reading import stream
from scheduler.verify.report import Finding, shown

EMPTY_ANSWERS = 3
"""Decision 0027. So often a line must have said that it has no such call."""

NO_CALL_LASTS = timedelta(hours=4)
"""Decision 0027. After so long nothing rings any more, though the line could never be asked."""

CLOSED_SOON = timedelta(minutes=5)
"""How long a call given up as unconfirmed may wait for the outcome of its attempt."""

_MANUAL = "manual"
_DEADLINE_RULES = {"dunning": "R-DUN-3", "callback": "R-CB-2", "stock_out": "R-OOS-1"} | {
    "sampling": "R-SMP-3"
}


def check_gates(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-HOURS-3, R-HOURS-6, R-DUN-3, R-DUN-4. The gate stood open when the customer was rung."""
    for task in person.tasks:
        by_id = {a.id: a for a in task.attempts}
        for call in task.line_calls:
            a = by_id[call.attempt_id]
            if call.gate_at is not None:
                for rule, wrong in _wrong_gate(task, a, call.gate_at, background):
                    what = f"线路通话 {call.id} 在 {shown(call.gate_at)} 放行时{wrong}"
                    yield Finding(rule, what, a.id, call.gate_at)
            elif call.was_reached:
                what = f"线路通话 {call.id} 响了客户的电话，却没有经过最后一次检查"
                yield Finding("R-HOURS-3", what, a.id, call.submitted_at)


def _wrong_gate(
    task: TaskHistory, a: Attempt, gate_at: datetime, background: Background
) -> Iterator[tuple[str, str]]:
    """By the numbers that the attempt keeps, or by those in force when it was asked."""
    own = background.law_of(a)
    laws = (own, background.book.law_at(gate_at, task.campaign_id))
    if not any(law.is_open(gate_at, a.region) for law in laws):
        yield closed_rule(gate_at, a.region, own), "不在可拨打时间内"
    moments = (gate_at, gate_at - JUST_BEFORE)
    possible = [task.deadline(moment, law.policy) for moment in moments for law in laws]
    deadline = max((d for d in possible if d is not None), default=None)
    if deadline is not None and gate_at >= deadline:
        yield _DEADLINE_RULES[task.kind], f"已过任务截止 {shown(deadline)}"
    if task.kind == "dunning" and not any(task.unpaid(moment) for moment in moments):
        yield "R-DUN-4", "已没有待付款的订单"


def check_counted(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-REPEAT-2, R-AUD-1. What counts may have rung, what does not rang nobody; once each."""
    for task in person.tasks:
        made: dict[str, list[LineCall]] = defaultdict(list)
        for call in sorted(task.line_calls, key=lambda call: call.order_key):
            made[call.attempt_id].append(call)
        for a in task.attempts:
            if not a.is_rider:
                for rule, wrong in _wrong_calls(a, made[a.id]):
                    yield Finding(rule, f"尝试 {a.id} {wrong}", a.id, a.at)


def _wrong_calls(a: Attempt, calls: list[LineCall]) -> Iterator[tuple[str, str]]:
    if sum(call.was_reached for call in calls) > 1:
        yield "R-REPEAT-2", "由线路响了客户的电话不止一次"
    if any(not call.rang_nobody for call in calls[:-1]):
        yield "R-REPEAT-2", "前一次请求可能已响铃，却又请求了一次"
    if any(call.rang_nobody and call.was_reached for call in calls):
        yield "R-AUD-1", "的线路通话记为没有响铃，客户的电话却响过"
    if any(
        one.settled_at is None or one.settled_at > two.submitted_at for one, two in _then(calls)
    ):
        yield "R-REPEAT-2", "前一次请求还没有结束就又请求了一次"
    last = calls[-1] if calls else None
    if not a.counts:
        if last is not None and last.may_have_rung:
            yield "R-REPEAT-3", "不计次数，它的线路通话却可能响过"
        return
    if a.line not in (None, _MANUAL):
        was_said = last is not None and last.rang_nobody and _entered_before(a, last)
        if last is None or (last.rang_nobody and not was_said):
            yield "R-AUD-1", f"由线路 {a.line} 拨打，线路却没有可能响铃的通话"
        elif last.line != a.line:
            yield "R-AUD-1", f"由线路 {a.line} 拨打，通话却在 {last.line}"
    elif last is not None and last.may_have_rung:
        yield "R-REPEAT-2", "既由线路拨打，又用手机拨打"


def _then(calls: list[LineCall]) -> Iterator[tuple[LineCall, LineCall]]:
    """One request and the next of the same attempt, where the first may be compared at all."""
    return ((one, two) for one, two in pairwise(calls) if one.state is not None)


def _entered_before(a: Attempt, call: LineCall) -> bool:
    """The caller entered an outcome; what the line says afterwards does not take it back."""
    return a.outcome_at is not None and (call.settled_at is None or a.outcome_at <= call.settled_at)


def check_unconfirmed(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-REPEAT-3. Given up only after enough looking; then it counts, and its attempt is closed."""
    for task in person.tasks:
        given_up = {c.attempt_id: c for c in task.line_calls if c.state == "unconfirmed"}
        for a in task.attempts:
            call = given_up.get(a.id)
            if call is not None:
                for wrong in _wrong_end(a, call, background):
                    what = f"线路通话 {call.id} 记为未确认，{wrong}"
                    yield Finding("R-REPEAT-3", what, a.id, call.settled_at or a.at)
            elif a.outcome == "line_unconfirmed" and not a.is_rider and a.outcome_at is not None:
                what = f"尝试 {a.id} 的结果是线路未确认，却没有这样的线路通话"
                yield Finding("R-REPEAT-3", what, a.id, a.outcome_at)


def _wrong_end(a: Attempt, call: LineCall, background: Background) -> Iterator[str]:
    assert call.settled_at is not None, "the table ties it to the state"
    # A look-up puts the next one after itself, by the machine's clock.
    looked = call.next_check_machine
    was_silent = looked is not None and looked - call.submitted_machine >= NO_CALL_LASTS
    if call.checks < EMPTY_ANSWERS and not was_silent:
        yield f"只查了 {call.checks} 次"
    laws = (background.law_of(a), background.book.law_at(call.settled_at))
    minutes = min(law.policy.settle_minutes for law in laws)
    if looked is None or looked - call.submitted_machine < timedelta(minutes=minutes):
        yield f"却没有查满 {minutes} 分钟"
    if a.state == "dialled" and background.is_over(call.settled_at + CLOSED_SOON):
        yield "它的尝试却没有结果"


# --- of the whole shop ----------------------------------------------------------------------------


def check_overlaps(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-REPEAT-2. A phone, and a caller's own phone on a line, is asked for once at a time."""
    phone, own = line_call.c.phone_key, (line_call.c.caller_id, line_call.c.line)
    yield from _overlaps(connection, background, (phone,), lambda c: c.phone_key, "同一号码")
    yield from _overlaps(connection, background, own, lambda c: (c.caller_id, c.line), "同一坐席")


def _overlaps(
    connection: Connection,
    background: Background,
    columns: tuple[object, ...],
    key: Callable[[LineCall], Hashable],
    whose: str,
) -> Iterator[Finding]:
    has_moved = bool(read_moves(connection).known)
    statement = CALLS.order_by(*columns, line_call.c.submitted_at, line_call.c.id)  # type: ignore[arg-type]
    if background.as_of is not None:
        statement = statement.where(line_call.c.submitted_at <= background.as_of)
    open_calls: list[LineCall] = []
    for row in stream(connection, statement):
        call = call_from(row, background.as_of)
        open_calls = [
            c
            for c in open_calls
            if key(c) == key(call) and (c.settled_at is None or c.settled_at > call.submitted_at)
        ]
        for other in open_calls:
            if not (has_moved and _one_after_the_other(connection, other.id, call.id)):
                what = f"线路通话 {other.id} 未结束时，{whose}又有 {call.id}"
                yield Finding("R-REPEAT-2", what, call.attempt_id, call.submitted_at)
        open_calls.append(call)


def _one_after_the_other(connection: Connection, one: str, two: str) -> bool:
    """R-AUD-1. Whether the steps were written one after the other, whatever a moved clock said."""
    spans = {}
    for call_id in (one, two):
        subject = f"call:{call_id}"
        ids = select(func.min(line_step.c.id), func.max(line_step.c.id))
        spans[call_id] = connection.execute(ids.where(line_step.c.subject == subject)).one()
    (first, last), (begins, ends) = spans[one], spans[two]
    return None not in (first, begins) and bool(last < begins or ends < first)


def check_silence(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-DNC-1, R-DNC-2. Nobody who was on the list by then was let through."""
    told: set[tuple[str, int]] = set()
    for way in ways(line_call.c.phone_key):
        statement = (
            select(
                *(line_call.c.id, line_call.c.attempt_id, line_call.c.gate_at),
                *(suppression.c.id.label("entry"), suppression.c.rule, suppression.c.since),
                *(attempt.c.customer_id, suppression.c.phone_key),
            )
            .join(attempt, attempt.c.id == line_call.c.attempt_id)
            .join(way.table, way.customer == attempt.c.customer_id)
            .join(suppression, way.on)
            .where(
                line_call.c.gate_at > suppression.c.since,
                (suppression.c.lifted_at.is_(None))
                | (suppression.c.lifted_at > line_call.c.gate_at),
                (suppression.c.kind.is_(None)) | (suppression.c.kind == attempt.c.kind),
            )
            .order_by(line_call.c.gate_at, line_call.c.id)
        )
        if background.as_of is not None:
            statement = statement.where(line_call.c.gate_at <= background.as_of)
        for row in connection.execute(statement):
            if (row.id, row.entry) not in told and way.binds(
                connection, row.customer_id, row.phone_key, row.gate_at
            ):
                told.add((row.id, row.entry))
                since = f"免打扰条目 {row.entry}{way.words}自 {shown(row.since)} 起有效"
                what = f"{since}，线路通话 {row.id} 之后仍被放行"
                yield Finding(rule_of(row), what, row.attempt_id, row.gate_at)


def check_intents(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-AUD-1. A request was written down as a dialling first, and whatever rang nobody undone."""
    for what, at, states, words in _NOTED:
        lines_of_trail = select(audit.c.id).where(
            audit.c.what == what,
            audit.c.subject == "attempt:" + line_call.c.attempt_id,
            audit.c.at == at,
        )
        statement = (
            CALLS.where(at.is_not(None), ~lines_of_trail.exists())
            .add_columns(attempt.c.outcome_at)
            .order_by(at, line_call.c.id)
        )
        if states is not None:
            entered = attempt.c.outcome_at.is_not(None) & (attempt.c.outcome_at <= at)
            statement = statement.where(line_call.c.state.in_(states), ~entered)
        if background.as_of is not None:
            statement = statement.where(at <= background.as_of)
        for row in stream(connection, statement):
            at_that = getattr(row, at.name)
            yield Finding("R-AUD-1", f"线路通话 {row.id} {words}", row.attempt_id, at_that)
    yield from _undone(connection, background)


_NOTED = (
    ("attempt.dialled", line_call.c.submitted_at, None, "没有先记为拨打就请求了线路"),
    (
        *("attempt.not_dialled", line_call.c.settled_at),
        *(("not_sent", "refused", "stopped"), "没有响铃，它的尝试却没有撤销"),
    ),
)


def _undone(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-AUD-1. An attempt is taken back only because the line rang nobody."""
    cause = select(line_call.c.id).where(
        line_call.c.attempt_id == func.substr(audit.c.subject, len("attempt:") + 1),
        line_call.c.settled_at == audit.c.at,
        line_call.c.state.in_(("not_sent", "refused", "stopped")),
    )
    statement = (
        select(audit.c.subject, audit.c.at)
        .where(audit.c.what == "attempt.not_dialled", ~cause.exists())
        .order_by(audit.c.at, audit.c.id)
    )
    if background.as_of is not None:
        statement = statement.where(audit.c.at <= background.as_of)
    for row in stream(connection, statement):
        of = row.subject.removeprefix("attempt:")
        what = "拨打被撤销，线路却没有一次没有响铃的通话"
        yield Finding("R-AUD-1", what, of, row.at)


def long_unknown(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-REPEAT-2. Calls of which nobody knows, after twice the time they should take to settle."""
    statement = CALLS.where(line_call.c.state.in_(("submitting", "unknown")))
    if background.as_of is not None:
        statement = statement.where(line_call.c.submitted_at <= background.as_of)
    for row in stream(connection, statement.order_by(line_call.c.submitted_at)):
        minutes = 2 * background.book.law_at(row.submitted_at).policy.settle_minutes
        if background.is_over(row.submitted_at + timedelta(minutes=minutes)):
            what = f"线路通话 {row.id} 过了 {minutes} 分钟还没有核对清楚"
            yield Finding("R-REPEAT-2", what, row.attempt_id, row.submitted_at)
