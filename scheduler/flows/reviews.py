"""R-SMP-12: the supervisor's review of each sampled call: taken by one, agreed or corrected, kept."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit, reviews, scores
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.kinds.sampling import first_of
from campaigns.values import (
    Ending,
    Person,
    Role,
    ScoreOrigin,
    Source,
    TaskState,
    Verdict,
)
from scheduler.runtime import Runtime

TAKEN_FOR = timedelta(minutes=10)
"""So long a review stays with who took it; the open page renews it."""

WHY_MAX_CHARS = 500
_RULE = "R-SMP-12"


class ReviewState(StrEnum):
    """Where a review stands."""

    TO_DO = "to_do"
    UNDER_WAY = "under_way"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One sampled customer whose calls are to be reviewed.

    score      the one that counts; None: ended unscored
    reviewer   who has it, or who did it
    is_own     the asking person called this customer and cannot be the judge of it
    """

    task: int
    customer_id: int
    buyer: str
    source: Source
    handler: str
    order_no: str | None
    month: str
    rank: int
    ending: Ending | None
    score: int | None
    origin: ScoreOrigin | None
    calls: int
    callers: tuple[str, ...]
    last_at: datetime | None
    state: ReviewState
    reviewer: str | None
    taken_at: datetime | None
    reviewed_at: datetime | None
    verdict: Verdict | None
    score_before: int | None
    score_after: int | None
    why: str | None
    is_mine: bool
    is_own: bool


def to_review(runtime: Runtime, month: str, now: datetime, person: Person) -> list[ReviewLine]:
    """The month's ended customers with at least one call, scored or not, by rank.

    Raises UsageError for a month that is none.
    """
    wanted = f"{first_of(month):%Y-%m}"
    with runtime.snapshot() as connection:
        rows = reviews.ended_members(connection, wanted)
        calls = _calls_by_task(connection, [row.task_id for row in rows])
    return [line_of(row, calls[row.task_id], now, person) for row in rows if calls.get(row.task_id)]


def _calls_by_task(connection: Connection, task_ids: list[int]) -> dict[int, list[Row[Any]]]:
    by_task: dict[int, list[Row[Any]]] = defaultdict(list)
    for call in reviews.calls_of(connection, task_ids):
        by_task[call.task_id].append(call)
    return by_task


def line_of(row: Row[Any], calls: list[Row[Any]], now: datetime, person: Person) -> ReviewLine:
    """How one sampled customer stands; `calls` are all that were made, oldest first."""
    state = _state(row.taken_at, row.reviewed_at, now)
    is_shown = state is not ReviewState.TO_DO
    return ReviewLine(
        task=row.task_id,
        customer_id=row.customer_id,
        buyer=row.buyer,
        source=Source(row.source),
        handler=row.handler,
        order_no=row.order_no,
        month=row.month,
        rank=row.rank,
        ending=None if row.ending is None else Ending(row.ending),
        score=row.score,
        origin=None if row.origin is None else ScoreOrigin(row.origin),
        calls=sum(call.redial_of is None for call in calls),
        callers=tuple(dict.fromkeys(call.caller for call in calls)),
        last_at=calls[-1].at if calls else None,
        state=state,
        reviewer=row.reviewer if is_shown else None,
        taken_at=row.taken_at if is_shown else None,
        reviewed_at=row.reviewed_at,
        verdict=None if row.verdict is None else Verdict(row.verdict),
        score_before=row.score_before,
        score_after=row.score_after,
        why=row.why,
        is_mine=is_shown and row.reviewer_id == person.id,
        is_own=any(call.caller_id == person.id for call in calls),
    )


def _state(taken_at: datetime | None, reviewed_at: datetime | None, now: datetime) -> ReviewState:
    if reviewed_at is not None:
        return ReviewState.DONE
    if taken_at is not None and now < taken_at + TAKEN_FOR:
        return ReviewState.UNDER_WAY
    return ReviewState.TO_DO


def open_review(runtime: Runtime, task_id: int, now: datetime, person: Person) -> None:
    """Take a review for ten minutes, or keep it for ten more; a stale one is taken over.

    Raises NotFoundError for a task that is nobody's sample, ConflictError naming who has it or that
    it is done, RefusedError for anybody but a supervisor and for who called this customer.
    """
    with runtime.transaction() as connection:
        _own_to_judge(connection, task_id, person)
        known = reviews.review_of(connection, task_id)
        if known is not None and known.reviewed_at is not None:
            raise ConflictError(f"{known.reviewer} 已经复核过", rules=(_RULE,))
        _take(connection, known, task_id, now, person)


