"""The after-sales register: entering, working, handing over, looking (R-CASE-1, R-CPL-2)."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import insert

from adapters.store.models.after_sales import case_entry, service_case
from adapters.store.models.audit import audit
from adapters.store.models.customers import customer
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.values import CaseKind, CaseState, Person, Role
from scheduler.flows.case_register import CaseQuery, case_page, cases_of, register
from scheduler.flows.cases import (
    CaseChange,
    CaseEntryForm,
    change_case,
    enter_case,
    reassign_case,
    take_case,
)
from scheduler.flows.ledgers import cases as case_ledger
from tests.factories import at, day
from tests.scheduler.flows.after_sales_shop import order_no_of, plan_all, received
from tests.scheduler.flows.test_claim_races import at_once
from tests.shops import Shop

NOW = at("05-13 10:00")
HOUR = timedelta(hours=1)
BROKEN = CaseEntryForm(CaseKind.PRODUCT, "花盆碎了", user_id="tb_hua01", agreed="补发一个")


@pytest.fixture
def caller(shop: Shop) -> Person:
    shop.buyer("tb_hua01")
    return shop.person("张三")


@pytest.fixture
def leader(shop: Shop) -> Person:
    return shop.person("李组长", Role.LEADER)


def ids(shop: Shop, person: Person, **wanted: object) -> list[int]:
    query = CaseQuery(**wanted)  # type: ignore[arg-type]
    return [line.id for line in register(shop.runtime, query, NOW, person).lines]


def test_r_case_1_a_callers_case_is_their_own_and_due_after_24_hours(
    shop: Shop, caller: Person
) -> None:
    case_id = enter_case(shop.runtime, BROKEN, NOW, caller)
    (line,) = register(shop.runtime, CaseQuery(), NOW, caller).lines
    assert (line.id, line.handler, line.state, line.due_at) == (
        *(case_id, "张三", CaseState.OPEN, NOW + 24 * HOUR),
    )
    assert (line.cause, line.agreed, line.day) == ("花盆碎了", "补发一个", day("05-13"))
    (entry,) = shop.rows(case_entry)
    assert (entry.who, entry.state, entry.handler, entry.note) == ("张三", "open", "张三", None)


def test_r_aud_1_the_trail_of_a_case_has_ids_only(shop: Shop, caller: Person) -> None:
    case_id = enter_case(shop.runtime, BROKEN, NOW, caller)
    change = CaseChange(CaseState.SOLVED, "补发了，单号已告诉客户")
    change_case(shop.runtime, case_id, change, NOW + HOUR, caller)
    lines = [row for row in shop.rows(audit) if row.subject == f"case:{case_id}"]
    assert [line.what for line in lines] == ["case.opened", "case.changed"]
    told = "".join(f"{line.before}{line.after}" for line in lines)
    assert not [word for word in ("花盆", "tb_hua01", "补发", "单号") if word in told]
    assert json.loads(lines[1].before)["state"] == "open"
    assert json.loads(lines[1].after)["state"] == "solved"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (CaseEntryForm(CaseKind.USE, "不会用"), "user_id"),
        (CaseEntryForm(CaseKind.USE, "不会用", user_id="nobody"), "user_id"),
        (CaseEntryForm(CaseKind.USE, "不会用", order_no="999"), "order_no"),
        (CaseEntryForm(CaseKind.USE, "  ", user_id="tb_hua01"), "cause"),
        (CaseEntryForm(CaseKind.USE, "长" * 501, user_id="tb_hua01"), "cause"),
        (CaseEntryForm(CaseKind.USE, "不会用", "tb_hua01", due_at=NOW), "due_at"),
        (CaseEntryForm(CaseKind.USE, "不会用", "tb_hua01", due_at=NOW + 49 * HOUR), "due_at"),
    ],
)
def test_r_case_1_what_is_wrong_in_the_form_is_named(
    shop: Shop, caller: Person, form: CaseEntryForm, field: str
) -> None:
    with pytest.raises(UsageError) as refused:
        enter_case(shop.runtime, form, NOW, caller)
    assert refused.value.field == field
    assert shop.rows(service_case) == []


def test_r_imp_4_a_masked_user_id_of_several_customers_needs_the_order(
    shop: Shop, caller: Person
) -> None:
    first = shop.customer("t**")
    with shop.runtime.transaction() as connection:
        alone = {"identity": "order:1", "buyer": "t**", "created_at": NOW}
        added = insert(customer).values(alone).returning(customer.c.id)
        second = int(connection.execute(added).scalar_one())
    shop.order(second)
    with pytest.raises(UsageError):
        enter_case(shop.runtime, CaseEntryForm(CaseKind.USE, "不会用", "t**"), NOW, caller)
    form = CaseEntryForm(CaseKind.USE, "不会用", "t**", order_no=order_no_of(shop, second))
    enter_case(shop.runtime, form, NOW, caller)
    assert [row.customer_id for row in shop.rows(service_case)] == [second]
    assert second != first
    other = CaseEntryForm(CaseKind.USE, "不会用", "tb_hua01", order_no=order_no_of(shop, second))
    with pytest.raises(UsageError, match="不是这位客户的"):
        enter_case(shop.runtime, other, NOW, caller)


def test_the_same_form_twice_is_one_case(shop: Shop, caller: Person) -> None:
    first = enter_case(shop.runtime, BROKEN, NOW, caller)
    assert enter_case(shop.runtime, BROKEN, NOW + timedelta(seconds=2), caller) == first
    assert enter_case(shop.runtime, BROKEN, NOW + HOUR, caller) != first


def test_r_cpl_2_callers_see_their_own_and_nobodys_leaders_all(
    shop: Shop, caller: Person, leader: Person
) -> None:
    other = shop.person("孙悦")
    mine = enter_case(shop.runtime, BROKEN, NOW, caller)
    theirs = enter_case(shop.runtime, CaseEntryForm(CaseKind.USE, "甲", "tb_hua01"), NOW, other)
    nobodys = enter_case(shop.runtime, CaseEntryForm(CaseKind.USE, "乙", "tb_hua01"), NOW, leader)
    assert ids(shop, caller) == [mine, nobodys]
    assert ids(shop, other, handlers=("张三",)) == []
    assert ids(shop, leader) == [mine, theirs, nobodys]
    assert ids(shop, leader, handlers=("孙悦",)) == [theirs]
    with pytest.raises(NotFoundError):
        case_page(shop.runtime, theirs, NOW, caller)
    with pytest.raises(RefusedError):
        change_case(shop.runtime, theirs, CaseChange(CaseState.SOLVED, "好了"), NOW, caller)
    take_case(shop.runtime, nobodys, NOW, caller)
    take_case(shop.runtime, nobodys, NOW, caller)  # twice changes nothing
    with pytest.raises(RefusedError):
        take_case(shop.runtime, nobodys, NOW, other)
    with pytest.raises(ConflictError):
        take_case(shop.runtime, nobodys, NOW, leader)
    entries = [row for row in shop.rows(case_entry) if row.case_id == nobodys]
    assert [row.handler for row in entries] == ["", "张三"]


def test_r_case_1_what_is_overdue_comes_first_and_ended_ones_last(
    shop: Shop, leader: Person, caller: Person
) -> None:
    made = {}
    for cause, hours in (("后天", 48), ("马上", 1), ("明天", 24), ("办好", 2)):
        form = CaseEntryForm(CaseKind.USE, cause, "tb_hua01", due_at=NOW - 10 * HOUR + hours * HOUR)
        made[cause] = enter_case(shop.runtime, form, NOW - 10 * HOUR, leader)
    change_case(shop.runtime, made["办好"], CaseChange(CaseState.SOLVED, "好了"), NOW, leader)
    found = register(shop.runtime, CaseQuery(), NOW, leader)
    assert [line.cause for line in found.lines] == ["马上", "明天", "后天", "办好"]
    assert [line.is_overdue for line in found.lines] == [True, False, False, False]
    assert (found.overdue, found.unended) == (1, 3)
    assert found.counts == {CaseState.OPEN: 3, CaseState.SOLVED: 1}
    assert ids(shop, leader, states=(CaseState.SOLVED,)) == [made["办好"]]
    assert ids(shop, leader, kind=CaseKind.REFUND) == []
    assert len(ids(shop, leader, words="hua0")) == 4
    assert ids(shop, leader, words="花") == []


def test_r_case_1_the_table_of_states_is_kept(shop: Shop, caller: Person) -> None:
    case_id = enter_case(shop.runtime, BROKEN, NOW, caller)

    def becomes(state: CaseState, note: str = "", hours: int = 1) -> None:
        change_case(shop.runtime, case_id, CaseChange(state, note), NOW + hours * HOUR, caller)

    for state in (CaseState.SOLVED, CaseState.CLOSED):
        with pytest.raises(UsageError) as refused:
            becomes(state, "  ")
        assert refused.value.field == "note"
    becomes(CaseState.IN_PROGRESS)
    becomes(CaseState.SOLVED, "补发了", 2)
    becomes(CaseState.IN_PROGRESS, "客户说又碎了", 30)
    (row,) = shop.rows(service_case)
    assert (row.state, row.closed_at, row.due_at) == ("in_progress", None, NOW + 54 * HOUR)
    becomes(CaseState.CLOSED, "退款了", 31)
    (row,) = shop.rows(service_case)
    assert (row.state, row.closed_at) == ("closed", NOW + 31 * HOUR)
    with pytest.raises(RefusedError):
        becomes(CaseState.IN_PROGRESS, "再来", 32)
    assert [row.state for row in shop.rows(case_entry)] == [
        *("open", "in_progress", "solved", "in_progress", "closed")
    ]


def test_r_cpl_2_another_time_may_be_promised_within_48_hours(shop: Shop, caller: Person) -> None:
    case_id = enter_case(shop.runtime, BROKEN, NOW, caller)
    later = CaseChange(CaseState.OPEN, due_at=NOW + 48 * HOUR)
    change_case(shop.runtime, case_id, later, NOW, caller)
    with pytest.raises(UsageError) as refused:
        too_late = CaseChange(CaseState.OPEN, "再等等", NOW + 50 * HOUR)
        change_case(shop.runtime, case_id, too_late, NOW + HOUR, caller)
    assert refused.value.field == "due_at"
    with pytest.raises(UsageError):
        change_case(shop.runtime, case_id, CaseChange(CaseState.OPEN), NOW, caller)
    page = case_page(shop.runtime, case_id, NOW, caller)
    assert [entry.is_moved for entry in page.history] == [False, True]
    assert page.case.due_at == NOW + 48 * HOUR


def test_a_form_sent_twice_counts_once_and_an_overtaken_one_is_refused(
    shop: Shop, caller: Person, leader: Person
) -> None:
    case_id = enter_case(shop.runtime, BROKEN, NOW, caller)
    seen = case_page(shop.runtime, case_id, NOW, caller).newest_entry
    noted = CaseChange(CaseState.OPEN, "打过一次，没接", seen=seen)
    change_case(shop.runtime, case_id, noted, NOW, caller)
    change_case(shop.runtime, case_id, noted, NOW, caller)
    assert len(shop.rows(case_entry)) == 2
    with pytest.raises(ConflictError):
        stale = CaseChange(CaseState.SOLVED, "好了", seen=seen)
        change_case(shop.runtime, case_id, stale, NOW, leader)


def test_r_cpl_2_only_a_leader_hands_over_and_only_to_somebody_who_calls(
    shop: Shop, caller: Person, leader: Person
) -> None:
    shop.person("孙悦")
    shop.person("管理员", Role.ADMIN)
    case_id = enter_case(shop.runtime, BROKEN, NOW, caller)
    with pytest.raises(RefusedError):
        reassign_case(shop.runtime, case_id, "孙悦", "", NOW, caller)
    for name in ("管理员", "谁也不是"):
        with pytest.raises(UsageError):
            reassign_case(shop.runtime, case_id, name, "", NOW, leader)
    reassign_case(shop.runtime, case_id, "孙悦", "已经答应补发", NOW, leader)
    reassign_case(shop.runtime, case_id, "孙悦", "已经答应补发", NOW, leader)
    history = case_page(shop.runtime, case_id, NOW, leader).history
    assert [(line.handler, line.note) for line in history] == [
        ("张三", None),
        ("孙悦", "已经答应补发"),
    ]
    assert ids(shop, caller) == []
    reassign_case(shop.runtime, case_id, "", "", NOW, leader)
    assert ids(shop, caller) == [case_id]
    change_case(shop.runtime, case_id, CaseChange(CaseState.CLOSED, "客户不要了"), NOW, leader)
    with pytest.raises(RefusedError):
        reassign_case(shop.runtime, case_id, "孙悦", "", NOW, leader)


def test_r_cpl_2_the_next_handler_sees_the_calls_and_the_other_cases_first(shop: Shop) -> None:
    caller = shop.person("张三")
    customer_id = received(shop, "tb_hua09")
    plan_all(shop)
    shop.call(caller, "05-13 09:10", "complaint", note="瓶盖漏水")
    (from_call,) = shop.rows(service_case)
    form = CaseEntryForm(CaseKind.SERVICE, "嫌慢", "tb_hua09")
    by_hand = enter_case(shop.runtime, form, NOW, caller)
    page = case_page(shop.runtime, by_hand, NOW, caller)
    assert [(talk.outcome_label, talk.note) for talk in page.talks] == [
        ("有问题，登记售后", "瓶盖漏水")
    ]
    assert [(line.id, line.is_from_call) for line in page.others] == [(from_call.id, True)]
    both = cases_of(shop.runtime, customer_id, NOW)
    assert [line.id for line in both] == [by_hand, from_call.id]
    assert from_call.order_no == order_no_of(shop, customer_id)


def test_r_case_1_the_register_of_some_days_as_it_stood(shop: Shop, caller: Person) -> None:
    case_id = enter_case(shop.runtime, BROKEN, NOW, caller)
    change_case(
        shop.runtime, case_id, CaseChange(CaseState.SOLVED, "寄到了"), NOW + 30 * HOUR, caller
    )

    def stood(hours: float | None) -> list[tuple[object, ...]]:
        as_of = None if hours is None else NOW + hours * HOUR
        ledger = case_ledger(shop.runtime, day("05-13"), day("05-13"), as_of)
        return [row.cells()[6:8] for row in ledger.rows]

    assert stood(-1) == []
    assert stood(29) == [("补发一个", "待处理")]
    assert stood(30) == stood(None) == [("补发一个；寄到了", "已解决")]
    assert case_ledger(shop.runtime, day("05-14"), day("05-20"), None).rows == ()


def test_r_cpl_2_a_case_of_nobody_is_taken_by_one_of_two(shop: Shop, leader: Person) -> None:
    shop.buyer("tb_hua01")
    both = [shop.person("张三"), shop.person("孙悦")]
    case_id = enter_case(shop.runtime, BROKEN, NOW, leader)
    barrier = Barrier(2)

    def take(person: Person) -> Callable[[], str]:
        def run() -> str:
            barrier.wait()
            try:
                take_case(shop.runtime, case_id, NOW, person)
            except RefusedError:
                return "late"
            return "taken"

        return run

    with ThreadPoolExecutor(2) as pool:
        results = [pool.submit(take(person)) for person in both]
        assert sorted(result.result(30) for result in results) == ["late", "taken"]
    assert len(shop.rows(case_entry)) == 2


def test_the_same_form_twice_at_once_is_one_case(shop: Shop, caller: Person) -> None:
    numbers = at_once(shop, 6, lambda runtime, _: enter_case(runtime, BROKEN, NOW, caller))
    assert numbers == [1] * 6
    assert len(shop.rows(service_case)) == 1
