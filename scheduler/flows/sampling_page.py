"""The sampling month as leaders and supervisors see it: plan, population, list, progress (R-SMP-1…3)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import samples, sampling_pages
from adapters.store.queries.registers import entries_of_month
from campaigns.days import business_day
from campaigns.kinds.sampling import first_of, last_of, month_of, opens_at
from campaigns.sampling_draw import Entry, Stratum, merge
from campaigns.values import Ending, SampleState, Source, TaskState
from scheduler.flows.sampling_list import LeftOut, Member, Sample, SampleHead, read
from scheduler.flows.sampling_results import SamplingResults, results
from scheduler.flows.sampling_status import SampleStatus, status
from scheduler.runtime import Runtime

LISTED = 300
"""Members on one page; the filters narrow, the ledger holds all."""


class Standing(StrEnum):
    """Where somebody of the frame stands."""

    DRAWN = "drawn"
    OPEN = "open"
    SCORED = "scored"
    UNSCORED = "unscored"
    RESERVE = "reserve"
    PASSED_OVER = "passed_over"


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One customer of the frame; `replaces` and `replaced_by` are places in the list.

    reason, suggestion  what the customer said, whoever corrected the score afterwards (R-SMP-4)
    why                 what the reviewer wrote (R-SMP-12)
    """

    member: Member
    standing: Standing
    ending: Ending | None
    score: int | None
    replaces: int | None
    replaced_by: int | None
    reason: str
    suggestion: str
    why: str


@dataclass(frozen=True, slots=True)
class StratumLine:
    """One stratum: how many are in the frame, on the list, how they ended, who is left."""

    stratum: Stratum
    frame: int
    counts: Mapping[Standing, int]

    def of(self, *standings: Standing) -> int:
        """How many stand so."""
        return sum(self.counts.get(one, 0) for one in standings)

    @property
    def listed(self) -> int:
        """Drawn, or called in for somebody."""
        return self.of(Standing.DRAWN, Standing.OPEN, Standing.SCORED, Standing.UNSCORED)

    @property
    def reserves(self) -> int:
        """Who could still step in."""
        return self.of(Standing.RESERVE)


@dataclass(frozen=True, slots=True)
class LeftOutGroup:
    """Who was left out for the same reason."""

    rules: tuple[str, ...]
    reason: str
    members: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which of the list are shown; `standing` None: everybody on it, the reserves not."""

    standing: Standing | None = None
    source: Source | None = None
    handler: str | None = None
    words: str = ""

    def admits(self, line: MemberLine) -> bool:
        """Whether somebody is shown."""
        member = line.member
        if self.standing is None:
            is_wanted = line.standing not in (Standing.RESERVE, Standing.PASSED_OVER)
        else:
            is_wanted = line.standing is self.standing
        return (
            is_wanted
            and self.source in (None, member.source)
            and self.handler in (None, member.handler)
            and (not self.words or self.words in member.buyer or self.words == member.order_no)
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """What moves while calls are made, as of `at`.

    short_of  strata that have nobody left to step in while somebody may still be lost (R-SMP-2)
    """

    month: str
    at: datetime
    status: SampleStatus
    short_of: tuple[Stratum, ...]


@dataclass(frozen=True, slots=True)
class PlanPage:
    """One month. Before the draw `population` is what the registers say, rules not yet asked.

    results   of an approved sample; None before
    submit_by the last day on which the list is in time (R-SMP-3)
    """

    at: datetime
    month: str
    months: tuple[str, ...]
    is_current: bool
    status: SampleStatus
    results: SamplingResults | None
    population: tuple[StratumLine, ...]
    left_out: tuple[LeftOutGroup, ...]
    members: tuple[MemberLine, ...]
    found: int
    submit_by: date
    last_day: date

    @property
    def calls_from(self) -> date:
        """R-SMP-3. The first day on which an approved list is called."""
        return business_day(opens_at(first_of(self.month)))

    @property
    def is_waiting(self) -> bool:
        """R-SMP-3. Whether that day has not come yet."""
        return business_day(self.at) < self.calls_from

    @property
    def sample(self) -> SampleHead | None:
        """The draw that counts."""
        return self.status.sample

    @property
    def frame(self) -> int:
        """How many customers there are to draw from."""
        return sum(line.frame for line in self.population)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The lists that somebody belongs to, in their order."""
        known = {line.stratum.source for line in self.population}
        return tuple(source for source in Source if source in known)

    @property
    def handlers(self) -> tuple[str, ...]:
        """Whom the lists name, by name; nobody last."""
        names = {line.stratum.handler for line in self.population}
        return tuple(sorted(names, key=lambda name: (not name, name)))

    @property
    def progress(self) -> Progress:
        """The part that moves."""
        return Progress(self.month, self.at, self.status, _short_of(self.population))

    def line_of(self, source: Source, handler: str) -> StratumLine | None:
        """One cell of the table of the population."""
        wanted = Stratum(source, handler)
        return next((line for line in self.population if line.stratum == wanted), None)


