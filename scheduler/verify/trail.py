"""The evidence itself: R-AUD-1, and the slots of jobs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, String, cast, func, literal, select

from adapters.store.models.after_sales import service_case
from adapters.store.models.audit import audit, audit_link
from adapters.store.models.calls import attempt, todo
from adapters.store.models.customers import suppression
from adapters.store.models.sampling import escalation, review, sample, sample_member, score
from adapters.store.models.shop import job_slot
from campaigns.values import SHOP_ZONE
from scheduler.verify.background import Background
from scheduler.verify.days import local_day
from scheduler.verify.reading import stream
from scheduler.verify.report import Finding, shown

SEAL_MINUTES = 5
"""R-AUD-1. How long a line may stay unchained: it is sealed after commit, off the hot path."""

JOB_MINUTES = 15
"""How late a slot may start, and how long it may run, before it is worth a warning."""


def check_chain(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-AUD-1. Every link is the hash of the one before and of its row, without a gap."""
    statement = (
        select(audit_link.c.position, audit_link.c.audit_id, audit_link.c.hash, audit)
        .outerjoin(audit, audit.c.id == audit_link.c.audit_id)
        .order_by(audit_link.c.position)
    )
    previous, place, at = "", 0, background.until
    for row in stream(connection, statement):
        place += 1
        at = row.at or at
        assert at is not None, "a stored line says when it was"
        if background.as_of is not None and at > background.as_of:
            return
        if row.position != place:
            what = f"审计链缺少第 {place} 环"
            yield Finding("R-AUD-1", what, None, at)
            place = row.position
        if row.at is None:
            yield Finding(
                "R-AUD-1", f"审计链第 {place} 环所指的记录 {row.audit_id} 不见了", None, at
            )
        elif row.hash != _link(previous, row):
            yield Finding("R-AUD-1", f"审计链第 {place} 环与记录 {row.audit_id} 不符", None, at)
        previous = row.hash


def _link(previous: str, row: Any) -> str:
    """SHA-256 of a JSON list: the hash before, then every field of the row."""
    fields = [
        previous,
        row.audit_id,
        row.at.isoformat(),
        row.who,
        row.what,
        row.subject,
        row.before,
        row.after,
    ]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode("utf-8")).hexdigest()


