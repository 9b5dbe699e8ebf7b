"""A shop with customers who owe something, callers with telephones, and a mass message on its way."""

from __future__ import annotations

import secrets
import socket
from dataclasses import replace

from adapters.carrier.process import OWN_NUMBER
from adapters.line_settings import LineSettings, TwilioSettings
from campaigns.values import Kind, LineName, PhoneNumber, Role
from scheduler.flows import blasts
from scheduler.flows.blast_choice import NewBlast
from scheduler.flows.dialling import dial
from scheduler.flows.line_choice import set_choice, set_phone
from scheduler.flows.shop import change_policy, set_clock
from tests.factories import at
from tests.shops import Shop
from tests.soak.ground import FastClock, Ground, Plan

OPENS = "05-13 09:00"
SETTLE_MINUTES = 1
MORE_THAN_CALLED = 1.2
"""Customers for each call: some are not to be called again before noon."""


class World:
    """The shop as it stands before the day begins."""

    def __init__(self, plan: Plan, shop: Shop, carrier_url: str, account: TwilioSettings) -> None:
        self.plan, self.shop = plan, shop
        self.port = _reserved()
        public = f"http://127.0.0.1:{self.port.getsockname()[1]}"
        lines = LineSettings(twilio=replace(account, base_url=carrier_url))
        shop.runtime.settings = replace(shop.runtime.settings, lines=lines, training_url=public)
        self.callers = tuple(shop.person(f"坐席{n}") for n in range(plan.workers))
        self.approver = shop.person("周主管", Role.SUPERVISOR)
        self.rehearsing = shop.person("排练", Role.CALLER)
        self.desk_phones = [f"+861390000{n:04d}" for n in range(plan.workers)]
        self.numbers: list[PhoneNumber] = []

    def fill(self) -> None:
        """Orders of yesterday, the morning's plan, the lines, and the mass message, approved."""
        runtime = self.shop.runtime
        ready = at("05-13 08:50")
        people = round(max(self.plan.calls, self.plan.messages) * MORE_THAN_CALLED)
        change_policy(
            runtime,
            {"settle_minutes": SETTLE_MINUTES, "sms_per_minute": 60_000},
            at("05-13 08:20"),
            "李组长",
        )
        with self.shop.at_one_go():
            for n in range(people):
                customer = self.shop.customer(f"tb_soak{n}")
                self.numbers.append(self.shop.phone(customer))
                self.shop.order(customer)
        self.shop.plan()
        for caller, phone in zip(self.callers, self.desk_phones, strict=True):
            set_phone(runtime, caller, LineName.TWILIO, phone, ready, "李组长")
        set_choice(runtime, "call", "all", LineName.TWILIO, ready, "李组长")
        set_choice(runtime, "sms", "all", LineName.TWILIO, ready, "李组长")

    def write_to_all(self) -> None:
        """The mass message to everybody who was not reached, sent from the first minute on."""
        if not self.plan.messages:
            return
        runtime, ready = self.shop.runtime, at("05-13 08:55")
        made = blasts.new(runtime, NewBlast(Kind.DUNNING, include_uncalled=True), ready, "李组长")
        assert made.blast_id is not None, "it was kept"
        blasts.approve(runtime, made.blast_id, ready, self.approver)
        blasts.start(runtime, made.blast_id, ready, "周主管")

    def rehearse(self) -> None:
        """One call by hand: what it takes is compiled once, and every worker that is born has it."""
        held = self.shop.take(self.rehearsing, OPENS)
        dial(self.shop.runtime, held.attempt_id, at(OPENS), self.rehearsing, line=LineName.MANUAL)
        self.shop.outcome(held.attempt_id, "no_answer", OPENS, self.rehearsing)

    def begin(self, clock: FastClock) -> Ground:
        """Nine o'clock: from now on the shop's clock goes. Nobody of this process stays connected."""
        self.shop.runtime.machine_clock = clock
        set_clock(self.shop.runtime, "张三", to=at(OPENS), ticks=True)
        self.shop.runtime.engine.dispose()
        return Ground(self.plan, self.shop.runtime.settings, clock, self.callers)

    def close(self) -> None:
        self.port.close()
        self.shop.close()


def an_account() -> TwilioSettings:
    """An account that only this run's carrier knows."""
    return TwilioSettings(
        account_sid=f"AC{secrets.token_hex(16)}",
        auth_token=secrets.token_hex(16),
        number=OWN_NUMBER,
        calls_per_second=1_000.0,
        texts_per_second=1_000.0,
    )


def _reserved() -> socket.socket:
    """A port that is ours though nobody listens: whoever asks while the server is dead is refused."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind(("127.0.0.1", 0))
    return held
