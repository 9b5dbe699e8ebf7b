"""What follows in a sampled customer's task: R-SMP-5 to R-SMP-8."""

from __future__ import annotations

from datetime import datetime, timedelta

from campaigns.decisions import Follow, NextStep
from campaigns.facts import AttemptFacts, EscalationFacts, SamplingFacts, TaskFacts
from campaigns.kinds import sampling
from campaigns.policy import Policy
from campaigns.values import AttemptState, Ending, Exemption
from scheduler.rules.case import best_phone
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
        return _after_escalation(task, known.escalation, last, policy, now)
    if last.outcome in _COMPLAINTS:
        return NextStep(Follow.END, ending=sampling.talked_ending(task), rule="R-SMP-5")
    if last.is_reached:
        return None
    own = [a for a in made if not a.is_redial]
    rejected = [a for a in own if a.outcome == "rejected"]
    if len(rejected) >= sampling.REJECTIONS and _in_other_dayparts(rejected, policy):
        return NextStep(Follow.END, ending=Ending.REJECTED, rule="R-SMP-7")
    failed = [a for a in own if a.state is AttemptState.CLOSED and not a.is_reached]
    if len(failed) < sampling.FAILURES:
        return None
    step = _after_failures(known, last, policy, now)
    # R-PHONE-2: a number is spent; another one is tried while the reply is waited for, or it ends.
    is_spent = last.outcome == "relay_failed"
    return None if is_spent and step.follow is not Follow.END else step


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
    task: TaskFacts,
    escalation: EscalationFacts,
    last: AttemptFacts,
    policy: Policy,
    now: datetime,
) -> NextStep | None:
    """R-SMP-5. The promised answer: when its owner is ready, else shortly before it is due."""
    if escalation.answered_at is not None:
        return NextStep(Follow.END, ending=sampling.talked_ending(task), rule="R-SMP-5")
    if last.outcome == "cut_off" and last.callback_at is None and _may_redial(last, policy, now):
        return None  # the line that broke comes first
    if last.outcome in _NUMBER_GONE and best_phone(task, now) is None:
        return None  # R-PHONE-1, R-PHONE-2: a message is all that is left, beside the owed answer
    not_before, rule = escalation.due_at - sampling.HEADS_UP, "R-SMP-5"
    if escalation.ready_at is not None:
        not_before = min(not_before, escalation.ready_at)
    if last.callback_at is not None:
        not_before, rule = last.callback_at, "R-HOURS-7"
    elif last.outcome not in _ANSWER_AT_ONCE:  # it was tried, and nobody had time or answered
        not_before = max(not_before, last.at + timedelta(minutes=policy.attempt_gap_minutes))
    return NextStep(Follow.ANSWER, not_before=not_before, exemption=Exemption.PROMISED, rule=rule)


_NUMBER_GONE = frozenset({"wrong_number", "relay_failed"})
_ANSWER_AT_ONCE = frozenset({"complaint_escalated", "cut_off"}) | _NUMBER_GONE
"""R-REPEAT-5. After these nothing but the promise itself says when the answer is tried (again)."""


def _may_redial(last: AttemptFacts, policy: Policy, now: datetime) -> bool:
    """R-REPEAT-5. Once, within minutes, as the same attempt; after that it is still promised."""
    until = timedelta(minutes=policy.redial_minutes)
    return not last.is_redial and last.outcome_at is not None and now < last.outcome_at + until
