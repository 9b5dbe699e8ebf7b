"""R-OOS-2: a called stock-out notice as a row of 缺货通知明细表, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from campaigns.kinds.call_detail import CalledMatter, CallMade, OrderCalledAbout
from campaigns.kinds.stock_out_ledger import (
    DETAIL_FORM,
    MissingArticle,
    PromiseMade,
    PromiseState,
    StockOutRow,
    detail_ledger,
)
from campaigns.values import SHOP_ZONE, Ending, Kind, Promise, Topic


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=SHOP_ZONE).astimezone(UTC)


LISTED = local(8, 9)
SAID_AT = local(9, 10, 4)
CALL = CallMade(local(9, 10), "agrees_with_gift", SAID_AT, "等得起")
CUP = MissingArticle("保温杯", ((LISTED, date(2026, 3, 14)),), LISTED)
BRUSH = MissingArticle("杯刷", ((LISTED, date(2026, 3, 12)),), LISTED)
ROW = StockOutRow(
    CalledMatter(
        task_id=3,
        kind=Kind.STOCK_OUT,
        topic=Topic.NONE,
        buyer="山楂树下",
        handler="小顾",
        calls=(CALL,),
        ending=Ending.AGREED,
        orders=(OrderCalledAbout("2001", ("保温杯 大号",)),),
    ),
    (BRUSH, CUP),
    (
        PromiseMade(Promise.SHIP_TOGETHER, is_done=True),
        PromiseMade(Promise.GIFT),
    ),
)


def cells(row: StockOutRow) -> dict[str, object]:
    return dict(zip([c.name for c in DETAIL_FORM.columns], row.cells(), strict=True))


def test_r_oos_1_the_columns_in_their_order() -> None:
    assert cells(ROW) == {
        "通知日期": date(2026, 3, 9),
        "处理人员": "小顾",
        "用户ID": "山楂树下",
        "订单编号": "2001",
        "缺货商品": "杯刷；保温杯",
        "告知到货日": date(2026, 3, 14),
        "次数": 1,
        "通话结果": "犹豫，答应优先发并送赠品",
        "联络结果": "同意等货",
        "承诺": "到货一起发；随货送赠品",
        "兑现情况": "已兑现 1，待兑现 1",
        "登记售后": "",
        "备注": "等得起",
    }


def test_r_oos_2_the_day_told_is_the_one_expected_when_it_was_said() -> None:
    moved = replace(CUP, expected=(*CUP.expected, (local(9, 12), date(2026, 3, 20))))
    assert replace(ROW, articles=(BRUSH, moved)).told_day == date(2026, 3, 14)
    known = replace(CUP, expected=(*CUP.expected, (SAID_AT, date(2026, 3, 20))))
    assert replace(ROW, articles=(BRUSH, known)).told_day == date(2026, 3, 20)
    here = replace(CUP, arrived_at=local(9, 9))
    assert replace(ROW, articles=(BRUSH, here)).told_day == date(2026, 3, 12)
    joined_later = replace(CUP, joined_at=local(9, 11))
    assert replace(ROW, articles=(BRUSH, joined_later)).told_day == date(2026, 3, 12)


def test_r_oos_2_who_was_told_twice_was_told_the_last_day() -> None:
    moved = replace(CUP, expected=(*CUP.expected, (local(9, 12), date(2026, 3, 20))))
    first = CallMade(local(9, 9), "relay", local(9, 9, 5))
    again = CallMade(local(10, 9), "agrees", local(10, 9, 5))
    told = replace(ROW, matter=replace(ROW.matter, calls=(first, again)), articles=(moved,))
    assert told.told_day == date(2026, 3, 20)


@pytest.mark.parametrize("outcome", ["no_answer", "wrong_number", "gave_number", "opt_out", None])
def test_r_oos_1_nobody_was_told_a_day_who_did_not_hear_it(outcome: str | None) -> None:
    call = replace(CALL, outcome=outcome)
    assert replace(ROW, matter=replace(ROW.matter, calls=(call,))).told_day is None


@pytest.mark.parametrize(
    ("made", "state"),
    [
        (PromiseMade(Promise.GIFT), PromiseState.OPEN),
        (PromiseMade(Promise.GIFT, is_done=True), PromiseState.KEPT),
        (PromiseMade(Promise.GIFT, is_broken=True), PromiseState.BROKEN),
        (PromiseMade(Promise.GIFT, is_done=True, is_broken=True), PromiseState.KEPT_LATE),
        (PromiseMade(Promise.GIFT, is_withdrawn=True), PromiseState.WITHDRAWN),
        (PromiseMade(Promise.GIFT, is_broken=True, is_withdrawn=True), PromiseState.BROKEN),
    ],
)
def test_r_oos_2_what_became_of_a_promise(made: PromiseMade, state: PromiseState) -> None:
    assert made.state is state


def test_r_oos_2_the_total_row_counts_attempts_and_promises() -> None:
    day = date(2026, 3, 9)
    silent = StockOutRow(replace(ROW.matter, calls=(CALL, CALL)))
    ledger = detail_ledger([ROW, silent], day, day, None)
    totals = dict(zip([c.name for c in DETAIL_FORM.columns], ledger.total_cells, strict=True))
    assert {name: cell for name, cell in totals.items() if cell is not None} == {
        "通知日期": "合计",
        "用户ID": "2 位",
        "次数": 3,
        "兑现情况": "已兑现 1，待兑现 1",
        "登记售后": "0 件",
    }
    assert silent.kept == ""
