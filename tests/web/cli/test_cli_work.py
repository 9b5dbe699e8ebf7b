"""Callers at work by command: one customer for one caller, required fields, wishes, to-dos."""

from __future__ import annotations

import sqlite3

import pytest

from tests.web.cli.shell import Shell, order, paid

WED, THU = "2026-03-04", "2026-03-05"


@pytest.fixture
def two(shell: Shell) -> Shell:
    """A planned morning with two customers."""
    shell.take(order(1), order(2), at="08:40")
    shell.plan()
    return shell


def everything(shell: Shell) -> list[str]:
    """All that the database holds, as text."""
    with sqlite3.connect(shell.folder / "waihu.db") as connection:
        found = list(connection.iterdump())
    connection.close()
    return found


# --- nobody, and in any order of instants --------------------------------------------------------


def test_nobody_now_is_an_answer_and_writes_nothing(two: Shell) -> None:
    before = everything(two)
    for clock in ("08:50", "12:00", "12:59", "20:00"):
        nobody = two.nobody(clock)
        assert list(nobody) == ["task", "next_due", "reasons"]
        assert nobody["reasons"]
    assert two.nobody("12:00")["next_due"] == f"{WED}T13:00:00+08:00"
    assert two.nobody(f"{THU}T09:10:00+08:00")["next_due"] is None, "the data are too old by then"
    assert everything(two) == before


def test_an_unknown_caller_writes_nothing_while_there_is_nobody_to_call(two: Shell) -> None:
    before = everything(two)
    two.nobody("08:50", "从未见过的人")
    assert everything(two) == before


def test_questions_about_any_instant_write_nothing(two: Shell) -> None:
    two.call("09:10", "no_answer")
    before = everything(two)
    for at in ("18:00", "09:00", f"{THU}T10:00:00+08:00", "2020-01-01T00:00:00+08:00"):
        two.ok("queue", at=at)
        two.why("买家001", at)
        two.todos(at)
        two.ok("ledger", "dunning-detail", "--from", WED, "--to", WED, at=at)
        two.ok("verify", at=at)
        two.ok("plan", "--date", WED, "--dry-run", at=at)
    assert everything(two) == before


def test_instants_may_come_in_any_order(two: Shell) -> None:
    late = two.next("18:00", "谷雨")
    early = two.next("09:10", "小满")
    assert {late["buyer"], early["buyer"]} == {"买家001", "买家002"}
    two.ok("work", "outcome", early["attempt"], "will_pay", at="09:11")
    two.ok("work", "outcome", late["attempt"], "will_pay", at="18:01")
    assert two.ask("work", "outcome", late["attempt"], "busy", at="18:02").code == 4
    two.clean()


def test_without_at_the_shops_own_clock_counts(two: Shell) -> None:
    two.ok("clock", "pause")
    two.ok("clock", "set", f"{WED}T12:30:00+08:00")
    assert two.ok("work", "next", "--caller", "谷雨")["next_due"] == f"{WED}T13:00:00+08:00"
    assert two.next("09:10")["task"] is not None, "--at is the instant of that command alone"
    assert two.ok("clock", "show")["now"] == f"{WED}T12:30:00+08:00"
    two.ok("clock", "set", "2026-03-04T09:10")
    assert two.ok("work", "next", "--caller", "谷雨")["task"] is not None


def test_why_about_the_past_knows_only_what_was_known_then(two: Shell) -> None:
    assert two.ask("why", "买家001", at="08:39").code in (0, 2)
    got = two.call("09:10", "no_answer")
    two.take(paid(order(1), "2026-03-04 10:00:00"), order(2), at="11:00")
    assert got["task"]
    assert two.why("买家001", "09:05")["verdict"] == "allow"
    waiting = two.why("买家001", "10:30")
    assert (waiting["verdict"], waiting["next"]) == ("wait", f"{WED}T13:00:00+08:00")
    over = two.why("买家001", "11:30")
    assert (over["verdict"], over["next"]) == ("stop", None)
    assert "R-DUN-4" in [c["rule"] for c in over["checks"] if c["verdict"] == "stop"]


# --- one customer, one caller --------------------------------------------------------------------


def test_two_callers_never_get_one_customer(two: Shell) -> None:
    first, second = two.next("09:10", "谷雨"), two.next("09:10", "小满")
    assert {first["buyer"], second["buyer"]} == {"买家001", "买家002"}
    (reason,) = two.nobody("09:11", "白露")["reasons"]
    assert (reason["rule"], reason["count"]) == ("R-CLAIM-1", 2)
    assert reason["until"] == f"{WED}T09:25:00+08:00"
    assert two.next("09:12", "谷雨")["attempt"] == first["attempt"]


