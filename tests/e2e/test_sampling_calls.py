"""A caller's sampling calls by keyboard alone: scores, reasons, the promised answer, the way kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine, insert, select

from adapters.clock import SystemClock
from adapters.store.models.calls import attempt
from adapters.store.models.sampling import escalation, sample, sample_member, score
from tests.databases import sqlite_only
from tests.e2e.served import served
from tests.e2e.test_caller_workspace import Desk
from tests.factories import at
from tests.web.workspace import CALLER, LEADER, Workspace

pytestmark = sqlite_only

MORNING = "05-27 09:30"


def sampled(workspace: Workspace, *buyers: str, detail: str = "花盆碎了两个") -> None:
    """These buyers were drawn from the after-sales register; their handler is 孙悦."""
    shop = workspace.shop
    for rank, buyer in enumerate(buyers, start=1):
        customer = shop.customer(buyer)
        shop.phone(customer)
        task = shop.sampled(customer)
        enter(workspace, customer, task, rank, detail)


def enter(workspace: Workspace, customer: int, task: int, rank: int, detail: str) -> None:
    with workspace.shop.runtime.transaction() as connection:
        found = connection.execute(select(sample.c.id)).scalar()
        if found is None:
            values = {
                "month": "2025-05",
                "campaign_id": workspace.shop.campaign_id,
                "state": "approved",
                "seed": 1,
                "wanted": 1,
                "scored_share": 800,
                "frame_size": 1,
                "frame_hash": "0",
                "list_hash": "0",
                "drawn_at": at("05-26 10:00"),
                "drawn_by": LEADER,
                "approved_at": at("05-26 11:00"),
                "approved_by": "周主管",
            }
            found = connection.execute(
                insert(sample).values(values).returning(sample.c.id)
            ).scalar_one()
        connection.execute(
            insert(sample_member).values(
                sample_id=found,
                customer_id=customer,
                source="after_sales",
                handler="孙悦",
                order_no="2025050100001",
                entered_on=date(2025, 5, 10),
                detail=detail,
                rank=rank,
                is_reserve=False,
                task_id=task,
                called_in_at=at("05-26 11:00"),
            )
        )


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, engine: Engine, database_url: str, tmp_path: Path, page: Page
) -> Iterator[Desk]:
    workspace = Workspace(database_url, tmp_path, SystemClock(), ())
    sampled(workspace, *getattr(request, "param", ("抽到一",)))
    workspace.move(MORNING)
    with served(workspace.runtime) as panel:
        yield Desk(workspace, panel, page)
    workspace.shop.close()


def talk(desk: Desk) -> None:
    """Take the customer, dial, hang up: only the outcome is open."""
    desk.begin()
    desk.dial()
    desk.hang_up()


def scores(desk: Desk) -> list[tuple[int, str, str | None, str | None]]:
    with desk.workspace.runtime.snapshot() as connection:
        rows = connection.execute(select(score).order_by(score.c.id)).all()
    return [(row.value, row.origin, row.reason, row.suggestion) for row in rows]


def test_the_page_says_why_this_customer_was_drawn_and_nothing_of_other_kinds(
    desk: Desk, axe: Callable[[Page], list[str]]
) -> None:
    desk.begin()
    page = desk.page
    for words in ("售后登记", "孙悦", "花盆碎了两个", "5月10日", "本月抽查到 5月31日 20:00"):
        expect(page.locator("#call")).to_contain_text(words)
    expect(page.locator("#strip")).to_contain_text("第 1 次 / 最多 4 次")
    expect(page.locator(".feedback")).to_have_count(0)
    expect(page.locator("#call")).not_to_contain_text("未付款")
    assert axe(page) == []


def test_r_smp_4_a_score_by_one_key_is_recorded_after_three_seconds(desk: Desk) -> None:
    talk(desk)
    desk.press("4")
    expect(desk.page.locator("#undo")).to_contain_text("已评分 4 分")
    expect(desk.page.get_by_label("建议 客户原话")).to_be_visible()
    expect(desk.page.locator("#idle")).to_be_visible()
    assert scores(desk) == [(4, "customer", None, None)]


def test_the_moment_to_undo_takes_a_score_back(desk: Desk) -> None:
    talk(desk)
    desk.press("5", "z")
    expect(desk.page.locator("#undo")).to_be_hidden()
    desk.press("3")
    expect(desk.page.get_by_label("哪里要改进")).to_be_visible()
    desk.press("Enter")
    expect(desk.page.locator("#idle")).to_be_visible()
    assert scores(desk) == [(3, "customer", None, None)]


def test_r_smp_4_a_low_score_needs_the_customers_words_beside_the_field(
    desk: Desk, axe: Callable[[Page], list[str]]
) -> None:
    talk(desk)
    page = desk.page
    desk.press("2")
    reason = page.get_by_label("具体原因")
    expect(reason).to_be_focused()
    desk.press("Escape", "Enter")
    expect(page.locator("#reason-fault")).to_have_text("1 分和 2 分要写明客户说的原因")
    expect(reason).to_be_focused()
    assert axe(page) == []
    page.keyboard.type("换货等了 5 天，没人回")
    expect(page.locator("#reason-fault")).to_be_hidden()
    expect(page.locator("#score-2")).to_be_checked()  # digits are dead in a field
    desk.press("Escape", "Enter")
    expect(page.locator("#idle")).to_be_visible()
    assert scores(desk) == [(2, "customer", "换货等了 5 天，没人回", None)]


def test_during_the_talk_a_score_turns_the_dialogue_to_its_question(desk: Desk) -> None:
    desk.begin()
    desk.dial()
    page = desk.page
    for _ in range(4):
        if page.locator('.moment:not([hidden]) .branches a[data-go="score_5"]').count():
            break
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    expect(page.locator('.moment:not([hidden]) .branches a[data-go="score_5"]')).to_be_visible()
    desk.press("5")
    expect(page.locator('.moment:not([hidden])[data-moment="score_5"]')).to_be_visible()
    praise = page.get_by_label("表扬的话")
    expect(praise).to_be_focused()
    page.keyboard.type("孙悦很耐心")
    desk.press("Escape")
    desk.hang_up()
    desk.press("Enter", "Enter")
    expect(page.locator("#idle")).to_be_visible()
    assert scores(desk) == [(5, "customer", None, "孙悦很耐心")]
    with desk.workspace.runtime.snapshot() as connection:
        path = connection.execute(select(attempt.c.path)).scalar_one()
    walked = json.loads(path)
    assert walked[0] == "dial"
    assert walked[-1] == "score_5"


def test_a_branch_with_a_score_preselects_it_and_a_reload_keeps_the_place(desk: Desk) -> None:
    desk.begin()
    desk.dial()
    page = desk.page
    for _ in range(4):
        link = page.locator('.moment:not([hidden]) .branches a[data-go="score_3"]')
        if link.count():
            link.focus()
            desk.press("Enter")
            break
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    expect(page.locator("#score-3")).to_be_checked()
    expect(page.locator("#o-scored")).to_be_checked()
    way = page.locator("[name=path]").input_value()
    page.reload()
    expect(page.locator('.moment:not([hidden])[data-moment="score_3"]')).to_be_visible()
    expect(page.locator("[name=path]")).to_have_value(way)
    expect(page.locator("#score-3")).to_be_checked()


def test_r_smp_8_what_counts_by_rule_is_said_before_it_is_sent(desk: Desk) -> None:
    talk(desk)
    desk.press("a")
    expect(desk.page.locator("[data-by-rule-said]")).to_contain_text("按规定记 3 分")
    expect(desk.page.locator("#undo")).to_contain_text("按规定记 3 分")
    desk.press("Enter")
    expect(desk.page.locator("#idle")).to_be_visible()
    assert scores(desk) == [(3, "rule", None, None)]


def test_a_complaint_keeps_its_outcome_when_a_score_follows(desk: Desk) -> None:
    talk(desk)
    desk.press("c", "z", "4")
    expect(desk.page.locator("#o-complaint_solved")).to_be_checked()
    desk.press("Enter")
    expect(desk.page.locator("#idle")).to_be_visible()
    assert [code for _, code in desk.recorded()] == ["complaint_solved"]
    assert scores(desk) == [(4, "customer", None, None)]


def escalate(desk: Desk) -> None:
    talk(desk)
    desk.press("j")
    page = desk.page
    expect(page.locator(".promise")).to_contain_text("30 分钟内答复，最晚 今天 10:0")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("少发一株，要今天补发")
    desk.press("Escape", "Enter")
    expect(page.locator("#idle")).to_be_visible()


def test_r_smp_5_escalated_counted_down_called_back_and_answered(
    desk: Desk, axe: Callable[[Page], list[str]]
) -> None:
    escalate(desk)
    page = desk.page
    strip = page.locator(".escalations")
    expect(strip).to_contain_text("抽到一")
    expect(strip.locator(".timer")).to_have_text(re.compile(r"还剩 (30:00|29:\d\d)"))
    assert axe(page) == []
    desk.workspace.move("05-27 09:52")
    page.reload()
    expect(strip.locator(".timer-warn")).to_have_text(re.compile(r"快到时限 0\d:\d\d"))
    ready = page.get_by_role("button", name="有答复了，马上回电")
    ready.focus()
    desk.press("Enter")
    expect(page.locator("#call")).to_be_visible()
    expect(page.locator(".buyer")).to_have_text("抽到一")
    expect(page.locator(".reasons")).to_contain_text("答应了给答复")
    desk.dial()
    desk.hang_up()
    desk.press("c")
    desk.press("Enter")
    expect(page.locator("#idle")).to_be_visible()
    expect(strip).to_have_count(0)
    with desk.workspace.runtime.snapshot() as connection:
        row = connection.execute(select(escalation)).one()
    assert row.answered_by == CALLER
    assert row.breached_at is None


def test_r_smp_5_an_answer_in_the_chat_needs_words_and_a_breach_is_said(desk: Desk) -> None:
    escalate(desk)
    page = desk.page
    desk.workspace.move("05-27 10:30")
    page.goto(f"{desk.panel.url}/call/day")
    expect(page.locator(".escalations .timer-bad")).to_have_text(re.compile(r"已超时 \d\d:\d\d"))
    page.locator(".answered summary").focus()
    desk.press("Enter")
    field = page.get_by_label("怎么答复的")
    expect(field).to_be_focused()
    page.keyboard.type("   ")
    desk.press("Enter")
    expect(page.locator(".answered [data-fault]")).to_contain_text("请写明怎么答复的")
    page.keyboard.type("今天补发，单号已给")
    desk.press("Enter")
    expect(page.locator(".escalations")).to_have_count(0)
    with desk.workspace.runtime.snapshot() as connection:
        row = connection.execute(select(escalation)).one()
    assert row.answer == "今天补发，单号已给"


def test_r_smp_5_a_leader_sees_everybodys_and_hands_one_over(
    desk: Desk, new_context: Callable[..., BrowserContext], axe: Callable[[Page], list[str]]
) -> None:
    escalate(desk)
    page = new_context(viewport={"width": 360, "height": 800}).new_page()
    desk.panel.sign_in(page, LEADER)
    table = page.get_by_role("region", name="等答复的投诉")
    expect(table).to_contain_text(CALLER)
    expect(table).to_contain_text("还没接手")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    table.get_by_label("转给谁").select_option("孙悦")
    table.get_by_role("button", name=re.compile("^转给")).press("Enter")
    expect(page.locator(".flash")).to_contain_text("已转给 孙悦")
    expect(table).to_contain_text("在处理")
    desk.page.reload()
    expect(desk.page.locator(".escalations")).to_have_count(0)
