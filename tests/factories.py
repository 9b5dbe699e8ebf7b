"""One function for each thing, valid by default, every field open to be said otherwise.

The first half makes facts for the pure rules; `Shop` founds a real shop on a test's database and
fills it the way an intake would. The usual story: an order placed on Monday 12 May 2025 at 15:00 in
the shop's zone, called from Tuesday 08:45 on, closed by the marketplace on Thursday at 15:00.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from adapters.clock import FixedClock
from adapters.official_calendar import OfficialCalendar
from adapters.settings import Settings
from adapters.store.models.base import METADATA
from adapters.store.models.calls import attempt as attempt_table
from adapters.store.models.calls import todo as todo_table
from adapters.store.models.campaigns import campaign
from adapters.store.models.campaigns import task as task_table
from adapters.store.models.customers import customer, customer_phone, order_sighting
from adapters.store.models.customers import order as order_table
from adapters.store.models.imports import import_file
from adapters.store.models.shop import person
from adapters.store.session import open_engine
from campaigns.facts import (
    AttemptFacts,
    CustomerFacts,
    OrderFacts,
    PhoneFacts,
    SuppressionFacts,
    TaskFacts,
)
from campaigns.policy import Policy
from campaigns.registry import outcome_of
from campaigns.values import (
    SHOP_ZONE,
    AttemptState,
    Kind,
    OrderState,
    Person,
    PhoneNumber,
    Role,
    Scope,
)
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.outcome import OutcomeAnswer, OutcomeForm, record_outcome
from scheduler.flows.planning import CampaignPlan, plan
from scheduler.flows.refresh import refresh_orders
from scheduler.flows.shop import ShopForm, create_shop
from scheduler.rules.case import Case
from scheduler.rules.gate import case_for
from scheduler.runtime import Runtime

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
CALENDAR = OfficialCalendar(version=1, first_year=2004, last_year=2026)
"""The library's years, nothing entered by hand; 2027 and later are unknown."""

PLACED = "05-12 15:00"
CALLED = "05-13"
NEWS = "05-13 08:30"
_numbers = count(1)


def at(text: str) -> datetime:
    """An instant by the clock on the shop's wall: `05-13 09:00` is of 2025, seconds may follow."""
    full = text if text[4] == "-" else f"2025-{text}"
    return datetime.fromisoformat(full).replace(tzinfo=SHOP_ZONE).astimezone(UTC)


def day(text: str) -> date:
    """A calendar day: `05-13` is of 2025."""
    return date.fromisoformat(text if len(text) > 5 else f"2025-{text}")


# --- facts ---------------------------------------------------------------------------------------


def order(placed: str = PLACED, **fields: Any) -> OrderFacts:
    usual = OrderFacts(
        order_no=f"o{placed}",
        placed_at=at(placed),
        state=OrderState.AWAITING_PAYMENT,
        total_fen=5_000,
        last_seen_at=at(NEWS),
    )
    return replace(usual, **fields)


def phone(key: str = "a", **fields: Any) -> PhoneFacts:
    usual = PhoneFacts(id=ord(key[0]), key=key, added_at=at(NEWS))
    return replace(usual, **fields)


def attempt(when: str, outcome: str | None = "no_answer", **fields: Any) -> AttemptFacts:
    """A call dialled then; its outcome was entered two minutes later. None: not entered yet."""
    instant = at(when)
    entered = None if outcome is None else instant + 2 * MINUTE
    usual = AttemptFacts(
        id=f"{when} {next(_numbers)}",
        task_id=1,
        campaign_id=1,
        kind=Kind.DUNNING,
        customer_id=1,
        phone_key="a",
        phone_id=ord("a"),
        at=instant,
        state=AttemptState.DIALLED if outcome is None else AttemptState.CLOSED,
        outcome=outcome,
        outcome_at=entered,
        ended_at=entered,
        is_reached=outcome is not None and outcome_of(Kind.DUNNING, outcome).is_reached,
        lease_until=instant + timedelta(minutes=15),
    )
    return replace(usual, **fields)


def suppression(**fields: Any) -> SuppressionFacts:
    usual = SuppressionFacts("R-DNC-2", Scope.CUSTOMER, at(NEWS), "要求不再联系")
    return replace(usual, **fields)


