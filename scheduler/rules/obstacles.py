"""Why a customer would never be called: what a plan and a draw leave somebody out for."""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.decisions import Stop, Wait
from scheduler.rules.case import Case
from scheduler.rules.gate import GATE, forecast

NOTHING: Mapping[str, str] = {}


def obstacles(case: Case, no_window: Mapping[str, str] = NOTHING) -> list[Stop | Wait]:
    """Whatever keeps the gate from ever allowing this call, as things stand; empty when nothing does.

    Every stop that holds now; else the wait that outlasts the deadline; else the rule by which the
    deadline comes before any window, in the words of `no_window`.
    """
    ahead = forecast(case)
    if ahead.at is not None:
        return []
    stops: list[Stop | Wait] = [
        answer for check in GATE if isinstance(answer := check.ask(case), Stop)
    ]
    if stops:
        return stops
    blocked = ahead.blocked_by
    if ahead.after is not None and ahead.after.rule != "R-HOURS-3":
        return [ahead.after]  # it holds until nothing can be said any more
    if isinstance(blocked, Stop):  # not now, but before any window opens
        return [Stop(blocked.rule, no_window.get(blocked.rule, blocked.reason), ("R-HOURS-3",))]
    if blocked is not None and blocked.until is not None:
        return [blocked]
    return []
