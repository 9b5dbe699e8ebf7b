"""The English catalogue: complete, and able to read finished sentences."""

from __future__ import annotations

import re
from datetime import date

import pytest

from campaigns.population import Population
from tools import words
from web.language import english_phrases
from web.phrasebook import Phrasebook


def test_every_text_has_its_english_and_nothing_is_left_over() -> None:
    assert list(words.faults(words.read_catalogue())) == []


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("今天已拨 3 次", "Called 3 times today"),
        ("今天已接通", "Reached today"),
        ("不能拨打：今天已拨 3 次", "Refused: Called 3 times today"),
        ("不能拨打：客户自己写的", "Refused: 客户自己写的"),
        ("A plain word", None),
        ("没有人写过", None),
    ],
)
def test_a_finished_sentence_is_found_by_its_fixed_words(text: str, english: str | None) -> None:
    book = Phrasebook(
        {
            "今天已拨 {0} 次": "Called {0} times today",
            "今天已接通": "Reached today",
            "不能拨打：{reason}": "Refused: {reason}",
            "{0}": "never {0}",
        }
    )
    assert book.find(text) == english


def test_the_more_exact_phrase_wins() -> None:
    book = Phrasebook({"{0} 分钟": "{0} min", "再等 {0} 分钟": "{0} min more"})
    assert book.find("再等 5 分钟") == "5 min more"


@pytest.mark.parametrize(
    ("text", "english"),
    [("收货地在浙江、上海", "to Zhejiang, Shanghai"), ("收货地在浙江、别处", "to 浙江、别处")],
)
def test_a_list_of_known_words_is_said_word_by_word(text: str, english: str) -> None:
    book = Phrasebook({"收货地在{0}": "to {0}", "浙江": "Zhejiang", "上海": "Shanghai"})
    assert book.find(text) == english


def test_every_condition_of_a_population_is_said_in_english() -> None:
    day = date(2026, 3, 4)
    asked = Population(("浙江", "上海"), 5000, 90000, ("mug",), day, day, True)
    for sentence in (*asked.sentences(), *Population().sentences()):
        said = english_phrases().find(sentence)
        assert said is not None, sentence
        assert not re.search("[\u3400-\u9fff]", said)
