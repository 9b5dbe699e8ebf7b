"""SMS where two things meet: a stop and an answer, a shared phone, an odd title (R-MSG-2, R-REPEAT-3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, update

from adapters.channels.base import Refused, SmsLine, SmsOrder
from adapters.channels.in_memory import InMemorySms
from adapters.channels.registry import Lines
from adapters.store.models.customers import customer_phone, order
from adapters.store.models.lines import line_event, sms
from adapters.store.queries import tasks, texts
from campaigns.values import Kind, LineName, PhoneNumber, SmsState
from scheduler.flows import blast_choice, text_cases, text_sending
from scheduler.flows.blast_choice import NewBlast, preview
from scheduler.flows.blast_status import texts_of
from scheduler.flows.blasts import approve, pause, start, stop
from scheduler.flows.line_choice import set_choice
from scheduler.flows.shop import change_policy
from scheduler.flows.shortages import move
from scheduler.flows.text_events import apply_waiting_texts, take_sms_events
from scheduler.flows.text_pace import ToldPace
from scheduler.flows.text_reconcile import reconcile_texts
from scheduler.flows.text_sending import send_due, send_one
from scripts_zh.errors import ScriptError
from tests.factories import a_number, at, day
from tests.scheduler.flows.texting import Texting, agreed


def test_r_msg_2_a_text_that_comes_back_to_a_stopped_one_is_taken_back(texting: Texting) -> None:
    """Stopped while the line was being asked; the line took nothing: nothing waits for ever."""
    texting.unreached("tb_01")
    made = texting.approved()

    def stop_now(_: SmsOrder) -> None:
        stop(texting.runtime, made, at("05-13 10:00"), "李组长")

    texting.line.on_send = stop_now
    texting.line.answer_next(Refused("20429", "太快", is_permanent=False))
    told = texting.send(made)
    assert (told.queued, dict(told.withdrawn)) == (0, {"R-MSG-2": 1})
    texting.line.on_send = None
    assert texting.draft("05-13 10:05").to == 1  # its key is free again


def test_r_msg_3_brackets_in_a_title_keep_nobody_out(texting: Texting) -> None:
    texting.unreached("tb_01")
    with texting.runtime.transaction() as connection:
        connection.execute(update(order).values(title="【包邮】多肉植物"))
    made = texting.draft()
    assert (made.to, made.left_out) == (1, ())
    assert "包邮" in made.samples[0].wording
    assert made.samples[0].wording.count("【") == 1


def test_r_repeat_3_a_shared_phone_is_counted_at_once_in_the_preview(texting: Texting) -> None:
    """Two with the very same words, then the third text of the day: none of them is promised."""
    shared = a_number()
    shop = texting.shop
    for name, fen in (("tb_1", 5_000), ("tb_2", 5_000), ("tb_3", 6_000), ("tb_4", 7_000)):
        shop.buyer(name, fen=fen, number=shared)
    shop.plan()
    made = texting.draft(include_uncalled=True)
    assert made.to == 2
    assert {one.rules[0] for one in made.left_out} == {"R-REPEAT-3"}
    assert len(made.left_out) == 2
    told = texting.status(texting.sent(include_uncalled=True))
    assert (told.sent, told.queued, told.withdrawn) == (2, 0, {})


def test_r_oos_2_what_cannot_be_filled_in_any_more_is_told_in_the_chat(
    texting: Texting, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = agreed(texting)
    # The text that is asked about is not itself the day's last one.
    change_policy(texting.runtime, {"sms_per_day": 1}, at("05-13 09:00"), "周主管")
    move(texting.runtime, article, day("05-25"), at("05-13 10:00"), "李组长")

    def fails(*_: object) -> None:
        raise ScriptError("填不出来", script_id="stock_out.moved.sms")

    monkeypatch.setattr(text_sending, "wording_of", fails)
    send_due(texting.runtime, pace=ToldPace(at("05-13 10:01")), start=at("05-13 10:01"))
    assert texting.line.texts == []
    assert texting.states() == ["withdrawn"]
    assert [t.occasion for t in texting.shop.todos() if t.kind == "wangwang"] == [
        "moved:2025-05-25"
    ]


def test_r_msg_2_what_is_not_known_stands_before_what_failed(texting: Texting) -> None:
    """Somebody has to settle it, however many failed."""
    texting.unreached("tb_01", "tb_02")
    made = texting.sent()
    first, second = (row.id for row in texting.texts())
    with texting.runtime.transaction() as connection:
        connection.execute(update(sms).where(sms.c.id == first).values(state="failed"))
        connection.execute(update(sms).where(sms.c.id == second).values(state="unknown"))
    assert [one.state for one in texts_of(texting.runtime, made)] == ["unknown", "failed"]


def test_r_msg_2_each_number_goes_over_the_line_chosen_for_it(texting: Texting) -> None:
    texting.unreached("tb_here")
    shop = texting.shop
    shop.buyer("tb_hk", number=PhoneNumber("+85251234567"))
    shop.plan(now="05-13 09:50")
    other = InMemorySms(texting.clock.now, LineName.ALIYUN)
    texting.runtime.lines = Lines(sms={LineName.TWILIO: texting.line, LineName.ALIYUN: other})
    set_choice(texting.runtime, "sms", "number:+852", LineName.ALIYUN, at("05-13 09:00"), "周主管")
    told = texting.status(texting.sent(include_uncalled=True))
    assert told.sent == 2
    assert [len(texting.line.texts), len(other.texts)] == [1, 1]


def test_r_msg_2_a_pause_counts_for_whoever_is_about_to_send(texting: Texting) -> None:
    texting.unreached("tb_01")
    made = texting.approved()
    now = at("05-13 10:00")
    start(texting.runtime, made, now, "李组长")
    with texting.runtime.snapshot() as connection:
        first = texts.next_due(connection, texts.Group(LineName.TWILIO, made, None), now)
    assert first is not None
    pause(texting.runtime, made, "等一下", now, "李组长")
    with texting.runtime.transaction() as connection:
        assert texts.claim(connection, first.id, now, texting.clock.now()) is None
    assert texting.states() == ["queued"]


def test_r_msg_2_many_are_queued_and_taken_back_in_few_statements(texting: Texting) -> None:
    """While thousands are approved or stopped, callers wait for SQLite's one writer."""
    texting.unreached("tb_01", "tb_02", "tb_03", "tb_04")
    asked: list[str] = []

    def note(_c: object, _x: object, statement: str, *_: object) -> None:
        asked.append(statement)

    draft = texting.draft().blast_id
    assert draft is not None
    event.listen(texting.runtime.engine, "before_cursor_execute", note)
    approve(texting.runtime, draft, at("05-13 10:00"), texting.supervisor)
    assert stop(texting.runtime, draft, at("05-13 10:00"), "李组长") == 4
    event.remove(texting.runtime.engine, "before_cursor_execute", note)
    written = [one.split()[2] for one in asked if one.startswith("INSERT INTO")]
    assert (written.count("sms"), written.count("line_step")) == (1, 2)
    for row in texting.texts():
        assert texting.steps(row.id) == ["queued", "withdrawn"]


