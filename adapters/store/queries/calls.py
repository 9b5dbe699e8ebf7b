"""Attempts and to-dos: writing them, and finding the ones that matter now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Update,
    bindparam,
    insert,
    not_,
    or_,
    select,
    text,
    update,
)

from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import task
from adapters.store.models.customers import customer, customer_phone
from adapters.store.models.shop import person
from adapters.store.queries import audit
from adapters.store.upsert import insert_into
from campaigns.states import ATTEMPT_CHANGES
from campaigns.values import ENGINE, AttemptState, Person, Role, TodoKind

LIVE = text("attempt.state IN ('handed_out', 'dialled')")
OPEN_TODO = text("todo.done_at IS NULL AND todo.withdrawn_at IS NULL")


_LIVE_OF_CALLER = select(attempt).where(
    LIVE, attempt.c.parked_at.is_(None), attempt.c.caller_id == bindparam("person")
)
_LOCK_CONVERSATION = (
    select(task.c.id)
    .where(
        task.c.customer_id.in_(
            select(customer_phone.c.customer_id).where(
                customer_phone.c.phone_key
                == select(attempt.c.phone_key)
                .where(attempt.c.id == bindparam("id"))
                .scalar_subquery()
            )
        )
    )
    .order_by(task.c.id)
    .with_for_update()
)
_LOCK_TASK_OF_TODO = (
    select(task.c.id)
    .where(
        task.c.id == select(todo.c.task_id).where(todo.c.id == bindparam("id")).scalar_subquery()
    )
    .with_for_update()
)
_GET = select(attempt).where(attempt.c.id == bindparam("id")).with_for_update()


_HELD_COLUMNS = (
    *("id", "task_id", "campaign_id", "kind", "customer_id", "phone_id", "phone_key", "caller_id"),
    *(
        "state",
        "fence",
        "at",
        "handed_out_at",
        "lease_until",
        "is_reached",
        "exemption",
        "redial_of",
    ),
    *("owed_fen", "policy_version", "calendar_version", "day_kind", "region", "script_id"),
    "script_version",
)
# As text, because the dialects' own INSERT … ON CONFLICT is compiled anew at each call (measured:
# 2 ms); the words are the same on both databases.
_INSERT_UNLESS_HELD = text(
    f"INSERT INTO attempt ({', '.join(_HELD_COLUMNS)}) "  # noqa: S608 - names of our own columns
    f"VALUES ({', '.join(f':{name}' for name in _HELD_COLUMNS)}) ON CONFLICT DO NOTHING"
).bindparams(*(bindparam(name, type_=attempt.c[name].type) for name in _HELD_COLUMNS))


def insert_unless_held(connection: Connection, values: Mapping[str, object]) -> bool:
    """Insert a live attempt; False when its customer, phone or caller is held by another one.

    The unique indexes on live attempts decide (R-REPEAT-2), without a savepoint.
    """
    return bool(connection.execute(_INSERT_UNLESS_HELD, dict(values)).rowcount)


def insert_rider(connection: Connection, values: Mapping[str, object]) -> None:
    """R-REPEAT-2. A further matter settled in another attempt's call; it was never live itself."""
    connection.execute(insert(attempt).values(**values))


def live_of_caller(connection: Connection, person_id: int) -> Row[Any] | None:
    """The attempt that this caller holds; at most one, by `uq_attempt_live_caller`."""
    return connection.execute(_LIVE_OF_CALLER, {"person": person_id}).first()


