"""A leader sets a campaign up with the keyboard, tries it, submits it; a supervisor approves it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from adapters.clock import SystemClock
from tests.databases import sqlite_only
from tests.e2e.served import Panel, served
from tests.web import panel_shop

pytestmark = sqlite_only

SIZES = ({"width": 1440, "height": 900}, {"width": 360, "height": 740})
PICTURES = os.environ.get("WAIHU_PICTURES")


@pytest.fixture
def panel(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Panel]:
    runtime = panel_shop.open_shop(engine, database_url, tmp_path, machine=SystemClock())
    with served(runtime) as found:
        yield found


def looked_at(page: Page, axe: Callable[[Page], list[str]], name: str) -> None:
    """Nothing serious and nothing to scroll sideways, wide and on a phone."""
    for size in SIZES:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert axe(page) == [], (name, size)
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), (name, size)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}_{size['width']}.png", full_page=True)
    page.set_viewport_size(SIZES[0])  # type: ignore[arg-type]


def test_a_campaign_from_draft_to_approval(
    panel: Panel,
    page: Page,
    new_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
) -> None:
    panel_shop.fill(panel.runtime)
    panel.sign_in(page, "李组长")
    page.goto(f"{panel.url}/desk/campaigns/1/setup")
    expect(page.locator(".loads tbody tr").first).to_be_visible()
    looked_at(page, axe, "standing")
    page.goto(f"{panel.url}/desk/campaigns")
    page.get_by_role("link", name="新的活动").press("Enter")
    looked_at(page, axe, "new")
    page.get_by_label("名称").fill("大促催款")
    page.get_by_label("名称").press("Enter")
    expect(page.get_by_role("heading", name="大促催款", level=1)).to_be_visible()
    page.get_by_label("订单金额从（元）").fill("1")
    page.get_by_label("从几点开始拨打").fill("10:00")
    page.get_by_label("随机留下不拨打的比例").fill("10")
    page.get_by_role("button", name="先看影响").press("Enter")
    expect(page.locator("#moved")).to_contain_text("还没有保存")
    expect(page.get_by_label("订单金额从（元）")).to_have_value("1")
    looked_at(page, axe, "tried")
    page.get_by_role("button", name="保存", exact=True).press("Enter")
    expect(page.locator(".summary")).to_contain_text("订单金额不低于 1.00 元")
    page.get_by_role("button", name="提交批准").press("Enter")
    expect(page.locator(".summary")).to_contain_text("要由另一位主管批准")
    looked_at(page, axe, "submitted")
    address = page.url
    boss = new_context().new_page()
    panel.sign_in(boss, "周主管")
    boss.goto(address)
    boss.get_by_role("button", name="批准", exact=True).press("Enter")
    expect(boss.locator(".page-head .mark").first).to_have_text("进行中")
    boss.get_by_role("link", name="看对照结果").click()
    expect(boss.get_by_text("还没有可以比较的订单")).to_be_visible()
    looked_at(boss, axe, "control")
