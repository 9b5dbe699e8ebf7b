"""A small history written straight into the tables, clean by default; any field can be overridden.

Times are given as the shop's local wall clock, `"05-12 09:30"`, of the year 2025.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, insert, select, update

from adapters.settings import Settings
from adapters.store.models.audit import audit, audit_link
from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import batch, campaign, task, task_order
from adapters.store.models.customers import (
    customer,
    customer_phone,
    order,
    order_sighting,
    suppression,
)
from adapters.store.models.imports import import_file
from adapters.store.models.shop import calendar_version, person
from campaigns.values import SHOP_ZONE
from scheduler.runtime import Runtime
from scheduler.verify.history import REACHED
from scheduler.verify.report import Report
from scheduler.verify.second_opinion import verify

CALLER, OTHER_CALLER = 1, 2
DUNNING, SECOND_CAMPAIGN, CALLBACK, STOCK_OUT = 1, 2, 3, 4
KIND_OF = {DUNNING: "dunning", SECOND_CAMPAIGN: "dunning"} | {
    CALLBACK: "callback",
    STOCK_OUT: "stock_out",
}


def at(text: str) -> datetime:
    """The instant of a local wall clock time, in 2025 unless a year stands in front."""
    return datetime.fromisoformat(_with_year(text)).replace(tzinfo=SHOP_ZONE).astimezone(UTC)


def _with_year(text: str) -> str:
    return text if text[4] == "-" else f"2025-{text}"


class Story:
    """Rows in one database. Every method adds one thing and returns its id."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._attempts = 0
        self._day: dict[tuple[int, str], int] = {}
        early = at("01-01 00:00")
        self.row(calendar_version, created_at=early, source="test", first_year=2004, last_year=2026)
        for name, role in (("张三", "caller"), ("李四", "caller"), ("王五", "supervisor")):
            self.row(person, name=name, role=role, is_active=True, created_at=early)
        for number, name in enumerate(("催款", "催款二", "回访", "缺货通知"), start=1):
            self.row(campaign, kind=KIND_OF[number], name=name, started_at=early)

    def row(self, table: Table, **values: Any) -> Any:
        with self.engine.begin() as connection:
            result = connection.execute(insert(table).values(**values))
            key = result.inserted_primary_key
            assert key is not None
            return key[0]

    def change(self, table: Table, key: Any, **values: Any) -> None:
        column = next(iter(table.primary_key.columns))
        with self.engine.begin() as connection:
            assert connection.execute(update(table).where(column == key).values(**values)).rowcount

    def said(self, when: datetime, what: str, subject: str) -> int:
        return int(self.row(audit, at=when, who="张三", what=what, subject=subject))

    def batch(self, day: str, campaign_id: int = DUNNING, planned: str | None = None) -> int:
        if (campaign_id, day) not in self._day:
            self._day[campaign_id, day] = self.row(
                batch,
                campaign_id=campaign_id,
                business_day=date.fromisoformat(_with_year(day)),
                planned_at=at(planned or f"{day} 08:45"),
                data_until=at(planned or f"{day} 08:30"),
            )
        return self._day[campaign_id, day]

    def customer(self, name: str, region: str | None = "浙江", **values: Any) -> int:
        usual = {"identity": name, "buyer": name, "created_at": at("05-12 08:30")}
        return int(self.row(customer, region=region, **usual | values))

    def phone(self, customer_id: int, key: str | None = None, **values: Any) -> int:
        return int(
            self.row(
                customer_phone,
                **{
                    "customer_id": customer_id,
                    "phone_key": key or f"key-{customer_id}",
                    "sealed": b"",
                    "masked": "138****0000",
                    "source": "orders",
                    "added_at": at("05-12 08:30"),
                }
                | values,
            )
        )

    def imported(self, when: str, **counts: int) -> int:
        return int(
            self.row(
                import_file,
                name="orders.csv",
                kind="orders",
                sha256="0" * 64,
                encoding="utf-8",
                data_time=at(when),
                imported_at=at(when),
                imported_by="张三",
                **{"rows": 1, "taken": 1, "unchanged": 0, "rejected": 0} | counts,
            )
        )

    def order(self, customer_id: int, placed: str, seen: Sequence[str], fen: int = 5_000) -> int:
        """An order that was seen unpaid by imports at these times."""
        order_id = int(
            self.row(
                order,
                order_no=f"{customer_id}-{placed}-{fen}",
                customer_id=customer_id,
                state="awaiting_payment",
                total_fen=fen,
                paid_fen=0,
                placed_at=at(placed),
                first_seen_at=at(seen[0]),
                last_seen_at=at(seen[-1]),
            )
        )
        for when in seen:
            self.seen(order_id, when, fen=fen)
        return order_id

    def seen(
        self,
        order_id: int,
        when: str,
        state: str = "awaiting_payment",
        fen: int = 5_000,
        paid: str | None = None,
    ) -> int:
        self.change(order, order_id, state=state)
        return int(
            self.row(
                order_sighting,
                order_id=order_id,
                import_id=self.imported(when),
                state=state,
                total_fen=fen,
                paid_fen=fen if paid else 0,
                paid_at=at(paid) if paid else None,
                seen_at=at(when),
                known_at=at(when),
            )
        )

    def task(
        self,
        customer_id: int,
        orders: Sequence[int],
        day: str = "05-12",
        campaign_id: int = DUNNING,
        **values: Any,
    ) -> int:
        created = at(f"{day} 08:45")
        task_id = int(
            self.row(
                task,
                **{
                    "campaign_id": campaign_id,
                    "kind": KIND_OF[campaign_id],
                    "customer_id": customer_id,
                    "batch_id": self.batch(day, campaign_id),
                    "state": "waiting",
                    "urgency": 1,
                    "rank_at": created,
                    "deadline": created + timedelta(days=2),
                    "callable_until": created + timedelta(days=1),
                    "window_group": "",
                    "created_at": created,
                }
                | values,
            )
        )
        for order_id in orders:
            self.row(task_order, task_id=task_id, order_id=order_id, joined_at=created)
        return task_id

    def end(self, task_id: int, when: str, ending: str) -> None:
        self.change(task, task_id, state="closed", closed_at=at(when), ending=ending)

    def call(
        self,
        task_id: int,
        when: str,
        outcome: str | None,
        *,
        until: str | None = None,
        **values: Any,
    ) -> str:
        """A hand-out dialled at once; its outcome two minutes later unless `until` says when."""
        dialled = at(when)
        ended = at(until) if until else dialled + timedelta(minutes=2)
        closed = {
            "state": "closed",
            "outcome": outcome,
            "outcome_at": ended,
            "ended_at": ended,
            "is_reached": outcome in REACHED,
        }
        entry = self.hand_out(
            task_id,
            when,
            **{"dialled_at": dialled, "state": "dialled"}
            | (closed if outcome is not None else {})
            | values,
        )
        self.said(dialled, "attempt.dialled", f"attempt:{entry}")
        if outcome is not None:
            self.said(ended, "attempt.closed", f"attempt:{entry}")
        return entry

    def hand_out(self, task_id: int, when: str, **values: Any) -> str:
        self._attempts += 1
        with self.engine.connect() as connection:
            of = connection.execute(select(task).where(task.c.id == task_id)).one()
            region = connection.execute(
                select(customer.c.region).where(customer.c.id == of.customer_id)
            ).scalar()
            number = connection.execute(
                select(customer_phone.c.id, customer_phone.c.phone_key)
                .where(
                    customer_phone.c.id == values["phone_id"]
                    if "phone_id" in values
                    else customer_phone.c.customer_id == of.customer_id
                )
                .order_by(customer_phone.c.id)
            ).first()
        assert number is not None
        entry = str(
            self.row(
                attempt,
                **{
                    "id": f"attempt-{self._attempts:04d}",
                    "task_id": task_id,
                    "campaign_id": of.campaign_id,
                    "kind": of.kind,
                    "customer_id": of.customer_id,
                    "phone_id": number.id,
                    "phone_key": number.phone_key,
                    "caller_id": CALLER,
                    "state": "handed_out",
                    "fence": self._attempts,
                    "at": at(when),
                    "handed_out_at": at(when),
                    "lease_until": at(when) + timedelta(minutes=15),
                    "is_reached": False,
                    "exemption": "none",
                    "owed_fen": 5_000 if of.kind == "dunning" else 0,
                    "policy_version": 0,
                    "calendar_version": 1,
                    "day_kind": "working",
                    "region": region,
                }
                | values,
            )
        )
        self.said(at(when), "attempt.handed_out", f"attempt:{entry}")
        if values.get("state") == "skipped":
            self.said(values["ended_at"], "attempt.skipped", f"attempt:{entry}")
        return entry

    def todo(self, task_id: int, kind: str, created: str, done: str | None = None) -> int:
        with self.engine.connect() as connection:
            of = connection.execute(select(task).where(task.c.id == task_id)).one()
        entry = int(
            self.row(
                todo,
                kind=kind,
                task_id=task_id,
                campaign_id=of.campaign_id,
                customer_id=of.customer_id,
                occasion=created,
                wording="",
                created_at=at(created),
                due_at=at(created),
                done_at=at(done) if done else None,
                done_by="张三" if done else None,
            )
        )
        if done:
            self.said(at(done), "todo.done", f"todo:{entry}")
        return entry

    def listed(self, since: str, rule: str = "R-DNC-2", **values: Any) -> int:
        """A do-not-contact entry, of the customer or phone that is named."""
        entry = int(
            self.row(
                suppression,
                **{
                    "scope": "phone" if "phone_key" in values else "customer",
                    "rule": rule,
                    "reason": "要求不再联系",
                    "source": "panel",
                    "created_by": "张三",
                    "since": at(since),
                }
                | values,
            )
        )
        self.said(at(since), "suppression.added", f"suppression:{entry}")
        if values.get("lifted_at"):
            self.said(values["lifted_at"], "suppression.lifted", f"suppression:{entry}")
        return entry

    def unlock(self) -> None:
        """What somebody does who wants to change the trail: take away what keeps it append-only."""
        with self.engine.begin() as connection:
            names = connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).scalars()
            for name in names.all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")

    def seal(self) -> None:
        """Chain the trail as the SOP wants it (R-AUD-1)."""
        with self.engine.begin() as connection:
            previous = ""
            rows = connection.execute(select(audit).order_by(audit.c.id)).all()
            for position, row in enumerate(rows, start=1):
                fields = [previous, row.id, row.at.isoformat(), *row[2:]]
                text = json.dumps(fields, ensure_ascii=False)
                previous = hashlib.sha256(text.encode()).hexdigest()
                connection.execute(
                    insert(audit_link).values(position=position, audit_id=row.id, hash=previous)
                )

    def runtime(self) -> Runtime:
        return Runtime(Settings(str(self.engine.url), Path("no.key")), self.engine)

    def report(self, as_of: str | None = None) -> Report:
        return verify(self.runtime(), at(as_of) if as_of else None)

    def report_at(self, instant: datetime) -> Report:
        return verify(self.runtime(), instant)

    def broken(self, as_of: str | None = None) -> set[str]:
        """The rules that are found broken."""
        return {finding.rule for finding in self.report(as_of).violations}

    def late(self, as_of: str | None = None) -> set[str]:
        """The rules of which a lateness is found."""
        return {finding.rule for finding in self.report(as_of).warnings}
