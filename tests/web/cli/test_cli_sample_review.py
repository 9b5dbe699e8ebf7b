"""`waihu sample reviews` and `waihu sample review` (R-SMP-12)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.cli.shell import Shell

MONTH = "2026-03"


@pytest.fixture
def called(shell: Shell) -> Shell:
    """A small month, approved; 谷雨 called two customers to their end."""
    shell.day = "2026-03-25"
    lines = ["用户ID,订单编号,登记日期,处理人,问题类型,联系手机"]
    lines += [
        f"买家{n:03d},35153131473293{n:05d},2026-03-02,张三,破损,1390000{n:04d}" for n in range(6)
    ]
    file = shell.file("after.csv", "\n".join(lines).encode())
    shell.ok("import", file, "--kind", "after-sales", at="09:00")
    for step, when in (("draw", "10:00"), ("submit", "10:05"), ("approve", "10:10")):
        shell.ok("sample", step, "--month", MONTH, at=when)
    shell.day = "2026-03-27"
    shell.call("11:00", "scored", "--score", 4)
    shell.call("11:10", "complaint_solved")
    return shell


def _reviews(shell: Shell, at: str) -> list[Any]:
    found: list[Any] = shell.ok("sample", "reviews", "--month", MONTH, at=at)["reviews"]
    return sorted(found, key=lambda one: one["score"] is None)


def test_r_smp_12_agree_and_correct(called: Shell) -> None:
    scored, unscored = _reviews(called, "12:00")
    assert (scored["state"], scored["score"], scored["callers"]) == ("to_do", 4, ["谷雨"])
    answer = called.ok(
        "sample",
        *("review", scored["task"], "correct", "--score", 3, "--why", "客户说的是三分"),
        at="12:05",
    )
    assert (answer["verdict"], answer["score_before"], answer["score_after"]) == ("corrected", 4, 3)
    assert (answer["score"], answer["origin"], answer["reviewer"]) == (3, "review", "春分")
    agreed = called.ok("sample", "review", unscored["task"], "agree", at="12:06")
    assert (agreed["verdict"], agreed["score"]) == ("agreed", None)
    assert [one["state"] for one in _reviews(called, "12:07")] == ["done", "done"]
    status = called.ok("sample", "status", "--month", MONTH, at="12:08")
    assert (status["satisfaction"]["mean"], status["satisfaction"]["n"]) == (3.0, 1)


def test_r_smp_12_what_is_refused(called: Shell) -> None:
    scored, unscored = _reviews(called, "12:00")
    task = scored["task"]
    by_caller = called.ask("sample", "review", task, "agree", "--by", "谷雨", at="12:01")
    assert by_caller.rules == ["R-SMP-12"]
    no_score = called.ask(
        "sample", "review", unscored["task"], "correct", "--score", 3, "--why", "x", at="12:01"
    )
    assert no_score.rules == ["R-SMP-12"]
    for words, field in ((("--why", "x"), "score"), (("--score", 2), "why")):
        answer = called.ask("sample", "review", task, "correct", *words, at="12:02")
        assert (answer.code, answer.error["field"]) == (2, field)
    assert called.ask("sample", "review", 4711, "agree", at="12:03").code == 2
    called.ok("sample", "review", task, "agree", at="12:04")
    again = called.ask("sample", "review", task, "correct", "--score", 1, "--why", "x", at="12:05")
    assert again.rules == ["R-SMP-12"]
