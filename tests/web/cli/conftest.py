"""Shops for the command line, founded once by `waihu init` and copied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.web.cli.shell import Shell, copy_shop


def _found(folder: Path, *words: str) -> Path:
    shell = Shell(f"sqlite:///{folder / 'waihu.db'}", folder)
    answer = shell.run("init", *words, "--json")
    assert answer.code == 0, answer
    return folder


@pytest.fixture(scope="session")
def training_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _found(tmp_path_factory.mktemp("training"), "--training", "--empty")


@pytest.fixture(scope="session")
def real_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _found(tmp_path_factory.mktemp("real"))


@pytest.fixture
def shell(training_template: Path, tmp_path: Path) -> Shell:
    """An empty training shop."""
    return copy_shop(training_template, tmp_path)


@pytest.fixture
def real_shell(real_template: Path, tmp_path: Path) -> Shell:
    """A real shop."""
    return copy_shop(real_template, tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def either_shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    """An empty training shop on each kind of database in turn."""
    if request.param == "sqlite":
        yield copy_shop(request.getfixturevalue("training_template"), tmp_path)
        return
    template: databases.PostgresTemplate = request.getfixturevalue("postgres_template")
    with template.copy() as url:
        shell = Shell(url, tmp_path)
        assert shell.run("init", "--training", "--empty").code == 0
        yield shell
