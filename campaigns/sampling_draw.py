"""The draw of a month's sample (R-SMP-1, R-SMP-2): merged, shared out, ordered by hash.

Pure and portable: the same frame and seed give the same list on any machine and in any language
that has SHA-256, so that the draw can be repeated and audited. Decision 0023 says why.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from campaigns.kinds.sampling import DRAWN_AT_LEAST, SCORED_WANTED
from campaigns.values import Source

_PRECEDENCE = {source: place for place, source in enumerate(Source)}

SEED_MAX = 2**63 - 1
"""The largest seed that a database keeps."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a register; of two of one day the larger `row` is the later one.

    `entered_on` None: a VIP, of every month. `handler` empty: nobody is named.
    """

    customer_id: int
    source: Source
    handler: str = ""
    entered_on: date | None = None
    order_no: str | None = None
    detail: str | None = None
    row: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Stratum:
    """Source and handler: what the sample is stratified by."""

    source: Source
    handler: str

    def __str__(self) -> str:
        return f"{self.source}/{self.handler}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One customer of the frame: the list they belong to, and its latest entry."""

    customer_id: int
    source: Source
    handler: str
    order_no: str | None = None
    entered_on: date | None = None
    detail: str | None = None

    @property
    def stratum(self) -> Stratum:
        """Where the customer is drawn."""
        return Stratum(self.source, self.handler)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A customer's place in the order of calling; `is_reserve`: not drawn, in reserve."""

    candidate: Candidate
    rank: int
    is_reserve: bool


def merge(entries: Iterable[Entry]) -> list[Candidate]:
    """R-SMP-1. Every customer once, by id: the first of their lists, the latest handler.

    The handler is that of the latest dated entry over all lists; of several of one day the first
    list's counts, of these the later row's. Order, day and detail are those of the latest entry of
    the customer's own list.
    """
    by_customer: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_customer[entry.customer_id].append(entry)
    return [_merged(by_customer[customer_id]) for customer_id in sorted(by_customer)]


def _merged(entries: list[Entry]) -> Candidate:
    source = min((entry.source for entry in entries), key=_PRECEDENCE.__getitem__)
    latest = max(entries, key=_age)
    own = max((entry for entry in entries if entry.source is source), key=_age)
    return Candidate(
        customer_id=own.customer_id,
        source=source,
        handler=latest.handler,
        order_no=own.order_no,
        entered_on=own.entered_on,
        detail=own.detail,
    )


def _age(entry: Entry) -> tuple[date, int, int]:
    return entry.entered_on or date.min, -_PRECEDENCE[entry.source], entry.row


def wanted(share_permille: int) -> int:
    """R-SMP-2. How many are to be drawn: at least 60, and 50 ÷ the expected share of scored."""
    needed = -(-SCORED_WANTED * 1000 // max(share_permille, 1))
    return max(DRAWN_AT_LEAST, needed)


def allocate(sizes: Mapping[Stratum, int], n: int) -> dict[Stratum, int]:
    """R-SMP-1. How many of each stratum are drawn, `n` together: in proportion to its size.

    Every quota is rounded up or down, never further. The seats that rounding down leaves go first to
    handlers who would have none, then by the largest remainder; ties in the order of the strata. Of
    a population not larger than `n` everybody is drawn.
    """
    total = sum(sizes.values())
    if n >= total:
        return dict(sizes)
    seats = {stratum: n * size // total for stratum, size in sizes.items()}
    remainders = {stratum: n * size % total for stratum, size in sizes.items()}
    roundable = [
        stratum
        for stratum in sorted(sizes, key=lambda s: (-remainders[s], _PRECEDENCE[s.source], s))
        if remainders[stratum] > 0
    ]
    seen = {stratum.handler for stratum, count in seats.items() if count > 0}
    without: dict[str, Stratum] = {}
    for stratum in roundable:
        if stratum.handler not in seen:
            without.setdefault(stratum.handler, stratum)
    # Where nobody is named there is nobody who could be missing.
    first = sorted(without.values(), key=lambda stratum: not stratum.handler)
    for stratum in [*first, *(s for s in roundable if s not in first)][: n - sum(seats.values())]:
        seats[stratum] += 1
    return seats


def ordered(frame: Iterable[Candidate], seed: int, n: int) -> list[Drawn]:
    """R-SMP-1, R-SMP-2. Everybody of the frame by rank: whoever is drawn, then the reserves.

    The order within a stratum, and of the whole, is that of SHA-256 over `seed:customer_id`; so it
    does not depend on the order in which the frame comes.
    """
    by_hash = sorted(frame, key=lambda one: _place(seed, one.customer_id))
    sizes: dict[Stratum, int] = defaultdict(int)
    for one in by_hash:
        sizes[one.stratum] += 1
    seats = allocate(sizes, n)
    drawn: list[Candidate] = []
    reserves: list[Candidate] = []
    for one in by_hash:
        if seats[one.stratum] > 0:
            seats[one.stratum] -= 1
            drawn.append(one)
        else:
            reserves.append(one)
    return [
        Drawn(one, rank, rank > len(drawn)) for rank, one in enumerate([*drawn, *reserves], start=1)
    ]


def _place(seed: int, customer_id: int) -> tuple[str, int]:
    return _sha256(f"{seed}:{customer_id}"), customer_id


def frame_hash(frame: Iterable[Candidate]) -> str:
    """SHA-256 of the frame: its lines `customer|source|handler`, sorted, joined by line feeds."""
    return _sha256(
        "\n".join(sorted(f"{one.customer_id}|{one.source}|{one.handler}" for one in frame))
    )


def list_hash(drawn: Iterable[Drawn]) -> str:
    """SHA-256 of the list: its lines `rank|customer|stratum|reserve` by rank, reserve 0 or 1."""
    by_rank = sorted(drawn, key=lambda one: one.rank)
    return _sha256(
        "\n".join(
            f"{one.rank}|{one.candidate.customer_id}|{one.candidate.stratum}|{one.is_reserve:d}"
            for one in by_rank
        )
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
