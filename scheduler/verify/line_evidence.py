"""What is written down of calls through lines: steps, events, recordings, pressed keys.

R-AUD-1, R-REPEAT-2, R-SMP-4, R-SMP-12; decision 0027.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, literal, or_, select

from adapters.store.models.calls import attempt
from adapters.store.models.lines import line_call, line_event, line_step, recording
from adapters.store.models.sampling import score
from scheduler.verify.background import Background
from scheduler.verify.line_rows import OPEN, Moves, read_moves
from scheduler.verify.reading import stream
from scheduler.verify.report import Finding

APPLIED_SECONDS = 60
"""How long something that a line told may wait to be worked off."""

_CHANGES = {
    "submitting": {"placed", "unknown", "not_sent", "refused", "stopped", "ended"},
    "unknown": {"placed", "stopped", "ended", "unconfirmed"},
    "placed": {"stopped", "ended"},
}
"""Which state may follow which; the others are ends."""

_VERDICTS = frozenset({"applied", "late", "foreign"})
_SCORES = frozenset("12345")


def check_steps(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-AUD-1. Intent first, then legal steps without a gap up to where the call stands."""
    moves = read_moves(connection)
    statement = (
        select(line_step, *_OF_CALL)
        .outerjoin(line_call, line_call.c.id == func.substr(line_step.c.subject, len("call:") + 1))
        .where(line_step.c.subject.like("call:%"))
        .order_by(line_step.c.subject, line_step.c.number)
    )
    if background.as_of is not None:
        statement = statement.where(line_step.c.at <= background.as_of)
    for subject, group in groupby(stream(connection, statement), key=lambda row: row.subject):
        steps = list(group)
        for wrong in _wrong_steps(steps, moves, background.as_of):
            what = f"线路通话 {subject.removeprefix('call:')} {wrong}"
            yield Finding("R-AUD-1", what, steps[0].attempt_id, steps[-1].at)
    yield from _without_steps(connection, background)


_OF_CALL = (
    *(line_call.c.id.label("call_id"), line_call.c.attempt_id, line_call.c.submitted_at),
    *(line_call.c.settled_at, line_call.c.state.label("stands")),
)


def _wrong_steps(steps: list[Row[Any]], moves: Moves, as_of: datetime | None) -> Iterator[str]:
    first, last = steps[0], steps[-1]
    if first.call_id is None:
        yield "只有步骤，没有通话"
        return
    if (first.state, first.at) != ("submitting", first.submitted_at):
        yield "没有先记下意图就请求了线路"
    if [step.number for step in steps] != list(range(1, len(steps) + 1)):
        yield "的步骤编号不连续"
    for one, two in pairwise(steps):
        if two.state not in _CHANGES.get(one.state, ()):
            yield f"不能从 {one.state} 变为 {two.state}"
        if two.at < one.at and not moves.explain(one.at, two.at):
            yield f"的第 {two.number} 步早于前一步"
    if as_of is not None and (last.settled_at is None or last.settled_at > as_of):
        return
    if last.state != last.stands:
        yield f"停在 {last.stands}，最后一步却是 {last.state}"
    elif last.state not in OPEN and last.at != last.settled_at:
        yield "结束的时间与最后一步不符"


def _without_steps(connection: Connection, background: Background) -> Iterator[Finding]:
    steps = select(line_step.c.id).where(line_step.c.subject == literal("call:") + line_call.c.id)
    statement = select(line_call).where(~steps.exists())
    if background.as_of is not None:
        statement = statement.where(line_call.c.submitted_at <= background.as_of)
    for row in stream(connection, statement.order_by(line_call.c.submitted_at)):
        what = f"线路通话 {row.id} 没有记下任何步骤"
        yield Finding("R-AUD-1", what, row.attempt_id, row.submitted_at)


