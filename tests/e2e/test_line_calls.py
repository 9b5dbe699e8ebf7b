"""Calls through a line: a real browser, a real server, and the training carrier as a process beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from tests.databases import sqlite_only
from tests.e2e.line_desk import LineDesk, open_line_desk
from tests.e2e.test_sampling_calls import scores

pytestmark = sqlite_only


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, engine: Engine, database_url: str, tmp_path: Path, page: Page
) -> Iterator[LineDesk]:
    with open_line_desk(database_url, tmp_path, page, request.param) as opened:
        yield opened


def with_buyers(*buyers: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("desk", [buyers], indirect=True, ids=["+".join(buyers)])


def state_of(desk: LineDesk) -> Any:
    return desk.page.locator(".phone-state")


@with_buyers("欠款")
def test_keys_that_would_leave_a_ringing_call_say_what_is_first(desk: LineDesk) -> None:
    desk.script({"欠款": {"does": "rings_out"}})
    desk.begin()
    desk.press("d")
    expect(state_of(desk)).to_contain_text("客户的电话在响")
    hint = desk.page.locator("[data-hint]")
    expect(hint).to_be_hidden()
    for key in ("n", "d", "Enter"):
        desk.page.evaluate("document.querySelector('[data-hint]').hidden = true")
        desk.page.evaluate("document.activeElement.blur()")
        desk.press(key)
        expect(hint).to_have_text("还在响铃，先按 H 挂断")
        expect(hint).to_be_visible()
    expect(desk.page.locator("#spoken")).to_have_text("还在响铃，先按 H 挂断")
    desk.press("h")
    expect(state_of(desk)).to_contain_text("您在客户接听前挂断：无人接听")


@with_buyers("欠款")
def test_a_call_is_followed_from_the_first_ring_to_the_outcome(
    desk: LineDesk, axe: Callable[[Page], list[str]]
) -> None:
    desk.script({"欠款": {"does": "answers", "after_s": 1.5, "talks_s": 600.0}})
    page = desk.page
    desk.begin()
    expect(page.locator(".line-name")).to_have_text("训练线路（不会打到真实电话）")
    desk.press("d")
    expect(state_of(desk)).to_contain_text("正在呼叫您的话机，请接听")
    expect(page.locator("#hang-up")).not_to_have_class(re.compile(r"\bdim\b"))
    expect(state_of(desk)).to_contain_text("客户的电话在响")
    expect(state_of(desk)).to_contain_text(re.compile(r"客户已接听\s*00:0\d"))
    expect(page.locator("#spoken")).to_have_text("客户已接听")
    expect(page.locator("#hang-up")).to_have_class(re.compile(r"\bdim\b"))
    assert axe(page) == []
    page.get_by_label("备注").fill("晚上八点付")
    desk.customer_hangs_up()
    expect(state_of(desk)).to_contain_text("通话已结束，请填结果")
    expect(state_of(desk)).to_contain_text("小结")
    expect(page.get_by_label("备注")).to_have_value("晚上八点付")
    desk.press("Escape", "1", "Enter")
    expect(page.locator("#idle")).to_be_visible()
    assert desk.recorded() == [("dunning", "will_pay")]
    assert desk.states() == ["ended"]


@with_buyers("欠款", "签收")
def test_who_does_not_answer_is_chosen_and_h_is_lit_while_it_rings(desk: LineDesk) -> None:
    desk.script({"欠款": {"does": "busy"}, "签收": {"does": "busy"}})
    desk.begin()
    desk.press("d")
    page = desk.page
    expect(state_of(desk)).to_contain_text("通话已结束：占线")
    expect(page.locator("#o-line_busy")).to_be_checked()
    assert {code for _, code in desk.recorded()} == {None}, "chosen, not saved"
    desk.press("Enter")
    expect(page.locator("#idle")).to_be_visible()
    assert "line_busy" in {code for _, code in desk.recorded()}
    desk.script({"欠款": {"does": "rings_out"}, "签收": {"does": "rings_out"}})
    desk.press("n")
    expect(page.locator("#call")).to_be_visible()
    desk.press("d")
    expect(state_of(desk)).to_contain_text("客户的电话在响")
    desk.press("h")
    expect(page.locator("#o-no_answer")).to_be_checked()


@with_buyers("欠款")
def test_what_says_reached_is_asked_once_more_where_nobody_answered(desk: LineDesk) -> None:
    desk.script({"欠款": {"does": "rings_out"}})
    desk.begin()
    desk.press("d")
    page = desk.page
    expect(state_of(desk)).to_contain_text("客户的电话在响")
    expect(page.locator(".path [aria-current]")).not_to_have_text("没接通")
    desk.press("h")
    expect(page.locator("#o-no_answer")).to_be_checked()
    expect(page.locator(".path [aria-current]")).to_have_text("没接通")
    desk.press("o")
    page.keyboard.type("信号不好")
    desk.press("Escape", "Enter")
    before = page.locator("#before-saving")
    expect(before).to_contain_text("线路显示客户没有接听，“其他”会算接通。")
    assert desk.recorded() == [("dunning", None)]
    desk.press("Enter")
    expect(page.locator("#idle")).to_be_visible()
    assert desk.recorded() == [("dunning", "other")]


@with_buyers("欠款", "签收")
def test_c2_8_an_unknown_call_is_left_and_comes_back(
    desk: LineDesk, axe: Callable[[Page], list[str]]
) -> None:
    """The line said nothing: nobody dials again, others are called, and the call is found again."""
    fault = {"fault": "reset_before", "on": "calls.create", "nth": [1]}
    desk.script({}, rest=[fault])
    page = desk.page
    desk.begin()
    first = page.locator(".buyer").inner_text()
    desk.press("d")
    note = page.locator(".unsure")
    expect(note).to_contain_text("线路未确认，系统核对中，请勿重拨")
    expect(note.get_by_role("timer")).to_have_text(re.compile(r"^1[0-5]:\d\d$"))
    expect(page.locator("#dial")).to_have_count(0)
    assert axe(page) == []
    page.get_by_role("button", name="没有响").click()
    expect(page.locator("#rang-no")).to_have_attribute("aria-pressed", "true")
    desk.press("n")
    expect(page.locator(".buyer")).not_to_have_text(first)
    desk.press("s", "3")
    expect(page.locator("#idle")).to_be_visible()
    expect(page.locator(".parked")).to_contain_text(first)
    page.locator(".parked").get_by_role("button").click()
    expect(page.locator(".buyer")).to_have_text(first)


@with_buyers("抽到一")
def test_r_smp_4_the_score_by_key_arrives_in_the_form(desk: LineDesk) -> None:
    presses = {"does": "answers", "after_s": 1.0, "talks_s": 600.0, "digits": ["5"]}
    desk.script({"抽到一": presses})
    page = desk.page
    desk.begin()
    desk.press("d")
    expect(state_of(desk)).to_contain_text("客户已接听")
    desk.press("i")
    expect(state_of(desk)).to_contain_text("客户正在按键评分")
    expect(page.locator("#strip")).to_contain_text("客户按了 5 分")
    expect(page.locator("#score-5")).to_be_checked()
    expect(page.locator("[data-keypad]")).to_be_visible()
    expect(page.locator("#o-scored")).to_be_checked()
    page.locator("#save").press("Enter")
    expect(page.locator("#idle")).to_be_visible()
    assert scores(desk) == [(5, "keypad", None, None)]


@with_buyers("抽到一")
def test_r_smp_4_the_customers_own_key_is_not_overtyped(desk: LineDesk) -> None:
    presses = {"does": "answers", "after_s": 1.0, "talks_s": 600.0, "digits": ["4"]}
    desk.script({"抽到一": presses})
    page = desk.page
    desk.begin()
    desk.press("d")
    expect(state_of(desk)).to_contain_text("客户已接听")
    desk.press("i")
    expect(state_of(desk)).to_contain_text("客户正在按键评分")
    expect(page.locator("#more-time")).to_have_count(0)
    expect(page.locator("[data-wrap-up-shown]")).to_have_count(0)
    desk.press("n")
    expect(page.locator("[data-hint]")).to_have_text("客户还在按键评分，请等一下")
    expect(page.locator("#strip")).to_contain_text("客户按了 4 分")
    expect(page.locator("#score-2")).to_be_disabled()
    expect(page.locator("[data-keypad-why]")).to_be_visible()
    desk.press("2")
    expect(page.locator("#spoken")).to_have_text("客户按了 4 分，不能改")
    expect(page.locator("#score-4")).to_be_checked()
    expect(page.locator("#reason")).to_be_hidden()
    desk.press("7", "Escape", "v")
    expect(page.locator("#score-4")).to_be_checked()
    expect(state_of(desk)).to_contain_text("小结")
    page.locator("#save").press("Enter")
    expect(page.locator("#idle")).to_be_visible()
    assert scores(desk) == [(4, "keypad", None, None)]


@with_buyers("抽到一")
def test_r_smp_4_that_nothing_was_pressed_is_said(desk: LineDesk) -> None:
    desk.script({"抽到一": {"does": "answers", "after_s": 1.0, "talks_s": 600.0}})
    desk.begin()
    desk.press("d")
    expect(state_of(desk)).to_contain_text("客户已接听")
    desk.press("i")
    expect(state_of(desk)).to_contain_text("客户正在按键评分")
    desk.customer_hangs_up()
    expect(state_of(desk)).to_contain_text("通话已结束，客户没有按键")
    expect(desk.page.locator("#more-time")).to_be_visible()
    expect(desk.page.locator("[data-wrap-up-shown]")).to_have_text(re.compile(r"小结 00:[56]\d"))
