"""Days of work in a shop, through the real flows, under a jumping clock and one seed.

Callers dial and do not, skip, forget, come back late; buyers pay whenever they like; the list of
those who want no call grows. What comes of it is the product's own history.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from campaigns.errors import WaihuError
from campaigns.registry import KINDS
from campaigns.values import SHOP_ZONE, Person, Role
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial, hang_up, renew, skip
from scheduler.flows.do_not_contact import EntryForm, add_entry, entries, lift_entry
from scheduler.flows.intake import Upload, take
from scheduler.flows.outcome import MatterForm, OutcomeForm, record_outcome
from scheduler.flows.people import NewPerson, add_person
from scheduler.flows.todos import finish_todo, open_todos
from scheduler.jobs import tick
from scheduler.runtime import Runtime
from tests.factories_exports import Cells, order_file

REGIONS = ("浙江省 杭州市", "新疆维吾尔自治区 乌鲁木齐市", "西藏自治区 拉萨市", "广东省 广州市")
STEP = timedelta(minutes=10)


@dataclass
class JumpingClock:
    """Says what it was last told."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant


@dataclass
class Buying:
    """One order as the marketplace knows it."""

    number: int
    buyer: str
    mobile: str
    address: str
    placed_at: datetime
    cents: int
    paid_at: datetime | None = None
    sent_at: datetime | None = None
    signed_at: datetime | None = None
    title: str = "样例宝贝"

    def cells(self, now: datetime) -> Cells:
        """As an export of this instant shows it."""
        state, paid = "等待买家付款", ""
        ways: dict[str, str] = {}
        if self.paid_at is not None and self.paid_at <= now:
            state, paid = "买家已付款，等待卖家发货", _clock(self.paid_at)
            if self.sent_at is not None and self.sent_at <= now:
                state, ways = "卖家已发货，等待买家确认", {"shipped_at": _clock(self.sent_at)}
            if self.signed_at is not None and self.signed_at <= now:
                state, ways["received_at"] = "交易成功", _clock(self.signed_at)
        elif now >= self.placed_at + timedelta(hours=72):
            state = "交易关闭"
        amount = f"{self.cents // 100}.{self.cents % 100:02d}"
        return {
            "order_no": f"{35153131473290000 + self.number}01",
            "buyer": self.buyer,
            "state": state,
            "total": amount,
            "paid": amount if paid else "0.00",
            "paid_at": paid,
            "placed_at": _clock(self.placed_at),
            "title": self.title,
            **ways,
            "address": f"{self.address} 样例路1号(310000)",
            "mobile": f"'{self.mobile}",
        }


