"""How a served shop ends: what is under way is finished first (decision 0027)."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PATIENCE_S = 60.0
LONGER_S = 6.0
"""The web server itself waits five seconds for its requests."""
SLOW = """
import socket, sys, time
from pathlib import Path
from web.serving import answer_requests, listen_to_signals

def slow(environ, start_response):
    print(flush=True)
    time.sleep(float(sys.argv[2]))
    Path(sys.argv[1]).write_text("kept")
    start_response("204 None", [])
    return []

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
listen_to_signals(is_training=False)
answer_requests(slow, listener, is_https=False)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_safety_f3_a_request_that_a_line_keeps_waiting_is_finished(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, str(kept), str(LONGER_S)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port)) as browser:
            browser.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
    assert kept.read_text("utf-8") == "kept"
