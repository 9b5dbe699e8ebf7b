"""The next call, and what happens to a hand-out until its outcome (R-CLAIM-1, R-REPEAT-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.identifiers import new_attempt_id
from adapters.store.queries import audit, calls, campaigns, tasks
from adapters.store.queries.facts import load_tasks
from campaigns.days import business_day
from campaigns.decisions import Allow
from campaigns.facts import TaskFacts
from campaigns.registry import rules_of
from campaigns.states import COUNTED_ATTEMPTS
from campaigns.values import AttemptState, Exemption, Kind, Person, PhoneNumber, Topic
from scheduler.flows.outlook import NobodyNow, nobody_now
from scheduler.flows.people import NewPerson, enter_newcomer
from scheduler.flows.refresh import refresh_one, withdraw
from scheduler.flows.riders import Contact, Matter, matter_of, riders
from scheduler.flows.words import occasion_of, opening
from scheduler.rules.case import Case, is_usable
from scheduler.rules.gate import ask, case_for
from scheduler.rules.hours import slot_at
from scheduler.runtime import Law, Runtime
from scripts_zh.context import Occasion

_TRIES = 3


@dataclass(frozen=True, slots=True)
class HandOut:
    """One customer, held for one caller. `must_look_first`: R-DUN-4, look in the shop before dialling.

    `also`: the customer's further matters that may be settled in the same call (R-REPEAT-2).
    """

    attempt_id: str
    task_id: int
    kind: Kind
    customer_id: int
    buyer: str
    phone: PhoneNumber
    deadline: datetime
    lease_until: datetime
    handed_out_at: datetime
    dialled_at: datetime | None
    hung_up_at: datetime | None
    number: int
    budget: int
    exemption: Exemption
    must_look_first: bool
    region: str | None
    topic: Topic = Topic.NONE
    also: tuple[Matter, ...] = ()


@dataclass(frozen=True, slots=True)
class _Held:
    """What a hand-out shows of its attempt, freshly made or found again."""

    id: str
    phone_id: int
    handed_out_at: datetime
    lease_until: datetime
    dialled_at: datetime | None
    hung_up_at: datetime | None
    redial_of: str | None
    exemption: Exemption


class _Nobody(Exception):  # noqa: N818 - rolls the transaction back; nothing went wrong
    pass


class _Again(Exception):  # noqa: N818 - the same caller's other request was faster: look once more
    pass


def next_call(runtime: Runtime, caller: Person | NewPerson, now: datetime) -> HandOut | NobodyNow:
    """Hand out the next customer; the one still held comes first (R-CLAIM-1).

    With nobody to call nothing is written, not even a training shop's newcomer. Every refused
    candidate gets its new due time, so that it is not looked at again; what the gate said at
    planning is never trusted (R-HOURS-3).
    """
    for _ in range(_TRIES):
        try:
            with runtime.transaction() as connection:
                person = (
                    caller
                    if isinstance(caller, Person)
                    else enter_newcomer(connection, caller, now)
                )
                found = _next_call(connection, runtime, person, now)
        except _Again:
            continue
        except _Nobody:
            break
        if found is not None:
            return found
        break  # nobody else, but the call that was let go stays let go
    with runtime.snapshot() as connection:
        return nobody_now(connection, runtime, now)


def _next_call(
    connection: Connection, runtime: Runtime, caller: Person, now: datetime
) -> HandOut | None:
    law = runtime.law(connection)
    release_expired(connection, now)
    held = calls.live_of_caller(connection, caller.id)
    if held is not None:
        task = load_tasks(connection, [held.task_id], now)[held.task_id]
        policy = law.policy_for(task.campaign_id)
        case = case_for(task, now, policy, law.calendar, ignoring=[held.id])
        answer = ask(case)
        is_fit = isinstance(answer, Allow) and is_usable(task, held.phone_id, now)
        if held.dialled_at is not None or is_fit:
            return _hand_out(connection, runtime, _held(held), task, law, now)
        # Not callable any more (12:00 has passed, the phone is busy elsewhere): let go, uncounted.
        locked = calls.get(connection, held.id)
        if locked is None or locked.state != AttemptState.HANDED_OUT:
            raise _Again  # an import, a pause or the same caller's other click was faster
        rule = "R-PHONE-2" if isinstance(answer, Allow) else answer.rule
        withdraw(connection, held.id, now, rule, caller.name)
        task = load_tasks(connection, [held.task_id], now)[held.task_id]
        refresh_one(connection, law, now, task, caller.name)
    groups, running = open_groups(law, now), campaigns.open_to(connection, caller.id)
    tasks.promote(connection, now)
    lease_until = now + timedelta(minutes=law.policy.lease_minutes)
    taken: list[int] = []
    while groups and running:
        claimed = tasks.claim_best(
            connection, now, groups, running, caller.id, lease_until, skipping=taken
        )
        if claimed is None:
            break
        taken.append(claimed.id)
        task = load_tasks(connection, [claimed.id], now)[claimed.id]
        case = case_for(task, now, law.policy_for(task.campaign_id), law.calendar)
        if isinstance(ask(case), Allow):
            attempt = _insert(connection, case, law, claimed, caller, lease_until)
            if attempt is not None:
                return _hand_out(connection, runtime, attempt, task, law, now)
            if calls.live_of_caller(connection, caller.id) is not None:
                raise _Again  # a double click: the first answer is the answer
            task = load_tasks(connection, [claimed.id], now)[claimed.id]
        refresh_one(connection, law, now, task, caller.name)
    if held is not None:
        return None
    raise _Nobody


def release_expired(connection: Connection, now: datetime) -> int:
    """R-CLAIM-1. Undialled hand-outs whose lease ran out go back in the queue, uncounted."""
    released = tasks.release_expired(connection, now)
    if released:
        calls.expire(connection, released)
    return len(released)


def open_groups(law: Law, now: datetime) -> list[str]:
    """R-HOURS-4. The window groups that are open at this instant."""
    groups = ["", *law.policy.region_shifts]
    return [g for g in groups if slot_at(now, g or None, law.policy, law.calendar) is not None]


def _insert(
    connection: Connection,
    case: Case,
    law: Law,
    claimed: tasks.Claimed,
    caller: Person,
    lease_until: datetime,
) -> _Held | None:
    phone, task, now = case.phone, case.task, case.now
    assert phone is not None, "the gate allowed, so there is a number"
    exemption = case.exemption
    made = [a for a in task.attempts if a.state in COUNTED_ATTEMPTS]
    redial = made[-1].id if exemption is Exemption.CUT_OFF and made else None
    attempt_id = new_attempt_id(now)
    occasion = Occasion.REDIAL if exemption is Exemption.CUT_OFF else occasion_of(task)
    script_id, script_version = opening(task.kind, occasion, task.topic)
    inserted = calls.insert_unless_held(
        connection,
        {
            "id": attempt_id,
            "task_id": task.id,
            "campaign_id": task.campaign_id,
            "kind": task.kind,
            "customer_id": task.customer.id,
            "phone_id": phone.id,
            "phone_key": phone.key,
            "caller_id": caller.id,
            "state": "handed_out",
            "fence": claimed.fence,
            "at": now,
            "handed_out_at": now,
            "lease_until": lease_until,
            "is_reached": False,
            "exemption": exemption,
            "redial_of": redial,
            "owed_fen": rules_of(task.kind).amount_fen(task),
            "policy_version": case.policy.version,
            "calendar_version": law.calendar.version,
            "day_kind": law.calendar.kind_of(business_day(now)),
            "region": task.customer.region,
            "script_id": script_id,
            "script_version": script_version,
        },
    )
    if not inserted:
        return None
    audit.record(
        connection,
        now,
        caller.name,
        "attempt.handed_out",
        f"attempt:{attempt_id}",
        after={"task": task.id, "phone": phone.key},
    )
    return _Held(attempt_id, phone.id, now, lease_until, None, None, redial, exemption)


def _held(row: Row[Any]) -> _Held:
    return _Held(
        row.id,
        row.phone_id,
        row.handed_out_at,
        row.lease_until,
        row.dialled_at,
        row.hung_up_at,
        row.redial_of,
        Exemption(row.exemption),
    )


def current_call(runtime: Runtime, caller: Person, now: datetime) -> HandOut | None:
    """The call this caller holds, as it stands; nothing is written."""
    with runtime.snapshot() as connection:
        held = calls.live_of_caller(connection, caller.id)
        if held is None:
            return None
        task = load_tasks(connection, [held.task_id], now)[held.task_id]
        return _hand_out(connection, runtime, _held(held), task, runtime.law(connection), now)


def _hand_out(
    connection: Connection,
    runtime: Runtime,
    attempt: _Held,
    task: TaskFacts,
    law: Law,
    now: datetime,
) -> HandOut:
    made = [
        a
        for a in task.attempts
        if a.state in COUNTED_ATTEMPTS and not a.is_redial and a.id != attempt.id
    ]
    at = attempt.dialled_at or now
    contact = Contact(
        attempt.id, attempt.redial_of, task.id, task.kind, task.customer.id, attempt.phone_id, at
    )
    riding = riders(connection, law, contact, now)
    policy = law.policy_for(task.campaign_id)
    buyer, sealed = calls.buyer_and_number(connection, attempt.phone_id)
    return HandOut(
        attempt_id=attempt.id,
        task_id=task.id,
        kind=task.kind,
        customer_id=task.customer.id,
        buyer=buyer,
        phone=runtime.vault.open(sealed),
        deadline=rules_of(task.kind).deadline(task, policy) or now,
        lease_until=attempt.lease_until,
        handed_out_at=attempt.handed_out_at,
        dialled_at=attempt.dialled_at,
        hung_up_at=attempt.hung_up_at,
        number=len(made) + (0 if attempt.redial_of else 1),
        budget=policy.attempts_per_task[task.kind],
        exemption=attempt.exemption,
        must_look_first=rules_of(task.kind).needs_a_look(task, now, policy),
        region=task.customer.region,
        topic=task.topic,
        also=tuple(matter_of(case.task, law) for case in riding),
    )
