"""SMS: queued, claimed one at a time, answered, withdrawn; each step numbered (R-MSG-2, safety I10)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, not_, or_, select, text, update

from adapters.store.bulk import is_among
from adapters.store.models.campaigns import task
from adapters.store.models.customers import customer_phone
from adapters.store.models.lines import blast, sms
from adapters.store.queries.line_steps import add_step, add_steps
from adapters.store.upsert import insert_into
from campaigns.states import SMS_CHANGES
from campaigns.text_facts import TAKEN, SentText
from campaigns.values import Ending, LineName, SmsState

TO_DO = text("sms.state IN ('queued', 'sending', 'unknown')")
"""As the partial index `ix_sms_to_do` has it."""
QUEUED = text("sms.state = 'queued'")


def subject_of(sms_id: str) -> str:
    """How a text is named in the trail and among the steps."""
    return f"sms:{sms_id}"


def add(
    connection: Connection, rows: Sequence[Mapping[str, object]], at: datetime, cause: str
) -> list[str]:
    """Queue texts in one go; the ids of those whose key was not taken before (R-MSG-2)."""
    made = connection.execute(
        insert_into(connection, sms).on_conflict_do_nothing().returning(sms.c.id),
        [{"state": SmsState.QUEUED, **values} for values in rows],
    )
    added = list(made.scalars())
    add_steps(connection, [subject_of(sms_id) for sms_id in added], SmsState.QUEUED, at, cause)
    return added


def row(connection: Connection, sms_id: str) -> Row[Any] | None:
    """One text, locked on PostgreSQL."""
    return connection.execute(select(sms).where(sms.c.id == sms_id).with_for_update()).first()


def change(
    connection: Connection,
    sms_id: str,
    state: SmsState,
    at: datetime,
    cause: str,
    **values: object,
) -> bool:
    """Move a text on, with its step; False when it may not become that from where it stands."""
    before = [old.value for old, later in SMS_CHANGES.items() if state in later]
    changed = connection.execute(
        update(sms).where(sms.c.id == sms_id, sms.c.state.in_(before)).values(state=state, **values)
    )
    if changed.rowcount != 1:
        return False
    add_step(connection, subject_of(sms_id), state, at, cause)
    return True


def note(connection: Connection, sms_id: str, **values: object) -> None:
    """Set columns that are no change of state."""
    connection.execute(update(sms).where(sms.c.id == sms_id).values(**values))


# --- sending -------------------------------------------------------------------------------------


def take_turn(connection: Connection) -> None:
    """Texts are claimed one after the other, until the end of the transaction.

    Else two workers could each send a customer's second text of the day without seeing the other's.
    SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(7214003)"))


@dataclass(frozen=True, slots=True)
class Group:
    """Texts that wait for one line. `blast_id` None: single ones, of no mass message."""

    line: LineName
    blast_id: int | None
    per_minute: int | None


def due_groups(connection: Connection, now: datetime, blast_id: int | None = None) -> list[Group]:
    """Where something may go out now: single texts first, then by mass message."""
    query = (
        select(sms.c.line, sms.c.blast_id, blast.c.per_minute)
        .join(blast, blast.c.id == sms.c.blast_id, isouter=True)
        .where(TO_DO, QUEUED, sms.c.not_before <= now, _may_go())
        .distinct()
    )
    if blast_id is not None:
        query = query.where(sms.c.blast_id == blast_id)
    rows = sorted(connection.execute(query).all(), key=lambda r: (r.blast_id or 0, r.line))
    return [Group(LineName(r.line), r.blast_id, r.per_minute) for r in rows]


def next_due(connection: Connection, group: Group, now: datetime) -> Row[Any] | None:
    """The next due text of a group, with its task; `ix_sms_to_do` leads to it."""
    of_blast = (
        sms.c.blast_id.is_(None) if group.blast_id is None else sms.c.blast_id == group.blast_id
    )
    return connection.execute(
        select(sms.c.id, sms.c.task_id)
        .join(blast, blast.c.id == sms.c.blast_id, isouter=True)
        .where(TO_DO, QUEUED, sms.c.not_before <= now, sms.c.line == group.line, of_blast)
        .where(_may_go())
        .order_by(sms.c.not_before, sms.c.id)
        .limit(1)
    ).first()


