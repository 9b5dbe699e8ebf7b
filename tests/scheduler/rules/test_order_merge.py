"""R-IMP-3: what is known of an order does not depend on the order of the imports."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.importers.rows import OrderRow
from campaigns.values import OrderState
from scheduler.rules.order_merge import KnownOrder, Merged, first_known, merge

T0 = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)
S = OrderState


def row(state: OrderState = S.AWAITING_PAYMENT, **fields: object) -> OrderRow:
    values: dict[str, object] = {
        "line": 2,
        "order_no": "3515313147329350001",
        "user_id": "培训买家01",
        "user_id_masked": False,
        "total_fen": 20112,
        "paid_fen": 0 if state is S.AWAITING_PAYMENT else 20112,
        "placed_at": T0 - timedelta(hours=20),
        **fields,
    }
    return OrderRow(state=state, **values)  # type: ignore[arg-type]


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def fold(*sightings: tuple[float, OrderRow]) -> tuple[KnownOrder, list[Merged]]:
    hours, first = sightings[0]
    known = first_known(first, 1, 1, at(hours))
    return known, [merge(known, later, at(h)) for h, later in sightings[1:]]


@pytest.mark.parametrize("older", S)
@pytest.mark.parametrize("newer", S)
def test_r_imp_3_states_only_move_forward_in_either_order(older: S, newer: S) -> None:
    expected = newer if older.may_become(newer) else older
    in_turn, (merged,) = fold((0, row(older)), (1, row(newer)))
    other_way, _ = fold((1, row(newer)), (0, row(older)))
    assert in_turn.state is other_way.state is expected
    assert merged.is_backward is not older.may_become(newer)


def test_r_imp_3_between_equal_states_the_later_data_win() -> None:
    known, _ = fold((1, row(receiver="乙", total_fen=300)), (0, row(receiver="甲", total_fen=200)))
    assert (known.receiver, known.total_fen) == ("乙", 300)
    known, _ = fold((0, row(receiver="甲", total_fen=200)), (1, row(receiver="乙", total_fen=300)))
    assert (known.receiver, known.total_fen) == ("乙", 300)


def test_r_imp_3_an_older_file_fills_what_is_empty() -> None:
    known, (merged,) = fold((1, row(memo=None, carrier="乙")), (0, row(memo="留言", carrier="甲")))
    assert (known.memo, known.carrier) == ("留言", "乙")
    assert known.last_seen_at == at(1)
    assert known.first_seen_at == at(0)
    assert merged.is_changed


def test_r_imp_3_a_mere_newer_sighting_changes_nothing_but_freshness() -> None:
    known, (merged,) = fold((0, row()), (3, row()))
    assert not merged.is_changed
    assert merged.is_sighting  # R-DUN-4 reads how fresh the payment data are
    assert known.last_seen_at == at(3)
    _, (paid,) = fold((0, row(S.PAID)), (3, row(S.PAID)))
    assert (paid.is_changed, paid.is_sighting, paid.is_stored) == (False, False, False)


def test_r_dun_7_stated_time_of_payment_beats_the_first_sight_of_it() -> None:
    paid_at = at(-1)
    seen, stated = row(S.PAID), row(S.SHIPPED, paid_at=paid_at)
    assert fold((2, seen), (1, seen))[0].paid_at == at(1)
    assert fold((0, seen), (1, stated))[0].paid_at == paid_at
    assert fold((1, stated), (0, seen), (2, seen))[0].paid_at == paid_at


def test_r_dun_7_the_time_beside_an_unpaid_order_is_a_deposit() -> None:
    deposit = row(paid_at=at(-9))
    assert fold((0, deposit))[0].paid_at is None
    assert fold((0, deposit), (1, row(S.PAID, paid_at=at(0.5))))[0].paid_at == at(0.5)


def test_r_imp_3_an_order_seen_again_is_not_missing() -> None:
    known, _ = fold((0, row()))
    known.missing_since = at(2)
    merge(known, row(), at(1))
    assert known.missing_since == at(2)
    merge(known, row(), at(3))
    assert known.missing_since is None


maybe_text = st.none() | st.sampled_from(["甲", "乙", "丙"])
rows = st.builds(
    row,
    state=st.sampled_from(S),
    total_fen=st.integers(1, 3),
    paid_fen=st.integers(0, 3),
    paid_at=st.none() | st.sampled_from([at(-3), at(-2)]),
    received_at=st.none() | st.sampled_from([at(-3), at(-2)]),
    receiver=maybe_text,
    memo=maybe_text,
)


@given(st.lists(rows, min_size=2, max_size=4))
def test_r_imp_3_every_order_of_imports_ends_the_same(listed: list[OrderRow]) -> None:
    sightings = list(enumerate(listed))
    results = [asdict(fold(*order)[0]) for order in permutations(sightings)]
    assert all(result == results[0] for result in results[1:])


@given(st.lists(rows, min_size=1, max_size=4), st.data())
def test_r_imp_3_the_same_row_again_changes_nothing(
    listed: list[OrderRow], data: st.DataObject
) -> None:
    known, _ = fold(*enumerate(listed))
    before = asdict(known)
    again = data.draw(st.integers(0, len(listed) - 1))
    merged = merge(known, listed[again], at(again))
    assert asdict(known) == before
    assert not (merged.is_changed or merged.is_stored or merged.is_sighting)


@given(st.lists(rows, min_size=2, max_size=5))
def test_r_imp_3_imports_in_turn_never_move_a_state_back(listed: list[OrderRow]) -> None:
    known = first_known(listed[0], 1, 1, at(0))
    for hours, later in enumerate(listed[1:], start=1):
        before = known.state
        merge(known, later, at(hours))
        assert before.may_become(known.state)
