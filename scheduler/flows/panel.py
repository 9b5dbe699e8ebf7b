"""The supervisor's panel: where today stands, what reminders bring, who does what, what is late.

Today comes from indexed rows of today; everything longer from the figures kept with each outcome
(scheduler.flows.figures), so that a shop's tenth year costs what its first one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import blasts
from adapters.store.queries import campaigns as campaign_queries
from adapters.store.queries import figure_sums as figures
from adapters.store.queries import panel as queries
from campaigns import panel_tables as tables
from campaigns.days import business_day, day_bounds
from campaigns.errors import NotFoundError, UsageError
from campaigns.kinds.dunning_ledger import Totals
from campaigns.ledger import TOTAL_LABEL, Ledger, LedgerRow
from campaigns.panel_tables import (
    CallerRow,
    ContactCell,
    Doing,
    MoneyRow,
    StepRow,
    WorkList,
    WorkRow,
)
from campaigns.values import SHOP_ZONE, AttemptState, Role
from scheduler.flows.escalations import Escalation, open_escalations
from scheduler.flows.funnel import Funnel
from scheduler.flows.health import Finding, look_at
from scheduler.flows.sampling_left_over import LeftOver, left_over
from scheduler.flows.sampling_status import SampleStatus, status
from scheduler.flows.todos import MESSAGE_WITHIN
from scheduler.runtime import Runtime

SHOWN_DAYS = 30
MOST_DAYS = 366
WRAP_UP = timedelta(seconds=60)
"""How long an outcome may take after hanging up; the caller's page counts the same minute down."""


@dataclass(frozen=True, slots=True)
class PanelAsked:
    """What is asked for: the days of the tables of money, and one campaign or all."""

    first: date
    last: date
    campaign_id: int | None = None


@dataclass(frozen=True, slots=True)
class PanelNow:
    """What moves by the minute, as of `at`."""

    at: datetime
    day: date
    campaign_id: int | None
    funnel: tuple[StepRow, ...]
    money_today: Totals
    callers: tuple[CallerRow, ...]
    work: tuple[WorkRow, ...]
    health: tuple[Finding, ...]
    escalations: tuple[Escalation, ...]
    blasts_to_approve: int

    @property
    def near(self) -> int:
        """R-SMP-5. How many promised answers have less than ten minutes left."""
        return sum(one.is_near for one in self.escalations)

    @property
    def troubles(self) -> int:
        """How many things are late or broken."""
        return sum(row.late for row in self.work) + sum(not one.ok for one in self.health)


@dataclass(frozen=True, slots=True)
class PanelDays:
    """What reminders brought in some days, and when customers are reached, as of `at`."""

    at: datetime
    asked: PanelAsked
    campaign: str | None
    by_campaign: tuple[MoneyRow, ...]
    by_day: tuple[MoneyRow, ...]
    by_caller: tuple[MoneyRow, ...]
    contact: tuple[ContactCell, ...]
    contact_from: date
    sampling: SampleStatus
    left_over: LeftOver

    @property
    def total(self) -> Totals:
        """The sums of all days."""
        return tables.sum_of(self.by_day)


def asked_of(
    first: date | None, last: date | None, campaign_id: int | None, now: datetime
) -> PanelAsked:
    """Fill in what was not said: the last thirty days, every campaign.

    Raises UsageError for days the wrong way round, or more than a year of them.
    """
    last = last or max(first or business_day(now), business_day(now))
    first = first or last - timedelta(days=SHOWN_DAYS - 1)
    if first > last:
        raise UsageError(f"开始日期 {first} 晚于结束日期 {last}", field="from")
    if (last - first).days >= MOST_DAYS:
        raise UsageError(f"一次最多看 {MOST_DAYS} 天，请缩短日期范围", field="from")
    return PanelAsked(first, last, campaign_id)


# --- now -----------------------------------------------------------------------------------------


