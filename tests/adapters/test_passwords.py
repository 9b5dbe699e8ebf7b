"""What may be a password, and that checking one tells nobody whether a person exists."""

from __future__ import annotations

import threading
from typing import Literal

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from adapters import passwords
from adapters.passwords import Passwords, fault_of

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "九个字的密码不够长",
        "password123",
        "1234567890",
        "0987654321",
        "qwertyuiop",
        "asdfghjkl;",
        "1qaz2wsx3edc",
        "19900101abc",
        "taobao2024",
        "waihu-waihu-waihu",
        "aaaaaaaaaaaaaaaa",
        "woaini5201314520",
        "管理员管理员密码密码",
        "x" * 257,
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    assert fault_of(password) is not None


@pytest.mark.parametrize(
    "password",
    [
        "四只蓝色的鸭子在弹钢琴",
        "correct-horse-battery",
        "Tmall-Kefu-vj4t9pzh",
        "五月的雨 打湿 白鞋子",
        "mz7 qf2 wl9 xd4 " * 4,
    ],
)
def test_long_sentences_and_random_characters_are_fine(password: str) -> None:
    assert fault_of(password, "陈晨") is None


def test_ones_own_name_adds_nothing() -> None:
    assert fault_of("linxiaoyu-linxiaoyu") is None
    assert fault_of("linxiaoyu-linxiaoyu", "LinXiaoYu") is not None


@given(st.text(max_size=300), st.text(max_size=40))
def test_no_text_breaks_the_judgement(password: str, name: str) -> None:
    assert fault_of(password, name) is None or len(fault_of(password, name) or "") > 5


def test_hashes_are_argon2id_with_the_librarys_parameters() -> None:
    stored = passwords.standard_passwords().hash("四只蓝色的鸭子在弹钢琴")
    found = extract_parameters(stored)
    assert (found.type, found.memory_cost, found.time_cost) == (Type.ID, 65536, 3)


def test_a_hash_fits_its_password_in_any_notation() -> None:
    checker = Passwords(CHEAP)
    stored = checker.hash("caf\u00e9 bei regen")
    assert checker.matches(stored, "cafe\u0301 bei regen")
    assert not checker.matches(stored, "cafe bei regen")
    assert not checker.matches("not a hash", "cafe bei regen")


class CountingHasher(PasswordHasher):
    """Notes what is asked of it, and how much at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified = 0
        self.running = 0
        self.most = 0
        self.gate = threading.Event()

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.verified += 1
        self.running += 1
        self.most = max(self.most, self.running)
        self.gate.wait(0.05)
        try:
            return super().verify(hash, password)
        finally:
            self.running -= 1


def test_an_unknown_person_costs_a_check_too() -> None:
    hasher = CountingHasher()
    checker = Passwords(hasher)
    assert not checker.matches(None, "nobody has this password")
    assert hasher.verified == 1


def test_no_more_than_two_hashes_run_at_once() -> None:
    hasher = CountingHasher()
    checker = Passwords(hasher)
    stored = checker.hash("四只蓝色的鸭子在弹钢琴")
    threads = [
        threading.Thread(target=checker.matches, args=(stored, "something else")) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hasher.verified == 6
    assert hasher.most == 2
