"""Which line serves whom, and where a line rings each caller."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from adapters.store.models.campaigns import campaign
from adapters.store.models.lines import line_choice, person_phone
from adapters.store.models.shop import person
from adapters.store.upsert import insert_into
from campaigns.values import LineName, Role

MOST_CHOICES = 200
"""Rows of one medium; a shop has a handful."""


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One choice as it is stored."""

    medium: str
    scope: str
    line: LineName
    set_at: datetime
    set_by: str


@dataclass(frozen=True, slots=True)
class PhoneRow:
    """Where a line rings a person: `sealed` number or `extension`; `shown` may be seen."""

    person_id: int
    line: LineName
    sealed: bytes | None = field(repr=False)
    extension: str | None
    shown: str
    set_at: datetime


def lines_by_scope(connection: Connection, medium: str) -> dict[str, LineName]:
    """The medium's choices; asked with every call, so two columns of a handful of rows by their key."""
    rows = connection.execute(
        select(line_choice.c.scope, line_choice.c.line)
        .where(line_choice.c.medium == medium)
        .limit(MOST_CHOICES)
    )
    return {row.scope: LineName(row.line) for row in rows}


def every_choice(connection: Connection) -> list[ChoiceRow]:
    """All choices, those of calls first."""
    rows = connection.execute(
        select(line_choice)
        .order_by(line_choice.c.medium, line_choice.c.scope)
        .limit(2 * MOST_CHOICES)
    )
    return [
        ChoiceRow(row.medium, row.scope, LineName(row.line), row.set_at, row.set_by) for row in rows
    ]


def count_choices(connection: Connection, medium: str) -> int:
    """How many choices the medium has."""
    query = select(func.count()).select_from(line_choice).where(line_choice.c.medium == medium)
    return int(connection.execute(query).scalar_one())


def put_choice(connection: Connection, choice: ChoiceRow) -> None:
    """Let the line serve the scope, whichever did before."""
    values = {
        "medium": choice.medium,
        "scope": choice.scope,
        "line": choice.line.value,
        "set_at": choice.set_at,
        "set_by": choice.set_by,
    }
    changed = {name: values[name] for name in ("line", "set_at", "set_by")}
    statement = insert_into(connection, line_choice).values(values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[line_choice.c.medium, line_choice.c.scope], set_=changed
        )
    )


def drop_choice(connection: Connection, medium: str, scope: str) -> None:
    """Nothing is chosen for the scope any more; the next wider one decides."""
    connection.execute(
        delete(line_choice).where(line_choice.c.medium == medium, line_choice.c.scope == scope)
    )


def campaign_names(connection: Connection) -> dict[int, str]:
    """Every campaign's name; a shop has a handful."""
    rows = connection.execute(select(campaign.c.id, campaign.c.name).order_by(campaign.c.id))
    return {row.id: row.name for row in rows}


def lock_caller(connection: Connection, person_id: int) -> None:
    """Until the end of the transaction no call of theirs begins: its row refers to theirs."""
    connection.execute(select(person.c.id).where(person.c.id == person_id).with_for_update())


def phone_row(connection: Connection, person_id: int, line: LineName) -> PhoneRow | None:
    """Where the line rings this person, by primary key: asked with every call."""
    row = connection.execute(
        select(person_phone).where(
            person_phone.c.person_id == person_id, person_phone.c.line == line.value
        )
    ).first()
    if row is None:
        return None
    return PhoneRow(
        row.person_id, LineName(row.line), row.sealed, row.extension, row.shown, row.set_at
    )


def phones_shown(connection: Connection) -> dict[tuple[int, LineName], str]:
    """What may be seen of everybody's phones, by person and line."""
    rows = connection.execute(
        select(person_phone.c.person_id, person_phone.c.line, person_phone.c.shown)
    )
    return {(row.person_id, LineName(row.line)): row.shown for row in rows}


def put_phone(connection: Connection, phone: PhoneRow, who: str) -> None:
    """Let the line ring this person there from now on."""
    changed = {
        "sealed": phone.sealed,
        "extension": phone.extension,
        "shown": phone.shown,
        "set_at": phone.set_at,
        "set_by": who,
    }
    statement = insert_into(connection, person_phone).values(
        person_id=phone.person_id, line=phone.line.value, **changed
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[person_phone.c.person_id, person_phone.c.line], set_=changed
        )
    )


def drop_phone(connection: Connection, person_id: int, line: LineName) -> bool:
    """The line does not know any more where to ring this person. Whether it did."""
    done = connection.execute(
        delete(person_phone).where(
            person_phone.c.person_id == person_id, person_phone.c.line == line.value
        )
    )
    return done.rowcount == 1


def callers_without(connection: Connection, line: LineName) -> list[tuple[int, str]]:
    """Active people who may call and whom the line could not ring, by name."""
    known = select(person_phone.c.person_id).where(person_phone.c.line == line.value)
    rows = connection.execute(
        select(person.c.id, person.c.name)
        .where(
            person.c.is_active,
            person.c.role != Role.ADMIN.value,
            person.c.id.not_in(known),
        )
        .order_by(person.c.name)
        .limit(1000)
    )
    return [(row.id, row.name) for row in rows]
