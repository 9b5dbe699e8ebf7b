"""What a rule answers. Never a bare bool, never an exception."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from campaigns.values import Ending, Exemption


@dataclass(frozen=True, slots=True)
class Allow:
    """The rule has nothing against a contact at this instant. `reason` says why, in Chinese."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now. `until` is the first instant at which this rule allows; None: until something changes.

    `also` names further rules that the answer rests on (the kind of day behind a closed window).
    A wait costs no attempt.
    """

    rule: str
    until: datetime | None
    reason: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """Never again for this task, as things stand."""

    rule: str
    reason: str
    also: tuple[str, ...] = ()


Decision = Allow | Wait | Stop


class Follow(StrEnum):
    """What follows an attempt's outcome."""

    FIRST = "first"
    RETRY = "retry"
    FOLLOW_UP = "follow_up"
    AFTER_IMPORT = "after_import"
    CALLBACK = "callback"
    NEW_NUMBER = "new_number"
    NEXT_NUMBER = "next_number"
    REDIAL = "redial"
    ANSWER = "answer"
    AWAIT_REPLY = "await_reply"
    END = "end"


@dataclass(frozen=True, slots=True)
class NextStep:
    """What the rules make of a task's last attempt, read from its history.

    not_before     no call before this instant (a wish, a skip)
    not_on         no call on this day (the follow-up of `will_pay`: "not the same day")
    needs_import   no call until an import newer than this instant has shown the orders (`says_paid`)
    exemption      what R-REPEAT-5 frees the next call from, as long as `exempt_until` lies ahead
    ending         set when the task ends
    """

    follow: Follow
    not_before: datetime | None = None
    not_on: date | None = None
    needs_import: datetime | None = None
    exemption: Exemption = Exemption.NONE
    exempt_until: datetime | None = None
    ending: Ending | None = None
    rule: str = "R-SLOT-1"
