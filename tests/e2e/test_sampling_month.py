"""A leader's and a supervisor's month: drawn, submitted, approved, watched, reviewed, answered for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, expect
from sqlalchemy import Engine

from adapters.clock import SystemClock
from campaigns.values import SampleState
from scheduler.flows.sampling import sample_of
from scheduler.flows.shop import set_clock
from tests.databases import sqlite_only
from tests.e2e.served import Panel, served
from tests.web import panel_shop
from tests.web.sampling import month
from web.language import COOKIE as LANGUAGE_COOKIE

pytestmark = sqlite_only

PAGES = ("/panel", "/sampling", "/sampling/review", "/escalations")
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def panel(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Panel]:
    runtime = panel_shop.open_shop(engine, database_url, tmp_path, machine=SystemClock())
    month.go_to(runtime, "25 10:00")
    with served(runtime) as found:
        yield found


def press(page: Page, name: str) -> None:
    """Walk to a button and press it, without the mouse."""
    page.get_by_role("button", name=name).first.focus()
    page.keyboard.press("Enter")


def test_r_smp_3_the_month_is_made_by_keyboard(
    panel: Panel,
    page: Page,
    new_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
) -> None:
    asked: list[str] = []

    def agree(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.on("dialog", agree)
    panel.sign_in(page, month.LEADER)
    page.goto(f"{panel.url}/sampling")
    expect(page.get_by_text("本月还没有登记表")).to_be_visible()
    assert axe(page) == []
    month.registers(panel.runtime)
    page.reload()
    press(page, "现在抽样")
    expect(page.get_by_role("heading", name="已抽样，待提交")).to_be_visible()
    press(page, "重抽（第 2 次）")
    expect(page.get_by_role("button", name="重抽（第 3 次）")).to_be_visible()
    assert "已经抽过 1 次" in asked[0]
    press(page, "提交给主管")
    expect(page.get_by_role("heading", name="已提交，待批准")).to_be_visible()
    assert axe(page) == []
    supervisor = new_context(viewport=WIDE).new_page()
    supervisor.on("dialog", agree)
    panel.sign_in(supervisor, month.SUPERVISOR)
    supervisor.goto(f"{panel.url}/sampling")
    press(supervisor, "批准")
    expect(supervisor.get_by_role("heading", name="已批准")).to_be_visible()
    made = sample_of(panel.runtime, month.MONTH)
    assert made is not None
    assert made.state is SampleState.APPROVED


def called(panel: Panel) -> list[int]:
    """Two customers called to their end, one who waits for an answer."""
    month.registers(panel.runtime)
    month.approved(panel.runtime)
    path = ("dial", "first_call", "closing")
    held = [
        month.call(panel.runtime, "陈晨", "27 09:00", "scored", score=4, note="快", path=path),
        month.call(panel.runtime, "陈晨", "27 09:05", "refused"),
        month.call(panel.runtime, "孙悦", "27 09:10", "complaint_escalated", note="盆碎了"),
    ]
    return [one.task_id for one in held]


def test_r_smp_12_reviews_are_done_by_keyboard_one_after_the_other(
    panel: Panel, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    first, second, _ = called(panel)
    panel.sign_in(page, month.SUPERVISOR)
    page.goto(f"{panel.url}/sampling/review")
    press(page, "开始复核")
    page.wait_for_url(f"**/sampling/review/{first}")
    assert axe(page) == []
    page.get_by_text("更正评分").focus()
    page.keyboard.press("Enter")
    page.get_by_label("2 不满意").focus()
    page.keyboard.press("Space")
    page.get_by_label("为什么更正").fill("客户说的是不满意")
    assert axe(page) == []
    press(page, "更正，看下一位")
    page.wait_for_url(f"**/sampling/review/{second}")
    press(page, "同意，看下一位")
    page.wait_for_url("**/sampling/review?month=*")
    expect(page.get_by_text("这个月没有别的可以复核的了")).to_be_visible()
    expect(page.get_by_role("link", name="已复核（2）")).to_be_visible()
    page.goto(f"{panel.url}/sampling")
    expect(page.locator(".mean")).to_contain_text("2.50")


def test_r_smp_5_the_countdown_runs_and_one_key_takes_it(
    panel: Panel, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    called(panel)
    month.go_to(panel.runtime, "27 09:29")
    set_clock(panel.runtime, "test", ticks=True, speed=60)
    panel.sign_in(page, month.LEADER)
    page.goto(f"{panel.url}/escalations")
    timer = page.locator("[data-due]")
    expect(timer).to_contain_text("快到时限")
    expect(timer).to_have_class("timer timer-warn")
    set_clock(panel.runtime, "test", to=month.at("27 09:41"), ticks=False)
    page.reload()
    expect(timer).to_contain_text("已超时 01:00")
    assert axe(page) == []
    page.get_by_role("switch").focus()
    page.keyboard.press("Space")
    press(page, "我来处理")
    expect(page.get_by_text("这件投诉由您处理")).to_be_visible()
    expect(page.locator("[data-escalation-id]")).to_contain_text("在处理")
    page.reload()
    expect(page.get_by_role("switch")).to_be_checked()
    page.get_by_text("已用旺旺答复").focus()
    page.keyboard.press("Enter")
    page.get_by_label("怎么答复的").fill("当场换了一盆")
    page.keyboard.press("Enter")
    expect(page.get_by_text("没有等答复的投诉")).to_be_visible()
    page.reload()
    expect(page.get_by_role("cell", name="当场换了一盆")).to_be_visible()


def test_r_smp_2_the_progress_renews_itself_and_leaves_the_keyboard_where_it_stands(
    panel: Panel, page: Page
) -> None:
    called(panel)
    panel.sign_in(page, month.LEADER)
    page.goto(f"{panel.url}/sampling")
    goal = page.locator(".goal b")
    expect(goal).to_have_text("2")
    page.get_by_label("用户ID或订单号").fill("tb_")
    how = page.get_by_text("怎样抽的：种子、总体、校验值")
    how.click()
    month.call(panel.runtime, "陈晨", "27 09:20", "scored", score=5)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(goal).to_have_text("3")
    expect(how).to_be_focused()
    expect(page.get_by_text("随机种子").last).to_be_visible()
    expect(page.get_by_label("用户ID或订单号")).to_have_value("tb_")


def test_r_smp_5_what_is_typed_on_the_panel_outlives_its_renewal(panel: Panel, page: Page) -> None:
    called(panel)
    month.go_to(panel.runtime, "27 09:33")
    panel.sign_in(page, month.LEADER)
    page.goto(f"{panel.url}/panel")
    press(page, "我来处理")
    expect(page.locator("[data-escalation-id]")).to_contain_text("在处理")
    page.get_by_text("已用旺旺答复").click()
    page.get_by_label("怎么答复的").fill("当场换")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#late .as-of")).to_contain_text("09:33")
    expect(page.get_by_label("怎么答复的")).to_have_value("当场换")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_page_fits_and_is_accessible(
    panel: Panel,
    new_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
    viewport: dict[str, int],
    language: str,
) -> None:
    first = called(panel)[0]
    context = new_context(viewport=viewport)
    page = context.new_page()
    panel.sign_in(page, month.SUPERVISOR)
    context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": panel.url}])
    for path in (*PAGES, f"/sampling/review/{first}"):
        page.goto(panel.url + path)
        assert axe(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= viewport["width"], path
