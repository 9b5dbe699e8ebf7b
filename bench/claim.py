"""Claim and outcome through the real flow against the bare SQL, and against what is stored.

(b) 8 worker processes: hand-out and outcome a second, the product over the bare statements, which
know no rule, no history, no trail; nothing may be claimed twice. (c) the same hand-out with a
million future tasks stored over ten thousand.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.clock import FixedClock
from adapters.identifiers import new_attempt_id
from adapters.settings import Settings
from adapters.store.models.calls import attempt
from bench.stored_shop import (
    BARE_ATTEMPT,
    BARE_CLAIM,
    BARE_CLOSE,
    BARE_RETURN,
    LATER,
    NOW,
    found,
)
from campaigns.values import Person, Role
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.runtime import open_runtime

WORKERS = 8
ROUNDS = 3
WARM_UP = 5
"""Calls before the clock starts: a worker compiles its statements and scripts once."""
CALLS_EACH = 60
ANSWER_SECONDS = 120


def main() -> int:
    """Print every ratio; 1 when something was claimed twice."""
    failed = False
    for name, url_of in databases():
        failed |= _against_bare(name, url_of)
        _against_stored(name, url_of)
    return int(failed)


@contextmanager
def folder_of_our_own() -> Iterator[Path]:
    """Give a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="waihu-bench-") as place:
        yield Path(place)