def task(
    *attempts: AttemptFacts,
    others: Iterable[AttemptFacts] = (),
    phones: Sequence[PhoneFacts] | None = None,
    region: str | None = "浙江",
    suppressions: Sequence[SuppressionFacts] = (),
    **fields: Any,
) -> TaskFacts:
    """A task; `others` are attempts of the customer's other tasks or of others on the phones."""
    everything = sorted([*attempts, *others], key=lambda a: a.at)
    usual = TaskFacts(
        id=1,
        kind=Kind.DUNNING,
        campaign_id=1,
        created_at=at(f"{CALLED} 08:45"),
        business_day=day(CALLED),
        customer=CustomerFacts(
            id=1,
            region=region,
            phones=(phone(),) if phones is None else tuple(phones),
            attempts=tuple(everything),
            suppressions=tuple(suppressions),
        ),
        orders=(order(),),
        attempts=tuple(attempts),
    )
    return replace(usual, **fields)


def case(
    of: TaskFacts,
    now: str | datetime,
    policy: Policy | None = None,
    calendar: OfficialCalendar = CALENDAR,
    **more: Any,
) -> Case:
    instant = at(now) if isinstance(now, str) else now
    return case_for(of, instant, policy or Policy(), calendar, **more)


# --- a shop on a database ------------------------------------------------------------------------


