"""Who calls for one campaign: the same rows as a person's campaigns, read from the campaign's side."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from adapters.store.queries import audit
from adapters.store.queries import campaigns as queries
from adapters.store.queries import people as people_queries
from campaigns.errors import ConflictError, UsageError
from campaigns.values import Person, Role


def callers(connection: Connection) -> list[Person]:
    """The active callers, by name."""
    return [
        row.person
        for row in people_queries.everybody(connection)
        if row.is_active and row.person.role is Role.CALLER
    ]


def callers_of(connection: Connection, campaign_id: int) -> tuple[Person, ...]:
    """The active callers who call for a campaign; whoever was given none calls for all."""
    given = queries.of_people(connection)
    return tuple(
        person
        for person in callers(connection)
        if person.id not in given or campaign_id in given[person.id]
    )


def chosen_of(connection: Connection, chosen: Collection[int]) -> tuple[Person, ...]:
    """The callers with these ids, all of them where none is chosen. Raises UsageError."""
    active = callers(connection)
    if not set(chosen) <= {person.id for person in active}:
        raise UsageError("选的人里有人不是在职的坐席", field="callers")
    return tuple(person for person in active if not chosen or person.id in chosen)


def choose(
    connection: Connection,
    campaign_id: int,
    chosen: Collection[int],
    now: datetime,
    who: str,
) -> None:
    """Let these callers, or all if none is chosen, call for a campaign, and no other caller.

    Who called for everything and is not chosen keeps every other campaign there is. Raises UsageError
    for somebody who is no active caller, ConflictError for somebody who would be left without any
    campaign: without one they would call for all.
    """
    wanted = {person.id for person in chosen_of(connection, chosen)}
    given = queries.of_people(connection)
    known = [one.id for one in queries.listed(connection)]
    for person in callers(connection):
        before = given.get(person.id, [])
        calls_for = set(before or known)
        after = calls_for | {campaign_id} if person.id in wanted else calls_for - {campaign_id}
        if after == calls_for:
            continue
        if not after:
            text = f"{person.name} 只打这个活动，先在“人员与活动”里给他别的活动"
            raise ConflictError(text, rules=())
        kept = [] if after == set(known) else sorted(after)
        queries.give(connection, person.id, kept)
        audit.record(
            connection,
            now,
            who,
            "person.campaigns_set",
            f"person:{person.id}",
            before={"campaigns": before},
            after={"campaigns": kept},
        )
