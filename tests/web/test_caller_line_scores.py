"""The caller's screen of a sampling call through a line: the score by key (R-SMP-4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from adapters.store.models.sampling import score
from campaigns.lines import Leg, What
from campaigns.values import ScoreOrigin
from scheduler.flows.line_events import apply_waiting
from tests.web import panel_shop
from tests.web.conftest import Visitor
from tests.web.test_caller_lines import Called, open_shop, strip_of
from tests.web.workspace import CALLER, Workspace
from web.app import create_app


@pytest.fixture
def sampled(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Callable[[], Called]]:
    opened: list[Workspace] = []

    def make() -> Called:
        workspace, lines = open_shop(database_url, tmp_path, (), "05-27 09:30")
        opened.append(workspace)
        customer = workspace.shop.customer("抽到一")
        workspace.shop.phone(customer)
        workspace.shop.sampled(customer)
        browser = Visitor(create_app(workspace.runtime, panel_shop.CHEAP).test_client())
        assert browser.sign_in(CALLER).status_code == 303
        return Called(workspace, lines, browser)

    yield make
    for workspace in opened:
        workspace.shop.close()


def talking(called: Called) -> Any:
    called.dial()
    (call,) = called.lines.line.calls
    assert 'id="score-by-key"' not in called.page(), "the customer is not there yet"
    called.lines.talks(call)
    assert 'id="score-by-key"' in called.page()
    return call


def test_r_smp_4_the_pressed_score_is_put_in_and_said(
    sampled: Callable[[], Called],
) -> None:
    called = sampled()
    call = talking(called)
    assert "客户正在按键评分" in strip_of(called.post("score-by-key"))
    lines = called.lines
    lines.tell(call, Leg.CUSTOMER, What.DIGITS, digits="5")
    page = called.page()
    assert "客户按了 5 分" in strip_of(page)
    assert re.search(r'id="score-5"[^>]* checked', page)
    assert re.search(r"data-keypad>按键 <span data-keypad-score>5<", page)
    lines.ends(call)
    apply_waiting(lines.runtime)
    assert "客户按了 5 分" in strip_of(called.page())
    called.enter("scored", score="5", suggestion="花很新鲜")
    (row,) = called.workspace.shop.rows(score)
    assert (row.value, row.origin, row.suggestion) == (5, ScoreOrigin.KEYPAD, "花很新鲜")


def test_hanging_up_is_no_question_for_a_score(sampled: Callable[[], Called]) -> None:
    called = sampled()
    talking(called)
    shown = strip_of(called.post("hang-up"))
    assert "按键评分" not in shown
    assert "请填结果" in shown
