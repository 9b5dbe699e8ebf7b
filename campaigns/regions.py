"""Provinces: of a delivery address first, else of a phone number (R-HOURS-4)."""

from __future__ import annotations

import re
from functools import lru_cache

from campaigns.values import PhoneNumber

PROVINCES: tuple[str, ...] = (
    "北京", "天津", "河北", "山西", "内蒙古", "辽宁", "吉林", "黑龙江", "上海", "江苏", "浙江",
    "安徽", "福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "广西", "海南", "重庆",
    "四川", "贵州", "云南", "西藏", "陕西", "甘肃", "青海", "宁夏", "新疆", "台湾", "香港", "澳门",
)  # fmt: skip
"""The short names of all provinces, in the official order."""


def province_of_address(address: str) -> str | None:
    """R-HOURS-4. The short name of the province that the address begins with, else None.

    A street that is named after a province (北京西路) is none, nor is a prefecture of another
    province that shares its name (海南藏族自治州).
    """
    found = _ADDRESS.match(address)
    return found[1] if found is not None else None


def province_of_phone(number: PhoneNumber) -> str | None:
    """R-HOURS-4. The province in which the number was given out, None when the data do not tell."""
    for code, province in _OWN_COUNTRY_CODES.items():
        if number.e164.startswith(code):
            return province
    if not number.e164.startswith("+86"):
        return None
    national = number.e164[3:]
    if national.startswith(_WRONG_IN_THE_DATA):
        return None
    return _province_of_prefix(national[:7], len(national))


_OWN_COUNTRY_CODES = {"+852": "香港", "+853": "澳门", "+886": "台湾"}

_WRONG_IN_THE_DATA = "173"
"""The library's data call every number of this range one of Beijing."""

_ADDRESS = re.compile(
    r"[\s\"'“”‘’\ufeff]*(?:中国|中华人民共和国)?\s*"
    rf"({'|'.join(PROVINCES)})"
    r"(?!藏族|蒙古族|[东西南北中]{0,2}(?:[一二三四五六七八九十]{1,2})?(?:大?[路街巷弄]|大道|胡同))"
)
_BY_DESCRIPTION = re.compile("|".join(PROVINCES))


@lru_cache(maxsize=200_000)
def _province_of_prefix(prefix: str, length: int) -> str | None:
    """Ask the library, which looks at no more than seven digits and takes a second to load."""
    from phonenumbers import PhoneNumber as Parsed  # noqa: PLC0415 - only where no address helps
    from phonenumbers.geocoder import description_for_valid_number  # noqa: PLC0415

    whole = Parsed(country_code=86, national_number=int(prefix.ljust(length, "0")))
    found = _BY_DESCRIPTION.match(description_for_valid_number(whole, "zh"))
    return found[0] if found is not None else None
