"""R-CLAIM-1. A call whose caller was deactivated is finished by a leader, in the leader's name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from adapters.channels.base import Unknown
from adapters.store.models.audit import audit
from campaigns.errors import ConflictError, NotFoundError, UsageError
from campaigns.lines import Leg, What
from campaigns.values import Person, Role
from scheduler.flows.left_calls import enter_outcome, left_call
from scheduler.flows.line_calls import go_on
from scheduler.flows.people import set_active
from tests.scheduler.flows.lines import LineShop

WHY = "按线路记录：没有人接"


@pytest.fixture
def leader(lines: LineShop) -> Person:
    return lines.shop.person("李组长", Role.LEADER)


def leaves(lines: LineShop, caller: Person, leader: Person) -> None:
    set_active(lines.runtime, caller.id, is_active=False, now=lines.now, who=leader)


def parked(lines: LineShop, caller: Person) -> str:
    """A call that got no answer from its line; its caller went on with others."""
    lines.line.answer_next(Unknown("超时"), happens=True)
    attempt_id = lines.dials(caller)
    lines.clock.move(seconds=20)
    go_on(lines.runtime, attempt_id, lines.now, caller)
    return attempt_id


def test_r_claim_1_a_leader_finishes_the_call_of_a_deactivated_caller(
    lines: LineShop, caller: Person, leader: Person
) -> None:
    attempt_id = parked(lines, caller)
    leaves(lines, caller, leader)
    waiting = left_call(lines.runtime, attempt_id)
    assert waiting is not None
    assert waiting.is_on_line
    with pytest.raises(ConflictError, match="核对"):
        enter_outcome(lines.runtime, attempt_id, "no_answer", WHY, lines.now, leader)
    lines.look_up(seconds=60)
    (call,) = lines.line.calls
    lines.talks(call)
    lines.ends(call)
    now = left_call(lines.runtime, attempt_id)
    assert now is not None
    assert not now.is_on_line
    assert [one.code for one in now.outcomes if one.is_reached or one.by_system] == ["other"]
    for _ in range(2):  # a double click
        enter_outcome(lines.runtime, attempt_id, "no_answer", WHY, lines.now, leader)
    (row,) = lines.shop.attempts()
    assert (row.state, row.outcome, row.note, row.caller_id) == (
        *("closed", "no_answer", WHY),
        caller.id,
    )
    with lines.runtime.snapshot() as connection:
        trail = connection.execute(select(audit).where(audit.c.what == "attempt.closed")).all()
    assert [one.who for one in trail] == [leader.name]
    assert left_call(lines.runtime, attempt_id) is None
    lines.check()


def test_r_claim_1_who_is_active_finishes_their_own(
    lines: LineShop, caller: Person, leader: Person
) -> None:
    attempt_id, call = lines.dialled(caller)
    lines.talks(call)
    lines.ends(call)
    assert left_call(lines.runtime, attempt_id) is None
    with pytest.raises(ConflictError, match="坐席自己"):
        enter_outcome(lines.runtime, attempt_id, "no_answer", WHY, lines.now, leader)
    assert lines.attempt_states() == ["dialled"]


@pytest.mark.parametrize(
    ("code", "note", "field"),
    [
        ("will_pay", WHY, "code"),
        ("opt_out", WHY, "code"),
        ("line_unconfirmed", WHY, "code"),
        ("", WHY, "code"),
        ("no_answer", "  ", "note"),
        ("other", "", "note"),
        ("no_answer", "长" * 2_001, "note"),
    ],
)
def test_r_claim_1_only_what_the_line_tells_is_entered_and_why(
    lines: LineShop, caller: Person, leader: Person, code: str, note: str, field: str
) -> None:
    attempt_id, call = lines.dialled(caller)
    lines.talks(call)
    lines.ends(call)
    leaves(lines, caller, leader)
    with pytest.raises(UsageError) as refused:
        enter_outcome(lines.runtime, attempt_id, code, note, lines.now, leader)
    assert refused.value.field == field
    assert lines.attempt_states() == ["dialled"]


def test_r_claim_1_what_was_given_back_or_is_nobodys_is_not_entered(
    lines: LineShop, caller: Person, leader: Person
) -> None:
    attempt_id, call = lines.dialled(caller)
    lines.tell(call, Leg.CALLER, What.ENDED)  # rang nobody: no attempt
    leaves(lines, caller, leader)
    assert left_call(lines.runtime, attempt_id) is None
    with pytest.raises(ConflictError):
        enter_outcome(lines.runtime, attempt_id, "no_answer", WHY, lines.now, leader)
    assert left_call(lines.runtime, "nobody") is None
    with pytest.raises(NotFoundError):
        enter_outcome(lines.runtime, "nobody", "no_answer", WHY, lines.now, leader)


def test_r_claim_1_two_leaders_at_once_leave_one_outcome(
    lines: LineShop, caller: Person, leader: Person
) -> None:
    attempt_id, call = lines.dialled(caller)
    lines.talks(call)
    lines.ends(call)
    leaves(lines, caller, leader)
    start, now = Barrier(2), lines.now

    def enter(code: str) -> str | None:
        start.wait()
        try:
            enter_outcome(lines.runtime, attempt_id, code, WHY, now, leader)
        except ConflictError:
            return None
        return code

    with ThreadPoolExecutor(2) as pool:
        said = [pool.submit(enter, code) for code in ("no_answer", "line_busy")]
        entered = [one.result() for one in said]
    (row,) = lines.shop.attempts()
    assert [code for code in entered if code is not None] == [row.outcome]
