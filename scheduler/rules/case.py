"""What a rule is asked about: one task at one instant, under one policy and calendar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from campaigns.decisions import NextStep
from campaigns.facts import AttemptFacts, PhoneFacts, TaskFacts
from campaigns.policy import Policy
from campaigns.states import COUNTED_ATTEMPTS
from campaigns.values import DayKind, Exemption


class OfficialDays(Protocol):
    """The official calendar as the rules see it."""

    def kind_of(self, day: date) -> DayKind:
        """Working day, day off, or unknown (R-HOURS-6)."""
        ...


@dataclass(frozen=True, slots=True)
class Case:
    """One question to the gate.

    now       the instant judged; a forecast moves it ahead
    asked_at  when the question was asked: the age of data is judged by it, for the shop goes on
              importing (R-DUN-4)
    ignoring  the call that is being asked for itself, in both halves where its line was cut
    """

    task: TaskFacts
    now: datetime
    policy: Policy
    calendar: OfficialDays
    step: NextStep
    asked_at: datetime
    ignoring: frozenset[str] = frozenset()

    def at(self, instant: datetime) -> Case:
        """The same question at another instant. `asked_at` stays: it says how old the data are."""
        return replace(self, now=instant)

    @property
    def is_exempt_now(self) -> bool:
        """R-REPEAT-5. Whether the step's exemption still holds at this instant."""
        until = self.step.exempt_until
        return until is None or self.now < until

    @property
    def exemption(self) -> Exemption:
        """R-REPEAT-5. What the call would be free of at this instant."""
        return self.step.exemption if self.is_exempt_now else Exemption.NONE

    @property
    def own_attempts(self) -> list[AttemptFacts]:
        """R-REPEAT-4. What counts in this task's budget: made contacts, a redial not twice."""
        return [
            a
            for a in self.task.attempts
            if a.state in COUNTED_ATTEMPTS and not a.is_redial and a.id not in self.ignoring
        ]

    def known_attempts(self) -> Iterator[AttemptFacts]:
        """Every hand-out and attempt that concerns this customer or its phones, but the ignored one.

        Nor what was settled in the very same call (R-REPEAT-2).
        """
        return (
            a
            for a in self.task.customer.attempts
            if a.id not in self.ignoring and a.rides_on not in self.ignoring
        )

    @property
    def phone(self) -> PhoneFacts | None:
        """R-PHONE-3. The number that would be dialled now."""
        return best_phone(self.task, self.now)


def best_phone(task: TaskFacts, now: datetime) -> PhoneFacts | None:
    """R-PHONE-3. The best usable number: one just given, then the customer's own and verified one.

    After a cut line (R-REPEAT-5) it is the line that was cut.
    """
    last = max(
        (a for a in task.attempts if a.state in COUNTED_ATTEMPTS), key=lambda a: a.at, default=None
    )
    first = None
    if last is not None:
        first = last.phone_id if last.outcome == "cut_off" else last.given_phone_id

    def order(phone: PhoneFacts) -> tuple[bool, bool, bool, float, float]:
        reached = phone.last_reached_at.timestamp() if phone.last_reached_at else 0.0
        return (
            phone.id == first,
            phone.is_owner,
            phone.is_verified,
            reached,
            phone.added_at.timestamp(),
        )

    usable = [p for p in task.customer.phones if p.is_usable_at(now)]
    return max(usable, key=order, default=None)


def is_usable(task: TaskFacts, phone_id: int, now: datetime) -> bool:
    """R-PHONE-2. Whether the number that was handed out may still be dialled."""
    return any(p.id == phone_id and p.is_usable_at(now) for p in task.customer.phones)
