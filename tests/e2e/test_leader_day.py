"""What a leader does each day, and what every page owes to everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from adapters.clock import SystemClock
from campaigns.values import Person
from scheduler.flows import claim, dialling
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.people import caller_named
from tests.databases import sqlite_only
from tests.e2e.served import Panel, served
from tests.web import panel_shop

pytestmark = sqlite_only

FILE = "ExportOrderList202603040900.csv"
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1366, "height": 768}
PAGES = {
    "陈晨": ("/call", "/call/todos", "/call/day", "/password"),
    "周主管": (
        *("/desk", "/desk/lists", "/desk/imports", "/desk/customers?words=海"),
        *("/desk/customers/1", "/desk/customers/1?at=2026-03-04T12:30", "/desk/do-not-contact"),
        *("/desk/offers", "/desk/ledgers", "/desk/ledgers?which=summary", "/nothing"),
    ),
    "管理员": ("/admin/people", "/admin/status"),
}


@pytest.fixture
def panel(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Panel]:
    runtime = panel_shop.open_shop(engine, database_url, tmp_path, machine=SystemClock())
    with served(runtime) as found:
        yield found


def work(panel: Panel) -> None:
    """A morning's work, so that no page is empty."""
    panel_shop.fill(panel.runtime)
    work_on(panel)
    held = claim.next_call(panel.runtime, calling(panel), panel.runtime.now())
    assert isinstance(held, claim.HandOut)


def calling(panel: Panel) -> Person:
    person = caller_named(panel.runtime, "陈晨")
    assert isinstance(person, Person)
    return person


def work_on(panel: Panel) -> None:
    """Two calls, one of which ends its task."""
    runtime, person = panel.runtime, calling(panel)
    for code in ("relay", "not_needed"):
        held = claim.next_call(runtime, person, runtime.now())
        assert isinstance(held, claim.HandOut)
        dialling.dial(runtime, held.attempt_id, runtime.now(), person)
        form = OutcomeForm(code, note="声音很小")
        record_outcome(runtime, held.attempt_id, form, runtime.now(), person)


def test_from_the_file_to_the_ledger(panel: Panel, page: Page, tmp_path: Path) -> None:
    panel.sign_in(page, "李组长")
    page.get_by_role("link", name="导入文件").click()
    page.locator("#files").set_input_files(
        {"name": FILE, "mimeType": "text/csv", "buffer": panel_shop.orders_csv()}
    )
    expect(page.get_by_text("预览，还没有收下")).to_be_visible()
    expect(page.get_by_role("cell", name="青柠小站")).to_be_visible()
    page.get_by_role("button", name="收下").click()
    expect(page.get_by_text("已收下", exact=True)).to_be_visible()
    expect(page.locator("#recent").get_by_role("rowheader", name=FILE)).to_be_visible()
    page.get_by_role("button", name="接着做今天的计划").click()
    expect(page.get_by_text("4 位客户（新增 4 位）")).to_be_visible()
    runtime = panel.runtime
    person = caller_named(runtime, "陈晨")
    assert isinstance(person, Person)
    held = claim.next_call(runtime, person, runtime.now())
    assert isinstance(held, claim.HandOut)
    record_outcome(runtime, held.attempt_id, OutcomeForm("will_pay"), runtime.now(), person)
    page.get_by_role("link", name="报表").click()
    expect(page.get_by_role("row", name="合计")).to_contain_text("1,280.00")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载 XLSX").click()
    assert waiting.value.suggested_filename.startswith("催款明细表_2026-02-26_2026-03-04")
    target = tmp_path / "ledger.xlsx"
    waiting.value.save_as(target)
    sheet = openpyxl.load_workbook(target).active
    assert sheet is not None
    assert 1280 in [cell.value for cell in sheet[sheet.max_row]]


def test_todays_figures_move_without_a_reload(panel: Panel, page: Page) -> None:
    panel_shop.fill(panel.runtime)
    page.clock.install()
    panel.sign_in(page, "李组长")
    called = page.locator(".figure", has_text="今天拨打").locator("b")
    expect(called).to_have_text("0")
    work_on(panel)
    page.evaluate("window.stays = true")
    page.clock.fast_forward(31_000)
    expect(called).to_have_text("2")
    expect(page.get_by_role("list", name="今天怎样结束的")).to_contain_text("关闭交易")
    expect(page.get_by_role("rowheader", name="陈晨")).to_be_visible()
    assert page.evaluate("window.stays"), "the page was loaded anew"


def test_pausing_all_opens_over_the_page(panel: Panel, page: Page) -> None:
    panel.sign_in(page, "李组长")
    figures = page.locator(".figures").first
    before = figures.bounding_box()
    page.keyboard.press("Alt+p")
    expect(page.get_by_label("为什么暂停")).to_be_focused()
    assert figures.bounding_box() == before


def test_the_training_clock_is_moved_from_the_menu(panel: Panel, page: Page) -> None:
    panel.sign_in(page, "李组长")
    page.get_by_text("培训", exact=True).click()
    page.get_by_role("button", name="到下一个开放时段").click()
    expect(page.get_by_text("店铺时间已调到")).to_be_visible()
    expect(page.locator("#shop-clock")).to_contain_text("13:00")
    page.get_by_text("培训", exact=True).click()
    page.get_by_role("button", name="暂停时钟").click()
    expect(page.locator("#shop-clock")).to_contain_text("已暂停")


def test_a_number_is_revealed_once(panel: Panel, page: Page) -> None:
    work(panel)
    panel.sign_in(page, "李组长")
    page.goto(f"{panel.url}/desk/customers/1")
    page.get_by_text("查看完整号码").first.click()
    page.get_by_placeholder("为什么要看").first.fill("客户要求核对")
    page.get_by_role("button", name="查看一次").first.click()
    expect(page.get_by_text("只显示这一次，已记录")).to_be_visible()
    page.get_by_role("button", name="再问一次").click()
    expect(page.get_by_role("heading", name="这一刻能不能打？")).to_be_visible()
    expect(page.get_by_text("只显示这一次，已记录")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", list(PAGES))
def test_every_page_is_accessible_and_fits(
    panel: Panel,
    new_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
    name: str,
    size: dict[str, int],
    scheme: str,
) -> None:
    work(panel)
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: errors.append(message.text) if "Content Security" in message.text else None,
    )
    page.goto(f"{panel.url}/sign-in")
    assert axe(page) == []
    panel.sign_in(page, name)
    for path in PAGES[name]:
        page.goto(panel.url + path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert errors == []


def test_the_skip_link_comes_first_and_works(panel: Panel, page: Page) -> None:
    panel.sign_in(page, "李组长")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到内容")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_ledger_is_printed_without_buttons(panel: Panel, page: Page) -> None:
    work(panel)
    panel.sign_in(page, "李组长")
    page.goto(f"{panel.url}/desk/ledgers")
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="下载 XLSX")).to_be_hidden()
    expect(page.get_by_text("审核：").first).to_be_visible()
    expect(page.get_by_role("row", name="合计")).to_be_visible()
