"""waihu lines and waihu carrier: what works, who is served by what, where callers are rung."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from urllib.parse import urlsplit

import pytest

from tests.web.cli.shell import WAIHU, Shell

TOKEN = "fedcba9876543210fedcba9876543210"
KEYS = [
    *("line", "medium", "set_up", "ready", "chosen", "training", "comes_with_serve", "scopes"),
    *(
        "default",
        "mass_messages",
        "problems",
        "warnings",
        "details",
        "replies_to",
        "in_trouble",
        "unknown",
    ),
    *("oldest_event_seconds", "without_phone", "last_hour"),
]


def test_lines_check_lists_every_line_and_is_done_where_calls_are_made_by_hand(
    real_shell: Shell,
) -> None:
    answer = real_shell.run("lines", "check", "--json")
    assert answer.code == 0
    assert answer.json["ready"] is True
    listed = [(line["line"], line["medium"]) for line in answer.json["lines"]]
    assert listed == [
        *(("manual", "call"), ("twilio", "call"), ("asterisk", "call")),
        *(("twilio", "sms"), ("aliyun", "sms")),
    ]
    assert all(list(line) == KEYS for line in answer.json["lines"])
    by_hand = answer.json["lines"][0]
    assert (by_hand["ready"], by_hand["default"]) == (True, True)


def test_lines_check_ends_with_3_where_a_chosen_line_is_not_set_up(real_shell: Shell) -> None:
    assert real_shell.run("lines", "choose", "call", "kind:dunning", "asterisk").code == 0
    answer = real_shell.run("lines", "check", "--json")
    assert answer.code == 3
    assert answer.json["ready"] is False
    assert "WAIHU_ASTERISK_" in real_shell.run("lines", "check").out
    assert real_shell.run("lines", "choose", "call", "kind:dunning", "none").code == 0
    assert real_shell.run("lines", "check").code == 0


def test_a_training_shops_carrier_comes_with_the_panel(shell: Shell) -> None:
    told = shell.run("lines", "choose", "call", "all", "twilio", "--json")
    assert "waihu serve" in told.json["warning"]
    answer = shell.run("lines", "check", "--json")
    assert answer.code == 0
    assert answer.json["lines"][1]["comes_with_serve"] is True
    assert answer.json["lines"][1]["ready"] is False


def test_no_secret_is_shown_even_of_a_line_that_does_not_answer(real_shell: Shell) -> None:
    real_shell.environment |= {
        "WAIHU_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "WAIHU_TWILIO_AUTH_TOKEN": TOKEN,
        "WAIHU_TWILIO_FROM": "+15005550006",
        "WAIHU_TWILIO_BASE_URL": "http://127.0.0.1:9",
    }
    real_shell.run("lines", "choose", "call", "all", "twilio")
    for words in (("lines", "check"), ("lines", "check", "--json"), ("lines", "show", "--json")):
        answer = real_shell.run(*words)
        assert TOKEN not in answer.out + answer.err
        assert answer.code == (3 if "check" in words else 0), answer


def test_lines_choose_says_what_is_wrong(shell: Shell) -> None:
    wrong = {
        "medium": ("fax", "all", "twilio"),
        "scope": ("call", "somebody", "twilio"),
        "line": ("call", "all", "aliyun"),
    }
    for field, words in wrong.items():
        answer = shell.run("lines", "choose", *words, "--json")
        assert answer.code == 2
        assert answer.error["field"] == field
    unknown = shell.run("lines", "choose", "call", "all", "pigeon", "--json").error
    assert unknown["field"] == "line"
    assert unknown["reason"].endswith("可用：manual、twilio、asterisk")


def test_a_line_that_is_not_set_up_is_chosen_with_a_warning(real_shell: Shell) -> None:
    told = real_shell.run("lines", "choose", "call", "all", "twilio", "--json")
    assert (told.code, told.json["line"]) == (0, "twilio")
    assert told.json["warning"] == "已选，但还没有设置，设好之前请手工拨打"
    assert "设好之前不发短信" in real_shell.run("lines", "choose", "sms", "all", "aliyun").err
    for line in ("manual", "none"):
        assert (
            real_shell.run("lines", "choose", "call", "all", line, "--json").json["warning"] is None
        )


def test_r_msg_2_the_only_line_for_texts_is_said_to_take_mass_messages(real_shell: Shell) -> None:
    assert real_shell.run("lines", "show", "--json").json["mass_messages"] is None
    assert "电话手工拨打，不发短信" in real_shell.run("lines", "show").out
    real_shell.environment |= {
        "WAIHU_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "WAIHU_TWILIO_AUTH_TOKEN": TOKEN,
        "WAIHU_TWILIO_FROM": "+15005550006",
        "WAIHU_TWILIO_BASE_URL": "http://127.0.0.1:9",
    }
    shown = real_shell.run("lines", "show")
    assert "后续通知不发短信" in shown.out
    assert "群发短信（只有这一条短信线路）" in shown.out
    assert real_shell.run("lines", "show", "--json").json["mass_messages"] == "twilio"
    checked = real_shell.run("lines", "check", "--json")
    assert checked.code == 3, "mass messages use it, and it does not answer"
    assert [one["mass_messages"] for one in checked.json["lines"]] == [*[False] * 3, True, False]
    assert "群发短信（只有这一条短信线路）" in real_shell.run("lines", "check").out
    real_shell.run("lines", "choose", "sms", "all", "aliyun")
    assert real_shell.run("lines", "show", "--json").json["mass_messages"] is None


def test_lines_show_lists_choices_and_masked_phones(real_shell: Shell) -> None:
    words = ("user", "add", "张三", "--role", "caller", "--password-stdin")
    real_shell.run(*words, stdin="四季花开又花落无数次\n")
    real_shell.run("lines", "choose", "sms", "number:+852", "twilio")
    given = real_shell.run("lines", "phone", "张三", "twilio", "-", "--json", stdin="18412345678\n")
    assert given.json == {"name": "张三", "line": "twilio", "phone": "184****5678"}
    document = real_shell.run("lines", "show", "--json").json
    (choice,) = document["choices"]
    assert (choice["scope"], choice["line"], choice["set_by"]) == ("number:+852", "twilio", "cli")
    assert document["phones"] == [
        {"name": "张三", "line": "twilio", "phone": "184****5678", "made_up": False}
    ]
    assert "184****5678" in real_shell.run("lines", "show").out
    empty = real_shell.run("lines", "phone", "张三", "twilio", "-", "--json", stdin="\n")
    assert (empty.code, empty.error["field"]) == (2, "number"), "no line read is no wish to cancel"
    taken = real_shell.run("lines", "phone", "张三", "twilio", "none", "--json")
    assert taken.json["phone"] is None


@pytest.mark.parametrize(("name", "is_said"), [("shell", True), ("real_shell", False)])
def test_lines_show_says_which_line_is_for_training(
    request: pytest.FixtureRequest, name: str, is_said: bool
) -> None:
    one: Shell = request.getfixturevalue(name)
    assert one.run("lines", "choose", "call", "all", "twilio").code == 0
    shown = one.run("lines", "show").out
    assert "Twilio" in shown
    assert ("Twilio（训练线路）" in shown) is is_said


def test_lines_phone_says_what_is_wrong(shell: Shell) -> None:
    assert shell.run("lines", "phone", "没有的人", "twilio", "18412345678").code == 2
    assert shell.run("lines", "phone", "谷雨", "twilio", "abc", "--json").error["field"] == "number"
    assert shell.run("lines", "phone", "谷雨", "manual", "18412345678").code == 2


def test_carrier_serve_prints_the_settings_that_lead_to_it(shell: Shell) -> None:
    environment = {"PATH": os.environ["PATH"], **shell.environment}
    with subprocess.Popen(
        [WAIHU, "carrier", "serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        told = process.stdout.readline() + process.stdout.readline()
        words = dict(w.split("=", 1) for w in told.split() if "=" in w)
        assert list(words) == [
            *("WAIHU_TWILIO_ACCOUNT_SID", "WAIHU_TWILIO_AUTH_TOKEN"),
            *("WAIHU_TWILIO_FROM", "WAIHU_TWILIO_BASE_URL"),
        ]
        url = words["WAIHU_TWILIO_BASE_URL"]
        assert url.startswith("http://127.0.0.1:")
        address = urlsplit(url)
        socket.create_connection((address.hostname, address.port), timeout=10).close()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_lines_listen_is_for_shops_with_an_exchange(real_shell: Shell) -> None:
    answer = real_shell.run("lines", "listen")
    assert answer.code == 3
    assert "WAIHU_ASTERISK_URL" in answer.err


def test_lines_listen_listens_until_it_is_interrupted(real_shell: Shell) -> None:
    nobody = {"URL": "http://127.0.0.1:9", "USER": "waihu", "PASSWORD": TOKEN}
    exchange = {f"WAIHU_ASTERISK_{name}": value for name, value in nobody.items()}
    environment = {"PATH": os.environ["PATH"], **real_shell.environment, **exchange}
    with subprocess.Popen(
        [WAIHU, "lines", "listen"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        told = process.stdout.readline() + process.stdout.readline()
        assert "正在听自有交换机" in told
        assert "exchange.not_connected" in told
        assert TOKEN not in told
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