def panel_now(runtime: Runtime, now: datetime, campaign_id: int | None = None) -> PanelNow:
    """Today's funnel, money, callers, work lists, health and escalations; asked for often.

    Raises NotFoundError for an unknown campaign.
    """
    escalations = tuple(open_escalations(runtime, now))
    with runtime.snapshot() as connection:
        _campaign_name(connection, campaign_id)
        policy = runtime.law(connection).policy
        limit = now - timedelta(minutes=policy.outcome_missing_minutes)
        missing = queries.missing_outcomes(connection, limit)
        today = business_day(now)
        return PanelNow(
            at=now,
            day=today,
            campaign_id=campaign_id,
            funnel=Funnel(connection, now, campaign_id).steps(),
            money_today=_totals(figures.money_by_day(connection, today, today, campaign_id)),
            callers=_callers(connection, now, limit, missing),
            work=_work(connection, now, missing, escalations),
            health=tuple(look_at(runtime, connection, now)),
            escalations=escalations,
            blasts_to_approve=blasts.drafts(connection),
        )


def _callers(
    connection: Connection, now: datetime, limit: datetime, missing: Mapping[int, int]
) -> tuple[CallerRow, ...]:
    held = queries.held(connection)
    days = queries.days_of_callers(connection, *day_bounds(business_day(now)))
    rows = []
    for one in queries.callers(connection):
        day, live = days.get(one.id), held.get(one.id)
        if day is None and live is None and one.role != Role.CALLER:
            continue  # who leads and does not call today
        doing, since = _doing(live, day, now, limit)
        minutes = None if since is None else max((now - since) // timedelta(minutes=1), 0)
        rows.append(
            CallerRow(
                one.id,
                one.name,
                doing,
                minutes,
                live.id if live is not None else None,
                int(day.calls) if day else 0,
                int(day.reached) if day else 0,
                missing.get(one.id, 0),
            )
        )
    return tuple(rows)


def _doing(
    live: Row[Any] | None, day: Row[Any] | None, now: datetime, limit: datetime
) -> tuple[Doing, datetime | None]:
    if live is None:
        return (Doing.NOT_YET, None) if day is None else (Doing.FREE, day.last_ended_at)
    if live.state == AttemptState.HANDED_OUT:
        return Doing.PREPARING, live.handed_out_at
    if live.dialled_at <= limit:
        return Doing.MISSING, live.dialled_at
    if live.hung_up_at is None:
        return Doing.TALKING, live.dialled_at
    is_over = now - live.hung_up_at > WRAP_UP
    return (Doing.OVERRUN if is_over else Doing.WRAPPING_UP), live.hung_up_at


def _work(
    connection: Connection,
    now: datetime,
    missing: Mapping[int, int],
    escalations: Iterable[Escalation],
) -> tuple[WorkRow, ...]:
    listed = list(escalations)
    unentered = sum(missing.values())
    return (
        WorkRow(WorkList.MISSING, unentered, unentered),
        WorkRow(WorkList.TODOS, *queries.open_todos(connection, now, MESSAGE_WITHIN)),
        WorkRow(WorkList.CASES, *queries.open_cases(connection, now)),
        WorkRow(WorkList.ESCALATIONS, sum(one.is_breached for one in listed), len(listed)),
    )


# --- some days -----------------------------------------------------------------------------------


def panel_days(runtime: Runtime, asked: PanelAsked, now: datetime) -> PanelDays:
    """Money by campaign, day and caller (R-DUN-8), and the contact rate by weekday and hour.

    Raises NotFoundError for an unknown campaign.
    """
    span = (asked.first, asked.last, asked.campaign_id)
    contact_from = asked.last - timedelta(days=tables.CONTACT_DAYS - 1)
    with runtime.snapshot() as connection:
        name = _campaign_name(connection, asked.campaign_id)
        days = {row.business_day: row for row in figures.money_by_day(connection, *span)}
        campaigns = figures.money_by_campaign(connection, *span)
        callers = figures.money_by_caller(connection, *span)
        hours = figures.contacts_by_hour(connection, contact_from, asked.last, asked.campaign_id)
    return PanelDays(
        at=now,
        asked=asked,
        campaign=name,
        by_campaign=tuple(MoneyRow(r.name, r.campaign_id, _totals([r])) for r in campaigns),
        by_day=tuple(MoneyRow(day, None, _totals([row])) for day, row in sorted(days.items())),
        by_caller=tuple(MoneyRow(r.name, r.handler_id, _totals([r])) for r in callers),
        contact=_contact(hours),
        contact_from=contact_from,
        sampling=status(runtime, f"{business_day(now):%Y-%m}", now),
        left_over=left_over(runtime, now),
    )


def _contact(rows: Iterable[Row[Any]]) -> tuple[ContactCell, ...]:
    counts: dict[tuple[int, int], list[int]] = {}
    for row in rows:
        kept = counts.setdefault((row.business_day.weekday(), row.hour), [0, 0])
        kept[0] += int(row.attempts)
        kept[1] += int(row.reached)
    return tuple(
        ContactCell(weekday, hour, attempts, reached)
        for (weekday, hour), (attempts, reached) in sorted(counts.items())
        if attempts
    )


def _totals(rows: Iterable[Row[Any]]) -> Totals:
    listed = list(rows)
    return Totals(
        sum(int(row.customers) for row in listed),
        sum(int(row.payers) for row in listed),
        sum(int(row.owed_fen) for row in listed),
        sum(int(row.paid_fen) for row in listed),
    )


def _campaign_name(connection: Connection, campaign_id: int | None) -> str | None:
    if campaign_id is None:
        return None
    names = {row.id: str(row.name) for row in campaign_queries.listed(connection)}
    if campaign_id not in names:
        raise NotFoundError(f"没有这个活动：{campaign_id}", field="campaign")
    return names[campaign_id]


# --- the tables, for pages, files and the command line -------------------------------------------


def panel_ledgers(moving: PanelNow, days: PanelDays) -> dict[str, Ledger[LedgerRow]]:
    """Every table of the panel by its code; whatever shows one shows these rows."""
    asked, today = days.asked, moving.day
    contact = days.contact
    attempts, reached = sum(c.attempts for c in contact), sum(c.reached for c in contact)
    rate = reached / attempts if attempts else None
    late = sum(row.late for row in moving.work)
    unended = sum(row.open for row in moving.work)
    calls, through = sum(r.calls for r in moving.callers), sum(r.reached for r in moving.callers)
    missing = sum(r.missing for r in moving.callers)
    money = (
        (tables.CAMPAIGN_FORM, days.by_campaign),
        (tables.DAY_FORM, days.by_day),
        (tables.CALLER_FORM, days.by_caller),
    )
    made: list[Ledger[LedgerRow]] = [
        Ledger(
            tables.FUNNEL_FORM,
            today,
            today,
            moving.at,
            moving.funnel,
            ("截至", None, None, f"{moving.at.astimezone(SHOP_ZONE):%H:%M}"),
        ),
        *(
            Ledger(form, asked.first, asked.last, days.at, rows, tables.total_cells(rows))
            for form, rows in money
        ),
        Ledger(
            tables.CONTACT_FORM,
            days.contact_from,
            asked.last,
            days.at,
            contact,
            (TOTAL_LABEL, None, attempts, reached, rate, None),
        ),
        Ledger(
            tables.CALLERS_FORM,
            today,
            today,
            moving.at,
            moving.callers,
            (TOTAL_LABEL, None, None, calls, through, missing),
        ),
        Ledger(
            tables.WORK_FORM,
            today,
            today,
            moving.at,
            moving.work,
            (TOTAL_LABEL, late, unended, None),
        ),
    ]
    return {one.form.code: one for one in made}
