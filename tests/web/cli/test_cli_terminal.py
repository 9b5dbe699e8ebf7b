"""The installed command as a process: help, completion, pipes and terminals, files, people, clock."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess

import openpyxl
import pytest

from tests.web.cli.shell import ESCAPE, WAIHU, Shell, order

DAY = "2026-03-04"
COMMANDS = [
    "", "init", "migrate", "doctor", "user", "user add", "serve", "import", "plan", "queue",
    "work", "work next", "work dial", "work outcome", "work skip", "todo", "todo list",
    "todo done", "why", "ledger", "verify", "clock", "clock show", "clock pause", "clock resume",
    "clock set", "training", "training show", "training colleagues", "training speed",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(shell: Shell, command: str) -> None:
    answer = shell.run(*command.split(), "--help")
    assert answer.code == 0
    assert "--help" in answer.out
    assert ESCAPE not in answer.out


@pytest.mark.parametrize(
    "command",
    [
        *("import a", "plan", "queue", "work next", "work outcome", "work dial", "work skip"),
        *("todo list", "todo done", "why", "ledger", "verify"),
    ],
)
def test_every_command_with_a_clock_takes_at_and_json(shell: Shell, command: str) -> None:
    shown = shell.run(*command.split(), "--help").out
    assert "--at" in shown
    assert "--json" in shown


def test_completion_and_version(shell: Shell) -> None:
    assert "--install-completion" in shell.run("--help").out
    assert "--show-completion" in shell.run("--help").out
    version = shell.run("--version")
    assert (version.code, version.out.split()[0]) == (0, "waihu")
    completed = shell.process(
        _WAIHU_COMPLETE="complete_bash", COMP_WORDS="waihu wo", COMP_CWORD="1"
    )
    assert "work" in completed.stdout


def test_a_day_through_the_installed_command(shell: Shell) -> None:
    file = shell.export(order(1))
    at = ("--at", f"{DAY}T09:10:00+08:00", "--json")
    taken = shell.process("import", str(file), *at)
    assert (taken.returncode, taken.stderr) == (0, "")
    assert json.loads(taken.stdout)["files"][0]["taken"] == 1
    planned = shell.process("plan", "--date", DAY, *at, LC_ALL="C", PYTHONUTF8="0")
    assert planned.returncode == 0
    assert json.loads(planned.stdout)["campaigns"][0]["tasks"][0]["buyer"] == "买家001"
    got = json.loads(shell.process("work", "next", "--caller", "新来的", *at).stdout)
    done = shell.process("work", "outcome", got["attempt"], "no_answer", *at)
    assert json.loads(done.stdout)["next"]["how"] == "call"
    refused = shell.process("work", "outcome", got["attempt"], "busy", *at)
    assert (refused.returncode, json.loads(refused.stdout)["error"]["code"]) == (4, "refused")
    unknown = shell.process("bogus", "--json")
    assert (unknown.returncode, json.loads(unknown.stdout)["error"]["code"]) == (2, "usage")
    assert shell.process("verify", "--json").returncode == 0


def on_a_terminal(shell: Shell, *words: str, **more: str) -> str:
    """What a person sees: stdout and stderr of the command on a terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, **shell.environment, "TERM": "xterm-256color", **more}
    environment.pop("NO_COLOR", None) if "NO_COLOR" not in more else None
    with subprocess.Popen(
        [str(WAIHU), *words], stdout=theirs, stderr=theirs, env=environment, cwd=shell.folder
    ):
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
    os.close(ours)
    return shown.decode()


def test_a_terminal_gets_a_table_and_a_pipe_plain_lines(shell: Shell) -> None:
    shell.take(order(1, "[red]甲[/red]"), at="08:40")
    shell.plan()
    words = ("queue", "--at", f"{DAY}T08:50:00+08:00")
    drawn = on_a_terminal(shell, *words, NO_COLOR="1", COLUMNS="120")
    assert "┃" in drawn
    assert "[red]甲[/red]" in drawn, "a name is no markup"
    assert ESCAPE not in drawn
    piped = shell.run(*words)
    assert piped.err == ""
    assert ESCAPE not in piped.out
    assert "┃" not in piped.out
    assert piped.out.splitlines()[1].split("\t")[2] == "[red]甲[/red]"