@dataclass(frozen=True, slots=True)
class ReviewForm:
    """What a reviewer says. `score` and `why` belong to a correction."""

    verdict: Verdict
    score: int | None = None
    why: str = ""


def finish_review(
    runtime: Runtime, task_id: int, form: ReviewForm, now: datetime, person: Person
) -> None:
    """R-SMP-12. Agree, or enter a corrected score with the reason; a review that is done stays.

    The corrected score is a new entry, and the newest one counts, also after the month's end. The very
    same form sent twice counts once. Raises UsageError naming the field, and what `open_review` does.
    """
    verdict, why = form.verdict, form.why.strip()
    with runtime.transaction() as connection:
        row = _own_to_judge(connection, task_id, person)
        known = reviews.review_of(connection, task_id)
        if known is not None and known.reviewed_at is not None:
            if _is_repeated(known, form, person):
                return
            raise ConflictError(f"{known.reviewer} 已经复核过，结果不再改变", rules=(_RULE,))
        counted = scores.newest_score(connection, task_id)
        before = None if counted is None else int(counted.value)
        after = before
        if verdict is Verdict.CORRECTED:
            after = _corrected(before, form.score, why)
        _take(connection, known, task_id, now, person)
        if counted is not None and after != before:
            scores.add_score(
                connection,
                {
                    "task_id": task_id,
                    "attempt_id": counted.attempt_id,
                    "customer_id": row.customer_id,
                    "at": now,
                    "who": person.name,
                    "value": after,
                    "origin": ScoreOrigin.REVIEW,
                    "reason": why,
                    "suggestion": None,
                },
            )
        reviews.change(
            connection,
            task_id,
            reviewed_at=now,
            verdict=verdict,
            score_before=before,
            score_after=after,
            why=why or None,
        )
        audit.record(
            connection,
            now,
            person.name,
            f"review.{verdict}",
            f"task:{task_id}",
            before={"score": before},
            after={"score": after},
        )


def _is_repeated(known: Row[Any], form: ReviewForm, person: Person) -> bool:
    """Whether this very form was taken already: a double click."""
    if known.reviewer_id != person.id or known.verdict != form.verdict:
        return False
    is_same_score = form.verdict is Verdict.AGREED or known.score_after == form.score
    return is_same_score and (known.why or "") == form.why.strip()


def _corrected(before: int | None, score: int | None, why: str) -> int:
    if before is None:
        raise RefusedError("这位客户没有评分，没有分数可以更正", rules=(_RULE,))
    if score is None or not 1 <= score <= 5:
        raise UsageError("请选更正后的分数，1 到 5", field="score")
    if score == before:
        raise UsageError("分数没有变：请选同意，或选别的分数", field="score")
    if not why or len(why) > WHY_MAX_CHARS:
        raise UsageError(f"更正要写明原因，最多 {WHY_MAX_CHARS} 字", field="why")
    return score


def _own_to_judge(connection: Connection, task_id: int, person: Person) -> Row[Any]:
    """The task, locked, that this person may review now."""
    if person.role is not Role.SUPERVISOR:
        raise RefusedError("只有主管可以复核", rules=(_RULE,))
    locked = reviews.lock_task(connection, task_id)
    row = reviews.member_of(connection, task_id)
    calls = reviews.calls_of(connection, [task_id])
    if locked is None or row is None or not calls:
        raise NotFoundError(f"没有可以复核的抽查：{task_id}", field="task")
    if row.state != TaskState.CLOSED:
        raise RefusedError("这位客户还没打完，打完才复核", rules=(_RULE,))
    if any(call.caller_id == person.id for call in calls):
        raise RefusedError("自己打的电话不能自己复核", rules=(_RULE,))
    return row


def _take(
    connection: Connection, known: Row[Any] | None, task_id: int, now: datetime, person: Person
) -> None:
    """Have the review from now on. Raises ConflictError while somebody else has it."""
    if known is None:
        reviews.take(connection, task_id, person.id, now)
        return
    is_fresh = _state(known.taken_at, None, now) is ReviewState.UNDER_WAY
    if is_fresh and known.reviewer_id != person.id:
        raise ConflictError(f"{known.reviewer} 正在复核", rules=(_RULE,))
    reviews.change(connection, task_id, reviewer_id=person.id, taken_at=now)