def check_events(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-AUD-1. What a line told is worked off once, or kept apart as nobody's."""
    statement = select(line_event).order_by(line_event.c.id)
    if background.as_of is not None:
        statement = statement.where(line_event.c.received_at <= background.as_of)
    for row in stream(connection, statement):
        is_foreign = row.verdict == "foreign"
        is_apart = row.line_call_id is None and row.sms_id is None
        wrong = None
        if (row.applied_at is None) != (row.verdict is None):
            wrong = "处理时间与结论不一致"
        elif row.verdict is not None and row.verdict not in _VERDICTS:
            wrong = f"的结论 {row.verdict} 不存在"
        elif is_foreign != is_apart:
            wrong = (
                "不属于任何通话或短信，却没有另行保存" if is_apart else "已另行保存，却又归入通话"
            )
        if wrong is not None:
            yield Finding("R-AUD-1", f"线路事件 {row.id} {wrong}", None, row.received_at)


@dataclass(frozen=True, slots=True)
class Told:
    """What the events of one call say, whatever their order and number (safety I14)."""

    legs: frozenset[str]
    rang: datetime | None
    answered: datetime | None
    digits: str | None


def check_pictures(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-REPEAT-2, R-AUD-1. One customer's leg at most; the call says what all its events say."""
    statement = (
        select(
            line_event.c.key, line_event.c.at_machine, line_event.c.said, line_event.c.applied_at
        )
        .add_columns(
            *(line_call.c.id.label("call_id"), line_call.c.attempt_id, line_call.c.submitted_at),
            *(line_call.c.customer_leg_id, line_call.c.rang_machine, line_call.c.digits),
            line_call.c.answered_by_customer_machine,
        )
        .join(line_call, line_call.c.id == line_event.c.line_call_id)
        .order_by(line_event.c.line_call_id, line_event.c.id)
    )
    if background.as_of is not None:
        statement = statement.where(line_call.c.submitted_at <= background.as_of)
    for call_id, group in groupby(stream(connection, statement), key=lambda row: row.call_id):
        events = list(group)
        told = _told(events)
        row = events[0]
        if len(told.legs) > 1:
            what = f"线路通话 {call_id} 响了客户的电话 {len(told.legs)} 次"
            yield Finding("R-REPEAT-2", what, row.attempt_id, row.submitted_at)
        stands = (row.rang_machine, row.answered_by_customer_machine, row.digits)
        said = (told.rang, told.answered, told.digits)
        is_leg_known = (row.customer_leg_id is None) == (not told.legs)
        is_complete = all(event.applied_at is not None for event in events)
        if is_complete and (stands != said or not is_leg_known):
            what = f"线路通话 {call_id} 记下的与线路所说的不符"
            yield Finding("R-AUD-1", what, row.attempt_id, row.submitted_at)


def _told(events: list[Row[Any]]) -> Told:
    said = [(json.loads(event.said), event) for event in events]
    customer = [(words, event) for words, event in said if words["leg"] == "customer"]

    def first(what: str) -> datetime | None:
        at = (e.at_machine for words, e in customer if words["what"] == what and e.at_machine)
        return min(at, default=None)

    pressed = sorted(
        (
            (e.at_machine is None, e.at_machine or e.submitted_at, e.key, str(words["digits"]))
            for words, e in said
            if words["what"] == "digits" and words.get("digits")
        ),
    )
    answered = first("answered")
    return Told(
        legs=frozenset(words["provider_id"] for words, _ in customer if words.get("provider_id")),
        rang=first("ringing") or answered,
        answered=answered,
        digits=pressed[0][-1] if pressed else None,
    )


def check_recordings(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-SMP-12. Only calls that were to be recorded, and said so, have a recording."""
    recorded = select(line_call.c.id).where(
        line_call.c.attempt_id == recording.c.attempt_id,
        line_call.c.line == recording.c.line,
        line_call.c.is_recorded,
    )
    statement = select(recording).where(~recorded.exists())
    if background.as_of is not None:
        statement = statement.where(recording.c.known_at <= background.as_of)
    for row in stream(connection, statement.order_by(recording.c.known_at, recording.c.id)):
        what = f"录音 {row.id} 不属于任何要录音的线路通话"
        yield Finding("R-SMP-12", what, row.attempt_id, row.known_at)


def check_keypad(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-SMP-4. A score by keypad is the key that was pressed in a call of that very attempt."""
    statement = (
        select(score.c.id, score.c.attempt_id, score.c.at, score.c.value)
        .where(score.c.origin == "keypad")
        .order_by(score.c.at, score.c.id)
    )
    if background.as_of is not None:
        statement = statement.where(score.c.at <= background.as_of)
    for row in connection.execute(statement).all():
        pressed = connection.execute(
            select(line_call.c.digits)
            .join(attempt, attempt.c.id == line_call.c.attempt_id)
            .where(line_call.c.attempt_id == row.attempt_id, line_call.c.digits.is_not(None))
        ).scalars()
        if str(row.value) not in _SCORES & set(pressed):
            what = f"评分 {row.id} 记为按键所评，这次通话却没有按 {row.value}"
            yield Finding("R-SMP-4", what, row.attempt_id, row.at)


def waiting_events(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-AUD-1. What a line told and nobody has worked off for a minute."""
    if background.until is None:
        return
    limit = background.until - timedelta(seconds=APPLIED_SECONDS)
    is_waiting: ColumnElement[bool] = line_event.c.applied_at.is_(None)
    if background.as_of is not None:
        is_waiting = or_(is_waiting, line_event.c.applied_at > background.as_of)
    statement = select(func.count(), func.min(line_event.c.received_at))
    count, first = connection.execute(
        statement.where(is_waiting, line_event.c.received_at < limit)
    ).one()
    if count:
        what = f"{count} 条线路事件超过 {APPLIED_SECONDS} 秒没有处理"
        yield Finding("R-AUD-1", what, None, first)
