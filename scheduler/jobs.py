"""What the engine does by itself: the morning's plan, the plan after an import, sweeping, sealing.

A slot of a job is a row; whoever inserts it runs the slot, so a second ticker does no harm, and a
run that broke off is taken up again later. Slots go by the shop's clock. Sweeping and sealing need
no slot: doing them twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from adapters import event_log
from adapters.store.queries import audit, imports, tasks
from adapters.store.queries import jobs as queries
from campaigns.days import business_day, midnight_of
from campaigns.errors import WaihuError
from campaigns.values import ENGINE, SHOP_ZONE, Kind
from scheduler.flows.claim import release_expired
from scheduler.flows.escalations import note_breaches
from scheduler.flows.line_events import apply_waiting
from scheduler.flows.line_reconcile import reconcile
from scheduler.flows.planning import plan
from scheduler.flows.refresh import refresh_tasks, retract_todos
from scheduler.flows.sampling_places import replace_lost
from scheduler.flows.shop import refresh_calendar
from scheduler.flows.shortages import break_overdue, follow_up_due
from scheduler.flows.text_events import apply_waiting_texts
from scheduler.flows.text_reconcile import reconcile_texts
from scheduler.flows.text_sending import send_due
from scheduler.flows.todos import end_unanswered
from scheduler.flows.training_colleagues import bring_exports, work
from scheduler.runtime import Runtime

log = event_log.get_logger(__name__)

SWEPT_AT_ONCE = 1_000
LATE_DAYS = 31
"""How many missed mornings are written down as skipped after a long sleep."""


def tick(runtime: Runtime) -> None:
    """One round of everything that may be due. One job's failure does not keep the others."""
    _run(runtime, _JOBS)


def tick_told(runtime: Runtime) -> None:
    """One round over what lines have told: on its own, so that nobody's silence delays it."""
    _run(runtime, (_told,))


def tick_lines(runtime: Runtime) -> None:
    """One round with the lines: on its own, for a line may take half a minute to answer."""
    _run(runtime, _LINE_JOBS)


def _run(runtime: Runtime, jobs: Iterable[Callable[[Runtime, datetime], None]]) -> None:
    now = runtime.now()
    for job in jobs:
        try:
            job(runtime, now)
        except WaihuError as error:
            log.warning("job.refused", job=job.__name__, reason=error.message)
        except Exception:  # the engine must outlive any defect of one job; the log has it whole
            log.exception("job.failed", job=job.__name__)


def _told(runtime: Runtime, now: datetime) -> None:
    """Work off what lines have told us (safety I14)."""
    apply_waiting(runtime)
    apply_waiting_texts(runtime)


def _look_up(runtime: Runtime, now: datetime) -> None:
    """Decision 0027. Ask the lines what became of calls and texts."""
    reconcile(runtime)
    reconcile_texts(runtime)


def _send_texts(runtime: Runtime, now: datetime) -> None:
    """R-MSG-2. Send the texts that are due, at or below each line's pace."""
    send_due(runtime)


def _sweep(runtime: Runtime, now: datetime) -> None:
    """R-CLAIM-1, R-DUN-3. Free expired leases, end what is past its deadline, make due tasks ready."""
    with runtime.transaction() as connection:
        release_expired(connection, now)
        overdue = tasks.past_deadline(connection, now, SWEPT_AT_ONCE)
        if overdue:
            refresh_tasks(connection, runtime, now, overdue, ENGINE)
        retract_todos(connection, runtime, now)
        break_overdue(connection, now)
        tasks.promote(connection, now)


def _breaches(runtime: Runtime, now: datetime) -> None:
    """R-SMP-5. Promised answers that are overdue.

    On its own: it locks tasks in their order, and other work holds some already.
    """
    with runtime.transaction() as connection:
        note_breaches(connection, now)


def _replies(runtime: Runtime, now: datetime) -> None:
    """R-SMP-2, R-SMP-6. Who did not answer a message has ended, and whoever is lost is replaced."""
    with runtime.transaction() as connection:
        end_unanswered(connection, runtime, now)
        replace_lost(connection, runtime, now, ENGINE)


def _seal(runtime: Runtime, now: datetime) -> None:
    """R-AUD-1. Chain the trail, off the hot path."""
    seal_trail(runtime)


