"""Recording what came of a call: every outcome of sop.md §2 and §3 through the real flow."""

from __future__ import annotations

import pytest

from adapters.store.models.customers import customer_phone
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.registry import KINDS
from campaigns.values import AttemptState, Ending, Exemption, Kind, Person, TodoKind
from scheduler.flows.dialling import dial
from tests.factories import SECOND, a_number, at
from tests.scheduler.flows.calling import dialled, nobody
from tests.shops import Shop

OUTCOMES = KINDS[Kind.DUNNING].outcomes


@pytest.fixture
def caller(shop: Shop) -> Person:
    shop.buyer()
    shop.plan()
    return shop.person()


# --- every code ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "state", "result", "next_at", "how"),
    [
        *(
            (code, "open", "等待付款", "05-13 13:00", "call")
            for code in ("no_answer", "switched_off", "out_of_service")
        ),
        *(
            (code, "open", "等待付款", "05-13 13:00", "call")
            for code in ("unreachable", "line_busy", "rejected")
        ),
        ("busy", "open", "等待付款", "05-14 13:00", "call"),
        ("other", "open", "等待付款", "05-14 13:00", "call"),
        ("cut_off", "open", "等待付款", "05-13 09:32", "call"),
        ("will_pay", "open", "等待付款", "05-14 13:00", "call"),
        ("relay", "open", "等待付款", "05-14 13:00", "call"),
        ("says_paid", "open", "等待付款", None, "import"),
        ("not_needed", "closed", "关闭交易", None, "todo"),
        ("wrong_number", "closed", "联络不上", None, "message"),
        ("relay_failed", "closed", "联络不上", None, "message"),
        ("hung_up_angry", "closed", "客户反感，不再联系", None, None),
        ("opt_out", "closed", "免打扰", None, None),
        ("gave_number", "open", "等待付款", "05-13 09:32", "call"),
    ],
)
def test_what_follows_an_outcome(  # noqa: PLR0917 - a row of the table each
    shop: Shop,
    caller: Person,
    code: str,
    state: str,
    result: str,
    next_at: str | None,
    how: str | None,
) -> None:
    held = dialled(shop, caller)
    number = a_number().national if code == "gave_number" else None
    answer = shop.outcome(held.attempt_id, code, "05-13 09:32", caller, phone=number, note="在开车")
    assert (answer.state, answer.result, answer.how) == (state, result, how)
    assert answer.next_at == (at(next_at) if next_at else None)
    (attempt,), (task,) = shop.attempts(), shop.tasks()
    assert attempt.state == AttemptState.CLOSED
    assert (attempt.outcome, attempt.at) == (code, at("05-13 09:30"))
    assert attempt.is_reached is OUTCOMES[code].is_reached
    assert (task.state == "closed") is (state == "closed")
    assert task.due_at == answer.next_at


def test_every_code_is_tried_above() -> None:
    tried = test_what_follows_an_outcome.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {row[0] for row in tried} == {o.code for o in OUTCOMES.values() if not o.by_system}


@pytest.mark.parametrize(
    ("code", "field"), [("gave_number", "phone"), ("other", "note"), ("satisfied", "code")]
)
def test_what_is_required_is_asked_for(shop: Shop, caller: Person, code: str, field: str) -> None:
    held = dialled(shop, caller)
    before = shop.dump()
    with pytest.raises(UsageError) as refused:
        shop.outcome(held.attempt_id, code, "05-13 09:32", caller, note=" ", phone="  ")
    assert refused.value.field == field
    assert shop.dump() == before


@pytest.mark.parametrize("phone", ["400-820-8820", "95588", "184****1234", "12345", "不知道"])
def test_r_phone_1_a_number_that_cannot_be_dialled_is_not_taken(
    shop: Shop, caller: Person, phone: str
) -> None:
    held = dialled(shop, caller)
    before = shop.dump()
    with pytest.raises(UsageError) as refused:
        shop.outcome(held.attempt_id, "gave_number", "05-13 09:32", caller, phone=phone)
    assert refused.value.field == "phone"
    assert shop.dump() == before


def test_an_unknown_attempt(shop: Shop, caller: Person) -> None:
    with pytest.raises(NotFoundError):
        shop.outcome("00000000-0000-7000-8000-000000000000", "no_answer", "05-13 09:32", caller)


def test_somebody_elses_call(shop: Shop, caller: Person) -> None:
    held = dialled(shop, caller)
    with pytest.raises(ConflictError):
        shop.outcome(held.attempt_id, "no_answer", "05-13 09:32", shop.person("李四"))


