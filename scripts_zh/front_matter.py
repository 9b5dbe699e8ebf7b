"""One script file: TOML between two `+++` lines, then the template."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from campaigns.values import Topic
from scripts_zh.context import Occasion
from scripts_zh.errors import ScriptError

FRONT_MATTER_MAX_CHARS = 4_000

_FENCE = "+++\n"
_FILE_NAME = re.compile(r"(?P<moment>[a-z][a-z0-9_]*)\.(?P<medium>[a-z]+)\.j2")
_REQUIRED = {"id", "version", "title"}
_OPTIONAL = {"rules", "needs", "buttons", "manners", "next", "score", "marketing"}
_SCORES = range(1, 6)


class Medium(StrEnum):
    """How a script reaches its reader."""

    VOICE = "voice"
    """Read aloud by the caller."""
    NOTE = "note"
    """For the caller's eyes; not a word of it is spoken."""
    WANGWANG = "wangwang"
    """Copied into the chat (R-MSG-1)."""
    SMS = "sms"
    """Sent to a telephone (R-MSG-2)."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One way on from a moment. `to` is a moment of the same kind.

    `occasion` and `topic` limit it to calls of that occasion and that topic (R-CB-2); None: on any.
    """

    label: str
    to: str
    occasion: Occasion | None = None
    topic: Topic | None = None

    def is_offered(self, occasion: Occasion | None, topic: Topic) -> bool:
        """Whether a call can take it. None: on any occasion; `Topic.NONE`: whatever the topic."""
        on_occasion = occasion is None or self.occasion in (None, occasion)
        return on_occasion and (topic is Topic.NONE or self.topic in (None, topic))


@dataclass(frozen=True, slots=True)
class Script:
    """One thing said, with what belongs to it.

    id        `<kind>.<moment>.<medium>`, as the file is named
    version   raised with every change of the words; an attempt keeps both
    title     what the moment is called on screen
    rules     the SOP rules it serves
    needs     the facts it reads, e.g. `order.amount_fen`
    buttons   codes of the outcomes offered here; the first one is preselected
    branches  the ways on
    manners   R-ETQ-1: hints shown to the caller at this moment
    score     R-SMP-4: the score that a customer who came to this moment gave; None: it says nothing
    is_marketing  R-MSG-3: an SMS that must say how it is refused
    """

    id: str
    version: int
    kind: str
    moment: str
    medium: Medium
    title: str
    rules: tuple[str, ...]
    needs: frozenset[str]
    buttons: tuple[str, ...]
    branches: tuple[Branch, ...]
    manners: tuple[str, ...]
    source: str
    score: int | None = None
    is_marketing: bool = False

    @property
    def is_written(self) -> bool:
        """Sent, not said: no part of a dialogue."""
        return self.medium in (Medium.WANGWANG, Medium.SMS)


def parse_script(kind: str, file_name: str, text: str) -> Script:
    """Read one file. Raises ScriptError when a field is missing, unknown or of the wrong type."""
    name = _FILE_NAME.fullmatch(file_name)
    if name is None or name["medium"] not in set(Medium):
        raise ScriptError(f"文件名应为 <环节>.<方式>.j2，而不是 {file_name}")
    script_id = f"{kind}.{name['moment']}.{name['medium']}"
    try:
        data, source = _split(text)
        return Script(
            id=expected_of("id", data["id"], script_id),
            version=version_of(data["version"]),
            kind=kind,
            moment=name["moment"],
            medium=Medium(name["medium"]),
            title=text_of("title", data["title"]),
            rules=texts_of("rules", data),
            needs=frozenset(texts_of("needs", data)),
            buttons=texts_of("buttons", data),
            branches=_branches(data.get("next", [])),
            manners=texts_of("manners", data),
            source=source,
            score=_score_of(data),
            is_marketing=_is_marketing(data, name["medium"]),
        )
    except ScriptError as error:
        raise ScriptError(error.message, script_id=script_id) from error


def split_head(text: str) -> tuple[dict[str, object], str]:
    """Part a file into its TOML head and what follows. Raises ScriptError without a valid head."""
    head, closing, source = text.removeprefix(_FENCE).partition(f"\n{_FENCE}")
    if not text.startswith(_FENCE) or not closing:
        raise ScriptError("文件头应写在两行 +++ 之间")
    if len(head) > FRONT_MATTER_MAX_CHARS:
        raise ScriptError(f"文件头超过 {FRONT_MATTER_MAX_CHARS} 个字符")
    try:
        return tomllib.loads(head), source
    except tomllib.TOMLDecodeError as error:
        raise ScriptError(f"文件头不是有效的 TOML：{error}") from error


def _split(text: str) -> tuple[dict[str, object], str]:
    data, source = split_head(text)
    missing = _REQUIRED - data.keys()
    unknown = data.keys() - _REQUIRED - _OPTIONAL
    if missing or unknown:
        raise ScriptError(f"文件头缺少 {sorted(missing)}，多出 {sorted(unknown)}")
    return data, source


def _branches(value: object) -> tuple[Branch, ...]:
    if not isinstance(value, list):
        raise ScriptError("next 应为列表")
    return tuple(_branch(item) for item in value)


def _branch(item: object) -> Branch:
    if not isinstance(item, Mapping) or not {"label", "to"} <= item.keys() <= {
        "label",
        "to",
        "occasion",
        "topic",
    }:
        raise ScriptError("next 的每一项应有 label 和 to，可有 occasion、topic")
    occasion = item.get("occasion")
    if occasion is not None and occasion not in set(Occasion):
        raise ScriptError(f"没有这种来电情形：{occasion}")
    topic = item.get("topic")
    if topic is not None and topic not in set(Topic) - {Topic.NONE}:
        raise ScriptError(f"没有这个话题：{topic}")
    return Branch(
        label=text_of("label", item["label"]),
        to=text_of("to", item["to"]),
        occasion=None if occasion is None else Occasion(occasion),
        topic=None if topic is None else Topic(topic),
    )


def expected_of(field: str, value: object, expected: str) -> str:
    """Take a field that the file's name fixes. Raises ScriptError for another value."""
    if value != expected:
        raise ScriptError(f"{field} 应与文件名一致：{expected}")
    return expected


def version_of(value: object) -> int:
    """Take a whole number from 1 on, else raise ScriptError."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ScriptError("version 应为不小于 1 的整数")
    return value


def _score_of(data: Mapping[str, object]) -> int | None:
    value = data.get("score")
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value not in _SCORES:
        raise ScriptError("score 应为 1 到 5 的整数")
    return value


def _is_marketing(data: Mapping[str, object], medium: str) -> bool:
    value = data.get("marketing", False)
    if not isinstance(value, bool) or (value and medium != Medium.SMS):
        raise ScriptError("marketing 应为 true 或 false，只用于短信")
    return value


def text_of(field: str, value: object) -> str:
    """Take a text that says something, else raise ScriptError."""
    if not isinstance(value, str) or not value.strip():
        raise ScriptError(f"{field} 应为文字")
    return value


def texts_of(field: str, data: Mapping[str, object]) -> tuple[str, ...]:
    """Take a list of texts; a field that is not there has none. Else raises ScriptError."""
    value = data.get(field, [])
    if not isinstance(value, list):
        raise ScriptError(f"{field} 应为列表")
    return tuple(text_of(field, item) for item in value)
