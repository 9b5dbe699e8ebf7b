"""The processes of a run: the carrier, the server of the callbacks, the workers, and who kills them."""

from __future__ import annotations

import http.client
import json
import math
import multiprocessing
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from random import Random
from typing import Any
from urllib.parse import urlsplit

import waitress

from adapters.carrier.server import Carrier
from adapters.carrier.settings import CarrierSettings
from adapters.line_settings import TwilioSettings
from tests.soak.caller import AFTER, BEFORE, work
from tests.soak.ground import Board, FastClock, Ground, Plan, as_child
from web.app import create_app

FORK = multiprocessing.get_context("fork")
AIMED = 0.35
"""Of so many kills the worker dies beside a request; the others strike wherever it is."""
AIMED_WITHIN_S = 5.0
"""Who asks for nothing that long dies where they are."""
STARTS_WITHIN_S = 30.0
SERVER_KILLS = 0.05
SERVER_THREADS = 8


def fork(name: str, plan: Plan, body: Callable[[], None]) -> BaseProcess:
    process = FORK.Process(target=as_child, args=(name, plan.folder, body), name=name)
    process.start()
    return process


class CarrierProcess:
    """The simulated carrier, asked and told over its own routes."""

    def __init__(self, plan: Plan, account: TwilioSettings, clock: FastClock) -> None:
        settings = CarrierSettings(
            account.account_sid, account.auth_token, speed=plan.speed, seed=plan.seed
        )
        ours, theirs = FORK.Pipe(duplex=False)
        self.process = fork("carrier", plan, lambda: _carry(settings, clock, theirs))
        theirs.close()
        assert ours.poll(STARTS_WITHIN_S), "the carrier did not start"
        self.url: str = ours.recv()

    def get(self, name: str = "") -> Any:
        return json.loads(self._ask("GET", name))

    def follow(self, script: dict[str, Any]) -> None:
        self._ask("POST", "script", json.dumps(script))

    def _ask(self, method: str, name: str, body: str | None = None) -> bytes:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        with closing(connection):
            kind = {"Content-Type": "application/json"}
            connection.request(method, f"/_carrier/{name}", body, kind)
            answer = connection.getresponse()
            assert answer.status == 200, f"{name}: {answer.status}"
            return answer.read()

    def close(self) -> None:
        self.process.kill()
        self.process.join()


def _carry(settings: CarrierSettings, clock: FastClock, ready: Connection) -> None:
    with Carrier(settings, clock) as carrier:
        ready.send(carrier.url)
        threading.Event().wait()


class ServerProcess:
    """The product's own application over HTTP, for what the carrier tells and asks."""

    def __init__(self, ground: Ground, port: int) -> None:
        self._ground, self._port = ground, port
        self.kills = 0
        self.process = self._start()

    def _start(self) -> BaseProcess:
        return fork("server", self._ground.plan, lambda: _serve(self._ground, self._port))

    def kill(self) -> None:
        """Kill it as power loss would, and start another."""
        self.process.kill()
        self.process.join()
        self.kills += 1
        self.process = self._start()

    def close(self) -> None:
        self.process.kill()
        self.process.join()


def _serve(ground: Ground, port: int) -> None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    waitress.serve(
        create_app(ground.open()), sockets=[listener], threads=SERVER_THREADS, ident=None
    )


class Crew:
    """The workers, of whom one is killed now and then and born again at once."""

    def __init__(self, ground: Ground, board: Board, server: ServerProcess) -> None:
        self._ground, self._board, self._server = ground, board, server
        self._draw = Random(f"kills {ground.plan.seed}")
        self._lives = [0] * ground.plan.workers
        self._processes = [self._bear(n) for n in range(ground.plan.workers)]
        self.kills = self.aimed = 0
        self._aimed_at: dict[int, float] = {}
        self.crashed: list[str] = []

    def _bear(self, number: int) -> BaseProcess:
        life = self._lives[number]
        self._lives[number] += 1
        ground, board = self._ground, self._board
        name = f"worker-{number}.{life}"
        return fork(name, ground.plan, lambda: work(ground, board, number, life))

    def run(self, within_s: float) -> bool:
        """Until as many calls were made and as many killed as was asked for; False: not in time."""
        plan, board = self._ground.plan, self._board
        until = time.monotonic() + within_s
        while sum(board.dialled) < plan.calls or self.kills < plan.kills:
            if time.monotonic() > until or len(self.crashed) > plan.workers:
                return False
            wait([p.sentinel for p in self._processes], timeout=0.02)
            self._bury()
            doomed = self.kills + len(self._aimed_at)
            # The next one falls due as the work goes on, so that they are spread over the whole day.
            if (
                doomed < plan.kills
                and sum(board.dialled) * plan.kills >= 0.95 * plan.calls * doomed
            ):
                time.sleep(self._draw.random() * 0.1)
                self._strike()
        return True

    def _strike(self) -> None:
        number = self._draw.randrange(len(self._processes))
        if self._draw.random() < SERVER_KILLS:
            self._server.kill()
        if number in self._aimed_at:
            return
        if self._draw.random() < AIMED:
            self._board.aims[number] = self._draw.choice((BEFORE, AFTER))
            self._aimed_at[number] = time.monotonic()
        else:
            self._processes[number].kill()

    def _bury(self) -> None:
        for number, process in enumerate(self._processes):
            if time.monotonic() - self._aimed_at.get(number, math.inf) > AIMED_WITHIN_S:
                self._board.aims[number] = 0
                self._aimed_at.pop(number)
                process.kill()
                process.join()
            if process.is_alive():
                continue
            process.join()
            if process.exitcode == -signal.SIGKILL:
                self.kills += 1
                self.aimed += number in self._aimed_at
            else:
                self.crashed.append(f"{process.name}: exit {process.exitcode}")
            self._board.aims[number] = 0
            self._aimed_at.pop(number, None)
            self._processes[number] = self._bear(number)

    def dismiss(self) -> None:
        """The day is over: everybody puts down what they are at, by themselves."""
        self._board.end()
        for number, process in enumerate(self._processes):
            self._board.aims[number] = 0
            process.join(self._ground.plan.read_s * 4 + 30)
            if process.exitcode not in (0, -signal.SIGKILL):
                self.crashed.append(f"{process.name}: exit {process.exitcode}")
                process.kill()
                process.join()
