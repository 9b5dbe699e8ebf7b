"""The gate: every check a call must pass, in order.

Claiming and dialling stop at the first no; `why` asks all of them and shows all answers. Nothing
else decides whether somebody may be called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.decisions import Allow, Decision, Follow, NextStep, Stop, Wait
from campaigns.facts import TaskFacts
from campaigns.policy import Policy
from campaigns.registry import KindRules, rules_of
from campaigns.values import Exemption, Kind
from scheduler.rules.case import Case, OfficialDays
from scheduler.rules.dayparts import check_assigned_daypart, check_slot
from scheduler.rules.hours import check_hours
from scheduler.rules.repeat import (
    check_contact_budget,
    check_conversation,
    check_surveys,
    check_task_budget,
)
from scheduler.rules.steps import check_step, next_step
from scheduler.rules.suppression import check_suppression

MAX_STEPS = 200
"""More moves than any schedule needs; a longer search would be a defect of a rule."""


def check_ended(case: Case) -> Decision:
    """The task's own history has not ended it."""
    if case.step.follow is Follow.END:
        return Stop(case.step.rule, "上一次通话结果已使任务结束")
    return Allow()


def check_running(case: Case) -> Decision:
    """R-CLAIM-1. Nothing is handed out of a campaign that its leader has paused or stopped.

    A call that was dialled before goes on, and so do the matters that ride on it.
    """
    since = case.task.held_back_since
    if case.task.held_back is None or (since is not None and case.now < since):
        return Allow()
    return Wait("R-CLAIM-1", None, case.task.held_back)


def check_population(case: Case) -> Decision:
    """R-DUN-4, R-CB-2, R-OOS-1. The kind's own condition: something is still to be talked about."""
    return rules_of(case.task.kind).check_population(
        case.task, case.asked_at, case.policy, case.step.needs_import
    )


def check_deadline(case: Case) -> Decision:
    """R-DUN-3, R-CB-2, R-OOS-1. The kind's own last instant."""
    return rules_of(case.task.kind).check_deadline(case.task, case.now, case.policy)


def check_phone(case: Case) -> Decision:
    """R-PHONE-1, R-PHONE-2, R-PHONE-3. There is a number that may be dialled at this instant."""
    if case.phone is not None:
        return Allow("有可拨打的号码")
    expired = any(
        p.usable_until is not None and not p.is_wrong and not p.is_spent
        for p in case.task.customer.phones
    )
    if expired:
        return Stop("R-PHONE-2", "虚拟号已过期，没有可拨打的号码")
    return Stop("R-PHONE-1", "没有可拨打的号码")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the gate: the function, and the rule ids that its yes stands for.

    `own_rule` picks the id where it is the kind's own.
    """

    rules: tuple[str, ...]
    ask: Callable[[Case], Decision]
    own_rule: Callable[[KindRules], str] | None = None

    def rules_for(self, kind: Kind) -> tuple[str, ...]:
        """The ids that a yes stands for in a task of this kind."""
        return self.rules if self.own_rule is None else (self.own_rule(rules_of(kind)),)


GATE: tuple[Check, ...] = (
    Check(("R-DNC-1", "R-DNC-2", "R-DNC-3"), check_suppression),
    Check((), check_ended),
    Check((), check_population, lambda kind: kind.population_rule),
    Check((), check_deadline, lambda kind: kind.deadline_rule),
    Check((), check_running),
    Check(("R-PHONE-1", "R-PHONE-2", "R-PHONE-3"), check_phone),
    Check(("R-REPEAT-4",), check_task_budget),
    Check(("R-REPEAT-2",), check_conversation),
    Check(("R-HOURS-7", "R-CLAIM-1"), check_step),
    Check(("R-HOURS-1", "R-HOURS-2", "R-HOURS-3", "R-HOURS-6"), check_hours),
    Check(("R-HOURS-4",), check_assigned_daypart),
    Check(("R-SLOT-1",), check_slot),
    Check(("R-REPEAT-3", "R-REPEAT-5"), check_contact_budget),
    Check(("R-REPEAT-1",), check_surveys),
)


def case_for(
    task: TaskFacts,
    now: datetime,
    policy: Policy,
    calendar: OfficialDays,
    *,
    ignoring: Iterable[str] = (),
    step: NextStep | None = None,
) -> Case:
    """The question whether this task may be called at `now`."""
    step = step or next_step(task, policy, now)
    return Case(task, now, policy, calendar, step, now, frozenset(ignoring))


def ask(case: Case) -> Decision:
    """The first no of the gate, else Allow."""
    for check in GATE:
        answer = check.ask(case)
        if not isinstance(answer, Allow):
            return answer
    return Allow()


def ask_all(case: Case) -> list[tuple[Check, Decision]]:
    """Every check with its answer, in the gate's order (R-AUD-3)."""
    return [(check, check.ask(case)) for check in GATE]


@dataclass(frozen=True, slots=True)
class Forecast:
    """The next instant at which the gate allows, or what stands against any.

    `after` is the wait that lasts until `blocked_by` ends everything; `is_exempt`: R-REPEAT-5 frees
    the call at that instant.
    """

    at: datetime | None
    blocked_by: Wait | Stop | None = None
    after: Wait | None = None
    is_exempt: bool = False


def forecast(case: Case) -> Forecast:
    """The earliest instant from `case.now` on at which every check allows, as things stand.

    Each wait names the first instant its own check allows, so moving to the latest of them never
    jumps over a common open instant; repeated until nothing waits any more.
    """
    waited: Wait | None = None
    for _ in range(MAX_STEPS):
        until = case.now
        binding: Wait | None = None
        for check in GATE:
            answer = check.ask(case)
            if isinstance(answer, Stop) or (isinstance(answer, Wait) and answer.until is None):
                blocked_by = binding if isinstance(answer, Stop) and binding else answer
                return Forecast(None, blocked_by, waited)
            if isinstance(answer, Wait) and answer.until is not None and answer.until > until:
                until, binding = answer.until, answer
        if binding is None:
            return Forecast(case.now, is_exempt=case.exemption is not Exemption.NONE)
        case, waited = case.at(until), binding
        if not case.is_exempt_now:  # too late for a redial (R-REPEAT-5): what follows instead
            case = replace(case, step=next_step(case.task, case.policy, case.now))
    raise AssertionError("the gate found no end of waiting")
