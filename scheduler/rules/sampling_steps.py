"""What follows in a sampled customer's task: R-SMP-5 to R-SMP-8."""

from __future__ import annotations

from datetime import datetime, timedelta

from campaigns.decisions import Follow, NextStep
from campaigns.facts import AttemptFacts, EscalationFacts, SamplingFacts, TaskFacts
from campaigns.kinds import sampling
from campaigns.policy import Policy
from campaigns.values import AttemptState, Ending, Exemption
from scheduler.rules.hours import daypart_of

_COMPLAINTS = frozenset({"complaint_solved", "complaint_escalated"})


def sampling_step(
    task: TaskFacts, made: list[AttemptFacts], policy: Policy, now: datetime
) -> NextStep | None:
    """The next step where sampling has one of its own; None: as in every other kind.

    `made` are the counted attempts, oldest first; the last one has its outcome.
    """
    known, last = task.sampling or SamplingFacts(), made[-1]
    if known.escalation is not None:
        return _after_escalation(task, known.escalation, last, policy)
    if last.outcome in _COMPLAINTS:
        return NextStep(Follow.END, ending=sampling.talked_ending(task), rule="R-SMP-5")
    if last.is_reached:
        return None
    own = [a for a in made if not a.is_redial]
    rejected = [a for a in own if a.outcome == "rejected"]
    if len(rejected) >= sampling.REJECTIONS and _in_other_dayparts(rejected, policy):
        return NextStep(Follow.END, ending=Ending.REJECTED, rule="R-SMP-7")
    failed = [a for a in own if a.state is AttemptState.CLOSED and not a.is_reached]
    if last.outcome not in _NUMBER_FAILED and len(failed) >= sampling.FAILURES:
        return _after_failures(known, last, policy, now)
    return None


_NUMBER_FAILED = frozenset({"relay_failed"})
"""R-PHONE-2. The number is to blame: another one, or the end."""


def _in_other_dayparts(attempts: list[AttemptFacts], policy: Policy) -> bool:
    """R-SMP-7. Whether these fell in different dayparts, as far as there are others.

    A call that was free to choose had to change its daypart (R-SLOT-1); an agreed one had not.
    """
    parts = {daypart_of(a.at, policy) for a in attempts}
    return len(parts) > 1 or attempts[-1].exemption is Exemption.NONE


def _after_failures(
    known: SamplingFacts, last: AttemptFacts, policy: Policy, now: datetime
) -> NextStep:
    """R-SMP-6. The message was queued; whoever does not answer it in time is not reached."""
    unreached = NextStep(Follow.END, ending=Ending.UNREACHABLE, rule="R-SMP-6")
    if known.replied_at is not None:
        return unreached if last.at >= known.replied_at else NextStep(Follow.RETRY)
    sent = known.message_sent_at
    if sent is not None and now >= sent + timedelta(hours=policy.reply_hours):
        return unreached
    return NextStep(Follow.AWAIT_REPLY, rule="R-SMP-6")


def _after_escalation(
    task: TaskFacts, escalation: EscalationFacts, last: AttemptFacts, policy: Policy
) -> NextStep | None:
    """R-SMP-5. The promised answer: when its owner is ready, else shortly before it is due."""
    if escalation.answered_at is not None:
        return NextStep(Follow.END, ending=sampling.talked_ending(task), rule="R-SMP-5")
    if last.callback_at is not None or last.outcome == "cut_off":
        return None  # the customer's wish, or the line that broke, comes first
    not_before = escalation.due_at - sampling.HEADS_UP
    if escalation.ready_at is not None:
        not_before = min(not_before, escalation.ready_at)
    if last.outcome != "complaint_escalated":  # it was tried, and nobody answered
        not_before = max(not_before, last.at + timedelta(minutes=policy.attempt_gap_minutes))
    return NextStep(
        Follow.ANSWER, not_before=not_before, exemption=Exemption.PROMISED, rule="R-SMP-5"
    )
