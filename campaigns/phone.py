"""Which numbers are dialled, and how a number written by people is read (R-PHONE-1, R-PHONE-2)."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from campaigns.values import PhoneNumber

LONGEST_CELL = 64
"""Characters after which a text is no phone number, whatever it holds."""


class PhoneFault(StrEnum):
    """Why a text gives no number that may be dialled."""

    EMPTY = "empty"
    MASKED = "masked"
    SEVERAL = "several"
    NOT_A_NUMBER = "not_a_number"
    NOT_DIALABLE = "not_dialable"


FAULT_TEXTS = {
    PhoneFault.EMPTY: "没有号码",
    PhoneFault.MASKED: "号码被打码，无法拨打",
    PhoneFault.SEVERAL: "一格里有多个号码，请分开填写",
    PhoneFault.NOT_A_NUMBER: "不是电话号码",
    PhoneFault.NOT_DIALABLE: "不是可以拨打的手机或固定电话号码",
}
"""What a person reads about each fault."""


def read_phone(text: str) -> PhoneNumber | PhoneFault:
    """R-PHONE-1, R-PHONE-2. The number in `text`, or why there is none to dial.

    Masks and extensions are recognised before the number is parsed. Only valid mobile and
    fixed-line numbers pass: of the mainland, or of another country when written with `+`.
    """
    plain = _PLAIN_MOBILE.fullmatch(text)
    if plain is not None:
        return _mainland_mobile(plain[1], plain[2])
    folded = _folded(text)
    if isinstance(folded, PhoneFault):
        return folded
    plain = _PLAIN_MOBILE.fullmatch(folded)
    if plain is not None:
        return _mainland_mobile(plain[1], plain[2])
    number, extension = _split_extension(folded)
    if _ALLOWED.fullmatch(number) is None:
        return PhoneFault.SEVERAL if _holds_several(folded) else PhoneFault.NOT_A_NUMBER
    if _holds_several(number):
        return PhoneFault.SEVERAL
    return _validated(number, extension)


def is_relay(number: PhoneNumber) -> bool:
    """R-PHONE-2. Whether it is a relay number (虚拟号): a mainland mobile with an extension."""
    return number.extension is not None and _RELAY.fullmatch(number.e164) is not None


_RELAY = re.compile(r"\+861[0-9]{10}")
_PLAIN_MOBILE = re.compile(r"'?(?:\+86|0086|86)?(1[0-9]{10})(?:[-_,;#转]([0-9]{2,6}))?")
_EXTENSION = re.compile(
    r"(?P<number>.*[0-9)])\s*(?:转接?\s*(?:分机号?)?|分机号?|ext\.?|[-_,;#x])\s*:?\s*"
    r"(?P<extension>[0-9]{2,6})"
)
_COUNTRY = re.compile(r"(?:\+|00)?86(?=1[0-9]{10}$)|(?:\+|00)86(?=[0-9]{9,11}$)")
_LANDLINE = re.compile(r"0[1-9][0-9]{8,10}")
_LABEL = re.compile(r"(?:联系)?(?:手机|电话|固话|座机|tel|mobile|phone)(?:号码?)?\s*:?\s*")
_ALLOWED = re.compile(r"\(?\+?[0-9() \-]*[0-9]")
_MASK = re.compile(r"[*×✱●•█]|xx")
_NOTHING = frozenset({"", "null", "none", "nan", "无", "没有", "暂无", "-", "--", "/"})
_QUOTES = dict.fromkeys(map(ord, "\"'‘’“”`´′″\u00a0"), "")


def _folded(text: str) -> str | PhoneFault:
    """One notation for full-width digits, quotes, spreadsheet tricks and invisible marks."""
    if len(text) > LONGEST_CELL:
        return PhoneFault.NOT_A_NUMBER
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    folded = unicodedata.normalize("NFKC", visible.translate(_QUOTES)).lower()
    folded = folded.strip().removeprefix("=").strip()
    if folded in _NOTHING:
        return PhoneFault.EMPTY
    label = _LABEL.match(folded)
    if label is not None:
        folded = folded[label.end() :]
    if _MASK.search(folded) is not None:
        return PhoneFault.MASKED
    return folded


def _split_extension(folded: str) -> tuple[str, str | None]:
    """R-PHONE-2. Number and extension; only after 11 digits or an area code and its number."""
    found = _EXTENSION.fullmatch(folded)
    if found is not None:
        digits = re.sub(r"[() \-]", "", found["number"])
        national = _COUNTRY.sub("", digits)
        if (len(national) == 11 and national.isdecimal()) or _LANDLINE.fullmatch(national):
            return found["number"].strip(), found["extension"]
    return folded, None


def _holds_several(text: str) -> bool:
    """Whether two or more whole numbers stand in one text."""
    runs = [run for run in re.split(r"[^0-9]+", text) if len(run) >= 7]
    return len(runs) > 1 or any(len(run) == 22 and run[0] == run[11] == "1" for run in runs)


def _mainland_mobile(digits: str, extension: str | None) -> PhoneNumber | PhoneFault:
    """Answer the usual case without parsing; the pattern is the library's own."""
    if _mobile_pattern().fullmatch(digits) is None:
        return PhoneFault.NOT_DIALABLE
    return PhoneNumber("+86" + digits, extension)


@lru_cache(maxsize=1)
def _mobile_pattern() -> re.Pattern[str]:
    """Take the pattern of mainland mobiles out of the library's data."""
    from phonenumbers import PhoneMetadata  # noqa: PLC0415 - slow to load, often not needed

    metadata = PhoneMetadata.metadata_for_region("CN")
    assert metadata is not None
    assert metadata.mobile is not None
    pattern = metadata.mobile.national_number_pattern
    assert pattern is not None
    return re.compile(pattern, re.ASCII)


def _validated(number: str, extension: str | None) -> PhoneNumber | PhoneFault:
    import phonenumbers  # noqa: PLC0415 - slow to load, often not needed

    try:
        parsed = phonenumbers.parse(number, "CN")
    except phonenumbers.NumberParseException:
        return PhoneFault.NOT_A_NUMBER
    types = phonenumbers.PhoneNumberType
    dialable = {types.MOBILE, types.FIXED_LINE}
    if parsed.country_code != _MAINLAND:  # elsewhere the two share ranges, as in North America
        dialable.add(types.FIXED_LINE_OR_MOBILE)
    if phonenumbers.number_type(parsed) not in dialable:  # invalid numbers have no type
        return PhoneFault.NOT_DIALABLE
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return PhoneNumber(e164, extension)


_MAINLAND = 86


def takes_texts(number: PhoneNumber) -> bool:
    """R-PHONE-1, R-PHONE-2. Whether an SMS can reach it: a mobile number without an extension."""
    if number.extension is not None:
        return False
    if number.e164.startswith("+86"):
        return _mobile_pattern().fullmatch(number.e164.removeprefix("+86")) is not None
    import phonenumbers  # noqa: PLC0415 - slow to load, often not needed

    types = phonenumbers.PhoneNumberType
    kind = phonenumbers.number_type(phonenumbers.parse(number.e164))
    return kind in (types.MOBILE, types.FIXED_LINE_OR_MOBILE)
