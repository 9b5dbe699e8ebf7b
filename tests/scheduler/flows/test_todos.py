"""R-MSG-1, R-HOURS-5: the work list for people, and when a message may go out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.store.models.audit import audit
from campaigns.errors import NotFoundError, RefusedError, UsageError
from campaigns.values import OrderState, Person, TodoKind
from scheduler.flows import todos
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.todos import finish_todo, open_todos
from tests.factories import at
from tests.shops import Shop


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(database_url, tmp_path)
    made.buyer()
    made.plan()
    yield made
    made.close()


@pytest.fixture
def caller(shop: Shop) -> Person:
    return shop.person()


def unreached(shop: Shop, caller: Person) -> int:
    """Two failed attempts; the message is due at once."""
    shop.call(caller, "05-13 09:30", "no_answer")
    shop.call(caller, "05-13 13:00", "no_answer")
    return int(shop.todos()[0].id)


def finish(shop: Shop, todo: int, now: str) -> None:
    finish_todo(shop.runtime, todo, at(now), "李四")


def refused(shop: Shop, todo: int, now: str) -> tuple[str, ...]:
    with pytest.raises(RefusedError) as error:
        finish(shop, todo, now)
    assert shop.todos()[0].done_at is None
    return error.value.rules


def test_the_list_says_what_to_send_to_whom(shop: Shop, caller: Person) -> None:
    unreached(shop, caller)
    (todo,) = open_todos(shop.runtime, at("05-13 13:05"))
    assert (todo.kind, todo.label, todo.buyer) == (TodoKind.WANGWANG, "旺旺留言", "tb_hua01")
    assert (todo.caller, todo.is_overdue) == ("张三", False)
    (late,) = open_todos(shop.runtime, at("05-13 15:00:01"))
    assert (late.late_at, late.is_overdue) == (at("05-13 15:00"), True)
    assert "四季花坊" in todo.wording
    assert open_todos(shop.runtime, at("05-13 13:05"), caller="王五") == []
    assert open_todos(shop.runtime, at("05-13 13:05"), as_of=at("05-13 12:00")) == []


def test_ticking_off_counts_as_sent_and_does_so_once(shop: Shop, caller: Person) -> None:
    todo = unreached(shop, caller)
    finish(shop, todo, "05-13 13:05")
    before = shop.dump()
    finish(shop, todo, "05-13 13:06")
    assert shop.dump() == before
    (row,) = shop.todos()
    assert (row.done_at, row.done_by) == (at("05-13 13:05"), "李四")
    assert open_todos(shop.runtime, at("05-13 13:10")) == []


@pytest.mark.parametrize("now", ["05-13 20:00", "05-14 08:59:59", "05-14 12:00"])
def test_r_hours_5_no_message_outside_the_windows(shop: Shop, caller: Person, now: str) -> None:
    todo = unreached(shop, caller)
    shop.see("05-13 19:00")
    assert refused(shop, todo, now)[:2] == ("R-HOURS-5", "R-HOURS-3")
    finish(shop, todo, "05-14 11:59:59")


def test_r_hours_5_after_the_last_window_it_is_due_in_the_next_one(
    shop: Shop, caller: Person
) -> None:
    shop.call(caller, "05-13 11:58", "no_answer")
    shop.call(caller, "05-13 19:59", "no_answer", "05-13 20:03")
    (todo,) = shop.todos()
    assert todo.due_at == at("05-14 09:00")


def test_r_dun_3_no_message_at_or_after_the_deadline(shop: Shop, caller: Person) -> None:
    todo = unreached(shop, caller)
    shop.see("05-15 14:00")
    assert refused(shop, todo, "05-15 15:00") == ("R-DUN-3",)
    finish(shop, todo, "05-15 14:59:59")


def test_r_dun_4_no_message_on_data_older_than_a_day(shop: Shop, caller: Person) -> None:
    todo = unreached(shop, caller)
    assert refused(shop, todo, "05-14 09:30") == ("R-DUN-4",)


def test_r_dun_4_a_payment_takes_the_message_back(shop: Shop, caller: Person) -> None:
    todo = unreached(shop, caller)
    shop.see("05-13 14:00", state=OrderState.PAID, paid="05-13 13:30")
    assert shop.todos()[0].withdrawn_rule == "R-DUN-4"
    assert refused(shop, todo, "05-13 14:05")[0] == "R-DUN-4"
    assert open_todos(shop.runtime, at("05-13 14:05")) == []


def test_r_dnc_2_an_entry_takes_the_message_back_at_once(shop: Shop, caller: Person) -> None:
    todo = unreached(shop, caller)
    add_entry(shop.runtime, EntryForm("短信退订", user_id="tb_hua01"), at("05-13 13:05"), "组长")
    assert refused(shop, todo, "05-13 13:06")[0] == "R-DNC-2"


def used_up(shop: Shop, caller: Person) -> int:
    """All three attempts failed; the message outlives the task."""
    todo = unreached(shop, caller)
    shop.see("05-14 08:30")
    assert shop.call(caller, "05-14 17:00", "no_answer").state == "closed"
    return todo


def test_r_msg_1_the_message_outlives_the_calls(shop: Shop, caller: Person) -> None:
    todo = used_up(shop, caller)
    assert [t.id for t in open_todos(shop.runtime, at("05-14 17:05"))] == [todo]
    finish(shop, todo, "05-14 17:05")


def test_r_dun_4_a_payment_after_the_calls_takes_the_message_back(
    shop: Shop, caller: Person
) -> None:
    used_up(shop, caller)
    shop.see("05-14 18:00", state=OrderState.PAID, paid="05-14 17:30")
    assert shop.todos()[0].withdrawn_rule == "R-DUN-4"


def test_r_dnc_2_an_entry_after_the_calls_takes_the_message_back(
    shop: Shop, caller: Person
) -> None:
    used_up(shop, caller)
    add_entry(shop.runtime, EntryForm("短信退订", user_id="tb_hua01"), at("05-14 17:05"), "组长")
    assert shop.todos()[0].withdrawn_rule == "R-DNC-2"


def test_closing_a_trade_is_no_message(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-13 09:30", "not_needed")
    (todo,) = open_todos(shop.runtime, at("05-13 09:31"))
    assert (todo.kind, todo.is_overdue) == (TodoKind.CLOSE_TRADE, False)
    finish(shop, todo.id, "05-13 20:30")
    assert shop.todos()[0].done_at == at("05-13 20:30")


def test_an_unknown_to_do_and_a_time_before_it(shop: Shop, caller: Person) -> None:
    todo = unreached(shop, caller)
    with pytest.raises(NotFoundError):
        finish(shop, 999, "05-13 13:05")
    with pytest.raises(UsageError):
        finish(shop, todo, "05-13 12:59:59")


def test_two_people_tick_at_once_and_it_is_sent_once(shop: Shop, caller: Person) -> None:
    todo = unreached(shop, caller)
    together = threading.Barrier(4)

    def tick(who: str) -> None:
        runtime = shop.another_runtime()
        together.wait()
        finish_todo(runtime, todo, at("05-13 13:05"), who)
        runtime.engine.dispose()

    threads = [threading.Thread(target=tick, args=(f"坐席{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [line.what for line in shop.rows(audit)].count("todo.done") == 1


def test_r_dun_4_a_paid_trade_is_not_to_be_closed(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-13 09:30", "not_needed")
    (todo,) = shop.todos()
    assert todo.kind == TodoKind.CLOSE_TRADE
    shop.pays(todo.customer_id, "05-13 10:00", known="05-13 10:30")
    assert shop.todos()[0].withdrawn_rule == "R-DUN-4"
    assert "R-DUN-4" in refused(shop, todo.id, "05-13 10:31")
    assert open_todos(shop.runtime, at("05-13 10:32")) == []


def test_others_work_does_not_hide_ones_own(
    shop: Shop, caller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(todos, "LISTED", 1)
    unreached(shop, caller)
    assert open_todos(shop.runtime, at("05-13 13:05"), caller="李四") == []
    shop.buyer("tb_hua02")
    shop.plan(now="05-13 14:00")
    other = shop.person("李四")
    shop.call(other, "05-13 14:30", "not_needed")
    (own,) = open_todos(shop.runtime, at("05-13 14:40"), caller="李四")
    assert (own.kind, own.buyer) == (TodoKind.CLOSE_TRADE, "tb_hua02")
    (first,) = open_todos(shop.runtime, at("05-13 14:40"), caller=caller.name)
    assert first.kind is TodoKind.WANGWANG
