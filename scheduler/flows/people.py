"""People: who works here, signing in and out, sessions, and how often somebody may guess.

Two clocks are told apart. `now` is the shop's time, as everywhere. `machine_now` is the machine's:
sessions and limits go by it, because a training shop's clock is moved about.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from adapters.passwords import LONGEST, Passwords, fault_of, standard_passwords
from adapters.store.queries import audit
from adapters.store.queries import people as people_queries
from adapters.store.queries.people import NewSession
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.labels_zh import ROLE_LABELS
from campaigns.values import Person, Role
from scheduler.flows.cases import hand_back_cases
from scheduler.runtime import Runtime

NAME_LONGEST = 40
IDLE = timedelta(minutes=30)
"""A session that nobody used for so long is over."""
ABSOLUTE = timedelta(hours=12)
"""A session is over then, however much it is used."""
TOUCH_EVERY = timedelta(minutes=1)
"""How exactly the last use is kept; a write with every request would be too many."""

FREE_FAILURES = 5
"""Wrong passwords for one name before the delay begins."""
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=15)
NAME_WINDOW = timedelta(hours=24)
ADDRESS_FAILURES = 20
"""Wrong passwords from one address within `ADDRESS_WINDOW`."""
ADDRESS_WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PersonListed:
    """One line of the list of people."""

    person: Person
    is_active: bool
    has_password: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to be added."""

    name: str
    role: Role
    password: str | None = None


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password to be set. The browser with the session `keep_session` stays signed in."""

    person_id: int
    password: str
    keep_session: str | None = None


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody typed, and from where."""

    name: str
    password: str
    address: str
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The right password. `session_id` is told to the browser once and kept nowhere."""

    person: Person
    session_id: str


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """Wrong, or too often; the same for a name that does not exist. `wait_until`: too often."""

    wait_until: datetime | None = None


def people(runtime: Runtime) -> tuple[PersonListed, ...]:
    """Everybody, active people first."""
    with runtime.snapshot() as connection:
        return tuple(
            PersonListed(row.person, row.is_active, row.password_hash is not None, row.created_at)
            for row in people_queries.everybody(connection)
        )


def responsible(runtime: Runtime, name: str | None, role: Role) -> Person:
    """Find who acts on the command line: the named person, in a training shop else one of this role.

    Raises UsageError without a name in a real shop, NotFoundError for nobody active of this name or
    role.
    """
    if name is None and not runtime.is_training:
        raise UsageError("请用 --by 写明是谁", field="by")
    with runtime.snapshot() as connection:
        active = [row.person for row in people_queries.everybody(connection) if row.is_active]
    if name is None:
        found = sorted((one for one in active if one.role is role), key=lambda one: one.id)
    else:
        found = [one for one in active if one.name == " ".join(name.split())]
    if not found:
        raise NotFoundError(f"没有这个人：{name or ROLE_LABELS[role]}", field="by")
    return found[0]


def caller_named(runtime: Runtime, name: str) -> Person | NewPerson:
    """Find the active person of this name who may call; in a training shop anybody new may.

    Raises NotFoundError for an unknown or disabled name, UsageError for an impossible one, and
    RefusedError for an administrator, who sees no customer.
    """
    name = " ".join(name.split())
    with runtime.snapshot() as connection:
        row = people_queries.person_named(connection, name)
    if row is None and runtime.is_training:
        return NewPerson(_checked_name(name), Role.CALLER)
    if row is None or not row.is_active:
        raise NotFoundError(f"没有这个坐席：{name}", field="caller")
    if row.person.role is Role.ADMIN:
        raise RefusedError("管理员不接触客户资料，不能拨打", rules=("R-PII-1",))
    return row.person


def add_person(
    runtime: Runtime, new: NewPerson, now: datetime, who: str, passwords: Passwords | None = None
) -> Person:
    """Add a person; without a password they cannot sign in yet.

    Raises UsageError for a bad name or password, ConflictError when the name is taken.
    """
    name = _checked_name(new.name)
    password_hash = None if new.password is None else _checked_hash(new.password, name, passwords)
    with runtime.transaction() as connection:
        if people_queries.person_named(connection, name) is not None:
            raise ConflictError(f"已经有人叫 {name}", rules=())
        return _enter(connection, NewPerson(name, new.role), password_hash, now, who)


def enter_newcomer(connection: Connection, new: NewPerson, now: datetime) -> Person:
    """A training shop's new caller joins in the transaction of the first hand-out."""
    row = people_queries.person_named(connection, new.name)
    return row.person if row is not None else _enter(connection, new, None, now, "training")


