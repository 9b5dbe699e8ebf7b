"""What is in the queue, in which order, and why nobody may be called just now (R-DUN-5, R-AUD-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from adapters.store.queries import tasks
from adapters.store.queries.facts import load_tasks
from campaigns.decisions import Allow, Stop, Wait
from campaigns.facts import TaskFacts
from campaigns.registry import rules_of
from campaigns.values import Exemption, Kind
from scheduler.rules.case import Case
from scheduler.rules.gate import Forecast, ask, case_for, forecast
from scheduler.runtime import Law, Runtime

LOOKED_AT = 500
"""Tasks that are asked for the reasons of an empty queue."""


@dataclass(frozen=True, slots=True)
class QueueReason:
    """Why so many people are not called now: the binding rule, and from when at the earliest.

    `rules` begins with it; others that the answer rests on follow.
    """

    rules: tuple[str, ...]
    count: int
    until: datetime | None
    reason: str

    @property
    def rule(self) -> str:
        """The binding one."""
        return self.rules[0]


@dataclass(frozen=True, slots=True)
class NobodyNow:
    """An honest empty queue: when it goes on, for how many, and what holds the others back."""

    next_due: datetime | None
    next_count: int
    reasons: tuple[QueueReason, ...]


@dataclass(frozen=True, slots=True)
class Queued:
    """One line of the queue. `rank` counts from 1 in the order of the next hand-outs."""

    task: int
    buyer: str
    kind: Kind
    rank: int
    due_at: datetime | None
    deadline: datetime | None
    amount_fen: int
    region: str | None


def nobody_now(connection: Connection, runtime: Runtime, now: datetime) -> NobodyNow:
    """Say why nobody is due: every open task's binding rule, counted, and the next due time."""
    law = runtime.law(connection)
    answers = [(ask(case), forecast(case)) for case in _cases(connection, law, now, LOOKED_AT)]
    times = sorted(ahead.at for _, ahead in answers if ahead.at is not None)
    grouped: dict[tuple[str, ...], list[tuple[Wait | Stop, Forecast]]] = {}
    for decision, ahead in answers:
        if not isinstance(decision, Allow):
            grouped.setdefault((decision.rule, *decision.also), []).append((decision, ahead))
    reasons = [
        QueueReason(
            rules,
            len(found),
            min((ahead.at for _, ahead in found if ahead.at is not None), default=None),
            found[0][0].reason,
        )
        for rules, found in grouped.items()
    ]
    count, until = tasks.held(connection, now)
    if count:
        reasons.append(QueueReason(("R-CLAIM-1",), count, until, "正由坐席处理"))
    return NobodyNow(
        next_due=times[0] if times else None,
        next_count=sum(t == times[0] for t in times) if times else 0,
        reasons=tuple(sorted(reasons, key=lambda r: -r.count)),
    )


def _cases(connection: Connection, law: Law, now: datetime, limit: int) -> list[Case]:
    listed = tasks.in_turn(connection, now, limit)
    listed += tasks.to_come(connection, now, limit - len(listed))
    found = load_tasks(connection, listed, now)
    return [
        case_for(found[i], now, law.policy_for(found[i].campaign_id), law.calendar) for i in listed
    ]


def queue(runtime: Runtime, now: datetime, limit: int) -> list[Queued]:
    """Open tasks that nobody holds, in the order in which they will be handed out.

    `due_at` is the gate's own forecast from `now` on, None when no call is possible as things stand.
    """
    with runtime.snapshot() as connection:
        law = runtime.law(connection)
        cases = _cases(connection, law, now, limit)
        names = tasks.buyers(connection, [c.task.id for c in cases])
    lines = [(case, forecast(case).at) for case in cases]
    return [
        _line(case.task, names[case.task.id][0], rank, due, law)
        for rank, (case, due) in enumerate(sorted(lines, key=lambda line: _order(*line)), 1)
    ]


def _order(case: Case, due: datetime | None) -> tuple[object, ...]:
    """As the claim takes them (`tasks.claim_best`): what is due at once first, then by R-DUN-5."""
    rank = rules_of(case.task.kind).rank_at(case.task, case.policy, case.now) or case.now
    if due is None:
        return (True, case.now, True, rank, case.task.id)
    in_turn = case.at(due).exemption is Exemption.NONE
    return (False, max(due, case.now), in_turn, rank, case.task.id)


def _line(task: TaskFacts, buyer: str, rank: int, due: datetime | None, law: Law) -> Queued:
    kind = rules_of(task.kind)
    return Queued(
        task=task.id,
        buyer=buyer,
        kind=task.kind,
        rank=rank,
        due_at=due,
        deadline=kind.deadline(task, law.policy_for(task.campaign_id)),
        amount_fen=kind.amount_fen(task),
        region=task.customer.region,
    )
