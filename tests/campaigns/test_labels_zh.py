"""The Chinese words of values: each value has one."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import pytest

from campaigns import labels_zh
from campaigns.values import ScoreOrigin

WORDS: dict[str, Mapping[StrEnum, str]] = {
    name: words
    for name, words in vars(labels_zh).items()
    if isinstance(words, Mapping) and isinstance(next(iter(words), None), StrEnum)
}


@pytest.mark.parametrize("name", WORDS)
def test_every_value_has_its_word(name: str) -> None:
    words = WORDS[name]
    values: type[StrEnum] = type(next(iter(words)))
    assert set(words) == set(values)


def test_r_smp_4_a_score_pressed_on_the_telephone_is_told_from_one_that_was_said() -> None:
    words = labels_zh.SCORE_ORIGIN_LABELS
    assert words[ScoreOrigin.KEYPAD] != words[ScoreOrigin.CUSTOMER]
