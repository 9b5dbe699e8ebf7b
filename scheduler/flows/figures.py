"""The figures kept with each outcome: counted as calls are entered, settled as customers pay.

A long history is then read by its days, not by its calls. They hold exactly what the calls and
催款明细表 (R-DUN-7) hold; `rebuild` makes them from history again and says where they differed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit, tasks
from adapters.store.queries import figures as queries
from adapters.store.queries.figures import CHUNK, Contact, Counts, Money, SumKey, Sums
from campaigns.days import business_day
from campaigns.decisions import Follow
from campaigns.kinds.dunning_ledger import detail_row
from campaigns.outcomes import Outcome
from campaigns.registry import outcome_of
from campaigns.values import SHOP_ZONE, Kind
from scheduler.runtime import Runtime

PROMISING = frozenset({Follow.FOLLOW_UP, Follow.AFTER_IMPORT})
"""R-DUN-4. What follows an outcome by which somebody agreed to pay or to pass it on."""


def count_contacts(connection: Connection, entries: Iterable[tuple[Row[Any], Outcome]]) -> None:
    """Count the attempts closed in this transaction, and what their reminders count for.

    A redial is the second half of an attempt that is counted already (R-REPEAT-5); of it only the
    promise is new. A further matter of the same call (R-REPEAT-2) is one matter, and no call.
    """
    closed = list(entries)
    counts: dict[Contact, Counts] = {}
    for attempt, outcome in closed:
        _count(counts, attempt, outcome)
    queries.add_contacts(connection, counts)
    # Whoever dialled for a reminder was settled then; the rest becomes an attempt just now.
    fresh = [a for a, _ in closed if a.dialled_at is None or a.rides_on is not None]
    settle(connection, [a.task_id for a in fresh if a.kind == Kind.DUNNING])


def _count(counts: dict[Contact, Counts], attempt: Row[Any], outcome: Outcome) -> None:
    local = attempt.at.astimezone(SHOP_ZONE)
    key = Contact(business_day(attempt.at), local.hour, attempt.campaign_id, attempt.caller_id)
    added = _counts_of(attempt, outcome)
    kept = counts.get(key, Counts(0, 0, 0, 0))
    if any(added):
        counts[key] = Counts(*(a + b for a, b in zip(kept, added, strict=True)))


def _counts_of(attempt: Row[Any], outcome: Outcome) -> Counts:
    if attempt.rides_on is not None:
        return Counts(1, 0, 0, 0)
    promised = int(outcome.follow in PROMISING)
    if attempt.redial_of is not None:
        return Counts(0, 0, 0, promised)
    return Counts(1, 1, int(attempt.is_reached), promised)


def settle(connection: Connection, task_ids: Iterable[int]) -> None:
    """R-DUN-7, R-DUN-8. Bring what these reminders count for up to date, and the sums with it.

    Call it last in a transaction: the sums are shared, and whoever adds to them waits for nothing
    more. The tasks are locked, so that two who settle one task see each other's work.
    """
    ids = sorted(set(task_ids))
    change: dict[SumKey, list[int]] = {}
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        tasks.lock(connection, part)
        before = queries.task_moneys(connection, part)
        after = _moneys(connection, part)
        changed = {i: money for i, money in after.items() if before.get(i) != money}
        gone = [i for i, money in before.items() if after.get(i) != money]
        for task_id in gone:
            _add(change, before[task_id], -1)
        for money in changed.values():
            _add(change, money, 1)
        queries.put_task_moneys(connection, gone, changed)
    sums = {key: Sums(*added) for key, added in change.items() if any(added)}
    queries.add_money(connection, sums)


def _moneys(connection: Connection, task_ids: list[int]) -> dict[int, Money]:
    """What the ledger's own row says of each; a reminder it leaves out (R-DUN-4) counts nowhere."""
    found = {}
    for task_id, called in queries.called(connection, task_ids).items():
        row = detail_row(called.task)
        if row is not None:
            found[task_id] = Money(
                row.dunned_on,
                called.campaign_id,
                called.handler_id,
                row.owed_fen,
                row.paid_fen,
                row.is_paid,
            )
    return found


