"""A customer's way through the days, told in commands only (sop.md §2, §3)."""

from __future__ import annotations

from typing import Any

from tests.factories_exports import as_csv
from tests.web.cli.shell import Shell, order, paid

WED, THU, FRI = "2026-03-04", "2026-03-05", "2026-03-06"


def at(day: str, clock: str) -> str:
    return f"{day}T{clock}:00+08:00"


def morning(shell: Shell, *orders: Any, day: str = WED) -> None:
    """The shop's morning: an import and the plan."""
    shell.take(*orders, at=at(day, "08:40"))
    shell.plan(at(day, "08:45"))


def held(shell: Shell, when: str, caller: str = "谷雨") -> dict[str, Any]:
    got = shell.next(when, caller)
    assert got["task"] is not None, got
    return got


def test_three_failed_calls_in_three_dayparts_and_a_message_after_the_second(either_shell) -> None:
    shell: Shell = either_shell
    morning(shell, order(1))
    first = shell.call("09:10", "no_answer")
    assert first["next"] == {"at": at(WED, "13:00"), "how": "call"}  # R-SLOT-1
    assert shell.nobody("12:59")["next_due"] == at(WED, "13:00")
    assert shell.todos("12:59") == []
    second = shell.call("13:30", "no_answer")
    assert second["next"] == {"at": at(THU, "17:00"), "how": "call"}  # two a day (R-REPEAT-3)
    assert "R-MSG-1" in second["rules"]
    (message,) = shell.todos("13:31")
    assert (message["kind"], message["buyer"]) == ("wangwang", "买家001")
    assert shell.nobody("18:00")["reasons"][0]["rule"] == "R-REPEAT-3"
    morning(shell, order(1), day=THU)
    assert shell.nobody(at(THU, "16:59"))["next_due"] == at(THU, "17:00")
    third = shell.call(at(THU, "17:00"), "no_answer")  # R-REPEAT-4: the third and last
    assert third["state"] == "closed"
    assert "R-REPEAT-4" in third["rules"]
    shell.nobody(at(FRI, "10:00"))
    (row,) = shell.detail(WED, FRI)
    assert (row["催款日期"], row["处理人员"]) == (WED, "谷雨")
    shell.clean()


def test_r_slot_1_the_evening_comes_after_a_failed_afternoon(shell: Shell) -> None:
    morning(shell, order(1))
    assert shell.call("13:05", "switched_off")["next"]["at"] == at(WED, "17:00")
    assert shell.call("17:30", "line_busy")["next"]["at"] == at(THU, "09:00")
    shell.clean()


def test_r_slot_1_two_hours_lie_between_two_attempts(shell: Shell) -> None:
    morning(shell, order(1))
    assert shell.call("16:30", "no_answer")["next"]["at"] == at(WED, "18:30")
    shell.clean()


def test_will_pay_is_followed_up_on_another_day_in_another_daypart(shell: Shell) -> None:
    morning(shell, order(1))
    promised = shell.call("10:00", "will_pay")
    assert (promised["state"], promised["result"]) == ("open", "等待付款")
    assert promised["next"] == {"at": at(THU, "13:00"), "how": "call"}
    for clock in ("11:59", "13:30", "19:59"):
        shell.nobody(at(WED, clock))
    morning(shell, order(1), day=THU)
    again = held(shell, at(THU, "13:00"))
    assert again["script"]["id"] != "dunning.first_call.voice"
    done = shell.ok("work", "outcome", again["attempt"], "will_pay", at=at(THU, "13:01"))
    assert (done["state"], done["next"]) == ("closed", None)
    shell.clean()


def test_says_paid_waits_for_the_import_that_decides(shell: Shell) -> None:
    morning(shell, order(1), order(2))
    for clock in ("10:00", "10:05"):
        said = shell.call(clock, "says_paid")
        assert said["next"] == {"at": None, "how": "import"}
    assert shell.nobody("14:00")["next_due"] is None
    shell.take(paid(order(1), "2026-03-04 10:30:00"), order(2), at="14:00")
    assert [q["buyer"] for q in shell.ok("queue", at="14:01")] == ["买家002"]
    shell.nobody("14:01")
    morning(shell, order(2), day=THU)
    assert shell.nobody(at(THU, "12:00"))["next_due"] == at(THU, "13:00")
    assert held(shell, at(THU, "13:00"))["buyer"] == "买家002"
    rows = {row["用户ID"]: row for row in shell.detail(WED, THU)}
    first = rows["买家001"]
    assert (first["联络结果"], first["是否付款"]) == ("已付款", "是")
    assert (first["付款日期"], first["付款总额"]) == (WED, "120.50")
    assert rows["买家002"]["联络结果"] == "等待付款"
    (total,) = shell.ok("ledger", "dunning-summary", "--from", WED, "--to", WED)
    assert (total["催款数"], total["回单数"]) == (2, 1)
    assert (total["未付款总金额"], total["追回金额"]) == ("241.00", "120.50")
    assert float(total["成功率"]) == 0.5
    shell.clean()


