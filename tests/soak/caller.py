"""One worker: a caller with a line, who works as the engine in between, and may die at any moment."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from random import Random
from typing import Any

from adapters.channels.base import Answer, CallOrder, SmsOrder
from adapters.channels.registry import Lines
from campaigns.errors import ConflictError, RefusedError
from campaigns.values import LineName, Person
from scheduler.flows.claim import HandOut, current_call, next_call
from scheduler.flows.dialling import skip
from scheduler.flows.line_calls import dial, go_on, hang_up
from scheduler.flows.line_events import apply_waiting
from scheduler.flows.line_reconcile import reconcile
from scheduler.flows.line_view import Stage, line_seen
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.parked import parked_calls, take_back
from scheduler.flows.text_events import apply_waiting_texts
from scheduler.flows.text_pace import LinePace
from scheduler.flows.text_reconcile import reconcile_texts
from scheduler.flows.text_sending import send_due
from scheduler.runtime import Runtime
from tests.soak.ground import Board, Ground, Journal

POLL_S = 0.1
APPLY_EVERY_S = 0.05
LOOK_EVERY_S = 0.1
"""For each worker that there is: all of them together do what one engine would."""
TEXTS_AT_ONCE = 3
PATIENCE = timedelta(milliseconds=50)
"""Nobody sleeps for a line's pace here: the clocks go fast, and sleep does not."""
FOLLOWED_S = 60.0
BEFORE, AFTER = 1, 2
"""Where an aimed kill strikes: what is meant is stored and nothing asked, or asked and not stored."""

TALKED = ("will_pay", "says_paid", "not_needed", "relay", "busy", "cut_off", "opt_out", "no_answer")


class Mortal:
    """A line whose user dies beside the request, when the run wants it so."""

    def __init__(self, line: Any, board: Board, number: int) -> None:
        self._line, self._board, self._number = line, board, number

    def __getattr__(self, name: str) -> Any:
        return getattr(self._line, name)

    def place(self, order: CallOrder) -> Answer:
        self._die_at(BEFORE)
        answer: Answer = self._line.place(order)
        self._die_at(AFTER)
        return answer

    def send(self, order: SmsOrder) -> Answer:
        self._die_at(BEFORE)
        answer: Answer = self._line.send(order)
        self._die_at(AFTER)
        return answer

    def _die_at(self, point: int) -> None:
        if self._board.aims[self._number] == point:
            os.kill(os.getpid(), signal.SIGKILL)


def work(ground: Ground, board: Board, number: int, life: int) -> None:
    """Call until the run is over. Whatever is thrown here is a defect of the product."""
    runtime = ground.open()
    lines = runtime.lines
    runtime.lines = Lines(
        {name: Mortal(line, board, number) for name, line in lines.voice.items()},
        {name: Mortal(line, board, number) for name, line in lines.sms.items()},
        lines.readers,
    )
    journal = Journal(ground.plan.folder / f"{number}.{life}.journal")
    draw = Random(f"{ground.plan.seed} {number} {life}")
    desk = CallerDesk(runtime, ground.callers[number], journal, draw, ground.plan.workers)
    while not board.is_over:
        desk.step()
        board.dialled[number] += desk.dialled
        board.texted[number] += desk.texted
        desk.dialled = desk.texted = 0