def test_r_msg_2_choosing_many_asks_no_more_than_choosing_a_few(texting: Texting) -> None:
    """At four questions for each customer ten thousand of them took a minute."""
    asked: list[str] = []

    def note(_c: object, _x: object, statement: str, *_: object) -> None:
        asked.append(statement)

    def counted(customers: int) -> int:
        asked.clear()
        event.listen(texting.runtime.engine, "before_cursor_execute", note)
        made = preview(texting.runtime, NewBlast(Kind.DUNNING, None, None, True), at("05-13 10:00"))
        event.remove(texting.runtime.engine, "before_cursor_execute", note)
        assert made.to == customers
        return len(asked)

    with texting.shop.at_one_go():
        few = [texting.shop.buyer(f"tb_{number}") for number in range(20)]
    texting.shop.plan()
    counted(len(few))  # numbers and calendar are read once
    of_few = counted(len(few))
    with texting.shop.at_one_go():
        more = [texting.shop.buyer(f"tb_{number}") for number in range(20, 60)]
    texting.shop.plan(now="05-13 09:50")
    assert counted(len(few) + len(more)) == of_few


def test_r_msg_3_everybody_is_shown_their_own_words(
    texting: Texting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read for many at once is nobody else's, over the edge of what is read at once too."""
    monkeypatch.setattr(blast_choice, "_READ_AT_ONCE", 2)
    people = texting.unreached("tb_01", "tb_02", "tb_03")
    with texting.runtime.transaction() as connection:
        for number, customer in enumerate(people):
            theirs = order.c.customer_id == customer
            connection.execute(update(order).where(theirs).values(title=f"花盆{number}号"))
    made = texting.draft()
    shown = {one.buyer: one.wording for one in made.samples}
    for number, buyer in enumerate(("tb_01", "tb_02", "tb_03")):
        assert f"花盆{number}号" in shown[buyer]
    texting.sent("05-13 10:05")
    assert sorted(one.order.wording for one in texting.line.texts) == sorted(shown.values())


@pytest.mark.parametrize("closing", ["12:00", "20:00"])
def test_r_hours_5_the_instant_is_read_when_the_turn_and_the_task_are_held(
    texting: Texting, monkeypatch: pytest.MonkeyPatch, closing: str
) -> None:
    """Whoever had to wait for an import or an opt-out until the window closed sends nothing."""
    texting.unreached("tb_01")
    made = texting.approved()
    shuts = at(f"05-13 {closing}")
    instants = [shuts - timedelta(seconds=1), shuts]
    start(texting.runtime, made, instants[0], "李组长")
    monkeypatch.setattr(texting.runtime, "now", lambda: instants[0])
    usual = tasks.lock

    def held_up(connection: Connection, ids: Any) -> Any:
        del instants[:-1]
        return usual(connection, ids)

    monkeypatch.setattr(tasks, "lock", held_up)
    send_due(texting.runtime)
    assert texting.line.texts == []
    assert texting.states() == ["queued"]


def test_r_msg_2_a_text_is_entered_with_the_instant_of_its_gate(
    texting: Texting, monkeypatch: pytest.MonkeyPatch
) -> None:
    texting.unreached("tb_01")
    made = texting.approved()
    instants = [at("05-13 10:00"), at("05-13 10:00") + timedelta(seconds=3)]

    def held_up(_: Connection) -> None:
        instants.pop(0)

    monkeypatch.setattr(texts, "take_turn", held_up)
    start(texting.runtime, made, at("05-13 10:00"), "李组长")
    group = texts.Group(LineName.TWILIO, made, None)
    send_one(texting.runtime, texting.line, group, lambda: instants[0])
    assert [row.at for row in texting.texts()] == [at("05-13 10:00") + timedelta(seconds=3)]


def test_r_msg_2_a_text_that_cannot_be_judged_keeps_no_other_waiting(
    texting: Texting, monkeypatch: pytest.MonkeyPatch
) -> None:
    texting.unreached("tb_01", "tb_02")
    made = texting.approved()
    start(texting.runtime, made, at("05-13 10:00"), "李组长")
    broken, usual = texting.texts()[0].task_id, text_cases.wording_of

    def fails(*args: Any) -> Any:
        if args[3].id == broken:
            raise ZeroDivisionError
        return usual(*args)

    monkeypatch.setattr(text_sending, "wording_of", fails)
    now = at("05-13 10:01")
    with pytest.raises(ZeroDivisionError):
        send_due(texting.runtime, pace=ToldPace(now), start=now)
    send_due(texting.runtime, pace=ToldPace(now), start=now)
    assert sorted(texting.states()) == ["queued", "sent"]


@pytest.mark.parametrize("broken", [0, 2])
def test_safety_i14_a_receipt_that_cannot_be_read_keeps_no_other_waiting(
    texting: Texting, broken: int
) -> None:
    texting.unreached("tb_01", "tb_02", "tb_03")
    texting.sent()
    for text in texting.line.texts:
        told = [texting.line.tell(text, SmsState.DELIVERED)]
        take_sms_events(texting.runtime, LineName.TWILIO, told)
    bad = texting.line.texts[broken].order.sms_id
    with texting.runtime.transaction() as connection:
        connection.execute(update(line_event).where(line_event.c.sms_id == bad).values(said="{"))
    apply_waiting_texts(texting.runtime)
    assert {row.id for row in texting.texts() if row.state == "sent"} == {bad}
    assert sorted(texting.states()) == ["delivered", "delivered", "sent"]


@pytest.mark.parametrize("broken", [0, 2])
def test_r_msg_2_a_text_that_cannot_be_looked_up_keeps_no_other_waiting(
    texting: Texting, broken: int
) -> None:
    """It is asked about ever more rarely, as one that is never found; else it stayed the first."""
    texting.unreached("tb_01", "tb_02", "tb_03")
    texting.sent()
    for text in texting.line.texts:
        texting.line.tell(text, SmsState.DELIVERED)
    texting.pass_time(minutes=11)
    bad = texting.texts()[broken]
    with texting.runtime.transaction() as connection:
        of_bad = customer_phone.c.id == bad.phone_id
        connection.execute(update(customer_phone).where(of_bad).values(sealed=b"no number"))
    assert reconcile_texts(texting.runtime) == 3
    assert {row.id for row in texting.texts() if row.state == "sent"} == {bad.id}
    assert reconcile_texts(texting.runtime) == 0


class SlowPace(ToldPace):
    """Each turn takes four seconds of the machine's time."""

    def __init__(self, texting: Texting, first: datetime) -> None:
        super().__init__(first)
        self._texting = texting

    def wait(self, line: SmsLine, interval: timedelta) -> bool:
        self._texting.pass_time(seconds=4)
        return super().wait(line, interval)


def test_a_slow_rate_keeps_nobody_else_waiting(texting: Texting) -> None:
    """Calls are looked up between two rounds, and whoever stops the engine waits for one."""
    texting.unreached(*(f"tb_{n}" for n in range(6)))
    start(texting.runtime, texting.approved(), at("05-13 10:00"), "李组长")
    pace = SlowPace(texting, at("05-13 10:01"))
    assert [send_due(texting.runtime, pace=pace, start=pace.now()) for _ in range(3)] == [3, 3, 0]


def test_r_msg_2_two_mass_messages_take_turns(texting: Texting) -> None:
    """The second does not wait until the first has ended, for its texts have an end of their own."""
    texting.unreached(*(f"tb_{n}" for n in range(6)))
    first = texting.approved()
    texting.shop.buyer("tb_later")
    texting.shop.plan()
    second = texting.approved(include_uncalled=True)
    for made in (first, second):
        start(texting.runtime, made, at("05-13 10:00"), "李组长")
    pace = SlowPace(texting, at("05-13 10:01"))
    assert send_due(texting.runtime, pace=pace, start=pace.now()) == 3
    assert {row.blast_id for row in texting.texts() if row.sent_machine} == {first, second}
