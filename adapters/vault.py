"""Phone numbers at rest: sealed with AES-256-GCM for reading back, keyed-hashed for look-ups.

A plain hash of eleven digits could be undone by trying them all, so the hash is keyed (R-PII-1).
"""

from __future__ import annotations

import hmac
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.errors import NotReadyError
from campaigns.values import PhoneNumber

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"


class Vault:
    """Seals and opens numbers with one shop's key."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise NotReadyError("密钥文件损坏，请从备份恢复")
        self._hash_key = hmac.digest(key, b"phone-hash", "sha256")
        self._seal_key = hmac.digest(key, b"phone-seal", "sha256")

    def phone_key(self, number: PhoneNumber) -> str:
        """The number's keyed hash, 32 hex digits; equal for equal lines."""
        return hmac.digest(self._hash_key, number.identity.encode(), "sha256")[:16].hex()

    def seal(self, number: PhoneNumber) -> bytes:
        """Version, nonce, ciphertext."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, number.identity.encode(), _VERSION)

    def open(self, sealed: bytes) -> PhoneNumber:
        """The number again. Raises NotReadyError when the key is not the one that sealed it."""
        from cryptography.exceptions import InvalidTag

        nonce = sealed[1 : 1 + _NONCE_BYTES]
        try:
            plain = self._cipher.decrypt(nonce, sealed[1 + _NONCE_BYTES :], sealed[:1])
        except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a nonce
            raise NotReadyError("密钥与数据库不匹配，请检查 WAIHU_SECRET_FILE") from error
        e164, _, extension = plain.decode().partition(";")
        return PhoneNumber(e164, extension or None)

    def key_of(self, purpose: str) -> bytes:
        """Another key of 32 bytes for a named purpose, e.g. signing form tokens."""
        return hmac.digest(self._hash_key, purpose.encode(), "sha256")

    @cached_property
    def _cipher(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._seal_key)


def make_key(path: Path) -> None:
    """Make the key file, readable by its owner only. An existing one is left as it is."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(os.urandom(_KEY_BYTES).hex().encode())


def open_vault(path: Path) -> Vault:
    """The vault of the key file. Raises NotReadyError when there is none."""
    try:
        return Vault(bytes.fromhex(path.read_text().strip()))
    except FileNotFoundError as error:
        raise NotReadyError(f"找不到密钥文件 {path}，请先运行 waihu init") from error
    except ValueError as error:
        raise NotReadyError("密钥文件损坏，请从备份恢复") from error
