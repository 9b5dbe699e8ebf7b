"""`waihu blast`: the documents, a real line, kill -9 in the middle (R-MSG-2, R-DNC-2)."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from adapters.carrier.script import read_script
from adapters.carrier.server import Carrier
from adapters.carrier.settings import CarrierSettings
from adapters.clock import SystemClock
from scheduler.flows.text_reconcile import reconcile_texts
from tests.web.cli.shell import WAIHU, Shell, order
from web.cli_output import open_shop

ACCOUNT, TOKEN = "AC" + "0b" * 16, "a token for tests"
PREVIEW = ["blast", "to", "left_out", "samples", "segments", "cost"]
STATUS = {"queued", "sent", "delivered", "failed", "unknown"}


@contextmanager
def carried(shell: Shell, **script: Any) -> Iterator[Carrier]:
    """A carrier that this shell's texts go over."""
    settings = CarrierSettings(ACCOUNT, TOKEN, speed=100.0, script=read_script(script))
    with Carrier(settings) as carrier:
        shell.environment |= {
            "WAIHU_TWILIO_ACCOUNT_SID": ACCOUNT,
            "WAIHU_TWILIO_AUTH_TOKEN": TOKEN,
            "WAIHU_TWILIO_FROM": "+8657188880000",
            "WAIHU_TWILIO_BASE_URL": carrier.url,
            "WAIHU_TWILIO_TEXTS_PER_SECOND": "100",
        }
        yield carrier


def unreached(shell: Shell, *numbers: int) -> None:
    """Customers whom one call did not reach by 09:40."""
    shell.take(*(order(number) for number in numbers), at="08:30")
    shell.plan()
    for minute, _ in enumerate(numbers):
        shell.call(f"09:{10 + minute}", "no_answer")


def blast(shell: Shell, *words: object, at: str | None = None) -> Any:
    return shell.ok("blast", *words, at=at)


def bodies(carrier: Carrier) -> Counter[str]:
    return Counter(sms.to for sms in carrier.desk.books.messages.values())


def test_r_msg_2_from_the_preview_to_the_receipts(either_shell: Shell) -> None:
    shell = either_shell
    unreached(shell, 1, 2, 3)
    refusing = shell.file("dnc.csv", "手机号,原因\n13900000003,不要\n".encode())
    shell.ok("import", refusing, "--kind", "do-not-contact", at="09:45")
    with carried(shell) as carrier:
        made = blast(shell, "new", "--kind", "dunning", at="09:50")
        assert list(made)[:6] == PREVIEW
        assert (made["blast"], made["to"], made["segments"], made["cost"]) == (1, 2, 4, "0.20")
        (left,) = made["left_out"]
        assert left["buyer"] == "买家003"
        assert left["rules"][0] == "R-DNC-2"
        sample = made["samples"][0]
        assert sample["text"].startswith("【")
        assert sample["text"].endswith("拒收请回复R")
        assert sample["phone"].startswith("139****")
        assert shell.ask("blast", "send", 1, at="09:51").rules == ["R-MSG-2"]
        assert shell.ask("blast", "approve", 1, "--by", "惊蛰", at="09:52").rules == ["R-MSG-2"]
        assert blast(shell, "approve", 1, at="09:52")["queued"] == 2
        told = blast(shell, "send", 1, at="10:00")
        assert set(told) >= STATUS
        assert (told["state"], told["sent"], told["queued"]) == ("done", 2, 0)
        assert sorted(bodies(carrier).values()) == [1, 1]
        assert blast(shell, "send", 1, at="10:10")["sent"] == 2
        assert len(carrier.desk.books.messages) == 2
        again = blast(shell, "new", "--kind", "dunning", at="10:20")
        assert (again["to"], again["uncalled"]) == (0, 0)
    assert "群发 1" in shell.run("blast", "status", 1).out
    shell.clean()


def test_r_msg_2_those_whom_nobody_called_are_counted(shell: Shell) -> None:
    shell.take(order(1), order(2), at="08:30")
    shell.plan()
    with carried(shell):
        made = blast(shell, "new", "--kind", "dunning", at="09:50")
        assert (made["to"], made["uncalled"]) == (0, 2)
        words = ("blast", "new", "--kind", "dunning", "--at", shell.when("09:51"))
        shown = shell.run(*words).out
        assert "另有 2 位还没打过电话" in shown
        assert "Twilio（训练线路）" in shown, "no learner takes it for the real one"
        assert blast(shell, *words[1:4], "--include-uncalled", at="09:52")["to"] == 2


def test_r_hours_5_sent_in_the_pause_it_says_when_it_goes_on(shell: Shell) -> None:
    unreached(shell, 1)
    with carried(shell):
        blast(shell, "new", "--kind", "dunning", at="11:00")
        blast(shell, "approve", 1, at="11:00")
        told = blast(shell, "send", 1, at="12:10")
        assert (told["sent"], told["queued"]) == (0, 1)
        assert told["reason"] == "现在不在可发送时段，03-04 13:00 起自动发（R-HOURS-5）"
        assert "R-HOURS-5" in shell.run("blast", "send", 1, "--at", shell.when("12:11")).out
        assert blast(shell, "send", 1, at="13:00")["reason"] is None


def test_r_msg_2_paused_resumed_stopped(shell: Shell) -> None:
    unreached(shell, 1, 2)
    with carried(shell):
        blast(shell, "new", "--kind", "dunning", at="11:00")
        blast(shell, "approve", 1, at="11:00")
        told = blast(shell, "send", 1, at="11:59:59")
        assert told["sent"] == 1
        assert told["reason"] == "现在不在可发送时段，03-04 13:00 起自动发（R-HOURS-5）"
        assert blast(shell, "pause", 1, "--reason", "维护", at="12:30")["state"] == "paused"
        assert shell.ask("blast", "send", 1, at="13:00").code == 4
        assert blast(shell, "resume", 1, at="13:00")["state"] == "sending"
        stopped = blast(shell, "stop", 1, at="13:00")
        assert (stopped["state"], stopped["withdrawn"]) == ("stopped", {"R-MSG-2": 1})
        assert shell.ask("blast", "resume", 1, at="13:01").code == 4
    shell.clean()


