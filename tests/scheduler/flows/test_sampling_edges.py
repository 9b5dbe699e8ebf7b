"""R-SMP-5, R-SMP-6: what people press twice, too late, or while something else happens."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, update

from adapters.store.models.audit import audit
from adapters.store.models.calls import todo
from adapters.store.models.campaigns import task
from adapters.store.models.sampling import escalation, score
from adapters.store.models.shop import job_slot
from campaigns.errors import ConflictError, RefusedError
from campaigns.values import Ending, Kind, Person, Role, ScoreOrigin, TaskState
from scheduler import jobs
from scheduler.flows import escalations
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.todos import awaiting_replies, finish_todo, note_reply, open_todos
from scheduler.verify.second_opinion import verify
from tests.factories import at
from tests.scheduler.flows.calling import dialled, nobody
from tests.shops import Shop


@pytest.fixture
def caller(shop: Shop) -> Person:
    """One sampled customer, and who calls."""
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.sampled(customer)
    return shop.person()


def escalated(shop: Shop, caller: Person, now: str = "05-27 09:00", **form: Any) -> Any:
    shop.call(caller, now, "complaint_escalated", **({"note": "盆碎了没人理"} | form))
    return shop.rows(escalation)[-1]


def tick(shop: Shop, now: str) -> None:
    shop.set_clock(now)
    jobs.tick(shop.runtime)


def asked_not_to_be_called(shop: Shop, now: str) -> None:
    add_entry(shop.runtime, EntryForm("别再打来", user_id="tb_hua01"), at(now), "李组长")


def count(shop: Shop, what: str) -> int:
    return [row.what for row in shop.rows(audit)].count(what)


# --- the promised answer --------------------------------------------------------------------------


def test_r_dnc_2_nobody_is_told_to_write_to_who_asked_not_to_be_contacted(
    shop: Shop, caller: Person
) -> None:
    owed = escalated(shop, caller)
    asked_not_to_be_called(shop, "05-27 09:05")
    (task,) = shop.tasks()
    assert (task.ending, task.reserved_for) == (Ending.OPTED_OUT, None)
    with pytest.raises(RefusedError) as refused:
        escalations.ready(shop.runtime, owed.id, at("05-27 09:06"), caller)
    assert refused.value.rules == ("R-DNC-2", "R-DNC-3")
    assert "旺旺" not in refused.value.message
    escalations.take(shop.runtime, owed.id, at("05-27 09:07"), caller)
    assert shop.tasks()[0].reserved_for is None
    assert len(escalations.open_escalations(shop.runtime, at("05-27 09:40"))) == 1


def test_r_smp_5_a_closed_task_is_reserved_for_nobody(shop: Shop, caller: Person) -> None:
    escalated(shop, caller, "05-31 19:45")
    assert shop.tasks()[0].reserved_for == caller.id
    tick(shop, "05-31 20:00")
    (task,) = shop.tasks()
    assert (task.ending, task.reserved_for) == (Ending.UNFINISHED, None)


def test_r_smp_5_an_overdue_answer_is_anybody_s_whoever_takes_it_on(
    shop: Shop, caller: Person
) -> None:
    """Else it would wait for an owner who has gone home."""
    owed = escalated(shop, caller)
    other, leader = shop.person("李四"), shop.person("王组长", Role.LEADER)
    tick(shop, "05-27 09:32")
    escalations.ready(shop.runtime, owed.id, at("05-27 09:33"), caller)
    escalations.hand_over(shop.runtime, owed.id, "张三", at("05-27 09:34"), leader)
    assert shop.take(other, "05-27 09:35").task_id == owed.task_id


def test_r_smp_5_the_same_answer_sent_twice_counts_once(shop: Shop, caller: Person) -> None:
    owed = escalated(shop, caller)
    leader = shop.person("王组长", Role.LEADER)
    escalations.answer(shop.runtime, owed.id, "旺旺上说好了", at("05-27 09:05"), caller)
    escalations.answer(shop.runtime, owed.id, " 旺旺上说好了 ", at("05-27 09:06"), caller)
    assert count(shop, "escalation.answered") == 1
    assert shop.rows(escalation)[0].answered_at == at("05-27 09:05")
    with pytest.raises(ConflictError):
        escalations.answer(shop.runtime, owed.id, "旺旺上说好了", at("05-27 09:06"), leader)


def test_r_smp_5_handing_over_twice_counts_once(shop: Shop, caller: Person) -> None:
    owed = escalated(shop, caller)
    leader = shop.person("王组长", Role.LEADER)
    for _ in range(2):
        escalations.hand_over(shop.runtime, owed.id, "张三", at("05-27 09:04"), leader)
    assert count(shop, "escalation.handed_over") == 1


def test_r_smp_5_answered_in_writing_while_its_owner_dials(shop: Shop, caller: Person) -> None:
    owed = escalated(shop, caller)
    leader = shop.person("王组长", Role.LEADER)
    escalations.ready(shop.runtime, owed.id, at("05-27 09:06"), caller)
    held = dialled(shop, caller, "05-27 09:06")
    escalations.answer(shop.runtime, owed.id, "旺旺上说好了", at("05-27 09:07"), leader)
    assert shop.tasks()[0].state == TaskState.CLAIMED
    answer = shop.outcome(held.attempt_id, "no_answer", "05-27 09:08", caller)
    assert (answer.state, shop.tasks()[0].ending) == ("closed", Ending.UNSCORED)


def test_r_smp_5_a_breach_while_the_owner_dials_takes_nothing_away(
    shop: Shop, caller: Person
) -> None:
    owed = escalated(shop, caller)
    held = dialled(shop, caller, "05-27 09:29")
    tick(shop, "05-27 09:31")
    assert nobody(shop, shop.person("李四"), "05-27 09:32")
    shop.outcome(held.attempt_id, "scored", "05-27 09:33", caller, score=4, note="重发了")
    row = shop.rows(escalation)[0]
    assert (row.id, row.answered_at, row.breached_at) == (
        *(owed.id, at("05-27 09:33")),
        at("05-27 09:31"),
    )


def test_r_smp_8_hanging_up_on_the_answer_is_scored_by_rule(shop: Shop, caller: Person) -> None:
    escalated(shop, caller)
    shop.call(caller, "05-27 09:20", "hung_up")
    assert [(row.value, row.origin) for row in shop.rows(score)] == [(3, ScoreOrigin.RULE)]
    assert shop.tasks()[0].ending == Ending.SCORED_BY_RULE
    assert escalations.open_escalations(shop.runtime, at("05-27 09:21")) == []


@pytest.mark.parametrize("code", ["opt_out", "hung_up_angry"])
def test_r_dnc_2_who_ends_it_on_the_answer_call_is_owed_nothing(
    shop: Shop, caller: Person, code: str
) -> None:
    escalated(shop, caller, score=2)
    shop.call(caller, "05-27 09:20", code)
    assert [row.value for row in shop.rows(score)] == [2]
    assert escalations.open_escalations(shop.runtime, at("05-27 09:21")) == []
    (task,) = shop.tasks()
    assert (task.state, task.reserved_for) == (TaskState.CLOSED, None)


def test_r_smp_5_two_complaints_in_one_task(shop: Shop, caller: Person) -> None:
    escalated(shop, caller, score=2)
    second = escalated(shop, caller, "05-27 09:20", note="重发的也碎了")
    first = shop.rows(escalation)[0]
    assert (first.answer, second.answered_at) == ("重发的也碎了", None)
    assert second.due_at == at("05-27 09:50")
    shop.call(caller, "05-27 09:40", "scored", score=3, note="退款了")
    assert [row.value for row in shop.rows(score)] == [2, 3]
    assert shop.tasks()[0].ending == Ending.SCORED


def test_r_smp_5_an_answer_that_was_cut_is_still_owed_the_same_day(
    shop: Shop, caller: Person
) -> None:
    escalated(shop, caller)
    shop.call(caller, "05-27 09:20", "cut_off")
    assert shop.call(caller, "05-27 09:40", "scored", score=4).state == "closed"
    assert shop.attempts()[-1].exemption == "promised"


# --- the message and the reply --------------------------------------------------------------------


def unreached(shop: Shop, caller: Person) -> int:
    for when in ("05-27 09:00", "05-27 13:30", "05-28 17:00"):
        shop.call(caller, when, "no_answer")
    (message,) = shop.rows(todo)
    return int(message.id)


def test_r_smp_6_a_reply_before_sending_or_after_the_end_is_none(
    shop: Shop, caller: Person
) -> None:
    message = unreached(shop, caller)
    with pytest.raises(RefusedError):
        note_reply(shop.runtime, message, at("05-28 17:10"), "张三")
    finish_todo(shop.runtime, message, at("05-28 17:30"), "张三")
    tick(shop, "05-29 17:30")
    assert shop.tasks()[0].ending == Ending.UNREACHABLE
    with pytest.raises(RefusedError) as refused:
        note_reply(shop.runtime, message, at("05-29 17:31"), "张三")
    assert refused.value.rules == ("R-SMP-6",)
    assert shop.rows(todo)[0].replied_at is None


def test_r_dnc_2_asked_not_to_be_called_while_the_reply_is_waited_for(
    shop: Shop, caller: Person
) -> None:
    message = unreached(shop, caller)
    finish_todo(shop.runtime, message, at("05-28 17:30"), "张三")
    asked_not_to_be_called(shop, "05-28 18:00")
    assert shop.tasks()[0].ending == Ending.OPTED_OUT
    assert awaiting_replies(shop.runtime, at("05-28 18:01")) == []


def test_r_smp_6_too_late_in_the_month_for_the_message(shop: Shop, caller: Person) -> None:
    for when in ("05-30 10:00", "05-30 14:30", "05-31 17:10"):
        shop.call(caller, when, "no_answer", ended="05-31 20:01" if when > "05-31" else None)
    assert shop.rows(todo) == []
    assert shop.tasks()[0].ending == Ending.UNFINISHED


def test_r_smp_6_an_unsent_message_is_taken_back_at_the_close(shop: Shop, caller: Person) -> None:
    for when in ("05-30 10:00", "05-30 14:30", "05-31 17:10"):
        shop.call(caller, when, "no_answer")
    assert len(open_todos(shop.runtime, at("05-31 17:11"))) == 1
    tick(shop, "05-31 20:00")
    assert open_todos(shop.runtime, at("05-31 20:01")) == []
    assert shop.tasks()[0].ending == Ending.UNFINISHED


def test_r_smp_6_a_sent_message_without_reply_is_unreached_at_the_close(
    shop: Shop, caller: Person
) -> None:
    for when in ("05-30 10:00", "05-30 14:30", "05-31 17:10"):
        shop.call(caller, when, "no_answer")
    finish_todo(shop.runtime, shop.rows(todo)[0].id, at("05-31 17:20"), "张三")
    tick(shop, "05-31 20:00")
    assert shop.tasks()[0].ending == Ending.UNREACHABLE


def test_r_smp_3_a_call_that_nobody_ended_does_not_keep_the_month_open(shop: Shop) -> None:
    """R-CLAIM-1. Half an hour after it was dialled, the outcome of the other call counts as missing."""
    customer = shop.buyer("tb_hua01", placed="05-30 10:00", seen="05-30 20:00")
    shop.sampled(customer)
    shop.plan("05-31")
    caller = shop.person()
    shop.change_campaign(Kind.SAMPLING, state="paused", state_reason="试")
    held = dialled(shop, caller, "05-31 19:50")
    assert held.kind is Kind.DUNNING
    shop.change_campaign(Kind.SAMPLING, state="running", state_reason=None)

    for now, ending in (("20:00", None), ("20:19", None), ("20:20", Ending.UNFINISHED)):
        tick(shop, f"05-31 {now}")
        (found,) = [row.ending for row in shop.tasks() if row.kind == Kind.SAMPLING]
        assert found == ending, now
    assert _left_open(shop) == []
    still = {"state": "waiting", "closed_at": None, "ending": None}
    with shop.runtime.transaction() as connection:
        connection.execute(update(task).where(task.c.kind == "sampling").values(**still))
    for now, wrong in (("05-31 20:15", []), ("05-31 20:25", ["R-SMP-3"])):
        slot = {"job": "plan", "slot": at(now), "started_at": at(now), "state": "running"}
        with shop.runtime.transaction() as connection:
            connection.execute(insert(job_slot).values(**slot))
        assert _left_open(shop) == wrong, now


def _left_open(shop: Shop) -> list[str]:
    """What the second opinion finds open after the close."""
    return [f.rule for f in verify(shop.runtime).violations if "仍未结束" in f.what]
