"""Results of some days by kind and by caller, with money, and the calls behind each figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from adapters.store.queries import results as queries
from adapters.store.queries.results import CallsWanted
from campaigns.days import day_bounds
from campaigns.kinds.dunning_ledger import DetailRow, Totals, totals_of
from campaigns.registry import outcome_of
from campaigns.values import SHOP_ZONE, AttemptState, Kind
from scheduler.flows.ledgers import dunning_detail
from scheduler.runtime import Runtime

LISTED = 500
MOST_FIRSTS = 20_000
"""First attempts of the days asked for that are looked through for those of a ledger."""

MOST_DAYS = 366
"""Days that are searched for a weekday or an hour."""

SATISFIED = ("satisfied",)
AGREED = ("agrees", "agrees_with_gift")
REFUSED = ("refuses",)
PROMISED = ("will_pay", "relay", "says_paid")


@dataclass(slots=True)
class Tally:
    """Made contacts of one kind. `calls` and `reached` count an attempt once, redialled or not."""

    calls: int = 0
    reached: int = 0
    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def of(self, codes: Iterable[str]) -> int:
        """How many ended with one of these outcomes."""
        return sum(self.outcomes[code] for code in codes)


@dataclass(frozen=True, slots=True)
class KindResult:
    """One kind's days: planned tasks, its calls, and for the payment reminder the ledger's sums."""

    kind: Kind
    planned: int
    tally: Tally
    money: Totals | None


@dataclass(frozen=True, slots=True)
class CallerResult:
    """One caller's days. `calls` are calls on the telephone: a further matter in one is none more."""

    caller_id: int
    caller: str
    calls: int
    reached: int
    by_kind: Mapping[Kind, Tally]
    money: Totals


@dataclass(frozen=True, slots=True)
class Results:
    """The results of the days `first` to `last`. Callers stand by name: this is no ranking."""

    first: date
    last: date
    calls: int
    reached: int
    by_kind: tuple[KindResult, ...]
    by_caller: tuple[CallerResult, ...]
    has_riders: bool


def results(runtime: Runtime, first: date, last: date) -> Results:
    """What the calls of these days came to; the money is that of 催款汇总表 (R-DUN-8).

    Raises UsageError for days the wrong way round.
    """
    details = dunning_detail(runtime, first, last, None).rows
    start, end = day_bounds(first)[0], day_bounds(last)[1]
    with runtime.snapshot() as connection:
        rows = queries.tallies(connection, start, end)
        planned = queries.planned(connection, first, last)
    by_kind = {kind: Tally() for kind in Kind}
    for row in rows:
        _add(by_kind[Kind(row.kind)], row)
    calls, reached = _of_the_telephone(rows)
    return Results(
        first,
        last,
        calls,
        reached,
        tuple(
            KindResult(
                kind,
                planned.get(kind, 0),
                tally,
                totals_of(details) if kind is Kind.DUNNING else None,
            )
            for kind, tally in by_kind.items()
        ),
        tuple(_by_caller(rows, details)),
        any(row.is_rider for row in rows),
    )


def _by_caller(rows: Iterable[Row[Any]], details: Iterable[DetailRow]) -> Iterable[CallerResult]:
    own: dict[tuple[str, int], list[Row[Any]]] = {}
    for row in rows:
        own.setdefault((row.caller, row.caller_id), []).append(row)
    dunned: dict[str, list[DetailRow]] = {}
    for detail in details:
        dunned.setdefault(detail.handler, []).append(detail)
    for (name, caller_id), made in sorted(own.items()):
        by_kind = {kind: Tally() for kind in Kind}
        for row in made:
            _add(by_kind[Kind(row.kind)], row)
        calls, reached = _of_the_telephone(made)
        yield CallerResult(
            caller_id, name, calls, reached, by_kind, totals_of(dunned.get(name, []))
        )


def _add(tally: Tally, row: Row[Any]) -> None:
    if not row.is_redial:
        tally.calls += row.made
        tally.reached += row.made if row.is_reached else 0
    tally.cases += row.cases
    if row.outcome is not None:
        tally.outcomes[row.outcome] += row.made


def _of_the_telephone(rows: Iterable[Row[Any]]) -> tuple[int, int]:
    """Calls and reached ones, each once: neither redials nor further matters of the same call."""
    own = [row for row in rows if not row.is_redial and not row.is_rider]
    return sum(r.made for r in own), sum(r.made for r in own if r.is_reached)


