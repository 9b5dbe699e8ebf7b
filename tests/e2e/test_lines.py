"""The lines in a real browser: looked at, chosen, phones set, on a phone and by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from adapters.channels.in_memory import InMemoryVoice
from adapters.channels.registry import Lines
from adapters.clock import SystemClock
from campaigns.values import LineName
from scheduler.flows.line_choice import choices
from tests.databases import sqlite_only
from tests.e2e.served import Panel, served
from tests.web import panel_shop
from web.language import COOKIE as LANGUAGE_COOKIE

pytestmark = sqlite_only

PAGE, OWN = "/desk/lines", "/my-phone"
WIDTH = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def panel(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Panel]:
    runtime = panel_shop.open_shop(engine, database_url, tmp_path, machine=SystemClock())
    line = InMemoryVoice(runtime.machine_clock.now)
    runtime.lines = Lines(voice={LineName.TWILIO: line})
    with served(runtime) as found:
        yield found


def test_a_supervisor_chooses_a_line_and_sets_a_phone(
    panel: Panel, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    panel.sign_in(page, "周主管")
    page.get_by_role("link", name="活动", exact=True).click()
    page.get_by_role("link", name="线路", exact=True).click()
    expect(page.get_by_role("navigation", name="主菜单").get_by_text("活动")).to_have_attribute(
        "aria-current", "page"
    )
    # The page asks the lines by itself, and the answer replaces what was not known.
    card = page.get_by_role("region", name="电话 · Twilio")
    expect(card.get_by_text("可以用")).to_be_visible()
    expect(page.get_by_text("还没有检查")).to_have_count(0)
    expect(page.get_by_text("还没有选过线路")).to_be_visible()

    # By keyboard alone: everything of the kind 催款 through Twilio.
    page.get_by_label("用于", exact=True).focus()
    page.get_by_label("用于", exact=True).select_option("kind:dunning")
    page.keyboard.press("Tab")
    expect(page.get_by_label("号码开头", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.get_by_label("走哪条线路", exact=True).select_option("call:twilio")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已保存，从下一个电话或短信起生效")).to_be_visible()
    assert [(c.scope, c.line) for c in choices(panel.runtime)] == [
        ("kind:dunning", LineName.TWILIO)
    ]

    # A number without its country code is refused, and what was typed stays.
    page.get_by_label("用于", exact=True).select_option("number")
    page.get_by_label("号码开头", exact=True).fill("852")
    page.get_by_role("region", name="哪条线路用于谁").get_by_role("button", name="保存").click()
    expect(page.locator("main [role=alert]")).to_contain_text("国际区号")
    expect(page.get_by_label("号码开头", exact=True)).to_have_value("852")

    phone = page.get_by_label("孙悦 的话机 Twilio")
    phone.fill("18412345699")
    phone.press("Enter")
    expect(page.get_by_text("184****5699")).to_be_visible()
    expect(page.get_by_text("18412345699")).to_have_count(0)
    assert axe(page) == []

    page.get_by_role("button", name="取消 电话 催款").click()
    expect(page.get_by_text("还没有选过线路")).to_be_visible()


def test_a_caller_sets_their_own_phone_from_the_menu(
    panel: Panel, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    panel.sign_in(page, "陈晨")
    page.locator("details.menu summary").last.click()
    page.get_by_role("link", name="我的话机").click()
    expect(page.get_by_text("虚构的")).to_be_visible()
    page.get_by_label("电话号码").fill("分机 3")
    page.get_by_label("电话号码").press("Enter")
    expect(page.locator("main [role=alert]")).to_contain_text("话机号码不对")
    page.get_by_label("电话号码").fill("18412345698")
    page.get_by_label("电话号码").press("Enter")
    expect(page.get_by_text("184****5698")).to_be_visible()
    assert axe(page) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_of_the_lines_fit_a_phone(
    panel: Panel, new_context: Callable[..., BrowserContext], language: str
) -> None:
    for name, paths in (("周主管", (PAGE, f"{PAGE}?ask=1", OWN)), ("管理员", (PAGE,))):
        context = new_context(viewport={"width": 360, "height": 720})
        page = context.new_page()
        panel.sign_in(page, name)
        context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": panel.url}])
        for path in paths:
            page.goto(f"{panel.url}{path}")
            expect(page.locator("h1")).to_have_count(1)
            assert page.evaluate(WIDTH) <= 0, f"{name} {path}"
