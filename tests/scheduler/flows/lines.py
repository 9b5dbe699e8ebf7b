"""A shop with a line that rings nobody, and a clock that the tests move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.channels.in_memory import HeldCall, InMemoryVoice
from adapters.channels.registry import Lines
from adapters.clock import FixedClock
from adapters.settings import Settings
from adapters.store.models.lines import line_call, line_step
from adapters.store.session import open_engine
from campaigns.lines import CallEvent, Cause, Leg, What
from campaigns.values import SHOP_ZONE, AttemptState, LineName, Person
from scheduler.flows.figures import rebuild
from scheduler.flows.line_calls import LineDialled, dial
from scheduler.flows.line_choice import set_choice
from scheduler.flows.line_events import apply_waiting, take_call_events
from scheduler.flows.line_gate import Connect, NotNow, let_through
from scheduler.flows.line_reconcile import reconcile
from scheduler.flows.shop import ShopForm, create_shop, set_clock
from scheduler.runtime import Runtime
from scheduler.verify.second_opinion import verify
from tests.factories import at
from tests.shops import Shop


class MovingClock:
    """The machine's clock, moved by hand."""

    def __init__(self, start: datetime) -> None:
        self.instant = start

    def now(self) -> datetime:
        return self.instant

    def move(self, **by: float) -> None:
        self.instant += timedelta(**by)


class LineShop:
    """A shop whose calls all go through one in-memory line."""

    def __init__(self, shop: Shop, now: str = "05-13 09:30") -> None:
        self.shop = shop
        self.runtime = shop.runtime
        self.clock = MovingClock(shop.runtime.machine_clock.now())
        self.runtime.machine_clock = self.clock
        self.at(now)
        self.line = InMemoryVoice(self.clock.now)
        self.runtime.lines = Lines(voice={LineName.TWILIO: self.line})
        set_choice(self.runtime, "call", "all", LineName.TWILIO, at(now), "李组长")

    def at(self, now: str) -> None:
        """Move the shop's clock; from then on it goes with the machine's."""
        set_clock(self.runtime, "张三", to=at(now), ticks=True)

    @property
    def now(self) -> datetime:
        return self.runtime.now()

    def another_buyer(self) -> None:
        """One more to be reminded, planned before the first call."""
        self.shop.buyer("tb_er")
        self.shop.plan(now="05-13 09:29")

    def dial(self, caller: Person, attempt_id: str) -> LineDialled:
        return dial(self.runtime, attempt_id, self.now, caller)

    def dials(self, caller: Person) -> str:
        """A customer handed out and dialled through the line, whatever came of it."""
        held = self.shop.take(caller, in_words(self.now))
        self.dial(caller, held.attempt_id)
        return held.attempt_id

    def dialled(self, caller: Person) -> tuple[str, HeldCall]:
        """The same, and the call that the line placed."""
        return self.dials(caller), self.line.calls[-1]

    def gate(self, call: HeldCall, leg: str | None = None) -> Connect | NotNow | None:
        """The caller picked up: the line asks."""
        token = call.order.token
        return let_through(self.runtime, LineName.TWILIO, token, leg or call.provider_id)

    def tell(self, call: HeldCall, leg: Leg, what: What, **more: object) -> CallEvent:
        """Something happens, the line tells it, and it is worked off."""
        event = self.line.tell(call, leg, what, **more)  # type: ignore[arg-type]
        take_call_events(self.runtime, LineName.TWILIO, call.order.token, [event])
        apply_waiting(self.runtime)
        return event

    def talks(self, call: HeldCall) -> None:
        """The whole call up to where the customer answers."""
        self.tell(call, Leg.CALLER, What.ANSWERED)
        assert isinstance(self.gate(call), Connect)
        self.clock.move(seconds=2)
        self.tell(call, Leg.CUSTOMER, What.RINGING)
        self.clock.move(seconds=5)
        self.tell(call, Leg.CUSTOMER, What.ANSWERED)

    def ends(self, call: HeldCall, cause: Cause = Cause.TALKED) -> None:
        self.clock.move(seconds=60)
        self.tell(call, Leg.CUSTOMER, What.ENDED, cause=cause)
        self.tell(call, Leg.CALLER, What.ENDED)

    def look_up(self, rounds: int = 1, **wait: float) -> None:
        for _ in range(rounds):
            self.clock.move(**wait)
            reconcile(self.runtime)

    def states(self) -> list[str]:
        return [row.state for row in self.shop.rows(line_call)]

    def steps(self) -> list[str]:
        return [row.state for row in self.shop.rows(line_step)]

    def attempt_states(self) -> list[str]:
        return [row.state for row in self.shop.attempts()]

    def attempt_state(self) -> AttemptState:
        """Of the first attempt."""
        return AttemptState(self.attempt_states()[0])

    def check(self) -> None:
        """The second opinion finds nothing (R-AUD-2), and every figure comes out the same again."""
        found = [str(finding) for finding in verify(self.runtime).violations]
        assert found == [], found
        told = rebuild(self.runtime, self.now, "李组长")
        assert told.is_clean, told


def real_shop(folder: Path, **settings: Any) -> Runtime:
    """A shop that is no training shop, by these settings; it has no line yet."""
    url = f"sqlite:///{folder / 'real.db'}"
    machine = FixedClock(datetime(2026, 11, 20, 3, 0, tzinfo=UTC))
    runtime = Runtime(Settings(url, folder / "real.key", **settings), open_engine(url), machine)
    create_shop(runtime, ShopForm("四季花坊"))
    return runtime


def in_words(now: datetime) -> str:
    return f"{now.astimezone(SHOP_ZONE):%m-%d %H:%M:%S}"
