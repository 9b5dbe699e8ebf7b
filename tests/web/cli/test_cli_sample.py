"""`waihu sample`: the documents, the month from the import to the scores, what is refused."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

import pytest

from tests.web.cli.shell import Shell

MONTH = "2026-03"
HANDLERS = ("张三", "李四", "王五")
STATUS = [
    *("month", "state", "frame", "frame_hash", "drawn", "scored", "unscored", "needed", "late"),
    *("satisfaction", "target_met"),
]


def _take(shell: Shell, name: str, header: str, lines: list[str], kind: str) -> None:
    file = shell.file(name, ("\n".join([header, *lines]) + "\n").encode())
    report = shell.ok("import", file, "--kind", kind, at="2026-03-20T09:00:00+08:00")["files"][0]
    assert (report["rejected"], report["taken"]) == ([], len(lines)), report


@pytest.fixture
def month(shell: Shell) -> Shell:
    """90 customers of the after-sales register, 30 of the parcels, one of them in both."""
    shell.day = "2026-03-25"
    _take(
        shell,
        "after.csv",
        "用户ID,订单编号,登记日期,处理人,问题类型,联系手机",
        [
            f"买家{n:03d},35153131473293{n:05d},2026-03-{n % 20 + 1:02d},{HANDLERS[n % 3]},破损,"
            f"1390000{n:04d}"
            for n in range(90)
        ],
        "after-sales",
    )
    _take(
        shell,
        "parcels.csv",
        "用户ID,订单编号,快递单号,登记日期,处理人,联系手机",
        [
            f"买家{n:03d},35153131473293{n:05d},SF{n:010d},2026-03-19,赵六,1390000{n:04d}"
            for n in range(89, 119)
        ],
        "parcels",
    )
    return shell


def sample(shell: Shell, *words: object, at: str | None = None) -> Any:
    return shell.ok("sample", *words, "--month", MONTH, at=at)


def test_r_smp_1_draw_and_redraw_say_the_same(month: Shell) -> None:
    drawn = sample(month, "draw", "--seed", 42, at="10:00")
    assert list(drawn) == ["month", "seed", "frame", "frame_hash", "sample", "left_out"]
    assert (drawn["month"], drawn["seed"], drawn["frame"]) == (MONTH, 42, 119)
    assert list(drawn["sample"][0]) == ["rank", "buyer", "stratum", "handler", "reserve"]
    assert [one["rank"] for one in drawn["sample"]] == list(range(1, 120))
    assert [one["reserve"] for one in drawn["sample"]] == 60 * [False] + 59 * [True]
    assert sample(month, "redraw") == drawn
    strata = Counter(one["stratum"] for one in drawn["sample"] if not one["reserve"])
    sizes = Counter(one["stratum"] for one in drawn["sample"])
    assert sizes["after_sales/赵六"] == 1  # in both lists: the first list, the latest handler
    for stratum, size in sizes.items():
        assert abs(strata[stratum] - 60 * size / 119) < 1


def test_r_smp_1_the_seed_alone_decides_and_one_is_found_where_none_is_given(
    month: Shell,
) -> None:
    first = sample(month, "draw", at="10:00")
    again = sample(month, "draw", "--seed", first["seed"], at="10:01")
    assert again == first
    assert (
        sample(month, "draw", "--seed", first["seed"] + 1, at="10:02")["sample"] != again["sample"]
    )
    assert sample(month, "status", at="10:03")["redraws"] == 2


def test_r_smp_3_a_month_from_the_draw_to_the_scores(month: Shell) -> None:
    before = sample(month, "status", at="09:00")
    assert list(before)[: len(STATUS)] == STATUS
    assert (before["state"], before["drawn"], before["needed"], before["late"]) == (
        *("none", 0, 50),
        False,
    )
    drawn = sample(month, "draw", at="10:00")
    assert sample(month, "status", at="10:01")["state"] == "drawn"
    submitted = sample(month, "submit", at="10:05")
    assert (submitted["state"], submitted["submitted_by"]) == ("submitted", "惊蛰")
    approved = sample(month, "approve", at="10:10")
    assert (approved["state"], approved["approved_by"]) == ("approved", "春分")
    assert (approved["drawn"], approved["open"], approved["late"]) == (60, 60, False)
    assert approved["frame_hash"] == drawn["frame_hash"]
    assert approved["satisfaction"] == {"mean": None, "low": None, "high": None, "n": 0}
    assert approved["target_met"] is False

    month.day = "2026-03-27"
    for minute, score in ((0, 5), (10, 5), (20, 4), (30, 4)):
        month.call(f"11:{minute:02d}", "scored", "--score", score)
    month.call("11:40", "refused")
    month.call("11:50", "complaint_solved")
    month.ok("clock", "set", "2026-03-27T11:55")
    found = sample(month, "status", at="11:55")
    assert (found["scored"], found["unscored"], found["needed"]) == (5, {"unscored": 1}, 45)
    assert found["scored"] + sum(found["unscored"].values()) + found["open"] == found["drawn"]
    assert (found["satisfaction"]["mean"], found["satisfaction"]["n"]) == (4.2, 5)
    assert found["satisfaction"]["low"] < 4.2 < found["satisfaction"]["high"]
    assert found["target_met"] is True
    assert found["days_left"] == 5
    assert found["dials_per_day"] == 11  # 45 scored at 5 of 6 calls, in five days


def test_r_smp_1_the_frame_s_hash_can_be_recomputed_by_anybody(month: Shell) -> None:
    """Its lines name the customers by their number in this shop; here they are counted up."""
    drawn = sample(month, "draw", "--seed", 1, at="10:00")
    lines = []
    for one in drawn["sample"]:
        source, handler = one["stratum"].split("/")
        assert handler == one["handler"]
        lines.append(f"{int(one['buyer'].removeprefix('买家')) + 1}|{source}|{handler}")
    text = "\n".join(sorted(lines))
    assert drawn["frame_hash"] == hashlib.sha256(text.encode()).hexdigest()


def test_r_smp_1_who_may_not_be_drawn_is_listed_with_the_rules(month: Shell) -> None:
    _take(month, "list.csv", "用户ID,原因", ["买家007,要求不再联系"], "do-not-contact")
    drawn = sample(month, "draw", at="10:00")
    assert drawn["left_out"] == [{"buyer": "买家007", "rules": ["R-DNC-2", "R-DNC-3"]}]
    assert drawn["frame"] == 118
    assert sample(month, "redraw")["left_out"] == drawn["left_out"]


def test_r_smp_3_what_a_rule_refuses_ends_with_4_and_what_is_wrong_with_2(month: Shell) -> None:
    def ask(*words: object, at: str = "10:00", of: str = MONTH) -> Any:
        return month.ask("sample", *words, "--month", of, at=at)

    assert ask("draw", of="2026-13").code == 2
    assert ask("draw", of="2026-02").rules == ["R-SMP-3"]
    assert ask("draw", "--seed", -1).code == 2
    assert ask("submit").code == 2  # nothing was drawn
    assert month.ask("sample", "redraw", "--month", MONTH).code == 2
    sample(month, "draw", at="10:00")
    assert ask("approve").rules == ["R-SMP-3"]
    assert ask("submit", "--by", "谷雨").rules == ["R-SMP-3"]  # a caller
    assert ask("submit", "--by", "某某").code == 2
    sample(month, "submit", "--by", "春分", at="10:05")
    assert ask("draw").rules == ["R-SMP-3"]
    assert ask("approve", "--by", "春分").rules == ["R-SMP-3"]  # who submitted it
    assert ask("approve", "--by", "惊蛰").rules == ["R-SMP-3"]  # a leader


def test_r_smp_3_a_plan_that_is_late_or_too_small_says_so(shell: Shell) -> None:
    shell.day = "2026-03-28"
    _take(
        shell,
        "vip.csv",
        "用户ID,联系手机",
        [f"买家{n:03d},1390000{n:04d}" for n in range(40)],
        "vip",
    )
    drawn = sample(shell, "draw", at="10:00")
    assert {one["stratum"] for one in drawn["sample"]} == {"vip/"}
    found = sample(shell, "status", at="10:00")
    assert (found["late"], found["short"]) == (True, True)
    told = shell.run("sample", "status", "--month", MONTH, "--at", shell.when("10:00")).out
    assert "! 27 日已过，名单还没有提交" in told
    assert "! 可抽的客户只有 40 位，不足 50 位" in told
    listed = shell.run("sample", "redraw", "--month", MONTH).out
    assert "VIP 客户 / —" in listed


def test_a_real_shop_wants_to_know_who(real_shell: Shell) -> None:
    for step in ("submit", "approve"):
        answer = real_shell.ask("sample", step, "--month", MONTH)
        assert (answer.code, answer.json["error"]["field"]) == (2, "by")
