"""`waihu work dial`: by hand, and a second time by a line."""

from __future__ import annotations

from tests.web.cli.shell import Shell, order

WED, THU = "2026-03-04", "2026-03-05"


def test_r_repeat_2_a_call_by_hand_is_not_dialled_again_by_a_line(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    shell.plan()
    got = shell.next("09:10", "谷雨")
    shell.ok("work", "dial", got["attempt"], at="09:11")
    shell.environment |= {
        "WAIHU_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "WAIHU_TWILIO_AUTH_TOKEN": "fedcba9876543210fedcba9876543210",
        "WAIHU_TWILIO_FROM": "+15005550006",
        "WAIHU_TWILIO_BASE_URL": "http://127.0.0.1:9",
    }
    answer = shell.ask("work", "dial", got["attempt"], "--line", "twilio", at="09:12")
    assert (answer.code, answer.json["line"], answer.json["state"]) == (4, "manual", None)
    assert "这次没有再拨" in answer.json["note"]
    assert shell.ask("work", "dial", got["attempt"], "--line", "asterisk", at="09:12").code == 3


def test_r_hours_3_the_gate_is_asked_again_at_dialling(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    shell.plan()
    got = shell.next("2026-03-04T11:59:59+08:00")
    refused = shell.ask("work", "dial", got["attempt"], at="12:00")
    assert "R-HOURS-3" in refused.rules
    assert shell.ok("verify", at="12:01")["violations"] == []
