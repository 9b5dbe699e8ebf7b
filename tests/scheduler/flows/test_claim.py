"""R-CLAIM-1, R-REPEAT-2: handing out the next customer, one caller at a time."""

from __future__ import annotations

import pytest

from campaigns.errors import ConflictError
from campaigns.population import Population
from campaigns.values import AttemptState, Exemption, OrderState, TaskState
from scheduler.flows.claim import HandOut, current_call, next_call
from scheduler.flows.dialling import dial, renew, skip
from scheduler.flows.outlook import NobodyNow
from tests.factories import SECOND, a_number, at
from tests.shops import Shop


@pytest.fixture
def one(shop: Shop) -> Shop:
    shop.buyer()
    shop.plan()
    return shop


def test_a_hand_out_says_everything_about_the_call(one: Shop) -> None:
    caller = one.person()
    held = one.take(caller, "05-13 09:00")
    assert held.buyer == "tb_hua01"
    assert held.phone.e164.startswith("+86184")
    assert held.deadline == at("05-15 15:00")
    assert held.lease_until == at("05-13 09:15")
    assert (held.number, held.budget, held.exemption) == (1, 3, Exemption.NONE)
    (row,) = one.attempts()
    assert (row.state, row.day_kind, row.policy_version) == (AttemptState.HANDED_OUT, "working", 0)
    assert row.owed_fen == 5_000
    assert row.script_id.startswith("dunning.")


def test_r_claim_1_asking_again_returns_the_customer_still_held(one: Shop) -> None:
    caller = one.person()
    held = one.take(caller, "05-13 09:00")
    before = one.dump()
    assert one.take(caller, "05-13 09:05").attempt_id == held.attempt_id
    assert current_call(one.runtime, caller, at("05-13 09:05")) is not None
    assert one.dump() == before


def test_r_claim_1_nobody_else_gets_a_held_customer(one: Shop) -> None:
    one.take(one.person("张三"), "05-13 09:00")
    other = one.person("李四")
    assert isinstance(next_call(one.runtime, other, at("05-13 09:15") - SECOND), NobodyNow)


def test_r_claim_1_an_expired_lease_goes_to_whoever_asks_and_is_not_counted(one: Shop) -> None:
    first, second = one.person("张三"), one.person("李四")
    lost = one.take(first, "05-13 09:00")
    held = one.take(second, "05-13 09:15")
    assert held.attempt_id != lost.attempt_id
    assert held.number == 1
    states = {row.id: row.state for row in one.attempts()}
    assert states[lost.attempt_id] == AttemptState.EXPIRED
    with pytest.raises(ConflictError):
        dial(one.runtime, lost.attempt_id, at("05-13 09:16"), first)


def test_r_claim_1_the_open_page_renews_the_lease(one: Shop) -> None:
    first, second = one.person("张三"), one.person("李四")
    held = one.take(first, "05-13 09:00")
    assert renew(one.runtime, held.attempt_id, at("05-13 09:10"), first) == at("05-13 09:25")
    assert renew(one.runtime, held.attempt_id, at("05-13 09:11"), second) is None
    assert isinstance(next_call(one.runtime, second, at("05-13 09:20")), NobodyNow)
    assert renew(one.runtime, held.attempt_id, at("05-13 09:26"), first) is None
    assert one.take(second, "05-13 09:26").attempt_id != held.attempt_id


def test_r_claim_1_a_dialled_call_stays_with_its_caller(one: Shop) -> None:
    first, second = one.person("张三"), one.person("李四")
    held = one.take(first, "05-13 09:00")
    dial(one.runtime, held.attempt_id, at("05-13 09:01"), first)
    assert isinstance(next_call(one.runtime, second, at("05-13 11:00")), NobodyNow)
    assert one.take(first, "05-13 19:00").attempt_id == held.attempt_id


@pytest.mark.parametrize(
    "now", ["05-13 08:59:59", "05-13 12:00:00", "05-13 20:00:00", "05-17 09:30"]
)
def test_r_hours_3_outside_the_windows_nobody_is_handed_out(one: Shop, now: str) -> None:
    answer = next_call(one.runtime, one.person(), at(now))
    assert isinstance(answer, NobodyNow)


