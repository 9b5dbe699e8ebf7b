"""A real shop on a test's database, filled the way an intake would fill it.

The usual story is that of `tests.factories`: an order of Monday, called from Tuesday on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from adapters.clock import FixedClock
from adapters.settings import Settings
from adapters.store.models.base import METADATA
from adapters.store.models.calls import attempt as attempt_table
from adapters.store.models.calls import todo as todo_table
from adapters.store.models.campaigns import campaign
from adapters.store.models.campaigns import task as task_table
from adapters.store.models.customers import customer, customer_phone, order_sighting
from adapters.store.models.customers import order as order_table
from adapters.store.models.imports import import_file
from adapters.store.models.sampling import register_entry
from adapters.store.models.shop import person
from adapters.store.models.stock import shortage, shortage_date
from adapters.store.queries import planning
from adapters.store.queries.tasks import open_of_orders
from adapters.store.session import open_engine
from campaigns.population import EVERYBODY, Population, stored
from campaigns.values import Kind, OrderState, Person, PhoneNumber, Role, Source
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.figures import called_of, settle
from scheduler.flows.outcome import OutcomeAnswer, OutcomeForm, record_outcome
from scheduler.flows.planning import CampaignPlan, plan
from scheduler.flows.refresh import refresh_tasks, retract_todos
from scheduler.flows.shop import ShopForm, create_shop, set_clock
from scheduler.runtime import Runtime
from tests.factories import CALLED, NEWS, PLACED, a_number, at, day, numbers


class Shop:
    """A training shop on a test's database, with people, customers and orders of its own."""

    def __init__(self, database_url: str, folder: Path, *, now: str = "05-12 08:00") -> None:
        settings = Settings(database_url, folder / "shop.key")
        machine = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
        self.runtime = Runtime(settings, open_engine(database_url), FixedClock(machine))
        create_shop(self.runtime, ShopForm("四季花坊", "057187654321", at(now)))
        self.campaign_id = self._scalar(select(campaign.c.id))
        self.imports = 0
        self.register_file: int | None = None
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

    def campaign(self, name: str, population: Population = EVERYBODY, **fields: Any) -> int:
        """A further campaign, of reminders if nothing else is said: a shop can add more."""
        usual = {
            "kind": Kind.DUNNING,
            "name": name,
            "started_at": at("05-12 08:00"),
            "population": stored(population),
            "created_by": "李组长",
            "approved_at": at("05-12 08:00"),
            "approved_by": "周主管",
        }
        return self._insert(campaign, **(usual | fields))

    def change_campaign(self, kind: Kind, **values: Any) -> None:
        """Set columns of the campaigns of a kind."""
        with self._writing() as connection:
            connection.execute(update(campaign).where(campaign.c.kind == kind).values(**values))

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
            order_no=f"{10**15 + next(numbers)}",
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

    def bought(self, customer_id: int, state: OrderState, seen: str = NEWS, **fields: Any) -> int:
        """An order that was paid: shipped, signed for, or waiting for its goods; its id."""
        order_id = self.order(customer_id, fields.pop("placed", PLACED), seen=seen)
        with self._writing() as connection:
            connection.execute(
                update(order_table)
                .where(order_table.c.id == order_id)
                .values(state=state, paid_fen=5_000, **({"paid_at": at(PLACED)} | fields))
            )
        self._sight(order_id, at(seen))
        return order_id

    def change_order(self, order_id: int, **values: Any) -> None:
        """Set columns of one order, as a later export would."""
        with self._writing() as connection:
            connection.execute(
                update(order_table).where(order_table.c.id == order_id).values(**values)
            )

    def sampled(self, customer_id: int, of: str = "05-27", now: str = "05-26 10:00") -> int:
        """R-SMP-3. The task of a drawn customer, as the approval of a sample makes it."""
        opened = at(now)
        with self._writing() as connection:
            of_kind = select(campaign.c.id).where(campaign.c.kind == Kind.SAMPLING)
            campaign_id = connection.execute(of_kind).scalar_one()
            batch_id = planning.batch_of(connection, campaign_id, day(of))
            if batch_id is None:
                batch_id = planning.add_batch(connection, campaign_id, day(of), opened, None)
            task_id = connection.execute(
                insert(task_table)
                .values(
                    campaign_id=campaign_id,
                    kind="sampling",
                    customer_id=customer_id,
                    batch_id=batch_id,
                    state="waiting",
                    urgency=1,
                    rank_at=opened,
                    deadline=opened,
                    callable_until=opened,
                    window_group="",
                    fence=0,
                    created_at=opened,
                )
                .returning(task_table.c.id)
            ).scalar_one()
            refresh_tasks(connection, self.runtime, opened, [task_id], "引擎")
        return int(task_id)

    def set_clock(self, now: str) -> None:
        """Move the training clock."""
        set_clock(self.runtime, "张三", to=at(now), ticks=False)

    def registered(
        self,
        customer_id: int,
        source: Source = Source.AFTER_SALES,
        entered: str | None = "05-10",
        handler: str = "张三",
        **fields: Any,
    ) -> int:
        """A row of a register that the shop keeps elsewhere; its id."""
        if self.register_file is None:
            self.register_file = self._file(at(NEWS), kind="registers")
        usual = {
            "customer_id": customer_id,
            "source": source,
            "entered_on": None if entered is None else day(entered),
            "handler": handler,
            "natural_key": f"{next(numbers)}",
            "import_id": self.register_file,
            "known_at": at(NEWS),
        }
        return self._insert(register_entry, **(usual | fields))

    def lacking(self, name: str = "多肉植物", expected: str = "05-20", **fields: Any) -> int:
        """An article that is out of stock; the name stands in the title of every order here."""
        usual = {
            "name": name,
            "match_key": name,
            "expected_on": day(expected),
            "listed_at": at(NEWS),
            "changed_at": at(NEWS),
            "created_by": "李组长",
        }
        shortage_id = self._insert(shortage, **(usual | fields))
        self._insert(
            shortage_date,
            shortage_id=shortage_id,
            expected_on=day(expected),
            known_at=at(NEWS),
            who="李组长",
        )
        return shortage_id

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
            concerned = open_of_orders(connection, ids)
            refresh_tasks(connection, self.runtime, now, concerned, "导入")
            retract_todos(connection, self.runtime, now)
            settle(connection, called_of(connection, ids))

    def pays(self, customer_id: int, paid: str, *, known: str) -> None:
        """The customer paid everything; an export tells it later."""
        self.see(known, state=OrderState.PAID, paid=paid, only=self.orders_of(customer_id))

    def orders_of(self, customer_id: int) -> list[int]:
        query = select(order_table.c.id).where(order_table.c.customer_id == customer_id)
        with self.runtime.snapshot() as connection:
            return list(connection.execute(query.order_by(order_table.c.id)).scalars())

    def _sight(self, order_id: int, now: datetime) -> None:
        file_id = self._file(now)
        with self._writing() as connection:
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

    def _file(self, now: datetime, kind: str = "orders") -> int:
        self.imports += 1
        return self._insert(
            import_file,
            name=f"ExportOrderList{self.imports}.csv",
            kind=kind,
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

    # --- the day's work, shortened ---------------------------------------------------------------

    def plan(self, of: str = CALLED, now: str | None = None, **more: Any) -> CampaignPlan:
        """The day's plan of the first campaign; `kind` picks that of another."""
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
