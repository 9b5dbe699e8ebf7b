"""Callbacks, stock-outs and shared calls, from files alone, as a shop would tell them (sop.md §4)."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.factories_exports import Cells, as_csv, item_file
from tests.web.cli.shell import Shell, order, paid

WED, THU = "2026-03-04", "2026-03-05"


def at(day: str, clock: str) -> str:
    return f"{day}T{clock}:00+08:00"


def shipped(number: int, when: str, buyer: str | None = None, **more: str) -> Cells:
    """An order on its way since then."""
    made = order(number, buyer, placed_at="2026-02-20 10:00:00", **more)
    state = {"state": "卖家已发货,等待买家确认", "shipped_at": when}
    return {**paid(made, "2026-02-20 10:05:00"), **state}


def signed(number: int, when: str, buyer: str | None = None, **more: str) -> Cells:
    """An order that the buyer confirmed then."""
    made = shipped(number, "2026-02-21 10:00:00", buyer, **more)
    return {**made, "state": "交易成功", "received_at": when}


def waiting(number: int, buyer: str | None = None, **more: str) -> Cells:
    """A paid order that waits for its goods."""
    return paid(order(number, buyer, **more), "2026-03-03 16:00:00")


def lacking(shell: Shell, *rows: tuple[str, str, str], now: str, name: str = "缺货.csv") -> Any:
    """Take in the shop's list of what is out of stock."""
    table = as_csv(["商品", "商家编码", "预计到货日期"], [list(row) for row in rows])
    return shell.ok("import", shell.file(name, table), at=now)["files"][0]


def ledger(shell: Shell, name: str, *more: str) -> list[dict[str, Any]]:
    return shell.ok("ledger", name, "--from", WED, "--to", "2026-03-31", *more)


def keep_promises(shell: Shell, when: str) -> None:
    """Tick off what was promised, for its day passes before anybody looks at the history."""
    for todo in shell.todos(when):
        if todo["kind"] == "promise":
            shell.ok("todo", "done", todo["todo"], at=when)


def held(shell: Shell, when: str, caller: str = "谷雨") -> dict[str, Any]:
    got = shell.next(when, caller)
    assert got["task"] is not None, got
    return got


def test_a_day_of_three_kinds_from_files_alone(either_shell: Shell) -> None:
    shell = either_shell
    orders = [
        order(1),
        signed(2, "2026-02-26 12:00:00"),
        shipped(3, "2026-02-25 12:00:00"),
        waiting(4),
    ]
    shell.take(*orders, at="08:40")
    items = [{"order_no": waiting(4)["order_no"], "title": "多肉六盆", "sku": "DR-6"}]
    file = shell.file("ExportOrderDetailList.csv", item_file("2022", items))
    assert shell.ok("import", file, at="08:41")["files"][0]["taken"] == 1
    taken = lacking(shell, ("多肉 六盆装礼盒", "ｄｒ-6", "2026-03-20"), now="08:42")
    assert (taken["taken"], taken["rejected"]) == (1, [])
    shell.plan("08:45")
    said = {
        "dunning": ("will_pay",),
        "callback": ("satisfied", "--wish", "多送土", "--verbatim", "长得好"),
        "stock_out": ("agrees_with_gift",),
    }
    kinds = []
    for clock in ("09:10", "09:20", "09:30", "09:40"):
        got = held(shell, clock)
        kinds.append((got["kind"], got["topic"]))
        assert got["also"] == []
        shell.ok("work", "dial", got["attempt"], at=clock)
        code = ("parcel_chased",) if got["topic"] == "not_received" else said[got["kind"]]
        shell.ok("work", "outcome", got["attempt"], *code, at=clock)
    assert sorted(kinds) == [
        ("callback", "not_received"),
        ("callback", "received"),
        ("dunning", ""),
        ("stock_out", ""),
    ]
    shell.nobody("09:50")
    assert sorted(todo["kind"] for todo in shell.todos("09:51")) == [
        "chase_parcel",
        "promise",
        "promise",
        "promise",
    ]
    assert len(ledger(shell, "callback-detail")) == 2
    assert len(ledger(shell, "stockout-detail")) == 1
    assert len(ledger(shell, "feedback")) == 1
    assert len(shell.detail(WED, THU)) == 1
    keep_promises(shell, "10:00")
    shell.clean()


def three_matters(shell: Shell) -> dict[str, Any]:
    """One customer with all three; the call on the line."""
    shell.take(
        order(1, "同一人"),
        signed(2, "2026-02-26 12:00:00", "同一人", mobile="'13900000001"),
        waiting(3, "同一人", mobile="'13900000001"),
        at="08:40",
    )
    lacking(shell, ("样例宝贝", "", "2026-03-20"), now="08:42")
    shell.plan("08:45")
    got = held(shell, "09:10")
    shell.ok("work", "dial", got["attempt"], at="09:10")
    return got


