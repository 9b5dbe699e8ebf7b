"""Every SMS there is: signature, hint, length, words (R-MSG-2, R-MSG-3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from campaigns.messages import OPT_OUT_HINT, faults_of, length_of, segments
from campaigns.values import Kind
from scripts_zh.errors import ScriptError
from scripts_zh.front_matter import Medium, Script, parse_script
from scripts_zh.library import standard_library
from scripts_zh.sandbox import facts_used
from tests.scripts_zh.words import (
    CALLBACK_SETS,
    MOVED,
    NOT_RECEIVED,
    RECEIVED,
    SEVERAL,
    SOONER,
    STOCK_OUT_SETS,
    USUAL,
    WORD_SETS,
)

LIBRARY = standard_library()
SETS = {
    Kind.DUNNING: WORD_SETS,
    Kind.CALLBACK: CALLBACK_SETS,
    Kind.STOCK_OUT: STOCK_OUT_SETS,
}
SCRIPTS = {script.id: script for script in LIBRARY.scripts if script.medium is Medium.SMS}
MARKETING = {"dunning.unreached.sms", "callback.unreached.sms"}
MOST_SEGMENTS = 3
NEVER_WRITTEN = ("必须", "赶紧", "立刻", "最后一次", "保证", "你", "亲", "http", "优惠", "满意吗")

each_script = pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())


def sent(script_id: str, words: object) -> str:
    return LIBRARY.render(script_id, words).message  # type: ignore[arg-type]


def test_r_msg_2_each_kind_but_the_sampling_has_a_text_for_the_unreached() -> None:
    assert {k for k in SCRIPTS if ".unreached." in k} == {
        f"{kind}.unreached.sms" for kind in (Kind.DUNNING, Kind.CALLBACK, Kind.STOCK_OUT)
    }
    assert {k for k in SCRIPTS if k.startswith("stock_out")} == {
        f"stock_out.{moment}.sms" for moment in ("unreached", "moved", "due", "arrived")
    }


@each_script
def test_r_msg_3_signature_first_and_where_it_advertises_the_hint_last(script: Script) -> None:
    assert script.is_marketing is (script.id in MARKETING)
    for name, words in SETS[Kind(script.kind)].items():
        text = sent(script.id, words)
        assert faults_of(text, is_marketing=script.is_marketing) == (), name
        assert text.startswith("【"), name
        assert (OPT_OUT_HINT in text) is script.is_marketing, name


@each_script
def test_r_msg_2_a_text_is_one_line_and_short(script: Script) -> None:
    for name, words in SETS[Kind(script.kind)].items():
        text = sent(script.id, words)
        assert "\n" not in text, name
        assert "None" not in text, name
        assert segments(text) <= MOST_SEGMENTS, (name, length_of(text))


@each_script
def test_head_and_body_agree(script: Script) -> None:
    assert script.needs == facts_used(script.source)
    assert {"R-MSG-2", "R-MSG-3"} < set(script.rules)
    assert script.buttons == ()
    assert script.branches == ()


@each_script
def test_r_etq_1_nobody_is_pressed_or_asked_for_a_score(script: Script) -> None:
    assert [word for word in NEVER_WRITTEN if word in script.source] == []


@each_script
def test_a_text_reads_the_same_on_any_day(script: Script) -> None:
    for words in SETS[Kind(script.kind)].values():
        later = replace(words, now=words.now + timedelta(days=1))
        assert sent(script.id, later) == sent(script.id, words)


@each_script
def test_r_msg_2_each_variable_as_it_stands_in_the_text(script: Script) -> None:
    words = next(iter(SETS[Kind(script.kind)].values()))
    filled = LIBRARY.parameters(script.id, words)
    assert {name.replace("_", ".", 1) for name in filled} <= script.needs
    assert filled["shop_name"] == "暖屋家居"
    text = sent(script.id, words)
    assert all(value in text for name, value in filled.items() if name.endswith("items_text"))


def test_r_dun_2_a_reminder_names_what_is_owed_and_until_when() -> None:
    assert sent("dunning.unreached.sms", USUAL) == (
        "【暖屋家居】您11月20日15:30拍下的保温杯还没付款，金额128元。平台会在11月23日15:30关闭订单。"
        "需要的话在“待付款”里付款就可以，已付或不要了请忽略。拒收请回复R"
    )
    many = sent("dunning.unreached.sms", SEVERAL)
    assert "您有3笔订单还没付款，合计1234.56元" in many


def test_r_cb_1_a_callback_asks_for_an_answer_in_the_chat() -> None:
    assert "11月16日签收的保温杯，用得还好吗？" in sent("callback.unreached.sms", RECEIVED)
    assert "还没有显示签收。" in sent("callback.unreached.sms", NOT_RECEIVED)
    for words in (RECEIVED, NOT_RECEIVED):
        assert "请在旺旺上告诉我们" in sent("callback.unreached.sms", words)


def test_r_oos_2_whoever_agreed_is_told_of_the_new_day_and_apologised_to() -> None:
    later, sooner = sent("stock_out.moved.sms", MOVED), sent("stock_out.moved.sms", SOONER)
    assert "非常对不起" in later
    assert "非常对不起" not in sooner
    assert "前面说的是11月21日，现在预计12月11日到货。" in later


def test_sms_are_no_part_of_a_dialogue() -> None:
    for kind in SETS:
        assert Medium.SMS not in {node.medium for node in LIBRARY.tree(kind).nodes.values()}


@pytest.mark.parametrize(
    ("medium", "value"), [("sms", '"yes"'), ("sms", "1"), ("wangwang", "true"), ("voice", "true")]
)
def test_only_an_sms_can_be_marketing(medium: str, value: str) -> None:
    head = f'id = "dunning.x.{medium}"\nversion = 1\ntitle = "x"\nmarketing = {value}'
    with pytest.raises(ScriptError, match="marketing"):
        parse_script("dunning", f"x.{medium}.j2", f"+++\n{head}\n+++\n好。")
