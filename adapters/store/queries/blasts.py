"""Mass messages: their state, whom they may go to, and how far they are (R-MSG-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, or_, select, text, update

from adapters.store.models.calls import MADE, attempt
from adapters.store.models.campaigns import campaign, task
from adapters.store.models.customers import customer, customer_phone
from adapters.store.models.lines import blast, blast_left_out, sms
from adapters.store.queries import audit
from campaigns.values import BlastState, Kind

_CHANGES: Mapping[BlastState, tuple[BlastState, ...]] = {
    BlastState.APPROVED: (BlastState.DRAFT,),
    BlastState.SENDING: (BlastState.APPROVED, BlastState.PAUSED),
    BlastState.PAUSED: (BlastState.SENDING,),
    BlastState.STOPPED: (
        BlastState.DRAFT,
        BlastState.APPROVED,
        BlastState.SENDING,
        BlastState.PAUSED,
    ),
    BlastState.DONE: (BlastState.SENDING,),
}
"""From which states each may be come to."""

_TO_SEND = text("sms.state IN ('queued', 'sending')")


def add(connection: Connection, **values: object) -> int:
    """A new draft."""
    made = connection.execute(
        insert(blast).values(state=BlastState.DRAFT, **values).returning(blast.c.id)
    )
    return int(made.scalar_one())


def drafts(connection: Connection) -> int:
    """How many mass messages wait for a supervisor's yes or no."""
    query = select(func.count()).where(text("blast.state = 'draft'")).select_from(blast)
    return int(connection.execute(query).scalar_one())


def row(connection: Connection, blast_id: int) -> Row[Any] | None:
    """One mass message, locked on PostgreSQL, with its campaign's name."""
    return connection.execute(
        select(blast, campaign.c.name.label("campaign_name"))
        .join(campaign, campaign.c.id == blast.c.campaign_id)
        .where(blast.c.id == blast_id)
        .with_for_update(of=blast)
    ).first()


def seen(connection: Connection, blast_id: int) -> Row[Any] | None:
    """One mass message for whoever only looks."""
    return connection.execute(
        select(blast, campaign.c.name.label("campaign_name"))
        .join(campaign, campaign.c.id == blast.c.campaign_id)
        .where(blast.c.id == blast_id)
    ).first()


