"""A shop at work with everything that goes wrong in one: the world that the simulations run in.

Events lie on one agenda, the clock jumps from one to the next, and all chance comes from one seed.
What must hold at every step is asserted here; what must hold of the whole is asked of `verify`.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from random import Random
from typing import Self

from sqlalchemy import event

from adapters.settings import Settings
from adapters.training_shop.exports import ExportDesk, ExportFile, Generation
from adapters.training_shop.marketplace import Marketplace
from adapters.training_shop.shortages import Shortage, listed
from campaigns.errors import WaihuError
from campaigns.values import SHOP_ZONE, Person, Role, TodoKind
from scheduler.flows.intake import Upload, take
from scheduler.flows.people import NewPerson, add_person
from scheduler.flows.shop import ShopForm, create_shop
from scheduler.flows.todos import finish_todo, open_todos
from scheduler.flows.training_history import JumpingClock
from scheduler.jobs import tick
from scheduler.runtime import Runtime, open_runtime

EXPORTED_DAYS = 4


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """An instant of the shop's day."""
    local = datetime.combine(day, time(hour, minute, second), tzinfo=SHOP_ZONE)
    return local.astimezone(UTC)


class PowerCut(Exception):  # noqa: N818 - it is what happens
    """The machine died just before a commit; nothing of the transaction may remain."""


class World:
    """One real shop on one database, its marketplace, its people, and what is going to happen."""

    def __init__(
        self,
        database_url: str,
        folder: Path,
        seed: int,
        opens: datetime,
        shortages: Sequence[Shortage] = (),
    ) -> None:
        self.seed = seed
        self.draw = Random(seed)
        self.clock = JumpingClock(opens)
        settings = Settings(database_url, folder / "waihu.key")
        self.runtime: Runtime = open_runtime(settings, self.clock)
        create_shop(self.runtime, ShopForm("模拟店"))
        self.marketplace = Marketplace(f"simulation {seed}", shortages, returning=0.45)
        self.desk = ExportDesk(self.marketplace, "模拟店")
        self.supervisor = self.hire("主管", Role.SUPERVISOR)
        self.seen: Counter[str] = Counter()
        self._agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._noted = 0
        self._cut_next_commit = False
        event.listen(self.runtime.engine, "commit", self._maybe_cut)

    def hire(self, name: str, role: Role = Role.CALLER) -> Person:
        """Add somebody, without a password."""
        return add_person(self.runtime, NewPerson(name, role), self.clock.instant, "simulation")

    def note(self, instant: datetime, happens: Callable[[datetime], None]) -> None:
        """Put something on the agenda; what is noted first happens first at equal instants."""
        self._noted += 1
        heapq.heappush(self._agenda, (instant, self._noted, happens))

    def run(self) -> None:
        """Let everything happen until nothing is left to happen."""
        while self._agenda:
            instant, _, happens = heapq.heappop(self._agenda)
            assert instant >= self.clock.instant, "the agenda goes forward"
            self.clock.instant = instant
            happens(instant)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.runtime.engine.dispose()

    # --- what the shop does ----------------------------------------------------------------------

    def export(self, now: datetime, days: int = EXPORTED_DAYS) -> None:
        """Take both files of an export of this instant in; older columns lack the shipping times."""
        wide = days > EXPORTED_DAYS
        generation = Generation.OF_2022 if wide else self.draw.choice(list(Generation))
        self._take(self.desk.orders(now, days, generation), now)
        self._take(self.desk.items(now, days if wide else 1, generation), now)
        self.seen["exports"] += 1

    def export_widely(self, now: datetime) -> None:
        """Take in what reaches far enough back to know of every parcel on its way."""
        self.export(now, days=30)

    def bring_list(self, now: datetime) -> None:
        """Take in what the warehouse says is missing, if it says anything."""
        if listed(self.marketplace.shortages, now):
            self._take(self.desk.stock_out(now), now)
            self.seen["lists"] += 1

    def _take(self, file: ExportFile, now: datetime) -> None:
        report = take(self.runtime, Upload(file.name, file.content), now, "组长")
        assert report.refused is None
        assert report.rejected == ()
        assert report.taken + report.unchanged == report.rows

    def tick(self, now: datetime) -> None:
        """One round of the embedded engine."""
        del now  # it reads the shop's clock
        tick(self.runtime)

    def work_off_todos(self, now: datetime) -> None:
        """Try every open to-do, whether it may be done or not."""
        for todo in open_todos(self.runtime, now):
            if todo.kind is TodoKind.PROMISE and self.draw.random() < 0.5:
                continue  # half of them are forgotten, so that some break
            try:
                finish_todo(self.runtime, todo.id, now, "组长")
                finish_todo(self.runtime, todo.id, now, "组长")  # a double click
            except WaihuError:
                self.seen["todo refused"] += 1
                continue
            self.seen["todo done"] += 1
            if todo.kind is TodoKind.CLOSE_TRADE:
                for order in self.marketplace.awaiting(todo.buyer, now):
                    self.marketplace.close(order, now, "其它原因")

    # --- faults ----------------------------------------------------------------------------------

    def with_power_cut(self, action: Callable[[], object]) -> None:
        """Do something, and die before it is committed."""
        self._cut_next_commit = True
        try:
            action()
        except PowerCut:
            self.seen["power cut"] += 1
        except WaihuError:
            pass  # a refusal commits nothing either
        finally:
            self._cut_next_commit = False

    def _maybe_cut(self, _connection: object) -> None:
        if self._cut_next_commit:
            self._cut_next_commit = False
            raise PowerCut
