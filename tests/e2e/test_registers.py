"""What calls bring back, in a real browser: a case from the call to its end, a date that moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from adapters.clock import SystemClock
from scheduler.flows.outcome import OutcomeForm
from tests.databases import sqlite_only
from tests.e2e.served import Panel, served
from tests.web import panel_shop
from tests.web.registers.story import tell

pytestmark = sqlite_only

PAGES = (
    *("/after-sales", "/after-sales/new", "/after-sales/1", "/after-sales/feedback"),
    *("/after-sales/promises", "/after-sales/stock-outs", "/desk/ledgers?which=callback-detail"),
)
COMPLAINT = OutcomeForm("complaint", note="杯口有裂纹，想换一个")


@pytest.fixture
def panel(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Panel]:
    runtime = panel_shop.open_shop(engine, database_url, tmp_path, machine=SystemClock())
    tell(runtime, last=COMPLAINT)
    with served(runtime) as found:
        yield found


def test_r_case_1_a_case_out_of_a_call_is_worked_handed_over_and_ended(
    panel: Panel, new_context: Callable[..., BrowserContext]
) -> None:
    caller, leader = new_context().new_page(), new_context().new_page()
    panel.sign_in(caller, "陈晨")
    caller.get_by_role("link", name="售后").click()
    caller.get_by_role("link", name="产品质量").click()
    expect(caller.get_by_text("杯口有裂纹").first).to_be_visible()
    caller.get_by_label("做了什么、客户怎么说").fill("问了仓库，有现货")
    caller.get_by_label("状态").select_option("in_progress")
    caller.get_by_role("button", name="记下", exact=True).click()
    expect(caller.get_by_text("已记下")).to_be_visible()

    panel.sign_in(leader, "李组长")
    leader.get_by_role("link", name="售后").click()
    leader.get_by_role("link", name="产品质量").click()
    expect(leader.get_by_text("问了仓库，有现货")).to_be_visible()
    leader.locator("#case-to").select_option("孙悦")
    leader.get_by_label("交代一句").fill("客户只要换，不要退")
    leader.get_by_role("button", name="转交").click()
    expect(leader.get_by_text("已转交")).to_be_visible()

    caller.get_by_role("link", name="售后").click()
    expect(caller.get_by_text("没有未办结的问题")).to_be_visible()
    leader.get_by_label("状态").select_option("solved")
    leader.get_by_label("做了什么、客户怎么说").fill("已补发，单号告诉客户了")
    leader.get_by_role("button", name="记下", exact=True).click()
    expect(leader.get_by_text("已解决").first).to_be_visible()
    leader.get_by_role("link", name="回到列表").click()
    expect(leader.get_by_text("没有未办结的问题")).to_be_visible()


def test_r_oos_2_a_date_moves_and_a_promise_is_broken_and_kept_late(
    panel: Panel, page: Page
) -> None:
    panel.sign_in(page, "李组长")
    page.get_by_role("link", name="售后").click()
    page.get_by_role("link", name="缺货清单").click()
    page.get_by_text("改期", exact=False).locator("visible=true").last.click()
    page.get_by_label("新的到货日期").fill("2026-03-20")
    page.get_by_role("button", name="改到这天").click()
    expect(page.get_by_text("到货日期已改")).to_be_visible()
    page.get_by_role("link", name="承诺兑现").click()
    page.get_by_role("link", name="未兑现（6）").click()
    expect(page.get_by_text("预计到货日从 3 月 13 日改到 3 月 20 日").first).to_be_visible()
    page.get_by_role("button", name="已兑现，打勾").first.click()
    expect(page.get_by_role("link", name="过期才兑现（1）")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_and_fits_a_phone(
    panel: Panel, page: Page, axe: Callable[[Page], list[str]], theme: str
) -> None:
    panel.sign_in(page, "李组长")
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    for path in PAGES:
        page.set_viewport_size({"width": 1366, "height": 768})
        page.goto(panel.url + path)
        assert (path, axe(page)) == (path, [])
        page.set_viewport_size({"width": 360, "height": 740})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert (path, wide <= 360) == (path, True)
