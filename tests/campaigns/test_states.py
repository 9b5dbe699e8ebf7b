"""Which changes of state are allowed, as one table."""

from __future__ import annotations

from campaigns.states import ATTEMPT_CHANGES, COUNTED_ATTEMPTS, LIVE_ATTEMPTS, TASK_CHANGES
from campaigns.values import AttemptState, TaskState


def test_the_tables_know_every_state() -> None:
    assert set(TASK_CHANGES) == set(TaskState)
    assert set(ATTEMPT_CHANGES) == set(AttemptState)


def test_a_closed_task_stays_closed() -> None:
    assert TASK_CHANGES[TaskState.CLOSED] == frozenset()
    assert all(
        TaskState.CLOSED in after for state, after in TASK_CHANGES.items() if state != "closed"
    )


def test_r_claim_1_a_dialled_call_is_closed_unless_its_line_rang_nobody() -> None:
    undone = {AttemptState.HANDED_OUT, AttemptState.WITHDRAWN}
    assert ATTEMPT_CHANGES[AttemptState.DIALLED] == {AttemptState.CLOSED} | undone


def test_only_an_expired_hand_out_may_still_get_its_outcome() -> None:
    over = {s for s, after in ATTEMPT_CHANGES.items() if s not in LIVE_ATTEMPTS and after}
    assert over == {AttemptState.EXPIRED}


def test_what_was_not_dialled_does_not_count() -> None:
    assert {AttemptState.DIALLED, AttemptState.CLOSED} == COUNTED_ATTEMPTS
    assert {AttemptState.HANDED_OUT, AttemptState.DIALLED} == LIVE_ATTEMPTS