def get(connection: Connection, attempt_id: str) -> Row[Any] | None:
    """One attempt, locked against others on PostgreSQL (SQLite has one writer anyway).

    The tasks of everybody whose phone it is are locked first, in the order in which an import locks
    them: an outcome judges all of them anew (R-REPEAT-3), and locked one by one in another order the
    two could wait for each other for ever.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK_CONVERSATION, {"id": attempt_id})
    return connection.execute(_GET, {"id": attempt_id}).first()


def row(connection: Connection, attempt_id: str) -> Row[Any] | None:
    """One attempt, not locked."""
    return connection.execute(select(attempt).where(attempt.c.id == attempt_id)).first()


def change(connection: Connection, attempt_id: str, **values: object) -> None:
    """Set columns of one attempt; a new state only from one that may become it."""
    if "state" not in values:
        connection.execute(_change(tuple(values)), values | {"changed_id": attempt_id})
        return
    state = AttemptState(str(values["state"]))
    before = [old.value for old, later in ATTEMPT_CHANGES.items() if state in later]
    guarded = _change(tuple(values)).where(attempt.c.state.in_(before))
    changed = connection.execute(guarded, values | {"changed_id": attempt_id})
    assert changed.rowcount == 1, f"attempt {attempt_id} may not become {state}"


@lru_cache(maxsize=64)
def _change(names: tuple[str, ...]) -> Update:
    """The update of these columns, built once."""
    return (
        update(attempt)
        .where(attempt.c.id == bindparam("changed_id"))
        .values({name: bindparam(name, type_=attempt.c[name].type) for name in names})
    )


def is_taken_since(connection: Connection, row: Row[Any]) -> bool:
    """R-REPEAT-2. Whether the customer or the phone of an expired hand-out was taken by another since.

    In whatever campaign: the claim's fence knows of one task only.
    """
    query = select(attempt.c.id).where(
        text("attempt.state IN ('handed_out', 'dialled', 'closed')"),
        or_(attempt.c.customer_id == row.customer_id, attempt.c.phone_key == row.phone_key),
        attempt.c.id != row.id,
        attempt.c.handed_out_at >= row.lease_until,
    )
    return connection.execute(query.limit(1)).first() is not None


def expire(connection: Connection, task_ids: Iterable[int]) -> None:
    """R-CLAIM-1. The hand-outs of these released tasks were never dialled; they do not count."""
    connection.execute(
        update(attempt)
        .where(LIVE, attempt.c.dialled_at.is_(None), attempt.c.task_id.in_(list(task_ids)))
        .values(state="expired", ended_at=attempt.c.lease_until, end_reason="R-CLAIM-1")
    )


def phone_row(connection: Connection, phone_id: int) -> Row[Any]:
    """A customer's number, sealed."""
    return connection.execute(select(customer_phone).where(customer_phone.c.id == phone_id)).one()


_BUYER_AND_NUMBER = (
    select(customer.c.buyer, customer_phone.c.sealed)
    .join(customer, customer.c.id == customer_phone.c.customer_id)
    .where(customer_phone.c.id == bindparam("phone"))
)


def buyer_and_number(connection: Connection, phone_id: int) -> tuple[str, bytes]:
    """Whose number it is, and the number, sealed."""
    row = connection.execute(_BUYER_AND_NUMBER, {"phone": phone_id}).one()
    return row.buyer, row.sealed


def change_phone(connection: Connection, phone_id: int, **values: object) -> None:
    """Set what was learned about a number (R-PHONE-3)."""
    connection.execute(
        update(customer_phone).where(customer_phone.c.id == phone_id).values(**values)
    )


def add_phone(connection: Connection, values: dict[str, object]) -> int:
    """Store a number of a customer, or bring a known one back; returns its id."""
    known = [customer_phone.c.customer_id, customer_phone.c.phone_key]
    back = {"wrong_since": None, "spent_since": None, "other_since": None}
    result = connection.execute(
        insert_into(connection, customer_phone)
        .values(values)
        .on_conflict_do_update(index_elements=known, set_=back)
        .returning(customer_phone.c.id)
    )
    return int(result.scalar_one())


def person_of(connection: Connection, person_id: int) -> Person:
    """Who made a call."""
    row = connection.execute(select(person).where(person.c.id == person_id)).one()
    return Person(row.id, row.name, Role(row.role))


def customer_row(connection: Connection, customer_id: int) -> Row[Any]:
    """A customer."""
    return connection.execute(select(customer).where(customer.c.id == customer_id)).one()


def find_customer(connection: Connection, buyer: str) -> list[int]:
    """Customers by user ID as people read it."""
    query = select(customer.c.id).where(customer.c.buyer == buyer).order_by(customer.c.id)
    return list(connection.execute(query).scalars())


def add_todo(connection: Connection, values: dict[str, object]) -> int | None:
    """Create a to-do once: (task, kind, occasion) is its natural key. None when it exists."""
    result = connection.execute(
        insert_into(connection, todo).values(values).on_conflict_do_nothing().returning(todo.c.id)
    )
    return result.scalar()


