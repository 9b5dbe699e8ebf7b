"""The fixtures themselves: what a test writes is gone for the next one, on both databases."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, inspect, text

from tests import databases, services

SCHEMA = "CREATE TABLE visited (name TEXT NOT NULL)"


def visits(url: str) -> int:
    """Write one row and say how many there are."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO visited VALUES ('me')"))
            return len(connection.execute(text("SELECT name FROM visited")).all())
    finally:
        engine.dispose()


def test_copies_of_a_postgres_template_are_apart(postgres_server_url: str) -> None:
    template = databases.PostgresTemplate(postgres_server_url, f"waihu_apart_{os.getpid()}")
    template.create()
    try:
        engine = create_engine(template.url)
        with engine.begin() as connection:
            connection.execute(text(SCHEMA))
        engine.dispose()
        with template.copy() as one, template.copy() as other:
            assert (visits(one), visits(one), visits(other)) == (1, 2, 1)
    finally:
        template.drop()


def test_a_sqlite_copy_holds_what_the_log_still_held(tmp_path: Path) -> None:
    template = tmp_path / "template.db"
    engine = create_engine(databases.sqlite_url(template))
    with engine.connect() as connection:
        connection.execute(text("PRAGMA journal_mode=WAL"))
        connection.execute(text(SCHEMA))
        connection.execute(text("INSERT INTO visited VALUES ('before')"))
        connection.commit()
        databases.copy_sqlite(template, tmp_path / "copy.db")
    engine.dispose()
    assert visits(databases.sqlite_url(tmp_path / "copy.db")) == 2
    assert visits(databases.sqlite_url(template)) == 2


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", None)])
def test_a_missing_service_fails_in_ci_and_skips_elsewhere(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException] | None
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(services, "absent", set())
    with pytest.raises(outcome or pytest.skip.Exception, match="install nothing-like-it"):
        services.missing("Nothing", "nothing-like-it")
    assert len(services.absent) == 1


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_has_a_migrated_database_of_its_own(engine: Engine, turn: int) -> None:
    assert "alembic_version" in inspect(engine).get_table_names()
    with engine.begin() as connection:
        connection.execute(text(SCHEMA))
    assert "visited" in inspect(engine).get_table_names()


@pytest.mark.parametrize("turn", [1, 2])
def test_a_connection_forgets_what_the_test_wrote(connection: Connection, turn: int) -> None:
    connection.execute(text(SCHEMA))
    connection.execute(text("INSERT INTO visited VALUES ('me')"))
    assert connection.execute(text("SELECT count(*) FROM visited")).scalar_one() == 1


@databases.sqlite_only
def test_a_test_can_ask_for_sqlite_alone(engine: Engine) -> None:
    assert engine.dialect.name == "sqlite"


@databases.postgres_only
def test_a_test_can_ask_for_postgresql_alone(engine: Engine) -> None:
    assert engine.dialect.name == "postgresql"