def unsealed(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-AUD-1. Lines that should have been chained by now."""
    if background.until is None:
        return
    statement = (
        select(func.count(), func.min(audit.c.at))
        .where(~select(audit_link.c.audit_id).where(audit_link.c.audit_id == audit.c.id).exists())
        .where(audit.c.at < background.until - timedelta(minutes=SEAL_MINUTES))
    )
    count, first = connection.execute(statement).one()
    if count:
        yield Finding("R-AUD-1", f"{count} 条审计记录还没有入链", None, first)


def check_recorded(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-AUD-1. Every hand-out, call, outcome, skip, list entry and finished to-do has its line."""
    for what, subject, key, at, condition in _EVENTS:
        line = select(audit.c.id).where(
            audit.c.what == what,
            audit.c.subject == literal(f"{subject}:") + cast(key, String),
        )
        statement = select(key.label("key"), at.label("at")).where(at.is_not(None), condition)
        if background.as_of is not None:
            statement = statement.where(at <= background.as_of)
        for row in stream(connection, statement.where(~line.exists()).order_by(at)):
            of = str(row.key) if subject == "attempt" else None
            yield Finding("R-AUD-1", f"{subject}:{row.key} 没有审计记录 {what}", of, row.at)


_ALWAYS = literal(value=True).is_(other=True)
_IS_CALL = attempt.c.rides_on.is_(None)
_EVENTS: tuple[tuple[str, str, Column[Any], Column[datetime], ColumnElement[bool]], ...] = (
    ("attempt.handed_out", "attempt", attempt.c.id, attempt.c.handed_out_at, _IS_CALL),
    ("attempt.dialled", "attempt", attempt.c.id, attempt.c.dialled_at, _IS_CALL),
    ("attempt.closed", "attempt", attempt.c.id, attempt.c.outcome_at, _ALWAYS),
    ("attempt.skipped", "attempt", attempt.c.id, attempt.c.ended_at, attempt.c.state == "skipped"),
    ("suppression.added", "suppression", suppression.c.id, suppression.c.since, _ALWAYS),
    ("suppression.lifted", "suppression", suppression.c.id, suppression.c.lifted_at, _ALWAYS),
    ("todo.done", "todo", todo.c.id, todo.c.done_at, _ALWAYS),
    ("promise.broken", "todo", todo.c.id, todo.c.broken_at, _ALWAYS),
    ("case.opened", "case", service_case.c.id, service_case.c.opened_at, _ALWAYS),
)


def check_sampling_recorded(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-AUD-1. Every step of a sample, score, escalation and review has a line of that instant."""
    for what, subject, key, at, condition in _DATED_EVENTS:
        lines = (
            select(func.count())
            .where(
                audit.c.what == what,
                audit.c.subject == literal(f"{subject}:") + cast(key, String),
                audit.c.at == at,
            )
            .scalar_subquery()
        )
        statement = select(key.label("key"), at.label("at"), func.count().label("many"))
        statement = statement.where(at.is_not(None), condition).group_by(key, at)
        if background.as_of is not None:
            statement = statement.where(at <= background.as_of)
        for row in stream(connection, statement.having(func.count() > lines).order_by(at, key)):
            text = f"{subject}:{row.key} 在 {shown(row.at)} 缺少审计记录 {what}"
            yield Finding("R-AUD-1", text, None, row.at)


_BY_REVIEW = score.c.origin == "review"
_DATED_EVENTS: tuple[tuple[str, str, Column[Any], Column[datetime], ColumnElement[bool]], ...] = (
    ("sample.drawn", "sample", sample.c.id, sample.c.drawn_at, _ALWAYS),
    ("sample.submitted", "sample", sample.c.id, sample.c.submitted_at, _ALWAYS),
    ("sample.approved", "sample", sample.c.id, sample.c.approved_at, _ALWAYS),
    (
        *("sample.called_in", "sample"),
        *(sample_member.c.sample_id, sample_member.c.called_in_at),
        _ALWAYS,
    ),
    ("score.entered", "task", score.c.task_id, score.c.at, ~_BY_REVIEW),
    ("review.corrected", "task", score.c.task_id, score.c.at, _BY_REVIEW),
    ("review.agreed", "task", review.c.task_id, review.c.reviewed_at, review.c.verdict == "agreed"),
    ("escalation.opened", "escalation", escalation.c.id, escalation.c.opened_at, _ALWAYS),
    ("escalation.answered", "escalation", escalation.c.id, escalation.c.answered_at, _ALWAYS),
    ("escalation.breached", "escalation", escalation.c.id, escalation.c.breached_at, _ALWAYS),
    ("todo.replied", "todo", todo.c.id, todo.c.replied_at, _ALWAYS),
)


def late_jobs(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-DUN-1, R-AUD-1. Slots of the engine that failed or never ended, and plans made late."""
    statement = select(job_slot).order_by(job_slot.c.slot, job_slot.c.job)
    if background.as_of is not None:
        statement = statement.where(job_slot.c.started_at <= background.as_of)
    limit = timedelta(minutes=JOB_MINUTES)
    for row in connection.execute(statement.where(job_slot.c.state != "skipped")):
        plans = row.job.startswith("plan")
        rule = "R-DUN-1" if plans else "R-AUD-1"
        name = f"定时任务 {row.job}（{shown(row.slot)}）"
        late = row.started_at - (_plan_due(row.slot, background) if plans else row.slot)
        if row.state == "failed":
            yield Finding(rule, f"{name}失败", None, row.slot)
        elif row.state == "running" and background.is_over(row.started_at + limit):
            yield Finding(rule, f"{name}没有结束", None, row.slot)
        elif plans and late > limit:
            yield Finding(rule, f"{name}晚了 {late // timedelta(minutes=1)} 分钟", None, row.slot)


def _plan_due(slot: datetime, background: Background) -> datetime:
    """R-DUN-1. When this plan was due: after an import, but not before the morning's time."""
    opens = background.book.law_at(slot).policy.plan_at
    return max(slot, datetime.combine(local_day(slot), opens, tzinfo=SHOP_ZONE))
