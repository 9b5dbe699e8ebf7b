"""How a month's sample stands, and how many dials a day it still needs (R-SMP-2, R-SMP-3, R-SMP-10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import samples
from campaigns.days import midnight_after
from campaigns.kinds.sampling import (
    SCORED_WANTED,
    TARGET,
    closes_at,
    first_of,
    month_of,
    opens_at,
)
from campaigns.statistics import MIN_TO_COMPARE, Interval, mean_interval
from campaigns.values import Ending, SampleState, TaskState
from scheduler.flows.sampling_list import SampleHead, read_head
from scheduler.rules.hours import slots_from
from scheduler.runtime import Law, Runtime


@dataclass(frozen=True, slots=True)
class SampleStatus:
    """One month's sample as of now; without a draw `sample` is None and nothing is counted.

    drawn         the drawn ones and who stepped in, without who was passed over: scored + unscored + open
    unscored      ended without a score, by ending
    needed        how many scored are still missing to 50
    late_because  why the plan is late, in Chinese (R-SMP-3)
    days_left     days of calling that have an open window before the close
    dials_per_day at the answer rate seen so far; None when no day is left
    """

    month: str
    sample: SampleHead | None
    drawn: int
    scored: int
    open: int
    unscored: Mapping[Ending, int]
    replaced: int
    reserves_left: int
    needed: int
    late_because: tuple[str, ...]
    short_reason: str
    satisfaction: Interval | None
    days_left: int
    dials_per_day: int | None

    @property
    def state(self) -> SampleState | None:
        """Where the sample stands; None: nothing was drawn."""
        return None if self.sample is None else self.sample.state

    @property
    def late(self) -> bool:
        """R-SMP-3. Whether the plan is late."""
        return bool(self.late_because)

    @property
    def short(self) -> bool:
        """R-SMP-2. Whether 50 scored cannot be expected."""
        return bool(self.short_reason)

    @property
    def is_too_few(self) -> bool:
        """Whether too few are scored to compare the satisfaction with another."""
        return self.scored < MIN_TO_COMPARE

    @property
    def target_met(self) -> bool:
        """R-SMP-10. Whether the satisfaction so far reaches the target."""
        return self.satisfaction is not None and self.satisfaction.mean >= TARGET


def status(runtime: Runtime, month: str, now: datetime) -> SampleStatus:
    """How the sample of a month stands. Raises UsageError for what is no month."""
    month = month_of(first_of(month))
    with runtime.snapshot() as connection:
        law = runtime.law(connection)
        row = samples.of_month(connection, month)
        if row is None:
            return _nothing_drawn(law, month, now)
        return _status(connection, law.of(row.campaign_id), row, now)


def _nothing_drawn(law: Law, month: str, now: datetime) -> SampleStatus:
    days = _days_left(law, month, now)
    expected = (law.policy.scored_share_percent, 100)
    return SampleStatus(
        month=month,
        sample=None,
        drawn=0,
        scored=0,
        open=0,
        unscored=MappingProxyType({}),
        replaced=0,
        reserves_left=0,
        needed=SCORED_WANTED,
        late_because=_late(law, month, None, now),
        short_reason="",
        satisfaction=None,
        days_left=days,
        dials_per_day=_dials_per_day(SCORED_WANTED, expected, days),
    )


def _status(connection: Connection, law: Law, row: Row[Any], now: datetime) -> SampleStatus:
    sample = read_head(connection, row)
    called = samples.standing(connection, row.id)
    scores = [one.score for one in called if one.score is not None]
    unscored = Counter(
        Ending(one.ending) for one in called if one.score is None and one.state == TaskState.CLOSED
    )
    drawn = samples.listed(connection, row.id)
    still_open = drawn - len(scores) - sum(unscored.values())
    reserves = samples.reserves_left(connection, row.id)
    needed = max(0, SCORED_WANTED - len(scores))
    days = _days_left(law, row.month, now)
    made = samples.made_calls(connection, row.id)
    share = (len(scores), made) if scores and made else (row.scored_share, 1000)
    short = sample.short_reason
    if not short and sample.state is SampleState.APPROVED:
        short = _too_few_left(len(scores), still_open, reserves, row.scored_share)
    return SampleStatus(
        month=row.month,
        sample=sample,
        drawn=drawn,
        scored=len(scores),
        open=still_open,
        unscored=MappingProxyType(dict(unscored)),
        replaced=sum(one.replaces is not None for one in called),
        reserves_left=reserves,
        needed=needed,
        late_because=_late(law, row.month, row, now),
        short_reason=short,
        satisfaction=mean_interval(scores, row.frame_size),
        days_left=days,
        dials_per_day=_dials_per_day(needed, share, days),
    )


def _too_few_left(scored: int, still_open: int, reserves: int, share: int) -> str:
    """R-SMP-2. Said as soon as no reserve is left and the open ones cannot be expected to do."""
    expected = scored + still_open * share // 1000
    if reserves or scored >= SCORED_WANTED or expected >= SCORED_WANTED:
        return ""
    return f"备选已用完，预计只有 {expected} 位评分，不足 {SCORED_WANTED} 位"


def _late(law: Law, month: str, row: Row[Any] | None, now: datetime) -> tuple[str, ...]:
    """R-SMP-3. Submitted by the end of the 27th; approved by the time calls may open.

    That is the first opening of a day after it was submitted, from the 27th on: whoever submits in
    the evening of the 27th is on time, and the approval is late from the next morning on.
    """
    submit_by = midnight_after(opens_at(first_of(month)))
    submitted = None if row is None else row.submitted_at
    if submitted is None:
        return ("27 日已过，名单还没有提交",) if now >= submit_by else ()
    if submitted >= submit_by:
        return ("名单在 27 日之后才提交",)
    assert row is not None, "it was submitted"
    if row.approved_at is None and now >= _calls_open(law, month, submitted):
        return ("可以拨打了，名单还没有批准",)
    return ()


def _calls_open(law: Law, month: str, submitted: datetime) -> datetime:
    first_day = opens_at(first_of(month))
    opens: dict[object, datetime] = {}
    for slot in slots_from(first_day, None, law.policy, law.calendar):
        opens.setdefault(slot.business_day, slot.opens)
        if opens[slot.business_day] >= submitted:
            return opens[slot.business_day]
    raise AssertionError("every day has a window (campaigns.policy), so one lies ahead")


def _days_left(law: Law, month: str, now: datetime) -> int:
    """Days with an open window between now, or the opening, and the close."""
    first = first_of(month)
    start, end = max(now, opens_at(first)), closes_at(first)
    return len(
        {
            slot.business_day
            for slot in slots_from(start, None, law.policy, law.calendar)
            if slot.opens < end
        }
    )


def _dials_per_day(needed: int, share: tuple[int, int], days: int) -> int | None:
    """So many calls a day give what is needed; `share`: so many scored ones of so many calls."""
    scored, calls = share
    if needed == 0:
        return 0
    if days == 0:
        return None
    return -(-needed * calls // (max(scored, 1) * days))
