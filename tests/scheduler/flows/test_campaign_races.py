"""R-CLAIM-1 when a leader pauses everything while callers work: nobody dials after it, nobody hangs."""

from __future__ import annotations

from typing import Any

from campaigns.errors import RefusedError
from campaigns.values import AttemptState
from scheduler.flows.campaigns import pause_all, resume_all
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.outlook import NobodyNow
from scheduler.runtime import Runtime
from tests.factories import at
from tests.scheduler.flows.test_claim_races import at_once
from tests.shops import Shop

NOW = at("05-13 10:00")


def test_r_claim_1_a_pause_among_working_callers_ends_all_dialling(shop: Shop) -> None:
    callers = [shop.person(f"坐席{i}") for i in range(4)]
    with shop.at_one_go():
        for index in range(60):
            shop.buyer(f"b{index:03d}")
    shop.plan()

    def work(runtime: Runtime, index: int) -> Any:
        if index == len(callers):
            return pause_all(runtime, "停电", NOW, "李组长")
        done = 0
        while True:
            held = next_call(runtime, callers[index], NOW)
            if not isinstance(held, HandOut):
                return done
            try:
                dial(runtime, held.attempt_id, NOW, callers[index])
            except RefusedError as error:
                assert "R-CLAIM-1" in error.rules
                continue
            form = OutcomeForm("no_answer", key=held.attempt_id)
            record_outcome(runtime, held.attempt_id, form, NOW, callers[index])
            done += 1

    results = at_once(shop, len(callers) + 1, work)
    assert [r for r in results if isinstance(r, Exception)] == []
    states = {a.state for a in shop.attempts()}
    assert states <= {AttemptState.CLOSED, AttemptState.WITHDRAWN}
    closed = sum(a.state == AttemptState.CLOSED for a in shop.attempts())
    assert closed == sum(results[:-1])
    assert isinstance(next_call(shop.runtime, callers[0], NOW), NobodyNow)
    resume_all(shop.runtime, NOW, "李组长")
    if closed < 60:
        assert isinstance(next_call(shop.runtime, callers[0], NOW), HandOut)
