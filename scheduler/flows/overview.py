"""The leader's view: today's plan by state and rule, the work lists, one customer's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import calls, imports, orders, overview
from campaigns.days import business_day, day_bounds
from campaigns.errors import NotFoundError
from campaigns.labels_zh import ENDING_LABELS, ORDER_STATE_LABELS, TASK_STATE_LABELS
from campaigns.values import Ending, Kind, OrderState, TaskState
from scheduler.flows.contact_story import Contact, contacts_of
from scheduler.flows.outlook import NobodyNow, Queued, nobody_now, queue
from scheduler.flows.planning import Plan, plan
from scheduler.runtime import Runtime

LISTED = 200


@dataclass(frozen=True, slots=True)
class LeftOutGroup:
    """Customers whom one answer leaves out of today's plan."""

    rules: tuple[str, ...]
    reason: str
    buyers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedCampaign:
    """One campaign's plan of the day: whom it calls, and who is left out by which rule."""

    campaign_id: int
    customers: int
    new: int
    amount_fen: int
    left_out: tuple[LeftOutGroup, ...]

    @property
    def left_out_count(self) -> int:
        """How many customers are left out."""
        return sum(len(group.buyers) for group in self.left_out)


@dataclass(frozen=True, slots=True)
class Progress:
    """What moves by the minute: open tasks by state, and what ended today by its ending."""

    by_state: Mapping[TaskState, int]
    ended_today: Mapping[Ending, int]


@dataclass(frozen=True, slots=True)
class Today:
    """Where the day stands. `planned_at` None: not planned yet; a stopped campaign has no plan."""

    day: date
    planned_at: datetime | None
    last_import_at: datetime | None
    calendar_is_known: bool
    progress: Progress
    outlook: NobodyNow
    queue: tuple[Queued, ...]
    plans: Mapping[int, PlannedCampaign]


def today(runtime: Runtime, now: datetime) -> Today:
    """The day of the shop at `now`: counts, the queue, who is left out by which rule."""
    day = business_day(now)
    with runtime.snapshot() as connection:
        law = runtime.law(connection)
        planned_at = overview.planned_at(connection, day)
        last_import_at = imports.last_order_import(connection)
        moving = _progress(connection, day)
        outlook = nobody_now(connection, runtime, now)
    return Today(
        day=day,
        planned_at=planned_at,
        last_import_at=last_import_at,
        calendar_is_known=law.calendar.is_known(day.year),
        progress=moving,
        outlook=outlook,
        queue=tuple(queue(runtime, now, LISTED)),
        plans=_plans(plan(runtime, day, now, "", dry_run=True)),
    )


def progress(runtime: Runtime, now: datetime) -> Progress:
    """What moves by the minute alone; nothing is planned for it, so it may be asked often."""
    with runtime.snapshot() as connection:
        return _progress(connection, business_day(now))


def _progress(connection: Connection, day: date) -> Progress:
    by_state = overview.open_by_state(connection)
    ended = overview.ended_between(connection, *day_bounds(day))
    return Progress(
        MappingProxyType({TaskState(state): count for state, count in by_state.items()}),
        MappingProxyType({Ending(ending): count for ending, count in ended.items()}),
    )


def _plans(made: Plan) -> Mapping[int, PlannedCampaign]:
    plans = {}
    for one in made.campaigns:
        grouped: dict[tuple[tuple[str, ...], str], list[str]] = {}
        for left in one.left_out:
            grouped.setdefault((left.rules, left.reason), []).append(left.buyer)
        groups = (LeftOutGroup(*key, tuple(buyers)) for key, buyers in grouped.items())
        plans[one.campaign_id] = PlannedCampaign(
            one.campaign_id,
            len(one.tasks),
            sum(task.new for task in one.tasks),
            sum(task.amount_fen for task in one.tasks),
            tuple(sorted(groups, key=lambda group: -len(group.buyers))),
        )
    return MappingProxyType(plans)


@dataclass(frozen=True, slots=True)
class MissingOutcome:
    """R-CLAIM-1. A call without an outcome, half an hour after dialling."""

    attempt_id: str
    buyer: str
    caller: str
    dialled_at: datetime


