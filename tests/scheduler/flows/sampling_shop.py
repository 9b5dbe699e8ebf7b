"""A shop with a month of registers, and the people who draw, submit and approve."""

from __future__ import annotations

from sqlalchemy import update

from adapters.store.models.campaigns import task
from adapters.store.models.sampling import sample_member
from campaigns.sampling_draw import Stratum
from campaigns.values import Person, Role, Source
from scheduler.flows.sampling import Sample, approve, draw, sample_of, submit
from scheduler.flows.sampling_places import replace_lost
from scheduler.flows.sampling_status import SampleStatus, status
from tests.factories import at
from tests.shops import Shop

MONTH = "2025-05"
DRAWN_AT = "05-25 10:00"

STRATA = (
    Stratum(Source.AFTER_SALES, "张三"),
    Stratum(Source.AFTER_SALES, "李四"),
    Stratum(Source.PARCELS, "王五"),
    Stratum(Source.VIP, ""),
)


class Month:
    """The shop's month: `leader` prepares, `supervisor` approves, `caller` calls."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.leader = shop.person("李组长", Role.LEADER)
        self.supervisor = shop.person("赵主管", Role.SUPERVISOR)
        self.caller = shop.person("谷雨", Role.CALLER)

    def fill(self, many: int, *, strata: tuple[Stratum, ...] = STRATA) -> list[int]:
        """So many customers, spread over the strata in turn; their ids."""
        with self.shop.at_one_go():
            return [self.registered(f"b{i:04d}", strata[i % len(strata)]) for i in range(many)]

    def registered(self, buyer: str, stratum: Stratum = STRATA[0]) -> int:
        """A customer with a number and one row of a register; their id."""
        customer_id = self.shop.customer(buyer)
        self.shop.phone(customer_id)
        entered = None if stratum.source is Source.VIP else "05-10"
        self.shop.registered(customer_id, stratum.source, entered, stratum.handler)
        return customer_id

    def draw(self, now: str = DRAWN_AT, seed: int | None = 7, who: Person | None = None) -> Sample:
        return draw(self.shop.runtime, MONTH, at(now), who or self.leader, seed)

    def submit(self, now: str = "05-26 10:00", who: Person | None = None) -> Sample:
        return submit(self.shop.runtime, MONTH, at(now), who or self.leader)

    def approve(self, now: str = "05-26 11:00", who: Person | None = None) -> Sample:
        return approve(self.shop.runtime, MONTH, at(now), who or self.supervisor)

    def approved(self, now: str = "05-26 11:00") -> Sample:
        """Drawn, submitted and approved."""
        self.draw()
        self.submit()
        return self.approve(now)

    # --- looking ---------------------------------------------------------------------------------

    def read(self) -> Sample:
        """The sample as it is stored; there must be one."""
        found = sample_of(self.shop.runtime, MONTH)
        assert found is not None
        return found

    def status(self, now: str) -> SampleStatus:
        return status(self.shop.runtime, MONTH, at(now))

    def replace_lost(self, now: str) -> int:
        with self.shop.runtime.transaction() as connection:
            return replace_lost(connection, self.shop.runtime, at(now), "李组长")

    def count_replaced(self) -> int:
        return sum(row.replaces is not None for row in self.shop.rows(sample_member))

    def hand_out_first(self, task_id: int | None) -> None:
        """Let this task be the next one that is handed out."""
        with self.shop.runtime.transaction() as connection:
            early = update(task).where(task.c.id == task_id).values(rank_at=at("05-01 00:00"))
            connection.execute(early)
