"""People of the shop, their sessions, and the sign-ins that failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update

from adapters.store.models.shop import person, sign_in_failure, web_session
from campaigns.values import Person, Role


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line of the list of people. `password_hash` never leaves the flows."""

    person: Person
    is_active: bool
    created_at: datetime
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One signed-in browser and whose it is."""

    person: Person
    is_active: bool
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class NewSession:
    """A browser that signs in."""

    person_id: int
    at: datetime
    address: str
    user_agent: str


_PERSON = (
    person.c.id,
    person.c.name,
    person.c.role,
    person.c.is_active,
    person.c.created_at,
    person.c.password_hash,
)


def everybody(connection: Connection) -> tuple[PersonRow, ...]:
    """All people, active ones first, by name. A shop's desk has tens, never thousands."""
    rows = connection.execute(
        select(*_PERSON).order_by(person.c.is_active.desc(), person.c.name).limit(1000)
    )
    return tuple(_person_row(row) for row in rows)


def person_named(connection: Connection, name: str) -> PersonRow | None:
    """Find the person of this name; names are unique."""
    row = connection.execute(select(*_PERSON).where(person.c.name == name)).first()
    return None if row is None else _person_row(row)


def person_by_id(connection: Connection, person_id: int) -> PersonRow | None:
    """Find the person of this id."""
    row = connection.execute(select(*_PERSON).where(person.c.id == person_id)).first()
    return None if row is None else _person_row(row)


def add_person(
    connection: Connection, name: str, role: Role, password_hash: str | None, now: datetime
) -> Person:
    """Add a person, active at once."""
    person_id = connection.execute(
        insert(person)
        .values(
            name=name, role=role.value, password_hash=password_hash, is_active=True, created_at=now
        )
        .returning(person.c.id)
    ).scalar_one()
    return Person(int(person_id), name, role)


def set_password_hash(connection: Connection, person_id: int, password_hash: str) -> None:
    """Replace the hash."""
    connection.execute(
        update(person).where(person.c.id == person_id).values(password_hash=password_hash)
    )


def set_active(connection: Connection, person_id: int, is_active: bool) -> None:
    """Let somebody in again, or lock them out."""
    connection.execute(update(person).where(person.c.id == person_id).values(is_active=is_active))


def add_session(connection: Connection, id_hash: str, new: NewSession) -> None:
    """Keep a browser that signed in. Only the hash of its id is kept."""
    connection.execute(
        insert(web_session).values(
            id_hash=id_hash,
            person_id=new.person_id,
            created_at=new.at,
            seen_at=new.at,
            address=new.address,
            user_agent=new.user_agent,
        )
    )


def session_by_hash(connection: Connection, id_hash: str) -> SessionRow | None:
    """Find the session and its person by primary key: asked with every request."""
    row = connection.execute(
        select(
            person.c.id,
            person.c.name,
            person.c.role,
            person.c.is_active,
            web_session.c.created_at,
            web_session.c.seen_at,
        )
        .join_from(web_session, person, web_session.c.person_id == person.c.id)
        .where(web_session.c.id_hash == id_hash)
    ).first()
    if row is None:
        return None
    return SessionRow(
        Person(row.id, row.name, Role(row.role)), row.is_active, row.created_at, row.seen_at
    )


def touch_session(connection: Connection, id_hash: str, now: datetime) -> None:
    """Note that the session was used."""
    connection.execute(
        update(web_session).where(web_session.c.id_hash == id_hash).values(seen_at=now)
    )


def end_session(connection: Connection, id_hash: str) -> None:
    """One browser is signed out."""
    connection.execute(delete(web_session).where(web_session.c.id_hash == id_hash))


def end_sessions_of(connection: Connection, person_id: int, but: str | None = None) -> None:
    """All browsers of a person are signed out, except the one with the hash `but`."""
    statement = delete(web_session).where(web_session.c.person_id == person_id)
    if but is not None:
        statement = statement.where(web_session.c.id_hash != but)
    connection.execute(statement)


def end_sessions_before(connection: Connection, started: datetime) -> None:
    """Sessions older than any may be."""
    connection.execute(delete(web_session).where(web_session.c.created_at < started))


def lock_failures(connection: Connection) -> None:
    """Let tries queue up, so that many at once cannot slip through the count.

    SQLite needs nothing: its writing transactions stand in line already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE sign_in_failure IN SHARE ROW EXCLUSIVE MODE"))


def failures_of_name(
    connection: Connection, name: str, since: datetime
) -> tuple[int, datetime | None]:
    """How often a sign-in with this name failed, and when last (index on name, at)."""
    row = connection.execute(
        select(func.count(), func.max(sign_in_failure.c.at)).where(
            sign_in_failure.c.name == name, sign_in_failure.c.at > since
        )
    ).one()
    return int(row[0]), row[1]


def failures_of_address(
    connection: Connection, address: str, since: datetime
) -> tuple[int, datetime | None]:
    """How often sign-ins from this address failed, and when first (index on address, at)."""
    row = connection.execute(
        select(func.count(), func.min(sign_in_failure.c.at)).where(
            sign_in_failure.c.address == address, sign_in_failure.c.at > since
        )
    ).one()
    return int(row[0]), row[1]


def add_failure(connection: Connection, name: str, address: str, now: datetime) -> None:
    """Count a try that is not known to be right yet."""
    connection.execute(insert(sign_in_failure).values(name=name, address=address, at=now))


def forget_failures(connection: Connection, name: str) -> None:
    """Start the name's count anew after a right password."""
    connection.execute(delete(sign_in_failure).where(sign_in_failure.c.name == name))


def forget_failures_before(connection: Connection, at: datetime) -> None:
    """Failures that no limit looks at any more."""
    connection.execute(delete(sign_in_failure).where(sign_in_failure.c.at < at))


def _person_row(row: Row[Any]) -> PersonRow:
    return PersonRow(
        Person(row.id, row.name, Role(row.role)), row.is_active, row.created_at, row.password_hash
    )
