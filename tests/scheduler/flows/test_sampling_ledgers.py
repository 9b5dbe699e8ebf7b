"""服务抽查明细表 and 服务抽查汇总表 of rows in a database."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from adapters.store.models.calls import todo
from campaigns.errors import UsageError
from campaigns.ledger import as_json_rows
from campaigns.values import CaseState, Ending, SampleState, ScoreOrigin, Source, Verdict
from scheduler.flows.escalations import answered_lately
from scheduler.flows.sampling_ledgers import sampling_detail, sampling_summary
from scheduler.runtime import Runtime
from tests.factories import at
from tests.sampling_rows import SampleRows
from tests.scheduler.flows.ledger_rows import runtime_of

FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)


@pytest.fixture
def runtime(engine: Engine) -> Runtime:
    return runtime_of(engine)


def details(runtime: Runtime, as_of: str | None = None) -> list[dict[str, Any]]:
    known = at(as_of) if as_of else None
    return as_json_rows(sampling_detail(runtime, FIRST, LAST, known))


def summary(runtime: Runtime, as_of: str | None = None) -> list[dict[str, Any]]:
    known = at(as_of) if as_of else None
    return as_json_rows(sampling_summary(runtime, FIRST, LAST, known))


def complained(runtime: Runtime) -> None:
    """A complaint that was escalated, answered late, scored 2 and corrected to 3 by a review."""
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        one = rows.member(
            rows.sample("2026-05"),
            "山楂树下",
            source=Source.REVIEWS,
            order_no="3515313147329300001",
            detail="差评：盆碎了",
            ending=Ending.SCORED,
            closed="2026-05-27 10:23",
        )
        rows.call(one, "2026-05-27 09:00", "no_answer")
        first = rows.call(one, "2026-05-27 09:40", "complaint_escalated", note="盆碎了没人理")
        answered = rows.call(one, "2026-05-27 10:20", "scored", caller="白露")
        rows.score(one, 2, answered, reason="等了太久", suggestion="包得结实些")
        rows.score(
            one, 3, answered, origin=ScoreOrigin.REVIEW, at=at("2026-05-29 09:00"), reason="录音"
        )
        opened, solved = "2026-05-27 09:43", "2026-05-27 11:00"
        case_id = rows.case(first, (opened, CaseState.OPEN), (solved, CaseState.SOLVED))
        rows.escalation(
            first,
            case_id,
            breached_at=at("2026-05-27 10:13"),
            answered_at=at("2026-05-27 10:23"),
            answered_by="白露",
            answer="补发一盆",
        )
        day = "2026-05-29 09:00"
        rows.review(one, day, Verdict.CORRECTED, score_before=2, score_after=3, why="录音")


def test_r_smp_11_a_sampled_customer_with_everything_that_followed(runtime: Runtime) -> None:
    complained(runtime)
    (row,) = details(runtime)
    case = row["后续处理"].split("售后 ")[1].split(" ")[0]
    assert row == {
        "列入日期": "2026-05-27",
        "抽查日期": "2026-05-27",
        "用户ID": "山楂树下",
        "订单编号": "3515313147329300001",
        "来源": "评价收集",
        "情况": "差评：盆碎了",
        "处理人": "小顾",
        "抽查人员": "谷雨、白露",
        "拨打次数": 3,
        "结果": "已评分",
        "评分": 3,
        "评分来源": "复核更正",
        "原因": "等了太久",
        "建议": "包得结实些",
        "后续处理": f"升级给谷雨，05-27 10:23 已答复（超时）：补发一盆；售后 {case} 服务态度，已解决",
        "复核": "周主管 更正：2 分改为 3 分，录音",
        "备注": "盆碎了没人理",
    }


def test_r_smp_11_as_of_an_instant_only_what_was_known_then_counts(runtime: Runtime) -> None:
    complained(runtime)
    names = ("拨打次数", "结果", "评分", "后续处理", "复核", "备注")
    known = [
        tuple(row[name] for name in names)
        for as_of in (
            *("2026-05-26 23:59", "2026-05-27 00:00", "2026-05-27 09:42", "2026-05-27 09:43"),
            *("2026-05-27 10:14", "2026-05-27 10:23", "2026-05-28 09:00"),
        )
        for row in details(runtime, as_of)
    ]
    cases = [words.rpartition("售后 ")[2].partition(" ")[2] for *_, words, _, _ in known]
    assert [(*row[:3], row[4]) for row in known] == [
        (0, "待抽查", None, None),
        (2, "待抽查", None, None),
        (2, "待抽查", None, None),
        (2, "待抽查", None, None),
        (3, "已评分", 2, None),
        (3, "已评分", 2, None),
    ]
    escalations = [words.partition("；")[0] for *_, words, _, _ in known]
    assert escalations[2:5] == [
        "升级给谷雨，应在 05-27 10:13 前答复，未答复",
        "升级给谷雨，应在 05-27 10:13 前答复，已超时未答复",
        "升级给谷雨，05-27 10:23 已答复（超时）：补发一盆",
    ]
    assert cases[1:] == [
        "",
        "服务态度，待处理",
        "服务态度，待处理",
        "服务态度，待处理",
        "服务态度，已解决",
    ]
    assert known[1][5] == ""  # the outcome of the second call was entered a minute later
    assert details(runtime, "2026-05-29 09:00") == details(runtime)


@pytest.mark.parametrize(
    ("answered", "said"), [("09:32", "已答复：补发一盆"), ("09:33", "已答复（超时）：补发一盆")]
)
def test_r_smp_5_an_answer_at_the_very_instant_is_late_in_the_ledger_as_on_the_page(
    runtime: Runtime, answered: str, said: str
) -> None:
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        one = rows.member(rows.sample("2026-05"))
        call = rows.call(one, "2026-05-27 09:00", "complaint_escalated")
        rows.escalation(
            call,
            rows.case(call, ("2026-05-27 09:03", CaseState.OPEN)),
            answered_at=at(f"2026-05-27 {answered}"),
            answered_by="谷雨",
            answer="补发一盆",
        )
    (row,) = details(runtime)
    assert row["后续处理"].partition("；")[0].partition(" ")[2].partition(" ")[2] == said
    (shown,) = answered_lately(runtime, at("2026-05-27 10:00"))
    assert shown.is_breached == ("超时" in said)


def test_r_smp_5_an_answer_is_late_from_when_it_was_due_noted_or_not(runtime: Runtime) -> None:
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        one = rows.member(rows.sample("2026-05"))
        call = rows.call(one, "2026-05-27 09:00", "complaint_escalated")
        rows.escalation(call, rows.case(call, ("2026-05-27 09:03", CaseState.OPEN)))
    told = [
        row["后续处理"].partition("；")[0].rpartition("，")[2]
        for as_of in ("09:32", "09:33")
        for row in details(runtime, f"2026-05-27 {as_of}")
    ]
    assert told == ["未答复", "已超时未答复"]
    (row,) = details(runtime)
    assert "，未答复；" in row["后续处理"]  # without an instant there is nothing to be late by


def test_r_smp_11_the_message_of_somebody_not_reached(runtime: Runtime) -> None:
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        one = rows.member(rows.sample("2026-05"))
        third = rows.call(one, "2026-05-28 17:00", "no_answer")
        connection.execute(
            insert(todo).values(
                kind="wangwang",
                task_id=one.task_id,
                attempt_id=third,
                campaign_id=rows.campaign_id,
                customer_id=one.customer_id,
                occasion="unreached",
                wording="您好",
                created_at=at("2026-05-28 17:03"),
                due_at=at("2026-05-28 17:03"),
                done_at=at("2026-05-28 18:00"),
                done_by="谷雨",
                replied_at=at("2026-05-28 19:00"),
                replied_by="谷雨",
            )
        )
    told = [
        row["后续处理"]
        for as_of in ("28 17:02", "28 17:03", "28 18:00", "28 19:00")
        for row in details(runtime, f"2026-05-{as_of}")
    ]
    assert told == ["", "待留言", "已留言", "已留言，客户已回复"]


def test_r_smp_11_only_who_was_called_in_for_an_approved_sample(runtime: Runtime) -> None:
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        may = rows.sample("2026-05")
        rows.member(may, "a")
        rows.member(may, "b", called_in=False)
        rows.member(may, "c", day=date(2026, 5, 29))
        rows.member(rows.sample("2026-04"), "d")
        rows.member(rows.sample("2026-05", state=SampleState.REPLACED), "e")
        rows.member(rows.sample("2026-06", state=SampleState.SUBMITTED), "f")
    assert [(r["列入日期"], r["用户ID"]) for r in details(runtime)] == [
        ("2026-05-27", "a"),
        ("2026-05-29", "c"),
    ]
    assert [row["抽查数"] for row in summary(runtime)] == [2]
    later = sampling_detail(runtime, date(2026, 5, 28), LAST, None)
    assert [row.buyer for row in later.rows] == ["c"]
    both = sampling_summary(runtime, date(2026, 4, 1), date(2026, 6, 30), None)
    assert [(row.month, row.tally.sampled) for row in both.rows] == [("2026-04", 1), ("2026-05", 2)]


def test_r_smp_11_the_sums_are_those_of_the_details(runtime: Runtime) -> None:
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        may = rows.sample("2026-05")
        for value in (5, 5, 4, 1):
            rows.scored(may, value)
        rows.scored(may, 3, origin=ScoreOrigin.RULE, handler="小方")
        rows.member(may, handler="小方", ending=Ending.UNREACHABLE)
        rows.member(may, handler="小方", ending=Ending.REJECTED)
    people, own = summary(runtime), details(runtime)
    assert [(r["处理人"], r["抽查数"], r["评分数"], r["满意度"]) for r in people] == [
        ("小方", 3, 1, 3.0),
        ("小顾", 4, 4, 3.75),
    ]
    assert sum(row["抽查数"] for row in people) == len(own) == 7
    assert sampling_detail(runtime, FIRST, LAST, None).total_cells[10] == 18
    total = sampling_summary(runtime, FIRST, LAST, None).total_cells
    assert total[2:] == (7, 5, 1, 1, 0, 0, 2, 1, 1, 0, 1, 3.6, "否")
    assert [row["评分数"] for row in summary(runtime, "2026-05-27 14:02")] == [0, 0]


def test_r_smp_11_days_the_wrong_way_round_and_too_many_rows_are_refused(runtime: Runtime) -> None:
    complained(runtime)
    for flow in (sampling_detail, sampling_summary):
        with pytest.raises(UsageError) as refused:
            flow(runtime, LAST, FIRST, None)
        assert refused.value.field == "from"
        with pytest.raises(UsageError):
            flow(runtime, FIRST, LAST, None, max_rows=0)
