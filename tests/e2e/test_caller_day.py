"""What a caller does all day, in a real browser against the real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine, func, select

from adapters.clock import SystemClock
from adapters.store.models.calls import attempt
from adapters.store.queries.calls import person_of
from scheduler.flows.campaigns import pause_all
from scheduler.flows.dialling import hang_up as hang_up_now
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.shop import set_clock
from tests.databases import sqlite_only
from tests.e2e.served import Panel, served
from tests.web import panel_shop

pytestmark = sqlite_only


@pytest.fixture
def panel(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Panel]:
    runtime = panel_shop.open_shop(engine, database_url, tmp_path, machine=SystemClock())
    panel_shop.fill(runtime)
    with served(runtime) as found:
        yield found


def take(panel: Panel, page: Page) -> None:
    panel.sign_in(page, "陈晨")
    page.keyboard.press("n")
    expect(page.locator("#call")).to_be_visible()
    expect(page.locator(".walking .moment:visible")).to_have_count(1)


def hang_up(page: Page) -> None:
    """Hold H for as long as it takes (R-ETQ-1)."""
    page.keyboard.down("h")
    expect(page.get_by_text("已挂断，请填结果")).to_be_visible()
    page.keyboard.up("h")


def recorded(panel: Panel) -> list[str]:
    with panel.runtime.snapshot() as connection:
        query = select(attempt.c.outcome).where(attempt.c.outcome.is_not(None))
        return list(connection.execute(query.order_by(attempt.c.at)).scalars())


def test_a_call_from_the_first_key_to_the_next_customer(panel: Panel, page: Page) -> None:
    take(panel, page)
    expect(page.locator("[data-phone]")).to_have_text("184 1234 5674")
    page.keyboard.press("d")
    expect(page.locator("[data-line]")).to_have_text("练习：当作已经拨打")
    expect(page.get_by_text("培训号码，请不要真的拨打")).to_be_visible()
    branches = page.get_by_role("navigation", name="客户怎么说")
    for answer in ("是本人", "方便，请说", "答应付款"):
        branches.get_by_role("link", name=answer, exact=True).click()
    expect(page.get_by_label("走过的环节")).to_contain_text("开场")
    expect(page.get_by_label("本人·答应付款")).to_be_checked()
    hang_up(page)
    expect(page.get_by_label("本人·答应付款")).to_be_checked()
    page.get_by_label("备注").fill("晚上八点付")
    page.get_by_role("button", name="记录结果").click()
    expect(page.get_by_text("已记录。")).to_be_visible()
    assert recorded(panel) == ["will_pay"]
    page.keyboard.press("n")
    expect(page.locator(".buyer")).to_have_text("阿禾的厨房")


def test_one_key_records_after_a_moment_to_undo(panel: Panel, page: Page) -> None:
    take(panel, page)
    page.keyboard.press("q")
    expect(page.get_by_text("秒后记录：无人接听")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("秒后记录：无人接听")).to_be_hidden()
    page.wait_for_timeout(3500)
    assert recorded(panel) == []
    page.keyboard.press("w")
    expect(page.get_by_text("已记录。")).to_be_visible()
    assert recorded(panel) == ["switched_off"]


def test_enter_does_not_wait_and_a_held_key_records_once(panel: Panel, page: Page) -> None:
    take(panel, page)
    page.keyboard.press("t")
    for _ in range(4):
        page.keyboard.press("Enter")
    expect(page.get_by_text("已记录。")).to_be_visible()
    assert recorded(panel) == ["line_busy"]
    with panel.runtime.snapshot() as connection:
        count = connection.execute(select(func.count()).select_from(attempt)).scalar_one()
    assert count == 1


def test_enter_records_what_the_walk_offered_once_the_line_is_closed(
    panel: Panel, page: Page
) -> None:
    take(panel, page)
    page.keyboard.press("d")
    branches = page.get_by_role("navigation", name="客户怎么说")
    for answer in ("是本人", "方便，请说", "答应付款"):
        branches.get_by_role("link", name=answer, exact=True).press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#save")).to_be_focused()
    assert recorded(panel) == [], "the call goes on: made ready only"
    page.get_by_role("heading", name="答应付款").focus()
    hang_up(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("已记录。")).to_be_visible()
    assert recorded(panel) == ["will_pay"]


def test_dialling_turns_to_the_opening_once(panel: Panel, page: Page) -> None:
    take(panel, page)
    expect(page.get_by_role("heading", name="拨号前")).to_be_visible()
    page.keyboard.press("d")
    expect(page.get_by_role("heading", name="开场：是不是本人")).to_be_focused()
    expect(page.get_by_text("您好，请问")).to_be_visible()
    expect(page.get_by_role("heading", name="拨号前")).to_be_hidden()
    page.get_by_label("走过的环节").get_by_role("button", name="拨号前").click()
    page.get_by_role("link", name="没接通").click()
    page.keyboard.press("h")
    expect(page.get_by_text("已挂断，请填结果")).to_be_visible()
    expect(page.get_by_role("heading", name="开场：是不是本人")).to_be_hidden()


def test_the_arrows_walk_the_branches_and_enter_takes_one(panel: Panel, page: Page) -> None:
    take(panel, page)
    page.keyboard.press("d")
    expect(page.get_by_role("heading", name="开场：是不是本人")).to_be_focused()
    branches = page.get_by_role("navigation", name="客户怎么说").get_by_role("link")
    page.keyboard.press("ArrowUp")
    expect(branches.last).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(branches.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(branches.first).to_have_text("是本人")
    page.keyboard.press("Enter")
    expect(page.get_by_label("走过的环节").locator("li")).to_have_count(3)
    page.get_by_label("备注").click()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("备注")).to_be_focused()
    assert recorded(panel) == []


def test_a_refusal_is_asked_once_more(panel: Panel, page: Page) -> None:
    take(panel, page)
    page.keyboard.press("0")
    save = page.locator("#save")
    expect(save).to_be_focused()
    expect(save).to_contain_text("以后不再联系")
    page.wait_for_timeout(3500)
    assert recorded(panel) == []
    asked = page.get_by_text("确定？这位客户以后不再联系")
    page.keyboard.press("Enter")
    expect(asked).to_be_visible()
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()
    page.keyboard.press("Enter")
    expect(asked).to_be_visible()
    assert recorded(panel) == [], "asked anew after Esc"
    page.keyboard.press("Enter")
    expect(page.get_by_text("任务结束：免打扰")).to_be_visible()


def test_keys_are_dead_while_typing_and_can_be_switched_off(panel: Panel, page: Page) -> None:
    take(panel, page)
    page.get_by_label("备注").click()
    page.keyboard.type("dwq 0")
    expect(page.get_by_label("备注")).to_have_value("dwq 0")
    expect(page.get_by_text("还没拨")).to_be_visible()
    assert page.locator(".outcome-radio:checked").count() == 0
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_label("使用单键操作").uncheck()
    page.get_by_role("button", name="关闭").click()
    page.keyboard.press("d")
    page.keyboard.press("q")
    page.wait_for_timeout(300)
    expect(page.get_by_text("还没拨")).to_be_visible()
    assert page.locator(".outcome-radio:checked").count() == 0


def test_r_hours_7_a_callback_is_picked_among_open_times(panel: Panel, page: Page) -> None:
    take(panel, page)
    page.keyboard.press("7")
    times = page.get_by_label("约好回电")
    expect(times).to_be_focused()
    times.select_option(label="明天 14:30")
    page.get_by_role("button", name="记录结果").click()
    expect(page.get_by_text("下次联系：明天 14:30")).to_be_visible()


def test_what_was_typed_stays_when_the_server_refuses(panel: Panel, page: Page) -> None:
    take(panel, page)
    page.keyboard.press("5")
    expect(page.get_by_label("本人的电话")).to_be_focused()
    page.keyboard.type("400-123-4567")
    page.get_by_label("备注").fill("问她妈妈")
    page.get_by_role("button", name="记录结果").click()
    expect(page.locator("#notice")).to_contain_text("电话号码不能用")
    expect(page.get_by_label("备注")).to_have_value("问她妈妈")
    page.get_by_label("本人的电话").fill("13800138000")
    page.get_by_role("button", name="记录结果").click()
    expect(page.get_by_text("已记录。")).to_be_visible()
    assert recorded(panel) == ["gave_number"]


def test_r_dnc_2_the_screen_turns_red_when_the_customer_is_withdrawn(
    panel: Panel, page: Page
) -> None:
    take(panel, page)
    runtime = panel.runtime
    add_entry(runtime, EntryForm(reason="电话里要求", user_id="云上牧羊"), runtime.now(), "李组长")
    expect(page.get_by_text("这位客户已撤回，请勿拨打")).to_be_visible()
    expect(page.locator("#dial")).to_be_disabled()
    page.keyboard.press("q")
    page.wait_for_timeout(3500)
    assert recorded(panel) == []
    page.get_by_role("button", name="知道了，继续").click()
    expect(page.locator("#next")).to_be_visible()


@pytest.mark.parametrize("key", ["n", "Enter", "Escape"])
def test_r_claim_1_a_pause_is_said_and_one_key_leads_on(panel: Panel, page: Page, key: str) -> None:
    take(panel, page)
    pause_all(panel.runtime, "台风停电", panel.runtime.now(), "李组长")
    expect(page.get_by_text("组长已暂停全部外呼。原因：台风停电。")).to_be_visible()
    page.keyboard.press(key)
    expect(page.locator("#idle")).to_be_visible()


def test_back_in_the_browser_shows_the_call_as_it_is_now(panel: Panel, page: Page) -> None:
    take(panel, page)
    page.keyboard.press("d")
    expect(page.locator("#hang-up")).to_be_visible()
    here = page.url
    page.goto(here.rstrip("/") + "/day")
    with panel.runtime.snapshot() as connection:
        attempt_id = connection.execute(select(attempt.c.id)).scalar_one()
        caller = person_of(connection, connection.execute(select(attempt.c.caller_id)).scalar_one())
    hang_up_now(panel.runtime, attempt_id, panel.runtime.now(), caller)
    page.go_back()
    expect(page.get_by_text("已挂断，请填结果")).to_be_visible()


def test_r_claim_1_a_lost_lease_is_said(panel: Panel, page: Page) -> None:
    take(panel, page)
    set_clock(panel.runtime, "test", to=panel.runtime.now() + timedelta(minutes=16))
    expect(page.get_by_text("领取已超时，客户已回到队列")).to_be_visible()
    page.get_by_role("button", name="知道了，继续").click()
    page.locator("#next").click()
    expect(page.locator(".buyer")).to_have_text("云上牧羊")
    page.wait_for_timeout(2500)
    expect(page.locator("#alarm")).to_be_hidden()


def test_a_lost_network_is_said_and_over_when_it_is_back(
    panel: Panel, page: Page, context: BrowserContext
) -> None:
    take(panel, page)
    page.get_by_label("备注").fill("写到一半")
    context.set_offline(True)
    expect(page.get_by_text("填写的内容还在")).to_be_visible()
    context.set_offline(False)
    expect(page.get_by_text("填写的内容还在")).to_be_hidden()
    expect(page.get_by_label("备注")).to_have_value("写到一半")


def test_signing_in_elsewhere_saves_what_is_on_the_page(
    panel: Panel, page: Page, context: BrowserContext
) -> None:
    take(panel, page)
    page.get_by_label("备注").fill("写到一半")
    page.keyboard.press("Escape")
    context.clear_cookies()
    expect(page.locator("#alarm").get_by_text("登录已过期")).to_be_visible()
    other = context.new_page()
    panel.sign_in(other, "陈晨")
    expect(page.locator("#alarm").get_by_text("登录已过期")).to_be_hidden()
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已记录。")).to_be_visible()
    assert recorded(panel) == ["out_of_service"]


def test_r_etq_1_after_the_goodbye_the_customer_hangs_up_first(panel: Panel, page: Page) -> None:
    take(panel, page)
    page.keyboard.press("d")
    expect(page.locator("#hang-up")).to_be_visible()
    branches = page.get_by_role("navigation", name="客户怎么说")
    branches.get_by_role("link", name="别再打来").click()
    while branches.get_by_role("link").count():
        branches.get_by_role("link").first.click()
    expect(page.locator("#hang-up")).to_contain_text("让客户先挂")
    page.keyboard.press("h")
    page.wait_for_timeout(300)
    expect(page.locator("#hang-up")).to_be_visible()
    expect(page.locator("#hang-up")).to_contain_text("挂断")
    page.keyboard.press("h")
    expect(page.get_by_text("已挂断，请填结果")).to_be_visible()


def test_the_page_works_without_scripts(
    panel: Panel, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    panel.sign_in(page, "陈晨")
    page.get_by_role("button", name="下一位").click()
    expect(page.locator(".buyer")).to_have_text("云上牧羊")
    page.get_by_role("button", name="拨号").click()
    expect(page.get_by_text("培训号码，请不要真的拨打")).to_be_visible()
    page.get_by_role("link", name="接通了").first.click()
    page.locator("#o-will_pay").check(force=True)
    page.get_by_role("button", name="记录结果").click()
    expect(page.get_by_text("已记录。")).to_be_visible()
    assert recorded(panel) == ["will_pay"]
