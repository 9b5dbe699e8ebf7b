"""Which kinds there are, and where the rules of each live. The one place that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from campaigns.decisions import Decision
from campaigns.errors import UsageError
from campaigns.facts import TaskFacts
from campaigns.kinds import callback, dunning, sampling, stock_out
from campaigns.labels_zh import KIND_LABELS
from campaigns.outcomes import Outcome
from campaigns.policy import Policy
from campaigns.values import Ending, Kind


@dataclass(frozen=True, slots=True)
class KindRules:
    """What the engine needs to know of a kind. Every callable is pure.

    plan_rule          by which rule a customer is planned
    population_rule    by which rule there is still something to talk about
    deadline_rule      by which rule the calling ends
    is_survey          R-REPEAT-1 counts it
    rides              the matter may be settled in a call about another one (R-REPEAT-2)
    writes_after       after how many failed attempts a Wangwang message is queued (R-MSG-1), if ever
    lapsed, promised   how a task ends at its deadline, and after its second promise
    amount_fen         the money that the task is about; 0 where it is about none
    """

    kind: Kind
    outcomes: Mapping[str, Outcome]
    plan_rule: str
    population_rule: str
    deadline_rule: str
    is_survey: bool
    rides: bool
    writes_after: Callable[[Policy], int | None]
    lapsed: Callable[[TaskFacts], Ending]
    promised: Ending
    check_population: Callable[[TaskFacts, datetime, Policy, datetime | None], Decision]
    check_deadline: Callable[[TaskFacts, datetime, Policy], Decision]
    deadline: Callable[[TaskFacts, Policy], datetime | None]
    stale_at: Callable[[TaskFacts, Policy], datetime | None]
    rank_at: Callable[[TaskFacts, Policy, datetime], datetime | None]
    ending_by_orders: Callable[[TaskFacts, datetime | None], Ending | None]
    needs_a_look: Callable[[TaskFacts, datetime, Policy], bool]
    amount_fen: Callable[[TaskFacts], int]

    @property
    def offered(self) -> tuple[Outcome, ...]:
        """The outcomes that a caller enters."""
        return tuple(outcome for outcome in self.outcomes.values() if not outcome.by_system)

    @property
    def label(self) -> str:
        """The kind's Chinese name."""
        return KIND_LABELS[self.kind]


KINDS: Mapping[Kind, KindRules] = {
    Kind.DUNNING: KindRules(
        kind=Kind.DUNNING,
        outcomes={outcome.code: outcome for outcome in dunning.OUTCOMES},
        plan_rule="R-DUN-1",
        population_rule="R-DUN-4",
        deadline_rule="R-DUN-3",
        is_survey=False,
        rides=True,
        writes_after=lambda policy: policy.message_after_failures,
        lapsed=lambda task: Ending.DEADLINE,
        promised=Ending.PROMISES_USED,
        check_population=dunning.check_payment,
        check_deadline=dunning.check_deadline,
        deadline=lambda task, policy: dunning.deadline(task.orders, policy),
        stale_at=lambda task, policy: dunning.stale_at(task.orders, policy),
        rank_at=lambda task, policy, now: dunning.rank_at(task.orders, policy),
        ending_by_orders=lambda task, first: dunning.ending_by_orders(task.orders, first),
        needs_a_look=lambda task, now, policy: dunning.needs_a_look(task.orders, now, policy),
        amount_fen=lambda task: dunning.owed_fen(task.orders),
    ),
    Kind.CALLBACK: KindRules(
        kind=Kind.CALLBACK,
        outcomes={outcome.code: outcome for outcome in callback.OUTCOMES},
        plan_rule="R-CB-2",
        population_rule="R-CB-2",
        deadline_rule="R-CB-2",
        is_survey=True,
        rides=True,
        writes_after=lambda policy: None,
        lapsed=lambda task: Ending.LAPSED,
        promised=Ending.RELAYED,
        check_population=callback.check_population,
        check_deadline=callback.check_deadline,
        deadline=callback.deadline,
        stale_at=lambda task, policy: None,
        rank_at=lambda task, policy, now: callback.rank_at(task, policy),
        ending_by_orders=callback.ending_by_orders,
        needs_a_look=callback.needs_a_look,
        amount_fen=lambda task: 0,
    ),
    Kind.STOCK_OUT: KindRules(
        kind=Kind.STOCK_OUT,
        outcomes={outcome.code: outcome for outcome in stock_out.OUTCOMES},
        plan_rule="R-OOS-1",
        population_rule="R-OOS-1",
        deadline_rule="R-OOS-1",
        is_survey=False,
        rides=True,
        writes_after=lambda policy: policy.message_after_failures,
        lapsed=lambda task: Ending.LAPSED,
        promised=Ending.RELAYED,
        check_population=stock_out.check_population,
        check_deadline=stock_out.check_deadline,
        deadline=stock_out.deadline,
        stale_at=lambda task, policy: None,
        rank_at=lambda task, policy, now: stock_out.rank_at(task, policy),
        ending_by_orders=stock_out.ending_by_orders,
        needs_a_look=stock_out.needs_a_look,
        amount_fen=lambda task: 0,
    ),
    Kind.SAMPLING: KindRules(
        kind=Kind.SAMPLING,
        outcomes={outcome.code: outcome for outcome in sampling.OUTCOMES},
        plan_rule="R-SMP-3",
        population_rule="R-SMP-1",
        deadline_rule="R-SMP-3",
        is_survey=True,
        rides=False,
        writes_after=lambda policy: sampling.FAILURES,
        lapsed=sampling.lapsed,
        promised=Ending.UNSCORED,
        check_population=sampling.check_population,
        check_deadline=sampling.check_deadline,
        deadline=sampling.deadline,
        stale_at=sampling.stale_at,
        rank_at=sampling.rank_at,
        ending_by_orders=sampling.ending_by_orders,
        needs_a_look=sampling.needs_a_look,
        amount_fen=lambda task: 0,
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
