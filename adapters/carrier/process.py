"""The training shop's carrier as a process of its own, which ends with the one that started it."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.line_settings import TwilioSettings
from campaigns.errors import NotReadyError

OWN_NUMBER = "+8657100000000"
"""The number that training calls come from; no network has it."""
REPLIES = "line/twilio/replies"
"""Where a shop hears what customers write back: the only address it does not give by itself."""
_ENDS_WITHIN_S = 5


@contextmanager
def carrier_process(callbacks_to: str, *, speed: float = 1.0) -> Iterator[TwilioSettings]:
    """Run a carrier while the block runs; gives the settings of a line that leads to it.

    `callbacks_to` is the shop's own address, with a slash at its end. Account and token are made
    anew each time. Ctrl+C at a terminal is for the shop alone, which ends its carrier as the last
    thing. Raises NotReadyError when it does not start.
    """
    sid, token = f"AC{secrets.token_hex(16)}", secrets.token_hex(16)
    command = [sys.executable, "-m", "adapters.carrier", "--sid", sid, "--token", token]
    command += ["--callbacks-to", callbacks_to, "--inbound-url", f"{callbacks_to}{REPLIES}"]
    command += ["--speed", str(speed), "--with-parent"]
    with subprocess.Popen(  # noqa: S603 - our own module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None, "it is a pipe"
            said = process.stdout.readline()
            if not said:
                raise NotReadyError("训练线路没有启动，请用手机拨打")
            yield TwilioSettings(
                account_sid=sid,
                auth_token=token,
                number=OWN_NUMBER,
                base_url=json.loads(said)["address"],
                calls_per_second=5.0,
                texts_per_second=20.0,
            )
        finally:
            process.terminate()
            try:
                process.wait(_ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