def test_without_pressing_dial_the_hand_out_is_the_instant(shop: Shop, caller: Person) -> None:
    held = shop.take(caller, "05-13 09:30")
    shop.outcome(held.attempt_id, "no_answer", "05-13 09:40", caller)
    assert shop.attempts()[0].at == at("05-13 09:30")


def test_r_claim_1_an_outcome_after_the_lease_counts_while_nobody_else_has_the_customer(
    shop: Shop, caller: Person
) -> None:
    held = shop.take(caller, "05-13 09:30")
    other = shop.person("李四")
    second = shop.take(other, "05-13 09:50")
    with pytest.raises(ConflictError):
        shop.outcome(held.attempt_id, "no_answer", "05-13 09:51", caller)
    assert second.attempt_id != held.attempt_id


# --- doing it twice ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["click-1", None])
def test_a_double_click_records_once_and_answers_the_same(
    shop: Shop, caller: Person, key: str | None
) -> None:
    held = dialled(shop, caller)
    first = shop.outcome(held.attempt_id, "will_pay", "05-13 09:32", caller, key=key)
    before = shop.dump()
    assert shop.outcome(held.attempt_id, "will_pay", "05-13 09:33", caller, key=key) == first
    assert shop.dump() == before


def test_another_key_or_another_outcome_conflicts(shop: Shop, caller: Person) -> None:
    held = dialled(shop, caller)
    shop.outcome(held.attempt_id, "will_pay", "05-13 09:32", caller, key="click-1")
    before = shop.dump()
    for code, key in (("will_pay", "click-2"), ("not_needed", None), ("not_needed", "click-2")):
        with pytest.raises(ConflictError) as refused:
            shop.outcome(held.attempt_id, code, "05-13 09:33", caller, key=key)
        assert "R-CLAIM-1" in refused.value.rules
    assert shop.dump() == before


# --- R-HOURS-7 -----------------------------------------------------------------------------------


def test_r_hours_7_a_wish_inside_a_window_is_kept(shop: Shop, caller: Person) -> None:
    answer = shop.call(caller, "05-13 09:30", "busy", callback_at=at("05-13 19:30"))
    assert (answer.next_at, answer.moved_callback) == (at("05-13 19:30"), False)
    assert nobody(shop, caller, "05-13 19:29:59")
    held = shop.take(caller, "05-13 19:30")
    assert (held.exemption, held.number) == (Exemption.PROMISED, 2)


def test_r_hours_7_a_wish_outside_is_moved_and_told(shop: Shop, caller: Person) -> None:
    answer = shop.call(caller, "05-13 09:30", "busy", callback_at=at("05-13 12:30"))
    assert (answer.next_at, answer.moved_callback) == (at("05-13 13:00"), True)
    assert answer.rules[0] == "R-HOURS-7"


@pytest.mark.parametrize("wish", ["05-13 09:30", "05-13 09:32", "05-01 10:00"])
def test_r_hours_7_a_wish_in_the_past_is_refused(shop: Shop, caller: Person, wish: str) -> None:
    held = dialled(shop, caller)
    with pytest.raises(UsageError) as refused:
        shop.outcome(held.attempt_id, "busy", "05-13 09:32", caller, callback_at=at(wish))
    assert refused.value.field == "callback_at"
    assert shop.attempts()[0].state == AttemptState.DIALLED


@pytest.mark.parametrize("wish", ["05-15 15:00", "05-16 10:00"])
def test_r_hours_7_a_wish_at_or_after_the_deadline_is_refused(
    shop: Shop, caller: Person, wish: str
) -> None:
    held = dialled(shop, caller)
    with pytest.raises(RefusedError) as refused:
        shop.outcome(held.attempt_id, "busy", "05-13 09:32", caller, callback_at=at(wish))
    assert refused.value.rules == ("R-HOURS-7", "R-DUN-3")
    last = at("05-15 15:00") - SECOND
    answer = shop.outcome(held.attempt_id, "busy", "05-13 09:32", caller, callback_at=last)
    assert answer.next_at == last


def test_r_hours_7_a_wish_that_only_the_move_takes_past_the_deadline_is_refused(shop: Shop) -> None:
    shop.buyer("evening", "05-12 08:30")  # closes on the 15th at 08:30
    shop.plan()
    caller = shop.person()
    held = dialled(shop, caller)
    with pytest.raises(RefusedError):
        shop.outcome(held.attempt_id, "busy", "05-13 09:32", caller, callback_at=at("05-14 20:00"))