def test_r_repeat_2_one_phone_of_two_customers_is_one_call_at_a_time(shell: Shell) -> None:
    shared = {"mobile": "'13900007777"}
    shell.take(order(1, **shared), order(2, **shared), at="08:40")
    shell.plan()
    got = shell.next("09:10", "谷雨")
    assert shell.nobody("09:10", "小满")["reasons"][0]["rule"] == "R-REPEAT-2"
    shell.ok("work", "outcome", got["attempt"], "no_answer", at="09:11")
    waiting = shell.nobody("09:12", "小满")
    assert waiting["next_due"] == f"{WED}T10:10:00+08:00", "60 minutes for the phone (R-REPEAT-3)"
    assert shell.next("10:10", "小满")["buyer"] != got["buyer"]
    shell.clean()


def test_r_claim_1_an_expired_lease_gives_the_customer_to_another(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    shell.plan()
    first = shell.next("09:10", "谷雨")
    shell.nobody("09:24", "小满")
    second = shell.next("09:25", "小满")
    assert second["buyer"] == first["buyer"]
    assert second["attempt"] != first["attempt"]
    for words in (
        ["work", "dial", first["attempt"]],
        ["work", "outcome", first["attempt"], "busy"],
    ):
        assert "R-CLAIM-1" in shell.ask(*words, at="09:26").rules
    shell.ok("work", "outcome", second["attempt"], "no_answer", at="09:27")
    (row,) = shell.detail(WED, WED)
    assert row["处理人员"] == "小满", "an expired hand-out is no attempt"
    shell.clean()


def test_a_call_that_was_dialled_is_not_offered_to_others(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    shell.plan()
    got = shell.next("09:10", "谷雨")
    assert shell.ok("work", "dial", got["attempt"], at="09:11") == {
        "attempt": got["attempt"],
        "dialled_at": f"{WED}T09:11:00+08:00",
    }
    again = shell.ok("work", "dial", got["attempt"], at="09:12")
    assert again["dialled_at"].endswith("09:11:00+08:00")
    assert again["note"] == "这位客户已在 03-04 09:11 手工拨打，这次没有再拨"
    assert "这次没有再拨" in shell.run("work", "dial", got["attempt"]).out
    manual = ("work", "dial", got["attempt"], "--line", "manual")
    assert shell.ok(*manual, at="09:12")["note"] == again["note"]
    for line in ("twilio", "asterisk"):
        assert shell.ask("work", "dial", got["attempt"], "--line", line, at="09:12").code == 3
    shell.nobody("10:30", "小满")
    assert shell.next("10:30", "谷雨")["attempt"] == got["attempt"]
    assert shell.ask("work", "skip", got["attempt"], "--reason", "算了", at="10:31").code == 4
    shell.ok("work", "outcome", got["attempt"], "no_answer", at="10:32")


def test_skipping_needs_a_reason_and_brings_the_customer_back(two: Shell) -> None:
    got = two.next("09:10")
    for words in ([], ["--reason", ""], ["--reason", "  "]):
        assert two.ask("work", "skip", got["attempt"], *words, at="09:11").code == 2
    done = two.ok("work", "skip", got["attempt"], "--reason", "背景太吵", at="09:11")
    assert done["next"]["at"] == f"{WED}T09:41:00+08:00"
    other = two.next("09:12")
    assert other["buyer"] != got["buyer"]
    two.ok("work", "outcome", other["attempt"], "no_answer", at="09:13")
    assert two.nobody("09:40")["next_due"] == f"{WED}T09:41:00+08:00"
    assert two.next("09:41")["buyer"] == got["buyer"]
    assert two.ask("work", "outcome", got["attempt"], "busy", at="09:42").code == 4
    two.clean()


def test_an_outcome_is_entered_once(two: Shell) -> None:
    got = two.next("09:10")
    first = two.ok("work", "outcome", got["attempt"], "will_pay", "--key", "k1", at="09:11")
    assert two.ok("work", "outcome", got["attempt"], "will_pay", "--key", "k1", at="09:12") == first
    assert two.ok("work", "outcome", got["attempt"], "will_pay", at="09:13") == first
    assert two.ask("work", "outcome", got["attempt"], "busy", at="09:14").rules == ["R-CLAIM-1"]
    assert len(two.detail(WED, WED)) == 1
    two.clean()


def test_an_outcome_before_its_hand_out_is_wrong(two: Shell) -> None:
    got = two.next("09:10")
    assert two.ask("work", "outcome", got["attempt"], "busy", at="09:09").code == 2
    assert two.ask("work", "dial", got["attempt"], at="09:09").code == 2


# --- fields --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["gave_number"],
        ["gave_number", "--phone", ""],
        ["gave_number", "--phone", "12345"],
        ["gave_number", "--phone", "95588"],
        ["gave_number", "--phone", "110"],
        ["gave_number", "--phone", "138****1234"],
        ["other"],
        ["other", "--note", "   "],
        ["busy", "--note", "长" * 2001],
        ["will_pay", "--phone", "not a number"],
        ["sung_a_song"],
        ["NO_ANSWER"],
        ["busy", "--callback-at", "tomorrow"],
        ["busy", "--callback-at", "2026-03-04T09:00:00+08:00"],
        ["busy", "--callback-at", "2026-03-04T09:11:00+08:00"],
    ],
    ids=" ".join,
)
def test_a_missing_or_wrong_field_exits_2_and_stores_nothing(two: Shell, words: list[str]) -> None:
    got = two.next("09:10")
    before = everything(two)
    answer = two.ask("work", "outcome", got["attempt"], *words, at="09:11")
    assert (answer.code, answer.error["code"]) == (2, "usage")
    if "--callback-at" in words:
        assert answer.error["field"] == "callback_at"
    assert everything(two) == before
    two.ok("work", "outcome", got["attempt"], "no_answer", at="09:12")


