"""`waihu campaign new … control`: their documents, and that a trial is what the plan then does."""

from __future__ import annotations

from tests.web.cli.shell import Shell, order


def test_a_campaign_is_set_up_tried_approved_and_planned(shell: Shell) -> None:
    shell.take(order(1, total="90.00"), order(2, total="10.00"), at="08:30")
    made = shell.ok("campaign", "new", "dunning", "贵的", at="08:31")
    number = made["campaign"]
    assert (made["state"], made["standing"], made["population"]) == (
        "draft",
        False,
        ["这种业务的全部订单"],
    )
    assert shell.ask("campaign", "submit", number, at="08:32").json["error"]["field"] == (
        "population"
    )
    settings = ("amount_from=50", "calls_from=10:00", "attempts_per_task=2")
    options = [part for setting in settings for part in ("--set", setting)]
    shown = shell.ok("campaign", "set", number, *options, at="08:33")
    assert shown["population"] == ["订单金额不低于 50.00 元"]
    assert shown["numbers"] == {"calls_from": "10:00", "attempts_per_task": {"dunning": 2}}
    tried = shell.ok("campaign", "dry-run", number, at="08:34")
    asked = ("plan", "--date", tried["date"], "--campaign", number)
    assert shell.ok(*asked, "--dry-run", at="08:34") == tried, "C4: the same numbers"
    assert shell.ask(*asked, at="08:34").code == 2
    assert [task["buyer"] for task in tried["tasks"]] == ["买家001"]
    assert tried["tasks"][0]["due_at"] == "2026-03-04T10:00:00+08:00"
    assert tried["days"][0]["first_calls"] == 1
    assert not tried["staff"]["measured"]
    moved = shell.ok(
        "campaign", "dry-run", number, "--set", "amount_from=", "--set", "calls_from=", at="08:34"
    )["moved"]
    assert {(one["buyer"], one["was_in"], one["is_in"]) for one in moved} == {
        ("买家001", True, True),
        ("买家002", False, True),
    }
    assert shell.ok("campaign", "submit", number, at="08:35")["state"] == "submitted"
    own = shell.ask("campaign", "approve", number, "--by", "李组长", at="08:36")
    assert own.code in (2, 4)
    approved = shell.ok("campaign", "approve", number, at="08:37")
    assert (approved["state"], approved["submitted_by"] != approved["approved_by"]) == (
        "running",
        True,
    )
    plan = shell.ok("plan", "--date", "2026-03-04", at="08:45")
    planned = [[task["buyer"] for task in one["tasks"]] for one in plan["campaigns"]]
    assert planned == [["买家002"], [], [], ["买家001"]]
    copy = shell.ok("campaign", "clone", number, at="08:50")
    assert (copy["state"], copy["numbers"]) == ("draft", shown["numbers"])
    assert "贵的" in shell.run("campaign", "show", number).out
    assert "试排" in shell.run("campaign", "dry-run", copy["campaign"]).out


def test_r_dun_9_the_control_group_has_a_document_of_its_own(shell: Shell) -> None:
    shell.ok("campaign", "set", 1, "--set", "control_percent=50", at="08:00")
    shell.take(*(order(n) for n in range(1, 13)), at="08:30")
    plan = shell.ok("plan", "--date", "2026-03-04", at="08:45")["campaigns"][0]
    kept = [left for left in plan["left_out"] if left["rules"] == ["R-DUN-9"]]
    found = shell.ok("campaign", "control", 1, at="2026-03-07T09:00:00+08:00")
    assert found["called"]["customers"] == len(plan["tasks"])
    assert found["control"]["customers"] == len(kept)
    assert (found["too_few"], found["still_open"], found["percent"]) == (True, 0, 50)
    assert (
        "样本太少" in shell.run("campaign", "control", 1, "--at", "2026-03-07T09:00:00+08:00").out
    )
    assert shell.ask("campaign", "control", 2).code == 2


def test_what_cannot_be_set_is_a_wrong_use_with_its_field(shell: Shell) -> None:
    for change, field in (
        ("attempts_per_day=9", "set"),
        ("calls_from", "set"),
        ("calls_from=07:00", "calls_from"),
        ("amount_from=x", "amount_from"),
        ("provinces=火星", "population"),
        ("control_percent=90", "control_percent"),
    ):
        answer = shell.ask("campaign", "set", 1, "--set", change)
        assert (answer.code, answer.error["field"]) in {(2, field), (2, "provinces")}, change