def _enter(
    connection: Connection, new: NewPerson, password_hash: str | None, now: datetime, who: str
) -> Person:
    person = people_queries.add_person(connection, new.name, new.role, password_hash, now)
    audit.record(
        connection,
        now,
        who,
        "person.added",
        f"person:{person.id}",
        after={"role": new.role.value},
    )
    return person


def set_password(
    runtime: Runtime, new: NewPassword, now: datetime, who: str, passwords: Passwords | None = None
) -> None:
    """Set a new password; that person's browsers are signed out, but the one of `keep_session`.

    Raises UsageError for a bad password, NotFoundError for an unknown person.
    """
    with runtime.snapshot() as connection:
        name = _known(connection, new.person_id).person.name
    password_hash = _checked_hash(new.password, name, passwords)
    with runtime.transaction() as connection:
        people_queries.set_password_hash(connection, new.person_id, password_hash)
        people_queries.end_sessions_of(connection, new.person_id, _kept(new.keep_session))
        people_queries.forget_failures(connection, _name_key(runtime, name))
        audit.record(connection, now, who, "person.password_set", f"person:{new.person_id}")


def change_own_password(
    runtime: Runtime, new: NewPassword, old: str, now: datetime, passwords: Passwords | None = None
) -> None:
    """Change one's own password, showing that one knows the old one.

    Raises UsageError when it is wrong or the new one is bad.
    """
    passwords = passwords or standard_passwords()
    with runtime.snapshot() as connection:
        row = _known(connection, new.person_id)
    if not passwords.matches(row.password_hash, old):
        raise UsageError("原密码不对", field="old")
    set_password(runtime, new, now, row.person.name, passwords)


def set_active(
    runtime: Runtime, person_id: int, is_active: bool, now: datetime, *, who: Person
) -> None:
    """Disable somebody, who is out at once, or let them in again.

    Raises UsageError for oneself, and NotFoundError.
    """
    with runtime.transaction() as connection:
        row = _known(connection, person_id)
        if person_id == who.id:
            raise UsageError("不能停用自己", field="person")
        if row.is_active == is_active:
            return
        people_queries.set_active(connection, person_id, is_active)
        people_queries.end_sessions_of(connection, person_id)
        if not is_active:
            hand_back_cases(connection, row.person.name, now, who)
        audit.record(
            connection,
            now,
            who.name,
            "person.enabled" if is_active else "person.disabled",
            f"person:{person_id}",
        )


def sign_in(
    runtime: Runtime,
    form: SignIn,
    now: datetime,
    machine_now: datetime,
    *,
    passwords: Passwords | None = None,
) -> SignedIn | SignInRefused:
    """Check a password and open a session with an id of its own.

    The try is counted before the password is checked, so that many tries at once are counted too;
    a right password takes the count back.
    """
    passwords = passwords or standard_passwords()
    name = " ".join(form.name.split())[:NAME_LONGEST]
    name_key = _name_key(runtime, name)
    with runtime.transaction() as connection:
        people_queries.lock_failures(connection)
        wait_until = _wait_until(connection, name_key, form.address, machine_now)
        if wait_until is not None:
            return SignInRefused(wait_until)
        people_queries.add_failure(connection, name_key, form.address, machine_now)
        row = people_queries.person_named(connection, name)
    stored = row.password_hash if row is not None and row.is_active else None
    if not passwords.matches(stored, form.password[: LONGEST + 1]) or row is None:
        if row is not None:
            _note(runtime, now, row.person, "sign_in.failed")
        return SignInRefused()
    fresh_hash = None
    if stored is not None and passwords.is_outdated(stored):
        fresh_hash = passwords.hash(form.password)
    session_id = secrets.token_urlsafe(32)
    with runtime.transaction() as connection:
        people_queries.forget_failures(connection, name_key)
        people_queries.forget_failures_before(connection, machine_now - NAME_WINDOW)
        people_queries.end_sessions_before(connection, machine_now - ABSOLUTE)
        if fresh_hash is not None:
            people_queries.set_password_hash(connection, row.person.id, fresh_hash)
        people_queries.add_session(
            connection,
            _session_hash(session_id),
            NewSession(row.person.id, machine_now, form.address, form.user_agent[:200]),
        )
        audit.record(connection, now, row.person.name, "sign_in.done", f"person:{row.person.id}")
    return SignedIn(row.person, session_id)


