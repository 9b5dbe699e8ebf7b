"""What every process of a run stands on: the plan, a clock that goes fast, the shop's settings."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.sharedctypes import RawArray, RawValue
from pathlib import Path
from typing import Any

from adapters.channels.base import CONNECT_S, READ_S
from adapters.channels.one_request import Timeouts
from adapters.channels.registry import Lines
from adapters.channels.twilio_callbacks import TwilioCallbacks
from adapters.channels.twilio_sms import TwilioSms
from adapters.channels.twilio_voice import TwilioVoice
from adapters.settings import Settings
from adapters.store.session import open_engine
from campaigns.values import LineName, Person
from scheduler.runtime import Runtime

MACHINE = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
"""Where the machine's clock stands when a run begins."""
LEAST_CONNECT_S = 1.0
LEAST_READ_S = 0.8


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is asked for."""

    calls: int
    messages: int
    kills: int
    workers: int
    seed: int
    speed: float
    folder: Path
    database_url: str

    @property
    def read_s(self) -> float:
        """How long a line waits for an answer, as fast as everything else goes."""
        return max(READ_S / self.speed, LEAST_READ_S)


@dataclass(frozen=True, slots=True)
class FastClock:
    """The machine's clock in every process of a run, going `speed` times as fast as it."""

    origin_s: float
    speed: float

    def now(self) -> datetime:
        passed = time.monotonic() - self.origin_s
        return MACHINE + timedelta(seconds=passed * self.speed)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a process opens the shop with."""

    plan: Plan
    settings: Settings
    clock: FastClock
    callers: tuple[Person, ...]

    def open(self) -> Runtime:
        """The shop through an engine of this process's own, and the real SDK with its bounds."""
        settings = self.settings
        account = settings.lines.twilio
        assert account is not None, "there is a carrier"
        runtime = Runtime(settings, open_engine(settings.database_url), self.clock)
        connect = max(CONNECT_S / self.plan.speed, LEAST_CONNECT_S)
        timeouts, public = Timeouts(connect, self.plan.read_s), settings.callback_url
        runtime.lines = Lines(
            {LineName.TWILIO: TwilioVoice(account, public, timeouts)},
            {LineName.TWILIO: TwilioSms(account, public, timeouts)},
            {LineName.TWILIO: TwilioCallbacks(account, public)},
        )
        return runtime


class Board:
    """Memory that the run and its workers share: how far they are, and who is to die where."""

    def __init__(self, workers: int) -> None:
        self.dialled: Any = RawArray("i", workers)
        self.texted: Any = RawArray("i", workers)
        self.aims: Any = RawArray("i", workers)
        """0, or at which point of its next request a worker kills itself."""
        self._over: Any = RawValue("i", 0)

    @property
    def is_over(self) -> bool:
        return bool(self._over.value)

    def end(self) -> None:
        self._over.value = 1


class Journal:
    """What a worker was told had been done, on disk before anything else happens."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, what: str, **more: str) -> None:
        os.write(self._handle, (json.dumps({"what": what} | more) + "\n").encode())
        os.fsync(self._handle)


def journals(folder: Path) -> list[dict[str, str]]:
    """Every line of every journal; a last one that a kill cut off was told to nobody."""
    found: list[dict[str, str]] = []
    for path in sorted(folder.glob("*.journal")):
        for line in path.read_text().splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
    return found


def as_child(name: str, folder: Path, body: Callable[[], None]) -> None:
    """Run in a forked process: its words go to a file, and it ends with whoever started it."""
    log = os.open(folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    body()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.25)
    os._exit(3)
