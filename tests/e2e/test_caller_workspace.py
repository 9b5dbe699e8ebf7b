"""The caller's workspace by keyboard alone: all three kinds, two matters, undo, manners, times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, select

from adapters.clock import SystemClock
from adapters.store.models.after_sales import feedback, service_case
from adapters.store.models.calls import attempt
from tests.databases import sqlite_only
from tests.e2e.served import Panel, served
from tests.web.workspace import CALLER, Workspace

pytestmark = sqlite_only


class Desk:
    """A shop with some buyers, its panel, and the caller's page on it."""

    def __init__(self, workspace: Workspace, panel: Panel, page: Page) -> None:
        self.workspace, self.panel, self.page = workspace, panel, page

    def begin(self) -> None:
        """Sign in and take the first customer."""
        self.panel.sign_in(self.page, CALLER)
        self.press("n")
        expect(self.page.locator("#call")).to_be_visible()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def dial(self) -> None:
        self.press("d")
        expect(self.page.locator("#hang-up")).to_be_visible()

    def say(self, *answers: str) -> None:
        """Walk the dialogue with the arrows until these answers, taking each with Enter."""
        for answer in answers:
            branches = self.page.locator(
                ".dialogue:not([hidden]) .moment:not([hidden]) .branches a"
            )
            wanted = branches.filter(has_text=answer).first
            expect(wanted).to_be_visible()
            for _ in range(branches.count()):
                self.press("ArrowDown")
                if wanted.evaluate("it => it === document.activeElement"):
                    break
            expect(wanted).to_be_focused()
            self.press("Enter")

    def hang_up(self) -> None:
        """Hold H for as long as it takes."""
        self.page.keyboard.down("h")
        expect(self.page.get_by_text("已挂断，请填结果")).to_be_visible()
        self.page.keyboard.up("h")

    def recorded(self) -> list[tuple[str, str | None]]:
        return self.workspace.outcomes()


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, engine: Engine, database_url: str, tmp_path: Path, page: Page
) -> Iterator[Desk]:
    buyers: tuple[str, ...] = request.param
    workspace = Workspace(database_url, tmp_path, SystemClock(), buyers)
    with served(workspace.runtime) as panel:
        yield Desk(workspace, panel, page)
    workspace.shop.close()