def test_r_repeat_5_a_promised_call_the_same_day_although_somebody_was_reached(
    shop: Shop, caller: Person
) -> None:
    shop.call(caller, "05-13 09:30", "busy", callback_at=at("05-13 09:40"))
    shop.call(caller, "05-13 09:40", "busy", callback_at=at("05-13 09:50"))
    shop.call(caller, "05-13 09:50", "busy", callback_at=at("05-13 10:00"))
    held = shop.take(caller, "05-13 10:00")
    assert (held.number, held.budget) == (4, 3)
    shop.outcome(held.attempt_id, "no_answer", "05-13 10:01", caller)
    assert shop.tasks()[0].ending == Ending.ATTEMPTS_USED


# --- R-REPEAT-5: a line that was cut -------------------------------------------------------------


def test_r_repeat_5_a_redial_is_the_same_attempt(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-13 09:30", "cut_off", "05-13 09:32")
    again = shop.take(caller, "05-13 09:35")
    assert (again.number, again.exemption) == (1, Exemption.CUT_OFF)
    dial(shop.runtime, again.attempt_id, at("05-13 09:35"), caller)
    answer = shop.outcome(again.attempt_id, "no_answer", "05-13 09:36", caller)
    assert answer.next_at == at("05-14 13:00")  # somebody was reached today
    first, second = shop.attempts()
    assert second.redial_of == first.id
    shop.see("05-14 08:30")
    assert shop.take(caller, "05-14 13:00").number == 2


def test_r_repeat_5_ten_minutes_later_it_is_in_its_turn(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-13 09:30", "cut_off", "05-13 09:32")
    assert nobody(shop, caller, "05-13 09:42")
    held = shop.take(caller, "05-13 09:41:59")
    with pytest.raises(RefusedError):
        dial(shop.runtime, held.attempt_id, at("05-13 09:42"), caller)


# --- numbers -------------------------------------------------------------------------------------


def test_r_repeat_5_a_number_just_given_is_called_at_once(shop: Shop, caller: Person) -> None:
    number = a_number()
    shop.call(caller, "05-13 09:30", "gave_number", phone=number.national)
    held = shop.take(caller, "05-13 09:31")
    assert (held.phone, held.exemption, held.number) == (number, Exemption.NEW_NUMBER, 2)
    shop.outcome(held.attempt_id, "no_answer", "05-13 09:32", caller)
    # Two attempts a day; the other two dayparts are untried, but not today.
    assert shop.tasks()[0].due_at == at("05-14 13:00")
    old, new = shop.rows(customer_phone)
    assert (old.other_since, new.source) == (at("05-13 09:30"), "call")


def test_r_phone_3_after_a_wrong_number_the_next_one_at_once(shop: Shop) -> None:
    buyer = shop.buyer()
    other = shop.phone(buyer, added_at=at("05-01 10:00"))
    shop.plan()
    caller = shop.person()
    shop.call(caller, "05-13 09:30", "wrong_number")
    assert shop.todos() == []
    held = shop.take(caller, "05-13 09:31")
    assert (held.phone, held.exemption) == (other, Exemption.NEW_NUMBER)
    answer = shop.outcome(held.attempt_id, "wrong_number", "05-13 09:32", caller)
    assert (answer.state, answer.result, answer.how) == ("closed", "联络不上", "message")
    (todo,) = shop.todos()
    assert (todo.kind, todo.occasion) == (TodoKind.WANGWANG, "wrong_number")
    assert todo.withdrawn_at is None  # "else a Wangwang message and 联络不上"


def test_r_phone_2_after_a_failed_relay_number_the_next_one_in_another_daypart(shop: Shop) -> None:
    buyer = shop.buyer()
    shop.phone(buyer, added_at=at("05-01 10:00"))
    shop.plan()
    caller = shop.person()
    answer = shop.call(caller, "05-13 09:30", "relay_failed")
    assert (answer.next_at, shop.todos()) == (at("05-13 13:00"), [])
    answer = shop.call(caller, "05-13 13:30", "relay_failed")
    assert answer.state == "closed"
    (todo,) = shop.todos()
    assert (todo.occasion, todo.withdrawn_at) == ("relay_failed", None)


def test_r_phone_3_what_a_call_says_about_its_number(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-13 09:30", "will_pay")
    (row,) = shop.rows(customer_phone)
    assert (row.verified_at, row.last_reached_at) == (at("05-13 09:30"), at("05-13 09:30"))
