"""R-REPEAT-2. One attempt rings once, however often and wherever its caller asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from tests.databases import sqlite_only
from tests.e2e.line_desk import LineDesk, open_line_desk
from tests.web.workspace import CALLER

pytestmark = sqlite_only

RINGS = {"欠款": {"does": "rings_out", "after_s": 60.0}}
SLOW = {"fault": "slow", "on": "calls.create", "seconds": 1.5}
"""The line takes its time: the second request comes while the first one is under way."""


@pytest.fixture
def desk(engine: Engine, database_url: str, tmp_path: Path, page: Page) -> Iterator[LineDesk]:
    with open_line_desk(database_url, tmp_path, page, ("欠款",)) as opened:
        opened.script(RINGS, rest=[SLOW])
        yield opened


def asked_for(desk: LineDesk) -> int:
    """How many calls the carrier was asked to place."""
    legs = desk.told(requests.get, "calls").json()
    return len([leg for leg in legs if leg["parent"] is None])


def rings_in(page: Page) -> None:
    """The page follows the call that rings, and offers no further one."""
    expect(page.locator(".phone-state")).to_contain_text("客户的电话在响", timeout=15_000)
    expect(page.locator("#hang-up")).to_be_visible()
    expect(page.locator("#dial")).to_have_count(0)


def another_tab(page: Page, page_errors: list[str]) -> Page:
    """What opens beside it, with the same screen."""
    opened = page.context.new_page()
    opened.on("pageerror", lambda error: page_errors.append(str(error)))
    opened.goto(page.url)
    return opened


def test_r_repeat_2_two_browsers_of_one_caller_that_dial_ring_once(
    desk: LineDesk, new_context: Callable[..., BrowserContext], page_errors: list[str]
) -> None:
    """Nothing but the server stands between them."""
    desk.begin()
    elsewhere = new_context().new_page()
    elsewhere.on("pageerror", lambda error: page_errors.append(str(error)))
    desk.panel.sign_in(elsewhere, CALLER)
    both = (desk.page, elsewhere)
    for page in both:
        expect(page.locator("#dial")).to_be_visible()
    for page in both:
        page.keyboard.press("d")
    for page in both:
        rings_in(page)
    assert (asked_for(desk), desk.states()) == (1, ["placed"])


def test_r_repeat_2_two_tabs_of_one_caller_ring_once(
    desk: LineDesk, page_errors: list[str]
) -> None:
    """The later tab only looks; told to go on there, it shows the call that the first one dialled."""
    desk.begin()
    later = another_tab(desk.page, page_errors)
    expect(later.get_by_text("您在另一个窗口里拨打，这个窗口只能看。")).to_be_visible()
    for page in (desk.page, later):
        page.keyboard.press("d")
    later.get_by_role("button", name="在这里继续").click()
    expect(desk.page.get_by_text("您在另一个窗口里拨打，这个窗口只能看。")).to_be_visible()
    later.keyboard.press("d")
    rings_in(later)
    expect(desk.page.locator(".phone-state")).not_to_contain_text("还没拨")
    expect(desk.page.locator("#dial")).to_have_count(0)
    assert (asked_for(desk), desk.states()) == (1, ["placed"])


def test_r_repeat_2_a_double_click_rings_once(desk: LineDesk) -> None:
    desk.begin()
    desk.page.locator("#dial").dblclick()
    desk.press("d", "d")
    rings_in(desk.page)
    assert (asked_for(desk), desk.states()) == (1, ["placed"])


def test_r_repeat_2_the_page_from_before_dialling_rings_nobody_again(desk: LineDesk) -> None:
    """Away from the call and back by the browser's own button, however old what it kept is."""
    desk.begin()
    address = desk.page.url
    desk.page.goto(f"{desk.panel.url}/call/day")
    desk.page.goto(address)
    expect(desk.page.locator("#dial")).to_be_visible()
    desk.press("d")
    rings_in(desk.page)
    for _ in range(2):
        desk.page.go_back()
    expect(desk.page.locator("#call")).to_be_visible()
    desk.press("d")
    rings_in(desk.page)
    assert (asked_for(desk), desk.states()) == (1, ["placed"])
