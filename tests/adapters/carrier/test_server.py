"""The carrier as a process of its own, and what it refuses to be."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests

from adapters.carrier.script import CarrierScriptError, read_script
from adapters.carrier.server import Carrier
from adapters.carrier.settings import CarrierSettings
from campaigns.errors import UsageError
from tests.adapters.carrier.shop import ACCOUNT, BUYER, SHOP, TOKEN
from tests.sources import ROOT


def test_a_process_says_where_it_is_and_stops_when_told(tmp_path: Path) -> None:
    script = tmp_path / "faults.json"
    script.write_text(json.dumps({"rest": [{"fault": "error_before"}]}), encoding="utf-8")
    words = ["--sid", ACCOUNT, "--token", TOKEN, "--speed", "50", "--script", str(script)]
    with subprocess.Popen(
        [sys.executable, "-m", "adapters.carrier", *words], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert said["training"] is True
        url = f"{said['address']}/2010-04-01/Accounts/{ACCOUNT}.json"
        assert requests.get(url, auth=(ACCOUNT, TOKEN), timeout=5).status_code == 500
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.parametrize("gone", ["before it began", "while it ran"])
def test_a_process_ends_quietly_with_the_one_that_started_it(gone: str) -> None:
    words = ["--sid", ACCOUNT, "--token", TOKEN, "--with-parent"]
    with subprocess.Popen(
        [sys.executable, "-m", "adapters.carrier", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        if gone == "while it ran":
            process.stdout.readline()
        process.stdout.close()
        process.stdin.close()
        assert process.wait(20) == 0
        assert process.stderr.read() == b""


def test_a_shop_that_does_not_answer_keeps_no_carrier_from_ending() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/replies"
        with Carrier(CarrierSettings(ACCOUNT, TOKEN, inbound_url=url)) as carrier:
            reply = {"from": BUYER, "to": SHOP, "body": "T"}
            requests.post(f"{carrier.url}/_carrier/reply", json=reply, timeout=5)
            asked, _ = silent.accept()
            began = time.monotonic()
        assert time.monotonic() - began < 5
        asked.close()


def test_a_wrong_script_is_told_and_nothing_started(tmp_path: Path) -> None:
    script = tmp_path / "faults.json"
    script.write_text('{"fautls": []}', encoding="utf-8")
    words = ["--sid", ACCOUNT, "--token", TOKEN, "--script", str(script)]
    done = subprocess.run(
        [sys.executable, "-m", "adapters.carrier", *words], capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"fautls" in done.stderr


def test_every_thread_ends_with_it() -> None:
    before = set(threading.enumerate())
    with Carrier(CarrierSettings(ACCOUNT, TOKEN)) as carrier, requests.Session() as session:
        session.get(f"{carrier.url}/_carrier/")
        assert set(threading.enumerate()) > before
        carrier.close()  # the session's connection is still open
        assert set(threading.enumerate()) == before
        carrier.close = lambda: None  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "more",
    [
        {"account_sid": "AC1"},
        {"auth_token": ""},
        {"host": "0.0.0.0"},  # noqa: S104
        {"speed": 0.0},
    ],
)
def test_settings_that_cannot_be(more: dict) -> None:
    with pytest.raises(UsageError):
        CarrierSettings(**{"account_sid": ACCOUNT, "auth_token": TOKEN, **more})


@pytest.mark.parametrize(
    ("prefixes", "url", "allowed"),
    [
        ((), "http://127.0.0.1:8000/a", True),
        ((), "http://localhost/a", True),
        ((), "https://[::1]:8443/a", True),
        ((), "http://192.0.2.7/a", False),
        ((), "http://127.0.0.1@192.0.2.7/", False),
        ((), "http://127.0.0.1.example.test/", False),
        ((), "file:///etc/hosts", False),
        ((), "http:///a", False),
        ((), "http://127.0.0.1/张", False),
        ((), "http://127.0.0.1:x/", False),
        (("http://127.0.0.1:8000/tw",), "http://127.0.0.1:8000/tw/s/1?a=b#rc=1", True),
        (("http://127.0.0.1:8000/tw",), "http://127.0.0.1:8000/two", False),
        (("http://127.0.0.1:8000/tw",), "http://127.0.0.1:8000/tw/../x", False),
        (("http://127.0.0.1:8000/tw",), "http://127.0.0.1:8001/tw/", False),
        (("http://127.0.0.1:8000",), "https://127.0.0.1:8000/", False),
    ],
)
def test_where_callbacks_may_go(prefixes: tuple[str, ...], url: str, allowed: bool) -> None:
    settings = CarrierSettings(ACCOUNT, TOKEN, callbacks_to=prefixes)
    assert settings.may_call_back(url) is allowed


def test_the_documents_script_can_be_followed() -> None:
    page = (ROOT / "docs" / "training-line.md").read_text(encoding="utf-8")
    script = read_script(json.loads(page.split("```json")[1].split("```")[0]))
    assert (len(script.people), len(script.rest), len(script.callbacks)) == (3, 2, 2)


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"people": {"+861": {"does": "sleeps"}}},
        {"people": {"+861": []}},
        {"people": {"+861": {"sms": "never"}}},
        {"people": {"+861": {"after_s": "1"}}},
        {"callbacks": [{"fault": "too_many"}]},
        {"callbacks": [{"fault": "lost", "on": "calls.create"}]},
        {"rest": [{"fault": "slow", "rate": 2}]},
        {"rest": [{"fault": "slow", "nth": [0]}]},
        {"cps": 0},
    ],
)
def test_a_script_that_cannot_be_followed(said: object) -> None:
    with pytest.raises(CarrierScriptError):
        read_script(said)