class Which(StrEnum):
    """Which calls are asked for. `dunned` and `paid` are the rows of the payment reminder's ledger."""

    ALL = ""
    REACHED = "reached"
    MISSED = "missed"
    ENTERED = "entered"
    CASE = "case"
    DUNNED = "dunned"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class CallsAsked:
    """The calls of some days: of one kind, campaign, caller, with one of these outcomes.

    `weekday` (0 is Monday) and `hour`: made on that day of the week, in that hour of the shop's clock.
    """

    first: date
    last: date
    kind: Kind | None = None
    caller_id: int | None = None
    outcomes: tuple[str, ...] = ()
    which: Which = Which.ALL
    campaign_id: int | None = None
    weekday: int | None = None
    hour: int | None = None


@dataclass(frozen=True, slots=True)
class CallListed:
    """One call of the list; the number is masked (R-PII-1)."""

    attempt_id: str
    at: datetime
    kind: Kind
    state: AttemptState
    customer_id: int
    buyer: str
    phone_masked: str
    caller: str
    outcome_label: str | None
    is_reached: bool
    is_rider: bool
    owed_fen: int
    note: str | None


@dataclass(frozen=True, slots=True)
class Calls:
    """The newest calls asked for, and how many there are."""

    calls: tuple[CallListed, ...]
    total: int


def calls(runtime: Runtime, asked: CallsAsked) -> Calls:
    """List the calls behind a figure of `results`: as many as the figure says.

    A further matter settled in a call counts where its kind is asked for, else it is the same call.
    """
    start, end = day_bounds(asked.first)[0], day_bounds(asked.last)[1]
    of_ledger = asked.which in (Which.DUNNED, Which.PAID)
    wanted = CallsWanted(
        start,
        end,
        Kind.DUNNING if of_ledger else asked.kind,
        asked.caller_id,
        asked.outcomes,
        {Which.REACHED: True, Which.MISSED: False}.get(asked.which),
        has_case=asked.which is Which.CASE,
        firsts=of_ledger,
        with_halves=bool(asked.outcomes) or asked.which is Which.CASE,
        with_riders=of_ledger or asked.kind is not None,
        campaign_id=asked.campaign_id,
        spans=_spans(asked),
        is_entered=asked.which is Which.ENTERED,
    )
    if of_ledger:
        ledger = dunning_detail(runtime, asked.first, asked.last, None).rows
        ids = {r.task_id for r in ledger if asked.which is Which.DUNNED or r.is_paid}
        with runtime.snapshot() as connection:
            found = queries.calls_listed(connection, wanted, MOST_FIRSTS)
        rows = [row for row in found if row.task_id in ids]
        return Calls(tuple(_listed(row) for row in rows[:LISTED]), len(rows))
    with runtime.snapshot() as connection:
        rows = queries.calls_listed(connection, wanted, LISTED)
        return Calls(tuple(map(_listed, rows)), queries.calls_counted(connection, wanted))


def _spans(asked: CallsAsked) -> tuple[tuple[datetime, datetime], ...] | None:
    """The stretches of time that the weekday and the hour leave; None where neither was asked for."""
    if asked.weekday is None and asked.hour is None:
        return None
    count = (asked.last - asked.first).days + 1
    days = (asked.first + timedelta(days=number) for number in range(min(count, MOST_DAYS)))
    spans = []
    for day in days:
        if asked.weekday is not None and day.weekday() != asked.weekday:
            continue
        if asked.hour is None:
            spans.append(day_bounds(day))
        else:
            start = datetime.combine(day, time(asked.hour), tzinfo=SHOP_ZONE).astimezone(UTC)
            spans.append((start, start + timedelta(hours=1)))
    return tuple(spans)


def _listed(row: Row[Any]) -> CallListed:
    kind = Kind(row.kind)
    return CallListed(
        attempt_id=row.id,
        at=row.at,
        kind=kind,
        state=AttemptState(row.state),
        customer_id=row.customer_id,
        buyer=row.buyer,
        phone_masked=row.masked,
        caller=row.caller,
        outcome_label=outcome_of(kind, row.outcome).label if row.outcome else None,
        is_reached=row.is_reached,
        is_rider=bool(row.is_rider),
        owed_fen=row.owed_fen,
        note=row.note,
    )


@dataclass(frozen=True, slots=True)
class OnTheLine:
    """What somebody has on the screen: a customer since when, or a call.

    `is_missing`: its outcome should have been entered by now (R-CLAIM-1).
    """

    is_dialled: bool
    since: datetime
    is_missing: bool


def on_the_line(runtime: Runtime, now: datetime) -> dict[int, OnTheLine]:
    """Who holds a customer just now, by person."""
    with runtime.snapshot() as connection:
        rows = queries.live(connection)
        minutes = runtime.law(connection).policy.outcome_missing_minutes
    late = now - timedelta(minutes=minutes)
    return {
        row.caller_id: OnTheLine(
            row.dialled_at is not None,
            row.dialled_at or row.handed_out_at,
            row.dialled_at is not None and row.dialled_at <= late,
        )
        for row in rows
    }