def refused_by(shell: Shell, attempt: str, when: str) -> set[str]:
    """Both dialling and an outcome are refused; the rules that say so."""
    dial = shell.ask("work", "dial", attempt, at=when)
    outcome = shell.ask("work", "outcome", attempt, "will_pay", at=when)
    return {*dial.rules, *outcome.rules}


def test_r_dnc_2_work_on_a_screen_is_withdrawn_when_the_customer_opts_out(shell: Shell) -> None:
    shared = {"mobile": "'13900007777"}  # two user IDs, one person's phone
    morning(shell, order(1, **shared), order(2), order(3, "买家003", **shared))
    assert shell.call("09:10", "opt_out")["state"] == "closed"
    got = held(shell, "09:11", "小满")
    assert got["buyer"] == "买家002", "the shared number's other customer is not called either"
    table = as_csv(["用户ID", "手机号", "原因"], [["买家002", "", "来电要求不再联系"]])
    file = shell.file("list.csv", table)
    assert shell.ok("import", file, "--kind", "do-not-contact", at="09:12")["files"][0]["taken"]
    rules = refused_by(shell, got["attempt"], "09:13")
    assert rules & {"R-DNC-2", "R-DNC-3"}
    assert shell.ok("queue", at="09:14") == []
    assert [row["用户ID"] for row in shell.detail(WED, WED)] == ["买家001"], "it counts nowhere"
    shell.clean()


def test_r_dnc_1_an_angry_customer_is_not_contacted_again(shell: Shell) -> None:
    morning(shell, order(1))
    ended = shell.call("09:10", "hung_up_angry")
    assert ended["state"] == "closed"
    assert "R-DNC-1" in ended["rules"]
    morning(shell, order(1), order(2, "买家001", placed_at="2026-03-04 15:00:00"), day=THU)
    plan = shell.plan(at(THU, "08:46"))
    assert plan["tasks"] == []
    assert [(x["buyer"], "R-DNC-1" in x["rules"]) for x in plan["left_out"]] == [("买家001", True)]
    assert shell.why("买家001", at(THU, "10:00"))["verdict"] == "stop"
    shell.clean()


def test_r_dun_4_paid_between_hand_out_and_dialling(shell: Shell) -> None:
    morning(shell, order(1))
    got = held(shell, "09:10")
    shell.take(paid(order(1), "2026-03-04 09:11:00"), at="09:12")
    assert "R-DUN-4" in refused_by(shell, got["attempt"], "09:13")
    assert shell.detail(WED, WED) == [], "已自行付款 counts nowhere"
    shell.nobody("09:14")
    shell.clean()


def test_r_dun_4_paid_while_the_call_is_under_way(shell: Shell) -> None:
    morning(shell, order(1))
    got = held(shell, "09:10")
    shell.ok("work", "dial", got["attempt"], at="09:10")
    shell.take(paid(order(1), "2026-03-04 09:11:00"), at="09:12")
    done = shell.ok("work", "outcome", got["attempt"], "says_paid", at="09:13")
    assert (done["state"], done["result"]) == ("closed", "已付款")
    (row,) = shell.detail(WED, WED)
    assert (row["是否付款"], row["付款总额"]) == ("是", "120.50")
    shell.clean()


def test_r_dun_4_stale_payment_data_stop_the_reminders(shell: Shell) -> None:
    morning(shell, order(1))
    shell.call("09:10", "no_answer")
    assert shell.nobody(at(THU, "13:00"))["reasons"][0]["rule"] == "R-DUN-4"
    assert shell.why("买家001", at(THU, "13:00"))["verdict"] != "allow"
    shell.take(order(1), at=at(THU, "13:01"))
    assert held(shell, at(THU, "13:02"))["look_in_shop_first"] is False


