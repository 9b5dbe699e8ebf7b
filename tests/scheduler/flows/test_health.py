"""What the doctor says about the shop's data."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from adapters.clock import SystemClock
from campaigns.values import LineName
from scheduler.flows.health import Finding, examine, look_at
from scheduler.flows.line_choice import set_choice
from scheduler.flows.shop import set_clock
from tests.databases import sqlite_only
from tests.scheduler.flows.line_rows import given, given_event, given_texts
from tests.shops import Shop
from tests.web import panel_shop


@sqlite_only
def test_r_dun_4_the_age_of_the_last_import_is_said_as_people_say_it(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    runtime = panel_shop.open_shop(engine, database_url, tmp_path, machine=SystemClock())
    panel_shop.fill(runtime)
    ages = ((6, "6 分钟前"), (70, "1.2 小时前"), (150, "2.5 小时前"), (3 * 24 * 60, "3 天前"))
    for minutes, said in ages:
        set_clock(runtime, "test", to=panel_shop.MORNING + timedelta(minutes=minutes, seconds=10))
        details = {finding.name: finding.detail for finding in examine(runtime.settings)}
        assert details["订单导入"] == f"最近一次在 {said}"


def lines_of(shop: Shop) -> dict[str, Finding]:
    now = shop.runtime.now()
    with shop.runtime.snapshot() as connection:
        found = look_at(shop.runtime, connection, now)
    return {f.name: f for f in found if f.name.startswith(("线路", "短信"))}


def test_a_shop_that_calls_by_hand_hears_nothing_of_lines(shop: Shop) -> None:
    assert lines_of(shop) == {}
    set_choice(shop.runtime, "call", "all", LineName.MANUAL, shop.runtime.now(), "周主管")
    assert lines_of(shop) == {}
    set_choice(shop.runtime, "call", "all", LineName.TWILIO, shop.runtime.now(), "周主管")
    assert lines_of(shop)["线路"] == Finding("线路", True, "最近一小时没有用过", is_needed=False)


def test_a_line_of_which_a_fifth_fails_is_a_finding(shop: Shop) -> None:
    given(shop, 4, "not_sent")
    assert lines_of(shop)["线路"].ok, "four requests say nothing"
    given(shop, 1)
    assert not lines_of(shop)["线路"].ok
    assert lines_of(shop)["线路"].detail == "最近一小时 5 次，5 次没有成功（100%）"
    assert lines_of(shop)["线路核对"].ok
    given(shop, 17, "ended", answered_machine=None)
    assert not lines_of(shop)["线路"].ok
    given(shop, 4, "refused")
    assert lines_of(shop)["线路"].ok, "a wrong number is no fault of the line"
    given(shop, 4)
    assert not lines_of(shop)["线路核对"].ok


def test_what_a_line_told_must_be_worked_off_in_a_minute(shop: Shop) -> None:
    for seconds, in_time in ((50, True), (70, False)):
        given_event(shop, timedelta(seconds=seconds))
        assert lines_of(shop)["线路通知"].ok is in_time


def test_texts_that_wait_too_long_are_a_finding(shop: Shop) -> None:
    now = shop.runtime.now()
    given_texts(shop, 2, "queued", not_before=now + timedelta(hours=2))
    given_texts(shop, 1, "queued", not_before=now - timedelta(minutes=50))
    assert lines_of(shop)["短信队列"].ok
    assert lines_of(shop)["短信队列"].detail == "3 条等着发送，其中 1 条已到时间"
    given_texts(shop, 1, "queued", not_before=now - timedelta(minutes=70))
    assert not lines_of(shop)["短信队列"].ok
