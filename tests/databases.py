"""Fresh, migrated databases of both kinds, each test its own.

SQLite: a copy of a migrated file. PostgreSQL: a throw-away cluster on a Unix socket, one per run,
and `CREATE DATABASE … TEMPLATE` per test. `TEST_POSTGRES_DSN` names a server to use instead; its
user must be allowed to create databases.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

START_SECONDS = 60.0
MEMORY_FREE_BYTES = 2 * 1024**3
SERVER_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
}

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
postgres_only = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def postgres_binaries() -> Path | None:
    """The folder with initdb and postgres, the newest where there are several; None without."""
    candidates = [
        path
        for path in Path("/usr/lib/postgresql").glob("*/bin")
        if (path / "initdb").exists() and path.parent.name.isdigit()
    ]
    if candidates:
        return max(candidates, key=lambda path: int(path.parent.name))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


DURABLE_SETTINGS = {"listen_addresses": "", "max_connections": "200", "shared_buffers": "256MB"}
"""What a bench runs on: the server's own full durability."""


@contextmanager
def throw_away_cluster(binaries: Path, *, durable: bool = False) -> Iterator[str]:
    """Run a PostgreSQL server of our own; yields the URL of its `postgres` database.

    `durable`: on disk, with every commit flushed; else in memory where there is room.

    The server refuses to run as root, so under uid 0 it runs as the system user `postgres`.
    """
    folder = None if durable else memory_folder()
    home = Path(tempfile.mkdtemp(prefix="waihu-pg-", dir=folder))
    owner = None
    if os.geteuid() == 0:
        owner = "postgres" if _user_exists("postgres") else "nobody"
        shutil.chown(home, owner)
    try:
        _as_owner(
            owner,
            home,
            [
                *(binaries / "initdb", "-D", home / "data", "-U", "postgres", "-A", "trust"),
                *("--no-sync", "--locale=C", "--encoding=UTF8"),
            ],
        )
        chosen = DURABLE_SETTINGS if durable else SERVER_SETTINGS
        settings = [part for item in chosen.items() for part in ("-c", "=".join(item))]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", home / "data", "-k", home, *settings],
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=owner,
                group=owner and pwd.getpwnam(owner).pw_gid,
                extra_groups=[] if owner else None,
            )
        url = f"postgresql+psycopg://postgres@/postgres?host={home}"
        try:
            _wait_until_ready(server, url, home / "log")
            yield url
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(timeout=START_SECONDS)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def memory_folder() -> Path | None:
    """A file system in memory with room for the cluster (measured: copies in a third of the time).

    None means the usual place for temporary files.
    """
    folder = Path("/dev/shm")  # noqa: S108  # mkdtemp makes a private folder in it
    if folder.is_dir() and os.access(folder, os.W_OK):
        return folder if shutil.disk_usage(folder).free > MEMORY_FREE_BYTES else None
    return None


def _user_exists(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())


def _as_owner(owner: str | None, home: Path, command: list[str | Path]) -> None:
    done = subprocess.run(
        command,
        cwd=home,
        check=False,
        capture_output=True,
        text=True,
        user=owner,
        group=owner and pwd.getpwnam(owner).pw_gid,
        extra_groups=[] if owner else None,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")


def _wait_until_ready(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(libpq_dsn(url)).close()
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from error
            time.sleep(0.05)
        else:
            return


def libpq_dsn(url: str) -> str:
    """The same address without the driver's name, as psycopg itself reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def database_of(url: str, name: str) -> str:
    """The same server's database `name`, as a SQLAlchemy URL."""
    other = make_url(url).set(drivername="postgresql+psycopg", database=name)
    return other.render_as_string(hide_password=False)


@dataclass(frozen=True, slots=True)
class PostgresTemplate:
    """A migrated database that nobody is connected to, and copies of it."""

    server_url: str
    name: str

    def create(self) -> None:
        """Make the empty database; the caller migrates it."""
        self._run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))

    def drop(self) -> None:
        """Remove the template."""
        self._drop(self.name)

    @contextmanager
    def copy(self) -> Iterator[str]:
        """A fresh copy; yields its URL and drops it afterwards, whoever is still connected."""
        name = f"{self.name}_{uuid.uuid4().hex[:8]}"
        copied = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(self.name)
        )
        with psycopg.connect(libpq_dsn(self.server_url), autocommit=True) as connection:
            # Copying the files takes 15 ms, writing them through the log 37.
            by_file = connection.info.server_version >= 150_000
            connection.execute(copied + sql.SQL(" STRATEGY FILE_COPY") if by_file else copied)
        try:
            yield database_of(self.server_url, name)
        finally:
            self._drop(name)

    @property
    def url(self) -> str:
        """The template itself, for the migrations only."""
        return database_of(self.server_url, self.name)

    def _drop(self, name: str) -> None:
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(libpq_dsn(self.server_url), autocommit=True) as connection:
            connection.execute(statement)


def sqlite_url(path: Path) -> str:
    """The SQLAlchemy URL of a SQLite file."""
    return f"sqlite:///{path}"


def copy_sqlite(template: Path, target: Path) -> None:
    """Copy a SQLite file with everything that its write-ahead log may still hold."""
    source, copy = sqlite3.connect(template), sqlite3.connect(target)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