def test_any_outcome_may_carry_a_phone_and_a_note(two: Shell) -> None:
    got = two.next("09:10")
    more = ("--phone", "13900005555", "--note", "换了新号")
    two.ok("work", "outcome", got["attempt"], "busy", *more, at="09:11")
    two.clean()


WISHES = [
    ("2026-03-04T19:30:00+08:00", "2026-03-04T19:30:00+08:00", False),
    ("2026-03-04T12:30:00+08:00", "2026-03-04T13:00:00+08:00", True),
    ("2026-03-04T12:00:00+08:00", "2026-03-04T13:00:00+08:00", True),
    ("2026-03-04T20:00:00+08:00", "2026-03-05T09:00:00+08:00", True),
    ("2026-03-04T11:30:00Z", "2026-03-04T19:30:00+08:00", False),
    ("2026-03-04T19:30", "2026-03-04T19:30:00+08:00", False),
]


@pytest.mark.parametrize(("wish", "kept", "moved"), WISHES, ids=[w[0] for w in WISHES])
def test_r_hours_7_a_wish_is_kept_or_moved(two: Shell, wish: str, kept: str, moved: bool) -> None:
    got = two.next("09:10")
    words = ("work", "outcome", got["attempt"], "busy", "--callback-at", wish)
    done = two.ok(*words, at="09:11")
    assert done["next"] == {"at": kept, "how": "call"}
    assert ("R-HOURS-7" in done["rules"]) or not moved
    if kept.startswith(WED):
        two.call("09:20", "not_needed")
        again = two.next(kept)
        assert again["task"] == got["task"]
        assert again["attempt"] != got["attempt"]
        two.ok("work", "outcome", again["attempt"], "no_answer", at=kept)
    two.clean()


@pytest.mark.parametrize(
    "wish", ["2026-03-06T15:00:00+08:00", "2026-03-06T14:59:59+08:00", "2026-04-01T10:00:00+08:00"]
)
def test_r_hours_7_a_wish_at_or_past_the_deadline_is_refused(two: Shell, wish: str) -> None:
    got = two.next("09:10")
    answer = two.ask("work", "outcome", got["attempt"], "busy", "--callback-at", wish, at="09:11")
    if wish == "2026-03-06T14:59:59+08:00":
        assert answer.code == 0
        return
    assert {"R-HOURS-7", "R-DUN-3"} <= set(answer.rules)
    two.ok("work", "outcome", got["attempt"], "no_answer", at="09:12")


# --- numbers -------------------------------------------------------------------------------------


def test_r_repeat_5_a_given_number_is_due_at_once(two: Shell) -> None:
    got = two.next("09:10")
    words = ("work", "outcome", got["attempt"], "gave_number", "--phone", "13900005555")
    done = two.ok(*words, at="09:11")
    assert done["next"] == {"at": f"{WED}T09:11:00+08:00", "how": "call"}
    again = two.next("09:12")
    assert (again["buyer"], again["phone"]) == (got["buyer"], "13900005555")
    two.ok("work", "outcome", again["attempt"], "will_pay", at="09:13")
    two.clean()


def test_a_wrong_number_leads_to_the_next_one_at_once(shell: Shell) -> None:
    shell.take(order(1, phone="0571-88001234"), at="08:40")
    shell.plan()
    first = shell.next("09:10")
    done = shell.ok("work", "outcome", first["attempt"], "wrong_number", at="09:11")
    assert done["next"] == {"at": f"{WED}T09:11:00+08:00", "how": "call"}
    second = shell.next("09:12")
    assert second["phone"] != first["phone"]
    ended = shell.ok("work", "outcome", second["attempt"], "wrong_number", at="09:13")
    assert ended["state"] == "closed"
    assert [t["kind"] for t in shell.todos("09:14")] == ["wangwang"]
    assert "R-MSG-1" in ended["rules"]
    shell.clean()


