"""What a sampling call leaves behind: the score, the promised answer, the answer given (R-SMP-4…8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from adapters.store.queries import audit, lines, scores
from campaigns.decisions import Follow
from campaigns.errors import UsageError
from campaigns.facts import TaskFacts
from campaigns.outcomes import Outcome
from campaigns.values import CaseKind, Kind, Person, ScoreOrigin
from scheduler.flows import escalations
from scheduler.flows.cases import NewCase, open_case
from scheduler.flows.outcome_forms import NEEDS_REASON, CaseForm, MatterForm
from scheduler.rules.escalation import answer_due
from scheduler.runtime import Law

UNTOLD = "抽查时投诉，坐席没有写明经过"
"""R-CASE-1. What stands in the register where the caller wrote nothing; the page asks for more."""


def without_pressed(
    connection: Connection, attempt_id: str, outcome: Outcome, form: MatterForm
) -> MatterForm:
    """R-SMP-4. The form, without a pressed score that came along with an outcome that takes none.

    The page has it chosen and locked, so that without scripts it is sent with any outcome.
    """
    if form.score is None or outcome.takes_score:
        return form
    pressed = lines.pressed_score(connection, attempt_id)
    return replace(form, score=None) if form.score == pressed else form


@dataclass(frozen=True, slots=True)
class SamplingCall:
    """One sampling call whose outcome is being entered."""

    connection: Connection
    law: Law
    attempt_id: str
    task: TaskFacts
    outcome: Outcome
    form: MatterForm
    now: datetime
    who: Person

    def keep(self) -> None:
        """Store what the next step is read from; nothing for calls of other kinds."""
        if self.task.kind is not Kind.SAMPLING:
            return
        if self.outcome.is_reached and self.outcome.follow in (Follow.END, Follow.ANSWER):
            said = (self.form.note or "").strip() or self.outcome.label
            for row in scores.unanswered_of_task(self.connection, self.task.id):
                escalations.close(self.connection, row, said, self.now, self.who)
        self._keep_score()
        if self.outcome.escalates:
            self._escalate()

    def _keep_score(self) -> None:
        """R-SMP-4, R-SMP-8. What the customer said; by rule only where nothing was said before."""
        form, outcome = self.form, self.outcome
        known = self.task.sampling.score if self.task.sampling is not None else None
        value, origin = form.score, ScoreOrigin.CUSTOMER
        pressed = lines.pressed_score(self.connection, self.attempt_id)
        if outcome.may_be_scored and pressed is not None:  # their own hand, whatever was heard
            value, origin = pressed, ScoreOrigin.KEYPAD
        elif outcome.score is not None and known is None:
            value, origin = outcome.score, ScoreOrigin.RULE
        if value is None:
            return
        reason = (form.reason or "").strip()
        if not reason and outcome.escalates:
            reason = (form.note or "").strip()
        if value in NEEDS_REASON and outcome.takes_score and not reason:
            raise UsageError(f"客户按键评了 {value} 分，请写明客户说的原因", field="reason")
        scores.add_score(
            self.connection,
            {
                "task_id": self.task.id,
                "attempt_id": self.attempt_id,
                "customer_id": self.task.customer.id,
                "at": self.now,
                "who": self.who.name,
                "value": value,
                "origin": origin,
                "reason": reason or None,
                "suggestion": (form.suggestion or "").strip() or None,
            },
        )
        audit.record(
            self.connection,
            self.now,
            self.who.name,
            "score.entered",
            f"task:{self.task.id}",
            before={"score": known} if known is not None else None,
            after={"score": value, "origin": origin, "attempt": self.attempt_id},
        )

    def _escalate(self) -> None:
        """R-SMP-5, R-CASE-1. In the register as well; whoever promised the answer owes it."""
        law, task, form = self.law, self.task, self.form.case or CaseForm()
        policy = law.policy_for(task.campaign_id)
        due_at = answer_due(self.now, task.customer.region, policy, law.calendar)
        case = NewCase(
            customer_id=task.customer.id,
            order_no=next((order.order_no for order in task.orders), None),
            kind=form.kind or CaseKind.SERVICE,
            cause=(self.form.note or "").strip() or (self.form.reason or "").strip() or UNTOLD,
            agreed=form.agreed.strip() or None,
            handler=self.who.name,
            attempt=self.attempt_id,
            due_at=due_at,
        )
        case_id = open_case(self.connection, law, case, self.now)
        escalation_id = scores.add_escalation(
            self.connection,
            {
                "task_id": task.id,
                "attempt_id": self.attempt_id,
                "customer_id": task.customer.id,
                "case_id": case_id,
                "opened_at": self.now,
                "due_at": due_at,
                "owner_id": self.who.id,
            },
        )
        scores.reserve(self.connection, task.id, self.who.id)
        audit.record(
            self.connection,
            self.now,
            self.who.name,
            "escalation.opened",
            f"escalation:{escalation_id}",
            after={
                "task": task.id,
                "attempt": self.attempt_id,
                "due_at": due_at,
                "owner": self.who.id,
            },
        )
