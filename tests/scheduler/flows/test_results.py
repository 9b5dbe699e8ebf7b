"""Results by kind and by caller: the ledgers' own figures, and as many calls behind each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from adapters.store.models.calls import attempt
from campaigns.errors import UsageError
from campaigns.values import Kind, Person
from scheduler.flows.ledgers import dunning_summary
from scheduler.flows.results import (
    AGREED,
    LISTED,
    PROMISED,
    CallsAsked,
    Results,
    Which,
    calls,
    on_the_line,
    results,
)
from tests.databases import sqlite_only
from tests.factories import at, day
from tests.scheduler.flows.calling import dialled
from tests.shops import Shop

DAY = day("05-13")


def worked(shop: Shop) -> tuple[Person, Person]:
    """Two callers' morning: promises, failures, a refusal, a payment after a call."""
    ids = [shop.buyer(f"b{number}", fen=1_000 * (number + 1)) for number in range(6)]
    shop.plan()
    one, two = shop.person("乙"), shop.person("甲")
    script = [
        *((one, "will_pay"), (two, "no_answer"), (one, "not_needed")),
        *((two, "will_pay"), (one, "no_answer")),
    ]
    for minute, (caller, code) in enumerate(script):
        shop.call(caller, f"05-13 09:{10 + minute}", code)
    called = [row.customer_id for row in shop.attempts()]
    assert set(called) <= set(ids)
    shop.pays(called[0], "05-13 10:00", known="05-13 11:00")
    shop.pays(called[3], "05-13 10:30", known="05-13 11:00")
    return one, two


def test_r_dun_8_the_money_is_the_ledgers(shop: Shop) -> None:
    worked(shop)
    made = results(shop.runtime, DAY, DAY)
    summary = dunning_summary(shop.runtime, DAY, DAY, None)
    assert {line.caller: line.money for line in made.by_caller} == {
        row.handler: row.totals for row in summary.rows
    }
    money = made.by_kind[0].money
    assert money is not None
    assert (money.customers, money.paid_customers) == (5, 2)
    assert summary.total_cells[2:] == (
        money.customers,
        money.paid_customers,
        money.owed_fen,
        money.recovered_fen,
        money.success_rate,
    )


def test_callers_stand_by_name_and_not_by_rank(shop: Shop) -> None:
    worked(shop)
    made = results(shop.runtime, DAY, DAY)
    assert [(line.caller, line.calls, line.reached) for line in made.by_caller] == [
        ("乙", 3, 2),
        ("甲", 2, 1),
    ]
    assert (made.calls, made.reached, made.by_kind[0].planned) == (5, 3, 6)


def figures(made: Results) -> Iterator[tuple[CallsAsked, int]]:
    """Every figure that leads to its calls, with the question that its link asks."""
    first, last = made.first, made.last
    yield CallsAsked(first, last), made.calls
    yield CallsAsked(first, last, which=Which.REACHED), made.reached
    for line in made.by_kind:
        yield CallsAsked(first, last, line.kind), line.tally.calls
        yield CallsAsked(first, last, line.kind, which=Which.REACHED), line.tally.reached
        yield CallsAsked(first, last, line.kind, which=Which.CASE), line.tally.cases
        for codes in (PROMISED, AGREED, ("satisfied",), ("guided",), ("refuses",)):
            yield CallsAsked(first, last, line.kind, outcomes=codes), line.tally.of(codes)
        if line.money is not None:
            yield CallsAsked(first, last, which=Which.DUNNED), line.money.customers
            yield CallsAsked(first, last, which=Which.PAID), line.money.paid_customers
    for own in made.by_caller:
        who = own.caller_id
        yield CallsAsked(first, last, caller_id=who), own.calls
        yield CallsAsked(first, last, caller_id=who, which=Which.REACHED), own.reached
        yield CallsAsked(first, last, caller_id=who, which=Which.DUNNED), own.money.customers
        yield CallsAsked(first, last, caller_id=who, which=Which.PAID), own.money.paid_customers


