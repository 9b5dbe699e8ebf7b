"""Who of a sample is called, and who steps in for whom: R-SMP-2, R-SMP-3, R-REPEAT-1."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import batch, task
from adapters.store.models.sampling import score
from scheduler.verify.background import Background
from scheduler.verify.days import closing_of_month, first_call_of_month, not_after
from scheduler.verify.frames import Drawn, Member, draws
from scheduler.verify.history import FAILED
from scheduler.verify.report import Finding
from scheduler.verify.sampling_calls import FAILURES


@dataclass(slots=True)
class Called:
    """A sampling task as far as stepping in depends on it."""

    customer_id: int
    created_at: datetime
    day: date
    closed_at: datetime | None
    scored_at: datetime | None = None
    failed_at: list[datetime] = field(default_factory=list)

    @property
    def lost_at(self) -> datetime | None:
        """R-SMP-2. When it ended unscored or failed for the third time, whichever came first."""
        third = self.failed_at[FAILURES - 1 : FAILURES]
        ends = [at for at in (self.closed_at, *third) if at is not None]
        return min(
            (at for at in ends if self.scored_at is None or at < self.scored_at), default=None
        )


def check_called_in(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-SMP-2, R-SMP-3. Only members whose turn it was have a task, made by the approval or later."""
    tasks = _called(connection, background)
    members: set[int] = set()
    once: set[tuple[str, int]] = set()
    for drawn in draws(connection, background):
        by_id = {m.id: m for m in drawn.members}
        for m in drawn.members:
            if m.called_in_at is None:
                continue
            members.add(m.task_id or 0)
            for rule, wrong in _wrong_call(drawn, m, by_id, tasks):
                what = f"{drawn.row.month} 抽样的第 {m.rank} 位{wrong}"
                yield Finding(rule, what, None, m.called_in_at)
            if (drawn.row.month, m.customer_id) in once:
                what = f"客户 {m.customer_id} 在 {drawn.row.month} 被抽查了两次"
                yield Finding("R-REPEAT-1", what, None, m.called_in_at)
            once.add((drawn.row.month, m.customer_id))
        yield from _not_called(drawn)
    for task_id, called in tasks.items():
        if task_id not in members:
            what = f"回访抽查的任务 {task_id} 不属于名单上的任何人"
            yield Finding("R-SMP-2", what, None, called.created_at)


def _wrong_call(
    drawn: Drawn, m: Member, by_id: dict[int, Member], tasks: dict[int, Called]
) -> Iterator[tuple[str, str]]:
    assert m.called_in_at is not None, "asked before"
    called = tasks.get(m.task_id or 0)
    if drawn.approved_at is None or m.called_in_at < drawn.approved_at:
        yield "R-SMP-3", "在名单批准之前就要拨打"
    if called is None or (called.customer_id, called.created_at) != (
        m.customer_id,
        m.called_in_at,
    ):
        yield "R-SMP-3", "的任务不是为他建立的"
    elif (
        not first_call_of_month(drawn.first_day)
        <= _noon(called.day)
        < closing_of_month(drawn.first_day)
    ):
        yield "R-SMP-3", f"的任务排在 {called.day}，不在抽查期内"
    if m.passed_over_rule:
        yield "R-SMP-2", "已被跳过，却又要拨打"
    if not m.is_reserve:
        if m.replaces is not None:
            yield "R-SMP-2", "本来就抽中了，却又替补别人"
        return
    gone = by_id.get(m.replaces or 0)
    if gone is None or gone.place != m.place:
        yield "R-SMP-2", "是备选，却没有替补同一层的人"
    elif not _is_lost(gone, tasks, m.called_in_at):
        yield "R-SMP-2", f"替补了第 {gone.rank} 位，可那位当时还没有落空"
    for other in drawn.members:
        is_before = other.is_reserve and other.place == m.place and other.rank < m.rank
        came = other.called_in_at is not None and other.called_in_at <= m.called_in_at
        if is_before and not came and not other.passed_over_rule:
            yield "R-SMP-2", f"越过了排在前面的备选第 {other.rank} 位"


