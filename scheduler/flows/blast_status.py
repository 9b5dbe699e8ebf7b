"""How far mass messages are: counts, failures by reason, receipts by number; and sending one (R-MSG-2)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from adapters.clock import rest
from adapters.store.queries import blasts
from campaigns.errors import NotFoundError
from campaigns.text_codes import words_of_code
from campaigns.values import BlastState, Kind, LineName, SmsState
from scheduler.flows.blast_choice import LeftOut, Part
from scheduler.flows.text_pace import LinePace, ToldPace
from scheduler.flows.text_sending import send_due
from scheduler.flows.text_troubles import line_gone
from scheduler.runtime import Runtime

LISTED = 100
TEXTS_LISTED = 50
"""Texts on one page."""
_STEP = 20
"""Texts sent between two looks at the progress."""
_PATIENCE = timedelta(seconds=30)
_PAUSE = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(minutes=2)
"""How long a line that takes nothing is waited for."""


@dataclass(frozen=True, slots=True)
class BlastListed:
    """One mass message in the list.

    covers_kind  it is for every campaign of its kind; `campaign` is only the first of them
    counts       its texts by state; empty before it was approved
    """

    id: int
    kind: Kind
    campaign: str
    covers_kind: bool
    include_uncalled: bool
    script_id: str
    state: BlastState
    created_at: datetime
    created_by: str
    approved_by: str | None
    pause_reason: str | None
    counts: Mapping[SmsState, int]

    @property
    def total(self) -> int:
        """How many texts it has, whatever became of them."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class BlastStatus:
    """R-MSG-2. Where a mass message stands.

    sent         went out and no receipt says more yet; `delivered` and `failed` are what receipts say
    failed       how many by the line's code, said by `why_failed`; `withdrawn` how many by rule
    next_at      when the next text may go; None: nothing waits
    held_up      why what waits cannot go at all; None: it can
    segments, cost_fen  of everything that went out
    """

    head: BlastListed
    line: LineName
    per_minute: int
    queued: int
    sending: int
    sent: int
    delivered: int
    unknown: int
    failed: Mapping[str, int]
    why_failed: Mapping[str, str]
    withdrawn: Mapping[str, int]
    segments: int
    cost_fen: int
    next_at: datetime | None
    held_up: str | None
    left_out: tuple[LeftOut, ...]

    @property
    def total(self) -> int:
        """Every text of it, whatever became of it."""
        return self.done + self.queued + self.sending

    @property
    def done(self) -> int:
        """Texts with which nothing more is to be done."""
        settled = self.sent + self.delivered + self.unknown
        return settled + sum(self.failed.values()) + sum(self.withdrawn.values())


@dataclass(frozen=True, slots=True)
class TextSeen:
    """R-MSG-2. What became of one number's text; the number is masked (R-PII-1).

    `reason`: in words, also where the line gave nothing but its code.
    """

    id: str
    customer_id: int
    buyer: str
    phone_masked: str
    wording: str
    state: SmsState
    at: datetime | None
    error_code: str | None
    reason: str | None
    rule: str | None


def listing(runtime: Runtime) -> list[BlastListed]:
    """The mass messages, the newest first."""
    with runtime.snapshot() as connection:
        rows = blasts.listed(connection, LISTED)
        counted = blasts.counts(connection, [row.id for row in rows])
    by_blast: defaultdict[int, dict[SmsState, int]] = defaultdict(dict)
    for one in counted:
        by_blast[one.blast_id][SmsState(one.state)] = one.number
    return [_head(row, by_blast[row.id]) for row in rows]


def _head(row: Row[Any], counts: Mapping[SmsState, int]) -> BlastListed:
    return BlastListed(
        id=row.id,
        kind=Kind(row.kind),
        campaign=row.campaign_name,
        covers_kind=bool(row.covers_kind),
        include_uncalled=bool(row.include_uncalled),
        script_id=row.script_id,
        state=BlastState(row.state),
        created_at=row.created_at,
        created_by=row.created_by,
        approved_by=row.approved_by,
        pause_reason=row.pause_reason,
        counts=counts,
    )


