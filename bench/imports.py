"""Import and plan of a big export against the naive way: aim 10 times, 1,000,000 rows in 500 MB."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from bench.export_file import write_export
from campaigns.values import SHOP_ZONE
from tests import databases

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=SHOP_ZONE)
NAIVE_ROWS = 20_000
"""What the naive way gets to do; its time grows with the rows, so its rate stands for all."""


def measure(rows: int, *, naive_rows: int = NAIVE_ROWS) -> None:
    """Print the ratio and the peak of memory for each database that is there."""
    with tempfile.TemporaryDirectory(prefix="waihu-bench-") as name:
        folder = Path(name)
        big, small = folder / "ExportOrderList202611200930.csv", folder / "naive.csv"
        midnight = NOW.replace(hour=0, minute=0, tzinfo=None)
        write_export(big, rows, midnight)
        write_export(small, min(rows, naive_rows), midnight)
        print(f"{rows:,} rows, {big.stat().st_size / 1e6:.0f} MB of GB18030")
        span = [str(midnight - timedelta(days=1)), str(midnight)]
        for kind, ours, theirs in _databases(folder):
            done = json.loads(_run("bench.product_import", str(big), ours, NOW.isoformat()))
            naive = float(_run("bench.naive_import", str(small), theirs, *span))
            _print(kind, done, naive, min(rows, naive_rows))


def _print(kind: str, done: dict[str, float], naive_seconds: float, naive_rows: int) -> None:
    seconds = done["import_seconds"] + done["plan_seconds"]
    rate, naive_rate = done["rows"] / seconds, naive_rows / naive_seconds
    print(
        f"{kind}: import {done['import_seconds']:.1f} s + plan {done['plan_seconds']:.1f} s "
        f"({done['tasks']:.0f} tasks) = {rate:,.0f} rows/s; naive {naive_rate:,.0f} rows/s "
        f"over {naive_rows:,}; ratio {rate / naive_rate:.1f} (aim 10); "
        f"peak {done['peak_mb']:.0f} MB (limit 500)"
    )
    reminder = done["plan_seconds"] / max(done["tasks"], 1)
    callback = done["callback_seconds"] / max(done["callbacks"], 1)
    print(
        f"{kind}: planning {done['callbacks']:.0f} callbacks took {callback * 1000:.2f} ms each, "
        f"{callback / reminder:.2f} of a reminder (limit 1.5)"
    )


def _run(module: str, *arguments: str) -> str:
    """Run each side in a process of its own, so that neither warms the other's caches."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


@contextmanager
def _postgres(binaries: Path) -> Iterator[tuple[str, str]]:
    with databases.throw_away_cluster(binaries) as url:
        template = databases.PostgresTemplate(url, "waihu_bench")
        template.create()
        with template.copy() as ours, template.copy() as theirs:
            yield ours, theirs


def _databases(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Name each kind of database, with an empty one for us and one for the naive way."""
    ours, theirs = folder / "ours.db", folder / "naive.db"
    yield "SQLite", databases.sqlite_url(ours), databases.sqlite_url(theirs)
    binaries = databases.postgres_binaries()
    if binaries is None:
        print("PostgreSQL: not measured, it is not installed")
        return
    with _postgres(binaries) as urls:
        yield "PostgreSQL", urls[0], urls[1]
