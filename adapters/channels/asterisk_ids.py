"""How our ids name what belongs to a call on the exchange, so that each of it can be found again.

    <call>     the caller's channel, and the recording        <call>.b           the bridge
    <call>.c   the customer's channel                         <call>.p.<name>    something played

The exchange refuses an id that is alive; whatever is not named so is none of ours.
"""

from __future__ import annotations

import re

from campaigns.lines import Leg

_CALL = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.[0-9]{1,3})?"
_CHANNEL = re.compile(rf"({_CALL})(\.c)?")
_PLAYBACK = re.compile(rf"({_CALL})\.p\.([a-z0-9]+)")


def customer_channel(call_id: str) -> str:
    """The channel of the customer's leg."""
    return f"{call_id}.c"


def bridge_of(call_id: str) -> str:
    """The bridge in which both talk."""
    return f"{call_id}.b"


def playback_of(call_id: str, name: str) -> str:
    """Something that is played in a call."""
    return f"{call_id}.p.{name}"


def read_channel(channel_id: object) -> tuple[str, Leg] | None:
    """Which call and which leg a channel is; None for one that is not ours."""
    found = _CHANNEL.fullmatch(channel_id) if isinstance(channel_id, str) else None
    if found is None:
        return None
    return found[1], Leg.CUSTOMER if found[2] else Leg.CALLER


def read_playback(playback_id: object) -> tuple[str, str] | None:
    """Which call something was played in, and its name; None for what is not ours."""
    found = _PLAYBACK.fullmatch(playback_id) if isinstance(playback_id, str) else None
    return None if found is None else (found[1], found[2])
