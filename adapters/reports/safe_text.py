"""Other people's text on its way into a spreadsheet: it stays text, whatever it begins with."""

from __future__ import annotations

import re
import unicodedata

FORMULA_STARTS = frozenset("=+-@＝＋－＠\t\r\n")
"""What makes a spreadsheet take a cell for a formula, half and full width."""

MAX_CELL_LENGTH = 32_767
"""The most characters of one cell of a workbook."""


def looks_like_formula(text: str) -> bool:
    """Whether the text, or a line inside it, begins like a formula once blanks are skipped."""
    at_start = True
    for character in _LINES.sub("\n", text):
        if at_start and character in FORMULA_STARTS:
            return True
        at_start = character == "\n" or (at_start and _is_invisible(character))
    return False


def printable(text: str) -> str:
    """Take out control characters, half surrogates and marks that turn the direction of reading.

    Line breaks become newlines and tabs blanks; the rest is kept to the letter.
    """
    return _UNPRINTABLE.sub("", _LINES.sub("\n", text).replace("\t", " "))


def guarded_line(text: str) -> str:
    """Make one line of it for CSV, with an apostrophe in front where it looks like a formula.

    One line, because a reader that knows no quoting would begin a row at each line break.
    """
    line = printable(text).replace("\n", " ")
    return f"'{line}" if looks_like_formula(text) else line


_LINES = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Cs")
