"""R-SMP-2, R-SMP-3: submitted, approved by another person, frozen; who is lost is replaced."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.store.models.audit import audit
from adapters.store.models.campaigns import task_order
from adapters.store.models.customers import order
from campaigns import sampling_draw
from campaigns.errors import ConflictError, NotFoundError, RefusedError
from campaigns.values import Ending, Kind, Role, SampleState, TaskState
from scheduler.flows.sampling import Sample, approve, draw, redraw, submit
from scheduler.runtime import Runtime
from tests.factories import at
from tests.sampling_rows import SampleRows
from tests.scheduler.flows.sampling_shop import MONTH, STRATA, Month
from tests.scheduler.flows.test_claim_races import at_once
from tests.shops import Shop


@pytest.fixture
def month(shop: Shop) -> Month:
    return Month(shop)


# --- the month's clock ---------------------------------------------------------------------------


def test_r_smp_3_approving_freezes_the_list_and_makes_the_tasks(month: Month) -> None:
    month.fill(80)
    drawn = month.draw()
    month.submit()
    frozen = month.approve()
    assert (frozen.state, frozen.submitted_by, frozen.approved_by) == (
        *(SampleState.APPROVED, "李组长"),
        "赵主管",
    )
    as_drawn = [sampling_draw.Drawn(_candidate(m), m.rank, m.is_reserve) for m in drawn.members]
    assert frozen.list_hash == sampling_draw.list_hash(as_drawn)
    assert redraw(month.shop.runtime, MONTH).is_as_stored
    called = [one for one in frozen.members if one.called_in_at is not None]
    assert [one.rank for one in called] == list(range(1, 61))
    tasks = {row.id: row for row in month.shop.tasks()}
    assert len(tasks) == 60
    for one in called:
        made = tasks[one.task_id or 0]
        assert (made.customer_id, made.kind) == (one.customer_id, Kind.SAMPLING)
        assert (made.state, made.due_at) == (TaskState.WAITING, at("05-27 09:00"))
        assert made.deadline == at("05-31 20:00")
    lines = [row.what for row in month.shop.rows(audit) if row.what.startswith("sample.")]
    assert lines == ["sample.drawn", "sample.submitted", "sample.approved"] + 60 * [
        "sample.called_in"
    ]


def test_r_smp_3_approved_while_calls_are_open_the_tasks_are_ready(month: Month) -> None:
    month.fill(3)
    month.approved("05-28 10:00")
    assert {(row.state, row.due_at) for row in month.shop.tasks()} == {
        (TaskState.READY, at("05-28 10:00"))
    }


def test_r_smp_1_the_order_that_a_register_names_is_linked_if_it_is_the_customer_s(
    month: Month,
) -> None:
    shop = month.shop
    buyer, other = shop.buyer("b1"), shop.buyer("b2")
    (order_id,) = shop.orders_of(buyer)
    number = next(str(row.order_no) for row in shop.rows(order) if row.id == order_id)
    shop.registered(buyer, order_no=number)
    shop.registered(other, order_no=number)
    month.approved()
    of_buyer = next(row.id for row in shop.tasks() if row.customer_id == buyer)
    assert [(row.task_id, row.order_id) for row in shop.rows(task_order)] == [(of_buyer, order_id)]


def test_r_smp_3_nobody_approves_their_own_list(month: Month) -> None:
    month.fill(3)
    month.draw()
    month.submit(who=month.supervisor)
    with pytest.raises(RefusedError) as refused:
        month.approve()
    assert refused.value.rules == ("R-SMP-3",)
    other = month.shop.person("钱主管", Role.SUPERVISOR)
    assert month.approve(who=other).approved_by == "钱主管"


def test_r_smp_3_leaders_submit_and_supervisors_approve(month: Month) -> None:
    month.fill(3)
    with pytest.raises(NotFoundError):
        month.submit()
    month.draw()
    with pytest.raises(RefusedError):
        month.submit(who=month.caller)
    with pytest.raises(RefusedError):
        month.approve()  # not submitted yet
    month.submit()
    with pytest.raises(RefusedError):
        month.approve(who=month.shop.person("周组长", Role.LEADER))
    assert month.shop.tasks() == []


def test_r_smp_3_pressing_twice_changes_nothing_and_others_are_told(month: Month) -> None:
    month.fill(3)
    month.draw()
    first = month.submit()
    assert month.submit("05-26 10:05") == first
    with pytest.raises(ConflictError):
        month.submit(who=month.supervisor)
    frozen = month.approve()
    assert month.approve("05-26 12:00") == frozen
    with pytest.raises(ConflictError):
        month.approve(who=month.shop.person("钱主管", Role.SUPERVISOR))
    assert len(month.shop.tasks()) == 3


def test_r_smp_3_after_the_close_nothing_is_approved(month: Month) -> None:
    month.fill(3)
    month.draw()
    month.submit("05-31 19:59")
    for now in ("05-31 20:00", "06-01 09:00"):
        with pytest.raises(RefusedError) as refused:
            month.approve(now)
        assert refused.value.rules == ("R-SMP-3",)
    assert len(month.approve("05-31 19:59").members) == 3


@pytest.mark.parametrize(
    ("submitted", "approved", "asked", "late"),
    [
        (None, None, "05-27 23:59", False),
        (None, None, "05-28 00:00", True),
        ("05-27 23:59", None, "05-27 23:59", False),
        ("05-27 23:59", None, "05-28 08:59", False),
        ("05-27 23:59", None, "05-28 09:00", True),
        ("05-26 10:00", None, "05-27 08:59", False),
        ("05-26 10:00", None, "05-27 09:00", True),
        ("05-26 10:00", "05-27 09:30", "05-27 10:00", False),
        ("05-28 00:00", None, "05-28 00:00", True),
        ("05-28 00:00", "05-28 09:00", "05-30 10:00", True),
    ],
)
def test_r_smp_3_what_is_late_is_shown_as_late(
    month: Month, submitted: str | None, approved: str | None, asked: str, late: bool
) -> None:
    month.fill(2)
    month.draw()
    if submitted:
        month.submit(submitted)
    if approved:
        month.approve(approved)
    assert month.status(asked).late is late


def test_r_smp_3_a_month_without_a_draw_is_late_after_the_27th(month: Month) -> None:
    assert [month.status(now).late for now in ("05-27 23:00", "05-28 08:00")] == [False, True]
    assert (month.status("05-20 08:00").state, month.status("05-20 08:00").needed) == (None, 50)


# --- the plan of dials ---------------------------------------------------------------------------


def test_r_smp_3_the_plan_says_how_many_dials_a_day_are_needed(month: Month) -> None:
    """Five days are left, Tuesday to Saturday; 85 % scored at first, then as seen."""
    month.fill(80, strata=STRATA[:1])
    found = month.status("05-20 08:00")
    assert (found.days_left, found.dials_per_day) == (5, 12)  # 50 ÷ 0.85 ÷ 5
    frozen = month.approved("05-27 08:00")
    for index, code in enumerate(("scored", "no_answer", "no_answer", "no_answer")):
        month.hand_out_first(frozen.members[index].task_id)
        form: dict[str, Any] = {} if index else {"score": 4}
        month.shop.call(month.caller, "05-27 10:00", code, **form)
    found = month.status("05-28 20:00")
    assert (found.needed, found.days_left, found.dials_per_day) == (49, 3, 66)  # 49 × 4 ÷ 3
    assert month.status("05-31 20:00").dials_per_day is None


@pytest.mark.parametrize(("ended", "share", "wanted"), [(29, 850, 60), (30, 500, 100)])
def test_r_smp_2_the_own_months_tell_the_expected_share(
    month: Month, ended: int, share: int, wanted: int
) -> None:
    with month.shop.runtime.transaction() as connection:
        rows = SampleRows(connection)
        april = rows.sample("2025-04")
        for index in range(ended):
            scored = index < ended // 2
            one = rows.member(april, ending=Ending.SCORED if scored else Ending.REJECTED)
            if scored:
                rows.score(one, 5, rows.call(one, "04-28 10:00", "scored"))
        rows.member(april)
    drawn = month.draw()
    assert (drawn.scored_share, drawn.wanted) == (share, wanted)


# --- everybody at once ---------------------------------------------------------------------------


def test_r_smp_3_two_supervisors_approve_at_once_and_the_tasks_are_made_once(
    month: Month,
) -> None:
    month.fill(80)
    month.draw()
    month.submit()
    people = [month.supervisor, month.shop.person("钱主管", Role.SUPERVISOR)]
    results = at_once(
        month.shop, 4, lambda runtime, i: approve(runtime, MONTH, at("05-26 11:00"), people[i % 2])
    )
    told = [r for r in results if isinstance(r, Exception)]
    assert [type(error) for error in told] == [ConflictError, ConflictError], results
    assert len(month.shop.tasks()) == 60


def test_r_smp_3_draws_and_a_submission_at_once_leave_one_sample(month: Month) -> None:
    month.fill(30)
    month.draw()

    def work(runtime: Runtime, index: int) -> Sample:
        if index == 0:
            return submit(runtime, MONTH, at("05-26 10:00"), month.leader)
        return draw(runtime, MONTH, at("05-26 10:00"), month.leader, index)

    results = at_once(month.shop, 4, work)
    assert all(isinstance(r, Sample | ConflictError) for r in results), results
    assert month.read().state is SampleState.SUBMITTED


def _candidate(member: Any) -> sampling_draw.Candidate:
    return sampling_draw.Candidate(member.customer_id, member.source, member.handler)
