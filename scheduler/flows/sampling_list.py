"""A month's sample as it is read: its list by rank, who may not be drawn, whether it suffices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import samples
from campaigns.kinds.sampling import SCORED_WANTED
from campaigns.sampling_draw import Candidate, Drawn, Stratum
from campaigns.values import SampleState, Source


@dataclass(frozen=True, slots=True)
class Member:
    """One customer of the frame. `called_in_at`: since when they are to be called; None: not yet.

    `replaces` is the id of the member they stepped in for; `passed_over_rule` says why a reserve
    was not called when its turn came. `id` is 0 in a draw that was only repeated.
    """

    id: int
    rank: int
    customer_id: int
    buyer: str
    source: Source
    handler: str
    order_no: str | None
    entered_on: date | None
    detail: str | None
    is_reserve: bool
    replaces: int | None = None
    passed_over_rule: str | None = None
    task_id: int | None = None
    called_in_at: datetime | None = None

    @classmethod
    def of(cls, drawn: Drawn, buyer: str) -> Member:
        """The member as it comes out of a draw."""
        one = drawn.candidate
        return cls(
            id=0,
            rank=drawn.rank,
            customer_id=one.customer_id,
            buyer=buyer,
            source=one.source,
            handler=one.handler,
            order_no=one.order_no,
            entered_on=one.entered_on,
            detail=one.detail,
            is_reserve=drawn.is_reserve,
        )

    @property
    def stratum(self) -> str:
        """Source and handler, e.g. `after_sales/张三`."""
        return str(Stratum(self.source, self.handler))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A customer of the registers who may not be drawn: by which rules, in Chinese why."""

    customer_id: int
    buyer: str
    rules: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class SampleHead:
    """One month's draw without its frame, which holds every customer of the registers.

    wanted        how many were to be drawn (R-SMP-2)
    scored_share  the expected share of scored that it follows from, per mille
    redraws       how many earlier draws of the month it took the place of
    short         the population is too small for 50 scored; `short_reason` says so in Chinese
    """

    id: int
    month: str
    state: SampleState
    seed: int
    wanted: int
    scored_share: int
    frame_size: int
    frame_hash: str
    list_hash: str | None
    drawn_at: datetime
    drawn_by: str
    submitted_at: datetime | None
    submitted_by: str | None
    approved_at: datetime | None
    approved_by: str | None
    redraws: int
    short_reason: str

    @property
    def short(self) -> bool:
        """R-SMP-2. Whether the population is too small."""
        return bool(self.short_reason)


@dataclass(frozen=True, slots=True)
class Sample(SampleHead):
    """One month's draw with its whole frame, by rank.

    `is_as_stored` of a repeated draw: it came out as it was stored.
    """

    members: tuple[Member, ...]
    left_out: tuple[LeftOut, ...]
    is_as_stored: bool = True


def read_head(connection: Connection, row: Row[Any]) -> SampleHead:
    """A stored sample as it is told of in a line, whatever the size of its frame."""
    return SampleHead(**_told(connection, row))


def read(connection: Connection, row: Row[Any]) -> Sample:
    """A stored sample with everything that belongs to it."""
    return Sample(
        **_told(connection, row),
        members=tuple(_member(one) for one in samples.members(connection, row.id)),
        left_out=tuple(
            LeftOut(one.customer_id, one.buyer, tuple(one.rules.split()), one.reason)
            for one in samples.left_out(connection, row.id)
        ),
    )


def _told(connection: Connection, row: Row[Any]) -> dict[str, Any]:
    drawn = min(row.wanted, row.frame_size)  # `allocate` gives out exactly so many seats
    return {
        **{name: getattr(row, name) for name in _COLUMNS},
        "state": SampleState(row.state),
        "redraws": samples.replaced_count(connection, row.month),
        "short_reason": why_too_small(row.frame_size, drawn, row.scored_share),
    }


_COLUMNS = (
    "id",
    "month",
    "seed",
    "wanted",
    "scored_share",
    "frame_size",
    "frame_hash",
    "list_hash",
    "drawn_at",
    "drawn_by",
    "submitted_at",
    "submitted_by",
    "approved_at",
    "approved_by",
)


def _member(row: Row[Any]) -> Member:
    return Member(
        id=row.id,
        rank=row.rank,
        customer_id=row.customer_id,
        buyer=row.buyer,
        source=Source(row.source),
        handler=row.handler,
        order_no=row.order_no,
        entered_on=row.entered_on,
        detail=row.detail,
        is_reserve=row.is_reserve,
        replaces=row.replaces,
        passed_over_rule=row.passed_over_rule,
        task_id=row.task_id,
        called_in_at=row.called_in_at,
    )


def candidate_of(member: Member) -> Candidate:
    """What the draw knew of a member."""
    return Candidate(
        member.customer_id,
        member.source,
        member.handler,
        member.order_no,
        member.entered_on,
        member.detail,
    )


def why_too_small(frame: int, drawn: int, scored_share: int) -> str:
    """R-SMP-2. Why a draw cannot be expected to give 50 scored, in Chinese; empty where it can."""
    if frame < SCORED_WANTED:
        return f"可抽的客户只有 {frame} 位，不足 {SCORED_WANTED} 位"
    if frame == drawn and drawn * scored_share < SCORED_WANTED * 1000:
        expected = drawn * scored_share // 1000
        return f"全部 {drawn} 位都已抽中，没有备选；预计只有 {expected} 位评分，不足 {SCORED_WANTED} 位"
    return ""
