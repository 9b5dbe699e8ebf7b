"""R-SMP-2: who is lost is replaced at once from the same stratum, once, while any are left."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from adapters.store.models.audit import audit
from adapters.store.models.campaigns import task
from campaigns.sampling_draw import Stratum
from campaigns.values import Ending, Source, TaskState
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.sampling import Member, redraw
from scheduler.flows.sampling_page import Filter, plan_page, progress
from scheduler.flows.sampling_places import replace_lost
from scheduler.jobs import tick
from scheduler.runtime import Runtime
from tests.factories import at
from tests.scheduler.flows.sampling_shop import MONTH, STRATA, Month
from tests.scheduler.flows.test_claim_races import at_once
from tests.shops import Shop


@pytest.fixture
def month(shop: Shop) -> Month:
    return Month(shop)


def test_r_smp_2_who_is_lost_is_replaced_from_the_same_stratum(month: Month) -> None:
    month.fill(80)
    frozen = month.approved("05-28 10:00")
    gone = frozen.members[4]
    add_entry(
        month.shop.runtime, EntryForm("投诉", user_id=gone.buyer), at("05-28 10:05"), "李组长"
    )
    now = month.read()
    (stepped_in,) = (one for one in now.members if one.replaces is not None)
    assert (stepped_in.replaces, stepped_in.stratum) == (gone.id, gone.stratum)
    assert stepped_in.called_in_at == at("05-28 10:05")
    waiting = [m for m in now.members if m.is_reserve and m.stratum == gone.stratum]
    assert stepped_in.rank == min(one.rank for one in waiting)
    found = month.status("05-28 10:06")
    assert (found.drawn, found.open, dict(found.unscored)) == (61, 60, {Ending.OPTED_OUT: 1})
    assert (found.replaced, found.reserves_left, found.needed) == (1, 19, 50)
    assert month.replace_lost("05-28 10:07") == 0
    assert redraw(month.shop.runtime, MONTH).is_as_stored


def test_r_smp_2_a_reserve_whom_the_gate_does_not_allow_is_passed_over(month: Month) -> None:
    month.fill(80, strata=STRATA[:1])
    frozen = month.approved("05-28 10:00")
    first, second = frozen.members[60], frozen.members[61]
    for one in (first, frozen.members[0]):
        entry = EntryForm("投诉", user_id=one.buyer)
        add_entry(month.shop.runtime, entry, at("05-28 10:05"), "李组长")
    now = {one.id: one for one in month.read().members}
    assert (now[first.id].passed_over_rule, now[first.id].task_id) == ("R-DNC-2", None)
    assert now[second.id].replaces == frozen.members[0].id
    assert [row.what for row in month.shop.rows(audit)].count("sample.passed_over") == 1


def test_r_smp_2_without_reserves_of_the_stratum_nobody_steps_in(month: Month) -> None:
    month.fill(70, strata=STRATA[:1])
    lonely = month.registered("lonely", Stratum(Source.REVIEWS, "孙七"))
    month.approved("05-28 10:00")
    add_entry(month.shop.runtime, EntryForm("投诉", user_id="lonely"), at("05-28 10:05"), "李组长")
    called = [one for one in month.read().members if one.called_in_at is not None]
    assert lonely in {one.customer_id for one in called}
    assert (len(called), {one.replaces for one in called}) == (60, {None})


@pytest.mark.parametrize(("failures", "replaced"), [(2, 0), (3, 1)])
def test_r_smp_2_the_third_failed_attempt_calls_a_reserve_in(
    month: Month, failures: int, replaced: int
) -> None:
    month.fill(62, strata=STRATA[:1])
    frozen = month.approved("05-27 08:00")
    times = ("05-27 09:10", "05-27 14:10", "05-28 18:10")
    for when in times[:failures]:
        month.hand_out_first(frozen.members[0].task_id)
        month.shop.call(month.caller, when, "no_answer")
    month.replace_lost("05-28 18:20")
    assert month.count_replaced() == replaced
    found = month.status("05-28 18:30")
    assert (found.drawn, found.open) == (60 + replaced, 60 + replaced)


def test_r_smp_2_who_ended_unscored_is_replaced_and_the_scored_are_not(month: Month) -> None:
    month.fill(62, strata=STRATA[:1])
    frozen = month.approved("05-28 08:00")
    calls: tuple[tuple[Member, str, dict[str, Any]], ...] = (
        (frozen.members[0], "scored", {"score": 5}),
        (frozen.members[1], "refused", {}),
        (frozen.members[2], "complaint_solved", {}),
    )
    for member, code, form in calls:
        month.hand_out_first(member.task_id)
        month.shop.call(month.caller, "05-28 10:00", code, **form)
    month.replace_lost("05-28 10:10")
    (stepped_in,) = (one for one in month.read().members if one.replaces is not None)
    assert stepped_in.replaces == frozen.members[2].id
    found = month.status("05-28 11:00")
    assert (found.drawn, found.scored, found.open) == (61, 2, 58)
    assert dict(found.unscored) == {Ending.UNSCORED: 1}
    assert found.satisfaction is not None
    assert (found.satisfaction.mean, found.satisfaction.n, found.target_met) == (4.0, 2, True)


def test_r_smp_2_after_the_close_nobody_steps_in(month: Month) -> None:
    month.fill(62, strata=STRATA[:1])
    month.approved("05-28 08:00")
    month.shop.set_clock("05-31 20:00")
    tick(month.shop.runtime)
    found = month.status("05-31 20:01")
    assert (found.drawn, dict(found.unscored)) == (60, {Ending.UNFINISHED: 60})
    assert month.replace_lost("05-31 20:01") == 0
    assert {one.passed_over_rule for one in month.read().members} == {None}


def test_r_smp_2_the_tick_replaces_too(month: Month) -> None:
    month.fill(62, strata=STRATA[:1])
    frozen = month.approved("05-28 08:00")
    with month.shop.runtime.transaction() as connection:
        connection.execute(
            update(task)
            .where(task.c.id == frozen.members[0].task_id)
            .values(state="closed", closed_at=at("05-28 09:00"), ending="rejected", due_at=None)
        )
    month.shop.set_clock("05-28 09:01")
    tick(month.shop.runtime)
    assert month.count_replaced() == 1


def test_r_dnc_2_who_opts_out_before_the_approval_is_replaced_at_once(month: Month) -> None:
    month.fill(80)
    drawn = month.draw()
    month.submit()
    gone = drawn.members[0]
    add_entry(
        month.shop.runtime, EntryForm("投诉", user_id=gone.buyer), at("05-26 10:30"), "李组长"
    )
    frozen = month.approve()
    called = {one.id: one for one in frozen.members if one.called_in_at is not None}
    assert len(called) == 61
    ended = next(row for row in month.shop.tasks() if row.id == called[gone.id].task_id)
    assert (ended.state, ended.ending) == (TaskState.CLOSED, Ending.OPTED_OUT)
    assert [one.replaces for one in called.values() if one.is_reserve] == [gone.id]


def test_r_repeat_2_an_open_task_of_the_month_before_is_passed_over(month: Month) -> None:
    month.fill(70, strata=STRATA[:1])
    drawn = month.draw()
    month.submit()
    busy = drawn.members[0]
    month.shop.sampled(busy.customer_id)
    frozen = {one.id: one for one in month.approve().members}
    assert (frozen[busy.id].passed_over_rule, frozen[busy.id].task_id) == ("R-REPEAT-2", None)
    assert frozen[drawn.members[60].id].replaces == busy.id
    assert month.status("05-26 12:00").drawn == 60


def test_r_smp_2_a_loss_seen_by_all_at_once_is_replaced_once(month: Month) -> None:
    month.fill(90, strata=STRATA[:1])
    frozen = month.approved("05-28 08:00")
    lost = [one.task_id for one in frozen.members[:10]]
    with month.shop.runtime.transaction() as connection:
        connection.execute(
            update(task)
            .where(task.c.id.in_(lost))
            .values(state="closed", closed_at=at("05-28 09:00"), ending="rejected", due_at=None)
        )

    def work(runtime: Runtime, index: int) -> int:
        with runtime.transaction() as connection:
            return replace_lost(connection, runtime, at("05-28 09:01"), "李组长")

    results = at_once(month.shop, 6, work)
    assert sorted(results) == [0, 0, 0, 0, 0, 10]
    assert month.count_replaced() == 10


def test_r_smp_2_used_up_strata_are_the_same_for_the_page_and_for_what_renews_it(
    month: Month,
) -> None:
    month.fill(62)
    runtime = month.shop.runtime
    month.approved("05-28 10:00")
    said = []
    for minute in range(6):
        now = at(f"05-28 10:{minute:02}")
        page = plan_page(runtime, MONTH, now, Filter())
        assert progress(runtime, MONTH, now) == page.progress
        said.append(page.progress.short_of)
        gone = next(
            m for m in month.read().members if m.called_in_at is not None and m.rank > minute
        )
        add_entry(runtime, EntryForm("投诉", user_id=gone.buyer), now, "李组长")
    assert said[0] != said[-1]
    assert set(said[0]) < set(said[-1])
