from __future__ import annotations

import random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.phone import (
    FAULT_TEXTS,
    LONGEST_CELL,
    PhoneFault,
    is_relay,
    read_phone,
    takes_texts,
)
from campaigns.values import PhoneNumber

MOBILE = PhoneNumber("+8613800138000")
RELAY = PhoneNumber("+8618412345678", "1234")
LANDLINE = PhoneNumber("+8657187654321")


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        "'13800138000",
        "‘13800138000’",
        '="13800138000"',
        '"13800138000"',
        "“13800138000”",
        "１３８００１３８０００",
        "+86 138 0013 8000",
        "+86-13800138000",
        "(+86)13800138000",
        "008613800138000",
        "8613800138000",
        "138-0013-8000",
        "138 0013 8000",
        "13800138000\t",
        "\u00a013800138000\u00a0",
        "\ufeff13800138000",
        "138\u200b0013\u200b8000",
        "\u202d13800138000\u202c",
        "\u200f13800138000",
        "手机:13800138000",
        "手机号：13800138000",
        "013800138000",
    ],
)
def test_r_phone_1_every_way_to_write_a_mobile(text):
    assert read_phone(text) == MOBILE


@pytest.mark.parametrize(
    "text",
    [
        "18412345678-1234",
        "18412345678 - 1234",
        "18412345678_1234",
        "18412345678转1234",
        "18412345678 转 1234",
        "18412345678转分机1234",
        "18412345678转分机号：1234",
        "18412345678分机1234",
        "18412345678,1234",
        "18412345678，1234",
        "18412345678;1234",
        "18412345678#1234",
        "18412345678ext1234",
        "18412345678 ext. 1234",
        "18412345678 x1234",
        "'18412345678-1234",
        "＋８６１８４１２３４５６７８－１２３４",
        "+86 184 1234 5678-1234",
    ],
)
def test_r_phone_2_a_relay_number_keeps_its_extension(text):
    number = read_phone(text)
    assert number == RELAY
    assert is_relay(number)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0571-87654321", LANDLINE),
        ("(0571)87654321", LANDLINE),
        ("（0571）87654321", LANDLINE),
        ("0571 8765 4321", LANDLINE),
        ("+86 571 87654321", LANDLINE),
        ("0571-87654321转801", PhoneNumber("+8657187654321", "801")),
        ("0571-87654321-801", PhoneNumber("+8657187654321", "801")),
        ("057187654321-12", PhoneNumber("+8657187654321", "12")),
        ("010-65529988", PhoneNumber("+861065529988")),
    ],
)
def test_r_phone_1_landlines_with_area_code(text, expected):
    number = read_phone(text)
    assert number == expected
    assert isinstance(number, PhoneNumber)
    assert not is_relay(number)


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("+852 9123 4567", "+85291234567"),
        ("0085291234567", "+85291234567"),
        ("+886912345678", "+886912345678"),
        ("+1 212 555 1234", "+12125551234"),
    ],
)
def test_r_phone_1_a_foreign_number_is_dialled_when_written_with_its_country(text, e164):
    assert read_phone(text) == PhoneNumber(e164)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", PhoneFault.EMPTY),
        ("   ", PhoneFault.EMPTY),
        ("null", PhoneFault.EMPTY),
        ('=""', PhoneFault.EMPTY),
        ("无", PhoneFault.EMPTY),
        ("'", PhoneFault.EMPTY),
        ("138****8000", PhoneFault.MASKED),
        ("1**********", PhoneFault.MASKED),
        ("1******6198", PhoneFault.MASKED),
        ("138＊＊＊＊8000", PhoneFault.MASKED),
        ("138××××8000", PhoneFault.MASKED),
        ("138xxxx8000", PhoneFault.MASKED),
        ("184****5678-1234", PhoneFault.MASKED),
        ("1.38E+10", PhoneFault.NOT_A_NUMBER),
        ("0", PhoneFault.NOT_A_NUMBER),
        ("13800138000(张三)", PhoneFault.NOT_A_NUMBER),
        ("13800138000.0", PhoneFault.NOT_A_NUMBER),
        ("1380013800O", PhoneFault.NOT_A_NUMBER),
        ("😀13800138000", PhoneFault.NOT_A_NUMBER),
        ("138\x0000138000", PhoneFault.NOT_A_NUMBER),
        ("١٣٨٠٠١٣٨٠٠٠", PhoneFault.NOT_A_NUMBER),
        ("1" * 1_000_000, PhoneFault.NOT_A_NUMBER),
        ("13800138000,13900139000", PhoneFault.SEVERAL),
        ("13800138000/13900139000", PhoneFault.SEVERAL),
        ("13800138000 13900139000", PhoneFault.SEVERAL),
        ("1380013800013900139000", PhoneFault.SEVERAL),
        ("95588", PhoneFault.NOT_DIALABLE),
        ("95187", PhoneFault.NOT_DIALABLE),
        ("955123456", PhoneFault.NOT_DIALABLE),
        ("95012345678", PhoneFault.NOT_DIALABLE),
        ("10086", PhoneFault.NOT_DIALABLE),
        ("110", PhoneFault.NOT_DIALABLE),
        ("119", PhoneFault.NOT_DIALABLE),
        ("120", PhoneFault.NOT_DIALABLE),
        ("12345", PhoneFault.NOT_DIALABLE),
        ("4008001234", PhoneFault.NOT_DIALABLE),
        ("400-800-1234", PhoneFault.NOT_DIALABLE),
        ("8008208820", PhoneFault.NOT_DIALABLE),
        ("106912345678", PhoneFault.NOT_DIALABLE),
        ("87654321", PhoneFault.NOT_DIALABLE),
        ("1380013800", PhoneFault.NOT_DIALABLE),
        ("138001380000", PhoneFault.NOT_DIALABLE),
        ("14612345678", PhoneFault.NOT_DIALABLE),
        ("14912345678", PhoneFault.NOT_DIALABLE),
        ("16012345678", PhoneFault.NOT_DIALABLE),
        ("19412345678", PhoneFault.NOT_DIALABLE),
        ("19412345678-1234", PhoneFault.NOT_DIALABLE),
        ("13800138000-1", PhoneFault.NOT_DIALABLE),
    ],
)
def test_r_phone_1_what_is_not_dialled(text, fault):
    assert read_phone(text) is fault


