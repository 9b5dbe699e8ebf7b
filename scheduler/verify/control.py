"""R-DUN-9: whoever was drawn to stay uncalled stayed so, and nobody chose who was drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, or_, select

from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import batch, campaign, task
from scheduler.verify.background import Background
from scheduler.verify.report import Finding

_RULE = "R-DUN-9"
_UNTOUCHED = frozenset({"dunning"})


def check_left_alone(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-DUN-9. No call and no message for a control task, nor a reminder of another campaign."""
    rows = connection.execute(
        select(attempt.c.id, attempt.c.task_id, attempt.c.at)
        .join(task, task.c.id == attempt.c.task_id)
        .where(task.c.ending == "control")
    )
    for row in rows:
        if _is_before(row.at, background.as_of):
            yield Finding(_RULE, f"对照组的任务 {row.task_id} 有拨打记录", row.id, row.at)
    written = connection.execute(
        select(todo.c.id, todo.c.task_id, todo.c.created_at)
        .join(task, task.c.id == todo.c.task_id)
        .where(task.c.ending == "control")
    )
    for row in written:
        if _is_before(row.created_at, background.as_of):
            what = f"对照组的任务 {row.task_id} 有待办 {row.id}"
            yield Finding(_RULE, what, None, row.created_at)
    yield from _called_elsewhere(connection, background)


def _called_elsewhere(connection: Connection, background: Background) -> Iterator[Finding]:
    kept = task.alias("kept")
    rows = connection.execute(
        select(task.c.id, task.c.created_at, kept.c.id.label("kept"))
        .join(kept, kept.c.customer_id == task.c.customer_id)
        .where(
            kept.c.ending == "control",
            task.c.kind.in_(_UNTOUCHED),
            task.c.campaign_id != kept.c.campaign_id,
            or_(task.c.ending.is_(None), task.c.ending != "control"),
            or_(
                task.c.created_at.between(kept.c.created_at, kept.c.deadline)
                & (task.c.id > kept.c.id),
                (task.c.id < kept.c.id)
                & (task.c.created_at <= kept.c.created_at)
                & or_(task.c.closed_at.is_(None), task.c.closed_at > kept.c.created_at),
            ),
        )
    )
    for row in rows:
        if _is_before(row.created_at, background.as_of):
            what = f"对照组的任务 {row.kept} 还没到关闭时间，另一个催款活动的任务 {row.id} 却在催"
            yield Finding(_RULE, what, None, row.created_at)


def check_drawn(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-DUN-9. The seed and the share of the day say who is in the group: all of them and no others."""
    other = task.alias("other")
    elsewhere = (
        select(other.c.id)
        .where(
            other.c.customer_id == task.c.customer_id,
            other.c.kind == "dunning",
            other.c.campaign_id != task.c.campaign_id,
            other.c.created_at <= task.c.created_at,
            other.c.id < task.c.id,
            or_(other.c.closed_at.is_(None), other.c.closed_at > task.c.created_at),
            or_(other.c.ending.is_(None), other.c.ending != "control"),
        )
        .exists()
    )
    rows = connection.execute(
        select(
            task.c.id,
            task.c.campaign_id,
            task.c.customer_id,
            task.c.created_at,
            task.c.ending,
            batch.c.business_day,
            batch.c.control_percent,
            campaign.c.control_seed,
            elsewhere.label("elsewhere"),
        )
        .join(batch, batch.c.id == task.c.batch_id)
        .join(campaign, campaign.c.id == task.c.campaign_id)
        .where(or_(batch.c.control_percent > 0, task.c.ending == "control"))
    )
    for row in rows:
        if not _is_before(row.created_at, background.as_of):
            continue
        named = f"{row.control_seed}:{row.campaign_id}:{row.customer_id}:{row.business_day}"
        lot = int(hashlib.sha256(named.encode()).hexdigest(), 16) % 100
        wanted = lot < row.control_percent and not row.elsewhere
        is_control = row.ending == "control"
        if wanted != is_control:
            how = "应在对照组却排入拨打" if wanted else "不应在对照组"
            yield Finding(_RULE, f"任务 {row.id} 按种子{how}", None, row.created_at)


def _is_before(instant: datetime, as_of: datetime | None) -> bool:
    return as_of is None or instant <= as_of