GOOD = {"dunning": "will_pay", "callback": "satisfied", "stock_out": "agrees"}


def also(got: dict[str, Any], **codes: str) -> list[str]:
    words = []
    for matter in got["also"]:
        words += ["--also", f"{matter['task']}={codes.get(matter['kind'], GOOD[matter['kind']])}"]
    return words


def test_r_repeat_2_three_matters_in_one_call(either_shell: Shell) -> None:
    shell = either_shell
    got = three_matters(shell)
    assert len(got["also"]) == 2
    done = shell.ok(
        "work", "outcome", got["attempt"], GOOD[got["kind"]], *also(got), "--key", "k", at="09:15"
    )
    assert len(done["also"]) == 2
    again = shell.ok(
        "work", "outcome", got["attempt"], GOOD[got["kind"]], *also(got), "--key", "k", at="09:16"
    )
    assert again == done
    shell.nobody("19:00")
    assert len(ledger(shell, "callback-detail")) == 1
    assert len(ledger(shell, "stockout-detail")) == 1
    (row,) = shell.detail(WED, THU)
    assert (row["催款日期"], row["处理人员"], row["订单未付款额"]) == (WED, "谷雨", "120.50")
    keep_promises(shell, "19:00")
    shell.clean()


def test_r_dun_7_a_reminder_that_rode_along_is_in_its_ledger_and_what_it_brought(
    shell: Shell,
) -> None:
    got = three_matters(shell)
    shell.ok("work", "outcome", got["attempt"], GOOD[got["kind"]], *also(got), at="09:15")
    shell.take(paid(order(1, "同一人"), "2026-03-04 09:30:00"), at="10:00")
    (row,) = shell.detail(WED, THU)
    assert (row["联络结果"], row["付款总额"]) == ("已付款", "120.50")
    (total,) = shell.ok("ledger", "dunning-summary", "--from", WED, "--to", WED)
    assert (total["催款数"], total["回单数"]) == (1, 1)
    keep_promises(shell, "19:00")
    shell.clean()


def test_r_repeat_2_a_call_nobody_answered_is_one_of_all_three(shell: Shell) -> None:
    got = three_matters(shell)
    done = shell.ok("work", "outcome", got["attempt"], "no_answer", at="09:11")
    assert [one["next"] for one in done["also"]] == [done["next"]] * 2
    again = held(shell, "13:00")
    assert len(again["also"]) == 2
    shell.ok("work", "outcome", again["attempt"], "no_answer", at="13:01")
    assert [todo["kind"] for todo in shell.todos("13:02")] == ["wangwang"] * 2, "no callback writes"
    shell.clean()


def test_r_oos_2_a_moved_list_breaks_the_promise_and_is_told(either_shell: Shell) -> None:
    shell = either_shell
    shell.take(waiting(1), at="08:40")
    lacking(shell, ("样例宝贝", "", "2026-03-20"), now="08:42")
    shell.plan("08:45")
    shell.call("09:10", "agrees")
    lacking(shell, ("样例宝贝", "", "2026-03-20"), now="10:00", name="同一张.csv")
    assert [todo["kind"] for todo in shell.todos("10:01")] == ["promise"], "nothing moved"
    lacking(shell, ("样例宝贝", "", "2026-03-27"), now="11:00", name="改期.csv")
    promise, message = sorted(shell.todos("11:01"), key=lambda todo: todo["kind"])
    assert (promise["kind"], promise["due_at"]) == ("promise", at("2026-03-28", "00:00"))
    assert "3月27日" in message["text"]
    (row,) = ledger(shell, "stockout-detail")
    assert "20" in str(row)
    shell.ok("todo", "done", message["todo"], at="11:02")
    lacking(shell, ("样例宝贝", "", "2026-03-25"), now="11:30", name="又改期.csv")
    assert len(shell.todos("11:31")) == 2
    shell.clean()


def test_r_oos_1_listed_goods_without_an_order_are_named(shell: Shell) -> None:
    shell.take(waiting(1), at="08:40")
    table = as_csv(["商品", "预计到货日期"], [["没人要的", "2026-03-20"], ["样例宝贝", "不知道"]])
    answer = shell.ask("import", shell.file("缺货.csv", table), at="08:41")
    (report,) = answer.json["files"]
    assert (answer.code, report["taken"], len(report["rejected"])) == (1, 1, 1)
    assert "没人要的" in report["warnings"][0]["reason"]
    assert shell.plan("08:45", kind="stock_out")["tasks"] == []


