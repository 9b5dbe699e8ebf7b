"""R-REPEAT-2: one customer is one conversation, so one call settles several matters."""

from __future__ import annotations

import pytest

from adapters.store.queries.facts import load_customers
from campaigns.errors import ConflictError, RefusedError, UsageError
from campaigns.values import AttemptState, Kind, OrderState
from scheduler.flows import campaigns
from scheduler.flows.claim import HandOut
from scheduler.flows.dialling import dial
from scheduler.flows.outcome import MatterForm
from tests.factories import at
from tests.scheduler.flows.calling import nobody
from tests.shops import Shop


@pytest.fixture
def two(shop: Shop) -> Shop:
    """A customer with an unpaid order, and another order that was signed for a week ago."""
    customer = shop.buyer()
    signed = at("05-06 12:00")
    shop.bought(customer, OrderState.COMPLETED, placed="05-01 10:00", received_at=signed)
    shop.plan()
    assert [row.kind for row in shop.tasks()] == [Kind.DUNNING, Kind.CALLBACK]
    return shop


def _dial(shop: Shop, now: str = "05-13 09:30") -> HandOut:
    caller = shop.person()
    held = shop.take(caller, now)
    dial(shop.runtime, held.attempt_id, at(now), caller)
    return held


def test_r_repeat_2_both_matters_are_offered_to_one_caller(two: Shop) -> None:
    held = two.take(two.person(), "05-13 09:30")
    assert held.kind is Kind.DUNNING
    assert [matter.kind for matter in held.also] == [Kind.CALLBACK]
    assert nobody(two, two.person("李四"), "05-13 09:30")


def test_r_repeat_2_both_are_settled_in_one_call(two: Shop) -> None:
    held = _dial(two)
    said = MatterForm(held.also[0].task_id, "satisfied")
    answer = two.outcome(held.attempt_id, "will_pay", "05-13 09:35", also=(said,))
    assert [(one.kind, one.result) for one in answer.also] == [(Kind.CALLBACK, "已回访")]
    main, rider = two.attempts()
    assert (rider.rides_on, rider.at, rider.phone_key) == (main.id, main.at, main.phone_key)
    assert rider.outcome == "satisfied"


def test_r_repeat_3_the_budget_counts_one_contact(two: Shop) -> None:
    held = _dial(two)
    two.outcome(held.attempt_id, "no_answer", "05-13 09:31")
    assert [row.outcome for row in two.attempts()] == ["no_answer", "no_answer"]
    # A second attempt of the day is still within the two that are allowed.
    again = two.take(two.person("李四"), "05-13 13:00")
    assert [matter.kind for matter in again.also] == [Kind.CALLBACK]
    with two.runtime.snapshot() as connection:
        facts = load_customers(connection, [1], at("05-13 13:00"))[1]
    assert sum(attempt.rides_on is None for attempt in facts.attempts) == 2


def test_r_repeat_4_each_task_counts_the_call_that_failed(two: Shop) -> None:
    for now in ("05-13 09:30", "05-13 13:00"):
        held = _dial(two, now) if now < "05-13 10" else two.take(two.person("李四"), now)
        if now > "05-13 10":
            dial(two.runtime, held.attempt_id, at(now), None)
        two.outcome(held.attempt_id, "line_busy", now)
    by_kind = {row.kind: row for row in two.tasks()}
    assert by_kind[Kind.CALLBACK].ending == "attempts_used"
    assert by_kind[Kind.DUNNING].state == "waiting"


def test_r_repeat_2_a_matter_that_was_not_talked_about_stays_open(two: Shop) -> None:
    held = _dial(two)
    two.outcome(held.attempt_id, "will_pay", "05-13 09:35")
    assert len(two.attempts()) == 1
    callback = two.tasks()[1]
    # Reached once today (R-REPEAT-3), so it is another day's call.
    assert callback.due_at == at("05-14 09:00")


def test_r_repeat_2_a_repeated_request_gets_the_first_answer(two: Shop) -> None:
    held = _dial(two)
    said = MatterForm(held.also[0].task_id, "guided")
    first = two.outcome(held.attempt_id, "will_pay", "05-13 09:35", key="k1", also=(said,))
    again = two.outcome(held.attempt_id, "will_pay", "05-13 09:36", key="k1", also=(said,))
    assert first == again
    assert len(two.attempts()) == 2


def test_r_claim_1_a_matters_outcome_is_not_entered_by_itself(two: Shop) -> None:
    held = _dial(two)
    said = MatterForm(held.also[0].task_id, "satisfied")
    two.outcome(held.attempt_id, "will_pay", "05-13 09:35", also=(said,))
    _, rider = two.attempts()
    with pytest.raises(ConflictError):
        two.outcome(rider.id, "satisfied", "05-13 09:36")


def test_r_repeat_2_a_matter_that_may_not_ride_is_refused_and_nothing_stored(two: Shop) -> None:
    held = _dial(two)
    with pytest.raises(RefusedError) as refused:
        two.outcome(held.attempt_id, "will_pay", "05-13 09:35", also=(MatterForm(99, "satisfied"),))
    assert refused.value.rules == ("R-REPEAT-2",)
    assert [row.state for row in two.attempts()] == ["dialled"]


@pytest.mark.parametrize("code", ["no_answer", "cut_off", "wrong_number"])
def test_a_matter_cannot_contradict_the_call(two: Shop, code: str) -> None:
    held = _dial(two)
    with pytest.raises(UsageError):
        said = MatterForm(held.also[0].task_id, code)
        two.outcome(held.attempt_id, "will_pay", "05-13 09:35", also=(said,))


def test_r_dnc_2_an_opt_out_ends_all_matters(two: Shop) -> None:
    held = _dial(two)
    two.outcome(held.attempt_id, "opt_out", "05-13 09:35")
    assert {row.ending for row in two.tasks()} == {"opted_out"}


def test_r_repeat_5_a_redial_may_settle_what_the_first_half_did_not(two: Shop) -> None:
    held = _dial(two)
    two.outcome(held.attempt_id, "cut_off", "05-13 09:32")
    again = two.take(two.person("李四"), "05-13 09:33")
    assert again.task_id == held.task_id
    assert [matter.kind for matter in again.also] == [Kind.CALLBACK]


def test_r_repeat_2_a_paused_campaign_does_not_ride(two: Shop) -> None:
    two.change_campaign(Kind.CALLBACK, state="paused", state_reason="盘点")
    held = two.take(two.person(), "05-13 09:30")
    assert held.also == ()


def test_r_repeat_2_an_outcome_after_the_lease_is_refused_when_another_matter_was_taken(
    two: Shop,
) -> None:
    first, second = two.person("张三"), two.person("李四")
    (callbacks,) = [
        one.id for one in campaigns.campaigns(two.runtime).campaigns if one.kind is Kind.CALLBACK
    ]
    campaigns.give_campaigns(two.runtime, second.id, [callbacks], at("05-13 08:50"), "李组长")
    held = two.take(first, "05-13 09:30")
    taken = two.take(second, "05-13 09:45")
    assert (held.kind, taken.kind) == (Kind.DUNNING, Kind.CALLBACK)
    with pytest.raises(ConflictError) as refused:
        two.outcome(held.attempt_id, "no_answer", "05-13 09:46", first)
    assert refused.value.rules == ("R-CLAIM-1",)
    dial(two.runtime, taken.attempt_id, at("05-13 09:47"), second)
    two.outcome(taken.attempt_id, "satisfied", "05-13 09:50", second)
    assert [row.state for row in two.attempts()] == [AttemptState.EXPIRED, AttemptState.CLOSED]