def test_r_msg_2_what_is_not_known_is_listed_and_settled(shell: Shell) -> None:
    unreached(shell, 1, 2)
    lost = {"fault": "error_after", "on": "messages.create"}
    with carried(shell, rest=[lost]):
        blast(shell, "new", "--kind", "dunning", at="10:00")
        blast(shell, "approve", 1, at="10:00")
        assert blast(shell, "send", 1, at="10:01")["unknown"] == 2
        first, second = blast(shell, "unknown")["texts"]
        assert (first["blast"], first["line"], first["phone"][3:7]) == (1, "twilio", "****")
        told = blast(shell, "settle", first["sms"], "not_sent", at="10:05")
        assert told == {"sms": first["sms"], "state": "failed"}
        again = shell.ask("blast", "settle", first["sms"], "sent", at="10:06")
        assert (again.code, again.rules) == (4, ["R-MSG-2"])
        assert [one["sms"] for one in blast(shell, "unknown")["texts"]] == [second["sms"]]
        assert blast(shell, "settle", second["sms"], "sent", at="10:07")["state"] == "sent"
        assert blast(shell, "unknown") == {"texts": []}
    shell.clean()


def test_r_dnc_2_replies_by_hand_and_from_a_list(shell: Shell) -> None:
    unreached(shell, 1, 2, 3)
    with carried(shell):
        blast(shell, "new", "--kind", "dunning", at="09:50")
        blast(shell, "approve", 1, at="09:50")
        added = blast(shell, "reply", "add", "13900000001", "ｔｄ", at="09:51")
        assert added == {"new": True, "opt_out": True, "customer": True}
        stranger = ("blast", "reply", "add", "18412345678")
        told_of = shell.run(*stranger, "退订", "--at", shell.when("09:51")).out
        assert "没有这个号码的客户，号码已进免打扰" in told_of
        assert shell.ask(*stranger, "好", at="09:51").json["customer"] is False
        file = shell.file("replies.csv", "手机号码,回复内容\n13900000002,退订\n1,R\n".encode())
        answer = shell.ask("blast", "reply", "import", file, at="09:52")
        assert (answer.code, answer.json["taken"], answer.json["opted_out"]) == (1, 1, 1)
        assert answer.json["rejected"][0]["line"] == 3
        told = blast(shell, "send", 1, at="10:00")
        assert (told["sent"], told["withdrawn"]) == (1, {"R-DNC-2": 2})
    shell.clean()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("new", "--kind", "sampling"), 2),
        (("new", "--kind", "fax"), 2),
        (("new", "--kind", "dunning", "--template", "x"), 2),
        (("new", "--kind", "dunning", "--campaign", 99), 2),
        (("status", 7), 2),
        (("approve", 7), 2),
        (("reply", "add", "10086", "R"), 2),
    ],
)
def test_what_cannot_be_is_refused(shell: Shell, words: tuple[object, ...], code: int) -> None:
    assert shell.ask("blast", *words, at="10:00").code == code


def test_r_msg_2_without_a_line_nothing_is_approved(shell: Shell) -> None:
    unreached(shell, 1)
    made = blast(shell, "new", "--kind", "dunning", at="10:00")
    assert made["to"] == 1
    assert "短信线路" in made["warning"]
    assert shell.ask("blast", "approve", 1, at="10:00").code == 3


def test_r_msg_2_nobody_gets_it_twice_after_kill_9(either_shell: Shell) -> None:
    """The sender dies in the middle of a request, three times; the rest goes out, each once."""
    shell = either_shell
    unreached(shell, *range(1, 11))
    slow = {"fault": "slow", "on": "messages.create", "seconds": 0.3}
    with carried(shell, rest=[slow]) as carrier:
        blast(shell, "new", "--kind", "dunning", at="10:00")
        blast(shell, "approve", 1, at="10:00")
        for minute in range(3):
            _killed_in_the_middle(shell, carrier, f"10:0{minute + 1}")
        told = blast(shell, "send", 1, at="10:10")
        assert told["queued"] == 0
        assert told["sending"] == 3
        assert set(bodies(carrier).values()) == {1}
        _a_minute_later(shell)
        told = blast(shell, "status", 1)
        known = told["sent"] + told["delivered"] + sum(told["failed"].values())
        assert known + told["unknown"] == 10
        assert known == len(carrier.desk.books.messages)
        assert set(bodies(carrier).values()) == {1}
    shell.clean()


def _killed_in_the_middle(shell: Shell, carrier: Carrier, at: str) -> None:
    before = len(carrier.desk.books.messages)
    process = subprocess.Popen(
        [WAIHU, "blast", "send", "1", "--at", shell.when(at), "--json"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **shell.environment},
    )
    patience = time.monotonic() + 30
    while len(carrier.desk.books.messages) < before + 2 and time.monotonic() < patience:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=20) == -signal.SIGKILL


class _Later(SystemClock):
    def now(self) -> Any:
        return super().now() + timedelta(minutes=2)


def _a_minute_later(shell: Shell) -> None:
    """The reconciler's rounds, by a clock that is two minutes on."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in shell.environment.items():
            patch.setenv(name, value)
        runtime = open_shop()
    runtime.machine_clock = _Later()
    reconcile_texts(runtime)
    runtime.engine.dispose()
