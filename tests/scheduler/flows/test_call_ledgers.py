"""The detail ledgers of callbacks and stock-out notices, of calls that were really made."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from adapters.store.models.after_sales import service_case
from campaigns.errors import UsageError
from campaigns.ledger import as_json_rows
from campaigns.values import Effect, Kind, OrderState, Role
from scheduler.flows import shortages
from scheduler.flows.dialling import dial
from scheduler.flows.ledgers import callback_detail, feedback, feedback_summary, stock_out_detail
from scheduler.flows.outcome import MatterForm, OutcomeForm, record_outcome
from scheduler.flows.outcome_forms import FeedbackForm
from scheduler.flows.todos import finish_todo
from tests.factories import at, day
from tests.scheduler.flows.after_sales_shop import (
    order_no_of,
    plan_all,
    received,
    retitle,
    short,
    waiting,
)
from tests.shops import Shop

DAY = day("05-13")
LATER = day("05-20")


def callbacks(shop: Shop, as_of: str | None = None) -> list[dict[str, Any]]:
    known = at(as_of) if as_of else None
    return as_json_rows(callback_detail(shop.runtime, DAY, LATER, known))


def notices(shop: Shop, as_of: str | None = None) -> list[dict[str, Any]]:
    known = at(as_of) if as_of else None
    return as_json_rows(stock_out_detail(shop.runtime, DAY, LATER, known))


def test_r_cb_6_a_callback_with_a_complaint(shop: Shop) -> None:
    caller = shop.person("张三")
    customer_id = received(shop, "tb_hua01", title="保温杯 大容量")
    assert plan_all(shop)[Kind.CALLBACK] == 1
    shop.call(caller, "05-13 09:10", "no_answer", "05-13 09:12")
    said = FeedbackForm("", Effect.BAD, "", "换一种胶圈", "倒过来就滴")
    shop.call(caller, "05-13 14:00", "complaint", "05-13 14:06", note="瓶盖漏水", feedback=said)
    (case,) = shop.rows(service_case)
    (row,) = callbacks(shop)
    assert row == {
        "回访日期": "2025-05-13",
        "处理人员": "张三",
        "用户ID": "tb_hua01",
        "订单编号": order_no_of(shop, customer_id),
        "类别": "已签收",
        "签收或发货日期": "2025-05-08",
        "商品": "保温杯 大容量",
        "次数": 2,
        "通话结果": "有问题，登记售后",
        "联络结果": "已回访",
        "效果": "有问题",
        "意见": "瓶盖漏水",
        "建议": "换一种胶圈",
        "原话": "倒过来就滴",
        "登记售后": f"{case.id} 产品质量",
        "备注": "瓶盖漏水",
    }


def test_r_cb_6_as_of_an_instant_only_what_was_known_then_counts(shop: Shop) -> None:
    caller = shop.person("张三")
    received(shop, "tb_hua01")
    plan_all(shop)
    shop.call(caller, "05-13 09:10", "no_answer", "05-13 09:12")
    shop.call(caller, "05-13 14:00", "complaint", "05-13 14:06", note="漏水")
    names = ("次数", "通话结果", "联络结果", "效果", "登记售后", "备注")
    assert callbacks(shop, "05-13 09:09") == []
    assert [
        tuple(row[name] for name in names)
        for as_of in ("05-13 09:10", "05-13 09:12", "05-13 14:00")
        for row in callbacks(shop, as_of)
    ] == [
        (1, "", "待回访", "", "", ""),
        (1, "无人接听", "待回访", "", "", ""),
        (2, "", "待回访", "", "", ""),
    ]
    assert callbacks(shop, "05-13 14:06") == callbacks(shop)


def test_r_oos_2_a_notice_from_the_promise_to_its_end(shop: Shop) -> None:
    caller = shop.person("张三")
    customer_id = waiting(shop, "tb_hua01")
    pots = short(shop)
    assert plan_all(shop)[Kind.STOCK_OUT] == 1
    shop.call(caller, "05-13 10:00", "agrees", "05-13 10:05", note="不急")
    expected = {
        "通知日期": "2025-05-13",
        "处理人员": "张三",
        "用户ID": "tb_hua01",
        "订单编号": order_no_of(shop, customer_id),
        "缺货商品": "陶瓷花盆",
        "告知到货日": "2025-05-20",
        "次数": 1,
        "通话结果": "同意等到货一起发",
        "联络结果": "同意等货",
        "承诺": "到货一起发",
        "兑现情况": "待兑现",
        "登记售后": "",
        "备注": "不急",
    }
    assert notices(shop) == [expected]
    shortages.move(shop.runtime, pots, day("05-25"), at("05-16 09:00"), "李组长")
    assert notices(shop) == [expected | {"兑现情况": "未兑现"}]  # the day told stays the day told
    (promise,) = [todo for todo in shop.todos() if todo.kind == "promise"]
    finish_todo(shop.runtime, promise.id, at("05-24 09:00"), "李组长")
    assert notices(shop) == [expected | {"兑现情况": "过期才兑现"}]
    by_then = [notices(shop, as_of)[0]["兑现情况"] for as_of in ("05-15 09:00", "05-20 09:00")]
    assert by_then == ["待兑现", "未兑现"]
    assert notices(shop, "05-13 10:04")[0]["承诺"] == ""


def test_r_oos_1_who_refuses_is_in_the_after_sales_register(shop: Shop) -> None:
    caller = shop.person("张三")
    waiting(shop, "tb_hua01")
    short(shop)
    plan_all(shop)
    shop.call(caller, "05-13 10:00", "refuses", note="要退款")
    (case,) = shop.rows(service_case)
    (row,) = notices(shop)
    assert (row["登记售后"], row["联络结果"]) == (f"{case.id} 退款", "不同意，转售后")
    assert (row["承诺"], row["告知到货日"]) == ("", "2025-05-20")


def test_r_repeat_2_a_matter_settled_in_another_matters_call_has_its_row(shop: Shop) -> None:
    caller = shop.person("张三")
    customer_id = received(shop, "tb_hua01")
    short(shop)
    shop.order(customer_id, "05-11 20:00")
    second = shop.orders_of(customer_id)[-1]
    shop.see("05-12 08:30", state=OrderState.PAID, paid="05-11 20:05", only=[second])
    retitle(shop, second, "陶瓷花盆 小号")
    assert plan_all(shop) | {Kind.DUNNING: 0} == {
        Kind.DUNNING: 0,
        Kind.CALLBACK: 1,
        Kind.STOCK_OUT: 1,
    }
    held = shop.take(caller, "05-13 09:30")
    dial(shop.runtime, held.attempt_id, at("05-13 09:30"), caller)
    codes = {Kind.CALLBACK: "satisfied", Kind.STOCK_OUT: "agrees"}
    main, rider = sorted(shop.tasks(), key=lambda task: task.id != _task_of(shop, held.attempt_id))
    form = OutcomeForm(
        codes[Kind(main.kind)], also=(MatterForm(rider.id, codes[Kind(rider.kind)]),)
    )
    record_outcome(shop.runtime, held.attempt_id, form, at("05-13 09:36"), caller)
    (called_back,), (told,) = callbacks(shop), notices(shop)
    assert (called_back["次数"], called_back["通话结果"]) == (1, "满意")
    assert (told["次数"], told["通话结果"], told["兑现情况"]) == (1, "同意等到货一起发", "待兑现")
    assert callbacks(shop, "05-13 09:36") == callbacks(shop)


def _task_of(shop: Shop, attempt_id: str) -> int:
    return next(int(row.task_id) for row in shop.attempts() if row.id == attempt_id)


def test_r_cb_6_feedback_comes_back_by_entry_and_by_week(shop: Shop) -> None:
    caller = shop.person("张三", Role.CALLER)
    for name in ("tb_hua01", "tb_hua02", "tb_hua03"):
        received(shop, name, title="保温杯")
    plan_all(shop)
    shop.call(caller, "05-13 09:10", "satisfied", feedback=FeedbackForm(verbatim="一天都还热"))
    shop.call(caller, "05-13 09:20", "satisfied")
    shop.call(caller, "05-13 09:30", "no_answer")
    entries = feedback(shop.runtime, DAY, DAY, None)
    assert [(row.product, row.effect, row.verbatim) for row in entries.rows] == [
        ("保温杯", Effect.GOOD, "一天都还热"),
        ("保温杯", Effect.GOOD, None),
    ]
    counts = feedback_summary(shop.runtime, DAY, DAY, None)
    assert [row.cells()[:5] for row in counts.rows] == [
        ("保温杯", "2025-W20", date(2025, 5, 12), 2, 2)
    ]
    assert len(feedback(shop.runtime, DAY, DAY, at("05-13 09:15")).rows) == 1
    assert feedback_summary(shop.runtime, DAY, DAY, at("05-13 09:15")).total_cells[3] == 1


def test_a_detail_ledger_has_a_bound(shop: Shop) -> None:
    caller = shop.person("张三")
    for name in ("tb_hua01", "tb_hua02"):
        received(shop, name)
    plan_all(shop)
    shop.call(caller, "05-13 09:10", "satisfied")
    shop.call(caller, "05-13 09:20", "satisfied")
    assert len(callback_detail(shop.runtime, DAY, DAY, None, max_rows=2).rows) == 2
    with pytest.raises(UsageError, match="超过 1 条"):
        callback_detail(shop.runtime, DAY, DAY, None, max_rows=1)
    with pytest.raises(UsageError):
        stock_out_detail(shop.runtime, LATER, DAY, None)
