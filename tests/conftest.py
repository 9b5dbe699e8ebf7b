"""Fixtures of all tests: fresh migrated databases, and a loud word about what was not tested.

    database_url    a migrated database of this test alone; every test using it runs on both kinds
    engine          the same, opened the way the product opens it
    connection      one transaction in a shared database, rolled back afterwards: some 3 ms instead
                    of 100, for queries; not for what commits, locks or needs two workers
    exchange        a real telephone exchange with phones and customers (tests/exchange)

`@sqlite_only` and `@postgres_only` (tests/databases.py) narrow a test to one of the two.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Connection, Engine

from tests import databases, quicker, services
from tests.exchange import Exchange, start_exchange

BOTH_KINDS = ["sqlite", "postgresql"]

# A busy machine must not fail a property; CI draws the same examples for the same code.
settings.register_profile(
    "waihu",
    deadline=None,
    derandomize=services.in_ci(),
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("waihu")


def pytest_configure() -> None:
    """The zone of the machine must not matter, so it is one where it would show."""
    os.environ["TZ"] = "America/New_York"
    time.tzset()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in sorted(services.absent):
        terminalreporter.write_line(f"NOT TESTED, missing: {line}", red=True, bold=True)


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A WAIHU_ variable of the developer's shell must not change a test."""
    for name in [name for name in os.environ if name.startswith("WAIHU_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def no_files_in_the_home_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keys that the product keeps under the user's data folder land in a folder of this run."""
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("data-home"))


@pytest.fixture(scope="session", autouse=True)
def what_engines_share() -> Iterator[None]:
    """Statements and pages are compiled once, and copies of the template are not migrated again."""
    with quicker.compiling_once(), quicker.migrating_once():
        yield


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


@pytest.fixture(scope="session")
def shared_sqlite(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    from adapters.store.session import open_engine  # noqa: PLC0415

    path = tmp_path_factory.mktemp("shared") / "waihu.db"
    databases.copy_sqlite(sqlite_template, path)
    engine = open_engine(databases.sqlite_url(path))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def shared_postgresql(postgres_template: databases.PostgresTemplate) -> Iterator[Engine]:
    from adapters.store.session import open_engine  # noqa: PLC0415

    with postgres_template.copy() as url:
        engine = open_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture(params=BOTH_KINDS)
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """One open transaction on each kind in turn; whatever the test writes is rolled back."""
    engine: Engine = request.getfixturevalue(f"shared_{request.param}")
    with engine.connect() as opened:
        transaction = opened.begin()
        yield opened
        transaction.rollback()


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """A real Asterisk with phones on desks and a carrier with customers; one for each worker."""
    with start_exchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running
