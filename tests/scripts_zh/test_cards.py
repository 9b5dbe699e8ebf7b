"""The six temperament cards (R-CPL-1)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts_zh.cards import POINT_MAX_CHARS, Card, cards, load_cards, parse_card
from scripts_zh.errors import ScriptError

CARD_MAX_CHARS = 300
NEVER_PROPOSED = ("必须", "赶紧", "您冷静", "别激动", "肯定", "保证", "你", "亲")

GOOD = """\
+++
id = "cards.loud"
version = 2
title = "大声"
key = "7"
rules = ["R-CPL-1"]
+++

## 怎么认出来
- 一
- 二

## 怎么接
- 三
- 四
- 五

## 可以说
- 六
- 七

## 不要
- 八
- 九
"""

each_card = pytest.mark.parametrize("card", cards(), ids=lambda card: card.code)


def test_r_cpl_1_there_is_a_card_for_each_of_the_six_temperaments() -> None:
    assert [(card.key, card.code, card.title) for card in cards()] == [
        ("1", "full_denial", "全面否定"),
        ("2", "lack_of_trust", "缺乏信任"),
        ("3", "talkative", "喋喋不休"),
        ("4", "wants_results", "立竿见影"),
        ("5", "shifts_blame", "推卸责任"),
        ("6", "venting", "发泄情绪"),
    ]
    assert cards() is cards()


@each_card
def test_r_cpl_1_a_card_is_read_at_a_glance(card: Card) -> None:
    points = (*card.signs, *card.steps, *card.lines, *card.avoid)
    assert all(0 < len(point) <= POINT_MAX_CHARS for point in points)
    assert len(set(points)) == len(points)
    assert sum(len(point) for point in points) <= CARD_MAX_CHARS


@each_card
def test_r_cpl_1_the_card_names_its_rules(card: Card) -> None:
    assert "R-CPL-1" in card.rules
    assert all(re.fullmatch(r"R-[A-Z]+-\d+", rule) for rule in card.rules)


@each_card
def test_r_etq_1_what_may_be_said_is_polite_and_whole_sentences(card: Card) -> None:
    for line in card.lines:
        assert line[-1] in "。？"
        assert [word for word in NEVER_PROPOSED if word in line] == []
    assert all(point.startswith("不") or "不再" in point for point in card.avoid)


def test_a_card_is_read_with_all_its_parts() -> None:
    assert parse_card("loud", GOOD) == Card(
        code="loud",
        version=2,
        title="大声",
        key="7",
        rules=("R-CPL-1",),
        signs=("一", "二"),
        steps=("三", "四", "五"),
        lines=("六", "七"),
        avoid=("八", "九"),
    )


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('id = "cards.loud"', 'id = "cards.other"'),
        ("version = 2", "version = 0"),
        ("version = 2", "version = true"),
        ("version = 2\n", ""),
        ("version = 2", "version = 2\ncolour = 1"),
        ('title = "大声"', 'title = " "'),
        ('key = "7"', 'key = "77"'),
        ('key = "7"', "key = 7"),
        ('rules = ["R-CPL-1"]', "rules = [1]"),
        ('rules = ["R-CPL-1"]', 'rules = "R-CPL-1"'),
        ("+++\n\n", "\n"),
        ("+++\n\n##", "+++\n\n前言\n##"),
        ("## 可以说", "## 说什么"),
        ("## 不要\n- 八\n- 九\n", ""),
        ("- 二\n", ""),
        ("- 五\n", ""),
        ("- 九\n", "- 九\n- 十\n- 百\n"),
        ("- 三", "三"),
        ("- 三", f"- {'长' * (POINT_MAX_CHARS + 1)}"),
    ],
)
def test_a_bad_card_is_refused_by_name(good: str, bad: str) -> None:
    assert good in GOOD
    with pytest.raises(ScriptError) as refusal:
        parse_card("loud", GOOD.replace(good, bad))
    assert refusal.value.script_id == "cards.loud"


def test_two_cards_with_one_key_are_refused(tmp_path: Path) -> None:
    (tmp_path / "loud.md").write_text(GOOD, encoding="utf-8")
    (tmp_path / "note.txt").write_text("no card", encoding="utf-8")
    assert [card.code for card in load_cards(tmp_path)] == ["loud"]
    (tmp_path / "mute.md").write_text(GOOD.replace("loud", "mute"), encoding="utf-8")
    with pytest.raises(ScriptError, match="按键"):
        load_cards(tmp_path)