class CallerDesk:
    """What one caller does, step by step."""

    def __init__(
        self, runtime: Runtime, caller: Person, journal: Journal, draw: Random, workers: int = 1
    ) -> None:
        self.runtime, self.caller, self.journal, self.draw = runtime, caller, journal, draw
        self._workers = workers
        self.dialled = self.texted = 0
        self._applied_at = self._looked_at = 0.0

    def step(self) -> None:
        """The next customer, from the hand-out to the outcome, or as far as the line lets it go."""
        self.engine()
        self.come_back()
        held = next_call(self.runtime, self.caller, self.runtime.now())
        if not isinstance(held, HandOut):
            self._pause(0.5)
        elif held.dialled_at is not None or self._dial(held.attempt_id):
            self.follow(held.attempt_id)

    def engine(self) -> None:
        """What the engine's own process would do meanwhile."""
        second = time.monotonic()
        if second >= self._applied_at + APPLY_EVERY_S * self._workers:
            self._applied_at = second
            apply_waiting(self.runtime)
            apply_waiting_texts(self.runtime)
            pace = LinePace(self.runtime, PATIENCE)
            self.texted += send_due(self.runtime, limit=TEXTS_AT_ONCE, pace=pace)
        if second >= self._looked_at + LOOK_EVERY_S * self._workers:
            self._looked_at = second
            reconcile(self.runtime)
            reconcile_texts(self.runtime)

    def finish(self) -> None:
        """After the run: what is still open is brought to its end, and nobody new is called."""
        held = current_call(self.runtime, self.caller, self.runtime.now())
        if (
            held is not None and held.dialled_at is None
        ):  # else it stands in the way of one come back
            self._give_back(held.attempt_id)
        self.come_back()
        held = current_call(self.runtime, self.caller, self.runtime.now())
        if held is not None and held.dialled_at is not None:
            self._see(held.attempt_id)

    def _give_back(self, attempt_id: str) -> None:
        try:
            skip(self.runtime, attempt_id, "今天的工作结束了", self.runtime.now(), self.caller)
        except (ConflictError, RefusedError) as error:
            self._refused(error)

    def come_back(self) -> None:
        """Take back a call that was left, once the line has told what became of it."""
        for left in parked_calls(self.runtime, self.caller, self.runtime.now()):
            if left.is_settled:
                try:
                    take_back(self.runtime, left.attempt_id, self.runtime.now(), self.caller)
                except (ConflictError, RefusedError) as error:
                    self._refused(error)
                return

    def _dial(self, attempt_id: str) -> bool:
        try:
            made = dial(self.runtime, attempt_id, self.runtime.now(), self.caller)
        except (ConflictError, RefusedError) as error:
            self._refused(error)
            return self.draw.random() < 0.02 and self._dial_by_hand(attempt_id)
        self.journal.note("dialled", attempt=attempt_id, state=str(made.state))
        self.dialled += 1
        return True

    def _dial_by_hand(self, attempt_id: str) -> bool:
        """What a caller is offered while the line does not serve them."""
        now = self.runtime.now()
        try:
            dial(self.runtime, attempt_id, now, self.caller, line=LineName.MANUAL)
        except (ConflictError, RefusedError) as error:
            self._refused(error)
            return False
        self.journal.note("dialled", attempt=attempt_id, state="manual")
        return True

    def follow(self, attempt_id: str) -> None:
        """Stay with the call until it is over, was none, or was left as not known."""
        until = time.monotonic() + FOLLOWED_S
        while time.monotonic() < until and self._see(attempt_id):
            self.engine()
            self._pause(POLL_S)

    def _see(self, attempt_id: str) -> bool:
        """Look once at how the line stands; False when there is nothing more to wait for."""
        seen = line_seen(self.runtime, attempt_id)
        assert seen is not None, "an attempt is never deleted"
        if seen.stage is Stage.NOT_TAKEN:
            return False
        if seen.stage is Stage.READY:
            if seen.is_manual:
                self._enter(attempt_id, self.draw.choice(TALKED))
            return False
        if seen.stage is Stage.OVER:
            self._enter(attempt_id, seen.likely or self.draw.choice(TALKED))
            return False
        if seen.stage is Stage.UNKNOWN and self.draw.random() < 0.15:
            return not self._leave(attempt_id)
        if seen.stage is Stage.TALKING and self.draw.random() < 0.03:
            try:
                hang_up(self.runtime, attempt_id, self.runtime.now(), self.caller)
            except ConflictError as error:
                self._refused(error)
        return True

    def _leave(self, attempt_id: str) -> bool:
        """The others come first while the line does not know."""
        try:
            go_on(self.runtime, attempt_id, self.runtime.now(), self.caller)
        except ConflictError as error:
            self._refused(error)  # it has become known, or was settled by the engine
        return True

    def _enter(self, attempt_id: str, code: str) -> None:
        now = self.runtime.now()
        wish = now + timedelta(minutes=self.draw.randint(65, 180)) if code == "busy" else None
        form = OutcomeForm(code, callback_at=wish, key=f"{attempt_id}:{code}")
        for _ in range(2 if self.draw.random() < 0.05 else 1):  # a double click
            try:
                record_outcome(self.runtime, attempt_id, form, now, self.caller)
            except (ConflictError, RefusedError) as error:
                self._refused(error)
                return
            self.journal.note("outcome", attempt=attempt_id, code=code)

    def _refused(self, error: ConflictError | RefusedError) -> None:
        self.journal.note("refused", why=error.message)
        self._pause(POLL_S)

    def _pause(self, seconds: float) -> None:
        time.sleep(seconds)
