"""The supervisor's panel in a real browser: by keyboard, on a phone, live, on paper, for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from adapters.clock import SystemClock
from tests.databases import sqlite_only
from tests.e2e.served import Panel, served
from tests.e2e.test_leader_day import PHONE, work, work_on
from tests.web import panel_shop

pytestmark = sqlite_only


@pytest.fixture
def panel(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Panel]:
    runtime = panel_shop.open_shop(engine, database_url, tmp_path, machine=SystemClock())
    with served(runtime) as found:
        yield found


def test_a_supervisor_begins_here_and_follows_a_figure_to_one_call(
    panel: Panel, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    work(panel)
    panel.sign_in(page, "周主管")
    expect(page.get_by_role("heading", name="面板", level=1)).to_be_visible()
    assert page.url.endswith("/panel")
    for picture in page.locator("img.chart").all():
        assert picture.evaluate("image => image.naturalWidth") == 760
    assert axe(page) == []
    page.get_by_role("link", name="2 已拨打").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="今天已拨打的任务")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("region", name="已拨打").get_by_role("link", name="今天").first.click()
    expect(page.get_by_role("heading", name="拨打那一刻的规则")).to_be_visible()
    expect(page.get_by_text("attempt.closed")).to_be_visible()
    assert axe(page) == []


def test_it_renews_itself_and_leaves_what_is_open(panel: Panel, page: Page) -> None:
    panel_shop.fill(panel.runtime)
    panel.sign_in(page, "周主管")
    page.locator("#funnel").scroll_into_view_if_needed()
    meaning = page.locator("section", has=page.locator("#funnel")).locator("details")
    meaning.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="0 已拨打")).to_be_visible()
    work_on(panel)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("link", name="2 已拨打")).to_be_visible()
    expect(meaning).to_have_attribute("open", "")
    expect(meaning.locator("summary")).to_be_focused()


def test_it_fits_a_phone_and_the_dark(
    panel: Panel, new_context: Callable[..., BrowserContext], axe: Callable[[Page], list[str]]
) -> None:
    work(panel)
    page = new_context(viewport=PHONE, color_scheme="dark").new_page()
    panel.sign_in(page, "周主管")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert axe(page) == []
    page.goto(f"{panel.url}/desk/calls")
    page.get_by_role("region", name="通话").get_by_role("link", name="今天").first.click()
    page.wait_for_url("**/calls/*")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert axe(page) == []


def test_everything_is_paused_with_a_reason(panel: Panel, page: Page) -> None:
    work(panel)
    panel.sign_in(page, "周主管")
    page.on("dialog", lambda dialog: dialog.accept())
    page.keyboard.press("Alt+p")
    page.keyboard.type("系统核对")
    page.get_by_role("button", name="暂停全部外呼").click()
    expect(page.get_by_text("全部外呼已暂停").first).to_be_visible()
    assert page.url.endswith("/panel")


def test_a_shop_without_calls_says_what_comes_next(
    panel: Panel, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    panel.sign_in(page, "李组长")
    page.get_by_role("link", name="面板").click()
    expect(page.get_by_text("这几天没有催款").first).to_be_visible()
    expect(page.get_by_text("还没有填了结果的电话")).to_be_visible()
    assert axe(page) == []


def test_on_paper_it_has_no_buttons(panel: Panel, page: Page) -> None:
    work(panel)
    panel.sign_in(page, "周主管")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="显示")).to_be_hidden()
    expect(page.locator(".files").first).to_be_hidden()
    expect(page.locator(".signature")).to_be_visible()
