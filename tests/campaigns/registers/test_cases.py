"""R-CASE-1, R-CPL-2: what a case may become, and until when an answer is owed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from campaigns.policy import Policy
from campaigns.registers.case_form import REGISTER_FORM, CaseRow, case_register
from campaigns.registers.cases import (
    CHANGES,
    ENDED,
    due_by_default,
    is_due_allowed,
    is_overdue,
    may_become,
    needs_words,
)
from campaigns.values import SHOP_ZONE, CaseKind, CaseState

NOW = datetime(2026, 3, 9, 10, 0, tzinfo=SHOP_ZONE).astimezone(UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def test_r_case_1_every_state_says_what_it_may_become() -> None:
    assert set(CHANGES) == set(CaseState)
    assert all(state not in later for state, later in CHANGES.items())
    assert CHANGES[CaseState.CLOSED] == ()
    assert may_become(CaseState.SOLVED, CaseState.IN_PROGRESS)  # not solved after all
    assert not may_become(CaseState.IN_PROGRESS, CaseState.OPEN)


def test_r_cpl_2_only_an_end_needs_words() -> None:
    assert {state for state in CaseState if needs_words(state)} == set(ENDED)


@pytest.mark.parametrize(("hours", "expected"), [(24, 24), (1, 1), (48, 48), (72, 48)])
def test_r_cpl_2_an_answer_is_due_after_24_hours_and_never_after_more_than_48(
    hours: int, expected: int
) -> None:
    assert due_by_default(NOW, Policy(case_answer_hours=hours)) == NOW + expected * HOUR


def test_r_cpl_2_a_promised_time_lies_ahead_by_48_hours_at_most() -> None:
    asked = (NOW, NOW + SECOND, NOW + 48 * HOUR, NOW + 48 * HOUR + SECOND)
    assert [is_due_allowed(at, NOW) for at in asked] == [False, True, True, False]


def test_r_cpl_2_overdue_from_the_very_instant_until_it_ends() -> None:
    assert not is_overdue(CaseState.OPEN, NOW + SECOND, NOW)
    assert is_overdue(CaseState.WAITING, NOW, NOW)
    assert not is_overdue(CaseState.SOLVED, NOW - HOUR, NOW)


def test_r_case_1_the_register_as_it_is_printed() -> None:
    row = CaseRow(
        day=date(2026, 3, 9),
        handler="小顾",
        buyer="山楂树下",
        order_no="1001",
        kind=CaseKind.PARCEL,
        cause="显示签收，没有收到",
        agreed="明天回电",
        state=CaseState.SOLVED,
        due_at=NOW + 24 * HOUR,
        settled="已补发",
    )
    waiting = replace(row, order_no=None, state=CaseState.WAITING, settled=None)
    ledger = case_register([row, waiting], row.day, row.day, None)
    names = [column.name for column in REGISTER_FORM.columns]
    assert dict(zip(names, ledger.rows[0].cells(), strict=True)) == {
        "日期": date(2026, 3, 9),
        "处理人": "小顾",
        "用户ID": "山楂树下",
        "订单编号": "1001",
        "问题类型": "快递问题",
        "原因": "显示签收，没有收到",
        "协商结果": "明天回电；已补发",
        "状态": "已解决",
        "到期时间": "2026-03-10 10:00",
    }
    assert ledger.rows[1].cells()[6:8] == ("明天回电", "等待客户或快递")
    assert ledger.total_cells == (
        *("合计", None, None, None, "2 件", None, None),
        "未办结 1 件",
        None,
    )
