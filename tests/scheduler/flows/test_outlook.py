"""The queue in the order of the next hand-outs, and the honest empty queue (R-DUN-5, R-AUD-3)."""

from __future__ import annotations

from campaigns.values import SHOP_ZONE
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.outlook import NobodyNow, queue
from tests.factories import at
from tests.shops import Shop


def test_r_dun_5_the_queue_is_the_order_of_the_hand_outs(shop: Shop) -> None:
    shop.buyer("promised", fen=100)
    shop.plan()
    caller = shop.person()
    shop.call(caller, "05-13 09:00", "busy", callback_at=at("05-13 10:00"))
    amounts = (100, 5_000, 99_000, 1_000_000)
    for index, fen in enumerate(amounts):
        shop.buyer(f"early{index}", f"05-12 0{index}:30", fen=fen)
        shop.buyer(f"late{index}", f"05-12 2{index}:30", fen=fen)
    shop.plan(now="05-13 09:30")
    listed = queue(shop.runtime, at("05-13 10:05"), 50)
    assert [line.rank for line in listed] == list(range(1, 10))
    handed = []
    for index in range(9):
        answer = next_call(shop.runtime, shop.person(f"坐席{index}"), at("05-13 10:05"))
        assert isinstance(answer, HandOut)
        handed.append(answer.buyer)
    assert [line.buyer for line in listed] == handed
    assert handed[0] == "promised"


def test_the_queue_shows_when_and_until_when(shop: Shop) -> None:
    shop.buyer("here", fen=12_345)
    shop.buyer("xj", region="新疆")
    shop.plan()
    shop.call(shop.person(), "05-13 09:00", "no_answer")
    listed = queue(shop.runtime, at("05-13 09:10"), 50)
    assert [(line.buyer, line.due_at, line.amount_fen) for line in listed] == [
        ("xj", at("05-13 11:00"), 5_000),
        ("here", at("05-13 13:00"), 12_345),
    ]
    assert {line.deadline for line in listed} == {at("05-15 15:00")}


def test_the_queue_leaves_out_who_is_held_and_who_has_ended_and_keeps_to_its_limit(
    shop: Shop,
) -> None:
    for index in range(5):
        shop.buyer(f"b{index}")
    shop.plan()
    shop.call(shop.person("张三"), "05-13 09:00", "not_needed")
    held = shop.take(shop.person("李四"), "05-13 09:01")
    names = [line.buyer for line in queue(shop.runtime, at("05-13 09:02"), 50)]
    assert len(names) == 3
    assert held.buyer not in names
    assert len(queue(shop.runtime, at("05-13 09:02"), 2)) == 2


def test_looking_writes_nothing(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    before = shop.dump()
    queue(shop.runtime, at("05-13 12:10"), 50)
    queue(shop.runtime, at("05-14 12:10"), 50)
    assert shop.dump() == before


def test_nobody_now_counts_each_task_under_its_binding_rule(shop: Shop) -> None:
    for name in ("one", "two", "three"):
        shop.buyer(name)
    shop.plan()
    caller = shop.person()
    shop.call(caller, "05-13 09:00", "no_answer")
    shop.call(caller, "05-13 09:05", "no_answer")
    shop.call(caller, "05-13 09:10", "will_pay")
    answer = next_call(shop.runtime, caller, at("05-13 09:20"))
    assert isinstance(answer, NobodyNow)
    assert (answer.next_due, answer.next_count) == (at("05-13 13:00"), 2)
    assert {r.rule: (r.count, r.until) for r in answer.reasons} == {
        "R-SLOT-1": (2, at("05-13 13:00")),
        "R-DUN-4": (1, at("05-14 13:00")),
    }


def test_what_is_said_to_be_next_is_handed_out_then(shop: Shop) -> None:
    shop.buyer("one")
    shop.buyer("two", region="西藏")
    shop.plan()
    caller = shop.person()
    shop.call(caller, "05-13 09:30", "no_answer")
    for now in ("05-13 09:40", "05-13 12:00", "05-13 20:00"):
        answer = next_call(shop.runtime, caller, at(now))
        assert isinstance(answer, NobodyNow)
        assert answer.next_due is not None
        shop.see(f"{answer.next_due.astimezone(SHOP_ZONE):%m-%d %H:%M}")
        held = next_call(shop.runtime, caller, answer.next_due)
        assert isinstance(held, HandOut)
        shop.outcome(held.attempt_id, "no_answer", "05-14 23:59:59", caller)
