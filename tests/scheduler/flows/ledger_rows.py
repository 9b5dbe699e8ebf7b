"""Rows that the ledgers read, written straight into the tables: one function for each thing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, insert, select, update

from adapters.settings import Settings
from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import batch, campaign, task, task_order
from adapters.store.models.customers import customer, customer_phone, order, order_sighting
from adapters.store.models.imports import import_file
from adapters.store.models.shop import person
from campaigns.values import AttemptState, Ending, Exemption, Kind, OrderState, Role, TaskState
from scheduler.runtime import Runtime

EARLY = datetime(2026, 1, 1, tzinfo=UTC)


def runtime_of(engine: Engine) -> Runtime:
    """A shop opened on a test's database."""
    return Runtime(Settings("", Path("unused.key")), engine)


def _id(connection: Connection, table: Table, **values: object) -> int:
    key = connection.execute(insert(table).values(**values)).inserted_primary_key
    assert key is not None
    return int(key[0])


@dataclass
class History:
    """A shop's past in the making, inside one transaction of the test."""

    connection: Connection
    numbers: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        connection = self.connection
        self.campaign_id = connection.scalar(
            select(campaign.c.id).where(campaign.c.kind == Kind.DUNNING)
        ) or _id(connection, campaign, kind=Kind.DUNNING, name="催款", started_at=EARLY)
        self.batch_id = _id(
            connection,
            batch,
            campaign_id=self.campaign_id,
            business_day=EARLY.date(),
            planned_at=EARLY,
        )
        self.import_id = _id(
            connection,
            import_file,
            name="orders.csv",
            kind="orders",
            sha256="0" * 64,
            encoding="utf-8",
            data_time=EARLY,
            imported_at=EARLY,
            imported_by="engine",
            rows=1,
            taken=1,
            unchanged=0,
            rejected=0,
        )

    def person(self, name: str) -> int:
        """A caller of this name, made on first use."""
        found = self.connection.scalar(select(person.c.id).where(person.c.name == name))
        return found or _id(
            self.connection, person, name=name, role=Role.CALLER, is_active=True, created_at=EARLY
        )

    def customer(self, buyer: str | None = None) -> int:
        """A customer with one number."""
        number = next(self.numbers)
        customer_id = _id(
            self.connection,
            customer,
            identity=f"buyer-{number}",
            buyer=buyer or f"buyer-{number}",
            created_at=EARLY,
        )
        self.connection.execute(
            insert(customer_phone).values(
                customer_id=customer_id,
                phone_key=f"key-{number}",
                sealed=b"sealed",
                masked="184****0000",
                source="order",
                added_at=EARLY,
            )
        )
        return customer_id

    def task(
        self,
        customer_id: int,
        *,
        ending: Ending | None = None,
        closed_at: datetime | None = None,
    ) -> int:
        """A task; open unless it ended."""
        return _id(
            self.connection,
            task,
            campaign_id=self.campaign_id,
            kind=Kind.DUNNING,
            customer_id=customer_id,
            batch_id=self.batch_id,
            state=TaskState.CLOSED if ending else TaskState.WAITING,
            urgency=1,
            rank_at=EARLY,
            deadline=EARLY,
            callable_until=EARLY,
            window_group="",
            fence=0,
            created_at=EARLY,
            closed_at=closed_at,
            ending=ending,
        )

    def order(
        self,
        task_id: int,
        placed_at: datetime,
        *,
        joined_at: datetime | None = None,
        total_fen: int = 10_000,
    ) -> int:
        """An unpaid order, seen once an hour after it was placed, in the task."""
        seen_at = placed_at + timedelta(hours=1)
        customer_id = self.connection.scalar(select(task.c.customer_id).where(task.c.id == task_id))
        order_id = _id(
            self.connection,
            order,
            order_no=f"{next(self.numbers):019d}",
            customer_id=customer_id,
            state=OrderState.AWAITING_PAYMENT,
            total_fen=total_fen,
            paid_fen=0,
            placed_at=placed_at,
            first_seen_at=seen_at,
            last_seen_at=seen_at,
        )
        self.connection.execute(
            insert(task_order).values(
                task_id=task_id, order_id=order_id, joined_at=joined_at or seen_at
            )
        )
        self._sight(order_id, seen_at)
        return order_id

    def seen(
        self,
        order_id: int,
        state: OrderState,
        seen_at: datetime,
        *,
        known_at: datetime | None = None,
        paid_at: datetime | None = None,
        paid_fen: int = 0,
    ) -> None:
        """An import showed the order so: forward only, and a sighting where it told something."""
        row = self.connection.execute(select(order).where(order.c.id == order_id)).one()
        before = OrderState(row.state)
        is_newer = seen_at > row.last_seen_at
        if not (is_newer if before is state else before.may_become(state)):
            return
        known = {"state": state, "paid_fen": paid_fen, "paid_at": paid_at}
        last_seen_at = max(seen_at, row.last_seen_at)
        self.connection.execute(
            update(order).where(order.c.id == order_id).values(last_seen_at=last_seen_at, **known)
        )
        self._sight(order_id, known_at or seen_at)

    def _sight(self, order_id: int, known_at: datetime) -> None:
        """Write down what is known of the order from now on."""
        row = self.connection.execute(select(order).where(order.c.id == order_id)).one()
        self.connection.execute(
            insert(order_sighting).values(
                order_id=order_id,
                import_id=self.import_id,
                state=row.state,
                total_fen=row.total_fen,
                paid_fen=row.paid_fen,
                paid_at=row.paid_at,
                seen_at=row.last_seen_at,
                known_at=known_at,
            )
        )

    def attempt(
        self,
        task_id: int,
        at: datetime,
        *,
        handler: str = "小顾",
        owed_fen: int = 10_000,
        state: AttemptState = AttemptState.CLOSED,
        redial_of: str | None = None,
    ) -> str:
        """A hand-out that became what `state` says."""
        attempt_id = f"attempt-{next(self.numbers):08d}"
        customer_id = self.connection.scalar(select(task.c.customer_id).where(task.c.id == task_id))
        phone = self.connection.execute(
            select(customer_phone).where(customer_phone.c.customer_id == customer_id)
        ).one()
        is_live = state in (AttemptState.HANDED_OUT, AttemptState.DIALLED)
        is_closed = state is AttemptState.CLOSED
        self.connection.execute(
            insert(attempt).values(
                id=attempt_id,
                task_id=task_id,
                campaign_id=self.campaign_id,
                kind=Kind.DUNNING,
                customer_id=customer_id,
                phone_id=phone.id,
                phone_key=phone.phone_key,
                caller_id=self.person(handler),
                state=state,
                fence=1,
                at=at,
                handed_out_at=at,
                lease_until=at + timedelta(minutes=15),
                dialled_at=at,
                ended_at=None if is_live else at + timedelta(minutes=3),
                outcome="will_pay" if is_closed else None,
                outcome_at=at + timedelta(minutes=3) if is_closed else None,
                exemption=Exemption.NONE,
                redial_of=redial_of,
                owed_fen=owed_fen,
                policy_version=0,
                calendar_version=0,
                day_kind="working",
            )
        )
        return attempt_id
