"""A leader's day beside the imports: the switch, the numbers, the results and the question why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from adapters.clock import SystemClock
from campaigns.values import Person
from scheduler.flows.campaigns import pause_all
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.outlook import NobodyNow
from scheduler.flows.people import caller_named
from scheduler.flows.shop import change_policy
from tests.databases import sqlite_only
from tests.e2e.served import Panel, served
from tests.web import panel_shop

pytestmark = sqlite_only

PAGES = (
    *("/desk", "/desk/campaigns", "/desk/campaigns/numbers", "/desk/campaigns/people"),
    *("/desk/results", "/desk/calls", "/desk/customers", "/desk/customers/why"),
)


@pytest.fixture
def panel(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Panel]:
    runtime = panel_shop.open_shop(engine, database_url, tmp_path, machine=SystemClock())
    with served(runtime) as found:
        yield found


def caller(panel: Panel) -> Person:
    person = caller_named(panel.runtime, "陈晨")
    assert isinstance(person, Person)
    return person


def call(panel: Panel, code: str) -> None:
    person, now = caller(panel), panel.runtime.now()
    held = next_call(panel.runtime, person, now)
    assert isinstance(held, HandOut)
    dial(panel.runtime, held.attempt_id, now, person)
    record_outcome(panel.runtime, held.attempt_id, OutcomeForm(code), now, person)


def ask(panel: Panel) -> HandOut | NobodyNow:
    return next_call(panel.runtime, caller(panel), panel.runtime.now())


def test_a_leaders_day(panel: Panel, page: Page) -> None:
    panel_shop.fill(panel.runtime)
    panel.sign_in(page, "李组长")

    # The switch by its key: confirmed, with a reason, and off again.
    assert isinstance(ask(panel), HandOut)
    page.on("dialog", lambda dialog: dialog.accept())
    page.keyboard.press("Alt+p")
    expect(page.get_by_label("为什么暂停？坐席会看到")).to_be_focused()
    page.keyboard.type("停电")
    page.keyboard.press("Enter")
    expect(page.get_by_text("撤回了 1 位还没拨的客户")).to_be_visible()
    expect(page.locator("#paused")).to_contain_text("停电")
    assert isinstance(ask(panel), NobodyNow)
    page.get_by_role("button", name="恢复外呼").click()
    expect(page.get_by_text("外呼已恢复")).to_be_visible()
    call(panel, "will_pay")
    call(panel, "no_answer")

    # A number: looked at first, wrong, then saved; it is in the history.
    page.get_by_role("link", name="活动", exact=True).click()
    page.get_by_role("link", name="时段与上限").click()
    page.get_by_label("每天最多拨打").fill("0")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("请填 1 到 100000 的整数")).to_be_visible()
    page.get_by_label("每天最多拨打").fill("1")
    page.get_by_label("从几点开始拨打").fill("11:00")
    page.get_by_role("button", name="先看影响").click()
    expect(page.locator("#trial")).to_contain_text("4 个未结束的任务里有")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存并生效")).to_be_visible()
    expect(page.get_by_text("从几点开始拨打：09:00 → 11:00")).to_be_visible()

    # Why not now: the shop's own hours, in words.
    page.get_by_role("link", name="客户", exact=True).click()
    page.get_by_role("link", name="能不能打？").click()
    page.get_by_label("用户ID（写完整）或订单编号").fill("晚风与海")
    page.get_by_role("button", name="回答").click()
    expect(page.locator("[aria-labelledby=why-dunning]")).to_contain_text(
        "本店设定只在 11:00–20:00 联系"
    )

    # From a figure to its calls, and to the customer.
    page.get_by_role("link", name="今日", exact=True).click()
    page.locator(".figure").filter(has_text="今天拨打").get_by_role("link").click()
    expect(page.get_by_role("heading", name="通话", exact=True)).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="联系经过")).to_be_visible()


@pytest.mark.parametrize(("width", "theme"), [(1440, "dark"), (360, "light")])
def test_the_leaders_pages_are_accessible_and_fit_in_every_state(
    panel: Panel,
    new_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
    width: int,
    theme: str,
) -> None:
    size = {"width": width, "height": 800}
    page = new_context(viewport=size, color_scheme=theme).new_page()
    panel.sign_in(page, "周主管")

    def check(state: str) -> None:
        for path in PAGES:
            page.goto(panel.url + path)
            assert axe(page) == [], (state, path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (state, path)

    if width == 360:
        check("empty")
    panel_shop.fill(panel.runtime)
    for code in ("relay", "not_needed", "no_answer"):
        call(panel, code)
    now = panel.runtime.now()
    changes: dict[str, object] = {"attempts_per_day": 1, "region_dayparts": {"浙江": "evening"}}
    change_policy(panel.runtime, changes, now, "周主管")
    check("full")
    pause_all(panel.runtime, "停电", now, "周主管")
    page.goto(f"{panel.url}/desk")
    assert axe(page) == []
    page.goto(f"{panel.url}/desk/campaigns/numbers")
    page.get_by_label("每天最多拨打").fill("0")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("没有保存，请改标出的几项。")).to_be_visible()
    assert axe(page) == []
    page.goto(f"{panel.url}/desk/customers/why")
    page.get_by_label("用户ID（写完整）或订单编号").fill("青柠小站")
    page.get_by_role("button", name="回答").click()
    expect(page.locator(".answers section")).to_have_count(4)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
