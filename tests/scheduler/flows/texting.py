"""A shop that sends SMS over a line of this process, in few words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapters.channels.in_memory import InMemorySms
from adapters.channels.registry import Lines
from adapters.store.models.lines import blast, line_step, sms
from campaigns.values import Kind, LineName, OrderState, Person, Role
from scheduler.flows.blast_choice import NewBlast, Preview
from scheduler.flows.blast_status import BlastStatus, send_all, status
from scheduler.flows.blasts import approve, new, start
from scheduler.flows.line_choice import set_choice
from scheduler.runtime import Runtime
from tests.factories import at
from tests.scheduler.flows.lines import MovingClock
from tests.shops import Shop


def silent(_done: int, _total: int) -> None:
    """Nobody looks at the progress."""


class Texting:
    """A shop with a line for SMS that everything goes over; `now` sets the shop's clock."""

    def __init__(self, shop: Shop, *, is_chosen: bool = True, now: str | None = None) -> None:
        self.shop = shop
        self.runtime: Runtime = shop.runtime
        self.clock = MovingClock(shop.runtime.machine_clock.now())
        self.runtime.machine_clock = self.clock
        self.line = InMemorySms(self.clock.now, LineName.TWILIO)
        self.runtime.lines = Lines(sms={LineName.TWILIO: self.line})
        if is_chosen:
            set_choice(self.runtime, "sms", "all", LineName.TWILIO, at("05-12 08:00"), "周主管")
        self.caller = shop.person()
        self.leader = shop.person("李组长", Role.LEADER)
        self.supervisor = shop.person("周主管", Role.SUPERVISOR)
        if now:
            shop.set_clock(now)

    def unreached(self, *buyers: str, **more: Any) -> list[int]:
        """Customers whom one call did not reach, by 10:00; their ids."""
        ids = [self.shop.buyer(name, **more) for name in buyers]
        self.shop.plan()
        for number, _ in enumerate(buyers):
            self.shop.call(self.caller, f"05-13 09:{10 + number}", "no_answer")
        return ids

    def draft(self, now: str = "05-13 10:00", kind: Kind = Kind.DUNNING, **more: Any) -> Preview:
        return new(self.runtime, NewBlast(kind, **more), at(now), self.leader.name)

    def approved(self, now: str = "05-13 10:00", **more: Any) -> int:
        """A mass message that may be sent."""
        made = self.draft(now, **more).blast_id
        assert made is not None
        approve(self.runtime, made, at(now), self.supervisor)
        return made

    def sent(self, now: str = "05-13 10:00", **more: Any) -> int:
        """A mass message, sent as far as it goes."""
        made = self.approved(now, **more)
        self.send(made, now)
        return made

    def send(self, blast_id: int, now: str = "05-13 10:00") -> BlastStatus:
        start(self.runtime, blast_id, at(now), self.leader.name)
        return self.go_on(blast_id, now)

    def go_on(self, blast_id: int, now: str) -> BlastStatus:
        return send_all(self.runtime, blast_id, silent, at=at(now))

    def status(self, blast_id: int) -> BlastStatus:
        return status(self.runtime, blast_id)

    def texts(self) -> list[Any]:
        return self.shop.rows(sms)

    def states(self) -> list[str]:
        return [row.state for row in self.texts()]

    def blast_state(self) -> str:
        return str(self.shop.rows(blast)[-1].state)

    def steps(self, sms_id: str) -> list[str]:
        found = [row for row in self.shop.rows(line_step) if row.subject == f"sms:{sms_id}"]
        assert [row.number for row in found] == list(range(1, len(found) + 1))
        return [row.state for row in found]

    def pass_time(self, **span: float) -> None:
        """Let the machine's clock go on."""
        self.clock.move(**span)

    def supervisor_of(self, name: str) -> Person:
        return replace(self.supervisor, name=name)


def agreed(texting: Texting) -> int:
    """A customer who agreed to wait for goods expected on 05-20; the article's id."""
    shop = texting.shop
    customer = shop.customer("tb_waits")
    shop.phone(customer)
    shop.bought(customer, OrderState.PAID)
    article = shop.lacking()
    shop.plan(kind=Kind.STOCK_OUT)
    shop.call(texting.caller, "05-13 09:30", "agrees")
    return article
