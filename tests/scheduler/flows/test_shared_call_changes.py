"""R-REPEAT-2: the world does not wait for a call about three matters."""

from __future__ import annotations

import pytest

from campaigns.errors import RefusedError
from campaigns.values import CampaignState, OrderState, Person, Role
from scheduler import jobs
from scheduler.flows import campaigns
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.outcome import MatterForm
from scheduler.flows.results import results
from tests.factories import at, day
from tests.scheduler.flows.calling import dialled, nobody
from tests.scheduler.flows.three_matters import (
    CALLBACK,
    DIALLED,
    DUNNING,
    ENDED,
    STOCK_OUT,
    also,
    attempts_of,
    dialled_for,
    held_for,
    one_of,
    three_matters,
)
from tests.shops import Shop


@pytest.fixture
def three(shop: Shop) -> Shop:
    three_matters(shop)
    shop.lacking()
    shop.plan()
    assert [row.kind for row in shop.tasks()] == [DUNNING, CALLBACK, STOCK_OUT]
    return shop


# --- what happens during the call ----------------------------------------------------------------


def test_r_dun_4_paid_during_the_call_the_rider_is_told_and_the_rest_is_kept(three: Shop) -> None:
    held = dialled_for(three, three.person(), STOCK_OUT)
    _pays_by_telephone(three)
    assert one_of(three, DUNNING).ending == "paid_uncalled"
    with pytest.raises(RefusedError) as refused:
        said = (MatterForm(one_of(three, DUNNING).id, "will_pay"),)
        three.outcome(held.attempt_id, "agrees", ENDED, also=said)
    assert refused.value.rules == ("R-REPEAT-2",)
    three.outcome(held.attempt_id, "agrees", ENDED)
    assert attempts_of(three, DUNNING) == []


def _pays_by_telephone(shop: Shop) -> None:
    first = shop.orders_of(1)[:1]
    shop.see("05-13 09:32", state=OrderState.PAID, paid="05-13 09:31", only=first)


def test_r_dun_4_paid_during_a_reminder_it_ends_paid_and_the_riders_are_settled(
    three: Shop,
) -> None:
    held = dialled_for(three, three.person())
    _pays_by_telephone(three)
    said = also(held, callback="satisfied", stock_out="agrees")
    three.outcome(held.attempt_id, "will_pay", ENDED, also=said)
    assert [row.ending for row in three.tasks()] == ["paid", "answered", "agreed"]


def test_r_dnc_2_an_entry_during_the_call_ends_the_other_matters(three: Shop) -> None:
    held = dialled_for(three, three.person())
    add_entry(three.runtime, EntryForm("来电要求", user_id="tb_hua01"), at("05-13 09:32"), "组长")
    with pytest.raises(RefusedError):
        three.outcome(held.attempt_id, "will_pay", ENDED, also=also(held, callback="satisfied"))
    three.outcome(held.attempt_id, "will_pay", ENDED)
    assert {row.ending for row in three.tasks()} == {"opted_out"}
    assert len(three.attempts()) == 1


def test_r_dnc_3_an_entry_for_one_kind_leaves_the_others(three: Shop) -> None:
    held = held_for(three, three.person())
    form = EntryForm("不要回访", user_id="tb_hua01", kind=CALLBACK)
    add_entry(three.runtime, form, at("05-13 09:31"), "组长")
    held = dialled(three, Person(1, "张三", Role.CALLER), "05-13 09:32")
    assert [matter.kind for matter in held.also] == [STOCK_OUT]
    three.outcome(held.attempt_id, "no_answer", ENDED)
    assert attempts_of(three, CALLBACK) == []
    assert one_of(three, CALLBACK).ending == "opted_out"
    assert one_of(three, DUNNING).ending is None


def test_r_dnc_1_anger_over_one_matter_ends_that_kind_alone(three: Shop) -> None:
    held = dialled_for(three, three.person())
    said = also(held, callback="hung_up_angry")
    three.outcome(held.attempt_id, "will_pay", ENDED, also=said)
    assert one_of(three, CALLBACK).ending == "angry"
    assert (one_of(three, DUNNING).ending, one_of(three, STOCK_OUT).ending) == (None, None)


def test_r_dnc_2_an_opt_out_over_one_matter_is_one_of_all(three: Shop) -> None:
    held = dialled_for(three, three.person())
    three.outcome(held.attempt_id, "will_pay", ENDED, also=also(held, callback="opt_out"))
    assert {row.ending for row in three.tasks()} == {"opted_out"}
    assert [row for row in three.todos() if row.withdrawn_at is None] == []


