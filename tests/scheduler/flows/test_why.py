"""R-AUD-3: for any customer and instant, the answer of the very gate that decides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.store.models.customers import customer
from campaigns.errors import NotFoundError
from campaigns.population import Population
from campaigns.values import AttemptState, Kind, OrderState, Person, Role
from scheduler.flows.campaign_setup import Setup, add, approve, save, submit
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial, skip
from scheduler.flows.do_not_contact import EntryForm, add_entry, lift_entry
from scheduler.flows.shop import change_policy
from scheduler.flows.why import Explanation, explain
from tests.factories import MINUTE, SECOND, at
from tests.shops import Shop


@pytest.fixture
def caller(shop: Shop) -> Person:
    shop.buyer()
    shop.plan()
    return shop.person()


def why(shop: Shop, when: str | datetime, buyer: str = "tb_hua01") -> Explanation:
    return explain(shop.runtime, buyer, at(when) if isinstance(when, str) else when)


def binding(found: Explanation) -> str:
    assert found.binding is not None
    return found.binding.rule


def test_a_call_is_due(shop: Shop, caller: Person) -> None:
    found = why(shop, "05-13 09:00")
    assert (found.verdict, found.next, found.binding) == ("allow", at("05-13 09:00"), None)
    assert {c.verdict for c in found.checks} == {"allow"}


def test_why_not_and_when(shop: Shop, caller: Person) -> None:
    found = why(shop, "05-13 12:30")
    assert (found.verdict, found.next, binding(found)) == ("wait", at("05-13 13:00"), "R-HOURS-3")
    shop.call(caller, "05-13 13:10", "no_answer")
    found = why(shop, "05-13 13:20")
    assert (found.next, binding(found)) == (at("05-13 17:00"), "R-SLOT-1")
    named = {c.rule: c.until for c in found.checks if c.verdict == "wait"}
    assert named == {"R-SLOT-1": at("05-13 17:00"), "R-REPEAT-3": at("05-13 14:10")}


def test_r_hours_the_rule_of_the_day_is_named(shop: Shop, caller: Person) -> None:
    rules = {c.rule for c in why(shop, "05-14 08:00").checks if c.verdict == "wait"}
    assert {"R-HOURS-3", "R-HOURS-1"} <= rules


def test_an_ended_task_says_how_it_ended(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-13 09:30", "not_needed")
    found = why(shop, "05-13 10:00")
    assert (found.verdict, found.next, binding(found)) == ("stop", None, "R-DUN-7")


def test_before_the_plan_the_answer_names_the_population(shop: Shop) -> None:
    shop.buyer(placed="05-13 07:00")
    found = why(shop, "05-13 10:00")
    assert (found.verdict, binding(found), found.task) == ("wait", "R-DUN-1", None)
    paid = shop.buyer("payer")
    shop.pays(paid, "05-12 16:00", known="05-13 08:40")
    assert binding(why(shop, "05-13 10:00", "payer")) == "R-DUN-4"


def test_r_hours_6_before_the_plan_the_numbers_of_the_orders_own_campaign_answer(
    shop: Shop,
) -> None:
    made = add(shop.runtime, Kind.DUNNING, "大额", at("05-12 09:00"), "李组长")
    own = Setup("大额", Population(amount_from_fen=6_000), {"calls_from": "11:00"})
    save(shop.runtime, made, own, at("05-12 09:10"), "李组长")
    submit(shop.runtime, made, at("05-12 09:20"), Person(1, "李组长", Role.LEADER))
    approve(shop.runtime, made, at("05-12 09:30"), Person(2, "周主管", Role.SUPERVISOR))
    shop.buyer("dear", "05-12 15:00", fen=7_000)
    shop.buyer("cheap", "05-12 15:00")
    rules = {
        name: {check.rule for check in why(shop, "05-13 09:30", name).checks if check.until}
        for name in ("dear", "cheap")
    }
    waits = rules["dear"] - rules["cheap"]
    assert {rule[:7] for rule in waits} == {"R-HOURS"}
    assert why(shop, "05-13 09:30", "dear").task is None


def test_an_unknown_customer(shop: Shop) -> None:
    with pytest.raises(NotFoundError):
        why(shop, "05-13 10:00", "nobody_of_that_name")


def test_an_order_number_finds_its_customer(shop: Shop, caller: Person) -> None:
    (planned,) = shop.plan(dry_run=True).tasks
    assert why(shop, "05-13 09:00", planned.orders[0]).verdict == "allow"


def test_r_claim_1_a_held_customer_is_told_as_such(shop: Shop, caller: Person) -> None:
    held = shop.take(caller, "05-13 09:00")
    found = why(shop, "05-13 09:10")
    assert (found.verdict, binding(found)) == ("wait", "R-CLAIM-1")
    assert why(shop, at("05-13 09:00") - SECOND).next == at("05-13 09:00")
    dial(shop.runtime, held.attempt_id, at("05-13 09:11"), caller)
    assert why(shop, "05-13 11:00").verdict == "wait"


def test_r_claim_1_a_lapsed_lease_holds_nobody_even_before_it_is_swept_up(
    shop: Shop, caller: Person
) -> None:
    shop.take(caller, "05-13 09:00")
    assert why(shop, at("05-13 09:15") - SECOND).verdict == "wait"
    assert why(shop, "05-13 09:15").verdict == "allow"
    assert isinstance(next_call(shop.runtime, shop.person("李四"), at("05-13 09:15")), HandOut)


def test_r_aud_3_the_past_is_answered_as_it_was_known_then(shop: Shop, caller: Person) -> None:
    """Whatever came later: a payment, an entry and its lifting, other numbers, another policy."""
    asked = [at("05-13 08:46") + timedelta(minutes=53 * i) for i in range(40)]
    supervisor = shop.person("主管", Role.SUPERVISOR)
    shop.call(caller, "05-13 09:30", "no_answer")
    shop.call(caller, "05-13 13:30", "busy", callback_at=at("05-14 10:00"))
    shop.see("05-14 08:30")
    held = shop.take(caller, "05-14 10:00")
    skip(shop.runtime, held.attempt_id, "线路忙", at("05-14 10:05"), caller)
    shop.call(caller, "05-14 10:40", "will_pay")
    before = [why(shop, instant) for instant in asked if instant < at("05-14 10:40")]
    shop.see("05-14 18:00", state=OrderState.PAID, paid="05-14 17:00")
    entry = add_entry(
        shop.runtime, EntryForm("要求", user_id="tb_hua01"), at("05-14 18:30"), "组长"
    )
    change_policy(
        shop.runtime, {"attempt_gap_minutes": 600, "slot_gap_hours": 9}, at("05-14 18:31"), "主管"
    )
    lift_entry(shop.runtime, entry, "误登记", at("05-14 18:40"), supervisor)
    after = [why(shop, instant) for instant in asked if instant < at("05-14 10:40")]
    assert after == before


def test_r_aud_3_every_call_was_allowed_a_second_before_it_was_handed_out(
    shop: Shop, caller: Person
) -> None:
    shop.buyer("second", "05-12 20:00")
    shop.buyer("xj", "05-12 21:00", region="新疆")
    shop.plan()
    codes = iter(["no_answer", "cut_off", "no_answer", "busy", "will_pay", "gave_number"] * 9)
    now = at("05-13 09:00") + SECOND
    while now < at("05-15 19:00"):
        if now.minute == 30:
            shop.see(f"{(now + timedelta(hours=8)):%m-%d %H:%M}")
        answer = next_call(shop.runtime, caller, now)
        if isinstance(answer, HandOut):
            dial(shop.runtime, answer.attempt_id, now, caller)
            code = next(codes)
            form: dict[str, Any] = {"phone": "18400000001"} if code == "gave_number" else {}
            if code == "busy":
                form = {"callback_at": now + 40 * MINUTE}
            text = f"{(now + timedelta(hours=8)):%m-%d %H:%M:%S}"
            try:
                shop.outcome(answer.attempt_id, code, text, caller, **form)
            except Exception:
                shop.outcome(answer.attempt_id, "no_answer", text, caller)
        now += 15 * MINUTE
    made = [a for a in shop.attempts() if a.state == AttemptState.CLOSED]
    assert len(made) >= 6
    names = {row.id: row.buyer for row in shop.rows(customer)}
    for attempt in made:
        found = why(shop, attempt.handed_out_at - SECOND, names[attempt.customer_id])
        waits = {c.until for c in found.checks if c.verdict == "wait"}
        assert found.verdict == "allow" or waits == {attempt.handed_out_at}, (attempt, found)


def test_r_aud_3_why_and_the_claim_agree_at_every_instant(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-13 09:30", "no_answer")
    for quarter in range(44):
        instant = at("05-13 09:40") + 17 * MINUTE * quarter
        may = why(shop, instant).verdict == "allow"
        answer = next_call(shop.runtime, caller, instant)
        assert isinstance(answer, HandOut) is may, instant
        if isinstance(answer, HandOut):
            assert why(shop, instant).verdict == "wait"
            skip(shop.runtime, answer.attempt_id, "试", instant, caller)
