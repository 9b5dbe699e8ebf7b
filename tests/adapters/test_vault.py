"""R-PII-1: numbers at rest are sealed, and found again by a keyed hash."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.vault import Vault, make_key, open_vault
from campaigns.errors import NotReadyError
from campaigns.values import PhoneNumber

VAULT = Vault(bytes(range(32)))
numbers = st.builds(
    PhoneNumber,
    st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True),
    st.none() | st.from_regex(r"[0-9]{2,6}", fullmatch=True),
)


@given(numbers)
def test_a_sealed_number_opens_to_itself(number: PhoneNumber) -> None:
    assert VAULT.open(VAULT.seal(number)) == number


@given(numbers)
def test_what_is_stored_does_not_hold_the_number(number: PhoneNumber) -> None:
    assert number.e164[1:].encode() not in VAULT.seal(number)
    assert number.e164[1:] not in VAULT.phone_key(number)


@given(numbers, numbers)
def test_the_key_is_equal_for_equal_lines_only(one: PhoneNumber, other: PhoneNumber) -> None:
    assert (VAULT.phone_key(one) == VAULT.phone_key(other)) is (one == other)


def test_the_same_number_is_never_sealed_the_same_twice() -> None:
    number = PhoneNumber("+8618412345678")
    assert VAULT.seal(number) != VAULT.seal(number)


def test_another_shops_key_neither_opens_nor_finds() -> None:
    other, number = Vault(bytes(32)), PhoneNumber("+8618412345678")
    assert other.phone_key(number) != VAULT.phone_key(number)
    with pytest.raises(NotReadyError):
        other.open(VAULT.seal(number))


@pytest.mark.parametrize("position", [0, 1, 13, 20, -1])
def test_a_changed_byte_is_noticed(position: int) -> None:
    sealed = bytearray(VAULT.seal(PhoneNumber("+8618412345678")))
    sealed[position] ^= 1
    with pytest.raises(NotReadyError):
        VAULT.open(bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" * 13, b"\x01" * 20])
def test_a_shortened_seal_is_noticed(sealed: bytes) -> None:
    with pytest.raises(NotReadyError):
        VAULT.open(sealed)


def test_keys_of_other_purposes_differ() -> None:
    assert VAULT.key_of("forms") != VAULT.key_of("sessions")
    assert len(VAULT.key_of("forms")) == 32


def test_the_key_file_is_the_owners_alone_and_is_never_made_twice(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "shop.key"
    make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_text()
    make_key(path)
    assert path.read_text() == first
    sealed = open_vault(path).seal(PhoneNumber("+8618412345678"))
    assert open_vault(path).open(sealed) == PhoneNumber("+8618412345678")


def test_without_a_key_file_the_shop_is_not_ready(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="waihu init"):
        open_vault(tmp_path / "none.key")


@pytest.mark.parametrize("text", ["", "not hexadecimal", "00" * 31])
def test_a_damaged_key_file_is_named_as_such(tmp_path: Path, text: str) -> None:
    path = tmp_path / "shop.key"
    path.write_text(text)
    with pytest.raises(NotReadyError, match="密钥文件损坏"):
        open_vault(path)
