"""R-HOURS-3: the whole gate once more at the very moment of dialling."""

from __future__ import annotations

import pytest

from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.values import AttemptState, Ending, Person, TaskState
from scheduler.flows.claim import HandOut
from scheduler.flows.dialling import dial, hang_up, skip
from scheduler.flows.do_not_contact import EntryForm, add_entry
from tests.factories import SECOND, a_number, at
from tests.shops import Shop


def held_at(shop: Shop, now: str) -> tuple[HandOut, Person]:
    shop.buyer()
    shop.plan()
    caller = shop.person()
    return shop.take(caller, now), caller


@pytest.mark.parametrize(
    ("taken", "closed"), [("05-13 11:58", "05-13 12:00"), ("05-13 19:58", "05-13 20:00")]
)
def test_r_hours_3_twelve_and_twenty_are_outside(shop: Shop, taken: str, closed: str) -> None:
    held, caller = held_at(shop, taken)
    before = shop.dump()
    with pytest.raises(RefusedError) as refused:
        dial(shop.runtime, held.attempt_id, at(closed), caller)
    assert refused.value.rules == ("R-HOURS-3", "R-HOURS-1")
    assert shop.dump() == before  # the caller keeps the customer and may dial later
    dialled = dial(shop.runtime, held.attempt_id, at(closed) - SECOND, caller)
    assert dialled.dialled_at == at(closed) - SECOND


def test_dialling_makes_the_hand_out_an_attempt_of_that_instant(shop: Shop) -> None:
    held, caller = held_at(shop, "05-13 09:00")
    dial(shop.runtime, held.attempt_id, at("05-13 09:03"), caller)
    (row,) = shop.attempts()
    assert (row.state, row.at) == (AttemptState.DIALLED, at("05-13 09:03"))


def test_a_double_click_dials_once(shop: Shop) -> None:
    held, caller = held_at(shop, "05-13 09:00")
    first = dial(shop.runtime, held.attempt_id, at("05-13 09:03"), caller)
    before = shop.dump()
    assert dial(shop.runtime, held.attempt_id, at("05-13 09:03:01"), caller) == first
    assert shop.dump() == before


def test_r_dun_4_a_payment_imported_in_between_withdraws_the_call(shop: Shop) -> None:
    held, caller = held_at(shop, "05-13 09:00")
    shop.pays(held.customer_id, "05-13 08:58", known="05-13 09:02")
    with pytest.raises(ConflictError) as refused:
        dial(shop.runtime, held.attempt_id, at("05-13 09:03"), caller)
    assert "R-DUN-4" in refused.value.rules
    (attempt,), (task,) = shop.attempts(), shop.tasks()
    assert (attempt.state, task.ending) == (AttemptState.WITHDRAWN, Ending.PAID_UNCALLED)


def test_r_dnc_2_an_opt_out_in_between_withdraws_what_is_on_screen(shop: Shop) -> None:
    held, caller = held_at(shop, "05-13 09:00")
    form = EntryForm("短信退订", phone=held.phone.national)
    add_entry(shop.runtime, form, at("05-13 09:02"), "组长")
    (attempt,), (task,) = shop.attempts(), shop.tasks()
    assert (attempt.state, task.ending) == (AttemptState.WITHDRAWN, Ending.OPTED_OUT)
    with pytest.raises(ConflictError) as refused:
        dial(shop.runtime, held.attempt_id, at("05-13 09:03"), caller)
    assert refused.value.rules[0] == "R-DNC-2"


def test_r_dnc_2_a_call_under_way_goes_on_and_its_outcome_ends_the_task(shop: Shop) -> None:
    held, caller = held_at(shop, "05-13 09:00")
    dial(shop.runtime, held.attempt_id, at("05-13 09:01"), caller)
    add_entry(shop.runtime, EntryForm("退订", user_id=held.buyer), at("05-13 09:02"), "组长")
    assert shop.attempts()[0].state == AttemptState.DIALLED
    answer = shop.outcome(held.attempt_id, "no_answer", "05-13 09:03", caller)
    assert (answer.state, shop.tasks()[0].ending) == ("closed", Ending.OPTED_OUT)


def test_r_dun_3_the_closing_comes_while_the_caller_hesitates(shop: Shop) -> None:
    shop.buyer("late", "05-12 10:00")
    shop.plan()
    caller = shop.person()
    shop.see("05-15 09:30")
    held = shop.take(caller, "05-15 09:58")
    with pytest.raises(RefusedError) as refused:
        dial(shop.runtime, held.attempt_id, at("05-15 10:00"), caller)
    assert refused.value.rules[0] == "R-DUN-3"
    (attempt,), (task,) = shop.attempts(), shop.tasks()
    assert (attempt.state, task.ending) == (AttemptState.WITHDRAWN, Ending.DEADLINE)


def test_r_dun_4_the_data_grow_too_old_in_between(shop: Shop) -> None:
    shop.buyer(seen="05-13 09:30")
    shop.plan(now="05-13 09:40")
    caller = shop.person()
    held = shop.take(caller, "05-14 09:25")
    with pytest.raises(RefusedError) as refused:
        dial(shop.runtime, held.attempt_id, at("05-14 09:30:01"), caller)
    assert refused.value.rules[0] == "R-DUN-4"
    dial(shop.runtime, held.attempt_id, at("05-14 09:30:00"), caller)


