"""What the caller's screen says of how a call through a line goes and ends, without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from campaigns.lines import Cause, Leg, What
from scheduler.flows.shop import change_policy
from tests.web import panel_shop
from tests.web.conftest import Visitor
from tests.web.test_caller_lines import Called, open_shop, strip_of
from tests.web.workspace import CALLER, LEADER
from web.app import create_app


@pytest.fixture
def called(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Called]:
    workspace, lines = open_shop(database_url, tmp_path, ("欠款", "签收"), "05-13 09:30")
    browser = Visitor(create_app(workspace.runtime, panel_shop.CHEAP).test_client())
    assert browser.sign_in(CALLER).status_code == 303
    yield Called(workspace, lines, browser)
    workspace.shop.close()


@pytest.mark.parametrize(
    ("cause", "code", "words"),
    [
        (Cause.NO_ANSWER, "no_answer", "没有接通"),
        (Cause.BUSY, "line_busy", "占线"),
        (Cause.SWITCHED_OFF, "switched_off", "关机"),
    ],
)
def test_the_likely_outcome_is_chosen_and_not_saved(
    called: Called, cause: Cause, code: str, words: str
) -> None:
    called.dial()
    lines = called.lines
    (call,) = lines.line.calls
    lines.tell(call, Leg.CALLER, What.ANSWERED)
    lines.gate(call)
    lines.tell(call, Leg.CUSTOMER, What.RINGING)
    lines.ends(call, cause)
    page = called.page()
    chosen = re.findall(r'id="o-(\w+)" value="\w+"[^>]*? checked', page, re.DOTALL)
    assert chosen == [code]
    assert "已选好，请确认" in strip_of(page)
    assert [outcome for _, outcome in called.workspace.outcomes()] == [None]


def rung(called: Called) -> Any:
    """The customer's phone rings."""
    called.dial()
    lines = called.lines
    (call,) = lines.line.calls
    lines.tell(call, Leg.CALLER, What.ANSWERED)
    lines.gate(call)
    lines.tell(call, Leg.CUSTOMER, What.RINGING)
    return call


def test_hung_up_while_it_rang_is_said_and_nobody_answered_is_chosen(called: Called) -> None:
    call = rung(called)
    called.post("hang-up")
    called.lines.ends(call, Cause.CANCELLED)
    shown = strip_of(page := called.page())
    assert "您在客户接听前挂断：无人接听，已选好，请确认" in shown
    assert re.findall(r'id="o-(\w+)" value="\w+"[^>]*? checked', page, re.DOTALL) == ["no_answer"]
    assert [outcome for _, outcome in called.workspace.outcomes()] == [None], "chosen, not saved"


@pytest.mark.parametrize("cause", [Cause.CANCELLED, Cause.FAILED, Cause.REJECTED])
def test_the_page_is_told_when_the_line_knows_that_nobody_answered(
    called: Called, cause: Cause
) -> None:
    """The line is evidence, the caller decides: what says "reached" is asked once more."""
    call = rung(called)
    assert "data-unanswered" not in strip_of(called.page()), "it rings"
    called.lines.ends(call, cause)
    assert "data-unanswered" in strip_of(called.page())
    called.enter("other", note="信号不好")
    assert [outcome for _, outcome in called.workspace.outcomes()] == ["other"], "not blocked"


@pytest.mark.parametrize("cause", [Cause.TALKED, Cause.UNKNOWN])
def test_what_the_line_does_not_know_is_no_evidence(called: Called, cause: Cause) -> None:
    call = rung(called)
    called.lines.ends(call, cause)
    assert "data-unanswered" not in strip_of(called.page())


RECORDED, WILL_BE = "本通话录音中", "接通后会录音"


def test_the_caller_is_told_that_the_call_is_recorded(called: Called) -> None:
    change_policy(called.lines.runtime, {"records_calls": 1}, called.lines.now, LEADER)
    call = rung(called)
    assert WILL_BE in (shown := strip_of(called.page()))
    assert RECORDED not in shown
    called.lines.tell(call, Leg.CUSTOMER, What.ANSWERED)
    assert RECORDED in strip_of(called.page())
    called.lines.ends(call)
    assert "录音" not in strip_of(called.page())


def test_a_call_that_is_not_recorded_says_nothing_of_it(called: Called) -> None:
    called.dial()
    (call,) = called.lines.line.calls
    called.lines.talks(call)
    assert "录音" not in strip_of(called.page())


def test_hung_up_after_the_customer_answered_is_not_called_given_up(called: Called) -> None:
    called.dial()
    lines = called.lines
    (call,) = lines.line.calls
    lines.talks(call)
    called.post("hang-up")
    lines.ends(call)
    assert "在客户接听前挂断" not in strip_of(called.page())
