"""服务抽查明细表 and 服务抽查汇总表, made from rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.kinds.call_detail import CallMade, CaseOpened
from campaigns.kinds.sampling_ledger import (
    SUMMARY_FORM,
    Answer,
    DetailRow,
    FollowUpCase,
    MessageLeft,
    ReviewMade,
    ScoreGiven,
    detail_ledger,
    summary_ledger,
)
from campaigns.kinds.sampling_tally import Sampled
from campaigns.ledger import as_json_rows
from campaigns.values import CaseKind, CaseState, Ending, ScoreOrigin, Source, Verdict
from tests.factories import at

FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)
ONE = Sampled(1, "2026-05", date(2026, 5, 27), Source.PARCELS, "小顾")
CALLED = DetailRow(
    replace(ONE, ending=Ending.SCORED, score=4, origin=ScoreOrigin.REVIEW),
    "山楂树下",
    "3515313147329300001",
    "SF1029384756",
    calls=(
        (CallMade(at("2026-05-28 09:00"), "no_answer"), "谷雨"),
        (CallMade(at("2026-05-28 14:00"), "scored", note="声音小"), "白露"),
        (CallMade(at("2026-05-28 14:02"), "scored", is_redial=True), "白露"),
    ),
    scores=(
        ScoreGiven(2, ScoreOrigin.CUSTOMER, "等了三天", "早点回"),
        ScoreGiven(4, ScoreOrigin.REVIEW, "录音里说的是 4 分"),
    ),
    review=ReviewMade("周主管", Verdict.CORRECTED, 2, 4, "录音里说的是 4 分"),
)


def summary(*rows: Sampled) -> list[dict[str, object]]:
    return [dict(row) for row in as_json_rows(summary_ledger(rows, FIRST, LAST, None))]


def total(*rows: Sampled) -> dict[str, object]:
    cells = summary_ledger(rows, FIRST, LAST, None).total_cells
    return dict(zip([c.name for c in SUMMARY_FORM.columns], cells, strict=True))


def test_r_smp_11_a_row_of_the_detail_ledger() -> None:
    (row,) = as_json_rows(detail_ledger([CALLED], FIRST, LAST, None))
    assert row == {
        "列入日期": "2026-05-27",
        "抽查日期": "2026-05-28",
        "用户ID": "山楂树下",
        "订单编号": "3515313147329300001",
        "来源": "快递件登记",
        "情况": "SF1029384756",
        "处理人": "小顾",
        "抽查人员": "谷雨、白露",
        "拨打次数": 2,
        "结果": "已评分",
        "评分": 4,
        "评分来源": "复核更正",
        "原因": "等了三天",
        "建议": "早点回",
        "后续处理": "",
        "复核": "周主管 更正：2 分改为 4 分，录音里说的是 4 分",
        "备注": "声音小",
    }


def test_r_smp_11_who_was_not_called_yet_stands_there_too() -> None:
    (row,) = as_json_rows(detail_ledger([DetailRow(ONE, "山楂树下")], FIRST, LAST, None))
    assert (row["抽查日期"], row["拨打次数"], row["结果"], row["评分"]) == (None, 0, "待抽查", None)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"message": MessageLeft()}, "待留言"),
        ({"message": MessageLeft(at("2026-05-29 09:00"))}, "已留言"),
        (
            {"message": MessageLeft(at("2026-05-29 09:00"), at("2026-05-29 10:00"))},
            "已留言，客户已回复",
        ),
        (
            {"answers": (Answer(at("2026-05-28 14:30"), "白露", is_breached=False),)},
            "升级给白露，应在 05-28 14:30 前答复，未答复",
        ),
        (
            {"answers": (Answer(at("2026-05-28 14:30"), "白露", is_breached=True),)},
            "升级给白露，应在 05-28 14:30 前答复，已超时未答复",
        ),
        (
            {
                "answers": (
                    Answer(at("2026-05-28 14:30"), "白露", True, at("2026-05-28 14:40"), "补发"),
                ),
                "cases": (FollowUpCase(CaseOpened(7, CaseKind.SERVICE), CaseState.SOLVED),),
            },
            "升级给白露，05-28 14:40 已答复（超时）：补发；售后 7 服务态度，已解决",
        ),
    ],
)
def test_r_smp_11_what_followed(more: dict[str, object], words: str) -> None:
    assert replace(CALLED, **more).follow_up == words  # type: ignore[arg-type]


def test_r_smp_11_under_the_details_stand_customers_calls_results_and_the_sum() -> None:
    ledger = detail_ledger([CALLED, DetailRow(ONE, "b")], FIRST, LAST, None)
    names = [column.name for column in ledger.form.columns]
    cells = dict(zip(names, ledger.total_cells, strict=True))
    assert (cells["列入日期"], cells["用户ID"], cells["拨打次数"]) == ("合计", "2 位", 2)
    assert (cells["评分"], cells["评分来源"], cells["复核"]) == (4, "复核更正 1", "1 位")
    assert cells["结果"] == "已评分 1，待抽查 1"


def test_r_smp_11_the_summary_counts_by_month_and_handler() -> None:
    rows = [
        replace(ONE, score=5, ending=Ending.SCORED),
        replace(ONE, score=3, ending=Ending.SCORED_BY_RULE),
        replace(ONE, score=3, ending=Ending.SCORED),
        replace(ONE, ending=Ending.UNREACHABLE),
        replace(ONE, ending=Ending.REJECTED),
        replace(ONE, ending=Ending.UNFINISHED),
        ONE,
        replace(ONE, ending=Ending.UNSCORED),
        replace(ONE, ending=Ending.OPTED_OUT),
    ]
    (row,) = summary(*rows)
    assert row == {
        "月份": "2026-05",
        "处理人": "小顾",
        "抽查数": 9,
        "评分数": 3,
        "未接通": 1,
        "拒接": 1,
        "未完成": 2,
        "其他未评分": 2,
        "5分": 1,
        "4分": 0,
        "3分": 2,
        "2分": 0,
        "1分": 0,
        "满意度": 3.67,
        "是否达标": "否",
    }


def test_r_smp_11_the_total_is_of_all_scores_not_of_the_handlers_means() -> None:
    rows = [replace(ONE, score=5), replace(ONE, score=5), replace(ONE, score=2, handler="小方")]
    assert [(row["处理人"], row["满意度"], row["是否达标"]) for row in summary(*rows)] == [
        ("小方", 2.0, "否"),
        ("小顾", 5.0, "是"),
    ]
    assert (total(*rows)["满意度"], total(*rows)["是否达标"]) == (4.0, "是")


def test_r_smp_11_nobody_scored_is_neither_met_nor_missed() -> None:
    (row,) = summary(ONE)
    assert (row["满意度"], row["是否达标"]) == (None, "—")


def test_r_smp_11_the_unnamed_handler_is_the_last_and_months_come_in_order() -> None:
    rows = [replace(ONE, handler=""), ONE, replace(ONE, month="2026-04")]
    assert [(row["月份"], row["处理人"]) for row in summary(*rows)] == [
        ("2026-04", "小顾"),
        ("2026-05", "小顾"),
        ("2026-05", "（未指明）"),
    ]


def test_r_smp_11_a_half_is_rounded_up_once_and_for_all() -> None:
    rows = [replace(ONE, score=4)] * 7 + [replace(ONE, score=5)]  # 33 / 8 = 4.125
    (row,) = summary(*rows)
    assert row["满意度"] == 4.13


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["小顾", "小方", ""]),
            st.sampled_from([None, *Ending]),
            st.sampled_from([None, 1, 2, 3, 4, 5]),
        ),
        max_size=60,
    )
)
def test_r_smp_11_the_total_row_sums_every_count(
    people: list[tuple[str, Ending | None, int | None]],
) -> None:
    rows = [replace(ONE, handler=h, ending=e, score=s) for h, e, s in people]
    ledger = summary_ledger(rows, FIRST, LAST, None)
    for place in range(2, 13):
        assert sum(row.cells()[place] for row in ledger.rows) == ledger.total_cells[place]  # type: ignore[misc]
    for row in ledger.rows:
        assert sum(row.cells()[3:8]) == row.cells()[2]  # type: ignore[arg-type]
        assert sum(row.cells()[8:13]) == row.cells()[3]  # type: ignore[arg-type]
