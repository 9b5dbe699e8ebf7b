"""A day of callers on a line that fails in every way: the world of `test_lines`.

Everything lies on one agenda; while a request is under way the agenda goes on, so that other callers,
events and imports come in between. All chance comes from one seed.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, event

from adapters.channels.base import (
    Accepted,
    Answer,
    CallOrder,
    CallTrace,
    Found,
    Missing,
    Refused,
    Unknown,
)
from adapters.channels.in_memory import HeldCall, InMemoryVoice
from adapters.channels.registry import Lines
from adapters.store.models.calls import attempt
from adapters.store.models.lines import line_call
from campaigns.lines import CallEvent, Cause, Leg, What
from campaigns.values import SHOP_ZONE, LineName
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.line_events import apply_waiting, take_call_events
from scheduler.flows.line_gate import Connect, let_through
from scheduler.flows.line_reconcile import reconcile
from scheduler.jobs import seal_trail
from scheduler.verify import verify
from tests.factories import at
from tests.scheduler.flows.lines import LineShop
from tests.shops import Shop

TICK = timedelta(seconds=30)
LAG = timedelta(minutes=4)
"""How long a call may be missing in the line's list."""

_MAY_HAVE_RUNG = ("submitting", "placed", "unknown", "ended", "unconfirmed")


class Crash(BaseException):
    """The process that was at work died; another one goes on."""


class FailingLine(InMemoryVoice):
    """Answers as lines do on a bad day; what it really did stands in `calls` and in `rings`."""

    def __init__(self, day: LineDay) -> None:
        super().__init__(day.clock.now)
        self.day = day
        self.rings: dict[str, list[datetime]] = defaultdict(list)

    def place(self, order: CallOrder) -> Answer:
        """Take the call or not, at once or after a while, and say so or not."""
        draw = self.day.draw
        fate = draw.choices(
            ("taken", "queued", "no answer, taken", "no answer", "refused", "busy", "dies before"),
            (58, 5, 11, 7, 5, 5, 4),
        )[0]
        self.day.seen[fate] += 1
        if fate == "dies before":
            raise Crash
        if fate == "queued":
            queued = timedelta(seconds=draw.choice((2, 20, 90)))
            self.answer_next(Accepted("", queued), happens=True)
        elif fate.startswith("no answer"):
            self.answer_next(Unknown("没有回答"), happens=fate.endswith("taken"))
        elif fate in ("refused", "busy"):
            self.answer_next(Refused("21211", "没有接受", is_permanent=fate == "refused"))
        before = len(self.calls)
        answer = super().place(order)
        if len(self.calls) > before:
            delay = answer.queued if isinstance(answer, Accepted) else timedelta()
            self.day.note(
                delay + self.day.seconds(1, 9), Telephones(self.day, self.calls[-1]).picks_up
            )
        self.day.go_on_until(self.day.clock.now() + self.day.seconds(0, draw.choice((1, 1, 4, 31))))
        if draw.random() < 0.04:
            self.day.seen["dies after"] += 1
            raise Crash
        return answer

    def look_up(self, trace: CallTrace) -> Found | Missing | Unknown:
        """Cannot always be asked, and its list lags behind."""
        if self.day.draw.random() < 0.15:
            return Unknown("线路不通")
        found = super().look_up(trace)
        is_young = self.day.clock.now() - trace.submitted_at < LAG
        if trace.provider_id is None and is_young and self.day.draw.random() < 0.7:
            self.day.seen["list lags"] += 1
            return Missing()
        return found


