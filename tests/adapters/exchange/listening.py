"""The product's own listener on a real exchange, with a gate that the test answers."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from adapters.channels.asterisk import AsteriskLine
from adapters.channels.asterisk_events import listen
from adapters.channels.asterisk_switch import AsteriskSwitch
from adapters.channels.base import Accepted, CallOrder, CallTrace
from adapters.clock import SystemClock
from adapters.line_settings import AsteriskSettings
from campaigns.lines import CallEvent, CallPicture, Leg, What, picture_of
from campaigns.values import PhoneNumber
from scheduler.flows.exchange_calls import ExchangeCalls
from scheduler.flows.line_gate import Connect, NotNow
from tests.exchange import Exchange

WAIT_SECONDS = 60.0
CALLER_ID = "02888888888"
_numbers = itertools.count(13900100000)


class Killed(BaseException):
    """The listening process dies here."""


class DyingSwitch(AsteriskSwitch):
    """Dies before or after one command, as a killed process would."""

    def __init__(self, settings: AsteriskSettings, step: str = "", *, after: bool = True) -> None:
        super().__init__(settings)
        self._step, self._after = step, after

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or name != self._step:
            return found

        def dies(*given: Any) -> None:
            if self._after:
                found(*given)
            raise Killed

        return dies


class Calls:
    """The calls of one test: places them, lets them through, and keeps what was told.

    Each test has an application of its own at the exchange: none sees another's calls.
    """

    def __init__(self, exchange: Exchange, **settings: Any) -> None:
        self.exchange = exchange
        self.settings = AsteriskSettings(
            url=exchange.ari_url,
            user=exchange.ari_user,
            password=exchange.ari_password,
            app=f"waihu-{uuid.uuid4().hex[:8]}",
            phones="PJSIP/phone-{extension}",
            caller_id=CALLER_ID,
            **settings,
        )
        self.line = AsteriskLine(self.settings)
        self.told: list[CallEvent] = []
        self.answer: Callable[[CallOrder], Connect | NotNow | None] = Connect
        self.asked: list[str] = []
        self.clock_ahead = timedelta()
        self.died = threading.Event()
        self._orders: dict[str, CallOrder] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing of this test stays on the exchange."""
        switch = AsteriskSwitch(self.settings)
        for call_id in switch.calls():
            for leg in Leg:
                switch.hang_up(call_id, leg)
            switch.clear(call_id)

    def order(
        self,
        act: str = "answers",
        *,
        caller: str = "801",
        extension: str | None = None,
        is_recorded: bool = False,
        ring_seconds: int = 20,
    ) -> CallOrder:
        """A call to a customer of its own who acts so."""
        number = str(next(_numbers))
        self.exchange.customer(number, act)
        order = CallOrder(
            str(uuid.uuid4()),
            "token",
            caller,
            PhoneNumber(f"+86{number}", extension),
            ring_seconds,
            is_recorded,
        )
        self._orders[order.call_id] = order
        return order

    def place(self, act: str = "answers", **more: Any) -> CallOrder:
        """The same, placed."""
        order = self.order(act, **more)
        assert self.line.place(order) == Accepted(order.call_id)
        return order

    def gate(self, call_id: str, provider_id: str) -> Connect | NotNow | None:
        self.asked.append(provider_id)
        order = self._orders.get(call_id)
        return None if order is None else self.answer(order)

    @contextmanager
    def listening(self, step: str = "", *, after: bool = True) -> Iterator[None]:
        """Listen meanwhile; die at a step."""
        stop, started = threading.Event(), threading.Event()
        switch = DyingSwitch(self.settings, step, after=after)
        calls = ExchangeCalls(
            switch,
            self.gate,
            lambda _, events: self.told.extend(events),
            notice=self.settings.notice,
            score_prompt=self.settings.score_prompt,
        )

        def run() -> None:
            try:
                for event in listen(self.settings, stop):
                    calls.handle(event, SystemClock().now() + self.clock_ahead)
                    started.set()
            except Killed:
                self.died.set()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        assert started.wait(WAIT_SECONDS)
        try:
            yield
        finally:
            stop.set()
            thread.join(WAIT_SECONDS)

    def picture(self, order: CallOrder) -> CallPicture:
        return picture_of(e for e in self.told if order.call_id in e.key)

    def wait(self, until: Callable[[], object]) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not until():
            assert time.monotonic() < deadline, self.told
            time.sleep(0.02)

    def wait_for(self, order: CallOrder, leg: Leg, what: What) -> CallEvent:
        def found() -> list[CallEvent]:
            return [
                e for e in self.told if order.call_id in e.key and (e.leg, e.what) == (leg, what)
            ]

        self.wait(found)
        return found()[0]

    def wait_over(self, order: CallOrder, *, ahead: float = 5) -> CallPicture:
        """Until both legs have ended; what the listener would wait for is not waited for."""
        self.wait(
            lambda: self.picture(order).is_over or self.picture(order).customer_ended_at is not None
        )
        self.clock_ahead += timedelta(seconds=ahead)
        self.wait(lambda: self.picture(order).is_over)
        return self.picture(order)

    def rings(self, order: CallOrder) -> list[str]:
        """The numbers shown by each ring of this customer's telephone."""
        number = order.customer.national
        return [ring.originator for ring in self.exchange.rung() if ring.number == number]

    def trace(self, order: CallOrder) -> CallTrace:
        return CallTrace(order.call_id, order.caller, datetime(2025, 5, 13, tzinfo=UTC))
