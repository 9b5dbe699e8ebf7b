"""The month's plan as leaders and supervisors see and act on it (R-SMP-1, R-SMP-2, R-SMP-3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from campaigns.ledger import as_json_rows
from campaigns.values import Role, SampleState, Verdict
from scheduler.flows.reviews import ReviewForm, finish_review, open_review
from scheduler.flows.sampling import sample_of
from scheduler.flows.sampling_ledgers import sampling_detail
from scheduler.flows.sampling_page import Filter, Standing, plan_page
from scheduler.flows.shop import set_clock
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web.conftest import Visitor
from tests.web.sampling import month


def test_r_smp_1_an_empty_month_says_what_to_import(signed_in: Callable[[Role], Visitor]) -> None:
    page = signed_in(Role.LEADER).get("/sampling").text
    assert "本月还没有登记表" in page
    assert "先导入售后登记、快递件登记、评价和 VIP" in page
    assert "现在抽样" not in page


def test_r_smp_3_drawn_submitted_and_approved_by_another(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    month.registers(runtime)
    month.go_to(runtime, "25 10:00")
    leader, supervisor = signed_in(Role.LEADER), signed_in(Role.SUPERVISOR)
    assert "登记在册的客户" in leader.get("/sampling").text
    assert leader.post("/sampling/draw", {"seed": "7"}).status_code == 303
    page = leader.get("/sampling").text
    assert "120 位里抽中 60 位" in page
    assert "已经抽过 1 次" in page, "drawing again asks once more, and says how often"
    leader.post("/sampling/draw", {"seed": "8"})
    assert "已经抽过 2 次" in leader.get("/sampling").text
    assert "名单已提交" in _after(leader, "submit")
    assert "名单是您提交的" not in leader.get("/sampling").text
    refused = leader.post("/sampling/approve")
    assert (refused.status_code, "名单由主管批准" in refused.text) == (409, True)
    page = supervisor.get("/sampling").text
    assert "已提交，待批准" in page
    assert "由没有提交名单的主管批准" in page
    assert "名单已批准并冻结" in _after(supervisor, "approve")
    made = sample_of(runtime, month.MONTH)
    assert made is not None
    assert made.state is SampleState.APPROVED
    assert made.list_hash is not None
    assert made.list_hash in supervisor.get("/sampling").text


def _current_step(page: str) -> list[str]:
    return re.findall(r'<li class="\w+" aria-current="step">\s*<strong>(\w+)<', page)


@sqlite_only
def test_r_smp_3_calls_are_not_said_to_go_on_before_the_27th(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    month.registers(runtime)
    month.approved(runtime, "26 11:00")
    supervisor = signed_in(Role.SUPERVISOR)
    page = supervisor.get("/sampling").text
    assert _current_step(page) == []
    assert "3月27日 周五 起，到 3月31日 周二 20:00" in page
    month.go_to(runtime, "27 00:00")
    assert _current_step(supervisor.get("/sampling").text) == ["拨打"]


@sqlite_only
def test_r_smp_2_a_rate_that_nobody_has_seen_yet_is_said_to_be_expected(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    month.registers(runtime)
    month.approved(runtime)
    supervisor = signed_in(Role.SUPERVISOR)
    assert "还没有人评分，先按预计的 85.0% 算" in supervisor.get("/sampling").text
    month.call(runtime, "陈晨", "27 09:00", "scored", score=5)
    page = supervisor.get("/sampling").text
    assert "按目前的评分率" in page
    assert "先按预计" not in page


def _after(visitor: Visitor, step: str) -> str:
    assert visitor.post(f"/sampling/{step}").status_code == 303
    return visitor.get("/sampling").text


@sqlite_only
def test_r_smp_3_who_submitted_cannot_approve(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    month.registers(runtime)
    month.drawn(runtime)
    supervisor = signed_in(Role.SUPERVISOR)
    supervisor.get("/sampling")
    assert "名单是您提交的" in _after(supervisor, "submit")
    refused = supervisor.post("/sampling/approve")
    assert refused.status_code == 409
    assert "提交的人不能自己批准" in refused.text


@sqlite_only
@pytest.mark.parametrize("seed", ["abc", "-1", "1.5"])
def test_a_wrong_seed_is_said_beside_the_form(
    runtime: Runtime, signed_in: Callable[[Role], Visitor], seed: str
) -> None:
    month.registers(runtime)
    leader = signed_in(Role.LEADER)
    leader.get("/sampling")
    refused = leader.post("/sampling/draw", {"seed": seed})
    assert refused.status_code == 400
    assert f'value="{seed}" aria-describedby="seed-hint" aria-invalid="true"' in refused.text
    assert sample_of(runtime, month.MONTH) is None


@sqlite_only
def test_r_smp_3_a_late_and_short_plan_is_loud(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    month.registers(runtime, 12)
    month.drawn(runtime)
    month.go_to(runtime, "28 10:00")
    page = signed_in(Role.LEADER).get("/sampling").text
    assert "27 日已过，名单还没有提交" in page
    assert "可抽的客户只有 18 位，不足 50 位" in page
    assert page.count('class="note note-bad') == 1
    assert page.count('class="note note-warn') == 1


@sqlite_only
def test_r_smp_2_progress_list_and_filters(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    month.registers(runtime)
    month.approved(runtime)
    month.call(runtime, "陈晨", "27 09:00", "scored", score=5)
    month.call(runtime, "陈晨", "27 09:10", "refused")
    month.call(runtime, "陈晨", "27 09:20", "opt_out")
    supervisor = signed_in(Role.SUPERVISOR)
    page = supervisor.get("/sampling").text
    assert re.search(r'class="goal mb-1"><b>2</b>', page)
    assert "还差 48 位" in page
    assert "样本太少，不宜比较" in page
    assert re.search(r"按规定记 3 分（接通后拒评或挂断）：<strong>1</strong>", page)
    assert "由第 61 位替补" in page or "替补第" in page
    scored = supervisor.get("/sampling?standing=scored").text
    assert scored.count('href="/sampling/review/') == 2
    nothing = supervisor.get("/sampling?words=nobody").text
    assert "没有这样的客户" in nothing
    assert supervisor.get("/sampling?standing=flying").status_code == 400
    assert supervisor.get("/sampling?month=Mai").status_code == 400
    assert "还没有抽样" in supervisor.get("/sampling?month=2026-02").text


@sqlite_only
def test_r_smp_1_the_population_counts_everybody_once(runtime: Runtime) -> None:
    month.registers(runtime)
    before = plan_page(runtime, month.MONTH, runtime.now(), Filter())
    month.approved(runtime)
    month.call(runtime, "陈晨", "27 09:00", "scored", score=5)
    page = plan_page(runtime, month.MONTH, runtime.now(), Filter())
    assert before.frame == page.frame == 120
    assert [(line.stratum, line.frame) for line in before.population] == [
        (line.stratum, line.frame) for line in page.population
    ]
    assert sum(line.listed for line in page.population) == page.found == 60
    assert sum(line.reserves for line in page.population) == page.status.reserves_left == 60
    scored = plan_page(runtime, month.MONTH, runtime.now(), Filter(Standing.SCORED))
    assert scored.found == page.status.scored == 1
    assert page.results is not None
    assert page.results.overall.tally.scored == 1


@sqlite_only
def test_r_smp_2_the_progress_part_is_asked_for_again_with_its_time(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    month.registers(runtime)
    month.approved(runtime)
    leader = signed_in(Role.LEADER)
    assert 'data-live="/sampling/progress?month=2026-03"' in leader.get("/sampling").text
    part = leader.get("/sampling/progress?month=2026-03").text
    assert "<html" not in part
    assert 'data-said="已评分 0 位，还差 50 位"' in part
    month.call(runtime, "陈晨", "27 09:07", "scored", score=5)
    part = leader.get("/sampling/progress?month=2026-03").text
    assert 'data-said="已评分 1 位，还差 49 位"' in part
    assert "截至 09:07" in part
    month.go_to(runtime, "31 20:00")
    assert "data-live" not in leader.get("/sampling").text, "what is over moves no more"
    assert leader.get("/sampling/progress?month=Mai").status_code == 400


@sqlite_only
def test_r_smp_3_the_months_to_choose_are_those_with_a_sample_and_this_one(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    month.registers(runtime)
    month.drawn(runtime)
    set_clock(runtime, "test", to=month.at("25 10:00") + timedelta(days=31), ticks=False)
    leader = signed_in(Role.LEADER)
    for path in ("/sampling", "/sampling/review"):
        page = leader.get(path).text
        choice = re.search(r'<select[^>]* name="month">(.*?)</select>', page)
        assert choice is not None, path
        assert re.findall(r"<option( selected)?>([\d-]+)", choice[1]) == [
            (" selected", "2026-04"),
            ("", "2026-03"),
        ]
    assert "<option selected>2025-01" in leader.get("/sampling/review?month=2025-01").text


@sqlite_only
def test_r_smp_10_the_trend_is_a_picture_with_a_table_and_few_scores_are_marked(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    month.registers(runtime)
    month.approved(runtime)
    supervisor = signed_in(Role.SUPERVISOR)
    assert "/sampling/trend.svg" not in supervisor.get("/sampling").text, "nothing to draw yet"
    month.call(runtime, "陈晨", "27 09:00", "scored", score=5)
    month.call(runtime, "陈晨", "27 09:10", "scored", score=2, reason="等了三天")
    page = supervisor.get("/sampling").text
    assert 'alt="最近十二个月的满意度，有评分的 1 个月；最近 2026-03：3.50' in page
    table = page.split('id="by-month"', 1)[1].split("</details>", 1)[0]
    assert all(text in table for text in ("2026-03", "3.50", "样本太少，不宜比较"))
    assert "2 位里 1 位给 4 分或 5 分，占 <strong>50.0%" in page
    for size in ("wide", "narrow"):
        for theme in ("light", "dark"):
            answer = supervisor.get(f"/sampling/trend.svg?size={size}&theme={theme}")
            assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
            assert "sandbox" in answer.headers["Content-Security-Policy"]
            assert answer.text.count("<circle") == 1
            assert "26-03" in answer.text
            assert "<script" not in answer.text
    assert supervisor.get("/sampling/trend.svg?size=huge").status_code == 404
    assert supervisor.get("/sampling/trend.svg?theme=red").status_code == 404


@sqlite_only
def test_r_smp_12_a_correction_leaves_the_customers_words_and_says_why_beside_them(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    month.registers(runtime)
    month.approved(runtime)
    held = month.call(
        runtime, "陈晨", "27 09:00", "scored", score=2, reason="等了三天", suggestion="先打电话"
    )
    now, reviewer = runtime.now(), month.person(runtime, month.SUPERVISOR)
    open_review(runtime, held.task_id, now, reviewer)
    corrected = ReviewForm(Verdict.CORRECTED, 4, "录音里说的是满意")
    finish_review(runtime, held.task_id, corrected, now, reviewer)
    (line,) = plan_page(runtime, month.MONTH, now, Filter(Standing.SCORED)).members
    assert (line.score, line.reason, line.suggestion) == (4, "等了三天", "先打电话")
    assert line.why == "录音里说的是满意"
    page = signed_in(Role.LEADER).get("/sampling?standing=scored").text
    assert all(words in page for words in ("等了三天", "先打电话", "录音里说的是满意"))
    day = now.date()
    rows = as_json_rows(sampling_detail(runtime, day, day, None))
    (row,) = (one for one in rows if one["评分"] == 4)
    assert (row["原因"], row["建议"]) == ("等了三天", "先打电话")
    assert row["复核"] == f"{month.SUPERVISOR} 更正：2 分改为 4 分，录音里说的是满意"


def test_callers_see_none_of_it(signed_in: Callable[[Role], Visitor]) -> None:
    caller = signed_in(Role.CALLER)
    for path in (
        "/sampling",
        "/sampling/progress",
        "/sampling/review",
        "/sampling/review/1",
        "/escalations",
    ):
        assert caller.get(path).status_code == 403
    for path in ("/sampling/draw", "/sampling/review/1", "/sampling/review/1/take"):
        assert caller.post(path).status_code == 403