class Telephones:
    """What happens on the two telephones of one call, and what of it comes to us."""

    def __init__(self, day: LineDay, call: HeldCall) -> None:
        self.day, self.call, self.asked = day, call, 0

    @property
    def is_over(self) -> bool:
        ends = {e.leg for e in self.call.events if e.what is What.ENDED}
        return Leg.CALLER in ends

    def picks_up(self) -> None:
        """The caller answers the own telephone, or does not."""
        if self.is_over:
            return
        if self.day.draw.random() < 0.1:
            self.tell(Leg.CALLER, What.ENDED, Cause.NO_ANSWER)
            return
        self.tell(Leg.CALLER, What.ANSWERED)
        self.asks()

    def asks(self) -> None:
        """The last gate. A line asks again when its question got no answer, twice at most."""
        if self.is_over:
            return
        token, self.asked = self.call.order.token, self.asked + 1
        if self.is_bound():
            foreign = f"foreign of {self.call.provider_id}"
            other = let_through(self.day.runtime, LineName.TWILIO, token, foreign)
            assert not isinstance(other, Connect), "another leg was let through"
        answer: object = None
        with self.day.crashing("gate"):
            answer = let_through(self.day.runtime, LineName.TWILIO, token, self.call.provider_id)
        if self.day.draw.random() < 0.06 or answer is None:  # the answer got lost on its way
            again = self.asks if self.asked < 2 else self.ends
            self.day.note(self.day.seconds(1, 3), again)
        elif isinstance(answer, Connect):
            self.day.note(self.day.seconds(0, 2), self.rings)
        else:
            self.ends()

    def is_bound(self) -> bool:
        of = line_call.c.provider_id == self.call.provider_id
        with self.day.runtime.snapshot() as connection:
            return connection.execute(line_call.select().where(of)).first() is not None

    def rings(self) -> None:
        """The customer's telephone rings: the truth that everything is measured by."""
        if self.is_over:
            return
        day = self.day
        day.line.rings[self.call.order.call_id.partition(".")[0]].append(day.clock.now())
        self.tell(Leg.CUSTOMER, What.RINGING)
        answers = day.draw.random() < 0.6
        day.note(day.seconds(3, 20), self.talks if answers else self.nobody)

    def nobody(self) -> None:
        """Nobody comes to the telephone."""
        if not self.is_over:
            cause = self.day.draw.choice((Cause.NO_ANSWER, Cause.BUSY, Cause.REJECTED))
            self.tell(Leg.CUSTOMER, What.ENDED, cause)
            self.ends()

    def talks(self) -> None:
        """Somebody answers, and hangs up after a while."""
        if not self.is_over:
            self.tell(Leg.CUSTOMER, What.ANSWERED)
            self.day.note(self.day.seconds(10, 90), self.says_goodbye)

    def says_goodbye(self) -> None:
        """The customer hangs up."""
        if not self.is_over:
            self.tell(Leg.CUSTOMER, What.ENDED, Cause.TALKED)
            self.ends()

    def ends(self) -> None:
        """The caller's leg ends."""
        if not self.is_over:
            self.tell(Leg.CALLER, What.ENDED)

    def tell(self, leg: Leg, what: What, cause: Cause | None = None) -> None:
        """On record at once; told now, late, twice or never."""
        told = self.day.line.tell(self.call, leg, what, cause=cause)
        draw = self.day.draw
        how = draw.choices(("soon", "lost", "late", "twice"), (70, 10, 12, 8))[0]
        if self.day.is_blacked_out:
            how = "lost"
        self.day.seen[f"told {how}"] += 1
        if how != "lost":
            late = self.day.seconds(20, 1_500) if how == "late" else self.day.seconds(0, 3)
            self.day.note(late, lambda: self.arrives(told))
        if how == "twice":
            self.day.note(self.day.seconds(0, 60), lambda: self.arrives(told))

    def arrives(self, told: CallEvent) -> None:
        """Stored first, worked off at once or by the engine's next round."""
        runtime = self.day.runtime
        with self.day.crashing("take"):
            take_call_events(runtime, LineName.TWILIO, self.call.order.token, [told])
        if self.day.draw.random() < 0.7:
            with self.day.crashing("apply"):
                apply_waiting(runtime)


