"""Reading finished sentences: a text that a rule or a flow wrote, said in another language.

Below `web/` nobody knows of languages. A sentence arrives with its numbers and names filled in:
`距上次拨打不足 30 分钟`. The catalogue holds it as it stands in the code, with its places named:
`距上次拨打不足 {0} 分钟`. A phrase is found by its fixed words, and what stands in its places is
looked up in turn, since a sentence may hold another one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

PLACE = re.compile(r"\{(\w+)\}")
DEEPEST = 3
"""Sentences within sentences; one more is somebody's own text."""

_CJK = re.compile(r"[\u3400-\u9fff]")


class Phrasebook:
    """Phrases by their Chinese wording."""

    def __init__(self, phrases: Mapping[str, str]) -> None:
        self._exact = dict(phrases)
        with_places = [p for p in phrases if PLACE.search(p) and _CJK.search(PLACE.sub("", p))]
        # The one with the most fixed words is asked first: it says most exactly what it fits.
        with_places.sort(key=lambda phrase: len(PLACE.sub("", phrase)), reverse=True)
        self._patterns = [
            (_pattern(phrase), PLACE.findall(phrase), phrases[phrase]) for phrase in with_places
        ]
        self.find = lru_cache(maxsize=4096)(self._find)

    def _find(self, text: str, depth: int = 0) -> str | None:
        """Give the phrase in the other language, or None where nobody wrote it down."""
        known = self._exact.get(text)
        if known is not None:
            return known
        if depth == DEEPEST or not _CJK.search(text):
            return None
        for pattern, places, phrase in self._patterns:
            match = pattern.fullmatch(text)
            if match is not None:
                said = [self._inside(part, depth + 1) for part in match.groups()]
                return _filled(phrase, dict(zip(places, said, strict=True)))
        return None

    def _inside(self, part: str, depth: int) -> str:
        """Give what stands in a place; a list of known words is said word by word."""
        found = self._find(part, depth)
        if found is None and "、" in part:
            words = [self._find(word, depth) for word in part.split("、")]
            if all(words):
                return ", ".join(word for word in words if word)
        return part if found is None else found


def _filled(phrase: str, inside: Mapping[str, str]) -> str:
    return PLACE.sub(lambda place: inside[place[1]], phrase)


def _pattern(phrase: str) -> re.Pattern[str]:
    fixed = PLACE.split(phrase)[::2]
    return re.compile("(.*?)".join(re.escape(part) for part in fixed), re.DOTALL)
