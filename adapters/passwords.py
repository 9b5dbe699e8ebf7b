"""Passwords: hashed with argon2id, checked in the same time for all, judged before they are set."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
"""Characters a password must have. Nothing is asked of their kinds: length is what helps."""

LONGEST = 256
"""Characters a password may have, so that hashing stays bounded."""

HASHES_AT_ONCE = 2
"""One argon2id hash takes 64 MiB; more at once would let strangers fill the memory."""

WORDS = (
    *("password", "passwd", "passw0rd", "p@ssword", "p@ssw0rd", "secret", "letmein", "welcome"),
    *("admin", "administrator", "root", "test", "guest", "user", "login", "abc", "xyz", "hello"),
    *("iloveyou", "woaini", "mima", "zhanghao", "yonghu", "guanliyuan", "nihao", "laoban"),
    *("taobao", "tmall", "tianmao", "wangwang", "alibaba", "alipay", "zhifubao", "dianpu", "shop"),
    *("waihu", "kefu", "zuoxi", "caller", "leader", "supervisor", "zuzhang", "zhuguan", "dianhua"),
    *("cuikuan", "huifang", "shouhou", "dingdan", "kuaidi", "peixun", "training", "callback"),
    *("密码", "账号", "用户", "管理员", "客服", "坐席", "组长", "主管", "店铺", "淘宝", "天猫"),
    *("旺旺", "外呼", "催款", "回访", "售后", "电话", "我爱你", "你好", "老板"),
)
"""What a shop's desk thinks of first. Our own list; such words add nothing to a password."""

RUNS = (
    *("01234567890", "1234567890", "abcdefghijklmnopqrstuvwxyz"),
    *("qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p"),
    *("qazwsxedcrfvtgbyhnujmikolp", "1q2w3e4r5t6y7u8i9o0p", "!@#$%^&*()"),
)
"""Ways the hand walks over the keyboard; four in a row, either way, count as one mark."""

MARKS_NEEDED = 5
"""How many characters must be left when words, years and runs are taken out."""

_YEAR = re.compile(r"(?:19|20)[0-9]{2}(?:[01]?[0-9](?:[0-3]?[0-9])?)?")
_SAME = re.compile(r"(.)\1{2,}")


def fault_of(password: str, name: str = "") -> str | None:
    """Why this password may not be set, as one Chinese sentence; None when it may."""
    text = normalised(password)
    if len(text) < SHORTEST:
        return f"密码至少 {SHORTEST} 个字符，越长越好，可以是一句话"
    if len(text) > LONGEST:
        return f"密码最多 {LONGEST} 个字符"
    if len(_without_the_obvious(text.casefold(), name.casefold())) < MARKS_NEEDED:
        return "这个密码太容易猜到（常用词、年份、键盘顺序或重复），请换一个"
    return None


def normalised(password: str) -> str:
    """Write characters that look the same in one way, so that every keyboard gives equal bytes."""
    return unicodedata.normalize("NFC", password)


class Passwords:
    """Hashes and checks. Share one among the threads of a process: it bounds what runs at once."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """`hasher` None: argon2id with the library's parameters. Tests pass a cheap one."""
        self._hasher = hasher or PasswordHasher()
        self._slots = threading.BoundedSemaphore(HASHES_AT_ONCE)
        self._decoy: str | None = None

    def hash(self, password: str) -> str:
        """Give the text to store; it carries its own parameters and salt."""
        with self._slots:
            return self._hasher.hash(normalised(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether it is the password. Takes as long when there is none stored (unknown person)."""
        if self._decoy is None:
            self._decoy = self.hash("nobody has this password")
        with self._slots:
            try:
                self._hasher.verify(stored or self._decoy, normalised(password)[: LONGEST + 1])
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether it was hashed with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)


@cache
def standard_passwords() -> Passwords:
    """Give the one of this process."""
    return Passwords()


def _without_the_obvious(text: str, name: str) -> str:
    """Take out everything that is guessed first; what is left makes a password."""
    for word in sorted((*WORDS, name.strip()), key=len, reverse=True):
        if len(word) > 1:
            text = text.replace(word, "")
    text = _YEAR.sub("", text)
    text = _without_runs(text)
    return "".join(sorted(set(_SAME.sub("", text))))


def _without_runs(text: str) -> str:
    kept, place = [], 0
    while place < len(text):
        length = _run_length(text, place)
        if length:
            place += length
        else:
            kept.append(text[place])
            place += 1
    return "".join(kept)


def _run_length(text: str, place: int) -> int:
    """How long a keyboard run that starts here is; 0 below four characters."""
    longest = 0
    for run in RUNS:
        for way in (run, run[::-1]):
            for start in range(len(way)):
                length = 0
                while (
                    start + length < len(way)
                    and place + length < len(text)
                    and way[start + length] == text[place + length]
                ):
                    length += 1
                longest = max(longest, length)
    return longest if longest >= 4 else 0
