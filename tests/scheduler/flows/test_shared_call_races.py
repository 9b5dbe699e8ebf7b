"""R-REPEAT-2 under fire: three matters of one customer, and everybody at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from adapters.store.models.customers import customer_phone
from adapters.store.queries.tasks import open_of_orders
from campaigns.errors import ConflictError, UsageError
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.outcome import MatterForm, OutcomeForm, record_outcome
from scheduler.flows.refresh import refresh_tasks, retract_todos
from scheduler.runtime import Runtime
from tests.databases import postgres_only
from tests.factories import a_number, at
from tests.scheduler.flows.calling import dialled
from tests.scheduler.flows.test_claim_races import at_once
from tests.scheduler.flows.three_matters import (
    CALLBACK,
    DIALLED,
    DUNNING,
    ENDED,
    STOCK_OUT,
    also,
    dialled_for,
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


# --- one customer, one call ----------------------------------------------------------------------


def test_r_repeat_2_two_callers_and_three_matters_one_gets_the_customer(three: Shop) -> None:
    callers = [three.person("张三"), three.person("李四")]
    answers = at_once(three, 2, lambda runtime, i: next_call(runtime, callers[i], at(DIALLED)))
    (held,) = [answer for answer in answers if isinstance(answer, HandOut)]
    assert {held.kind, *(matter.kind for matter in held.also)} == {DUNNING, CALLBACK, STOCK_OUT}
    assert [a for a in answers if isinstance(a, Exception)] == []
    assert len(three.attempts()) == 1


def test_r_repeat_2_one_answer_for_eight_posts_of_one_key(three: Shop) -> None:
    held = dialled_for(three, three.person())
    said = also(held, callback="satisfied", stock_out="agrees")
    form = OutcomeForm("will_pay", key="one-click", also=said)

    def work(runtime: Runtime, _: int) -> Any:
        return record_outcome(runtime, held.attempt_id, form, at(ENDED), None)

    answers = at_once(three, 8, work)
    assert not isinstance(answers[0], Exception)
    assert answers.count(answers[0]) == 8
    assert len(three.attempts()) == 3
    assert [row.kind for row in three.todos()] == ["promise"]


def test_r_repeat_2_two_ways_to_settle_at_once_one_counts(three: Shop) -> None:
    held = dialled_for(three, three.person())
    ways = ["satisfied", "guided", "no_time", "busy"]

    def work(runtime: Runtime, index: int) -> Any:
        said = also(held, callback=ways[index])
        form = OutcomeForm("will_pay", key=f"click-{index}", also=said)
        return record_outcome(runtime, held.attempt_id, form, at(ENDED), None)

    answers = at_once(three, 4, work)
    assert sum(isinstance(answer, ConflictError) for answer in answers) == 3
    assert len(three.attempts()) == 2


def test_r_repeat_2_the_same_matter_cannot_be_settled_twice(three: Shop) -> None:
    held = dialled_for(three, three.person())
    twice = (*also(held, callback="satisfied"), *also(held, callback="no_time"))
    with pytest.raises(UsageError):
        three.outcome(held.attempt_id, "will_pay", ENDED, also=twice)
    assert [row.state for row in three.attempts()] == ["dialled"]


@pytest.mark.parametrize("main", ["no_answer", "wrong_number", "relay_failed"])
def test_a_matter_cannot_be_settled_with_somebody_who_was_not_there(three: Shop, main: str) -> None:
    held = dialled_for(three, three.person())
    with pytest.raises(UsageError):
        said = also(held, callback="satisfied")
        three.outcome(held.attempt_id, main, ENDED, also=said)
    assert [row.state for row in three.attempts()] == ["dialled"]


def test_a_call_that_says_so_itself_may_name_its_matters(three: Shop) -> None:
    held = dialled_for(three, three.person())
    said = also(held, callback="no_answer")
    three.outcome(held.attempt_id, "no_answer", ENDED, also=said)
    assert [row.outcome for row in three.attempts()] == ["no_answer"] * 3


@pytest.mark.parametrize(("main", "rider"), [("will_pay", "relay"), ("relay", "agrees")])
def test_r_phone_3_the_customer_who_came_to_the_telephone_is_known_of_the_number(
    three: Shop, main: str, rider: str
) -> None:
    held = dialled_for(three, three.person())
    three.outcome(held.attempt_id, main, ENDED, also=also(held, stock_out=rider))
    (number,) = three.rows(customer_phone)
    assert (number.verified_at, number.other_since) == (at(ENDED), None)


# --- a shared telephone ---------------------------------------------------------------------------


_GOOD = {DUNNING: "will_pay", CALLBACK: "satisfied", STOCK_OUT: "agrees"}


@postgres_only
def test_an_import_and_an_outcome_on_a_shared_phone_never_wait_for_each_other(shop: Shop) -> None:
    """Both lock the tasks of all who share the telephone; in another order they would deadlock."""
    turns = 50
    shop.lacking()
    with shop.at_one_go():
        for turn in range(turns):
            number = a_number()
            for name, paid in (("甲", "05-12 15:00"), ("乙", "05-10 15:00")):
                # Due first, planned last: so an outcome begins at the end of an import's order.
                three_matters(shop, f"b{turn}{name}", number, paid)
    shop.plan()
    calls = [dialled(shop, shop.person(f"坐席{turn}")) for turn in range(turns)]
    assert {(held.kind, held.buyer[-1]) for held in calls} == {(STOCK_OUT, "乙")}
    in_step, entered = threading.Barrier(2), set[str]()

    def enter(runtime: Runtime, held: HandOut) -> None:
        also = tuple(MatterForm(matter.task_id, _GOOD[matter.kind]) for matter in held.also)
        assert len(also) == 2
        form = OutcomeForm(_GOOD[held.kind], also=also)
        try:
            record_outcome(runtime, held.attempt_id, form, at(ENDED), None)
        finally:
            entered.add(held.attempt_id)

    def judge(runtime: Runtime, held: HandOut) -> None:
        sharing = held.customer_id + (1 if held.customer_id % 2 else -1)
        orders = [*shop.orders_of(sharing), *shop.orders_of(held.customer_id)]
        while held.attempt_id not in entered:  # import after import, as long as it is being entered
            _judge(runtime, orders)

    def work(runtime: Runtime, index: int) -> list[Exception]:
        failed: list[Exception] = []
        for held in calls:
            in_step.wait()
            try:
                (enter, judge)[index](runtime, held)
            except Exception as error:
                failed.append(error)
        return failed

    assert at_once(shop, 2, work) == [[], []]
    assert len([row for row in shop.attempts() if row.state == "closed"]) == 3 * turns


def _judge(runtime: Runtime, orders: list[int]) -> None:
    """What an import does with the open tasks of its orders."""
    with runtime.transaction() as connection:
        concerned = open_of_orders(connection, orders)
        refresh_tasks(connection, runtime, at("05-13 09:31"), concerned, "导入")
        retract_todos(connection, runtime, at("05-13 09:31"))
