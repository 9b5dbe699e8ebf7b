"""While a line rings: phones that cannot be changed now, and how the call's page names the line."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from adapters.channels.in_memory import InMemoryVoice
from adapters.channels.registry import Lines
from campaigns.lines import Leg, What
from campaigns.values import LineName, Role
from scheduler.flows.line_choice import phones, set_choice
from scheduler.flows.line_events import apply_waiting, take_call_events
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor
from tests.web.test_language import english

pytestmark = sqlite_only

REFUSED = "这条线路上还有电话没有结束或正在核对，等有了结果再改话机"
FORM = {"line": "twilio", "number": "18412345699"}


@pytest.fixture
def line(runtime: Runtime) -> InMemoryVoice:
    panel_shop.fill(runtime)
    made = InMemoryVoice(runtime.machine_clock.now)
    runtime.lines = Lines(voice={LineName.TWILIO: made})
    set_choice(runtime, "call", "all", LineName.TWILIO, runtime.now(), "周主管")
    return made


@pytest.fixture
def ringing(line: InMemoryVoice, signed_in: Callable[[Role], Visitor]) -> Visitor:
    """A caller whose phone the line rings."""
    caller = signed_in(Role.CALLER)
    caller.get("/call")
    caller.post("/call/next")
    attempt_id = attempt_of(caller)
    assert caller.post(f"/call/{attempt_id}/dial").status_code == 303
    assert len(line.calls) == 1
    return caller


def attempt_of(caller: Visitor) -> str:
    found = re.search(r'data-attempt="([^"]+)"', caller.get("/call").text)
    assert found is not None
    return found[1]


def test_r_repeat_2_ones_own_phone_waits_for_the_open_call(
    runtime: Runtime, ringing: Visitor, line: InMemoryVoice
) -> None:
    answer = ringing.post("/my-phone", FORM)
    assert (answer.status_code, REFUSED in answer.text) == (409, True)
    assert 'value="18412345699"' in answer.text, "what was typed stays"
    (call,) = line.calls
    told = line.tell(call, Leg.CALLER, What.ENDED)
    take_call_events(runtime, LineName.TWILIO, call.order.token, [told])
    apply_waiting(runtime)
    assert ringing.post("/my-phone", FORM).status_code == 303
    assert "184****5699" in ringing.get("/my-phone").text


def test_r_repeat_2_the_page_of_the_lines_says_it_beside_the_form(
    runtime: Runtime, ringing: Visitor, signed_in: Callable[[Role], Visitor]
) -> None:
    name = panel_shop.NAMES[Role.CALLER]
    busy = next(p.person for p in phones(runtime) if p.person.name == name)
    supervisor = signed_in(Role.SUPERVISOR)
    answer = supervisor.post(f"/desk/lines/phones/{busy.id}", FORM)
    assert (answer.status_code, answer.text.count(REFUSED)) == (409, 1)
    people = answer.text.split('id="lines-phones"')[1]
    assert REFUSED in people
    assert 'value="18412345699" placeholder' in people
    assert [p.person.name for p in phones(runtime) if p.shown] == []


def test_r_repeat_2_it_is_said_in_english(ringing: Visitor) -> None:
    answer = english(ringing).post("/my-phone", FORM)
    assert "not over" in answer.text
    assert REFUSED not in answer.text


def test_the_calls_page_says_that_the_training_line_is_one(
    ringing: Visitor, line: InMemoryVoice, signed_in: Callable[[Role], Visitor]
) -> None:
    supervisor, address = signed_in(Role.SUPERVISOR), f"/calls/{attempt_of(ringing)}"
    shown = supervisor.get(address).text
    assert shown.count("Twilio") == shown.count("Twilio（训练线路）") == 2
    assert "Twilio (training line)" in english(supervisor).get(address).text
    line._is_training = False
    assert "training line" not in supervisor.get(address).text
