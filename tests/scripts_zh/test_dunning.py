"""The payment reminder's scripts, each file of them (R-ETQ-1, R-DUN-2, R-DUN-3, R-DUN-6)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from campaigns.kinds.dunning import OUTCOMES
from campaigns.values import Kind
from scripts_zh.context import Occasion, Words
from scripts_zh.front_matter import Medium, Script
from scripts_zh.library import Rendered, standard_library
from scripts_zh.sandbox import facts_used
from tests.scripts_zh.words import NOW, SEVERAL, USUAL, WORD_SETS

CODES = {outcome.code for outcome in OUTCOMES if not outcome.by_system}
GOODBYES = ("closing", "closing_short", "closing_sorry")
SENTENCE_MAX_CHARS = 40
NODE_MAX_SENTENCES = 6
MESSAGE_LINE_MAX_CHARS = 80

NEVER_SAID = [
    *("欠", "催", "拖", "逾期", "违约", "后果", "黑名单", "起诉", "法律", "征信", "追究", "追讨"),
    *("必须", "赶紧", "马上付", "立刻", "最后一次", "怎么还", "怎么不", "为什么", "凭什么"),
    *("你", "答应过", "说话不算", "不讲", "骗", "麻烦的", "嫌"),
]
"""Blame, mockery, pressure and debt collection; and nobody is addressed as 你."""

LIBRARY = standard_library()
TREE = LIBRARY.tree(Kind.DUNNING)
OCCASIONS = [it for it in Occasion if it is not Occasion.ANSWER]
"""An answer is owed to sampled customers only (R-SMP-5)."""
SCRIPTS = {
    script.id: script
    for script in LIBRARY.scripts
    if script.kind == Kind.DUNNING and script.medium is not Medium.SMS
}
SAID = {key: it for key, it in SCRIPTS.items() if it.medium is not Medium.NOTE}

each_script = pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
each_said = pytest.mark.parametrize("script", SAID.values(), ids=SAID.keys())
each_words = pytest.mark.parametrize("words", WORD_SETS.values(), ids=WORD_SETS.keys())


def shown(moment: str, words: Words) -> Rendered:
    return LIBRARY.render(TREE.nodes[moment].id, words)


def sentences(line: str) -> list[str]:
    return re.findall(r"[^。？！]+[。？！]?", line)


@each_script
def test_needs_are_the_variables_used(script: Script) -> None:
    assert script.needs == facts_used(script.source)


@each_script
def test_every_button_is_an_outcome_of_the_kind(script: Script) -> None:
    assert set(script.buttons) <= CODES
    assert len(set(script.buttons)) == len(script.buttons)


@each_script
def test_rules_are_sop_ids(script: Script) -> None:
    assert script.rules
    assert all(re.fullmatch(r"R-[A-Z]+-\d+", rule) for rule in script.rules)


def test_every_outcome_is_offered_somewhere() -> None:
    assert {code for node in TREE.nodes.values() for code in node.buttons} == CODES


def test_every_branch_leads_to_a_node_and_no_node_to_itself() -> None:
    for moment, node in TREE.nodes.items():
        for branch in node.branches:
            assert branch.to in TREE.nodes
            assert branch.to != moment


def test_every_node_is_reachable() -> None:
    assert {node.moment for node in TREE.walk()} == set(TREE.nodes)


def test_every_path_can_end_with_an_outcome_and_a_goodbye() -> None:
    """No moment is a dead end: it offers an outcome, leads on, or says goodbye."""
    for moment, node in TREE.nodes.items():
        assert node.buttons or node.branches or moment in GOODBYES


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_each_occasion_has_one_opening_and_can_come_to_every_answer(occasion: Occasion) -> None:
    rendered = LIBRARY.render_tree(Kind.DUNNING, replace(USUAL, occasion=occasion))
    assert [it.moment for it in rendered[:1]] == ["dial"]
    assert [branch.label for branch in rendered[0].branches] == ["接通了", "没接通"]
    met = {it.moment for it in rendered}
    assert {branch.to for it in rendered for branch in it.branches} <= met
    assert {code for it in rendered for code in it.buttons} == CODES


@each_words
@each_script
def test_renders_with_all_kinds_of_facts_within_the_limits(script: Script, words: Words) -> None:
    rendered = LIBRARY.render(script.id, words)
    assert rendered.text
    if script.medium is Medium.WANGWANG:
        assert all(len(line) <= MESSAGE_LINE_MAX_CHARS for line in rendered.text)
        return
    said = [sentence for line in rendered.text for sentence in sentences(line)]
    assert [s for s in said if len(s) > SENTENCE_MAX_CHARS] == []
    assert len(rendered.text) <= NODE_MAX_SENTENCES
    assert all(line[-1] in "。？" for line in rendered.text)


@each_said
def test_r_etq_1_nobody_is_blamed_or_pressed(script: Script) -> None:
    body = "".join(LIBRARY.render(script.id, SEVERAL).text) + script.source
    assert [word for word in NEVER_SAID if word in body] == []


def test_r_etq_1_manners_come_at_the_right_moment() -> None:
    assert any("不开免提" in hint for hint in TREE.nodes["dial"].manners)
    for goodbye in GOODBYES:
        hints = " ".join(TREE.nodes[goodbye].manners)
        assert "让客户先挂" in hints
        assert "5 秒" in hints
    for sore_point in ("angry", "listen", "after_says_paid_matter"):
        assert any("不责怪、不批评、不取笑" in hint for hint in TREE.nodes[sore_point].manners)


def test_r_etq_1_every_closing_is_where_a_spoken_path_ends() -> None:
    ends = {moment for moment, node in TREE.nodes.items() if not node.branches}
    assert ends == {*GOODBYES, "not_through"}


@pytest.mark.parametrize(
    "moment", ["not_customer", "relay", "gave_number", "wrong_number", "who_are_you", "first_call"]
)
def test_nothing_of_the_order_is_told_before_it_is_the_customer(moment: str) -> None:
    assert not any(fact.startswith("order.") for fact in TREE.nodes[moment].needs)


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_no_opening_tells_of_the_order(occasion: Occasion) -> None:
    branches = TREE.nodes["dial"].branches
    opening = next(b.to for b in branches if b.occasion is occasion)
    assert not any(fact.startswith("order.") for fact in TREE.nodes[opening].needs)


def test_r_dun_6_the_matter_names_items_amount_time_and_time_left() -> None:
    assert shown("matter", USUAL).text == (
        "您昨天下午3点30分拍下了保温杯。",
        "金额是128元，还没有付款。",
        "平台会在后天下午3点30分自动关闭，还有1天零21个小时。",
        "想问问您，还需要吗？",
    )


def test_r_dun_2_several_orders_some_paid_and_an_offer() -> None:
    assert shown("matter", SEVERAL).text == (
        "从昨天下午3点30分起，您拍下了加绒保暖家居棉靴女冬…等3样。",
        "一共3笔订单还没付款，合计1234.56元。",
        "另外2笔您已经付好了，谢谢您，不受影响。",
        "最早一笔后天下午3点30分会自动关闭，还有1天零21个小时。",
        "店里有个优惠：满200减20，本周日24点前有效。",
        "想问问您，还需要吗？",
    )


def test_r_dun_3_no_closing_time_is_not_made_up() -> None:
    for moment in ("matter", "will_pay", "thinking", "follow_up_matter", "busy_closed"):
        unknown = replace(USUAL, order=replace(USUAL.order, closes_at=None))
        assert "后天下午3点30分" in "".join(shown(moment, USUAL).text)
        assert "后天下午3点30分" not in "".join(shown(moment, unknown).text)
        assert "None" not in "".join(shown(moment, unknown).text)


def test_r_dun_4_old_payment_data_are_looked_up_first() -> None:
    old = replace(USUAL, order=replace(USUAL.order, look_first=True))
    assert "店铺后台" in "".join(shown("dial", old).text)
    assert "店铺后台" not in "".join(shown("dial", USUAL).text)


def test_r_phone_2_a_relay_number_is_announced_before_dialling() -> None:
    relay = replace(USUAL, customer=replace(USUAL.customer, via_relay_number=True))
    assert "虚拟号" in "".join(shown("dial", relay).text)
    assert "虚拟号" not in "".join(shown("dial", USUAL).text)


def test_r_hours_7_the_agreed_time_is_repeated_back() -> None:
    agreed = replace(USUAL, promise=replace(USUAL.promise, callback_at=NOW + timedelta(hours=1)))
    assert "那我今天晚上7点30分打给您，您看行吗？" in shown("busy", agreed).text
    assert "那我（重复约好的时间）打给您，您看行吗？" in shown("busy", USUAL).text


def test_r_cb_5_closing_wishes_the_day_and_gives_the_service_number() -> None:
    assert shown("closing", USUAL).text[-2:] == (
        "有事在旺旺上找我们，或者打0571-88888888。",
        "祝您周末愉快，再见。",
    )


def test_r_dnc_2_being_left_alone_is_granted_at_once() -> None:
    node = TREE.nodes["leave_alone"]
    assert node.buttons == ("opt_out",)
    assert [branch.to for branch in node.branches] == ["closing_sorry"]


@pytest.mark.parametrize("moment", ["unreached", "relayed", "no_contact"])
def test_r_msg_1_the_written_text_states_the_facts_and_ends_politely(moment: str) -> None:
    one = LIBRARY.render(f"dunning.{moment}.wangwang", USUAL)
    assert "您11月20日15:30拍下的保温杯还没有付款，金额128元。" in one.text
    assert "没有付款的话，平台会在11月23日15:30自动关闭订单。" in one.text
    assert one.text[-1] == "打扰您了，祝您生活愉快。"
    assert one.message.count("\n") == len(one.text) - 1
    many = LIBRARY.render(f"dunning.{moment}.wangwang", SEVERAL)
    assert "您有3笔订单还没有付款，合计1234.56元" in many.message
    assert "另外2笔已付款的订单不受影响。" in many.text
    assert "店里的优惠：满200减20，本周日24点前有效。" in many.text


def test_r_msg_1_the_written_text_reads_the_same_on_any_day() -> None:
    later = replace(SEVERAL, now=NOW + timedelta(days=1))
    for moment in ("unreached", "relayed", "no_contact"):
        script_id = f"dunning.{moment}.wangwang"
        assert LIBRARY.render(script_id, later) == LIBRARY.render(script_id, SEVERAL)


def test_written_texts_are_no_part_of_the_dialogue() -> None:
    assert Medium.WANGWANG not in {node.medium for node in TREE.nodes.values()}


def test_hostile_names_are_spoken_as_they_are_written() -> None:
    hostile = WORD_SETS["hostile names"]
    assert shown("first_call", hostile).text[0] == "您好，请问是{{7*7}}<b>x</b>吗？"
    assert "拍下了{% raw %}<i>。" in shown("matter", hostile).text[0]
    assert all(type(line) is str for line in shown("matter", hostile).text)
