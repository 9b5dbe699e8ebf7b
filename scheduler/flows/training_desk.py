"""What somebody invented enters after a talk: the colleagues and the training shop's own history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from adapters.training_shop.marketplace import Marketplace
from adapters.training_shop.talks import Talk, draw_further, draw_talk
from campaigns.errors import ConflictError, RefusedError
from campaigns.phone import is_relay
from campaigns.registry import outcome_of
from campaigns.values import Kind, OrderState, Person, Topic
from scheduler.flows.claim import HandOut
from scheduler.flows.outcome import OutcomeAnswer, OutcomeForm, record_outcome
from scheduler.flows.outcome_forms import CaseForm, FeedbackForm, MatterForm
from scheduler.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Conversation:
    """One call: the matter that it was made for, and those that were settled along with it."""

    talk: Talk
    further: tuple[tuple[int, Talk], ...] = ()

    @property
    def form(self) -> OutcomeForm:
        """What is entered, but for a time to call again."""
        talk = self.talk
        return OutcomeForm(
            talk.code,
            phone=talk.phone,
            note=talk.note,
            feedback=_feedback(talk),
            case=_case(talk),
            score=talk.score,
            reason=talk.reason,
            suggestion=talk.suggestion,
            also=tuple(
                MatterForm(task, one.code, note=one.note, feedback=_feedback(one), case=_case(one))
                for task, one in self.further
            ),
        )


def converse(draw: Random, call: HandOut) -> Conversation:
    """Let the call happen. A buyer who is on the line settles the other matters too (R-REPEAT-2)."""
    talk = draw_talk(draw, call.kind, call.topic, is_relay=is_relay(call.phone))
    if outcome_of(call.kind, talk.code).person != "customer":
        return Conversation(talk)
    return Conversation(
        talk,
        tuple(
            (matter.task_id, draw_further(draw, matter.kind, matter.topic)) for matter in call.also
        ),
    )


def enter(
    runtime: Runtime, call: HandOut, talked: Conversation, now: datetime, caller: Person
) -> tuple[OutcomeAnswer, datetime | None]:
    """Enter the outcome; returns the answer and the time that was promised to the buyer, if any.

    A wish behind the deadline (R-HOURS-7) and a matter that has ended meanwhile are left out.
    Raises ConflictError when the customer was taken away meanwhile (R-CLAIM-1).
    """
    wish = None
    if talked.talk.callback_after is not None:
        wish = (now + talked.talk.callback_after).replace(second=0, microsecond=0)
    form = replace(talked.form, callback_at=wish)
    try:
        return record_outcome(runtime, call.attempt_id, form, now, caller), wish
    except ConflictError:
        raise
    except RefusedError:
        form = replace(form, callback_at=None, also=())
        return record_outcome(runtime, call.attempt_id, form, now, caller), None


def overtaken(marketplace: Marketplace, call: HandOut, now: datetime) -> str | None:
    """What a look into the shop's backend shows that the books do not know yet (R-DUN-4, R-CB-4)."""
    if not call.must_look_first:
        return None
    if call.kind is Kind.DUNNING and not marketplace.awaiting(call.buyer, now):
        return "后台看到已经付款，等下一次导入"
    if call.topic is Topic.NOT_RECEIVED and not _on_the_way(marketplace, call.buyer, now):
        return "后台看到已经签收，等下一次导入"
    return None


def _on_the_way(marketplace: Marketplace, buyer: str, now: datetime) -> bool:
    return any(o.state_at(now) is OrderState.SHIPPED for o in marketplace.orders_of(buyer))


def _feedback(talk: Talk) -> FeedbackForm | None:
    if talk.effect is None:
        return None
    return FeedbackForm(
        effect=talk.effect, complaint=talk.complaint, wish=talk.wish, verbatim=talk.verbatim
    )


def _case(talk: Talk) -> CaseForm | None:
    return CaseForm(agreed=talk.agreed) if talk.agreed else None
