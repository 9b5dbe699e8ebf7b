"""What we owe customers who wait, and what they said of goods, as a leader reads it."""

from __future__ import annotations

import pytest

from campaigns.errors import UsageError
from campaigns.values import Effect
from scheduler.flows import shortages
from scheduler.flows.feedback import FeedbackQuery, seen
from scheduler.flows.outcome_forms import FeedbackForm
from scheduler.flows.promise_list import PromiseState, promise_list
from scheduler.flows.todos import finish_todo
from tests.factories import at, day
from tests.scheduler.flows.after_sales_shop import order_no_of, plan_all, received, short, waiting
from tests.shops import Shop


def test_r_oos_2_a_promise_is_open_then_broken_then_kept_late(shop: Shop) -> None:
    caller = shop.person("张三")
    customer_id = waiting(shop, "tb_hua01")
    pots = short(shop)
    plan_all(shop)
    shop.call(caller, "05-13 10:00", "agrees_with_gift")
    now = at("05-13 11:00")
    found = promise_list(shop.runtime, PromiseState.OPEN, now)
    assert [line.what for line in found.lines] == ["到货一起发", "到货优先发", "随货送赠品"]
    first = found.lines[0]
    assert (first.order_no, first.buyer, first.goods, first.promised_on, first.caller) == (
        *(order_no_of(shop, customer_id), "tb_hua01", "陶瓷花盆", day("05-20"), "张三"),
    )
    assert (first.due_at, first.is_overdue) == (at("05-21 00:00"), False)
    assert first.last_day == day("05-20")
    assert promise_list(shop.runtime, PromiseState.OPEN, at("05-21 00:00")).lines[0].is_overdue

    finish_todo(shop.runtime, first.id, now, "李组长")
    shortages.move(shop.runtime, pots, day("05-25"), at("05-16 09:00"), "李组长")
    broken = promise_list(shop.runtime, PromiseState.BROKEN, at("05-16 09:00"))
    assert [line.what for line in broken.lines] == ["到货优先发", "随货送赠品"]
    assert broken.lines[0].broken_at == at("05-16 09:00")
    assert "5 月 25 日" in (broken.lines[0].broken_why or "")
    finish_todo(shop.runtime, broken.lines[0].id, at("05-25 09:00"), "李组长")
    counts = promise_list(shop.runtime, PromiseState.KEPT, at("05-25 09:00")).counts
    assert counts == {
        PromiseState.OPEN: 0,
        PromiseState.KEPT: 1,
        PromiseState.BROKEN: 1,
        PromiseState.KEPT_LATE: 1,
        PromiseState.WITHDRAWN: 0,
    }
    (kept,) = promise_list(shop.runtime, PromiseState.KEPT, at("05-25 09:00")).lines
    assert (kept.id, kept.done_by, kept.done_at) == (first.id, "李组长", now)


def test_r_cb_6_feedback_by_period_product_and_effect(shop: Shop) -> None:
    caller = shop.person("张三")
    for name, title in (("tb_hua01", "保温杯"), ("tb_hua02", "杯刷"), ("tb_hua03", "保温杯")):
        received(shop, name, title=title)
    plan_all(shop)
    said = FeedbackForm(effect=Effect.FAIR, verbatim="还行")
    shop.call(caller, "05-13 09:10", "satisfied", feedback=said)
    shop.call(caller, "05-13 09:20", "complaint", note="掉毛")
    shop.call(caller, "05-13 09:30", "satisfied")
    first = last = day("05-13")
    everything = seen(shop.runtime, FeedbackQuery(first, last))
    assert [line.effect for line in everything.lines] == [Effect.GOOD, Effect.BAD, Effect.FAIR]
    assert everything.products == ("保温杯", "杯刷")
    assert [(week.product, week.count) for week in everything.weeks] == [
        ("保温杯", 2),
        ("杯刷", 1),
    ]
    assert (everything.count, everything.of(Effect.BAD), everything.of(None)) == (3, 1, 0)
    brush = seen(shop.runtime, FeedbackQuery(first, last, "杯刷"))
    assert [line.complaint for line in brush.lines] == ["掉毛"]
    assert brush.products == ("保温杯", "杯刷")  # what may be chosen stays
    assert seen(shop.runtime, FeedbackQuery(first, last, effect=Effect.FAIR)).count == 1
    assert seen(shop.runtime, FeedbackQuery(day("05-14"), day("05-15"))).count == 0
    with pytest.raises(UsageError):
        seen(shop.runtime, FeedbackQuery(day("05-15"), day("05-14")))