def test_nobody_now_writes_nothing_and_says_when_and_why(one: Shop) -> None:
    caller = one.person()
    before = one.dump()
    answer = next_call(one.runtime, caller, at("05-13 12:30"))
    assert isinstance(answer, NobodyNow)
    assert (answer.next_due, answer.next_count) == (at("05-13 13:00"), 1)
    assert [(r.rule, r.count) for r in answer.reasons] == [("R-HOURS-3", 1)]
    assert one.dump() == before


def test_nobody_now_writes_nothing_even_with_leases_to_free_and_tasks_to_refuse(shop: Shop) -> None:
    number = a_number()
    for name in ("mother", "daughter"):  # one phone for both
        shop.buyer(name, number=number)
    shop.buyer("third")
    shop.plan()
    first, second = shop.person("张三"), shop.person("李四")
    held = shop.take(first, "05-13 09:00")
    dial(shop.runtime, held.attempt_id, at("05-13 09:00"), first)
    shop.take(second, "05-13 11:50")
    before = shop.dump()
    answer = next_call(shop.runtime, shop.person("王五"), at("05-13 12:10"))
    assert isinstance(answer, NobodyNow)
    assert {k: v for k, v in shop.dump().items() if k != "person"} == {
        k: v for k, v in before.items() if k != "person"
    }


def test_an_empty_shop_has_nobody(shop: Shop) -> None:
    answer = next_call(shop.runtime, shop.person(), at("05-13 10:00"))
    assert answer == NobodyNow(None, 0, ())


def test_r_repeat_2_one_phone_is_never_called_twice_at_a_time(shop: Shop) -> None:
    number = a_number()
    shop.buyer("mother", number=number)
    shop.buyer("daughter", number=number)
    shop.plan()
    first, second = shop.person("张三"), shop.person("李四")
    shop.take(first, "05-13 09:00")
    answer = next_call(shop.runtime, second, at("05-13 09:05"))
    assert isinstance(answer, NobodyNow)
    assert "R-REPEAT-2" in {r.rule for r in answer.reasons}


def test_r_repeat_3_the_budget_of_a_shared_phone_is_one(shop: Shop) -> None:
    number = a_number()
    shop.buyer("mother", number=number)
    shop.buyer("daughter", number=number)
    shop.plan()
    caller = shop.person()
    shop.call(caller, "05-13 09:30", "no_answer")
    assert isinstance(next_call(shop.runtime, caller, at("05-13 10:29:59")), NobodyNow)
    shop.call(caller, "05-13 10:30", "no_answer")
    assert isinstance(next_call(shop.runtime, caller, at("05-13 17:30")), NobodyNow)


def test_r_repeat_2_tasks_of_two_campaigns_ride_on_one_call(shop: Shop) -> None:
    second = shop.campaign("催款二", Population(amount_from_fen=6_000))
    shop.order(shop.buyer(), fen=7_000)
    shop.plan()
    assert {row.campaign_id for row in shop.tasks()} == {shop.campaign_id, second}
    caller = shop.person()
    shop.call(caller, "05-13 09:30", "no_answer")
    answer = next_call(shop.runtime, caller, at("05-13 11:40"))
    assert isinstance(answer, NobodyNow)
    assert {r.rule: (r.count, r.until) for r in answer.reasons} == {
        "R-SLOT-1": (2, at("05-13 13:00"))
    }
    shop.see("05-13 13:00", state=OrderState.AWAITING_PAYMENT)
    again = shop.take(caller, "05-13 13:00")
    assert {again.task_id, *(matter.task_id for matter in again.also)} == {
        row.id for row in shop.tasks()
    }


def test_r_claim_1_a_skip_needs_a_reason_and_returns_the_task_after_half_an_hour(one: Shop) -> None:
    caller = one.person()
    held = one.take(caller, "05-13 09:00")
    back = skip(one.runtime, held.attempt_id, "页面打不开", at("05-13 09:02"), caller)
    assert back == at("05-13 09:32")
    assert isinstance(next_call(one.runtime, caller, at("05-13 09:32") - SECOND), NobodyNow)
    again = one.take(caller, "05-13 09:32")
    assert again.number == 1
    assert [row.state for row in one.attempts()] == [AttemptState.SKIPPED, AttemptState.HANDED_OUT]