def test_r_dun_2_only_the_unpaid_orders_and_the_one_of_the_next_day_joins(shell: Shell) -> None:
    one, two = order(1, "同一人", total="100.00"), order(2, "同一人", total="30.05")
    settled = paid(order(3, "同一人", total="999.00"), "2026-03-03 16:00:00")
    shell.take(one, two, settled, at="08:40")
    (task,) = shell.plan()["tasks"]
    assert task["amount"] == "130.05"
    assert len(task["orders"]) == 2
    shell.call("09:10", "no_answer")
    later = order(4, "同一人", total="9.95", placed_at="2026-03-04 20:00:00")
    shell.take(one, two, settled, later, at=at(THU, "08:40"))
    (joined,) = shell.plan(at(THU, "08:45"))["tasks"]
    assert (joined["task"], joined["new"], joined["amount"]) == (task["task"], False, "140.00")
    assert held(shell, at(THU, "13:00"))["amount"] == "140.00"
    (row,) = shell.detail(WED, THU)
    assert row["订单未付款额"] == "130.05", "as of the first attempt"
    shell.clean()


def test_r_dun_3_the_earliest_closing_binds_until_the_import_shows_it(shell: Shell) -> None:
    early = order(1, "同一人", placed_at="2026-03-03 00:30:00", total="10.00")
    late = order(2, "同一人", placed_at="2026-03-03 23:00:00", total="20.00")
    morning(shell, early, late)
    shell.call("09:10", "no_answer")
    shell.call("13:30", "no_answer")
    morning(shell, early, late, day=FRI)
    assert shell.nobody(at(FRI, "17:30"))["reasons"][0]["rule"] == "R-DUN-3"
    shut = {**early, "state": "交易关闭", "closed_reason": "买家未付款"}
    shell.take(shut, late, at=at(FRI, "17:35"))
    got = held(shell, at(FRI, "17:40"))
    assert (got["amount"], got["deadline"]) == ("20.00", at(FRI, "23:00"))
    shell.clean()


def test_r_dun_3_nothing_is_called_at_the_closing_instant(shell: Shell) -> None:
    morning(shell, order(1, placed_at="2026-03-03 10:00:00"), day=WED)
    morning(shell, order(1, placed_at="2026-03-03 10:00:00"), day=FRI)
    shell.nobody(at(FRI, "10:00"))
    assert held(shell, "2026-03-06T09:59:59+08:00")["buyer"] == "买家001"


def test_r_dun_1_a_day_without_a_plan_is_made_up(shell: Shell) -> None:
    shell.take(order(1), at=at(WED, "08:40"))  # nobody planned on Wednesday
    shell.take(order(1), order(2, placed_at="2026-03-04 15:00:00"), at=at(THU, "08:40"))
    tasks = shell.plan(at(THU, "08:45"))["tasks"]
    assert [t["buyer"] for t in tasks] == ["买家001", "买家002"]
    shell.clean()


def test_planning_twice_and_dry_runs_change_nothing(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    dry = shell.plan("08:45", "--dry-run")
    assert [(t["task"], t["new"]) for t in dry["tasks"]] == [(None, True)]
    shell.nobody("09:10")
    first = shell.plan("09:11")
    again = shell.plan("09:12")
    assert [t["new"] for t in first["tasks"] + again["tasks"]] == [True, False]
    assert [t["task"] for t in first["tasks"]] == [t["task"] for t in again["tasks"]]


def test_r_phone_2_a_relay_number_has_its_extension_and_its_end(shell: Shell) -> None:
    relay = {"mobile": "'15000000000-1234", "usable_until": "2026-03-04 15:00:00"}
    morning(shell, order(1, **relay))
    got = held(shell, "09:10")
    assert "15000000000" in got["phone"]
    assert "1234" in got["phone"]
    answer = shell.ok("work", "outcome", got["attempt"], "no_answer", at="09:11")
    assert answer["next"]["at"] == at(WED, "13:00")
    shell.nobody("15:00")
    assert shell.why("买家001", at(WED, "15:00"))["verdict"] == "stop"
    shell.clean()


def test_relay_failed_without_another_number_ends_with_a_message(shell: Shell) -> None:
    relay = {"mobile": "'15000000000-1234", "usable_until": "2026-03-20 15:00:00"}
    morning(shell, order(1, **relay))
    ended = shell.call("09:10", "relay_failed")
    assert (ended["state"], "R-MSG-1" in ended["rules"]) == ("closed", True)
    assert [t["kind"] for t in shell.todos("09:11")] == ["wangwang"]
    shell.clean()


def test_r_imp_4_masked_user_ids_stay_apart(shell: Shell) -> None:
    morning(shell, order(1, "张**"), order(2, "张**"))
    tasks = shell.plan("08:46")["tasks"]
    assert [len(t["orders"]) for t in tasks] == [1, 1]
    assert held(shell, "09:10")["task"] != held(shell, "09:10", "小满")["task"]
    assert shell.ask("why", "张**", at="09:11").code == 2, "which one of them?"
    assert shell.ok("why", order(1)["order_no"], at="09:11")["task"] == tasks[0]["task"]
