"""`python -m tests.soak --calls 2000 --messages 2000 --kills 200 --workers 8 --seed 7`."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from adapters.store.session import migrate, open_engine
from tests import quicker
from tests.databases import (
    database_of,
    memory_folder,
    postgres_binaries,
    sqlite_url,
    throw_away_cluster,
)
from tests.soak.day import Day
from tests.soak.ground import Plan


def main() -> int:
    """Run one day and say what happened; 1 when something does not hold."""
    said = _parser().parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    # In memory where there is room: what a kill -9 can lose is the same, and the disk is not waited for.
    place = tempfile.TemporaryDirectory(prefix="waihu-soak-", dir=memory_folder())
    with place as named, quicker.compiling_once():
        folder = Path(named)
        with _database(said.database, folder) as url:
            plan = Plan(
                said.calls,
                said.messages,
                said.kills,
                said.workers,
                said.seed,
                said.speed,
                folder,
                url,
            )
            day = Day(plan)
            try:
                wrong = day.run(said.minutes * 60)
            finally:
                day.close()
            sys.stdout.write(f"{day.table()}\n")
            for one in wrong[:50]:
                sys.stdout.write(f"WRONG  {one}\n")
            sys.stdout.write(f"seed {plan.seed}: {len(wrong)} wrong\n")
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--speed", type=float, default=30.0, help="of all clocks")
    parser.add_argument("--minutes", type=float, default=30.0, help="give up after these")
    parser.add_argument(
        "--database", default="sqlite", help="sqlite, postgres, or an empty one's URL"
    )
    return parser


@contextmanager
def _database(named: str, folder: Path) -> Iterator[str]:
    """A migrated database of this run alone; one that is named by its URL is migrated already."""
    if named == "sqlite":
        url = sqlite_url(folder / "waihu.db")
        _migrate(url)
        yield url
    elif named == "postgres":
        binaries = postgres_binaries()
        if binaries is None:
            raise SystemExit("PostgreSQL is not on this machine: install postgresql")
        with throw_away_cluster(binaries) as server:
            url = database_of(server, "postgres")
            _migrate(url)
            yield url
    else:
        yield named


def _migrate(url: str) -> None:
    engine = open_engine(url)
    try:
        migrate(engine)
    finally:
        engine.dispose()


if __name__ == "__main__":
    raise SystemExit(main())
