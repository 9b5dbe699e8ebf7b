"""SMS texts: how long they are, what must stand in them, and what a reply means (R-MSG-3, R-DNC-2)."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

OPT_OUT_HINT = "拒收请回复R"
"""How an advertising text ends; carriers know these very words."""

SIGNATURE_MAX_CHARS = 20
SMS_MAX_CHARS = 500
"""R-MSG-3. No text of ours is longer, whatever a shop's or an article's name is."""

_PLAIN_ALONE, _PLAIN_PART = 160, 153
_WIDE_ALONE, _WIDE_PART = 70, 67

_GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_7_DOUBLE = frozenset("^{}\\[~]|€\f")

_SIGNATURE = re.compile(rf"【[^【】\s][^【】]{{0,{SIGNATURE_MAX_CHARS - 1}}}】(?=\S)")
OPT_OUT_WORDS = ("R", "T", "TD", "TR", "退订", "STOP")
"""R-DNC-2. The words that people are told; written twice over or with the hint's 回复 they count too."""

_ALSO = ("stopall", "unsubscribe")
_ANY_WORD = "|".join(sorted((*map(str.casefold, OPT_OUT_WORDS), *_ALSO), reverse=True))
_OPT_OUT = re.compile(rf"(?:回复?)?(?:{_ANY_WORD})+|退")


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text is. `characters` as people count them; `segments` are what is paid for."""

    characters: int
    segments: int
    is_wide: bool


def length_of(text: str) -> Length:
    """R-MSG-2. Characters and segments as the network counts them.

    A text within the GSM 7-bit alphabet holds 160 characters, in parts of 153 when it is longer; any
    other one 70 and 67 UTF-16 units. A unit pair (an emoji) and a doubled sign are never parted.
    """
    if all(char in _GSM_7 or char in _GSM_7_DOUBLE for char in text):
        sizes = [2 if char in _GSM_7_DOUBLE else 1 for char in text]
        return Length(len(text), _parts(sizes, _PLAIN_ALONE, _PLAIN_PART), is_wide=False)
    sizes = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return Length(len(text), _parts(sizes, _WIDE_ALONE, _WIDE_PART), is_wide=True)


def _parts(sizes: list[int], alone: int, part: int) -> int:
    if sum(sizes) <= alone:
        return 1 if sizes else 0
    parts, room = 1, part
    for size in sizes:
        if size > room:
            parts, room = parts + 1, part
        room -= size
    return parts


def segments(text: str) -> int:
    """R-MSG-2. How many segments a text is sent in, and paid as."""
    return length_of(text).segments


def faults_of(text: str, *, is_marketing: bool) -> tuple[str, ...]:
    """R-MSG-3. What is wrong with a text that is to be sent; empty when nothing is.

    It begins with the signature 【店名】, there is no second one, and one that advertises ends with
    the words by which it can be refused.
    """
    faults = []
    if _SIGNATURE.match(text) is None:
        faults.append("短信要以签名【店名】开头")
    elif text.count("【") != 1 or text.count("】") != 1:
        faults.append("签名只能有一个，正文里不能再有【】")
    if is_marketing and not text.endswith(OPT_OUT_HINT):
        faults.append(f"营销短信要以“{OPT_OUT_HINT}”结尾")
    if len(text) > SMS_MAX_CHARS:
        faults.append(f"短信不能超过 {SMS_MAX_CHARS} 个字")
    return tuple(faults)


def is_opt_out(reply: str) -> bool:
    """R-DNC-2. Whether somebody who wrote this back wants no more messages.

    The words alone, in any case and width, twice over or behind the 回复 of the hint, with signs and
    blanks anywhere; a sentence is for people.
    """
    folded = unicodedata.normalize("NFKC", reply).casefold()
    return _OPT_OUT.fullmatch("".join(char for char in folded if char.isalnum())) is not None


def text_hash(text: str) -> str:
    """R-REPEAT-3. By which the same text is known again: blanks make no other text of it."""
    folded = "".join(unicodedata.normalize("NFKC", text).split())
    return hashlib.sha256(folded.encode()).hexdigest()


def dedupe_key(campaign_id: int, customer_id: int, script_id: str, occasion: str) -> str:
    """R-MSG-2. One text to one customer about one occasion: the natural key of a message."""
    told = f"{campaign_id}:{customer_id}:{script_id}:{occasion}"
    return hashlib.sha256(told.encode()).hexdigest()
