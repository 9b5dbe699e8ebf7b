"""The sampling month's ledgers on page, in files and on the command line: one set of figures."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from campaigns.values import Ending, Role, ScoreOrigin
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.factories import at
from tests.sampling_rows import SampleRows
from tests.web.cli.shell import Shell
from tests.web.conftest import Visitor

pytestmark = sqlite_only

SignedIn = Callable[[Role | str], Visitor]


@pytest.fixture
def shell(runtime: Runtime, tmp_path: Path) -> Shell:
    """The command line of the panel's own shop, with a sampled month in it."""
    with runtime.transaction() as connection:
        rows = SampleRows(connection)
        may = rows.sample("2026-02")
        for value in (5, 5, 4, 4, 4, 4, 4):
            rows.scored(may, value)
        one = rows.member(may, "=1+1", ending=Ending.SCORED, closed="2026-02-27 15:00")
        call = rows.call(one, "2026-02-27 14:00", "scored")
        rows.score(one, 3, call, reason="来得慢", suggestion="换一家快递")
        rows.scored(may, 3, origin=ScoreOrigin.RULE, handler="小方")
        rows.member(may, handler="小方", ending=Ending.UNREACHABLE)
        rows.score(one, 4, call, origin=ScoreOrigin.REVIEW, at=at("2026-03-02 10:00"))
    return Shell(runtime.settings.database_url, tmp_path)


def cells_of(page: str) -> list[list[str]]:
    """The rows of the page's table, head and foot included."""
    table = page.split("<table", 1)[1].split("</table>", 1)[0]
    return [
        [html.unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.S)
    ]


def as_text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def test_r_smp_11_the_summary_is_the_same_everywhere(shell: Shell, signed_in: SignedIn) -> None:
    leader = signed_in(Role.LEADER)
    page = cells_of(leader.get("/desk/ledgers?which=sampling-summary&month=2026-02").text)
    assert page[1:] == [
        ["2026-02", "小方", *"21100000100", "3.00", "否"],
        ["2026-02", "小顾", *"88000026000", "4.25", "是"],
        ["合计", "", "10", *"9100026100", "4.11", "是"],
    ]
    query = "from=2026-02-01&to=2026-02-28"
    written = leader.get(f"/desk/ledgers/sampling-summary.csv?{query}").data.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(written))) == page
    by_month = leader.get("/desk/ledgers/sampling-summary.csv?month=2026-02")
    assert by_month.data.decode("utf-8-sig") == written
    book = leader.get(f"/desk/ledgers/sampling-summary.xlsx?{query}").data
    sheet = openpyxl.load_workbook(io.BytesIO(book)).worksheets[0]
    header, *lines = sheet.iter_rows(min_row=2, values_only=True)
    assert list(header) == page[0]
    assert [float(str(line[13])) for line in lines] == [float(line[13]) for line in page[1:]]
    assert [[as_text(cell) for cell in line[:13]] for line in lines] == [r[:13] for r in page[1:]]
    assert sheet.cell(3, 14).number_format == "0.00"
    listed = shell.ok("ledger", "sampling-summary", "--month", "2026-02")
    assert [[as_text(value) for value in row.values()] for row in listed] == page[1:-1]
    assert listed[1]["满意度"] == 4.25


def test_r_smp_11_the_details_are_the_same_everywhere(shell: Shell, signed_in: SignedIn) -> None:
    leader = signed_in(Role.LEADER)
    page = cells_of(leader.get("/desk/ledgers?which=sampling-detail&month=2026-02").text)
    assert len(page) == 12
    (row,) = [line for line in page if "=1+1" in line]
    assert row[8:14] == ["1", "已评分", "4", "复核更正", "来得慢", "换一家快递"]
    assert page[-1][2] == "10 位"
    assert page[-1][10] == "37"
    written = leader.get("/desk/ledgers/sampling-detail.csv?month=2026-02").data.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(written)))
    assert [[cell.removeprefix("'") for cell in line] for line in lines] == page
    assert "'=1+1" in lines[8]
    listed = shell.ok("ledger", "sampling-detail", "--from", "2026-02-27", "--to", "2026-02-27")
    assert [[as_text(value) for value in row.values()] for row in listed] == page[1:-1]


def test_r_smp_11_as_of_before_the_review_the_customers_score_counts(shell: Shell) -> None:
    ask = ("ledger", "sampling-summary", "--month", "2026-02")
    before = shell.ok(*ask, "--as-of", "2026-03-02T09:59")
    assert [row["满意度"] for row in before] == [3.0, 4.13]
    assert [row["满意度"] for row in shell.ok(*ask)] == [3.0, 4.25]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--month", "2026-13"), "month"),
        (("--month", "0000-01"), "month"),
        (("--month", "2026-02", "--from", "2026-02-01"), "month"),
        (("--from", "2026-02-01"), "to"),
        (("--to", "2026-02-01"), "from"),
        ((), "from"),
    ],
)
def test_a_ledger_is_of_a_month_or_of_days(
    shell: Shell, words: tuple[str, ...], field: str
) -> None:
    answer = shell.ask("ledger", "sampling-summary", *words)
    assert (answer.code, answer.error["field"]) == (2, field)


def test_a_month_holds_for_every_ledger(shell: Shell, signed_in: SignedIn) -> None:
    leader = signed_in(Role.LEADER)
    page = leader.get("/desk/ledgers?which=detail&month=2026-02&from=2026-03-01").text
    assert "2026-02-01 至 2026-02-28" in page
    wrong = leader.get("/desk/ledgers?month=0000-05")
    assert (wrong.status_code, 'value="0000-05"' in wrong.text) == (400, True)
    assert leader.get("/desk/ledgers/detail.csv?month=2026-5").status_code == 400


def test_r_smp_11_without_days_it_is_this_month(shell: Shell, signed_in: SignedIn) -> None:
    leader = signed_in(Role.LEADER)
    page = leader.get("/desk/ledgers?which=sampling-summary").text
    assert "2026-03-01 至 2026-03-31" in page
    assert (
        "2026-02-01 至 2026-02-10"
        in leader.get("/desk/ledgers?which=sampling-summary&to=2026-02-10").text
    )
    assert "2026-02-26 至 2026-03-04" in leader.get("/desk/ledgers?which=detail").text


def test_r_smp_11_callers_do_not_see_it(shell: Shell, signed_in: SignedIn) -> None:
    caller = signed_in(Role.CALLER)
    for path in ("?which=sampling-detail", "/sampling-detail.csv", "/sampling-detail.xlsx"):
        assert caller.get(f"/desk/ledgers{path}").status_code == 403
