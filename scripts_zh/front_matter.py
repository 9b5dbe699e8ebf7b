"""One script file: TOML between two `+++` lines, then the template."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from scripts_zh.context import Occasion
from scripts_zh.errors import ScriptError

FRONT_MATTER_MAX_CHARS = 4_000

_FENCE = "+++\n"
_FILE_NAME = re.compile(r"(?P<moment>[a-z][a-z_]*)\.(?P<medium>[a-z]+)\.j2")
_REQUIRED = {"id", "version", "title"}
_OPTIONAL = {"rules", "needs", "buttons", "manners", "next"}


class Medium(StrEnum):
    """How a script reaches its reader."""

    VOICE = "voice"
    """Read aloud by the caller."""
    NOTE = "note"
    """For the caller's eyes; not a word of it is spoken."""
    WANGWANG = "wangwang"
    """Copied into the chat (R-MSG-1)."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One way on from a moment. `to` is a moment of the same kind.

    `occasion` limits it to calls of that occasion; None: always offered.
    """

    label: str
    to: str
    occasion: Occasion | None = None


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


def parse_script(kind: str, file_name: str, text: str) -> Script:
    """Read one file. Raises ScriptError when a field is missing, unknown or of the wrong type."""
    name = _FILE_NAME.fullmatch(file_name)
    if name is None or name["medium"] not in set(Medium):
        raise ScriptError(f"文件名应为 <环节>.<方式>.j2，而不是 {file_name}")
    script_id = f"{kind}.{name['moment']}.{name['medium']}"
    try:
        data, source = _split(text)
        return Script(
            id=_expected("id", data["id"], script_id),
            version=_version(data["version"]),
            kind=kind,
            moment=name["moment"],
            medium=Medium(name["medium"]),
            title=_text("title", data["title"]),
            rules=_texts("rules", data),
            needs=frozenset(_texts("needs", data)),
            buttons=_texts("buttons", data),
            branches=_branches(data.get("next", [])),
            manners=_texts("manners", data),
            source=source,
        )
    except ScriptError as error:
        raise ScriptError(error.message, script_id=script_id) from error


def _split(text: str) -> tuple[dict[str, object], str]:
    head, closing, source = text.removeprefix(_FENCE).partition(f"\n{_FENCE}")
    if not text.startswith(_FENCE) or not closing:
        raise ScriptError("文件头应写在两行 +++ 之间")
    if len(head) > FRONT_MATTER_MAX_CHARS:
        raise ScriptError(f"文件头超过 {FRONT_MATTER_MAX_CHARS} 个字符")
    try:
        data = tomllib.loads(head)
    except tomllib.TOMLDecodeError as error:
        raise ScriptError(f"文件头不是有效的 TOML：{error}") from error
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
    }:
        raise ScriptError("next 的每一项应有 label 和 to，可有 occasion")
    occasion = item.get("occasion")
    if occasion is not None and occasion not in set(Occasion):
        raise ScriptError(f"没有这种来电情形：{occasion}")
    return Branch(
        label=_text("label", item["label"]),
        to=_text("to", item["to"]),
        occasion=None if occasion is None else Occasion(occasion),
    )


def _expected(field: str, value: object, expected: str) -> str:
    if value != expected:
        raise ScriptError(f"{field} 应与文件名一致：{expected}")
    return expected


def _version(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ScriptError("version 应为不小于 1 的整数")
    return value


def _text(field: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ScriptError(f"{field} 应为文字")
    return value


def _texts(field: str, data: Mapping[str, object]) -> tuple[str, ...]:
    value = data.get(field, [])
    if not isinstance(value, list):
        raise ScriptError(f"{field} 应为列表")
    return tuple(_text(field, item) for item in value)
