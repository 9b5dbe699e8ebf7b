"""Reads a call's instructions (TwiML) into verbs. What the training line does not know is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urljoin
from xml.etree import ElementTree

from campaigns.errors import UsageError

MAX_CHARS = 65_536
S_PER_CHARACTER = 0.2
PLAY_S = 3.0


class DocumentError(UsageError):
    """Instructions that cannot be followed; the message begins with the provider's code."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One instruction, its attributes, its text and what is nested in it."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    text: str = ""
    inner: tuple[Verb, ...] = ()

    def number(self, name: str, usual: int) -> int:
        """A whole number among the attributes. Raises `DocumentError` when it is none."""
        said = self.attributes.get(name, str(usual))
        if not said.isdigit():
            raise DocumentError(f"12200 {self.name} {name}")
        return int(said)

    def flag(self, name: str) -> bool:
        """A truth among the attributes, false by default."""
        return self.attributes.get(name, "false").lower() == "true"


@dataclass(frozen=True, slots=True)
class Document:
    """Verbs in order, and the address they came from."""

    verbs: tuple[Verb, ...]
    url: str = ""

    def absolute(self, url: str) -> str:
        """An address in the document, against the document's own."""
        return urljoin(self.url.partition("#")[0], url)


NESTED: Mapping[str, frozenset[str]] = {
    "Response": frozenset(
        {"Say", "Pause", "Play", "Gather", "Dial", "Redirect", "Hangup", "Reject"}
    ),
    "Gather": frozenset({"Say", "Pause", "Play"}),
    "Dial": frozenset({"Number"}),
}
"""Which verb may hold which; all others hold text."""

ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "Say": frozenset({"voice", "language", "loop"}),
    "Pause": frozenset({"length"}),
    "Play": frozenset({"loop", "digits"}),
    "Gather": frozenset(
        {"input", "numDigits", "timeout", "action", "method", "finishOnKey", "language"}
        | {"actionOnEmptyResult"}
    ),
    "Dial": frozenset(
        {"callerId", "timeout", "timeLimit", "answerOnBridge", "record", "action", "method"}
        | {"hangupOnStar", "trim", "recordingStatusCallback", "recordingStatusCallbackMethod"}
        | {"recordingStatusCallbackEvent", "recordingTrack"}
    ),
    "Number": frozenset(
        {"sendDigits", "url", "method", "statusCallback", "statusCallbackMethod"}
        | {"statusCallbackEvent"}
    ),
    "Redirect": frozenset({"method"}),
    "Reject": frozenset({"reason"}),
}


def read_document(text: str, url: str = "") -> Document:
    """The document's verbs. Raises `DocumentError`."""
    if len(text) > MAX_CHARS or re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise DocumentError("11750 too long, or not plain")
    try:
        # Entities are refused above and the length is bounded.
        root = ElementTree.fromstring(text.strip())  # noqa: S314
    except ElementTree.ParseError as error:
        raise DocumentError("12100 not XML") from error
    if root.tag != "Response":
        raise DocumentError("12102 no Response")
    return Document(_read(root).inner, url)


def _read(element: ElementTree.Element) -> Verb:
    allowed = NESTED.get(element.tag, frozenset())
    unknown = set(element.attrib) - ATTRIBUTES.get(element.tag, frozenset())
    if unknown:
        raise DocumentError(f"12200 {element.tag} {sorted(unknown)[0]}")
    for child in element:
        if child.tag not in allowed:
            raise DocumentError(f"12200 {child.tag} in {element.tag}")
    inner = tuple(_read(child) for child in element)
    return Verb(element.tag, dict(element.attrib), (element.text or "").strip(), inner)


def length_s(verb: Verb) -> float:
    """How long saying, playing or pausing takes. `loop="0"` counts as ten times."""
    match verb.name:
        case "Pause":
            return float(verb.number("length", 1))
        case "Play":
            digits = verb.attributes.get("digits", "")
            once = 0.5 * len(digits) if digits else PLAY_S
        case _:
            once = S_PER_CHARACTER * len(verb.text)
    return once * (verb.number("loop", 1) or 10)
