"""How sampled customers are counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.kinds.sampling_tally import Fate, Sampled, tally_of
from campaigns.values import Ending, ScoreOrigin, Source

ONE = Sampled(1, "2026-05", date(2026, 5, 27), Source.AFTER_SALES, "小顾")


@pytest.mark.parametrize(
    ("ending", "fate"),
    [
        (None, Fate.OPEN),
        (Ending.UNREACHABLE, Fate.UNREACHED),
        (Ending.ATTEMPTS_USED, Fate.UNREACHED),
        (Ending.REJECTED, Fate.REJECTED),
        (Ending.OPTED_OUT, Fate.OPTED_OUT),
        (Ending.UNSCORED, Fate.UNSCORED),
        (Ending.UNFINISHED, Fate.UNFINISHED),
    ],
)
def test_r_smp_10_who_did_not_score_is_counted_by_the_reason(ending, fate):
    assert replace(ONE, ending=ending).fate is fate
    assert replace(ONE, ending=ending, score=4).fate is Fate.SCORED


def test_r_smp_10_satisfaction_is_the_sum_over_the_scored():
    rows = [replace(ONE, score=value) for value in (5, 4, 2)] + [ONE]
    tally = tally_of(rows)
    assert (tally.sampled, tally.scored, tally.total) == (4, 3, 11)
    assert tally.satisfaction == pytest.approx(11 / 3)
    assert tally.is_target_met is False
    assert tally_of(rows[:2]).is_target_met is True
    assert tally_of([replace(ONE, score=5), replace(ONE, score=3)]).is_target_met is True
    assert (tally_of([ONE]).satisfaction, tally_of([ONE]).is_target_met) == (None, None)


def test_r_smp_8_a_three_by_rule_is_told_apart_from_a_three_that_was_said():
    said = replace(ONE, score=3, origin=ScoreOrigin.CUSTOMER)
    ruled = replace(ONE, score=3, origin=ScoreOrigin.RULE)
    reviewed = replace(ONE, score=3, origin=ScoreOrigin.REVIEW)
    tally = tally_of([said, ruled, reviewed])
    assert (tally.scores[3], tally.by_rule) == (3, 1)


@given(
    st.lists(
        st.tuples(st.sampled_from([None, *Ending]), st.sampled_from([None, 1, 2, 3, 4, 5])),
        max_size=50,
    )
)
def test_r_smp_10_everybody_is_counted_once(rows):
    tally = tally_of(replace(ONE, ending=ending, score=value) for ending, value in rows)
    assert tally.sampled == len(rows)
    assert sum(tally.scores.values()) == tally.scored
