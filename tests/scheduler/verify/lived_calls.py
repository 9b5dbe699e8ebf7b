"""A small real day on a line, with every way in which a call through it can end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from adapters.channels.base import Missing, Refused, Unknown
from campaigns.lines import Cause, Leg, What
from campaigns.values import LineName
from scheduler.flows.line_calls import dial, go_on
from scheduler.flows.line_keypad import ask_score
from scheduler.flows.shop import change_policy
from scheduler.jobs import seal_trail
from tests.scheduler.flows.lines import LineShop
from tests.shops import Shop

PLACES = 9


class LivedCalls:
    """The shop and its line when the day is over."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.shop = Shop(database_url, folder, now="05-13 08:00")
        change_policy(self.shop.runtime, {"records_calls": 1}, self.shop.runtime.now(), "主管")
        for number in range(PLACES):
            self.shop.buyer(f"tb_{number}")
        self.shop.plan()
        self.lines = LineShop(self.shop, "05-13 09:30")
        self.line = self.lines.line
        self.caller = self.shop.person("张三")

    def live(self) -> None:
        """Dunning in the morning of the 13th; on the 27th a sampled customer presses a key."""
        self.talked()
        self.not_taken_then_taken()
        self.nobody_at_the_own_phone()
        self.unknown_and_found()
        self.unknown_and_never_found()
        self.stopped_by_the_gate()
        self.outcome_before_the_gate()
        self.foreign_and_late()
        self.sampled()
        seal_trail(self.shop.runtime)

    def _enters(self, attempt_id: str, code: str) -> None:
        self.lines.clock.move(seconds=10)
        form = {"score": 3} if code == "scored" else {}
        self.shop.outcome(attempt_id, code, _words(self.lines), self.caller, **form)
        self.lines.clock.move(seconds=30)

    def talked(self) -> None:
        """Rung, answered, recorded, ended."""
        attempt_id, call = self.lines.dialled(self.caller)
        self.lines.talks(call)
        self.lines.tell(call, Leg.CALLER, What.RECORDED, recording="RE1", seconds=42)
        self.lines.ends(call)
        self._enters(attempt_id, "will_pay")

    def not_taken_then_taken(self) -> None:
        """Refused for now, asked for again, and nobody answers."""
        self.line.answer_next(Refused("429", "线路忙", is_permanent=False))
        attempt_id = self.lines.dials(self.caller)
        self.lines.clock.move(seconds=5)
        self.lines.dial(self.caller, attempt_id)
        call = self.line.calls[-1]
        self.lines.tell(call, Leg.CALLER, What.ANSWERED)
        self.lines.gate(call)
        self.lines.tell(call, Leg.CUSTOMER, What.RINGING)
        self.lines.clock.move(seconds=30)
        self.lines.ends(call, Cause.NO_ANSWER)
        self._enters(attempt_id, "no_answer")

    def nobody_at_the_own_phone(self) -> None:
        """The caller does not pick up, and dials by hand."""
        attempt_id, call = self.lines.dialled(self.caller)
        self.lines.clock.move(seconds=20)
        self.lines.tell(call, Leg.CALLER, What.ENDED, cause=Cause.NO_ANSWER)
        self.lines.clock.move(seconds=5)
        dial(self.lines.runtime, attempt_id, self.lines.now, self.caller, LineName.MANUAL)
        self._enters(attempt_id, "no_answer")

    def unknown_and_found(self) -> None:
        """No answer, but it is in the line's list."""
        self.line.answer_next(Unknown("没有回答"), happens=True)
        attempt_id, call = self.lines.dialled(self.caller)
        self.lines.look_up(seconds=6)
        self.lines.talks(call)
        self.lines.ends(call)
        self._enters(attempt_id, "will_pay")

    def unknown_and_never_found(self) -> None:
        """No answer and no call; the caller goes on with another one by hand meanwhile."""
        self.line.answer_next(Unknown("没有回答"), happens=False)
        attempt_id = self.lines.dials(self.caller)
        go_on(self.lines.runtime, attempt_id, self.lines.now, self.caller)
        self.lines.clock.move(seconds=60)
        held = self.shop.take(self.caller, _words(self.lines))
        dial(self.lines.runtime, held.attempt_id, self.lines.now, self.caller, LineName.MANUAL)
        self._enters(held.attempt_id, "no_answer")
        self.lines.look_up(17, seconds=60)

    def stopped_by_the_gate(self) -> None:
        """The customer pays while the caller's own phone rings."""
        _, call = self.lines.dialled(self.caller)
        row = self.shop.attempts()[-1]
        self.lines.clock.move(seconds=4)
        now = _words(self.lines)
        self.shop.pays(row.customer_id, now, known=now)
        self.lines.clock.move(seconds=4)
        self.lines.tell(call, Leg.CALLER, What.ANSWERED)
        self.lines.gate(call)
        self.lines.tell(call, Leg.CALLER, What.ENDED)
        self.lines.clock.move(seconds=30)

    def outcome_before_the_gate(self) -> None:
        """The caller enters an outcome while the line is still at it; then nobody is rung."""
        attempt_id, call = self.lines.dialled(self.caller)
        self._enters(attempt_id, "no_answer")
        self.lines.gate(call)
        self.lines.clock.move(seconds=30)

    def foreign_and_late(self) -> None:
        """Given up too early for the line's list: what it tells then is evidence."""
        self.line.answer_next(Unknown("没有回答"), happens=True)
        self.line.lookups.extend([Missing()] * 20)
        _, call = self.lines.dialled(self.caller)
        self.lines.look_up(20, seconds=60)
        self.line.lookups.clear()
        self.lines.tell(call, Leg.CALLER, What.ENDED, cause=Cause.FAILED)

    def sampled(self) -> None:
        """R-SMP-4. A key pressed on the customer's own telephone."""
        self.shop.sampled(self.shop.buyer("tb_sampled", "05-20 10:00", seen="05-26 08:30"))
        self.lines.at("05-27 09:30")
        attempt_id, call = self.lines.dialled(self.caller)
        self.lines.talks(call)
        ask_score(self.lines.runtime, attempt_id, self.caller)
        self.lines.clock.move(seconds=5)
        self.lines.tell(call, Leg.CUSTOMER, What.DIGITS, digits="5")
        self.lines.ends(call)
        self._enters(attempt_id, "scored")


def _words(lines: LineShop) -> str:
    local = lines.now + timedelta(hours=8)
    return f"{local:%m-%d %H:%M:%S.%f}"
