"""A carrier as all that its process does: until a signal, or until the one that started it ends."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable
from types import FrameType

from adapters.carrier.server import Carrier
from adapters.carrier.settings import CarrierSettings


def serve(
    settings: CarrierSettings, *, ready: Callable[[str], None], with_parent: bool = False
) -> None:
    """Run a carrier until SIGINT or SIGTERM. `ready` gets its address as soon as it takes calls.

    `with_parent`: also until standard input ends. Whoever started this holds its other end, and
    lets go of it also when they are killed. For a process's main thread, which ends afterwards:
    further signals are not listened to, so that nothing breaks off the end.
    """
    signals = _hear_signals()
    with Carrier(settings) as carrier:
        ready(carrier.url)
        _wait(signals, sys.stdin.fileno() if with_parent else None)


def _hear_signals() -> int:
    """A file that can be read once a signal came. No thread and no exception is needed for it."""
    heard, told = os.pipe()
    os.set_blocking(told, False)
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, _only_heard)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    return heard


def _only_heard(_signal: int, _frame: FrameType | None) -> None:
    """The byte in the pipe says it all."""


def _wait(signals: int, parent: int | None) -> None:
    watched = [signals] if parent is None else [signals, parent]
    while True:
        readable, _, _ = select.select(watched, [], [])
        if signals in readable:
            return
        if parent is not None and not os.read(parent, 1_024):
            return
