"""Callers who dial through a line: they wait, go on, dial again, dial by hand, hang up too early."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from campaigns.errors import ConflictError, RefusedError
from campaigns.values import LineCallState, LineName, Person
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import skip
from scheduler.flows.line_calls import dial, go_on, hang_up
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.parked import take_back
from tests.simulation.line_days import LineDay

_FAILED = ("no_answer", "line_busy", "rejected", "switched_off")
_REACHED = {"will_pay": 40, "busy": 25, "cut_off": 20, "opt_out": 5, "hung_up_angry": 5, "relay": 5}
PATIENCE = timedelta(minutes=6)


class LineCaller:
    """One caller at work until the end of the sitting. `parked`: whom the line does not know of."""

    def __init__(self, day: LineDay, person: Person) -> None:
        self.day, self.person = day, person
        self.until = day.clock.now()

    def comes(self, after: timedelta, until: datetime) -> None:
        """Work from then until this instant of the machine."""
        self.until = until
        self.day.note(after, self.next)

    def next(self) -> None:
        """Take the next customer and dial after a moment."""
        day = self.day
        if day.clock.now() >= self.until:
            return
        with day.crashing("claim", odds=0.01):
            answer = next_call(day.runtime, self.person, day.now)
            if not isinstance(answer, HandOut):
                day.note(timedelta(seconds=45), self.next)
                return
            if answer.dialled_at is not None:
                day.note(timedelta(seconds=5), lambda: self.looks(answer, day.clock.now()))
                return
            day.seen["handed out"] += 1
            day.note(day.seconds(2, 15), lambda: self.dials(answer))
            return
        day.note(timedelta(seconds=10), self.next)

    def dials(self, held: HandOut, tries: int = 1) -> None:
        """Dial by the line, by hand when it does not want to; the page may break in between."""
        day = self.day
        day.disturb(held.buyer, held.customer_id)
        by_hand = tries > 2 or day.draw.random() < 0.08
        began = day.clock.now()
        try:
            with day.crashing("dial"):
                line = LineName.MANUAL if by_hand else None
                dialled = dial(day.runtime, held.attempt_id, day.now, self.person, line)
                day.seen[f"dialled {dialled.state or 'by hand'}"] += 1
                if dialled.state in (LineCallState.NOT_SENT, LineCallState.REFUSED):
                    day.note(day.seconds(3, 30), lambda: self.again(held, tries))
                    return
        except RefusedError as refused:
            day.seen[f"refused {refused.rules[0]}"] += 1
            day.note(timedelta(seconds=20), lambda: self.again(held, tries))
            return
        except ConflictError:
            day.seen["conflict"] += 1
            day.note(timedelta(seconds=20), lambda: self.again(held, tries))
            return
        day.note(day.seconds(2, 8), lambda: self.looks(held, began, tries))

    def again(self, held: HandOut, tries: int) -> None:
        """The customer is on the screen again, or not any more."""
        day, row = self.day, self.day.of_attempt(held.attempt_id)
        if row.state == "dialled":
            self.looks(held, day.clock.now(), tries)
        elif row.state != "handed_out":
            day.note(day.seconds(2, 20), self.next)
        elif tries > 3 or day.draw.random() < 0.15:
            try:
                skip(day.runtime, held.attempt_id, "线路不通", day.now, self.person)
            except (RefusedError, ConflictError):
                day.seen["not skipped"] += 1
            day.note(day.seconds(2, 20), self.next)
        else:
            self.dials(held, tries + 1)

    def looks(self, held: HandOut, began: datetime, tries: int = 1) -> None:
        """How does it stand? Wait, go on with others, or enter what came of it."""
        day, row = self.day, self.day.of_attempt(held.attempt_id)
        if row.state != "dialled":
            self.again(held, tries)
            return
        call = day.newest_call(held.attempt_id)
        by_hand = row.line == LineName.MANUAL
        waited = day.clock.now() - began
        if by_hand or (call is not None and call.settled_at is not None):
            day.note(day.seconds(3, 30), lambda: self.enters(held, parked=False))
        elif call.state in ("unknown", "submitting") and day.draw.random() < 0.3:
            go_on(day.runtime, held.attempt_id, day.now, self.person)
            day.seen["goes on with others"] += 1
            day.note(timedelta(minutes=2), lambda: self.comes_back(held))
            day.note(day.seconds(2, 20), self.next)
        elif call.answered_by_customer_machine is not None and day.draw.random() < 0.2:
            with day.crashing("hang up"):
                hang_up(day.runtime, held.attempt_id, day.now, self.person)
                day.seen["hangs up"] += 1
            self.enters(held, parked=False)
        elif waited > PATIENCE or day.draw.random() < 0.02:
            day.seen["enters before it is known"] += 1
            self.enters(held, parked=False)
        else:
            day.note(timedelta(seconds=12), lambda: self.looks(held, began, tries))

    def comes_back(self, held: HandOut) -> None:
        """What became of the one that was left to the line."""
        day, row = self.day, self.day.of_attempt(held.attempt_id)
        call = day.newest_call(held.attempt_id)
        if row.state != "dialled":
            day.seen[f"parked: {row.state}"] += 1
        elif call.settled_at is None:
            day.note(timedelta(minutes=2), lambda: self.comes_back(held))
        else:
            with suppress(RefusedError):  # while somebody else is on the screen
                take_back(day.runtime, held.attempt_id, day.now, self.person)
                day.seen["taken back"] += 1
            self.enters(held, parked=True)

    def enters(self, held: HandOut, *, parked: bool) -> None:
        """The outcome, by whether somebody really came to the telephone."""
        day = self.day
        talked = any(
            call.attempt_id == held.attempt_id and call.answered_by_customer_machine
            for call in [day.newest_call(held.attempt_id)]
            if call is not None
        )
        reached = talked or (day.of_attempt(held.attempt_id).line == LineName.MANUAL)
        code = day.draw.choice(_FAILED)
        if reached and day.draw.random() < 0.8:
            code = day.draw.choices(list(_REACHED), list(_REACHED.values()))[0]
        try:
            with day.crashing("outcome", odds=0.02):
                form = OutcomeForm(code, key=f"{held.attempt_id} {code}")
                record_outcome(day.runtime, held.attempt_id, form, day.now, self.person)
                day.seen[code] += 1
        except ConflictError:
            day.seen["outcome too late"] += 1
        if not parked:
            day.note(day.seconds(2, 25), self.next)
