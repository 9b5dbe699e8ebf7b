"""Ids and tokens that are made before any effect, so that an effect can be found again by them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from datetime import datetime


def new_attempt_id(now: datetime) -> str:
    """A UUIDv7: the instant in milliseconds, then 74 random bits; sorts by time."""
    milliseconds = int(now.timestamp() * 1000)
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | (random >> 68 & 0xFFF) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def call_token(key: bytes, call_id: str) -> str:
    """128 bits that only this shop can work out of a call's id, in letters that fit an address.

    Worked out, not stored: whoever reads the database cannot speak for a call.
    """
    digest = hmac.digest(key, call_id.encode(), "sha256")[:16]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def token_hash(token: str) -> str:
    """By which a token that came in is found."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
