"""`python -m adapters.carrier --sid AC… --token …`: a carrier of its own, until it is stopped.

Prints one line of JSON with its address as soon as it takes calls.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from adapters.carrier.foreground import serve
from adapters.carrier.script import Script, read_script
from adapters.carrier.settings import CarrierSettings
from campaigns.errors import UsageError


def main(words: list[str] | None = None) -> int:
    """Run until it is stopped; 2 for words or a script that cannot be followed."""
    said = _parser().parse_args(words)
    try:
        settings = CarrierSettings(
            said.sid,
            said.token,
            port=said.port,
            speed=said.speed,
            seed=said.seed,
            callbacks_to=tuple(said.callbacks_to),
            inbound_url=said.inbound_url,
            script=_script(said.script),
        )
    except (UsageError, OSError, ValueError) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    try:
        serve(settings, ready=lambda url: _say(url, settings), with_parent=said.with_parent)
    except BrokenPipeError:
        return 0  # whoever asked for the address is gone
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m adapters.carrier", description="训练线路")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--sid", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--script", type=Path)
    parser.add_argument("--callbacks-to", action="append", default=[])
    parser.add_argument("--inbound-url", default="", help="where to tell what customers write")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input does")
    return parser


def _script(path: Path | None) -> Script:
    return read_script(json.loads(path.read_text(encoding="utf-8"))) if path else Script()


def _say(url: str, settings: CarrierSettings) -> None:
    line = {"address": url, "account_sid": settings.account_sid, "training": True}
    os.write(sys.stdout.fileno(), f"{json.dumps(line)}\n".encode())


if __name__ == "__main__":
    raise SystemExit(main())
