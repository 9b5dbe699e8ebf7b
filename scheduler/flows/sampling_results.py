"""R-SMP-10: a month's satisfaction with its 95 % interval, by handler and stratum, and its trend.

Groups stand by name and by the order of the lists, never by score: this is no ranking. Below
`MIN_TO_COMPARE` scored customers a group is marked as too few to be compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from adapters.store.queries import sampling_results as queries
from adapters.store.queries.sampling_results import MonthsSample
from campaigns.kinds.sampling import TARGET, first_of
from campaigns.kinds.sampling_tally import SCALE, Sampled, Tally, tally_of
from campaigns.statistics import MIN_TO_COMPARE, Interval, mean_interval, share_interval
from campaigns.values import SampleState, ScoreOrigin, Source
from scheduler.runtime import Runtime

TREND_MONTHS = 12

KeyT = TypeVar("KeyT")


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One group of sampled customers: everybody, one handler's, one list's, or one stratum's.

    handler, source  what the group is; None: of all
    frame            how many customers it was drawn from: the population of the interval
    tally            who was called in and what came of it, non-response by its reason
    satisfaction     R-SMP-10, the mean of all scores; None where nobody scored
    without_rule     the mean of those scores only that R-SMP-8 did not set
    satisfied        the share of scores of 4 and 5, with its Wilson interval
    """

    handler: str | None
    source: Source | None
    frame: int
    tally: Tally
    satisfaction: Interval | None
    without_rule: Interval | None
    satisfied: Interval | None

    @property
    def is_too_few(self) -> bool:
        """Too few scored customers to compare it with another group."""
        return self.tally.scored < MIN_TO_COMPARE

    @property
    def content(self) -> int:
        """How many gave 4 or 5."""
        return sum(self.tally.scores[value] for value in SCALE if value >= TARGET)

    @property
    def is_target_met(self) -> bool | None:
        """R-SMP-10. Whether satisfaction is at least 4; None where nobody scored."""
        return self.tally.is_target_met


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One month: how many scored, their mean and its interval; the ends None where n allows none."""

    month: str
    n: int
    mean: float | None
    low: float | None
    high: float | None

    @property
    def is_too_few(self) -> bool:
        """Too few scored customers to compare the month with another one."""
        return self.n < MIN_TO_COMPARE


@dataclass(frozen=True, slots=True)
class SamplingResults:
    """A month's results as of an instant. `state` None: nobody has drawn a sample yet."""

    month: str
    as_of: datetime
    state: SampleState | None
    overall: GroupResult
    by_handler: tuple[GroupResult, ...]
    by_source: tuple[GroupResult, ...]
    by_stratum: tuple[GroupResult, ...]
    trend: tuple[TrendPoint, ...]


def results(runtime: Runtime, month: str, now: datetime) -> SamplingResults:
    """R-SMP-10. The results of a month such as `2026-05`, as known at `now`.

    Only who was called in for an approved sample counts. The trend is of the twelve months up to
    this one, months without a sample included. Raises UsageError for anything but a month.
    """
    months = _months_up_to(month)
    with runtime.snapshot() as connection:
        samples = {s.month: s for s in queries.samples_between(connection, months[0], months[-1])}
        rows = queries.sampled_of_months(connection, months[0], months[-1], now)
        current = samples.get(months[-1])
        frame = queries.frame_sizes(connection, current.id) if current else {}
    by_month = _grouped(rows, lambda row: row.month)
    own = by_month.get(months[-1], [])
    return SamplingResults(
        month=months[-1],
        as_of=now,
        state=current.state if current else None,
        overall=_group(own, sum(frame.values())),
        by_handler=tuple(_by_handler(own, frame)),
        by_source=tuple(_by_source(own, frame)),
        by_stratum=tuple(_by_stratum(own, frame)),
        trend=_trend(months, by_month, samples),
    )


def trend(runtime: Runtime, month: str, now: datetime) -> tuple[TrendPoint, ...]:
    """R-SMP-10. The twelve months up to this one alone. Raises UsageError for anything but a month."""
    months = _months_up_to(month)
    with runtime.snapshot() as connection:
        samples = {s.month: s for s in queries.samples_between(connection, months[0], months[-1])}
        rows = queries.sampled_of_months(connection, months[0], months[-1], now)
    by_month = _grouped(rows, lambda row: row.month)
    return _trend(months, by_month, samples)


def _trend(
    months: Iterable[str],
    by_month: Mapping[str, list[Sampled]],
    samples: Mapping[str, MonthsSample],
) -> tuple[TrendPoint, ...]:
    return tuple(_point(one, by_month.get(one, []), samples.get(one)) for one in months)


def _by_handler(own: list[Sampled], frame: Mapping[tuple[Source, str], int]) -> list[GroupResult]:
    """By name; whoever the registers do not name comes last."""
    groups = _grouped(own, lambda row: row.handler)
    handlers = sorted({handler for _, handler in frame}, key=lambda name: (not name, name))
    return [
        _group(
            groups.get(handler, []),
            sum(size for (_, one), size in frame.items() if one == handler),
            handler=handler,
        )
        for handler in handlers
    ]


def _by_source(own: list[Sampled], frame: Mapping[tuple[Source, str], int]) -> list[GroupResult]:
    """In the order in which a customer belongs to the lists (R-SMP-1)."""
    groups = _grouped(own, lambda row: row.source)
    sizes = {
        source: sum(size for (one, _), size in frame.items() if one is source) for source in Source
    }
    return [
        _group(groups.get(source, []), size, source=source)
        for source, size in sizes.items()
        if size
    ]


def _by_stratum(own: list[Sampled], frame: Mapping[tuple[Source, str], int]) -> list[GroupResult]:
    """R-SMP-1. Source and handler, in the order of both."""
    groups = _grouped(own, lambda row: (row.source, row.handler))
    places = {source: place for place, source in enumerate(Source)}
    strata = sorted(frame, key=lambda one: (places[one[0]], not one[1], one[1]))
    return [
        _group(groups.get(one, []), frame[one], source=one[0], handler=one[1]) for one in strata
    ]


def _group(
    rows: list[Sampled], frame: int, *, handler: str | None = None, source: Source | None = None
) -> GroupResult:
    scores = [row.score for row in rows if row.score is not None]
    own = [r.score for r in rows if r.score is not None and r.origin is not ScoreOrigin.RULE]
    return GroupResult(
        handler=handler,
        source=source,
        frame=frame,
        tally=tally_of(rows),
        satisfaction=mean_interval(scores, frame),
        without_rule=mean_interval(own, frame),
        satisfied=share_interval(sum(value >= TARGET for value in scores), len(scores)),
    )


def _point(month: str, rows: Iterable[Sampled], of: MonthsSample | None) -> TrendPoint:
    scores = [row.score for row in rows if row.score is not None]
    interval = mean_interval(scores, of.frame_size if of else 0)
    if interval is None:
        return TrendPoint(month, 0, None, None, None)
    return TrendPoint(month, interval.n, interval.mean, interval.low, interval.high)


def _grouped(rows: Iterable[Sampled], key: Callable[[Sampled], KeyT]) -> dict[KeyT, list[Sampled]]:
    groups: dict[KeyT, list[Sampled]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _months_up_to(month: str) -> list[str]:
    """The twelve months that end with this one, oldest first."""
    day = first_of(month)
    last = day.year * 12 + day.month - 1
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(last - TREND_MONTHS + 1, last + 1)]
