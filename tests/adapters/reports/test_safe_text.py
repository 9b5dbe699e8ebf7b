"""Other people's text in a spreadsheet."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.reports.safe_text import FORMULA_STARTS, guarded_line, looks_like_formula, printable
from tests.adapters.reports.ledgers import HIDDEN, STARTS


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("place", HIDDEN)
def test_what_begins_like_a_formula_gets_an_apostrophe(place: str, start: str) -> None:
    assert guarded_line(place.format(start)).startswith("'")


@pytest.mark.parametrize("text", ["", "tb_1-2", "甲=乙", "a@b", "00123", "'已有", "1+1", "小-顾"])
def test_plain_text_is_left_as_it_is(text: str) -> None:
    assert guarded_line(text) == text


def test_characters_that_no_workbook_can_hold_are_taken_out() -> None:
    assert printable("甲\x00\x08\x1b乙\x7f\ud800\uffff丙\u202e") == "甲乙丙"
    assert printable("甲\r\n乙\r丙\t丁\u2028戊") == "甲\n乙\n丙 丁\n戊"
    assert printable("👩‍🌾𠮷\u00a0") == "👩‍🌾𠮷\u00a0"


@given(st.text())
@example("\x00=1")
@example("\u200b=1")
def test_no_line_of_a_csv_cell_is_read_as_a_formula(text: str) -> None:
    line = guarded_line(text)
    assert not set("\r\n\x00") & set(line)
    assert line.lstrip()[:1] not in FORMULA_STARTS
    line.encode("utf-8")  # no half surrogates


@given(st.text(alphabet=st.characters(categories=["L", "N", "Zs"])))
def test_letters_and_digits_are_never_guarded(text: str) -> None:
    assert not looks_like_formula(text)
    assert guarded_line(text) == text
