"""A database for each test, and the same small clean history in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from adapters.store.session import open_engine
from tests import databases
from tests.scheduler.verify.story import Story


@pytest.fixture
def story(sqlite_template: Path, tmp_path: Path) -> Iterator[Story]:
    """An empty shop on SQLite."""
    path = tmp_path / "waihu.db"
    databases.copy_sqlite(sqlite_template, path)
    engine = open_engine(databases.sqlite_url(path))
    event.listen(engine, "connect", _without_waiting_for_the_disk)
    yield Story(engine)
    engine.dispose()


def _without_waiting_for_the_disk(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def story_on_both(engine: Engine) -> Story:
    """An empty shop on each kind of database in turn."""
    return Story(engine)


@dataclass(frozen=True)
class One:
    """One customer with one unpaid order in one task, seen unpaid every morning."""

    story: Story
    customer: int
    phone: int
    order: int
    task: int


@pytest.fixture
def one(story: Story) -> One:
    """Placed on Sunday evening, called from Monday 05-12 on, closed by the market 05-14 20:00."""
    return one_task(story, "buyer-one")


def one_task(story: Story, name: str, region: str | None = "浙江", key: str | None = None) -> One:
    customer = story.customer(name, region)
    phone = story.phone(customer, key)
    order = story.order(customer, "05-11 20:00", ["05-12 08:30", "05-13 08:30", "05-14 08:30"])
    return One(story, customer, phone, order, story.task(customer, [order]))