def claim(
    connection: Connection, sms_id: str, now: datetime, now_machine: datetime
) -> Row[Any] | None:
    """Take a text to `sending`; None when it was taken back, or its mass message paused, meanwhile."""
    goes_on = exists().where(blast.c.id == sms.c.blast_id, text("blast.state = 'sending'"))
    return connection.execute(
        update(sms)
        .where(sms.c.id == sms_id, QUEUED, or_(sms.c.blast_id.is_(None), goes_on))
        .values(state=SmsState.SENDING, at=now, sent_machine=now_machine)
        .returning(sms)
    ).first()


def _may_go() -> Any:
    return or_(sms.c.blast_id.is_(None), text("blast.state = 'sending'"))


def let_wait(
    connection: Connection, sms_id: str, was: SmsState, not_before: datetime, **values: object
) -> bool:
    """Put a text among those that wait until then, as if it had not been asked for.

    False when it is not any more what it `was`: somebody else has it.
    """
    changed = connection.execute(
        update(sms)
        .where(sms.c.id == sms_id, sms.c.state == was)
        .values(state=SmsState.QUEUED, at=None, sent_machine=None, not_before=not_before, **values)
    )
    return changed.rowcount == 1


def withdraw_claimed(connection: Connection, sms_id: str, now: datetime, rule: str) -> None:
    """Undo a claim of this very transaction: the gate says never."""
    let_wait(connection, sms_id, SmsState.SENDING, now)
    withdraw(connection, [sms_id], now, rule)


