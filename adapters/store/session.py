"""How the database is opened, and what a transaction is on each of the two."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from campaigns.errors import NotReadyError, UsageError

SCHEMA_HEAD = "0004"
"""The newest migration that this code needs."""

BUSY_TIMEOUT_SECONDS = 10


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///…` or `postgresql+psycopg://…`; plain `postgresql://` is accepted.

    SQLite: WAL, synchronous FULL, foreign keys on, and every writing transaction begins IMMEDIATE,
    so that two writers queue up instead of failing half-way. An error of the database quotes no
    values: they may be a customer's (R-PII-1). Raises UsageError for another address.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UsageError("数据库地址的写法不对", field="WAIHU_DATABASE_URL") from None
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise UsageError(
            f"数据库只能是 SQLite 或 PostgreSQL，不能是 {backend}", field="WAIHU_DATABASE_URL"
        )
    if backend == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True
        )
    engine = create_engine(
        parsed, connect_args={"timeout": BUSY_TIMEOUT_SECONDS}, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One writing transaction: committed at the end, rolled back on any exception."""
    with _turn_to_write(engine), engine.begin() as connection:
        yield connection


@contextmanager
def _turn_to_write(engine: Engine) -> Iterator[None]:
    """Queue up for SQLite's one writer.

    Its own waiting is a poll that can starve a writer for seconds (measured: of eight writers one
    gave up after ten); a file lock queues threads and processes in the kernel, and is gone with the
    process that held it.
    """
    path = _file_of(engine)
    if path is None:
        yield
        return
    handle = os.open(f"{path}.turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _file_of(engine: Engine) -> Path | None:
    """SQLite's file; None for one in memory and for PostgreSQL."""
    path = engine.url.database
    is_file = engine.dialect.name == "sqlite" and path and path != ":memory:"
    return Path(str(path)) if is_file else None


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """One consistent view for reading; whatever happens, nothing is written."""
    with engine.connect() as connection:
        reading = connection.execution_options(reads_only=True)
        if engine.dialect.name == "postgresql":
            reading = reading.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with reading.begin():
            yield reading


def migrate(engine: Engine) -> None:
    """Bring the schema to the head. Forward only."""
    from alembic import command
    from alembic.config import Config

    path = _file_of(engine)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_schema(engine: Engine) -> None:
    """Raise NotReadyError unless the database has the schema that this code needs.

    SQLite makes a missing file when it is opened; one that is only looked for must not appear.
    """
    path = _file_of(engine)
    if path is not None and not path.exists():
        raise NotReadyError("数据库还没有建立，请先运行 waihu init")
    try:
        with snapshot(engine) as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except (OperationalError, ProgrammingError) as error:
        raise NotReadyError("数据库还没有建立，请先运行 waihu init") from error
    if found != SCHEMA_HEAD:
        raise NotReadyError(f"数据库版本是 {found}，程序需要 {SCHEMA_HEAD}，请运行 waihu migrate")
