"""R-CLAIM-1. A call left while its line was asked is the caller's to finish, one customer at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from adapters.channels.base import Unknown
from adapters.store.queries import calls
from campaigns.errors import ConflictError, RefusedError
from campaigns.values import SHOP_ZONE, Person
from scheduler.flows.claim import next_call
from scheduler.flows.line_calls import go_on
from scheduler.flows.parked import parked_calls, take_back
from tests.scheduler.flows.lines import LineShop
from tests.shops import Shop


@pytest.fixture
def caller(shop: Shop) -> Person:
    shop.buyer("先打的", fen=90_000)
    shop.buyer("后打的")
    shop.plan()
    return shop.person()


@pytest.fixture
def lines(shop: Shop, caller: Person) -> LineShop:
    return LineShop(shop)


def left(lines: LineShop, caller: Person) -> str:
    """A call whose request got no answer, and the caller went on."""
    lines.line.answer_next(Unknown("超时"), happens=True)
    attempt_id = lines.dials(caller)
    lines.clock.move(seconds=20)
    go_on(lines.runtime, attempt_id, lines.now, caller)
    return attempt_id


def test_r_claim_1_what_rang_after_all_is_said_and_taken_back(
    lines: LineShop, caller: Person
) -> None:
    attempt_id = left(lines, caller)
    (before,) = parked_calls(lines.runtime, caller, lines.now)
    assert (before.buyer, before.is_settled, before.is_late) == ("先打的", False, False)
    lines.look_up(seconds=60)
    lines.clock.move(minutes=30)
    (after,) = parked_calls(lines.runtime, caller, lines.now)
    assert (after.is_settled, after.is_late) == (True, True)
    for _ in range(2):  # a double click
        take_back(lines.runtime, attempt_id, lines.now, caller)
    assert parked_calls(lines.runtime, caller, lines.now) == ()
    with lines.runtime.snapshot() as connection:
        held = calls.live_of_caller(connection, caller.id)
    assert held is not None
    assert held.id == attempt_id


def test_r_claim_1_it_is_its_callers_alone_and_only_while_it_is_open(
    lines: LineShop, caller: Person
) -> None:
    attempt_id = left(lines, caller)
    other = lines.shop.person("李四")
    assert parked_calls(lines.runtime, other, lines.now) == ()
    with pytest.raises(ConflictError):
        take_back(lines.runtime, attempt_id, lines.now, other)
    take_back(lines.runtime, attempt_id, lines.now, caller)
    words = f"{lines.now.astimezone(SHOP_ZONE):%m-%d %H:%M:%S}"
    lines.shop.outcome(attempt_id, "no_answer", words, caller)
    with pytest.raises(ConflictError):
        take_back(lines.runtime, attempt_id, lines.now, caller)


def test_r_claim_1_taken_back_and_taken_next_at_once_leave_one_customer(
    lines: LineShop, caller: Person
) -> None:
    attempt_id = left(lines, caller)
    start = Barrier(2)

    def back() -> str:
        start.wait()
        try:
            take_back(lines.runtime, attempt_id, lines.now, caller)
        except RefusedError:
            return "refused"
        return "back"

    def onwards() -> object:
        start.wait()
        return next_call(lines.runtime, caller, lines.now)

    with ThreadPoolExecutor(2) as pool:
        back_again, next_one = pool.submit(back), pool.submit(onwards)
        said, handed = back_again.result(), next_one.result()
    with lines.runtime.snapshot() as connection:
        held = calls.live_of_caller(connection, caller.id)
    assert held is not None
    assert (held.id == attempt_id) == (said == "back")
    assert getattr(handed, "attempt_id", None) == held.id
