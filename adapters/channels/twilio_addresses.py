"""The addresses that we give to the telephone provider: ASCII, a token in each, and how to repeat."""

from __future__ import annotations

from enum import StrEnum

OVERRIDES = "#rc=3&rp=all&tt=15000"
"""Asks for three more tries after any failure, 15 s in all. Not part of what is signed."""

ROOT = "/line/twilio/"


class Part(StrEnum):
    """What an address is for: the segment before the token."""

    VOICE = "voice"
    LEG = "leg"
    CUSTOMER = "customer"
    ANNOUNCE = "announce"
    AFTER = "after"
    KEYPAD = "keypad"
    DIGITS = "digits"
    RECORDING = "recording"
    SMS = "sms"


def address(public_url: str, part: Part, token: str, query: str = "") -> str:
    """Where the provider asks or tells. `public_url`: ours as it sees it, no slash at the end."""
    return f"{public_url}{ROOT}{part}/{token}{query}{OVERRIDES}"


def part_of(path_and_query: str) -> Part | None:
    """Which of them a callback came to; None for any other."""
    name = path_and_query.partition("?")[0].removeprefix(ROOT).partition("/")[0]
    return Part(name) if name in set(Part) and path_and_query.startswith(ROOT) else None
