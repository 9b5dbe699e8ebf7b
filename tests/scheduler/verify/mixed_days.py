"""Days of work on all three kinds at once: parcels come and do not, goods run out, dates move."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from adapters.store.models.after_sales import service_case
from adapters.store.models.stock import shortage
from campaigns.errors import WaihuError
from campaigns.outcomes import COMMON_OUTCOMES
from campaigns.registry import KINDS
from campaigns.values import SHOP_ZONE, CaseState
from scheduler.flows.cases import CaseChange, change_case
from scheduler.flows.claim import HandOut
from scheduler.flows.intake import Upload, take
from scheduler.flows.shortages import arrive, move
from tests.factories_exports import as_csv
from tests.scheduler.verify.working_days import Buying, WorkingDays

COMMON = {outcome.code for outcome in COMMON_OUTCOMES}
GOODS = ("蜂蜜柚子茶大罐", "竹纤维毛巾三条装", "手冲咖啡壶套装")


class MixedDays(WorkingDays):
    """The same shop with parcels on the way and goods that are missing."""

    def _buy(self, day: date, count: int) -> None:
        if not self.orders:
            for back in range(4, 15):
                super()._buy(day - timedelta(days=back), count)
            for old in self.orders:
                self._travel(old)
        start = len(self.orders)
        super()._buy(day, count)
        for bought in self.orders[start:]:
            if start and self.chance.random() < 0.9:  # somebody with another matter buys again
                known = self.chance.choice(self.orders[:start])
                bought.buyer, bought.mobile = known.buyer, known.mobile
                bought.address = known.address
            if self.chance.random() < 0.3:
                bought.title = f"{self.chance.choice(GOODS)} 包邮"

    def _travel(self, old: Buying) -> None:
        """What was bought a while ago is paid, mostly sent, and here and there signed for."""
        hours = self.chance.uniform
        old.paid_at = old.placed_at + timedelta(hours=hours(1, 20))
        if self.chance.random() < 0.25:
            old.title = f"{self.chance.choice(GOODS)} 包邮"
            return
        old.sent_at = old.paid_at + timedelta(hours=hours(2, 40))
        if self.chance.random() < 0.6:
            old.signed_at = old.sent_at + timedelta(hours=hours(20, 150))

    def _code(self, held: HandOut) -> str:
        own = [code for code in KINDS[held.kind].outcomes if code not in COMMON]
        return self.chance.choice(own) if self.chance.random() < 0.4 else super()._code(held)

    def _import(self) -> None:
        super()._import()
        now = self.clock.instant
        if self.done["lists"]:
            return
        today = now.astimezone(SHOP_ZONE).date()
        rows = [
            (name, (today + timedelta(days=ahead)).isoformat())
            for name, ahead in zip(GOODS, (1, 2, 6), strict=True)
        ]
        content = as_csv(("商品", "预计到货日期"), rows, encoding="utf-8")
        report = take(self.runtime, Upload("缺货清单.csv", content), now, self.lead.name)
        assert report.refused is None, report.refused
        self.done["lists"] += 1

    def _desk(self) -> None:
        super()._desk()
        now = self.clock.instant
        try:
            if self.chance.random() < 0.04:
                self._goods()
            if self.chance.random() < 0.2:
                self._cases()
            if self.chance.random() < 0.05:
                self._send()
        except WaihuError as refused:
            self.done[f"{type(refused).__name__} at {now:%H}"] += 1

    def _goods(self) -> None:
        """A date moves, mostly to a later day; now and then the goods come."""
        now = self.clock.instant
        with self.runtime.snapshot() as connection:
            rows = connection.execute(select(shortage).order_by(shortage.c.id)).all()
        row = self.chance.choice(rows)
        if self.chance.random() < 0.2:
            arrive(self.runtime, row.id, now, self.lead.name)
            self.done["arrived"] += 1
            return
        later = row.expected_on + timedelta(days=self.chance.randrange(-1, 4))
        move(self.runtime, row.id, later, now, self.lead.name)
        self.done["moved"] += 1

    def _cases(self) -> None:
        now = self.clock.instant
        with self.runtime.snapshot() as connection:
            rows = connection.execute(select(service_case).order_by(service_case.c.id)).all()
        if not rows:
            return
        row = self.chance.choice(rows)
        change = CaseChange(
            self.chance.choice(list(CaseState)),
            note="已联系客户",
            due_at=now + timedelta(hours=48) if self.chance.random() < 0.3 else None,
        )
        change_case(self.runtime, row.id, change, now, self.lead)
        self.done["case changes"] += 1

    def _send(self) -> None:
        """The warehouse sends what was paid; the next export tells."""
        now = self.clock.instant
        waiting = [o for o in self.orders if o.paid_at and o.paid_at < now and o.sent_at is None]
        for sent in self.chance.sample(waiting, min(3, len(waiting))):
            sent.sent_at = now
