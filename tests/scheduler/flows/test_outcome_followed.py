"""What follows an outcome elsewhere: the list, messages, to-dos, the trail (R-DNC, R-MSG-1, R-DUN-4)."""

from __future__ import annotations

import pytest

from adapters.store.models.audit import audit
from adapters.store.models.customers import suppression
from campaigns.values import AttemptState, Ending, OrderState, Person, TodoKind
from tests.factories import a_number, at
from tests.scheduler.flows.calling import dialled, nobody
from tests.shops import Shop


@pytest.fixture
def caller(shop: Shop) -> Person:
    shop.buyer()
    shop.plan()
    return shop.person()


# --- R-DNC ---------------------------------------------------------------------------------------


def test_r_dnc_1_anger_ends_this_kind_for_the_customer(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-13 09:30", "hung_up_angry")
    (entry,) = shop.rows(suppression)
    assert (entry.rule, entry.scope, entry.kind) == ("R-DNC-1", "customer", "dunning")
    assert shop.tasks()[0].ending == Ending.ANGRY


def test_r_dnc_2_an_opt_out_holds_for_customer_and_phone_everywhere(shop: Shop) -> None:
    number = a_number()
    shop.buyer("mother", number=number)
    shop.buyer("daughter", number=number)
    shop.buyer("stranger")
    shop.plan()
    caller = shop.person()
    held = dialled(shop, caller)
    while held.buyer == "stranger":
        shop.outcome(held.attempt_id, "no_answer", "05-13 09:32", caller)
        held = dialled(shop, caller, "05-13 09:33")
    shop.outcome(held.attempt_id, "opt_out", "05-13 09:34", caller)
    entries = shop.rows(suppression)
    assert {(e.rule, e.scope, e.kind) for e in entries} == {
        ("R-DNC-2", "customer", None),
        ("R-DNC-2", "phone", None),
    }
    endings = sorted(str(t.ending) for t in shop.tasks())
    assert endings == ["None", "opted_out", "opted_out"]


# --- messages ------------------------------------------------------------------------------------


def test_r_msg_1_after_the_second_failed_attempt_a_message_is_queued(
    shop: Shop, caller: Person
) -> None:
    shop.call(caller, "05-13 09:30", "no_answer")
    assert shop.todos() == []
    answer = shop.call(caller, "05-13 13:00", "switched_off")
    (todo,) = shop.todos()
    assert (todo.kind, todo.occasion, todo.due_at) == ("wangwang", "unreached", at("05-13 13:00"))
    assert todo.expires_at == at("05-15 15:00")
    assert "R-MSG-1" in answer.rules
    shop.see("05-14 08:30")
    shop.call(caller, "05-14 17:00", "no_answer")
    (todo,) = shop.todos()
    assert todo.withdrawn_at is None  # the calls are used up; the message is what is left


def test_r_msg_1_a_talk_in_between_does_not_make_it_a_second_failure(
    shop: Shop, caller: Person
) -> None:
    shop.call(caller, "05-13 09:30", "no_answer")
    shop.call(caller, "05-13 13:00", "busy")
    assert shop.todos() == []


def test_r_msg_1_a_redial_in_vain_is_no_failed_attempt(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-13 09:30", "cut_off")
    shop.call(caller, "05-13 09:35", "no_answer")
    shop.see("05-14 08:30")
    shop.call(caller, "05-14 13:00", "no_answer")
    assert shop.todos() == []


def test_not_needed_asks_for_the_trade_to_be_closed(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-13 09:30", "not_needed")
    (todo,) = shop.todos()
    assert (todo.kind, todo.withdrawn_at) == (TodoKind.CLOSE_TRADE, None)
    assert "其它原因" in todo.wording


@pytest.mark.parametrize("code", ["hung_up_angry", "opt_out"])
def test_r_dnc_1_no_message_goes_out_after_anger_or_an_opt_out(
    shop: Shop, caller: Person, code: str
) -> None:
    shop.call(caller, "05-13 09:30", "no_answer")
    shop.call(caller, "05-13 13:00", "no_answer")
    shop.see("05-14 08:30")
    shop.call(caller, "05-14 17:00", code)
    (todo,) = shop.todos()
    assert todo.withdrawn_rule == f"R-DNC-{1 if code == 'hung_up_angry' else 2}"


# --- R-DUN-4 after a promise ---------------------------------------------------------------------


def test_r_dun_4_said_to_be_paid_the_next_import_decides(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-13 09:30", "says_paid", "05-13 09:32")
    assert nobody(shop, caller, "05-13 18:00")
    shop.see("05-13 09:32")  # not newer than the talk
    assert shop.tasks()[0].due_at is None
    shop.see("05-13 12:00")
    assert shop.tasks()[0].due_at == at("05-14 13:00")
    shop.see("05-14 08:30")
    assert shop.take(caller, "05-14 13:00").number == 2


def test_r_dun_4_said_to_be_paid_and_it_was_so(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-13 09:30", "says_paid")
    shop.see("05-13 12:00", state=OrderState.PAID, paid="05-13 09:31")
    assert shop.tasks()[0].ending == Ending.PAID


def test_r_dun_4_paid_before_the_talk_is_no_success_of_ours(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-13 09:30", "says_paid")
    shop.see("05-13 12:00", state=OrderState.PAID, paid="05-13 09:29")
    assert shop.tasks()[0].ending == Ending.PAID_UNCALLED


def test_r_dun_4_paid_while_the_call_was_under_way(shop: Shop, caller: Person) -> None:
    held = dialled(shop, caller)
    shop.pays(held.customer_id, "05-13 09:31", known="05-13 09:31")
    assert shop.attempts()[0].state == AttemptState.DIALLED
    answer = shop.outcome(held.attempt_id, "will_pay", "05-13 09:33", caller)
    assert (answer.state, answer.result) == ("closed", "已付款")


def test_r_dun_4_the_second_promise_ends_the_calling(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-13 09:30", "will_pay")
    shop.see("05-14 08:30")
    answer = shop.call(caller, "05-14 13:00", "will_pay")
    assert (answer.state, shop.tasks()[0].ending) == ("closed", Ending.PROMISES_USED)


def test_r_aud_1_the_trail_tells_every_step_without_a_number(shop: Shop, caller: Person) -> None:
    number = a_number()
    shop.call(caller, "05-13 09:30", "gave_number", phone=number.national, note="他太太接的")
    lines = shop.rows(audit)
    told = [line.what for line in lines]
    assert told[-3:] == ["attempt.handed_out", "attempt.dialled", "attempt.closed"]
    whole = " ".join(str(line) for line in lines)
    assert number.national not in whole
    assert "他太太接的" not in whole