@pytest.mark.parametrize("words", [("bogus",), ("plan",), ("why", "无此人")])
def test_errors_in_a_pipe_have_no_escape_codes(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell.process(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert ESCAPE not in done.stderr


def test_twenty_thousand_rows_and_progress_beside_the_answer(shell: Shell) -> None:
    rows = [
        order(n, order_no=f"3515313147{n:09d}", mobile=f"'139{n:08d}") for n in range(1, 20_001)
    ]
    file = shell.export(*rows)
    answer = shell.ask("import", file, at="08:40")
    (report,) = answer.json["files"]
    assert (answer.code, report["rows"], report["taken"]) == (0, 20_000, 20_000)
    assert answer.err == "", "a bar is for a terminal"
    shown = on_a_terminal(shell, "import", str(file), "--at", f"{DAY}T08:41:00+08:00", COLUMNS="99")
    assert "20000" in shown


# --- ledgers -------------------------------------------------------------------------------------


@pytest.fixture
def worked(shell: Shell) -> Shell:
    """A morning with three calls by two people."""
    rows = [order(n, f"=买家{n}", total=f"{n}0.0{n}") for n in (1, 2, 3)]
    shell.take(*rows, at="08:40")
    shell.plan()
    for clock, code, caller in (
        ("09:10", "will_pay", "谷雨"),
        ("09:20", "no_answer", "小满"),
        ("09:30", "not_needed", "谷雨"),
    ):
        shell.call(clock, code, caller=caller)
    return shell


@pytest.mark.parametrize("name", ["dunning-detail", "dunning-summary"])
def test_a_ledger_is_the_same_as_json_csv_and_xlsx(worked: Shell, name: str) -> None:
    words = ("ledger", name, "--from", DAY, "--to", DAY)
    rows = worked.ok(*words)
    assert rows
    for form in ("csv", "xlsx"):
        assert worked.ok(*words, "--out", worked.folder / f"{name}.{form}") == rows
    text = (worked.folder / f"{name}.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf"), "Excel reads UTF-8 by its mark"
    table = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    header = next(n for n, line in enumerate(table) if line[:1] == ["催款日期"])
    assert table[header] == list(rows[0])
    for row, line in zip(rows, table[header + 1 :], strict=False):
        assert line[0] == row["催款日期"]
        assert line[1] == row["处理人员"]
    sheet = openpyxl.load_workbook(worked.folder / f"{name}.xlsx").active
    assert sheet is not None
    cells = list(sheet.iter_rows())
    top = next(n for n, shown in enumerate(cells) if shown[0].value == "催款日期")
    assert [c.value for c in cells[top]][: len(rows[0])] == list(rows[0])
    money = next(n for n, column in enumerate(rows[0]) if "未付款" in column)
    owed = list(rows[0])[money]
    for row, shown, plain in zip(rows, cells[top + 1 :], table[header + 1 :], strict=False):
        assert shown[1].value == row["处理人员"]
        assert f"{float(str(shown[money].value)):.2f}" == row[owed]
        assert f"{float(plain[money]):.2f}" == row[owed]
        assert all(c.data_type != "f" for c in shown if "买家" in str(c.value)), "no live formula"


@pytest.mark.parametrize("name", ["out.pdf", "out", "no/such/folder/out.csv"])
def test_a_ledger_that_cannot_be_written_is_wrong_use(worked: Shell, name: str) -> None:
    words = ("ledger", "dunning-detail", "--from", DAY, "--to", DAY, "--out", worked.folder / name)
    answer = worked.ask(*words)
    assert (answer.code, answer.error["code"]) == (2, "usage")
    assert not (worked.folder / name).exists()


def test_a_ledger_as_of_an_earlier_instant(worked: Shell) -> None:
    assert len(worked.detail(DAY, DAY, at="09:25")) == 2
    assert len(worked.detail(DAY, DAY)) == 3


# --- people and clocks ---------------------------------------------------------------------------


def test_a_real_shop_has_one_clock_and_knows_its_people(real_shell: Shell) -> None:
    file = real_shell.export(order(1))
    at = ("--at", f"{DAY}T09:10:00+08:00")
    for words in (
        ("import", file),
        ("plan", "--date", DAY),
        ("queue",),
        ("work", "next", "--caller", "谷雨"),
        ("work", "outcome", "x", "busy"),
        ("work", "skip", "x", "--reason", "y"),
        ("todo", "list"),
        ("todo", "done", "1"),
        ("why", "买家001"),
        ("ledger", "dunning-detail", "--from", DAY, "--to", DAY),
        ("verify",),
    ):
        answer = real_shell.run(*words, *at, "--json")
        assert (answer.code, answer.error["code"]) == (2, "usage"), words
    unknown = real_shell.run("work", "next", "--caller", "陌生人", "--json")
    assert (unknown.code, unknown.error["field"]) == (2, "caller")
    for words in (("clock", "pause"), ("clock", "resume"), ("clock", "set", at[1])):
        assert real_shell.run(*words, "--json").code == 2
    assert real_shell.run("clock", "show", "--json").code == 0


def test_people_are_added_with_a_password_from_stdin(real_shell: Shell) -> None:
    words = ("user", "add", "陈晨", "--role", "caller", "--password-stdin", "--json")
    short = real_shell.run(*words, stdin="123\n")
    assert (short.code, short.error["field"]) == (2, "password")
    assert real_shell.run(*words, stdin="").code == 2
    added = real_shell.run(*words, stdin="四只蓝色的鸭子在弹钢琴\n")
    assert (added.code, added.json) == (0, {"name": "陈晨", "role": "caller"})
    assert "鸭子" not in added.out + added.err
    assert real_shell.run(*words, stdin="四只蓝色的鸭子在弹钢琴\n").code == 4
    assert real_shell.ok("work", "next", "--caller", "陈晨")["task"] is None
    boss = ("user", "add", "管理员", "--role", "admin", "--password-stdin", "--json")
    assert real_shell.run(*boss, stdin="四只蓝色的鸭子在弹钢琴\n").code == 0
    assert real_shell.ask("work", "next", "--caller", "管理员").code == 4


def test_a_training_clock_is_shown_paused_moved_and_resumed(shell: Shell) -> None:
    assert shell.ok("clock", "show")["ticking"] is True
    paused = shell.ok("clock", "pause")
    assert paused["ticking"] is False
    assert shell.ok("clock", "show") == paused
    moved = shell.ok("clock", "set", f"{DAY}T18:00:00+08:00")
    assert moved == {"now": f"{DAY}T18:00:00+08:00", "ticking": False}
    assert shell.ok("clock", "resume")["ticking"] is True
    assert shell.ok("clock", "show")["now"].startswith(f"{DAY}T18:0")
    for wrong in ("0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "24:00"):
        assert shell.ask("clock", "set", wrong).code == 2
    assert shell.ok("clock", "show")["now"].startswith(DAY)


def test_doctor_says_what_is_ready(shell: Shell) -> None:
    document = shell.ok("doctor")
    assert document["ready"] is True
    assert all(list(c) == ["check", "ok", "detail"] for c in document["checks"])
    assert shell.ok("migrate")["schema"]