def databases() -> Iterator[tuple[str, Callable[[Path, str], str]]]:
    """Each kind of database with what makes a fresh one; the server lives as long as it is asked."""
    yield "SQLite", lambda folder, name: f"sqlite:///{folder / name}.db"
    from tests.databases import database_of, postgres_binaries, throw_away_cluster

    binaries = postgres_binaries()
    if binaries is None:
        print("PostgreSQL: not installed, left out", file=sys.stderr)
        return
    with throw_away_cluster(binaries, durable=True) as server:

        def create(_folder: Path, name: str) -> str:
            import psycopg

            from tests.databases import libpq_dsn

            with psycopg.connect(libpq_dsn(server), autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{name}"'.encode())
            return database_of(server, name)

        yield "PostgreSQL", create


def _against_bare(name: str, url_of: Callable[[Path, str], str]) -> bool:
    ratios, twice = [], 0
    with folder_of_our_own() as folder:
        for round_number in range(ROUNDS):
            rates = {}
            for who, work in (("ours", _ours), ("bare", _bare)):
                url = url_of(folder, f"b{round_number}{who}")
                found(
                    url,
                    folder,
                    due=WORKERS * (WARM_UP + CALLS_EACH) + 100,
                    future=10_000,
                    workers=WORKERS,
                )
                rates[who], claimed = _race(work, url, folder)
                twice += len(claimed) - len(set(claimed))
            ratios.append(rates["ours"] / rates["bare"])
            print(
                f"  {name} round {round_number + 1}: ours {rates['ours']:.0f}/s, bare {rates['bare']:.0f}/s"
            )
    print(
        f"(b) {name}, {WORKERS} workers, claim + outcome / bare SQL: "
        f"{statistics.median(ratios):.2f} (aim 0.5), claimed twice: {twice}"
    )
    return twice > 0


def _against_stored(name: str, url_of: Callable[[Path, str], str]) -> None:
    with folder_of_our_own() as folder:
        small = found(url_of(folder, "small"), folder, due=4_000, future=10_000, workers=1)
        large = found(url_of(folder, "large"), folder, due=4_000, future=1_000_000, workers=1)
        ratios = []
        for _ in range(ROUNDS + 2):
            rates = [_serial(runtime.settings.database_url, folder) for runtime in (large, small)]
            ratios.append(rates[0] / rates[1])
    print(
        f"(c) {name}, claim with 1,000,000 stored future tasks / with 10,000: "
        f"{statistics.median(ratios):.2f} (aim 0.9)"
    )


def _serial(url: str, folder: Path) -> float:
    watch = _StopWatch()
    _ours(url, folder, 1, watch)
    return CALLS_EACH / (time.perf_counter() - watch.started)


class _StopWatch:
    """A gate of one: the clock starts when the worker is warm."""

    started = 0.0

    def wait(self) -> None:
        self.started = time.perf_counter()


def _race(work: Callable[..., list[int]], url: str, folder: Path) -> tuple[float, list[int]]:
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(WORKERS + 1)
    answers: Any = context.Queue()

    def run(worker: int) -> None:
        answers.put(work(url, folder, worker, gate))

    processes = [context.Process(target=run, args=(i + 1,)) for i in range(WORKERS)]
    for process in processes:
        process.start()
    gate.wait()
    started = time.perf_counter()
    claimed = [task for _ in processes for task in answers.get(timeout=ANSWER_SECONDS)]
    elapsed = time.perf_counter() - started
    for process in processes:
        process.join()
    return len(claimed) / elapsed, claimed


def _ours(url: str, folder: Path, worker: int, gate: Any) -> list[int]:
    runtime = open_runtime(Settings(url, folder / "bench.key"), FixedClock(NOW))
    caller = Person(worker, f"坐席{worker}", Role.CALLER)
    claimed: list[int] = []
    for count in range(WARM_UP + CALLS_EACH):
        if count == WARM_UP:
            claimed.clear()
            gate.wait()
        answer = next_call(runtime, caller, NOW)
        assert isinstance(answer, HandOut), answer
        claimed.append(answer.task_id)
        record_outcome(runtime, answer.attempt_id, OutcomeForm("no_answer"), NOW, caller)
    runtime.engine.dispose()
    return claimed


def _bare(url: str, _folder: Path, worker: int, gate: Any) -> list[int]:
    is_sqlite = url.startswith("sqlite")
    mark, lock = ("?", "") if is_sqlite else ("%s", "FOR UPDATE SKIP LOCKED")
    connection, instant = _connect(url, is_sqlite=is_sqlite)
    names = [c.name for c in attempt.c if not c.nullable]
    insert = BARE_ATTEMPT.format(columns=", ".join(names), values=", ".join([mark] * len(names)))
    claim, close = BARE_CLAIM.format(p=mark, lock=lock), BARE_CLOSE.format(p=mark)
    give_back = BARE_RETURN.format(p=mark)
    now, later = instant(NOW), instant(LATER)
    claimed: list[int] = []
    for count in range(WARM_UP + CALLS_EACH):
        if count == WARM_UP:
            claimed.clear()
            gate.wait()
        connection.execute("BEGIN IMMEDIATE" if is_sqlite else "BEGIN")
        task, customer, fence = connection.execute(claim, (worker, later, now)).fetchone()
        attempt_id = new_attempt_id(NOW)
        connection.execute(insert, _attempt_values(attempt_id, task, customer, worker, fence, now))
        connection.execute("COMMIT")
        claimed.append(task)
        connection.execute("BEGIN IMMEDIATE" if is_sqlite else "BEGIN")
        connection.execute(close, (now, now, attempt_id))
        connection.execute(give_back, (later, task, fence))
        connection.execute("COMMIT")
    connection.close()
    return claimed


def _attempt_values(
    attempt_id: str, task: int, customer: int, worker: int, fence: int, now: Any
) -> tuple[Any, ...]:
    known = {
        "id": attempt_id,
        "task_id": task,
        "campaign_id": 1,
        "kind": "dunning",
        "customer_id": customer,
        "phone_id": customer,
        "phone_key": f"bare{customer}",
        "caller_id": worker,
        "state": "handed_out",
        "fence": fence,
        "at": now,
        "handed_out_at": now,
        "lease_until": now,
        "is_reached": False,
        "exemption": "none",
        "owed_fen": 0,
        "policy_version": 0,
        "calendar_version": 1,
        "day_kind": "working",
    }
    return tuple(known[c.name] for c in attempt.c if not c.nullable)


def _connect(url: str, *, is_sqlite: bool) -> tuple[Any, Callable[[Any], Any]]:
    if not is_sqlite:
        import psycopg

        from tests.databases import libpq_dsn

        return psycopg.connect(libpq_dsn(url), autocommit=True), lambda at: at
    import sqlite3

    connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection, lambda at: at.strftime("%Y-%m-%d %H:%M:%S.%f")


if __name__ == "__main__":
    sys.exit(main())
