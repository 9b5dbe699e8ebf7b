"""The month's sample: drawn, submitted, approved by somebody else, frozen (R-SMP-1 to R-SMP-3)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit, samples
from adapters.store.queries import planning as queries
from adapters.store.queries.facts import load_customers
from adapters.store.queries.registers import entries_of_month
from campaigns import sampling_draw
from campaigns.days import business_day
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.kinds.sampling import closes_at, first_of, last_of, month_of
from campaigns.sampling_draw import SEED_MAX, Candidate, Drawn, Entry
from campaigns.values import Person, Role, SampleState, Source
from scheduler.flows.sampling_list import LeftOut, Member, Sample, candidate_of, read
from scheduler.flows.sampling_places import pass_over, replace_lost, step_in
from scheduler.flows.sampling_status import SampleStatus, status
from scheduler.flows.sampling_tasks import CalledIn, against, call_in
from scheduler.flows.second_look import look_again
from scheduler.runtime import Law, Runtime

__all__ = [
    "LeftOut",
    "Member",
    "Sample",
    "SampleStatus",
    "approve",
    "draw",
    "redraw",
    "sample_of",
    "status",
    "submit",
]

SHARE_KNOWN_FROM = 30
"""R-SMP-2. So many ended members of earlier months tell the share of scored."""

NEW_SEEDS_BELOW = 2**31
"""A seed that people can copy by hand."""

_RULE = "R-SMP-3"
_LEADING = frozenset({Role.LEADER, Role.SUPERVISOR})
_APPROVING = frozenset({Role.SUPERVISOR})


def draw(
    runtime: Runtime, month: str, now: datetime, who: Person | str, seed: int | None = None
) -> Sample:
    """R-SMP-1, R-SMP-2. Draw the current month's sample; before it is submitted, again and again.

    Another draw takes the place of the one before, which is kept and counted. `who` is a person, or
    the name of the command line. Raises RefusedError for a caller, for another month than the
    current one and after its close, ConflictError once the sample is submitted.
    """
    month = _checked_month(month, now)
    if now >= closes_at(first_of(month)):
        raise RefusedError("本月抽查已截止，不能再抽样", rules=(_RULE,))
    if isinstance(who, Person):
        _require(who, _LEADING, "R-SMP-2", "抽样由组长或主管进行")
    if seed is not None and not 0 <= seed <= SEED_MAX:
        raise UsageError(f"随机种子应在 0 到 {SEED_MAX} 之间", field="seed")
    seed = secrets.randbelow(NEW_SEEDS_BELOW) if seed is None else seed
    name = who.name if isinstance(who, Person) else who
    with runtime.transaction() as connection:
        campaign_id = samples.standing_campaign(connection)
        before = samples.of_month(connection, month)
        if before is not None and before.state != SampleState.DRAWN:
            raise ConflictError("本月名单已提交，不能重新抽样", rules=(_RULE,))
        law = runtime.law(connection).of(campaign_id)
        frame, left_out = _frame(connection, law, campaign_id, month, now)
        share = _expected_share(connection, law, month)
        wanted = sampling_draw.wanted(share)
        if before is not None:
            samples.change(connection, before.id, state=SampleState.REPLACED)
        sample_id = samples.add(
            connection,
            month=month,
            campaign_id=campaign_id,
            state=SampleState.DRAWN,
            seed=seed,
            wanted=wanted,
            scored_share=share,
            frame_size=len(frame),
            frame_hash=sampling_draw.frame_hash(frame),
            drawn_at=now,
            drawn_by=name,
        )
        _store(connection, sample_id, sampling_draw.ordered(frame, seed, wanted), left_out)
        made = read(connection, samples.get(connection, sample_id))
        after = {
            "month": month,
            "seed": seed,
            "frame": made.frame_size,
            "frame_hash": made.frame_hash,
            "drawn": sum(not member.is_reserve for member in made.members),
            "left_out": len(left_out),
            "replaces": None if before is None else before.id,
        }
        audit.record(connection, now, name, "sample.drawn", f"sample:{sample_id}", after=after)
    return made


def _frame(
    connection: Connection, law: Law, campaign_id: int, month: str, now: datetime
) -> tuple[list[Candidate], list[tuple[int, tuple[str, ...], str]]]:
    """R-SMP-1. Who of the registers may be drawn, and who may not by which rules."""
    first = first_of(month)
    rows = entries_of_month(connection, first, last_of(first) + timedelta(days=1), now)
    candidates = sampling_draw.merge(
        Entry(
            customer_id=row.customer_id,
            source=Source(row.source),
            handler=row.handler,
            entered_on=row.entered_on,
            order_no=row.order_no,
            detail=row.detail,
            row=place,  # the newest rows come last
        )
        for place, row in enumerate(rows)
    )
    customers = load_customers(connection, [one.customer_id for one in candidates], now)
    frame: list[Candidate] = []
    left_out: list[tuple[int, tuple[str, ...], str]] = []
    for one in candidates:
        stands = against(law, campaign_id, customers[one.customer_id], now)
        if stands:
            rules = dict.fromkeys(rule for stop in stands for rule in (stop.rule, *stop.also))
            reason = "；".join(dict.fromkeys(stop.reason for stop in stands))
            left_out.append((one.customer_id, tuple(rules), reason))
        else:
            frame.append(one)
    return frame, left_out


def _expected_share(connection: Connection, law: Law, month: str) -> int:
    """R-SMP-2. The expected share of scored, per mille: the shop's own, once it is known."""
    ended, scored = samples.ended_before(connection, month)
    if ended < SHARE_KNOWN_FROM:
        return law.policy.scored_share_percent * 10
    return max(scored * 1000 // ended, 1)


def _store(
    connection: Connection,
    sample_id: int,
    drawn: list[Drawn],
    left_out: list[tuple[int, tuple[str, ...], str]],
) -> None:
    samples.add_members(
        connection,
        [
            {
                "sample_id": sample_id,
                "customer_id": one.candidate.customer_id,
                "source": one.candidate.source,
                "handler": one.candidate.handler,
                "order_no": one.candidate.order_no,
                "entered_on": one.candidate.entered_on,
                "detail": one.candidate.detail,
                "rank": one.rank,
                "is_reserve": one.is_reserve,
            }
            for one in drawn
        ],
    )
    samples.add_left_out(
        connection,
        [
            {
                "sample_id": sample_id,
                "customer_id": customer_id,
                "rules": " ".join(rules),
                "reason": reason,
            }
            for customer_id, rules, reason in left_out
        ],
    )


def redraw(runtime: Runtime, month: str) -> Sample:
    """R-SMP-1. Draw the stored frame anew with the stored seed, and compare; changes nothing.

    Raises NotFoundError where nothing was drawn.
    """
    with runtime.snapshot() as connection:
        stored = read(connection, _existing(connection, _named(month)))
    by_customer = {member.customer_id: member for member in stored.members}
    frame = [candidate_of(member) for member in stored.members]
    drawn = sampling_draw.ordered(frame, stored.seed, stored.wanted)
    frame_hash = sampling_draw.frame_hash(frame)
    is_as_stored = frame_hash == stored.frame_hash and len(frame) == stored.frame_size
    for one in drawn:
        member = by_customer[one.candidate.customer_id]
        is_as_stored &= (one.rank, one.is_reserve) == (member.rank, member.is_reserve)
    if stored.list_hash is not None:
        is_as_stored &= stored.list_hash == sampling_draw.list_hash(drawn)
    members = tuple(Member.of(one, by_customer[one.candidate.customer_id].buyer) for one in drawn)
    return replace(
        stored,
        frame_size=len(frame),
        frame_hash=frame_hash,
        members=members,
        is_as_stored=is_as_stored,
    )


def submit(runtime: Runtime, month: str, now: datetime, person: Person) -> Sample:
    """R-SMP-3. Hand the drawn list to the supervisor; after the 27th it is taken and shown as late.

    The same person again changes nothing. Raises RefusedError for a caller and for another month,
    NotFoundError where nothing was drawn, ConflictError when it was submitted by somebody else.
    """
    month = _checked_month(month, now)
    _require(person, _LEADING, _RULE, "名单由组长提交")
    with runtime.transaction() as connection:
        samples.standing_campaign(connection)
        row = _existing(connection, month)
        if row.state != SampleState.DRAWN:
            if row.submitted_by == person.name:
                return read(connection, row)
            raise ConflictError(f"本月名单已由 {row.submitted_by} 提交", rules=(_RULE,))
        samples.change(
            connection,
            row.id,
            state=SampleState.SUBMITTED,
            submitted_at=now,
            submitted_by=person.name,
        )
        after = {"month": month, "frame_hash": row.frame_hash}
        audit.record(
            connection, now, person.name, "sample.submitted", f"sample:{row.id}", after=after
        )
        return read(connection, samples.get(connection, row.id))


def approve(runtime: Runtime, month: str, now: datetime, person: Person) -> Sample:
    """R-SMP-3. Freeze the submitted list and make the tasks of everybody drawn, all or nothing.

    The same person again changes nothing. Raises RefusedError for anybody but a supervisor, for who
    submitted it, for another month, after its close, and for a list that is not submitted;
    NotFoundError where nothing was drawn.
    """
    month = _checked_month(month, now)
    _require(person, _APPROVING, _RULE, "名单由主管批准")
    with runtime.transaction() as connection:
        samples.standing_campaign(connection)
        row = samples.get(connection, _existing(connection, month).id, to_change=True)
        if row.state == SampleState.APPROVED:
            if row.approved_by == person.name:
                return read(connection, row)
            raise ConflictError(f"本月名单已由 {row.approved_by} 批准", rules=(_RULE,))
        if row.state != SampleState.SUBMITTED:
            raise RefusedError("名单还没有提交，不能批准", rules=(_RULE,))
        if row.submitted_by == person.name:
            raise RefusedError("提交的人不能自己批准，请由另一位主管批准", rules=(_RULE,))
        if now >= closes_at(first_of(month)):
            raise RefusedError("本月抽查已截止，不能再批准", rules=(_RULE,))
        frozen = _freeze(connection, row, now, person.name)
        law = runtime.law(connection).of(row.campaign_id)
        _call_everybody(connection, law, frozen, now, person.name)
        replace_lost(connection, runtime, now, person.name)
    look_again(runtime, now, person.name)
    with runtime.snapshot() as connection:
        return read(connection, samples.get(connection, frozen.id))


def _freeze(connection: Connection, row: Row[Any], now: datetime, name: str) -> Row[Any]:
    members = read(connection, row).members
    drawn = [Drawn(candidate_of(member), member.rank, member.is_reserve) for member in members]
    list_hash = sampling_draw.list_hash(drawn)
    samples.change(
        connection,
        row.id,
        state=SampleState.APPROVED,
        approved_at=now,
        approved_by=name,
        list_hash=list_hash,
    )
    after = {"month": row.month, "frame_hash": row.frame_hash, "list_hash": list_hash}
    audit.record(connection, now, name, "sample.approved", f"sample:{row.id}", after=after)
    return samples.get(connection, row.id)


def _call_everybody(
    connection: Connection, law: Law, sample: Row[Any], now: datetime, name: str
) -> None:
    """Whoever still has an open task of the month before (R-REPEAT-2) is passed over and replaced."""
    drawn = samples.drawn_members(connection, sample.id)
    busy = queries.open_tasks(connection, sample.campaign_id)
    free = [CalledIn(row) for row in drawn if row.customer_id not in busy]
    call_in(connection, law, sample, free, now, name)
    for row in drawn:
        if row.customer_id in busy:
            pass_over(connection, row, "R-REPEAT-2", now, name)
            step_in(connection, law, sample, row, now, name)


def sample_of(runtime: Runtime, month: str) -> Sample | None:
    """The month's sample that counts; None where nothing was drawn."""
    with runtime.snapshot() as connection:
        row = samples.of_month(connection, _named(month))
        return None if row is None else read(connection, row)


def _named(month: str) -> str:
    return month_of(first_of(month))


def _checked_month(month: str, now: datetime) -> str:
    named, current = _named(month), month_of(business_day(now))
    if named != current:
        raise RefusedError(f"现在是 {current}，只能处理本月的抽查", rules=(_RULE,))
    return named


def _require(person: Person, roles: frozenset[Role], rule: str, words: str) -> None:
    if person.role not in roles:
        raise RefusedError(words, rules=(rule,))


def _existing(connection: Connection, month: str) -> Row[Any]:
    row = samples.of_month(connection, month)
    if row is None:
        raise NotFoundError(f"{month} 还没有抽样", field="month")
    return row