def test_each_figure_has_as_many_calls_behind_it(shop: Shop) -> None:
    worked(shop)
    seen = 0
    for asked, figure in figures(results(shop.runtime, DAY, DAY)):
        found = calls(shop.runtime, asked)
        assert (found.total, len(found.calls)) == (figure, figure), asked
        seen += figure > 0
    assert seen > 10


def test_r_repeat_5_a_redial_is_the_same_call_and_brings_its_outcome(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    caller = shop.person()
    shop.call(caller, "05-13 09:30", "cut_off", "05-13 09:31")
    shop.call(caller, "05-13 09:33", "will_pay")
    assert [row.redial_of is None for row in shop.attempts()] == [True, False]
    made = results(shop.runtime, DAY, DAY)
    assert (made.calls, made.reached) == (1, 1)
    assert made.by_kind[0].tally.of(PROMISED) == 1
    for asked, figure in figures(made):
        assert calls(shop.runtime, asked).total == figure, asked


def test_r_repeat_2_two_matters_of_one_call_are_one_call_and_count_in_both_kinds(
    shop: Shop,
) -> None:
    shop.buyer()
    shop.plan()
    caller = shop.person()
    shop.call(caller, "05-13 09:30", "will_pay")
    (row,) = shop.attempts()
    values = dict(row._mapping) | {"id": "rider", "rides_on": row.id, "idempotency_key": None}
    values |= {"kind": "callback", "campaign_id": 2, "outcome": "satisfied"}
    with shop.runtime.transaction() as connection:
        connection.execute(attempt.insert().values(**values))
    made = results(shop.runtime, DAY, DAY)
    assert made.has_riders
    assert (made.calls, made.by_caller[0].calls) == (1, 1)
    assert [line.tally.calls for line in made.by_kind] == [1, 1, 0, 0]
    for asked, figure in figures(made):
        assert calls(shop.runtime, asked).total == figure, asked
    riders = calls(shop.runtime, CallsAsked(DAY, DAY, Kind.CALLBACK)).calls
    assert [(line.is_rider, line.outcome_label) for line in riders] == [(True, "满意")]


def test_r_pii_1_calls_are_listed_newest_first_with_masked_numbers(shop: Shop) -> None:
    one, two = worked(shop)
    shop.see("05-13 13:00")
    dialled(shop, two, "05-13 13:30")
    found = calls(shop.runtime, CallsAsked(DAY, DAY))
    times = [line.at for line in found.calls]
    assert times == sorted(times, reverse=True)
    assert all("****" in line.phone_masked for line in found.calls)
    assert found.calls[0].outcome_label is None
    missed = calls(shop.runtime, CallsAsked(DAY, DAY, caller_id=one.id, which=Which.MISSED))
    assert [line.outcome_label for line in missed.calls] == ["无人接听"]
    on_line = on_the_line(shop.runtime, at("05-13 13:59"))[two.id]
    assert (on_line.since, on_line.is_missing) == (at("05-13 13:30"), False)
    assert found.total <= LISTED


def test_r_claim_1_whoever_has_not_entered_an_outcome_is_not_said_to_talk(shop: Shop) -> None:
    _, two = worked(shop)
    shop.see("05-13 13:00")
    dialled(shop, two, "05-13 13:30")
    assert on_the_line(shop.runtime, at("05-13 14:00"))[two.id].is_missing
    assert on_the_line(shop.runtime, at("05-25 14:00"))[two.id].since == at("05-13 13:30")


@sqlite_only
def test_an_empty_day_and_days_the_wrong_way_round(shop: Shop) -> None:
    made = results(shop.runtime, date(2025, 5, 1), date(2025, 5, 2))
    assert (made.calls, made.by_caller, [line.planned for line in made.by_kind]) == (
        *(0, ()),
        [0, 0, 0, 0],
    )
    assert calls(shop.runtime, CallsAsked(made.first, made.last)).total == 0
    with pytest.raises(UsageError):
        results(shop.runtime, DAY, date(2025, 5, 1))
