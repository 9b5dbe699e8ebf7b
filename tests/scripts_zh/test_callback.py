"""What a callback says, received and not received (R-CB-1 to R-CB-6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from campaigns.kinds.callback import OUTCOMES
from campaigns.values import Kind, Topic
from scripts_zh.context import Occasion, Words
from scripts_zh.errors import ScriptError
from scripts_zh.library import Rendered, standard_library
from tests.scripts_zh.words import NOT_RECEIVED, NOW, RECEIVED, sparse

LIBRARY = standard_library()
TREE = LIBRARY.tree(Kind.CALLBACK)
OPENS_A_CASE = {o.code for o in OUTCOMES if o.opens_case is not None}


def shown(moment: str, words: Words) -> Rendered:
    return LIBRARY.render(TREE.nodes[moment].id, words)


def ways(moment: str, words: Words = RECEIVED) -> set[str]:
    return {branch.to for branch in shown(moment, words).branches}


def met(topic: Topic) -> set[str]:
    return {node.moment for node in TREE.walk(Occasion.FIRST, topic)}


@pytest.mark.parametrize("moment", ["may_i", "agreed_time", "redial", "other_matter"])
def test_r_cb_2_the_topic_chooses_between_the_two_scripts(moment: str) -> None:
    assert "received" in ways(moment, RECEIVED)
    assert "parcel" not in ways(moment, RECEIVED)
    assert "parcel" in ways(moment, NOT_RECEIVED)
    assert "received" not in ways(moment, NOT_RECEIVED)


def test_r_cb_2_neither_script_comes_to_the_others_question() -> None:
    assert "received" in met(Topic.RECEIVED)
    assert "received" not in met(Topic.NOT_RECEIVED)
    assert "parcel" in met(Topic.NOT_RECEIVED)
    assert "parcel" not in met(Topic.RECEIVED)


def test_r_cb_3_consent_is_asked_before_anything_else() -> None:
    assert ways("first_call") >= {"may_i", "no_time"}
    assert shown("may_i", RECEIVED).text[-1] == "占您一分钟，不推销，可以吗？"


def test_r_cb_3_good_leads_to_tips_a_recommendation_and_thanks() -> None:
    for here, there in [("received", "good"), ("good", "tips"), ("tips", "recommend")]:
        assert there in ways(here)
        assert shown(there, RECEIVED).buttons == ("satisfied",)
    assert "closing" in ways("recommend")


def test_r_cb_3_bad_leads_to_habits_then_guidance_then_helped_or_a_case() -> None:
    assert "how_used" in ways("received")
    assert "guidance" in ways("how_used")
    assert ways("guidance") >= {"guided", "unresolved"}
    assert shown("guided", RECEIVED).buttons == ("guided",)
    assert shown("unresolved", RECEIVED).buttons == ("complaint",)


def test_r_cb_3_no_time_is_a_closing_line_and_nothing_more() -> None:
    no_time = shown("no_time", RECEIVED)
    assert no_time.buttons == ("no_time",)
    assert len(no_time.text) == 1
    assert "closing_short" in ways("no_time")


def test_r_cb_3_a_trouble_that_was_named_is_not_ended_as_having_no_time() -> None:
    for moment in ("how_used", "guidance", "unresolved", "damaged", "unwell", "good"):
        assert "no_time" not in ways(moment)


def test_r_cb_4_the_last_known_state_is_told_and_chasing_is_promised() -> None:
    assert shown("parcel", NOT_RECEIVED).text == (
        "想问问您，保温杯收到了吗？",
        "我这边查到的是：已经发出 6 天，还没有显示签收。",
        "让您久等了，不好意思。",
    )
    assert shown("chase", NOT_RECEIVED).buttons == ("parcel_chased",)
    assert "挂了电话就去催" in shown("chase", NOT_RECEIVED).text[0]


@pytest.mark.parametrize("moment", ["stuck", "not_in_hand", "wrong_address", "parcel_refund"])
def test_r_cb_4_a_problem_parcel_opens_a_case(moment: str) -> None:
    assert moment in met(Topic.NOT_RECEIVED)
    assert shown(moment, NOT_RECEIVED).buttons == ("parcel_problem",)


def test_r_cb_4_received_meanwhile_is_asked_one_short_question() -> None:
    here = shown("received_meanwhile", NOT_RECEIVED)
    assert here.buttons[0] == "satisfied"
    assert len(here.text) == 2
    assert ways("received_meanwhile") >= {"closing", "damaged", "how_used"}


def test_r_cb_4_the_caller_looks_the_parcel_up_before_dialling() -> None:
    dial = "".join(shown("dial", NOT_RECEIVED).text)
    assert "顺达快递" in dial
    assert "SD7700112233445" in dial
    assert "在后台查一下" in "".join(shown("dial", sparse(NOT_RECEIVED)).text)
    assert "不用打" in shown("dial", sparse(NOT_RECEIVED)).text[0]
    assert "不用打" not in "".join(shown("dial", NOT_RECEIVED).text)


def test_r_cb_6_feedback_is_written_down_in_the_customers_own_words() -> None:
    for moment in ("good", "tips", "recommend", "guided", "unresolved", "received_meanwhile"):
        assert "write_down" in ways(moment)
    note = "".join(shown("write_down", RECEIVED).text)
    assert all(word in note for word in ("自己的话", "效果", "不满意", "希望"))
    assert shown("write_down", RECEIVED).buttons == ()


def test_every_case_is_promised_its_answer() -> None:
    """Where a case is the first choice, the customer hears by when, there or one step on."""
    for moment, node in TREE.nodes.items():
        if not node.buttons or node.buttons[0] not in OPENS_A_CASE:
            continue
        near = {moment, *(branch.to for branch in node.branches)}
        assert any("promise.answer_hours" in TREE.nodes[it].needs for it in near), moment


def test_no_sum_is_named_on_the_telephone() -> None:
    for node in TREE.nodes.values():
        assert "元" not in node.source
    assert any("不报数" in hint for hint in TREE.nodes["compensation"].manners)


def test_a_customer_who_feels_unwell_is_asked_after_first() -> None:
    unwell = shown("unwell", RECEIVED)
    assert unwell.text[0] == "您现在怎么样，要紧吗？"
    assert "看医生" in unwell.text[1]


def test_no_parcel_is_made_up() -> None:
    """Without the facts the words are left out and the ways on stay."""
    unknown = replace(NOT_RECEIVED, parcel=None)
    with pytest.raises(ScriptError):
        LIBRARY.render_tree(Kind.CALLBACK, unknown)
    nodes = {it.moment: it for it in LIBRARY.render_tree(Kind.CALLBACK, unknown, fallback=True)}
    assert nodes["parcel"].is_fallback
    assert nodes["parcel"].branches == shown("parcel", NOT_RECEIVED).branches
    assert not nodes["chase"].is_fallback


@pytest.mark.parametrize("words", [RECEIVED, NOT_RECEIVED], ids=["received", "not received"])
def test_r_msg_1_the_written_text_names_the_goods_and_how_to_answer(words: Words) -> None:
    sent = LIBRARY.render("callback.no_contact.wangwang", words)
    assert sent.text[0] == "您好，这里是暖屋家居的售后客服。"
    assert "保温杯" in sent.message
    assert "回复" in sent.message
    assert ("11月16日签收" in sent.message) is (words.topic is Topic.RECEIVED)
    assert ("还没有显示签收" in sent.message) is (words.topic is Topic.NOT_RECEIVED)
    later = replace(words, now=NOW.replace(day=23))
    assert LIBRARY.render("callback.no_contact.wangwang", later) == sent