def sign_out(runtime: Runtime, session_id: str) -> None:
    """End the browser's session; the id is worth nothing from now on."""
    with runtime.transaction() as connection:
        people_queries.end_session(connection, _session_hash(session_id))


def person_of_session(
    runtime: Runtime, session_id: str, machine_now: datetime, *, is_use: bool = True
) -> Person | None:
    """Who is signed in with this id; None when it is unknown, over, or the person is disabled.

    `is_use` False asks without prolonging it: what a page asks by itself is not use.
    """
    id_hash = _session_hash(session_id)
    with runtime.snapshot() as connection:
        row = people_queries.session_by_hash(connection, id_hash)
    if row is None or not row.is_active:
        return None
    if machine_now - row.created_at >= ABSOLUTE or machine_now - row.seen_at >= IDLE:
        with runtime.transaction() as connection:
            people_queries.end_session(connection, id_hash)
        return None
    if is_use and machine_now - row.seen_at >= TOUCH_EVERY:
        with runtime.transaction() as connection:
            people_queries.touch_session(connection, id_hash, machine_now)
    return row.person


def _wait_until(
    connection: Connection, name_key: str, address: str, machine_now: datetime
) -> datetime | None:
    """Until when this name or this address must wait; None: not at all."""
    count, last = people_queries.failures_of_name(connection, name_key, machine_now - NAME_WINDOW)
    if last is not None and count >= FREE_FAILURES:
        doublings = min(count - FREE_FAILURES, 10)
        delay: timedelta = min(FIRST_DELAY * 2**doublings, LONGEST_DELAY)
        free_at = last + delay
        if machine_now < free_at:
            return free_at
    count, first = people_queries.failures_of_address(
        connection, address, machine_now - ADDRESS_WINDOW
    )
    if first is not None and count >= ADDRESS_FAILURES:
        return first + ADDRESS_WINDOW
    return None


def _known(connection: Connection, person_id: int) -> people_queries.PersonRow:
    row = people_queries.person_by_id(connection, person_id)
    if row is None:
        raise NotFoundError("没有这个人", field="person")
    return row


def _checked_name(typed: str) -> str:
    name = " ".join(typed.split())
    if not name or len(name) > NAME_LONGEST or not name.isprintable():
        raise UsageError(f"姓名要有 1 到 {NAME_LONGEST} 个字", field="name")
    return name


def _checked_hash(password: str, name: str, passwords: Passwords | None) -> str:
    fault = fault_of(password, name)
    if fault is not None:
        raise UsageError(fault, field="password")
    return (passwords or standard_passwords()).hash(password)


def _note(runtime: Runtime, now: datetime, person: Person, what: str) -> None:
    with runtime.transaction() as connection:
        audit.record(connection, now, person.name, what, f"person:{person.id}")


def _session_hash(session_id: str) -> str:
    """Give what is stored of a session's id; 256 random bits need no salt."""
    return hashlib.sha256(session_id.encode()).hexdigest()


def _kept(session_id: str | None) -> str | None:
    return None if session_id is None else _session_hash(session_id)


def _name_key(runtime: Runtime, name: str) -> str:
    """Give what is stored of a typed name: people type their password there by mistake."""
    key = runtime.vault.key_of("sign-in name")
    return hmac.digest(key, name.casefold().encode(), "sha256")[:16].hex()
