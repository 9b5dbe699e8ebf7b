"""What a stock-out notice says, and what is written about it (R-OOS-1, R-OOS-2)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from campaigns.values import Kind
from scripts_zh.context import Words
from scripts_zh.library import Rendered, standard_library
from tests.scripts_zh.words import ARRIVED, MISSING, MOVED, NOW, SOONER, STOCK_OUT, sparse

LIBRARY = standard_library()
TREE = LIBRARY.tree(Kind.STOCK_OUT)
WRITTEN = ["unreached", "no_contact", "relayed", "moved", "due", "arrived"]


def shown(moment: str, words: Words = STOCK_OUT) -> Rendered:
    return LIBRARY.render(TREE.nodes[moment].id, words)


def written(moment: str, words: Words) -> Rendered:
    return LIBRARY.render(f"stock_out.{moment}.wangwang", words)


def ways(moment: str) -> set[str]:
    return {branch.to for branch in TREE.nodes[moment].branches}


def test_r_oos_1_the_matter_says_why_when_and_asks_to_ship_together() -> None:
    assert shown("matter").text == (
        "很抱歉，您订的保温杯现在没有货。",
        "情况是这样：厂家推迟了发货。",
        "预计周三11月26日到货。",
        "围巾有货，想等到了一起发，您看行吗？",
    )
    assert shown("matter", sparse(STOCK_OUT)).text == (
        "很抱歉，您订的保温杯现在没有货。",
        "预计周三11月26日到货。",
        "货一到就给您发，您愿意等等吗？",
    )


def test_r_oos_2_a_moved_date_is_owned_up_to_and_an_earlier_one_is_good_news() -> None:
    moved = shown("matter", MOVED).text
    assert moved[:2] == ("前面跟您说，保温杯今天到。", "现在要晚一些，让您多等，真对不起。")
    assert "预计12月11日到货。" in moved
    sooner = shown("matter", SOONER).text
    assert sooner[:2] == ("跟您说一声，保温杯能早些到。", "预计周三11月26日到货。")


def test_r_oos_2_goods_that_are_in_are_not_called_missing() -> None:
    assert shown("matter", ARRIVED).text == (
        "跟您说一声，您等的保温杯到货了。",
        "我们想和围巾一起发给您，行吗？",
    )
    for moment in TREE.nodes:
        said = "".join(shown(moment, ARRIVED).text)
        assert "预计" not in said
        assert "11月26日" not in said


@pytest.mark.parametrize("moment", ["agrees", "agrees_with_gift", "firmer_date"])
def test_r_oos_1_the_date_is_repeated(moment: str) -> None:
    assert "周三11月26日" in "".join(shown(moment).text)


@pytest.mark.parametrize("words", [STOCK_OUT, MOVED], ids=["missing", "moved"])
def test_r_oos_1_no_other_date_is_named_and_none_is_certain(words: Words) -> None:
    moved_by_one = replace(
        words, stock=replace(words.stock or MISSING, expected_on=MISSING.expected_on)
    )
    for moment in TREE.nodes:
        said = "".join(shown(moment, moved_by_one).text)
        assert set(re.findall(r"\d+月\d+日", said)) <= {"11月26日"}
        assert "一定到" not in said


def test_r_oos_1_the_reluctant_get_first_place_and_a_gift_only_if_there_is_one() -> None:
    assert "agrees_with_gift" in ways("reluctant")
    assert shown("agrees_with_gift").buttons == ("agrees_with_gift",)
    for moment in ("reluctant", "agrees_with_gift"):
        assert "一条毛巾" in "".join(shown(moment).text)
    without = replace(STOCK_OUT, stock=replace(MISSING, gift=None))
    for moment in TREE.nodes:
        said = "".join(shown(moment, without).text)
        assert "送您" not in said
        assert "毛巾" not in said
    assert "排在最前面" in "".join(shown("reluctant", without).text)


def test_r_oos_1_the_gift_is_no_opening_bid() -> None:
    speaking_of_it = {m for m, node in TREE.nodes.items() if "stock.gift" in node.needs}
    assert speaking_of_it == {"dial", "reluctant", "agrees_with_gift"}


def test_r_oos_1_a_refusal_is_taken_at_once_as_a_refund_or_a_swap() -> None:
    assert ways("refuses") >= {"refund", "swap"}
    assert "reluctant" not in ways("refuses")
    for moment in ("refuses", "refund", "swap", "undecided", "ship_rest", "compensation"):
        assert shown(moment).buttons[0] == "refuses"


def test_r_oos_1_the_rest_is_shipped_first_only_where_there_is_a_rest() -> None:
    assert "围巾" in "".join(shown("ship_rest").text)
    alone = "".join(shown("ship_rest", sparse(STOCK_OUT)).text)
    assert "没有能先发的" in alone


def test_r_oos_1_where_nothing_else_waits_nothing_is_shipped_together() -> None:
    alone = sparse(STOCK_OUT)
    for moment in ("matter", "agrees"):
        assert "一起发" in "".join(shown(moment).text)
        assert "一起发" not in "".join(shown(moment, alone).text)


@pytest.mark.parametrize("moment", ["unreached", "no_contact", "relayed"])
def test_r_msg_1_what_the_call_would_have_said_is_written(moment: str) -> None:
    sent = written(moment, STOCK_OUT)
    assert sent.text[0].startswith("您好，这里是暖屋家居的客服")
    assert "预计11月26日到货。" in sent.text
    assert "愿意等，回复“等”；想换，回复“换”；想退，回复“退”，都可以。" in sent.text
    assert "围巾" in sent.message
    assert "围巾" not in written(moment, sparse(STOCK_OUT)).message


def test_r_oos_2_a_moved_date_is_written_old_and_new_with_the_choice() -> None:
    sent = written("moved", MOVED)
    assert "前面跟您说的是11月21日，现在预计是12月11日。" in sent.text
    assert "愿意接着等，回复“等”；想换，回复“换”；想退，回复“退”，都可以。" in sent.text
    assert sent.text[-1] == "没能按说好的日子办到，非常对不起。"
    assert "对不起" not in written("moved", SOONER).message
    assert "现在预计是11月26日。" in written("moved", STOCK_OUT).text


def test_r_oos_2_the_day_and_the_arrival_are_announced() -> None:
    assert "您等的保温杯，预计11月26日到货。" in written("due", STOCK_OUT).text
    assert "货一到，就照说好的，和围巾一起发给您。" in written("due", STOCK_OUT).text
    assert "您等的保温杯到货了。" in written("arrived", ARRIVED).text
    assert "现在照说好的，和围巾一起给您安排发货。" in written("arrived", ARRIVED).text
    assert "一起" not in written("arrived", sparse(ARRIVED)).message


@pytest.mark.parametrize("moment", WRITTEN)
def test_r_msg_1_a_written_text_reads_the_same_on_any_day_and_can_be_declined(moment: str) -> None:
    sent = written(moment, MOVED)
    assert written(moment, replace(MOVED, now=NOW + timedelta(days=2))) == sent
    assert "不想再收到这样的消息，回复一声，我们马上登记。" in sent.text
    assert not re.search(r"今天|明天|后天|周[一二三四五六日]", sent.message)