@pytest.mark.parametrize("head", ["162", "165", "166", "167", "170", "171", "191", "192", "198"])
def test_r_phone_1_newer_ranges_and_virtual_operators_are_mobiles(head):
    assert read_phone(f"{head}12345678") == PhoneNumber(f"+86{head}12345678")


def test_r_phone_1_the_quick_way_agrees_with_the_library_on_every_range():
    chance = random.Random(20261121)
    for prefix in range(10_000, 20_000):
        text = f"{prefix}{chance.randrange(10**6):06d}"
        parsed = phonenumbers.PhoneNumber(country_code=86, national_number=int(text))
        dialable = phonenumbers.number_type(parsed) in (
            phonenumbers.PhoneNumberType.MOBILE,
            phonenumbers.PhoneNumberType.FIXED_LINE,
        )
        assert isinstance(read_phone(text), PhoneNumber) is dialable, text


def test_every_fault_has_a_text():
    assert set(FAULT_TEXTS) == set(PhoneFault)


@given(st.text(max_size=LONGEST_CELL + 5))
def test_r_phone_1_any_text_has_an_answer(text):
    answer = read_phone(text)
    if isinstance(answer, PhoneNumber):
        assert answer.e164.startswith("+")
        assert answer.e164[1:].isdecimal()
        assert "*" not in text


@given(
    st.sampled_from(["-", "_", "转", "转分机", "#", ",", " ext "]),
    st.text("0123456789", min_size=2, max_size=6),
)
def test_r_phone_2_extension_survives_every_separator(separator, extension):
    assert read_phone(f"18412345678{separator}{extension}") == PhoneNumber(
        "+8618412345678", extension
    )


@pytest.mark.parametrize(
    ("number", "takes"),
    [
        (MOBILE, True),
        (RELAY, False),
        (LANDLINE, False),
        (PhoneNumber("+85261234567"), True),
        (PhoneNumber("+85221234567"), False),
        (PhoneNumber("+12025550123"), True),
    ],
)
def test_r_phone_1_a_mobile_without_an_extension_takes_texts(
    number: PhoneNumber, takes: bool
) -> None:
    assert takes_texts(number) is takes
