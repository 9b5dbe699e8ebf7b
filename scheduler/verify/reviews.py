"""R-SMP-12: sampled calls are reviewed by a supervisor who made none of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, select

from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import task
from adapters.store.models.sampling import review, score
from adapters.store.models.shop import person
from scheduler.verify.background import Background
from scheduler.verify.report import Finding
from scheduler.verify.sampling_rows import SCORES

_REVIEWERS = frozenset({"supervisor", "admin"})


def check_reviews(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-SMP-12. Agreed, or corrected with a reason by a further score; nobody reviews their own."""
    scores = _scores(connection, background)
    for row in _reviews(connection, background):
        for wrong in _wrong(connection, row, scores[row.task_id]):
            what = f"任务 {row.task_id} 的复核 {row.id} {wrong}"
            yield Finding("R-SMP-12", what, None, row.reviewed_at)


def check_corrections(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-SMP-12. A score changes after the call by a review only."""
    corrected = {
        (row.task_id, row.reviewed_at, row.name, row.score_after)
        for row in _reviews(connection, background)
        if row.verdict == "corrected"
    }
    for of_task in _scores(connection, background).values():
        for s in of_task:
            if s.origin == "review" and (s.task_id, s.at, s.who, s.value) not in corrected:
                what = f"任务 {s.task_id} 的评分 {s.id} 记为复核更正，却没有这样的复核"
                yield Finding("R-SMP-12", what, s.attempt_id, s.at)


def _wrong(connection: Connection, row: Row[Any], scores: list[Row[Any]]) -> Iterator[str]:
    if row.role not in _REVIEWERS:
        yield f"由 {row.name} 做出，不是主管"
    own = select(attempt.c.id).where(
        attempt.c.task_id == row.task_id,
        attempt.c.caller_id == row.reviewer_id,
        attempt.c.state.in_(("dialled", "closed")),
    )
    if connection.execute(own).first() is not None:
        yield f"由 {row.name} 做出，可其中有 {row.name} 自己打的电话"
    if row.kind != "sampling" or row.closed_at is None or row.closed_at > row.reviewed_at:
        yield "不是在抽查的任务结束之后做的"
    by = [s for s in scores if s.origin == "review"]
    before = [s.value for s in scores if s.origin != "review"][-1:]
    if [row.score_before] != (before or [None]):
        yield f"记下的原评分是 {row.score_before}，不是当时的评分"
    if row.verdict == "agreed" and (row.score_after != row.score_before or by):
        yield "同意了评分，评分却变了"
    if row.verdict == "corrected":
        as_told = [s for s in by if (s.at, s.value) == (row.reviewed_at, row.score_after)]
        if not as_told or row.score_after == row.score_before:
            yield "更正了评分，却没有记下新的评分"
        elif not all(s.has_reason for s in as_told) or not (row.why or "").strip():
            yield "更正了评分，却没有写原因"


def _reviews(connection: Connection, background: Background) -> list[Row[Any]]:
    statement = (
        select(review, person.c.name, person.c.role, task.c.kind, task.c.closed_at)
        .join(person, person.c.id == review.c.reviewer_id)
        .join(task, task.c.id == review.c.task_id)
        .where(review.c.reviewed_at.is_not(None))
        .order_by(review.c.id)
    )
    if background.as_of is not None:
        statement = statement.where(review.c.reviewed_at <= background.as_of)
    return list(connection.execute(statement).all())


def _scores(connection: Connection, background: Background) -> dict[int, list[Row[Any]]]:
    """By task, oldest first."""
    statement = SCORES.order_by(score.c.task_id, score.c.id)
    if background.as_of is not None:
        statement = statement.where(score.c.at <= background.as_of)
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(statement):
        found[row.task_id].append(row)
    return found
