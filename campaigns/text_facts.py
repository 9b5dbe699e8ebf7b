"""What a rule reads before an SMS goes out, beside the task itself (R-MSG-2, R-REPEAT-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from campaigns.values import Ending, SmsState

TAKEN = frozenset(
    {SmsState.SENDING, SmsState.SENT, SmsState.DELIVERED, SmsState.UNKNOWN, SmsState.FAILED}
)
"""R-REPEAT-3. States of a text that counts: it went out, or may have, or was refused for good."""

FOLLOW_UPS = frozenset({"moved", "due", "arrived"})
"""R-OOS-2. Occasions of messages to customers who agreed to wait, after their task has ended."""

UNREACHED = "unreached"
"""The occasion of a text to somebody whom no call reached."""


@dataclass(frozen=True, slots=True)
class SentText:
    """One text that counts, whosever it was: to this customer, or to one of their numbers."""

    id: str
    customer_id: int
    phone_key: str
    at: datetime
    text_hash: str


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What only texts ask about.

    sent       texts of the last days to the customer and to their numbers, and whatever had the
               very words of this one
    mobiles    ids of the customer's numbers that can take an SMS (R-PHONE-1)
    ending     how the task ended; None while it is open
    """

    sent: tuple[SentText, ...] = ()
    mobiles: frozenset[int] = frozenset()
    ending: Ending | None = None


def moment_of(occasion: str) -> str:
    """`moved` of `moved:2025-06-03`: which text an occasion asks for."""
    return occasion.partition(":")[0]