def test_r_phone_2_a_relay_number_that_expires_in_between_is_not_dialled(shop: Shop) -> None:
    buyer = shop.customer("relay")
    shop.phone(buyer, usable_until=at("05-13 09:10"), verified_at=at("05-01 10:00"))
    shop.phone(buyer)
    shop.order(buyer)
    shop.plan()
    caller = shop.person()
    held = shop.take(caller, "05-13 09:05")
    with pytest.raises(RefusedError) as refused:
        dial(shop.runtime, held.attempt_id, at("05-13 09:10"), caller)
    assert refused.value.rules[0] == "R-PHONE-2"
    assert shop.attempts()[0].state == AttemptState.WITHDRAWN
    again = shop.take(caller, "05-13 09:11")
    assert again.phone != held.phone
    dial(shop.runtime, again.attempt_id, at("05-13 09:11"), caller)


def test_somebody_elses_customer_is_not_dialled(shop: Shop) -> None:
    held, _ = held_at(shop, "05-13 09:00")
    with pytest.raises(ConflictError):
        dial(shop.runtime, held.attempt_id, at("05-13 09:03"), shop.person("李四"))


def test_what_does_not_exist_is_not_dialled(shop: Shop) -> None:
    with pytest.raises(NotFoundError):
        dial(shop.runtime, "00000000-0000-7000-8000-000000000000", at("05-13 09:03"), shop.person())


def test_nothing_happens_before_the_hand_out(shop: Shop) -> None:
    held, caller = held_at(shop, "05-13 09:30")
    with pytest.raises(UsageError):
        dial(shop.runtime, held.attempt_id, at("05-13 09:30") - SECOND, caller)


def test_nothing_follows_a_call_before_it_was_dialled(shop: Shop) -> None:
    held, caller = held_at(shop, "05-13 09:30")
    dial(shop.runtime, held.attempt_id, at("05-13 09:35"), caller)
    before = shop.dump()
    with pytest.raises(UsageError):
        hang_up(shop.runtime, held.attempt_id, at("05-13 09:34"), caller)
    with pytest.raises(UsageError):
        shop.outcome(held.attempt_id, "no_answer", "05-13 09:34", caller)
    assert shop.dump() == before


def test_hanging_up_is_noted_once(shop: Shop) -> None:
    held, caller = held_at(shop, "05-13 09:00")
    with pytest.raises(ConflictError):
        hang_up(shop.runtime, held.attempt_id, at("05-13 09:01"), caller)
    dial(shop.runtime, held.attempt_id, at("05-13 09:02"), caller)
    hang_up(shop.runtime, held.attempt_id, at("05-13 09:04"), caller)
    hang_up(shop.runtime, held.attempt_id, at("05-13 09:05"), caller)
    assert shop.attempts()[0].hung_up_at == at("05-13 09:04")


@pytest.mark.parametrize("reason", ["", "   ", "长" * 501])
def test_r_claim_1_a_skip_without_a_reason_is_refused(shop: Shop, reason: str) -> None:
    held, caller = held_at(shop, "05-13 09:00")
    with pytest.raises(UsageError) as refused:
        skip(shop.runtime, held.attempt_id, reason, at("05-13 09:01"), caller)
    assert refused.value.field == "reason"


def test_r_claim_1_a_dialled_call_cannot_be_skipped(shop: Shop) -> None:
    held, caller = held_at(shop, "05-13 09:00")
    dial(shop.runtime, held.attempt_id, at("05-13 09:01"), caller)
    with pytest.raises(RefusedError):
        skip(shop.runtime, held.attempt_id, "不想打", at("05-13 09:02"), caller)


def test_r_claim_1_skipping_twice_changes_nothing(shop: Shop) -> None:
    held, caller = held_at(shop, "05-13 09:00")
    skip(shop.runtime, held.attempt_id, "稍后", at("05-13 09:01"), caller)
    before = shop.dump()
    skip(shop.runtime, held.attempt_id, "稍后", at("05-13 09:02"), caller)
    assert shop.dump() == before
    with pytest.raises(ConflictError):
        dial(shop.runtime, held.attempt_id, at("05-13 09:03"), caller)


def test_r_hours_6_an_attempt_keeps_the_calendar_it_was_made_under(shop: Shop) -> None:
    shop.buyer("unknown_year", "2027-01-03 15:00", seen="2027-01-04 08:30")
    shop.plan("2027-01-04")
    caller = shop.person()
    held = shop.take(caller, "2027-01-04 11:58")
    with pytest.raises(RefusedError) as refused:
        dial(shop.runtime, held.attempt_id, at("2027-01-04 12:00"), caller)
    assert "R-HOURS-6" in refused.value.rules
    dial(shop.runtime, held.attempt_id, at("2027-01-04 11:59"), caller)
    assert shop.attempts()[0].day_kind == "unknown"
    assert shop.tasks()[0].state == TaskState.CLAIMED


def test_r_repeat_3_a_number_of_two_customers_is_called_once_an_hour(shop: Shop) -> None:
    number = a_number()
    shop.buyer("one", number=number)
    shop.buyer("two", number=number)
    shop.plan()
    caller = shop.person()
    shop.call(caller, "05-13 09:00", "no_answer")
    held = shop.take(caller, "05-13 10:00")
    assert dial(shop.runtime, held.attempt_id, at("05-13 10:00"), caller).dialled_at


def test_r_claim_1_an_expired_hand_out_is_not_dialled_even_before_it_was_swept_up(
    shop: Shop,
) -> None:
    held, caller = held_at(shop, "05-13 09:00")
    with pytest.raises(ConflictError) as refused:
        dial(shop.runtime, held.attempt_id, at("05-13 09:15"), caller)
    assert refused.value.rules == ("R-CLAIM-1",)
    dial(shop.runtime, held.attempt_id, at("05-13 09:15") - SECOND, caller)
