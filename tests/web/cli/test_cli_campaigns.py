"""`waihu campaign`, `pause-all`, `resume-all`: their documents, and what they do to the work."""

from __future__ import annotations

from tests.web.cli.shell import Shell, order


def test_the_list_says_how_each_campaign_stands(shell: Shell) -> None:
    document = shell.ok("campaign", "list")
    assert list(document) == ["paused", "campaigns"]
    assert document["paused"] is None
    assert [(c["kind"], c["state"], c["open"]) for c in document["campaigns"]] == [
        ("dunning", "running", 0),
        ("callback", "running", 0),
        ("stock_out", "running", 0),
        ("sampling", "running", 0),
    ]
    assert list(document["campaigns"][0]) == [
        *("campaign", "kind", "name", "state", "since", "by", "reason", "open")
    ]


def test_r_claim_1_a_paused_campaign_hands_nothing_out_until_it_is_started(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    shell.ok("plan", "--date", "2026-03-04", at="08:45")
    got = shell.next("09:10")
    shell.ok("clock", "set", "2026-03-04T09:11")
    document = shell.ok("campaign", "pause", 1, "--reason", "系统升级")
    assert document == {"campaign": 1, "state": "paused", "withdrawn": 1, "judged": 0}
    (reason,) = shell.nobody("09:12")["reasons"]
    assert (reason["rule"], reason["reason"]) == ("R-CLAIM-1", "活动“催款”已暂停：系统升级")
    (paused, *_others) = shell.ok("campaign", "list")["campaigns"]
    assert (paused["state"], paused["by"], paused["reason"], paused["open"]) == (
        *("paused", "cli", "系统升级"),
        1,
    )
    assert shell.ok("campaign", "start", 1)["judged"] == 1
    assert shell.next("09:14")["buyer"] == got["buyer"]


def test_r_claim_1_everything_is_paused_and_resumed(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    shell.ok("plan", "--date", "2026-03-04", at="08:45")
    shell.ok("clock", "set", "2026-03-04T09:11")
    document = shell.ok("pause-all", "--reason", "停电")
    assert document == {"paused": True, "withdrawn": 0, "judged": 0}
    assert shell.ok("campaign", "list")["paused"]["reason"] == "停电"
    assert "全部外呼已暂停：停电" in shell.run("campaign", "list").out
    shell.nobody("09:12")
    assert shell.ok("resume-all")["paused"] is False
    assert shell.next("09:14")["buyer"] == "买家001"


def test_what_cannot_be_done_ends_with_its_code(shell: Shell) -> None:
    assert shell.ask("pause-all").code == 2
    missing = shell.ask("campaign", "stop", 1)
    assert (missing.code, missing.json["error"]["field"]) == (2, "reason")
    assert shell.ask("campaign", "start", 99).code == 2
    shell.ok("campaign", "stop", 1, "--reason", "季度结束")
    refused = shell.ask("campaign", "pause", 1, "--reason", "x")
    assert (refused.code, refused.json["error"]["rules"]) == (4, ["R-CLAIM-1"])
