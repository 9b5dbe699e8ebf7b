"""The people whom the carrier rings: scripted ones, and for every other number one made from the seed."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TypeVar

from adapters.carrier.script import Does, Person, Script

T = TypeVar("T")

DOES: tuple[tuple[float, Does], ...] = (
    (0.62, Does.ANSWERS),
    (0.18, Does.RINGS_OUT),
    (0.06, Does.BUSY),
    (0.05, Does.REJECTS),
    (0.04, Does.OFF),
    (0.05, Does.HANGS_UP),
)
"""Of a hundred numbers that nobody scripted, so many do this."""

SMS: tuple[tuple[float, str], ...] = (
    (0.94, "delivered"),
    (0.02, "30003"),
    (0.015, "30005"),
    (0.015, "30006"),
    (0.01, "30008"),
)
DIGITS: tuple[tuple[float, tuple[str, ...]], ...] = (
    (0.45, ("5",)),
    (0.25, ("4",)),
    (0.08, ("3",)),
    (0.04, ("2",)),
    (0.04, ("1",)),
    (0.06, ("", "5")),  # hears the question twice
    (0.08, ()),
)
REPLIES: tuple[tuple[float, str], ...] = ((0.02, "T"), (0.98, ""))


class People:
    """Who answers where. A number's manners depend on the seed and the number alone."""

    def __init__(self, script: Script, seed: int) -> None:
        self._script = script
        self._seed = seed if script.seed is None else script.seed
        self._calls: Counter[str] = Counter()
        self._texts: Counter[str] = Counter()

    def called_by_request(self, number: str) -> Person:
        """Who is at the first phone of a call: the desk's own, unless the script says otherwise."""
        own = self._script.own_phones
        if number in self._script.people or (own and number not in own):
            return self.called(number)
        return self._script.own

    def called(self, number: str, extension: str = "") -> Person:
        """Who is at `number`, behind `extension` for a relay number; counts the call."""
        return self._who(number, extension, self._calls)

    def texted(self, number: str) -> Person:
        """Who reads a message at `number`; counts the message."""
        return self._who(number, "", self._texts)

    def _who(self, number: str, extension: str, counted: Counter[str]) -> Person:
        key = f"{number},{extension}" if extension else number
        scripted = self._script.people.get(key) or self._script.people.get(number)
        if scripted is None:
            return made_up(self._seed, key)
        nth = counted[key]
        counted[key] += 1
        return scripted[min(nth, len(scripted) - 1)]


def made_up(seed: int, key: str) -> Person:
    """The person that seed and number make, the same ones always the same."""
    does = _drawn(seed, key, "does", DOES)
    talks = 3.0 if does is Does.HANGS_UP else 15.0 + 60.0 * fraction(seed, key, "talks")
    return Person(
        does=does,
        after_s=round(2.0 + 10.0 * fraction(seed, key, "after"), 1),
        talks_s=round(talks, 1),
        digits=_drawn(seed, key, "digits", DIGITS),
        sms=_drawn(seed, key, "sms", SMS),
        replies=_drawn(seed, key, "replies", REPLIES),
    )


def fraction(*key: object) -> float:
    """A number in [0, 1) that depends on `key` alone."""
    digest = hashlib.sha256("|".join(map(str, key)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _drawn(seed: int, key: str, about: str, parts: tuple[tuple[float, T], ...]) -> T:
    place = fraction(seed, key, about)
    for share, value in parts:
        if place < share:
            return value
        place -= share
    return parts[0][1]