def status(runtime: Runtime, blast_id: int) -> BlastStatus:
    """Where it stands now. Raises NotFoundError."""
    with runtime.snapshot() as connection:
        row = blasts.seen(connection, blast_id)
        if row is None:
            raise NotFoundError(f"没有这次群发：{blast_id}", field="blast")
        counts = blasts.tally(connection, blast_id)
        left_out = blasts.left_out(connection, blast_id)
        next_at = blasts.next_due(connection, blast_id)
        held_up = line_gone(runtime, connection, blast_id)
    by_state: Counter[SmsState] = Counter()
    failed: Counter[str] = Counter()
    why_failed: dict[str, str] = {}
    withdrawn: Counter[str] = Counter()
    segments = 0
    for one in counts:
        state = SmsState(one.state)
        by_state[state] += one.number
        if state is SmsState.FAILED:
            code = one.error_code or "unknown"
            failed[code] += one.number
            why_failed[code] = words_of_code(code, one.reason)
        elif state is SmsState.WITHDRAWN:
            withdrawn[one.rule] += one.number
        if state in (SmsState.SENT, SmsState.DELIVERED, SmsState.UNKNOWN):
            segments += one.segments
    return BlastStatus(
        head=_head(row, by_state),
        line=LineName(row.line),
        per_minute=row.per_minute,
        queued=by_state[SmsState.QUEUED],
        sending=by_state[SmsState.SENDING],
        sent=by_state[SmsState.SENT],
        delivered=by_state[SmsState.DELIVERED],
        unknown=by_state[SmsState.UNKNOWN],
        failed=dict(sorted(failed.items())),
        why_failed=why_failed,
        withdrawn=dict(sorted(withdrawn.items())),
        segments=segments,
        cost_fen=segments * row.segment_fen,
        next_at=next_at,
        held_up=held_up,
        left_out=tuple(
            LeftOut(r.customer_id, r.buyer, tuple(r.rules.split()), r.reason) for r in left_out
        ),
    )


def texts_of(runtime: Runtime, blast_id: int, page: int = 1) -> list[TextSeen]:
    """What became of each number's text, what failed in front; so many a page, from page 1."""
    with runtime.snapshot() as connection:
        total = sum(one.number for one in blasts.counts(connection, [blast_id]))
        skip = Part(TEXTS_LISTED, page).skip(total)
        rows = blasts.texts_of(connection, blast_id, TEXTS_LISTED, skip)
    return [
        TextSeen(
            row.id,
            row.customer_id,
            row.buyer,
            row.masked,
            row.wording,
            SmsState(row.state),
            row.at,
            row.error_code,
            words_of_code(row.error_code, row.reason) if row.error_code else row.reason,
            row.rule,
        )
        for row in rows
    ]


def send_all(
    runtime: Runtime,
    blast_id: int,
    tell: Callable[[int, int], None],
    *,
    at: datetime | None = None,
) -> BlastStatus:
    """Send a started mass message until it is done, paused, or its windows have closed.

    `at`: a training shop's told time, which goes on by the pace without waiting. `tell(done, total)`
    after every few texts.
    """
    pace = ToldPace(at) if at is not None else LinePace(runtime, _PATIENCE)
    waited = timedelta()
    while True:
        asked = send_due(runtime, limit=_STEP, blast_id=blast_id, pace=pace, start=at)
        now = status(runtime, blast_id)
        tell(now.done, now.total)
        if now.head.state is not BlastState.SENDING or (now.held_up and not asked):
            return now
        if asked:
            waited = timedelta()
            continue
        is_held_up = at is None and now.next_at is not None and now.next_at <= runtime.now()
        if not is_held_up or waited >= _LONGEST_WAIT:
            return now
        rest(_PAUSE)  # the line asked for a moment, or answers nothing that can be used
        waited += _PAUSE
