"""R-REPEAT-2, R-CLAIM-1 when everybody asks at once; barriers, no sleeps, engines of their own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from adapters.store.models.audit import audit
from adapters.store.queries import tasks
from campaigns.errors import ConflictError
from campaigns.values import AttemptState, Person
from scheduler.flows.claim import HandOut, next_call, release_expired
from scheduler.flows.dialling import dial
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.refresh import refresh_tasks
from scheduler.runtime import Runtime
from tests.databases import postgres_only
from tests.factories import a_number, at
from tests.shops import Shop


def at_once(shop: Shop, many: int, work: Callable[[Runtime, int], Any]) -> list[Any]:
    """Run the work in so many threads, each with an engine of its own; results or exceptions."""
    together = threading.Barrier(many)
    results: list[Any] = [None] * many

    def run(index: int) -> None:
        runtime = shop.another_runtime()
        together.wait()
        try:
            results[index] = work(runtime, index)
        except Exception as error:
            results[index] = error
        finally:
            runtime.engine.dispose()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_r_claim_1_eight_callers_claim_two_hundred_tasks_each_once(shop: Shop) -> None:
    callers = [shop.person(f"坐席{i}") for i in range(8)]
    shared = a_number()
    with shop.at_one_go():
        for index in range(200):
            shop.buyer(f"b{index:03d}", number=shared if index % 50 == 0 else None)
    shop.plan()

    def work(runtime: Runtime, index: int) -> list[HandOut]:
        taken: list[HandOut] = []
        while True:
            answer = next_call(runtime, callers[index], at("05-13 10:00"))
            if not isinstance(answer, HandOut):
                return taken
            taken.append(answer)
            form = OutcomeForm("no_answer", key=answer.attempt_id)
            record_outcome(runtime, answer.attempt_id, form, at("05-13 10:00"), callers[index])

    results = at_once(shop, 8, work)
    assert [r for r in results if isinstance(r, Exception)] == []
    taken = [held for result in results for held in result]
    # Four customers share one phone: it may be called once in an hour.
    assert len(taken) == 197
    assert max(Counter(held.task_id for held in taken).values()) == 1
    assert max(Counter(held.customer_id for held in taken).values()) == 1
    assert max(Counter(held.phone for held in taken).values()) == 1
    assert max(Counter(a.phone_key for a in shop.attempts()).values()) == 1
    assert {a.state for a in shop.attempts()} == {AttemptState.CLOSED}


def test_r_repeat_2_eight_callers_and_one_phone(shop: Shop) -> None:
    shared = a_number()
    callers = [shop.person(f"坐席{i}") for i in range(8)]
    for index in range(8):
        shop.buyer(f"b{index}", number=shared)
    shop.plan()
    answers = at_once(shop, 8, lambda runtime, i: next_call(runtime, callers[i], at("05-13 10:00")))
    assert sum(isinstance(a, HandOut) for a in answers) == 1
    assert [a for a in answers if isinstance(a, Exception)] == []


def test_r_claim_1_the_same_caller_asking_at_once_holds_one_customer(shop: Shop) -> None:
    caller = shop.person()
    for index in range(10):
        shop.buyer(f"b{index}")
    shop.plan()
    answers = at_once(shop, 6, lambda runtime, _: next_call(runtime, caller, at("05-13 10:00")))
    assert [a for a in answers if not isinstance(a, HandOut)] == []
    assert len({a.attempt_id for a in answers}) == 1
    (attempt,) = shop.attempts()
    assert attempt.state == AttemptState.HANDED_OUT
    assert sorted(Counter(t.state for t in shop.tasks()).values()) == [1, 9]


@pytest.fixture
def held(shop: Shop) -> tuple[HandOut, Person]:
    caller = shop.person()
    shop.buyer()
    shop.plan()
    return shop.take(caller, "05-13 10:00"), caller


def test_dialling_at_once_dials_once(shop: Shop, held: tuple[HandOut, Person]) -> None:
    call, caller = held
    answers = at_once(
        shop, 8, lambda runtime, i: dial(runtime, call.attempt_id, at(f"05-13 10:00:0{i}"), caller)
    )
    assert len(set(answers)) == 1
    assert [line.what for line in shop.rows(audit)].count("attempt.dialled") == 1


def test_two_outcomes_at_once_one_is_recorded(shop: Shop, held: tuple[HandOut, Person]) -> None:
    call, caller = held
    codes = ["will_pay", "not_needed", "no_answer", "busy"]

    def work(runtime: Runtime, index: int) -> Any:
        form = OutcomeForm(codes[index], key=f"click-{index}")
        return record_outcome(runtime, call.attempt_id, form, at("05-13 10:02"), caller)

    answers = at_once(shop, 4, work)
    assert sum(isinstance(a, ConflictError) for a in answers) == 3
    assert sum(not isinstance(a, Exception) for a in answers) == 1
    assert [line.what for line in shop.rows(audit)].count("attempt.closed") == 1


def test_sixteen_posts_of_one_click_are_one_outcome(
    shop: Shop, held: tuple[HandOut, Person]
) -> None:
    call, caller = held
    form = OutcomeForm("relay", key="one-click")
    answers = at_once(
        shop,
        16,
        lambda runtime, _: record_outcome(
            runtime, call.attempt_id, form, at("05-13 10:02"), caller
        ),
    )
    assert len(set(answers)) == 1
    assert not isinstance(answers[0], Exception)
    assert [line.what for line in shop.rows(audit)].count("attempt.closed") == 1
    assert len(shop.todos()) == 1


def test_an_expired_lease_has_one_heir(shop: Shop, held: tuple[HandOut, Person]) -> None:
    call, _ = held
    heirs = [shop.person(f"坐席{i}") for i in range(6)]
    answers = at_once(shop, 6, lambda runtime, i: next_call(runtime, heirs[i], at("05-13 10:15")))
    assert [a for a in answers if isinstance(a, Exception)] == []
    (heir,) = [a for a in answers if isinstance(a, HandOut)]
    assert heir.task_id == call.task_id
    assert sorted(a.state for a in shop.attempts()) == ["expired", "handed_out"]


def test_in_the_minute_of_opening_everybody_gets_somebody(shop: Shop) -> None:
    """Whoever comes first makes the tasks ready; the others must not be told that there are none."""
    callers = [shop.person(f"坐席{i}") for i in range(8)]
    with shop.at_one_go():
        for index in range(40):
            shop.buyer(f"b{index}")
    shop.plan()
    answers = at_once(shop, 8, lambda runtime, i: next_call(runtime, callers[i], at("05-13 09:00")))
    assert [a for a in answers if not isinstance(a, HandOut)] == []
    assert len({a.task_id for a in answers}) == 8


def test_r_dun_3_at_the_deadline_a_double_click_lets_go_once_and_takes_one(shop: Shop) -> None:
    caller = shop.person()
    shop.buyer("tb_hua01", "05-12 15:00")
    shop.buyer("tb_hua02", "05-12 20:00")
    shop.plan()
    shop.see("05-15 14:00")
    held = shop.take(caller, "05-15 14:50")
    assert held.deadline == at("05-15 15:00")
    answers = at_once(shop, 8, lambda runtime, _: next_call(runtime, caller, at("05-15 15:00")))
    assert [a.buyer if isinstance(a, HandOut) else a for a in answers] == ["tb_hua02"] * 8
    assert [row.state for row in shop.attempts()] == ["withdrawn", "handed_out"]
    assert [row.what for row in shop.rows(audit)].count("attempt.withdrawn") == 1


@postgres_only
def test_r_claim_1_freeing_leases_and_an_import_never_wait_for_each_other(shop: Shop) -> None:
    with shop.at_one_go():
        for hour in (1, 2, 3):  # planned later, worth more: the claims go backwards
            shop.buyer(f"b{hour}", f"05-12 1{hour}:00", fen=100 ** (hour + 1))
    shop.plan()
    held = [shop.take(shop.person(f"坐席{n}"), "05-13 10:00").task_id for n in range(3)]
    assert held == sorted(held, reverse=True)
    now = at("05-13 10:15")

    def judge(runtime: Runtime) -> None:
        with runtime.transaction() as connection:
            refresh_tasks(connection, runtime, now, held, "导入")

    def free(runtime: Runtime) -> None:
        with runtime.transaction() as connection:
            release_expired(connection, now)

    with ThreadPoolExecutor(2) as pool:
        with shop.runtime.transaction() as connection:
            tasks.lock(connection, held[1:2])  # both come to a stop in the middle
            running = [pool.submit(judge, shop.runtime)]
            _until_waiting(shop, 1)
            running.append(pool.submit(free, shop.runtime))
            _until_waiting(shop, 2)
        assert [work.exception(timeout=30) for work in running] == [None, None]
    assert {row.state for row in shop.attempts()} == {AttemptState.EXPIRED}


def _until_waiting(shop: Shop, many: int) -> None:
    """Until so many transactions wait for somebody else's lock."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    watching = shop.runtime.engine.execution_options(isolation_level="AUTOCOMMIT")
    with watching.connect() as connection:
        while connection.exec_driver_sql(waiting).scalar() != many:
            pass