def test_r_repeat_2_a_skip_frees_the_phone_for_the_other_customer_at_once(shop: Shop) -> None:
    number = a_number()
    shop.buyer("mother", number=number, fen=90_000)
    shop.buyer("daughter", number=number)
    shop.plan()
    first, second = shop.person("张三"), shop.person("李四")
    held = shop.take(first, "05-13 09:00")
    shop.buyer("third", "05-12 20:00")
    shop.plan(now="05-13 09:01")
    shop.take(second, "05-13 09:02")  # looks at the daughter on the way and puts her off
    skip(shop.runtime, held.attempt_id, "客户来电", at("05-13 09:03"), first)
    assert shop.take(first, "05-13 09:04").buyer == "daughter"


def test_r_dun_5_what_closes_sooner_and_is_worth_more_comes_first(shop: Shop) -> None:
    shop.buyer("small", "05-12 15:00", fen=100)
    shop.buyer("dear", "05-12 15:00", fen=500_000)
    shop.buyer("soon", "05-12 01:00", fen=100)
    shop.plan()
    order = [shop.take(shop.person(f"坐席{i}"), "05-13 10:00").buyer for i in range(3)]
    # 5,000 yuan are worth 17 hours, one yuan nothing; the early order closes 14 hours sooner.
    assert order == ["dear", "soon", "small"]


def test_r_repeat_5_a_promised_call_comes_before_everything_else(shop: Shop) -> None:
    shop.buyer("promised", fen=1)
    shop.plan()
    caller = shop.person()
    shop.call(caller, "05-13 09:00", "busy", callback_at=at("05-13 10:00"))
    for index in range(3):
        shop.buyer(f"dear{index}", "05-12 00:30", fen=900_000)
    shop.plan(now="05-13 09:30")
    held = shop.take(caller, "05-13 10:00")
    assert (held.buyer, held.exemption) == ("promised", Exemption.PROMISED)


def test_a_held_customer_who_may_not_be_called_any_more_is_let_go(shop: Shop) -> None:
    shop.buyer("xj", region="新疆")
    shop.buyer("here", "05-12 20:00")
    shop.plan()
    caller = shop.person()
    held = shop.take(caller, "05-13 09:00")
    assert held.buyer == "here"
    skip(shop.runtime, held.attempt_id, "稍后", at("05-13 11:55"), caller)
    held = shop.take(caller, "05-13 11:58")
    assert held.buyer == "xj"
    assert isinstance(next_call(shop.runtime, caller, at("05-13 12:00")), NobodyNow)
    again = shop.take(caller, "05-13 13:00")  # 新疆 opens at 15:00
    assert again.buyer == "here"
    states = [(row.state, row.end_reason) for row in shop.attempts()]
    assert (AttemptState.WITHDRAWN, "R-HOURS-3") in states or (
        AttemptState.EXPIRED,
        "R-CLAIM-1",
    ) in states


def test_every_claim_moves_the_fence(one: Shop) -> None:
    caller = one.person()
    for minute in ("09:00", "09:15", "09:30"):
        one.take(caller, f"05-13 {minute}")
    assert [row.fence for row in one.attempts()] == [1, 2, 3]
    assert one.tasks()[0].state == TaskState.CLAIMED


def test_r_phone_3_the_best_number_is_the_one_that_is_shown(shop: Shop) -> None:
    buyer = shop.buyer()
    best = shop.phone(buyer, verified_at=at("05-01 10:00"), last_reached_at=at("05-01 10:00"))
    shop.plan()
    assert shop.take(shop.person(), "05-13 09:00").phone == best


def test_r_dun_4_data_older_than_four_hours_have_to_be_looked_up(one: Shop) -> None:
    caller = one.person()
    assert not one.take(caller, "05-13 09:00").must_look_first
    held = current_call(one.runtime, caller, at("05-13 12:30:01"))
    assert isinstance(held, HandOut)
    assert held.must_look_first


def test_r_dun_3_a_call_let_go_stays_let_go_when_nobody_else_is_waiting(shop: Shop) -> None:
    caller = shop.person()
    shop.buyer("tb_hua01", "05-12 15:00")
    shop.plan()
    shop.see("05-15 14:00")
    shop.take(caller, "05-15 14:50")
    assert isinstance(next_call(shop.runtime, caller, at("05-15 15:00")), NobodyNow)
    assert [a.state for a in shop.attempts()] == [AttemptState.WITHDRAWN]
