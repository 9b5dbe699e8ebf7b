"""What the flows' tests share."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.settings import Settings
from campaigns.values import Person
from scheduler.flows.training import TrainingLogins, found_training_shop
from scheduler.runtime import Runtime, open_runtime
from tests import databases
from tests.scheduler.flows.lines import LineShop
from tests.scheduler.flows.texting import Texting
from tests.shops import Shop


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(database_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def caller(shop: Shop) -> Person:
    """Somebody who calls, and one customer to be reminded."""
    shop.buyer()
    shop.plan()
    return shop.person()


@pytest.fixture
def lines(shop: Shop, caller: Person) -> LineShop:
    """The caller's shop, where every call goes through a line."""
    return LineShop(shop)


@pytest.fixture
def texting(shop: Shop) -> Texting:
    """A shop that sends texts; its clock stands on the morning before."""
    return Texting(shop)


@pytest.fixture
def sampled(shop: Shop) -> tuple[LineShop, Person]:
    """A shop with a line on the day of a drawn customer, and who calls them (R-SMP-3)."""
    shop.sampled(shop.buyer())
    return LineShop(shop, "05-27 09:30"), shop.person()


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, TrainingLogins]:
    """The training shop as a visitor finds it; it takes some ten seconds, so nobody changes it.

    Founded once for all the processes of a run: whoever comes second waits for the first.
    """
    run = tmp_path_factory.getbasetemp()
    shared = run.parent if "PYTEST_XDIST_WORKER" in os.environ else run
    folder, kept = shared / "founded", shared / "founded.logins"
    settings = Settings(f"sqlite:///{folder / 'waihu.db'}", folder / "waihu.key")
    with (shared / "founded.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_bytes(pickle.dumps(found_training_shop(settings)))
        return settings, pickle.loads(kept.read_bytes())  # noqa: S301  (written by this very run)


@pytest.fixture
def training_shop(founded: tuple[Settings, TrainingLogins], tmp_path: Path) -> Iterator[Runtime]:
    """A copy of the founded shop that a test may change."""
    settings, _ = founded
    copy = tmp_path / "copy.db"
    databases.copy_sqlite(Path(settings.database_url.removeprefix("sqlite:///")), copy)
    runtime = open_runtime(replace(settings, database_url=databases.sqlite_url(copy)))
    yield runtime
    runtime.engine.dispose()
