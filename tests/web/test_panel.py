"""The panel: page, CSV, XLSX and command line say the same; each figure leads to its rows."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import openpyxl
import pytest
from flask import Flask

from campaigns.ledger import as_json_rows
from campaigns.values import Person, Role
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.panel import PanelAsked, asked_of, panel_days, panel_ledgers, panel_now
from scheduler.flows.people import caller_named
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor
from tests.web.sampling import month
from web.supervisor.charts import money_chart, rate_chart

DAY = panel_shop.MORNING.date()
CODES = ("will_pay", "no_answer", "says_paid")
TABLES = ("funnel", "by-campaign", "by-day", "by-caller", "contact", "callers", "overdue")


@pytest.fixture
def supervisor(signed_in: Callable[[Role], Visitor]) -> Visitor:
    return signed_in(Role.SUPERVISOR)


def work(runtime: Runtime) -> None:
    """Three calls entered, one payment known later, and one call under way."""
    panel_shop.fill(runtime)
    person = caller_named(runtime, "陈晨")
    assert isinstance(person, Person)
    for code in (*CODES, None):
        held = next_call(runtime, person, runtime.now())
        assert isinstance(held, HandOut)
        dial(runtime, held.attempt_id, runtime.now(), person)
        if code is not None:
            form = OutcomeForm(code, note="下班再打")
            record_outcome(runtime, held.attempt_id, form, runtime.now(), person)


def steps_of(page: str) -> list[int]:
    funnel = page.split('<ol class="funnel">', 1)[1].split("</ol>", 1)[0]
    return [int(number) for number in re.findall(r"<b>(\d+)</b>", funnel)]


def test_the_funnel_says_where_today_stands_and_leads_to_its_tasks(
    runtime: Runtime, supervisor: Visitor
) -> None:
    work(runtime)
    page = supervisor.get("/panel").text
    assert steps_of(page) == [4, 4, 4, 2, 2, 0]
    for link, figure in re.findall(r'<a href="(/panel/steps/[^"]*)"><b>(\d+)</b>', page):
        listed = supervisor.get(unescape(link)).text
        assert listed.count('<th scope="row"') == int(figure), link
        assert re.search(r"184\d{8}", listed) is None


def test_r_dun_8_each_figure_of_money_and_each_cell_leads_to_as_many_calls(
    runtime: Runtime, supervisor: Visitor
) -> None:
    work(runtime)
    page = supervisor.get("/panel").text
    links = re.findall(r'<a href="(/desk/calls\?[^"]*)"[^>]*>(\d+)</a>', page)
    assert len(links) >= 5
    heat = re.findall(r'href="(/desk/calls\?[^"]*weekday[^"]*)"[^>]*>.*?<small>(\d+)<', page)
    assert [figure for _, figure in heat] == ["3"]
    for address, figure in (*links, *heat):
        listed = supervisor.get(unescape(address)).text
        assert f"{figure} 通" in listed, address
        assert listed.count('data-label="号码"') == int(figure), address


def test_r_dun_8_page_files_and_command_line_agree(
    runtime: Runtime, supervisor: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    work(runtime)
    now = runtime.now()
    made = panel_ledgers(
        panel_now(runtime, now), panel_days(runtime, asked_of(None, None, None, now), now)
    )
    assert tuple(made) == TABLES
    page = supervisor.get("/panel").text
    for code, ledger in made.items():
        text = supervisor.get(f"/panel/tables/{code}.csv").data.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text)))
        assert lines[0] == [column.name for column in ledger.form.columns]
        assert len(lines) == len(ledger.rows) + 2
        for line, row in zip(lines[1:], as_json_rows(ledger), strict=False):
            shown = [
                "" if v is None else f"{v:.4f}" if isinstance(v, float) else str(v)
                for v in row.values()
            ]
            assert line == shown, code
        sheet = openpyxl.load_workbook(
            io.BytesIO(supervisor.get(f"/panel/tables/{code}.xlsx").data)
        ).active
        assert sheet is not None
        assert sheet.max_row == len(ledger.rows) + 3
        assert f"/panel/tables/{code}.csv" in page
    (money,) = as_json_rows(made["by-campaign"])
    assert page.count(f"{float(str(money['未付款总金额'])):,.2f}") >= 3
    _ = capsys


def test_r_aud_1_a_table_that_is_taken_out_is_noted(runtime: Runtime, supervisor: Visitor) -> None:
    work(runtime)
    answer = supervisor.get("/panel/tables/by-day.csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    with runtime.snapshot() as connection:
        found = connection.exec_driver_sql(
            "SELECT subject, \"after\" FROM audit WHERE what = 'ledger.exported'"
        ).all()
    assert [row.subject for row in found] == ["ledger:by-day"]
    assert json.loads(found[0].after)["rows"] == 1
    assert supervisor.get("/panel/tables/love.csv").status_code == 404
    assert supervisor.get("/panel/tables/by-day.pdf").status_code == 404


def test_parts_are_renewed_by_themselves_with_their_time(
    runtime: Runtime, supervisor: Visitor
) -> None:
    work(runtime)
    for part in ("/panel/now", "/panel/days"):
        text = supervisor.get(part).text
        assert "截至 09:05" in text
        assert "<html" not in text
    assert "通话中" in supervisor.get("/panel/now").text


def test_what_is_late_stands_at_the_top(runtime: Runtime, supervisor: Visitor) -> None:
    work(runtime)
    page = supervisor.get("/panel").text
    assert 'class="tile"' in page
    from scheduler.flows.shop import set_clock  # noqa: PLC0415

    later = panel_shop.MORNING.replace(hour=9, minute=50)
    set_clock(runtime, "init", to=later, ticks=False)
    page = supervisor.get("/panel").text
    assert re.search(r'tile tile-bad" href="/desk/lists" title="[^"]*R-CLAIM-1', page)
    assert '<span class="visually-hidden"' in page
    assert "结果没填" in supervisor.get("/panel/now").text


def test_pictures_are_drawn_under_a_policy_of_their_own(
    runtime: Runtime, supervisor: Visitor
) -> None:
    work(runtime)
    for name in ("money", "rate"):
        for theme in ("light", "dark"):
            answer = supervisor.get(f"/panel/charts/{name}.svg?theme={theme}")
            assert answer.mimetype == "image/svg+xml"
            assert "<script" not in answer.text
            assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert supervisor.get("/panel/charts/love.svg").status_code == 404
    assert supervisor.get("/panel/charts/money.svg?theme=red").status_code == 404
    assert "03-04" in supervisor.get("/panel/charts/money.svg").text


def test_days_without_calls_are_gaps_in_the_charts(
    runtime: Runtime, app: Flask, supervisor: Visitor
) -> None:
    work(runtime)
    days = panel_days(runtime, asked_of(None, None, None, runtime.now()), runtime.now())
    (row,) = days.by_day
    assert isinstance(row.head, date)
    apart = replace(days, by_day=(row, replace(row, head=row.head + timedelta(days=3))))
    with app.test_request_context():
        picture = rate_chart(apart, "light").decode()
        assert all(f"03-0{day}" in money_chart(apart, "light").decode() for day in (4, 5, 6, 7))
    lines = re.findall(r'<path d="([^"]*)" class="line', picture)
    assert not any("L" in line for line in lines), "two days apart are not joined"


@sqlite_only
def test_nonsense_is_refused_beside_the_form(supervisor: Visitor) -> None:
    for query in (
        "from=2026-03-09&to=2026-03-02",
        "from=2020-01-01&to=2026-01-01",
        "from=today",
        "campaign=x",
    ):
        answer = supervisor.get(f"/panel?{query}")
        assert (answer.status_code, 'role="alert"' in answer.text) == (400, True), query
    assert supervisor.get("/panel?campaign=99").status_code == 404
    assert supervisor.get("/panel/steps/love").status_code == 404
    assert supervisor.get("/calls/none").status_code == 404


@sqlite_only
def test_who_may_open_it(signed_in: Callable[[Role], Visitor]) -> None:
    found = {role: signed_in(role).get("/panel").status_code for role in Role}
    assert found == {
        Role.CALLER: 403,
        Role.LEADER: 200,
        Role.SUPERVISOR: 200,
        Role.ADMIN: 403,
    }
    assert signed_in(Role.SUPERVISOR).get("/").headers["Location"] == "/panel"


def test_a_campaign_shows_its_own_figures_only(runtime: Runtime, supervisor: Visitor) -> None:
    work(runtime)
    page = supervisor.get("/panel?campaign=2").text
    assert steps_of(page) == [0] * 6
    assert "这几天没有催款" in page
    now = runtime.now()
    of_one = panel_days(runtime, PanelAsked(DAY, DAY, 1), now)
    assert of_one.total == panel_days(runtime, PanelAsked(DAY, DAY), now).total


def test_r_aud_3_one_call_is_looked_into(runtime: Runtime, supervisor: Visitor) -> None:
    work(runtime)
    listed = supervisor.get("/desk/calls?outcome=will_pay").text
    path = re.search(r'href="(/calls/[^"]+)"', listed)
    assert path is not None
    page = supervisor.get(path[1]).text
    for text in ("分给坐席", "拨打", "填写结果", "下班再打", "R-HOURS-3", "attempt.closed"):
        assert text in page, text
    assert "184****567" in page
    assert re.search(r"184\d{8}", page) is None
    verdicts = re.findall(r'data-label="当时"><span class="mark mark-(\w+)"', page)
    assert set(verdicts) == {"good"}, "it was called, so every rule allowed it then"


@sqlite_only
def test_r_smp_5_a_complaint_is_taken_on_the_panel_in_one_click(
    runtime: Runtime, supervisor: Visitor
) -> None:
    month.registers(runtime)
    month.approved(runtime)
    held = month.call(runtime, "孙悦", "27 09:10", "complaint_escalated", note="盆碎了")
    page = supervisor.get("/panel").text
    assert 'id="sound"' in page
    assert held.buyer in page
    assert "0</b>/50" in page
    (address,) = re.findall(r'action="(/call/escalations/\d+/take|[^"]*/take)"', page)
    month.go_to(runtime, "27 09:32")
    page = supervisor.get("/panel").text
    assert ("快到时限 08:00" in page, "tile tile-warn" in page) == (True, True)
    supervisor.post(address, {"whose": "all", "back": "/panel"})
    page = supervisor.get("/panel").text
    assert "在处理" in page
    month.go_to(runtime, "27 09:41")
    page = supervisor.get("/panel").text
    assert re.search(r"timer-bad[^>]*>已超时 01:00", page)
    assert re.search(r'tile tile-bad" href="/escalations"', page)