def with_buyers(*buyers: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("desk", [buyers], indirect=True, ids=["+".join(buyers)])


@with_buyers("欠款")
def test_a_reminder_is_worked_by_keyboard_alone(desk: Desk) -> None:
    desk.begin()
    desk.dial()
    expect(desk.page.locator("[data-line]")).to_have_text("练习：当作已经拨打")
    desk.say("是本人")
    expect(desk.page.locator("[data-line]")).to_have_text("通话中")
    desk.say("方便", "答应付款")
    expect(desk.page.get_by_label("本人·答应付款")).to_be_checked()
    desk.hang_up()
    expect(desk.page.locator("[data-wrap-up-shown]")).to_contain_text("小结 0")
    desk.press("Enter")
    expect(desk.page.get_by_text("已记录。")).to_be_visible()
    assert desk.recorded() == [("dunning", "will_pay")]


@with_buyers("签收")
def test_r_cb_6_a_callback_with_a_complaint_by_keyboard_alone(desk: Desk) -> None:
    desk.begin()
    expect(desk.page.get_by_text("样例快递")).to_be_visible()
    desk.dial()
    desk.press("f", "4", "Tab")
    expect(desk.page.get_by_label("不满意的地方")).to_be_focused()
    desk.page.keyboard.type("盖子裂了")
    desk.press("Tab", "Tab")
    desk.page.keyboard.type("一打开就是裂的")
    desk.press("Escape", "3")
    expect(desk.page.get_by_label("问题和原因")).to_be_focused()
    desk.page.keyboard.type("盖子破损")
    expect(desk.page.get_by_label("登记售后", exact=True)).to_have_value("product")
    expect(desk.page.get_by_text("最晚 明天 09:3")).to_be_visible()
    desk.press("Tab", "Enter")
    expect(desk.page.get_by_text("已记录。")).to_be_visible()
    (said,) = desk.workspace.shop.rows(feedback)
    assert (said.effect, said.complaint, said.verbatim) == ("bad", "盖子裂了", "一打开就是裂的")
    assert said.product == "多肉植物六盆装"
    (case,) = desk.workspace.shop.rows(service_case)
    assert (case.kind, case.cause, case.handler) == ("product", "盖子破损", CALLER)


@with_buyers("缺货")
def test_r_oos_1_a_stock_out_refusal_is_asked_once_more_and_opens_a_case(desk: Desk) -> None:
    desk.begin()
    expect(desk.page.get_by_text("预计 5月20日 周二 到货")).to_be_visible()
    expect(desk.page.locator(".order").get_by_text("供应商晚到")).to_be_visible()
    desk.dial()
    desk.press("3")
    expect(desk.page.get_by_label("问题和原因")).to_be_focused()
    desk.page.keyboard.type("等不了")
    desk.page.wait_for_timeout(3300)
    assert desk.recorded() == [("stock_out", None)]
    desk.press("Tab")
    expect(desk.page.locator("#save")).to_contain_text("确认“不同意，要退款或换货”")
    desk.press("Enter", "Enter")
    expect(desk.page.get_by_text("任务结束：不同意，转售后")).to_be_visible()
    (case,) = desk.workspace.shop.rows(service_case)
    assert (case.kind, case.cause) == ("refund", "等不了")


@with_buyers("缺货")
def test_r_case_1_a_problem_typed_for_a_case_is_not_lost_silently(desk: Desk) -> None:
    desk.begin()
    desk.dial()
    desk.press("3")
    desk.page.keyboard.type("等不了")
    lost = desk.page.get_by_text("备注会保留，但不会登记售后")
    expect(lost).to_be_hidden()
    desk.press("Escape", "q")
    expect(lost).to_be_visible()
    desk.page.wait_for_timeout(3300)
    assert desk.recorded() == [("stock_out", None)], "not by itself"
    desk.press("3")
    expect(lost).to_be_hidden()
    desk.press("Escape", "q", "Enter")
    expect(desk.page.get_by_text("已记录。")).to_be_visible()
    assert desk.workspace.shop.rows(service_case) == []


@with_buyers("缺货")
def test_r_case_1_escape_and_enter_record_what_was_typed(desk: Desk) -> None:
    desk.begin()
    desk.dial()
    desk.press("1", "Tab")
    desk.page.locator("#note").fill("一起发")
    desk.press("Escape", "Enter")
    expect(desk.page.get_by_text("已记录。")).to_be_visible()


@with_buyers("两件事")
def test_r_repeat_2_two_matters_are_settled_in_one_call(desk: Desk) -> None:
    desk.begin()
    chips = desk.page.locator("[data-matter-chip]")
    expect(chips).to_have_count(2)
    expect(desk.page.get_by_text("本次通话还有：")).to_be_visible()
    desk.dial()
    expect(desk.page.locator("[data-of-matter]:visible")).to_have_text(["第 1 次 / 最多 3 次"])
    desk.press("1", "]")
    expect(desk.page.locator("[data-of-matter]:visible")).to_contain_text("第 1 次联系，最多 2 次")
    expect(desk.page.get_by_label("满意", exact=True)).to_be_visible()
    expect(desk.page.locator(".dialogue:not([hidden]) .moment:not([hidden])")).to_have_count(1)
    desk.press("1")
    expect(chips.nth(0)).to_contain_text("✓ 本人·答应付款")
    expect(chips.nth(1)).to_contain_text("✓ 满意")
    expect(desk.page.locator("#save")).to_be_focused()
    desk.press("Enter")
    expect(desk.page.get_by_text("回访也已记录。")).to_be_visible()
    assert desk.recorded() == [("dunning", "will_pay"), ("callback", "satisfied")]
    main, rider = desk.workspace.shop.attempts()
    assert rider.rides_on == main.id


@with_buyers("两件事")
def test_r_repeat_2_a_matter_not_talked_about_stays_open_and_is_said(desk: Desk) -> None:
    desk.begin()
    desk.dial()
    desk.press("1", "Enter")
    expect(desk.page.get_by_text("还没有结果：选一个，或再按一次记录")).to_be_visible()
    assert desk.recorded() == [("dunning", None)]
    desk.press("Enter")
    expect(desk.page.get_by_text("已记录。")).to_be_visible()
    assert desk.recorded() == [("dunning", "will_pay")]
    states = {row.kind: row.state for row in desk.workspace.shop.tasks()}
    assert states["callback"] != "closed"


@with_buyers("两件事")
def test_r_repeat_2_nobody_reached_counts_for_all_matters(desk: Desk) -> None:
    desk.begin()
    desk.dial()
    desk.press("q", "Enter")
    expect(desk.page.get_by_text("已记录。")).to_be_visible()
    assert desk.recorded() == [("dunning", "no_answer"), ("callback", "no_answer")]


@with_buyers("欠款", "签收")
def test_one_key_from_the_outcome_to_the_next_customer(desk: Desk) -> None:
    desk.begin()
    desk.dial()
    desk.press("q")
    expect(desk.page.get_by_text("秒后记录：无人接听")).to_be_visible()
    first = desk.page.locator(".buyer").inner_text()
    desk.press("n")
    expect(desk.page.locator(".buyer")).not_to_have_text(first)
    assert [outcome for _, outcome in desk.recorded()] == ["no_answer", None]


@with_buyers("欠款")
def test_leaving_the_page_in_the_moment_to_undo_sends_it(desk: Desk) -> None:
    desk.begin()
    desk.press("q")
    expect(desk.page.get_by_text("秒后记录：无人接听")).to_be_visible()
    desk.page.goto(f"{desk.panel.url}/call/todos")
    desk.page.get_by_role("link", name="我的今天").click()
    expect(desk.page.get_by_role("cell", name="无人接听")).to_be_visible()


@with_buyers("欠款")
def test_undo_takes_back_by_z_and_typing_stops_the_clock(desk: Desk) -> None:
    desk.begin()
    bar = desk.page.get_by_text("秒后记录：无人接听")
    desk.press("q", "z")
    expect(bar).to_be_hidden()
    desk.press("q")
    desk.page.get_by_label("备注").click()
    expect(bar).to_be_hidden()
    desk.page.wait_for_timeout(3300)
    assert desk.recorded() == [("dunning", None)]


@with_buyers("欠款")
def test_r_etq_1_hanging_up_lights_up_after_five_seconds(desk: Desk) -> None:
    desk.page.clock.install()
    desk.begin()
    desk.dial()
    button = desk.page.locator("#hang-up")
    expect(button).to_have_class("btn btn-bad btn-lg dim")
    desk.press("g")
    expect(button).to_contain_text("让客户先挂 5")
    desk.page.clock.run_for(2000)
    expect(button).to_contain_text("让客户先挂 3")
    desk.press("h")
    expect(button).to_be_visible()
    desk.page.clock.run_for(3300)
    expect(button).to_contain_text("挂断")
    expect(button).not_to_have_class("btn btn-bad btn-lg dim")
    desk.press("h")
    expect(desk.page.get_by_text("已挂断，请填结果")).to_be_visible()


@with_buyers("欠款")
def test_r_etq_1_a_second_of_holding_hangs_up_by_mouse_too(desk: Desk) -> None:
    desk.begin()
    desk.dial()
    button = desk.page.locator("#hang-up")
    button.click()
    expect(button).to_contain_text("让客户先挂")
    box = button.bounding_box()
    assert box is not None
    desk.page.mouse.move(box["x"] + 20, box["y"] + 20)
    desk.page.mouse.down()
    expect(desk.page.get_by_text("已挂断，请填结果")).to_be_visible()
    desk.page.mouse.up()


@with_buyers("欠款")
def test_the_wrap_up_runs_over_and_records_nothing(desk: Desk) -> None:
    desk.page.clock.install()
    desk.begin()
    desk.dial()
    desk.page.locator("#goodbye").click()
    desk.page.clock.run_for(5500)
    desk.press("h")
    shown = desk.page.locator("[data-wrap-up-shown]")
    expect(shown).to_contain_text("小结 0")
    desk.workspace.move("05-13 09:33")
    desk.page.clock.run_for(4000)
    expect(shown).to_contain_text("小结超时")
    assert desk.recorded() == [("dunning", None)]
    desk.press("x")
    expect(desk.page.locator("#more-time")).to_be_disabled()


@with_buyers("欠款")
def test_r_hours_7_a_wish_outside_the_windows_is_moved_and_said_first(desk: Desk) -> None:
    desk.begin()
    desk.dial()
    desk.press("7")
    said = desk.page.locator("[data-wish-said]")
    desk.page.get_by_label("客户说的钟点").fill("12:30")
    expect(said).to_contain_text("12:30 不能打，顺延到 今天 13:00，请先跟客户说")
    desk.page.get_by_role("button", name="今晚").click()
    expect(desk.page.get_by_label("约好回电")).to_have_value("2025-05-13T18:00:00+08:00")
    expect(said).to_contain_text("这个时段还没有约人")
    desk.page.get_by_role("button", name="明天下午").click()
    desk.page.get_by_role("button", name="记录结果").click()
    expect(desk.page.get_by_text("下次联系：明天 14:00")).to_be_visible()


@with_buyers("欠款")
def test_skipping_takes_two_keys(desk: Desk) -> None:
    desk.begin()
    desk.press("s", "2")
    expect(desk.page.get_by_text("已跳过，组长会看到原因")).to_be_visible()
    with desk.workspace.runtime.snapshot() as connection:
        reason = connection.execute(select(attempt.c.end_reason)).scalar_one()
    assert reason == "方言听不懂，请同事打"


@with_buyers("欠款")
def test_r_cpl_1_a_card_is_open_in_a_second_and_closed_by_escape(desk: Desk) -> None:
    desk.begin()
    desk.dial()
    desk.press("k", "6")
    expect(desk.page.get_by_role("tabpanel", name="发泄情绪")).to_be_visible()
    desk.press("Escape")
    expect(desk.page.locator("#cards")).to_be_hidden()
    assert desk.page.locator(".outcome-radio:checked").count() == 0


@with_buyers("欠款")
def test_r_pii_1_the_number_is_hidden_and_shown_by_a_key(desk: Desk) -> None:
    desk.begin()
    number = desk.page.locator("[data-phone]")
    whole = number.inner_text()
    desk.press("p")
    expect(number).to_contain_text("****")
    desk.press("p")
    expect(number).to_have_text(whole)


@with_buyers("欠款")
def test_r_msg_1_the_text_for_the_chat_and_ones_own_customers(desk: Desk) -> None:
    desk.begin()
    desk.press("m")
    expect(desk.page.locator("#message .message-text")).to_contain_text("四季花坊")
    desk.press("Escape", "q", "Enter")
    expect(desk.page.locator("#idle")).to_be_visible()
    desk.press("/")
    desk.page.keyboard.type("欠")
    expect(desk.page.locator("#search .found")).to_contain_text("欠款")
    desk.page.locator("#search-words").fill("没有这个人")
    expect(desk.page.get_by_text("最近 30 天里没有打过这位客户")).to_be_visible()


@with_buyers("两件事")
@pytest.mark.parametrize("size", [(1366, 768), (1440, 820)], ids=["1366x768", "1440x820"])
def test_callback_and_note_stand_above_the_fold(desk: Desk, size: tuple[int, int]) -> None:
    desk.page.set_viewport_size({"width": size[0], "height": size[1]})
    desk.begin()
    desk.dial()
    desk.press("7")
    for field in (desk.page.locator("#callback-at"), desk.page.locator("#note")):
        expect(field).to_be_in_viewport(ratio=1)
    expect(desk.page.locator("#save")).to_be_in_viewport(ratio=1)
    expect(desk.page.locator("label[for=o-busy]").last).to_be_in_viewport()
