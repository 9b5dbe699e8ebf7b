"""The whole history, judged once more (R-AUD-2). The tables below list every check there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, func, select

from adapters.store.models.after_sales import feedback, service_case
from adapters.store.models.audit import audit
from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import task
from adapters.store.models.customers import order_sighting, suppression
from adapters.store.models.imports import import_file
from adapters.store.models.lines import line_call, line_event, sms
from adapters.store.models.sampling import escalation, review, sample, score
from adapters.store.models.shop import job_slot
from adapters.store.models.stock import shortage
from scheduler.verify import (
    callback,
    called_in,
    cases,
    contacts,
    control,
    do_not_contact,
    dunning,
    escalations,
    hours,
    intake,
    line_calls,
    line_evidence,
    lines,
    promises,
    reviews,
    riders,
    sampling_calls,
    spacing,
    stock_out,
    tasks,
    text_evidence,
    texts,
    trail,
)
from scheduler.verify import (
    sample as month,
)
from scheduler.verify.background import Background, read_background
from scheduler.verify.history import CustomerHistory
from scheduler.verify.reading import customers
from scheduler.verify.report import Finding, Notebook, Report

if TYPE_CHECKING:
    from scheduler.runtime import Runtime

OfCustomer = Callable[[CustomerHistory, Background], Iterator[Finding]]
OfShop = Callable[[Connection, Background], Iterator[Finding]]

CUSTOMER_CHECKS: tuple[OfCustomer, ...] = (
    hours.check_windows,
    hours.check_law_kept,
    hours.check_assigned_part,
    hours.check_messages,
    hours.check_wishes,
    spacing.check_slots,
    spacing.check_task_budget,
    spacing.check_customer_budget,
    spacing.check_other_campaigns,
    spacing.check_surveys,
    spacing.check_redials,
    contacts.check_numbers,
    contacts.check_open_tasks,
    contacts.check_one_call,
    contacts.check_fences,
    contacts.check_leases,
    contacts.check_skips,
    contacts.check_after_end,
    riders.check_riders,
    tasks.check_orders,
    tasks.check_day,
    tasks.check_follow_up,
    tasks.check_outcomes,
    tasks.check_endings,
    tasks.check_queued_messages,
    tasks.check_order_of_attempts,
    dunning.check_population,
    dunning.check_sums,
    dunning.check_closing,
    dunning.check_payment,
    dunning.check_newer_data,
    callback.check_parcels,
    callback.check_chase,
    stock_out.check_goods,
    stock_out.check_promises_made,
    promises.check_promises_kept,
    promises.check_told,
    sampling_calls.check_month,
    sampling_calls.check_closed,
    sampling_calls.check_scores,
    sampling_calls.check_rejected,
    sampling_calls.check_unreached,
    escalations.check_escalations,
    line_calls.check_gates,
    line_calls.check_counted,
    line_calls.check_unconfirmed,
)
SHOP_CHECKS: tuple[OfShop, ...] = (
    lines.check_shared_phones,
    lines.check_callers,
    do_not_contact.check_calls,
    do_not_contact.check_messages,
    do_not_contact.check_entered,
    do_not_contact.check_entries,
    control.check_left_alone,
    control.check_drawn,
    month.check_draws,
    month.check_frames,
    month.check_approvals,
    called_in.check_called_in,
    called_in.check_replaced,
    reviews.check_reviews,
    reviews.check_corrections,
    cases.check_opened,
    cases.check_histories,
    intake.check_counts,
    intake.check_states,
    trail.check_chain,
    trail.check_recorded,
    trail.check_sampling_recorded,
    line_calls.check_overlaps,
    line_calls.check_silence,
    line_calls.check_intents,
    line_evidence.check_steps,
    line_evidence.check_events,
    line_evidence.check_pictures,
    line_evidence.check_recordings,
    line_evidence.check_keypad,
    texts.check_windows,
    texts.check_wording,
    texts.check_budgets,
    texts.check_listed,
    texts.check_reached,
    texts.check_orders,
    text_evidence.check_steps,
    text_evidence.check_blasts,
)
CUSTOMER_LATENESS: tuple[OfCustomer, ...] = (
    hours.late_callbacks,
    contacts.missing_outcomes,
    escalations.breaches,
    promises.late_marks,
    sampling_calls.still_open,
)
SHOP_LATENESS: tuple[OfShop, ...] = (
    trail.unsealed,
    trail.late_jobs,
    month.late_plans,
    line_calls.long_unknown,
    line_evidence.waiting_events,
)

COUNTED: dict[str, Column[datetime]] = {
    "sightings": order_sighting.c.known_at,
    "imports": import_file.c.imported_at,
    "todos": todo.c.created_at,
    "suppressions": suppression.c.since,
    "shortages": shortage.c.listed_at,
    "cases": service_case.c.opened_at,
    "feedback": feedback.c.at,
    "samples": sample.c.drawn_at,
    "scores": score.c.at,
    "escalations": escalation.c.opened_at,
    "reviews": review.c.reviewed_at,
    "audit": audit.c.at,
    "job_slots": job_slot.c.started_at,
    "tasks": task.c.created_at,
    "hand_outs": attempt.c.handed_out_at,
    "line_calls": line_call.c.submitted_at,
    "line_events": line_event.c.received_at,
    "texts": sms.c.created_at,
}
"""What the report says it looked at, with the instant that places a row in time."""


def verify(runtime: Runtime, as_of: datetime | None = None) -> Report:
    """R-AUD-2. Judge everything that happened, or what had happened up to `as_of`. Writes nothing.

    A broken rule of the SOP is a violation, lateness of ours a warning. Without `as_of` the whole
    history is judged, whatever the clock says, and lateness is measured against its last instant.
    """
    violations, warnings = Notebook(), Notebook()
    with runtime.snapshot() as connection:
        background = read_background(connection, as_of)
        checked: Counter[str] = Counter(dict(_counts(connection, as_of)))
        for person in customers(connection, as_of):
            checked["customers"] += 1
            checked["orders"] += sum(len(task.orders) for task in person.tasks)
            checked["attempts"] += sum(a.counts for a in person.attempts)
            checked["riders"] += sum(a.is_rider for a in person.attempts)
            for check in CUSTOMER_CHECKS:
                violations.take(check(person, background))
            for check in CUSTOMER_LATENESS:
                warnings.take(check(person, background))
        for shop_check in SHOP_CHECKS:
            violations.take(shop_check(connection, background))
        for shop_check in SHOP_LATENESS:
            warnings.take(shop_check(connection, background))
    return Report(dict(checked), violations.findings(), warnings.findings())


def _counts(connection: Connection, as_of: datetime | None) -> Iterator[tuple[str, int]]:
    for name, column in COUNTED.items():
        statement = select(func.count()).select_from(column.table)
        if as_of is not None:
            statement = statement.where(column <= as_of)
        yield name, connection.execute(statement).scalar_one()
