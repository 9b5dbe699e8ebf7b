"""A small day with every fault on and workers that are killed, on both databases; `make soak` is the big one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WITHIN_S = 240.0
"""A busy machine takes its time; some twenty seconds are usual."""


def test_r_repeat_2_r_msg_2_nobody_is_rung_or_written_to_twice_whoever_dies(
    database_url: str,
) -> None:
    said = _run("--database", database_url)
    assert said.endswith(" 0 wrong\n"), said


def _run(*words: str) -> str:
    """In a process of its own: it forks, which one with threads of other tests should not."""
    asked = (
        "--calls",
        "36",
        "--messages",
        "36",
        "--kills",
        "8",
        "--workers",
        "3",
        "--speed",
        "60",
    )
    command = [sys.executable, "-m", "tests.soak", *asked, "--minutes", "3", *words]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return said
