"""What belongs to the sampled customers of a ledger: calls, scores, follow-up, review (R-SMP-11).

Asked for by the tasks' ids, some thousands at a time; every question is served by the index on the
task.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, and_, func, select

from adapters.store.models.after_sales import case_entry, service_case
from adapters.store.models.calls import attempt, todo
from adapters.store.models.sampling import escalation, review, score
from adapters.store.models.shop import person
from adapters.store.queries.call_ledgers import by_then, is_by, of_all
from adapters.store.queries.ledgers import known_then
from adapters.store.queries.sampling_results import sampled_between, sampled_of
from campaigns.kinds.call_detail import CallMade, CaseOpened
from campaigns.kinds.sampling import is_breached
from campaigns.kinds.sampling_ledger import (
    Answer,
    DetailRow,
    FollowUpCase,
    MessageLeft,
    ReviewMade,
    ScoreGiven,
)
from campaigns.states import COUNTED_ATTEMPTS
from campaigns.values import CaseKind, CaseState, ScoreOrigin, TodoKind, Verdict

UNREACHED_MESSAGE = "unreached"
"""R-SMP-6. What the message after the third failed attempt is for."""


def detail_rows(
    connection: Connection, first: date, last: date, as_of: datetime | None, limit: int
) -> list[DetailRow]:
    """R-SMP-11. The customers called in for these days, at most `limit`, by month, day and rank."""
    heads = sampled_between(connection, first, last, as_of, limit)
    ids = [row.task_id for row in heads]
    calls = of_all(connection, _calls, ids, as_of)
    scores = of_all(connection, _scores, ids, as_of)
    cases = of_all(connection, _cases, ids, as_of)
    answers = of_all(connection, _answers, ids, as_of)
    messages = of_all(connection, _messages, ids, as_of)
    reviews = of_all(connection, _reviews, ids, as_of)
    return [
        DetailRow(
            sampled=sampled_of(row),
            buyer=row.buyer,
            order_no=row.order_no,
            detail=row.detail,
            calls=tuple(calls.get(row.task_id, ())),
            scores=tuple(scores.get(row.task_id, ())),
            cases=tuple(cases.get(row.task_id, ())),
            answers=tuple(answers.get(row.task_id, ())),
            message=next(iter(messages.get(row.task_id, ())), None),
            review=next(iter(reviews.get(row.task_id, ())), None),
        )
        for row in heads
    ]


def _calls(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[tuple[CallMade, str]]]:
    query = (
        select(
            attempt.c.task_id,
            attempt.c.at,
            attempt.c.outcome,
            attempt.c.outcome_at,
            attempt.c.note,
            attempt.c.redial_of,
            person.c.name,
        )
        .join(person, person.c.id == attempt.c.caller_id)
        .where(attempt.c.task_id.in_(ids))
        .where(attempt.c.state.in_(sorted(COUNTED_ATTEMPTS)), *known_then(as_of))
        .where(*by_then(attempt.c.at, as_of))
        .order_by(attempt.c.at, attempt.c.id)
    )
    found: dict[int, list[tuple[CallMade, str]]] = defaultdict(list)
    for row in connection.execute(query):
        is_said = is_by(row.outcome_at, as_of)
        made = CallMade(
            at=row.at,
            outcome=row.outcome if is_said else None,
            said_at=row.outcome_at if is_said else None,
            note=row.note if is_said else None,
            is_redial=row.redial_of is not None,
        )
        found[row.task_id].append((made, row.name))
    return found


def _scores(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[ScoreGiven]]:
    query = (
        select(score)
        .where(score.c.task_id.in_(ids), *by_then(score.c.at, as_of))
        .order_by(score.c.id)
    )
    found: dict[int, list[ScoreGiven]] = defaultdict(list)
    for row in connection.execute(query):
        given = ScoreGiven(row.value, ScoreOrigin(row.origin), row.reason, row.suggestion)
        found[row.task_id].append(given)
    return found


def _cases(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[FollowUpCase]]:
    """Each case as its last entry until then left it."""
    known = case_entry.alias("known")
    last_entry = (
        select(func.max(known.c.id))
        .where(known.c.case_id == service_case.c.id, *by_then(known.c.at, as_of))
        .scalar_subquery()
    )
    query = (
        select(attempt.c.task_id, service_case.c.id, service_case.c.kind, case_entry.c.state)
        .join(attempt, attempt.c.id == service_case.c.attempt_id)
        .join(case_entry, and_(case_entry.c.id == last_entry))
        .where(attempt.c.task_id.in_(ids))
        .order_by(service_case.c.id)
    )
    found: dict[int, list[FollowUpCase]] = defaultdict(list)
    for row in connection.execute(query):
        opened = CaseOpened(row.id, CaseKind(row.kind))
        found[row.task_id].append(FollowUpCase(opened, CaseState(row.state)))
    return found


def _answers(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[Answer]]:
    query = (
        select(escalation, person.c.name)
        .join(person, person.c.id == escalation.c.owner_id)
        .where(escalation.c.task_id.in_(ids), *by_then(escalation.c.opened_at, as_of))
        .order_by(escalation.c.id)
    )
    found: dict[int, list[Answer]] = defaultdict(list)
    for row in connection.execute(query):
        answered_at = row.answered_at if is_by(row.answered_at, as_of) else None
        told_at = answered_at or as_of
        # Without an instant there is no "now" to be late by, but a breach is noted when it happens.
        is_late = is_by(row.breached_at, as_of) or (
            told_at is not None and is_breached(row.due_at, answered_at, told_at)
        )
        found[row.task_id].append(
            Answer(
                due_at=row.due_at,
                owner=row.name,
                is_breached=is_late,
                answered_at=answered_at,
                answer=row.answer if answered_at is not None else None,
            )
        )
    return found


def _messages(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[MessageLeft]]:
    query = (
        select(todo)
        .where(todo.c.task_id.in_(ids), *by_then(todo.c.created_at, as_of))
        .where(todo.c.kind == TodoKind.WANGWANG, todo.c.occasion == UNREACHED_MESSAGE)
        .order_by(todo.c.id)
    )
    found: dict[int, list[MessageLeft]] = defaultdict(list)
    for row in connection.execute(query):
        if is_by(row.withdrawn_at, as_of):
            continue
        found[row.task_id].append(
            MessageLeft(
                sent_at=row.done_at if is_by(row.done_at, as_of) else None,
                replied_at=row.replied_at if is_by(row.replied_at, as_of) else None,
            )
        )
    return found


def _reviews(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[ReviewMade]]:
    query = (
        select(review, person.c.name)
        .join(person, person.c.id == review.c.reviewer_id)
        .where(review.c.task_id.in_(ids), review.c.verdict.is_not(None))
        .where(*by_then(review.c.reviewed_at, as_of))
    )
    return {
        row.task_id: [
            ReviewMade(row.name, Verdict(row.verdict), row.score_before, row.score_after, row.why)
        ]
        for row in connection.execute(query)
    }
