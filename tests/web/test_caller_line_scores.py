"""The caller's screen of a sampling call through a line: the score by key (R-SMP-4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
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


def test_the_wrap_up_begins_when_the_customers_part_ends(sampled: Callable[[], Called]) -> None:
    called = sampled()
    call = talking(called)
    shown = strip_of(called.post("score-by-key"))
    assert "客户正在按键评分" in shown
    assert 'data-hung-up=""' in shown
    assert 'id="more-time"' not in shown, "nothing runs yet that could be longer"
    assert 'id="hang-up"' not in shown, "the customer hangs up themselves"
    called.lines.ends(call)
    shown = strip_of(called.page())
    assert 'id="more-time"' in shown
    found = re.search(r'data-hung-up="([^"]+)"', shown)
    assert found is not None
    assert datetime.fromisoformat(found[1]) >= called.lines.now - timedelta(seconds=1)


def test_r_smp_4_pressed_nothing_is_said(sampled: Callable[[], Called]) -> None:
    called = sampled()
    call = talking(called)
    assert "没有按键" not in strip_of(called.post("score-by-key"))
    called.lines.ends(call)
    shown = strip_of(called.page())
    assert "通话已结束，客户没有按键" in shown
    assert "客户按了" not in shown


def test_r_smp_4_not_possible_is_said(sampled: Callable[[], Called]) -> None:
    called = sampled()
    talking(called)
    held = list(called.lines.line.calls)
    called.lines.line.calls.clear()
    assert "没有转成按键评分，请直接问客户打几分" in called.post("score-by-key")
    shown = strip_of(called.page())
    assert "客户已接听" in shown, "the talk goes on"
    called.lines.line.calls.extend(held)
    called.lines.ends(held[0])
    assert "没有按键" not in strip_of(called.page()), "they were not asked"


@pytest.mark.parametrize("digit", ["4", "2"])
def test_r_smp_4_what_was_pressed_locks_the_score(
    sampled: Callable[[], Called], digit: str
) -> None:
    called = sampled()
    call = talking(called)
    called.post("score-by-key")
    assert locked_in(called.page()) == []
    called.lines.tell(call, Leg.CUSTOMER, What.DIGITS, digits=digit)
    page = called.page()
    assert set(locked_in(page)) == set("12345") - {digit}
    assert re.search(rf'id="score-{digit}"[^>]* checked', page)
    assert re.search(r"data-keypad-why>客户自己按的分", page), "why it is locked"
    assert ("请写明客户说的原因" in strip_of(page)) == (digit == "2")


def test_r_smp_4_a_pressed_score_is_no_obstacle_to_an_outcome_without_one(
    sampled: Callable[[], Called],
) -> None:
    """Without scripts the locked score comes along with whatever is chosen."""
    called = sampled()
    call = talking(called)
    called.lines.tell(call, Leg.CUSTOMER, What.DIGITS, digits="4")
    called.lines.ends(call)
    called.enter("busy", score="4")
    assert [code for _, code in called.workspace.outcomes()] == ["busy"]
    assert called.workspace.shop.rows(score) == []


def locked_in(page: str) -> list[str]:
    return re.findall(r'id="score-(\d)"[^>]* disabled', page)
