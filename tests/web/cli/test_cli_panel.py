"""The panel on the command line: the ledger's own figures, as a document and as a file."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.web.cli.shell import Shell, order

DAYS = ("--from", "2026-03-01", "--to", "2026-03-31")


def test_r_dun_8_the_panel_is_the_ledger(shell: Shell, tmp_path: Path) -> None:
    shell.take(order(1), at="08:40")
    shell.plan()
    shell.call("09:10", "will_pay")
    (summary,) = shell.ok("ledger", "dunning-summary", *DAYS)
    found = shell.ok("panel", *DAYS, "--at", "2026-03-04T10:00")
    assert found["as_of"] == "2026-03-04T10:00:00+08:00"
    (row,) = found["tables"]["by-day"]
    same = ("催款日期", "催款数", "回单数", "未付款总金额", "追回金额", "成功率")
    assert {name: row[name] for name in same} == {name: summary[name] for name in same}
    steps = {one["环节"]: one["任务"] for one in found["tables"]["funnel"]}
    assert (steps["已拨打"], steps["已答应"], steps["已付款"]) == (1, 1, 0)
    file = tmp_path / "day.csv"
    shell.ok("panel", *DAYS, "--table", "by-day", "--out", str(file))
    lines = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert [line["未付款总金额"] for line in lines] == [row["未付款总金额"]] * 2


def test_figures_made_anew_are_the_same(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    shell.plan()
    shell.call("09:10", "will_pay")
    found = shell.ok("figures", "rebuild")
    assert found["clean"] is True
    assert found["rows"] == {"contacts": 1, "tasks": 1, "money": 1}
