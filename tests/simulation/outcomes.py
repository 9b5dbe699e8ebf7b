"""How often each outcome comes up in a simulated call, by kind; every one of them does."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from campaigns.registry import rules_of
from campaigns.values import Kind

_COMMON = {
    "no_answer": 20, "switched_off": 3, "out_of_service": 2, "unreachable": 2, "line_busy": 4,
    "rejected": 5, "relay_failed": 3, "wrong_number": 3, "busy": 12, "cut_off": 6,
    "hung_up_angry": 2, "opt_out": 2, "other": 3,
}  # fmt: skip

OUTCOMES: Mapping[Kind, Mapping[str, int]] = {
    Kind.DUNNING: _COMMON
    | {"will_pay": 12, "not_needed": 5, "says_paid": 5, "relay": 4, "gave_number": 6},
    Kind.CALLBACK: _COMMON
    | {"satisfied": 14, "guided": 6, "complaint": 5, "parcel_chased": 6, "parcel_problem": 4}
    | {"no_time": 4},
    Kind.STOCK_OUT: _COMMON
    | {"agrees": 14, "agrees_with_gift": 10, "refuses": 6, "relay": 4, "gave_number": 4},
    Kind.SAMPLING: _COMMON
    | {"scored": 60, "refused": 4, "hung_up": 4, "complaint_solved": 5}
    | {"complaint_escalated": 14, "rejected": 10},
}

_OF_THE_CALL = frozenset({"cut_off", "wrong_number", "relay_failed"})


def draw_outcome(draw: Random, kind: Kind) -> str:
    """What comes of a call of this kind."""
    return draw.choices(list(OUTCOMES[kind]), list(OUTCOMES[kind].values()))[0]


def draw_settled(draw: Random, kind: Kind) -> str:
    """What comes of a further matter, in a call that somebody has answered."""
    outcomes = rules_of(kind).outcomes
    codes = [
        code
        for code in OUTCOMES[kind]
        if outcomes[code].is_reached and code not in _OF_THE_CALL and not outcomes[code].suppresses
    ]
    return draw.choice(codes)