def _noon(day: date) -> datetime:
    return first_call_of_month(day) + (day - day.replace(day=27)) + timedelta(hours=12)


def _is_lost(gone: Member, tasks: dict[int, Called], instant: datetime) -> bool:
    if gone.called_in_at is None:
        return bool(gone.passed_over_rule)
    called = tasks.get(gone.task_id or 0)
    lost_at = called.lost_at if called is not None else None
    return lost_at is not None and lost_at <= instant


def _not_called(drawn: Drawn) -> Iterator[Finding]:
    """R-SMP-3. The approval calls everybody who was drawn, or passes them over by a rule."""
    if drawn.approved_at is None:
        return
    for m in drawn.members:
        if not m.is_reserve and m.called_in_at is None and not m.passed_over_rule:
            what = f"{drawn.row.month} 的名单已批准，抽中的第 {m.rank} 位却没有任务"
            yield Finding("R-SMP-3", what, None, drawn.approved_at)


def check_replaced(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-SMP-2. Whoever is lost before the close is replaced while the stratum has reserves.

    They step in with the outcome itself, or in the engine's next round.
    """
    tasks = _called(connection, background)
    outcomes = _outcomes(connection, background)
    for drawn in draws(connection, background):
        waiting = defaultdict(list)
        for m in drawn.members:
            if m.is_reserve and m.called_in_at is None and not m.passed_over_rule:
                waiting[m.place].append(m)
        replaced = {m.replaces for m in drawn.members}
        closes = closing_of_month(drawn.first_day)
        for m in drawn.members:
            if drawn.approved_at is None or m.id in replaced or not waiting[m.place]:
                continue
            lost_at = drawn.approved_at if m.passed_over_rule and not m.is_reserve else None
            if m.called_in_at is not None and m.task_id in tasks:
                lost_at = tasks[m.task_id].lost_at
            if lost_at is None or lost_at >= closes:
                continue
            is_settled = any(lost_at <= at < closes for at in outcomes.get(m.task_id or 0, ()))
            if is_settled or background.had_round(lost_at, closes):
                what = f"{drawn.row.month} 抽样的第 {m.rank} 位落空了，同一层还有备选却没有人替补"
                yield Finding("R-SMP-2", what, None, lost_at)


def _called(connection: Connection, background: Background) -> dict[int, Called]:
    """Every sampling task, with when it failed, ended and was scored."""
    as_of = background.as_of
    found: dict[int, Called] = {}
    statement = (
        select(task, batch.c.business_day)
        .join(batch, batch.c.id == task.c.batch_id)
        .where(task.c.kind == "sampling")
        .order_by(task.c.id)
    )
    for row in connection.execute(statement):
        if not_after(row.created_at, as_of) is not None:
            closed_at = not_after(row.closed_at, as_of)
            found[row.id] = Called(row.customer_id, row.created_at, row.business_day, closed_at)
    for row in connection.execute(select(score.c.task_id, score.c.at).order_by(score.c.id.desc())):
        if row.task_id in found and not_after(row.at, as_of) is not None:
            found[row.task_id].scored_at = row.at
    failed = (
        select(attempt.c.task_id, attempt.c.outcome_at)
        .where(attempt.c.kind == "sampling", attempt.c.outcome.in_(FAILED))
        .where(attempt.c.redial_of.is_(None), attempt.c.rides_on.is_(None))
        .order_by(attempt.c.outcome_at, attempt.c.id)
    )
    for row in connection.execute(failed):
        if row.task_id in found and not_after(row.outcome_at, as_of) is not None:
            found[row.task_id].failed_at.append(row.outcome_at)
    return found


def _outcomes(connection: Connection, background: Background) -> dict[int, list[datetime]]:
    """When outcomes of sampled customers were entered, by task."""
    found: dict[int, list[datetime]] = defaultdict(list)
    statement = select(attempt.c.task_id, attempt.c.outcome_at).where(
        attempt.c.kind == "sampling", attempt.c.outcome_at.is_not(None)
    )
    for row in connection.execute(statement):
        if not_after(row.outcome_at, background.as_of) is not None:
            found[row.task_id].append(row.outcome_at)
    return found
