"""R-IMP-3: what is known of an order does not depend on the order of the imports."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.importers.rows import OrderRow, ShipmentRow
from campaigns.values import OrderState
from scheduler.rules.order_merge import KnownOrder, Merged, first_known, merge, merge_shipment

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


def parcel(**fields: object) -> ShipmentRow:
    values: dict[str, object] = {"shipped_at": None, "tracking_no": "SF0001", "carrier": None}
    return ShipmentRow(2, "3515313147329350001", **{**values, **fields})  # type: ignore[arg-type]


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def fold(*sightings: tuple[float, OrderRow | ShipmentRow]) -> tuple[KnownOrder, list[Merged]]:
    hours, first = sightings[0]
    assert isinstance(first, OrderRow)
    known = first_known(first, 1, 1, at(hours))
    return known, [_laid_over(known, later, at(h)) for h, later in sightings[1:]]


def _laid_over(known: KnownOrder, later: OrderRow | ShipmentRow, seen_at: datetime) -> Merged:
    if isinstance(later, OrderRow):
        return merge(known, later, seen_at)
    return merge_shipment(known, later, seen_at)


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


def test_r_cb_2_shipped_is_when_it_was_first_seen_shipped_or_further() -> None:
    assert fold((0, row(S.PAID)))[0].shipped_seen_at is None
    assert fold((0, row(S.PAID)), (1, row(S.SHIPPED)), (2, row(S.SHIPPED)))[
        0
    ].shipped_seen_at == at(1)
    assert fold((2, row(S.COMPLETED)), (1, row(S.SHIPPED)))[0].shipped_seen_at == at(1)
    assert fold((0, row(S.COMPLETED)))[0].shipped_seen_at == at(0)
    assert fold((0, row(S.PAID)), (1, row(S.CLOSED)))[0].shipped_seen_at is None
    _, (earlier,) = fold((2, row(S.SHIPPED)), (1, row(S.SHIPPED)))
    assert (earlier.is_changed, earlier.is_stored) == (True, True)


def test_r_imp_3_a_parcel_moves_the_state_on_and_says_nothing_of_the_payment_data() -> None:
    known, (merged,) = fold(
        (0, row(S.PAID, paid_at=at(-1))), (5, parcel(shipped_at=at(-0.5), carrier="顺丰"))
    )
    assert (known.state, known.shipped_at, known.shipped_seen_at) == (S.SHIPPED, at(-0.5), at(5))
    assert (known.tracking_no, known.carrier) == ("SF0001", "顺丰")
    assert (known.last_seen_at, known.paid_at, known.total_fen) == (at(0), at(-1), 20112)
    assert (merged.is_changed, merged.is_sighting) == (True, True)
    merge(known, row(S.PAID, total_fen=300, paid_fen=300), at(7))
    assert (known.state, known.total_fen) == (S.SHIPPED, 300)


def test_r_imp_3_what_left_unpaid_counts_as_paid() -> None:
    known, _ = fold((0, row()), (5, parcel()))
    assert (known.state, known.paid_fen, known.paid_at) == (S.SHIPPED, 20112, at(5))


@pytest.mark.parametrize("state", [S.COMPLETED, S.CLOSED])
def test_r_imp_3_a_parcel_moves_no_finished_order(state: S) -> None:
    known, _ = fold((0, row(state)), (5, parcel()))
    assert (known.state, known.tracking_no) == (state, "SF0001")


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


parcels = st.builds(
    parcel,
    shipped_at=st.none() | st.sampled_from([at(-3), at(-2)]),
    tracking_no=maybe_text,
    carrier=maybe_text,
)
rows_with_parcels = st.builds(
    row,
    state=st.sampled_from(S),
    total_fen=st.integers(1, 3),
    paid_fen=st.integers(0, 3),
    paid_at=st.none() | st.just(at(-3)),
    shipped_at=st.none() | st.just(at(-3)),
    tracking_no=maybe_text,
    carrier=maybe_text,
)


@given(rows_with_parcels, st.lists(rows_with_parcels | parcels, min_size=1, max_size=3))
def test_r_imp_3_parcels_of_known_orders_end_the_same_in_every_order(
    first: OrderRow, others: list[OrderRow | ShipmentRow]
) -> None:
    sightings = list(enumerate([first, *others]))
    results = [
        asdict(fold(*order)[0])
        for order in permutations(sightings)
        if isinstance(order[0][1], OrderRow)
    ]
    assert all(result == results[0] for result in results[1:])


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