def plan_page(runtime: Runtime, month: str, now: datetime, wanted: Filter) -> PlanPage:
    """Everything about one month's sample. Raises UsageError for what is no month."""
    first = first_of(month)
    named, current = month_of(first), month_of(business_day(now))
    stands = status(runtime, named, now)
    with runtime.snapshot() as connection:
        known = _months(connection, named, current)
        row = samples.of_month(connection, named)
        made = None if row is None else read(connection, row)
        lines: list[MemberLine] = []
        if made is None:
            population = _registered(connection, first, now)
        else:
            said = sampling_pages.words(connection, made.id)
            lines = _member_lines(made, samples.standing(connection, made.id), said)
            population = _strata(lines)
    is_approved = made is not None and made.state is SampleState.APPROVED
    shown = [line for line in lines if wanted.admits(line)]
    return PlanPage(
        at=now,
        month=named,
        months=known,
        is_current=named == current,
        status=stands,
        results=results(runtime, named, now) if is_approved else None,
        population=tuple(population),
        left_out=_left_out(made),
        members=tuple(shown[:LISTED]),
        found=len(shown),
        submit_by=first.replace(day=27),
        last_day=last_of(first),
    )


def progress(runtime: Runtime, month: str, now: datetime) -> Progress:
    """How far the month is; asked for often. Raises UsageError for what is no month."""
    stands = status(runtime, month, now)
    used_up: list[Stratum] = []
    if stands.sample is not None:
        with runtime.snapshot() as connection:
            found = samples.used_up(connection, stands.sample.id)
        used_up = sorted((Stratum(Source(r.source), r.handler) for r in found), key=_place)
    return Progress(stands.month, now, stands, tuple(used_up))


def months_to_choose(runtime: Runtime, month: str, now: datetime) -> tuple[str, ...]:
    """Months with a sample, this month and the one that is shown, the newest first.

    Raises UsageError for what is no month.
    """
    with runtime.snapshot() as connection:
        return _months(connection, month_of(first_of(month)), month_of(business_day(now)))


def _months(connection: Connection, *more: str) -> tuple[str, ...]:
    return tuple(sorted({*sampling_pages.months(connection), *more}, reverse=True))


def _short_of(population: Iterable[StratumLine]) -> tuple[Stratum, ...]:
    """R-SMP-2. Strata where nobody could step in."""
    return tuple(
        line.stratum
        for line in population
        if line.of(Standing.OPEN, Standing.DRAWN) and not line.reserves
    )


def _registered(connection: Connection, first: date, now: datetime) -> list[StratumLine]:
    """R-SMP-1. Who stands in the registers of the month, before anything is drawn."""
    rows = entries_of_month(connection, first, last_of(first) + timedelta(days=1), now)
    candidates = merge(
        Entry(row.customer_id, Source(row.source), row.handler, row.entered_on, row=place)
        for place, row in enumerate(rows)
    )
    counts = Counter(one.stratum for one in candidates)
    return [StratumLine(stratum, counts[stratum], {}) for stratum in sorted(counts, key=_place)]


def _member_lines(
    made: Sample, called: list[Row[Any]], said: Mapping[int, Row[Any]]
) -> list[MemberLine]:
    by_id = {row.id: row for row in called}
    rank = {member.id: member.rank for member in made.members}
    successor = {m.replaces: m.rank for m in made.members if m.replaces is not None}
    lines = []
    for member in made.members:
        row, words = by_id.get(member.id), said.get(member.id)
        lines.append(
            MemberLine(
                member=member,
                standing=_standing(member, row),
                ending=None if row is None or row.ending is None else Ending(row.ending),
                score=None if row is None else row.score,
                replaces=None if member.replaces is None else rank[member.replaces],
                replaced_by=successor.get(member.id),
                reason=(words.reason or "") if words else "",
                suggestion=(words.suggestion or "") if words else "",
                why=(words.why or "") if words else "",
            )
        )
    return lines


def _standing(member: Member, row: Row[Any] | None) -> Standing:
    if row is None:
        if member.passed_over_rule is not None:
            return Standing.PASSED_OVER
        return Standing.RESERVE if member.is_reserve else Standing.DRAWN
    if row.score is not None:
        return Standing.SCORED
    return Standing.UNSCORED if row.state == TaskState.CLOSED else Standing.OPEN


def _strata(lines: list[MemberLine]) -> list[StratumLine]:
    by_stratum: dict[Stratum, Counter[Standing]] = defaultdict(Counter)
    for line in lines:
        by_stratum[Stratum(line.member.source, line.member.handler)][line.standing] += 1
    return [
        StratumLine(stratum, by_stratum[stratum].total(), by_stratum[stratum])
        for stratum in sorted(by_stratum, key=_place)
    ]


def _place(stratum: Stratum) -> tuple[int, bool, str]:
    """R-SMP-1. In the order of the lists, then by name, nobody last."""
    return list(Source).index(stratum.source), not stratum.handler, stratum.handler


def _left_out(made: Sample | None) -> tuple[LeftOutGroup, ...]:
    groups: dict[tuple[tuple[str, ...], str], list[LeftOut]] = defaultdict(list)
    for one in made.left_out if made is not None else ():
        groups[one.rules, one.reason].append(one)
    largest_first = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(LeftOutGroup(*key, tuple(members)) for key, members in largest_first)
