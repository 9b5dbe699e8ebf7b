"""The shapes: each command's document with its keys and types, and what an error looks like."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.web.cli.shell import MONEY, OFFSET_TIME, Shell, order


def is_time(value: object) -> bool:
    return isinstance(value, str) and OFFSET_TIME.fullmatch(value) is not None


def is_money(value: object) -> bool:
    return isinstance(value, str) and MONEY.fullmatch(value) is not None


def is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def test_import_says_what_became_of_every_row(shell: Shell) -> None:
    rows = [order(1), order(2, order_no="3.51531E+17"), order(3, mobile="138****1234")]
    answer = shell.ask("import", shell.export(*rows), at="08:40")
    assert answer.code == 1
    assert list(answer.json) == ["files"]
    (file,) = answer.json["files"]
    assert list(file) == [
        *("file", "kind", "encoding", "rows", "taken", "unchanged", "rejected", "warnings")
    ]
    assert file["kind"] == "orders"
    assert (file["rows"], file["taken"], file["unchanged"]) == (3, 2, 0)
    assert [list(problem) for problem in file["rejected"]] == [["line", "column", "reason"]]
    assert file["rejected"][0]["line"] == 3
    assert file["rejected"][0]["column"] == "订单编号"
    assert all(list(p) == ["line", "column", "reason"] for p in file["warnings"])
    assert [p["line"] for p in file["warnings"] if p["column"] == "联系手机"] == [4]
    assert answer.err == ""


def test_plan_lists_tasks_and_those_left_out(shell: Shell) -> None:
    shell.take(order(1), order(2, mobile=""), order(3, placed_at="2026-03-04 00:00:00"), at="08:40")
    document = shell.ok("plan", "--date", "2026-03-04", at="08:45")
    assert document["date"] == "2026-03-04"
    assert [c["kind"] for c in document["campaigns"]] == ["dunning", "callback", "stock_out"]
    campaign = document["campaigns"][0]
    (task,) = campaign["tasks"]
    assert list(task) == [
        *("task", "new", "buyer", "orders", "amount", "due_at", "deadline", "region"),
        "topic",
    ]
    assert is_count(task["task"])
    assert task["new"] is True
    assert task["orders"] == ["3515313147329300001"]
    assert task["amount"] == "120.50"
    assert task["due_at"] == "2026-03-04T09:00:00+08:00"
    assert task["deadline"] == "2026-03-06T15:00:00+08:00"
    assert task["region"] == "浙江"
    (left_out,) = campaign["left_out"]
    assert list(left_out) == ["buyer", "rules", "reason"]
    assert left_out["buyer"] == "买家002"
    assert left_out["rules"] == ["R-PHONE-1"]


def test_queue_ranks_from_one(shell: Shell) -> None:
    shell.take(order(1), order(2, placed_at="2026-03-03 01:00:00"), at="08:40")
    shell.plan()
    queue = shell.ok("queue", at="08:50")
    assert [list(line) for line in queue] == [
        ["task", "buyer", "kind", "rank", "due_at", "deadline"]
    ] * 2
    assert [(q["rank"], q["buyer"]) for q in queue] == [(1, "买家002"), (2, "买家001")]
    assert all(is_time(q["due_at"]) and is_time(q["deadline"]) for q in queue)
    assert len(shell.ok("queue", "--limit", "1", at="08:50")) == 1


def test_next_hands_out_the_whole_number_and_everything_to_say(shell: Shell) -> None:
    shell.take(order(1, mobile="'13900001234"), at="08:40")
    shell.plan()
    got = shell.next("09:10")
    assert set(got) >= {"task", "attempt", "buyer", "kind", "phone", "script", "outcomes"}
    assert is_count(got["task"])
    assert isinstance(got["attempt"], str)
    assert got["phone"] == "13900001234"
    assert got["kind"] == "dunning"
    assert got["script"]
    assert all(list(o) == ["code", "label", "key"] for o in got["outcomes"])
    codes = [o["code"] for o in got["outcomes"]]
    keys = [o["key"] for o in got["outcomes"]]
    assert set(codes) == {
        *("will_pay", "not_needed", "says_paid", "relay", "gave_number", "no_answer"),
        *("switched_off", "out_of_service", "unreachable", "line_busy", "rejected", "other"),
        *("relay_failed", "wrong_number", "busy", "cut_off", "hung_up_angry", "opt_out"),
    }
    assert len(set(keys)) == len(codes)
    assert shell.next("09:12")["attempt"] == got["attempt"], "asking again returns the held one"
    elsewhere = [shell.ok("queue", at="09:12"), shell.why("买家001", "09:12")]
    assert "13900001234" not in str(elsewhere), "complete in `next` only"


def test_outcome_says_what_follows(shell: Shell) -> None:
    shell.take(order(1), order(2), at="08:40")
    shell.plan()
    first = shell.call("09:10", "will_pay")
    assert list(first) == ["task", "state", "result", "next", "rules", "also"]
    assert first["state"] == "open"
    assert list(first["next"]) == ["at", "how"]
    assert first["next"]["how"] == "call"
    assert is_time(first["next"]["at"])
    assert all(rule.startswith("R-") for rule in first["rules"])
    second = shell.call("09:20", "not_needed")
    assert (second["state"], second["result"]) == ("closed", "关闭交易")


def test_why_names_the_binding_rule_and_the_next_instant(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    shell.plan()
    found = shell.why("买家001", "08:50")
    assert set(found) >= {"buyer", "at", "verdict", "next", "checks"}
    assert (found["buyer"], found["at"]) == ("买家001", "2026-03-04T08:50:00+08:00")
    assert found["verdict"] == "wait"
    assert found["next"] == "2026-03-04T09:00:00+08:00"
    assert all(list(c) == ["rule", "verdict", "until", "reason"] for c in found["checks"])
    waits = [c for c in found["checks"] if c["verdict"] == "wait"]
    assert {c["rule"] for c in waits} >= {"R-HOURS-3"}
    assert all(c["until"] == "2026-03-04T09:00:00+08:00" for c in waits)
    assert shell.why("买家001", "09:00")["verdict"] == "allow"
    assert shell.ask("why", "无此人", at="09:00").code == 2


def test_ledgers_have_the_columns_of_r_dun_7_and_r_dun_8(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    shell.plan()
    shell.call("09:10", "no_answer")
    (row,) = shell.detail("2026-03-04", "2026-03-04")
    assert list(row) == [
        *("催款日期", "处理人员", "拍下日期", "用户ID", "订单未付款额", "联络结果"),
        *("是否付款", "付款日期", "付款总额"),
    ]
    assert row["订单未付款额"] == "120.50"
    assert is_money(row["付款总额"])
    (total,) = shell.ok("ledger", "dunning-summary", "--from", "2026-03-04", "--to", "2026-03-04")
    assert list(total) == [
        *("催款日期", "处理人员", "催款数", "回单数", "未付款总金额", "追回金额", "成功率")
    ]
    assert is_count(total["催款数"])
    assert is_money(total["追回金额"])


def test_verify_counts_what_it_checked(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    shell.plan()
    shell.call("09:10", "no_answer")
    document = shell.ok("verify")
    assert list(document) == ["checked", "violations", "warnings"]
    assert document["violations"] == []
    assert document["checked"]["attempts"] == 1
    assert all(is_count(number) for number in document["checked"].values())
    assert all(list(w) == ["rule", "what", "attempt", "at"] for w in document["warnings"])


def test_every_instant_in_every_document_has_its_offset(shell: Shell) -> None:
    shell.take(order(1), order(2), at="08:40")
    documents = [
        shell.plan(),
        shell.ok("queue", at="08:50"),
        shell.next("09:10"),
        shell.why("买家001", "09:10"),
        shell.ok("verify"),
        shell.ok("clock", "show"),
    ]
    for value in _texts(documents):
        if value[:4].isdecimal() and "T" in value:
            assert is_time(value), value
            assert datetime.fromisoformat(value).utcoffset() is not None


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    return [text for part in value for text in _texts(part)] if isinstance(value, list) else []


# --- errors --------------------------------------------------------------------------------------

USAGE = [
    [],
    ["bogus"],
    ["work"],
    ["work", "bogus"],
    ["work", "next"],
    ["work", "next", "--caller", ""],
    ["work", "skip", "x"],
    ["work", "outcome", "x"],
    ["work", "outcome", "nothing-like-it", "no_answer"],
    ["plan"],
    ["plan", "--date", "2026-02-30"],
    ["plan", "--date", "tomorrow"],
    ["plan", "--date", "2026-03-04", "--kind", "knitting"],
    ["plan", "--date", "2026-03-04", "--at", "noon"],
    ["plan", "--date", "2026-03-04", "--at", "2026-03-04T24:61:00+08:00"],
    ["queue", "--limit", "0"],
    ["queue", "--limit", "many"],
    ["queue", "--frobnicate"],
    ["queue", "--at", "0001-01-01T00:00:00+08:00"],
    ["queue", "--at", "9999-12-31T23:59:59-08:00"],
    ["queue", "--at", ""],
    ["import"],
    ["import", "no-such-file.csv"],
    ["import", "."],
    ["import", "no-such-file.csv", "--kind", "poems"],
    ["todo"],
    ["todo", "done"],
    ["todo", "done", "first"],
    ["todo", "done", "4711"],
    ["why"],
    ["why", "无此人"],
    ["ledger"],
    ["ledger", "poems", "--from", "2026-03-04", "--to", "2026-03-04"],
    ["ledger", "dunning-detail", "--from", "2026-03-05", "--to", "2026-03-04"],
    ["ledger", "dunning-detail", "--from", "2026-03-04"],
    ["clock", "set"],
    ["clock", "set", "later"],
    ["user", "add", "某人"],
    ["user", "add", "某人", "--role", "king", "--password-stdin"],
    ["verify", "extra"],
    ["init", "--empty"],
]


@pytest.mark.parametrize("words", USAGE, ids=lambda words: " ".join(words) or "nothing")
def test_wrong_use_is_one_document_and_exit_2(shell: Shell, words: list[str]) -> None:
    answer = shell.run(*words, "--json")
    assert answer.code == 2, answer
    assert answer.error["code"] == "usage"
    assert isinstance(answer.error["reason"], str)
    assert answer.error["reason"]


@pytest.mark.parametrize("words", [["bogus"], ["queue", "--limit", "x"], ["why", "无此人"]])
def test_without_json_an_error_leaves_stdout_empty(shell: Shell, words: list[str]) -> None:
    answer = shell.run(*words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.strip()


READY_NEEDED = [
    ["plan", "--date", "2026-03-04"],
    ["queue"],
    ["work", "next", "--caller", "谷雨"],
    ["work", "outcome", "a", "no_answer"],
    ["work", "skip", "a", "--reason", "b"],
    ["todo", "list"],
    ["todo", "done", "1"],
    ["why", "买家001"],
    ["ledger", "dunning-detail", "--from", "2026-03-04", "--to", "2026-03-04"],
    ["verify"],
    ["clock", "show"],
    ["clock", "set", "2026-03-04T09:00:00+08:00"],
    ["user", "add", "某人", "--role", "caller", "--password-stdin"],
    ["doctor"],
]


@pytest.mark.parametrize("words", READY_NEEDED, ids=" ".join)
def test_without_a_database_every_command_is_not_ready(words: list[str], tmp_path) -> None:
    shell = Shell(f"sqlite:///{tmp_path / 'none.db'}", tmp_path)
    answer = shell.run(*words, "--json", stdin="安静的长夜里有灯\n")
    assert answer.code == 3, answer
    if words != ["doctor"]:
        assert answer.error["code"] == "not_ready"
    assert not (tmp_path / "none.db").exists(), "looking for it must not make it"


def test_an_import_without_a_database_is_not_ready(tmp_path) -> None:
    shell = Shell(f"sqlite:///{tmp_path / 'none.db'}", tmp_path)
    assert shell.ask("import", shell.export(order(1))).code == 3


def test_a_migrated_database_without_a_shop_is_not_ready(tmp_path) -> None:
    shell = Shell(f"sqlite:///{tmp_path / 'bare.db'}", tmp_path)
    assert shell.run("migrate", "--json").code == 0
    assert shell.ask("queue").code == 3
    assert shell.ask("doctor").code == 3


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "postgresql://nobody@[::1/x",
        "postgresql://nobody@localhost:port/x",
        "mysql://nobody@localhost/x",
        "sqlite:////proc/no/such/folder/x.db",
        "postgresql://nobody@127.0.0.1:1/none",
    ],
)
def test_a_database_that_cannot_be_opened_is_an_error_not_a_crash(url: str, tmp_path) -> None:
    for words in (["queue"], ["migrate"], ["doctor"], ["init"], ["init", "--training", "--empty"]):
        answer = Shell(url, tmp_path).run(*words, "--json")
        assert answer.code in (2, 3), (words, answer)
        assert isinstance(answer.json, dict)


def test_a_file_that_is_no_database_is_not_ready(tmp_path) -> None:
    (tmp_path / "poem.db").write_text("床前明月光" * 1000)
    shell = Shell(f"sqlite:///{tmp_path / 'poem.db'}", tmp_path)
    for words in (["queue"], ["verify"], ["migrate"]):
        assert shell.ask(*words).code == 3
    assert shell.ask("queue").error["code"] == "not_ready"


def test_without_the_key_of_the_numbers_the_work_is_not_ready(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    shell.plan()
    (shell.folder / "waihu.key").unlink()
    assert shell.ask("work", "next", "--caller", "谷雨", at="09:10").code == 3
    assert shell.ask("import", shell.export(order(2)), at="09:10").code == 3
    assert shell.ask("doctor").code == 3
    assert shell.ask("queue", at="09:10").code == 0, "what needs no number works"


def test_a_second_shop_in_one_database_is_refused(shell: Shell) -> None:
    for words in (["init"], ["init", "--training"], ["init", "--training", "--empty"]):
        answer = shell.run(*words, "--json")
        assert answer.code == 4, (words, answer)
        assert answer.error["code"] == "refused"