def test_r_claim_1_a_pause_during_the_call_loses_nothing_that_was_said(three: Shop) -> None:
    held = dialled_for(three, three.person())
    campaigns.pause_all(three.runtime, "盘点", at("05-13 09:32"), "组长")
    said = also(held, callback="satisfied", stock_out="agrees")
    three.outcome(held.attempt_id, "will_pay", ENDED, also=said)
    assert [row.ending for row in three.tasks()] == [None, "answered", "agreed"]


def test_r_claim_1_nor_does_the_pause_of_the_one_campaign(three: Shop) -> None:
    held = dialled_for(three, three.person())
    _pause(three, one_of(three, CALLBACK).campaign_id, "05-13 09:32")
    three.outcome(held.attempt_id, "will_pay", ENDED, also=also(held, callback="satisfied"))
    assert one_of(three, CALLBACK).ending == "answered"


def _pause(shop: Shop, campaign_id: int, now: str) -> None:
    state = CampaignState.PAUSED
    campaigns.change_state(shop.runtime, campaign_id, state, "盘点", at(now), "组长")


def test_r_claim_1_a_campaign_paused_before_the_call_does_not_ride(three: Shop) -> None:
    campaign_id = one_of(three, CALLBACK).campaign_id
    held = held_for(three, three.person())
    _pause(three, campaign_id, DIALLED)
    held = dialled(three, Person(1, "张三", Role.CALLER), "05-13 09:31")
    assert [matter.kind for matter in held.also] == [STOCK_OUT]
    with pytest.raises(RefusedError):
        said = (MatterForm(one_of(three, CALLBACK).id, "satisfied"),)
        three.outcome(held.attempt_id, "will_pay", ENDED, also=said)
    three.outcome(held.attempt_id, "no_answer", ENDED)
    assert attempts_of(three, CALLBACK) == []


@pytest.mark.parametrize("is_swept", [False, True])
def test_r_dun_3_a_deadline_that_passes_during_the_call_loses_nothing(
    shop: Shop, is_swept: bool
) -> None:
    """What was allowed when it was dialled was said, whether or not the engine ticked since."""
    customer = three_matters(shop)
    shop.lacking()
    closing = at("05-13 09:33")
    shop.change_order(shop.orders_of(customer)[0], placed_at=closing.replace(day=closing.day - 3))
    shop.plan()
    held = dialled_for(shop, shop.person(), STOCK_OUT)
    if is_swept:
        shop.set_clock("05-13 09:34")
        jobs.tick(shop.runtime)
    said = also(held, dunning="will_pay")
    shop.outcome(held.attempt_id, "agrees", ENDED, also=said)
    assert one_of(shop, DUNNING).ending == "deadline"
    assert [row.outcome for row in attempts_of(shop, DUNNING)] == ["will_pay"]


def test_r_dun_3_a_matter_nobody_talked_about_ends_with_the_call(shop: Shop) -> None:
    customer = three_matters(shop)
    shop.lacking()
    closing = at("05-13 09:33")
    shop.change_order(shop.orders_of(customer)[0], placed_at=closing.replace(day=closing.day - 3))
    shop.plan()
    held = dialled_for(shop, shop.person(), STOCK_OUT)
    shop.set_clock("05-13 09:34")
    jobs.tick(shop.runtime)
    assert one_of(shop, DUNNING).ending is None
    shop.outcome(held.attempt_id, "agrees", ENDED)
    assert one_of(shop, DUNNING).ending == "deadline"


def test_r_dun_3_a_call_without_an_outcome_holds_nothing_open(shop: Shop) -> None:
    """R-CLAIM-1. Its outcome counts as missing at 10:00; what is entered later is kept."""
    customer = three_matters(shop)
    shop.lacking()
    closing = at("05-13 09:33")
    shop.change_order(shop.orders_of(customer)[0], placed_at=closing.replace(day=closing.day - 3))
    shop.plan()
    held = dialled_for(shop, shop.person(), STOCK_OUT)
    for now, ending in (("05-13 09:59", None), ("05-13 10:00", "deadline")):
        shop.set_clock(now)
        jobs.tick(shop.runtime)
        assert one_of(shop, DUNNING).ending == ending, now
    with pytest.raises(RefusedError):
        shop.outcome(held.attempt_id, "agrees", "05-13 10:20", also=also(held, dunning="will_pay"))
    shop.outcome(held.attempt_id, "agrees", "05-13 10:20")
    assert one_of(shop, STOCK_OUT).ending == "agreed"
    assert attempts_of(shop, DUNNING) == []


# --- late, wrong, cut -----------------------------------------------------------------------------


