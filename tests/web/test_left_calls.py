"""R-CLAIM-1. The page of a call whose caller was deactivated: a leader enters its outcome."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.store.queries import calls, people
from campaigns.values import Person, Role
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.people import caller_named, set_active
from scheduler.flows.shop import set_clock
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor
from tests.web.test_language import english

pytestmark = sqlite_only

TITLE = "替坐席填写结果"
FORM = {"code": "no_answer", "note": "录音里没有人接"}


@pytest.fixture
def left(runtime: Runtime) -> str:
    """A call that was dialled by hand, and its caller is not there any more."""
    panel_shop.fill(runtime)
    caller = caller_named(runtime, panel_shop.NAMES[Role.CALLER])
    assert isinstance(caller, Person)
    held = next_call(runtime, caller, runtime.now())
    assert isinstance(held, HandOut)
    dial(runtime, held.attempt_id, runtime.now(), caller)
    admin = Person(0, panel_shop.NAMES[Role.ADMIN], Role.ADMIN)
    set_active(runtime, caller.id, is_active=False, now=runtime.now(), who=admin)
    return held.attempt_id


def state_of(runtime: Runtime, attempt_id: str) -> tuple[str, str | None]:
    with runtime.snapshot() as connection:
        row = calls.row(connection, attempt_id)
    assert row is not None
    return row.state, row.outcome


@pytest.mark.parametrize("role", [Role.LEADER, Role.SUPERVISOR])
def test_r_claim_1_the_calls_page_offers_it_and_names_who_did(
    runtime: Runtime, left: str, signed_in: Callable[[Role], Visitor], role: Role
) -> None:
    browser = signed_in(role)
    shown = browser.get(f"/calls/{left}").text
    assert TITLE in shown
    assert 'value="no_answer"' in shown
    assert 'value="will_pay"' not in shown
    for _ in range(2):  # a double click
        answer = browser.post(f"/calls/{left}/outcome", FORM)
        assert (answer.status_code, answer.location) == (303, f"/calls/{left}")
    assert state_of(runtime, left) == ("closed", "no_answer")
    shown = browser.get(f"/calls/{left}").text
    assert "已替坐席填写结果" in shown
    assert 'id="left-title"' not in shown
    trail = shown.split("审计记录")[-1]
    assert panel_shop.NAMES[role] in trail.split("attempt.closed")[0].rsplit("<tr>", 1)[1]


def test_r_claim_1_what_is_wrong_stands_beside_the_form(
    runtime: Runtime, left: str, signed_in: Callable[[Role], Visitor]
) -> None:
    browser = signed_in(Role.LEADER)
    answer = browser.post(f"/calls/{left}/outcome", {"code": "will_pay", "note": "听到他说付"})
    assert (answer.status_code, answer.text.count("请选择通话结果")) == (400, 1)
    assert 'value="听到他说付"' in answer.text, "what was typed stays"
    assert browser.post(f"/calls/{left}/outcome", {"code": "no_answer"}).status_code == 400
    assert browser.post("/calls/nobody/outcome", FORM).status_code == 404
    browser.post(f"/calls/{left}/outcome", FORM)
    answer = browser.post(f"/calls/{left}/outcome", {**FORM, "code": "line_busy"})
    assert (answer.status_code, "已经填写" in answer.text) == (409, True)
    assert state_of(runtime, left) == ("closed", "no_answer")


def test_r_claim_1_no_caller_no_administrator_and_no_stranger_enters_it(
    runtime: Runtime, left: str, signed_in: Callable[[Role | str], Visitor]
) -> None:
    for who in (panel_shop.SECOND_CALLER, Role.ADMIN):
        assert signed_in(who).post(f"/calls/{left}/outcome", FORM).status_code == 403
    leader = signed_in(Role.LEADER)
    leader.token = "forged"
    assert leader.post(f"/calls/{left}/outcome", FORM).status_code == 400
    assert state_of(runtime, left) == ("dialled", None)


def test_r_claim_1_an_active_callers_page_offers_nothing(
    runtime: Runtime, left: str, signed_in: Callable[[Role], Visitor]
) -> None:
    with runtime.snapshot() as connection:
        caller = people.person_named(connection, panel_shop.NAMES[Role.CALLER])
    assert caller is not None
    admin = Person(0, panel_shop.NAMES[Role.ADMIN], Role.ADMIN)
    set_active(runtime, caller.person.id, is_active=True, now=runtime.now(), who=admin)
    browser = signed_in(Role.LEADER)
    assert TITLE not in browser.get(f"/calls/{left}").text
    answer = browser.post(f"/calls/{left}/outcome", FORM)
    assert (answer.status_code, "由坐席自己填写结果" in answer.text) == (409, True)


def test_r_claim_1_the_work_list_leads_there_and_it_is_said_in_english(
    runtime: Runtime, left: str, signed_in: Callable[[Role], Visitor]
) -> None:
    set_clock(runtime, "test", to=panel_shop.MORNING + timedelta(minutes=40))
    browser = signed_in(Role.LEADER)
    assert f'href="/calls/{left}"' in browser.get("/desk/lists").text
    shown = english(browser).get(f"/calls/{left}").text
    assert "Enter the outcome for the caller" in shown
    assert TITLE not in shown
