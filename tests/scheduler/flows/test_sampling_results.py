"""R-SMP-10: a month's satisfaction, by group and over the months."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from campaigns.errors import UsageError
from campaigns.kinds.sampling_tally import Fate
from campaigns.statistics import Interval, mean_interval, share_interval
from campaigns.values import Ending, SampleState, ScoreOrigin, Source
from scheduler.flows.sampling_results import SamplingResults, results
from scheduler.runtime import Runtime
from tests.factories import at
from tests.sampling_rows import SampleRows
from tests.scheduler.flows.ledger_rows import runtime_of

NOW = at("2026-06-01 09:00")


@pytest.fixture
def runtime(engine: Engine) -> Runtime:
    return runtime_of(engine)


def of_may(runtime: Runtime) -> SamplingResults:
    return results(runtime, "2026-05", NOW)


def test_r_smp_10_a_month_of_nothing(runtime: Runtime) -> None:
    made = of_may(runtime)
    assert (made.state, made.overall.frame, made.overall.satisfaction) == (None, 0, None)
    assert (made.by_handler, made.by_source, made.by_stratum) == ((), (), ())
    assert made.overall.is_target_met is None
    assert [point.month for point in made.trend][:2] == ["2025-06", "2025-07"]
    assert (len(made.trend), made.trend[-1].month, made.trend[-1].n) == (12, "2026-05", 0)


def test_r_smp_10_the_population_of_each_interval_is_the_groups_own_frame(runtime: Runtime) -> None:
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        may = rows.sample("2026-05", frame_size=7)
        for value in (5, 3):
            rows.scored(may, value)
        rows.scored(may, 4, handler="小方", source=Source.VIP)
        for _ in range(3):
            rows.member(may, called_in=False)
        rows.member(may, handler="小方", source=Source.PARCELS, called_in=False)
    made = of_may(runtime)
    assert made.state is SampleState.APPROVED
    assert made.overall.satisfaction == mean_interval([5, 3, 4], 7)
    assert made.overall.satisfied == share_interval(2, 3)
    assert [(g.handler, g.frame, g.satisfaction) for g in made.by_handler] == [
        ("小方", 2, Interval(4.0, None, None, 1)),
        ("小顾", 5, mean_interval([5, 3], 5)),
    ]
    assert [(g.source, g.frame, g.tally.scored) for g in made.by_source] == [
        (Source.AFTER_SALES, 5, 2),
        (Source.PARCELS, 1, 0),
        (Source.VIP, 1, 1),
    ]
    assert [(g.source, g.handler, g.frame, g.tally.sampled) for g in made.by_stratum] == [
        (Source.AFTER_SALES, "小顾", 5, 2),
        (Source.PARCELS, "小方", 1, 0),
        (Source.VIP, "小方", 1, 1),
    ]
    assert made.by_stratum[2].satisfaction == Interval(4.0, 4.0, 4.0, 1)  # everybody was asked


def test_r_smp_3_a_draw_that_was_replaced_is_nobodys_population(runtime: Runtime) -> None:
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        rows.member(rows.sample("2026-05"), called_in=False)
        old = rows.sample("2026-05", state=SampleState.REPLACED, frame_size=9)
        for _ in range(2):
            rows.member(old, called_in=False)
    made = of_may(runtime)
    assert (made.state, made.overall.frame) == (SampleState.APPROVED, 1)


def test_r_smp_10_groups_stand_by_name_whatever_they_scored(runtime: Runtime) -> None:
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        may = rows.sample("2026-05")
        for handler, value in (("丙", 5), ("甲", 1), ("", 4), ("乙", 3)):
            rows.scored(may, value, handler=handler)
    made = of_may(runtime)
    assert [group.handler for group in made.by_handler] == ["丙", "乙", "甲", ""]


def test_r_smp_10_thirty_scored_are_enough_to_compare(runtime: Runtime) -> None:
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        may = rows.sample("2026-05")
        for _ in range(29):
            rows.scored(may, 4)
        for _ in range(30):
            rows.scored(may, 4, handler="小方")
    made = of_may(runtime)
    assert [(g.handler, g.is_too_few) for g in made.by_handler] == [("小方", False), ("小顾", True)]
    assert made.overall.is_target_met is True


def test_r_smp_8_three_by_rule_counts_and_stands_apart(runtime: Runtime) -> None:
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        may = rows.sample("2026-05", frame_size=5)
        for value in (5, 4):
            rows.scored(may, value)
        rows.scored(may, 3, origin=ScoreOrigin.RULE)
        for _ in range(2):
            rows.member(may, called_in=False)
    whole = of_may(runtime).overall
    assert (whole.tally.scored, whole.tally.by_rule, whole.tally.scores[3]) == (3, 1, 1)
    assert whole.satisfaction == mean_interval([5, 4, 3], 5)
    assert whole.without_rule == mean_interval([5, 4], 5)


def test_r_smp_12_the_correction_of_a_review_is_the_score_that_counts(runtime: Runtime) -> None:
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        one = rows.member(rows.sample("2026-05"), ending=Ending.SCORED)
        call = rows.call(one, "2026-05-27 14:00", "scored")
        rows.score(one, 1, call)
        rows.score(one, 5, call, origin=ScoreOrigin.REVIEW, at=at("2026-05-30 09:00"))
    before = results(runtime, "2026-05", at("2026-05-29 09:00")).overall
    assert before.tally.scores == {5: 0, 4: 0, 3: 0, 2: 0, 1: 1}
    assert of_may(runtime).overall.tally.scores == {5: 1, 4: 0, 3: 0, 2: 0, 1: 0}


def test_r_smp_10_non_response_is_told_by_its_reason(runtime: Runtime) -> None:
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        may = rows.sample("2026-05")
        for ending in (Ending.UNREACHABLE, Ending.REJECTED, Ending.OPTED_OUT, Ending.UNSCORED):
            rows.member(may, ending=ending)
        rows.member(may, ending=Ending.UNFINISHED)
        rows.member(may)
        rows.scored(may, 5)
    assert of_may(runtime).overall.tally.fates == dict.fromkeys(Fate, 1)


def test_r_smp_10_the_trend_has_each_months_own_sample(runtime: Runtime) -> None:
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        for month, values in (("2025-05", (1,)), ("2025-06", (3, 3, 4, 4)), ("2026-04", (5,))):
            drawn = rows.sample(month, frame_size=20)
            for value in values:
                rows.scored(drawn, value)
        rows.scored(rows.sample("2026-03", state=SampleState.SUBMITTED), 1)
    trend = {point.month: point for point in of_may(runtime).trend}
    june = mean_interval([3, 3, 4, 4], 20)
    assert june is not None
    first = trend["2025-06"]
    assert (first.n, first.mean, first.low, first.high) == (4, june.mean, june.low, june.high)
    assert (trend["2026-04"].mean, trend["2026-04"].low) == (5.0, None)
    assert replace(trend["2026-03"], month="") == replace(trend["2026-05"], month="")
    assert "2025-05" not in trend


@pytest.mark.parametrize("month", ["2026-13", "2026", "0000-01", "may", "", "２０２６-05"])
def test_r_smp_10_a_month_is_a_month(runtime: Runtime, month: str) -> None:
    with pytest.raises(UsageError) as refused:
        results(runtime, month, NOW)
    assert refused.value.field == "month"
