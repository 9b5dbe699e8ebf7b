"""R-CB-6: a called callback as a row of 回访明细表, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from campaigns.kinds.call_detail import CalledMatter, CallMade, CaseOpened, OrderCalledAbout
from campaigns.kinds.callback_ledger import DETAIL_FORM, CallbackRow, SaidOfGoods, detail_ledger
from campaigns.values import SHOP_ZONE, CaseKind, Effect, Ending, Kind, Topic


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=SHOP_ZONE).astimezone(UTC)


FIRST = CallMade(local(9, 10), "no_answer", local(9, 10, 1))
SECOND = CallMade(local(10, 14), "cut_off", local(10, 14, 5), "说到一半断了")
AGAIN = CallMade(local(10, 14, 7), "complaint", local(10, 14, 20), "瓶盖漏水", is_redial=True)
MATTER = CalledMatter(
    task_id=7,
    kind=Kind.CALLBACK,
    topic=Topic.RECEIVED,
    buyer="山楂树下",
    handler="小顾",
    calls=(FIRST, SECOND, AGAIN),
    ending=Ending.ANSWERED,
    orders=(
        OrderCalledAbout("1001", ("保温杯",), local(4, 23, 30)),
        OrderCalledAbout("1002", ("杯刷", "保温杯"), local(3, 0)),
    ),
    cases=(CaseOpened(12, CaseKind.PRODUCT),),
)
SAID = (
    SaidOfGoods("保温杯", Effect.BAD, "瓶盖漏水", "换一种胶圈", "倒过来就滴"),
    SaidOfGoods("杯刷", Effect.GOOD, None, None, "刷得干净"),
)


def cells(row: CallbackRow) -> dict[str, object]:
    return dict(zip([c.name for c in DETAIL_FORM.columns], row.cells(), strict=True))


def test_r_cb_6_the_columns_in_their_order() -> None:
    assert cells(CallbackRow(MATTER, SAID)) == {
        "回访日期": date(2026, 3, 9),
        "处理人员": "小顾",
        "用户ID": "山楂树下",
        "订单编号": "1001、1002",
        "类别": "已签收",
        "签收或发货日期": date(2026, 3, 3),
        "商品": "保温杯；杯刷",
        "次数": 2,  # the redial belongs to the attempt before it
        "通话结果": "有问题，登记售后",
        "联络结果": "已回访",
        "效果": "有问题；效果好",
        "意见": "瓶盖漏水",
        "建议": "换一种胶圈",
        "原话": "倒过来就滴；刷得干净",
        "登记售后": "12 产品质量",
        "备注": "说到一半断了；瓶盖漏水",
    }


def test_r_cb_6_an_open_task_without_an_answer() -> None:
    open_one = replace(
        MATTER,
        topic=Topic.NOT_RECEIVED,
        calls=(FIRST, CallMade(local(11, 9))),
        ending=None,
        orders=(OrderCalledAbout("1001", ("",)),),
        cases=(),
    )
    found = cells(CallbackRow(open_one))
    assert (found["类别"], found["联络结果"], found["次数"]) == ("未签收", "待回访", 2)
    assert found["通话结果"] == ""  # of the last attempt, and nobody has entered it yet
    assert found["签收或发货日期"] is None
    assert [found[name] for name in ("商品", "效果", "原话", "登记售后", "备注")] == [""] * 5


def test_r_cb_6_the_total_row_counts_attempts_answers_and_cases() -> None:
    alone = CallbackRow(replace(MATTER, calls=(FIRST,), cases=()), SAID[1:])
    day = date(2026, 3, 9)
    ledger = detail_ledger([CallbackRow(MATTER, SAID), alone], day, day, None)
    totals = dict(zip([c.name for c in DETAIL_FORM.columns], ledger.total_cells, strict=True))
    assert {name: cell for name, cell in totals.items() if cell is not None} == {
        "回访日期": "合计",
        "用户ID": "2 位",
        "次数": 3,
        "效果": "效果好 2，有问题 1",
        "登记售后": "1 件",
    }
    assert detail_ledger([], day, day, None).total_cells[10] is None
