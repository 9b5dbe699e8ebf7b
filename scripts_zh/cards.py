"""R-CPL-1. Temperament cards: what a caller can look up in a second while a customer complains."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from scripts_zh.errors import ScriptError
from scripts_zh.front_matter import expected_of, split_head, text_of, texts_of, version_of

POINT_MAX_CHARS = 28
"""One point is one line on the card: it is read with one ear at the telephone."""

_FIELDS = {"id", "version", "title", "key", "rules"}
_SECTIONS = {"怎么认出来": (2, 4), "怎么接": (3, 5), "可以说": (2, 3), "不要": (2, 3)}
"""The headings in their order, with the least and the most points below each."""


@dataclass(frozen=True, slots=True)
class Card:
    """One temperament and how to meet it.

    code     as the file is named
    version  raised with every change of the words
    title    the temperament, as the SOP names it
    key      the digit that opens it among the cards
    rules    the SOP rules it serves
    signs    how to recognise it
    steps    how to handle it, in order
    lines    sentences that may be said as they are
    avoid    what never to say or do
    """

    code: str
    version: int
    title: str
    key: str
    rules: tuple[str, ...]
    signs: tuple[str, ...]
    steps: tuple[str, ...]
    lines: tuple[str, ...]
    avoid: tuple[str, ...]


@cache
def cards() -> tuple[Card, ...]:
    """R-CPL-1. The cards that come with the software, in the order of their keys."""
    return load_cards(files("scripts_zh") / "cards")


def load_cards(folder: Traversable) -> tuple[Card, ...]:
    """Read every `<code>.md`, in the order of their keys.

    Raises ScriptError for a bad card and for two with one key.
    """
    found = [
        parse_card(file.name.removesuffix(".md"), file.read_text(encoding="utf-8"))
        for file in sorted(folder.iterdir(), key=lambda it: it.name)
        if file.name.endswith(".md")
    ]
    found.sort(key=lambda card: card.key)
    if len({card.key for card in found}) != len(found):
        raise ScriptError("两张应对卡用了同一个按键")
    return tuple(found)


def parse_card(code: str, text: str) -> Card:
    """Read one card. Raises ScriptError when a field or a section is not what it must be."""
    try:
        return _read_card(code, text)
    except ScriptError as error:
        raise ScriptError(error.message, script_id=_id_of(code)) from error


def _read_card(code: str, text: str) -> Card:
    data, body = split_head(text)
    if data.keys() != _FIELDS:
        raise ScriptError(f"文件头应有 {sorted(_FIELDS)}")
    expected_of("id", data["id"], _id_of(code))
    key = text_of("key", data["key"])
    if not re.fullmatch(r"[1-9]", key):
        raise ScriptError("key 应为 1 到 9 的一个数字")
    signs, steps, lines, avoid = _sections(body)
    return Card(
        code=code,
        version=version_of(data["version"]),
        title=text_of("title", data["title"]),
        key=key,
        rules=texts_of("rules", data),
        signs=signs,
        steps=steps,
        lines=lines,
        avoid=avoid,
    )


def _id_of(code: str) -> str:
    return f"cards.{code}"


def _sections(body: str) -> list[tuple[str, ...]]:
    before, *chunks = re.split(r"^## ", body, flags=re.MULTILINE)
    parts = [chunk.partition("\n") for chunk in chunks]
    if before.strip() or [heading.strip() for heading, _, _ in parts] != list(_SECTIONS):
        raise ScriptError(f"正文应依次为：{'、'.join(_SECTIONS)}")
    return [_points(heading.strip(), text) for heading, _, text in parts]


def _points(heading: str, text: str) -> tuple[str, ...]:
    written = [line.strip() for line in text.splitlines() if line.strip()]
    points = tuple(line.removeprefix("- ") for line in written)
    least, most = _SECTIONS[heading]
    if not all(line.startswith("- ") for line in written) or not least <= len(points) <= most:
        raise ScriptError(f"“{heading}”应有 {least} 到 {most} 条，每条以“- ”开头")
    if any(len(point) > POINT_MAX_CHARS for point in points):
        raise ScriptError(f"“{heading}”有一条超过 {POINT_MAX_CHARS} 个字")
    return points
