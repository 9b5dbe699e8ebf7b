"""R-SMP-1, R-SMP-2: odd frames, odd names and odd seeds."""

from __future__ import annotations

from collections import Counter

import pytest

from campaigns.sampling_draw import (
    SEED_MAX,
    Candidate,
    Stratum,
    allocate,
    frame_hash,
    list_hash,
    ordered,
    wanted,
)
from campaigns.values import Source

BIG = Stratum(Source.AFTER_SALES, "张三")


def frame(sizes: dict[Stratum, int]) -> list[Candidate]:
    """So many customers of each stratum."""
    strata = [stratum for stratum, size in sizes.items() for _ in range(size)]
    return [Candidate(number, one.source, one.handler) for number, one in enumerate(strata, 1)]


def test_r_smp_1_one_large_stratum_and_thirty_of_one() -> None:
    sizes = {BIG: 500} | {Stratum(Source.PARCELS, f"快递{i:02d}"): 1 for i in range(30)}
    seats = allocate(sizes, 60)
    assert sum(seats.values()) == 60
    assert seats[BIG] == 56  # its quota is 56.6; whoever would have nobody comes first
    drawn = ordered(frame(sizes), 7, 60)
    assert Counter(one.candidate.stratum for one in drawn if not one.is_reserve) == {
        stratum: count for stratum, count in seats.items() if count
    }


@pytest.mark.parametrize("seed", [0, 1, SEED_MAX, -1])
@pytest.mark.parametrize("size", [0, 1, 59, 60, 61])
def test_r_smp_2_a_frame_about_as_large_as_the_draw(size: int, seed: int) -> None:
    drawn = ordered(frame({BIG: size}), seed, 60)
    assert sum(not one.is_reserve for one in drawn) == min(size, 60)
    assert [one.rank for one in drawn] == list(range(1, size + 1))
    again = ordered(reversed(frame({BIG: size})), seed, 60)
    assert list_hash(again) == list_hash(drawn)


@pytest.mark.parametrize(
    ("share", "many"), [(1000, 60), (833, 61), (850, 60), (1, 50_000), (0, 50_000)]
)
def test_r_smp_2_the_smallest_share_has_a_number(share: int, many: int) -> None:
    assert wanted(share) == many


def test_r_smp_1_handlers_with_strokes_in_their_names_stay_apart() -> None:
    names = ("张/三", "张", "三", "张|三", "")
    found = {str(Stratum(Source.AFTER_SALES, name)) for name in names}
    assert len(found) == len(names)
    hashes = {frame_hash([Candidate(1, Source.AFTER_SALES, name)]) for name in names}
    assert len(hashes) == len(names)


def test_r_smp_1_vips_only_and_nobody_named() -> None:
    seats = allocate({Stratum(Source.VIP, ""): 200}, 60)
    assert seats == {Stratum(Source.VIP, ""): 60}
