"""A mass message in a real browser: looked at, submitted, approved, sent, paused; replies (R-MSG-2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, expect
from sqlalchemy import Engine

from adapters.channels.in_memory import InMemorySms
from adapters.channels.registry import Lines
from adapters.clock import SystemClock
from adapters.store.queries import people
from campaigns.values import LineName, Person, Role
from scheduler.flows.blasts import approve
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.shop import set_clock
from scheduler.flows.text_pace import ToldPace
from scheduler.flows.text_sending import send_due
from tests.databases import sqlite_only
from tests.e2e.served import Panel, served
from tests.web import panel_shop
from web.language import COOKIE as LANGUAGE_COOKIE

pytestmark = sqlite_only

PAGE = "/desk/texts"
WIDTH = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def panel(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Panel]:
    runtime = panel_shop.open_shop(engine, database_url, tmp_path, machine=SystemClock())
    runtime.lines = Lines(sms={LineName.TWILIO: InMemorySms(runtime.machine_clock.now)})
    panel_shop.fill(runtime)
    with runtime.snapshot() as connection:
        callers = [r.person for r in people.everybody(connection) if r.person.role is Role.CALLER]
    for minute in (6, 8, 10):
        now = panel_shop.MORNING.replace(minute=minute)
        held = next_call(runtime, callers[0], now)
        assert isinstance(held, HandOut)
        dial(runtime, held.attempt_id, now, callers[0])
        record_outcome(runtime, held.attempt_id, OutcomeForm("no_answer"), now, callers[0])
    set_clock(runtime, "李组长", to=panel_shop.MORNING.replace(minute=20), ticks=False)
    with served(runtime) as found:
        yield found


def test_from_the_choice_to_the_last_receipt(
    panel: Panel,
    page: Page,
    new_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
) -> None:
    panel.sign_in(page, "李组长")
    page.get_by_role("link", name="活动", exact=True).click()
    page.get_by_role("link", name="短信", exact=True).click()
    expect(page.get_by_text("还没有群发过")).to_be_visible()
    expect(page.get_by_role("navigation", name="主菜单").get_by_text("活动")).to_have_attribute(
        "aria-current", "page"
    )
    page.get_by_role("link", name="新的群发").first.click()
    page.get_by_label("业务").focus()
    page.get_by_label("业务").select_option("dunning")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("【样例店】").first).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="提交给主管批准").click()
    expect(page.get_by_text("等别的主管批准")).to_be_visible()
    address = page.url
    assert axe(page) == []

    page = new_context().new_page()
    asked: list[str] = []

    def agree(box: Dialog) -> None:
        asked.append(box.message)
        box.accept()

    page.on("dialog", agree)
    panel.sign_in(page, "周主管")
    page.goto(address)
    page.get_by_role("button", name="批准", exact=True).click()
    expect(page.get_by_text("3 条待发")).to_be_visible()
    page.get_by_role("button", name="开始发送").click()
    expect(page.get_by_role("button", name="暂停")).to_be_visible()
    now = panel.runtime.now()
    send_due(panel.runtime, pace=ToldPace(now), start=now)
    # The page asks by itself.
    expect(page.locator("#progress").get_by_text("已发完")).to_be_visible()
    expect(page.locator("#progress tbody tr")).to_have_count(3)
    # So do the buttons; both steps were asked about.
    expect(page.locator("#blast-actions button")).to_have_count(0)
    assert [question[-4:] for question in asked] == ["批准吗？", "开始吗？"]
    assert axe(page) == []

    page.goto(f"{panel.url}{PAGE}/replies")
    page.get_by_label("手机号", exact=True).fill("18412345671")
    page.get_by_label("回复的内容", exact=True).fill("TD")
    page.keyboard.press("Enter")
    expect(page.get_by_text("184****5671")).to_be_visible()
    assert axe(page) == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_is_wider_than_the_screen(
    panel: Panel, new_context: Callable[..., BrowserContext], language: str, width: int
) -> None:
    context = new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    panel.sign_in(page, "李组长")
    context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": panel.url}])
    page.goto(f"{panel.url}{PAGE}/new?kind=dunning")
    assert page.evaluate(WIDTH) <= 0
    page.locator("section.panel form[method=post] button").click()
    page.wait_for_url(f"{panel.url}{PAGE}/1")
    expect(page.locator("h1")).to_have_count(1)
    assert page.evaluate(WIDTH) <= 0
    approve(panel.runtime, 1, panel.runtime.now(), person_of(panel, Role.SUPERVISOR))
    left_out = f"{PAGE}/new?kind=dunning"  # everybody now, each for two rules
    for path in (PAGE, left_out, f"{PAGE}/1", f"{PAGE}/replies"):
        page.goto(f"{panel.url}{path}")
        assert page.evaluate(WIDTH) <= 0


def person_of(panel: Panel, role: Role) -> Person:
    """Somebody of this role."""
    with panel.runtime.snapshot() as connection:
        rows = people.everybody(connection)
    return next(row.person for row in rows if row.person.role is role)