def test_r_claim_1_a_late_outcome_settles_its_matters(three: Shop) -> None:
    caller = three.person()
    held = held_for(three, caller)
    assert nobody(three, three.person("李四"), "05-13 09:40")
    three.set_clock("05-13 09:46")
    jobs.tick(three.runtime)
    assert [row.state for row in three.attempts()] == ["expired"]
    said = also(held, callback="satisfied")
    three.outcome(held.attempt_id, "will_pay", "05-13 09:47", caller, also=said)
    assert [(row.outcome, row.at) for row in three.attempts()] == [
        ("will_pay", at(DIALLED)),
        ("satisfied", at(DIALLED)),
    ]


def test_r_claim_1_a_late_outcome_cannot_settle_what_another_caller_holds(three: Shop) -> None:
    held = held_for(three, three.person())
    three.change_campaign(DUNNING, state="paused", state_reason="试")
    other = three.take(three.person("李四"), "05-13 09:46")
    assert other.kind is not DUNNING
    three.change_campaign(DUNNING, state="running", state_reason=None)
    with pytest.raises(RefusedError):
        said = (MatterForm(other.task_id, "busy"),)
        three.outcome(held.attempt_id, "will_pay", "05-13 09:47", also=said)
    assert sorted(row.state for row in three.attempts()) == ["expired", "handed_out"]


def test_r_repeat_5_after_a_wrong_number_all_matters_try_the_next_one(shop: Shop) -> None:
    customer = three_matters(shop)
    other = shop.phone(customer)
    shop.lacking()
    shop.plan()
    caller = shop.person()
    first = dialled_for(shop, caller)
    shop.outcome(first.attempt_id, "wrong_number", "05-13 09:31", caller)
    assert [row.outcome for row in shop.attempts()] == ["wrong_number"] * 3
    assert shop.todos() == []
    second = dialled_for(shop, caller, DUNNING, "05-13 09:32")
    assert second.phone != first.phone
    assert {first.phone, second.phone} >= {other}
    assert len(second.also) == 2
    said = also(second, callback="satisfied", stock_out="agrees")
    shop.outcome(second.attempt_id, "will_pay", ENDED, also=said)
    assert [row.ending for row in shop.tasks()] == [None, "answered", "agreed"]


def test_r_repeat_5_after_the_only_number_was_wrong_all_matters_end(three: Shop) -> None:
    held = dialled_for(three, three.person())
    three.outcome(held.attempt_id, "wrong_number", ENDED)
    assert {row.ending for row in three.tasks()} == {"unreachable"}


def test_r_repeat_5_a_given_number_is_dialled_and_the_rest_waits(three: Shop) -> None:
    caller = three.person()
    held = dialled_for(three, caller)
    three.outcome(held.attempt_id, "gave_number", ENDED, caller, phone="13800001234")
    again = dialled(three, caller, "05-13 09:36")
    assert (again.task_id, again.phone.display) == (held.task_id, "13800001234")
    three.outcome(again.attempt_id, "will_pay", "05-13 09:40", caller)
    assert one_of(three, CALLBACK).due_at == at("05-14 09:00")
    assert nobody(three, caller, "05-13 19:00")


def test_r_hours_7_a_wish_for_one_matter_is_kept_for_that_one(three: Shop) -> None:
    caller = three.person()
    held = dialled_for(three, caller)
    (matter,) = [m for m in held.also if m.kind is CALLBACK]
    wish = MatterForm(matter.task_id, "busy", callback_at=at("05-13 18:00"))
    answer = three.outcome(held.attempt_id, "not_needed", ENDED, caller, also=(wish,))
    assert [one.next_at for one in answer.also] == [at("05-13 18:00")]
    assert nobody(three, caller, "05-13 17:59")
    due = three.take(caller, "05-13 18:00")
    assert (due.kind, due.also) == (CALLBACK, ())  # a shortage may wait for another day


def test_r_repeat_5_a_redial_settles_the_rest(three: Shop) -> None:
    caller = three.person()
    held = dialled_for(three, caller)
    three.outcome(held.attempt_id, "cut_off", ENDED, caller, also=also(held, callback="satisfied"))
    again = dialled(three, caller, "05-13 09:37")
    assert [matter.kind for matter in again.also] == [STOCK_OUT]
    said = also(again, stock_out="agrees")
    three.outcome(again.attempt_id, "will_pay", "05-13 09:39", caller, also=said)
    assert [row.ending for row in three.tasks()] == [None, "answered", "agreed"]
    assert results(three.runtime, day("05-13"), day("05-13")).calls == 1


def test_r_repeat_3_one_call_is_one_in_the_figures(three: Shop) -> None:
    held = dialled_for(three, three.person())
    said = also(held, callback="satisfied", stock_out="agrees")
    three.outcome(held.attempt_id, "will_pay", ENDED, also=said)
    found = results(three.runtime, day("05-13"), day("05-13"))
    assert (found.calls, found.reached) == (1, 1)
