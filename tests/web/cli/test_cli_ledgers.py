"""Every ledger by its name on the command line, as of an instant, and as a file."""

from __future__ import annotations

import csv
import io

import pytest

from campaigns.ledger import LedgerForm
from scheduler.flows.ledgers import LEDGER_KINDS
from tests.web.cli.shell import Shell, order

FORMS = [kind.form for kind in LEDGER_KINDS]
DAYS = ("--from", "2026-03-01", "--to", "2026-03-31")
SIGNED = "2026-02-27 12:00:00"


def called_back(shell: Shell) -> None:
    """A customer who signed five days ago had trouble, which is entered after the call."""
    done = {"state": "交易成功", "paid": "120.50", "paid_at": "2026-02-22 09:00:00"}
    dates = {"placed_at": "2026-02-22 08:00:00", "shipped_at": "2026-02-23 09:00:00"}
    shell.take(order(1, received_at=SIGNED, **done, **dates), at="08:40")
    shell.plan(kind="callback")
    shell.call("09:10", "complaint", "--note", "盖子打不开")


def test_r_cb_6_a_callback_in_its_ledgers(shell: Shell) -> None:
    called_back(shell)
    (row,) = shell.ok("ledger", "callback-detail", *DAYS)
    assert (row["用户ID"], row["类别"], row["签收或发货日期"]) == (
        "买家001",
        "已签收",
        "2026-02-27",
    )
    assert (row["次数"], row["效果"], row["意见"]) == (1, "有问题", "盖子打不开")
    (entry,) = shell.ok("ledger", "feedback", *DAYS)
    assert (entry["效果"], entry["意见"]) == ("有问题", "盖子打不开")
    (week,) = shell.ok("ledger", "feedback-summary", *DAYS)
    assert (week["周"], week["反馈数"], week["有问题"]) == ("2026-W10", 1, 1)
    (case,) = shell.ok("ledger", "cases", *DAYS)
    assert (case["处理人"], case["原因"], case["状态"]) == ("谷雨", "盖子打不开", "待处理")
    assert case["到期时间"] == "2026-03-05 09:10"
    assert shell.ok("ledger", "stockout-detail", *DAYS) == []


def test_as_of_counts_what_was_known_then(shell: Shell) -> None:
    called_back(shell)
    for name in ("callback-detail", "feedback", "feedback-summary", "cases"):
        before = shell.ok("ledger", name, *DAYS, "--as-of", "2026-03-04T09:09")
        assert (name, before) == (name, [])
        then = shell.ok("ledger", name, *DAYS, "--as-of", "2026-03-04T09:10:00+08:00")
        assert then == shell.ok("ledger", name, *DAYS)
    assert shell.ask("ledger", "cases", *DAYS, "--as-of", "yesterday").code == 2


def test_as_of_moves_no_clock_so_a_real_shop_may_ask_too(real_shell: Shell) -> None:
    ask = ("ledger", "cases", *DAYS)
    assert real_shell.ok(*ask, "--as-of", "2026-03-04T09:09") == []
    assert real_shell.ask(*ask, "--at", "2026-03-04T09:09").code == 2


@pytest.mark.parametrize("form", FORMS, ids=[form.code for form in FORMS])
def test_every_ledger_is_written_as_a_file(shell: Shell, form: LedgerForm) -> None:
    called_back(shell)
    for ending in ("csv", "xlsx"):
        file = shell.folder / f"out.{ending}"
        assert shell.run("ledger", form.code, *DAYS, "--out", str(file)).code == 0
    header = (shell.folder / "out.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header == ",".join(column.name for column in form.columns)
    assert (shell.folder / "out.xlsx").read_bytes().startswith(b"PK")


@pytest.mark.parametrize("name", ["callback-detail", "sampling-summary"])
def test_a_table_is_written_as_the_file_is(shell: Shell, name: str) -> None:
    """Also its 合计 row, and where there is nothing to list."""
    called_back(shell)
    file = shell.folder / "out.csv"
    assert shell.run("ledger", name, *DAYS, "--out", str(file)).code == 0
    written = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    shown = [line.split("\t") for line in shell.run("ledger", name, *DAYS).out.splitlines()]
    assert shown == written
    assert shown[-1][0] == "合计"