@dataclass
class WorkingDays:
    """One shop, its callers and its buyers. `done` counts what happened."""

    runtime: Runtime
    clock: JumpingClock
    seed: int
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.orders: list[Buying] = []
        self.held: dict[int, HandOut] = {}
        now = self.clock.instant
        self.callers = [self._person(f"坐席{n}", Role.CALLER) for n in range(5)]
        self.lead = self._person("组长", Role.LEADER)
        self.supervisor = self._person("主管", Role.SUPERVISOR)
        self.first_day = now.astimezone(SHOP_ZONE).date()

    def _person(self, name: str, role: Role) -> Person:
        return add_person(self.runtime, NewPerson(name, role), self.clock.instant, "test")

    def work(self, days: int, orders_a_day: int) -> None:
        """From 08:20 to 20:10 on each day; the exports come at 08:30 and 13:30."""
        for day in (self.first_day + timedelta(days=n) for n in range(days)):
            self._buy(day - timedelta(days=1), orders_a_day)
            for hour, minute in ((8, 20), (8, 30), (8, 46)):
                self.clock.instant = _local(day, hour, minute)
                if minute == 30:
                    self._import()
                tick(self.runtime)
            while self.clock.instant < _local(day, 20, 10):
                self.clock.instant += STEP + timedelta(seconds=self.chance.randrange(180))
                if self.chance.random() < 0.02:
                    self._import()
                for caller in self.callers:
                    self._turn(caller)
                self._desk()
                tick(self.runtime)

    def _buy(self, day: date, count: int) -> None:
        for _ in range(count):
            known = self.orders and self.chance.random() < 0.3
            like = self.chance.choice(self.orders) if known else None
            number = len(self.orders)
            shared = self.chance.random() < 0.1 and self.orders
            mobile = f"139{self.chance.randrange(10**8):08d}"
            placed = _local(day, 0, 0) + timedelta(seconds=self.chance.randrange(86_400))
            self.orders.append(
                Buying(
                    number,
                    like.buyer if like else f"培训买家{number:04d}",
                    self.chance.choice(self.orders).mobile if shared else mobile,
                    like.address if like else self.chance.choice(REGIONS),
                    placed,
                    self.chance.randrange(100, 90_000),
                    placed + timedelta(hours=self.chance.uniform(1, 70))
                    if self.chance.random() < 0.5
                    else None,
                )
            )

    def _import(self) -> None:
        now = self.clock.instant
        rows = [o.cells(now) for o in self.orders if o.placed_at <= now]
        name = f"ExportOrderList{now.astimezone(SHOP_ZONE):%Y%m%d%H%M}.csv"
        report = take(self.runtime, Upload(name, order_file("2022", rows)), now, self.lead.name)
        assert report.refused is None, report.refused
        self.done["imports"] += 1

    def _turn(self, caller: Person) -> None:
        now, dice = self.clock.instant, self.chance.random()
        held = self.held.get(caller.id)
        try:
            if held is None:
                answer = next_call(self.runtime, caller, now)
                if isinstance(answer, HandOut):
                    self.held[caller.id] = answer
                    self.done["handed out"] += 1
                return
            if dice < 0.35:
                renew(self.runtime, held.attempt_id, now, caller)  # as the open page does
                dial(self.runtime, held.attempt_id, now, caller)
                self.done["dialled"] += 1
            elif dice < 0.43:
                skip(self.runtime, held.attempt_id, "客户正忙", now, caller)
                del self.held[caller.id]
                self.done["skipped"] += 1
            elif dice < 0.46:
                del self.held[caller.id]  # closed the page and forgot
            elif dice < 0.9:
                self._outcome(held, caller)
        except WaihuError as refused:
            self.done[type(refused).__name__] += 1
            if dice >= 0.35:
                self.held.pop(caller.id, None)

    def _outcome(self, held: HandOut, caller: Person) -> None:
        now = self.clock.instant
        if self.chance.random() < 0.3:
            try:
                hang_up(self.runtime, held.attempt_id, now, caller)
            except WaihuError:
                self.done["hung up undialled"] += 1
        code = self._code(held)
        wish = None
        if code in ("busy", "other", "will_pay", "no_answer") and self.chance.random() < 0.5:
            wish = now + timedelta(minutes=self.chance.randrange(5, 2_000))
        phone = f"138{self.chance.randrange(10**8):08d}" if code == "gave_number" else None
        also = self._settled(held, code)
        form = OutcomeForm(code, callback_at=wish, phone=phone, note="明天再说", also=also)
        record_outcome(self.runtime, held.attempt_id, form, now, caller)
        del self.held[caller.id]
        self.done[code] += 1
        self.done["riders"] += len(also)

    def _code(self, held: HandOut) -> str:
        codes = [outcome.code for outcome in KINDS[held.kind].offered]
        return "cut_off" if self.chance.random() < 0.08 else self.chance.choice(codes)

    def _settled(self, held: HandOut, code: str) -> tuple[MatterForm, ...]:
        """R-REPEAT-2. The further matters of a call that reached somebody: some are settled too."""
        if not KINDS[held.kind].outcomes[code].is_reached or code in ("wrong_number", "cut_off"):
            return ()
        forms = []
        for matter in held.also:
            codes = [
                outcome.code
                for outcome in KINDS[matter.kind].outcomes.values()
                if outcome.is_reached and outcome.code not in ("wrong_number", "cut_off")
            ]
            if self.chance.random() < 0.7:
                number = f"138{self.chance.randrange(10**8):08d}"
                said = self.chance.choice(codes)
                phone = number if said == "gave_number" else None
                forms.append(MatterForm(matter.task_id, said, phone=phone, note="一起说了"))
        return tuple(forms)

    def _desk(self) -> None:
        """The lead's work beside the calls: messages, trades to close, the list."""
        now = self.clock.instant
        try:
            if self.chance.random() < 0.2:
                for todo in open_todos(self.runtime, now)[:2]:
                    finish_todo(self.runtime, todo.id, now, self.lead.name)
                    self.done["to-dos"] += 1
            if self.chance.random() < 0.02:
                order = self.chance.choice(self.orders)
                by_phone = self.chance.random() < 0.5
                form = EntryForm(
                    user_id=None if by_phone else order.buyer,
                    phone=order.mobile if by_phone else None,
                    kind=None,
                    reason="短信退订",
                )
                add_entry(self.runtime, form, now, self.lead.name)
                self.done["listed"] += 1
            if self.chance.random() < 0.01:
                for entry in entries(self.runtime)[:1]:
                    lift_entry(self.runtime, entry.id, "客户来电", now, self.supervisor)
                    self.done["lifted"] += 1
        except WaihuError as refused:
            self.done[type(refused).__name__] += 1


def _clock(instant: datetime) -> str:
    return f"{instant.astimezone(SHOP_ZONE):%F %T}"


def _local(day: date, hour: int, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHOP_ZONE)
