"""Fixtures of all tests: fresh migrated databases, and a loud word about what was not tested.

    database_url    a migrated database of this test alone; every test using it runs on both kinds
    engine          the same, opened the way the product opens it

`@sqlite_only` and `@postgres_only` (tests/databases.py) narrow a test to one of the two.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests import databases, services

BOTH_KINDS = ["sqlite", "postgresql"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in sorted(services.absent):
        terminalreporter.write_line(f"NOT TESTED, missing: {line}", red=True, bold=True)


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A WAIHU_ variable of the developer's shell must not change a test."""
    for name in [name for name in os.environ if name.startswith("WAIHU_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """A PostgreSQL server where databases may be created: the named one, else one of our own."""
    named = os.environ.get("TEST_POSTGRES_DSN")
    if named:
        yield named
        return
    binaries = databases.postgres_binaries()
    if binaries is None:
        services.missing("PostgreSQL", "postgresql")
    with databases.throw_away_cluster(binaries) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server_url: str) -> Iterator[databases.PostgresTemplate]:
    template = databases.PostgresTemplate(postgres_server_url, f"waihu_test_{uuid.uuid4().hex[:8]}")
    template.create()
    try:
        _migrate(template.url)
        yield template
    finally:
        template.drop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "waihu.db"
    _migrate(databases.sqlite_url(path))
    return path


def _migrate(url: str) -> None:
    """Bring an empty database to the newest schema; nobody stays connected."""
    # Imported here: most tests need no database and should not wait for it.
    from adapters.store.session import migrate, open_engine  # noqa: PLC0415

    engine = open_engine(url)
    try:
        migrate(engine)
    finally:
        engine.dispose()


@pytest.fixture(params=BOTH_KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh migrated database that this test alone uses (SQLite and PostgreSQL in turn)."""
    if request.param == "sqlite":
        path = tmp_path / "waihu.db"
        databases.copy_sqlite(request.getfixturevalue("sqlite_template"), path)
        yield databases.sqlite_url(path)
        return
    template: databases.PostgresTemplate = request.getfixturevalue("postgres_template")
    with template.copy() as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The test's own database, opened the way the product opens it."""
    from adapters.store.session import open_engine  # noqa: PLC0415

    opened = open_engine(database_url)
    yield opened
    opened.dispose()