def stale_sending(connection: Connection, before_machine: datetime, limit: int) -> list[str]:
    """Texts whose sender vanished between the request and its answer."""
    query = (
        select(sms.c.id)
        .where(TO_DO, text("sms.state = 'sending'"), sms.c.sent_machine < before_machine)
        .order_by(sms.c.sent_machine)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def to_look_up(connection: Connection, now_machine: datetime, limit: int) -> list[str]:
    """Texts of which the line should be asked now."""
    query = (
        select(sms.c.id)
        .where(TO_DO, text("sms.state = 'unknown'"), sms.c.next_check_machine <= now_machine)
        .order_by(sms.c.next_check_machine, sms.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def without_receipt(
    connection: Connection,
    line: LineName,
    since_machine: datetime,
    now_machine: datetime,
    limit: int,
) -> list[str]:
    """Sent texts of which nothing was told since: receipts get lost. `ix_sms_line_sent_machine`."""
    query = (
        select(sms.c.id)
        .where(
            sms.c.line == line,
            sms.c.sent_machine >= since_machine,
            text("sms.state = 'sent'"),
            sms.c.next_check_machine <= now_machine,
        )
        .order_by(sms.c.next_check_machine, sms.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def take_look_up(
    connection: Connection, sms_id: str, now_machine: datetime, until: datetime
) -> Row[Any] | None:
    """Whoever moves the next look-up on does this one; None when somebody else was faster."""
    return connection.execute(
        update(sms)
        .where(
            sms.c.id == sms_id,
            sms.c.state.in_(("unknown", "sent")),
            sms.c.next_check_machine <= now_machine,
        )
        .values(next_check_machine=until, checks=sms.c.checks + 1)
        .returning(sms)
    ).first()


def by_provider(connection: Connection, line: LineName, provider_id: str) -> str | None:
    """The text that the line knows by this id."""
    return connection.execute(
        select(sms.c.id).where(sms.c.line == line, sms.c.provider_id == provider_id)
    ).scalar()


def by_token(connection: Connection, line: LineName, token_hash: str) -> str | None:
    """The text that a token speaks of."""
    return connection.execute(
        select(sms.c.id).where(sms.c.line == line, sms.c.token_hash == token_hash)
    ).scalar()


def by_id(connection: Connection, line: LineName, sms_id: str) -> str | None:
    """The text with this id, if it is this line's."""
    return connection.execute(
        select(sms.c.id).where(sms.c.line == line, sms.c.id == sms_id)
    ).scalar()


def bind(connection: Connection, sms_id: str, provider_id: str) -> bool:
    """Whoever comes first tells the line's own id; False when it has another already."""
    changed = connection.execute(
        update(sms)
        .where(
            sms.c.id == sms_id,
            or_(sms.c.provider_id.is_(None), sms.c.provider_id == provider_id),
        )
        .values(provider_id=provider_id)
    )
    return changed.rowcount == 1


# --- taking back ---------------------------------------------------------------------------------


def withdraw(connection: Connection, sms_ids: Collection[str], now: datetime, rule: str) -> int:
    """Queued texts are not to be sent any more; their keys are free again. Returns how many."""
    taken = connection.execute(
        update(sms)
        .where(sms.c.id.in_(list(sms_ids)), QUEUED)
        .values(
            state=SmsState.WITHDRAWN,
            ended_at=now,
            rule=rule,
            dedupe_key=text("'withdrawn:' || sms.id"),
        )
        .returning(sms.c.id)
    )
    ids = list(taken.scalars())
    add_steps(connection, [subject_of(sms_id) for sms_id in ids], SmsState.WITHDRAWN, now, rule)
    return len(ids)


def queued_of_task(
    connection: Connection, task_id: int, *, sparing: Iterable[str] = ()
) -> list[str]:
    """Queued texts of a task; `sparing`: moments whose occasions stay (`moved:…`)."""
    spared = or_(False, *(sms.c.occasion.startswith(f"{name}:") for name in sparing))
    query = select(sms.c.id).where(QUEUED, sms.c.task_id == task_id, not_(spared))
    return list(connection.execute(query).scalars())


def queued_of_blast(connection: Connection, blast_id: int) -> list[str]:
    """Queued texts of a mass message."""
    query = select(sms.c.id).where(QUEUED, sms.c.blast_id == blast_id)
    return list(connection.execute(query).scalars())


def tasks_with_queued(
    connection: Connection, customer_ids: Collection[int] | None, after: int, limit: int
) -> list[int]:
    """Tasks with a queued text, of these customers or of anybody, from `after` on, page by page."""
    query = (
        select(sms.c.task_id)
        .where(TO_DO, QUEUED, sms.c.task_id > after)
        .distinct()
        .order_by(sms.c.task_id)
        .limit(limit)
    )
    if customer_ids is not None:
        query = query.where(is_among(connection, sms.c.customer_id, customer_ids))
    return list(connection.execute(query).scalars())


def told_of(connection: Connection, task_id: int, occasion: str) -> list[Row[Any]]:
    """R-OOS-2. Texts of a task about an occasion, its repetitions (`…:2`) included."""
    query = select(sms.c.id, sms.c.state, sms.c.occasion).where(
        sms.c.task_id == task_id,
        or_(sms.c.occasion == occasion, sms.c.occasion.startswith(f"{occasion}:")),
    )
    return list(connection.execute(query.order_by(sms.c.id)).all())


# --- what the gate reads -------------------------------------------------------------------------


def endings(connection: Connection, task_ids: Collection[int]) -> dict[int, Ending | None]:
    """How these tasks ended; None while they are open."""
    query = select(task.c.id, task.c.ending).where(is_among(connection, task.c.id, task_ids))
    return {r.id: Ending(r.ending) if r.ending else None for r in connection.execute(query)}


def sealed_numbers(connection: Connection, customer_ids: Collection[int]) -> dict[int, bytes]:
    """The customers' numbers by id, sealed."""
    query = select(customer_phone.c.id, customer_phone.c.sealed).where(
        is_among(connection, customer_phone.c.customer_id, customer_ids)
    )
    return {r.id: r.sealed for r in connection.execute(query)}


def sent_to(
    connection: Connection, customer_ids: Collection[int], phone_keys: Collection[str]
) -> list[SentText]:
    """R-REPEAT-3. Every text that counts, to these customers or on these phones, whosever."""
    found: dict[str, SentText] = {}
    states = [state.value for state in TAKEN]
    for condition in (
        is_among(connection, sms.c.customer_id, customer_ids),
        is_among(connection, sms.c.phone_key, phone_keys),
    ):
        query = select(
            sms.c.id, sms.c.customer_id, sms.c.phone_key, sms.c.at, sms.c.text_hash
        ).where(and_(condition, sms.c.state.in_(states), sms.c.at.is_not(None)))
        for r in connection.execute(query):
            found[r.id] = SentText(r.id, r.customer_id, r.phone_key, r.at, r.text_hash)
    return list(found.values())


def keys_in_use(connection: Connection, keys: Collection[str]) -> set[str]:
    """R-MSG-2. Which of these keys a text has already."""
    query = select(sms.c.dedupe_key).where(is_among(connection, sms.c.dedupe_key, keys))
    return set(connection.execute(query).scalars())


def queued_count(connection: Connection, blast_id: int) -> int:
    """How many texts of a mass message are still to go, or on their way just now."""
    query = select(func.count()).where(
        sms.c.blast_id == blast_id, sms.c.state.in_(("queued", "sending"))
    )
    return int(connection.execute(query).scalar_one())
