"""Today's funnel, from the plan to the payment, and the tasks behind each of its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import panel as queries
from campaigns.days import business_day, day_bounds
from campaigns.panel_tables import Step, StepRow
from campaigns.registry import outcome_of
from campaigns.values import Ending, Kind, TaskState
from scheduler.flows.figures import PROMISING
from scheduler.runtime import Runtime

LISTED = 500


@dataclass(frozen=True, slots=True)
class LastCall:
    """The newest call of a task today."""

    attempt_id: str
    at: datetime
    caller: str
    outcome_label: str | None
    is_reached: bool


@dataclass(frozen=True, slots=True)
class TaskListed:
    """One task behind a figure of the funnel."""

    task_id: int
    kind: Kind
    campaign: str
    customer_id: int
    buyer: str
    state: TaskState
    ending: Ending | None
    due_at: datetime | None
    last_call: LastCall | None


@dataclass(frozen=True, slots=True)
class StepList:
    """The tasks of one step, the first of them listed."""

    row: StepRow
    tasks: tuple[TaskListed, ...]


def step_list(
    runtime: Runtime, step: Step, now: datetime, campaign_id: int | None = None
) -> StepList:
    """List the tasks behind a step: as many as the panel says."""
    with runtime.snapshot() as connection:
        funnel = Funnel(connection, now, campaign_id)
        row = next(one for one in funnel.steps() if one.step is step)
        rows = funnel.listed(step, LISTED)
        calls = queries.last_calls(connection, [one.id for one in rows], funnel.start, funnel.end)
    return StepList(row, tuple(_listed(one, calls.get(one.id)) for one in rows))


def _listed(row: Row[Any], call: Row[Any] | None) -> TaskListed:
    kind = Kind(row.kind)
    return TaskListed(
        task_id=row.id,
        kind=kind,
        campaign=row.campaign,
        customer_id=row.customer_id,
        buyer=row.buyer,
        state=TaskState(row.state),
        ending=Ending(row.ending) if row.ending else None,
        due_at=row.due_at,
        last_call=None if call is None else _last_call(kind, call),
    )


def _last_call(kind: Kind, call: Row[Any]) -> LastCall:
    label = outcome_of(kind, call.outcome).label if call.outcome else None
    return LastCall(call.id, call.at, call.caller, label, bool(call.is_reached))


class Funnel:
    """Today's tasks, step by step: each step holds only tasks of the one before, but the last."""

    def __init__(self, connection: Connection, now: datetime, campaign_id: int | None) -> None:
        self._connection, self._now, self._campaign_id = connection, now, campaign_id
        self.start, self.end = day_bounds(business_day(now))
        self._made = queries.made_today(connection, self.start, self.end, now, campaign_id)

    def tasks_of(self, step: Step) -> set[int]:
        """The tasks of a step that was made by calls."""
        return {row.task_id for row in self._made if _came(row, step)}

    def steps(self) -> tuple[StepRow, ...]:
        """Each step with its figure."""
        unended, turn = queries.open_and_due(self._connection, self._now, self._campaign_id)
        over = queries.ended(self._connection, self.start, self.end, self._campaign_id)
        already = {row.task_id for row in self._made if not row.is_turn}
        counts = {Step.PLANNED: unended + over, Step.DUE: turn + len(already)}
        counts |= {step: len(self.tasks_of(step)) for step in _BY_CALLS}
        return tuple(
            StepRow(step, counts[step], None if before is None else counts[before])
            for step, before in _BEFORE.items()
        )

    def listed(self, step: Step, limit: int) -> list[Row[Any]]:
        """The tasks behind the figure, as many as it says."""
        if step in _BY_CALLS:
            return self._tasks(sorted(self.tasks_of(step)), limit)
        if step is Step.PLANNED:
            return self._tasks(None, limit)
        rows = self._tasks(None, limit, is_due=True)
        known = {row.id for row in rows}
        more = sorted({row.task_id for row in self._made} - known)
        return [*rows, *self._tasks(more, limit)][:limit]

    def _tasks(self, only: list[int] | None, limit: int, *, is_due: bool = False) -> list[Row[Any]]:
        return queries.tasks_listed(
            self._connection,
            queries.TasksWanted(self.start, self.end, self._now, self._campaign_id, is_due, only),
            limit,
        )


_BY_CALLS = (Step.ATTEMPTED, Step.REACHED, Step.PROMISED, Step.PAID)
_BEFORE: Mapping[Step, Step | None] = {
    Step.PLANNED: None,
    Step.DUE: Step.PLANNED,
    Step.ATTEMPTED: Step.DUE,
    Step.REACHED: Step.ATTEMPTED,
    Step.PROMISED: Step.REACHED,
    Step.PAID: Step.ATTEMPTED,
}


def _came(row: Row[Any], step: Step) -> bool:
    if step is Step.REACHED:
        return bool(row.is_reached)
    if step is Step.PROMISED:
        return bool(row.outcome) and outcome_of(Kind(row.kind), row.outcome).follow in PROMISING
    return step is Step.ATTEMPTED or bool(row.is_payer)