class LineDay:
    """One day of one shop. `seen` counts what came up."""

    def __init__(self, database_url: str, folder: Path, seed: int, buyers: int = 24) -> None:
        self.seed, self.draw = seed, Random(seed)
        self.seen: Counter[str] = Counter()
        self.shop = Shop(database_url, folder)
        self.runtime = self.shop.runtime
        if self.runtime.engine.dialect.name == "sqlite":
            event.listen(self.runtime.engine, "connect", _without_waiting_for_the_disk)
        self.runtime.engine.dispose()
        with self.shop.at_one_go():
            for number in range(buyers):
                placed = f"05-12 {self.draw.randrange(24):02d}:{self.draw.randrange(60):02d}"
                self.shop.buyer(f"buyer{number:03d}", placed)
        self.shop.plan()
        moving = LineShop(self.shop, "05-13 08:50")
        self.clock = moving.clock
        self._offset = at("05-13 08:50") - self.clock.now()
        self.line = FailingLine(self)
        self.runtime.lines = Lines(voice={LineName.TWILIO: self.line})
        self.is_blacked_out = False
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._noted = 0
        self._commits_left: int | None = None
        event.listen(self.runtime.engine, "commit", self._maybe_die)

    def close(self) -> None:
        self.shop.close()

    @property
    def now(self) -> datetime:
        return self.runtime.now()

    def seconds(self, least: float, most: float) -> timedelta:
        """A length of time between the two, by chance."""
        return timedelta(milliseconds=round(self.draw.uniform(least, most) * 1_000))

    def words(self) -> str:
        """The shop's instant as `Shop` takes it."""
        return f"{self.now.astimezone(SHOP_ZONE):%m-%d %H:%M:%S.%f}"

    # --- time -----------------------------------------------------------------------------------

    def note(self, after: timedelta, happens: Callable[[], None]) -> None:
        """Put something on the agenda."""
        self.note_at(self.clock.now() + after, happens)

    def note_at(self, instant: datetime, happens: Callable[[], None]) -> None:
        """Put something on the agenda, by the machine's clock."""
        self._noted += 1
        heapq.heappush(self._agenda, (instant, self._noted, happens))

    def machine(self, shown: str) -> datetime:
        """The machine's instant for one of the shop's day, e.g. `11:58:30`."""
        return at(f"05-13 {shown}").astimezone(UTC) - self._offset

    def go_on_until(self, end: datetime) -> None:
        """Let everything happen that is due by then."""
        while self._agenda and self._agenda[0][0] <= end:
            instant, _, happens = heapq.heappop(self._agenda)
            self.clock.instant = max(instant, self.clock.instant)
            happens()
        self.clock.instant = max(end, self.clock.instant)

    # --- faults -----------------------------------------------------------------------------------

    @contextmanager
    def crashing(self, where: str, odds: float = 0.04) -> Iterator[None]:
        """Now and then the process dies just before one of the next commits."""
        outer = self._commits_left
        if self.draw.random() < odds:
            self._commits_left = self.draw.choice((0, 0, 1, 2, 3))
        try:
            yield
        except Crash:
            self.seen[f"crash in {where}"] += 1
        finally:
            self._commits_left = outer

    def _maybe_die(self, connection: Connection) -> None:
        if self._commits_left is None or connection.get_execution_options().get("reads_only"):
            return
        if self._commits_left == 0:
            self._commits_left = None
            raise Crash
        self._commits_left -= 1

    def disturb(self, buyer: str, customer_id: int) -> None:
        """Something comes in about this customer within the next seconds, aimed at the call."""
        what = self.draw.choices(("", "opts out", "pays"), (80, 10, 10))[0]
        if not what:
            return

        def happens() -> None:
            self.seen[what] += 1
            if what == "opts out":
                add_entry(self.runtime, EntryForm("短信回复 T", user_id=buyer), self.now, "李组长")
            else:
                self.shop.pays(customer_id, self.words(), known=self.words())

        self.note(self.seconds(0, 8), happens)

    # --- the engine and the checks ----------------------------------------------------------------

    def tick(self) -> None:
        """One round of the engine, and the next one."""
        with self.crashing("apply"):
            apply_waiting(self.runtime)
        with self.crashing("reconcile"):
            reconcile(self.runtime)
        self.note(TICK, self.tick)

    def wakes(self, instant: datetime) -> None:
        """A sitting begins: from now on the engine is at work."""
        self.is_blacked_out = self.draw.random() < 0.15
        self.go_on_until(instant)
        self.note(timedelta(), self.tick)

    def settles(self, latest: datetime) -> None:
        """Nobody dials any more: go on until nothing is left to come, and let the engine sleep."""
        while self.clock.now() < latest and (len(self._agenda) > 1 or self._is_open()):
            self.go_on_until(self.clock.now() + 2 * TICK)
        self._agenda.clear()

    def _is_open(self) -> bool:
        with self.runtime.snapshot() as connection:
            ringing = line_call.select().where(line_call.c.settled_at.is_(None))
            talking = attempt.select().where(attempt.c.state == "dialled")
            return any(connection.execute(open_).first() for open_ in (ringing, talking))

    def rows(self, table: Any) -> list[Any]:
        return self.shop.rows(table)

    def of_attempt(self, attempt_id: str) -> Any:
        """The attempt as it stands."""
        with self.runtime.snapshot() as connection:
            return connection.execute(attempt.select().where(attempt.c.id == attempt_id)).one()

    def newest_call(self, attempt_id: str) -> Any:
        """The last request for an attempt."""
        latest = (line_call.c.submitted_machine.desc(), line_call.c.id.desc())
        query = line_call.select().where(line_call.c.attempt_id == attempt_id).order_by(*latest)
        with self.runtime.snapshot() as connection:
            return connection.execute(query).first()

    def check(self, *, is_settled: bool = False) -> None:
        """What must hold at any time, by the line's own list; and at the end, both ways."""
        calls = {row.id: row for row in self.rows(line_call)}
        attempts = {row.id: row for row in self.rows(attempt)}
        where = f"seed {self.seed} at {self.words()}"
        placed = Counter(held.order.call_id for held in self.line.calls)
        assert set(placed.values()) <= {1}, f"{where}: asked for twice: {placed.most_common(3)}"
        assert placed.keys() <= calls.keys(), f"{where}: nobody wrote down {placed.keys() - calls}"
        for call_id in placed:
            state = calls[call_id].state
            assert state not in ("not_sent", "refused"), (
                f"{where}: {call_id} was taken, not {state}"
            )
        for of, rung in self.line.rings.items():
            assert len(rung) == 1, f"{where}: {of} rang {len(rung)} times"
            row = attempts[of]
            assert row.state in ("dialled", "closed"), f"{where}: {of} rang and is {row.state}"
            assert any(c.state in _MAY_HAVE_RUNG for c in calls.values() if c.attempt_id == of), (
                f"{where}: {of} rang, and its calls did not"
            )
        if not is_settled:
            return
        for call_id, row in calls.items():
            assert row.settled_at is not None, f"{where}: {call_id} is {row.state}"
            if row.state == "ended":
                assert call_id in placed, f"{where}: {call_id} ended without a beginning"
        for held in self.line.calls:
            row = calls[held.order.call_id]
            if row.attempt_id in self.line.rings and row.state == "ended":
                assert row.gate_at is not None, f"{where}: {row.id} rang without a gate"
            assert row.provider_id in (held.provider_id, None), where

    def judge(self) -> None:
        """R-AUD-2. The second opinion finds nothing."""
        seal_trail(self.runtime)
        report = verify(self.runtime)
        assert report.violations == (), (
            f"seed {self.seed} at {self.words()}: {[(f.rule, f.what) for f in report.violations[:4]]}"
        )


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")
