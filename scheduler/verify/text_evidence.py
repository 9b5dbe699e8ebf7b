"""What is kept of SMS: every step numbered, intent before effect, two people for a mass message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby, pairwise
from typing import Any

from sqlalchemy import Connection, Row, func, literal, select

from adapters.store.models.lines import blast, line_step, sms
from scheduler.verify.background import Background
from scheduler.verify.reading import stream
from scheduler.verify.report import Finding

_CHANGES: Mapping[str, frozenset[str]] = {
    "queued": frozenset({"sending", "withdrawn"}),
    "sending": frozenset({"queued", "sent", "delivered", "failed", "unknown"}),
    "unknown": frozenset({"sent", "delivered", "failed"}),
    "sent": frozenset({"delivered", "failed"}),
    "failed": frozenset({"delivered"}),
    "delivered": frozenset(),
    "withdrawn": frozenset(),
}
_WENT_OUT = ("sending", "sent", "delivered", "failed", "unknown")


def check_steps(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-AUD-1, R-MSG-2. Legal steps without a gap; the intent stands before whatever became of it."""
    statement = (
        select(
            line_step, sms.c.id.label("sms_id"), sms.c.state.label("stands"), sms.c.at.label("sent")
        )
        .outerjoin(sms, sms.c.id == func.substr(line_step.c.subject, len("sms:") + 1))
        .where(line_step.c.subject.like("sms:%"))
        .order_by(line_step.c.subject, line_step.c.number)
    )
    if background.as_of is not None:
        statement = statement.where(line_step.c.at <= background.as_of)
    for subject, group in groupby(stream(connection, statement), key=lambda row: row.subject):
        steps = list(group)
        for rule, wrong in _wrong(steps, is_now=background.as_of is None):
            what = f"短信 {subject.removeprefix('sms:')} {wrong}"
            yield Finding(rule, what, None, steps[-1].at)
    yield from _without_steps(connection, background)


def _wrong(steps: list[Row[Any]], *, is_now: bool) -> Iterator[tuple[str, str]]:
    if steps[0].sms_id is None:
        yield "R-AUD-1", "只有步骤，没有短信"
        return
    if steps[0].state != "queued":
        yield "R-AUD-1", "的第一步不是排队"
    if [step.number for step in steps] != list(range(1, len(steps) + 1)):
        yield "R-AUD-1", "的步骤编号不连续"
    for one, two in pairwise(steps):
        if two.state not in _CHANGES.get(one.state, ()):
            yield "R-AUD-1", f"不能从 {one.state} 变为 {two.state}"
    states = [step.state for step in steps]
    if is_now and states[-1] != steps[0].stands:
        yield "R-AUD-1", f"停在 {steps[0].stands}，最后一步却是 {states[-1]}"
    if any(state in _WENT_OUT for state in states) and "sending" not in states:
        yield "R-MSG-2", "没有先记下意图就发出"
    sending = [step.at for step in steps if step.state == "sending"]
    if is_now and sending and steps[0].sent is not None and sending[-1] != steps[0].sent:
        yield "R-AUD-1", "发出的时间与步骤不符"
    # Only a line that said it took nothing may be asked once more.
    answered = [step for step in steps if step.state in ("sent", "delivered", "unknown")]
    later = [step for step in steps if answered and step.number > answered[0].number]
    if any(step.state == "sending" for step in later):
        yield "R-MSG-2", "可能已经发出，又发了一次"


def _without_steps(connection: Connection, background: Background) -> Iterator[Finding]:
    steps = select(line_step.c.id).where(line_step.c.subject == literal("sms:") + sms.c.id)
    statement = select(sms.c.id, sms.c.created_at).where(~steps.exists())
    if background.as_of is not None:
        statement = statement.where(sms.c.created_at <= background.as_of)
    for row in stream(connection, statement.order_by(sms.c.created_at)):
        yield Finding("R-AUD-1", f"短信 {row.id} 没有记下任何步骤", None, row.created_at)


def check_blasts(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-MSG-2. Approved by another person before a text of it goes out, and none after its stop."""
    statement = (
        select(
            blast.c.id,
            blast.c.state,
            blast.c.created_by,
            blast.c.approved_by,
            blast.c.approved_at,
            blast.c.ended_at,
            func.min(sms.c.at).label("first"),
            func.max(sms.c.at).label("last"),
        )
        .join(sms, sms.c.blast_id == blast.c.id)
        .where(sms.c.at.is_not(None))
        .group_by(blast.c.id)
        .order_by(blast.c.id)
    )
    if background.as_of is not None:
        statement = statement.where(sms.c.at <= background.as_of)
    for row in stream(connection, statement):
        if row.approved_at is None or row.first < row.approved_at:
            yield _of_blast(row, "没有批准就发出了")
        elif row.approved_by == row.created_by:
            yield _of_blast(row, "由制作的人自己批准")
        if row.state == "stopped" and row.ended_at is not None and row.last > row.ended_at:
            yield _of_blast(row, "停止以后还在发送")


def _of_blast(row: Row[Any], what: str) -> Finding:
    return Finding("R-MSG-2", f"群发 {row.id} {what}", None, row.last)
