"""Where a caller is rung stays as it is while a call of theirs is open: it is looked up by it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from adapters.channels.base import Unknown
from adapters.channels.in_memory import InMemoryVoice
from adapters.channels.registry import Lines
from adapters.store.models.lines import person_phone
from campaigns.errors import ConflictError
from campaigns.lines import Leg, What
from campaigns.values import LineName, Person
from scheduler.flows.line_calls import dial
from scheduler.flows.line_choice import drop_phone, phone_of, set_phone
from tests.factories import a_number
from tests.scheduler.flows.lines import LineShop, in_words


def moves(
    lines: LineShop, person: Person, typed: str | None = None, line: LineName = LineName.TWILIO
) -> None:
    """The line is to ring this person elsewhere."""
    number = a_number().e164 if typed is None else typed
    set_phone(lines.runtime, person, line, number, lines.now, "周主管")


def rung(lines: LineShop, person: Person) -> str | None:
    with lines.runtime.snapshot() as connection:
        return phone_of(connection, lines.runtime, person.id, LineName.TWILIO)


def test_r_repeat_2_the_phone_stays_while_nobody_knows_whether_it_rang(
    lines: LineShop, caller: Person
) -> None:
    """Looked up at another number it would be taken for a call that never was."""
    moves(lines, caller)
    before = rung(lines, caller)
    lines.line.answer_next(Unknown("超时"), happens=True)
    lines.dials(caller)
    with pytest.raises(ConflictError, match="核对"):
        moves(lines, caller)
    with pytest.raises(ConflictError, match="核对"):
        drop_phone(lines.runtime, caller, LineName.TWILIO, lines.now, "周主管")
    assert rung(lines, caller) == before
    lines.look_up(seconds=60)
    assert lines.states() == ["placed"]  # found, by that very number
    with pytest.raises(ConflictError):
        moves(lines, caller)


def test_r_repeat_2_the_phone_may_be_changed_when_the_call_is_settled(
    lines: LineShop, caller: Person
) -> None:
    moves(lines, caller)
    before = rung(lines, caller)
    _, call = lines.dialled(caller)
    lines.tell(call, Leg.CALLER, What.ENDED)
    assert lines.states() == ["stopped"]
    moves(lines, caller)
    assert rung(lines, caller) != before


def test_r_repeat_2_neither_another_line_nor_another_caller_waits_for_it(
    lines: LineShop, caller: Person
) -> None:
    other = lines.shop.person("李四")
    lines.dials(caller)
    moves(lines, caller, "801", LineName.ASTERISK)
    moves(lines, other)
    assert len(lines.shop.rows(person_phone)) == 2


class SlowTurn(InMemoryVoice):
    """A line whose turn takes its time; `meanwhile` something happens."""

    meanwhile: Callable[[], None] | None = None

    @property
    def calls_per_second(self) -> float:
        if self.meanwhile is not None:
            self.meanwhile()
        return super().calls_per_second


def test_r_repeat_2_a_phone_changed_while_the_turn_came_rings_nobody(
    lines: LineShop, caller: Person
) -> None:
    line = SlowTurn(lines.clock.now)
    lines.runtime.lines = Lines(voice={LineName.TWILIO: line})
    held = lines.shop.take(caller, in_words(lines.now))
    line.meanwhile = lambda: moves(lines, caller)
    answer = dial(lines.runtime, held.attempt_id, lines.now, caller)
    assert (answer.state, answer.note) == ("not_sent", "您的话机刚刚改过，请再拨一次")
    assert line.calls == []
    line.meanwhile = None
    dial(lines.runtime, held.attempt_id, lines.now, caller)
    assert [call.order.caller for call in line.calls] == [rung(lines, caller)]
    assert lines.states() == ["not_sent", "placed"]


def test_r_repeat_2_dialling_and_changing_the_phone_at_once_agree(
    lines: LineShop, caller: Person
) -> None:
    """Whoever is first: what rings is what the call will be looked up by."""
    held = lines.shop.take(caller, in_words(lines.now))
    start, now = Barrier(2), lines.now

    def dials() -> None:
        start.wait()
        dial(lines.runtime, held.attempt_id, now, caller)

    def changes() -> None:
        start.wait()
        try:
            moves(lines, caller)
        except ConflictError:
            return

    with ThreadPoolExecutor(2) as pool:
        for done in (pool.submit(dials), pool.submit(changes)):
            done.result()
    assert lines.states() in (["placed"], ["not_sent"])
    assert [call.order.caller for call in lines.line.calls] in ([], [rung(lines, caller)])
