"""A real Asterisk with real SIP phones for the tests, and a carrier behind it with customers.

    with start_exchange(folder) as exchange:
        exchange.customer("13900000001", "busy")
        # the product: exchange.ari_url, ari_user, ari_password; PJSIP/phone-801, PJSIP/<number>@carrier

tools/exchange.sh fetches the programs. Everything listens on 127.0.0.1 and needs no rights.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import services
from tests.exchange import configuration
from tests.exchange.configuration import ARI_USER, Ports

START_SECONDS = 60.0

Command = tuple[str | Path | int, ...]


def exchange_root() -> Path:
    """The folder that tools/exchange.sh fills; it prints the same name."""
    named = os.environ.get("EXCHANGE_ROOT")
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(named) if named else Path(cache) / "waihu" / "exchange-bullseye"


@dataclass(frozen=True, slots=True)
class Ring:
    """One call that reached the carrier: the number rung, and the number it showed."""

    number: str
    originator: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A running exchange with desk phones and a trunk.

    Phones: `phone-801` rings and is picked up after 0.3 s, its media echoes; `phone-804` is not
    plugged in; 802, 803 and 805 act as `customer` says. The trunk is `carrier`.
    """

    ari_url: str
    """With the /ari at its end."""
    ari_user: str
    ari_password: str
    recordings: Path
    """Where the exchange keeps stored recordings, as `<name>.wav`."""
    sounds: Path
    """Where `sound:NAME` looks for NAME.wav."""
    log: Path
    _carrier: Path

    def customer(self, number: str, act: str) -> None:
        """Say how a number acts from now on; without a word it answers and talks.

        answers, hangs_up/SECONDS, presses/DIGITS (w waits half a second), asks_extension/DIGITS
        (a relay number: reads four digits, then rings on), rings, busy, rejects, unallocated,
        absent, congested.
        """
        (self._carrier / "customers" / number).write_text(act)

    def rung(self) -> list[Ring]:
        """Every call that reached the carrier, the oldest first."""
        return [Ring(*line.split(" ", 1)) for line in _lines(self._carrier / "rung")]

    def heard(self) -> list[str]:
        """The extension digits that relay numbers heard, the oldest first."""
        return _lines(self._carrier / "heard")


@contextmanager
def start_exchange(folder: Path) -> Iterator[Exchange]:
    """Run exchange, carrier and phone in a new folder; all are gone afterwards.

    Skips the asking test where Asterisk is not there, fails it in CI.
    """
    root = exchange_root()
    if not (root / "run").exists():
        services.missing("Asterisk", "it with tools/exchange.sh")
    exchange, carrier = folder / "exchange", folder / "carrier"
    ports = _free_ports()
    password = secrets.token_urlsafe(12)
    configuration.write_exchange(exchange, root, ports, password)
    configuration.write_carrier(carrier, root, ports)
    scenario = folder / "phone.xml"
    scenario.write_text(configuration.PHONE)
    phone: Command = (
        *("usr/bin/sipp", "-sf", scenario, "-nostdin", "-rtp_echo"),
        *("-i", "127.0.0.1", "-p", ports.phone, "-mi", "127.0.0.1", "-mp", ports.phone_media),
    )
    commands = {"phone": phone, "carrier": _asterisk(carrier), "exchange": _asterisk(exchange)}
    with ExitStack() as running:
        processes = {
            name: running.enter_context(_running(root, folder, name, command))
            for name, command in commands.items()
        }
        _wait_until_ready(folder, processes)
        yield Exchange(
            ari_url=f"http://127.0.0.1:{ports.ari}/ari",
            ari_user=ARI_USER,
            ari_password=password,
            recordings=exchange / "spool" / "recording",
            sounds=exchange / "data" / "sounds" / "en",
            log=exchange / "log" / "messages",
            _carrier=carrier,
        )


def _asterisk(home: Path) -> Command:
    return ("usr/sbin/asterisk", "-f", "-C", home / "etc" / "asterisk.conf")


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def _free_ports() -> Ports:
    """Six different ports, all held while they are chosen.

    Below those that the system hands out and those that media use, so that none is taken before
    its owner starts.
    """
    with ExitStack() as held:
        chosen: list[int] = []
        while len(chosen) < 6:
            port = 10_000 + secrets.randbelow(10_000)
            udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            tcp = held.enter_context(socket.socket())
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
            except OSError:
                continue  # somebody has it
            chosen.append(port)
    return Ports(*chosen)


@contextmanager
def _running(
    root: Path, folder: Path, name: str, command: Command
) -> Iterator[subprocess.Popen[bytes]]:
    """A program of the fetched folder, which ends with this block or with this process."""
    program, *arguments = map(str, command)
    with (folder / f"{name}.out").open("wb") as output:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", root / "run", root / program, *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "OPENSSL_CONF": os.devnull, "TERM": "dumb"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=START_SECONDS)


def _wait_until_ready(folder: Path, processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """Wait for the word in each Asterisk's log: its modules are loaded then and answer."""
    deadline = time.monotonic() + START_SECONDS
    waiting = [folder / name / "log" / "messages" for name in ("carrier", "exchange")]
    while waiting:
        time.sleep(0.02)
        waiting = [log for log in waiting if "Asterisk Ready." not in _text(log)]
        ended = [name for name, process in processes.items() if process.poll() is not None]
        if ended or time.monotonic() > deadline:
            said = "".join(_text(folder / f"{name}.out") for name in ended or ["exchange"])
            raise RuntimeError(f"no telephone exchange, {ended} ended:\n{said}")