def _add(sums: dict[SumKey, list[int]], money: Money, sign: int) -> None:
    kept = sums.setdefault((money.day, money.campaign_id, money.handler_id), [0, 0, 0, 0])
    added = (1, int(money.is_payer), money.owed_fen, money.paid_fen)
    for place, value in enumerate(added):
        kept[place] += sign * value


def hold(connection: Connection, task_ids: Iterable[int]) -> None:
    """Lock open and ended tasks in the one order that everybody locks them in, before any is judged."""
    ids = sorted(set(task_ids))
    for start in range(0, len(ids), CHUNK):
        tasks.lock(connection, ids[start : start + CHUNK])


def called_of(connection: Connection, order_ids: Iterable[int]) -> set[int]:
    """The called reminders of these orders, looked up in pieces."""
    ids, found = sorted(order_ids), set[int]()
    for start in range(0, len(ids), CHUNK):
        found.update(queries.called_of_orders(connection, ids[start : start + CHUNK]))
    return found


@dataclass(slots=True)
class Rebuilt:
    """What making the figures anew found: rows kept, and rows that had differed, by table."""

    rows: dict[str, int] = field(default_factory=dict)
    differing: dict[str, int] = field(default_factory=dict)

    def compare(self, name: str, before: Mapping[Any, object], after: Mapping[Any, object]) -> None:
        """Note how many rows there are, and how many stood differently."""
        keys = before.keys() | after.keys()
        differing = sum(_value(before.get(key)) != _value(after.get(key)) for key in keys)
        self.rows[name], self.differing[name] = len(after), differing

    @property
    def is_clean(self) -> bool:
        """Whether every figure was as history says."""
        return not any(self.differing.values())


def rebuild(runtime: Runtime, now: datetime, who: str) -> Rebuilt:
    """Make all figures from history again, in one transaction; nobody's outcome is lost meanwhile.

    An outcome entered at the same time waits, then adds itself.
    """
    with runtime.transaction() as connection:
        queries.hold_still(connection)
        contacts = _all_contacts(connection)
        moneys, sums = _all_moneys(connection)
        made = Rebuilt()
        made.compare("contacts", queries.all_contacts(connection), contacts)
        made.compare("tasks", queries.all_task_moneys(connection), moneys)
        made.compare("money", queries.all_sums(connection), sums)
        if not made.is_clean:
            queries.clear(connection)
            queries.add_contacts(connection, contacts)
            queries.put_task_moneys(connection, [], moneys)
            queries.add_money(connection, sums)
            audit.record(
                connection, now, who, "figures.rebuilt", "figures", after=dict(made.differing)
            )
    return made


def fill_when_behind(runtime: Runtime, now: datetime, who: str) -> Rebuilt | None:
    """After an upgrade from a version that kept no figures: make them. None where there are some."""
    with runtime.snapshot() as connection:
        if not queries.is_behind(connection):
            return None
    return rebuild(runtime, now, who)


def _all_contacts(connection: Connection) -> dict[Contact, Counts]:
    counts: dict[Contact, Counts] = {}
    for row in queries.entered(connection):
        _count(counts, row, outcome_of(Kind(row.kind), row.outcome))
    return counts


def _all_moneys(connection: Connection) -> tuple[dict[int, Money], dict[SumKey, Sums]]:
    moneys: dict[int, Money] = {}
    change: dict[SumKey, list[int]] = {}
    last = 0
    while part := queries.called_after(connection, last, CHUNK):
        moneys |= _moneys(connection, part)
        last = part[-1]
    for money in moneys.values():
        _add(change, money, 1)
    return moneys, {key: Sums(*added) for key, added in change.items()}


def _value(row: object) -> object:
    """A row of noughts is as good as none."""
    return None if isinstance(row, (Counts, Sums)) and not any(row) else row