def test_r_cb_4_a_parcel_that_arrives_during_the_day_is_not_asked_for(shell: Shell) -> None:
    shell.take(shipped(1, "2026-02-25 12:00:00"), at="08:40")
    shell.plan("08:45")
    shell.call("09:10", "busy", "--callback-at", at(WED, "15:00"))
    shell.take(
        {
            **shipped(1, "2026-02-25 12:00:00"),
            "state": "交易成功",
            "received_at": f"{WED} 10:00:00",
        },
        at="12:00",
    )
    shell.nobody("15:00")
    assert shell.ok("why", "买家001", "--kind", "callback", at="15:00")["verdict"] == "stop"
    shell.clean()


def test_r_case_1_a_complaint_with_all_its_fields(shell: Shell) -> None:
    shell.take(signed(1, "2026-02-26 12:00:00"), at="08:40")
    shell.plan("08:45")
    got = held(shell, "09:10")
    words = ("--effect", "bad", "--complaint", "叶子黄", "--wish", "换盆", "--verbatim", "都黄了")
    case = ("--case-kind", "exchange", "--agreed", "补发一盆", "--note", "到货就黄")
    said = ("--product", "六盆装", *words, *case)
    shell.ok("work", "outcome", got["attempt"], "complaint", *said, at="09:12")
    (row,) = ledger(shell, "feedback")
    assert {"六盆装", "叶子黄", "换盆", "都黄了"} <= {str(value) for value in row.values()}
    (found,) = ledger(shell, "callback-detail")
    assert "谷雨" in found.values()
    shell.clean()


# --- what is refused -------------------------------------------------------------------------------


@pytest.fixture
def on_the_line(shell: Shell) -> tuple[Shell, dict[str, Any]]:
    return shell, three_matters(shell)


LONG = "长" * 501


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--also", "nonsense"], 2),
        (["--also", "=satisfied"], 2),
        (["--also", "7="], 2),
        (["--also", "-7=satisfied"], 2),
        (["--also", "７=satisfied"], 2),
        (["--also", f"{2**63}=satisfied"], 4),
        (["--also", "999=satisfied"], 4),
        (["--effect", "wonderful"], 2),
        (["--case-kind", "unknown"], 2),
        (["--wish", LONG], 2),
        (["--product", LONG], 2),
        (["--agreed", LONG], 2),
        (["--note", "长" * 2_001], 2),
    ],
)
def test_what_cannot_be_is_refused_in_chinese_and_nothing_is_stored(
    on_the_line: tuple[Shell, dict[str, Any]], words: list[str], code: int
) -> None:
    shell, got = on_the_line
    before = _rows(shell)
    answer = shell.ask("work", "outcome", got["attempt"], GOOD[got["kind"]], *words, at="09:15")
    assert answer.code == code, answer
    assert any("\u4e00" <= sign <= "\u9fff" for sign in answer.out + answer.err)
    assert "Traceback" not in answer.err
    assert _rows(shell) == before


def _rows(shell: Shell) -> bytes:
    """The database as it stands, for nothing may have been written."""
    with sqlite3.connect(Path(shell.url.removeprefix("sqlite:///"))) as connection:
        return "\n".join(connection.iterdump()).encode()


def test_r_repeat_2_what_contradicts_the_call_is_refused(
    on_the_line: tuple[Shell, dict[str, Any]],
) -> None:
    shell, got = on_the_line
    one = got["also"][0]
    twice = ["--also", f"{one['task']}=busy", "--also", f"{one['task']}=busy"]
    main, said = GOOD[got["kind"]], ["--also", f"{one['task']}={GOOD[one['kind']]}"]
    for code, words in ((main, twice), ("no_answer", said), ("wrong_number", said)):
        answer = shell.ask("work", "outcome", got["attempt"], code, *words, at="09:15")
        assert (answer.code, answer.error["code"]) == (2, "usage"), answer
    own = ["--also", f"{got['task']}={main}"]
    assert (
        "R-REPEAT-2" in shell.ask("work", "outcome", got["attempt"], main, *own, at="09:15").rules
    )
    shell.ok("work", "outcome", got["attempt"], main, *also(got), at="09:16")


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--date", WED, "--kind", "survey"),
        ("why", "买家001", "--kind", "survey"),
        ("ledger", "callback-detali", "--from", WED, "--to", WED),
    ],
)
def test_an_unknown_kind_is_a_word_that_is_not_known(shell: Shell, words: tuple[str, ...]) -> None:
    answer = shell.ask(*words)
    assert answer.code == 2
    assert any("\u4e00" <= sign <= "\u9fff" for sign in answer.out + answer.err)