class Shop:
    """A training shop on a test's database, with people, customers and orders of its own."""

    def __init__(self, database_url: str, folder: Path, *, now: str = "05-12 08:00") -> None:
        settings = Settings(database_url, folder / "shop.key")
        machine = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
        self.runtime = Runtime(settings, open_engine(database_url), FixedClock(machine))
        create_shop(self.runtime, ShopForm("四季花坊", "057187654321", at(now)))
        self.campaign_id = self._scalar(select(campaign.c.id))
        self.imports = 0
        self._connection: Connection | None = None

    def close(self) -> None:
        self.runtime.engine.dispose()

    def another_runtime(self) -> Runtime:
        """A second process's view: the same shop through an engine of its own."""
        settings = self.runtime.settings
        return Runtime(
            settings,
            open_engine(settings.database_url),
            FixedClock(self.runtime.machine_clock.now()),
        )

    # --- rows, as an intake would leave them -----------------------------------------------------

    def person(self, name: str = "张三", role: Role = Role.CALLER) -> Person:
        key = self._insert(person, name=name, role=role, is_active=True, created_at=at(NEWS))
        return Person(key, name, role)

    def campaign(self, name: str) -> int:
        """A further campaign of the same kind: a shop can add more."""
        return self._insert(campaign, kind=Kind.DUNNING, name=name, started_at=at("05-12 08:00"))

    def customer(self, buyer: str, *, region: str | None = "浙江", seen: str = NEWS) -> int:
        return self._insert(
            customer,
            identity=buyer,
            buyer=buyer,
            receiver="陈女士",
            region=region,
            created_at=at(seen),
        )

    def phone(
        self, customer_id: int, number: PhoneNumber | None = None, **fields: Any
    ) -> PhoneNumber:
        number = number or a_number()
        vault = self.runtime.vault
        values = {
            "customer_id": customer_id,
            "phone_key": vault.phone_key(number),
            "sealed": vault.seal(number),
            "masked": number.masked,
            "source": "orders",
            "added_at": at(NEWS),
        }
        self._insert(customer_phone, **(values | fields))
        return number

    def order(
        self, customer_id: int, placed: str = PLACED, *, fen: int = 5_000, seen: str = NEWS
    ) -> int:
        order_id = self._insert(
            order_table,
            order_no=f"{10**15 + next(_numbers)}",
            customer_id=customer_id,
            state=OrderState.AWAITING_PAYMENT,
            total_fen=fen,
            paid_fen=0,
            placed_at=at(placed),
            first_seen_at=at(seen),
            last_seen_at=at(seen),
            title="多肉植物六盆装",
            item_count=1,
        )
        self._sight(order_id, at(seen))
        return order_id

    def buyer(
        self,
        name: str = "tb_hua01",
        placed: str = PLACED,
        *,
        fen: int = 5_000,
        region: str | None = "浙江",
        number: PhoneNumber | None = None,
        seen: str = NEWS,
    ) -> int:
        """A customer with one number and one unpaid order; the customer's id."""
        customer_id = self.customer(name, region=region, seen=seen)
        self.phone(customer_id, number)
        self.order(customer_id, placed, fen=fen, seen=seen)
        return customer_id

    def see(
        self,
        when: str,
        *,
        state: OrderState = OrderState.AWAITING_PAYMENT,
        paid: str | None = None,
        only: Iterable[int] | None = None,
    ) -> None:
        """An export of this time lists these orders (all unpaid ones) in this state."""
        now = at(when)
        with self.runtime.transaction() as connection:
            query = select(order_table.c.id).where(
                order_table.c.state == OrderState.AWAITING_PAYMENT
            )
            ids = list(connection.execute(query).scalars()) if only is None else list(only)
            for order_id in ids:
                connection.execute(
                    update(order_table)
                    .where(order_table.c.id == order_id)
                    .values(
                        state=state,
                        last_seen_at=now,
                        paid_at=at(paid) if paid else None,
                        paid_fen=order_table.c.total_fen if paid else 0,
                    )
                )
        for order_id in ids:
            self._sight(order_id, now)
        with self.runtime.transaction() as connection:
            refresh_orders(connection, self.runtime, now, ids, "导入")

    def pays(self, customer_id: int, paid: str, *, known: str) -> None:
        """The customer paid everything; an export tells it later."""
        self.see(known, state=OrderState.PAID, paid=paid, only=self.orders_of(customer_id))

    def orders_of(self, customer_id: int) -> list[int]:
        query = select(order_table.c.id).where(order_table.c.customer_id == customer_id)
        with self.runtime.snapshot() as connection:
            return list(connection.execute(query.order_by(order_table.c.id)).scalars())

    def _sight(self, order_id: int, now: datetime) -> None:
        with self._writing() as connection:
            self.imports += 1
            file_id = connection.execute(
                insert(import_file)
                .values(
                    name=f"ExportOrderList{self.imports}.csv",
                    kind="orders",
                    sha256=f"{self.imports:064d}",
                    encoding="gb18030",
                    data_time=now,
                    imported_at=now,
                    imported_by="导入",
                    rows=1,
                    taken=1,
                    unchanged=0,
                    rejected=0,
                )
                .returning(import_file.c.id)
            ).scalar_one()
            row = connection.execute(select(order_table).where(order_table.c.id == order_id)).one()
            connection.execute(
                insert(order_sighting).values(
                    order_id=order_id,
                    import_id=file_id,
                    state=row.state,
                    total_fen=row.total_fen,
                    paid_fen=row.paid_fen,
                    paid_at=row.paid_at,
                    seen_at=row.last_seen_at,
                    known_at=now,
                )
            )

    # --- the day's work, shortened ---------------------------------------------------------------

    def plan(self, of: str = CALLED, now: str | None = None, **more: Any) -> CampaignPlan:
        """The day's plan of the first campaign."""
        return plan(self.runtime, day(of), at(now or f"{of} 08:45"), "张三", **more).campaigns[0]

    def take(self, caller: Person, now: str) -> HandOut:
        """The next call; there must be one."""
        answer = next_call(self.runtime, caller, at(now))
        assert isinstance(answer, HandOut), answer
        return answer

    def outcome(
        self, attempt_id: str, code: str, now: str, caller: Person | None = None, **form: Any
    ) -> OutcomeAnswer:
        return record_outcome(self.runtime, attempt_id, OutcomeForm(code, **form), at(now), caller)

    def call(
        self, caller: Person, now: str, code: str, ended: str | None = None, **form: Any
    ) -> OutcomeAnswer:
        """Hand-out, dialling and outcome; the outcome at the same instant unless `ended` says."""
        held = self.take(caller, now)
        dial(self.runtime, held.attempt_id, at(now), caller)
        return self.outcome(held.attempt_id, code, ended or now, caller, **form)

    # --- looking ---------------------------------------------------------------------------------

    def rows(self, table: Table) -> list[Any]:
        with self.runtime.snapshot() as connection:
            return list(connection.execute(select(table).order_by(*table.primary_key)).all())

    def tasks(self) -> list[Any]:
        return self.rows(task_table)

    def attempts(self) -> list[Any]:
        return self.rows(attempt_table)

    def todos(self) -> list[Any]:
        return self.rows(todo_table)

    def dump(self) -> dict[str, list[Any]]:
        """Every row of every table, to be compared."""
        return {table.name: self.rows(table) for table in METADATA.sorted_tables}

    @contextmanager
    def at_one_go(self) -> Iterator[None]:
        """Many rows in one transaction: a commit for each would take most of the test's time."""
        with self.runtime.transaction() as connection:
            self._connection = connection
            try:
                yield
            finally:
                self._connection = None

    def _writing(self) -> AbstractContextManager[Connection]:
        if self._connection is not None:
            return nullcontext(self._connection)
        return self.runtime.transaction()

    def _insert(self, table: Table, **values: Any) -> int:
        with self._writing() as connection:
            key = connection.execute(insert(table).values(**values)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def _scalar(self, query: Any) -> Any:
        with self.runtime.snapshot() as connection:
            return connection.execute(query).scalar()


def a_number() -> PhoneNumber:
    """A number that nobody else in the test has."""
    return PhoneNumber(f"+86184{next(_numbers):08d}")
