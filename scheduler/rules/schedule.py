"""What a task's stored columns should say, from its facts.

Computed when something changes, never while claiming.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.decisions import Follow, Stop
from campaigns.registry import rules_of
from campaigns.states import COUNTED_ATTEMPTS
from campaigns.values import Ending, Kind
from scheduler.rules.case import Case
from scheduler.rules.gate import ask_all, forecast
from scheduler.rules.suppression import check_suppression

_URGENT = 0
_IN_TURN = 1

_ENDING_OF_RULE = {
    "R-DNC-1": Ending.ANGRY,
    "R-DNC-2": Ending.OPTED_OUT,
    "R-DNC-3": Ending.OPTED_OUT,
    "R-REPEAT-4": Ending.ATTEMPTS_USED,
    "R-PHONE-1": Ending.UNREACHABLE,
    "R-PHONE-2": Ending.UNREACHABLE,
    "R-DUN-3": Ending.DEADLINE,
}

_RULE_OF_ENDING = {
    Ending.PAID_UNCALLED: "R-DUN-4",
    Ending.PAID: "R-DUN-4",
    Ending.CLOSED_BY_MARKETPLACE: "R-DUN-3",
    Ending.CLOSED_BY_US: "R-DUN-7",
    Ending.UNREACHABLE: "R-PHONE-1",
    Ending.ATTEMPTS_USED: "R-REPEAT-4",
    Ending.PROMISES_USED: "R-DUN-4",
    Ending.ANGRY: "R-DNC-1",
    Ending.OPTED_OUT: "R-DNC-2",
    Ending.DEADLINE: "R-DUN-3",
    Ending.ANSWERED: "R-CB-3",
    Ending.DECLINED: "R-CB-3",
    Ending.AGREED: "R-OOS-1",
    Ending.REFUSED: "R-OOS-1",
    Ending.RELAYED: "R-OOS-1",
    Ending.SCORED: "R-SMP-4",
    Ending.SCORED_BY_RULE: "R-SMP-8",
    Ending.UNSCORED: "R-SMP-5",
    Ending.REJECTED: "R-SMP-7",
    Ending.UNFINISHED: "R-SMP-3",
    Ending.CONTROL: "R-DUN-9",
}


def rule_of_ending(kind: Kind, ending: Ending) -> str:
    """The rule that a closed task is explained by (R-AUD-3)."""
    if kind is Kind.SAMPLING and ending is Ending.UNREACHABLE:
        return "R-SMP-6"
    return _RULE_OF_ENDING.get(ending) or rules_of(kind).deadline_rule


FAR = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The columns of an open task, or its ending.

    due_at          first instant the gate allows; None: not before something changes
    urgency         0: promised or due at once (R-REPEAT-5), 1: in its turn
    rank_at         R-DUN-5, lower first
    callable_until  from here on the deadline (R-DUN-3) or the data's age (R-DUN-4) forbids a call
    """

    due_at: datetime | None
    urgency: int
    rank_at: datetime
    deadline: datetime
    callable_until: datetime
    ending: Ending | None = None
    rule: str = ""


def schedule(case: Case) -> Schedule:
    """Judge a task anew: when next, how urgent, until when, or that it has ended and why."""
    kind, task, policy = rules_of(case.task.kind), case.task, case.policy
    far = case.now + FAR
    deadline = kind.deadline(task, policy) or case.now
    stale = kind.stale_at(task, policy) or far
    ending, rule = _ending(case)
    due, is_exempt = None, False
    if ending is None:
        ahead = forecast(case)
        # R-REPEAT-5 has to hold when the call is due, not only now: a redial may come too late.
        due, blocked, is_exempt = ahead.at, ahead.blocked_by, ahead.is_exempt
        if due is None and isinstance(blocked, Stop) and _is_final(case, blocked):
            ending, rule = _ENDING_OF_RULE[blocked.rule], blocked.rule
    return Schedule(
        due_at=due if ending is None else None,
        urgency=_URGENT if is_exempt else _IN_TURN,
        rank_at=kind.rank_at(task, policy, case.now) or deadline,
        deadline=deadline,
        # Data exactly as old as the limit still count (R-DUN-4: "older than").
        callable_until=min(deadline, stale + timedelta(microseconds=1)),
        ending=ending,
        rule=rule,
    )


def _ending(case: Case) -> tuple[Ending | None, str]:
    suppressed = check_suppression(case)
    if isinstance(suppressed, Stop):
        return _ENDING_OF_RULE[suppressed.rule], suppressed.rule
    if case.step.follow is Follow.END:
        return case.step.ending, case.step.rule
    kind = rules_of(case.task.kind)
    first = min((a.at for a in case.task.attempts if a.state in COUNTED_ATTEMPTS), default=None)
    ending = kind.ending_by_orders(case.task, first)
    if ending is None and isinstance(kind.check_deadline(case.task, case.now, case.policy), Stop):
        ending = kind.lapsed(case.task)
    return ending, rule_of_ending(case.task.kind, ending) if ending else ""


def _is_final(case: Case, blocked: Stop) -> bool:
    """A stop ends the task only if it holds already now, not merely at the end of the forecast."""
    if blocked.rule not in _ENDING_OF_RULE:
        return False
    return any(isinstance(a, Stop) and a.rule == blocked.rule for _, a in ask_all(case))
