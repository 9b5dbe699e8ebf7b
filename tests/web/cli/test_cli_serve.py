"""`waihu serve` as a process of its own: its training carrier, and how both of them end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest
from sqlalchemy import select

from adapters.carrier.people import made_up
from adapters.clock import rest
from adapters.store.models.customers import suppression
from scheduler.flows import blasts
from scheduler.flows.text_replies import replies
from tests.web.cli.shell import WAIHU, Shell, order
from web.cli_output import instant, open_shop

ANSWERS_T = 163
"""Whoever has this number is made by the carrier's seed to answer a text with T."""
ENDS_WITHIN_S = 2.0
BUSY_MACHINE = 3
"""How many times slower a machine may be that does other things besides."""
PATIENCE_S = 60.0
SIGNALS = """
import sys, time
from web.serving import listen_to_signals
try:
    listen_to_signals(is_training=sys.argv[1] == "training")
    print(flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print(flush=True)
    time.sleep(60)
"""

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")


@dataclass(frozen=True, slots=True)
class Serving:
    """A shop that is served, as a terminal has it: a process group of its own."""

    process: subprocess.Popen[str]
    carrier: int
    said: Path

    def ends(self) -> float:
        """The seconds until neither the server nor its carrier is left."""
        began = time.monotonic()
        self.process.wait(PATIENCE_S)
        until(lambda: not is_alive(self.carrier))
        return time.monotonic() - began


def is_alive(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not found():
        assert time.monotonic() < deadline
        rest(timedelta(milliseconds=20))


@contextmanager
def served(shell: Shell) -> Iterator[Serving]:
    said = shell.folder / "stderr"
    environment = {"PATH": os.environ["PATH"], **shell.environment}
    with (
        said.open("wb") as errors,
        subprocess.Popen(
            [WAIHU, "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            env=environment,
            cwd=shell.folder,
            start_new_session=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            assert any("Ctrl+C" in line for line in process.stdout), said.read_text("utf-8")
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            (carrier,) = children.read_text("utf-8").split()
            yield Serving(process, int(carrier), said)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def test_r_dnc_2_a_training_customer_who_answers_t_is_left_alone_from_then_on(
    shell: Shell,
) -> None:
    number = f"+861390000{ANSWERS_T:04d}"
    assert made_up(7, number).replies == "T"
    shell.take(order(ANSWERS_T), at="08:30")
    shell.plan()
    shell.call("09:10", "no_answer")
    line = {
        "WAIHU_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "WAIHU_TWILIO_AUTH_TOKEN": "a token for tests",
        "WAIHU_TWILIO_FROM": "+15005550006",
        "WAIHU_TWILIO_BASE_URL": "http://127.0.0.1:9",
    }
    with mock.patch.dict(os.environ, {**shell.environment, **line}):
        runtime = open_shop()
    with mock.patch.dict(shell.environment, line):  # to be approved, there must be a line
        shell.ok("blast", "new", "--kind", "dunning", at="09:50")
        assert shell.ok("blast", "approve", 1, at="09:51")["queued"] == 1
    now = instant(shell.when("10:00"))
    assert now is not None
    blasts.start(runtime, 1, now, "惊蛰")
    shell.ok("clock", "set", shell.when("10:00"))

    def barred() -> int:
        with runtime.snapshot() as connection:
            return len(connection.execute(select(suppression.c.id)).all())

    with served(shell) as serving:
        until(lambda: barred() == 1)
        (reply,) = replies(runtime)
        assert (reply.wording, reply.is_opt_out, reply.entered_by) == ("T", True, None)
        os.killpg(serving.process.pid, signal.SIGINT)
        assert serving.ends() < ENDS_WITHIN_S * BUSY_MACHINE
        assert serving.process.returncode in (0, 130)
    runtime.engine.dispose()


@pytest.mark.parametrize("way", ["Ctrl+C", "stopped", "group stopped", "killed"])
def test_the_server_and_its_carrier_end_at_once_and_quietly(shell: Shell, way: str) -> None:
    with served(shell) as serving:
        pid = serving.process.pid
        match way:
            case "Ctrl+C":
                os.killpg(pid, signal.SIGINT)
            case "stopped":
                os.kill(pid, signal.SIGTERM)
            case "group stopped":
                for one in (pid, serving.carrier):
                    os.kill(one, signal.SIGTERM)
                os.kill(pid, signal.SIGTERM)
            case _:
                os.kill(pid, signal.SIGKILL)
        assert serving.ends() < ENDS_WITHIN_S * BUSY_MACHINE
        assert serving.process.returncode in ((-signal.SIGKILL,) if way == "killed" else (0, 130))
        assert serving.said.read_text("utf-8") == ""


@pytest.mark.parametrize("shop", ["training", "real"])
def test_what_does_not_end_is_left(shop: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SIGNALS, shop], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)  # the group was told twice
        if shop == "real":
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(2.0)
            process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
        assert process.stderr.read() == b""
