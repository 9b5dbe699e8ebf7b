"""Which kinds there are, and where the rules of each live. The one place that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from campaigns.decisions import Decision
from campaigns.errors import UsageError
from campaigns.facts import OrderFacts, TaskFacts
from campaigns.kinds import dunning
from campaigns.outcomes import Outcome
from campaigns.policy import Policy
from campaigns.values import Ending, Kind


@dataclass(frozen=True, slots=True)
class KindRules:
    """What the engine needs to know of a kind. Every callable is pure."""

    kind: Kind
    label: str
    outcomes: Mapping[str, Outcome]
    is_survey: bool
    check_population: Callable[[TaskFacts, datetime, Policy, datetime | None], Decision]
    check_deadline: Callable[[TaskFacts, datetime, Policy], Decision]
    deadline: Callable[[tuple[OrderFacts, ...], Policy], datetime | None]
    last_closing: Callable[[tuple[OrderFacts, ...], Policy], datetime | None]
    stale_at: Callable[[tuple[OrderFacts, ...], Policy], datetime | None]
    rank_at: Callable[[tuple[OrderFacts, ...], Policy], datetime | None]
    ending_by_orders: Callable[[tuple[OrderFacts, ...], datetime | None], Ending | None]


KINDS: Mapping[Kind, KindRules] = {
    Kind.DUNNING: KindRules(
        kind=Kind.DUNNING,
        label="催款",
        outcomes={outcome.code: outcome for outcome in dunning.OUTCOMES},
        is_survey=False,
        check_population=dunning.check_payment,
        check_deadline=dunning.check_deadline,
        deadline=dunning.deadline,
        last_closing=dunning.last_closing,
        stale_at=dunning.stale_at,
        rank_at=dunning.rank_at,
        ending_by_orders=dunning.ending_by_orders,
    ),
}


def rules_of(kind: Kind) -> KindRules:
    """The rules of one kind."""
    return KINDS[kind]


def outcome_of(kind: Kind, code: str) -> Outcome:
    """The outcome with this code. Raises UsageError naming the codes that exist."""
    outcomes = KINDS[kind].outcomes
    if code not in outcomes:
        raise UsageError(f"没有这个通话结果：{code}。可用：{'、'.join(outcomes)}", field="code")
    return outcomes[code]