def test_r_repeat_5_a_cut_line_redialled_in_ten_minutes_counts_once(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    shell.plan()
    first = shell.call("09:10", "cut_off")
    assert first["next"] == {"at": f"{WED}T09:10:00+08:00", "how": "call"}
    assert shell.call("09:15", "no_answer")["state"] == "open"
    shell.nobody("17:30")  # somebody was reached today (R-REPEAT-3)
    shell.take(order(1), at=f"{THU}T08:40:00+08:00")
    second = shell.call(f"{THU}T13:00:00+08:00", "no_answer")
    assert (second["state"], second["next"]["at"]) == ("open", f"{THU}T17:00:00+08:00")
    assert shell.call(f"{THU}T17:00:00+08:00", "no_answer")["state"] == "closed"
    shell.clean()


def test_a_cut_line_after_ten_minutes_waits_for_another_daypart(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    shell.plan()
    shell.call("09:10", "cut_off")
    waiting = shell.nobody("09:21")
    assert waiting["reasons"][0]["rule"] in ("R-SLOT-1", "R-REPEAT-3")


# --- regions, days -------------------------------------------------------------------------------


def test_r_hours_4_xinjiang_opens_later_and_has_no_morning_on_a_day_off(shell: Shell) -> None:
    far = {"address": "新疆维吾尔自治区 乌鲁木齐市 天山区 样例路1号(830000)"}
    shell.take(order(1, **far), at="08:40")
    assert shell.plan()["tasks"][0]["due_at"] == f"{WED}T11:00:00+08:00"
    shell.nobody("10:59")
    assert shell.next("11:00")["task"] is not None
    saturday = order(2, placed_at="2026-03-06 15:00:00", **far)
    shell.take(saturday, at="2026-03-07T08:40:00+08:00")
    tasks = shell.plan("2026-03-07T08:45:00+08:00")["tasks"]
    assert [t["due_at"] for t in tasks] == ["2026-03-07T15:00:00+08:00"]
    shell.nobody("2026-03-07T11:59:00+08:00", "小满")
    assert shell.next("2026-03-07T15:00:00+08:00", "小满")["buyer"] == "买家002"


@pytest.mark.parametrize(
    ("day", "before", "opens"),
    [
        ("2026-10-10", "2026-10-09", "09:00"),  # a Saturday, made up for the holidays
        ("2026-10-17", "2026-10-16", "10:00"),  # a Saturday
        ("2026-10-05", "2026-10-04", "10:00"),  # a Monday, the National Day holidays
        ("2027-03-03", "2027-03-02", "10:00"),  # no official calendar yet (R-HOURS-6)
    ],
)
def test_r_hours_2_the_official_calendar_decides(
    shell: Shell, day: str, before: str, opens: str
) -> None:
    shell.take(order(1, placed_at=f"{before} 15:00:00"), at=f"{day}T08:40:00+08:00")
    (task,) = shell.plan(f"{day}T08:45:00+08:00")["tasks"]
    assert task["due_at"] == f"{day}T{opens}:00+08:00"
    shell.nobody(f"{day}T{int(opens[:2]) - 1:02d}:59:59+08:00")
    assert shell.next(f"{day}T{opens}:00+08:00")["task"] == task["task"]
    shell.clean()


# --- to-dos --------------------------------------------------------------------------------------


def test_to_dos_are_listed_and_ticked_off(two: Shell) -> None:
    two.call("09:10", "not_needed")
    two.call("09:20", "relay")
    found = two.todos("09:21")
    assert {t["kind"] for t in found} == {"close_trade", "wangwang"}
    assert all(isinstance(t["todo"], int) for t in found)
    message = next(t for t in found if t["kind"] == "wangwang")
    trade = next(t for t in found if t["kind"] == "close_trade")
    assert order(1)["order_no"] in trade["text"] or order(2)["order_no"] in trade["text"]
    refused = two.ask("todo", "done", message["todo"], at="12:30")
    assert "R-HOURS-5" in refused.rules
    two.ok("todo", "done", trade["todo"], at="12:30")
    two.ok("todo", "done", message["todo"], at="13:00")
    two.ok("todo", "done", message["todo"], at="13:05")
    assert two.todos("13:06") == []
    two.clean()


def test_a_message_is_withdrawn_with_the_payment(two: Shell) -> None:
    two.call("09:10", "relay")
    (message,) = two.todos("09:11")
    rows = [order(n) for n in (1, 2)]
    settled = [
        paid(r, "2026-03-04 09:30:00") if r["buyer"] == message["buyer"] else r for r in rows
    ]
    two.take(*settled, at="10:00")
    assert two.todos("10:01") == []
    assert two.ask("todo", "done", message["todo"], at="10:02").code == 4
