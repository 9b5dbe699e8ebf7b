"""R-SMP-12: what a review of a sampled customer reads, and who has which review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select, text, update

from adapters.store import bulk
from adapters.store.models.after_sales import service_case
from adapters.store.models.calls import MADE, attempt, todo
from adapters.store.models.campaigns import task
from adapters.store.models.customers import customer
from adapters.store.models.sampling import escalation, review, sample, sample_member, score
from adapters.store.models.shop import person

_APPROVED = text("sample.state = 'approved'")
_CLOSED = text("task.state = 'closed'")


def _members() -> Select[Any]:
    """Members whose task has ended, each with the score that counts and its review."""
    newest = (
        select(func.max(score.c.id))
        .where(score.c.task_id == sample_member.c.task_id)
        .correlate(sample_member)
        .scalar_subquery()
    )
    return (
        select(
            sample_member.c.task_id,
            sample_member.c.customer_id,
            sample_member.c.source,
            sample_member.c.handler,
            sample_member.c.order_no,
            sample_member.c.entered_on,
            sample_member.c.detail,
            sample_member.c.rank,
            sample.c.month,
            customer.c.buyer,
            task.c.state,
            task.c.ending,
            task.c.closed_at,
            score.c.value.label("score"),
            score.c.origin,
            score.c.attempt_id.label("scored_in"),
            review.c.reviewer_id,
            person.c.name.label("reviewer"),
            review.c.taken_at,
            review.c.reviewed_at,
            review.c.verdict,
            review.c.score_before,
            review.c.score_after,
            review.c.why,
        )
        .join(sample, sample.c.id == sample_member.c.sample_id)
        .join(task, task.c.id == sample_member.c.task_id)
        .join(customer, customer.c.id == sample_member.c.customer_id)
        .join(score, score.c.id == newest, isouter=True)
        .join(review, review.c.task_id == sample_member.c.task_id, isouter=True)
        .join(person, person.c.id == review.c.reviewer_id, isouter=True)
        .where(_APPROVED)
    )


def ended_members(connection: Connection, month: str) -> list[Row[Any]]:
    """The month's called-in members whose task has ended, by rank: some hundreds at most.

    `uq_sample_month` makes the approved sample one, `ix_sample_member_sample_id…` holds its members.
    """
    query = _members().where(sample.c.month == month, _CLOSED).order_by(sample_member.c.rank)
    return list(connection.execute(query).all())


def unreviewed(connection: Connection, month: str) -> int:
    """How many of the month's ended members were called and are not reviewed yet.

    Read like `ended_members`; each call is looked up by the index of its task.
    """
    is_called = select(attempt.c.id).where(attempt.c.task_id == task.c.id, MADE).exists()
    query = (
        select(func.count())
        .select_from(sample_member)
        .join(sample, sample.c.id == sample_member.c.sample_id)
        .join(task, task.c.id == sample_member.c.task_id)
        .join(review, review.c.task_id == task.c.id, isouter=True)
        .where(_APPROVED, sample.c.month == month, _CLOSED)
        .where(review.c.reviewed_at.is_(None), is_called)
    )
    return int(connection.scalar(query) or 0)


def member_of(connection: Connection, task_id: int) -> Row[Any] | None:
    """One called-in member by its task."""
    return connection.execute(_members().where(sample_member.c.task_id == task_id)).first()


def calls_of(connection: Connection, task_ids: Sequence[int]) -> list[Row[Any]]:
    """The calls made for these tasks, oldest first; each task's are read by their index."""
    query = (
        select(
            attempt.c.id,
            attempt.c.task_id,
            attempt.c.at,
            attempt.c.caller_id,
            person.c.name.label("caller"),
            attempt.c.state,
            attempt.c.outcome,
            attempt.c.outcome_at,
            attempt.c.hung_up_at,
            attempt.c.is_reached,
            attempt.c.note,
            attempt.c.redial_of,
            attempt.c.script_id,
            attempt.c.script_version,
            attempt.c.path,
        )
        .join(person, person.c.id == attempt.c.caller_id)
        .where(bulk.is_among(connection, attempt.c.task_id, task_ids), MADE)
        .order_by(attempt.c.at, attempt.c.id)
    )
    return list(connection.execute(query).all())


def scores_of(connection: Connection, task_id: int) -> list[Row[Any]]:
    """Every score of a task, oldest first; the last one counts."""
    query = select(score).where(score.c.task_id == task_id).order_by(score.c.id)
    return list(connection.execute(query).all())


def messages_of(connection: Connection, task_id: int) -> list[Row[Any]]:
    """What was written to the customer of a task, oldest first."""
    query = (
        select(todo)
        .where(todo.c.task_id == task_id, text("todo.kind = 'wangwang'"))
        .order_by(todo.c.id)
    )
    return list(connection.execute(query).all())


def escalations_of(connection: Connection, task_id: int) -> list[Row[Any]]:
    """The promised answers of a task, oldest first, with their owners."""
    query = (
        select(escalation, person.c.name.label("owner"))
        .join(person, person.c.id == escalation.c.owner_id)
        .where(escalation.c.task_id == task_id)
        .order_by(escalation.c.id)
    )
    return list(connection.execute(query).all())


def cases_of(connection: Connection, attempt_ids: Sequence[str]) -> list[Row[Any]]:
    """The after-sales cases that came out of these calls; a task has a handful of calls."""
    query = (
        select(service_case)
        .where(service_case.c.attempt_id.in_(list(attempt_ids)))
        .order_by(service_case.c.id)
    )
    return list(connection.execute(query).all())


def lock_task(connection: Connection, task_id: int) -> Row[Any] | None:
    """The task, locked: of two reviewers who press at once the second sees what the first did."""
    query = select(task.c.id, task.c.state, task.c.customer_id).where(task.c.id == task_id)
    return connection.execute(query.with_for_update()).first()


def review_of(connection: Connection, task_id: int) -> Row[Any] | None:
    """The task's review with the reviewer's name."""
    query = (
        select(review, person.c.name.label("reviewer"))
        .join(person, person.c.id == review.c.reviewer_id)
        .where(_of_task(task_id))
    )
    return connection.execute(query).first()


def take(connection: Connection, task_id: int, reviewer_id: int, now: datetime) -> None:
    """Begin a review."""
    connection.execute(
        insert(review).values(task_id=task_id, reviewer_id=reviewer_id, taken_at=now)
    )


def change(connection: Connection, task_id: int, **values: object) -> None:
    """Set columns of the task's review."""
    connection.execute(update(review).where(_of_task(task_id)).values(**values))


def _of_task(task_id: int) -> ColumnElement[bool]:
    return review.c.task_id == task_id
