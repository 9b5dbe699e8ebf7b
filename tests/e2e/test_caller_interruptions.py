"""What comes between a caller and the work: the network, the session, a second window, an empty queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from adapters.clock import SystemClock
from scheduler.flows.do_not_contact import EntryForm, add_entry
from tests.databases import sqlite_only
from tests.e2e.served import Panel, served
from tests.web import panel_shop
from tests.web.workspace import CALLER, Workspace

pytestmark = sqlite_only


@pytest.fixture
def workspace(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace(database_url, tmp_path, SystemClock(), ("欠款", "签收"))
    yield made
    made.shop.close()


@pytest.fixture
def panel(workspace: Workspace) -> Iterator[Panel]:
    with served(workspace.runtime) as found:
        yield found


@pytest.fixture
def held(panel: Panel, page: Page) -> str:
    """A customer on screen; the user ID."""
    panel.sign_in(page, CALLER)
    page.keyboard.press("n")
    expect(page.locator("#call")).to_be_visible()
    return page.locator(".buyer").inner_text()


def outcomes(workspace: Workspace) -> list[str | None]:
    return [outcome for _, outcome in workspace.outcomes()]


@pytest.mark.usefixtures("held")
def test_what_cannot_be_sent_is_kept_and_sent_once_when_the_network_is_back(
    workspace: Workspace, page: Page, context: BrowserContext
) -> None:
    page.keyboard.press("d")
    expect(page.locator("#hang-up")).to_be_visible()
    page.get_by_label("备注").fill("声音很小")
    page.keyboard.press("Escape")
    context.set_offline(True)
    page.keyboard.press("q")
    page.keyboard.press("Enter")
    expect(page.get_by_text("连上后自动提交")).to_be_visible()
    expect(page.get_by_label("备注")).to_have_value("声音很小")
    assert outcomes(workspace) == [None]
    page.wait_for_timeout(3500)  # asked again once, in vain
    context.set_offline(False)
    expect(page.locator("#idle")).to_be_visible()
    expect(page.locator("#banner")).to_be_hidden()
    assert outcomes(workspace) == ["no_answer"]
    assert workspace.shop.attempts()[0].note == "声音很小"


@pytest.mark.usefixtures("held")
def test_what_is_kept_can_be_taken_back_and_changed(
    workspace: Workspace, page: Page, context: BrowserContext
) -> None:
    context.set_offline(True)
    page.keyboard.press("q")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="取回修改").click()
    context.set_offline(False)
    page.keyboard.press("t")
    page.keyboard.press("Enter")
    expect(page.locator("#idle")).to_be_visible()
    assert outcomes(workspace) == ["line_busy"]


@pytest.mark.usefixtures("held")
def test_a_lost_session_is_taken_up_in_place_and_the_same_form_sent(
    workspace: Workspace, page: Page, context: BrowserContext
) -> None:
    page.get_by_label("备注").fill("写到一半")
    page.keyboard.press("Escape")
    context.clear_cookies()
    page.keyboard.press("w")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="登录已过期")).to_be_visible()
    password = page.locator("#session-password")
    expect(password).to_be_focused()
    password.fill("不是这个密码")
    page.keyboard.press("Enter")
    expect(page.locator("#session-fault")).to_contain_text("密码不对")
    password.fill(panel_shop.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#idle")).to_be_visible()
    (attempt,) = workspace.shop.attempts()
    assert (attempt.outcome, attempt.note) == ("switched_off", "写到一半")


def test_a_second_window_only_looks_until_it_takes_over(
    page: Page, panel: Panel, held: str, context: BrowserContext, workspace: Workspace
) -> None:
    second = context.new_page()
    second.goto(f"{panel.url}/call")
    expect(second.get_by_text("这个窗口只能看")).to_be_visible()
    expect(second.locator(".buyer")).to_have_text(held)
    second.keyboard.press("q")
    second.wait_for_timeout(3500)
    assert outcomes(workspace) == [None]
    second.get_by_role("button", name="在这里继续").click()
    expect(second.locator("#banner")).to_be_hidden()
    expect(page.get_by_text("这个窗口只能看")).to_be_visible()
    second.wait_for_timeout(500)
    second.keyboard.press("q")
    second.keyboard.press("Enter")
    expect(second.locator("#idle")).to_be_visible()
    assert outcomes(workspace) == ["no_answer"]


def test_the_second_window_goes_on_when_the_first_is_closed(
    page: Page, panel: Panel, held: str, context: BrowserContext
) -> None:
    second = context.new_page()
    second.goto(f"{panel.url}/call")
    expect(second.get_by_text("这个窗口只能看")).to_be_visible()
    page.close()
    expect(second.locator("#banner")).to_be_hidden()
    expect(second.locator(".buyer")).to_have_text(held)


def test_r_dnc_2_an_opt_out_turns_the_screen_red_within_two_seconds(
    workspace: Workspace, page: Page, held: str
) -> None:
    page.keyboard.press("q")  # even in the moment to undo
    entry = EntryForm(reason="短信退订", user_id=held)
    add_entry(workspace.runtime, entry, workspace.runtime.now(), "李组长")
    expect(page.get_by_text("这位客户已撤回，请勿拨打")).to_be_visible()
    page.wait_for_timeout(3200)
    assert outcomes(workspace) == [None]


@pytest.mark.usefixtures("held")
def test_keys_stay_off_and_are_dead_with_modifiers(workspace: Workspace, page: Page) -> None:
    page.keyboard.press("Control+q")
    page.keyboard.press("Alt+d")
    assert page.locator(".outcome-radio:checked").count() == 0
    page.keyboard.press("?")
    page.get_by_label("使用单键操作").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("d")
    page.keyboard.press("q")
    page.wait_for_timeout(300)
    expect(page.get_by_text("还没拨")).to_be_visible()
    assert page.locator(".outcome-radio:checked").count() == 0
    assert outcomes(workspace) == [None]


def test_an_empty_queue_says_when_it_goes_on_and_picks_up_by_itself(
    workspace: Workspace, panel: Panel, page: Page
) -> None:
    panel.sign_in(page, CALLER)
    for _ in range(2):
        page.keyboard.press("n")
        expect(page.locator("#call")).to_be_visible()
        page.keyboard.press("q")
        page.keyboard.press("Enter")
        expect(page.locator("#idle")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_text("到时间（2 人）")).to_be_visible()
    expect(page.get_by_text("今天 13:00").first).to_be_visible()
    expect(page.get_by_text("到时间会自动取下一位")).to_be_visible()
    workspace.move("05-13 12:59:57")
    page.keyboard.press("n")
    expect(page.locator("#call")).to_be_visible()


def test_waiting_can_be_stopped_and_then_nothing_is_taken(
    workspace: Workspace, panel: Panel, page: Page
) -> None:
    workspace.move("05-13 12:59:55")
    panel.sign_in(page, CALLER)
    page.keyboard.press("n")
    expect(page.get_by_text("到时间会自动取下一位")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("到时间了，有客户可以拨打")).to_be_visible()
    assert outcomes(workspace) == []


def test_the_next_customer_comes_by_itself_only_where_that_is_wanted(
    panel: Panel, page: Page
) -> None:
    panel.sign_in(page, CALLER)
    page.get_by_label("记录之后 5 秒自动取下一位").check()
    page.keyboard.press("Escape")
    page.locator("#next").click()
    expect(page.locator("#call")).to_be_visible()
    page.keyboard.press("q")
    page.keyboard.press("Enter")
    expect(page.get_by_text("秒后取下一位")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("秒后取下一位")).to_be_hidden()
    page.wait_for_timeout(5300)
    expect(page.locator("#idle")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_workspace_is_accessible(
    panel: Panel,
    new_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
    theme: str,
) -> None:
    page = new_context(color_scheme=theme).new_page()
    panel.sign_in(page, CALLER)
    page.locator("#next").click()
    expect(page.locator("#call")).to_be_visible()
    page.keyboard.press("d")
    expect(page.locator("#hang-up")).to_be_visible()
    assert axe(page) == []
    page.keyboard.press("3")
    assert axe(page) == []
    for key in "k?m/":
        page.keyboard.press("Escape")
        page.keyboard.press(key)
        expect(page.locator("dialog[open]")).to_be_visible()
        assert axe(page) == [], key
        page.keyboard.press("Escape")
