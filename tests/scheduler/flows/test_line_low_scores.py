"""A 1 or a 2 by key: the reason is recorded all the same, as far as anybody can still ask (R-SMP-4)."""

from __future__ import annotations

import pytest

from adapters.store.models.sampling import score
from campaigns.errors import UsageError
from campaigns.lines import Leg, What
from campaigns.values import Person, ScoreOrigin
from scheduler.flows.line_events import apply_waiting
from tests.scheduler.flows.lines import LineShop
from tests.shops import Shop

NINE_THIRTY, NINE_FORTY = "05-27 09:30", "05-27 09:40"


@pytest.fixture
def lines(shop: Shop) -> LineShop:
    shop.sampled(shop.buyer())
    return LineShop(shop, NINE_THIRTY)


def _pressed(lines: LineShop, digit: str) -> tuple[str, Person]:
    caller = lines.shop.person()
    attempt_id, call = lines.dialled(caller)
    lines.talks(call)
    lines.tell(call, Leg.CUSTOMER, What.DIGITS, digits=digit)
    return attempt_id, caller


def _kept(lines: LineShop) -> list[tuple[int, str, str | None]]:
    return [(row.value, row.origin, row.reason) for row in lines.shop.rows(score)]


@pytest.mark.parametrize("digit", ["1", "2"])
@pytest.mark.parametrize("code", ["scored", "complaint_solved"])
def test_r_smp_4_a_low_key_wants_the_reason_whatever_score_was_typed(
    lines: LineShop, digit: str, code: str
) -> None:
    attempt_id, caller = _pressed(lines, digit)
    with pytest.raises(UsageError, match=f"按键评了 {digit} 分") as refused:
        lines.shop.outcome(attempt_id, code, NINE_FORTY, caller, score=5, note="说了两句")
    assert refused.value.field == "reason"
    assert _kept(lines) == []
    said = {"score": 5, "note": "说了两句", "reason": "发货太慢"}
    lines.shop.outcome(attempt_id, code, NINE_FORTY, caller, **said)
    assert _kept(lines) == [(int(digit), ScoreOrigin.KEYPAD, "发货太慢")]


def test_r_smp_4_a_three_by_key_wants_none(lines: LineShop) -> None:
    attempt_id, caller = _pressed(lines, "3")
    lines.shop.outcome(attempt_id, "scored", NINE_FORTY, caller, score=3)
    assert _kept(lines) == [(3, ScoreOrigin.KEYPAD, None)]


def test_r_smp_8_who_hung_up_can_be_asked_for_no_reason(lines: LineShop) -> None:
    attempt_id, caller = _pressed(lines, "1")
    lines.shop.outcome(attempt_id, "hung_up", NINE_FORTY, caller)
    assert _kept(lines) == [(1, ScoreOrigin.KEYPAD, None)]


def test_r_smp_4_a_key_after_the_outcome_changes_the_score_and_invents_no_reason(
    lines: LineShop,
) -> None:
    caller = lines.shop.person()
    attempt_id, call = lines.dialled(caller)
    lines.talks(call)
    lines.shop.outcome(attempt_id, "scored", NINE_FORTY, caller, score=4)
    lines.at("05-27 09:41")
    lines.tell(call, Leg.CUSTOMER, What.DIGITS, digits="1")
    apply_waiting(lines.runtime)
    assert _kept(lines)[-1] == (1, ScoreOrigin.KEYPAD, None)