def listed(connection: Connection, limit: int) -> list[Row[Any]]:
    """The newest first."""
    query = (
        select(blast, campaign.c.name.label("campaign_name"))
        .join(campaign, campaign.c.id == blast.c.campaign_id)
        .order_by(blast.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(query).all())


def change(
    connection: Connection,
    blast_id: int,
    state: BlastState,
    now: datetime,
    who: str,
    **values: object,
) -> bool:
    """Move a mass message on, with its line in the trail; False when it may not become that."""
    before = [one.value for one in _CHANGES[state]]
    changed = connection.execute(
        update(blast)
        .where(blast.c.id == blast_id, blast.c.state.in_(before))
        .values(state=state, **values)
    )
    if changed.rowcount != 1:
        return False
    audit.record(connection, now, who, f"blast.{state}", f"blast:{blast_id}")
    return True


def pause(connection: Connection, blast_id: int, reason: str, now: datetime, who: str) -> bool:
    """Stop sending for now, and say why."""
    return change(connection, blast_id, BlastState.PAUSED, now, who, pause_reason=reason)


def finish(connection: Connection, blast_id: int, now: datetime) -> bool:
    """Nothing is left to send. A text that came back meanwhile keeps it open."""
    left = connection.execute(
        select(func.count()).where(sms.c.blast_id == blast_id, _TO_SEND)
    ).scalar_one()
    if left:
        return False
    return change(connection, blast_id, BlastState.DONE, now, "engine", ended_at=now)


def emptied(connection: Connection) -> list[int]:
    """Mass messages under way of which nothing is left to send."""
    query = select(blast.c.id).where(
        text("blast.state = 'sending'"),
        ~exists().where(sms.c.blast_id == blast.c.id, _TO_SEND),
    )
    return list(connection.execute(query).scalars())


# --- whom it may go to ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """A task whose customer no call has reached."""

    task_id: int
    customer_id: int
    is_open: bool
    created_at: datetime


def unreached(
    connection: Connection,
    kind: Kind,
    campaign_id: int | None,
    *,
    since: datetime,
    with_uncalled: bool,
    limit: int,
) -> list[Candidate]:
    """Tasks with an attempt and nobody reached, open or ended since then; the newest first.

    `with_uncalled`: those that nobody has called yet, too.
    """
    made = select(attempt.c.id).where(attempt.c.task_id == task.c.id, MADE)
    query = (
        select(
            task.c.id,
            task.c.customer_id,
            (task.c.closed_at.is_(None)).label("is_open"),
            task.c.created_at,
        )
        .where(
            task.c.kind == kind,
            or_(task.c.closed_at.is_(None), task.c.closed_at >= since),
            ~made.where(attempt.c.is_reached.is_(True)).correlate(task).exists(),
        )
        .order_by(task.c.closed_at.is_not(None), task.c.created_at.desc(), task.c.id.desc())
        .limit(limit)
    )
    if campaign_id is not None:
        query = query.where(task.c.campaign_id == campaign_id)
    if not with_uncalled:
        query = query.where(made.correlate(task).exists())
    return [
        Candidate(r.id, r.customer_id, bool(r.is_open), r.created_at)
        for r in connection.execute(query)
    ]


def uncalled_count(connection: Connection, kind: Kind, campaign_id: int | None) -> int:
    """Customers with an open task and no attempt at all: those that `unreached` leaves out."""
    made = select(attempt.c.id).where(attempt.c.task_id == task.c.id, MADE)
    query = select(func.count(task.c.customer_id.distinct())).where(
        task.c.kind == kind, task.c.closed_at.is_(None), ~made.correlate(task).exists()
    )
    if campaign_id is not None:
        query = query.where(task.c.campaign_id == campaign_id)
    return int(connection.execute(query).scalar_one())


def keep_left_out(
    connection: Connection, blast_id: int, rows: Sequence[tuple[int, str, str]]
) -> None:
    """Who gets nothing: customer, rules, reason; in place of what was kept before."""
    connection.execute(delete(blast_left_out).where(blast_left_out.c.blast_id == blast_id))
    if rows:
        connection.execute(
            insert(blast_left_out),
            [
                {"blast_id": blast_id, "customer_id": customer_id, "rules": rules, "reason": why}
                for customer_id, rules, why in rows
            ],
        )


def left_out(connection: Connection, blast_id: int) -> list[Row[Any]]:
    """Who gets nothing, by user ID."""
    query = (
        select(
            blast_left_out.c.customer_id,
            customer.c.buyer,
            blast_left_out.c.rules,
            blast_left_out.c.reason,
        )
        .join(customer, customer.c.id == blast_left_out.c.customer_id)
        .where(blast_left_out.c.blast_id == blast_id)
        .order_by(customer.c.buyer)
    )
    return list(connection.execute(query).all())


def names_of(
    connection: Connection, customer_ids: Sequence[int], phone_ids: Sequence[int]
) -> tuple[dict[int, str], dict[int, str]]:
    """User IDs of customers and masked numbers of phones, by id."""
    buyers: dict[int, str] = {}
    masked: dict[int, str] = {}
    for start in range(0, max(len(customer_ids), len(phone_ids)), 1_000):
        part, phones = customer_ids[start : start + 1_000], phone_ids[start : start + 1_000]
        who = select(customer.c.id, customer.c.buyer).where(customer.c.id.in_(part))
        buyers |= {r.id: r.buyer for r in connection.execute(who)}
        shown = select(customer_phone.c.id, customer_phone.c.masked).where(
            customer_phone.c.id.in_(phones)
        )
        masked |= {r.id: r.masked for r in connection.execute(shown)}
    return buyers, masked


# --- how far it is -------------------------------------------------------------------------------


def tally(connection: Connection, blast_id: int) -> list[Row[Any]]:
    """How many texts there are by state, reason of failure and rule; `ix_sms_blast_id_state`."""
    query = (
        select(
            sms.c.state,
            sms.c.error_code,
            sms.c.rule,
            func.min(sms.c.reason).label("reason"),
            func.count().label("number"),
            func.sum(sms.c.segments).label("segments"),
        )
        .where(sms.c.blast_id == blast_id)
        .group_by(sms.c.state, sms.c.error_code, sms.c.rule)
    )
    return list(connection.execute(query).all())


def counts(connection: Connection, blast_ids: Sequence[int]) -> list[Row[Any]]:
    """How many texts of each of these there are by state; `ix_sms_blast_id_state`."""
    query = (
        select(sms.c.blast_id, sms.c.state, func.count().label("number"))
        .where(sms.c.blast_id.in_(blast_ids))
        .group_by(sms.c.blast_id, sms.c.state)
    )
    return list(connection.execute(query).all())


def texts_of(connection: Connection, blast_id: int, limit: int, skip: int = 0) -> list[Row[Any]]:
    """Each number's text with what became of it, what is not known or failed in front."""
    query = (
        select(
            sms.c.id,
            sms.c.state,
            sms.c.at,
            sms.c.ended_at,
            sms.c.error_code,
            sms.c.reason,
            sms.c.rule,
            sms.c.wording,
            sms.c.customer_id,
            customer.c.buyer,
            customer_phone.c.masked,
        )
        .join(customer, customer.c.id == sms.c.customer_id)
        .join(customer_phone, customer_phone.c.id == sms.c.phone_id)
        .where(sms.c.blast_id == blast_id)
        .order_by(
            text(
                "CASE sms.state WHEN 'unknown' THEN 0 WHEN 'failed' THEN 1 WHEN 'sending' THEN 2 "
                "WHEN 'withdrawn' THEN 4 ELSE 3 END"
            ),
            sms.c.at.desc(),
            sms.c.id,
        )
        .limit(limit)
        .offset(skip)
    )
    return list(connection.execute(query).all())


def next_due(connection: Connection, blast_id: int) -> datetime | None:
    """When the first text that waits may go."""
    return connection.execute(
        select(func.min(sms.c.not_before)).where(
            sms.c.blast_id == blast_id, text("sms.state = 'queued'")
        )
    ).scalar()