@dataclass(frozen=True, slots=True)
class SkippedCall:
    """R-CLAIM-1. A customer who was skipped, and why."""

    at: datetime
    buyer: str
    caller: str
    reason: str


@dataclass(frozen=True, slots=True)
class LeadersLists:
    """What the leader should look at beside the to-dos."""

    missing: tuple[MissingOutcome, ...]
    skipped: tuple[SkippedCall, ...]


def leaders_lists(runtime: Runtime, now: datetime) -> LeadersLists:
    """Missing outcomes, and today's skips."""
    start, end = day_bounds(business_day(now))
    with runtime.snapshot() as connection:
        limit = timedelta(minutes=runtime.law(connection).policy.outcome_missing_minutes)
        missing = calls.missing_outcomes(connection, now - limit, LISTED)
        skipped = overview.skipped_between(connection, start, end, LISTED)
    return LeadersLists(
        tuple(MissingOutcome(r.id, r.buyer, r.caller, r.dialled_at) for r in missing),
        tuple(SkippedCall(r.ended_at, r.buyer, r.caller, r.end_reason) for r in skipped),
    )


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order on the customer's page."""

    order_no: str
    state_label: str
    total_fen: int
    paid_fen: int
    placed_at: datetime
    paid_at: datetime | None
    last_seen_at: datetime
    is_missing: bool
    title: str | None


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task on the customer's page."""

    id: int
    kind: Kind
    state_label: str
    result_label: str | None
    due_at: datetime | None
    deadline: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PhoneLine:
    """A number on the customer's page, masked (R-PII-1, R-PHONE-3)."""

    id: int
    masked: str
    source: str
    usable_until: datetime | None
    is_verified: bool
    is_other: bool
    is_wrong: bool
    is_spent: bool


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """Everything known of one customer."""

    id: int
    buyer: str
    receiver: str | None
    region: str | None
    phones: tuple[PhoneLine, ...]
    orders: tuple[OrderLine, ...]
    tasks: tuple[TaskLine, ...]
    contacts: tuple[Contact, ...]


def customer_page(runtime: Runtime, customer_id: int) -> CustomerPage:
    """One customer with orders, tasks, contacts and masked numbers."""
    with runtime.snapshot() as connection:
        row = overview.customer_by_id(connection, customer_id)
        if row is None:
            raise NotFoundError(f"没有这位客户：{customer_id}", field="customer")
        return CustomerPage(
            id=row.id,
            buyer=row.buyer,
            receiver=row.receiver,
            region=row.region,
            phones=tuple(_phone(r) for r in overview.phones(connection, customer_id)),
            orders=tuple(_order(r) for r in orders.of_customer(connection, customer_id, LISTED)),
            tasks=tuple(_task(r) for r in overview.tasks_of(connection, customer_id, LISTED)),
            contacts=contacts_of(connection, customer_id),
        )


def _phone(row: Row[Any]) -> PhoneLine:
    return PhoneLine(
        id=row.id,
        masked=row.masked,
        source=row.source,
        usable_until=row.usable_until,
        is_verified=row.verified_at is not None,
        is_other=row.other_since is not None,
        is_wrong=row.wrong_since is not None,
        is_spent=row.spent_since is not None,
    )


def _order(row: Row[Any]) -> OrderLine:
    return OrderLine(
        order_no=row.order_no,
        state_label=ORDER_STATE_LABELS[OrderState(row.state)],
        total_fen=row.total_fen,
        paid_fen=row.paid_fen,
        placed_at=row.placed_at,
        paid_at=row.paid_at,
        last_seen_at=row.last_seen_at,
        is_missing=row.missing_since is not None,
        title=row.title,
    )


def _task(row: Row[Any]) -> TaskLine:
    return TaskLine(
        id=row.id,
        kind=Kind(row.kind),
        state_label=TASK_STATE_LABELS[TaskState(row.state)],
        result_label=None if row.ending is None else ENDING_LABELS[Ending(row.ending)],
        due_at=row.due_at,
        deadline=row.deadline,
        created_at=row.created_at,
    )
