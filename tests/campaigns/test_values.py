"""Orders' states only move forward; numbers are shown masked; money and days are plain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.values import OrderState, PhoneNumber

S = OrderState
FORWARD = [S.AWAITING_PAYMENT, S.PAID, S.SHIPPED, S.COMPLETED]
states = st.sampled_from(list(OrderState))


@pytest.mark.parametrize("newer", FORWARD)
@pytest.mark.parametrize("known", FORWARD)
def test_r_imp_3_states_only_move_forward(known: S, newer: S) -> None:
    assert known.may_become(newer) is (FORWARD.index(newer) >= FORWARD.index(known))


@pytest.mark.parametrize(
    ("known", "allowed"),
    [(S.AWAITING_PAYMENT, True), (S.PAID, True), (S.SHIPPED, True), (S.COMPLETED, False)],
)
def test_r_imp_3_closed_follows_any_state_but_success(known: S, allowed: bool) -> None:
    assert known.may_become(S.CLOSED) is allowed


@pytest.mark.parametrize("newer", FORWARD)
def test_r_imp_3_nothing_follows_closed(newer: S) -> None:
    assert not S.CLOSED.may_become(newer)


@given(states, states)
def test_r_imp_3_there_is_no_way_in_a_circle(one: S, other: S) -> None:
    if one is not other:
        assert not (one.may_become(other) and other.may_become(one))


@given(st.lists(states, min_size=1, max_size=6))
def test_r_imp_3_the_order_of_imports_decides_nothing_but_the_two_ends(seen: list[S]) -> None:
    """Whatever the order, the furthest state comes out; the first of the two ends stays."""
    known = seen[0]
    for newer in seen[1:]:
        known = newer if known.may_become(newer) else known
    ends = [s for s in seen if s in (S.COMPLETED, S.CLOSED)]
    assert known is (ends[0] if ends else max(seen, key=lambda s: s.step))


@pytest.mark.parametrize(
    ("number", "display", "masked"),
    [
        (PhoneNumber("+8618412345678"), "18412345678", "184****5678"),
        (PhoneNumber("+8618412345678", "1234"), "18412345678 转 1234", "184****5678 转 ****"),
        (PhoneNumber("+8657187654321"), "057187654321", "057****4321"),
        (PhoneNumber("+861087654321"), "01087654321", "010****4321"),
    ],
)
def test_r_pii_1_a_number_whole_and_masked(number: PhoneNumber, display: str, masked: str) -> None:
    assert (number.display, number.masked) == (display, masked)


def test_r_pii_1_the_extension_is_never_shown_masked() -> None:
    assert "7788" not in PhoneNumber("+8618412345678", "7788").masked


def test_r_phone_2_the_extension_belongs_to_the_line() -> None:
    one, other = PhoneNumber("+8618412345678", "1"), PhoneNumber("+8618412345678", "2")
    assert len({one.identity, other.identity, PhoneNumber("+8618412345678").identity}) == 3


@given(
    st.from_regex(r"\+861[3-9][0-9]{9}", fullmatch=True),
    st.none() | st.from_regex(r"[0-9]{2,6}", fullmatch=True),
)
def test_r_pii_1_a_mask_hides_four_digits(e164: str, extension: str | None) -> None:
    number = PhoneNumber(e164, extension)
    assert number.national not in number.masked
    assert number.masked[3:7] == "****"
