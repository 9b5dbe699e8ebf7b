"""`waihu lines phone` while a call is open at the phone that would be changed."""

from __future__ import annotations

from tests.adapters.channels.wire import open_canned
from tests.web.cli.shell import Shell, order


def test_r_repeat_2_a_phone_waits_for_its_open_call(shell: Shell) -> None:
    shell.take(order(1), at="08:40")
    shell.plan()
    got = shell.next("09:10", "谷雨")
    with open_canned() as provider:
        shell.environment |= {
            "WAIHU_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "WAIHU_TWILIO_AUTH_TOKEN": "fedcba9876543210fedcba9876543210",
            "WAIHU_TWILIO_FROM": "+15005550006",
            "WAIHU_TWILIO_BASE_URL": provider.url,
        }
        provider.says("500 Internal Server Error", "{}")
        dialled = shell.ask("work", "dial", got["attempt"], "--line", "twilio", at="09:11")
        assert dialled.json["state"] == "unknown", dialled
        answer = shell.ask("lines", "phone", "谷雨", "twilio", "18412345699")
        assert answer.rules == ["R-REPEAT-2"]
        assert "正在核对" in answer.error["reason"]
        assert "正在核对" in shell.run("lines", "phone", "谷雨", "twilio", "none").err
        assert shell.ask("lines", "phone", "谷雨", "asterisk", "801").code == 0
