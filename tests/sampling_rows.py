"""A month's sample with its calls and scores, written straight into the tables.

with runtime.transaction() as connection:
    rows = SampleRows(connection)
    may = rows.sample("2026-05", frame_size=200)
    one = rows.member(may, handler="小顾", ending=Ending.SCORED)
    call = rows.call(one, "2026-05-27 09:00", "scored", caller="谷雨")
    rows.score(one, 5, call)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count

from sqlalchemy import Connection, Table, func, insert, select

from adapters.store.models.after_sales import case_entry, service_case
from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import batch, campaign, task
from adapters.store.models.customers import customer, customer_phone
from adapters.store.models.sampling import escalation, review, sample, sample_member, score
from adapters.store.models.shop import person
from campaigns.days import business_day, midnight_of
from campaigns.kinds.sampling import closes_at, first_of, opens_on
from campaigns.registers.cases import ENDED
from campaigns.registry import outcome_of
from campaigns.values import (
    AttemptState,
    CaseKind,
    CaseState,
    Ending,
    Exemption,
    Kind,
    Role,
    SampleState,
    ScoreOrigin,
    Source,
    TaskState,
    Verdict,
)
from tests.factories import at as instant

EARLY = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Member:
    """One customer of a frame; `task_id` 0: never called in."""

    id: int
    customer_id: int
    task_id: int


@dataclass
class SampleRows:
    """Samples in the making, inside one transaction of the test."""

    connection: Connection
    numbers: count[int] = field(default_factory=lambda: count(1))

    def sample(
        self,
        month: str,
        *,
        state: SampleState = SampleState.APPROVED,
        frame_size: int = 100,
        **fields: object,
    ) -> int:
        """A month's sample, drawn on the 25th and, unless said otherwise, approved on the 26th."""
        drawn_at = midnight_of(first_of(month).replace(day=25)) + timedelta(hours=10)
        submitted = state in (SampleState.SUBMITTED, SampleState.APPROVED)
        approved = state is SampleState.APPROVED
        usual: dict[str, object] = {
            "month": month,
            "campaign_id": self.campaign_id,
            "state": state,
            "seed": 42,
            "wanted": 60,
            "scored_share": 600,
            "frame_size": frame_size,
            "frame_hash": "0" * 64,
            "list_hash": "1" * 64 if approved else None,
            "drawn_at": drawn_at,
            "drawn_by": "李组长",
            "submitted_at": drawn_at + timedelta(hours=1) if submitted else None,
            "submitted_by": "李组长" if submitted else None,
            "approved_at": drawn_at + timedelta(days=1) if approved else None,
            "approved_by": "周主管" if approved else None,
        }
        return self.row(sample, **(usual | fields))

    def member(
        self,
        sample_id: int,
        buyer: str | None = None,
        *,
        source: Source = Source.AFTER_SALES,
        handler: str = "小顾",
        called_in: bool = True,
        day: date | None = None,
        ending: Ending | None = None,
        closed: str | None = None,
        **fields: object,
    ) -> Member:
        """A customer of the frame, by default called in; the task is open unless it ended.

        `day`: the first day of calling, the month's 27th by default. `closed`: when the task ended,
        by default at the end of the month's calls.
        """
        row = self.connection.execute(select(sample).where(sample.c.id == sample_id)).one()
        opens = day or opens_on(first_of(row.month))
        customer_id = self._customer(buyer)
        task_id = 0
        if called_in:
            closed_at = instant(closed) if closed else closes_at(opens)
            task_id = self._task(row.campaign_id, customer_id, opens, ending, closed_at)
        member_id = self.row(
            sample_member,
            **{
                "sample_id": sample_id,
                "customer_id": customer_id,
                "source": source,
                "handler": handler,
                "rank": self._next_rank(sample_id),
                "is_reserve": not called_in,
                "task_id": task_id or None,
                "called_in_at": midnight_of(opens) if called_in else None,
                **fields,
            },
        )
        return Member(member_id, customer_id, task_id)

    def call(
        self, of: Member, when: str, outcome: str | None = "no_answer", **fields: object
    ) -> str:
        """An attempt dialled then; the outcome was entered three minutes later. None: not yet.

        `caller` names who called, 谷雨 by default.
        """
        dialled_at = instant(when)
        entered_at = dialled_at + timedelta(minutes=3) if outcome else None
        phone = self.connection.execute(
            select(customer_phone).where(customer_phone.c.customer_id == of.customer_id)
        ).one()
        usual: dict[str, object] = {
            "id": f"attempt-{of.id:06d}-{next(self.numbers):06d}",
            "task_id": of.task_id,
            "campaign_id": self.campaign_id,
            "kind": Kind.SAMPLING,
            "customer_id": of.customer_id,
            "phone_id": phone.id,
            "phone_key": phone.phone_key,
            "caller_id": self.person(str(fields.pop("caller", "谷雨"))),
            "state": AttemptState.CLOSED if outcome else AttemptState.DIALLED,
            "fence": 1,
            "at": dialled_at,
            "handed_out_at": dialled_at,
            "lease_until": dialled_at + timedelta(minutes=15),
            "dialled_at": dialled_at,
            "ended_at": entered_at,
            "outcome": outcome,
            "outcome_at": entered_at,
            "is_reached": outcome is not None and outcome_of(Kind.SAMPLING, outcome).is_reached,
            "exemption": Exemption.NONE,
            "owed_fen": 0,
            "policy_version": 0,
            "calendar_version": 0,
            "day_kind": "working",
        }
        values = usual | fields
        self.connection.execute(insert(attempt).values(**values))
        return str(values["id"])

    def score(
        self,
        of: Member,
        value: int,
        attempt_id: str,
        *,
        origin: ScoreOrigin = ScoreOrigin.CUSTOMER,
        **fields: object,
    ) -> int:
        """A score, entered with the attempt's outcome unless `at` says otherwise."""
        row = self.connection.execute(select(attempt).where(attempt.c.id == attempt_id)).one()
        usual = {"at": row.outcome_at or row.at, "who": "谷雨"}
        return self.row(
            score,
            task_id=of.task_id,
            attempt_id=attempt_id,
            customer_id=of.customer_id,
            value=value,
            origin=origin,
            **(usual | fields),
        )

    def case(self, attempt_id: str, *changes: tuple[str, CaseState], cause: str = "盆碎了") -> int:
        """A case that came out of a call, with what became of it: (when, state), oldest first."""
        call = self.connection.execute(select(attempt).where(attempt.c.id == attempt_id)).one()
        opened_at, (changed, state) = instant(changes[0][0]), changes[-1]
        case_id = self.row(
            service_case,
            business_day=business_day(opened_at),
            opened_at=opened_at,
            handler="谷雨",
            customer_id=call.customer_id,
            kind=CaseKind.SERVICE,
            cause=cause,
            state=state,
            due_at=opened_at + timedelta(minutes=30),
            closed_at=instant(changed) if state in ENDED else None,
            attempt_id=attempt_id,
            changed_at=instant(changed),
        )
        for when, then in changes:
            self.row(
                case_entry,
                case_id=case_id,
                at=instant(when),
                who="谷雨",
                state=then,
                handler="谷雨",
                due_at=opened_at + timedelta(minutes=30),
            )
        return case_id

    def escalation(self, attempt_id: str, case_id: int, **fields: object) -> int:
        """R-SMP-5. An answer promised when the case was opened, due 30 minutes later."""
        call = self.connection.execute(select(attempt).where(attempt.c.id == attempt_id)).one()
        opened_at = self.connection.scalars(
            select(service_case.c.opened_at).where(service_case.c.id == case_id)
        ).one()
        usual = {
            "task_id": call.task_id,
            "attempt_id": attempt_id,
            "customer_id": call.customer_id,
            "case_id": case_id,
            "opened_at": opened_at,
            "due_at": opened_at + timedelta(minutes=30),
            "owner_id": call.caller_id,
        }
        return self.row(escalation, **(usual | fields))

    def review(
        self, of: Member, when: str, verdict: Verdict, reviewer: str = "周主管", **fields: object
    ) -> int:
        """R-SMP-12. A review, taken ten minutes before; the score it corrects is a row of its own."""
        usual = {
            "reviewer_id": self.person(reviewer, Role.SUPERVISOR),
            "taken_at": instant(when) - timedelta(minutes=10),
            "reviewed_at": instant(when),
            "verdict": verdict,
        }
        return self.row(review, task_id=of.task_id, **(usual | fields))

    def scored(
        self,
        sample_id: int,
        value: int,
        *,
        origin: ScoreOrigin = ScoreOrigin.CUSTOMER,
        **fields: object,
    ) -> Member:
        """A customer who was called on the first afternoon and scored; `fields` of the member."""
        rule = origin is ScoreOrigin.RULE
        usual = {"ending": Ending.SCORED_BY_RULE if rule else Ending.SCORED}
        of = self.member(sample_id, **(usual | fields))  # type: ignore[arg-type]
        first_day = self.connection.scalar(
            select(batch.c.business_day)
            .join(task, task.c.batch_id == batch.c.id)
            .where(task.c.id == of.task_id)
        )
        call = self.call(of, f"{first_day} 14:00", "refused" if rule else "scored")
        self.score(of, value, call, origin=origin)
        return of

    def person(self, name: str, role: Role = Role.CALLER) -> int:
        """Somebody of this name, made on first use."""
        found = self.connection.scalar(select(person.c.id).where(person.c.name == name))
        return found or self.row(person, name=name, role=role, is_active=True, created_at=EARLY)

    @property
    def campaign_id(self) -> int:
        """The shop's sampling campaign, made where the database has none."""
        found = self.connection.scalar(
            select(campaign.c.id).where(campaign.c.kind == Kind.SAMPLING).order_by(campaign.c.id)
        )
        return found or self.row(campaign, kind=Kind.SAMPLING, name="回访抽查", started_at=EARLY)

    def _customer(self, buyer: str | None) -> int:
        number = self.connection.scalar(select(func.count()).select_from(customer)) or 0
        customer_id = self.row(
            customer,
            identity=f"sampled-{number}",
            buyer=buyer or f"sampled-{number}",
            created_at=EARLY,
        )
        self.row(
            customer_phone,
            customer_id=customer_id,
            phone_key=f"sampled-key-{number}",
            sealed=b"sealed",
            masked="184****0000",
            source="order",
            added_at=EARLY,
        )
        return customer_id

    def _task(
        self,
        campaign_id: int,
        customer_id: int,
        day: date,
        ending: Ending | None,
        closed_at: datetime,
    ) -> int:
        batch_id = self.connection.scalar(
            select(batch.c.id).where(
                batch.c.campaign_id == campaign_id, batch.c.business_day == day
            )
        ) or self.row(batch, campaign_id=campaign_id, business_day=day, planned_at=midnight_of(day))
        return self.row(
            task,
            campaign_id=campaign_id,
            kind=Kind.SAMPLING,
            customer_id=customer_id,
            batch_id=batch_id,
            state=TaskState.CLOSED if ending else TaskState.WAITING,
            urgency=1,
            rank_at=midnight_of(day),
            deadline=closes_at(day),
            callable_until=closes_at(day),
            window_group="",
            fence=0,
            created_at=midnight_of(day),
            closed_at=closed_at if ending else None,
            ending=ending,
        )

    def _next_rank(self, sample_id: int) -> int:
        query = select(func.count()).where(sample_member.c.sample_id == sample_id)
        return int(self.connection.scalar(query) or 0) + 1

    def row(self, table: Table, **values: object) -> int:
        """A row of any table; its id."""
        key = self.connection.execute(insert(table).values(**values)).inserted_primary_key
        assert key is not None
        return int(key[0])