def get_todo(connection: Connection, todo_id: int) -> Row[Any] | None:
    """One to-do with its customer's region, locked: two people may tick it off at once.

    Its task is locked first: whoever ends the task takes the to-do back after it.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK_TASK_OF_TODO, {"id": todo_id})
    return connection.execute(
        select(
            todo,
            customer.c.region,
            customer.c.buyer,
            task.c.kind.label("call_kind"),
            person.c.name.label("caller"),
        )
        .join(customer, customer.c.id == todo.c.customer_id)
        .join(task, task.c.id == todo.c.task_id)
        .join(attempt, attempt.c.id == todo.c.attempt_id, isouter=True)
        .join(person, person.c.id == attempt.c.caller_id, isouter=True)
        .where(todo.c.id == todo_id)
        .with_for_update(of=todo)
    ).first()


def change_todo(connection: Connection, todo_id: int, **values: object) -> None:
    """Set columns of one to-do."""
    connection.execute(update(todo).where(todo.c.id == todo_id).values(**values))


def list_todos(
    connection: Connection, *, as_of: datetime | None, limit: int, caller: str | None = None
) -> list[Row[Any]]:
    """Open to-dos by due time, those of the past first. `as_of` leaves out later ones.

    `caller` keeps what came out of this person's calls: within the limit, so before it.
    """
    query = (
        select(
            todo,
            customer.c.buyer,
            person.c.name.label("caller"),
            task.c.kind.label("call_kind"),
        )
        .join(customer, customer.c.id == todo.c.customer_id)
        .join(task, task.c.id == todo.c.task_id)
        .join(attempt, attempt.c.id == todo.c.attempt_id, isouter=True)
        .join(person, person.c.id == attempt.c.caller_id, isouter=True)
        .where(OPEN_TODO)
        .order_by(todo.c.due_at, todo.c.id)
        .limit(limit)
    )
    if as_of is not None:
        query = query.where(todo.c.created_at <= as_of)
    if caller is not None:
        query = query.where(person.c.name == caller)
    return list(connection.execute(query).all())


def sent_unanswered(
    connection: Connection,
    limit: int,
    *,
    caller: str | None = None,
    sent_by: datetime | None = None,
) -> list[Row[Any]]:
    """R-SMP-6. Sent messages of open sampling tasks that the customer has not answered.

    `sent_by` keeps those sent until then.
    """
    query = (
        select(
            todo,
            customer.c.buyer,
            person.c.name.label("caller"),
            task.c.kind.label("call_kind"),
        )
        .join(customer, customer.c.id == todo.c.customer_id)
        .join(task, task.c.id == todo.c.task_id)
        .join(attempt, attempt.c.id == todo.c.attempt_id, isouter=True)
        .join(person, person.c.id == attempt.c.caller_id, isouter=True)
        .where(
            text("task.state <> 'closed'"),
            task.c.kind == "sampling",
            todo.c.kind == "wangwang",
            todo.c.done_at.is_not(None) if sent_by is None else todo.c.done_at <= sent_by,
            todo.c.replied_at.is_(None),
        )
        .order_by(todo.c.done_at, todo.c.id)
        .limit(limit)
    )
    if caller is not None:
        query = query.where(person.c.name == caller)
    return list(connection.execute(query).all())


def open_task_of(connection: Connection, task_id: int) -> list[int]:
    """The task while it is open, else nothing."""
    query = select(task.c.id).where(task.c.id == task_id, text("task.state <> 'closed'"))
    return list(connection.execute(query).scalars())


def withdraw_todos(
    connection: Connection,
    kind: TodoKind,
    task_id: int,
    now: datetime,
    rule: str,
    *,
    sparing: Iterable[str] = (),
) -> None:
    """Open to-dos of this task are overtaken (R-DNC-1, R-DNC-2, R-DUN-3, R-DUN-4, R-OOS-2).

    `sparing`: occasions of a day of their own (`moved:…`) that stay.
    """
    spared = or_(False, *(todo.c.occasion.startswith(f"{name}:") for name in sparing))
    withdrawn = connection.execute(
        update(todo)
        .where(OPEN_TODO, todo.c.kind == kind, todo.c.task_id == task_id, not_(spared))
        .values(withdrawn_at=now, withdrawn_rule=rule)
        .returning(todo.c.id)
    )
    for row in withdrawn.all():
        subject = f"todo:{row.id}"
        audit.record(connection, now, ENGINE, "todo.withdrawn", subject, after={"rule": rule})


def ended_tasks_with_todos(connection: Connection, after: int, limit: int) -> list[int]:
    """Ended tasks with something still to be done, by number from `after` on, page by page.

    `ix_todo_open` holds the open to-dos only.
    """
    query = (
        select(todo.c.task_id)
        .join(task, task.c.id == todo.c.task_id)
        .where(OPEN_TODO, task.c.state == "closed", todo.c.task_id > after)
        .distinct()
        .order_by(todo.c.task_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def missing_outcomes(connection: Connection, before: datetime, limit: int) -> list[Row[Any]]:
    """R-CLAIM-1. Dialled before this instant and still without an outcome."""
    query = (
        select(attempt, customer.c.buyer, person.c.name.label("caller"))
        .join(customer, customer.c.id == attempt.c.customer_id)
        .join(person, person.c.id == attempt.c.caller_id)
        .where(LIVE, attempt.c.dialled_at <= before)
        .order_by(attempt.c.dialled_at)
        .limit(limit)
    )
    return list(connection.execute(query).all())