def seal_trail(runtime: Runtime) -> int:
    """Chain every unsealed row of the audit trail; returns how many."""
    sealed = 0
    while True:
        with runtime.transaction() as connection:
            batch = audit.seal(connection)
        sealed += batch
        if batch < audit.CHAIN_BATCH:
            return sealed


def _calendar(runtime: Runtime, now: datetime) -> None:
    """R-HOURS-6. Once a day, ask whether the installed library knows another year."""
    slot = midnight_of(business_day(now))
    if _take(runtime, "calendar", slot, now):
        refresh_calendar(runtime, now)
        _done(runtime, "calendar", slot, now)


def _arrivals(runtime: Runtime, now: datetime) -> None:
    """R-OOS-2. Once a day, follow up what is expected on it."""
    slot = midnight_of(business_day(now))
    if _take(runtime, "arrivals", slot, now):
        follow_up_due(runtime, now)
        _done(runtime, "arrivals", slot, now)


def _sampling_day(runtime: Runtime, now: datetime) -> None:
    """R-SMP-3. Once a day what is open of the sample is ranked anew: it rises as the end nears."""
    slot = midnight_of(business_day(now))
    if _take(runtime, "sampling_day", slot, now):
        with runtime.transaction() as connection:
            open_tasks = tasks.open_of_kind(connection, Kind.SAMPLING)
            refresh_tasks(connection, runtime, now, open_tasks, ENGINE)
        _done(runtime, "sampling_day", slot, now)


def _morning_plan(runtime: Runtime, now: datetime) -> None:
    """R-DUN-1. Every morning at the set time; mornings slept through are written down as skipped."""
    with runtime.snapshot() as connection:
        law = runtime.law(connection)
        today = business_day(now)
        slot = datetime.combine(today, law.policy.plan_at, tzinfo=SHOP_ZONE).astimezone(UTC)
        if now < slot:
            slot -= timedelta(days=1)
        if queries.is_settled(connection, "plan", slot):
            return
        last = queries.last_slot(connection, "plan")
    for missed in _missed(last, slot):
        with runtime.transaction() as connection:
            queries.skip(connection, "plan", missed, now, "engine was not running")
    if not _take(runtime, "plan", slot, now):
        return
    if business_day(slot) == today:
        plan(runtime, today, now, ENGINE)
        _done(runtime, "plan", slot, now)
    else:
        with runtime.transaction() as connection:
            queries.finish(connection, "plan", slot, now, "skipped", "the day was over")


def _missed(last: datetime | None, slot: datetime) -> list[datetime]:
    """The mornings before `slot`, from the last known one on: that may have broken off."""
    if last is None:
        return []
    days = min((slot - last).days, LATE_DAYS)
    return [slot - timedelta(days=back) for back in range(days, 0, -1)]


def _plan_after_import(runtime: Runtime, now: datetime) -> None:
    """R-DUN-1. Again after each import, once the morning's plan is due."""
    with runtime.snapshot() as connection:
        law = runtime.law(connection)
        imported = imports.last_to_plan_from(connection)
    today = business_day(now)
    opens = datetime.combine(today, law.policy.plan_at, tzinfo=SHOP_ZONE)
    if imported is None or imported > now or now < opens or business_day(imported) != today:
        return
    if _take(runtime, "plan_after_import", imported, now):
        plan(runtime, today, now, ENGINE)
        _done(runtime, "plan_after_import", imported, now)


def _colleagues(runtime: Runtime, now: datetime) -> None:
    """Training shops only: the simulated colleagues call, each step at its own instant."""
    work(runtime)


def _take(runtime: Runtime, job: str, slot: datetime, now: datetime) -> bool:
    with runtime.transaction() as connection:
        return queries.take(connection, job, slot, now)


def _done(runtime: Runtime, job: str, slot: datetime, now: datetime) -> None:
    with runtime.transaction() as connection:
        queries.finish(connection, job, slot, now, "done", None)


_JOBS = (
    _sweep,
    _breaches,
    _replies,
    _seal,
    _calendar,
    _arrivals,
    _sampling_day,
    bring_exports,
    _morning_plan,
    _plan_after_import,
    _colleagues,
)
"""In this order: what an export brings is there before the morning's plan."""

_LINE_JOBS = (_look_up, _send_texts)
