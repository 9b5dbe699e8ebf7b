"""Shops with a call on their line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.shops import Shop
from tests.web.webhooks.outside import Held


@pytest.fixture(scope="module")
def quiet(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    """A shop that no refused callback may change, so that all of them share it."""
    folder = tmp_path_factory.mktemp("quiet")
    databases.copy_sqlite(sqlite_template, folder / "waihu.db")
    shop = Shop(databases.sqlite_url(folder / "waihu.db"), folder)
    with contextlib.closing(shop):
        yield Held(shop)


@pytest.fixture
def held(database_url: str, tmp_path: Path) -> Iterator[Held]:
    shop = Shop(database_url, tmp_path)
    with contextlib.closing(shop):
        yield Held(shop)


@pytest.fixture
def quiet_copy(sqlite_template: Path, tmp_path: Path) -> Iterator[Held]:
    """Where the kind of database makes no difference."""
    databases.copy_sqlite(sqlite_template, tmp_path / "waihu.db")
    shop = Shop(databases.sqlite_url(tmp_path / "waihu.db"), tmp_path)
    with contextlib.closing(shop):
        yield Held(shop)
