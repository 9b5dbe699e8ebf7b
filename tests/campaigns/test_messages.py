"""Lengths, signature, opt-out words: R-MSG-2, R-MSG-3, R-DNC-2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.messages import (
    OPT_OUT_HINT,
    SMS_MAX_CHARS,
    dedupe_key,
    faults_of,
    is_opt_out,
    length_of,
    segments,
    text_hash,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 0),
        ("货", 1),
        ("货" * 70, 1),
        ("货" * 71, 2),
        ("货" * 134, 2),
        ("货" * 135, 3),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("[" * 80, 1),
        ("[" * 81, 2),
        ("a" * 159 + "货", 3),
        ("🌹" * 35, 1),
        ("🌹" * 36, 2),
        ("🌹" * 67, 3),  # 134 units, but no pair is parted: 33 in a part
        ("a" * 152 + "[" + "a" * 152, 3),  # nor is an escaped sign
    ],
)
def test_r_msg_2_a_text_is_paid_by_segments(text: str, parts: int) -> None:
    assert segments(text) == parts
    assert length_of(text).characters == len(text)


@given(st.text(max_size=400))
def test_r_msg_2_more_text_is_never_fewer_segments(text: str) -> None:
    assert segments(text) <= segments(text + "货")
    assert length_of(text + "货").is_wide


def test_r_msg_3_the_signature_comes_first_and_the_hint_last() -> None:
    good = f"【四季花坊】您好。{OPT_OUT_HINT}"
    assert faults_of(good, is_marketing=True) == ()
    assert faults_of("【四季花坊】您好。", is_marketing=False) == ()


@pytest.mark.parametrize(
    "text",
    [
        "您好【四季花坊】拒收请回复R",
        "四季花坊：您好。拒收请回复R",
        "【】您好。拒收请回复R",
        "【 】您好。拒收请回复R",
        "【四季花坊】 您好。拒收请回复R",
        "【四季花坊】【特价】您好。拒收请回复R",
        "【四季花坊】您好。",
        "【四季花坊】拒收请回复R，您好。",
        f"【{'四' * 21}】您好。拒收请回复R",
        f"【四季花坊】{'您' * SMS_MAX_CHARS}拒收请回复R",
    ],
)
def test_r_msg_3_what_is_wrong_with_a_text_is_said(text: str) -> None:
    assert len(faults_of(text, is_marketing=True)) == 1


@pytest.mark.parametrize(
    "reply",
    [
        *("R", "r", "T", "td", "TD", "TR", "退订", "STOP", "Stop"),
        *(" R ", "Ｒ", "ｔｄ", "R。", "R!", "“R”", "退订！", "T D", "退 订", "\u200bR\n", "（R）"),
        *("R退订", "退订R", "TT", "回复R", "回T", "退-订", "R🙏", "STOPALL"),
    ],
)
def test_r_dnc_2_an_opt_out_word_is_understood_however_it_is_typed(reply: str) -> None:
    assert is_opt_out(reply)


@pytest.mark.parametrize(
    "reply",
    [
        *("", "。", "好的", "谢谢R", "不要退订", "3", "R2", "Rose", "退货", "退款"),
        *("start", "请问退订怎么办", "型号是TR吗", "it", "回复"),
    ],
)
def test_r_dnc_2_other_replies_are_for_people(reply: str) -> None:
    assert not is_opt_out(reply)


def test_r_repeat_3_the_same_text_is_known_again() -> None:
    assert text_hash("【花坊】您好 1") == text_hash("【花坊】您好　１\n")
    assert text_hash("【花坊】您好 1") != text_hash("【花坊】您好 2")


def test_r_msg_2_campaign_customer_text_and_occasion_make_the_key() -> None:
    keys = {
        dedupe_key(1, 2, "a", "x"),
        dedupe_key(2, 2, "a", "x"),
        dedupe_key(1, 3, "a", "x"),
        dedupe_key(1, 2, "b", "x"),
        dedupe_key(1, 2, "a", "y"),
    }
    assert len(keys) == 5
    assert dedupe_key(1, 2, "a", "x") in keys
