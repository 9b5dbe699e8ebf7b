"""R-SMP-1, R-SMP-2: the draw as a pure function, by examples and by properties."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.sampling_draw import (
    Candidate,
    Entry,
    Stratum,
    allocate,
    frame_hash,
    list_hash,
    merge,
    ordered,
    wanted,
)
from campaigns.values import Source

AFTER, PARCELS, REVIEWS, VIP = Source

HANDLERS = st.sampled_from(["", "张三", "李四", "王五", "赵六", "孙七"])
STRATA = st.builds(Stratum, st.sampled_from(Source), HANDLERS)
SIZES = st.dictionaries(STRATA, st.integers(1, 60), min_size=1, max_size=24)
SEEDS = st.integers(0, 2**63 - 1)


@st.composite
def frames(draw: st.DrawFn) -> list[Candidate]:
    strata = draw(st.lists(STRATA, max_size=80))
    return [Candidate(i, s.source, s.handler) for i, s in enumerate(strata, start=1)]


# --- merging -------------------------------------------------------------------------------------


def entry(source: Source, day: int | None, handler: str, row: int = 0, **more: str) -> Entry:
    on = None if day is None else date(2025, 5, day)
    return Entry(7, source, handler, on, row=row, **more)


def test_r_smp_1_a_customer_of_several_lists_belongs_to_the_first_with_the_latest_handler() -> None:
    rows = [
        entry(AFTER, 3, "张三", order_no="A1"),
        entry(REVIEWS, 20, "李四", order_no="R1"),
        entry(VIP, None, ""),
    ]
    (one,) = merge(rows)
    assert (one.source, one.handler, one.order_no) == (AFTER, "李四", "A1")
    assert one.entered_on == date(2025, 5, 3)
    assert str(one.stratum) == "after_sales/李四"


def test_r_smp_1_the_latest_entry_of_the_own_list_tells_order_and_detail() -> None:
    rows = [
        entry(PARCELS, 9, "张三", order_no="P2", detail="破损"),
        entry(PARCELS, 2, "李四", order_no="P1", detail="丢件"),
    ]
    for some_order in permutations(rows):
        (one,) = merge(some_order)
        assert (one.order_no, one.detail, one.handler) == ("P2", "破损", "张三")


@pytest.mark.parametrize(
    ("rows", "handler"),
    [
        ([entry(PARCELS, 5, "李四", 9), entry(AFTER, 5, "张三", 1)], "张三"),
        ([entry(AFTER, 5, "张三", 1), entry(AFTER, 5, "王五", 2)], "王五"),
        ([entry(VIP, None, "王五", 9), entry(REVIEWS, 1, "李四", 1)], "李四"),
        ([entry(VIP, None, "", 9)], ""),
    ],
)
def test_r_smp_1_of_one_day_the_first_list_decides_then_the_later_row(
    rows: list[Entry], handler: str
) -> None:
    for some_order in permutations(rows):
        assert [one.handler for one in merge(some_order)] == [handler]


# --- how many ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "drawn"), [(850, 60), (1000, 60), (834, 60), (833, 61), (500, 100), (1, 50_000)]
)
def test_r_smp_2_sixty_or_fifty_by_the_expected_share_of_scored(share: int, drawn: int) -> None:
    assert wanted(share) == drawn


def test_r_smp_2_no_share_at_all_draws_everybody_there_could_be() -> None:
    assert wanted(0) == 50_000


# --- shares of the strata ------------------------------------------------------------------------


@given(SIZES, st.integers(0, 400))
def test_r_smp_1_every_quota_is_rounded_up_or_down_only(sizes: dict[Stratum, int], n: int) -> None:
    seats, total = allocate(sizes, n), sum(sizes.values())
    assert sum(seats.values()) == min(n, total)
    for stratum, size in sizes.items():
        assert 0 <= seats[stratum] <= size
        if n < total:
            assert abs(seats[stratum] - Fraction(n * size, total)) < 1


@given(SIZES, st.integers(0, 400))
def test_r_smp_1_no_seat_goes_to_rounding_while_a_handler_has_none(
    sizes: dict[Stratum, int], n: int
) -> None:
    seats, total = allocate(sizes, n), sum(sizes.values())
    if n >= total:
        return
    extra = n - sum(n * size // total for size in sizes.values())
    floors: Counter[str] = Counter()
    for stratum, size in sizes.items():
        floors[stratum.handler] += n * size // total
    without = [handler for handler, count in floors.items() if handler and count == 0]
    given_to = Counter[str]()
    for stratum, count in seats.items():
        given_to[stratum.handler] += count
    assert sum(given_to[handler] > 0 for handler in without) == min(extra, len(without))


def test_r_smp_1_every_handler_appears_in_proportion() -> None:
    big, small, tiny = (Stratum(AFTER, name) for name in ("张三", "李四", "王五"))
    sizes = {big: 496, small: 496, tiny: 8}
    assert allocate(sizes, 60) == {big: 30, small: 29, tiny: 1}


def test_r_smp_1_a_handler_of_several_lists_needs_one_place_only() -> None:
    sizes = {
        Stratum(AFTER, "张三"): 970,
        Stratum(PARCELS, "李四"): 10,
        Stratum(REVIEWS, "李四"): 10,
        Stratum(VIP, ""): 10,
    }
    assert list(allocate(sizes, 60).values()) == [58, 1, 0, 1]


def test_r_smp_1_equal_remainders_go_in_the_order_of_the_lists() -> None:
    sizes = {Stratum(source, "张三"): 3 for source in reversed(Source)}
    assert allocate(sizes, 2)[Stratum(AFTER, "张三")] == 1
    assert allocate(sizes, 2)[Stratum(PARCELS, "张三")] == 1


# --- the list ------------------------------------------------------------------------------------


@given(frames(), SEEDS, st.integers(0, 100), st.randoms(use_true_random=False))
def test_r_smp_1_the_same_frame_and_seed_give_the_same_list_in_any_order(
    frame: list[Candidate], seed: int, n: int, chance: object
) -> None:
    shuffled = list(frame)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ordered(shuffled, seed, n) == ordered(frame, seed, n)
    assert frame_hash(shuffled) == frame_hash(frame)
    assert list_hash(ordered(shuffled, seed, n)[::-1]) == list_hash(ordered(frame, seed, n))


@given(frames(), SEEDS, st.integers(0, 100))
def test_r_smp_2_everybody_has_a_rank_the_drawn_ones_first(
    frame: list[Candidate], seed: int, n: int
) -> None:
    drawn = ordered(frame, seed, n)
    assert [one.rank for one in drawn] == list(range(1, len(frame) + 1))
    assert {one.candidate for one in drawn} == set(frame)
    assert [one.is_reserve for one in drawn] == [one.rank > n for one in drawn]
    sizes = Counter(one.stratum for one in frame)
    chosen = Counter(one.candidate.stratum for one in drawn if not one.is_reserve)
    assert chosen == Counter(allocate(sizes, n)) if frame else not chosen


def test_r_smp_1_the_order_is_that_of_sha_256_and_can_be_recomputed_anywhere() -> None:
    """The shell does it too: `printf 42:1 | sha256sum`."""
    frame = [Candidate(number, VIP, "") for number in range(1, 7)]
    ranks = [one.candidate.customer_id for one in ordered(frame, 42, 3)]

    def digest(number: int) -> str:
        return hashlib.sha256(f"42:{number}".encode()).hexdigest()

    assert ranks == sorted(range(1, 7), key=digest)
    assert ranks != [1, 2, 3, 4, 5, 6]


def test_r_smp_1_another_seed_draws_others() -> None:
    frame = [Candidate(number, AFTER, "张三") for number in range(500)]
    lists = {
        frozenset(one.candidate.customer_id for one in ordered(frame, seed, 60)[:60])
        for seed in range(5)
    }
    assert len(lists) == 5


def test_r_smp_1_the_draw_favours_nobody() -> None:
    """Each of 100 customers is drawn in 60 of 100 draws, give or take five standard deviations."""
    frame = [Candidate(number, Source.PARCELS, "李四") for number in range(1, 101)]
    times: Counter[int] = Counter()
    for seed in range(400):
        times.update(one.candidate.customer_id for one in ordered(frame, seed, 60)[:60])
    assert len(times) == 100
    assert all(191 <= count <= 289 for count in times.values()), times


def test_r_smp_3_any_change_of_the_list_changes_its_hash() -> None:
    frame = [Candidate(number, AFTER, "张三") for number in range(1, 9)]
    drawn = ordered(frame, 1, 4)
    other = [Candidate(number, AFTER, "李四") for number in range(1, 9)]
    hashes = {
        list_hash(drawn),
        list_hash(drawn[:-1]),
        list_hash(ordered(frame, 1, 5)),
        list_hash(ordered(frame, 2, 4)),
        list_hash(ordered(other, 1, 4)),
    }
    assert len(hashes) == 5
    assert frame_hash(frame) != frame_hash(other) != frame_hash(frame[1:])
